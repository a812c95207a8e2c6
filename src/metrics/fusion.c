/* fusion.c - how much one model's margins count beside another one's logits: a weight of a short list, by loss and macro
 * F1 on records that neither has seen. tuning.h has the rule and its reasons. */
#include <math.h>
#include <stdlib.h>

#include "lexclf/tuning.h"
#include "scores.h"

static const double weights[] = {0.125, 0.177, 0.25, 0.354, 0.5, 0.707, 1,    1.41, 2,
                                 2.83,  4,     5.66, 8,     11.3, 16,   22.6, 32};
enum { N_WEIGHTS = sizeof weights / sizeof *weights, REACH = 2 };

void lex_fuse(float *logits, const float *margins, int64_t n, double weight)
{
    for (int64_t i = 0; i < n; i++)
        logits[i] = (float)((double)logits[i] + weight * (double)margins[i]);
}

/* -log of the softmax of z / T at `truth`; z (K) becomes the probabilities. */
static double softmax_loss(float *z, int64_t K, int64_t truth, double temperature)
{
    double highest = (double)z[0], sum = 0;
    for (int64_t k = 1; k < K; k++)
        highest = fmax(highest, (double)z[k]);
    for (int64_t k = 0; k < K; k++)
        sum += exp(((double)z[k] - highest) / temperature);
    double loss = truth < K ? log(sum) - ((double)z[truth] - highest) / temperature : 0;
    for (int64_t k = 0; k < K; k++)
        z[k] = (float)(exp(((double)z[k] - highest) / temperature) / sum);
    return loss;
}

/* Mean over K of the binary cross-entropy of sigmoid(z / T), likewise. */
static double sigmoid_loss(float *z, int64_t K, const int32_t *truth, int64_t n_truth, double temperature)
{
    double loss = 0;
    for (int64_t k = 0; k < K; k++) {
        double x = (double)z[k] / temperature;
        bool is_true = false;
        for (int64_t j = 0; j < n_truth; j++)
            is_true = is_true || truth[j] == k;
        loss += fmax(x, 0) - (is_true ? x : 0) + log1p(exp(-fabs(x)));
        z[k] = (float)(1 / (1 + exp(-x)));
    }
    return loss / (double)K;
}

/* The losses (n) of logits (n, K), which become probabilities; returns their mean. A record of a label that the model
 * lacks has none. */
static double add_losses(double *losses, float *logits, const lex_scores *scores, double temperature)
{
    int64_t K = scores->n_outputs, n_truth;
    double sum = 0;
    for (int64_t i = 0; i < scores->n; i++) {
        const int32_t *truth = lex_scores_truth(scores, i, &n_truth);
        float *z = logits + i * K; /* (K) */
        losses[i] = scores->task == LEX_TASK_SINGLE ? softmax_loss(z, K, truth[0], temperature)
                                                    : sigmoid_loss(z, K, truth, n_truth, temperature);
        sum += losses[i];
    }
    return sum / (double)scores->n;
}

static double macro_f1(lex_scores *scores, const float *probabilities, const lex_threshold_rule *rule)
{
    lex_metrics metrics;
    lex_threshold_tuning tuning = {0};
    bool decides = scores->task != LEX_TASK_SINGLE;
    double *thresholds = lex_alloc_array((size_t)scores->n_outputs, sizeof *thresholds);
    lex_scores_replace(scores, probabilities);
    for (int64_t k = 0; k < scores->n_outputs; k++)
        thresholds[k] = 0.5;
    if (decides && rule->goal != LEX_GOAL_NONE)
        lex_thresholds_tune(thresholds, &tuning, scores, rule);
    lex_metrics_compute(&metrics, scores, decides ? thresholds : NULL);
    double f1 = metrics.macro.f1;
    lex_metrics_release(&metrics);
    lex_threshold_tuning_release(&tuning);
    free(thresholds);
    return f1;
}

static double smooth(const double *f1, int at)
{
    double sum = 0, total = 0;
    for (int i = at - REACH; i <= at + REACH; i++) {
        double share = REACH + 1 - abs(i - at);
        if (i >= 0 && i < N_WEIGHTS) {
            sum += share * f1[i];
            total += share;
        }
    }
    return sum / total;
}

/* Whether the mean of a - b is at most one standard error of it. */
static bool is_near(const double *a, const double *b, int64_t n)
{
    double sum = 0, square = 0;
    for (int64_t i = 0; i < n; i++) {
        sum += a[i] - b[i];
        square += (a[i] - b[i]) * (a[i] - b[i]);
    }
    double mean = sum / (double)n, variance = fmax(square / (double)n - mean * mean, 0);
    return mean <= sqrt(variance / (double)n);
}

static int choose(const double *losses, const double *f1, int64_t n, int least)
{
    int best = least;
    for (int away = 1; away < N_WEIGHTS; away++) /* the nearest first: a later one must be better */
        for (int side = -1; side <= 1; side += 2) {
            int i = least + side * away;
            if (i >= 0 && i < N_WEIGHTS && smooth(f1, i) > smooth(f1, best) &&
                is_near(losses + i * n, losses + least * n, n))
                best = i;
        }
    return least + (int)lround((double)(best - least) * (double)n / (double)(n + LEX_FUSION_PRIOR));
}

void lex_fusion_fit(lex_fusion *out, const float *logits, const float *margins, lex_scores *scores,
                    const lex_threshold_rule *rule)
{
    int64_t n = scores->n, cells = n * scores->n_outputs;
    double mean[N_WEIGHTS], f1[N_WEIGHTS];
    int least = 0;
    *out = (lex_fusion){.weight = LEX_FUSION_DEFAULT, .of_least_loss = LEX_FUSION_DEFAULT, .n = n};
    if (!lex_tuning_has_enough(scores))
        return;
    bool bounded[N_WEIGHTS];
    float *fused = lex_alloc_array((size_t)cells, sizeof *fused);               /* (n, K) */
    double *losses = lex_alloc_array((size_t)(N_WEIGHTS * n), sizeof *losses); /* (N_WEIGHTS, n) */
    for (int i = 0; i < N_WEIGHTS; i++) {
        double temperature;
        for (int64_t j = 0; j < cells; j++)
            fused[j] = logits[j];
        lex_fuse(fused, margins, cells, weights[i]);
        bounded[i] = lex_temperature_fit(&temperature, fused, scores) == LEX_TEMPERATURE_FITTED;
        mean[i] = add_losses(losses + i * n, fused, scores, temperature);
        f1[i] = macro_f1(scores, fused, rule);
        least = mean[i] < mean[least] ? i : least;
    }
    if (bounded[least])
        *out = (lex_fusion){weights[choose(losses, f1, n, least)], true, weights[least], n};
    free(fused);
    free(losses);
}
