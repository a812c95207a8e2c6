/* loss.c - softmax with cross-entropy, sigmoid with binary cross-entropy, both also focal, the divergence of two
 * answers, their gradients, and probabilities. On the host and in double: K numbers a record are little, and the sums are exact
 * enough to compare runs. */
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

/* -(1 - p)^gamma log p for a probability given as log p, and p times its derivative by p, which is what gradients are
 * made of: gamma p (1 - p)^(gamma - 1) log p - (1 - p)^gamma. Both are 0 at p = 1 unless gamma is. */
static double focal(double log_p, double gamma, double *slope)
{
    double miss = -expm1(log_p), factor = gamma == 0 ? 1 : pow(miss, gamma);
    *slope = -factor;
    if (gamma != 0 && miss > 0)
        *slope += gamma * exp(log_p) * factor / miss * log_p;
    return -factor * log_p;
}

/* The same with targets t_k = w_k ((1 - e) h_k + e / K), where h_k is [k = y], or in part a teacher's q_k, each term focal: the
 * sum of t_k f(p_k), whose gradient is t f'(p) p - softmax(z) sum(t f'(p) p); without focus f'(p) p is -1. */
static double soft_cross_entropy(const float *logits, int64_t n, int32_t label, const float *teacher,
                                 const lex_loss_options *options, double scale, float *dlogits)
{
    const double taught = teacher ? options->distill : 0;
    double total = log_sum_exp(logits, n), loss = 0, sum = 0, spread = options->label_smoothing / (double)n;
    for (int pass = 0; pass < 2; pass++) {
        for (int64_t k = 0; k < n; k++) {
            double weight = options->weights ? options->weights[k] : 1, log_p = (double)logits[k] - total, slope;
            double hard = (k == label ? 1 - taught : 0) + (teacher ? taught * (double)teacher[k] : 0);
            double target = weight * (spread + (1 - options->label_smoothing) * hard);
            double value = focal(log_p, options->focal, &slope);
            if (target == 0)
                value = slope = 0;
            if (pass == 0) {
                sum += target * slope;
                loss += target * value;
            } else if (dlogits) {
                dlogits[k] = (float)(scale * (target * slope - sum * exp(log_p)));
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

/* The same, each term focal: w f(p) for the probability p of what is true, whose gradient is w f'(p) p (1 - p) for yes and
 * minus that for no. */
static double focal_binary_cross_entropy(const float *logits, int64_t n, const uint8_t *targets,
                                         const lex_loss_options *options, double scale, float *dlogits)
{
    double sum = 0, each = scale / (double)n;
    for (int64_t k = 0; k < n; k++) {
        double sign = targets[k] ? 1 : -1, z = sign * (double)logits[k], slope;
        double weight = targets[k] && options->weights ? options->weights[k] : 1;
        double log_p = -(fmax(-z, 0) + log1p(exp(-fabs(z))));
        sum += weight * focal(log_p, options->focal, &slope);
        if (dlogits)
            dlogits[k] = (float)(each * weight * sign * slope * sigmoid(-z));
    }
    return each * sum;
}

double lex_loss(lex_task task, const float *logits, int64_t n_records, int64_t n_outputs, const int32_t *labels,
                const uint8_t *targets, const lex_loss_options *options, double scale, float *dlogits)
{
    const double *weights = options ? options->weights : NULL;
    bool is_focal = options && options->focal > 0;
    const float *teacher = options && options->distill > 0 ? options->teacher : NULL;
    bool plain = !weights && !is_focal && !teacher && (!options || options->label_smoothing == 0);
    double sum = 0;
    for (int64_t r = 0; r < n_records; r++) {
        const float *row = logits + r * n_outputs;
        float *gradient = dlogits ? dlogits + r * n_outputs : NULL;
        if (task == LEX_TASK_SINGLE && !plain)
            sum += soft_cross_entropy(row, n_outputs, labels[r], teacher ? teacher + r * n_outputs : NULL, options, scale,
                                      gradient);
        else if (task == LEX_TASK_SINGLE)
            sum += cross_entropy(row, n_outputs, labels[r], scale, gradient);
        else if (is_focal)
            sum += focal_binary_cross_entropy(row, n_outputs, targets + r * n_outputs, options, scale, gradient);
        else
            sum += binary_cross_entropy(row, n_outputs, targets + r * n_outputs, weights, scale, gradient);
    }
    return sum;
}

/* With d = log p - log q, half of the sum of (p - q) d; its gradient by a is half of p - q + p (d - sum(p d)), by b the
 * same with p and q exchanged and d turned round. */
static double softmax_divergence(const float *a, const float *b, int64_t n, double scale, float *da, float *db)
{
    double total_a = log_sum_exp(a, n), total_b = log_sum_exp(b, n), mean_a = 0, mean_b = 0;
    for (int pass = 0; pass < 2; pass++) {
        for (int64_t k = 0; k < n; k++) {
            double log_p = (double)a[k] - total_a, log_q = (double)b[k] - total_b, d = log_p - log_q;
            double p = exp(log_p), q = exp(log_q);
            if (pass == 0) {
                mean_a += p * d;
                mean_b += q * d;
            } else {
                da[k] += (float)(scale / 2 * (p - q + p * (d - mean_a)));
                db[k] += (float)(scale / 2 * (q - p - q * (d - mean_b)));
            }
        }
    }
    return scale / 2 * (mean_a - mean_b);
}

/* Of one pair of sigmoids half of (p - q) (a - b); by a half of p - q + p (1 - p) (a - b). */
static double sigmoid_divergence(const float *a, const float *b, int64_t n, double scale, float *da, float *db)
{
    double sum = 0, each = scale / (double)n / 2;
    for (int64_t k = 0; k < n; k++) {
        double p = sigmoid((double)a[k]), q = sigmoid((double)b[k]), d = (double)a[k] - (double)b[k];
        sum += (p - q) * d;
        da[k] += (float)(each * (p - q + p * (1 - p) * d));
        db[k] += (float)(each * (q - p - q * (1 - q) * d));
    }
    return each * sum;
}

double lex_divergence(lex_task task, const float *a, const float *b, int64_t n_records, int64_t n_outputs, double scale,
                      float *da, float *db)
{
    double sum = 0;
    for (int64_t at = 0; at < n_records * n_outputs; at += n_outputs)
        sum += task == LEX_TASK_SINGLE ? softmax_divergence(a + at, b + at, n_outputs, scale, da + at, db + at)
                                       : sigmoid_divergence(a + at, b + at, n_outputs, scale, da + at, db + at);
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
