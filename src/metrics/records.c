/* records.c - which answers were given and which are true, record by record, as JSON: what a later comparison needs.
 * Labels are numbers into a list of names; probabilities are left out, which keeps a report small. */
#include <stdlib.h>

#include "scores.h"

enum { LABELS_MAX = 1000000 };

static lex_json *numbers(const int32_t *items, int64_t n)
{
    lex_json *list = lex_json_new_array();
    for (int64_t i = 0; i < n; i++)
        lex_json_push(list, lex_json_new_number((double)items[i]));
    return list;
}

/* Fills `given` (room for all labels) and returns how many there are. */
static int64_t answer_of(int32_t *given, const lex_scores *s, const double *thresholds, int64_t record)
{
    const float *p = s->probabilities + record * s->n_outputs; // (K)
    int64_t n = 0;
    if (s->task == LEX_TASK_SINGLE) {
        given[0] = (int32_t)lex_scores_best(s, record);
        return 1;
    }
    if (s->task == LEX_TASK_BINARY) {
        given[0] = (double)p[0] >= (thresholds ? thresholds[0] : 0.5) ? 0 : 1;
        return 1;
    }
    for (int64_t k = 0; k < s->n_outputs; k++)
        if ((double)p[k] >= (thresholds ? thresholds[k] : 0.5))
            given[n++] = (int32_t)k;
    return n;
}

lex_json *lex_scores_json(const lex_scores *scores, const double *thresholds, const lex_strings *names)
{
    lex_json *object = lex_json_new_object(), *labels = lex_json_new_array();
    lex_json *truths = lex_json_new_array(), *answers = lex_json_new_array();
    int32_t *given = lex_alloc_array((size_t)scores->n_labels, sizeof *given);
    bool many = scores->task == LEX_TASK_MULTI;
    for (int64_t k = 0; k < names->n; k++)
        lex_json_push(labels, lex_json_new_string(names->items[k]));
    for (int64_t i = 0; i < scores->n; i++) {
        int64_t n_truth, n_given = answer_of(given, scores, thresholds, i);
        const int32_t *truth = lex_scores_truth(scores, i, &n_truth);
        lex_json_push(truths, many ? numbers(truth, n_truth) : lex_json_new_number((double)truth[0]));
        lex_json_push(answers, many ? numbers(given, n_given) : lex_json_new_number((double)given[0]));
    }
    free(given);
    lex_json_put(object, "labels", labels);
    lex_json_put_number(object, "known", (double)scores->n_known);
    lex_json_put_bool(object, "many", many);
    lex_json_put(object, "truth", truths);
    lex_json_put(object, "answers", answers);
    return object;
}

/* ---- and back ---- */

typedef struct {
    int64_t n_known, n_labels;
    bool many;
    float *probabilities; /* (n_known) */
    int32_t *truth;       /* (n_labels) */
    bool *seen;           /* (n_labels) */
} reading;

/* The labels of one record, below `limit`, none twice. -1: something else stands there. */
static int64_t read_labels(int32_t *out, const reading *r, const lex_json *node, int64_t limit)
{
    int64_t n = 0, label;
    bool whole = r->many ? lex_json_type_of(node) == LEX_JSON_ARRAY : true;
    for (const lex_json *one = r->many ? lex_json_first(node) : node; one; one = r->many ? lex_json_next(one) : NULL) {
        whole = whole && lex_json_int(&label, one, 0, limit - 1) && !r->seen[label];
        if (!whole)
            break;
        r->seen[label] = true;
        out[n++] = (int32_t)label;
    }
    for (int64_t i = 0; i < n; i++)
        r->seen[out[i]] = false;
    return whole ? n : -1;
}

static bool read_record(lex_scores *scores, const reading *r, const lex_json *truth, const lex_json *answer)
{
    int64_t n_given = read_labels(r->truth, r, answer, r->n_known);
    for (int64_t k = 0; k < r->n_known; k++)
        r->probabilities[k] = 0;
    for (int64_t i = 0; i < n_given; i++)
        r->probabilities[r->truth[i]] = 1;
    int64_t n_truth = read_labels(r->truth, r, truth, r->n_labels);
    if (n_given < 0 || n_truth < 0)
        return false;
    lex_scores_add(scores, r->probabilities, r->truth, n_truth);
    return true;
}

lex_status lex_scores_from_json(lex_scores **out, lex_strings *names, const lex_json *object, lex_err *err)
{
    reading r = {.many = lex_json_bool(lex_json_get(object, "many"), false)};
    bool good = true;
    *out = NULL;
    for (const lex_json *node = lex_json_first(lex_json_get(object, "labels")); node; node = lex_json_next(node)) {
        good = good && lex_json_string(node) && names->n < LABELS_MAX;
        if (good)
            lex_strings_push(names, lex_str_of(lex_json_string(node)));
    }
    r.n_labels = names->n;
    good = good && r.n_labels && lex_json_int(&r.n_known, lex_json_get(object, "known"), 1, r.n_labels);
    const lex_json *truth = lex_json_first(lex_json_get(object, "truth"));
    const lex_json *answer = lex_json_first(lex_json_get(object, "answers"));
    lex_scores *scores = good ? lex_scores_new(r.many ? LEX_TASK_MULTI : LEX_TASK_SINGLE, r.n_known) : NULL;
    if (good) {
        r.probabilities = lex_alloc_array((size_t)r.n_known, sizeof *r.probabilities);
        r.truth = lex_alloc_array((size_t)r.n_labels, sizeof *r.truth);
        r.seen = lex_alloc_zeroed((size_t)r.n_labels, sizeof *r.seen);
    }
    for (; good && truth && answer; truth = lex_json_next(truth), answer = lex_json_next(answer))
        good = read_record(scores, &r, truth, answer);
    good = good && !truth && !answer;
    free(r.probabilities);
    free(r.truth);
    free(r.seen);
    if (good)
        *out = scores;
    else
        lex_scores_free(scores);
    return good ? LEX_OK : lex_err_set(err, LEX_ERR_INPUT, "'records' is not what eval writes");
}
