/* unigram.c - one word to the pieces whose probabilities have the largest product.
 *
 * The best way to every place in the word is found from left to right (Viterbi, "Error Bounds for Convolutional
 * Codes", 1967), through a trie of all pieces; of two ways that are equally good the one found first stays. A
 * character that is no piece is unknown, at a price below that of every piece; unknown ones in a row are one token.
 */
#include <stdlib.h>

#include "pipeline.h"

static int32_t new_node(lex_unigram *unigram)
{
    LEX_ASSERT(unigram->n_nodes < INT32_MAX);
    LEX_PUSH(unigram->node_ids, unigram->n_nodes, unigram->nodes_capacity, -1);
    return (int32_t)(unigram->n_nodes - 1);
}

void lex_unigram_add(lex_unigram *unigram, lex_str piece, int32_t id)
{
    if (unigram->n_nodes == 0) {
        lex_pairmap_init(&unigram->trie, 0);
        new_node(unigram);
    }
    int32_t node = 0;
    for (size_t i = 0; i < piece.len; i++) {
        unsigned char c = (unsigned char)piece.ptr[i];
        const lex_pair_value *edge = lex_pairmap_get(&unigram->trie, (uint32_t)node, c);
        int32_t next = edge ? edge->id : new_node(unigram);
        if (edge == NULL)
            lex_pairmap_put(&unigram->trie, (uint32_t)node, c, (lex_pair_value){0, next});
        node = next;
    }
    if (piece.len > 0)
        unigram->node_ids[node] = id;
}

static void arrive(lex_path_node *node, double score, int32_t id, size_t start)
{
    if (node->start == UINT32_MAX || score > node->score)
        *node = (lex_path_node){score, id, (uint32_t)start};
}

static void find_path(const lex_unigram *unigram, lex_str word, lex_path_node *path)
{
    for (size_t i = 0; i <= word.len; i++)
        path[i] = (lex_path_node){0, 0, UINT32_MAX};
    for (size_t at = 0, next = 0; at < word.len; at = next) {
        double here = path[at].score;
        bool single = false; /* whether the character itself is a piece */
        int32_t node = 0;
        lex_utf8_next(word, &next);
        for (size_t i = at; i < word.len; i++) {
            const lex_pair_value *edge =
                lex_pairmap_get(&unigram->trie, (uint32_t)node, (unsigned char)word.ptr[i]);
            if (edge == NULL)
                break;
            node = edge->id;
            int32_t id = unigram->node_ids[node];
            if (id < 0)
                continue;
            arrive(&path[i + 1], unigram->scores[id] + here, id, at);
            single = single || i + 1 == next;
        }
        if (!single)
            arrive(&path[next], unigram->unknown_score + here, unigram->unknown_id, at);
    }
}

/* Unknown characters as one token; as their bytes, where the vocabulary has them all. */
static void push_unknown(const lex_tokenizer *tokenizer, const lex_word *word, size_t from, size_t to, lex_tokens *out)
{
    const lex_unigram *unigram = &tokenizer->pipeline->unigram;
    const int32_t *bytes = tokenizer->pipeline->byte_ids;
    uint32_t begin = word->begin[from], end = word->end[to - 1];
    int32_t id = lex_idmap_get(&tokenizer->words, (lex_str){word->text + from, to - from});
    bool as_bytes = id < 0 && unigram->byte_fallback;
    for (size_t i = from; as_bytes && i < to; i++)
        as_bytes = bytes[(unsigned char)word->text[i]] >= 0;
    if (!as_bytes)
        lex_tokens_push(out, id >= 0 ? id : unigram->unknown_id, begin, end);
    for (size_t i = from; as_bytes && i < to; i++)
        lex_tokens_push(out, bytes[(unsigned char)word->text[i]], begin, end);
}

void lex_unigram_encode(const lex_tokenizer *tokenizer, const lex_word *word, lex_scratch *scratch, lex_tokens *out)
{
    const lex_unigram *unigram = &tokenizer->pipeline->unigram;
    struct lex_pipeline_scratch *s = scratch->pipeline;
    if (s->path_capacity < word->len + 1) {
        s->path_capacity = 2 * (word->len + 1);
        s->path = lex_realloc_array(s->path, s->path_capacity, sizeof *s->path);
    }
    find_path(unigram, (lex_str){word->text, word->len}, s->path);
    s->n_cuts = 0; /* ends of the pieces, from the last */
    for (size_t at = word->len; at > 0; at = s->path[at].start)
        LEX_PUSH(s->cuts, s->n_cuts, s->cuts_capacity, (int64_t)at);
    size_t from = 0;
    for (int64_t i = s->n_cuts - 1; i >= 0; i--) {
        size_t to = (size_t)s->cuts[i];
        bool unknown = s->path[to].id == unigram->unknown_id;
        if (unknown && i > 0 && s->path[s->cuts[i - 1]].id == unigram->unknown_id)
            continue;
        if (unknown)
            push_unknown(tokenizer, word, from, to, out);
        else
            lex_tokens_push(out, s->path[to].id, word->begin[from], word->end[to - 1]);
        from = to;
    }
}

void lex_unigram_release(lex_unigram *unigram)
{
    lex_pairmap_release(&unigram->trie);
    free(unigram->node_ids);
    free(unigram->scores);
    *unigram = (lex_unigram){0};
}
