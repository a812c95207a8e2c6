/* words.c - text, numbers and names as they stand in a page. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "internal.h"

#define REPLACEMENT "\xEF\xBF\xBD" // U+FFFD

/* ---- text ---- */

static void add_character(lex_buf *out, lex_str bytes, uint32_t c)
{
    bool control = (c < 0x20 && c != '\t' && c != '\n') || (c >= 0x7F && c < 0xA0);
    if (c == '&')
        lex_buf_add_str(out, LEX_STR("&amp;"));
    else if (c == '<')
        lex_buf_add_str(out, LEX_STR("&lt;"));
    else if (c == '>')
        lex_buf_add_str(out, LEX_STR("&gt;"));
    else if (c == '"')
        lex_buf_add_str(out, LEX_STR("&quot;"));
    else if (c == '\'')
        lex_buf_add_str(out, LEX_STR("&#39;"));
    else if (c == '\n' || c == '\t')
        lex_buf_printf(out, "&#%u;", (unsigned)c); /* an attribute would turn it into a blank */
    else if (control || c == 0xFFFE || c == 0xFFFF)
        lex_buf_add_str(out, LEX_STR(REPLACEMENT));
    else
        lex_buf_add_str(out, bytes);
}

/* Adds characters until `columns` are full and returns how many bytes were taken. */
static size_t add_columns(lex_buf *out, lex_str text, int64_t columns);

void lex_markup_add(lex_buf *out, lex_str text)
{
    while (text.len) {
        size_t taken = add_columns(out, text, INT64_MAX);
        text = (lex_str){text.ptr + taken, text.len - taken};
        if (text.len) { /* a byte that is no UTF-8 */
            lex_buf_add_str(out, LEX_STR(REPLACEMENT));
            text = (lex_str){text.ptr + 1, text.len - 1};
        }
    }
}

/* East Asian wide characters and emoji, by block; marks above and below letters. Near enough for a cut. */
static int64_t columns_of(uint32_t c)
{
    bool wide = (c >= 0x1100 && c <= 0x115F) || (c >= 0x2E80 && c <= 0xA4CF) || (c >= 0xAC00 && c <= 0xD7A3) ||
                (c >= 0xF900 && c <= 0xFAFF) || (c >= 0xFE30 && c <= 0xFE6F) || (c >= 0xFF00 && c <= 0xFF60) ||
                (c >= 0x1F300 && c <= 0x1FAFF) || (c >= 0x20000 && c <= 0x3FFFD);
    bool mark = (c >= 0x0300 && c <= 0x036F) || (c >= 0x200B && c <= 0x200F) || (c >= 0xFE00 && c <= 0xFE0F);
    return wide ? 2 : mark ? 0 : 1;
}

static size_t add_columns(lex_buf *out, lex_str text, int64_t columns)
{
    lex_str valid = {text.ptr, lex_utf8_valid_prefix(text)};
    for (size_t at = 0; at < valid.len;) {
        size_t begin = at;
        uint32_t c = lex_utf8_next(valid, &at);
        columns -= columns_of(c);
        if (columns < 0)
            return begin;
        add_character(out, (lex_str){text.ptr + begin, at - begin}, c);
    }
    return valid.len;
}

int64_t lex_text_columns(lex_str text)
{
    int64_t n = 0;
    lex_str valid = {text.ptr, lex_utf8_valid_prefix(text)};
    for (size_t at = 0; at < valid.len;)
        n += columns_of(lex_utf8_next(valid, &at));
    return n;
}

void lex_markup_add_cut(lex_buf *out, lex_str text, int64_t columns)
{
    if (lex_text_columns(text) <= columns) {
        lex_markup_add(out, text);
        return;
    }
    add_columns(out, text, columns - 1);
    lex_buf_add_str(out, LEX_STR("…"));
}

void lex_markup_add_label(lex_buf *out, const char *label, int64_t columns)
{
    lex_str name = lex_str_of(label);
    if (lex_text_columns(name) > columns) {
        lex_buf_printf(out, "<bdi title=\"");
        lex_markup_add(out, name);
        lex_buf_printf(out, "\">");
    } else {
        lex_buf_printf(out, "<bdi>");
    }
    lex_markup_add_cut(out, name, columns);
    lex_buf_printf(out, "</bdi>");
}

/* ---- numbers ---- */

void lex_markup_add_count(lex_buf *out, int64_t n)
{
    char digits[32];
    int len = snprintf(digits, sizeof digits, "%lld", (long long)n);
    for (int i = 0; i < len; i++) {
        lex_buf_add_char(out, digits[i]);
        int left = len - 1 - i;
        if (left > 0 && left % 3 == 0 && digits[i] != '-')
            lex_buf_add_char(out, ',');
    }
}

void lex_markup_add_number(lex_buf *out, double value)
{
    if (isfinite(value))
        lex_buf_printf(out, "%.3f", value);
    else
        lex_buf_add_str(out, LEX_STR("–"));
}

void lex_markup_add_difference(lex_buf *out, double difference, bool more_is_better)
{
    if (!isfinite(difference)) {
        lex_buf_add_str(out, LEX_STR("–"));
        return;
    }
    bool none = fabs(difference) < 0.0005;
    bool better = (difference > 0) == more_is_better;
    lex_buf_printf(out, "<span class=\"%s\">%s%.3f</span>", none ? "same" : better ? "better" : "worse",
                   none ? "±" : difference > 0 ? "+" : "−", fabs(difference));
}

/* ---- labels ---- */

typedef struct {
    int64_t label, support;
} ranked;

static int by_support(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    if (x->support != y->support)
        return x->support > y->support ? -1 : 1;
    return (x->label > y->label) - (x->label < y->label);
}

static int by_number(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

int64_t *lex_report_choose(int64_t *n, const lex_metrics *metrics, int64_t most)
{
    size_t all = (size_t)metrics->n_labels;
    ranked *order = lex_alloc_array(all, sizeof *order);
    int64_t *chosen = lex_alloc_array(all, sizeof *chosen);
    for (size_t k = 0; k < all; k++)
        order[k] = (ranked){(int64_t)k, metrics->per_label[k].support};
    qsort(order, all, sizeof *order, by_support);
    *n = metrics->n_labels < most ? metrics->n_labels : most;
    for (int64_t i = 0; i < *n; i++)
        chosen[i] = order[i].label;
    qsort(chosen, (size_t)*n, sizeof *chosen, by_number);
    free(order);
    return chosen;
}
