/* comparison.c - the model beside another one: numbers, what the tests say in words, labels that moved the most. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum { LABELS_SHOWN = 15 };

typedef struct {
    int64_t label;
    double value, other;
} moved;

static void add_row(lex_buf *out, double value, double other, bool more_is_better)
{
    lex_buf_printf(out, "<td>");
    lex_markup_add_number(out, value);
    lex_buf_printf(out, "</td><td>");
    lex_markup_add_number(out, other);
    lex_buf_printf(out, "</td><td>");
    lex_markup_add_difference(out, value - other, more_is_better);
    lex_buf_printf(out, "</td></tr>\n");
}

/* In words; what is not listed, as it stands in the report. */
static const char *words_for(const char *name)
{
    static const char *const words[][2] = {
        {"accuracy", "Accuracy"}, {"micro_f1", "Micro F1"}, {"macro_f1", "Macro F1"}, {"weighted_f1", "Weighted F1"},
        {"macro_precision", "Macro precision"}, {"macro_recall", "Macro recall"}, {"aupr_macro", "AUPR"},
        {"roc_auc_macro", "ROC-AUC"}, {"precision_at_recall_80_macro", "Precision at 80 % recall"},
        {"precision_at_recall_90_macro", "Precision at 90 % recall"}, {"loss", "Loss"}, {"ece", "Calibration error"},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(words[i][0], name) == 0)
            return words[i][1];
    return name;
}

static void add_numbers(lex_buf *out, const lex_report *r)
{
    const char *const *names = lex_compared_names();
    lex_buf_printf(out, "<table><thead><tr><th>Number</th><th>This model</th><th>The other</th><th>Difference</th></tr>"
                   "</thead><tbody>\n");
    for (int i = 0; names[i]; i++) {
        double value = (double)NAN, other = lex_compared_number(r->compared, NULL, lex_str_of(names[i]));
        lex_metrics_by_name(&value, &r->evaluation->metrics, lex_str_of(names[i]));
        if (!isfinite(value) && !isfinite(other))
            continue;
        lex_buf_printf(out, "<tr><td>%s</td>", words_for(names[i]));
        add_row(out, value, other, lex_metric_is_gain(lex_str_of(names[i])));
    }
    lex_buf_printf(out, "</tbody></table>\n");
}

static int by_change(const void *a, const void *b)
{
    const moved *x = a, *y = b;
    double of_x = fabs(x->value - x->other), of_y = fabs(y->value - y->other);
    if (of_x != of_y)
        return of_x > of_y ? -1 : 1;
    return (x->label > y->label) - (x->label < y->label);
}

static void add_moved(lex_buf *out, const lex_report *r)
{
    const lex_evaluation *e = r->evaluation;
    moved *list = lex_alloc_array((size_t)e->labels.n, sizeof *list);
    int64_t n = 0;
    for (int64_t k = 0; k < e->labels.n; k++) {
        double other = lex_compared_number(r->compared, e->labels.items[k], LEX_STR("f1"));
        if (isfinite(other) && fabs(e->metrics.per_label[k].prf.f1 - other) >= 0.0005)
            list[n++] = (moved){k, e->metrics.per_label[k].prf.f1, other};
    }
    qsort(list, (size_t)n, sizeof *list, by_change);
    if (n)
        lex_buf_printf(out, "<h3>Labels whose F1 moved the most</h3>\n<table><thead><tr><th>Label</th><th>This model</th>"
                       "<th>The other</th><th>Difference</th></tr></thead><tbody>\n");
    for (int64_t i = 0; i < n && i < LABELS_SHOWN; i++) {
        lex_buf_printf(out, "<tr><td class=\"name\">");
        lex_markup_add_label(out, e->labels.items[list[i].label], 48);
        lex_buf_printf(out, "</td>");
        add_row(out, list[i].value, list[i].other, true);
    }
    if (n)
        lex_buf_printf(out, "</tbody></table>\n");
    free(list);
}

static void add_signed(lex_buf *out, double value)
{
    lex_buf_printf(out, "%s%.3f", value < 0 ? "−" : "+", fabs(value));
}

static void add_p(lex_buf *out, double p)
{
    if (p < 0.001)
        lex_buf_printf(out, "p &lt; 0.001");
    else
        lex_buf_printf(out, "p = %.3f", p);
}

static void add_test(lex_buf *out, const lex_compared *c)
{
    const lex_comparison *t = &c->test;
    if (!c->is_paired) {
        lex_buf_printf(out, "<p>The earlier report does not hold each record’s answer, so that it cannot be said whether "
                       "the difference is more than chance.</p>\n");
        return;
    }
    lex_buf_printf(out, "<p>Of ");
    lex_markup_add_count(out, t->n);
    lex_buf_printf(out, " records, <strong>%lld</strong> only this model has right, <strong>%lld</strong> only the other ",
                   (long long)t->only_b, (long long)t->only_a);
    lex_buf_printf(out, "(McNemar’s test, mid-p: ");
    add_p(out, t->p_mid);
    lex_buf_printf(out, "). Macro F1 differs by ");
    add_signed(out, t->macro_f1_difference);
    lex_buf_printf(out, ", 95 %% interval ");
    add_signed(out, t->macro_f1_interval[0]);
    lex_buf_printf(out, " to ");
    add_signed(out, t->macro_f1_interval[1]);
    lex_buf_printf(out, " (paired bootstrap: ");
    add_p(out, t->p_macro_f1);
    lex_buf_printf(out, ").</p>\n<p><strong>%s</strong></p>\n", t->p_mid < 0.05 || t->p_macro_f1 < 0.05 ?
                   "The difference is larger than chance would make it, at the usual level of 5 %." :
                   "On these records, the difference is no larger than chance can make it.");
}

void lex_report_comparison(lex_buf *out, const lex_report *r)
{
    if (!r->compared)
        return;
    lex_section_begin(out, "comparison", "Beside another model", NULL);
    lex_buf_printf(out, "<p class=\"lead\">The other is the %s <code>", r->compared->is_model ? "model" : "earlier report");
    lex_markup_add(out, lex_str_of(r->compared->path));
    lex_buf_printf(out, "</code>, on the same records.</p>\n");
    add_test(out, r->compared);
    lex_buf_printf(out, "<div class=\"pair\"><div><h3>Numbers</h3>\n");
    add_numbers(out, r);
    lex_buf_printf(out, "</div><div>");
    add_moved(out, r);
    lex_buf_printf(out, "</div></div>\n</section>\n");
}
