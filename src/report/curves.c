/* curves.c - how far confidence can be trusted, what recall costs in precision. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "internal.h"

/* ---- reliability ---- */

static void add_bins(lex_buf *out, const lex_plot *plot, const lex_reliability_bin *bins)
{
    for (int b = 0; b < LEX_RELIABILITY_BINS; b++) {
        if (bins[b].n == 0)
            continue;
        double x = lex_plot_x(plot, (double)b / LEX_RELIABILITY_BINS), y = lex_plot_y(plot, bins[b].accuracy);
        double width = plot->width / LEX_RELIABILITY_BINS - 2;
        lex_buf_printf(out, "<g><title>%lld answers with a mean confidence of %.2f, %.2f of them right</title>"
                       "<rect class=\"fill-one\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>"
                       "<circle class=\"point\" cx=\"%.1f\" cy=\"%.1f\" r=\"4\"/></g>\n", (long long)bins[b].n,
                       bins[b].confidence, bins[b].accuracy, x + 1, y, width, plot->top + plot->height - y,
                       lex_plot_x(plot, bins[b].confidence), y);
    }
}

/* How many answers there are in each bin, below the diagram. */
static void add_counts(lex_buf *out, const lex_plot *plot, const lex_reliability_bin *bins, double top, double height)
{
    int64_t most = 1;
    for (int b = 0; b < LEX_RELIABILITY_BINS; b++)
        most = bins[b].n > most ? bins[b].n : most;
    for (int b = 0; b < LEX_RELIABILITY_BINS; b++) {
        double bar = height * (double)bins[b].n / (double)most;
        lex_buf_printf(out, "<rect class=\"fill-soft\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>",
                       lex_plot_x(plot, (double)b / LEX_RELIABILITY_BINS) + 1, top + height - bar,
                       plot->width / LEX_RELIABILITY_BINS - 2, bar);
    }
    lex_buf_printf(out, "<text class=\"axis\" x=\"%.1f\" y=\"%.1f\">how many</text>\n", plot->left, top - 4);
}

static const lex_reliability_bin *fullest(const lex_reliability_bin *bins)
{
    const lex_reliability_bin *best = &bins[0];
    for (int b = 1; b < LEX_RELIABILITY_BINS; b++)
        best = bins[b].n > best->n ? &bins[b] : best;
    return best;
}

void lex_report_calibration(lex_buf *out, const lex_report *r)
{
    const lex_metrics *m = &r->evaluation->metrics;
    const lex_reliability_bin *most = fullest(m->reliability);
    lex_plot plot = {52, 10, 320, 300, 0, 1, 0, 1};
    if (!isfinite(m->ece) || most->n == 0)
        return;
    lex_section_begin(out, "calibration", "Can its confidence be trusted?", NULL);
    lex_buf_printf(out, "<div class=\"pair\">\n<figure>");
    lex_svg_begin(out, "chart", 384, 420, "Reliability diagram: the share that is right, by stated confidence");
    lex_plot_axes(out, &plot, 5, 1, 5, 1, "stated confidence", "share that is right");
    add_bins(out, &plot, m->reliability);
    lex_buf_printf(out, "<path class=\"ideal\" d=\"M%.1f %.1fL%.1f %.1f\"/>", plot.left, plot.top + plot.height,
                   plot.left + plot.width, plot.top);
    add_counts(out, &plot, m->reliability, 376, 40);
    lex_buf_printf(out, "</svg></figure>\n<div><p>The expected calibration error is <strong>%.3f</strong>: by so much, "
                   "on average, the stated confidence differs from the share that is right.</p>\n", m->ece);
    lex_buf_printf(out, "<p>%s with a confidence of about %.0f %% are the most frequent ones, ",
                   r->evaluation->task == LEX_TASK_MULTI ? "Decisions" : "Answers", 100 * most->confidence);
    lex_markup_add_count(out, most->n);
    lex_buf_printf(out, "; %.0f %% of them are right.</p>\n<p class=\"note\">On the dashed line, confidence is exactly what "
                   "it says. A dot below it is overconfident, one above it too modest. %s"
                   "<code class=\"option\">lexclf calibrate</code> fits the confidence to new data without training anew.</p></div>\n</div>\n</section>\n",
                   100 * most->accuracy, r->evaluation->task == LEX_TASK_MULTI ?
                   "Every label of every record is a decision, yes or no, so that the many sure noes stand at the "
                   "right. " : "");
}

/* ---- precision and recall ---- */

enum { CURVE_RECORDS = 5 };

/* A step for each gain in recall, at the precision that it is bought at; steps too small to be seen are left out. */
static void add_steps(lex_buf *out, const lex_plot *plot, const lex_pr_point *points, int64_t n)
{
    double recall = 0, precision = n ? points[0].precision : 0;
    lex_buf_printf(out, "M%.1f %.1f", lex_plot_x(plot, 0), lex_plot_y(plot, precision));
    for (int64_t i = 0; i < n; i++) {
        bool seen = points[i].recall - recall > 0.004 || fabs(points[i].precision - precision) > 0.02;
        if (points[i].recall <= recall || (!seen && i + 1 < n))
            continue;
        recall = points[i].recall;
        precision = points[i].precision;
        lex_buf_printf(out, "V%.1fH%.1f", lex_plot_y(plot, precision), lex_plot_x(plot, recall));
    }
}

static void add_curve(lex_buf *out, const lex_plot *plot, const lex_pr_point *points, int64_t n)
{
    double bottom = plot->top + plot->height;
    lex_buf_printf(out, "<path class=\"area\" d=\"");
    add_steps(out, plot, points, n);
    lex_buf_printf(out, "V%.1fH%.1fZ\"/><path class=\"line one\" d=\"", bottom, plot->left);
    add_steps(out, plot, points, n);
    lex_buf_printf(out, "\"/>");
}

/* Where the label stands today. */
static void add_point(lex_buf *out, const lex_plot *plot, const lex_prf *prf, double radius)
{
    lex_buf_printf(out, "<circle class=\"point\" cx=\"%.1f\" cy=\"%.1f\" r=\"%g\"><title>as answered: precision %.3f, recall "
                   "%.3f</title></circle>", lex_plot_x(plot, prf->recall), lex_plot_y(plot, prf->precision), radius,
                   prf->precision, prf->recall);
}

static void add_small(lex_buf *out, const lex_report *r, int64_t k)
{
    const lex_label_metrics *label = &r->evaluation->metrics.per_label[k];
    lex_plot plot = {4, 4, 140, 100, 0, 1, 0, 1};
    lex_pr_point *points;
    int64_t n;
    char title[64];
    lex_metrics_pr_curve(&points, &n, r->evaluation->scores, k);
    snprintf(title, sizeof title, "Precision-recall curve, AUPR %.3f", label->aupr);
    lex_buf_printf(out, "<figure>");
    lex_svg_begin(out, "curve", 148, 108, title);
    lex_buf_printf(out, "<rect class=\"track\" fill-opacity=\".35\" x=\"4\" y=\"4\" width=\"140\" height=\"100\"/>");
    add_curve(out, &plot, points, n);
    add_point(out, &plot, &label->prf, 3.5);
    lex_buf_printf(out, "</svg><figcaption><b>");
    lex_markup_add_label(out, r->evaluation->labels.items[k], 44);
    lex_buf_printf(out, "</b><br>AUPR %.3f, ", label->aupr);
    lex_markup_add_count(out, label->support);
    lex_buf_printf(out, " %s</figcaption></figure>\n", label->support == 1 ? "record" : "records");
    free(points);
}

static void add_whole(lex_buf *out, const lex_report *r)
{
    const lex_metrics *m = &r->evaluation->metrics;
    lex_plot plot = {52, 10, 320, 240, 0, 1, 0, 1};
    lex_pr_point *points;
    int64_t n;
    lex_metrics_pr_curve(&points, &n, r->evaluation->scores, -1);
    lex_buf_printf(out, "<figure>");
    lex_svg_begin(out, "chart", 384, 300, "Precision-recall curve of all labels together");
    lex_plot_axes(out, &plot, 5, 1, 5, 1, "recall: share that is found", "precision: share that is right");
    add_curve(out, &plot, points, n);
    if (r->evaluation->task == LEX_TASK_BINARY)
        add_point(out, &plot, &m->per_label[0].prf, 5);
    else
        add_point(out, &plot, &m->micro, 5);
    lex_buf_printf(out, "</svg></figure>\n");
    free(points);
}

/* A small curve for each label that has enough records for one. */
static void add_small_ones(lex_buf *out, const lex_report *r)
{
    const lex_metrics *m = &r->evaluation->metrics;
    int64_t n, n_curves = 0, n_supported = 0;
    int64_t *chosen = lex_report_choose(&n, m, LEX_REPORT_CURVES);
    for (int64_t k = 0; k < m->n_labels; k++)
        n_supported += m->per_label[k].support > 0;
    for (int64_t i = 0; i < n; i++) {
        if (m->per_label[chosen[i]].support < CURVE_RECORDS)
            continue;
        if (n_curves++ == 0)
            lex_buf_printf(out, "<h3>Label by label, on the same axes</h3>\n<div class=\"small\">\n");
        add_small(out, r, chosen[i]);
    }
    if (n_curves)
        lex_buf_printf(out, "</div>\n");
    if (n_curves < n_supported)
        lex_buf_printf(out, "<p class=\"note\">%lld of the %lld labels that any record has are shown here: those with at "
                       "least %d records, at most %d. A curve of fewer says little.</p>\n", (long long)n_curves,
                       (long long)n_supported, CURVE_RECORDS, LEX_REPORT_CURVES);
    free(chosen);
}

void lex_report_curves(lex_buf *out, const lex_report *r)
{
    const lex_metrics *m = &r->evaluation->metrics;
    int64_t k = 0;
    while (k < m->n_labels && m->per_label[k].support == 0)
        k++;
    if (k < m->n_labels) {
        lex_section_begin(out, "curves", "What recall costs in precision", NULL);
        lex_buf_printf(out, "<div class=\"pair\">\n");
        add_whole(out, r);
        lex_buf_printf(out, "<div><p>Going down the scores of a label, more and more of its records are found (to the "
                       "right), and more and more others are taken for it (down). A curve that stays at the top up to the "
                       "right edge is perfect.</p>\n<p>The large curve takes all labels together%s. The red "
                       "dot is where the model stands as it answers today.</p>\n",
                       r->evaluation->task == LEX_TASK_BINARY ? ", which here is the positive one" : "");
        lex_buf_printf(out, "<p>Mean area under the curves (AUPR): <strong>%.3f</strong>.</p></div>\n</div>\n", m->aupr_macro);
        add_small_ones(out, r);
        lex_buf_printf(out, "</section>\n");
    }
}
