/* summary.c - what a run was and how it went, as the JSON that goes into lexclf.json and to --json. No clock time and
 * no path: the same run gives the same bytes. */
#include <math.h>
#include <stdarg.h>
#include <stdio.h>

#include "internal.h"
#include "lexclf/file.h"

void lex_run_note(const lex_run *run, lex_run_importance importance, const char *format, ...)
{
    const lex_train_events *events = &run->options->events;
    void (*const tell[])(void *context, const char *text) = {events->note, events->warning, events->detail};
    char text[1000];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    if (tell[importance])
        tell[importance](events->context, text);
}

static lex_json *weights_json(const lex_run *run, const double *weights)
{
    lex_json *json = lex_json_new_object();
    for (int64_t k = 0; k < run->labels.n_outputs; k++)
        lex_json_append(json, run->labels.labels.items[k], lex_json_new_number(weights[k]));
    return json;
}

static void put_range(lex_json *to, const char *name, int low, int high)
{
    lex_json *range = lex_json_new_array();
    lex_json_push(range, lex_json_new_number(low));
    lex_json_push(range, lex_json_new_number(high));
    lex_json_put(to, name, range);
}

lex_json *lex_run_linear_options(const lex_run *run)
{
    const lex_linear_options *linear = &run->options->linear;
    lex_json *json = lex_json_new_object();
    put_range(json, "word_ngrams", linear->ngrams.word_low, linear->ngrams.word_high);
    put_range(json, "char_ngrams", linear->ngrams.char_low, linear->ngrams.char_high);
    lex_json_put_number(json, "min_df", (double)linear->min_df);
    lex_json_put_number(json, "C", linear->C);
    return json;
}

static lex_json *linear_options_json(const lex_run *run)
{
    const lex_train_options *o = run->options;
    lex_json *json = lex_run_linear_options(run);
    if (!o->dev_path)
        lex_json_put_number(json, "dev_fraction", o->dev_fraction);
    lex_json_put_number(json, "seed", (double)o->seed);
    return json;
}

static void put_threshold_rule(lex_json *to, const lex_run *run)
{
    const lex_train_options *o = run->options;
    lex_threshold_rule rule = o->thresholds;
    lex_buf text;
    if (run->labels.task == LEX_TASK_SINGLE)
        return;
    if (o->thresholds_auto)
        rule.goal = lex_goal_of_task(run->labels.task);
    lex_buf_init(&text);
    lex_threshold_rule_print(&text, &rule);
    lex_json_put_string(to, "tune_thresholds", text.ptr);
    lex_buf_release(&text);
}

/* Those that are off have no line, so that older runs look as they did. */
static void put_regularisers(lex_json *to, const lex_train_options *o)
{
    const struct {
        const char *name;
        double value;
    } numbers[] = {{"ema", o->ema}, {"fgm", o->fgm}, {"r_drop", o->r_drop}, {"focal", o->focal},
                   {"frozen_blocks", (double)o->n_frozen}};
    if (o->optimizer != LEX_OPTIMIZER_ADAMW)
        lex_json_put_string(to, "optimizer", o->optimizer == LEX_OPTIMIZER_SGD ? "sgd" : "adafactor");
    if (o->optimizer == LEX_OPTIMIZER_SGD)
        lex_json_put_number(to, "momentum", o->momentum);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        if (numbers[i].value != 0)
            lex_json_put_number(to, numbers[i].name, numbers[i].value);
    if (o->augment.mask == 0 && o->augment.drop == 0 && o->augment.swap == 0)
        return;
    lex_json *augment = lex_json_new_object();
    lex_json_put_number(augment, "mask", o->augment.mask);
    lex_json_put_number(augment, "delete", o->augment.drop);
    lex_json_put_number(augment, "swap", o->augment.swap);
    lex_json_put(to, "augment", augment);
}

static lex_json *distill_json(const lex_run *run)
{
    lex_json *json = lex_run_linear_options(run);
    lex_json_put_number(json, "share", run->options->distill_linear);
    return json;
}

static lex_json *options_json(const lex_run *run)
{
    static const char *const schedules[] = {"linear", "constant", "cosine", "inverse-sqrt", "polynomial"};
    const lex_train_options *o = run->options;
    lex_json *json = lex_json_new_object();
    lex_json_put_number(json, "epochs", (double)o->epochs);
    lex_json_put_number(json, "lr", o->lr);
    lex_json_put_string(json, "schedule", schedules[o->schedule]);
    if (o->schedule == LEX_SCHEDULE_POLYNOMIAL) {
        lex_json_put_number(json, "schedule_power", o->schedule_power);
        lex_json_put_number(json, "lr_end", o->lr_end);
    }
    if (o->warmup_steps >= 0)
        lex_json_put_number(json, "warmup_steps", (double)o->warmup_steps);
    else
        lex_json_put_number(json, "warmup_ratio", o->warmup_ratio);
    if (o->head_lr > 0)
        lex_json_put_number(json, "head_lr", o->head_lr);
    if (o->layer_decay > 0 && o->layer_decay != 1)
        lex_json_put_number(json, "layer_decay", o->layer_decay);
    if (o->label_smoothing > 0)
        lex_json_put_number(json, "label_smoothing", o->label_smoothing);
    if (o->distill_linear > 0)
        lex_json_put(json, "distill_linear", distill_json(run));
    if (run->class_weights)
        lex_json_put(json, "class_weights", weights_json(run, run->class_weights));
    put_regularisers(json, o);
    if (o->dev_every > 1 && run->summary->n_dev)
        lex_json_put_number(json, "dev_every", (double)o->dev_every);
    if (o->patience) {
        lex_json_put_number(json, "patience", (double)o->patience);
        lex_json_put_number(json, "min_delta", o->min_delta);
    }
    lex_json_put_string(json, "dtype", lex_precision_name(run->precision));
    lex_json_put_number(json, "batch_size", (double)o->batch_size);
    lex_json_put_number(json, "batch_tokens", (double)run->batch_tokens);
    if (o->checkpoint_activations)
        lex_json_put_bool(json, "checkpoint_activations", true);
    lex_json_put_number(json, "max_length", (double)run->max_length);
    if (run->model->normalize != LEX_NORMALIZE_OFF)
        lex_json_put_string(json, "normalize", lex_normalize_name(run->model->normalize));
    if (o->windows != LEX_WINDOWS_OFF) {
        lex_json_put_string(json, "windows", lex_windows_name(o->windows));
        lex_json_put_number(json, "stride", (double)run->cut.stride);
        if (o->train_windows)
            lex_json_put_number(json, "train_windows", (double)o->train_windows);
    }
    lex_json_put_number(json, "weight_decay", o->weight_decay);
    lex_json_put_number(json, "clip", o->clip);
    if (o->dropout >= 0)
        lex_json_put_number(json, "dropout", o->dropout);
    if (o->fuse_linear)
        lex_json_put(json, "fuse_linear", lex_run_linear_options(run));
    lex_json_put_string(json, "metric", o->metric);
    put_threshold_rule(json, run);
    lex_json_put_string(json, "calibrate", o->calibrate ? "temperature" : "off");
    if (run->pos_weights)
        lex_json_put(json, "pos_weight", weights_json(run, run->pos_weights));
    if (!o->dev_path)
        lex_json_put_number(json, "dev_fraction", o->dev_fraction);
    lex_json_put_number(json, "seed", (double)o->seed);
    return json;
}

static void put_data(lex_json *to, const char *name, const lex_dataset *data, int64_t n_rows)
{
    if (n_rows == 0)
        return;
    lex_json *json = lex_json_new_object();
    lex_json_put_number(json, "rows", (double)n_rows);
    lex_json_put_number(json, "truncated", data->n_windows ? 0 : (double)data->n_long);
    if (data->n_long && data->n_windows == 0)
        lex_json_put_number(json, "tokens_cut", (double)data->n_beyond);
    if (data->n_windows)
        lex_json_put_number(json, "windows", (double)data->n_windows);
    if (data->n_bad)
        lex_json_put_number(json, "bad_rows", (double)data->n_bad);
    lex_json_put_string(json, "sha256", data->sha256);
    lex_json_put(to, name, json);
}

static lex_json *data_json(const lex_run *run)
{
    const lex_train_summary *summary = run->summary;
    lex_json *json = lex_json_new_object();
    put_data(json, "train", &run->train, summary->n_train);
    if (run->options->dev_path)
        put_data(json, "dev", &run->dev, summary->n_dev);
    else if (summary->n_dev)
        lex_json_put_number(json, "dev_rows_held_out", (double)summary->n_dev);
    put_data(json, "test", &run->test, summary->n_test);
    return json;
}

lex_json *lex_run_short_metrics(const lex_metrics *metrics)
{
    lex_json *json = lex_json_new_object();
    lex_json_put_number(json, "loss", metrics->loss);
    lex_json_put_number(json, "accuracy", metrics->accuracy);
    lex_json_put_number(json, "macro_precision", metrics->macro.precision);
    lex_json_put_number(json, "macro_recall", metrics->macro.recall);
    lex_json_put_number(json, "macro_f1", metrics->macro.f1);
    lex_json_put_number(json, "micro_f1", metrics->micro.f1);
    lex_json_put_number(json, "aupr_macro", metrics->aupr_macro);
    return json;
}

/* What the epoch's model would be without temperature, shift and thresholds. */
static lex_json *plain_metrics(const lex_metrics *metrics)
{
    lex_json *json = lex_json_new_object();
    lex_json_put_number(json, "loss", metrics->loss);
    lex_json_put_number(json, "ece", metrics->ece);
    lex_json_put_number(json, "macro_f1", metrics->macro.f1);
    return json;
}

void lex_run_add_epoch(lex_run *run, int64_t epoch, double train_loss, const lex_calibration *calibration)
{
    lex_json *json = lex_json_new_object();
    lex_json_put_number(json, "epoch", (double)epoch);
    lex_json_put_number(json, "train_loss", train_loss);
    if (calibration) {
        lex_json_put(json, "dev", lex_run_short_metrics(&calibration->after));
        lex_json_put(json, "dev_uncalibrated", plain_metrics(&calibration->before));
    }
    if (calibration && run->options->fuse_linear)
        lex_json_put_number(json, "fusion_weight", run->judged.weight);
    lex_json_push(run->epochs, json);
}

static lex_json *fusion_json(const lex_run *run)
{
    const lex_fusion *fusion = &run->fusion;
    lex_json *json = lex_json_new_object();
    lex_json_put_number(json, "features", (double)run->n_features);
    lex_json_put_number(json, "weight", run->model->fusion_weight);
    lex_json_put_bool(json, "fitted", fusion->fitted);
    lex_json_put_number(json, "n", (double)fusion->n);
    if (fusion->fitted)
        lex_json_put_number(json, "weight_of_least_loss", fusion->of_least_loss);
    if (run->parts)
        lex_json_put(json, "parts", lex_json_copy(run->parts));
    return json;
}

static lex_json *loss_scale_json(const lex_run *run)
{
    lex_json *json = lex_json_new_object();
    lex_json_put_number(json, "last", lex_optimizer_loss_scale(run->optimizer).scale);
    lex_json_put_number(json, "overflows", (double)run->at.n_overflows);
    return json;
}

lex_json *lex_run_describe(const lex_run *run)
{
    const lex_train_summary *summary = run->summary;
    int threads = run->options->threads > 0 ? run->options->threads : lex_cpu_count();
    lex_json *json = lex_json_new_object();
    lex_json_put_string(json, "lexclf", LEXCLF_VERSION);
    if (run->options->kind == LEX_KIND_LINEAR) { /* neither libtorch nor the number of threads counts */
        lex_json_put(json, "options", linear_options_json(run));
        lex_json_put(json, "data", data_json(run));
        lex_json_put_number(json, "features", (double)lex_vectorizer_n_features(run->model->vectorizer));
        if (run->has_calibration)
            lex_json_put(json, "dev", lex_run_short_metrics(&run->calibration.after));
    } else {
        lex_json_put_string(json, "libtorch", lex_runtime_torch_version(run->runtime));
        lex_json_put_string(json, "device", lex_runtime_device(run->runtime));
        lex_json_put_number(json, "threads", threads);
        lex_json_put_string(json, "encoder_sha256", run->encoder_sha256);
        lex_json_put(json, "options", options_json(run));
        lex_json_put(json, "data", data_json(run));
        lex_json_put(json, "epochs", lex_json_copy(run->epochs));
        lex_json_put_number(json, "best_epoch", (double)summary->best_epoch);
    }
    if (run->at.n_skipped)
        lex_json_put_number(json, "steps_left_out", (double)run->at.n_skipped);
    if (run->precision == LEX_PRECISION_FP16)
        lex_json_put(json, "loss_scale", loss_scale_json(run));
    if (run->options->fuse_linear)
        lex_json_put(json, "fusion", fusion_json(run));
    if (isfinite(summary->best_value))
        lex_json_put_number(json, "best_value", summary->best_value);
    if (run->has_calibration)
        lex_json_put(json, "calibration", lex_calibration_json(&run->calibration, &run->labels.labels));
    if (summary->has_test)
        lex_json_put(json, "test", lex_metrics_json(&summary->test, &summary->labels));
    return json;
}
