/* html.c - the page as a whole: its head, the numbers that come first, and where they come from. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

void lex_section_begin(lex_buf *out, const char *id, const char *heading, const char *lead)
{
    lex_buf_printf(out, "<section id=\"%s\">\n<h2>%s</h2>\n", id, heading);
    if (lead)
        lex_buf_printf(out, "<p class=\"lead\">%s</p>\n", lead);
}

static const char *task_in_words(lex_task task)
{
    switch (task) {
    case LEX_TASK_SINGLE:
        return "one label for each record";
    case LEX_TASK_MULTI:
        return "any number of labels for each record";
    case LEX_TASK_BINARY:
        return "yes or no for each record";
    }
    return "";
}

/* ---- head ---- */

static void add_head(lex_buf *out, const lex_report *r)
{
    const lex_evaluation *e = r->evaluation;
    lex_buf_printf(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
                   "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
                   "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
                   "<meta name=\"generator\" content=\"lexclf " LEXCLF_VERSION "\">\n<title>");
    lex_markup_add(out, lex_str_of(r->title));
    lex_buf_printf(out, " – evaluation report</title>\n<style>\n");
    for (int i = 0; lex_report_style[i]; i++)
        lex_buf_add_str(out, lex_str_of(lex_report_style[i]));
    lex_buf_printf(out, "</style>\n</head>\n<body>\n<main>\n<header>\n<p class=\"kind\">Evaluation report</p>\n<h1>");
    lex_markup_add(out, lex_str_of(r->title));
    lex_buf_printf(out, "</h1>\n<p class=\"lead\">Judged by ");
    lex_markup_add_count(out, e->metrics.n);
    lex_buf_printf(out, " %s with %lld labels; %s.</p>\n", e->metrics.n == 1 ? "record" : "records",
                   (long long)e->labels.n, task_in_words(e->task));
}

static void add_verdict(lex_buf *out, const lex_report *r)
{
    int unmet = 0;
    for (int i = 0; i < r->n_gates; i++)
        unmet += !r->gates[i].held;
    if (r->n_gates == 0)
        return;
    lex_buf_printf(out, "<div class=\"verdict%s\"><strong>", unmet ? " unmet" : "");
    if (unmet)
        lex_buf_printf(out, "✗ %d of %d requirements %s not met", unmet, r->n_gates, unmet == 1 ? "is" : "are");
    else
        lex_buf_printf(out, "✓ %d of %d requirements %s met", r->n_gates, r->n_gates, r->n_gates == 1 ? "is" : "are");
    lex_buf_printf(out, "</strong>What was required and what was found is told <a href=\"#gates\">below</a>.</div>\n");
}

/* ---- numbers ---- */

static void add_range(lex_buf *out, double value, const double ends[2])
{
    lex_buf_printf(out, "<svg class=\"range\" viewBox=\"0 0 100 14\" preserveAspectRatio=\"none\" aria-hidden=\"true\">"
                   "<rect class=\"track\" y=\"5\" width=\"100\" height=\"4\"/>"
                   "<rect class=\"fill-one\" x=\"%.2f\" y=\"3\" width=\"%.2f\" height=\"8\"/>"
                   "<rect class=\"fill-three\" x=\"%.2f\" width=\"0.8\" height=\"14\"/></svg>", 100 * ends[0],
                   100 * (ends[1] - ends[0]), 99.2 * value);
}

static void add_tile(lex_buf *out, const char *name, double value, const double *ends, const char *what)
{
    if (!isfinite(value))
        return;
    lex_buf_printf(out, "<div class=\"tile\"><span class=\"name\">%s</span><b>", name);
    lex_markup_add_number(out, value);
    lex_buf_printf(out, "</b>");
    if (ends) {
        add_range(out, value, ends);
        lex_buf_printf(out, "<span class=\"what\">95 %% interval %.3f to %.3f</span>", ends[0], ends[1]);
    }
    lex_buf_printf(out, "<span class=\"what\">%s</span></div>\n", what);
}

static void add_numbers(lex_buf *out, const lex_report *r)
{
    const lex_metrics *m = &r->evaluation->metrics;
    const lex_intervals *ends = m->intervals.resamples ? &m->intervals : NULL;
    bool many = r->evaluation->task == LEX_TASK_MULTI;
    lex_section_begin(out, "numbers", "In numbers", NULL);
    lex_buf_printf(out, "<div class=\"tiles two\">\n");
    add_tile(out, "Accuracy", m->accuracy, ends ? ends->accuracy : NULL,
             many ? "of all records, the share with exactly the right set of labels" :
                    "of all records, the share with the right label");
    add_tile(out, "Macro F1", m->macro.f1, ends ? ends->macro_f1 : NULL,
             "balance of precision and recall, every label counting alike, rare or not");
    lex_buf_printf(out, "</div>\n<div class=\"tiles\">\n");
    add_tile(out, "Macro precision", m->macro.precision, NULL, "when a label is given, how often it is right");
    add_tile(out, "Macro recall", m->macro.recall, NULL, "of the records with a label, how many are found");
    if (many)
        add_tile(out, "Micro F1", m->micro.f1, NULL, "F1 over all labels of all records together");
    else
        add_tile(out, "Weighted F1", m->weighted.f1, NULL, "F1, labels counting by their records");
    add_tile(out, "AUPR", m->aupr_macro, NULL, "area under the precision-recall curve, mean of the labels");
    add_tile(out, "ROC-AUC", m->roc_auc_macro, NULL, "the chance that a record with a label outranks one without");
    add_tile(out, "Precision at 80 % recall", m->precision_at_recall_macro[LEX_RECALL_80], NULL,
             "where four in five are to be found");
    add_tile(out, "Precision at 90 % recall", m->precision_at_recall_macro[LEX_RECALL_90], NULL,
             "where nine in ten are to be found");
    add_tile(out, "Calibration error", m->ece, NULL, "how far stated confidence is from what is right; 0 is best");
    lex_buf_printf(out, "</div>\n");
    if (ends)
        lex_buf_printf(out, "<p class=\"note\">An interval says how far the number would move on other records of the "
                       "same kind (bootstrap, %lld resamples).</p>\n", (long long)ends->resamples);
    lex_buf_printf(out, "</section>\n");
}

/* ---- gates ---- */

void lex_report_gates(lex_buf *out, const lex_report *r)
{
    if (r->n_gates == 0)
        return;
    lex_buf told;
    lex_buf_init(&told);
    lex_section_begin(out, "gates", "Requirements", NULL);
    lex_buf_printf(out, "<div class=\"scroll\"><table class=\"gates\"><thead><tr><th>Requirement</th><th class=\"left\">Outcome</th>"
                   "<th class=\"left\">Found</th></tr></thead><tbody>\n");
    for (int i = 0; i < r->n_gates; i++) {
        const lex_gate *gate = &r->gates[i];
        lex_buf_clear(&told);
        lex_gate_explain(&told, gate, r->evaluation);
        lex_buf_printf(out, "<tr><td class=\"name\">%s", gate->is_drop ? "drop of at most " : "");
        lex_markup_add_label(out, gate->text, 120);
        lex_buf_printf(out, "</td><td class=\"left\"><span class=\"%s\">%s</span></td><td class=\"left name\">",
                       gate->held ? "held" : "unmet-text", gate->held ? "✓ met" : "✗ not met");
        lex_markup_add(out, lex_buf_str(&told));
        lex_buf_printf(out, "</td></tr>\n");
    }
    lex_buf_printf(out, "</tbody></table></div>\n</section>\n");
    lex_buf_release(&told);
}

/* ---- where it comes from ---- */

static void add_labels_of(lex_buf *out, const char *term, const lex_strings *labels)
{
    enum { SHOWN = 12 };
    if (labels->n == 0)
        return;
    lex_buf_printf(out, "<dt>%s</dt><dd>", term);
    for (int64_t i = 0; i < labels->n && i < SHOWN; i++) {
        lex_buf_printf(out, "%s", i ? ", " : "");
        lex_markup_add_label(out, labels->items[i], 60);
    }
    if (labels->n > SHOWN)
        lex_buf_printf(out, " and %lld more", (long long)labels->n - SHOWN);
    lex_buf_printf(out, "</dd>\n");
}

/* A linear model counts terms and reads every text to its end. */
static void add_what_was_read(lex_buf *out, const lex_report *r)
{
    const lex_evaluation *e = r->evaluation;
    double features = lex_json_number(lex_json_get(lex_json_get(r->description, "run"), "features"), 0);
    if (e->max_length == 0) {
        lex_buf_printf(out, "<dt>Kind of model</dt><dd>linear, over the n-grams of words and characters");
        if (features >= 1) {
            lex_buf_printf(out, "; it knows ");
            lex_markup_add_count(out, (int64_t)features);
            lex_buf_printf(out, " of them");
        }
        lex_buf_printf(out, "</dd>\n<dt>Words read</dt><dd>");
        lex_markup_add_count(out, e->tokens);
        lex_buf_printf(out, ", every text to its end</dd>\n");
        return;
    }
    lex_buf_printf(out, "<dt>Kind of model</dt><dd>neural network (encoder)</dd>\n<dt>Tokens read</dt><dd>");
    lex_markup_add_count(out, e->tokens);
    lex_buf_printf(out, "</dd>\n<dt>Texts cut</dt><dd>");
    if (e->windows != LEX_WINDOWS_OFF) {
        lex_buf_printf(out, "none: those longer than %lld tokens were read in windows (%s)</dd>\n", (long long)e->max_length,
                       lex_windows_name(e->windows));
        return;
    }
    lex_markup_add_count(out, e->n_truncated);
    lex_buf_printf(out, " of ");
    lex_markup_add_count(out, e->metrics.n);
    lex_buf_printf(out, " are longer than %lld tokens and were read up to there</dd>\n", (long long)e->max_length);
}

static void add_provenance(lex_buf *out, const lex_report *r)
{
    const lex_evaluation *e = r->evaluation;
    lex_strings only_model = {0}, only_data = {0};
    lex_evaluation_lone_labels(&only_model, &only_data, e);
    lex_section_begin(out, "provenance", "Provenance", NULL);
    lex_buf_printf(out, "<dl>\n<dt>Data</dt><dd>");
    for (int i = 0; i < r->n_data; i++) {
        lex_buf_printf(out, "%s", i ? ", " : "");
        lex_markup_add(out, lex_str_of(r->data[i]));
    }
    lex_buf_printf(out, "<br><code>sha256 %s</code></dd>\n<dt>Model weights</dt><dd><code>sha256 %s</code></dd>\n",
                   e->data_sha256, e->model_sha256);
    add_what_was_read(out, r);
    add_labels_of(out, "Labels that the data does not have", &only_model);
    add_labels_of(out, "Labels that the model does not know", &only_data);
    lex_buf_printf(out, "<dt>Definitions</dt><dd>scikit-learn's, with 0 where a ratio has no denominator; macro is the mean "
                   "over the labels that the model knows or the data holds</dd>\n</dl>\n</section>\n");
    lex_strings_release(&only_model);
    lex_strings_release(&only_data);
}

/* Links to the sections that the page turned out to have. */
static void add_navigation(lex_buf *out, const char *body)
{
    static const char *const parts[][2] = {
        {"numbers", "Numbers"}, {"gates", "Requirements"}, {"comparison", "Comparison"}, {"labels", "Labels"},
        {"matrix", "Confusions"}, {"calibration", "Calibration"}, {"curves", "Precision and recall"},
        {"thresholds", "Thresholds"},
        {"doubt", "Doubtful answers"}, {"errors", "Errors"}, {"training", "Training"}, {"provenance", "Provenance"},
    };
    char mark[64];
    lex_buf_printf(out, "<nav>\n");
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
        snprintf(mark, sizeof mark, "<section id=\"%s\">", parts[i][0]); /* data cannot hold it: it is escaped */
        if (strstr(body, mark))
            lex_buf_printf(out, "<a href=\"#%s\">%s</a>\n", parts[i][0], parts[i][1]);
    }
    lex_buf_printf(out, "</nav>\n");
}

void lex_report_html(lex_buf *out, const lex_report *report)
{
    lex_buf body;
    lex_buf_init(&body);
    add_numbers(&body, report);
    lex_report_gates(&body, report);
    lex_report_comparison(&body, report);
    lex_report_labels(&body, report);
    lex_report_confusions(&body, report);
    lex_report_calibration(&body, report);
    lex_report_curves(&body, report);
    lex_report_thresholds(&body, report);
    lex_report_worst(&body, report);
    lex_report_training(&body, report);
    add_provenance(&body, report);
    add_head(out, report);
    add_navigation(out, body.ptr);
    lex_buf_printf(out, "</header>\n");
    add_verdict(out, report);
    lex_buf_add_str(out, lex_buf_str(&body));
    lex_buf_printf(out, "<footer>Made by lexclf " LEXCLF_VERSION ". Labels and probabilities are a model's opinion, not "
                   "legal advice.</footer>\n</main>\n</body>\n</html>\n");
    lex_buf_release(&body);
}
