/* bootstrap.c - how far a number would move on other records of the same kind.
 *
 * The answers are judged once: each record becomes a handful of marks ("label 7 was given", "label 7 was true"). A
 * resample draws records and adds up their marks, so that it costs a look at each, whatever the number of labels. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lexclf/random.h"
#include "scores.h"

enum { BOOTSTRAP_STREAM = 0x626F6F74 };
enum { GIVEN = 1, TRUE = 2 };

/* The answers of one model. */
typedef struct {
    int64_t n;
    int64_t *marks; /* label << 2 | GIVEN | TRUE, record by record */
    int64_t *marks_end; /* (n) */
    bool *exact;        /* (n): the answer is right as a whole */
    int64_t n_marks, capacity;
} judged;

/* Counts of one draw of records. */
typedef struct {
    int64_t n_labels;
    int64_t *right, *given, *support; /* (n_labels) */
    int64_t n_exact;
} counts;

/* ---- judging ---- */

static void add_mark(judged *j, int64_t label, int flags)
{
    LEX_PUSH(j->marks, j->n_marks, j->capacity, label << 2 | flags);
    if (flags != (GIVEN | TRUE))
        j->exact[j->n] = false;
}

static bool is_given(const lex_scores *s, const double *thresholds, int64_t record, int64_t k)
{
    return (double)s->probabilities[record * s->n_outputs + k] >= (thresholds ? thresholds[k] : 0.5);
}

static void judge_one(judged *j, const lex_scores *s, const double *thresholds, int64_t record, int64_t truth)
{
    int64_t predicted = s->task == LEX_TASK_SINGLE ? lex_scores_best(s, record) : !is_given(s, thresholds, record, 0);
    if (predicted == truth) {
        add_mark(j, truth, GIVEN | TRUE);
    } else {
        add_mark(j, truth, TRUE);
        add_mark(j, predicted, GIVEN);
    }
}

static void judge_many(judged *j, const lex_scores *s, const double *thresholds, int64_t record, const int32_t *truth,
                       int64_t n_truth, bool *is_true)
{
    for (int64_t i = 0; i < n_truth; i++) {
        is_true[truth[i]] = true;
        if (truth[i] >= s->n_outputs)
            add_mark(j, truth[i], TRUE);
    }
    for (int64_t k = 0; k < s->n_outputs; k++) {
        int flags = (is_given(s, thresholds, record, k) ? GIVEN : 0) | (is_true[k] ? TRUE : 0);
        if (flags)
            add_mark(j, k, flags);
    }
    for (int64_t i = 0; i < n_truth; i++)
        is_true[truth[i]] = false;
}

/* rename: the number of each label in the result; NULL: its own. */
static judged judge(const lex_scores *s, const double *thresholds, const int32_t *rename)
{
    judged j = {.marks_end = lex_alloc_array((size_t)s->n, sizeof *j.marks_end),
                .exact = lex_alloc_array((size_t)s->n, sizeof *j.exact)};
    bool *is_true = lex_alloc_zeroed((size_t)s->n_labels, sizeof *is_true);
    for (int64_t i = 0; i < s->n; i++) {
        int64_t n_truth;
        const int32_t *truth = lex_scores_truth(s, i, &n_truth);
        j.exact[i] = true;
        if (s->task == LEX_TASK_MULTI)
            judge_many(&j, s, thresholds, i, truth, n_truth, is_true);
        else
            judge_one(&j, s, thresholds, i, truth[0]);
        j.marks_end[i] = j.n_marks;
        j.n++;
    }
    for (int64_t i = 0; rename && i < j.n_marks; i++)
        j.marks[i] = (int64_t)rename[j.marks[i] >> 2] << 2 | (j.marks[i] & 3);
    free(is_true);
    return j;
}

static void release(judged *j)
{
    free(j->marks);
    free(j->marks_end);
    free(j->exact);
}

/* ---- counting ---- */

static counts counts_new(int64_t n_labels)
{
    size_t n = (size_t)n_labels;
    return (counts){n_labels, lex_alloc_zeroed(n, sizeof(int64_t)), lex_alloc_zeroed(n, sizeof(int64_t)),
                    lex_alloc_zeroed(n, sizeof(int64_t)), 0};
}

static void counts_clear(counts *c)
{
    size_t size = (size_t)c->n_labels * sizeof(int64_t);
    memset(c->right, 0, size);
    memset(c->given, 0, size);
    memset(c->support, 0, size);
    c->n_exact = 0;
}

static void counts_release(counts *c)
{
    free(c->right);
    free(c->given);
    free(c->support);
}

static void count(counts *c, const judged *j, int64_t record)
{
    c->n_exact += j->exact[record];
    for (int64_t i = record ? j->marks_end[record - 1] : 0; i < j->marks_end[record]; i++) {
        int64_t label = j->marks[i] >> 2;
        bool given = j->marks[i] & GIVEN, is_true = j->marks[i] & TRUE;
        c->given[label] += given;
        c->support[label] += is_true;
        c->right[label] += given && is_true;
    }
}

static void count_all(counts *c, const judged *j)
{
    for (int64_t i = 0; i < j->n; i++)
        count(c, j, i);
}

/* The mean over all labels but those that the whole has and this draw has not. */
static double macro_f1(const counts *draw, const counts *whole)
{
    double sum = 0;
    int64_t n = 0;
    for (int64_t k = 0; k < draw->n_labels; k++) {
        bool lost = draw->given[k] + draw->support[k] == 0 && whole->given[k] + whole->support[k] > 0;
        n += !lost;
        sum += lex_f1(draw->right[k], draw->given[k], draw->support[k]);
    }
    return n ? sum / (double)n : 0;
}

/* ---- resamples ---- */

static void draw_records(int64_t *records, int64_t n, uint64_t seed, int64_t resample)
{
    lex_rng rng;
    lex_rng_init(&rng, seed, ((uint64_t)BOOTSTRAP_STREAM << 32) + (uint64_t)resample);
    for (int64_t i = 0; i < n; i++)
        records[i] = (int64_t)lex_rng_below(&rng, (uint64_t)n);
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Sorts the values. */
static void interval_of(double out[2], double *values, int64_t n)
{
    static const double ends[2] = {0.025, 0.975};
    qsort(values, (size_t)n, sizeof *values, compare_doubles);
    for (int i = 0; i < 2; i++) {
        double place = ends[i] * (double)(n - 1);
        int64_t below = (int64_t)place, above = below + 1 < n ? below + 1 : below;
        out[i] = values[below] + (place - (double)below) * (values[above] - values[below]);
    }
}

void lex_metrics_add_intervals(lex_metrics *metrics, const lex_scores *scores, const double *thresholds,
                               int64_t resamples, uint64_t seed)
{
    int64_t n = scores->n;
    if (n == 0 || resamples < 1)
        return;
    judged j = judge(scores, thresholds, NULL);
    counts whole = counts_new(scores->n_labels), draw = counts_new(scores->n_labels);
    int64_t *records = lex_alloc_array((size_t)n, sizeof *records);
    double *accuracies = lex_alloc_array((size_t)resamples, sizeof *accuracies);
    double *f1s = lex_alloc_array((size_t)resamples, sizeof *f1s);
    count_all(&whole, &j);
    for (int64_t r = 0; r < resamples; r++) {
        draw_records(records, n, seed, r);
        counts_clear(&draw);
        for (int64_t i = 0; i < n; i++)
            count(&draw, &j, records[i]);
        accuracies[r] = (double)draw.n_exact / (double)n;
        f1s[r] = macro_f1(&draw, &whole);
    }
    metrics->intervals.resamples = resamples;
    metrics->intervals.seed = seed;
    interval_of(metrics->intervals.accuracy, accuracies, resamples);
    interval_of(metrics->intervals.macro_f1, f1s, resamples);
    free(f1s);
    free(accuracies);
    free(records);
    counts_release(&draw);
    counts_release(&whole);
    release(&j);
}

/* ---- two models ---- */

/* log of the chance that k of n fair coins show heads */
static double log_binomial_half(int64_t n, int64_t k)
{
    return lgamma((double)n + 1) - lgamma((double)k + 1) - lgamma((double)(n - k) + 1) - (double)n * log(2);
}

static void mcnemar(lex_comparison *out)
{
    int64_t n = out->only_a + out->only_b, few = out->only_a < out->only_b ? out->only_a : out->only_b;
    double tail = 0, last = exp(log_binomial_half(n, few));
    for (int64_t k = few; k >= 0; k--)
        tail += exp(log_binomial_half(n, k));
    out->p_exact = fmin(1, 2 * tail);
    out->p_mid = fmin(1, 2 * tail - last);
}

static lex_status check_alike(const lex_scores *a, const lex_scores *b, const int32_t *b_to_a, lex_err *err)
{
    if (a->n != b->n || a->n == 0)
        return lex_err_set(err, LEX_ERR_INPUT, "answers to %lld and to %lld records cannot be compared",
                           (long long)a->n, (long long)b->n);
    for (int64_t i = 0; i < a->n; i++) {
        int64_t n_a, n_b, n_common = 0;
        const int32_t *of_a = lex_scores_truth(a, i, &n_a), *of_b = lex_scores_truth(b, i, &n_b);
        for (int64_t j = 0; j < n_a; j++)
            for (int64_t k = 0; k < n_b; k++)
                n_common += of_a[j] == (b_to_a ? b_to_a[of_b[k]] : of_b[k]);
        if (n_a != n_b || n_common != n_a)
            return lex_err_set(err, LEX_ERR_INPUT, "the true labels of record %lld differ: not the same records",
                               (long long)i + 1);
    }
    return LEX_OK;
}

/* differences: room for one number a resample. */
static void compare_f1(lex_comparison *out, const judged *a, const judged *b, int64_t n_labels, double *differences)
{
    counts whole[2] = {counts_new(n_labels), counts_new(n_labels)}, draw[2] = {counts_new(n_labels), counts_new(n_labels)};
    int64_t *records = lex_alloc_array((size_t)a->n, sizeof *records);
    int64_t n_up = 0, n_down = 0;
    count_all(&whole[0], a);
    count_all(&whole[1], b);
    out->macro_f1_difference = macro_f1(&whole[1], &whole[1]) - macro_f1(&whole[0], &whole[0]);
    for (int64_t r = 0; r < out->resamples; r++) {
        draw_records(records, a->n, out->seed, r);
        counts_clear(&draw[0]);
        counts_clear(&draw[1]);
        for (int64_t i = 0; i < a->n; i++) {
            count(&draw[0], a, records[i]);
            count(&draw[1], b, records[i]);
        }
        differences[r] = macro_f1(&draw[1], &whole[1]) - macro_f1(&draw[0], &whole[0]);
        n_up += differences[r] >= 0;
        n_down += differences[r] <= 0;
    }
    int64_t fewer = n_up < n_down ? n_up : n_down;
    out->p_macro_f1 = fmin(1, 2 * (double)(fewer + 1) / (double)(out->resamples + 1));
    interval_of(out->macro_f1_interval, differences, out->resamples);
    for (int i = 0; i < 2; i++) {
        counts_release(&whole[i]);
        counts_release(&draw[i]);
    }
    free(records);
}

lex_status lex_scores_compare(lex_comparison *out, const lex_scores *a, const double *a_thresholds,
                              const lex_scores *b, const double *b_thresholds, const int32_t *b_to_a,
                              int64_t resamples, uint64_t seed, lex_err *err)
{
    memset(out, 0, sizeof *out);
    LEX_ASSERT(resamples >= 1);
    if (check_alike(a, b, b_to_a, err) != LEX_OK)
        return err->code;
    int64_t n_labels = a->n_labels;
    for (int64_t k = 0; k < b->n_labels; k++) {
        int64_t number = b_to_a ? b_to_a[k] : k;
        n_labels = number >= n_labels ? number + 1 : n_labels;
    }
    judged of_a = judge(a, a_thresholds, NULL), of_b = judge(b, b_thresholds, b_to_a);
    double *differences = lex_alloc_array((size_t)resamples, sizeof *differences);
    *out = (lex_comparison){.n = a->n, .resamples = resamples, .seed = seed};
    for (int64_t i = 0; i < a->n; i++) {
        out->only_a += of_a.exact[i] && !of_b.exact[i];
        out->only_b += of_b.exact[i] && !of_a.exact[i];
    }
    out->accuracy_difference = (double)(out->only_b - out->only_a) / (double)a->n;
    mcnemar(out);
    compare_f1(out, &of_a, &of_b, n_labels, differences);
    free(differences);
    release(&of_a);
    release(&of_b);
    return LEX_OK;
}
