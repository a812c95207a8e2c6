/* scores.c - the answers to be judged, kept as floats, and the ranking metric that needs them sorted. */
#include "scores.h"

#include <stdlib.h>
#include <string.h>

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

void lex_scores_add(lex_scores *scores, const float *probabilities, const int32_t *truth, int64_t n_truth)
{
    LEX_ASSERT(n_truth >= 0 && (scores->task == LEX_TASK_MULTI || n_truth == 1));
    reserve_record(scores);
    float *row = scores->probabilities + scores->n * scores->n_outputs; // (K)
    for (int64_t k = 0; k < scores->n_outputs; k++) {
        float p = probabilities[k];
        row[k] = p > 0 ? (p < 1 ? p : 1.0f) : 0.0f; // NaN and -0 become 0
    }
    for (int64_t i = 0; i < n_truth; i++) {
        LEX_ASSERT(truth[i] >= 0);
        LEX_PUSH(scores->truth, scores->n_truth, scores->truth_capacity, truth[i]);
        if (truth[i] >= scores->n_labels)
            scores->n_labels = (int64_t)truth[i] + 1;
    }
    scores->truth_end[scores->n++] = scores->n_truth;
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

static int compare_keys(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return (x > y) - (x < y);
}

/* A record as one number that sorts by score: the bits of a float in [0, 1] are below 2^30 and rise with it, which
 * leaves room for the truth in the lowest bit. */
static uint32_t key_of(float score, bool has_label)
{
    uint32_t bits;
    memcpy(&bits, &score, sizeof bits);
    return bits << 1 | has_label;
}

static bool record_has(const lex_scores *scores, int64_t record, int64_t label)
{
    int64_t begin = record ? scores->truth_end[record - 1] : 0;
    for (int64_t i = begin; i < scores->truth_end[record]; i++) {
        if (scores->truth[i] == label)
            return true;
    }
    return false;
}

/* The sum over distinct scores, from the best, of the recall gained there times the precision reached there. */
double lex_scores_aupr(const lex_scores *scores, int64_t label, int64_t support, uint32_t *keys)
{
    int64_t n = scores->n;
    bool falls;
    int64_t output = lex_scores_output_of(scores, label, &falls);
    if (output < 0)
        return (double)support / (double)n; // one tie of everything
    for (int64_t i = 0; i < n; i++)
        keys[i] = key_of(scores->probabilities[i * scores->n_outputs + output], record_has(scores, i, label));
    qsort(keys, (size_t)n, sizeof *keys, compare_keys);

    double sum = 0;
    int64_t hits = 0, hits_before = 0;
    for (int64_t i = 0; i < n; i++) {
        uint32_t key = keys[falls ? i : n - 1 - i];
        hits += key & 1;
        bool tie_goes_on = i + 1 < n && keys[falls ? i + 1 : n - 2 - i] >> 1 == key >> 1;
        if (tie_goes_on)
            continue;
        sum += (double)(hits - hits_before) * (double)hits / (double)(i + 1);
        hits_before = hits;
    }
    return sum / (double)support;
}
