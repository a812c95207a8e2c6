/* score.c - a set of examples through the encoder at hand: logits, scores, metrics. */
#include <stdlib.h>

#include "internal.h"

/* Numbers for labels: the model's own, then those that only this data set has, in the order of the name table. */
static int32_t *number_names(const lex_scorer *scorer, const lex_dataset *data, lex_strings *extra)
{
    int64_t n_names = scorer->names->names.n, next = scorer->labels->labels.n;
    int32_t *number = lex_alloc_array((size_t)n_names, sizeof *number);
    bool *present = lex_alloc_zeroed((size_t)n_names, sizeof *present);
    for (int64_t i = 0; i < data->n_names; i++)
        present[data->names[i]] = true;
    for (int64_t i = 0; i < n_names; i++) {
        number[i] = scorer->labels->to_label[i];
        if (number[i] < 0 && present[i]) {
            number[i] = (int32_t)next++;
            if (extra)
                lex_strings_push(extra, lex_str_of(scorer->names->names.items[i]));
        }
    }
    free(present);
    return number;
}

void lex_metric_names(lex_strings *out, const lex_scorer *scorer, const lex_dataset *data)
{
    for (int64_t i = 0; i < scorer->labels->labels.n; i++)
        lex_strings_push(out, lex_str_of(scorer->labels->labels.items[i]));
    free(number_names(scorer, data, out));
}

static void add_scores(lex_scores *scores, const lex_scorer *scorer, const lex_dataset *data, const int64_t *indices,
                       int64_t n, const float *probabilities)
{
    int64_t K = scorer->labels->n_outputs;
    int32_t *number = number_names(scorer, data, NULL), *truth = NULL;
    int64_t capacity = 0;
    for (int64_t i = 0; i < n; i++) {
        const lex_example *example = &data->examples[indices[i]];
        int64_t n_truth = 0;
        for (int64_t k = 0; k < example->n_names; k++)
            LEX_PUSH(truth, n_truth, capacity, number[data->names[example->names_at + k]]);
        lex_scores_add(scores, probabilities + i * K, truth, n_truth);
    }
    free(truth);
    free(number);
}

lex_scores *lex_score_plain(const lex_scorer *scorer, const lex_dataset *data, const int64_t *indices, int64_t n,
                            const float *logits)
{
    int64_t K = scorer->labels->n_outputs;
    float *probabilities = lex_alloc_array((size_t)(n * K), sizeof *probabilities); /* (n, K) */
    lex_scores *scores = lex_scores_new(scorer->labels->task, K);
    lex_probabilities(scorer->labels->task, logits, n, K, probabilities);
    add_scores(scores, scorer, data, indices, n, probabilities);
    free(probabilities);
    return scores;
}

void lex_score_judge(lex_metrics *out, const lex_scorer *scorer, const lex_dataset *data, const int64_t *indices,
                     int64_t n, float *logits)
{
    const lex_model *model = scorer->model;
    const double *thresholds = model->task == LEX_TASK_SINGLE ? NULL : model->thresholds;
    lex_scores *scores = lex_scores_new(scorer->labels->task, scorer->labels->n_outputs);
    lex_model_probabilities(model, logits, n, logits);
    add_scores(scores, scorer, data, indices, n, logits);
    lex_metrics_compute(out, scores, thresholds);
    lex_metrics_add_intervals(out, scores, thresholds, LEX_RESAMPLES, 1);
    lex_scores_free(scores);
}

lex_status lex_score_logits(float **logits, const lex_scorer *scorer, const lex_dataset *data, const int64_t *indices,
                            int64_t n, lex_err *err)
{
    int64_t K = scorer->labels->n_outputs;
    lex_sequence *sequences = lex_alloc_array((size_t)n, sizeof *sequences);
    *logits = lex_alloc_array((size_t)(n * K), sizeof **logits);
    for (int64_t i = 0; i < n; i++) {
        const lex_example *example = &data->examples[indices[i]];
        sequences[i] = (lex_sequence){data->ids + example->ids_at, example->n};
    }
    lex_runner runner = {NULL, scorer->encoder, scorer->runtime, scorer->batch_tokens};
    lex_document_options how = {.cut = scorer->cut, .windows = scorer->model->windows, .n_outputs = K};
    lex_status st = how.windows == LEX_WINDOWS_OFF
                        ? lex_run_sequences(scorer->encoder, scorer->runtime, sequences, n, K, scorer->batch_tokens,
                                            *logits, NULL, NULL, err)
                        : lex_run_documents(&runner, sequences, n, &how, *logits, err);
    free(sequences);
    return st;
}
