/* bpe.c - one word to pieces by byte-pair encoding.
 *
 * The word's characters stand in a linked list; the pair whose merge was learnt first is merged, again and again, the
 * leftmost of equals. Candidates wait in a heap and are looked at again when their turn comes, for what they were made
 * of may be gone by then; so a word of n characters takes n log n steps.
 */
#include <stdlib.h>
#include <string.h>

#include "pipeline.h"

static void add_symbol(struct lex_pipeline_scratch *s, int32_t id, size_t len)
{
    int32_t at = (int32_t)s->n_symbols;
    lex_symbol symbol = {id, at - 1, -1, (uint32_t)len};
    if (at > 0)
        s->symbols[at - 1].next = at;
    LEX_PUSH(s->symbols, s->n_symbols, s->symbols_capacity, symbol);
}

/* ---- the heap: the lowest rank, then the leftmost, on top ---- */

static bool before(lex_merge a, lex_merge b)
{
    return a.rank != b.rank ? a.rank < b.rank : a.pos < b.pos;
}

static void heap_push(struct lex_pipeline_scratch *s, lex_merge merge)
{
    LEX_PUSH(s->heap, s->n_heap, s->heap_capacity, merge);
    int64_t at = s->n_heap - 1;
    for (; at > 0 && before(merge, s->heap[(at - 1) / 2]); at = (at - 1) / 2)
        s->heap[at] = s->heap[(at - 1) / 2];
    s->heap[at] = merge;
}

static lex_merge heap_pop(struct lex_pipeline_scratch *s)
{
    lex_merge top = s->heap[0], last = s->heap[--s->n_heap];
    int64_t at = 0, child;
    for (; (child = 2 * at + 1) < s->n_heap; at = child) {
        child += child + 1 < s->n_heap && before(s->heap[child + 1], s->heap[child]);
        if (!before(s->heap[child], last))
            break;
        s->heap[at] = s->heap[child];
    }
    s->heap[at] = last;
    return top;
}

static void offer(const lex_bpe *bpe, struct lex_pipeline_scratch *s, int32_t left, int32_t right)
{
    if (left < 0 || right < 0)
        return;
    const lex_pair_value *value =
        lex_pairmap_get(&bpe->merges, (uint32_t)s->symbols[left].id, (uint32_t)s->symbols[right].id);
    if (value)
        heap_push(s, (lex_merge){value->rank, (uint32_t)left, value->id});
}

static void merge_all(const lex_bpe *bpe, struct lex_pipeline_scratch *s)
{
    lex_symbol *symbols = s->symbols;
    s->n_heap = 0;
    for (int32_t i = 0; i + 1 < s->n_symbols; i++)
        offer(bpe, s, i, i + 1);
    while (s->n_heap > 0) {
        lex_merge top = heap_pop(s);
        lex_symbol *left = &symbols[top.pos];
        if (left->len == 0 || left->next < 0)
            continue;
        lex_symbol *right = &symbols[left->next];
        const lex_pair_value *value = lex_pairmap_get(&bpe->merges, (uint32_t)left->id, (uint32_t)right->id);
        if (value == NULL || value->id != top.id)
            continue; /* one of the two was merged since */
        left->id = top.id;
        left->len += right->len;
        left->next = right->next;
        right->len = 0;
        if (left->next >= 0)
            symbols[left->next].prev = (int32_t)top.pos;
        offer(bpe, s, left->prev, (int32_t)top.pos);
        offer(bpe, s, (int32_t)top.pos, left->next);
    }
}

/* ---- characters ---- */

/* A character as the vocabulary writes it: with the prefix of a continuing and the suffix of a last one. */
static lex_str dressed(const lex_bpe *bpe, lex_str c, bool first, bool last, lex_buf *buf)
{
    bool prefixed = bpe->prefix && !first, suffixed = bpe->suffix && last;
    if (!prefixed && !suffixed)
        return c;
    lex_buf_clear(buf);
    if (prefixed)
        lex_buf_add_str(buf, lex_str_of(bpe->prefix));
    lex_buf_add_str(buf, c);
    if (suffixed)
        lex_buf_add_str(buf, lex_str_of(bpe->suffix));
    return lex_buf_str(buf);
}

static bool add_as_bytes(const lex_tokenizer *tokenizer, lex_str c, struct lex_pipeline_scratch *s)
{
    const int32_t *ids = tokenizer->pipeline->byte_ids;
    for (size_t i = 0; i < c.len; i++)
        if (ids[(unsigned char)c.ptr[i]] < 0)
            return false;
    for (size_t i = 0; i < c.len; i++)
        add_symbol(s, ids[(unsigned char)c.ptr[i]], 1);
    return true;
}

/* As in the reference, unknown characters that wait to be fused are put down when a known one comes, not when bytes do. */
static void add_characters(const lex_tokenizer *tokenizer, lex_str word, struct lex_pipeline_scratch *s)
{
    const lex_bpe *bpe = &tokenizer->pipeline->bpe;
    size_t waiting = 0; /* bytes of unknown characters */
    s->n_symbols = 0;
    for (size_t at = 0; at < word.len;) {
        size_t begin = at;
        lex_utf8_next(word, &at);
        lex_str plain = {word.ptr + begin, at - begin};
        lex_str c = dressed(bpe, plain, begin == 0, at == word.len, &s->text);
        int32_t id = lex_idmap_get(&tokenizer->words, c);
        if (id < 0 && bpe->byte_fallback && add_as_bytes(tokenizer, c, s))
            continue;
        if (id < 0 && bpe->unknown_id < 0)
            continue;
        if (waiting > 0 && (id >= 0 || !bpe->fuse_unknown)) {
            add_symbol(s, bpe->unknown_id, waiting);
            waiting = 0;
        }
        if (id >= 0)
            add_symbol(s, id, plain.len);
        else
            waiting += plain.len;
    }
    if (waiting > 0)
        add_symbol(s, bpe->unknown_id, waiting);
}

void lex_bpe_encode(const lex_tokenizer *tokenizer, const lex_word *word, lex_scratch *scratch, lex_tokens *out)
{
    const lex_bpe *bpe = &tokenizer->pipeline->bpe;
    struct lex_pipeline_scratch *s = scratch->pipeline;
    lex_str text = {word->text, word->len};
    int32_t whole = bpe->ignore_merges ? lex_idmap_get(&tokenizer->words, text) : -1;
    if (whole >= 0) {
        lex_tokens_push(out, whole, word->begin[0], word->end[word->len - 1]);
        return;
    }
    LEX_ASSERT(word->len < INT32_MAX);
    add_characters(tokenizer, text, s);
    merge_all(bpe, s);
    size_t at = 0;
    for (int64_t i = 0; i < s->n_symbols; i++) {
        size_t len = s->symbols[i].len;
        if (len == 0)
            continue;
        lex_tokens_push(out, s->symbols[i].id, word->begin[at], word->end[at + len - 1]);
        at += len;
    }
}

void lex_bpe_release(lex_bpe *bpe)
{
    lex_pairmap_release(&bpe->merges);
    free(bpe->prefix);
    free(bpe->suffix);
    *bpe = (lex_bpe){0};
}
