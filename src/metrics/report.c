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

static lex_json *label_json(const lex_label_metrics *label)
{
    lex_json *object = lex_json_new_object();
    lex_json_put_number(object, "precision", label->prf.precision);
    lex_json_put_number(object, "recall", label->prf.recall);
    lex_json_put_number(object, "f1", label->prf.f1);
    lex_json_put_number(object, "support", (double)label->support);
    lex_json_put_number(object, "aupr", label->aupr);
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
    for (int64_t i = 0; i < metrics->n_labels; i++)
        lex_json_append(per_label, names->items[i], label_json(&metrics->per_label[i]));
    lex_json_put(object, "per_label", per_label);
    if (metrics->confusion)
        lex_json_put(object, "confusion", confusion_json(metrics, names));
    return object;
}
