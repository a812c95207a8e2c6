/* reference.c - the same functions in plain C, with sums in double where the others' are in float: what they are
 * compared with. */
#include <math.h>

#include "lexclf/kernels.h"

static double after(double y, lex_after what, float before)
{
    return what == LEX_AFTER_GELU ? 0.5 * y * erfc(-y / sqrt(2.0)) : what == LEX_AFTER_ADD ? y + (double)before : y;
}

static void linear(const lex_linear_work *w)
{
    const float *weight = w->packed; /* (out, in): panels of one */
    for (int64_t r = 0; r < w->n_rows; r++)
        for (int64_t o = 0; o < w->out; o++) {
            double sum = (double)w->bias[o];
            for (int64_t i = 0; i < w->in; i++)
                sum += (double)w->x[r * w->x_stride + i] * (double)weight[o * w->in + i];
            float *y = w->y + r * w->y_stride + o;
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
    for (int64_t i = 0; i < w->n_queries; i++) {
        double highest = -INFINITY, sum = 0;
        for (int64_t j = 0; j < w->n; j++) {
            double score = 0;
            for (int64_t c = 0; c < w->d; c++)
                score += (double)w->q[i * w->q_stride + c] * (double)w->k[j * w->kv_stride + c];
            s[j] = (float)(score / sqrt((double)w->d));
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

const lex_kernels lex_kernels_reference = {"reference", LEX_WEIGHTS_F32, 1, linear, embed, norm, attend};
