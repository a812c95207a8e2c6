/* metrics.c - counts, and the ratios made of them. One pass over the records fills the counts, the losses and the
 * calibration bins; everything else follows from those. */
#include "lexclf/metrics.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "scores.h"

enum { ECE_BINS = 15 };

/* What one pass over the records leaves. */
typedef struct {
    int64_t *right;     /* (n_labels): given, and true */
    int64_t *given;     /* (n_labels) */
    int64_t *support;   /* (n_labels): true */
    int64_t n_exact;    /* records whose answer is exactly right */
    int64_t *confusion; /* (n_labels, n_labels), or NULL */
    double loss_sum;
    int64_t n_losses;
    double bin_confidence[ECE_BINS];
    int64_t bin_right[ECE_BINS];
    int64_t n_decisions;
} tally;

static double ratio(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

static lex_prf prf_of(int64_t right, int64_t given, int64_t support)
{
    lex_prf prf = {
        .precision = ratio((double)right, (double)given),
        .recall = ratio((double)right, (double)support),
        .f1 = ratio(2 * (double)right, (double)(given + support)),
    };
    return prf;
}

/* ---- one record ---- */

static void add_loss(tally *t, double p)
{
    double low = FLT_EPSILON, high = 1 - (double)FLT_EPSILON;
    t->loss_sum -= log(p < low ? low : p > high ? high : p);
    t->n_losses++;
}

static void add_decision(tally *t, double confidence, bool right)
{
    int bin = (int)ceil(confidence * ECE_BINS) - 1;
    bin = bin < 0 ? 0 : bin;
    t->bin_confidence[bin] += confidence;
    t->bin_right[bin] += right;
    t->n_decisions++;
}

static void add_pair(tally *t, int64_t n_labels, int64_t truth, int64_t predicted)
{
    t->support[truth]++;
    t->given[predicted]++;
    t->right[truth] += truth == predicted;
    t->n_exact += truth == predicted;
    if (t->confusion)
        t->confusion[truth * n_labels + predicted]++;
}

static void tally_single(tally *t, const lex_scores *s, const float *p, int32_t truth)
{
    int64_t best = 0;
    for (int64_t k = 1; k < s->n_outputs; k++) {
        if (p[k] > p[best])
            best = k;
    }
    add_pair(t, s->n_labels, truth, best);
    add_decision(t, (double)p[best], truth == best);
    if (truth < s->n_outputs)
        add_loss(t, (double)p[truth]);
}

static void tally_binary(tally *t, const lex_scores *s, double p, int32_t truth, double threshold)
{
    int64_t predicted = p >= threshold ? 0 : 1;
    add_pair(t, s->n_labels, truth, predicted);
    add_decision(t, predicted == 0 ? p : 1 - p, truth == predicted);
    if (truth < 2)
        add_loss(t, truth == 0 ? p : 1 - p);
}

/* is_true: (n_labels), all false before and after. */
static void tally_multi(tally *t, const lex_scores *s, const float *p, const int32_t *truth, int64_t n_truth,
                        const double *thresholds, bool *is_true)
{
    bool exact = true;
    for (int64_t i = 0; i < n_truth; i++) {
        is_true[truth[i]] = true;
        t->support[truth[i]]++;
        exact = exact && truth[i] < s->n_outputs;
    }
    for (int64_t k = 0; k < s->n_outputs; k++) {
        double yes = (double)p[k];
        bool given = yes >= (thresholds ? thresholds[k] : 0.5);
        bool right = given == is_true[k];
        t->given[k] += given;
        t->right[k] += given && right;
        exact = exact && right;
        add_decision(t, given ? yes : 1 - yes, right);
        add_loss(t, is_true[k] ? yes : 1 - yes);
    }
    t->n_exact += exact;
    for (int64_t i = 0; i < n_truth; i++)
        is_true[truth[i]] = false;
}

static void tally_records(tally *t, const lex_scores *s, const double *thresholds)
{
    bool *is_true = lex_alloc_zeroed((size_t)s->n_labels, sizeof *is_true);
    int64_t begin = 0;
    for (int64_t i = 0; i < s->n; i++) {
        const float *p = s->probabilities + i * s->n_outputs; // (K)
        int64_t n_truth = s->truth_end[i] - begin;
        const int32_t *truth = n_truth ? s->truth + begin : NULL;
        begin = s->truth_end[i];
        switch (s->task) {
        case LEX_TASK_SINGLE: tally_single(t, s, p, truth[0]); break;
        case LEX_TASK_BINARY: tally_binary(t, s, (double)p[0], truth[0], thresholds ? thresholds[0] : 0.5); break;
        case LEX_TASK_MULTI: tally_multi(t, s, p, truth, n_truth, thresholds, is_true); break;
        }
    }
    free(is_true);
}

/* ---- ratios ---- */

static double ece_of(const tally *t)
{
    double sum = 0;
    for (int b = 0; b < ECE_BINS; b++)
        sum += fabs((double)t->bin_right[b] - t->bin_confidence[b]);
    return t->n_decisions ? sum / (double)t->n_decisions : (double)NAN;
}

static void add_weighted(lex_prf *sum, const lex_prf *part, double weight)
{
    sum->precision += weight * part->precision;
    sum->recall += weight * part->recall;
    sum->f1 += weight * part->f1;
}

static void average_labels(lex_metrics *m, const tally *t)
{
    int64_t right = 0, given = 0, support = 0, n_with_support = 0;
    for (int64_t k = 0; k < m->n_labels; k++) {
        right += t->right[k];
        given += t->given[k];
        support += t->support[k];
    }
    m->micro = prf_of(right, given, support);
    for (int64_t k = 0; k < m->n_labels; k++) {
        const lex_label_metrics *label = &m->per_label[k];
        add_weighted(&m->macro, &label->prf, 1.0 / (double)m->n_labels);
        add_weighted(&m->weighted, &label->prf, ratio((double)label->support, (double)support));
        m->aupr_macro += label->aupr;
        n_with_support += label->support > 0;
    }
    m->aupr_macro = ratio(m->aupr_macro, (double)n_with_support);
}

static void judge_labels(lex_metrics *m, const lex_scores *s, const tally *t, const double *thresholds)
{
    uint32_t *keys = lex_alloc_array((size_t)s->n, sizeof *keys);
    for (int64_t k = 0; k < m->n_labels; k++) {
        lex_label_metrics *label = &m->per_label[k];
        label->prf = prf_of(t->right[k], t->given[k], t->support[k]);
        label->support = t->support[k];
        label->aupr = label->support ? lex_scores_aupr(s, k, label->support, keys) : 0;
        if (s->task != LEX_TASK_SINGLE && k < s->n_outputs)
            label->threshold = thresholds ? thresholds[k] : 0.5;
    }
    free(keys);
}

void lex_metrics_compute(lex_metrics *out, const lex_scores *scores, const double *thresholds)
{
    size_t n_labels = (size_t)scores->n_labels;
    tally t = {
        .right = lex_alloc_zeroed(n_labels, sizeof(int64_t)),
        .given = lex_alloc_zeroed(n_labels, sizeof(int64_t)),
        .support = lex_alloc_zeroed(n_labels, sizeof(int64_t)),
    };
    if (scores->task != LEX_TASK_MULTI && n_labels <= LEX_CONFUSION_MAX_LABELS)
        t.confusion = lex_alloc_zeroed(n_labels, n_labels * sizeof(int64_t));
    tally_records(&t, scores, thresholds);

    memset(out, 0, sizeof *out);
    out->n = scores->n;
    out->accuracy = ratio((double)t.n_exact, (double)scores->n);
    out->loss = t.n_losses ? t.loss_sum / (double)t.n_losses : (double)NAN;
    out->ece = ece_of(&t);
    out->n_labels = scores->n_labels;
    out->per_label = lex_alloc_zeroed(n_labels, sizeof *out->per_label);
    out->confusion = t.confusion;
    judge_labels(out, scores, &t, thresholds);
    average_labels(out, &t);
    free(t.right);
    free(t.given);
    free(t.support);
}

void lex_metrics_release(lex_metrics *metrics)
{
    free(metrics->per_label);
    free(metrics->confusion);
    memset(metrics, 0, sizeof *metrics);
}

/* ---- names ---- */

static bool prf_by_name(double *out, const lex_prf *prf, lex_str name)
{
    if (lex_str_equal(name, LEX_STR("precision")))
        *out = prf->precision;
    else if (lex_str_equal(name, LEX_STR("recall")))
        *out = prf->recall;
    else if (lex_str_equal(name, LEX_STR("f1")))
        *out = prf->f1;
    else
        return false;
    return true;
}

bool lex_metrics_by_name(double *out, const lex_metrics *metrics, lex_str name)
{
    const struct {
        lex_str name;
        double value;
    } plain[] = {
        {LEX_STR("accuracy"), metrics->accuracy},
        {LEX_STR("loss"), metrics->loss},
        {LEX_STR("ece"), metrics->ece},
        {LEX_STR("aupr_macro"), metrics->aupr_macro},
    };
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        if (lex_str_equal(name, plain[i].name)) {
            *out = plain[i].value;
            return true;
        }
    }
    const struct {
        lex_str prefix;
        const lex_prf *prf;
    } means[] = {
        {LEX_STR("micro_"), &metrics->micro},
        {LEX_STR("macro_"), &metrics->macro},
        {LEX_STR("weighted_"), &metrics->weighted},
    };
    for (size_t i = 0; i < sizeof means / sizeof *means; i++) {
        if (lex_str_starts(name, means[i].prefix)) {
            lex_str rest = {name.ptr + means[i].prefix.len, name.len - means[i].prefix.len};
            return prf_by_name(out, means[i].prf, rest);
        }
    }
    return false;
}

bool lex_metric_is_gain(lex_str name)
{
    return !lex_str_equal(name, LEX_STR("loss")) && !lex_str_equal(name, LEX_STR("ece"));
}
