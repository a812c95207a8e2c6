/* int8_set.h - one set of int8.h, included by one file an instruction set, which names the set in LEX_SET, the bytes of its
 * registers in LEX_VECTOR_BYTES, and is compiled with its flags. */
#include "int8_rows.h"
#include "tile.h"

/* ---- rows to integers ---- */

#if LEX_VECTOR_BYTES == 64
typedef uint8_t element;

/* V floats to V integers. */
INLINE void put(element *to, vec x, lex_int8_row row)
{
    __m512i u = _mm512_add_epi32(_mm512_cvtps_epi32((__m512)(x * row.inverse)), _mm512_set1_epi32(row.zero));
    _mm_storeu_si128((__m128i *)(void *)to, _mm512_cvtusepi32_epi8(_mm512_max_epi32(u, _mm512_setzero_si512())));
}
#else
typedef int16_t element; /* wide enough for the products' operands */

INLINE void put(element *to, vec x, lex_int8_row row)
{
    __m256i u = _mm256_add_epi32(_mm256_cvtps_epi32((__m256)(x * row.inverse)), _mm256_set1_epi32(row.zero));
    u = _mm256_min_epi32(_mm256_max_epi32(u, _mm256_setzero_si256()), _mm256_set1_epi32(255));
    __m128i narrow = _mm_packs_epi32(_mm256_castsi256_si128(u), _mm256_extracti128_si256(u, 1));
    _mm_storeu_si128((__m128i *)(void *)to, narrow);
}
#endif

static lex_int8_row quantise(element *out, const float *x, int64_t n)
{
    vec low = {0}, high = {0}, odd = {0};
    for (int64_t i = 0; i < n; i += V) {
        vec v = load_up_to(x + i, n - i);
        low = choose(v < low, v, low);
        high = choose(v > high, v, high);
        odd += v - v; /* 0 for a number, else none */
    }
    lex_int8_row row = lex_int8_row_of(-lanes_highest(-low), lanes_highest(high), lanes_sum(odd) == 0.0f);
    if (!isfinite(row.scale)) {
        memset(out, 0, (size_t)lex_int8_row_bytes(n, sizeof *out));
        return row;
    }
    for (int64_t i = 0; i < n; i += V)
        put(out + i, load_up_to(x + i, n - i), row);
    return row;
}

/* ---- products ---- */

#if LEX_VECTOR_BYTES == 64
/* The sums of `rows` rows and 2 V outputs: four products at a time. rows is a constant where this is inlined. */
INLINE void sum_tile(vec_int (*out)[2], const int rows, const element *a, int64_t a_stride, const int8_t *b, int64_t groups)
{
    __m512i sums[ROWS][2];
#pragma GCC unroll 14
    for (int r = 0; r < rows; r++)
        sums[r][0] = sums[r][1] = _mm512_setzero_si512();
    for (int64_t g = 0; g < groups; g++) {
        __m512i b0 = _mm512_loadu_si512(b), b1 = _mm512_loadu_si512(b + 64);
#pragma GCC unroll 14
        for (int r = 0; r < rows; r++) {
            int32_t four;
            memcpy(&four, a + r * a_stride + g * LEX_INT8_GROUP, sizeof four);
            __m512i x = _mm512_set1_epi32(four);
            sums[r][0] = _mm512_dpbusd_epi32(sums[r][0], x, b0);
            sums[r][1] = _mm512_dpbusd_epi32(sums[r][1], x, b1);
        }
        b += LEX_INT8_PANEL * LEX_INT8_GROUP;
    }
#pragma GCC unroll 14
    for (int r = 0; r < rows; r++) {
        out[r][0] = (vec_int)sums[r][0];
        out[r][1] = (vec_int)sums[r][1];
    }
}

INLINE vec multiply_add(vec a, vec b, vec c)
{
    return (vec)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
}

INLINE vec floats_of(vec_int v)
{
    return (vec)_mm512_cvtepi32_ps((__m512i)v);
}
#else
/* Weights are widened to 16 bits, and two neighbours' products added to one sum (vpmaddwd): an output has two sums until
 * the end. */
INLINE void sum_tile(vec_int (*out)[2], const int rows, const element *a, int64_t a_stride, const int8_t *b, int64_t groups)
{
    __m256i sums[ROWS][4];
#pragma GCC unroll 3
    for (int r = 0; r < rows; r++)
        sums[r][0] = sums[r][1] = sums[r][2] = sums[r][3] = _mm256_setzero_si256();
    for (int64_t g = 0; g < groups; g++) {
#pragma GCC unroll 4
        for (int v = 0; v < 4; v++) {
            __m256i w = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(const void *)(b + 16 * v)));
#pragma GCC unroll 3
            for (int r = 0; r < rows; r++) {
                long long four;
                memcpy(&four, a + r * a_stride + g * LEX_INT8_GROUP, sizeof four);
                sums[r][v] = _mm256_add_epi32(sums[r][v], _mm256_madd_epi16(_mm256_set1_epi64x(four), w));
            }
        }
        b += LEX_INT8_PANEL * LEX_INT8_GROUP;
    }
#pragma GCC unroll 3
    for (int r = 0; r < rows; r++)
        for (int v = 0; v < 2; v++) {
            __m256i pairs = _mm256_hadd_epi32(sums[r][2 * v], sums[r][2 * v + 1]);
            out[r][v] = (vec_int)_mm256_permute4x64_epi64(pairs, 0xD8); /* hadd works on halves of a register */
        }
}

INLINE vec multiply_add(vec a, vec b, vec c)
{
    return (vec)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
}

INLINE vec floats_of(vec_int v)
{
    return (vec)_mm256_cvtepi32_ps((__m256i)v);
}
#endif

/* Outputs [first, first + n) of a part, n <= PANEL, in floats: the whole of what the integers stand for, with bias. */
INLINE void to_floats(tile *t, vec_int (*sums)[2], int64_t rows, const lex_int8_row *of, const lex_int8_part *part,
                      int64_t first, int64_t n)
{
    for (int64_t v = 0; v < 2 && v * V < n; v++) {
        const int64_t at = first + v * V, left = n - v * V;
        int32_t lanes[V] = {0};
        memcpy(lanes, part->sums + at, (size_t)(left < V ? left : V) * sizeof *lanes);
        vec scales = load_up_to(part->scales + at, left), bias = {0};
        vec_int taken;
        memcpy(&taken, lanes, sizeof taken);
        if (part->bias)
            bias = load_up_to(part->bias + at, left);
        for (int64_t r = 0; r < rows; r++)
            t->sums[r][v] = multiply_add(floats_of(sums[r][v] - taken * of[r].zero), scales * of[r].scale, bias);
    }
}

/* Not inlined: its sums would no longer stay in registers. */
static __attribute__((noinline)) void any_sum_tile(vec_int (*out)[2], int64_t rows, const element *a, int64_t a_stride, const int8_t *b,
                         int64_t groups)
{
#define TILE(n)                                                                                                        \
    case n:                                                                                                            \
        sum_tile(out, n, a, a_stride, b, groups);                                                                      \
        break;
    switch (rows) {
        EACH_TILE
    }
#undef TILE
}

/* A block of rows through all panels of a part. */
static void block_of_part(const lex_int8_work *w, const lex_int8_part *part, const element *x, int64_t stride,
                          const lex_int8_row *of, int64_t n_rows, float *y)
{
    const int64_t groups = (w->in + LEX_INT8_GROUP - 1) / LEX_INT8_GROUP;
    row_split split = split_rows(n_rows);
    for (int64_t column = 0; column < part->out; column += PANEL) {
        const int8_t *panel = part->values + column / LEX_INT8_PANEL * LEX_INT8_PANEL * groups * LEX_INT8_GROUP +
                              column % LEX_INT8_PANEL * LEX_INT8_GROUP;
        int64_t n = part->out - column < PANEL ? part->out - column : PANEL;
        for (int64_t i = 0; i < split.tiles; i++) {
            int64_t row = split_at(&split, i), rows = split_at(&split, i + 1) - row;
            vec_int sums[ROWS][2];
            tile t;
            any_sum_tile(sums, rows, x + row * stride, stride, panel, groups);
            to_floats(&t, sums, rows, of + row, part, column, n);
            finish_any(&t, rows, NULL, n, w->after, y + row * w->y_stride + column, NULL, w->y_stride);
        }
    }
}

static void linear(const lex_int8_work *w)
{
    const int64_t row_bytes = lex_int8_row_bytes(w->in, sizeof(element)), stride = row_bytes / (int64_t)sizeof(element);
    const int64_t block = lex_int8_block_rows(row_bytes, ROWS);
    lex_int8_row *of = w->scratch;
    element *x = (element *)(void *)((char *)w->scratch + LEX_INT8_BLOCK_ROWS_MAX * sizeof *of);
    for (int64_t first = 0; first < w->n_rows; first += block) {
        int64_t n = w->n_rows - first < block ? w->n_rows - first : block;
        for (int64_t r = 0; r < n; r++)
            of[r] = quantise(x + r * stride, w->x + (first + r) * w->x_stride, w->in);
        float *y = w->y + first * w->y_stride;
        for (int p = 0; p < w->n_parts; p++) {
            block_of_part(w, &w->parts[p], x, stride, of, n, y);
            y += w->parts[p].out;
        }
    }
}

const lex_int8_kernels LEX_SET = {LEX_SET_NAME, linear};
