/* augment.c - texts that differ a little each time they are learned from: tokens left out, exchanged, masked.
 *
 * What is done to a text is a function of the seed, the epoch and the row alone, drawn from a stream of its own: neither
 * the order of the rows nor the number of threads counts, and a run that goes on from a checkpoint does the same. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "lexclf/random.h"

enum { AUGMENT_STREAM = 0x61756775 };

struct lex_augmenter {
    lex_augment options;
    bool *is_special; /* (V) */
    int32_t mask_id;
    lex_arena arena; /* texts */
    int64_t *places; /* of the tokens that may be changed */
    int64_t place_capacity;
};

lex_status lex_augmenter_new(lex_augmenter **out, const lex_augment *augment, const lex_tokenizer *tokenizer, lex_err *err)
{
    *out = NULL;
    if (augment->mask > 0 && lex_tokenizer_mask_id(tokenizer) < 0)
        return lex_err_set(err, LEX_ERR_USAGE, "tokens cannot be masked: the encoder's tokenizer has no mask token");
    lex_augmenter *a = lex_alloc_zeroed(1, sizeof *a);
    int64_t n = lex_tokenizer_vocab_size(tokenizer);
    a->options = *augment;
    a->mask_id = lex_tokenizer_mask_id(tokenizer);
    a->is_special = lex_alloc_array((size_t)n, sizeof *a->is_special);
    for (int64_t id = 0; id < n; id++)
        a->is_special[id] = lex_tokenizer_is_special(tokenizer, (int32_t)id);
    lex_arena_init(&a->arena);
    *out = a;
    return LEX_OK;
}

void lex_augmenter_free(lex_augmenter *a)
{
    if (!a)
        return;
    lex_arena_release(&a->arena);
    free(a->is_special);
    free(a->places);
    free(a);
}

void lex_augmenter_clear(lex_augmenter *a)
{
    lex_arena_reset(&a->arena);
}

static bool happens(lex_rng *rng, double probability)
{
    return (double)lex_rng_u32(rng) < probability * 4294967296.0;
}

/* Leaves ordinary tokens out, but one if it would be all; returns the new length. */
static int64_t drop_tokens(const lex_augmenter *a, lex_rng *rng, int32_t *ids, int64_t n)
{
    int64_t kept = 0, left = 0;
    for (int64_t i = 0; i < n; i++)
        left += !a->is_special[ids[i]];
    for (int64_t i = 0; i < n; i++) {
        bool drop = !a->is_special[ids[i]] && happens(rng, a->options.drop) && left > 1;
        left -= drop;
        if (!drop)
            ids[kept++] = ids[i];
    }
    return kept;
}

static void swap_tokens(lex_augmenter *a, lex_rng *rng, int32_t *ids, int64_t n)
{
    int64_t n_places = 0;
    for (int64_t i = 0; i < n; i++)
        if (!a->is_special[ids[i]])
            LEX_PUSH(a->places, n_places, a->place_capacity, i);
    for (int64_t i = 0; i < n_places && n_places > 1; i++) {
        if (!happens(rng, a->options.swap))
            continue;
        int64_t other = (int64_t)lex_rng_below(rng, (uint64_t)n_places - 1);
        other += other >= i; /* not itself */
        int32_t kept = ids[a->places[i]];
        ids[a->places[i]] = ids[a->places[other]];
        ids[a->places[other]] = kept;
    }
}

static void mask_tokens(const lex_augmenter *a, lex_rng *rng, int32_t *ids, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        if (!a->is_special[ids[i]] && happens(rng, a->options.mask))
            ids[i] = a->mask_id;
}

void lex_augmenter_apply(lex_augmenter *a, lex_train_example *example, uint64_t seed, int64_t epoch, int64_t row)
{
    int32_t *ids = lex_arena_array(&a->arena, (size_t)example->n, sizeof *ids);
    lex_rng rng;
    memcpy(ids, example->ids, (size_t)example->n * sizeof *ids);
    lex_rng_init(&rng, seed + ((uint64_t)epoch << 32), ((uint64_t)AUGMENT_STREAM << 32) + (uint64_t)row);
    if (a->options.drop > 0)
        example->n = drop_tokens(a, &rng, ids, example->n);
    if (a->options.swap > 0)
        swap_tokens(a, &rng, ids, example->n);
    if (a->options.mask > 0)
        mask_tokens(a, &rng, ids, example->n);
    example->ids = ids;
}
