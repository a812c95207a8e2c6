/* columns.c - which column of a table is what, and a row's cells as a record.
 *
 * A column is meant by its name or by its number, from 1. A header may name a column "2": then the name counts, since
 * who wrote it there can still say 1 or 3 for its neighbours. Without a header the names are column1, column2, ...
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "reader.h"

int64_t lex_column_number(const char *name)
{
    int64_t number;
    size_t len = strlen(name);
    if (len == 0 || len > 5 || name[0] == '0' || strspn(name, "0123456789") != len)
        return 0;
    return lex_parse_int64(&number, lex_str_of(name)) ? number : 0;
}

static int64_t look_up(const lex_columns *c, const char *name)
{
    int64_t at = lex_names_find(c->names, c->n, lex_str_of(name)), number = lex_column_number(name);
    return at >= 0 ? at : number <= c->n ? number - 1 : -1;
}

/* A name as people mean it: without the blanks around it. */
static lex_str without_blanks(lex_str name)
{
    while (name.len && name.ptr[0] == ' ') {
        name.ptr++;
        name.len--;
    }
    while (name.len && name.ptr[name.len - 1] == ' ')
        name.len--;
    return name;
}

/* What may have been meant where a column is not there. */
static void hint_missing(const lex_columns *c, const lex_reader *r, const char *name, const char *option, lex_err *err)
{
    lex_str first = c->n ? c->names[0] : LEX_STR(""), wanted = lex_str_of(name);
    const char *other = c->n == 1 ? ";\t|," : "";
    if (r->options.no_header) {
        lex_err_hint(err, "without a header columns have numbers: %s 1", option);
        return;
    }
    for (int64_t i = 0; i < c->n; i++) {
        lex_str near = without_blanks(c->names[i]);
        if (near.len == wanted.len && strncasecmp(near.ptr, wanted.ptr, near.len) == 0)
            lex_err_hint(err, "is column %lld meant? name it with %s '%.*s'", (long long)i + 1, option,
                         (int)c->names[i].len, c->names[i].ptr);
    }
    if (first.len >= 4 && strncasecmp(first.ptr, "sep=", 4) == 0)
        lex_err_hint(err, "the first line tells spreadsheets the separator and is no header: remove it");
    for (; *other; other++)
        if (memchr(first.ptr, *other, first.len))
            lex_err_hint(err, *other == '\t' ? "are the fields separated by tabs? say --delimiter tab" :
                         "are the fields separated by '%c'? say --delimiter '%c'", *other, *other);
    lex_err_hint(err, "name the column with %s; a file without a header row needs --no-header", option);
}

static lex_status find(int64_t *out, const lex_columns *c, const lex_reader *r, const char *name, const char *option,
                       lex_err *err)
{
    *out = look_up(c, name);
    if (*out >= 0)
        return LEX_OK;
    lex_names_missing(c->names, c->n, "column", name, err);
    hint_missing(c, r, name, option, err);
    return LEX_ERR_INPUT;
}

static lex_status find_label_columns(lex_columns *c, const lex_reader *r, lex_err *err)
{
    lex_status st = LEX_OK;
    int64_t n = r->label_columns.n;
    c->label_columns = lex_arena_array(&c->kept, (size_t)n, sizeof *c->label_columns);
    for (int64_t i = 0; st == LEX_OK && i < n; i++)
        st = find(&c->label_columns[i], c, r, r->label_columns.items[i], "--label-columns", err);
    return st;
}

static bool has_label_columns(const lex_columns *c, const lex_reader *r)
{
    int64_t n = r->label_columns.n, i = 0;
    while (i < n && look_up(c, r->label_columns.items[i]) >= 0)
        i++;
    return n > 0 && (i == n || !r->options.label_columns_if_there);
}

static lex_status find_all(lex_columns *c, const lex_reader *r, lex_err *err)
{
    const lex_reader_options *o = &r->options;
    lex_status st = LEX_OK;
    c->texts = lex_arena_array(&c->kept, (size_t)o->n_text_columns, sizeof *c->texts);
    for (int i = 0; st == LEX_OK && i < o->n_text_columns; i++)
        st = find(&c->texts[i], c, r, o->text_columns[i], "--text-column", err);
    c->id = look_up(c, o->id_column ? o->id_column : "id");
    c->label = -1;
    if (st != LEX_OK || o->labels == LEX_LABELS_IGNORED)
        return st;
    if (has_label_columns(c, r))
        return find_label_columns(c, r, err);
    return find(&c->label, c, r, o->label_column ? o->label_column : "label", "--label-column", err);
}

static lex_status check_names(const lex_columns *c, lex_err *err)
{
    lex_arena scratch;
    lex_arena_init(&scratch);
    int64_t twice = lex_names_repeated(c->names, c->n, &scratch);
    lex_arena_release(&scratch);
    if (twice < 0)
        return LEX_OK;
    lex_names_fail("two columns are named ", c->names[twice], "", err);
    lex_err_hint(err, "give each column a name of its own");
    return err->code;
}

/* Puts the names into one stretch of memory. */
static void keep_names(lex_columns *c, const lex_str *cells, bool numbered)
{
    lex_str *names = lex_arena_array(&c->kept, (size_t)c->n, sizeof *names);
    char number[32];
    for (int64_t i = 0; i < c->n; i++) {
        if (numbered) {
            snprintf(number, sizeof number, "column%lld", (long long)i + 1);
            names[i] = lex_arena_copy(&c->kept, lex_str_of(number));
        } else {
            names[i] = cells[i];
        }
        c->len_names += names[i].len;
    }
    char *to = c->name_bytes = lex_arena_alloc(&c->kept, c->len_names + 1);
    for (int64_t i = 0; i < c->n; i++) {
        if (names[i].len)
            memcpy(to, names[i].ptr, names[i].len);
        names[i].ptr = to;
        to += names[i].len;
    }
    c->names = names;
}

lex_status lex_columns_open(lex_columns *c, const lex_reader *r, const lex_str *cells, size_t n_cells, lex_err *err)
{
    c->n = (int64_t)n_cells;
    keep_names(c, cells, r->options.no_header);
    lex_status st = check_names(c, err);
    return st == LEX_OK ? find_all(c, r, err) : st;
}

void lex_columns_release(lex_columns *c)
{
    lex_arena_release(&c->kept);
}

/* ---- records ---- */

static lex_status ragged(const lex_columns *c, const lex_reader *r, size_t n_cells, lex_err *err)
{
    lex_err_set(err, LEX_ERR_INPUT, "%zu field%s, but the %s has %lld", n_cells, n_cells == 1 ? "" : "s",
                r->options.no_header ? "first row" : "header", (long long)c->n);
    if ((int64_t)n_cells > c->n)
        lex_err_hint(err, "a field that holds the separator must stand in double quotes");
    else
        lex_err_hint(err, "an empty field keeps its separator, and a field with a line break stands in double quotes");
    return LEX_ERR_INPUT;
}

static void fill_fields(const lex_columns *c, const lex_str *cells, lex_record *out, lex_arena *arena)
{
    char *name = lex_arena_alloc(arena, c->len_names + 1);
    if (c->len_names)
        memcpy(name, c->name_bytes, c->len_names);
    out->n_fields = c->n;
    out->fields = lex_arena_array(arena, (size_t)c->n, sizeof *out->fields);
    for (int64_t i = 0; i < c->n; i++) {
        out->fields[i] = (lex_field){.name = {name, c->names[i].len}, .value = cells[i]};
        name += c->names[i].len;
    }
}

static lex_status read_label(const lex_columns *c, const lex_reader *r, lex_str cell, lex_record *out,
                             lex_arena *arena, lex_err *err)
{
    if (r->options.label_separator) {
        lex_label_split(out, cell, r->options.label_separator, arena);
        return LEX_OK;
    }
    if (cell.len == 0 && r->options.labels == LEX_LABELS_OPTIONAL)
        return LEX_OK;
    if (cell.len == 0)
        return lex_names_fail("column ", c->names[c->label], " is empty", err);
    out->labels = lex_arena_array(arena, 1, sizeof *out->labels);
    out->labels[0] = cell;
    out->n_labels = 1;
    return LEX_OK;
}

static lex_status read_label_columns(const lex_columns *c, const lex_reader *r, const lex_field *fields,
                                     lex_record *out, lex_arena *arena, lex_err *err)
{
    int64_t n = r->label_columns.n;
    out->many_labels = true;
    out->labels = lex_arena_array(arena, (size_t)n, sizeof *out->labels);
    for (int64_t i = 0; i < n; i++) {
        const lex_field *field = &fields[c->label_columns[i]];
        bool known, has = lex_label_flag(field->value, &known);
        if (!known)
            return lex_names_fail("column ", field->name, " is neither 0 nor 1", err);
        if (has)
            out->labels[out->n_labels++] = field->name;
    }
    lex_label_unique(out, arena); /* a column may have been named twice */
    return LEX_OK;
}

lex_status lex_columns_record(const lex_columns *c, const lex_reader *r, const lex_str *cells, size_t n_cells,
                              lex_record *out, lex_arena *arena, lex_err *err)
{
    if ((int64_t)n_cells != c->n)
        return ragged(c, r, n_cells, err);
    fill_fields(c, cells, out, arena);
    int n_texts = r->options.n_text_columns;
    lex_str *texts = lex_arena_array(arena, (size_t)n_texts, sizeof *texts);
    for (int i = 0; i < n_texts; i++)
        texts[i] = cells[c->texts[i]];
    out->text = lex_text_join(texts, n_texts, arena);
    if (c->id >= 0 && cells[c->id].len > 0)
        out->id_field = c->id;
    if (c->label >= 0)
        return read_label(c, r, cells[c->label], out, arena, err);
    return c->label_columns ? read_label_columns(c, r, out->fields, out, arena, err) : LEX_OK;
}
