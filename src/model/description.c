/* description.c - what a folder says of itself: task, labels, pooling, thresholds, length. lexclf.json is believed
 * where it is there, and must agree with config.json on the labels; else config.json tells what transformers would
 * do. */
#include "internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEX_TEMPERATURE_LOW 0.001 /* what may stand in a file */
#define LEX_TEMPERATURE_HIGH 1000.0
#define LEX_FUSION_WEIGHT_MAX 1e6
enum { LABELS_MAX = 1000000 };

static lex_status bad(const lex_model *model, lex_err *err, const char *file, const char *reason)
{
    return lex_err_set(err, LEX_ERR_INPUT, "%s/%s: %s", model->dir, file, reason);
}

/* id2label {"0": "A", "1": "B"} in order of the numbers; every number from 0 must be there. */
static lex_status read_id2label(lex_strings *labels, const lex_model *model, lex_err *err)
{
    const lex_json *map = lex_json_get(model->files->config, "id2label");
    int64_t n = lex_json_count(map);
    if (n > LABELS_MAX)
        return bad(model, err, "config.json", "'id2label' has more than a million labels");
    const char **names = lex_alloc_zeroed((size_t)n, sizeof *names);
    for (const lex_json *node = lex_json_first(map); node; node = lex_json_next(node)) {
        int64_t index;
        if (lex_parse_int64(&index, lex_str_of(lex_json_key(node))) && index >= 0 && index < n)
            names[index] = lex_json_string(node);
    }
    bool whole = true;
    for (int64_t i = 0; i < n; i++)
        whole = whole && names[i];
    for (int64_t i = 0; whole && i < n; i++)
        lex_strings_push(labels, lex_str_of(names[i]));
    free(names);
    return whole ? LEX_OK : bad(model, err, "config.json", "'id2label' does not name every label from 0 on");
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Answers and reports go by name: of two labels with one name, none could be told from the other. */
static lex_status check_distinct(const lex_model *model, const char *file, lex_err *err)
{
    lex_status st = LEX_OK;
    size_t n = (size_t)model->labels.n;
    char **sorted = lex_alloc_array(n, sizeof *sorted);
    memcpy(sorted, model->labels.items, n * sizeof *sorted);
    qsort(sorted, n, sizeof *sorted, by_text);
    for (size_t i = 1; i < n && st == LEX_OK; i++)
        if (strcmp(sorted[i - 1], sorted[i]) == 0)
            st = lex_err_set(err, LEX_ERR_INPUT, "%s/%s: two labels have the name '%.200s'", model->dir, file, sorted[i]);
    free(sorted);
    return st;
}

/* The head of a plain transformers folder. */
static lex_status describe_plain(lex_model *model, lex_err *err)
{
    const lex_json *config = model->files->config;
    const char *problem = lex_json_string(lex_json_get(config, "problem_type"));
    lex_status st = read_id2label(&model->labels, model, err);
    if (st != LEX_OK)
        return st;
    /* Neither id2label nor a number of labels: transformers' own default is two. */
    if (model->labels.n == 0) {
        int64_t n = 2;
        lex_json_int(&n, lex_json_get(config, "num_labels"), 1, LABELS_MAX);
        char name[32];
        for (int64_t i = 0; i < n; i++) {
            snprintf(name, sizeof name, "LABEL_%lld", (long long)i);
            lex_strings_push(&model->labels, lex_str_of(name));
        }
    }
    st = check_distinct(model, "config.json", err);
    if (st != LEX_OK)
        return st;
    model->n_outputs = model->labels.n;
    model->pooling = LEX_POOLING_CLS;
    bool multi = problem && strcmp(problem, "multi_label_classification") == 0;
    model->task = multi ? LEX_TASK_MULTI : LEX_TASK_SINGLE;
    bool regression = problem ? strcmp(problem, "regression") == 0 : model->n_outputs == 1;
    if (regression && model->has_head)
        return bad(model, err, "config.json", "a regression head is not supported (one output, no classes)");
    return LEX_OK;
}

lex_status lex_description_check_format(lex_model *model, lex_err *err)
{
    static const char *const known[] = {"mean-pooling", "tfidf-ngrams", "temperature", "logit-shift",
                                       LEX_FUSION_FEATURE, "windows", "normalize", LEX_INT8_FEATURE};
    const lex_json *doc = model->files->lexclf;
    int64_t format;
    if (!lex_json_int(&format, lex_json_get(doc, "format"), 1, INT64_C(1) << 30))
        return bad(model, err, "lexclf.json", "'format' is missing or not a whole number");
    if (format > LEX_MODEL_FORMAT) {
        lex_err_set(err, LEX_ERR_INPUT, "%s/lexclf.json: format %lld is newer than this program, which reads up to %d",
                    model->dir, (long long)format, LEX_MODEL_FORMAT);
        lex_err_hint(err, "use a newer lexclf");
        return LEX_ERR_INPUT;
    }
    const lex_json *node = lex_json_first(lex_json_get(doc, "requires"));
    for (; node; node = lex_json_next(node)) {
        const char *feature = lex_json_string(node);
        bool found = false;
        for (size_t i = 0; feature && i < sizeof known / sizeof *known; i++)
            found = found || strcmp(known[i], feature) == 0;
        if (!found)
            return lex_err_set(err, LEX_ERR_INPUT, "%s/lexclf.json: requires '%s', which this program does not know",
                               model->dir, feature ? feature : "(not a string)");
        model->is_fused = model->is_fused || strcmp(feature, LEX_FUSION_FEATURE) == 0;
    }
    const char *kind = lex_json_string(lex_json_get(doc, "kind"));
    for (int known_kind = LEX_KIND_ENCODER; kind && known_kind <= LEX_KIND_LINEAR; known_kind++) {
        model->kind = (lex_kind)known_kind;
        if (strcmp(kind, lex_kind_name(model->kind)) == 0)
            return LEX_OK;
    }
    return lex_err_set(err, LEX_ERR_INPUT, "%s/lexclf.json: kind '%s' is not supported (supported: encoder, linear)",
                       model->dir, kind ? kind : "(missing)");
}

static lex_status read_strings(lex_strings *out, const lex_model *model, const char *key, lex_err *err)
{
    const lex_json *list = lex_json_get(model->files->lexclf, key);
    for (const lex_json *node = lex_json_first(list); node; node = lex_json_next(node)) {
        if (!lex_json_string(node))
            return lex_err_set(err, LEX_ERR_INPUT, "%s/lexclf.json: '%s' is not a list of strings", model->dir, key);
        lex_strings_push(out, lex_str_of(lex_json_string(node)));
    }
    return LEX_OK;
}

/* An object with a number for each output by its label, between low and high; `absent` where there is none. */
static lex_status read_by_label(double *out, const lex_model *model, const char *key, double absent, double low,
                                double high, lex_err *err)
{
    const lex_json *map = lex_json_get(model->files->lexclf, key);
    const lex_json *next = lex_json_first(map); /* they stand in the order of the labels, as we wrote them */
    for (int64_t k = 0; k < model->n_outputs; k++) {
        bool found = next && strcmp(lex_json_key(next), model->labels.items[k]) == 0;
        const lex_json *node = found ? next : lex_json_get(map, model->labels.items[k]);
        next = lex_json_next(found ? node : NULL);
        double value = lex_json_number(node, node ? (double)NAN : absent);
        if (!(value >= low && value <= high))
            return lex_err_set(err, LEX_ERR_INPUT,
                               "%s/lexclf.json: '%s' holds something that is not a number in [%g, %g]", model->dir, key,
                               low, high);
        out[k] = value;
    }
    return LEX_OK;
}

/* "normalize": absent: off. */
static lex_status read_normalize(lex_model *model, lex_err *err)
{
    const lex_json *node = lex_json_get(model->files->lexclf, "normalize");
    lex_normalize_how how = LEX_NORMALIZE_OFF;
    if (node && !lex_normalize_of_name(&how, lex_json_string(node)))
        return bad(model, err, "lexclf.json", "'normalize' is none of off, punct, nfkc");
    lex_model_use_normalize(model, how);
    return LEX_OK;
}

/* "windows": {"pooling", "stride"}; absent: none. The stride must leave no token out of windows of max_length. */
static lex_status read_windows(lex_model *model, lex_err *err)
{
    const lex_json *windows = lex_json_get(model->files->lexclf, "windows");
    const char *pooling = lex_json_string(lex_json_get(windows, "pooling"));
    int64_t room = model->max_length - lex_tokenizer_n_special(model->tokenizer);
    if (!windows)
        return LEX_OK;
    for (int kind = LEX_WINDOWS_MEAN; pooling && kind <= LEX_WINDOWS_ATTENTION; kind++)
        if (strcmp(pooling, lex_windows_name((lex_windows)kind)) == 0)
            model->windows = (lex_windows)kind;
    if (model->windows == LEX_WINDOWS_OFF || !lex_json_int(&model->stride, lex_json_get(windows, "stride"), 1, room))
        return bad(model, err, "lexclf.json", "'windows' lacks a pooling that is known, or a stride that fits 'max_length'");
    return LEX_OK;
}

/* Thresholds, temperature, shift. */
static lex_status read_calibration(lex_model *model, lex_err *err)
{
    const lex_json *doc = model->files->lexclf, *temperature = lex_json_get(doc, "temperature");
    size_t n = (size_t)model->n_outputs;
    lex_status st = LEX_OK;
    model->thresholds = lex_alloc_array(n, sizeof *model->thresholds);
    LEX_TRY(read_by_label(model->thresholds, model, "thresholds", 0.5, 0, 1, err));
    model->temperature = lex_json_number(temperature, temperature ? 0 : 1);
    if (!(model->temperature >= LEX_TEMPERATURE_LOW && model->temperature <= LEX_TEMPERATURE_HIGH)) {
        st = bad(model, err, "lexclf.json", "'temperature' is not a number in [0.001, 1000]");
        goto done;
    }
    if (lex_json_get(doc, "shift")) {
        model->shift = lex_alloc_array(n, sizeof *model->shift);
        LEX_TRY(read_by_label(model->shift, model, "shift", 0, -1000, 1000, err));
    }
done:
    return st;
}

/* "quantization": {"dtype": "int8" or "bf16", ...}; int8, and that alone, is also required. */
static lex_status read_quantisation(lex_model *model, lex_err *err)
{
    const lex_json *doc = model->files->lexclf, *quantised = lex_json_get(doc, "quantization");
    const char *dtype = lex_json_string(lex_json_get(quantised, "dtype"));
    bool required = false;
    for (const lex_json *node = lex_json_first(lex_json_get(doc, "requires")); node; node = lex_json_next(node))
        required = required || strcmp(lex_json_string(node), LEX_INT8_FEATURE) == 0;
    if (dtype && strcmp(dtype, "int8") == 0)
        model->quantised = LEX_QUANTISED_INT8;
    else if (dtype && strcmp(dtype, "bf16") == 0)
        model->quantised = LEX_QUANTISED_BF16;
    else if (quantised)
        return bad(model, err, "lexclf.json", "'quantization' has no dtype that is known (int8, bf16)");
    if (required != (model->quantised == LEX_QUANTISED_INT8) || (quantised && model->kind != LEX_KIND_ENCODER))
        return bad(model, err, "lexclf.json", "'quantization' and 'requires' or 'kind' contradict each other");
    return LEX_OK;
}

static lex_status read_fusion(lex_model *model, lex_err *err)
{
    if (!model->is_fused)
        return LEX_OK;
    model->fusion_weight = lex_json_number(lex_json_get(lex_json_get(model->files->lexclf, "fusion"), "weight"), -1);
    if (model->kind != LEX_KIND_ENCODER || !(model->fusion_weight >= 0 && model->fusion_weight <= LEX_FUSION_WEIGHT_MAX))
        return bad(model, err, "lexclf.json", "'fusion' has no weight in [0, 1000000], or no encoder");
    return LEX_OK;
}

/* config.json must name the same outputs: one of the two files was exchanged otherwise. */
static lex_status check_config_labels(const lex_model *model, lex_err *err)
{
    lex_strings labels = {0};
    lex_status st = read_id2label(&labels, model, err);
    bool same = labels.n == model->n_outputs;
    for (int64_t i = 0; same && i < labels.n; i++)
        same = strcmp(labels.items[i], model->labels.items[i]) == 0;
    if (st == LEX_OK && !same)
        st = lex_err_set(err, LEX_ERR_INPUT, "%s: config.json has %lld labels and lexclf.json %lld, or other names",
                         model->dir, (long long)labels.n, (long long)model->n_outputs);
    lex_strings_release(&labels);
    return st;
}

/* How labels were written; folders of older versions do not say. */
static lex_status read_label_form(lex_model *model, lex_err *err)
{
    const lex_json *separator = lex_json_get(model->files->lexclf, "label_separator");
    const char *text = lex_json_string(separator);
    lex_strings names = {0};
    lex_buf list;
    lex_buf_init(&list);
    lex_status st = read_strings(&names, model, "label_columns", err);
    if (st == LEX_OK && separator && (!text || !*text))
        st = bad(model, err, "lexclf.json", "'label_separator' is not a text");
    for (int64_t i = 0; st == LEX_OK && i < names.n; i++) {
        lex_buf_clear(&list);
        lex_buf_add_char(&list, '"');
        for (const char *at = names.items[i]; *at; at++) {
            if (*at == '"')
                lex_buf_add_char(&list, '"');
            lex_buf_add_char(&list, *at);
        }
        lex_buf_add_char(&list, '"');
        if (list.len == 2)
            st = bad(model, err, "lexclf.json", "'label_columns' has an empty name");
        lex_strings_push(&model->label_columns, lex_buf_str(&list));
    }
    if (st == LEX_OK && text)
        model->label_separator = lex_strdup(text);
    lex_strings_release(&names);
    lex_buf_release(&list);
    return st;
}

static lex_status describe_ours(lex_model *model, lex_err *err)
{
    lex_status st = LEX_OK;
    const lex_json *doc = model->files->lexclf;
    const char *task = lex_json_string(lex_json_get(doc, "task"));
    const char *pooling = lex_json_string(lex_json_get(doc, "pooling"));
    if (model->kind == LEX_KIND_LINEAR)
        pooling = "cls"; /* it has none */
    int found = -1;
    for (int t = LEX_TASK_SINGLE; task && t <= LEX_TASK_BINARY; t++)
        found = strcmp(task, lex_task_name((lex_task)t)) == 0 ? t : found;
    if (found < 0 || !pooling || (strcmp(pooling, "cls") != 0 && strcmp(pooling, "mean") != 0)) {
        st = bad(model, err, "lexclf.json", "'task' or 'pooling' is missing or of a kind that is not known");
        goto done;
    }
    model->task = (lex_task)found;
    model->pooling = strcmp(pooling, "mean") == 0 ? LEX_POOLING_MEAN : LEX_POOLING_CLS;
    LEX_TRY(read_strings(&model->labels, model, "labels", err));
    LEX_TRY(read_strings(&model->text_columns, model, "text_columns", err));
    LEX_TRY(read_label_form(model, err));
    model->n_outputs = model->task == LEX_TASK_BINARY ? 1 : model->labels.n;
    if (model->labels.n < 1 || (model->task == LEX_TASK_BINARY && model->labels.n != 2)) {
        st = bad(model, err, "lexclf.json", "'labels' does not fit the task");
        goto done;
    }
    LEX_TRY(check_distinct(model, "lexclf.json", err));
    if (model->kind == LEX_KIND_ENCODER)
        st = check_config_labels(model, err);
done:
    return st;
}

lex_status lex_description_read(lex_model *model, lex_err *err)
{
    const lex_json *doc = model->files->lexclf;
    lex_status st = doc ? describe_ours(model, err) : describe_plain(model, err);
    if (st != LEX_OK)
        return st;
    st = read_calibration(model, err);
    if (st == LEX_OK)
        st = read_fusion(model, err);
    if (st == LEX_OK)
        st = read_quantisation(model, err);
    if (model->kind == LEX_KIND_LINEAR)
        return st;
    if (st == LEX_OK)
        st = read_normalize(model, err);
    int64_t stated = doc ? 0 : lex_tokenizer_model_max_length(model->tokenizer);
    lex_json_int(&stated, lex_json_get(doc, "max_length"), 1, INT64_C(1) << 30);
    bool fits = stated > 0 && stated <= model->config.n_positions;
    model->max_length = fits ? stated : model->config.n_positions;
    return st == LEX_OK ? read_windows(model, err) : st;
}
