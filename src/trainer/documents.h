/* documents.h - the gradients of examples that may be long documents. */
#ifndef LEXCLF_TRAINER_DOCUMENTS_H
#define LEXCLF_TRAINER_DOCUMENTS_H

#include "lexclf/trainer.h"

typedef struct lex_documents lex_documents;

/* `options` as the optimizer's, borrowed: windows are not OFF. */
lex_documents *lex_documents_new(lex_encoder *encoder, lex_runtime *runtime, const lex_optimizer_options *options,
                                 int64_t n_outputs);
void lex_documents_free(lex_documents *documents);

/* Tokens that are computed for the example, special ones included, at most. */
int64_t lex_documents_n_computed(const lex_cut *cut, const lex_train_example *example);

typedef struct {
    lex_task task;
    const lex_train_example *examples;
    int64_t n_examples, batch_tokens;
    double scale; /* of each example's loss */
    double loss_scale; /* of the gradients, on top of it */
    const lex_train_mode *mode;
} lex_documents_work;
/* Adds the gradients of all examples to the encoder's, and gives the sum of their losses. */
lex_status lex_documents_learn(lex_documents *documents, double *loss, const lex_documents_work *work,
                               lex_err *err) LEX_MUST_CHECK;

#endif
