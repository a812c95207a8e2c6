/* attend.h - attention of one head of one sequence: scores of up to ROWS queries at a time, which fit the first-level
 * cache, become probabilities and weigh the values. Keys are turned once; values are read where they lie. */

static int64_t up_to(int64_t n, int64_t unit)
{
    return (n + unit - 1) / unit * unit;
}

/* The highest of n scores, a whole number of registers. Two at a time: each waits for the one before. */
static float highest_of(const float *s, int64_t n)
{
    vec top = load(s), other = top;
    int64_t j = V;
    for (; j + V < n; j += 2 * V) {
        top = higher(load(s + j), top);
        other = higher(load(s + j + V), other);
    }
    if (j < n)
        top = higher(load(s + j), top);
    return lanes_highest(higher(top, other));
}

static float scale_of(const lex_attend_work *w)
{
    return w->scale != 0.0f ? w->scale : (float)(1.0 / sqrt((double)w->d));
}

/* A tile's scores of up to PANEL keys, of which n are left. */
static void put_scores(float *s, int64_t s_stride, const tile *t, int64_t rows, int64_t n)
{
    for (int64_t r = 0; r < rows; r++) {
        store(s + r * s_stride, t->sums[r][0]);
        if (n > V)
            store(s + r * s_stride + V, t->sums[r][1]);
    }
}

/* A tile's sums of values, from `column` on, divided by what their weights add up to. */
static void put_values(const lex_attend_work *w, int64_t query, int64_t rows, const tile *t, const float *factors, int64_t column)
{
    const int64_t left = w->d - column;
    for (int64_t r = 0; r < rows; r++) {
        float *out = w->out + (query + r) * w->out_stride + column;
        store_up_to(out, t->sums[r][0] * factors[r], left);
        if (left > V)
            store_up_to(out + V, t->sums[r][1] * factors[r], left - V);
    }
}

#if LEX_FORMAT != 1
/* e^(scale (s - highest)) of n scores, in place, up to whole registers; returns 1 / their sum. Behind the last score
 * come minus infinities, whose share of the sum is nothing. */
static float weigh(float *s, int64_t n, float scale)
{
    for (int64_t j = n; j % V; j++)
        s[j] = -INFINITY;
    vec sum = {0};
    const float highest = highest_of(s, up_to(n, V));
    for (int64_t j = 0; j < n; j += V) {
        vec e = exp_of((load(s + j) - highest) * scale);
        store(s + j, e);
        sum += e;
    }
    return 1.0f / lanes_sum(sum);
}
#endif

/* scale s + bias for n scores, in place. */
static void add_bias(float *s, int64_t n, float scale, const float *bias)
{
    for (int64_t j = 0; j < n; j += V)
        store_up_to(s + j, load_up_to(s + j, n - j) * scale + load_up_to(bias + j, n - j), n - j);
}

#if LEX_FORMAT == 1
#include "attend_pairs.h" /* in which they are in pairs */
#else
enum { LINE = 16 }; /* floats of a cache line */

/* k (n, d) to panels (d, PANEL) of keys beside each other, filled up with zeros. */
static void turn_keys(float *out, const float *k, int64_t stride, int64_t n, int64_t d)
{
    for (int64_t first = 0; first < n; first += PANEL, out += d * PANEL) {
        int64_t some = n - first < PANEL ? n - first : PANEL;
        for (int64_t j = 0; j < some; j++) {
            const float *row = k + (first + j) * stride;
            for (int64_t c = 0; c < d; c++)
                out[c * PANEL + j] = row[c];
            /* Rows lie far apart, which no hardware foresees; the next head's part of a row comes next. */
            for (int64_t c = 0; c < d; c += LINE)
                __builtin_prefetch(row + d + c);
        }
        if (some < PANEL)
            for (int64_t c = 0; c < d; c++)
                memset(out + c * PANEL + some, 0, (size_t)(PANEL - some) * sizeof *out);
    }
}

/* v (n, d) to rows of `depth` columns, filled up with zeros. */
static void widen_values(float *out, const float *v, int64_t stride, int64_t n, int64_t d, int64_t depth)
{
    for (int64_t j = 0; j < n; j++) {
        memcpy(out + j * depth, v + j * stride, (size_t)d * sizeof *out);
        memset(out + j * depth + d, 0, (size_t)(depth - d) * sizeof *out);
    }
}

/* Column `column` of the values that the weights s (rows, n) of some queries add up to. */
static void add_values(const lex_attend_work *w, int64_t query, int64_t rows, const float *s, int64_t s_stride,
                       const float *factors, const float *values, int64_t v_stride, int64_t column)
{
    tile t;
    any_tile(&t, rows, w->d - column > V, s, s_stride, values + column, v_stride, w->n);
    put_values(w, query, rows, &t, factors, column);
}

static void attend(const lex_attend_work *w)
{
    const int64_t n = w->n, d = w->d, width = up_to(n, PANEL);
    const float scale = scale_of(w);
    const float *values = w->v;
    int64_t v_stride = w->kv_stride;
    float *keys = w->scratch, *s = keys + d * width, *wide = s + ROWS * width; /* (d, width), (ROWS, width), (n, depth) */
    float factors[ROWS];
    if (d % V) {
        v_stride = up_to(d, PANEL);
        widen_values(wide, w->v, w->kv_stride, n, d, v_stride);
        values = wide;
    }
    turn_keys(keys, w->k, w->kv_stride, n, d);
    for (int64_t j = 0; j < n; j++)
        for (int64_t c = 0; c < d; c += LINE)
            __builtin_prefetch(w->v + j * w->kv_stride + d + c);
    row_split split = split_rows(w->n_queries);
    for (int64_t i = 0; i < split.tiles; i++) {
        int64_t query = split_at(&split, i), rows = split_at(&split, i + 1) - query;
        tile t;
        for (int64_t j = 0; j < n; j += PANEL) {
            any_tile(&t, rows, n - j > V, w->q + query * w->q_stride, w->q_stride, keys + j * d, PANEL, d);
            put_scores(s + j, width, &t, rows, n - j);
        }
        for (int64_t r = 0; r < rows; r++) {
            if (w->bias)
                add_bias(s + r * width, n, scale, w->bias + (query + r) * w->bias_stride);
            factors[r] = weigh(s + r * width, n, w->bias ? 1.0f : scale);
        }
        for (int64_t column = 0; column < d; column += PANEL)
            add_values(w, query, rows, s, width, factors, values, v_stride, column);
    }
}
#endif
