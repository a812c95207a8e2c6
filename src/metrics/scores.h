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

/* Average precision of a label with `support` > 0. `keys` has room for one number a record. */
double lex_scores_aupr(const lex_scores *scores, int64_t label, int64_t support, uint32_t *keys);

#endif
