/* teacher.c - --distill-linear: what a linear model says of every training record, for the encoder to learn from beside the
 * label (Hinton, Vinyals and Dean 2015): which labels are alike, and which records may be wrongly labelled.
 *
 * Of what it was trained on, such a model knows the answers and nothing else. So each fifth of the records is answered by one
 * that was trained on the others, as stacking does (Wolpert, "Stacked Generalization", Neural Networks 1992). The five depend
 * on neither the encoder nor the number of threads, so that a run which goes on trains them anew to the same bytes. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum { FOLDS = 5 };

typedef struct {
    lex_run *run;
    lex_vectorizer *vectorizer; /* of all records: it knows no labels */
    int64_t *fold;              /* (n_train): which fifth a training record is in */
    int64_t *in, *out;          /* rows outside of the fifth at hand, and inside */
    int64_t n_in, n_out;
    int64_t *n_of_label;
    int64_t n_unfinished;       /* labels, of all fifths */
    float *margins;             /* (n_train, K); probabilities in the end */
} teaching;

/* The records of a label take turns, so that every fifth has its share of them. */
static void deal(teaching *t)
{
    for (int64_t i = 0; i < t->run->summary->n_train; i++) {
        int32_t label = lex_run_label_of(t->run, t->run->train_rows[i]);
        t->fold[i] = (label + t->n_of_label[label]++) % FOLDS;
    }
}

static lex_status answer_fold(teaching *t, int64_t fold, lex_err *err)
{
    lex_run *run = t->run;
    const int64_t K = run->labels.n_outputs;
    lex_svm svm = {.n_features = 0};
    lex_status st = LEX_OK;
    int64_t n_unfinished = 0;
    t->n_in = t->n_out = 0;
    for (int64_t i = 0; i < run->summary->n_train; i++) {
        if (t->fold[i] == fold)
            t->out[t->n_out++] = run->train_rows[i];
        else
            t->in[t->n_in++] = run->train_rows[i];
    }
    if (t->n_out == 0)
        return LEX_OK;
    LEX_TRY(lex_run_learn_weights(&svm, &n_unfinished, run, t->vectorizer, t->in, t->n_in, err));
    t->n_unfinished += n_unfinished;
    float *margins = lex_run_margins_by(run, t->vectorizer, &svm, &run->train, t->out, t->n_out);
    for (int64_t i = 0, at = 0; i < run->summary->n_train; i++)
        if (t->fold[i] == fold)
            memcpy(t->margins + i * K, margins + K * at++, (size_t)K * sizeof *margins);
    free(margins);
done:
    lex_svm_release(&svm);
    return st;
}

/* Of every training record its margins, by a model that has not seen it. */
static lex_status answer_all(teaching *t, lex_err *err)
{
    lex_run *run = t->run;
    lex_status st = LEX_OK;
    LEX_TRY(lex_run_learn_terms(&t->vectorizer, run, err));
    int64_t bytes = run->labels.n_outputs * run->n_features * (int64_t)sizeof(float);
    if (run->teacher_is_auto && bytes > LEX_DISTILL_BYTES) {
        st = lex_err_set(err, LEX_ERR_INPUT, "its weights would take %lld MiB", (long long)(bytes >> 20));
        goto done;
    }
    deal(t);
    for (int64_t fold = 0; fold < FOLDS; fold++)
        LEX_TRY(answer_fold(t, fold, err));
    lex_run_tell_of_unsettled(run, t->n_unfinished, FOLDS * run->labels.n_outputs);
done:
    return st;
}

/* Margins to probabilities that mean what they say, which a temperature does, where one can be found; else the reason why none
 * can. */
static const char *calibrate(teaching *t)
{
    const lex_run *run = t->run;
    const lex_scorer scorer = lex_run_scorer(run);
    const int64_t n = run->summary->n_train, K = run->labels.n_outputs;
    double temperature;
    lex_scores *scores = lex_score_plain(&scorer, &run->train, run->train_rows, n, t->margins);
    lex_temperature_result found = lex_temperature_fit(&temperature, t->margins, scores);
    lex_scores_free(scores);
    for (int64_t i = 0; i < n * K; i++)
        t->margins[i] /= (float)temperature;
    lex_probabilities(run->labels.task, t->margins, n, K, t->margins);
    return found == LEX_TEMPERATURE_FITTED ? NULL
           : found == LEX_TEMPERATURE_TOO_FEW ? "too few records to tell how sure it may be"
                                              : "no temperature fits what it says of records that it has not seen";
}

/* Row by row of the file, for who looks them up by it. Of a label's only record nothing was seen, and its teacher says what its
 * label says. */
static void keep(teaching *t)
{
    lex_run *run = t->run;
    const int64_t n = run->summary->n_train, K = run->labels.n_outputs;
    run->teacher = lex_alloc_zeroed((size_t)(run->train.n_examples * K), sizeof *run->teacher);
    for (int64_t i = 0; i < n; i++) {
        float *row = run->teacher + run->train_rows[i] * K;
        const int32_t label = lex_run_label_of(run, run->train_rows[i]);
        if (t->n_of_label[label] > 1)
            memcpy(row, t->margins + i * K, (size_t)K * sizeof *row);
        else
            row[label] = 1;
    }
    lex_run_note(run, LEX_RUN_NOTE, "a linear model of %lld features teaches, with %g of the target", (long long)run->n_features,
                 run->options->distill_linear);
}

lex_status lex_run_teach(lex_run *run, lex_err *err)
{
    const size_t n = (size_t)run->summary->n_train;
    teaching t = {.run = run};
    const char *why = NULL;
    t.fold = lex_alloc_array(n, sizeof *t.fold);
    t.in = lex_alloc_array(n, sizeof *t.in);
    t.out = lex_alloc_array(n, sizeof *t.out);
    t.n_of_label = lex_alloc_zeroed((size_t)run->labels.labels.n, sizeof *t.n_of_label);
    t.margins = lex_alloc_zeroed(n * (size_t)run->labels.n_outputs, sizeof *t.margins);
    lex_status st = answer_all(&t, err);
    if (st == LEX_OK)
        why = calibrate(&t);
    else if (st == LEX_ERR_INPUT && run->teacher_is_auto)
        why = err->message;
    if (st == LEX_OK && !why)
        keep(&t);
    if (why) {
        lex_run_note(run, run->teacher_is_auto ? LEX_RUN_DETAIL : LEX_RUN_WARNING, "%s: no linear model teaches: %s",
                     run->train.path, why);
        run->settled.distill_linear = 0;
        lex_err_clear(err);
        st = LEX_OK;
    }
    lex_vectorizer_free(t.vectorizer);
    free(t.fold);
    free(t.in);
    free(t.out);
    free(t.n_of_label);
    free(t.margins);
    return st;
}
