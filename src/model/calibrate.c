/* calibrate.c - temperature and thresholds fitted on answers with known labels, told of, and written into lexclf.json. */
#include "lexclf/calibration.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static double *copy_doubles(const double *values, int64_t n)
{
    if (!values)
        return NULL;
    double *copy = lex_alloc_array((size_t)n, sizeof *copy);
    memcpy(copy, values, (size_t)n * sizeof *copy);
    return copy;
}

/* (n, K): (z + shift) / temperature */
static void adjust(float *out, const float *logits, int64_t n, int64_t K, const double *shift, double temperature)
{
    for (int64_t i = 0; i < n; i++)
        for (int64_t k = 0; k < K; k++)
            out[i * K + k] = (float)(((double)logits[i * K + k] + (shift ? shift[k] : 0)) / temperature);
}

static void probabilities_of(lex_task task, float *out, const float *logits, int64_t n, int64_t K, const double *shift,
                             double temperature)
{
    if (shift || temperature != 1) {
        adjust(out, logits, n, K, shift, temperature);
        logits = out;
    }
    lex_probabilities(task, logits, n, K, out);
}

void lex_model_probabilities(const lex_model *model, const float *logits, int64_t n, float *out)
{
    probabilities_of(model->task, out, logits, n, model->n_outputs, model->shift, model->temperature);
}

/* ---- fitting ---- */

/* buffer: (n, K) */
static void judge(lex_metrics *out, lex_scores *scores, const float *logits, const lex_calibration *c,
                  const double *thresholds, const double *shift, double temperature, float *buffer)
{
    probabilities_of(c->task, buffer, logits, c->n, c->n_outputs, shift, temperature);
    lex_scores_replace(scores, buffer);
    lex_metrics_compute(out, scores, c->task == LEX_TASK_SINGLE ? NULL : thresholds);
}

static void fit_temperature(lex_calibration *c, const lex_scores *scores, const float *logits, const double *shift,
                            float *buffer)
{
    double temperature;
    adjust(buffer, logits, c->n, c->n_outputs, shift, 1);
    c->found = lex_temperature_fit(&temperature, buffer, scores);
    if (c->found == LEX_TEMPERATURE_FITTED)
        c->temperature = round(temperature * 1e4) / 1e4; /* more says nothing */
}

static void tune_thresholds(lex_calibration *c, lex_scores *scores, const float *logits, float *buffer)
{
    probabilities_of(c->task, buffer, logits, c->n, c->n_outputs, c->shift, c->temperature);
    lex_scores_replace(scores, buffer);
    lex_thresholds_tune(c->thresholds, &c->tuning, scores, &c->rule);
}

void lex_calibrate(lex_calibration *out, const lex_model *model, lex_scores *scores, const float *logits,
                   const lex_calibration_options *options)
{
    int64_t K = model->n_outputs, n = lex_scores_count(scores);
    float *buffer = lex_alloc_array((size_t)(n * K), sizeof *buffer); /* (n, K) */
    bool off = options->mode == LEX_CALIBRATE_OFF, fit = options->mode == LEX_CALIBRATE_TEMPERATURE;
    const double *shift = off ? NULL : fit && options->shift ? options->shift : model->shift;
    *out = (lex_calibration){.task = model->task, .temperature = off ? 1 : model->temperature, .n = n, .n_outputs = K};
    out->shift = copy_doubles(shift, K);
    out->thresholds = copy_doubles(model->thresholds, K);
    for (int64_t k = 0; options->thresholds.goal == LEX_GOAL_NONE && k < K; k++)
        out->thresholds[k] = 0.5;
    if (model->task != LEX_TASK_SINGLE)
        out->rule = options->thresholds;
    judge(&out->before, scores, logits, out, model->thresholds, model->shift, model->temperature, buffer);
    if (fit)
        fit_temperature(out, scores, logits, shift, buffer);
    out->tuned = out->rule.goal != LEX_GOAL_NONE && lex_tuning_has_enough(scores);
    if (out->tuned)
        tune_thresholds(out, scores, logits, buffer);
    judge(&out->after, scores, logits, out, out->thresholds, out->shift, out->temperature, buffer);
    free(buffer);
}

void lex_calibration_release(lex_calibration *c)
{
    free(c->shift);
    free(c->thresholds);
    lex_threshold_tuning_release(&c->tuning);
    lex_metrics_release(&c->before);
    lex_metrics_release(&c->after);
    memset(c, 0, sizeof *c);
}

void lex_model_uncalibrate(lex_model *model)
{
    free(model->shift);
    model->shift = NULL;
    model->temperature = 1;
    for (int64_t k = 0; k < model->n_outputs; k++)
        model->thresholds[k] = 0.5;
}

void lex_model_calibrate(lex_model *model, const lex_calibration *c)
{
    free(model->shift);
    model->shift = copy_doubles(c->shift, c->n_outputs);
    model->temperature = c->temperature;
    memcpy(model->thresholds, c->thresholds, (size_t)c->n_outputs * sizeof *model->thresholds);
}

/* ---- telling ---- */

static bool leans(const lex_calibration *c, int64_t k)
{
    return c->tuning.support[k] < LEX_THRESHOLD_PRIOR;
}

static void add_temperature_line(lex_buf *line, const lex_calibration *c)
{
    switch (c->found) {
    case LEX_TEMPERATURE_OFF: return;
    case LEX_TEMPERATURE_FITTED:
        lex_buf_printf(line, "temperature %g on %lld records: loss %.4f to %.4f, calibration error %.4f to %.4f",
                       c->temperature, (long long)c->n, c->before.loss, c->after.loss, c->before.ece, c->after.ece);
        break;
    case LEX_TEMPERATURE_TOO_FEW:
        lex_buf_printf(line, "temperature stays at %g: %lld records are too few to fit one (at least %d, and %d true labels)",
                       c->temperature, (long long)c->n, LEX_TUNING_MIN_RECORDS, LEX_TUNING_MIN_TRUE);
        break;
    case LEX_TEMPERATURE_NO_MINIMUM:
        lex_buf_printf(line, "temperature stays at %g: none from %g to %g fits these records best", c->temperature,
                       LEX_TEMPERATURE_MIN, LEX_TEMPERATURE_MAX);
        break;
    }
}

static void add_thresholds_line(lex_buf *line, const lex_calibration *c, const lex_strings *labels)
{
    enum { NAMED = 5 };
    int64_t n_lean = 0;
    if (c->rule.goal == LEX_GOAL_NONE)
        return;
    lex_buf_printf(line, c->tuned ? "thresholds for " : "thresholds stay as they are, not for ");
    lex_threshold_rule_print(line, &c->rule);
    if (!c->tuned) {
        lex_buf_printf(line, ": %lld records are too few to tune them (at least %d, and %d true labels)",
                       (long long)c->n, LEX_TUNING_MIN_RECORDS, LEX_TUNING_MIN_TRUE);
        return;
    }
    lex_buf_printf(line, " on %lld records: macro F1 %.4f to %.4f", (long long)c->n, c->before.macro.f1,
                   c->after.macro.f1);
    for (int64_t k = 0; k < c->n_outputs; k++)
        n_lean += leans(c, k);
    if (n_lean == 0)
        return;
    lex_buf_printf(line, "; %lld label%s with fewer than %d records lean%s on %g:", (long long)n_lean,
                   n_lean == 1 ? "" : "s", LEX_THRESHOLD_PRIOR, n_lean == 1 ? "s" : "", c->tuning.global);
    int64_t n_named = 0;
    for (int64_t k = 0; k < c->n_outputs && n_named < NAMED; k++)
        if (leans(c, k))
            lex_buf_printf(line, "%s '%.60s'", n_named++ ? "," : "", labels->items[k]);
    if (n_lean > NAMED)
        lex_buf_printf(line, " ...");
}

void lex_calibration_lines(lex_strings *out, const lex_calibration *c, const lex_strings *labels)
{
    lex_buf line;
    lex_buf_init(&line);
    add_temperature_line(&line, c);
    if (line.len)
        lex_strings_push(out, lex_buf_str(&line));
    lex_buf_clear(&line);
    add_thresholds_line(&line, c, labels);
    if (line.len)
        lex_strings_push(out, lex_buf_str(&line));
    lex_buf_release(&line);
}

static lex_json *few_metrics(const lex_metrics *m)
{
    lex_json *json = lex_json_new_object();
    lex_json_put_number(json, "loss", m->loss);
    lex_json_put_number(json, "ece", m->ece);
    lex_json_put_number(json, "accuracy", m->accuracy);
    lex_json_put_number(json, "macro_f1", m->macro.f1);
    lex_json_put_number(json, "micro_f1", m->micro.f1);
    return json;
}

static lex_json *thresholds_json(const lex_calibration *c, const lex_strings *labels)
{
    lex_json *json = lex_json_new_object(), *leaning = lex_json_new_array();
    lex_buf rule;
    lex_buf_init(&rule);
    lex_threshold_rule_print(&rule, &c->rule);
    lex_json_put_string(json, "rule", rule.ptr);
    lex_buf_release(&rule);
    lex_json_put_bool(json, "tuned", c->tuned);
    if (!c->tuned) {
        lex_json_free(leaning);
        return json;
    }
    lex_json_put_number(json, "global", c->tuning.global);
    for (int64_t k = 0; k < c->n_outputs; k++)
        if (leans(c, k))
            lex_json_push(leaning, lex_json_new_string(labels->items[k]));
    lex_json_put(json, "leaning_on_global", leaning);
    return json;
}

lex_json *lex_calibration_json(const lex_calibration *c, const lex_strings *labels)
{
    static const char *const found[] = {"off", "fitted", "too few records", "no minimum"};
    lex_json *json = lex_json_new_object();
    lex_json_put_number(json, "n", (double)c->n);
    lex_json_put_string(json, "temperature_fit", found[c->found]);
    lex_json_put_number(json, "temperature", c->temperature);
    if (c->rule.goal != LEX_GOAL_NONE)
        lex_json_put(json, "thresholds", thresholds_json(c, labels));
    lex_json_put(json, "before", few_metrics(&c->before));
    lex_json_put(json, "after", few_metrics(&c->after));
    return json;
}

/* ---- writing ---- */

/* The files of the model's folder beside lexclf.json, its weights in the form that it has. */
static void list_files(lex_strings *out, const lex_model *model)
{
    const char *names[LEX_MODEL_FILES_MAX], *form = lex_weight_files_form(model->dir);
    const lex_safetensors *weights = &model->files->weights;
    int n = lex_model_file_names(names, model);
    for (int i = 0; i < n; i++) {
        if (strcmp(names[i], LEX_WEIGHTS_FILE) != 0) {
            lex_strings_push(out, lex_str_of(names[i]));
            continue;
        }
        if (weights->n_parts)
            lex_strings_push(out, lex_str_of(form)); /* the index */
        for (int64_t part = 0; part < lex_weight_files_count(weights); part++)
            lex_strings_push(out, lex_str_of(lex_weight_files_get(weights, part)->file));
    }
}

/* lexclf.json with the calibration at hand; a folder without one gets the whole of it. */
static lex_status new_document(lex_buf *text, const lex_model *model, const lex_json *note, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_json *doc;
    if (model->files->lexclf) {
        doc = lex_json_copy(model->files->lexclf);
        lex_model_describe_calibration(doc, model);
        lex_json_put(doc, "calibration", lex_json_copy(note));
        lex_checksums_reseal(text, doc);
    } else {
        const char *columns[] = {"text"};
        lex_strings names = {0};
        list_files(&names, model);
        lex_model_save_options options = {.max_length = model->max_length, .text_columns = columns, .n_text_columns = 1};
        doc = lex_model_describe(model, &options);
        lex_json_put(doc, "calibration", lex_json_copy(note));
        st = lex_checksums_seal(text, doc, model->dir, (const char *const *)names.items, (int)names.n, err);
        lex_strings_release(&names);
    }
    lex_json_free(doc);
    return st;
}

static lex_status write_document(const lex_model *model, const char *dir, const lex_json *note, lex_err *err)
{
    lex_buf text;
    lex_buf_init(&text);
    char *path = lex_path_join(dir, "lexclf.json");
    lex_status st = new_document(&text, model, note, err);
    if (st == LEX_OK)
        st = lex_file_write(path, lex_buf_str(&text), err);
    lex_buf_release(&text);
    free(path);
    return st;
}

lex_status lex_model_save_calibration(const lex_model *model, const lex_json *note, lex_err *err)
{
    return write_document(model, model->dir, note, err);
}

lex_status lex_model_copy_calibrated(const lex_model *model, const char *dir, const lex_json *note, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_strings names = {0};
    list_files(&names, model);
    char *log = lex_path_join(model->dir, LEX_LOG_FILE);
    bool has_log = lex_path_kind_of(log) == LEX_PATH_FILE;
    free(log);
    LEX_TRY(lex_dir_make(dir, err));
    for (int64_t i = 0; i < names.n; i++)
        LEX_TRY(lex_model_copy_file(model->dir, dir, names.items[i], err));
    if (has_log)
        LEX_TRY(lex_model_copy_file(model->dir, dir, LEX_LOG_FILE, err));
    st = write_document(model, dir, note, err);
done:
    lex_strings_release(&names);
    return st;
}
