/* cpu_kernels.h - operations that are ours on the CPU: C over float32 (cpu_kernels_body.h), compiled once for AVX2 and
 * once for AVX-512 (cpu_avx2.c, cpu_avx512.c) and chosen at run time.
 *
 * Each works on a piece of the whole, so that pieces can run on any thread in any order with the same result.
 */
#ifndef LEXCLF_CPU_KERNELS_H
#define LEXCLF_CPU_KERNELS_H

#include "lexclf/tensor.h"

/* One (sequence, head) of packed attention. Rows are `stride` floats apart. */
typedef struct {
    const float *q, *k, *v; /* (n, d) each, rows qkv_stride apart */
    int64_t qkv_stride;
    int64_t n, d;
    float scale;
    const float *bias; /* added to the score of query i and key j: bias[i bias_stride + j]; or NULL */
    int64_t bias_stride;
    float *dbias;      /* backwards: where its gradient is added likewise, or NULL */
    float *probabilities; /* (n, n), or NULL when there is no way back */
    lex_dropout dropout;
    uint32_t example, head;
    float *scratch; /* lex_attention_scratch_floats(n, d) */
} lex_attention_piece;

typedef struct {
    const char *name;
    /* out (n, d), rows out_stride apart */
    void (*attention)(const lex_attention_piece *piece, float *out, int64_t out_stride);
    /* dq, dk, dv with rows qkv_stride apart, written (not added to) */
    void (*attention_backward)(const lex_attention_piece *piece, const float *dout, int64_t out_stride, float *dq,
                               float *dk, float *dv);
    /* Multiplies n values by 0 or 1 / (1 - p), by the mask of lex_dropout at (example, row). */
    void (*dropout)(float *values, int64_t n, lex_dropout dropout, uint32_t example, uint32_t row);
    void (*adamw)(float *params, const float *grads, float *m, float *v, int64_t n, const lex_adamw *adamw);
    double (*sum_squares)(const float *x, int64_t n);
} lex_cpu_kernels;

/* Queries that the way back works on at once. */
enum { LEX_ATTENTION_BLOCK = 32 };
/* What `scratch` must hold, on a 64-byte boundary. */
int64_t lex_attention_scratch_floats(int64_t n, int64_t d);

extern const lex_cpu_kernels lex_cpu_avx2;
extern const lex_cpu_kernels lex_cpu_avx512;

/* The fastest set that this processor runs; NULL without AVX2 and FMA. */
const lex_cpu_kernels *lex_cpu_kernels_choose(void);

#endif
