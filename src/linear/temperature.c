/* temperature.c - the one number that makes probabilities of margins. The likelihood is convex in 1/T, so its derivative
 * has one zero, which halving finds. As in Platt's method, targets are not quite 0 and 1, but as if one text more had
 * been held out that anything is true of: otherwise a few texts without a mistake would make the model certain. */
#include <math.h>

#include "lexclf/linear.h"

/* d/ds of the negative log likelihood of one row, s = 1/T; `doubt` is the share of that one text. */
static double slope_one_label(const float *m, const int32_t *label, int64_t K, double s, double doubt)
{
    double highest = -HUGE_VAL, total = 0, expected = 0, mean = 0;
    for (int64_t k = 0; k < K; k++) {
        highest = fmax(highest, s * (double)m[k]);
        mean += (double)m[k] / (double)K;
    }
    for (int64_t k = 0; k < K; k++) {
        double p = exp(s * (double)m[k] - highest);
        total += p;
        expected += p * (double)m[k];
    }
    return expected / total - (1 - doubt) * (double)m[*label] - doubt * mean;
}

static double slope_many_labels(const float *m, const int32_t *labels, int64_t n, int64_t K, double s, double doubt)
{
    double sum = 0;
    for (int64_t k = 0; k < K; k++)
        sum += (double)m[k] * (1 / (1 + exp(-s * (double)m[k])) - doubt / 2);
    for (int64_t i = 0; i < n; i++)
        sum -= (1 - doubt) * (double)m[labels[i]];
    return sum;
}

double lex_margin_temperature(const float *margins, const lex_row_labels *labels, int64_t n_rows, int64_t n_labels,
                              bool one_label)
{
    double low = log(0.01), high = log(100); /* of s */
    double doubt = 1 / (double)(n_rows + 1);
    for (int round = 0; round < 50; round++) {
        double middle = (low + high) / 2, slope = 0;
        for (int64_t i = 0; i < n_rows; i++) {
            const float *m = margins + i * n_labels; // (K)
            const int32_t *row = labels->labels + labels->starts[i];
            int64_t n = labels->starts[i + 1] - labels->starts[i];
            slope += one_label ? slope_one_label(m, row, n_labels, exp(middle), doubt)
                               : slope_many_labels(m, row, n, n_labels, exp(middle), doubt);
        }
        if (slope < 0)
            low = middle;
        else
            high = middle;
    }
    return exp(-(low + high) / 2);
}
