/* random.c - Philox4x32-10 and what is drawn from it. The constants and the round are those of the paper named in the
 * header; test_base.c holds the authors' known answers. */
#include "lexclf/random.h"

#include <math.h>

void lex_philox(uint32_t out[4], const uint32_t counter[4], uint64_t key)
{
    uint32_t c0 = counter[0], c1 = counter[1], c2 = counter[2], c3 = counter[3];
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    for (int round = 0; round < 10; round++) {
        uint64_t p0 = (uint64_t)0xD2511F53u * c0;
        uint64_t p1 = (uint64_t)0xCD9E8D57u * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

void lex_rng_init(lex_rng *rng, uint64_t seed, uint64_t stream)
{
    rng->key = seed;
    rng->stream = stream;
    rng->position = 0;
    rng->n_left = 0;
}

uint32_t lex_rng_u32(lex_rng *rng)
{
    if (rng->n_left == 0) {
        uint32_t counter[4] = {(uint32_t)rng->position, (uint32_t)(rng->position >> 32), (uint32_t)rng->stream,
                               (uint32_t)(rng->stream >> 32)};
        lex_philox(rng->words, counter, rng->key);
        rng->position++;
        rng->n_left = 4;
    }
    return rng->words[--rng->n_left];
}

static uint64_t rng_u64(lex_rng *rng)
{
    uint64_t high = lex_rng_u32(rng);
    return high << 32 | lex_rng_u32(rng);
}

uint64_t lex_rng_below(lex_rng *rng, uint64_t bound)
{
    /* Values under 2^64 mod bound would be drawn once too often: they are drawn again. */
    uint64_t rejected = (0 - bound) % bound;
    uint64_t value;
    do
        value = rng_u64(rng);
    while (value < rejected);
    return value % bound;
}

double lex_rng_normal(lex_rng *rng)
{
    const double two_pi = 6.283185307179586476925;
    double u = ((double)(rng_u64(rng) >> 11) + 1.0) * 0x1p-53; /* in (0, 1] */
    double v = (double)(rng_u64(rng) >> 11) * 0x1p-53;
    return sqrt(-2.0 * log(u)) * cos(two_pi * v);
}

void lex_rng_shuffle(lex_rng *rng, int64_t *items, int64_t n)
{
    for (int64_t i = n - 1; i > 0; i--) {
        int64_t j = (int64_t)lex_rng_below(rng, (uint64_t)i + 1);
        int64_t kept = items[i];
        items[i] = items[j];
        items[j] = kept;
    }
}
