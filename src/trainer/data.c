/* data.c - the files of a run, read and checked before anything is computed: whatever is wrong with them shows at
 * once. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static lex_status read_files(lex_run *run, lex_err *err)
{
    const lex_train_options *o = run->options;
    const bool unasked = o->kind == LEX_KIND_ENCODER && !o->fuse_linear && o->distill_linear < 0;
    const lex_text_form form = {run->model ? run->model->tokenizer : NULL, &run->cut, run->terms, unasked};
    lex_text_form judged = form; /* of which --distill-linear needs no terms */
    if (o->kind == LEX_KIND_ENCODER && !o->fuse_linear)
        judged.terms = NULL;
    lex_status st = LEX_OK;
    LEX_TRY(lex_dataset_read(&run->train, &run->names, o->train_path, &form, o, err));
    run->n_train_names = run->names.names.n;
    if (o->dev_path)
        LEX_TRY(lex_dataset_read(&run->dev, &run->names, o->dev_path, &judged, o, err));
    if (o->test_path)
        LEX_TRY(lex_dataset_read(&run->test, &run->names, o->test_path, &judged, o, err));
done:
    return st;
}

/* A dev set with a label that cannot be learned is a mistake in one of the files; a test set may hold one. */
static lex_status check_labels_of(lex_run *run, const lex_dataset *data, bool is_dev, lex_err *err)
{
    lex_status st = lex_check_label_counts(data, run->labels.task, err);
    int64_t n_unknown = 0;
    for (int64_t i = 0; st == LEX_OK && i < data->n_examples; i++) {
        const lex_example *example = &data->examples[i];
        for (int64_t k = 0; k < example->n_names; k++) {
            int32_t name = data->names[example->names_at + k];
            if (run->labels.to_label[name] >= 0)
                continue;
            const char *text = run->names.names.items[name];
            if (is_dev) {
                lex_err_set(err, LEX_ERR_INPUT, "%s:%lld: label '%s' does not occur in %s",
                            lex_dataset_file(data, example), (long long)example->line, text, run->train.path);
                lex_err_hint(err, "correct the label, or move a row that has it to the training file");
                return LEX_ERR_INPUT;
            }
            if (n_unknown++ == 0)
                lex_run_note(run, LEX_RUN_WARNING, "%s:%lld: label '%s' does not occur in %s: it counts as never "
                             "predicted", lex_dataset_file(data, example), (long long)example->line, text, run->train.path);
        }
    }
    return st;
}

static void warn_of_equal_files(const lex_run *run)
{
    const lex_dataset *train = &run->train, *dev = &run->dev, *test = &run->test;
    if (dev->n_examples && strcmp(dev->sha256, train->sha256) == 0)
        lex_run_note(run, LEX_RUN_WARNING, "%s holds the same bytes as %s: the dev scores will be too good", dev->path,
                     train->path);
    if (test->n_examples && strcmp(test->sha256, train->sha256) == 0)
        lex_run_note(run, LEX_RUN_WARNING, "%s holds the same bytes as %s: the test scores will be too good",
                     test->path, train->path);
    if (test->n_examples && dev->n_examples && strcmp(test->sha256, dev->sha256) == 0)
        lex_run_note(run, LEX_RUN_WARNING, "%s holds the same bytes as %s: the test scores will be too good",
                     test->path, dev->path);
}

static int64_t *all_rows(const lex_dataset *data)
{
    int64_t *rows = lex_alloc_array((size_t)data->n_examples, sizeof *rows);
    for (int64_t i = 0; i < data->n_examples; i++)
        rows[i] = i;
    return rows;
}

static void choose_rows(lex_run *run)
{
    const lex_train_options *o = run->options;
    lex_train_summary *summary = run->summary;
    run->test_rows = all_rows(&run->test);
    summary->n_test = run->test.n_examples;
    run->train_rows = all_rows(&run->train);
    summary->n_train = run->train.n_examples;
    if (o->dev_path) {
        run->dev_data = &run->dev;
        run->dev_rows = all_rows(&run->dev);
        summary->n_dev = run->dev.n_examples;
        return;
    }
    run->dev_rows = lex_alloc_array((size_t)run->train.n_examples, sizeof *run->dev_rows);
    lex_split(run->train_rows, &summary->n_train, run->dev_rows, &summary->n_dev, &run->train, run->names.names.n,
              o->dev_fraction, o->seed);
    run->dev_data = summary->n_dev ? &run->train : NULL;
    if (o->dev_fraction > 0 && summary->n_dev == 0)
        lex_run_note(run, LEX_RUN_WARNING, "%s is too small to hold rows out: %s", run->train.path,
                     !run->model ? "probabilities are not calibrated" : "the last epoch is kept");
}

/* 0 and 1 for every output; BINARY has one, for the positive label. */
static void make_targets(lex_run *run)
{
    const lex_dataset *train = &run->train;
    int64_t K = run->labels.n_outputs;
    if (run->labels.task == LEX_TASK_SINGLE)
        return;
    run->targets = lex_alloc_zeroed((size_t)(train->n_examples * K), 1);
    for (int64_t i = 0; i < train->n_examples; i++) {
        const lex_example *example = &train->examples[i];
        for (int64_t k = 0; k < example->n_names; k++) {
            int32_t label = run->labels.to_label[train->names[example->names_at + k]];
            if (label < K)
                run->targets[i * K + label] = 1;
        }
    }
}

#define CLASS_WEIGHT_POWER 0.3

static lex_status weigh_classes(lex_run *run, lex_err *err)
{
    int64_t K = run->labels.n_outputs, n = run->summary->n_train;
    const char *path = run->options->class_weights_path;
    double power = run->options->class_weight_power;
    if (power < 0)
        power = CLASS_WEIGHT_POWER;
    if (power == 0 && !path)
        return LEX_OK;
    run->class_weights = lex_alloc_zeroed((size_t)K, sizeof *run->class_weights);
    if (path)
        return lex_class_weights_read(run->class_weights, path, &run->labels.labels, err);
    for (int64_t i = 0; i < n; i++)
        run->class_weights[lex_run_label_of(run, run->train_rows[i])]++;
    for (int64_t k = 0; k < K; k++) /* a label of which all rows were held out counts as if it had one */
        run->class_weights[k] = pow((double)n / (double)K / fmax(run->class_weights[k], 1), power);
    return LEX_OK;
}

/* Weights, what they add to the logits, and where the head's bias begins: at the frequency of each label as the weighted
 * loss sees it (Lin et al., "Focal Loss for Dense Object Detection", ICCV 2017, section 3.3). From a bias of 0, where
 * every label is as likely as not, a step moves it by the learning rate at most, and the way down to a rare label's is
 * shorter through the encoder: it learns features that say "none" to everything, and stays there. */
static lex_status weigh_labels(lex_run *run, lex_err *err)
{
    int64_t K = run->labels.n_outputs, n = run->summary->n_train;
    double asked = run->options->pos_weight;
    if (run->labels.task == LEX_TASK_SINGLE)
        return weigh_classes(run, err);
    run->first_bias = lex_alloc_array((size_t)K, sizeof *run->first_bias);
    if (asked != 1) {
        run->pos_weights = lex_alloc_array((size_t)K, sizeof *run->pos_weights);
        run->shift = lex_alloc_array((size_t)K, sizeof *run->shift);
    }
    for (int64_t k = 0; k < K; k++) {
        int64_t with = 0;
        for (int64_t i = 0; i < n; i++)
            with += run->targets[run->train_rows[i] * K + k];
        double odds = ((double)with + 0.5) / ((double)(n - with) + 0.5); /* half a record: neither side is never */
        double weight = asked >= 0 ? asked : fmin(fmax(sqrt(1 / odds), 1), LEX_POS_WEIGHT_MAX);
        run->first_bias[k] = log(weight * odds);
        if (asked != 1) {
            run->pos_weights[k] = weight;
            run->shift[k] = -log(weight);
        }
    }
    return LEX_OK;
}

/* Options that only a task with thresholds has a use for; the task is known now. */
static lex_status check_task(const lex_run *run, lex_err *err)
{
    const lex_train_options *o = run->options;
    bool tunes = !o->thresholds_auto && o->thresholds.goal != LEX_GOAL_NONE;
    bool weighs = o->class_weight_power > 0 || o->class_weights_path;
    const char *softens = o->label_smoothing != 0 ? "--label-smoothing" : o->distill_linear > 0 ? "--distill-linear" : NULL;
    if (run->labels.task != LEX_TASK_SINGLE && (weighs || softens)) {
        lex_err_set(err, LEX_ERR_USAGE, "%s is for one label a record; the rows of %s have task '%s'",
                    weighs ? "--class-weights" : softens, run->train.path, lex_task_name(run->labels.task));
        if (weighs)
            lex_err_hint(err, "--pos-weight makes true labels count more");
        return LEX_ERR_USAGE;
    }
    if (run->labels.task != LEX_TASK_SINGLE || (!tunes && o->pos_weight == 1))
        return LEX_OK;
    return lex_err_set(err, LEX_ERR_USAGE, "%s is for tasks 'multi' and 'binary'; the rows of %s have one label each",
                       tunes ? "--tune-thresholds" : "--pos-weight", run->train.path);
}

static void tell_of_windows(const lex_run *run, double rows, double share)
{
    const lex_dataset *train = &run->train;
    const int64_t many = 4; /* a row, on the average: an epoch takes so many times that of texts that are cut, and more */
    char less[120] = "";
    if (run->options->train_windows)
        snprintf(less, sizeof less, "; learned from at most %lld a row each time", (long long)run->options->train_windows);
    else if (train->n_windows > many * train->n_examples)
        snprintf(less, sizeof less, "; --train-windows %lld would learn from %lld a row each time, in a part of the time",
                 (long long)many, (long long)many);
    lex_run_note(run, LEX_RUN_NOTE, "%lld of %lld training rows (%.1f%%) are longer than %lld tokens: %lld windows in all, up to "
                 "%lld a row%s; cut there, %lld tokens, %.1f%% of all, would not be seen", (long long)train->n_long,
                 (long long)train->n_examples, rows, (long long)run->max_length, (long long)train->n_windows,
                 (long long)train->most_windows, less, (long long)train->n_beyond, share);
}

/* What is cut off, or what would be. */
static void tell_of_lengths(const lex_run *run)
{
    const lex_dataset *train = &run->train;
    if (train->n_long == 0)
        return;
    const double rows = 100.0 * (double)train->n_long / (double)train->n_examples;
    const double share = 100.0 * (double)train->n_beyond / (double)train->n_tokens;
    if (run->cut.stride == 0)
        lex_run_note(run, LEX_RUN_NOTE, "%lld of %lld training rows (%.1f%%) are longer than %lld tokens and are cut "
                     "(--max-length): %lld tokens, %.1f%% of all, are not seen; --windows reads all of them",
                     (long long)train->n_long, (long long)train->n_examples, rows, (long long)run->max_length,
                     (long long)train->n_beyond, share);
    else
        tell_of_windows(run, rows, share);
}

lex_status lex_run_read_data(lex_run *run, lex_err *err)
{
    lex_status st = LEX_OK;
    LEX_TRY(read_files(run, err));
    LEX_TRY(lex_label_set_make(&run->labels, run->options, &run->names, run->n_train_names, &run->train, err));
    LEX_TRY(check_task(run, err));
    LEX_TRY(check_labels_of(run, &run->dev, true, err));
    LEX_TRY(check_labels_of(run, &run->test, false, err));
    warn_of_equal_files(run);
    choose_rows(run);
    make_targets(run);
    LEX_TRY(weigh_labels(run, err));
    lex_recipe_of_data(run);
    tell_of_lengths(run);
done:
    return st;
}
