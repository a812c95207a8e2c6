/* linear.c - a block of records through a linear model: no tokenizer, no libtorch, nothing cut. Tokens are its words of
 * two or more characters. */
#include <string.h>

#include "internal.h"

lex_status lex_linear_check(const lex_predictor *p, lex_err *err)
{
    const char *device = p->options.device;
    if (p->options.max_length)
        return lex_err_set(err, LEX_ERR_USAGE, "--max-length: the model in %s is linear and reads whole texts",
                           p->model->dir);
    if (device && strncmp(device, "cuda", 4) == 0)
        return lex_err_set(err, LEX_ERR_USAGE, "--device %s: the model in %s is linear and runs on the CPU", device,
                           p->model->dir);
    return LEX_OK;
}

void lex_linear_prepare(lex_predictor *p, lex_block_row *row)
{
    if (p->n_rows == 0)
        lex_sparse_clear(&p->features);
    row->n_tokens = lex_vectorizer_apply(p->model->vectorizer, row->record.text, &p->features);
    row->truncated = false;
    row->ids_at = 0;
    row->n = 0;
}

void lex_linear_compute(lex_predictor *p, float *logits)
{
    int64_t n_tokens = 0;
    lex_svm_margins(&p->model->svm, &p->features, logits);
    for (int64_t i = 0; i < p->n_rows; i++)
        n_tokens += p->rows[i].n_tokens;
    p->done_tokens += n_tokens;
    if (p->options.progress)
        p->options.progress(p->options.context, p->done_records + p->n_rows, p->done_tokens);
}
