/* report.c - metrics as JSON, under the names that scripts read. */
#include <stdio.h>

#include "lexclf/metrics.h"

static void put_prf(lex_json *to, const char *prefix, const lex_prf *prf)
{
    char name[40];
    snprintf(name, sizeof name, "%s_f1", prefix);
    lex_json_put_number(to, name, prf->f1);
    snprintf(name, sizeof name, "%s_precision", prefix);
    lex_json_put_number(to, name, prf->precision);
    snprintf(name, sizeof name, "%s_recall", prefix);
    lex_json_put_number(to, name, prf->recall);
}

static void put_at_recall(lex_json *to, const double values[LEX_N_RECALLS], const char *suffix)
{
    static const char *const percent[LEX_N_RECALLS] = {[LEX_RECALL_80] = "80", [LEX_RECALL_90] = "90"};
    for (int i = 0; i < LEX_N_RECALLS; i++) {
        char name[40];
        snprintf(name, sizeof name, "precision_at_recall_%s%s", percent[i], suffix);
        lex_json_put_number(to, name, values[i]);
    }
}

static lex_json *label_json(const lex_label_metrics *label)
{
    lex_json *object = lex_json_new_object();
    lex_json_put_number(object, "precision", label->prf.precision);
    lex_json_put_number(object, "recall", label->prf.recall);
    lex_json_put_number(object, "f1", label->prf.f1);
    lex_json_put_number(object, "support", (double)label->support);
    lex_json_put_number(object, "aupr", label->aupr);
    lex_json_put_number(object, "roc_auc", label->roc_auc);
    put_at_recall(object, label->precision_at_recall, "");
    lex_json_put_number(object, "threshold", label->threshold);
    return object;
}

static lex_json *confusion_json(const lex_metrics *metrics, const lex_strings *names)
{
    lex_json *object = lex_json_new_object(), *labels = lex_json_new_array(), *rows = lex_json_new_array();
    for (int64_t i = 0; i < metrics->n_labels; i++) {
        lex_json *row = lex_json_new_array();
        lex_json_push(labels, lex_json_new_string(names->items[i]));
        for (int64_t j = 0; j < metrics->n_labels; j++)
            lex_json_push(row, lex_json_new_number((double)metrics->confusion[i * metrics->n_labels + j]));
        lex_json_push(rows, row);
    }
    lex_json_put(object, "labels", labels);
    lex_json_put(object, "rows", rows);
    return object;
}

static lex_json *pairs_json(const lex_metrics *metrics, const lex_strings *names)
{
    lex_json *list = lex_json_new_array();
    for (int i = 0; i < metrics->n_pairs; i++) {
        const lex_confusion_pair *pair = &metrics->pairs[i];
        lex_json *object = lex_json_new_object();
        lex_json_put_string(object, "truth", pair->truth < 0 ? NULL : names->items[pair->truth]);
        lex_json_put_string(object, "predicted", pair->predicted < 0 ? NULL : names->items[pair->predicted]);
        lex_json_put_number(object, "n", (double)pair->n);
        lex_json_push(list, object);
    }
    return list;
}

static lex_json *reliability_json(const lex_metrics *metrics)
{
    lex_json *list = lex_json_new_array();
    for (int b = 0; b < LEX_RELIABILITY_BINS; b++) {
        lex_json *bin = lex_json_new_object();
        lex_json_put_number(bin, "n", (double)metrics->reliability[b].n);
        lex_json_put_number(bin, "confidence", metrics->reliability[b].confidence);
        lex_json_put_number(bin, "accuracy", metrics->reliability[b].accuracy);
        lex_json_push(list, bin);
    }
    return list;
}

static lex_json *ends_json(const double ends[2])
{
    lex_json *pair = lex_json_new_array();
    lex_json_push(pair, lex_json_new_number(ends[0]));
    lex_json_push(pair, lex_json_new_number(ends[1]));
    return pair;
}

static lex_json *intervals_json(const lex_intervals *intervals)
{
    lex_json *object = lex_json_new_object();
    lex_json_put(object, "accuracy", ends_json(intervals->accuracy));
    lex_json_put(object, "macro_f1", ends_json(intervals->macro_f1));
    lex_json_put_number(object, "resamples", (double)intervals->resamples);
    lex_json_put_number(object, "seed", (double)intervals->seed);
    return object;
}

lex_json *lex_metrics_json(const lex_metrics *metrics, const lex_strings *names)
{
    lex_json *object = lex_json_new_object(), *per_label = lex_json_new_object();
    LEX_ASSERT(names->n == metrics->n_labels);
    lex_json_put_number(object, "n", (double)metrics->n);
    lex_json_put_number(object, "accuracy", metrics->accuracy);
    put_prf(object, "micro", &metrics->micro);
    put_prf(object, "macro", &metrics->macro);
    put_prf(object, "weighted", &metrics->weighted);
    lex_json_put_number(object, "loss", metrics->loss);
    lex_json_put_number(object, "ece", metrics->ece);
    lex_json_put_number(object, "aupr_macro", metrics->aupr_macro);
    lex_json_put_number(object, "aupr_micro", metrics->aupr_micro);
    lex_json_put_number(object, "roc_auc_macro", metrics->roc_auc_macro);
    put_at_recall(object, metrics->precision_at_recall_macro, "_macro");
    put_at_recall(object, metrics->precision_at_recall_micro, "_micro");
    if (metrics->intervals.resamples)
        lex_json_put(object, "intervals", intervals_json(&metrics->intervals));
    for (int64_t i = 0; i < metrics->n_labels; i++)
        lex_json_append(per_label, names->items[i], label_json(&metrics->per_label[i]));
    lex_json_put(object, "per_label", per_label);
    if (metrics->confusion)
        lex_json_put(object, "confusion", confusion_json(metrics, names));
    lex_json_put(object, "confusion_pairs", pairs_json(metrics, names));
    lex_json_put(object, "reliability", reliability_json(metrics));
    return object;
}
