/* metrics.h - how good the answers are: scikit-learn's definitions, with zero_division = 0.
 *
 * Scores are collected one record at a time and kept (K floats a record, no texts); metrics are computed at the end,
 * in double. A label that the data holds and the model does not know counts as a class of its own, which is never
 * predicted and whose score is 0 everywhere.
 *
 *     lex_scores *scores = lex_scores_new(LEX_TASK_SINGLE, K);
 *     lex_scores_add(scores, probabilities, &truth, 1);
 *     lex_metrics metrics;
 *     lex_metrics_compute(&metrics, scores, NULL);
 *     lex_metrics_add_intervals(&metrics, scores, NULL, LEX_RESAMPLES, 1);
 *     printf("%.4f\n", metrics.macro.f1);
 *     lex_metrics_release(&metrics);
 *     lex_scores_free(scores);
 */
#ifndef LEXCLF_METRICS_H
#define LEXCLF_METRICS_H

#include "lexclf/json.h"
#include "lexclf/task.h"

#ifdef __cplusplus
extern "C" {
#endif

/* More labels than this, which are most likely a wrong column, get no confusion matrix. */
#define LEX_CONFUSION_MAX_LABELS 2000

/* The share of true records that precision-at-recall asks for: 80 % and 90 %. */
enum { LEX_RECALL_80, LEX_RECALL_90, LEX_N_RECALLS };
enum { LEX_RELIABILITY_BINS = 15, LEX_CONFUSION_PAIRS = 10, LEX_RESAMPLES = 1000 };

typedef struct lex_scores lex_scores;

/* n_outputs: K outputs of the model; 1 for LEX_TASK_BINARY. */
lex_scores *lex_scores_new(lex_task task, int64_t n_outputs);
void lex_scores_free(lex_scores *scores);

/* Adds a record: probabilities (K), and the indices of its true labels. Labels that the model does not know are
 * numbered without gaps from K (BINARY: from 2), the same for the same name. SINGLE and BINARY take exactly one; MULTI
 * any number, without repetition. A probability outside [0, 1] is clipped, NaN counts as 0. */
void lex_scores_add(lex_scores *scores, const float *probabilities, const int32_t *truth, int64_t n_truth);
int64_t lex_scores_count(const lex_scores *scores);
/* Puts other probabilities (n, K) in the place of those that were added: the same records under a calibration. */
void lex_scores_replace(lex_scores *scores, const float *probabilities);

typedef struct {
    double precision, recall, f1;
} lex_prf;

typedef struct {
    lex_prf prf;
    int64_t support;  /* records that truly have the label */
    double aupr;      /* average precision (sklearn.metrics.average_precision_score: a step function over the distinct
                         scores, ties taken together); 0 without support */
    double roc_auc;   /* area under the ROC curve: the chance that a record with the label scores higher than one
                         without, ties half (sklearn.metrics.roc_auc_score, one label against the rest). NaN when
                         every record has the label or none */
    double precision_at_recall[LEX_N_RECALLS]; /* the largest precision over all thresholds whose recall is at least
                         80 % (90 %): Hendrycks et al., "CUAD", 2021, section 5. NaN without support */
    double threshold; /* the one in force; 0 for SINGLE, where the arg-max decides, and where there is no output */
} lex_label_metrics;

/* Decisions of like confidence. */
typedef struct {
    int64_t n;
    double confidence; /* mean; 0 when there are none */
    double accuracy;   /* the share that was right; 0 when there are none */
} lex_reliability_bin;

/* A true label and the one that was given in its stead. MULTI: a label missed and a wrong one given in one record, each
 * with each; -1 where a record has only the one or the other. */
typedef struct {
    int64_t truth, predicted, n;
} lex_confusion_pair;

/* 95 % intervals; resamples is 0 where none were computed. */
typedef struct {
    int64_t resamples;
    uint64_t seed;
    double accuracy[2], macro_f1[2]; /* lower and upper end */
} lex_intervals;

typedef struct {
    int64_t n;          /* records */
    double accuracy;    /* MULTI: the whole set of labels must be right */
    lex_prf micro;      /* over all labels; SINGLE, BINARY: each equal to accuracy */
    lex_prf macro;      /* mean over labels that the model knows or the data holds */
    lex_prf weighted;   /* mean weighted by support */
    double loss;        /* mean cross-entropy of the true label (sklearn.metrics.log_loss); MULTI and BINARY: mean binary
                           cross-entropy over records and outputs. Probabilities are floats and are clipped to
                           [e, 1 - e], e = FLT_EPSILON, as scikit-learn does, so that one record adds 15.9 at most.
                           SINGLE and BINARY: records of an unknown label are left out. NaN when nothing is left */
    double ece;         /* expected calibration error, 15 bins ((b-1)/15, b/15] of the confidence in the decision (Guo
                           et al., "On Calibration of Modern Neural Networks", ICML 2017): the probability of the
                           predicted label; MULTI and BINARY: over all decisions, p for yes and 1 - p for no. NaN
                           without records */
    double aupr_macro;  /* mean of aupr over labels with support; 0 when no label has any */
    double aupr_micro;  /* average precision over all pairs of a record and a label (BINARY: the positive label's); 0
                           when no record has any */
    double roc_auc_macro; /* mean of roc_auc over the labels that have one; NaN when none has */
    double precision_at_recall_macro[LEX_N_RECALLS]; /* mean over labels with support; NaN when none has any */
    double precision_at_recall_micro[LEX_N_RECALLS]; /* of all pairs of a record and a label, under one threshold for
                           all (BINARY: the positive label's); NaN when no record has any label */
    lex_reliability_bin reliability[LEX_RELIABILITY_BINS]; /* the bins of ece */
    lex_confusion_pair pairs[LEX_CONFUSION_PAIRS]; /* the most frequent confusions, the most frequent first */
    int n_pairs;        /* 0 beyond LEX_CONFUSION_MAX_LABELS, too */
    lex_intervals intervals;
    int64_t n_labels;   /* model labels (BINARY: 2), then unknown ones */
    lex_label_metrics *per_label; /* (n_labels), owned */
    int64_t *confusion; /* (n_labels, n_labels), rows truth, columns prediction; owned; NULL for MULTI and beyond
                           LEX_CONFUSION_MAX_LABELS */
} lex_metrics;

/* thresholds: one an output for MULTI and BINARY, or NULL for 0.5; a label is given when its probability is at least
 * the threshold. Ties of the arg-max go to the lower index. */
void lex_metrics_compute(lex_metrics *out, const lex_scores *scores, const double *thresholds);
void lex_metrics_release(lex_metrics *metrics);

/* Percentile intervals (Efron, "Bootstrap Methods: Another Look at the Jackknife", 1979; Efron and Tibshirani 1993,
 * section 13.3) for accuracy and macro F1 at the thresholds that the metrics were computed with: `resamples` times as
 * many records are drawn with replacement, by Philox from `seed`, and the 2.5 % and 97.5 % quantiles taken, interpolated
 * as numpy.quantile does. A label of the data that a resample has lost, in truth and answers, is left out of that
 * resample's mean: its F1 is undefined there, and counting it 0 would pull the interval down. Time: resamples times
 * records. Nothing happens without records. */
void lex_metrics_add_intervals(lex_metrics *metrics, const lex_scores *scores, const double *thresholds,
                               int64_t resamples, uint64_t seed);

/* ---- curves ---- */
typedef struct {
    double threshold, precision, recall;
} lex_pr_point;
/* One point for every distinct score, from the highest (sklearn.metrics.precision_recall_curve backwards, without its
 * made-up end). label: one of the n_labels, or -1 for all pairs as in aupr_micro. The caller frees *points; *n is 0
 * when no record has the label. */
void lex_metrics_pr_curve(lex_pr_point **points, int64_t *n, const lex_scores *scores, int64_t label);
/* Bins of the probability itself, whatever is decided: `accuracy` is the share of records that have the label. label:
 * one with an output, or -1 for all outputs. lex_metrics.reliability has the decisions. */
void lex_metrics_reliability(lex_reliability_bin bins[LEX_RELIABILITY_BINS], const lex_scores *scores, int64_t label);

/* ---- two models on the same records ---- */
typedef struct {
    int64_t n, only_a, only_b; /* records, and those that only one answers exactly right */
    double accuracy_difference; /* b - a */
    double p_exact; /* McNemar's test on only_a and only_b, two-sided, by the binomial distribution */
    double p_mid;   /* its mid-p value: less conservative, and still valid in practice (Fagerland, Lydersen and Laake,
                       "The McNemar test for binary matched-pairs data", 2013) */
    double macro_f1_difference; /* b - a */
    double macro_f1_interval[2]; /* 95 %, by the paired bootstrap: both are judged on the same resamples */
    double p_macro_f1; /* two-sided: twice the smaller share of resamples on either side of 0, both counted with one
                          more, at most 1 (Efron and Tibshirani 1993, chapter 16; Davison and Hinkley 1997, 4.2) */
    int64_t resamples;
    uint64_t seed;
} lex_comparison;
/* Compares answers to the same records in the same order. Thresholds as in lex_metrics_compute(). b_to_a: for each
 * label of b its number in a, from a's number of labels on for those that a lacks; NULL: both count alike. Macro F1 of
 * both is over the labels of either. LEX_ERR_INPUT when the records differ in number or in their true labels, or there
 * are none. */
lex_status lex_scores_compare(lex_comparison *out, const lex_scores *a, const double *a_thresholds,
                              const lex_scores *b, const double *b_thresholds, const int32_t *b_to_a,
                              int64_t resamples, uint64_t seed, lex_err *err) LEX_MUST_CHECK;

/* The answers and the true labels, record by record, as an object of a report: {"labels": the names of all labels,
 * "known": how many of them, from the first, the model can give, "many": whether a record has any number of labels,
 * "truth": a label's number for each record, or a list of them, "answers": likewise}. */
lex_json *lex_scores_json(const lex_scores *scores, const double *thresholds, const lex_strings *names);
/* Scores of the same answers, with probabilities of 0 and 1, and the names of their labels (added to `names`). BINARY
 * comes back as SINGLE with two outputs. LEX_ERR_INPUT when it is not such an object. */
lex_status lex_scores_from_json(lex_scores **out, lex_strings *names, const lex_json *object,
                                lex_err *err) LEX_MUST_CHECK;

/* ---- names ---- */
/* One number by its name in reports: accuracy, loss, ece, aupr_macro, aupr_micro, roc_auc_macro,
 * precision_at_recall_80_macro (_90, _micro), and micro_, macro_ or weighted_ with precision, recall or f1. False when
 * there is no such name. */
bool lex_metrics_by_name(double *out, const lex_metrics *metrics, lex_str name);
/* The same for one label: precision, recall, f1, support, aupr, roc_auc, precision_at_recall_80, _90, threshold. */
bool lex_label_metrics_by_name(double *out, const lex_label_metrics *label, lex_str name);
/* The metrics as an object of the report (contract.md, "Answers out"): numbers by name, "per_label", "confusion",
 * "confusion_pairs", "reliability", "intervals". What is undefined is null.
 * names: of all n_labels labels. */
lex_json *lex_metrics_json(const lex_metrics *metrics, const lex_strings *names);
/* Whether more is better (all but loss and ece). */
bool lex_metric_is_gain(lex_str name);

#ifdef __cplusplus
}
#endif
#endif
