/* comparison_table.c - the model at hand beside another one. */
#include "comparison_table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "terminal.h"

enum { NAME_COLUMNS = 40, LABELS_SHOWN = 10 };

typedef struct {
    const char *label;
    double value, other;
} moved;

static void add_number(cli_table *table, const char *format, double value)
{
    if (isfinite(value))
        cli_table_cell(table, format, value);
    else
        cli_table_cell(table, "-");
}

static void add_row(cli_table *table, const char *name, double value, double other)
{
    cli_table_cut_cell(table, lex_str_of(name), NAME_COLUMNS);
    add_number(table, "%.4f", value);
    add_number(table, "%.4f", other);
    add_number(table, "%+.4f", value - other);
}

static int by_change(const void *a, const void *b)
{
    const moved *x = a, *y = b;
    double of_x = fabs(x->value - x->other), of_y = fabs(y->value - y->other);
    if (of_x != of_y)
        return of_x > of_y ? -1 : 1;
    return strcmp(x->label, y->label);
}

/* The F1 of the labels that moved the most. */
static void add_labels(cli_table *table, const lex_compared *c, const lex_evaluation *e)
{
    moved *list = lex_alloc_array((size_t)e->labels.n, sizeof *list);
    int64_t n = 0;
    for (int64_t k = 0; k < e->labels.n; k++) {
        moved one = {e->labels.items[k], e->metrics.per_label[k].prf.f1, 0};
        one.other = lex_compared_number(c, one.label, LEX_STR("f1"));
        if (isfinite(one.other) && fabs(one.value - one.other) >= 0.00005)
            list[n++] = one;
    }
    qsort(list, (size_t)n, sizeof *list, by_change);
    for (int i = 0; n && i < 4; i++)
        cli_table_cell(table, "%s", "");
    for (int64_t i = 0; i < n && i < LABELS_SHOWN; i++)
        add_row(table, list[i].label, list[i].value, list[i].other);
    free(list);
}

static void add_test(lex_buf *text, const lex_compared *c)
{
    const lex_comparison *t = &c->test;
    if (!c->is_paired) {
        lex_buf_printf(text, "\nno paired test: the report does not hold every record's answer\n");
        return;
    }
    lex_buf_printf(text, "\n%lld records only this model has right, %lld only the other: McNemar p %.4f (exact %.4f)\n",
                   (long long)t->only_b, (long long)t->only_a, t->p_mid, t->p_exact);
    lex_buf_printf(text, "macro F1 %+.4f (%+.4f to %+.4f), paired bootstrap p %.4f\n", t->macro_f1_difference,
                   t->macro_f1_interval[0], t->macro_f1_interval[1], t->p_macro_f1);
}

void cli_show_comparison(const lex_compared *c, const lex_evaluation *e)
{
    cli_table *table = cli_table_new("lrrr");
    const char *const titles[] = {"compared", "this", "other", "difference"};
    const char *const *names = lex_compared_names();
    lex_buf text;
    lex_buf_init(&text);
    for (int i = 0; i < 4; i++)
        cli_table_cell(table, "%s", titles[i]);
    for (int i = 0; names[i]; i++) {
        double value = (double)NAN;
        lex_metrics_by_name(&value, &e->metrics, lex_str_of(names[i]));
        add_row(table, names[i], value, lex_compared_number(c, NULL, lex_str_of(names[i])));
    }
    add_labels(table, c, e);
    lex_buf_printf(&text, "\nthe other: %s\n", c->path);
    cli_table_print(&text, table);
    add_test(&text, c);
    cli_show(lex_buf_str(&text));
    lex_buf_release(&text);
    cli_table_free(table);
}
