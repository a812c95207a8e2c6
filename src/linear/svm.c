/* svm.c - dual coordinate descent for the linear support vector machine with squared hinge loss; one label after the
 * other, or several at once, each in a thread of its own with nothing shared but the rows.
 *
 * In the dual every row i has a variable a_i >= 0, and w = sum_i a_i y_i x_i. One step sets a_i to its best value with
 * all others fixed, for which w suffices; rows whose variable rests at 0 with a gradient that keeps it there are left out
 * until the others have settled ("shrinking"). The bias is one more feature, 1 in every row, and is penalised like any
 * weight. */
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "lexclf/random.h"

enum { ORDER_STREAM = 0x73766D };

lex_svm_options lex_svm_options_default(void)
{
    return (lex_svm_options){.C = 1, .tolerance = 1e-4, .max_passes = 1000, .threads = 1};
}

/* One label's problem. */
typedef struct {
    const lex_sparse *x;
    const int8_t *y;      /* (N): 1, -1 */
    const double *square; /* (N): |x_i|^2, the bias' 1 counted in */
    double *w;            /* (F + 1): the last one is the bias */
    double *a;            /* (N) */
    int64_t *order;       /* (N): the rows at work come first */
    int64_t bias_at;      /* F */
    double diagonal;      /* 1 / (2 C) */
} problem;

static double margin_of(const problem *p, int64_t i)
{
    double sum = p->w[p->bias_at];
    for (int64_t at = p->x->starts[i]; at < p->x->starts[i + 1]; at++)
        sum += p->w[p->x->columns[at]] * (double)p->x->values[at];
    return sum;
}

static void add_row(const problem *p, int64_t i, double factor)
{
    p->w[p->bias_at] += factor;
    for (int64_t at = p->x->starts[i]; at < p->x->starts[i + 1]; at++)
        p->w[p->x->columns[at]] += factor * (double)p->x->values[at];
}

/* The range of the projected gradients of a pass: 0, 0 at the optimum. */
typedef struct {
    double highest, lowest;
} range;

/* One pass over the n rows at work; those whose gradient is above `limit` while they rest at 0 are put behind the others.
 * Returns how many stay. */
static int64_t pass(const problem *p, int64_t n, double limit, range *gradients)
{
    *gradients = (range){-HUGE_VAL, HUGE_VAL};
    for (int64_t s = 0; s < n; s++) {
        int64_t i = p->order[s];
        double gradient = p->y[i] * margin_of(p, i) - 1 + p->diagonal * p->a[i];
        if (p->a[i] == 0 && gradient > limit) {
            n--;
            p->order[s] = p->order[n];
            p->order[n] = i;
            s--;
            continue;
        }
        double projected = p->a[i] == 0 ? fmin(gradient, 0) : gradient;
        gradients->highest = fmax(gradients->highest, projected);
        gradients->lowest = fmin(gradients->lowest, projected);
        if (fabs(projected) > 1e-12) {
            double before = p->a[i];
            p->a[i] = fmax(before - gradient / (p->square[i] + p->diagonal), 0);
            add_row(p, i, (p->a[i] - before) * p->y[i]);
        }
    }
    return n;
}

/* Whether it came to the tolerance. */
static bool solve(const problem *p, const lex_svm_options *o, uint64_t label)
{
    int64_t n_rows = p->x->n_rows, n = n_rows;
    double limit = HUGE_VAL;
    lex_rng rng;
    lex_rng_init(&rng, o->seed, ((uint64_t)ORDER_STREAM << 32) + label);
    for (int64_t i = 0; i < n_rows; i++)
        p->order[i] = i;
    for (int64_t done = 0; done < o->max_passes && !(o->stop && *o->stop); done++) {
        range gradients;
        lex_rng_shuffle(&rng, p->order, n);
        n = pass(p, n, limit, &gradients);
        if (gradients.highest - gradients.lowest <= o->tolerance) { /* also when no row is left */
            if (n == n_rows)
                return true;
            n = n_rows; /* once more with all */
            limit = HUGE_VAL;
        } else {
            limit = gradients.highest > 0 ? gradients.highest : HUGE_VAL;
        }
    }
    return false;
}

/* ---- all labels ---- */

typedef struct {
    lex_svm *out;
    const lex_sparse *x;
    const lex_row_labels *labels;
    const lex_svm_options *options;
    const double *square;
    pthread_mutex_t lock; /* of what follows */
    int64_t next, n_done, n_unfinished;
} training;

static void mark_rows(int8_t *y, const lex_row_labels *labels, int64_t n_rows, int64_t k)
{
    for (int64_t i = 0; i < n_rows; i++) {
        y[i] = -1;
        for (int64_t at = labels->starts[i]; at < labels->starts[i + 1]; at++)
            if (labels->labels[at] == k)
                y[i] = 1;
    }
}

static int64_t next_label(training *t)
{
    pthread_mutex_lock(&t->lock);
    bool stopped = t->options->stop && *t->options->stop;
    int64_t k = !stopped && t->next < t->out->n_labels ? t->next++ : -1;
    pthread_mutex_unlock(&t->lock);
    return k;
}

static void finish_label(training *t, const double *w, int64_t k, bool settled)
{
    int64_t F = t->out->n_features, K = t->out->n_labels;
    for (int64_t f = 0; f < F; f++)
        t->out->owned[f * K + k] = (float)w[f];
    t->out->owned[F * K + k] = (float)w[F];
    pthread_mutex_lock(&t->lock);
    t->n_done++;
    t->n_unfinished += !settled;
    if (t->options->progress)
        t->options->progress(t->options->context, t->n_done, K);
    pthread_mutex_unlock(&t->lock);
}

static void *work(void *argument)
{
    training *t = argument;
    size_t n_rows = (size_t)t->x->n_rows, n_weights = (size_t)t->out->n_features + 1;
    int8_t *y = lex_alloc_array(n_rows, sizeof *y);
    problem p = {
        .x = t->x,
        .y = y,
        .square = t->square,
        .w = lex_alloc_array(n_weights, sizeof(double)),
        .a = lex_alloc_array(n_rows, sizeof(double)),
        .order = lex_alloc_array(n_rows, sizeof(int64_t)),
        .bias_at = t->out->n_features,
        .diagonal = 0.5 / t->options->C,
    };
    for (int64_t k = next_label(t); k >= 0; k = next_label(t)) {
        memset(p.w, 0, n_weights * sizeof *p.w);
        memset(p.a, 0, n_rows * sizeof *p.a);
        mark_rows(y, t->labels, t->x->n_rows, k);
        finish_label(t, p.w, k, solve(&p, t->options, (uint64_t)k));
    }
    free(y);
    free(p.w);
    free(p.a);
    free(p.order);
    return NULL;
}

/* The caller's thread works too; where another cannot be had, it works alone. */
static void run_threads(training *t)
{
    int n_wanted = t->options->threads, n = 0;
    if (n_wanted > t->out->n_labels)
        n_wanted = (int)t->out->n_labels;
    pthread_t *threads = lex_alloc_array((size_t)n_wanted, sizeof *threads);
    while (n < n_wanted - 1 && pthread_create(&threads[n], NULL, work, t) == 0)
        n++;
    work(t);
    for (int i = 0; i < n; i++)
        pthread_join(threads[i], NULL);
    free(threads);
}

lex_status lex_svm_train(lex_svm *out, const lex_sparse *x, const lex_row_labels *labels, int64_t n_features,
                         int64_t n_labels, const lex_svm_options *options, int64_t *n_unfinished, lex_err *err)
{
    *out = (lex_svm){.n_features = n_features, .n_labels = n_labels};
    LEX_ASSERT(n_features >= 1 && n_labels >= 1 && x->n_rows >= 1 && options->threads >= 1);
    if (n_labels > LEX_LINEAR_WEIGHTS_MAX / n_features)
        return lex_err_set(err, LEX_ERR_INPUT, "%lld features for %lld labels are more weights than %lld",
                           (long long)n_features, (long long)n_labels, (long long)LEX_LINEAR_WEIGHTS_MAX);
    double *square = lex_alloc_array((size_t)x->n_rows, sizeof *square);
    for (int64_t i = 0; i < x->n_rows; i++) {
        square[i] = 1;
        for (int64_t at = x->starts[i]; at < x->starts[i + 1]; at++)
            square[i] += (double)x->values[at] * (double)x->values[at];
    }
    out->owned = lex_alloc_array((size_t)((n_features + 1) * n_labels), sizeof *out->owned);
    out->weights = out->owned;
    out->bias = out->owned + n_features * n_labels;
    training t = {.out = out, .x = x, .labels = labels, .options = options, .square = square};
    pthread_mutex_init(&t.lock, NULL);
    run_threads(&t);
    pthread_mutex_destroy(&t.lock);
    free(square);
    *n_unfinished = t.n_unfinished;
    if (options->stop && *options->stop)
        return lex_err_set(err, LEX_ERR_INTERRUPTED, "interrupted at label %lld of %lld", (long long)t.n_done + 1,
                           (long long)n_labels);
    return LEX_OK;
}

void lex_svm_release(lex_svm *svm)
{
    free(svm->owned);
    *svm = (lex_svm){.n_features = 0};
}

void lex_svm_margins(const lex_svm *svm, const lex_sparse *x, float *margins)
{
    lex_svm_margins_of(svm, x, 0, x->n_rows, margins);
}

void lex_svm_margins_of(const lex_svm *svm, const lex_sparse *x, int64_t first, int64_t end, float *margins)
{
    int64_t K = svm->n_labels;
    double *sums = lex_alloc_array((size_t)K, sizeof *sums);
    for (int64_t i = first; i < end; i++) {
        for (int64_t k = 0; k < K; k++)
            sums[k] = (double)svm->bias[k];
        for (int64_t at = x->starts[i]; at < x->starts[i + 1]; at++) {
            const float *weights = svm->weights + (int64_t)x->columns[at] * K; // (K)
            double value = (double)x->values[at];
            for (int64_t k = 0; k < K; k++)
                sums[k] += value * (double)weights[k];
        }
        for (int64_t k = 0; k < K; k++)
            margins[i * K + k] = (float)sums[k];
    }
    free(sums);
}
