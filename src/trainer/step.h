/* step.h - the insides of an optimizer: what step.c (gradients), adversary.c (a second set of them) and update.c (what is
 * made of them) share. */
#ifndef LEXCLF_TRAINER_STEP_H
#define LEXCLF_TRAINER_STEP_H

#include "documents.h"
#include "internal.h"

/* Parameters that lie together and share weight decay and learning rate. */
typedef struct {
    int64_t offset, n; /* of what is trained */
    bool decay;
    double rate; /* over the learning rate */
} lex_param_run;

/* What the adversary has moved, and the values to put back; empty when nothing is. */
typedef struct {
    lex_scope *scope;
    lex_tensor *table, *ids, *rows; /* word embeddings (V, C); (U); (U, C) */
} lex_adversary;

struct lex_optimizer {
    lex_encoder *encoder;
    lex_runtime *runtime;
    lex_optimizer_options options;
    lex_scope *state, *scope;
    /* What outlives a step, each laid out as the gradients but for `factors`; NULL where the options need none. */
    lex_tensor *m, *v;     /* AdamW's moments; SGD: m is the velocity */
    lex_tensor *factors;   /* Adafactor's second moments, parameter by parameter */
    lex_tensor *average;   /* of the weights */
    int64_t n_trained, n_factors;
    lex_tape *tape;
    lex_batch batch;
    lex_param_run *runs;
    int64_t n_runs, run_capacity;
    int64_t step;
    double norm;   /* of the last step's gradient, before it was clipped */
    bool diverged; /* the last step was left out: its loss or norm is no number */
    bool overflowed; /* the same, for a loss scale that was too high */
    lex_loss_scale loss_scale; /* .scale 0: none */
    lex_adversary adversary;
    float *logits, *dlogits; /* (R, K) of one micro-batch */
    int32_t *labels;         /* (R) */
    uint8_t *targets;        /* (R, K) */
    float *teacher;          /* (R, K) */
    int64_t row_capacity;
    int64_t n_outputs;
    lex_documents *documents; /* NULL without windows */
};

/* update.c: the runs, and the state that the options ask for. */
void lex_optimizer_prepare(lex_optimizer *optimizer);
/* Changes the weights by the gradients at hand, times grad_scale, and then their average. The norm is that of the product. */
void lex_optimizer_update(lex_optimizer *optimizer, double lr, double grad_scale);

/* step.c: the loss of `n` records, with R-Drop twins in two halves, and its gradient, scaled. labels (n) or targets (n, K);
 * teacher (n, K) where there is one. */
double lex_loss_of_records(const lex_optimizer_options *options, const lex_documents_work *work, const float *logits, int64_t n,
                           int64_t n_outputs, const int32_t *labels, const uint8_t *targets, const float *teacher,
                           float *dlogits);

/* adversary.c: moves the embeddings of the examples' words along the gradients at hand. */
void lex_adversary_begin(lex_optimizer *optimizer, const lex_train_example *examples, int64_t n_examples);
/* Puts them back as they were, bit for bit. */
void lex_adversary_end(lex_optimizer *optimizer);

#endif
