/* evaluate.c - a model's metrics on labelled files, and the report of them. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "lexclf/file.h"

lex_status lex_evaluate(lex_evaluation *out, const char *model_dir, const char *const *paths, int n_paths,
                        const lex_reader_options *reader, const lex_predictor_options *options, lex_err *err)
{
    lex_status st = LEX_OK;
    double started_s = lex_now_s();
    lex_collected c = {0};
    memset(out, 0, sizeof *out);
    LEX_TRY(lex_collect(&c, model_dir, paths, n_paths, reader, options, err));
    const lex_model *model = lex_predictor_model(c.predictor);
    const double *thresholds = model->task == LEX_TASK_SINGLE ? NULL : c.predictor->thresholds;
    lex_metrics_compute(&out->metrics, c.scores, thresholds);
    lex_metrics_add_intervals(&out->metrics, c.scores, thresholds, LEX_RESAMPLES, 1);
    out->task = model->task;
    out->n_model_labels = model->labels.n;
    out->max_length = c.predictor->max_length;
    out->windows = model->windows;
    if (thresholds) {
        out->thresholds = lex_alloc_array((size_t)model->n_outputs, sizeof *thresholds);
        memcpy(out->thresholds, thresholds, (size_t)model->n_outputs * sizeof *thresholds);
    }
    out->scores = c.scores;
    c.scores = NULL;
    lex_model_weights_sha256(model, out->model_sha256);
    memcpy(out->data_sha256, c.data_sha256, sizeof out->data_sha256);
    for (int64_t i = 0; i < model->unused.n; i++)
        lex_strings_push(&out->unused, lex_str_of(model->unused.items[i]));
    out->labels = c.labels;
    c.labels = (lex_strings){0};
    out->tokens = c.tokens;
    lex_predictor_profile(c.predictor, &out->profile);
    out->n_truncated = c.n_truncated;
    out->elapsed_s = lex_now_s() - started_s;
done:
    lex_collected_release(&c);
    return st;
}

void lex_evaluation_release(lex_evaluation *evaluation)
{
    lex_metrics_release(&evaluation->metrics);
    lex_strings_release(&evaluation->labels);
    lex_strings_release(&evaluation->unused);
    lex_scores_free(evaluation->scores);
    free(evaluation->thresholds);
    memset(evaluation, 0, sizeof *evaluation);
}

void lex_evaluation_lone_labels(lex_strings *only_model, lex_strings *only_data, const lex_evaluation *evaluation)
{
    for (int64_t k = 0; k < evaluation->labels.n; k++) {
        if (k >= evaluation->n_model_labels)
            lex_strings_push(only_data, lex_str_of(evaluation->labels.items[k]));
        else if (evaluation->metrics.per_label[k].support == 0)
            lex_strings_push(only_model, lex_str_of(evaluation->labels.items[k]));
    }
}

static void put_strings(lex_json *to, const char *key, const lex_strings *strings)
{
    lex_json *list = lex_json_new_array();
    for (int64_t i = 0; i < strings->n; i++)
        lex_json_push(list, lex_json_new_string(strings->items[i]));
    lex_json_put(to, key, list);
}

lex_json *lex_evaluation_json(const lex_evaluation *evaluation)
{
    lex_json *metrics = lex_metrics_json(&evaluation->metrics, &evaluation->labels);
    lex_json *report = lex_json_new_object();
    lex_strings only_model = {0}, only_data = {0};
    lex_evaluation_lone_labels(&only_model, &only_data, evaluation);
    lex_json_put_number(report, "schema", 1);
    for (const lex_json *node = lex_json_first(metrics); node; node = lex_json_next(node))
        lex_json_put(report, lex_json_key(node), lex_json_copy(node));
    lex_json_put_string(report, "model_sha256", evaluation->model_sha256);
    lex_json_put_string(report, "data_sha256", evaluation->data_sha256);
    lex_json_put_number(report, "seconds", evaluation->elapsed_s);
    lex_json_put_number(report, "tokens", (double)evaluation->tokens);
    lex_json_put_number(report, "truncated", (double)evaluation->n_truncated);
    put_strings(report, "labels_only_in_model", &only_model);
    put_strings(report, "labels_only_in_data", &only_data);
    lex_strings_release(&only_model);
    lex_strings_release(&only_data);
    lex_json_free(metrics);
    return report;
}
