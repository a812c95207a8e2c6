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

typedef struct lex_scores lex_scores;

/* n_outputs: K outputs of the model; 1 for LEX_TASK_BINARY. */
lex_scores *lex_scores_new(lex_task task, int64_t n_outputs);
void lex_scores_free(lex_scores *scores);

/* Adds a record: probabilities (K), and the indices of its true labels. Labels that the model does not know are
 * numbered without gaps from K (BINARY: from 2), the same for the same name. SINGLE and BINARY take exactly one; MULTI
 * any number, without repetition. A probability outside [0, 1] is clipped, NaN counts as 0. */
void lex_scores_add(lex_scores *scores, const float *probabilities, const int32_t *truth, int64_t n_truth);
int64_t lex_scores_count(const lex_scores *scores);

typedef struct {
    double precision, recall, f1;
} lex_prf;

typedef struct {
    lex_prf prf;
    int64_t support;  /* records that truly have the label */
    double aupr;      /* average precision (sklearn.metrics.average_precision_score: a step function over the distinct
                         scores, ties taken together); 0 without support */
    double threshold; /* the one in force; 0 for SINGLE, where the arg-max decides, and where there is no output */
} lex_label_metrics;

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
    int64_t n_labels;   /* model labels (BINARY: 2), then unknown ones */
    lex_label_metrics *per_label; /* (n_labels), owned */
    int64_t *confusion; /* (n_labels, n_labels), rows truth, columns prediction; owned; NULL for MULTI and beyond
                           LEX_CONFUSION_MAX_LABELS */
} lex_metrics;

/* thresholds: one an output for MULTI and BINARY, or NULL for 0.5; a label is given when its probability is at least
 * the threshold. Ties of the arg-max go to the lower index. */
void lex_metrics_compute(lex_metrics *out, const lex_scores *scores, const double *thresholds);
void lex_metrics_release(lex_metrics *metrics);

/* One number by its name in reports: accuracy, loss, ece, aupr_macro, and micro_, macro_ or weighted_ with precision,
 * recall or f1. False when there is no such name. */
bool lex_metrics_by_name(double *out, const lex_metrics *metrics, lex_str name);
/* The metrics as an object of the report (contract.md, "Answers out"): numbers by name, "per_label", "confusion".
 * names: of all n_labels labels. */
lex_json *lex_metrics_json(const lex_metrics *metrics, const lex_strings *names);
/* Whether more is better (all but loss and ece). */
bool lex_metric_is_gain(lex_str name);

#ifdef __cplusplus
}
#endif
#endif
