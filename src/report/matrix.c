/* matrix.c - which label was taken for which: a heat map where it can be read, and the worst pairs in words. */
#include <math.h>
#include <stdio.h>

#include "internal.h"

enum { PAGE_WIDTH = 980, CELL_LEAST = 12, LABELS_BESIDE = 6 };

/* Sizes that depend on how many labels there are. */
typedef struct {
    int64_t n;
    double cell, font;
    double left, top, right; /* room for names */
    int64_t name_columns;
    double angle; /* of the names on top */
} layout;

static layout layout_for(const lex_metrics *m, const lex_strings *names)
{
    layout l = {.n = m->n_labels, .cell = 19, .font = 8.5, .name_columns = 30, .angle = -90};
    int64_t longest = 5;
    if (l.n <= 12)
        l = (layout){.n = l.n, .cell = 54, .font = 14, .name_columns = 24, .angle = -45};
    else if (l.n <= 25)
        l = (layout){.n = l.n, .cell = 30, .font = 11, .name_columns = 28, .angle = -90};
    for (int64_t k = 0; k < l.n; k++) {
        int64_t columns = lex_text_columns(lex_str_of(names->items[k]));
        longest = columns > longest ? columns : longest;
    }
    longest = longest < l.name_columns ? longest : l.name_columns;
    double width = (double)longest * (l.n > 25 ? 6 : 7) + 12;
    bool slanted = l.angle > -90;
    l.left = width + 22; /* and the word "truth" */
    l.top = (slanted ? 0.71 * width + 16 : width) + 20;
    l.right = slanted ? 0.71 * width : 8;
    double fits = (PAGE_WIDTH - l.left - l.right) / (double)l.n;
    l.cell = l.cell < fits ? l.cell : fits > CELL_LEAST ? fits : CELL_LEAST;
    l.font = l.font < 0.5 * l.cell ? l.font : 0.5 * l.cell;
    return l;
}

static void add_names(lex_buf *out, const layout *l, const lex_strings *names)
{
    double size = l->n > 25 ? 10.5 : 12.5;
    for (int64_t k = 0; k < l->n; k++) {
        double middle = ((double)k + 0.5) * l->cell;
        lex_str name = lex_str_of(names->items[k]);
        lex_buf_printf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"end\" style=\"font-size:%gpx\">", l->left - 8,
                       l->top + middle + size / 3, size);
        lex_markup_add_cut(out, name, l->name_columns);
        double x = l->left + middle + (l->angle > -90 ? 0 : size / 3), y = l->top - 8;
        lex_buf_printf(out, "</text><text x=\"%.1f\" y=\"%.1f\" transform=\"rotate(%g %.1f %.1f)\" style=\"font-size:%gpx\">",
                       x, y, l->angle, x, y, size);
        lex_markup_add_cut(out, name, l->name_columns);
        lex_buf_printf(out, "</text>\n");
    }
}

static void add_cell(lex_buf *out, const layout *l, const lex_strings *names, int64_t truth, int64_t answer, int64_t n,
                     int64_t support)
{
    double share = (double)n / (double)support;
    double opacity = 0.1 + 0.9 * pow(share, 0.7);
    double x = l->left + (double)answer * l->cell, y = l->top + (double)truth * l->cell;
    lex_buf_printf(out, "<g><title>");
    lex_markup_add_cut(out, lex_str_of(names->items[truth]), 60);
    if (truth == answer) {
        lex_buf_printf(out, ": answered right");
    } else {
        lex_buf_printf(out, ": taken for ");
        lex_markup_add_cut(out, lex_str_of(names->items[answer]), 60);
    }
    lex_buf_printf(out, " %lld of %lld times</title><rect class=\"%s\" fill-opacity=\"%.2f\" x=\"%.1f\" y=\"%.1f\" "
                   "width=\"%g\" height=\"%g\"/>", (long long)n, (long long)support, truth == answer ? "right" : "wrong",
                   opacity, x, y, l->cell - 1, l->cell - 1);
    lex_buf_printf(out, "<text class=\"n%s\" x=\"%.1f\" y=\"%.1f\" style=\"font-size:%gpx\">%lld</text></g>\n",
                   opacity > 0.55 ? " over" : "", x + (l->cell - 1) / 2, y + (l->cell - 1) / 2 + l->font * 0.36,
                   n > 999 && l->n > 25 ? 6.5 : l->font, (long long)n);
}

static void add_matrix(lex_buf *out, const lex_metrics *m, const lex_strings *names)
{
    layout l = layout_for(m, names);
    double side = (double)l.n * l.cell;
    lex_buf_printf(out, "<figure><div class=\"scroll\">");
    lex_svg_begin(out, "matrix", l.left + side + l.right, l.top + side + 6,
                  "Confusion matrix: rows are true labels, columns are answers");
    lex_buf_printf(out, "<rect class=\"empty\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>", l.left, l.top,
                   side, side);
    lex_buf_printf(out, "<text class=\"axis\" x=\"%.1f\" y=\"14\" text-anchor=\"middle\">answer</text>"
                   "<text class=\"axis\" x=\"13\" y=\"%.1f\" text-anchor=\"middle\" transform=\"rotate(-90 13 %.1f)\">"
                   "truth</text>\n", l.left + side / 2, l.top + side / 2, l.top + side / 2);
    for (int64_t k = 1; k < l.n; k++) {
        double at = (double)k * l.cell - 0.5;
        lex_buf_printf(out, "<path class=\"grid\" d=\"M%.1f %.1fv%.1fM%.1f %.1fh%.1f\"/>", l.left + at, l.top, side,
                       l.left, l.top + at, side);
    }
    add_names(out, &l, names);
    for (int64_t i = 0; i < l.n; i++)
        for (int64_t j = 0; j < l.n; j++)
            if (m->confusion[i * l.n + j])
                add_cell(out, &l, names, i, j, m->confusion[i * l.n + j], m->per_label[i].support);
    lex_buf_printf(out, "</svg></div><figcaption>A row is a true label, a column an answer; the deeper the colour, the "
                   "larger the share of the row. Blue is right, red is wrong.<span class=\"%s\"> It is wider than this screen "
                   "and scrolls sideways.</span></figcaption></figure>\n",
                   l.n > 12 ? "hint wide" : l.n > 4 ? "hint" : "hint never");
}

static void add_pair_label(lex_buf *out, const lex_strings *names, int64_t label, const char *none)
{
    lex_buf_printf(out, "<td class=\"left name\">");
    if (label < 0)
        lex_buf_printf(out, "<span class=\"what\">%s</span>", none);
    else
        lex_markup_add_label(out, names->items[label], 60);
    lex_buf_printf(out, "</td>");
}

static void add_pairs(lex_buf *out, const lex_metrics *m, const lex_strings *names)
{
    lex_buf_printf(out, "<div><h3>Most often confused</h3>\n<table><thead><tr><th>True label</th>"
                   "<th class=\"left\">Answered</th><th>Records</th><th>Of its label</th></tr></thead><tbody>\n");
    for (int i = 0; i < m->n_pairs; i++) {
        const lex_confusion_pair *pair = &m->pairs[i];
        lex_buf_printf(out, "<tr>");
        add_pair_label(out, names, pair->truth, "(none was missed)");
        add_pair_label(out, names, pair->predicted, "(none)");
        lex_buf_printf(out, "<td>");
        lex_markup_add_count(out, pair->n);
        lex_buf_printf(out, "</td><td>");
        if (pair->truth >= 0 && m->per_label[pair->truth].support)
            lex_buf_printf(out, "%.0f %%", 100.0 * (double)pair->n / (double)m->per_label[pair->truth].support);
        else
            lex_buf_printf(out, "–");
        lex_buf_printf(out, "</td></tr>\n");
    }
    lex_buf_printf(out, "</tbody></table></div>\n");
}

void lex_report_confusions(lex_buf *out, const lex_report *r)
{
    const lex_metrics *m = &r->evaluation->metrics;
    bool matrix = m->confusion && m->n_labels <= LEX_REPORT_MATRIX_LABELS;
    if (!matrix && m->n_pairs == 0)
        return;
    lex_section_begin(out, "matrix", "What is taken for what", NULL);
    bool beside = matrix && m->n_labels <= LABELS_BESIDE;
    lex_buf_printf(out, "<div%s>\n", beside ? " class=\"pair\"" : "");
    if (matrix)
        add_matrix(out, m, &r->evaluation->labels);
    else if (m->confusion)
        lex_buf_printf(out, "<p class=\"note\">%lld labels are too many for a table of all confusions that can be read; "
                       "these are the pairs that count most.</p>\n", (long long)m->n_labels);
    if (m->n_pairs)
        add_pairs(out, m, &r->evaluation->labels);
    lex_buf_printf(out, "</div>\n</section>\n");
}
