/* kernel_values.h - what the tests of kernels give them: normal numbers, aligned, and one that must stay where it is. */
#ifndef LEXCLF_TESTS_KERNEL_VALUES_H
#define LEXCLF_TESTS_KERNEL_VALUES_H

#include "lexclf/memory.h"
#include "lexclf/random.h"

#define BESIDE 123.5f /* stands where nothing may be written */

static lex_rng rng;

/* Owned by the caller. */
static inline float *floats(int64_t n, double spread)
{
    float *values = lex_alloc_aligned((size_t)(n > 0 ? n : 1) * sizeof *values);
    for (int64_t i = 0; i < n; i++)
        values[i] = (float)(spread * lex_rng_normal(&rng));
    return values;
}

#endif
