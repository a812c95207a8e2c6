/* scores.c - the answers to be judged, kept as floats. */
#include "scores.h"

#include <stdlib.h>

lex_scores *lex_scores_new(lex_task task, int64_t n_outputs)
{
    LEX_ASSERT(n_outputs >= 1 && (task != LEX_TASK_BINARY || n_outputs == 1));
    lex_scores *scores = lex_alloc_zeroed(1, sizeof *scores);
    scores->task = task;
    scores->n_outputs = n_outputs;
    scores->n_known = task == LEX_TASK_BINARY ? 2 : n_outputs;
    scores->n_labels = scores->n_known;
    return scores;
}

void lex_scores_free(lex_scores *scores)
{
    if (!scores)
        return;
    free(scores->probabilities);
    free(scores->truth_end);
    free(scores->truth);
    free(scores);
}

static void reserve_record(lex_scores *scores)
{
    if (scores->n < scores->capacity)
        return;
    scores->capacity = scores->capacity ? 2 * scores->capacity : 256;
    size_t row_bytes = (size_t)scores->n_outputs * sizeof(float);
    scores->probabilities = lex_realloc_array(scores->probabilities, (size_t)scores->capacity, row_bytes);
    scores->truth_end = lex_realloc_array(scores->truth_end, (size_t)scores->capacity, sizeof(int64_t));
}

/* NaN and -0 become 0. */
static void copy_clipped(float *to, const float *from, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        to[i] = from[i] > 0 ? (from[i] < 1 ? from[i] : 1.0f) : 0.0f;
}

void lex_scores_add(lex_scores *scores, const float *probabilities, const int32_t *truth, int64_t n_truth)
{
    LEX_ASSERT(n_truth >= 0 && (scores->task == LEX_TASK_MULTI || n_truth == 1));
    reserve_record(scores);
    copy_clipped(scores->probabilities + scores->n * scores->n_outputs, probabilities, scores->n_outputs);
    for (int64_t i = 0; i < n_truth; i++) {
        LEX_ASSERT(truth[i] >= 0);
        LEX_PUSH(scores->truth, scores->n_truth, scores->truth_capacity, truth[i]);
        if (truth[i] >= scores->n_labels)
            scores->n_labels = (int64_t)truth[i] + 1;
    }
    scores->truth_end[scores->n++] = scores->n_truth;
}

void lex_scores_replace(lex_scores *scores, const float *probabilities)
{
    copy_clipped(scores->probabilities, probabilities, scores->n * scores->n_outputs);
}

int64_t lex_scores_count(const lex_scores *scores)
{
    return scores->n;
}

int64_t lex_scores_output_of(const lex_scores *scores, int64_t label, bool *falls)
{
    *falls = scores->task == LEX_TASK_BINARY && label == 1;
    if (*falls)
        return 0;
    return label < scores->n_outputs ? label : -1;
}

const int32_t *lex_scores_truth(const lex_scores *scores, int64_t record, int64_t *n)
{
    int64_t begin = record ? scores->truth_end[record - 1] : 0;
    *n = scores->truth_end[record] - begin;
    return *n ? scores->truth + begin : NULL;
}

int64_t lex_scores_best(const lex_scores *scores, int64_t record)
{
    const float *p = scores->probabilities + record * scores->n_outputs; // (K)
    int64_t best = 0;
    for (int64_t k = 1; k < scores->n_outputs; k++)
        best = p[k] > p[best] ? k : best;
    return best;
}
