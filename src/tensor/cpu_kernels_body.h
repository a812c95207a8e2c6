/* cpu_kernels_body.h - the kernels of cpu_kernels.h, included by one file an instruction set, which names the set in
 * LEX_CPU_SET and the bytes of its vectors in LEX_CPU_VECTOR_BYTES and is compiled with its flags. Every sum is taken
 * in an order that the code spells out, so the result is the same on every run.
 */
#include "cpu_kernels.h"
#include "cpu_vector.h"

#include <math.h>

/* ---- dropout masks ---- */

/* The first LANES of n values times keep where the word is at or above the threshold, else 0. */
static inline void scale_where(float *values, const uint32_t *words, int64_t n, uint32_t threshold, float keep)
{
    float rest[LANES] = {0}, *at = values;
    if (n < LANES)
        at = memcpy(rest, values, (size_t)n * sizeof *values);
    for (int l = 0; l < LANES; l += V) {
        vec_word word;
        memcpy(&word, words + l, sizeof word);
        store(at + l, (vec)((vec_word)(load(at + l) * keep) & (vec_word)(word >= threshold)));
    }
    if (n < LANES)
        memcpy(values, rest, (size_t)n * sizeof *values);
}

/* Multiplies a[0..n), and b[0..n) unless it is NULL, by 0 or 1 / (1 - p). Element j takes word j / 16 % 4 of counter
 * j / 64 * 16 + j % 16 in the row's own range of counters. The row number and the counter share one word: each has 16
 * bits. */
static void drop_row(float *a, float *b, int64_t n, lex_dropout dropout, uint32_t example, uint32_t head, uint32_t row)
{
    const float keep = (float)(1.0 / (1.0 - dropout.p));
    const uint32_t threshold = (uint32_t)(dropout.p * 4294967296.0);
    uint32_t words[4][LANES];
    for (int64_t j = 0; j < n; j += 4 * LANES) {
        uint32_t counter[4] = {row << 16 | (uint32_t)(j / 4), example, dropout.step, dropout.site << 16 | head};
        philox_16(words, counter, dropout.seed);
        for (int64_t w = 0; w < 4 && j + w * LANES < n; w++) {
            int64_t at = j + w * LANES;
            scale_where(a + at, words[w], n - at, threshold, keep);
            if (b)
                scale_where(b + at, words[w], n - at, threshold, keep);
        }
    }
}

static void dropout_row(float *values, int64_t n, lex_dropout dropout, uint32_t example, uint32_t row)
{
    drop_row(values, NULL, n, dropout, example, 0, row);
}

/* ---- attention: operands are copied to tiles whose rows are padded with zeros, so that no product has a rest ---- */

/* `rows` (n, d) to `tile` (m, padded d), times factor; m >= n. */
static void gather(float *restrict tile, const float *restrict rows, int64_t stride, int64_t n, int64_t m, int64_t d,
                   float factor)
{
    int64_t width = padded(d);
    for (int64_t i = 0; i < n; i++) {
        for (int64_t c = 0; c < d; c++)
            tile[i * width + c] = factor * rows[i * stride + c];
        for (int64_t c = d; c < width; c++)
            tile[i * width + c] = 0.0f;
    }
    memset(tile + n * width, 0, (size_t)((m - n) * width) * sizeof *tile);
}

/* `tile` (n, padded d) to `rows` (n, d), times factor. */
static void scatter(float *restrict rows, int64_t stride, const float *restrict tile, int64_t n, int64_t d,
                    float factor)
{
    int64_t width = padded(d);
    for (int64_t i = 0; i < n; i++)
        for (int64_t c = 0; c < d; c++)
            rows[i * stride + c] = factor * tile[i * width + c];
}

/* `rows` (n, d) to `out` (d, padded n). */
static void transpose(float *restrict out, const float *restrict rows, int64_t stride, int64_t n, int64_t d)
{
    int64_t width = padded(n);
    for (int64_t c = 0; c < d; c++) {
        for (int64_t j = 0; j < n; j++)
            out[c * width + j] = rows[j * stride + c];
        for (int64_t j = n; j < width; j++)
            out[c * width + j] = 0.0f;
    }
}

static int64_t whole_blocks(int64_t n)
{
    return (n + ROWS - 1) / ROWS * ROWS;
}

/* Softmax over the first n of `width` scores; zeros behind. */
static void softmax_row(float *s, int64_t n, int64_t width)
{
    for (int64_t j = n; j < width; j++)
        s[j] = -INFINITY;
    vec top = load(s), sum = {0};
    for (int64_t j = V; j < width; j += V)
        top = higher(load(s + j), top);
    const float highest = lanes_highest(top);
    for (int64_t j = 0; j < width; j += V)
        store(s + j, exp_of(load(s + j) - highest));
    for (int64_t j = n; j < width; j++)
        s[j] = 0.0f;
    for (int64_t j = 0; j < width; j += V)
        sum += load(s + j);
    const float factor = 1.0f / lanes_sum(sum);
    for (int64_t j = 0; j < width; j += V)
        store(s + j, load(s + j) * factor);
}

static void add_row(float *restrict to, const float *restrict from, int64_t n)
{
    for (int64_t j = 0; j < n; j++)
        to[j] += from[j];
}

static void attention(const lex_attention_piece *p, float *out, int64_t out_stride)
{
    const int64_t n = p->n, d = p->d, width = padded(n), depth = padded(d);
    float *keys = p->scratch;             /* (d, width) */
    float *values = keys + d * width;     /* (width, depth) */
    float *q = values + width * depth;    /* (ROWS, depth) */
    float *s = q + ROWS * depth;          /* (ROWS, width) */
    float *result = s + ROWS * width;     /* (ROWS, depth) */
    transpose(keys, p->k, p->qkv_stride, n, d);
    gather(values, p->v, p->qkv_stride, n, n, d, 1.0f);
    for (int64_t i = 0; i < n; i += ROWS) {
        int64_t rows = n - i < ROWS ? n - i : ROWS;
        gather(q, p->q + i * p->qkv_stride, p->qkv_stride, rows, ROWS, d, p->scale);
        multiply(&(product){s, width, q, depth, 1, keys, width, ROWS, d, width, false});
        for (int64_t r = 0; r < rows; r++) {
            if (p->bias)
                add_row(s + r * width, p->bias + (i + r) * p->bias_stride, n);
            softmax_row(s + r * width, n, width);
            if (p->probabilities)
                memcpy(p->probabilities + (i + r) * n, s + r * width, (size_t)n * sizeof *s);
            if (p->dropout.p > 0)
                drop_row(s + r * width, NULL, width, p->dropout, p->example, p->head, (uint32_t)(i + r));
        }
        multiply(&(product){result, depth, s, width, 1, values, depth, ROWS, n, depth, false});
        scatter(out + i * out_stride, out_stride, result, rows, d, 1.0f);
    }
}

/* The way back through softmax: ds = p (dp - sum(p dp)), in place of dp; p has zeros behind its n. */
static void softmax_row_backward(float *dp, const float *p, int64_t width)
{
    vec sum = {0};
    for (int64_t j = 0; j < width; j += V)
        sum += load(p + j) * load(dp + j);
    const float total = lanes_sum(sum);
    for (int64_t j = 0; j < width; j += V)
        store(dp + j, load(p + j) * (load(dp + j) - total));
}

/* ds and the probabilities after dropout, both (rows, width), for rows from i. */
static void scores_backward(const lex_attention_piece *p, float *ds, float *kept, float *row, int64_t i, int64_t rows)
{
    const int64_t n = p->n, width = padded(n);
    for (int64_t r = 0; r < rows; r++) {
        float *kept_row = kept + r * width, *ds_row = ds + r * width;
        memcpy(kept_row, p->probabilities + (i + r) * n, (size_t)n * sizeof *kept);
        memset(kept_row + n, 0, (size_t)(width - n) * sizeof *kept);
        memcpy(row, kept_row, (size_t)width * sizeof *row);
        if (p->dropout.p > 0)
            drop_row(kept_row, ds_row, width, p->dropout, p->example, p->head, (uint32_t)(i + r));
        softmax_row_backward(ds_row, row, width);
    }
}

/* Queries are taken LEX_ATTENTION_BLOCK at a time: the scratch grows with n, not with its square. */
static void attention_backward(const lex_attention_piece *p, const float *dout, int64_t out_stride, float *dq,
                               float *dk, float *dv)
{
    const int64_t n = p->n, d = p->d, width = padded(n), depth = padded(d), stride = p->qkv_stride;
    const int64_t whole = whole_blocks(n), tile = width * depth;
    float *values = p->scratch;                        /* (d, width) */
    float *keys = values + d * width;                  /* (width, depth) */
    float *queries = keys + tile, *douts = queries + tile;
    float *dkeys = douts + tile, *dvalues = dkeys + tile;
    float *ds = dvalues + tile;                        /* (LEX_ATTENTION_BLOCK, width) */
    float *kept = ds + LEX_ATTENTION_BLOCK * width;    /* the same */
    float *result = kept + LEX_ATTENTION_BLOCK * width; /* (LEX_ATTENTION_BLOCK, depth) */
    float *row = result + LEX_ATTENTION_BLOCK * depth; /* (width) */
    transpose(values, p->v, stride, n, d);
    gather(keys, p->k, stride, n, n, d, 1.0f);
    gather(queries, p->q, stride, n, n, d, p->scale);
    gather(douts, dout, out_stride, n, whole, d, 1.0f);
    for (int64_t i = 0; i < n; i += LEX_ATTENTION_BLOCK) {
        int64_t rows = n - i < LEX_ATTENTION_BLOCK ? n - i : LEX_ATTENTION_BLOCK, some = whole_blocks(rows);
        const float *dout_i = douts + i * depth, *queries_i = queries + i * depth;
        multiply(&(product){ds, width, dout_i, depth, 1, values, width, some, d, width, false});
        scores_backward(p, ds, kept, row, i, rows);
        for (int64_t r = 0; p->dbias && r < rows; r++)
            add_row(p->dbias + (i + r) * p->bias_stride, ds + r * width, n);
        multiply(&(product){dvalues, depth, kept, 1, width, dout_i, depth, whole, rows, depth, i > 0});
        multiply(&(product){dkeys, depth, ds, 1, width, queries_i, depth, whole, rows, depth, i > 0});
        multiply(&(product){result, depth, ds, width, 1, keys, depth, some, n, depth, false});
        scatter(dq + i * stride, stride, result, rows, d, p->scale);
    }
    scatter(dk, stride, dkeys, n, d, 1.0f);
    scatter(dv, stride, dvalues, n, d, 1.0f);
}

/* ---- sums and the optimizer ---- */

static double sum_squares(const float *x, int64_t n)
{
    double lanes[LANES] = {0}, sum = 0;
    int64_t whole = n / LANES * LANES;
    for (int64_t i = 0; i < whole; i += LANES)
        for (int l = 0; l < LANES; l++)
            lanes[l] += (double)x[i + l] * (double)x[i + l];
    for (int l = 0; l < LANES; l++)
        sum += lanes[l];
    for (int64_t i = whole; i < n; i++)
        sum += (double)x[i] * (double)x[i];
    return sum;
}

static void adamw(float *restrict params, const float *restrict grads, float *restrict m, float *restrict v, int64_t n,
                  const lex_adamw *a)
{
    const float shrink = (float)(1.0 - a->lr * a->weight_decay), grad_scale = (float)a->grad_scale;
    const float one_minus_beta1 = (float)(1.0 - a->beta1);
    const float beta2 = (float)a->beta2, one_minus_beta2 = (float)(1.0 - a->beta2);
    const float rate = (float)(a->lr / (1.0 - pow(a->beta1, (double)a->step)));
    const float root = (float)(1.0 / sqrt(1.0 - pow(a->beta2, (double)a->step)));
    const float eps = (float)a->eps;
    for (int64_t i = 0; i < n; i++) {
        float g = grads[i] * grad_scale;
        float mi = m[i] + (g - m[i]) * one_minus_beta1;
        float vi = v[i] * beta2 + one_minus_beta2 * g * g;
        m[i] = mi;
        v[i] = vi;
        params[i] = params[i] * shrink - rate * mi / (sqrtf(vi) * root + eps);
    }
}

const lex_cpu_kernels LEX_CPU_SET = {
    LEX_CPU_SET_NAME, attention, attention_backward, dropout_row, adamw, sum_squares,
};
