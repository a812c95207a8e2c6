/* collect.c - labelled files through the model: scores, logits and true labels are kept, texts are not. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

typedef struct {
    lex_collected *out;
    const lex_predictor_options *options; /* the caller's */
    int32_t *truth;
    int64_t truth_capacity;
} collecting;

/* The number of a label: the model's, or one behind them for a name that the model does not know. */
static int32_t number_of(lex_strings *labels, lex_str name)
{
    int64_t index = lex_strings_find(labels, name);
    if (index < 0) {
        index = labels->n;
        lex_strings_push(labels, name);
    }
    return (int32_t)index;
}

static lex_status add_answer(void *context, const lex_answer *answer, lex_err *err)
{
    collecting *c = context;
    const lex_record *record = answer->record;
    int64_t n = 0;
    for (int64_t i = 0; i < record->n_labels; i++) {
        int32_t number = number_of(&c->out->labels, record->labels[i]);
        for (int64_t k = 0; k < n; k++)
            if (c->truth[k] == number)
                return lex_err_set(err, LEX_ERR_INPUT, "%s:%lld: label '%.*s' stands twice", record->file,
                                   (long long)record->line, (int)record->labels[i].len, record->labels[i].ptr);
        LEX_PUSH(c->truth, n, c->truth_capacity, number);
    }
    lex_scores_add(c->out->scores, answer->probabilities, c->truth, n);
    for (int64_t k = 0; c->out->keep_logits && k < answer->model->n_outputs; k++)
        LEX_PUSH(c->out->logits, c->out->n_logits, c->out->logit_capacity, answer->logits[k]);
    c->out->n_truncated += answer->truncated;
    return c->options->answer ? c->options->answer(c->options->context, answer, err) : LEX_OK;
}

static void pass_progress(void *context, int64_t n_records, int64_t n_tokens)
{
    collecting *c = context;
    c->out->tokens = n_tokens;
    if (c->options->progress)
        c->options->progress(c->options->context, n_records, n_tokens);
}

static lex_status pass_opened(void *context, const lex_model *model, lex_err *err)
{
    collecting *c = context;
    return c->options->opened ? c->options->opened(c->options->context, model, err) : LEX_OK;
}

lex_status lex_collect(lex_collected *out, const char *model_dir, const char *const *paths, int n_paths,
                       const lex_reader_options *reader, const lex_predictor_options *options, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_predictor_options with_scores = *options;
    lex_reader_options with_labels = *reader;
    collecting c = {.out = out, .options = options,};
    with_scores.answer = add_answer;
    with_scores.progress = pass_progress;
    with_scores.opened = pass_opened;
    with_scores.context = &c;
    with_labels.digest = lex_sha256_new();
    LEX_TRY(lex_predictor_open(&out->predictor, model_dir, &with_scores, err));
    const lex_model *model = lex_predictor_model(out->predictor);
    out->predictor->one_label = model->task != LEX_TASK_MULTI;
    with_labels.labels = model->task == LEX_TASK_MULTI ? LEX_LABELS_OPTIONAL : LEX_LABELS_REQUIRED;
    if (out->for_thresholds && model->task == LEX_TASK_SINGLE) {
        st = lex_err_set(err, LEX_ERR_USAGE, "option '--tune-thresholds': the model in %s gives the most probable label; "
                         "thresholds are for tasks 'binary' and 'multi'", model->dir);
        goto done;
    }
    for (int64_t i = 0; i < model->labels.n; i++)
        lex_strings_push(&out->labels, lex_str_of(model->labels.items[i]));
    out->scores = lex_scores_new(model->task, model->n_outputs);
    for (int i = 0; i < n_paths; i++)
        LEX_TRY(lex_predictor_file(out->predictor, paths[i], &with_labels, err));
    if (lex_scores_count(out->scores) == 0)
        st = lex_err_set(err, LEX_ERR_INPUT, "%s: has no rows", paths[0]);
    lex_sha256_hex(with_labels.digest, out->data_sha256);
done:
    lex_sha256_free(with_labels.digest);
    free(c.truth);
    return st;
}

void lex_collected_release(lex_collected *collected)
{
    lex_scores_free(collected->scores);
    lex_strings_release(&collected->labels);
    lex_predictor_close(collected->predictor);
    free(collected->logits);
    memset(collected, 0, sizeof *collected);
}
