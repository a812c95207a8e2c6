/* product.h - matrix products: tiles of ROWS rows by two registers of columns, whose sums stay in registers while the
 * whole depth goes by (Goto and van de Geijn 2008; the shape is that of BLIS, Van Zee and van de Geijn 2015).
 *
 * Every element is the same chains of fused multiply-adds over the depth, in whatever tile it lies: that is what makes
 * a row's bits its own. */
#include "tile.h"

enum { CHAIN = 384 };

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

#if LEX_FORMAT != 1 /* which has its own, of pairs */
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
#endif
