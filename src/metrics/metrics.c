/* metrics.c - counts, and the ratios made of them. One pass over the records fills the counts, the losses and the
 * calibration bins, and one over the ranking of each label gives what depends on order; everything else follows from
 * those. */
#include "lexclf/metrics.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "reliability.h"

/* What one pass over the records leaves. */
typedef struct {
    int64_t *right;     /* (n_labels): given, and true */
    int64_t *given;     /* (n_labels) */
    int64_t *support;   /* (n_labels): true */
    int64_t n_exact;    /* records whose answer is exactly right */
    int64_t *confusion; /* (n_labels, n_labels), or NULL */
    int64_t *missed;    /* (n_labels + 1, n_labels + 1) for MULTI, or NULL: missed ones, and what was given for them; the
                           last row and column stand for nothing */
    double loss_sum;
    int64_t n_losses;
    lex_reliability_bin bins[LEX_RELIABILITY_BINS];
} tally;

static double ratio(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

double lex_f1(int64_t right, int64_t given, int64_t support)
{
    return ratio(2 * (double)right, (double)(given + support));
}

static lex_prf prf_of(int64_t right, int64_t given, int64_t support)
{
    lex_prf prf = {
        .precision = ratio((double)right, (double)given),
        .recall = ratio((double)right, (double)support),
        .f1 = lex_f1(right, given, support),
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

static void add_pair(tally *t, int64_t n_labels, int64_t truth, int64_t predicted)
{
    t->support[truth]++;
    t->given[predicted]++;
    t->right[truth] += truth == predicted;
    t->n_exact += truth == predicted;
    if (t->confusion)
        t->confusion[truth * n_labels + predicted]++;
}

static void tally_single(tally *t, const lex_scores *s, const float *p, int32_t truth, int64_t best)
{
    add_pair(t, s->n_labels, truth, best);
    lex_reliability_add(t->bins, (double)p[best], truth == best);
    if (truth < s->n_outputs)
        add_loss(t, (double)p[truth]);
}

static void tally_binary(tally *t, const lex_scores *s, double p, int32_t truth, double threshold)
{
    int64_t predicted = p >= threshold ? 0 : 1;
    add_pair(t, s->n_labels, truth, predicted);
    lex_reliability_add(t->bins, predicted == 0 ? p : 1 - p, truth == predicted);
    if (truth < 2)
        add_loss(t, truth == 0 ? p : 1 - p);
}

/* Room for one record of MULTI. */
typedef struct {
    bool *is_true;  /* (n_labels), all false between records */
    int64_t *wrong; /* (n_labels): labels given that are not true */
    int64_t *lacks; /* (n_labels): true labels that were not given */
} multi_room;

/* What was missed, each with each that was given wrongly; nothing stands for what there is none of. */
static void add_missed(tally *t, int64_t n_labels, const multi_room *room, int64_t n_lacks, int64_t n_wrong)
{
    if (!t->missed || n_lacks + n_wrong == 0)
        return;
    for (int64_t i = 0; i < (n_lacks ? n_lacks : 1); i++)
        for (int64_t j = 0; j < (n_wrong ? n_wrong : 1); j++)
            t->missed[(n_lacks ? room->lacks[i] : n_labels) * (n_labels + 1) + (n_wrong ? room->wrong[j] : n_labels)]++;
}

static void tally_multi(tally *t, const lex_scores *s, const float *p, const int32_t *truth, int64_t n_truth,
                        const double *thresholds, multi_room *room)
{
    bool *is_true = room->is_true;
    int64_t n_lacks = 0, n_wrong = 0;
    for (int64_t i = 0; i < n_truth; i++) {
        is_true[truth[i]] = true;
        t->support[truth[i]]++;
        if (truth[i] >= s->n_outputs)
            room->lacks[n_lacks++] = truth[i];
    }
    for (int64_t k = 0; k < s->n_outputs; k++) {
        double yes = (double)p[k];
        bool given = yes >= (thresholds ? thresholds[k] : 0.5);
        bool right = given == is_true[k];
        t->given[k] += given;
        t->right[k] += given && right;
        if (given && !right)
            room->wrong[n_wrong++] = k;
        if (!given && !right)
            room->lacks[n_lacks++] = k;
        lex_reliability_add(t->bins, given ? yes : 1 - yes, right);
        add_loss(t, is_true[k] ? yes : 1 - yes);
    }
    t->n_exact += n_lacks + n_wrong == 0;
    add_missed(t, s->n_labels, room, n_lacks, n_wrong);
    for (int64_t i = 0; i < n_truth; i++)
        is_true[truth[i]] = false;
}

static void tally_records(tally *t, const lex_scores *s, const double *thresholds)
{
    size_t n_labels = (size_t)s->n_labels;
    multi_room room = {lex_alloc_zeroed(n_labels, sizeof *room.is_true),
                       lex_alloc_array(n_labels, sizeof *room.wrong), lex_alloc_array(n_labels, sizeof *room.lacks)};
    for (int64_t i = 0; i < s->n; i++) {
        const float *p = s->probabilities + i * s->n_outputs; // (K)
        int64_t n_truth;
        const int32_t *truth = lex_scores_truth(s, i, &n_truth);
        switch (s->task) {
        case LEX_TASK_SINGLE: tally_single(t, s, p, truth[0], lex_scores_best(s, i)); break;
        case LEX_TASK_BINARY: tally_binary(t, s, (double)p[0], truth[0], thresholds ? thresholds[0] : 0.5); break;
        case LEX_TASK_MULTI: tally_multi(t, s, p, truth, n_truth, thresholds, &room); break;
        }
    }
    free(room.is_true);
    free(room.wrong);
    free(room.lacks);
}

/* ---- ratios ---- */

static void add_weighted(lex_prf *sum, const lex_prf *part, double weight)
{
    sum->precision += weight * part->precision;
    sum->recall += weight * part->recall;
    sum->f1 += weight * part->f1;
}

/* A mean over what is defined. */
typedef struct {
    double sum;
    int64_t n;
} mean;

static void add_to(mean *m, double value)
{
    m->sum += isnan(value) ? 0 : value;
    m->n += !isnan(value);
}

static double mean_of(const mean *m)
{
    return m->n ? m->sum / (double)m->n : (double)NAN;
}

static void average_labels(lex_metrics *m, const tally *t)
{
    int64_t right = 0, given = 0, support = 0;
    mean aupr = {0}, roc_auc = {0}, precision[LEX_N_RECALLS] = {{0}};
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
        add_to(&aupr, label->support ? label->aupr : (double)NAN);
        add_to(&roc_auc, label->roc_auc);
        for (int i = 0; i < LEX_N_RECALLS; i++)
            add_to(&precision[i], label->precision_at_recall[i]);
    }
    m->aupr_macro = ratio(aupr.sum, (double)aupr.n);
    m->roc_auc_macro = mean_of(&roc_auc);
    for (int i = 0; i < LEX_N_RECALLS; i++)
        m->precision_at_recall_macro[i] = mean_of(&precision[i]);
}

static void judge_labels(lex_metrics *m, const lex_scores *s, const tally *t, const double *thresholds)
{
    lex_ranking ranking = {0};
    for (int64_t k = 0; k < m->n_labels; k++) {
        lex_label_metrics *label = &m->per_label[k];
        if (k < s->n_known)
            lex_ranking_fill(&ranking, s, k);
        else
            lex_ranking_fill_unscored(&ranking, s->n, t->support[k]);
        lex_ranking_metrics of_order = lex_ranking_judge(&ranking);
        label->prf = prf_of(t->right[k], t->given[k], t->support[k]);
        label->support = t->support[k];
        label->aupr = of_order.aupr;
        label->roc_auc = of_order.roc_auc;
        memcpy(label->precision_at_recall, of_order.precision_at_recall, sizeof of_order.precision_at_recall);
        if (s->task != LEX_TASK_SINGLE && k < s->n_outputs)
            label->threshold = thresholds ? thresholds[k] : 0.5;
    }
    lex_ranking_fill(&ranking, s, -1);
    lex_ranking_metrics of_pairs = lex_ranking_judge(&ranking);
    m->aupr_micro = of_pairs.aupr;
    memcpy(m->precision_at_recall_micro, of_pairs.precision_at_recall, sizeof of_pairs.precision_at_recall);
    lex_ranking_release(&ranking);
}

/* The largest cells of a square off its diagonal, ties in their order; the number n_labels stands for nothing. */
static void choose_pairs(lex_metrics *m, const int64_t *cells, int64_t side)
{
    for (int64_t i = 0; cells && i < side * side; i++) {
        lex_confusion_pair pair = {i / side, i % side, cells[i]};
        if (pair.n == 0 || pair.truth == pair.predicted)
            continue;
        int at = m->n_pairs;
        for (; at > 0 && m->pairs[at - 1].n < pair.n; at--)
            if (at < LEX_CONFUSION_PAIRS)
                m->pairs[at] = m->pairs[at - 1];
        if (at == LEX_CONFUSION_PAIRS)
            continue;
        m->pairs[at] = pair;
        m->n_pairs += m->n_pairs < LEX_CONFUSION_PAIRS;
    }
    for (int i = 0; i < m->n_pairs; i++) {
        lex_confusion_pair *pair = &m->pairs[i];
        pair->truth = pair->truth < m->n_labels ? pair->truth : -1;
        pair->predicted = pair->predicted < m->n_labels ? pair->predicted : -1;
    }
}

static tally tally_new(const lex_scores *s)
{
    size_t n_labels = (size_t)s->n_labels;
    tally t = {
        .right = lex_alloc_zeroed(n_labels, sizeof(int64_t)),
        .given = lex_alloc_zeroed(n_labels, sizeof(int64_t)),
        .support = lex_alloc_zeroed(n_labels, sizeof(int64_t)),
    };
    if (n_labels > LEX_CONFUSION_MAX_LABELS)
        return t;
    if (s->task == LEX_TASK_MULTI)
        t.missed = lex_alloc_zeroed(n_labels + 1, (n_labels + 1) * sizeof(int64_t));
    else
        t.confusion = lex_alloc_zeroed(n_labels, n_labels * sizeof(int64_t));
    return t;
}

void lex_metrics_compute(lex_metrics *out, const lex_scores *scores, const double *thresholds)
{
    tally t = tally_new(scores);
    tally_records(&t, scores, thresholds);

    memset(out, 0, sizeof *out);
    out->n = scores->n;
    out->accuracy = ratio((double)t.n_exact, (double)scores->n);
    out->loss = t.n_losses ? t.loss_sum / (double)t.n_losses : (double)NAN;
    out->ece = lex_reliability_finish(t.bins);
    memcpy(out->reliability, t.bins, sizeof t.bins);
    out->n_labels = scores->n_labels;
    out->per_label = lex_alloc_zeroed((size_t)out->n_labels, sizeof *out->per_label);
    out->confusion = t.confusion;
    judge_labels(out, scores, &t, thresholds);
    average_labels(out, &t);
    choose_pairs(out, t.missed ? t.missed : t.confusion, out->n_labels + (t.missed != NULL));
    free(t.right);
    free(t.given);
    free(t.support);
    free(t.missed);
}

void lex_metrics_release(lex_metrics *metrics)
{
    free(metrics->per_label);
    free(metrics->confusion);
    memset(metrics, 0, sizeof *metrics);
}
