/* linear.c - a linear model's training: terms counted while the files are read, features and weights learned from the
 * training rows, temperature and thresholds from the dev rows, the folder published. There are no epochs: what an interrupted run
 * leaves is nothing. */
#include <stdlib.h>

#include "internal.h"
#include "lexclf/file.h"

/* The labels of rows as the classifier sees them: BINARY has the positive one alone. */
typedef struct {
    int64_t *starts;
    int32_t *labels;
} row_labels;

static lex_row_labels make_labels(row_labels *own, const lex_run *run, const lex_dataset *data, const int64_t *rows,
                                  int64_t n_rows)
{
    int64_t n = 0, capacity = 16;
    own->starts = lex_alloc_array((size_t)n_rows + 1, sizeof *own->starts);
    own->labels = lex_alloc_array((size_t)capacity, sizeof *own->labels); /* also where no row has one */
    for (int64_t i = 0; i < n_rows; i++) {
        const lex_example *example = &data->examples[rows[i]];
        own->starts[i] = n;
        for (int64_t k = 0; k < example->n_names; k++) {
            int32_t label = run->labels.to_label[data->names[example->names_at + k]];
            if (label >= 0 && label < run->labels.n_outputs)
                LEX_PUSH(own->labels, n, capacity, label);
        }
    }
    own->starts[n_rows] = n;
    return (lex_row_labels){own->starts, own->labels};
}

static void release_labels(row_labels *own)
{
    free(own->starts);
    free(own->labels);
}

/* The numbers of the rows' texts among the terms. */
static int64_t *texts_of(const lex_dataset *data, const int64_t *rows, int64_t n_rows)
{
    int64_t *texts = lex_alloc_array((size_t)n_rows, sizeof *texts);
    for (int64_t i = 0; i < n_rows; i++) {
        texts[i] = data->examples[rows[i]].text;
        LEX_ASSERT(texts[i] >= 0);
    }
    return texts;
}

static void on_label(void *context, int64_t done, int64_t n_labels)
{
    const lex_train_events *events = context;
    events->step(events->context, done, n_labels, 0, 0);
}

lex_status lex_run_learn_weights(lex_svm *svm, int64_t *n_unfinished, lex_run *run, const lex_vectorizer *vectorizer,
                                 const int64_t *rows, int64_t n, lex_err *err)
{
    const lex_train_options *o = run->options;
    lex_svm_options options = lex_svm_options_default();
    row_labels own;
    lex_row_labels labels = make_labels(&own, run, &run->train, rows, n);
    int64_t *texts = texts_of(&run->train, rows, n);
    lex_sparse x;
    lex_sparse_init(&x);
    lex_vectorizer_weigh(vectorizer, run->terms, texts, n, &x);
    int64_t n_features = lex_vectorizer_n_features(vectorizer);
    lex_run_note(run, LEX_RUN_DETAIL, "%lld features, %.1f in each of %lld rows", (long long)n_features, (double)x.n / (double)n,
                 (long long)n);
    options.C = o->linear.C;
    options.seed = o->seed;
    options.threads = o->threads > 0 ? o->threads : lex_cpu_count();
    options.stop = o->stop;
    lex_train_events events = o->events;
    options.progress = events.step && o->kind == LEX_KIND_LINEAR ? on_label : NULL;
    options.context = &events;
    lex_status st = lex_svm_train(svm, &x, &labels, n_features, run->labels.n_outputs, &options, n_unfinished, err);
    lex_sparse_release(&x);
    free(texts);
    release_labels(&own);
    return st;
}

lex_status lex_run_learn_terms(lex_vectorizer **vectorizer, lex_run *run, lex_err *err)
{
    int64_t n = run->summary->n_train, *texts = texts_of(&run->train, run->train_rows, n);
    lex_status st = lex_vectorizer_learn(vectorizer, run->terms, texts, n, run->options->linear.min_df, err);
    if (st == LEX_OK) {
        run->n_features = lex_vectorizer_n_features(*vectorizer);
    } else {
        lex_err_at(err, "%s", run->train.path);
        lex_err_hint(err, "a smaller --min-df takes rarer ones");
    }
    free(texts);
    return st;
}

void lex_run_tell_of_unsettled(const lex_run *run, int64_t n_unfinished, int64_t n)
{
    if (n_unfinished)
        lex_run_note(run, LEX_RUN_WARNING, "%lld of %lld labels had not settled after %lld passes: a smaller C does",
                     (long long)n_unfinished, (long long)n, (long long)lex_svm_options_default().max_passes);
}

lex_status lex_run_learn_linear(lex_vectorizer **vectorizer, lex_svm *svm, lex_run *run, lex_err *err)
{
    lex_status st = LEX_OK;
    int64_t n_unfinished = 0;
    LEX_TRY(lex_run_learn_terms(vectorizer, run, err));
    LEX_TRY(lex_run_learn_weights(svm, &n_unfinished, run, *vectorizer, run->train_rows, run->summary->n_train, err));
    lex_run_tell_of_unsettled(run, n_unfinished, run->labels.n_outputs);
done:
    return st;
}

/* run->model is the model then. */
static lex_status learn(lex_run *run, lex_err *err)
{
    lex_vectorizer *vectorizer = NULL;
    lex_svm svm = {.n_features = 0};
    lex_status st = lex_run_learn_linear(&vectorizer, &svm, run, err);
    if (st == LEX_OK) {
        run->model = lex_model_linear_new(run->labels.task, &run->labels.labels, vectorizer, &svm);
        vectorizer = NULL;
    }
    lex_vectorizer_free(vectorizer);
    lex_svm_release(&svm);
    return st;
}

float *lex_run_margins(const lex_run *run, const lex_dataset *data, const int64_t *rows, int64_t n)
{
    return lex_run_margins_by(run, run->model->vectorizer, &run->model->svm, data, rows, n);
}

float *lex_run_margins_by(const lex_run *run, const lex_vectorizer *vectorizer, const lex_svm *svm, const lex_dataset *data,
                          const int64_t *rows, int64_t n)
{
    if (n == 0)
        return NULL;
    float *margins = lex_alloc_array((size_t)(n * run->labels.n_outputs), sizeof *margins);
    int64_t *texts = texts_of(data, rows, n);
    lex_sparse x;
    lex_sparse_init(&x);
    lex_vectorizer_weigh(vectorizer, run->terms, texts, n, &x);
    lex_svm_margins(svm, &x, margins);
    lex_sparse_release(&x);
    free(texts);
    return margins;
}

static lex_scorer scorer_of(const lex_run *run)
{
    return (lex_scorer){.model = run->model, .labels = &run->labels, .names = &run->names};
}

static void calibrate(lex_run *run)
{
    lex_scorer scorer = scorer_of(run);
    float *margins = lex_run_margins(run, run->dev_data, run->dev_rows, run->summary->n_dev);
    lex_run_calibrate(&run->calibration, run, &scorer, margins);
    run->has_calibration = true;
    lex_model_calibrate(run->model, &run->calibration);
    const lex_metrics *dev = &run->calibration.after;
    lex_run_note(run, LEX_RUN_NOTE, "%lld labels, %lld features  dev: loss %.4f  accuracy %.4f  macro precision %.4f  "
                 "recall %.4f  F1 %.4f", (long long)run->labels.labels.n, (long long)run->n_features, dev->loss,
                 dev->accuracy, dev->macro.precision, dev->macro.recall, dev->macro.f1);
    lex_run_tell_of_calibration(run);
    free(margins);
}

static void judge_test(lex_run *run)
{
    lex_train_summary *summary = run->summary;
    lex_scorer scorer = scorer_of(run);
    lex_metric_names(&summary->labels, &scorer, &run->test);
    if (summary->n_test == 0)
        return;
    float *margins = lex_run_margins(run, &run->test, run->test_rows, summary->n_test);
    lex_score_judge(&summary->test, &scorer, &run->test, run->test_rows, summary->n_test, margins);
    summary->has_test = true;
    free(margins);
}

lex_status lex_run_linear(lex_run *run, lex_err *err)
{
    lex_status st = LEX_OK;
    run->terms = lex_terms_new(&run->options->linear.ngrams);
    LEX_TRY(lex_run_read_data(run, err));
    LEX_TRY(lex_run_try_out(run, err));
    LEX_TRY(learn(run, err));
    if (run->dev_data)
        calibrate(run);
    else
        lex_run_note(run, LEX_RUN_NOTE, "%lld labels, %lld features; without dev rows probabilities are not calibrated",
                     (long long)run->labels.labels.n, (long long)run->n_features);
    judge_test(run);
    LEX_TRY(lex_run_publish(run, run->out_dir, err));
    run->summary->run = lex_run_describe(run);
    lex_run_clear_partial(run);
done:
    return st;
}
