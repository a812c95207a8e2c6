/* tables.c - a row a label: how good it is, with bars; and what its threshold does. */
#include <math.h>
#include <stdlib.h>

#include "internal.h"

static void add_measure(lex_buf *out, const char *name, const char *class_name, double value)
{
    lex_buf_printf(out, "<td class=\"measure\" data-name=\"%s\">", name);
    lex_markup_add_number(out, value);
    lex_bar(out, class_name, value);
    lex_buf_printf(out, "</td>");
}

static void add_prf(lex_buf *out, const lex_prf *prf)
{
    add_measure(out, "precision", "fill-one", prf->precision);
    add_measure(out, "recall", "fill-two", prf->recall);
    add_measure(out, "F1", "fill-three", prf->f1);
}

static void add_label_row(lex_buf *out, const lex_report *r, int64_t k, int64_t most_records)
{
    const lex_label_metrics *label = &r->evaluation->metrics.per_label[k];
    lex_buf_printf(out, "<tr><td class=\"name\">");
    lex_markup_add_label(out, r->evaluation->labels.items[k], 60);
    if (k >= r->evaluation->n_model_labels)
        lex_buf_printf(out, "<span class=\"tag\">not in the model</span>");
    lex_buf_printf(out, "</td><td class=\"records\" data-name=\"records\">");
    lex_markup_add_count(out, label->support);
    lex_bar(out, "fill-soft", most_records ? (double)label->support / (double)most_records : 0);
    lex_buf_printf(out, "</td>");
    add_prf(out, &label->prf);
    lex_buf_printf(out, "<td data-name=\"AUPR\">");
    lex_markup_add_number(out, label->support ? label->aupr : (double)NAN);
    lex_buf_printf(out, "</td></tr>\n");
}

static void add_mean_row(lex_buf *out, const char *name, const lex_prf *prf, double aupr)
{
    lex_buf_printf(out, "<tr><td class=\"name\">%s</td><td class=\"records\"></td>", name);
    add_prf(out, prf);
    lex_buf_printf(out, "<td data-name=\"AUPR\">");
    lex_markup_add_number(out, aupr);
    lex_buf_printf(out, "</td></tr>\n");
}

static void add_rest(lex_buf *out, int64_t n_shown, int64_t n)
{
    if (n_shown == n)
        return;
    lex_buf_printf(out, "<p class=\"note\">The %lld labels with the most records are shown; the other ", (long long)n_shown);
    lex_markup_add_count(out, n - n_shown);
    lex_buf_printf(out, " stand in the file that --report writes.</p>\n");
}

void lex_report_labels(lex_buf *out, const lex_report *r)
{
    const lex_metrics *m = &r->evaluation->metrics;
    int64_t n, most_records = 0;
    int64_t *chosen = lex_report_choose(&n, m, LEX_REPORT_ROWS);
    for (int64_t k = 0; k < m->n_labels; k++)
        most_records = m->per_label[k].support > most_records ? m->per_label[k].support : most_records;
    lex_section_begin(out, "labels", "Label by label",
                      "Precision: when the label is given, how often it is right. Recall: of the records with the label, "
                      "how many are found. F1 is high where both are.");
    lex_buf_printf(out, "<table class=\"bars\"><thead><tr><th>Label</th><th>Records</th><th>Precision</th><th>Recall</th>"
                   "<th>F1</th><th>AUPR</th></tr></thead>\n<tbody>\n");
    for (int64_t i = 0; i < n; i++)
        add_label_row(out, r, chosen[i], most_records);
    lex_buf_printf(out, "</tbody>\n<tbody class=\"means\">\n");
    if (r->evaluation->task == LEX_TASK_MULTI)
        add_mean_row(out, "all together (micro)", &m->micro, m->aupr_micro);
    add_mean_row(out, "mean of the labels (macro)", &m->macro, m->aupr_macro);
    add_mean_row(out, "mean by records (weighted)", &m->weighted, (double)NAN);
    lex_buf_printf(out, "</tbody></table>\n");
    add_rest(out, n, m->n_labels);
    lex_buf_printf(out, "</section>\n");
    free(chosen);
}

/* ---- thresholds ---- */

static void add_threshold_row(lex_buf *out, double threshold, double precision, double recall)
{
    double f1 = recall > 0 ? 2 * precision * recall / (precision + recall) : precision * recall;
    lex_buf_printf(out, "<tr><td>%.2f</td>", threshold);
    const double values[] = {precision, recall, f1};
    for (int i = 0; i < 3; i++) {
        lex_buf_printf(out, "<td>");
        lex_markup_add_number(out, values[i]);
        lex_buf_printf(out, "</td>");
    }
    lex_buf_printf(out, "</tr>\n");
}

/* One threshold for all labels: the curve's last point at or above each. */
static void add_sweep(lex_buf *out, const lex_report *r)
{
    static const double thresholds[] = {0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.05};
    lex_pr_point *points;
    int64_t n, at = 0;
    lex_metrics_pr_curve(&points, &n, r->evaluation->scores, -1);
    lex_buf_printf(out, "<div><h3>%s</h3>\n<table><thead><tr><th>Threshold</th><th>Precision</th>"
                   "<th>Recall</th><th>F1</th></tr></thead><tbody>\n",
                   r->evaluation->task == LEX_TASK_BINARY ? "With another threshold" : "One threshold for all");
    for (size_t i = 0; i < sizeof thresholds / sizeof *thresholds; i++) {
        while (at < n && points[at].threshold >= thresholds[i])
            at++;
        add_threshold_row(out, thresholds[i], at ? points[at - 1].precision : (double)NAN,
                          at ? points[at - 1].recall : 0);
    }
    lex_buf_printf(out, "</tbody></table></div>\n");
    free(points);
}

static void add_in_force(lex_buf *out, const lex_report *r)
{
    const lex_evaluation *e = r->evaluation;
    int64_t n;
    int64_t *chosen = lex_report_choose(&n, &e->metrics, LEX_REPORT_ROWS);
    lex_buf_printf(out, "<div><h3>In force</h3>\n<table><thead><tr><th>Label</th><th>Threshold</th><th>Precision</th>"
                   "<th>Recall</th></tr></thead><tbody>\n");
    for (int64_t i = 0; i < n; i++) {
        const lex_label_metrics *label = &e->metrics.per_label[chosen[i]];
        if (chosen[i] >= (e->task == LEX_TASK_BINARY ? 1 : e->n_model_labels))
            continue;
        lex_buf_printf(out, "<tr><td class=\"name\">");
        lex_markup_add_label(out, e->labels.items[chosen[i]], 40);
        lex_buf_printf(out, label->threshold >= 0.001 && label->threshold < 0.9995 ? "</td><td>%.3f</td>" : "</td><td>%.4g</td>",
                       label->threshold);
        lex_buf_printf(out, "<td>%.3f</td><td>%.3f</td></tr>\n", label->prf.precision, label->prf.recall);
    }
    lex_buf_printf(out, "</tbody></table></div>\n");
    free(chosen);
}

/* SINGLE: what is right among the answers above a confidence, from the bins of reliability. */
static void add_abstaining(lex_buf *out, const lex_metrics *m)
{
    static const int edges[] = {14, 13, 12, 11, 10, 9, 7, 5, 0}; /* of LEX_RELIABILITY_BINS */
    lex_buf_printf(out, "<div class=\"scroll\"><table class=\"narrow\"><thead><tr><th>Confidence above</th>"
                   "<th>Answered</th><th>Right among them</th><th>Left to a person</th></tr></thead><tbody>\n");
    double last = -1;
    for (size_t i = 0; i < sizeof edges / sizeof *edges; i++) {
        double n = 0, right = 0;
        for (int b = edges[i]; b < LEX_RELIABILITY_BINS; b++) {
            n += (double)m->reliability[b].n;
            right += (double)m->reliability[b].n * m->reliability[b].accuracy;
        }
        if (n == last)
            continue;
        last = n;
        double share = m->n ? n / (double)m->n : 0;
        lex_buf_printf(out, "<tr><td>%.0f %%</td><td>%.1f %%</td><td>", 100.0 * edges[i] / LEX_RELIABILITY_BINS,
                       100 * share);
        if (n > 0)
            lex_buf_printf(out, "%.1f %%", 100 * right / n);
        else
            lex_buf_printf(out, "–");
        lex_buf_printf(out, "</td><td>%.0f</td></tr>\n", (double)m->n - n);
    }
    lex_buf_printf(out, "</tbody></table></div>\n");
}

void lex_report_thresholds(lex_buf *out, const lex_report *r)
{
    if (r->evaluation->task == LEX_TASK_SINGLE) {
        lex_section_begin(out, "doubt", "If doubtful answers are left to a person",
                          "The surer the model has to be, the fewer records it answers by itself, and the more of those "
                          "are right. <code class=\"option\">predict --abstain-below</code> marks the others.");
        add_abstaining(out, &r->evaluation->metrics);
    } else {
        lex_section_begin(out, "thresholds", "Thresholds",
                          "A label is given when its probability reaches its threshold. A lower one finds more and is "
                          "wrong more often.");
        lex_buf_printf(out, "<div class=\"pair\">\n");
        add_in_force(out, r);
        add_sweep(out, r);
        lex_buf_printf(out, "</div>\n");
    }
    lex_buf_printf(out, "</section>\n");
}
