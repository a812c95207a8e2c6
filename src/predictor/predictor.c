/* predictor.c - blocks of records through the model: read, tokenized, computed in batches by length, answered in input
 * order. */
#include "lexclf/predictor.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

/* "0.4" or "Governing Law=0.3" (the last '=' counts: a label may hold one). */
static lex_status set_threshold(lex_predictor *p, const char *text, lex_err *err)
{
    const char *equals = strrchr(text, '=');
    double value;
    if (p->model->task == LEX_TASK_SINGLE)
        return lex_err_set(err, LEX_ERR_USAGE, "--threshold: the model in %s gives the most probable label; thresholds "
                           "are for tasks 'binary' and 'multi'", p->model->dir);
    if (!lex_parse_double(&value, lex_str_of(equals ? equals + 1 : text)) || value < 0 || value > 1)
        return lex_err_set(err, LEX_ERR_USAGE, "--threshold '%s': not a number in [0, 1]", text);
    lex_str name = {text, equals ? (size_t)(equals - text) : 0};
    int64_t label = equals ? lex_strings_find(&p->model->labels, name) : -1;
    if (equals && (label < 0 || label >= p->model->n_outputs))
        return lex_err_set(err, LEX_ERR_USAGE, "--threshold: the model in %s has no output '%.*s'", p->model->dir,
                           (int)name.len, name.ptr);
    for (int64_t k = 0; k < p->model->n_outputs; k++)
        if (!equals || k == label)
            p->thresholds[k] = value;
    return LEX_OK;
}

lex_status lex_predictor_open(lex_predictor **out, const char *model_dir, const lex_predictor_options *options,
                              lex_err *err)
{
    lex_status st = LEX_OK;
    lex_predictor *p = lex_alloc_zeroed(1, sizeof *p);
    *out = NULL;
    p->options = *options;
    lex_arena_init(&p->arena);
    lex_tokens_init(&p->tokens);
    lex_tokens_init(&p->sequence);
    lex_sparse_init(&p->features);
    LEX_TRY(lex_model_open(&p->model, model_dir, LEX_MODEL_CLASSIFIER, err));
    if (p->model->kind == LEX_KIND_LINEAR)
        LEX_TRY(lex_linear_check(p, err));
    else
        LEX_TRY(lex_model_length(&p->max_length, p->model, options->max_length, err));
    p->thresholds = lex_alloc_array((size_t)p->model->n_outputs, sizeof *p->thresholds);
    memcpy(p->thresholds, p->model->thresholds, (size_t)p->model->n_outputs * sizeof *p->thresholds);
    for (int i = 0; i < options->n_thresholds; i++)
        LEX_TRY(set_threshold(p, options->thresholds[i], err));
    p->rows = lex_alloc_array(LEX_BLOCK_ROWS, sizeof *p->rows);
    *out = p;
done:
    if (st != LEX_OK)
        lex_predictor_close(p);
    return st;
}

void lex_predictor_close(lex_predictor *p)
{
    if (!p)
        return;
    lex_encoder_free(p->encoder);
    lex_runtime_close(p->runtime);
    lex_model_free(p->model);
    lex_arena_release(&p->arena);
    lex_tokens_release(&p->tokens);
    lex_tokens_release(&p->sequence);
    lex_sparse_release(&p->features);
    free(p->thresholds);
    free(p->rows);
    free(p->ids);
    free(p);
}

lex_model *lex_predictor_model(lex_predictor *predictor)
{
    return predictor->model;
}

const char *lex_predictor_device(const lex_predictor *predictor)
{
    if (predictor->model->kind == LEX_KIND_LINEAR)
        return "cpu";
    return predictor->runtime ? lex_runtime_device(predictor->runtime) : "none";
}

/* libtorch takes a quarter of a second to load: bad input has been found before that. */
static lex_status start(lex_predictor *p, lex_err *err)
{
    if (p->encoder)
        return LEX_OK;
    const char *device = p->options.device ? p->options.device : "auto";
    lex_status st = p->runtime ? LEX_OK : lex_runtime_open(&p->runtime, device, p->options.threads, err);
    return st == LEX_OK ? lex_model_encoder(&p->encoder, p->model, p->runtime, err) : st;
}

static void tokenize_row(lex_predictor *p, lex_block_row *row)
{
    if (p->model->kind == LEX_KIND_LINEAR) {
        lex_linear_prepare(p, row);
        return;
    }
    lex_tokenizer_encode(p->model->tokenizer, row->record.text, &p->tokens);
    row->truncated = lex_tokenizer_frame(p->model->tokenizer, &p->tokens, p->max_length, &p->sequence);
    row->n_tokens = p->tokens.n + lex_tokenizer_n_special(p->model->tokenizer);
    row->ids_at = p->n_ids;
    row->n = p->sequence.n;
    for (int64_t i = 0; i < p->sequence.n; i++)
        LEX_PUSH(p->ids, p->n_ids, p->id_capacity, p->sequence.items[i].id);
}

static void tell_progress(void *context, int64_t n_records, int64_t n_tokens)
{
    lex_predictor *p = context;
    if (p->options.progress)
        p->options.progress(p->options.context, p->done_records + n_records, p->done_tokens + n_tokens);
}

/* A label read off such outputs would be an accident of the comparison. */
static lex_status check_outputs(const lex_predictor *p, const float *logits, int64_t n, lex_err *err)
{
    for (int64_t i = 0; i < n; i++) {
        if (!isfinite(logits[i])) {
            lex_err_set(err, LEX_ERR_INPUT, "%s: the outputs are not numbers: its weights are damaged, or training "
                        "diverged", p->model->dir);
            return LEX_ERR_INPUT;
        }
    }
    return LEX_OK;
}

static lex_status answer_rows(lex_predictor *p, const float *logits, lex_err *err)
{
    int64_t K = p->model->n_outputs;
    lex_status st = LEX_OK;
    float *probabilities = lex_alloc_array((size_t)K, sizeof *probabilities);
    for (int64_t i = 0; st == LEX_OK && i < p->n_rows; i++) {
        const lex_block_row *row = &p->rows[i];
        lex_model_probabilities(p->model, logits + i * K, 1, probabilities);
        lex_answer answer = {p->model,      &row->record,  logits + i * K, probabilities,
                             p->thresholds, row->n_tokens, row->truncated};
        st = p->options.answer ? p->options.answer(p->options.context, &answer, err) : LEX_OK;
    }
    free(probabilities);
    return st;
}

/* Computes and answers the rows gathered so far, and forgets them. */
static lex_status flush(lex_predictor *p, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_sequence *sequences = lex_alloc_array((size_t)p->n_rows, sizeof *sequences);
    float *logits = lex_alloc_array((size_t)(p->n_rows * p->model->n_outputs), sizeof *logits); /* (n, K) */
    for (int64_t i = 0; i < p->n_rows; i++)
        sequences[i] = (lex_sequence){p->ids + p->rows[i].ids_at, p->rows[i].n};
    if (p->n_rows == 0)
        goto done;
    if (p->model->kind == LEX_KIND_LINEAR) {
        lex_linear_compute(p, logits);
    } else {
        LEX_TRY(start(p, err));
        LEX_TRY(lex_run_sequences(p->encoder, p->runtime, sequences, p->n_rows, p->model->n_outputs,
                                  p->options.batch_tokens, logits, tell_progress, p, err));
    }
    LEX_TRY(check_outputs(p, logits, p->n_rows * p->model->n_outputs, err));
    LEX_TRY(answer_rows(p, logits, err));
    p->done_records += p->n_rows;
    p->done_tokens += p->n_ids;
done:
    free(sequences);
    free(logits);
    p->n_rows = 0;
    p->n_ids = 0;
    lex_arena_reset(&p->arena);
    return st;
}

static bool stopped(const lex_predictor *p)
{
    return p->options.stop && *p->options.stop;
}

/* Reads until the block is full or the file ends. */
static lex_status fill(lex_predictor *p, lex_reader *reader, bool *end, lex_err *err)
{
    while (!*end && p->n_rows < LEX_BLOCK_ROWS) {
        lex_block_row *row = &p->rows[p->n_rows];
        lex_status st = lex_reader_next(reader, &row->record, end, &p->arena, err);
        if (st != LEX_OK)
            return st;
        if (!*end) {
            tokenize_row(p, row);
            p->n_rows++;
        }
    }
    return LEX_OK;
}

lex_status lex_predictor_file(lex_predictor *p, const char *path, const lex_reader_options *options, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_reader *reader = NULL;
    lex_reader_options with_columns = *options;
    if (with_columns.n_text_columns == 0 && p->model->text_columns.n > 0) {
        with_columns.text_columns = (const char *const *)p->model->text_columns.items;
        with_columns.n_text_columns = (int)p->model->text_columns.n;
    }
    LEX_TRY(lex_reader_open(&reader, path, &with_columns, err));
    for (bool end = false; !end;) {
        st = fill(p, reader, &end, err);
        if (st != LEX_OK) {
            /* What was read before the bad row is answered: work done stays done. */
            lex_err later = {0};
            if (flush(p, &later) != LEX_OK)
                lex_err_clear(&later);
            goto done;
        }
        LEX_TRY(flush(p, err));
        if (stopped(p) && !end) {
            st = lex_err_set(err, LEX_ERR_INTERRUPTED, "interrupted after %lld records", (long long)p->done_records);
            goto done;
        }
    }
done:
    lex_reader_close(reader);
    return st;
}

lex_status lex_predictor_text(lex_predictor *p, lex_str text, const char *name, lex_err *err)
{
    lex_block_row *row = &p->rows[0];
    if (text.len > LEX_RECORD_MAX_BYTES)
        return lex_err_set(err, LEX_ERR_INPUT, "%s: longer than %u MiB", name, LEX_RECORD_MAX_BYTES >> 20);
    if (lex_utf8_valid_prefix(text) != text.len)
        return lex_err_set(err, LEX_ERR_INPUT, "%s: invalid UTF-8 at byte %zu", name, lex_utf8_valid_prefix(text));
    row->record = (lex_record){.file = name, .line = 1, .number = 1, .text = text, .id_field = -1};
    tokenize_row(p, row);
    p->n_rows = 1;
    return flush(p, err);
}
