/* numbers.h - what the tests of the tensor module share: random values, gradients of a double function by central
 * differences, and the dropout mask of random.h written as plainly as it can be. */
#ifndef LEXCLF_TESTS_NUMBERS_H
#define LEXCLF_TESTS_NUMBERS_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "check.h"
#include "lexclf/random.h"
#include "lexclf/tensor.h"
#include "tensor/internal.h"

static inline float *random_floats(int64_t n, uint64_t stream, double spread)
{
    lex_rng rng;
    lex_rng_init(&rng, 42, stream);
    float *values = lex_alloc_array((size_t)n, sizeof *values);
    for (int64_t i = 0; i < n; i++)
        values[i] = (float)(spread * lex_rng_normal(&rng));
    return values;
}

/* The tensor's elements; to be freed. */
static inline float *values_of(lex_scope *scope, lex_tensor *tensor)
{
    float *values = lex_alloc_array((size_t)lex_tensor_count(tensor), sizeof *values);
    lex_tensor_read(scope, tensor, values);
    return values;
}

/* out[i] = df/dx[i], to about 1e-9 for functions of ordinary size. */
static inline void differences(double *out, double *x, int64_t n, double (*f)(const double *x, const void *context),
                               const void *context)
{
    const double step = 1e-5;
    for (int64_t i = 0; i < n; i++) {
        double was = x[i];
        x[i] = was + step;
        double above = f(x, context);
        x[i] = was - step;
        out[i] = (above - f(x, context)) / (2 * step);
        x[i] = was;
    }
}

/* The largest |got - want|. NaN counts as infinite. */
static inline double distance(const float *got, const double *want, int64_t n)
{
    double largest = 0;
    for (int64_t i = 0; i < n; i++) {
        double d = fabs((double)got[i] - want[i]);
        largest = d <= largest ? largest : isnan(d) ? INFINITY : d;
    }
    return largest;
}

/* What dropout multiplies element (row, column) of an example with: 0 or 1 / (1 - p). */
static inline double dropout_factor(lex_dropout dropout, uint32_t example, uint32_t head, int64_t row, int64_t column)
{
    uint32_t counter[4] = {(uint32_t)(row << 16 | (column / 64 * 16 + column % 16)), example, dropout.step,
                           dropout.site << 16 | head};
    uint32_t words[4];
    if (dropout.p <= 0)
        return 1;
    lex_philox(words, counter, dropout.seed);
    return words[column / 16 % 4] < (uint32_t)(dropout.p * 4294967296.0) ? 0 : 1 / (1 - dropout.p);
}

/* The kernel sets that this processor runs, slowest first. */
static inline int kernel_sets(const lex_cpu_kernels *sets[2])
{
    const lex_cpu_kernels *best = lex_cpu_kernels_choose();
    int n = 0;
    if (best)
        sets[n++] = &lex_cpu_avx2;
    if (best == &lex_cpu_avx512)
        sets[n++] = &lex_cpu_avx512;
    return n;
}

static inline lex_runtime *cpu_runtime(int n_threads)
{
    lex_err err = {0};
    lex_runtime *runtime = NULL;
    if (lex_runtime_open(&runtime, "cpu", n_threads, &err) != LEX_OK) {
        fprintf(stderr, "stopped: %s\n", err.message);
        exit(1);
    }
    if (getenv("LEXCLF_TEST_LIBRARY")) /* as tiny_runtime() has it */
        lex_runtime_by_library(runtime);
    return runtime;
}

/* A scope whose work went well; says what did not. */
static inline bool check_scope(const lex_scope *scope)
{
    lex_err err = {0};
    bool fine = CHECK(lex_scope_status(scope, &err) == LEX_OK);
    if (!fine)
        fprintf(stderr, "    %s\n", err.message);
    return fine;
}

#endif
