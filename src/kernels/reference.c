/* reference.c - the same functions in plain C, with sums in double where the others' are in float: what they are
 * compared with. */
#include <math.h>

#include "lexclf/kernels.h"

static double after(double y, lex_after what, float before)
{
    switch (what) {
    case LEX_AFTER_GELU:
        return 0.5 * y * erfc(-y / sqrt(2.0));
    case LEX_AFTER_GELU_TANH:
        return 0.5 * y * (1 + tanh(sqrt(2 / acos(-1)) * (y + 0.044715 * y * y * y)));
    case LEX_AFTER_RELU:
        return y < 0 ? 0 : y;
    default:
        return what == LEX_AFTER_ADD ? y + (double)before : y;
    }
}

static void linear(const lex_linear_work *w)
{
    const float *weight = w->packed; /* (out, in): panels of one */
    for (int64_t r = 0; r < w->n_rows; r++)
        for (int64_t o = 0; o < w->out; o++) {
            double sum = w->bias ? (double)w->bias[o] : 0;
            for (int64_t i = 0; i < w->in; i++)
                sum += (double)w->x[r * w->x_stride + i] * (double)weight[o * w->in + i];
            float *y = w->y + r * w->y_stride + o;
            if (w->raw)
                w->raw[r * w->y_stride + o] = (float)sum;
            *y = (float)after(sum, w->after, *y);
        }
}

static void norm(const lex_norm_work *w)
{
    for (int64_t r = 0; r < w->n_rows; r++) {
        float *y = w->y + r * w->y_stride;
        double mean = 0, spread = 0;
        for (int64_t c = 0; c < w->width; c++)
            mean += (double)y[c] / (double)w->width;
        for (int64_t c = 0; c < w->width; c++)
            spread += ((double)y[c] - mean) * ((double)y[c] - mean) / (double)w->width;
        for (int64_t c = 0; c < w->width; c++)
            y[c] = (float)(((double)y[c] - mean) / sqrt(spread + w->eps) * (double)w->weight[c] + (double)w->bias[c]);
    }
}

static void embed(const lex_embed_work *w)
{
    for (int64_t r = 0; r < w->n_rows; r++)
        for (int64_t c = 0; c < w->width; c++)
            w->y[r * w->y_stride + c] = w->words[w->word_ids[r] * w->width + c] +
                                        w->segments[w->segment_ids[r] * w->width + c] +
                                        w->positions[w->position_ids[r] * w->width + c];
    norm(&(lex_norm_work){w->y, w->y_stride, w->n_rows, w->width, w->weight, w->bias, w->eps});
}

static void attend(const lex_attend_work *w)
{
    float *s = w->scratch; /* (n) */
    const double scale = w->scale != 0.0f ? (double)w->scale : 1 / sqrt((double)w->d);
    for (int64_t i = 0; i < w->n_queries; i++) {
        double highest = -INFINITY, sum = 0;
        for (int64_t j = 0; j < w->n; j++) {
            double score = 0;
            for (int64_t c = 0; c < w->d; c++)
                score += (double)w->q[i * w->q_stride + c] * (double)w->k[j * w->kv_stride + c];
            s[j] = (float)(score * scale) + (w->bias ? w->bias[i * w->bias_stride + j] : 0.0f);
            highest = fmax(highest, (double)s[j]);
        }
        for (int64_t j = 0; j < w->n; j++)
            sum += exp((double)s[j] - highest);
        for (int64_t c = 0; c < w->d; c++) {
            double value = 0;
            for (int64_t j = 0; j < w->n; j++)
                value += exp((double)s[j] - highest) / sum * (double)w->v[j * w->kv_stride + c];
            w->out[i * w->out_stride + c] = (float)value;
        }
    }
}

static void pack_rows(void *packed, const float *weight, int64_t stride, int64_t n, int64_t depth)
{
    for (int64_t o = 0; o < n; o++)
        for (int64_t i = 0; i < depth; i++)
            ((float *)packed)[o * depth + i] = weight[o * stride + i];
}

static void pack_columns(void *packed, const float *x, int64_t stride, int64_t depth, int64_t n)
{
    for (int64_t c = 0; c < n; c++)
        for (int64_t i = 0; i < depth; i++)
            ((float *)packed)[c * depth + i] = x[i * stride + c];
}

static void outer(const lex_outer_work *w)
{
    const float *a = w->a, *b = w->b;
    for (int64_t i = 0; i < w->m; i++)
        for (int64_t j = 0; j < w->n; j++) {
            double sum = (double)w->c[i * w->c_stride + j];
            for (int64_t t = 0; t < w->depth; t++)
                sum += (double)a[i * w->depth + t] * (double)b[j * w->depth + t];
            w->c[i * w->c_stride + j] = (float)sum;
        }
}

static void add_column_sums(float *sums, const float *x, int64_t stride, int64_t n_rows, int64_t n)
{
    for (int64_t c = 0; c < n; c++) {
        double sum = (double)sums[c];
        for (int64_t r = 0; r < n_rows; r++)
            sum += (double)x[r * stride + c];
        sums[c] = (float)sum;
    }
}

static void add(float *y, const float *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        y[i] += x[i];
}

static void gelu_backward(float *dx, const float *dy, const float *x, int64_t n)
{
    for (int64_t i = 0; i < n; i++) {
        double v = (double)x[i];
        double slope = 0.5 * erfc(-v / sqrt(2.0)) + v * exp(-v * v / 2) / sqrt(8 * atan(1.0));
        dx[i] = (float)((double)dy[i] * slope);
    }
}

static void norm_forward(const lex_norm_forward_work *w)
{
    for (int64_t r = 0; r < w->n_rows; r++) {
        const float *x = w->x + r * w->width;
        double mean = 0, spread = 0;
        for (int64_t c = 0; c < w->width; c++)
            mean += (double)x[c] / (double)w->width;
        for (int64_t c = 0; c < w->width; c++)
            spread += ((double)x[c] - mean) * ((double)x[c] - mean) / (double)w->width;
        double rstd = 1 / sqrt(spread + w->eps);
        w->mean[r] = (float)mean;
        w->rstd[r] = (float)rstd;
        for (int64_t c = 0; c < w->width; c++)
            w->y[r * w->width + c] = (float)(((double)x[c] - mean) * rstd * (double)w->weight[c] + (double)w->bias[c]);
    }
}

static void norm_backward(const lex_norm_backward_work *w)
{
    const int64_t n = w->width;
    for (int64_t r = 0; r < w->n_rows; r++) {
        const double mean = (double)w->mean[r], rstd = (double)w->rstd[r];
        double of_g = 0, of_both = 0;
        for (int64_t c = 0; c < n; c++) {
            double g = (double)w->dy[r * n + c] * (double)w->weight[c];
            of_g += g / (double)n;
            of_both += g * ((double)w->x[r * n + c] - mean) * rstd / (double)n;
        }
        for (int64_t c = 0; c < n; c++) {
            double g = (double)w->dy[r * n + c] * (double)w->weight[c], hat = ((double)w->x[r * n + c] - mean) * rstd;
            w->dx[r * n + c] = (float)((g - of_g - hat * of_both) * rstd);
        }
    }
}

static void norm_backward_sums(const lex_norm_backward_work *w, int64_t first, int64_t end)
{
    for (int64_t c = first; c < end; c++) {
        double dweight = (double)w->dweight[c], dbias = (double)w->dbias[c];
        for (int64_t r = 0; r < w->n_rows; r++) {
            double dy = (double)w->dy[r * w->width + c], x = (double)w->x[r * w->width + c];
            dweight += dy * (x - (double)w->mean[r]) * (double)w->rstd[r];
            dbias += dy;
        }
        w->dweight[c] = (float)dweight;
        w->dbias[c] = (float)dbias;
    }
}

const lex_kernels lex_kernels_reference = {
    "reference", LEX_WEIGHTS_F32, 1, linear, embed, norm, attend,
    pack_rows, pack_columns, outer, add_column_sums, add, gelu_backward, norm_forward, norm_backward, norm_backward_sums,
};
