/* evidence.c - the records that the model is surest of and yet wrong about, with their texts. */
#include "internal.h"

enum { TEXT_COLUMNS = 700, LABELS_SHOWN = 8 };

static void add_labels(lex_buf *out, const lex_strings *labels)
{
    if (labels->n == 0)
        lex_buf_printf(out, "<span class=\"what\">no label</span>");
    for (int64_t i = 0; i < labels->n && i < LABELS_SHOWN; i++) {
        lex_buf_printf(out, "%s<b>", i ? ", " : "");
        lex_markup_add_label(out, labels->items[i], 60);
        lex_buf_printf(out, "</b>");
    }
    if (labels->n > LABELS_SHOWN)
        lex_buf_printf(out, " and %lld more", (long long)labels->n - LABELS_SHOWN);
}

static void add_case(lex_buf *out, const lex_report *r, const lex_wrong *wrong)
{
    lex_str text = lex_str_of(wrong->text);
    lex_buf_printf(out, "<article class=\"case\">\n<div class=\"where\">");
    /* One file is named under "Provenance". */
    if (r->n_data > 1) {
        lex_markup_add(out, lex_str_of(wrong->source));
        lex_buf_printf(out, ", line %lld", (long long)wrong->line);
    } else {
        lex_buf_printf(out, "Line %lld", (long long)wrong->line);
    }
    if (wrong->id) {
        lex_buf_printf(out, ", id ");
        lex_markup_add_label(out, wrong->id, 60);
    }
    lex_buf_printf(out, "</div>\n<div class=\"says\">Answered ");
    add_labels(out, &wrong->answer);
    lex_buf_printf(out, " with %.1f %% confidence; it is ", 100 * wrong->confidence);
    add_labels(out, &wrong->truth);
    lex_buf_printf(out, "</div>\n<blockquote dir=\"auto\">");
    if (text.len == 0)
        lex_buf_printf(out, "<span class=\"what\">(an empty text)</span>");
    lex_markup_add_cut(out, text, TEXT_COLUMNS);
    if (wrong->text_is_cut && lex_text_columns(text) <= TEXT_COLUMNS)
        lex_buf_printf(out, "…");
    lex_buf_printf(out, "</blockquote>\n</article>\n");
}

void lex_report_worst(lex_buf *out, const lex_report *r)
{
    if (r->n_worst == 0)
        return;
    lex_section_begin(out, "errors", "Where it is sure, and wrong", NULL);
    lex_buf_printf(out, "<p class=\"lead\">");
    lex_markup_add_count(out, r->n_wrong);
    lex_buf_printf(out, " of ");
    lex_markup_add_count(out, r->evaluation->metrics.n);
    lex_buf_printf(out, " records are wrong%s, the most confident first. Some of them may be mistakes in the data. "
                   "<code class=\"option\">--errors FILE</code> writes all of them.</p>\n", r->n_worst < r->n_wrong ? "; these are the worst" : "");
    for (int i = 0; i < r->n_worst; i++)
        add_case(out, r, &r->worst[i]);
    lex_buf_printf(out, "</section>\n");
}
