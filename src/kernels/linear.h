/* linear.h - y = after(x W' + bias): blocks of rows that stay in the second-level cache while all panels of the weights
 * pass by. In float32; in bfloat16 by an instruction that multiplies and adds two at a time into a float; or in float32
 * on numbers rounded as for bfloat16, where the processor has no such instruction, or as for float16. The including file
 * says which in LEX_FORMAT. */

/* Rows of a block. */
static int64_t block_of(int64_t row_bytes)
{
    int64_t block = LEX_LINEAR_BLOCK_BYTES / row_bytes / ROWS * ROWS;
    return block < 2 * ROWS ? 2 * ROWS : block;
}

#if LEX_FORMAT == 0
typedef float part; /* what of a row of x meets one register of a panel */

static int64_t parts_of(int64_t in)
{
    return in;
}

/* Rows where they lie. */
static const part *prepare_rows(const lex_linear_work *w, int64_t first, int64_t rows, int64_t *stride)
{
    (void)rows;
    *stride = w->x_stride;
    return w->x + first * w->x_stride;
}
#elif LEX_FORMAT == 1
typedef uint32_t part; /* two bfloat16, the first in the lower half */

static int64_t parts_of(int64_t in)
{
    return (in + 1) / 2;
}

/* Rounded to nearest, ties to even; an odd row ends with a zero. */
static const part *prepare_rows(const lex_linear_work *w, int64_t first, int64_t rows, int64_t *stride)
{
    part *to = (part *)(void *)w->scratch;
    *stride = lex_row_stride(parts_of(w->in));
    for (int64_t r = 0; r < rows; r++) {
        const float *x = w->x + (first + r) * w->x_stride;
        part *row = to + r * *stride;
        int64_t i = 0;
        for (; i + 2 * V <= w->in; i += 2 * V) {
            __m512bh two = _mm512_cvtne2ps_pbh((__m512)load(x + i + V), (__m512)load(x + i));
            memcpy(row + i / 2, &two, sizeof two);
        }
        for (; i < w->in; i += 2)
            row[i / 2] = (uint32_t)lex_bf16_of(x[i]) | (uint32_t)(i + 1 < w->in ? lex_bf16_of(x[i + 1]) : 0) << 16;
    }
    return to;
}

/* The bfloat16 of each lane of two rows: `even` in the lower half of a word, `odd` in the upper. */
INLINE __m512i pairs_of_rows(vec even, vec odd)
{
    const __m512i mix = _mm512_set_epi16(31, 15, 30, 14, 29, 13, 28, 12, 27, 11, 26, 10, 25, 9, 24, 8, 23, 7, 22, 6, 21, 5,
                                         20, 4, 19, 3, 18, 2, 17, 1, 16, 0);
    return _mm512_permutexvar_epi16(mix, (__m512i)_mm512_cvtne2ps_pbh((__m512)odd, (__m512)even));
}

/* product.h's tile over pairs. */
INLINE void pair_tile(tile *out, const int rows, const int vecs, const part *a, int64_t a_stride, const part *b,
                      int64_t depth)
{
    __m512 sums[ROWS][2];
#pragma GCC unroll 14
    for (int r = 0; r < rows; r++)
        sums[r][0] = sums[r][1] = _mm512_setzero_ps();
    for (int64_t c = 0; c < depth; c++) {
        __m512bh b0, b1;
        memcpy(&b0, b, sizeof b0);
        memcpy(&b1, b + (vecs == 2 ? V : 0), sizeof b1);
#pragma GCC unroll 14
        for (int r = 0; r < rows; r++) {
            __m512bh x = (__m512bh)_mm512_set1_epi32((int)a[r * a_stride + c]);
            sums[r][0] = _mm512_dpbf16_ps(sums[r][0], x, b0);
            if (vecs == 2)
                sums[r][1] = _mm512_dpbf16_ps(sums[r][1], x, b1);
        }
        b += PANEL;
    }
#pragma GCC unroll 14
    for (int r = 0; r < rows; r++) {
        out->sums[r][0] = (vec)sums[r][0];
        out->sums[r][1] = (vec)sums[r][1];
    }
}

static void any_pair_tile(tile *out, int64_t rows, bool two, const part *a, int64_t a_stride, const part *b,
                          int64_t depth)
{
#define TILE(n)                                                                                                        \
    case n:                                                                                                            \
        if (two)                                                                                                       \
            pair_tile(out, n, 2, a, a_stride, b, depth);                                                               \
        else                                                                                                           \
            pair_tile(out, n, 1, a, a_stride, b, depth);                                                               \
        break;
    switch (rows) {
        EACH_TILE
    }
#undef TILE
}
#else
typedef float part;

static int64_t parts_of(int64_t in)
{
    return in;
}

#if LEX_FORMAT == 2
INLINE void round_row(float *to, const float *from, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        to[i] = lex_f32_of_bf16(lex_bf16_of(from[i]));
}
#else
INLINE vec half_of(vec v)
{
#if LEX_VECTOR_BYTES == 64
    return (vec)_mm512_cvtph_ps(_mm512_cvtps_ph((__m512)v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
#else
    return (vec)_mm256_cvtph_ps(_mm256_cvtps_ph((__m256)v, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC));
#endif
}

INLINE void round_row(float *to, const float *from, int64_t n)
{
    for (int64_t i = 0; i < n; i += V)
        store_up_to(to + i, half_of(load_up_to(from + i, n - i)), n - i);
}
#endif

static const part *prepare_rows(const lex_linear_work *w, int64_t first, int64_t rows, int64_t *stride)
{
    *stride = lex_row_stride(w->in);
    for (int64_t r = 0; r < rows; r++)
        round_row(w->scratch + r * *stride, w->x + (first + r) * w->x_stride, w->in);
    return w->scratch;
}
#endif

static void linear(const lex_linear_work *w)
{
    const int64_t depth = parts_of(w->in);
    const int64_t block = block_of(lex_row_stride(depth) * (int64_t)sizeof(part));
    tile t;
    for (int64_t first = 0; first < w->n_rows; first += block) {
        row_split split = split_rows(w->n_rows - first < block ? w->n_rows - first : block);
        int64_t stride;
        const part *x = prepare_rows(w, first, split.n, &stride);
        for (int64_t column = 0; column < w->out; column += PANEL) {
            const part *panel = (const part *)w->packed + column * depth;
            int64_t n = w->out - column < PANEL ? w->out - column : PANEL;
            for (int64_t i = 0; i < split.tiles; i++) {
                int64_t row = split_at(&split, i), rows = split_at(&split, i + 1) - row;
#if LEX_FORMAT == 1
                any_pair_tile(&t, rows, n > V, x + row * stride, stride, panel, depth);
#else
                any_tile(&t, rows, n > V, x + row * stride, stride, panel, PANEL, depth);
#endif
                int64_t at = (first + row) * w->y_stride + column;
                finish_any(&t, rows, w->bias ? w->bias + column : NULL, n, w->after, w->y + at,
                           w->raw ? w->raw + at : NULL, w->y_stride);
            }
        }
    }
}
