/* random.h - numbers that depend on a seed and a position alone.
 *
 * Philox4x32-10 (Salmon, Moraes, Dror, Shaw: "Parallel Random Numbers: As Easy as 1, 2, 3", SC 2011) maps a 128-bit
 * counter and a 64-bit key to 128 random bits. What a number is for is written into the counter, so nothing depends
 * on threads or on the order of work, and nothing has to be stored to make it again.
 */
#ifndef LEXCLF_RANDOM_H
#define LEXCLF_RANDOM_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Ten rounds of Philox. */
void lex_philox(uint32_t out[4], const uint32_t counter[4], uint64_t key);

/* A stream: the counter's upper half names it, the lower half counts. Copy it to fork or to save it. */
typedef struct {
    uint64_t key;
    uint64_t stream;
    uint64_t position; /* in blocks of four words */
    uint32_t words[4];
    uint32_t n_left; /* words not handed out yet */
} lex_rng;

void lex_rng_init(lex_rng *rng, uint64_t seed, uint64_t stream);
uint32_t lex_rng_u32(lex_rng *rng);
/* Uniform in [0, bound), without bias; bound >= 1. */
uint64_t lex_rng_below(lex_rng *rng, uint64_t bound);
/* Standard normal, by Box and Muller (1958). */
double lex_rng_normal(lex_rng *rng);
/* Fisher and Yates: shuffles n indices in place. */
void lex_rng_shuffle(lex_rng *rng, int64_t *items, int64_t n);

#ifdef __cplusplus
}
#endif
#endif
