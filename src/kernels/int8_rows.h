/* int8_rows.h - how a row's floats become integers: the part of it that is not done lane by lane, one text for all sets. */
#ifndef LEXCLF_KERNELS_INT8_ROWS_H
#define LEXCLF_KERNELS_INT8_ROWS_H

#include <math.h>

#include "lexclf/int8.h"

/* x is about scale (u - zero), u = round(x inverse) + zero. */
typedef struct {
    float scale, inverse;
    int32_t zero;
} lex_int8_row;

/* Of a row from `low` <= 0 to `high` >= 0. One that holds what is no number gets a scale that is none, and so do all that
 * are computed from it; one whose numbers are too small to be told from 0 is zeros. */
static inline lex_int8_row lex_int8_row_of(float low, float high, bool finite)
{
    const float range = high - low, inverse = 255.0f / range;
    if (!finite || !isfinite(range))
        return (lex_int8_row){NAN, 0, 0};
    if (!isfinite(inverse))
        return (lex_int8_row){0, 0, 0};
    return (lex_int8_row){range / 255.0f, inverse, (int32_t)lrintf(-low * inverse)};
}

/* Rows of a block, which stays in the second-level cache while all panels pass by. */
enum { LEX_INT8_BLOCK_ROWS_MAX = 1024, LEX_INT8_BLOCK_ROWS_MIN = 28 };

/* Bytes from one row of a block to the next, an odd number of cache lines, with room for a whole register at the end. */
static inline int64_t lex_int8_row_bytes(int64_t in, int64_t element)
{
    return lex_row_stride((in * element + 63) / 4) * 4;
}

/* As many as fit, a multiple of `unit`. */
static inline int64_t lex_int8_block_rows(int64_t row_bytes, int64_t unit)
{
    int64_t rows = LEX_LINEAR_BLOCK_BYTES / row_bytes;
    rows = rows > LEX_INT8_BLOCK_ROWS_MAX ? LEX_INT8_BLOCK_ROWS_MAX : rows;
    rows = rows < LEX_INT8_BLOCK_ROWS_MIN ? LEX_INT8_BLOCK_ROWS_MIN : rows;
    return rows / unit * unit;
}

#endif
