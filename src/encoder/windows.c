/* windows.c - pooling over windows, on the host and in double: a few numbers a window. Scores are summed as they come,
 * relative to the highest so far (Milakov and Gimelshein, "Online normalizer calculation for softmax", 2018). */
#include "lexclf/windows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *lex_windows_name(lex_windows windows)
{
    static const char *const names[] = {"off", "mean", "max", "attention"};
    return names[windows];
}

int64_t lex_windows_width(lex_windows windows, int64_t n_outputs)
{
    return n_outputs + (windows == LEX_WINDOWS_ATTENTION);
}

void lex_pooled_init(lex_pooled *pooled, lex_windows windows, int64_t n_outputs)
{
    *pooled = (lex_pooled){.windows = windows, .n_outputs = n_outputs};
    pooled->values = lex_alloc_zeroed((size_t)n_outputs, sizeof *pooled->values);
}

void lex_pooled_release(lex_pooled *pooled)
{
    free(pooled->values);
    memset(pooled, 0, sizeof *pooled);
}

void lex_pooled_begin(lex_pooled *pooled)
{
    pooled->n = 0;
    pooled->total = 0;
    pooled->highest = -INFINITY;
    for (int64_t k = 0; k < pooled->n_outputs; k++)
        pooled->values[k] = pooled->windows == LEX_WINDOWS_MAX ? -INFINITY : 0;
}

static void add_by_score(lex_pooled *p, const float *outputs)
{
    double score = outputs[p->n_outputs];
    if (score > p->highest) {
        double factor = exp(p->highest - score); /* 0 before the first */
        for (int64_t k = 0; k < p->n_outputs; k++)
            p->values[k] *= factor;
        p->total *= factor;
        p->highest = score;
    }
    double share = exp(score - p->highest);
    p->total += share;
    for (int64_t k = 0; k < p->n_outputs; k++)
        p->values[k] += share * (double)outputs[k];
}

void lex_pooled_add(lex_pooled *p, const float *outputs)
{
    p->n++;
    if (p->windows == LEX_WINDOWS_ATTENTION) {
        add_by_score(p, outputs);
        return;
    }
    for (int64_t k = 0; k < p->n_outputs; k++) {
        double z = outputs[k];
        if (p->windows != LEX_WINDOWS_MAX)
            p->values[k] += z;
        else if (!(z <= p->values[k])) /* what is no number stays one */
            p->values[k] = z;
    }
}

void lex_pooled_end(const lex_pooled *p, float *logits)
{
    double by = p->windows == LEX_WINDOWS_ATTENTION ? p->total : p->windows == LEX_WINDOWS_MAX ? 1 : (double)p->n;
    LEX_ASSERT(p->n > 0);
    for (int64_t k = 0; k < p->n_outputs; k++)
        logits[k] = (float)(p->values[k] / by);
}

/* ---- the way back ---- */

/* All of a label's gradient goes to the window that gave its logit. */
static void max_backward(const float *outputs, int64_t W, int64_t K, const float *dlogits, float *doutputs)
{
    memset(doutputs, 0, (size_t)(W * K) * sizeof *doutputs);
    for (int64_t k = 0; k < K; k++) {
        int64_t best = 0;
        for (int64_t w = 1; w < W; w++)
            best = outputs[w * K + k] > outputs[best * K + k] ? w : best;
        doutputs[best * K + k] = dlogits[k];
    }
}

/* dz_w = a_w dz; ds_w = a_w (z_w - z) . dz, the softmax's Jacobian. */
static void attention_backward(const float *outputs, int64_t W, int64_t K, const float *dlogits, float *doutputs)
{
    const int64_t D = K + 1;
    double highest = -INFINITY, total = 0, mean = 0;
    for (int64_t w = 0; w < W; w++)
        highest = fmax(highest, (double)outputs[w * D + K]);
    for (int64_t w = 0; w < W; w++)
        total += exp((double)outputs[w * D + K] - highest);
    for (int pass = 0; pass < 2; pass++) {
        for (int64_t w = 0; w < W; w++) {
            const float *z = outputs + w * D;
            double a = exp((double)z[K] - highest) / total, along = 0;
            for (int64_t k = 0; k < K; k++)
                along += (double)z[k] * (double)dlogits[k];
            if (pass == 0) {
                mean += a * along; /* z . dz */
                continue;
            }
            for (int64_t k = 0; k < K; k++)
                doutputs[w * D + k] = (float)(a * (double)dlogits[k]);
            doutputs[w * D + K] = (float)(a * (along - mean));
        }
    }
}

void lex_windows_backward(lex_windows windows, const float *outputs, int64_t W, int64_t K, const float *dlogits,
                          float *doutputs)
{
    if (windows == LEX_WINDOWS_MAX)
        max_backward(outputs, W, K, dlogits, doutputs);
    else if (windows == LEX_WINDOWS_ATTENTION)
        attention_backward(outputs, W, K, dlogits, doutputs);
    else
        for (int64_t w = 0; w < W; w++)
            for (int64_t k = 0; k < K; k++)
                doutputs[w * K + k] = (float)((double)dlogits[k] / (double)W);
}
