/* windows.c - documents as overlapping windows. Every token of the document lies in one at least, and all windows of a
 * document that has several are full, but for what spares a sentence: none is a rest of a few tokens, whose answer would
 * count as much as any. */
#include <string.h>

#include "internal.h"

lex_cut lex_tokenizer_cut(const lex_tokenizer *tokenizer, int64_t max_length, int64_t stride)
{
    lex_cut cut = {.n_before = tokenizer->n_before, .n_after = tokenizer->n_after, .max_length = max_length,
                   .stride = stride, .breaks = tokenizer->breaks};
    memcpy(cut.before, tokenizer->before, sizeof cut.before);
    memcpy(cut.after, tokenizer->after, sizeof cut.after);
    LEX_ASSERT(stride >= 0 && stride <= lex_cut_room(&cut));
    return cut;
}

int64_t lex_cut_room(const lex_cut *cut)
{
    int64_t room = cut->max_length - cut->n_before - cut->n_after;
    LEX_ASSERT(room > 0);
    return room;
}

int64_t lex_cut_n_windows(const lex_cut *cut, int64_t n)
{
    int64_t beyond = n - lex_cut_room(cut);
    return cut->stride == 0 || beyond <= 0 ? 1 : 1 + (beyond + cut->stride - 1) / cut->stride;
}

/* How far a window may begin before its stride says: no token may be left out, no window overtaken. */
static int64_t slack_of(const lex_cut *cut)
{
    int64_t room = lex_cut_room(cut), slack = room / 4;
    slack = slack < room - cut->stride ? slack : room - cut->stride;
    return slack < cut->stride - 1 ? slack : cut->stride - 1;
}

/* Where window i begins, of W > 1. */
static int64_t begin_of(const lex_cut *cut, const int32_t *ids, int64_t n, int64_t i, int64_t W)
{
    int64_t at = i * cut->stride, full = n - lex_cut_room(cut);
    if (i == 0)
        return 0;
    if (cut->breaks == NULL)
        return at < full ? at : full;
    if (i == W - 1) { /* it must reach the end: later than a full one, if at all, where the one before still reaches */
        for (int64_t p = full; p <= at && p < n; p++)
            if (lex_breaks_before(cut->breaks, ids, n, p))
                return p;
        return full;
    }
    for (int64_t p = at; p >= at - slack_of(cut); p--)
        if (lex_breaks_before(cut->breaks, ids, n, p))
            return p;
    return at;
}

int64_t lex_cut_window(const lex_cut *cut, const int32_t *ids, int64_t n, int64_t i, int64_t *begin)
{
    int64_t room = lex_cut_room(cut), W = lex_cut_n_windows(cut, n);
    *begin = W == 1 ? 0 : begin_of(cut, ids, n, i, W);
    int64_t end = *begin + room < n ? *begin + room : n;
    if (W == 1 || i == W - 1 || cut->breaks == NULL)
        return end - *begin;
    int64_t next = begin_of(cut, ids, n, i + 1, W);
    for (int64_t p = end; p >= next && p > *begin; p--)
        if (lex_breaks_before(cut->breaks, ids, n, p))
            return p - *begin;
    return end - *begin;
}

int64_t lex_cut_frame(const lex_cut *cut, const int32_t *ids, int64_t n, int64_t i, int32_t *out)
{
    int64_t begin, length = lex_cut_window(cut, ids, n, i, &begin), at = 0;
    for (int64_t k = 0; k < cut->n_before; k++)
        out[at++] = cut->before[k];
    for (int64_t k = 0; k < length; k++)
        out[at++] = ids[begin + k];
    for (int64_t k = 0; k < cut->n_after; k++)
        out[at++] = cut->after[k];
    return at;
}

int64_t lex_cut_n_computed(const lex_cut *cut, int64_t n)
{
    int64_t room = lex_cut_room(cut);
    return lex_cut_n_windows(cut, n) * ((n < room ? n : room) + cut->n_before + cut->n_after);
}
