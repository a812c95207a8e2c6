/* scores_table.c - metrics for people. */
#include "scores_table.h"

#include <math.h>

#include "terminal.h"

static void add_prf(cli_table *table, const char *name, const lex_prf *prf)
{
    cli_table_cell(table, "%s", name);
    cli_table_cell(table, "%.4f", prf->precision);
    cli_table_cell(table, "%.4f", prf->recall);
    cli_table_cell(table, "%.4f", prf->f1);
}

static void add_mean(cli_table *table, const char *name, const lex_prf *prf, int64_t n)
{
    add_prf(table, name, prf);
    cli_table_cell(table, "%lld", (long long)n);
}

static void add_labels(cli_table *table, const lex_metrics *metrics, const lex_strings *names)
{
    for (int64_t k = 0; k < metrics->n_labels; k++) {
        const lex_label_metrics *label = &metrics->per_label[k];
        add_prf(table, names->items[k], &label->prf);
        cli_table_cell(table, "%lld", (long long)label->support);
    }
}

static void add_blank_row(cli_table *table)
{
    for (int i = 0; i < 5; i++)
        cli_table_cell(table, "%s", "");
}

void cli_show_scores(const lex_metrics *metrics, const lex_strings *names)
{
    cli_table *table = cli_table_new("lrrrr");
    const char *titles[] = {"", "precision", "recall", "f1", "records"};
    int64_t support = 0;
    for (int64_t k = 0; k < metrics->n_labels; k++)
        support += metrics->per_label[k].support;
    for (int i = 0; i < 5; i++)
        cli_table_cell(table, "%s", titles[i]);
    add_labels(table, metrics, names);
    add_blank_row(table);
    if (!metrics->confusion) /* many labels: elsewhere micro is accuracy */
        add_mean(table, "micro", &metrics->micro, support);
    add_mean(table, "macro", &metrics->macro, support);
    add_mean(table, "weighted", &metrics->weighted, support);

    lex_buf text;
    lex_buf_init(&text);
    cli_table_print(&text, table);
    lex_buf_printf(&text, "\naccuracy %.4f", metrics->accuracy);
    if (isfinite(metrics->loss))
        lex_buf_printf(&text, "  loss %.4f", metrics->loss);
    if (isfinite(metrics->ece))
        lex_buf_printf(&text, "  calibration error %.4f", metrics->ece);
    lex_buf_printf(&text, "  records %lld\n", (long long)metrics->n);
    cli_show(lex_buf_str(&text));
    lex_buf_release(&text);
    cli_table_free(table);
}
