/* scores.h - what lex_scores holds; seen inside the metrics module only. */
#ifndef LEXCLF_SCORES_H
#define LEXCLF_SCORES_H

#include "lexclf/metrics.h"

struct lex_scores {
    lex_task task;
    int64_t n_outputs; /* K */
    int64_t n_known;   /* labels that the model can give: K, or 2 for BINARY */
    int64_t n_labels;  /* n_known, and the unknown ones seen so far */
    int64_t n;         /* records */
    int64_t capacity;  /* of records */
    float *probabilities; /* (n, K) */
    int64_t *truth_end;   /* (n): where each record's labels end in truth */
    int32_t *truth;       /* (n_truth): the records' labels, one after another */
    int64_t n_truth;
    int64_t truth_capacity;
};

/* How `label` is scored: the output that tells of it, or -1 when none does. *falls: the lower, the likelier. */
int64_t lex_scores_output_of(const lex_scores *scores, int64_t label, bool *falls);

/* A record's true labels; NULL when it has none. */
const int32_t *lex_scores_truth(const lex_scores *scores, int64_t record, int64_t *n);
/* SINGLE: the arg-max, ties to the lower index. */
int64_t lex_scores_best(const lex_scores *scores, int64_t record);

/* ranking.c: records, or pairs of a record and a label, in the order of their scores. */
typedef struct {
    uint32_t *keys; /* (n): score and truth, rising */
    int64_t n;
    bool falls;          /* the lowest score comes first, and is 1 - p */
    int64_t n_unscored;  /* behind them, tied at 0: what the model has no output for */
    int64_t n_unscored_true;
    int64_t support;     /* true ones in all */
    uint32_t *spare;     /* room for sorting */
    int64_t capacity;
} lex_ranking;

/* Ranks by `label`, or all pairs for -1. A ranking is zeroed first, may be filled again, and is released at the end. */
void lex_ranking_fill(lex_ranking *ranking, const lex_scores *scores, int64_t label);
/* A label that the model has no output for, `support` of n records having it: without a look at them, since there may be
 * as many such labels as records. */
void lex_ranking_fill_unscored(lex_ranking *ranking, int64_t n, int64_t support);
void lex_ranking_release(lex_ranking *ranking);

/* From the best on, ties together. */
typedef struct {
    const lex_ranking *ranking;
    int64_t at;
    double score;          /* of the ties just passed */
    int64_t n_seen, n_hits; /* with all before */
} lex_ranking_walk;
lex_ranking_walk lex_ranking_begin(const lex_ranking *ranking);
bool lex_ranking_next(lex_ranking_walk *walk);

/* What the walk gives; NaN where undefined, but aupr 0. */
typedef struct {
    double aupr, roc_auc, precision_at_recall[LEX_N_RECALLS];
} lex_ranking_metrics;
lex_ranking_metrics lex_ranking_judge(const lex_ranking *ranking);

/* F1 of a label, 0 where it is undefined. */
double lex_f1(int64_t right, int64_t given, int64_t support);

#endif
