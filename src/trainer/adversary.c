/* adversary.c - the fast gradient method on word embeddings (Miyato, Dai and Goodfellow, "Adversarial Training Methods for
 * Semi-Supervised Text Classification", ICLR 2017, equation 5): the rows of the step's words are moved by
 * epsilon g / |g|, g being their gradient over the whole step, to where the loss rises fastest. The step's gradients are
 * then taken once more there and added to the first.
 *
 * The norm is that of all rows together, so that neither micro-batches nor their order count. Rows are put back from a
 * copy: adding and subtracting would leave rounding behind. */
#include <math.h>
#include <stdlib.h>

#include "step.h"

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

/* The ids that the examples have, ascending, each once; the caller frees them. cut: what frames documents that come
 * without special tokens, or NULL. */
static int64_t *distinct_ids(const lex_train_example *examples, int64_t n_examples, const lex_cut *cut, int64_t *n)
{
    int64_t total = cut ? cut->n_before + cut->n_after : 0, at = 0;
    for (int64_t i = 0; i < n_examples; i++)
        total += examples[i].n;
    int64_t *ids = lex_alloc_array((size_t)total, sizeof *ids);
    for (int64_t i = 0; cut && i < cut->n_before; i++)
        ids[at++] = cut->before[i];
    for (int64_t i = 0; cut && i < cut->n_after; i++)
        ids[at++] = cut->after[i];
    for (int64_t i = 0; i < n_examples; i++)
        for (int64_t j = 0; j < examples[i].n; j++)
            ids[at++] = examples[i].ids[j];
    qsort(ids, (size_t)total, sizeof *ids, by_value);
    *n = 0;
    for (int64_t i = 0; i < total; i++)
        if (i == 0 || ids[i] != ids[i - 1])
            ids[(*n)++] = ids[i];
    return ids;
}

void lex_adversary_begin(lex_optimizer *o, const lex_train_example *examples, int64_t n_examples)
{
    lex_adversary *a = &o->adversary;
    lex_scope *scope = a->scope;
    const lex_cut *cut = o->options.windows == LEX_WINDOWS_OFF ? NULL : o->options.cut;
    int64_t n_params, n_ids, *ids = distinct_ids(examples, n_examples, cut, &n_ids);
    const lex_param *words = lex_encoder_params(o->encoder, &n_params); /* the first; never frozen here */
    a->ids = lex_tensor_from(scope, LEX_I64, 1, &n_ids, ids);
    free(ids);
    a->table = lex_tensor_view(scope, lex_encoder_trained(o->encoder), 2, words->shape, words->offset);
    lex_tensor *dtable = lex_tensor_view(scope, lex_encoder_gradients(o->encoder), 2, words->shape, words->offset);
    a->rows = lex_rows_take(scope, a->table, a->ids);                 /* (U, C) */
    lex_tensor *gradient = lex_rows_take(scope, dtable, a->ids);      /* (U, C) */
    double norm = lex_norm(scope, gradient);
    if (!(norm > 0) || !isfinite(norm)) /* nowhere to go */
        return;
    lex_tensor *moved = lex_tensor_clone(scope, a->rows);
    lex_add_scaled(scope, moved, gradient, o->options.fgm / norm);
    lex_rows_put(scope, a->table, a->ids, moved);
}

void lex_adversary_end(lex_optimizer *o)
{
    lex_adversary *a = &o->adversary;
    lex_rows_put(a->scope, a->table, a->ids, a->rows);
    lex_scope_keep(o->scope, a->scope, NULL);
    lex_scope_reset(a->scope);
    a->table = a->ids = a->rows = NULL;
}
