/* linear.c - blocks answered by a linear model: no tokenizer, no libtorch, nothing cut. Tokens are its words of
 * two or more characters. */
#include <string.h>

#include "internal.h"

lex_status lex_linear_check(const lex_predictor *p, lex_err *err)
{
    const char *device = p->options.device;
    if (p->options.max_length)
        return lex_err_set(err, LEX_ERR_USAGE, "--max-length: the model in %s is linear and reads whole texts",
                           p->model->dir);
    if (p->options.windows_given || p->options.stride)
        return lex_err_set(err, LEX_ERR_USAGE, "%s: the model in %s is linear and reads whole texts",
                           p->options.windows_given ? "--windows" : "--stride", p->model->dir);
    if (device && strncmp(device, "cuda", 4) == 0)
        return lex_err_set(err, LEX_ERR_USAGE, "--device %s: the model in %s is linear and runs on the CPU", device,
                           p->model->dir);
    return LEX_OK;
}

static void prepare(lex_predictor *p, lex_block *block, lex_block_row *row)
{
    if (row == block->rows)
        lex_sparse_clear(&block->features);
    row->n_tokens = lex_vectorizer_apply(p->model->vectorizer, row->record.text, &block->features);
    row->truncated = false;
    row->ids_at = 0;
    row->n = row->n_used = row->n_tokens;
}

static lex_status compute(lex_predictor *p, lex_block *block, lex_err *err)
{
    (void)err;
    lex_profile *watch = lex_predictor_watch(p, LEX_HAND_COMPUTES);
    lex_profile_begin(watch);
    lex_svm_margins(&p->model->svm, &block->features, block->logits);
    lex_profile_mark(watch, LEX_STAGE_MARGINS);
    for (int64_t i = 0; i < block->n_rows; i++)
        p->done_tokens += block->rows[i].n_tokens;
    if (p->options.progress)
        p->options.progress(p->options.context, p->done_records + block->n_rows, p->done_tokens);
    return LEX_OK;
}

static void close_linear(lex_predictor *p)
{
    (void)p; /* the model has it all */
}

const lex_model_kind lex_linear_kind = {prepare, compute, close_linear};
