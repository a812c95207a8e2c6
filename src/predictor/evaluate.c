/* evaluate.c - a model's metrics on labelled files: scores and labels are kept, texts are not. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "lexclf/file.h"

typedef struct {
    lex_evaluation *out;
    lex_scores *scores;
    const lex_predictor_options *options; /* the caller's */
    lex_reading *reading;
    int32_t *truth;
    int64_t truth_capacity;
} evaluating;

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
    evaluating *e = context;
    const lex_record *record = answer->record;
    if (answer->model->task != LEX_TASK_MULTI && record->n_labels != 1) {
        lex_err_set(err, LEX_ERR_INPUT, "%s:%lld: %lld labels, but the model gives one a row", record->file,
                    (long long)record->line, (long long)record->n_labels);
        return lex_reading_skip(e->reading, err) ? LEX_OK : err->code;
    }
    int64_t n = 0;
    for (int64_t i = 0; i < record->n_labels; i++) {
        int32_t number = number_of(&e->out->labels, record->labels[i]);
        for (int64_t k = 0; k < n; k++)
            if (e->truth[k] == number)
                return lex_err_set(err, LEX_ERR_INPUT, "%s:%lld: label '%.*s' stands twice", record->file,
                                   (long long)record->line, (int)record->labels[i].len, record->labels[i].ptr);
        LEX_PUSH(e->truth, n, e->truth_capacity, number);
    }
    lex_scores_add(e->scores, answer->probabilities, e->truth, n);
    e->out->n_truncated += answer->truncated;
    return e->options->answer ? e->options->answer(e->options->context, answer, err) : LEX_OK;
}

static void pass_progress(void *context, int64_t n_records, int64_t n_tokens)
{
    evaluating *e = context;
    e->out->tokens = n_tokens;
    if (e->options->progress)
        e->options->progress(e->options->context, n_records, n_tokens);
}

lex_status lex_evaluate(lex_evaluation *out, const char *model_dir, const char *const *paths, int n_paths,
                        const lex_reader_options *reader, const lex_predictor_options *options, lex_err *err)
{
    lex_status st = LEX_OK;
    double started_s = lex_now_s();
    lex_predictor *predictor = NULL;
    lex_predictor_options with_scores = *options;
    lex_reader_options with_labels = *reader;
    evaluating e = {.out = out, .options = options, .reading = reader->reading};
    memset(out, 0, sizeof *out);
    with_scores.answer = add_answer;
    with_scores.progress = pass_progress;
    with_scores.context = &e;
    with_labels.digest = lex_sha256_new();
    LEX_TRY(lex_predictor_open(&predictor, model_dir, &with_scores, err));
    const lex_model *model = lex_predictor_model(predictor);
    with_labels.labels = model->task == LEX_TASK_MULTI ? LEX_LABELS_OPTIONAL : LEX_LABELS_REQUIRED;
    for (int64_t i = 0; i < model->labels.n; i++)
        lex_strings_push(&out->labels, lex_str_of(model->labels.items[i]));
    e.scores = lex_scores_new(model->task, model->n_outputs);
    for (int i = 0; i < n_paths; i++)
        LEX_TRY(lex_predictor_file(predictor, paths[i], &with_labels, err));
    if (lex_scores_count(e.scores) == 0) {
        st = lex_err_set(err, LEX_ERR_INPUT, "%s: has no rows", paths[0]);
        goto done;
    }
    lex_metrics_compute(&out->metrics, e.scores, model->task == LEX_TASK_SINGLE ? NULL : predictor->thresholds);
    lex_model_weights_sha256(model, out->model_sha256);
    lex_sha256_hex(with_labels.digest, out->data_sha256);
    for (int64_t i = 0; i < model->unused.n; i++)
        lex_strings_push(&out->unused, lex_str_of(model->unused.items[i]));
    out->elapsed_s = lex_now_s() - started_s;
done:
    lex_scores_free(e.scores);
    lex_predictor_close(predictor);
    lex_sha256_free(with_labels.digest);
    free(e.truth);
    if (st != LEX_OK)
        lex_evaluation_release(out);
    return st;
}

void lex_evaluation_release(lex_evaluation *evaluation)
{
    lex_metrics_release(&evaluation->metrics);
    lex_strings_release(&evaluation->labels);
    lex_strings_release(&evaluation->unused);
    memset(evaluation, 0, sizeof *evaluation);
}

lex_json *lex_evaluation_json(const lex_evaluation *evaluation)
{
    lex_json *metrics = lex_metrics_json(&evaluation->metrics, &evaluation->labels);
    lex_json *report = lex_json_new_object();
    lex_json_put_number(report, "schema", 1);
    for (const lex_json *node = lex_json_first(metrics); node; node = lex_json_next(node))
        lex_json_put(report, lex_json_key(node), lex_json_copy(node));
    lex_json_put_string(report, "model_sha256", evaluation->model_sha256);
    lex_json_put_string(report, "data_sha256", evaluation->data_sha256);
    lex_json_put_number(report, "seconds", evaluation->elapsed_s);
    lex_json_put_number(report, "tokens", (double)evaluation->tokens);
    lex_json_put_number(report, "truncated", (double)evaluation->n_truncated);
    lex_json_free(metrics);
    return report;
}
