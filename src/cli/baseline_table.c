/* baseline_table.c - two models side by side. */
#include "baseline_table.h"

#include <math.h>

#include "terminal.h"

/* Both values and what the first one has more. */
static void add_pair(cli_table *table, double model, double baseline)
{
    cli_table_cell(table, "%.4f", model);
    if (isfinite(baseline)) {
        cli_table_cell(table, "%.4f", baseline);
        cli_table_cell(table, "%+.4f", model - baseline);
    } else {
        cli_table_cell(table, "-");
        cli_table_cell(table, "%s", "");
    }
}

static void add_labels(cli_table *table, const lex_metrics *model, const lex_strings *names,
                       const lex_metrics *baseline, const lex_strings *baseline_names)
{
    for (int64_t k = 0; k < model->n_labels; k++) {
        int64_t other = lex_strings_find(baseline_names, lex_str_of(names->items[k]));
        cli_table_cell(table, "%s", names->items[k]);
        add_pair(table, model->per_label[k].prf.f1, other >= 0 ? baseline->per_label[other].prf.f1 : (double)NAN);
        cli_table_cell(table, "%lld", (long long)model->per_label[k].support);
    }
}

static void add_number(cli_table *table, const char *title, const char *name, const lex_metrics *model,
                       const lex_metrics *baseline)
{
    double a = NAN, b = NAN;
    bool known = lex_metrics_by_name(&a, model, lex_str_of(name)) &&
                 lex_metrics_by_name(&b, baseline, lex_str_of(name));
    LEX_ASSERT(known);
    if (!isfinite(a))
        return;
    cli_table_cell(table, "%s", title);
    add_pair(table, a, b);
    cli_table_cell(table, "%s", "");
}

void cli_show_baseline(const lex_metrics *model, const lex_strings *names, const lex_metrics *baseline,
                       const lex_strings *baseline_names)
{
    static const char *const titles[] = {"f1", "model", "baseline", "difference", "records"};
    cli_table *table = cli_table_new("lrrrr");
    lex_buf text;
    lex_buf_init(&text);
    for (int i = 0; i < 5; i++)
        cli_table_cell(table, "%s", titles[i]);
    add_labels(table, model, names, baseline, baseline_names);
    for (int i = 0; i < 5; i++)
        cli_table_cell(table, "%s", "");
    add_number(table, "micro f1", "micro_f1", model, baseline);
    add_number(table, "macro f1", "macro_f1", model, baseline);
    add_number(table, "weighted f1", "weighted_f1", model, baseline);
    add_number(table, "macro aupr", "aupr_macro", model, baseline);
    add_number(table, "accuracy", "accuracy", model, baseline);
    add_number(table, "loss", "loss", model, baseline);
    add_number(table, "calibration error", "ece", model, baseline);
    cli_table_print(&text, table);
    cli_show(lex_buf_str(&text));
    lex_buf_release(&text);
    cli_table_free(table);
}
