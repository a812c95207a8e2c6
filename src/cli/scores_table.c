/* scores_table.c - metrics for people: a row a label, the confusions worth reading, one line of the whole. */
#include "scores_table.h"

#include <math.h>

#include "terminal.h"

enum { NAME_COLUMNS = 40 };

static void add_number(cli_table *table, double value)
{
    if (isfinite(value))
        cli_table_cell(table, "%.4f", value);
    else
        cli_table_cell(table, "-");
}

static void add_prf(cli_table *table, const lex_prf *prf)
{
    add_number(table, prf->precision);
    add_number(table, prf->recall);
    add_number(table, prf->f1);
}

/* with_threshold: the table has that column, which means stay clear of. */
static void add_mean(cli_table *table, const char *name, const lex_prf *prf, double aupr, int64_t n,
                     bool with_threshold)
{
    cli_table_cell(table, "%s", name);
    add_prf(table, prf);
    if (isfinite(aupr))
        add_number(table, aupr);
    else
        cli_table_cell(table, "%s", "");
    cli_table_cell(table, "%lld", (long long)n);
    if (with_threshold)
        cli_table_cell(table, "%s", "");
}

static void add_label(cli_table *table, const lex_label_metrics *label, const char *name, bool with_threshold)
{
    cli_table_cut_cell(table, lex_str_of(name), NAME_COLUMNS);
    add_prf(table, &label->prf);
    add_number(table, label->support ? label->aupr : (double)NAN);
    cli_table_cell(table, "%lld", (long long)label->support);
    if (with_threshold && label->threshold > 0)
        cli_table_cell(table, "%.4g", label->threshold);
    else if (with_threshold)
        cli_table_cell(table, "%s", "");
}

static void add_scores(lex_buf *text, const lex_metrics *m, const lex_strings *names)
{
    static const char *const titles[] = {"", "precision", "recall", "f1", "aupr", "records", "threshold"};
    int64_t support = 0;
    bool with_threshold = false;
    for (int64_t k = 0; k < m->n_labels; k++) {
        support += m->per_label[k].support;
        with_threshold = with_threshold || m->per_label[k].threshold > 0;
    }
    int n_columns = with_threshold ? 7 : 6;
    cli_table *table = cli_table_new(with_threshold ? "lrrrrrr" : "lrrrrr");
    for (int i = 0; i < n_columns; i++)
        cli_table_cell(table, "%s", titles[i]);
    for (int64_t k = 0; k < m->n_labels; k++)
        add_label(table, &m->per_label[k], names->items[k], with_threshold);
    for (int i = 0; i < n_columns; i++)
        cli_table_cell(table, "%s", "");
    if (!m->confusion) /* many labels: elsewhere micro is accuracy */
        add_mean(table, "micro", &m->micro, m->aupr_micro, support, with_threshold);
    add_mean(table, "macro", &m->macro, m->aupr_macro, support, with_threshold);
    add_mean(table, "weighted", &m->weighted, (double)NAN, support, with_threshold);
    cli_table_print(text, table);
    cli_table_free(table);
}

static void add_pair_name(cli_table *table, const lex_strings *names, int64_t label)
{
    cli_table_cut_cell(table, label < 0 ? LEX_STR("(none)") : lex_str_of(names->items[label]), NAME_COLUMNS);
}

static void add_pairs(lex_buf *text, const lex_metrics *m, const lex_strings *names)
{
    if (m->n_pairs == 0)
        return;
    cli_table *table = cli_table_new("llr");
    cli_table_cell(table, "most often confused: truth");
    cli_table_cell(table, "answer");
    cli_table_cell(table, "records");
    for (int i = 0; i < m->n_pairs; i++) {
        add_pair_name(table, names, m->pairs[i].truth);
        add_pair_name(table, names, m->pairs[i].predicted);
        cli_table_cell(table, "%lld", (long long)m->pairs[i].n);
    }
    lex_buf_add_char(text, '\n');
    cli_table_print(text, table);
    cli_table_free(table);
}

static void add_with_interval(lex_buf *text, const char *name, double value, const double *ends)
{
    lex_buf_printf(text, "%s %.4f", name, value);
    if (ends)
        lex_buf_printf(text, " (%.4f to %.4f)", ends[0], ends[1]);
}

static void add_if_finite(lex_buf *text, const char *name, double value)
{
    if (isfinite(value))
        lex_buf_printf(text, "  %s %.4f", name, value);
}

/* Ranges in brackets are 95 % intervals. */
static void add_whole(lex_buf *text, const lex_metrics *m)
{
    const lex_intervals *ends = m->intervals.resamples ? &m->intervals : NULL;
    lex_buf_add_char(text, '\n');
    add_with_interval(text, "accuracy", m->accuracy, ends ? ends->accuracy : NULL);
    add_with_interval(text, "  macro F1", m->macro.f1, ends ? ends->macro_f1 : NULL);
    add_if_finite(text, "loss", m->loss);
    add_if_finite(text, "calibration error", m->ece);
    add_if_finite(text, "ROC-AUC", m->roc_auc_macro);
    add_if_finite(text, "precision at 80 % recall", m->precision_at_recall_macro[LEX_RECALL_80]);
    add_if_finite(text, "at 90 %", m->precision_at_recall_macro[LEX_RECALL_90]);
    lex_buf_printf(text, "  records %lld\n", (long long)m->n);
}

void cli_show_scores(const lex_metrics *metrics, const lex_strings *names)
{
    lex_buf text;
    lex_buf_init(&text);
    add_scores(&text, metrics, names);
    add_pairs(&text, metrics, names);
    add_whole(&text, metrics);
    cli_show(lex_buf_str(&text));
    lex_buf_release(&text);
}
