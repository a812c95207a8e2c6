/* product.h - matrix products: tiles of ROWS rows by two registers of columns, whose sums stay in registers while the
 * whole depth goes by (Goto and van de Geijn 2008; the shape is that of BLIS, Van Zee and van de Geijn 2015).
 *
 * Every element is the same chains of fused multiply-adds over the depth, in whatever tile it lies: that is what makes
 * a row's bits its own. */
#include "vector.h"

/* As many rows as leave two registers for columns and some for what is multiplied: of 32 with AVX-512, of 16 else. */
enum { ROWS = LEX_VECTOR_BYTES == 64 ? 14 : 6, PANEL = 2 * V, CHAIN = 384 };

typedef struct {
    vec sums[ROWS][2];
} tile;

/* Adds to `out` rows of a (rows, depth) by `vecs` registers of columns of b (depth, vecs V). rows and vecs are constants
 * where this is inlined, so that the loops over them unroll and the sums are registers. */
INLINE void add_tile(tile *out, const int rows, const int vecs, const float *a, int64_t a_stride, const float *b,
                     int64_t b_stride, int64_t depth)
{
    vec sums[ROWS][2];
#pragma GCC unroll 14
    for (int r = 0; r < rows; r++) {
        sums[r][0] = (vec){0};
        sums[r][1] = (vec){0};
    }
    for (int64_t c = 0; c < depth; c++) {
        vec b0 = load(b), b1 = vecs == 2 ? load(b + V) : b0;
#pragma GCC unroll 14
        for (int r = 0; r < rows; r++) {
            float x = a[r * a_stride + c];
            sums[r][0] += x * b0;
            if (vecs == 2)
                sums[r][1] += x * b1;
        }
        b += b_stride;
    }
#pragma GCC unroll 14
    for (int r = 0; r < rows; r++) {
        out->sums[r][0] += sums[r][0];
        if (vecs == 2)
            out->sums[r][1] += sums[r][1];
    }
}

/* Chains of at most CHAIN steps, then added up: rounding grows with the length of a chain. */
INLINE void multiply_tile(tile *out, const int rows, const int vecs, const float *a, int64_t a_stride, const float *b,
                          int64_t b_stride, int64_t depth)
{
    memset(out, 0, (size_t)rows * sizeof out->sums[0]);
    for (int64_t c = 0; c < depth; c += CHAIN)
        add_tile(out, rows, vecs, a + c, a_stride, b + c * b_stride, b_stride, depth - c < CHAIN ? depth - c : CHAIN);
}

/* TILE(n), which the user defines, for each number of rows that a tile can have. */
#if LEX_VECTOR_BYTES == 64
#define EACH_TILE                                                                                                      \
    TILE(1) TILE(2) TILE(3) TILE(4) TILE(5) TILE(6) TILE(7) TILE(8) TILE(9) TILE(10) TILE(11) TILE(12) TILE(13) TILE(14)
#else
#define EACH_TILE TILE(1) TILE(2) TILE(3) TILE(4) TILE(5) TILE(6)
#endif

/* The same for any number of rows up to ROWS, and one or two registers of columns. */
static void any_tile(tile *out, int64_t rows, bool two, const float *a, int64_t a_stride, const float *b,
                     int64_t b_stride, int64_t depth)
{
#define TILE(n)                                                                                                        \
    case n:                                                                                                            \
        if (two)                                                                                                       \
            multiply_tile(out, n, 2, a, a_stride, b, b_stride, depth);                                                 \
        else                                                                                                           \
            multiply_tile(out, n, 1, a, a_stride, b, b_stride, depth);                                                 \
        break;
    switch (rows) {
        EACH_TILE
    }
#undef TILE
}

/* Rows are dealt out evenly: 16 are 8 and 8, not 14 and 2, since a tile of 2 takes as long as one of 8. */
typedef struct {
    int64_t n, tiles;
} row_split;

INLINE row_split split_rows(int64_t n)
{
    return (row_split){n, (n + ROWS - 1) / ROWS};
}

INLINE int64_t split_at(const row_split *split, int64_t i)
{
    return split->n * i / split->tiles;
}

/* ---- y = after(x W' + bias) ---- */

INLINE vec finish(vec sum, vec bias, vec before, lex_after after)
{
    vec y = sum + bias;
    return after == LEX_AFTER_GELU ? gelu_of(y) : after == LEX_AFTER_ADD ? y + before : y;
}

/* Puts a tile's first n columns where they belong, and what GELU was applied to beside it where `raw` is. */
INLINE void finish_tile(const tile *t, int64_t rows, const float *bias, int64_t n, lex_after after, float *y, float *raw,
                        int64_t y_stride)
{
    const vec none = {0};
    for (int v = 0; v < 2 && v * V < n; v++) {
        int64_t left = n - v * V;
        if (left >= V) {
            vec add = bias ? load(bias + v * V) : none;
            for (int64_t r = 0; r < rows; r++) {
                float *at = y + r * y_stride + v * V;
                if (raw)
                    store(raw + r * y_stride + v * V, t->sums[r][v] + add);
                store(at, finish(t->sums[r][v], add, after == LEX_AFTER_ADD ? load(at) : none, after));
            }
        } else {
            vec add = bias ? load_some(bias + v * V, left) : none;
            for (int64_t r = 0; r < rows; r++) {
                float *at = y + r * y_stride + v * V;
                vec before = after == LEX_AFTER_ADD ? load_some(at, left) : none;
                if (raw)
                    store_some(raw + r * y_stride + v * V, t->sums[r][v] + add, left);
                store_some(at, finish(t->sums[r][v], add, before, after), left);
            }
        }
    }
}

static void finish_any(const tile *t, int64_t rows, const float *bias, int64_t n, lex_after after, float *y, float *raw,
                       int64_t y_stride)
{
    if (after == LEX_AFTER_GELU && raw)
        finish_tile(t, rows, bias, n, LEX_AFTER_GELU, y, raw, y_stride);
    else if (after == LEX_AFTER_GELU)
        finish_tile(t, rows, bias, n, LEX_AFTER_GELU, y, NULL, y_stride);
    else if (after == LEX_AFTER_ADD)
        finish_tile(t, rows, bias, n, LEX_AFTER_ADD, y, NULL, y_stride);
    else
        finish_tile(t, rows, bias, n, LEX_AFTER_NOTHING, y, NULL, y_stride);
}
