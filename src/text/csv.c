/* csv.c - CSV (RFC 4180) and TSV on libcsv, which no other file sees.
 *
 * libcsv runs in its strict mode, since otherwise one stray quote swallows the rest of a file, and gets one physical
 * line at a time: so each row's first line is known, a row never ends in the middle of what it was given, and a row
 * that does not end is noticed at the limit for a record or the end of the file. libcsv would trim unquoted fields
 * (its notion of space is replaced), grow its buffer by constant steps (the step follows the data) and ask for memory
 * by itself (it gets ours). Its callbacks cannot fail; what they notice waits in the state.
 */
#include <csv.h>
#include <stdlib.h>
#include <string.h>

#include "reader.h"

#define STEP_BYTES ((size_t)64 << 10)

typedef struct {
    struct csv_parser parser;
    lex_arena kept; /* the header */
    lex_str *names;
    int64_t n_names;
    char *name_bytes; /* all names together, to copy them into a record at once */
    size_t len_names;
    int64_t *text_columns;
    int64_t label_column, id_column; /* -1: none */
    /* The row in hand. */
    lex_arena *arena;
    lex_str *cells;
    size_t n_cells, capacity;
    bool row_done;
    bool too_many;
} csv_state;

static int never_space(unsigned char c)
{
    (void)c;
    return 0;
}

static void *grow(void *old, size_t size) { return lex_realloc_array(old, size, 1); }

static void on_cell(void *bytes, size_t len, void *data)
{
    csv_state *s = data;
    if (s->n_cells == LEX_COLUMNS_MAX) {
        s->too_many = true;
        return;
    }
    lex_str cell = lex_arena_copy(s->arena, (lex_str){bytes, len});
    LEX_PUSH(s->cells, s->n_cells, s->capacity, cell);
}

static void on_row(int ending, void *data)
{
    (void)ending;
    csv_state *s = data;
    s->row_done = true;
}

/* ---- one row ---- */

static lex_status never_closed(lex_err *err)
{
    lex_err_set(err, LEX_ERR_INPUT, "a quote that opens here is never closed");
    lex_err_hint(err, "a quote inside a field is written twice, and the field in quotes");
    return LEX_ERR_INPUT;
}

/* libcsv stopped at `c`, in line `line`. */
static lex_status stray_quote(const lex_reader *r, char c, lex_err *err)
{
    const char *what = c == '"' ? "a quote inside a field without quotes" : "something follows a closing quote";
    if (r->source.line == r->line) {
        lex_err_set(err, LEX_ERR_INPUT, "%s", what);
        lex_err_hint(err, "a quote inside a field is written twice, and the field in quotes");
    } else {
        lex_err_set(err, LEX_ERR_INPUT, "%s in line %lld of this row", what, (long long)r->source.line);
        lex_err_hint(err, "a quote that opens in line %lld may not be closed where it should", (long long)r->line);
    }
    return LEX_ERR_INPUT;
}

static lex_status feed(lex_reader *r, lex_str bytes, lex_err *err)
{
    csv_state *s = r->state;
    size_t held = csv_get_buffer_size(&s->parser), step = bytes.len + 1;
    step = step > held ? step : held;
    csv_set_blk_size(&s->parser, step > STEP_BYTES ? step : STEP_BYTES);
    size_t done = csv_parse(&s->parser, bytes.ptr, bytes.len, on_cell, on_row, s);
    return done == bytes.len ? LEX_OK : stray_quote(r, bytes.ptr[done], err);
}

/* Feeds what follows the last line of the file; a row that still goes on then is inside a quote. */
static lex_status finish_row(lex_reader *r, bool *end, lex_err *err)
{
    csv_state *s = r->state;
    *end = r->line == 0;
    if (*end)
        return LEX_OK;
    lex_status st = feed(r, LEX_STR("\n"), err);
    if (st == LEX_OK && !s->row_done)
        st = never_closed(err);
    return st;
}

/* Reads the next row that is not blank into s->cells; sets r->line to its first line, 0 while there is none. */
static lex_status read_row(lex_reader *r, bool *end, lex_arena *arena, lex_err *err)
{
    csv_state *s = r->state;
    size_t row_bytes = 0;
    s->arena = arena;
    s->n_cells = 0;
    s->row_done = s->too_many = *end = false;
    r->line = 0;
    while (!s->row_done) {
        lex_str line;
        bool file_ends;
        lex_status st = lex_source_line(&r->source, &line, &file_ends, err);
        if (st == LEX_OK && file_ends) {
            st = finish_row(r, end, err);
            if (st != LEX_OK || *end)
                return st;
            break;
        }
        if (r->line == 0)
            r->line = r->source.line;
        if (st != LEX_OK)
            return st;
        row_bytes += line.len;
        if (row_bytes > LEX_RECORD_MAX_BYTES) {
            lex_source_too_long(err);
            lex_err_hint(err, "a quote that opens in line %lld may not be closed", (long long)r->line);
            return LEX_ERR_INPUT;
        }
        bool blank = row_bytes == line.len && (line.ptr[0] == '\n' || line.ptr[0] == '\r');
        st = feed(r, line, err);
        if (st != LEX_OK)
            return st;
        if (blank) {
            row_bytes = 0;
            r->line = 0;
        } else if (!s->row_done && line.ptr[line.len - 1] == '\r') {
            r->source.line--; /* a lone CR inside quotes is the field's, and for editors no new line */
        }
    }
    if (s->too_many)
        return lex_err_set(err, LEX_ERR_INPUT, "more than %d fields", LEX_COLUMNS_MAX);
    return LEX_OK;
}

/* ---- the header ---- */

static lex_status find_column(int64_t *out, const csv_state *s, const char *name, const char *option, lex_err *err)
{
    *out = lex_names_find(s->names, s->n_names, lex_str_of(name));
    if (*out >= 0)
        return LEX_OK;
    lex_names_missing(s->names, s->n_names, "column", name, err);
    lex_err_hint(err, "name the column with %s", option);
    return LEX_ERR_INPUT;
}

static lex_status find_columns(lex_reader *r, lex_err *err)
{
    csv_state *s = r->state;
    const lex_reader_options *o = &r->options;
    s->text_columns = lex_arena_array(&s->kept, (size_t)o->n_text_columns, sizeof *s->text_columns);
    for (int i = 0; i < o->n_text_columns; i++) {
        lex_status st = find_column(&s->text_columns[i], s, o->text_columns[i], "--text-column", err);
        if (st != LEX_OK)
            return st;
    }
    s->id_column = lex_names_find(s->names, s->n_names, lex_str_of(o->id_column ? o->id_column : "id"));
    s->label_column = -1;
    if (o->labels == LEX_LABELS_IGNORED)
        return LEX_OK;
    return find_column(&s->label_column, s, o->label_column ? o->label_column : "label", "--label-column", err);
}

static lex_status check_names(const csv_state *s, lex_err *err)
{
    lex_arena scratch;
    lex_arena_init(&scratch);
    int64_t twice = lex_names_repeated(s->names, s->n_names, &scratch);
    lex_arena_release(&scratch);
    if (twice < 0)
        return LEX_OK;
    lex_buf name;
    lex_buf_init(&name);
    lex_names_quote(&name, s->names[twice]);
    lex_err_set(err, LEX_ERR_INPUT, "two columns are named %s", name.ptr);
    lex_buf_release(&name);
    return LEX_ERR_INPUT;
}

/* Moves the names into one stretch of memory. */
static void keep_names(csv_state *s)
{
    s->n_names = (int64_t)s->n_cells;
    for (size_t i = 0; i < s->n_cells; i++)
        s->len_names += s->cells[i].len;
    s->name_bytes = lex_arena_alloc(&s->kept, s->len_names + 1);
    s->names = lex_arena_array(&s->kept, s->n_cells, sizeof *s->names);
    char *to = s->name_bytes;
    for (size_t i = 0; i < s->n_cells; i++) {
        s->names[i] = (lex_str){to, s->cells[i].len};
        memcpy(to, s->cells[i].ptr, s->cells[i].len);
        to += s->cells[i].len;
    }
}

static lex_status open_csv(lex_reader *r, lex_err *err)
{
    csv_state *s = r->state = lex_alloc_zeroed(1, sizeof *s);
    lex_arena_init(&s->kept);
    csv_init(&s->parser, CSV_STRICT | CSV_STRICT_FINI);
    csv_set_delim(&s->parser, r->options.format == LEX_FORMAT_TSV ? CSV_TAB : CSV_COMMA);
    csv_set_space_func(&s->parser, never_space);
    csv_set_realloc_func(&s->parser, grow);
    r->source.cr_ends = true;
    bool end;
    lex_status st = read_row(r, &end, &s->kept, err);
    if (st != LEX_OK)
        return st;
    r->line = 0;
    if (end) {
        lex_err_set(err, LEX_ERR_INPUT, "empty, without a header row");
        lex_err_hint(err, "the first row names the columns: text,label");
        return LEX_ERR_INPUT;
    }
    keep_names(s);
    st = check_names(s, err);
    return st == LEX_OK ? find_columns(r, err) : st;
}

/* ---- records ---- */

static lex_status ragged(const csv_state *s, lex_err *err)
{
    lex_err_set(err, LEX_ERR_INPUT, "%zu field%s, but the header has %lld", s->n_cells, s->n_cells == 1 ? "" : "s",
                (long long)s->n_names);
    if ((int64_t)s->n_cells > s->n_names)
        lex_err_hint(err, "a field that holds the separator must stand in double quotes");
    return LEX_ERR_INPUT;
}

static void fill_fields(const csv_state *s, lex_record *out, lex_arena *arena)
{
    char *name = lex_arena_alloc(arena, s->len_names + 1);
    memcpy(name, s->name_bytes, s->len_names);
    out->n_fields = s->n_names;
    out->fields = lex_arena_array(arena, (size_t)s->n_names, sizeof *out->fields);
    for (int64_t i = 0; i < s->n_names; i++) {
        out->fields[i] = (lex_field){.name = {name, s->names[i].len}, .value = s->cells[i]};
        name += s->names[i].len;
    }
}

/* The place for labels written as 0/1 columns, or several in one cell. */
static lex_status csv_label(const csv_state *s, lex_record *out, lex_arena *arena, lex_err *err)
{
    lex_str label = s->cells[s->label_column];
    if (label.len == 0) {
        lex_buf name;
        lex_buf_init(&name);
        lex_names_quote(&name, s->names[s->label_column]);
        lex_err_set(err, LEX_ERR_INPUT, "column %s is empty", name.ptr);
        lex_buf_release(&name);
        return LEX_ERR_INPUT;
    }
    out->labels = lex_arena_array(arena, 1, sizeof *out->labels);
    out->labels[0] = label;
    out->n_labels = 1;
    return LEX_OK;
}

static lex_status next_csv(lex_reader *r, lex_record *out, bool *end, lex_arena *arena, lex_err *err)
{
    csv_state *s = r->state;
    lex_status st = read_row(r, end, arena, err);
    if (st != LEX_OK || *end)
        return st;
    if ((int64_t)s->n_cells != s->n_names)
        return ragged(s, err);
    fill_fields(s, out, arena);
    int n_texts = r->options.n_text_columns;
    lex_str *texts = lex_arena_array(arena, (size_t)n_texts, sizeof *texts);
    for (int i = 0; i < n_texts; i++)
        texts[i] = s->cells[s->text_columns[i]];
    out->text = lex_text_join(texts, n_texts, arena);
    if (s->id_column >= 0 && s->cells[s->id_column].len > 0)
        out->id_field = s->id_column;
    return s->label_column >= 0 ? csv_label(s, out, arena, err) : LEX_OK;
}

static void close_csv(lex_reader *r)
{
    csv_state *s = r->state;
    if (!s)
        return;
    csv_free(&s->parser);
    lex_arena_release(&s->kept);
    free(s->cells);
    free(s);
}

const lex_reader_ops lex_csv_ops = {open_csv, next_csv, close_csv};
