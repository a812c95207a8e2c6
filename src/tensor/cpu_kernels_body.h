/* cpu_kernels_body.h - the kernels of cpu_kernels.h, included by one file an instruction set, which names the set in
 * LEX_CPU_SET and is compiled with its flags. Loops run over 16 lanes or along rows without a carried sum, because
 * without -ffast-math a compiler may not reorder sums: so the result is the same on every run, and vectors are used.
 */
#include "cpu_kernels.h"

#include <math.h>
#include <string.h>

enum { LANES = 16, ROWS = 4 };

static int64_t padded(int64_t n)
{
    return (n + LANES - 1) / LANES * LANES;
}

/* ---- exp, after Cody and Waite: e^x = 2^k e^r with |r| <= ln 2 / 2; the polynomial is Cephes' expf, 2 ulp ---- */

static inline float exp_of(float x)
{
    const float shift = 12582912.0f; /* 1.5 * 2^23: adding it rounds to a whole number */
    x = x < -87.0f ? -87.0f : x;
    float t = x * 1.44269504088896341f + shift;
    float k = t - shift;
    float r = x - k * 0.693359375f;
    r = r - k * -2.12194440e-4f;
    float y = 1.9875691500e-4f;
    y = y * r + 1.3981999507e-3f;
    y = y * r + 8.3334519073e-3f;
    y = y * r + 4.1665795894e-2f;
    y = y * r + 1.6666665459e-1f;
    y = y * r + 5.0000001201e-1f;
    y = y * r * r + r + 1.0f;
    union {
        float f;
        int32_t i;
    } power = {.i = ((int32_t)k + 127) << 23};
    return y * power.f;
}

/* ---- dropout masks ---- */

/* Philox4x32-10 (see random.h) on 16 counters at once: words[w][l] for counters c0 + l. */
static void philox_16(uint32_t words[4][LANES], const uint32_t counter[4], uint64_t key)
{
    uint32_t c0[LANES], c1[LANES], c2[LANES], c3[LANES];
    for (int l = 0; l < LANES; l++) {
        c0[l] = counter[0] + (uint32_t)l;
        c1[l] = counter[1];
        c2[l] = counter[2];
        c3[l] = counter[3];
    }
    uint32_t k0 = (uint32_t)key, k1 = (uint32_t)(key >> 32);
    for (int round = 0; round < 10; round++) {
        for (int l = 0; l < LANES; l++) {
            uint64_t p0 = (uint64_t)0xD2511F53u * c0[l];
            uint64_t p1 = (uint64_t)0xCD9E8D57u * c2[l];
            c0[l] = (uint32_t)(p1 >> 32) ^ c1[l] ^ k0;
            c2[l] = (uint32_t)(p0 >> 32) ^ c3[l] ^ k1;
            c1[l] = (uint32_t)p1;
            c3[l] = (uint32_t)p0;
        }
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    memcpy(words[0], c0, sizeof c0);
    memcpy(words[1], c1, sizeof c1);
    memcpy(words[2], c2, sizeof c2);
    memcpy(words[3], c3, sizeof c3);
}

/* Multiplies values[0..n) by 0 or 1 / (1 - p). Element j takes word j / 16 % 4 of counter j / 64 * 16 + j % 16 in the
 * row's own range of counters. The row number and the counter share one word: each has 16 bits. */
static void drop_row(float *values, int64_t n, lex_dropout dropout, uint32_t example, uint32_t head, uint32_t row)
{
    const float keep = (float)(1.0 / (1.0 - dropout.p));
    const uint32_t threshold = (uint32_t)(dropout.p * 4294967296.0);
    uint32_t words[4][LANES];
    for (int64_t j = 0; j < n; j += 4 * LANES) {
        uint32_t counter[4] = {row << 16 | (uint32_t)(j / 4), example, dropout.step, dropout.site << 16 | head};
        philox_16(words, counter, dropout.seed);
        const uint32_t *word = &words[0][0];
        int64_t left = n - j < 4 * LANES ? n - j : 4 * LANES;
        for (int64_t i = 0; i < left; i++)
            values[j + i] *= word[i] < threshold ? 0.0f : keep;
    }
}

static void dropout_row(float *values, int64_t n, lex_dropout dropout, uint32_t example, uint32_t row)
{
    drop_row(values, n, dropout, example, 0, row);
}

/* ---- attention ---- */

/* Columns of `rows` (n, d) to lines of `out` (d, padded n), zeros behind. */
static void transpose(float *restrict out, const float *restrict rows, int64_t n, int64_t d, int64_t stride)
{
    int64_t width = padded(n);
    for (int64_t c = 0; c < d; c++) {
        for (int64_t j = 0; j < n; j++)
            out[c * width + j] = rows[j * stride + c];
        for (int64_t j = n; j < width; j++)
            out[c * width + j] = 0.0f;
    }
}

/* out[r] (width) = factor * a[r] (d) times columns (d, width), for ROWS rows; a's rows are `stride` apart. */
static void rows_times_columns(float *restrict out, const float *restrict a, int64_t stride, float factor,
                               const float *restrict columns, int64_t d, int64_t width)
{
    for (int64_t j = 0; j < width; j += LANES) {
        float s0[LANES] = {0}, s1[LANES] = {0}, s2[LANES] = {0}, s3[LANES] = {0};
        for (int64_t c = 0; c < d; c++) {
            const float *restrict line = columns + c * width + j;
            float a0 = a[c], a1 = a[stride + c], a2 = a[2 * stride + c], a3 = a[3 * stride + c];
            for (int l = 0; l < LANES; l++) {
                s0[l] += a0 * line[l];
                s1[l] += a1 * line[l];
                s2[l] += a2 * line[l];
                s3[l] += a3 * line[l];
            }
        }
        for (int l = 0; l < LANES; l++) {
            out[j + l] = factor * s0[l];
            out[width + j + l] = factor * s1[l];
            out[2 * width + j + l] = factor * s2[l];
            out[3 * width + j + l] = factor * s3[l];
        }
    }
}

/* out[r] (d, rows out_stride apart) = factor * weights[r] (n) times rows (n, d), for ROWS rows. */
static void weights_times_rows(float *restrict out, int64_t out_stride, const float *restrict weights, int64_t width,
                               float factor, const float *restrict rows, int64_t stride, int64_t n, int64_t d)
{
    for (int64_t c = 0; c < d; c += LANES) {
        float s[ROWS][LANES] = {{0}};
        int64_t lanes = d - c < LANES ? d - c : LANES;
        if (lanes == LANES) {
            for (int64_t j = 0; j < n; j++) {
                const float *restrict line = rows + j * stride + c;
                float w0 = weights[j], w1 = weights[width + j], w2 = weights[2 * width + j], w3 = weights[3 * width + j];
                for (int l = 0; l < LANES; l++) {
                    s[0][l] += w0 * line[l];
                    s[1][l] += w1 * line[l];
                    s[2][l] += w2 * line[l];
                    s[3][l] += w3 * line[l];
                }
            }
        } else {
            for (int64_t j = 0; j < n; j++)
                for (int r = 0; r < ROWS; r++)
                    for (int64_t l = 0; l < lanes; l++)
                        s[r][l] += weights[r * width + j] * rows[j * stride + c + l];
        }
        for (int r = 0; r < ROWS; r++)
            for (int64_t l = 0; l < lanes; l++)
                out[r * out_stride + c + l] = factor * s[r][l];
    }
}

/* Softmax over the first n of `width` scores; zeros behind. */
static void softmax_row(float *restrict s, int64_t n, int64_t width)
{
    float top[LANES], sum[LANES] = {0};
    for (int64_t j = n; j < width; j++)
        s[j] = -INFINITY;
    for (int l = 0; l < LANES; l++)
        top[l] = s[l];
    for (int64_t j = LANES; j < width; j += LANES)
        for (int l = 0; l < LANES; l++)
            top[l] = s[j + l] > top[l] ? s[j + l] : top[l];
    float highest = top[0];
    for (int l = 1; l < LANES; l++)
        highest = top[l] > highest ? top[l] : highest;
    for (int64_t j = 0; j < width; j++)
        s[j] = exp_of(s[j] - highest);
    for (int64_t j = n; j < width; j++)
        s[j] = 0.0f;
    for (int64_t j = 0; j < width; j += LANES)
        for (int l = 0; l < LANES; l++)
            sum[l] += s[j + l];
    float total = 0.0f;
    for (int l = 0; l < LANES; l++)
        total += sum[l];
    float factor = 1.0f / total;
    for (int64_t j = 0; j < width; j++)
        s[j] *= factor;
}

/* The rows of q that a block of ROWS works on: the rest block at the end of a sequence is copied and padded with its
 * last row, whose results are thrown away. */
static const float *row_block(float *copy, const float *rows, int64_t stride, int64_t i, int64_t n, int64_t d,
                              int64_t *block_stride)
{
    if (i + ROWS <= n) {
        *block_stride = stride;
        return rows + i * stride;
    }
    for (int64_t r = 0; r < ROWS; r++)
        memcpy(copy + r * d, rows + (i + r < n ? i + r : n - 1) * stride, (size_t)d * sizeof *copy);
    *block_stride = d;
    return copy;
}

static void attention(const lex_attention_piece *p, float *out, int64_t out_stride)
{
    const int64_t n = p->n, d = p->d, width = padded(n);
    float *columns = p->scratch;          /* (d, width): keys */
    float *s = columns + d * width;       /* (ROWS, width) */
    float *copy = s + ROWS * width;       /* (ROWS, d) */
    float *result = copy + ROWS * d;      /* (ROWS, d) */
    transpose(columns, p->k, n, d, p->qkv_stride);
    for (int64_t i = 0; i < n; i += ROWS) {
        int64_t stride, rows = n - i < ROWS ? n - i : ROWS;
        const float *q = row_block(copy, p->q, p->qkv_stride, i, n, d, &stride);
        rows_times_columns(s, q, stride, p->scale, columns, d, width);
        for (int64_t r = 0; r < rows; r++) {
            softmax_row(s + r * width, n, width);
            if (p->probabilities)
                memcpy(p->probabilities + (i + r) * n, s + r * width, (size_t)n * sizeof *s);
            if (p->dropout.p > 0)
                drop_row(s + r * width, n, p->dropout, p->example, p->head, (uint32_t)(i + r));
        }
        weights_times_rows(result, d, s, width, 1.0f, p->v, p->qkv_stride, n, d);
        for (int64_t r = 0; r < rows; r++)
            memcpy(out + (i + r) * out_stride, result + r * d, (size_t)d * sizeof *out);
    }
}

/* to[j] (d, rows stride apart) += sum over r of weights[r][j] * rows[r] (d). */
static void add_outer(float *restrict to, int64_t stride, const float *restrict weights, int64_t width, int64_t n_rows,
                      const float *restrict rows, int64_t rows_stride, int64_t n, int64_t d)
{
    for (int64_t j = 0; j < n; j++) {
        for (int64_t r = 0; r < n_rows; r++) {
            float w = weights[r * width + j];
            const float *restrict row = rows + r * rows_stride;
            float *restrict line = to + j * stride;
            for (int64_t c = 0; c < d; c++)
                line[c] += w * row[c];
        }
    }
}

/* The way back through softmax: ds = p (dp - sum(p dp)), in place of dp. */
static void softmax_row_backward(float *restrict dp, const float *restrict p, int64_t n)
{
    float sum[LANES] = {0}, total = 0.0f;
    int64_t whole = n / LANES * LANES;
    for (int64_t j = 0; j < whole; j += LANES)
        for (int l = 0; l < LANES; l++)
            sum[l] += p[j + l] * dp[j + l];
    for (int64_t j = whole; j < n; j++)
        total += p[j] * dp[j];
    for (int l = 0; l < LANES; l++)
        total += sum[l];
    for (int64_t j = 0; j < n; j++)
        dp[j] = p[j] * (dp[j] - total);
}

static void attention_backward(const lex_attention_piece *p, const float *dout, int64_t out_stride, float *dq,
                               float *dk, float *dv)
{
    const int64_t n = p->n, d = p->d, width = padded(n), stride = p->qkv_stride;
    float *columns = p->scratch;         /* (d, width): values */
    float *ds = columns + d * width;     /* (ROWS, width) */
    float *kept = ds + ROWS * width;     /* (ROWS, width): probabilities after dropout */
    float *copy = kept + ROWS * width;   /* (ROWS, d) */
    float *result = copy + ROWS * d;     /* (ROWS, d) */
    transpose(columns, p->v, n, d, stride);
    for (int64_t j = 0; j < n; j++) {
        memset(dk + j * stride, 0, (size_t)d * sizeof *dk);
        memset(dv + j * stride, 0, (size_t)d * sizeof *dv);
    }
    for (int64_t i = 0; i < n; i += ROWS) {
        int64_t block_stride, rows = n - i < ROWS ? n - i : ROWS;
        const float *block = row_block(copy, dout, out_stride, i, n, d, &block_stride);
        rows_times_columns(ds, block, block_stride, 1.0f, columns, d, width);
        for (int64_t r = 0; r < rows; r++) {
            const float *probabilities = p->probabilities + (i + r) * n;
            memcpy(kept + r * width, probabilities, (size_t)n * sizeof *kept);
            if (p->dropout.p > 0) {
                drop_row(kept + r * width, n, p->dropout, p->example, p->head, (uint32_t)(i + r));
                drop_row(ds + r * width, n, p->dropout, p->example, p->head, (uint32_t)(i + r));
            }
            softmax_row_backward(ds + r * width, probabilities, n);
        }
        add_outer(dv, stride, kept, width, rows, block, block_stride, n, d);
        for (int64_t r = 0; r < rows; r++)
            for (int64_t j = 0; j < n; j++)
                ds[r * width + j] *= p->scale;
        add_outer(dk, stride, ds, width, rows, p->q + i * stride, stride, n, d);
        weights_times_rows(result, d, ds, width, 1.0f, p->k, stride, n, d);
        for (int64_t r = 0; r < rows; r++)
            memcpy(dq + (i + r) * stride, result + r * d, (size_t)d * sizeof *dq);
    }
}

/* ---- sums and the optimizer ---- */

static void add(float *restrict y, const float *restrict x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        y[i] += x[i];
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

const lex_cpu_kernels LEX_CPU_SET = {LEX_CPU_SET_NAME, attention, attention_backward, dropout_row, adamw, add};
