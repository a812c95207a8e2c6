/* minhash.c - a text's shingles in two short forms, and what two texts have in common by them (see lint.h).
 *
 * Each shingle's hash falls into one of LINT_BINS bins, of which the smallest value is kept: one pass of MinHash where
 * the textbook has one for each of its hash functions. An empty bin borrows from another, at places that depend on the
 * bin alone, so that two texts borrow alike.
 */
#include <string.h>

#include "internal.h"
#include "lexclf/hash.h"

enum { TRIES = 16 }; /* random places an empty bin asks before it takes the next one to the right */

void lint_shingles_begin(lint_shingles *shingles)
{
    memset(shingles->least, 0xFF, sizeof shingles->least);
    shingles->n_held = 0;
    shingles->limit = UINT32_MAX;
    shingles->cut = false;
}

/* Sorts hashes up to `limit`: they are spread evenly, so that 256 buckets nearly do it, and insertion does the rest. */
static void sort_hashes(uint32_t *items, size_t n, uint32_t limit)
{
    uint32_t spread[LINT_HELD_MAX];
    size_t place[257] = {0};
    int shift = 0;
    while (limit >> shift > 255)
        shift++;
    for (size_t i = 0; i < n; i++)
        place[(items[i] >> shift) + 1]++;
    for (size_t i = 1; i < 257; i++)
        place[i] += place[i - 1];
    for (size_t i = 0; i < n; i++)
        spread[place[items[i] >> shift]++] = items[i];
    for (size_t i = 0; i < n; i++) {
        size_t at = i;
        for (; at > 0 && items[at - 1] > spread[i]; at--)
            items[at] = items[at - 1];
        items[at] = spread[i];
    }
}

/* Sorts what is held, drops repetitions and what is not among the smallest. */
void lint_shingles_prune(lint_shingles *shingles)
{
    size_t n = 0;
    sort_hashes(shingles->held, shingles->n_held, shingles->limit);
    for (size_t i = 0; i < shingles->n_held; i++) {
        if (n == 0 || shingles->held[i] != shingles->held[n - 1])
            shingles->held[n++] = shingles->held[i];
    }
    if (n > LEX_LINT_SKETCH) {
        n = LEX_LINT_SKETCH;
        shingles->cut = true;
        shingles->limit = shingles->held[n - 1];
    }
    shingles->n_held = n;
}

lint_sketch lint_sketch_of(lint_shingles *shingles, lex_arena *arena)
{
    lint_shingles_prune(shingles);
    size_t n = shingles->n_held;
    uint32_t *hashes = lex_arena_array(arena, n, sizeof *hashes);
    if (n)
        memcpy(hashes, shingles->held, n * sizeof *hashes);
    return (lint_sketch){hashes, (uint16_t)n, shingles->cut};
}

/* The bin whose value stands for the empty one. */
static uint32_t lender(const uint32_t *least, uint32_t bin)
{
    uint64_t random = lint_mix(bin + 1);
    for (int i = 0; i < TRIES; i++) {
        uint32_t other = (uint32_t)((random >> 32) * LINT_BINS >> 32);
        if (least[other] != UINT32_MAX)
            return other;
        random = random * UINT64_C(0xD1342543DE82EF95) + 1;
    }
    do
        bin = (bin + 1) % LINT_BINS;
    while (least[bin] == UINT32_MAX);
    return bin;
}

void lint_bands_of(uint32_t bands[LINT_BANDS], const lint_shingles *shingles)
{
    uint32_t full[LINT_BINS];
    for (uint32_t i = 0; i < LINT_BINS; i++) {
        bool empty = shingles->least[i] == UINT32_MAX;
        full[i] = shingles->least[empty ? lender(shingles->least, i) : i];
    }
    for (int b = 0; b < LINT_BANDS; b++)
        bands[b] = (uint32_t)lex_hash64(full + b * LINT_BAND_ROWS, LINT_BAND_ROWS * sizeof *full);
}

double lint_similarity(const lint_sketch *a, const lint_sketch *b)
{
    /* Up to the smaller end of those that are cut, both sketches are complete. */
    uint32_t limit = UINT32_MAX;
    if (a->cut)
        limit = a->hashes[a->n - 1];
    if (b->cut && b->hashes[b->n - 1] < limit)
        limit = b->hashes[b->n - 1];
    size_t i = 0, k = 0, n_common = 0, n_all = 0;
    while (i < a->n || k < b->n) {
        uint32_t x = i < a->n ? a->hashes[i] : UINT32_MAX, y = k < b->n ? b->hashes[k] : UINT32_MAX;
        if ((x < y ? x : y) > limit)
            break;
        n_all++;
        n_common += x == y;
        i += x <= y;
        k += y <= x;
    }
    return n_all ? (double)n_common / (double)n_all : 0;
}
