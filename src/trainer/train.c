/* train.c - a run from its options to a model folder: open, read, loop over epochs, keep the best, publish.
 *
 * Until the end OUT.partial holds the best epoch so far as a whole model folder; it is made beside and put in place in
 * one step, so that a kill at any moment leaves a whole one, or none. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "lexclf/file.h"
#include "lexclf/random.h"

enum { SHUFFLE_STREAM = 0x73687566, MAX_LENGTH_DEFAULT = 128 };

lex_train_options lex_train_options_default(void)
{
    lex_train_options options = {
        .dev_fraction = 0.1,
        .reader = lex_reader_options_default(),
        .task_auto = true,
        .pooling = LEX_POOLING_CLS,
        .device = "auto",
        .epochs = 5,
        .batch_size = 16,
        .lr = 2e-5,
        .weight_decay = 0.01,
        .warmup_ratio = 0.1,
        .clip = 1.0,
        .linear = {{1, 3, 2, 5}, 2, 3.0},
        .dropout = -1,
        .schedule = LEX_SCHEDULE_LINEAR,
        .pos_weight = 1,
        .calibrate = true,
        .thresholds_auto = true,
        .metric = "macro_f1",
        .seed = 1,
    };
    return options;
}

/* ---- before the first step ---- */

lex_status lex_run_check_out(const lex_run *run, lex_err *err)
{
    lex_metrics none = {0};
    double value;
    if (!lex_metrics_by_name(&value, &none, lex_str_of(run->options->metric)))
        return lex_err_set(err, LEX_ERR_USAGE, "no metric is called '%s'", run->options->metric);
    if (lex_path_kind_of(run->out_dir) != LEX_PATH_MISSING && !run->options->overwrite) {
        lex_err_set(err, LEX_ERR_USAGE, "%s exists", run->out_dir);
        lex_err_hint(err, "choose another --out, or replace it with --overwrite");
        return LEX_ERR_USAGE;
    }
    return LEX_OK;
}

/* Finds out now, not after an hour, whether the folder can be written. */
lex_status lex_run_try_out(lex_run *run, lex_err *err)
{
    lex_status st = lex_path_remove(run->next_dir, err);
    if (st == LEX_OK)
        st = lex_dir_make(run->next_dir, err);
    run->made_next = st == LEX_OK;
    if (st == LEX_OK && lex_path_kind_of(run->partial_dir) != LEX_PATH_MISSING)
        lex_run_note(run, LEX_RUN_NOTE, "%s of an earlier run is replaced when %s is done",
                     run->partial_dir, run->terms ? "the model" : "the first epoch");
    return st;
}

static lex_status choose_length(lex_run *run, lex_err *err)
{
    int64_t asked = run->options->max_length, positions = run->model->config.n_positions;
    if (asked == 0)
        asked = positions < MAX_LENGTH_DEFAULT ? positions : MAX_LENGTH_DEFAULT;
    return lex_model_length(&run->max_length, run->model, asked, err);
}

static void tell_of_weights(const lex_run *run)
{
    const lex_model *model = run->model;
    if (model->fresh.n)
        lex_run_note(run, LEX_RUN_NOTE, "a new head of %lld output%s is drawn by seed %llu",
                     (long long)run->labels.n_outputs, run->labels.n_outputs == 1 ? "" : "s",
                     (unsigned long long)run->options->seed);
    for (int64_t i = 0; i < model->fresh.n; i++)
        lex_run_note(run, LEX_RUN_DETAIL, "'%s' is new", model->fresh.items[i]);
    for (int64_t i = 0; i < model->unused.n; i++)
        lex_run_note(run, LEX_RUN_DETAIL, "'%s' in the encoder's weights is not used", model->unused.items[i]);
}

static lex_status open_run(lex_run *run, lex_err *err)
{
    const lex_train_options *o = run->options;
    lex_status st = LEX_OK;
    LEX_TRY(lex_run_check_out(run, err));
    LEX_TRY(lex_model_open(&run->model, o->encoder_dir, LEX_MODEL_ENCODER, err));
    LEX_TRY(choose_length(run, err));
    LEX_TRY(lex_run_read_data(run, err));
    LEX_TRY(lex_run_try_out(run, err));
    lex_model_prepare(run->model, run->labels.task, &run->labels.labels, o->pooling);
    if (run->first_bias)
        lex_model_begin_at(run->model, run->first_bias);
    LEX_TRY(lex_runtime_open(&run->runtime, o->device, o->threads, err));
    LEX_TRY(lex_model_encoder_to_train(&run->encoder, run->model, run->runtime, o->seed, err));
    tell_of_weights(run);
    run->batch_tokens = o->batch_tokens > 0 ? o->batch_tokens : lex_default_batch_tokens(run->runtime);
    lex_optimizer_options adamw = {0.9, 0.999, 1e-8, o->weight_decay, o->clip, run->pos_weights};
    run->optimizer = lex_optimizer_new(run->encoder, run->runtime, &adamw);
    run->kept = lex_scope_new(run->runtime);
    run->epochs = lex_json_new_array();
done:
    return st;
}

/* ---- an epoch ---- */

static bool stopped(const lex_run *run)
{
    return run->options->stop && *run->options->stop;
}

static lex_train_example example_of(const lex_run *run, int64_t row)
{
    const lex_dataset *data = &run->train;
    const lex_example *example = &data->examples[row];
    lex_train_example out = {.ids = data->ids + example->ids_at, .n = example->n};
    if (run->targets)
        out.targets = run->targets + row * run->labels.n_outputs;
    else
        out.label = run->labels.to_label[data->names[example->names_at]];
    return out;
}

typedef struct {
    int64_t n_steps, warmup_steps; /* of the whole run */
    int64_t step, tokens;          /* done */
} progress;

static lex_status train_epoch(lex_run *run, int64_t epoch, progress *at, double *mean_loss, lex_err *err)
{
    const lex_train_options *o = run->options;
    int64_t n = run->summary->n_train;
    int64_t *order = lex_alloc_array((size_t)n, sizeof *order);
    lex_train_example *batch = lex_alloc_array((size_t)o->batch_size, sizeof *batch);
    lex_status st = LEX_OK;
    lex_rng rng;
    memcpy(order, run->train_rows, (size_t)n * sizeof *order);
    lex_rng_init(&rng, o->seed, ((uint64_t)SHUFFLE_STREAM << 32) + (uint64_t)epoch);
    lex_rng_shuffle(&rng, order, n);
    double sum = 0;
    for (int64_t first = 0; first < n; first += o->batch_size) {
        int64_t size = n - first < o->batch_size ? n - first : o->batch_size;
        for (int64_t i = 0; i < size; i++) {
            batch[i] = example_of(run, order[first + i]);
            at->tokens += batch[i].n;
        }
        lex_train_mode mode = {o->dropout, o->dropout, o->dropout, o->seed, (uint32_t)at->step};
        double rate = o->lr * lex_schedule_factor(o->schedule, at->step, at->n_steps, at->warmup_steps), loss;
        LEX_TRY(lex_optimizer_step(run->optimizer, &loss, run->labels.task, batch, size, run->batch_tokens, rate, &mode,
                                   err));
        sum += loss * (double)size;
        at->step++;
        if (o->events.step)
            o->events.step(o->events.context, at->step, at->n_steps, at->tokens, loss);
        if (stopped(run)) {
            st = lex_err_set(err, LEX_ERR_INTERRUPTED, "interrupted in epoch %lld of %lld", (long long)epoch,
                             (long long)o->epochs);
            goto done;
        }
    }
    *mean_loss = sum / (double)n;
done:
    free(batch);
    free(order);
    return st;
}

static lex_scorer scorer_of(lex_run *run)
{
    return (lex_scorer){run->model, run->encoder, run->runtime, &run->labels, &run->names, run->options->batch_tokens};
}

lex_status lex_run_save(lex_run *run, lex_err *err)
{
    const lex_reader_options *reader = &run->options->reader;
    const char *default_columns[] = {"text"};
    lex_strings label_columns = {0};
    for (int i = 0; i < reader->n_label_columns; i++)
        LEX_ASSERT(lex_names_split(&label_columns, reader->label_columns[i]));
    lex_json *description = lex_run_describe(run);
    lex_model_save_options options = {
        .max_length = run->max_length,
        .text_columns = reader->n_text_columns ? reader->text_columns : default_columns,
        .n_text_columns = reader->n_text_columns ? reader->n_text_columns : 1,
        .label_separator = reader->label_separator,
        .label_columns = &label_columns,
        .run = description,
    };
    lex_status st = lex_model_save(run->model, run->encoder, run->next_dir, &options, err);
    if (st == LEX_OK)
        st = lex_dir_publish(run->next_dir, run->partial_dir, err);
    lex_json_free(description);
    lex_strings_release(&label_columns);
    /* In place even where only the sync after it failed. */
    bool stands = lex_path_kind_of(run->partial_dir) == LEX_PATH_DIR && lex_path_kind_of(run->next_dir) == LEX_PATH_MISSING;
    if ((st == LEX_OK || stands) && !run->summary->kept_dir)
        run->summary->kept_dir = lex_strdup(run->partial_dir);
    return st;
}

static lex_status keep_best(lex_run *run, lex_err *err)
{
    lex_scope_reset(run->kept);
    run->best = lex_tensor_clone(run->kept, lex_encoder_weights(run->encoder));
    lex_status st = lex_scope_status(run->kept, err);
    return st == LEX_OK ? lex_run_save(run, err) : st;
}

void lex_run_calibrate(lex_calibration *out, lex_run *run, const lex_scorer *scorer, const float *logits)
{
    const lex_train_options *o = run->options;
    lex_calibration_options how = {o->calibrate ? LEX_CALIBRATE_TEMPERATURE : LEX_CALIBRATE_OFF, o->thresholds, run->shift};
    lex_scores *scores = lex_score_plain(scorer, run->dev_data, run->dev_rows, run->summary->n_dev, logits);
    if (o->thresholds_auto)
        how.thresholds.goal = lex_goal_of_task(run->labels.task);
    lex_model_uncalibrate(run->model);
    lex_calibrate(out, run->model, scores, logits, &how);
    lex_scores_free(scores);
}

/* Calibrates and judges the epoch on the dev set. An epoch is judged as it would be delivered, calibrated and with its
 * thresholds: at 0.5 a model of rare labels says "none" to everything for epochs, and which of them is best then is
 * chance. */
static lex_status judge_epoch(lex_calibration *out, lex_run *run, lex_err *err)
{
    lex_scorer scorer = scorer_of(run);
    float *logits = NULL;
    lex_status st = lex_score_logits(&logits, &scorer, run->dev_data, run->dev_rows, run->summary->n_dev, err);
    if (st == LEX_OK)
        lex_run_calibrate(out, run, &scorer, logits);
    free(logits);
    return st;
}

/* Whether `value` of the metric beats the best one; the first that is a number at all does. */
static bool is_better(const lex_run *run, double value)
{
    double best = run->summary->best_value;
    if (isnan(value) || isnan(best))
        return !isnan(value) || run->summary->best_epoch == 0;
    return lex_metric_is_gain(lex_str_of(run->options->metric)) ? value > best : value < best;
}

/* Scores the dev set, tells about the epoch, keeps it when it is the best so far. */
static lex_status finish_epoch(lex_run *run, int64_t epoch, double train_loss, double started_s, lex_err *err)
{
    const lex_train_options *o = run->options;
    lex_train_summary *summary = run->summary;
    lex_calibration dev = {0};
    lex_status st = LEX_OK;
    bool best = true, has_dev = run->dev_data != NULL;
    if (has_dev) {
        double value = 0;
        LEX_TRY(judge_epoch(&dev, run, err));
        lex_metrics_by_name(&value, &dev.after, lex_str_of(o->metric));
        best = is_better(run, value);
        if (best)
            summary->best_value = value;
    }
    lex_run_add_epoch(run, epoch, train_loss, has_dev ? &dev : NULL);
    if (best)
        summary->best_epoch = epoch;
    if (o->events.epoch)
        o->events.epoch(o->events.context, epoch, o->epochs, train_loss, has_dev ? &dev.after : NULL, best,
                        lex_now_s() - started_s);
    if (best && has_dev) {
        lex_calibration_release(&run->calibration);
        run->calibration = dev;
        run->has_calibration = true;
        dev = (lex_calibration){0};
    }
    if (run->has_calibration)
        lex_model_calibrate(run->model, &run->calibration);
    if (best && (has_dev || epoch == o->epochs))
        LEX_TRY(keep_best(run, err));
done:
    lex_calibration_release(&dev);
    return st;
}

/* ---- the whole ---- */

static lex_status run_epochs(lex_run *run, double started_s, lex_err *err)
{
    const lex_train_options *o = run->options;
    int64_t steps_an_epoch = (run->summary->n_train + o->batch_size - 1) / o->batch_size;
    progress at = {.n_steps = steps_an_epoch * o->epochs};
    at.warmup_steps = (int64_t)ceil(o->warmup_ratio * (double)at.n_steps);
    lex_status st = LEX_OK;
    for (int64_t epoch = 1; st == LEX_OK && epoch <= o->epochs; epoch++) {
        double loss = 0;
        st = train_epoch(run, epoch, &at, &loss, err);
        if (st == LEX_OK)
            st = finish_epoch(run, epoch, loss, started_s, err);
    }
    run->summary->tokens = at.tokens;
    return st;
}

void lex_run_tell_of_calibration(const lex_run *run)
{
    lex_strings lines = {0};
    if (run->has_calibration)
        lex_calibration_lines(&lines, &run->calibration, &run->labels.labels);
    for (int64_t i = 0; i < lines.n; i++)
        lex_run_note(run, LEX_RUN_NOTE, "%s", lines.items[i]);
    lex_strings_release(&lines);
}

lex_status lex_run_publish(lex_run *run, lex_err *err)
{
    lex_status st = lex_dir_publish(run->partial_dir, run->out_dir, err);
    if (st != LEX_OK)
        return st;
    free(run->summary->kept_dir);
    run->summary->kept_dir = lex_strdup(run->out_dir);
    return LEX_OK;
}

/* The best epoch's weights again, the test set, the final description, and the folder in its place. */
static lex_status finish(lex_run *run, lex_err *err)
{
    lex_train_summary *summary = run->summary;
    lex_scorer scorer = scorer_of(run);
    lex_status st = LEX_OK;
    lex_run_tell_of_calibration(run);
    lex_tensor_copy(run->kept, lex_encoder_weights(run->encoder), run->best);
    LEX_TRY(lex_scope_status(run->kept, err));
    lex_metric_names(&summary->labels, &scorer, &run->test);
    if (summary->n_test) {
        LEX_TRY(lex_score_examples(&summary->test, &scorer, &run->test, run->test_rows, summary->n_test, err));
        summary->has_test = true;
    }
    LEX_TRY(lex_run_save(run, err));
    summary->run = lex_run_describe(run);
    st = lex_run_publish(run, err);
done:
    return st;
}

static void close_run(lex_run *run)
{
    lex_err ignored = {0};
    if (run->made_next && lex_path_remove(run->next_dir, &ignored) != LEX_OK)
        lex_run_note(run, LEX_RUN_WARNING, "%s", ignored.message);
    lex_json_free(run->epochs);
    lex_optimizer_free(run->optimizer);
    lex_scope_free(run->kept);
    lex_encoder_free(run->encoder);
    lex_runtime_close(run->runtime);
    lex_model_free(run->model);
    lex_terms_free(run->terms);
    lex_dataset_release(&run->train);
    lex_dataset_release(&run->dev);
    lex_dataset_release(&run->test);
    lex_label_set_release(&run->labels);
    lex_name_table_release(&run->names);
    free(run->train_rows);
    free(run->dev_rows);
    free(run->test_rows);
    free(run->targets);
    free(run->pos_weights);
    free(run->shift);
    free(run->first_bias);
    lex_calibration_release(&run->calibration);
    free(run->out_dir);
    free(run->partial_dir);
    free(run->next_dir);
}

lex_status lex_train(lex_train_summary *summary, const lex_train_options *options, lex_err *err)
{
    lex_run run = {.options = options, .summary = summary};
    double started_s = lex_now_s();
    lex_status st = LEX_OK;
    memset(summary, 0, sizeof *summary);
    summary->best_value = NAN;
    run.out_dir = lex_path_trimmed(options->out_dir);
    run.partial_dir = lex_path_with_suffix(run.out_dir, ".partial");
    run.next_dir = lex_path_with_suffix(run.out_dir, ".partial.next");
    if (options->kind == LEX_KIND_LINEAR) {
        st = lex_run_linear(&run, err);
        goto done;
    }
    LEX_TRY(open_run(&run, err));
    LEX_TRY(run_epochs(&run, started_s, err));
    LEX_TRY(finish(&run, err));
done:
    summary->elapsed_s = lex_now_s() - started_s;
    close_run(&run);
    return st;
}

void lex_train_summary_release(lex_train_summary *summary)
{
    lex_json_free(summary->run);
    if (summary->has_test)
        lex_metrics_release(&summary->test);
    lex_strings_release(&summary->labels);
    free(summary->kept_dir);
    memset(summary, 0, sizeof *summary);
}
