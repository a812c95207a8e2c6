/* reliability.c - the bins in which confidence is compared with what came of it. */
#include <math.h>

#include "reliability.h"

void lex_reliability_add(lex_reliability_bin *bins, double confidence, bool right)
{
    int bin = (int)ceil(confidence * LEX_RELIABILITY_BINS) - 1;
    bin = bin < 0 ? 0 : bin;
    bins[bin].n++;
    bins[bin].confidence += confidence;
    bins[bin].accuracy += right;
}

double lex_reliability_finish(lex_reliability_bin *bins)
{
    double error = 0;
    int64_t n = 0;
    for (int b = 0; b < LEX_RELIABILITY_BINS; b++) {
        n += bins[b].n;
        error += fabs(bins[b].accuracy - bins[b].confidence);
        if (bins[b].n) {
            bins[b].confidence /= (double)bins[b].n;
            bins[b].accuracy /= (double)bins[b].n;
        }
    }
    return n ? error / (double)n : (double)NAN;
}

void lex_metrics_reliability(lex_reliability_bin bins[LEX_RELIABILITY_BINS], const lex_scores *scores, int64_t label)
{
    int64_t K = scores->n_outputs, n_truth;
    bool falls;
    int64_t output = label < 0 ? -1 : lex_scores_output_of(scores, label, &falls);
    LEX_ASSERT(label < 0 || (output >= 0 && !falls));
    for (int b = 0; b < LEX_RELIABILITY_BINS; b++)
        bins[b] = (lex_reliability_bin){0};
    for (int64_t i = 0; i < scores->n; i++) {
        const int32_t *truth = lex_scores_truth(scores, i, &n_truth);
        for (int64_t k = label < 0 ? 0 : output; k < (label < 0 ? K : output + 1); k++) {
            bool has = false;
            for (int64_t j = 0; j < n_truth; j++)
                has = has || truth[j] == k;
            lex_reliability_add(bins, (double)scores->probabilities[i * K + k], has);
        }
    }
    lex_reliability_finish(bins);
}
