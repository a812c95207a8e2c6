/* kernels.h - the arithmetic of an encoder on the CPU: C of ours, chosen by what the processor has.
 *
 * Each set is the same functions for one instruction set: plain C (the reference that tests compare with), AVX2 with
 * FMA, AVX-512; two whose linear blocks take bfloat16 (8 bits of precision), and two whose linear blocks take float16 (11
 * bits, and little range), and all else float32; but that with AVX-512's bfloat16 attention takes it, too, and GELU where
 * nobody asks for what it is applied to is good to 1e-4. All work in float32 on memory of the caller's, in one thread, without
 * allocating; rows are `stride` floats apart. What a function does to one row depends on no other row and on no other
 * argument, bit for bit, so it does not matter how rows are cut into calls, batches and threads. Values that are not
 * numbers come out as such.
 *
 *     const lex_kernels *k = lex_kernels_choose();                     // NULL: no AVX2
 *     void *packed = lex_alloc_aligned(lex_packed_bytes(k, in, out));
 *     lex_pack(k, packed, weight, in, 0, out);
 *     k->linear(&(lex_linear_work){.x = x, .x_stride = in, .n_rows = T, .in = in, .out = out, .packed = packed,
 *                                  .bias = bias, .y = y, .y_stride = out});
 */
#ifndef LEXCLF_KERNELS_H
#define LEXCLF_KERNELS_H

#include "lexclf/memory.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    LEX_AFTER_NOTHING,
    LEX_AFTER_GELU, /* x Phi(x), exact (Hendrycks and Gimpel 2016): within 1e-6 of the value in double; see above */
    LEX_AFTER_ADD,  /* the result is added to what y holds */
    LEX_AFTER_GELU_TANH, /* its approximation by tanh, x s(2 sqrt(2 / pi) (x + 0.044715 x^3)), s the logistic function */
    LEX_AFTER_RELU
} lex_after;

/* y (n_rows, out) = after(x (n_rows, in) W' + bias) */
typedef struct {
    const float *x; /* (n_rows, in) */
    int64_t x_stride;
    int64_t n_rows, in, out;
    const void *packed; /* of lex_pack() by the same set */
    const float *bias;   /* (out); NULL for none */
    lex_after after;
    float *y; /* (n_rows, out); not x */
    int64_t y_stride;
    float *scratch; /* lex_linear_scratch(set, in) floats, on a 64-byte boundary */
    float *raw; /* (n_rows, out), rows y_stride apart: also gets what GELU or ReLU was applied to; NULL where not wanted.
                   With it GELU is exact in every set. */
} lex_linear_work;

/* c (m, n) += a' b: what a weight's gradient is made of. */
typedef struct {
    const void *a, *b; /* (depth, m) and (depth, n), packed by pack_columns() of the same set */
    int64_t depth, m, n;
    float *c; /* (m, n) */
    int64_t c_stride;
} lex_outer_work;

/* Layer normalisation of rows that are kept for the way back: y = (x - mean) rstd weight + bias. */
typedef struct {
    const float *x; /* (n_rows, width) */
    int64_t n_rows, width;
    const float *weight, *bias; /* (width) */
    double eps;
    float *y;           /* (n_rows, width) */
    float *mean, *rstd; /* (n_rows) */
} lex_norm_forward_work;

/* Its way back: dx for some rows; and, by itself, the sums over all rows for some columns. */
typedef struct {
    const float *dy, *x; /* (n_rows, width) */
    const float *mean, *rstd; /* (n_rows) */
    const float *weight; /* (width) */
    int64_t n_rows, width;
    float *dx;              /* (n_rows, width) */
    float *dweight, *dbias; /* (width): added to */
} lex_norm_backward_work;

/* y (n_rows, width): rows of three tables added, then normalised. Ids are within the tables. */
typedef struct {
    const float *words, *positions, *segments; /* tables of `width` columns */
    const int64_t *word_ids, *position_ids, *segment_ids; /* (n_rows) */
    const float *weight, *bias; /* (width): of the normalisation */
    double eps;
    int64_t n_rows, width;
    float *y;
    int64_t y_stride;
} lex_embed_work;

/* y (n_rows, width) in place: layer normalisation (Ba, Kiros, Hinton 2016) of each row. */
typedef struct {
    float *y;
    int64_t y_stride;
    int64_t n_rows, width;
    const float *weight, *bias; /* (width) */
    double eps;
} lex_norm_work;

/* One head of one sequence: out (n_queries, d) = softmax(scale q k' + bias) v (Vaswani et al. 2017). avx512_bf16 rounds q, k, v
 * and, before they are divided by their sum, the weights. */
typedef struct {
    const float *q; /* (n_queries, d) */
    const float *k, *v; /* (n, d) */
    int64_t q_stride, kv_stride;
    int64_t n_queries, n, d;
    float *out; /* (n_queries, d) */
    int64_t out_stride;
    float *scratch; /* lex_attend_scratch(n, d) floats, on a 64-byte boundary */
    float scale;    /* 0: 1 / sqrt(d) */
    /* Added to the score of query i and key j: bias[i bias_stride + j], minus infinity for a key that it shall not see, of
     * which it must see one. A stride of -1 is a bias by distance. NULL: none. */
    const float *bias;
    int64_t bias_stride;
} lex_attend_work;

/* How weights are kept: as they are; as bfloat16, rounded to nearest; as floats that bfloat16 could hold; or as floats that
 * float16 could hold. What they are multiplied with is rounded likewise. Sums are float32. */
typedef enum { LEX_WEIGHTS_F32, LEX_WEIGHTS_BF16, LEX_WEIGHTS_ROUNDED, LEX_WEIGHTS_HALF } lex_weight_format;

typedef struct {
    const char *name;
    lex_weight_format format;
    int64_t panel; /* columns of W' that lie together in packed weights */
    void (*linear)(const lex_linear_work *work);
    void (*embed)(const lex_embed_work *work);
    void (*norm)(const lex_norm_work *work);
    void (*attend)(const lex_attend_work *work);

    /* ---- training; all results are the same bits in whatever pieces of rows or columns they are computed ---- */

    /* Weights (n, depth), rows `stride` apart, as `linear` reads them; what lex_pack() does from output 0 on, faster. */
    void (*pack_rows)(void *packed, const float *weight, int64_t stride, int64_t n, int64_t depth);
    /* The same of the transposed: x (depth, n), rows `stride` apart. A weight (out, in) packed so makes `linear` compute
     * dy W; and it is what `outer` reads. Pieces may be packed apart that begin at a whole panel of columns. */
    void (*pack_columns)(void *packed, const float *x, int64_t stride, int64_t depth, int64_t n);
    void (*outer)(const lex_outer_work *work);
    /* sums[c] += the sum over rows of x (n_rows, n), rows `stride` apart. */
    void (*add_column_sums)(float *sums, const float *x, int64_t stride, int64_t n_rows, int64_t n);
    void (*add)(float *y, const float *x, int64_t n); /* y += x */
    /* dx = dy (Phi(x) + x phi(x)); dx may be dy. */
    void (*gelu_backward)(float *dx, const float *dy, const float *x, int64_t n);
    void (*norm_forward)(const lex_norm_forward_work *work);
    void (*norm_backward)(const lex_norm_backward_work *work);
    /* dweight and dbias of columns [first, end). */
    void (*norm_backward_sums)(const lex_norm_backward_work *work, int64_t first, int64_t end);
} lex_kernels;

extern const lex_kernels lex_kernels_reference, lex_kernels_avx2, lex_kernels_avx512;
extern const lex_kernels lex_kernels_avx512_bf16, lex_kernels_avx2_rounded;
extern const lex_kernels lex_kernels_avx512_half, lex_kernels_avx2_half;

/* The fastest set that this processor runs, with float32 or bfloat16 products; NULL without AVX2 and FMA. */
const lex_kernels *lex_kernels_choose(bool bf16);
/* The same with float16 products, on float32's multipliers; NULL also without F16C, the conversion. */
const lex_kernels *lex_kernels_choose_f16(void);
/* Whether bfloat16 products are known to be faster here: measured on AMD's Zen 4, where they are twice as fast. A fact of
 * the processor and not of a trial run, whose outcome, and with it the answers, would depend on who else computes. */
bool lex_kernels_bf16_pays(void);
/* Whether this processor runs `set`. */
bool lex_kernels_run_here(const lex_kernels *set);

/* Weights (out, in) as `linear` reads them: panels of `panel` outputs, (in, panel) each, filled up with zeros. The
 * bytes that it takes, and the packing of n outputs of it from output `first` on, so that several weights can stand
 * beside each other: in one call with first = 0 and n = out, or in parts whose `first` follow one another. `packed` lies
 * on a 64-byte boundary. */
size_t lex_packed_bytes(const lex_kernels *set, int64_t in, int64_t out);
void lex_pack(const lex_kernels *set, void *packed, const float *weight, int64_t in, int64_t first, int64_t n);

/* bfloat16: the upper half of a float; rounded to nearest, ties to even. */
uint16_t lex_bf16_of(float value);
float lex_f32_of_bf16(uint16_t bits);
/* float16 (IEEE 754 binary16): 5 bits of exponent and 10 of fraction, so from 2^-24 to 65504; rounded to nearest, ties to
 * even: to 0 from 2^-25 down, to infinity from 65520 up. */
uint16_t lex_f16_of(float value);
float lex_f32_of_f16(uint16_t bits);

/* What `linear` wants as scratch for rows of `in` floats, in floats; sets of float32 want none. */
enum { LEX_LINEAR_BLOCK_BYTES = 384 << 10 };
int64_t lex_linear_scratch(const lex_kernels *set, int64_t in);
/* What `attend` wants as scratch for n keys of d floats, in floats. */
int64_t lex_attend_scratch(int64_t n, int64_t d);
/* Floats from one row to the next for rows of n floats that kernels read well: whole cache lines, an odd number, so
 * that rows that are read side by side do not compete for one place of the cache. */
int64_t lex_row_stride(int64_t n);

#ifdef __cplusplus
}
#endif
#endif
