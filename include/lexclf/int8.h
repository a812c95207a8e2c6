/* int8.h - linear blocks and embeddings whose weights are 8-bit integers, on the CPU.
 *
 * A weight w of output o is scales[o] times an integer in [-127, 127] (symmetric, one scale an output); the rows of an
 * embedding table have one scale a row. What a block is applied to becomes integers as it comes: a row x is
 * scale (u - zero) with u in [0, 255], the row's own range and 0 in it (Jacob et al., "Quantization and Training of Neural
 * Networks for Efficient Integer-Arithmetic-Only Inference", CVPR 2018, section 2.1). Sums of products are 32-bit integers
 * and exact: they do not saturate and do not round, so every set has the same; each is then made a float by one
 * fused multiply-add. Blocks give the same bits in every set, but for GELU, whose last bits may differ, and
 * which with VNNI is good to 1e-4.
 *
 * Weights are laid out for the kernels in the file already, so that they are used where they are mapped: panels of
 * LEX_INT8_PANEL outputs, in each of which LEX_INT8_GROUP inputs of one output lie together: (out / 32, in / 4, 32, 4),
 * both rounded up and filled with zeros.
 *
 *     const lex_int8_kernels *k = lex_int8_choose();
 *     lex_int8_pack(values, scales, weight, in, out);
 *     lex_int8_sums(sums, values, in, out);
 *     lex_int8_part part = {values, scales, sums, bias, out};
 *     k->linear(&(lex_int8_work){.x = x, .x_stride = in, .n_rows = T, .in = in, .parts = &part, .n_parts = 1,
 *                                .y = y, .y_stride = out, .scratch = scratch});
 */
#ifndef LEXCLF_INT8_H
#define LEXCLF_INT8_H

#include "lexclf/kernels.h"

#ifdef __cplusplus
extern "C" {
#endif

/* With more inputs a sum could be too large for 32 bits. */
enum { LEX_INT8_PANEL = 32, LEX_INT8_GROUP = 4, LEX_INT8_DEPTH_MAX = 65536 };

/* One block: several that are applied to the same rows stand beside each other. */
typedef struct {
    const int8_t *values;
    const float *scales; /* (out) */
    const int32_t *sums; /* (out) of lex_int8_sums() */
    const float *bias;   /* (out); NULL for none */
    int64_t out;
} lex_int8_part;

/* y (n_rows, outs of all parts) = after(x (n_rows, in) W' + bias) */
typedef struct {
    const float *x;
    int64_t x_stride;
    int64_t n_rows, in;
    const lex_int8_part *parts;
    int n_parts;
    lex_after after;
    float *y; /* not x */
    int64_t y_stride;
    void *scratch; /* lex_int8_scratch(in) bytes, on a 64-byte boundary */
} lex_int8_work;

typedef struct {
    const char *name;
    void (*linear)(const lex_int8_work *work);
} lex_int8_kernels;

/* Plain C; AVX2, where products are widened to 16 bits and added in pairs (vpmaddwd), which cannot overflow as
 * vpmaddubsw's 16-bit sums would; AVX-512 with VNNI (vpdpbusd). */
extern const lex_int8_kernels lex_int8_reference, lex_int8_avx2, lex_int8_avx512_vnni;

/* The fastest that this processor runs; NULL without AVX2 and FMA. */
const lex_int8_kernels *lex_int8_choose(void);
bool lex_int8_runs_here(const lex_int8_kernels *set);
/* Whether attention beside it may be bfloat16's, which is no rougher than int8 is and faster here. */
bool lex_int8_attends_rounded(const lex_int8_kernels *set);

/* Bytes of the panels of a block, and of what `linear` wants as scratch. */
size_t lex_int8_bytes(int64_t in, int64_t out);
size_t lex_int8_scratch(int64_t in);

/* Weights (out, in) as panels and scales (out); and back, rounded. `values` lies on a 64-byte boundary. Where an output has a
 * weight that is not a number, its scale is none. */
void lex_int8_pack(int8_t *values, float *scales, const float *weight, int64_t in, int64_t out);
void lex_int8_unpack(float *weight, const int8_t *values, const float *scales, int64_t in, int64_t out);
/* The sum of each output's integers: what a row's zero has to be taken off by. */
void lex_int8_sums(int32_t *sums, const int8_t *values, int64_t in, int64_t out);

/* The same for a table (n, width), row by row, as it lies. */
void lex_int8_pack_rows(int8_t *values, float *scales, const float *table, int64_t n, int64_t width);
void lex_int8_unpack_rows(float *table, const int8_t *values, const float *scales, int64_t n, int64_t width);

/* A table of either type: `floats`, or where that is NULL, values and scales. */
typedef struct {
    const float *floats;
    const int8_t *values;
    const float *scales;
} lex_int8_table;
/* y (n_rows, width), rows y_stride apart: rows `ids` of the table, added to what y holds where `add`. */
void lex_int8_look_up(const lex_int8_table *table, const int64_t *ids, int64_t n_rows, int64_t width, bool add, float *y,
                       int64_t y_stride);

#ifdef __cplusplus
}
#endif
#endif
