/* tile.h - what products of any type share: a tile of sums in registers, how rows are dealt out to tiles, and what is done
 * to finished sums. */
#include "vector.h"
#ifdef LEX_ROUGH /* operands are of 8 bits */
#include "rough.h"
#endif

/* As many rows as leave two registers for columns and some for what is multiplied: of 32 with AVX-512, of 16 else. */
#ifdef LEX_FEW_ROWS /* where a row takes twice as many registers */
enum { ROWS = 3, PANEL = 2 * V };
#else
enum { ROWS = LEX_VECTOR_BYTES == 64 ? 14 : 6, PANEL = 2 * V };
#endif

typedef struct {
    vec sums[ROWS][2];
} tile;

/* TILE(n), which the user defines, for each number of rows that a tile can have. */
#if LEX_VECTOR_BYTES == 64
#define EACH_TILE                                                                                                      \
    TILE(1) TILE(2) TILE(3) TILE(4) TILE(5) TILE(6) TILE(7) TILE(8) TILE(9) TILE(10) TILE(11) TILE(12) TILE(13) TILE(14)
#elif defined LEX_FEW_ROWS
#define EACH_TILE TILE(1) TILE(2) TILE(3)
#else
#define EACH_TILE TILE(1) TILE(2) TILE(3) TILE(4) TILE(5) TILE(6)
#endif

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

/* GELU of what no gradient is taken of. */
INLINE vec gelu_of_answer(vec x)
{
#ifdef LEX_ROUGH
    return rough_gelu(x);
#else
    return gelu_of(x);
#endif
}

INLINE vec finish(vec sum, vec bias, vec before, lex_after after, bool is_learned)
{
    vec y = sum + bias;
    switch (after) {
    case LEX_AFTER_GELU:
        return is_learned ? gelu_of(y) : gelu_of_answer(y);
    case LEX_AFTER_GELU_TANH:
        return gelu_tanh_of(y);
    case LEX_AFTER_RELU:
        return choose(y < 0.0f, (vec){0}, y);
    default:
        return after == LEX_AFTER_ADD ? y + before : y;
    }
}

/* Puts a tile's first n columns where they belong, and what the activation was applied to beside it where `raw` is. */
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
                store(at, finish(t->sums[r][v], add, after == LEX_AFTER_ADD ? load(at) : none, after, raw));
            }
        } else {
            vec add = bias ? load_some(bias + v * V, left) : none;
            for (int64_t r = 0; r < rows; r++) {
                float *at = y + r * y_stride + v * V;
                vec before = after == LEX_AFTER_ADD ? load_some(at, left) : none;
                if (raw)
                    store_some(raw + r * y_stride + v * V, t->sums[r][v] + add, left);
                store_some(at, finish(t->sums[r][v], add, before, after, raw), left);
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
    else if (after == LEX_AFTER_GELU_TANH)
        finish_tile(t, rows, bias, n, LEX_AFTER_GELU_TANH, y, raw, y_stride);
    else if (after == LEX_AFTER_RELU)
        finish_tile(t, rows, bias, n, LEX_AFTER_RELU, y, raw, y_stride);
    else
        finish_tile(t, rows, bias, n, LEX_AFTER_NOTHING, y, NULL, y_stride);
}
