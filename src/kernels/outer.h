/* outer.h - products for the way back: matrices packed by columns, c += a' b, column sums.
 *
 * The sum over rows, which is the depth of these products, is cut into chains of OUTER_CHAIN words that are added to c
 * one after the other: a chain of both operands stays in the second-level cache, and rounding grows with the length of
 * a chain. */

enum {
    OUTER_ROWS = PANEL / 4, /* of a tile: with two registers each, enough sums to keep the multipliers busy */
    OUTER_CHAIN = 512,
    PACK_ROWS = 16 /* of x that are packed at once: the writes to one panel are then whole runs of lines */
};

#if LEX_FORMAT == 1
INLINE void put_words(part *out, const float *even, const float *odd, int64_t n)
{
    for (int64_t c = 0; c < PANEL; c++)
        out[c] = c < n ? (part)lex_bf16_of(even[c]) | (part)(odd ? lex_bf16_of(odd[c]) : 0) << 16 : 0;
}

/* Rows 2 t and 2 t + 1, `odd` NULL for none, become the lower and upper halves of one row of words. */
INLINE void pack_row(part *out, const float *even, const float *odd, int64_t n)
{
    if (n < PANEL || !odd) {
        put_words(out, even, odd, n < PANEL ? n : PANEL);
        return;
    }
    for (int h = 0; h < 2; h++)
        _mm512_storeu_si512(out + h * V, pairs_of_rows(load(even + h * V), load(odd + h * V)));
}
enum { DEPTH_OF_WORD = 2 };
#else
#if LEX_FORMAT == 0
INLINE void round_row(float *to, const float *from, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        to[i] = from[i];
}
#endif

INLINE void pack_row(part *out, const float *row, const float *unused, int64_t n)
{
    (void)unused;
    if (n >= PANEL) {
        round_row(out, row, PANEL);
        return;
    }
    round_row(out, row, n);
    for (int64_t c = n; c < PANEL; c++)
        out[c] = 0.0f;
}
enum { DEPTH_OF_WORD = 1 };
#endif

static void pack_columns(void *packed, const float *x, int64_t stride, int64_t depth, int64_t n)
{
    const int64_t words = parts_of(depth);
    for (int64_t t = 0; t < depth; t += PACK_ROWS) {
        int64_t end = t + PACK_ROWS < depth ? t + PACK_ROWS : depth;
        for (int64_t c = 0; c < n; c += PANEL) {
            part *panel = (part *)packed + c * words;
            for (int64_t i = t; i < end; i += DEPTH_OF_WORD) {
                const float *row = x + i * stride + c;
                pack_row(panel + i / DEPTH_OF_WORD * PANEL, row, i + 1 < depth ? row + stride : NULL, n - c);
            }
        }
    }
}

/* Words [first, first + some) of a row of weights. */
INLINE void words_of_row(part *out, const float *row, int64_t depth, int64_t first, int64_t some)
{
#if LEX_FORMAT == 1
    const int64_t whole = some == V && (first + V) * 2 <= depth;
    if (whole) {
        __m512bh two = _mm512_cvtne2ps_pbh((__m512)load(row + 2 * first + V), (__m512)load(row + 2 * first));
        memcpy(out, &two, sizeof two);
        return;
    }
    for (int64_t i = 0; i < some; i++) {
        int64_t at = 2 * (first + i);
        out[i] = (part)lex_bf16_of(row[at]) | (part)(at + 1 < depth ? lex_bf16_of(row[at + 1]) : 0) << 16;
    }
#else
    (void)depth;
    round_row(out, row + first, some);
#endif
}

static void pack_rows(void *packed, const float *weight, int64_t stride, int64_t n, int64_t depth)
{
    const int64_t words = parts_of(depth);
    part block[PANEL][V];
    for (int64_t o = 0; o < n; o += PANEL) {
        part *panel = (part *)packed + o * words;
        int64_t rows = n - o < PANEL ? n - o : PANEL;
        memset(block, 0, sizeof block);
        for (int64_t i = 0; i < words; i += V) {
            int64_t some = words - i < V ? words - i : V;
            for (int64_t r = 0; r < rows; r++)
                words_of_row(block[r], weight + (o + r) * stride, depth, i, some);
            for (int64_t w = 0; w < some; w++)
                for (int64_t r = 0; r < PANEL; r++)
                    panel[(i + w) * PANEL + r] = block[r][w];
        }
    }
}

/* OUTER_ROWS columns of a by a panel of b, over `steps` words. */
INLINE void outer_tile(vec sums[OUTER_ROWS][2], const part *a, const part *b, int64_t steps)
{
#if LEX_FORMAT == 1
    __m512 s[OUTER_ROWS][2];
#else
    vec s[OUTER_ROWS][2];
#endif
#pragma GCC unroll 8
    for (int r = 0; r < OUTER_ROWS; r++)
        for (int v = 0; v < 2; v++)
#if LEX_FORMAT == 1
            s[r][v] = _mm512_setzero_ps();
#else
            s[r][v] = (vec){0};
#endif
    for (int64_t c = 0; c < steps; c++, a += PANEL, b += PANEL) {
#if LEX_FORMAT == 1
        __m512bh b0, b1;
        memcpy(&b0, b, sizeof b0);
        memcpy(&b1, b + V, sizeof b1);
#else
        vec b0 = load(b), b1 = load(b + V);
#endif
#pragma GCC unroll 8
        for (int r = 0; r < OUTER_ROWS; r++) {
#if LEX_FORMAT == 1
            __m512bh x = (__m512bh)_mm512_set1_epi32((int)a[r]);
            s[r][0] = _mm512_dpbf16_ps(s[r][0], x, b0);
            s[r][1] = _mm512_dpbf16_ps(s[r][1], x, b1);
#else
            s[r][0] += a[r] * b0;
            s[r][1] += a[r] * b1;
#endif
        }
    }
#pragma GCC unroll 8
    for (int r = 0; r < OUTER_ROWS; r++)
        for (int v = 0; v < 2; v++)
            sums[r][v] = (vec)s[r][v];
}

/* Adds the first `rows` rows and n columns of a tile to c. */
INLINE void add_to(float *c, int64_t stride, vec sums[OUTER_ROWS][2], int64_t rows, int64_t n)
{
    for (int64_t r = 0; r < rows && r < OUTER_ROWS; r++, c += stride)
        for (int v = 0; v < 2 && v * V < n; v++)
            store_up_to(c + v * V, load_up_to(c + v * V, n - v * V) + sums[r][v], n - v * V);
}

static void outer(const lex_outer_work *w)
{
    const int64_t words = parts_of(w->depth), chains = (words + OUTER_CHAIN - 1) / OUTER_CHAIN;
    for (int64_t chain = 0; chain < chains; chain++) { /* of even length: each passes once over c */
        const int64_t first = words * chain / chains, steps = words * (chain + 1) / chains - first;
        for (int64_t i = 0; i < w->m; i += PANEL) {
            const part *a = (const part *)w->a + i * words + first * PANEL;
            for (int64_t j = 0; j < w->n; j += PANEL) {
                const part *b = (const part *)w->b + j * words + first * PANEL;
                for (int64_t r = 0; r < PANEL && i + r < w->m; r += OUTER_ROWS) {
                    vec sums[OUTER_ROWS][2];
                    outer_tile(sums, a + r, b, steps);
                    add_to(w->c + (i + r) * w->c_stride + j, w->c_stride, sums, w->m - i - r, w->n - j);
                }
            }
        }
    }
}

static void add_column_sums(float *sums, const float *x, int64_t stride, int64_t n_rows, int64_t n)
{
    int64_t c = 0;
    for (; c + 4 * V <= n; c += 4 * V) { /* whole lines of memory side by side */
        vec s0 = {0}, s1 = {0}, s2 = {0}, s3 = {0};
        for (int64_t r = 0; r < n_rows; r++) {
            const float *row = x + r * stride + c;
            s0 += load(row);
            s1 += load(row + V);
            s2 += load(row + 2 * V);
            s3 += load(row + 3 * V);
        }
        store(sums + c, load(sums + c) + s0);
        store(sums + c + V, load(sums + c + V) + s1);
        store(sums + c + 2 * V, load(sums + c + 2 * V) + s2);
        store(sums + c + 3 * V, load(sums + c + 3 * V) + s3);
    }
    for (; c < n; c += V) {
        vec sum = {0};
        for (int64_t r = 0; r < n_rows; r++)
            sum += load_up_to(x + r * stride + c, n - c);
        store_up_to(sums + c, load_up_to(sums + c, n - c) + sum, n - c);
    }
}

static void add(float *y, const float *x, int64_t n)
{
    for (int64_t c = 0; c < n; c += V)
        store_up_to(y + c, load_up_to(y + c, n - c) + load_up_to(x + c, n - c), n - c);
}
