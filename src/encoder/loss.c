/* loss.c - softmax with cross-entropy, sigmoid with binary cross-entropy, their gradients, and probabilities. On the
 * host and in double: K numbers a record are little, and the sums are exact enough to compare runs. */
#include "lexclf/encoder.h"

#include <math.h>

static double highest_of(const float *logits, int64_t n)
{
    double highest = logits[0];
    for (int64_t k = 1; k < n; k++)
        highest = logits[k] > highest ? logits[k] : highest;
    return highest;
}

/* log(sum(exp(z))), shifted by the highest so that nothing overflows. */
static double log_sum_exp(const float *logits, int64_t n)
{
    double highest = highest_of(logits, n), sum = 0;
    for (int64_t k = 0; k < n; k++)
        sum += exp((double)logits[k] - highest);
    return highest + log(sum);
}

static double sigmoid(double z)
{
    return z >= 0 ? 1 / (1 + exp(-z)) : exp(z) / (1 + exp(z));
}

/* -log softmax(z)[y]; its gradient is softmax(z) minus one at y. */
static double cross_entropy(const float *logits, int64_t n, int32_t label, double scale, float *dlogits)
{
    double total = log_sum_exp(logits, n);
    for (int64_t k = 0; dlogits && k < n; k++)
        dlogits[k] = (float)(scale * (exp((double)logits[k] - total) - (k == label)));
    return scale * (total - (double)logits[label]);
}

/* The same with targets t_k = (1 - e) w_y [k = y] + e w_k / K: the sum of -t_k log softmax(z)[k], whose gradient is
 * softmax(z) sum(t) - t. */
static double soft_cross_entropy(const float *logits, int64_t n, int32_t label, const lex_loss_options *options,
                                 double scale, float *dlogits)
{
    double total = log_sum_exp(logits, n), loss = 0, sum = 0, spread = options->label_smoothing / (double)n;
    for (int pass = 0; pass < 2; pass++) {
        for (int64_t k = 0; k < n; k++) {
            double weight = options->weights ? options->weights[k] : 1;
            double target = weight * (spread + (k == label ? 1 - options->label_smoothing : 0));
            if (pass == 0) {
                sum += target;
                loss += target * (total - (double)logits[k]);
            } else if (dlogits) {
                dlogits[k] = (float)(scale * (sum * exp((double)logits[k] - total) - target));
            }
        }
    }
    return scale * loss;
}

/* Mean over outputs of -(w y log sigmoid(z) + (1 - y) log(1 - sigmoid(z))), which is the softplus of -z, w times, for
 * yes and of z for no; its gradient is w (sigmoid(z) - 1) / K and sigmoid(z) / K. */
static double binary_cross_entropy(const float *logits, int64_t n, const uint8_t *targets, const double *pos_weights,
                                   double scale, float *dlogits)
{
    double sum = 0, each = scale / (double)n;
    for (int64_t k = 0; k < n; k++) {
        double z = logits[k], y = targets[k], weight = y > 0 && pos_weights ? pos_weights[k] : 1;
        sum += weight * (fmax(z, 0) - z * y + log1p(exp(-fabs(z))));
        if (dlogits)
            dlogits[k] = (float)(each * weight * (sigmoid(z) - y));
    }
    return each * sum;
}

double lex_loss(lex_task task, const float *logits, int64_t n_records, int64_t n_outputs, const int32_t *labels,
                const uint8_t *targets, const lex_loss_options *options, double scale, float *dlogits)
{
    const double *weights = options ? options->weights : NULL;
    bool plain = !weights && (!options || options->label_smoothing == 0);
    double sum = 0;
    for (int64_t r = 0; r < n_records; r++) {
        const float *row = logits + r * n_outputs;
        float *gradient = dlogits ? dlogits + r * n_outputs : NULL;
        if (task == LEX_TASK_SINGLE && !plain)
            sum += soft_cross_entropy(row, n_outputs, labels[r], options, scale, gradient);
        else if (task == LEX_TASK_SINGLE)
            sum += cross_entropy(row, n_outputs, labels[r], scale, gradient);
        else
            sum += binary_cross_entropy(row, n_outputs, targets + r * n_outputs, weights, scale, gradient);
    }
    return sum;
}

void lex_probabilities(lex_task task, const float *logits, int64_t n_records, int64_t n_outputs, float *out)
{
    for (int64_t r = 0; r < n_records; r++) {
        const float *row = logits + r * n_outputs;
        double total = task == LEX_TASK_SINGLE ? log_sum_exp(row, n_outputs) : 0;
        for (int64_t k = 0; k < n_outputs; k++) {
            double z = row[k];
            out[r * n_outputs + k] = (float)(task == LEX_TASK_SINGLE ? exp(z - total) : sigmoid(z));
        }
    }
}
