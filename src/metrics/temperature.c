/* temperature.c - one number by which logits are divided. With b = 1 / T the loss is a sum of log-sum-exps of linear
 * functions of b: convex, with a first derivative (expected minus observed logit) and a second (variance) at hand. */
#include "lexclf/tuning.h"

#include <math.h>

#include "scores.h"

enum { STEPS_MAX = 100 };

/* First and second derivative of the summed loss by b. */
typedef struct {
    double first, second;
} slopes;

static void add_softmax(slopes *d, const float *z, int64_t K, int64_t truth, double b)
{
    double highest = (double)z[0], weight = 0, mean = 0, square = 0;
    for (int64_t k = 1; k < K; k++)
        highest = fmax(highest, (double)z[k]);
    for (int64_t k = 0; k < K; k++) {
        double from_top = (double)z[k] - highest, w = exp(b * from_top);
        weight += w;
        mean += w * from_top;
        square += w * from_top * from_top;
    }
    mean /= weight;
    d->first += mean - ((double)z[truth] - highest);
    d->second += square / weight - mean * mean;
}

static void add_sigmoid(slopes *d, double z, bool is_true, double b)
{
    double p = 1 / (1 + exp(-b * z));
    d->first += z * (p - is_true);
    d->second += z * z * p * (1 - p);
}

static slopes slopes_at(double b, const float *logits, const lex_scores *scores)
{
    slopes d = {0, 0};
    int64_t K = scores->n_outputs, n_truth;
    for (int64_t i = 0; i < scores->n; i++) {
        const float *z = logits + i * K; // (K)
        const int32_t *truth = lex_scores_truth(scores, i, &n_truth);
        if (scores->task != LEX_TASK_MULTI && truth[0] >= scores->n_known)
            continue;
        if (scores->task == LEX_TASK_SINGLE)
            add_softmax(&d, z, K, truth[0], b);
        for (int64_t k = 0; scores->task != LEX_TASK_SINGLE && k < K; k++) {
            bool is_true = false;
            for (int64_t j = 0; j < n_truth; j++)
                is_true = is_true || truth[j] == k;
            add_sigmoid(&d, (double)z[k], is_true, b);
        }
    }
    return d;
}

/* Newton from 1, halving where a step would leave the bounds. */
static double root(double low, double high, const float *logits, const lex_scores *scores)
{
    double b = 1;
    for (int step = 0; step < STEPS_MAX; step++) {
        slopes d = slopes_at(b, logits, scores);
        if (d.first > 0)
            high = b;
        else
            low = b;
        double next = d.second > 0 ? b - d.first / d.second : low;
        if (!(next > low && next < high))
            next = 0.5 * (low + high);
        bool there = fabs(next - b) <= 1e-12 * b;
        b = next;
        if (there)
            break;
    }
    return b;
}

bool lex_tuning_has_enough(const lex_scores *scores)
{
    int64_t n_true = 0;
    for (int64_t i = 0; i < scores->n_truth; i++)
        n_true += scores->truth[i] < scores->n_outputs;
    return scores->n >= LEX_TUNING_MIN_RECORDS && n_true >= LEX_TUNING_MIN_TRUE;
}

lex_temperature_result lex_temperature_fit(double *temperature, const float *logits, const lex_scores *scores)
{
    double low = 1 / LEX_TEMPERATURE_MAX, high = 1 / LEX_TEMPERATURE_MIN;
    *temperature = 1;
    if (!lex_tuning_has_enough(scores))
        return LEX_TEMPERATURE_TOO_FEW;
    if (!(slopes_at(low, logits, scores).first < 0 && slopes_at(high, logits, scores).first > 0))
        return LEX_TEMPERATURE_NO_MINIMUM;
    *temperature = 1 / root(low, high, logits, scores);
    return LEX_TEMPERATURE_FITTED;
}
