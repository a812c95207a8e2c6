/* labels.c - many labels in one cell, and labels as columns of 0 and 1. */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "reader.h"

bool lex_label_flag(lex_str value, bool *known)
{
    bool yes = lex_str_equal(value, LEX_STR("1")) || (value.len == 4 && strncasecmp(value.ptr, "true", 4) == 0);
    bool no = value.len == 0 || lex_str_equal(value, LEX_STR("0")) ||
              (value.len == 5 && strncasecmp(value.ptr, "false", 5) == 0);
    *known = yes || no;
    return yes;
}

static lex_str trimmed(lex_str text)
{
    while (text.len && (text.ptr[0] == ' ' || text.ptr[0] == '\t' || text.ptr[0] == '\r' || text.ptr[0] == '\n')) {
        text.ptr++;
        text.len--;
    }
    while (text.len && strchr(" \t\r\n", text.ptr[text.len - 1]))
        text.len--;
    return text;
}

/* The part before the next separator; moves behind that. */
static lex_str next_part(lex_str *rest, lex_str separator)
{
    const char *found = memmem(rest->ptr, rest->len, separator.ptr, separator.len);
    lex_str part = {rest->ptr, found ? (size_t)(found - rest->ptr) : rest->len};
    size_t used = found ? part.len + separator.len : part.len;
    *rest = (lex_str){rest->ptr + used, rest->len - used};
    return part;
}

void lex_label_split(lex_record *out, lex_str text, const char *separator, lex_arena *arena)
{
    lex_str between = lex_str_of(separator), rest = text;
    size_t most = 1;
    while (rest.len) {
        next_part(&rest, between);
        most++;
    }
    out->labels = lex_arena_array(arena, most, sizeof *out->labels);
    out->n_labels = 0;
    out->many_labels = true;
    for (rest = text; rest.len;) {
        lex_str part = trimmed(next_part(&rest, between));
        if (part.len)
            out->labels[out->n_labels++] = part;
    }
    lex_label_unique(out, arena);
}

/* By text, equal ones in the order in which they stand. */
static int compare_labels(const void *a, const void *b)
{
    const lex_str *const *x = a, *const *y = b;
    int order = lex_str_compare(**x, **y);
    return order ? order : (*x > *y) - (*x < *y);
}

void lex_label_unique(lex_record *record, lex_arena *arena)
{
    lex_str *labels = record->labels;
    int64_t n = record->n_labels, kept = 0;
    if (n < 2)
        return;
    lex_str **order = lex_arena_array(arena, (size_t)n, sizeof *order);
    bool *again = lex_arena_array(arena, (size_t)n, sizeof *again);
    for (int64_t i = 0; i < n; i++)
        order[i] = &labels[i];
    qsort(order, (size_t)n, sizeof *order, compare_labels);
    for (int64_t i = 0; i < n; i++)
        again[order[i] - labels] = i > 0 && lex_str_equal(*order[i - 1], *order[i]);
    for (int64_t i = 0; i < n; i++)
        if (!again[i])
            labels[kept++] = labels[i];
    record->n_labels = kept;
}
