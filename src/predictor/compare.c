/* compare.c - another model, or an earlier report, beside an evaluation. */
#include "lexclf/compare.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "lexclf/file.h"

static const char *const names[] = {
    "accuracy", "micro_f1", "macro_f1", "weighted_f1", "macro_precision", "macro_recall", "aupr_macro", "roc_auc_macro",
    "precision_at_recall_80_macro", "precision_at_recall_90_macro", "loss", "ece", NULL,
};

const char *const *lex_compared_names(void)
{
    return names;
}

/* ---- opening ---- */

static lex_status check_report(const lex_compared *c, lex_err *err)
{
    bool good = lex_json_string(lex_json_get(c->report, "data_sha256")) && lex_json_get(c->report, "per_label") &&
                lex_json_number(lex_json_get(c->report, "schema"), 0) == 1;
    if (good)
        return LEX_OK;
    lex_err_set(err, LEX_ERR_INPUT, "%s: is no report of 'lexclf eval'", c->path);
    lex_err_hint(err, "name a model folder, or a file that 'lexclf eval --report' wrote");
    return LEX_ERR_INPUT;
}

lex_status lex_compared_open(lex_compared *out, const char *path, lex_err *err)
{
    *out = (lex_compared){.path = lex_strdup(path)};
    lex_path_kind kind = lex_path_kind_of(path);
    if (kind == LEX_PATH_MISSING)
        return lex_err_set(err, LEX_ERR_INPUT, "%s: no such model folder or report", path);
    out->is_model = kind == LEX_PATH_DIR;
    if (out->is_model) { /* a folder that cannot be opened is better found now */
        lex_model *model = NULL;
        lex_status opened = lex_model_open(&model, path, LEX_MODEL_CLASSIFIER, err);
        out->is_linear = opened == LEX_OK && model->kind == LEX_KIND_LINEAR;
        lex_model_free(model);
        return opened;
    }
    lex_status st = lex_json_read(&out->report, path, LEX_REPORT_MAX_BYTES, err);
    return st == LEX_OK ? check_report(out, err) : st;
}

void lex_compared_release(lex_compared *compared)
{
    free(compared->path);
    lex_json_free(compared->report);
    memset(compared, 0, sizeof *compared);
}

/* ---- comparing ---- */

/* For each label at hand its number among the other's; those that the other lacks come behind. */
static int32_t *match_labels(const lex_strings *other, const lex_strings *at_hand)
{
    int32_t *numbers = lex_alloc_array((size_t)at_hand->n, sizeof *numbers);
    int64_t next = other->n;
    for (int64_t k = 0; k < at_hand->n; k++) {
        int64_t found = lex_strings_find(other, lex_str_of(at_hand->items[k]));
        numbers[k] = (int32_t)(found >= 0 ? found : next++);
    }
    return numbers;
}

static lex_status test(lex_compared *c, const lex_evaluation *evaluation, const lex_scores *scores,
                       const double *thresholds, const lex_strings *labels, lex_err *err)
{
    int32_t *numbers = match_labels(labels, &evaluation->labels);
    lex_status st = lex_scores_compare(&c->test, scores, thresholds, evaluation->scores, evaluation->thresholds, numbers,
                                       LEX_RESAMPLES, 1, err);
    c->is_paired = st == LEX_OK;
    free(numbers);
    return st;
}

static lex_status run_report(lex_compared *c, const lex_evaluation *evaluation, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_scores *scores = NULL;
    lex_strings labels = {0};
    const lex_json *records = lex_json_get(c->report, "records");
    if (strcmp(lex_json_string(lex_json_get(c->report, "data_sha256")), evaluation->data_sha256) != 0) {
        st = lex_err_set(err, LEX_ERR_INPUT, "is a report on other data (data_sha256 differs)");
        lex_err_hint(err, "evaluate both models on the same files, or name the other model's folder");
    } else if (records) {
        LEX_TRY(lex_scores_from_json(&scores, &labels, records, err));
        LEX_TRY(test(c, evaluation, scores, NULL, &labels, err));
    }
done:
    if (st != LEX_OK)
        lex_err_at(err, "%s", c->path);
    lex_scores_free(scores);
    lex_strings_release(&labels);
    return st;
}

/* What belongs to the model at hand alone is left out. */
static lex_predictor_options options_for_other(const lex_compared *c, const lex_predictor_options *options)
{
    return (lex_predictor_options){
        .device = c->is_linear ? NULL : options->device,
        .threads = options->threads,
        .batch_tokens = options->batch_tokens,
        .progress = options->progress,
        .context = options->context,
        .stop = options->stop,
    };
}

lex_status lex_compared_run(lex_compared *c, const lex_evaluation *evaluation, const char *const *paths, int n_paths,
                            const lex_reader_options *reader, const lex_predictor_options *options, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_evaluation other = {0};
    if (!c->is_model)
        return run_report(c, evaluation, err);
    lex_predictor_options how = options_for_other(c, options);
    LEX_TRY(lex_evaluate(&other, c->path, paths, n_paths, reader, &how, err));
    if (strcmp(other.data_sha256, evaluation->data_sha256) != 0) {
        st = lex_err_set(err, LEX_ERR_INPUT, "%s: changed while it was read", paths[0]);
        goto done;
    }
    LEX_TRY(test(c, evaluation, other.scores, other.thresholds, &other.labels, err));
    c->report = lex_evaluation_json(&other);
done:
    lex_evaluation_release(&other);
    return st;
}

/* ---- what came of it ---- */

double lex_compared_number(const lex_compared *c, const char *label, lex_str name)
{
    char key[64];
    const lex_json *object = label ? lex_json_get(lex_json_get(c->report, "per_label"), label) : c->report;
    if (name.len >= sizeof key)
        return (double)NAN;
    memcpy(key, name.ptr, name.len);
    key[name.len] = '\0';
    return lex_json_number(lex_json_get(object, key), (double)NAN);
}

static lex_json *pair_json(double value, double other)
{
    lex_json *pair = lex_json_new_object();
    lex_json_put_number(pair, "value", value);
    lex_json_put_number(pair, "other", other);
    lex_json_put_number(pair, "difference", value - other);
    return pair;
}

static lex_json *f1_json(const lex_compared *c, const lex_evaluation *evaluation)
{
    lex_json *object = lex_json_new_object();
    for (int64_t k = 0; k < evaluation->labels.n; k++) {
        const char *label = evaluation->labels.items[k];
        double other = lex_compared_number(c, label, LEX_STR("f1"));
        lex_json_append(object, label, pair_json(evaluation->metrics.per_label[k].prf.f1, other));
    }
    const lex_json *node = lex_json_first(lex_json_get(c->report, "per_label"));
    for (; node; node = lex_json_next(node)) {
        const char *label = lex_json_key(node);
        if (lex_strings_find(&evaluation->labels, lex_str_of(label)) < 0)
            lex_json_append(object, label, pair_json((double)NAN, lex_json_number(lex_json_get(node, "f1"), (double)NAN)));
    }
    return object;
}

static lex_json *paired_json(const lex_comparison *test)
{
    lex_json *object = lex_json_new_object(), *interval = lex_json_new_array();
    lex_json_put_number(object, "only_this_right", (double)test->only_b);
    lex_json_put_number(object, "only_other_right", (double)test->only_a);
    lex_json_put_number(object, "accuracy_difference", test->accuracy_difference);
    lex_json_put_number(object, "p_exact", test->p_exact);
    lex_json_put_number(object, "p_mid", test->p_mid);
    lex_json_put_number(object, "macro_f1_difference", test->macro_f1_difference);
    for (int i = 0; i < 2; i++)
        lex_json_push(interval, lex_json_new_number(test->macro_f1_interval[i]));
    lex_json_put(object, "macro_f1_interval", interval);
    lex_json_put_number(object, "p_macro_f1", test->p_macro_f1);
    lex_json_put_number(object, "resamples", (double)test->resamples);
    lex_json_put_number(object, "seed", (double)test->seed);
    return object;
}

lex_json *lex_compared_json(const lex_compared *c, const lex_evaluation *evaluation)
{
    lex_json *object = lex_json_new_object(), *metrics = lex_json_new_object();
    lex_json_put_string(object, "with", c->path);
    lex_json_put_string(object, "kind", c->is_model ? "model" : "report");
    lex_json_put_string(object, "model_sha256", lex_json_string(lex_json_get(c->report, "model_sha256")));
    for (int i = 0; names[i]; i++) {
        double value = (double)NAN;
        lex_metrics_by_name(&value, &evaluation->metrics, lex_str_of(names[i]));
        lex_json_put(metrics, names[i], pair_json(value, lex_compared_number(c, NULL, lex_str_of(names[i]))));
    }
    lex_json_put(object, "metrics", metrics);
    lex_json_put(object, "per_label_f1", f1_json(c, evaluation));
    if (c->is_paired)
        lex_json_put(object, "paired", paired_json(&c->test));
    else
        lex_json_put_string(object, "paired", NULL);
    return object;
}
