/* windows.c - documents as overlapping windows. Every token of the document lies in one at least, and all windows of a
 * document that has several are full: none is a rest of a few tokens, whose answer would count as much as any. */
#include <string.h>

#include "internal.h"

lex_cut lex_tokenizer_cut(const lex_tokenizer *tokenizer, int64_t max_length, int64_t stride)
{
    lex_cut cut = {.n_before = tokenizer->n_before, .n_after = tokenizer->n_after, .max_length = max_length,
                   .stride = stride};
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

int64_t lex_cut_window(const lex_cut *cut, int64_t n, int64_t i, int64_t *begin)
{
    int64_t room = lex_cut_room(cut), last = n > room ? n - room : 0;
    int64_t at = i * cut->stride;
    *begin = at < last ? at : last;
    if (cut->stride == 0)
        *begin = 0;
    return n < room ? n : room;
}

int64_t lex_cut_frame(const lex_cut *cut, const int32_t *ids, int64_t n, int64_t i, int32_t *out)
{
    int64_t begin, length = lex_cut_window(cut, n, i, &begin), at = 0;
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
    int64_t begin;
    return lex_cut_n_windows(cut, n) * (lex_cut_window(cut, n, 0, &begin) + cut->n_before + cut->n_after);
}
