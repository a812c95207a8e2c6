/* csv.c - CSV (RFC 4180) and TSV on libcsv, which no other file sees.
 *
 * libcsv runs in its strict mode, since otherwise one stray quote swallows the rest of a file, and gets one physical
 * line at a time: so each row's first line is known, a row never ends in the middle of what it was given, and a row
 * that does not end is noticed at the limit for a record or the end of the file. libcsv would trim unquoted fields
 * (its notion of space is replaced), grow its buffer by constant steps (the step follows the data) and ask for memory
 * by itself (it gets ours). Its callbacks cannot fail; what they notice waits in the state. After a bad row it is
 * started anew.
 */
#include <csv.h>
#include <stdlib.h>
#include <string.h>

#include "reader.h"

#define STEP_BYTES ((size_t)64 << 10)

typedef struct {
    struct csv_parser parser;
    lex_columns columns;
    /* The row in hand. */
    lex_arena *arena;
    lex_str *cells;
    size_t n_cells, capacity;
    bool row_done;
    bool too_many;
    bool broken;      /* by its quotes: where it ends cannot be told */
    bool over_long;   /* its last line is, and was not taken */
    bool first_waits; /* the first row is a record, and stands in cells */
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
    s->broken = done != bytes.len;
    return s->broken ? stray_quote(r, bytes.ptr[done], err) : LEX_OK;
}

/* Feeds what follows the last line of the file; a row that still goes on then is inside a quote. */
static lex_status finish_row(lex_reader *r, bool *end, lex_err *err)
{
    csv_state *s = r->state;
    *end = r->line == 0;
    if (*end)
        return LEX_OK;
    lex_status st = feed(r, LEX_STR("\n"), err);
    if (st != LEX_OK || s->row_done)
        return st;
    s->broken = true;
    return never_closed(err);
}

static lex_status too_long(lex_reader *r, lex_err *err)
{
    csv_state *s = r->state;
    s->broken = true;
    lex_source_too_long(err);
    lex_err_hint(err, "a quote that opens in line %lld may not be closed", (long long)r->line);
    return LEX_ERR_INPUT;
}

/* A line of the row in hand. One with invalid bytes is the row's all the same: *bad has the failure then, and the row
 * is read to its end, unless nothing follows it anyway. */
static lex_status next_line(lex_reader *r, lex_str *line, bool *file_ends, lex_err *bad, lex_err *err)
{
    csv_state *s = r->state;
    lex_err here = {.code = LEX_OK};
    *line = (lex_str){NULL, 0};
    lex_status st = lex_source_line(&r->source, line, file_ends, &here);
    if (r->line == 0 && !*file_ends)
        r->line = r->source.line;
    if (st == LEX_OK)
        return LEX_OK;
    s->over_long = line->len == 0 && !r->source.broken;
    if (lex_reader_skips(r) && line->len > 0 && !r->source.broken) {
        if (bad->code == LEX_OK)
            *bad = here;
        return LEX_OK;
    }
    *err = here;
    return st;
}

/* Reads the next row that is not blank into s->cells; sets r->line to its first line, 0 while there is none. */
static lex_status read_row(lex_reader *r, bool *end, lex_arena *arena, lex_err *err)
{
    csv_state *s = r->state;
    size_t row_bytes = 0;
    lex_err bad = {.code = LEX_OK};
    s->arena = arena;
    s->n_cells = 0;
    s->row_done = s->too_many = s->broken = s->over_long = *end = false;
    r->line = 0;
    lex_source_forget_mark(&r->source);
    while (!s->row_done) {
        lex_str line;
        bool file_ends;
        lex_status st = next_line(r, &line, &file_ends, &bad, err);
        if (st == LEX_OK && file_ends) {
            st = finish_row(r, end, err);
            if (st != LEX_OK || *end)
                return st;
            break;
        }
        if (st != LEX_OK)
            return st;
        if (row_bytes == 0 && lex_reader_skips(r))
            lex_source_mark(&r->source);
        row_bytes += line.len;
        if (row_bytes > LEX_RECORD_MAX_BYTES)
            return too_long(r, err);
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
    if (bad.code != LEX_OK) {
        *err = bad;
        return bad.code;
    }
    if (s->too_many)
        return lex_err_set(err, LEX_ERR_INPUT, "more than %d fields", LEX_COLUMNS_MAX);
    return LEX_OK;
}

static void start_parser(lex_reader *r)
{
    csv_state *s = r->state;
    csv_init(&s->parser, CSV_STRICT | CSV_STRICT_FINI);
    csv_set_delim(&s->parser, (unsigned char)r->options.delimiter);
    csv_set_space_func(&s->parser, never_space);
    csv_set_realloc_func(&s->parser, grow);
}

/* A row that its quotes break may have taken in others by mistake: they are read again, from its second line on. No
 * line is read more than twice by that: of a row's lines, those where a quote opens for good when read alone have an
 * odd number of quotes, and inside quotes such a line does not stay inside. */
static lex_status resume_csv(lex_reader *r, lex_err *err)
{
    csv_state *s = r->state;
    csv_free(&s->parser);
    start_parser(r);
    if (r->source.marked && (s->broken || s->over_long))
        lex_source_return_to_mark(&r->source);
    else if (s->over_long)
        return lex_source_drop_line(&r->source, err);
    return LEX_OK;
}

/* ---- the first row ---- */

static lex_status choose_delimiter(lex_reader *r, lex_err *err)
{
    char found;
    if (r->options.delimiter)
        return LEX_OK;
    r->options.delimiter = '\t';
    if (r->options.format == LEX_FORMAT_TSV)
        return LEX_OK;
    lex_status st = lex_sniff_delimiter(&found, r, err);
    r->options.delimiter = found;
    if (st == LEX_OK && found != ',')
        lex_reading_say(r->options.reading, LEX_SAY_DELIMITER, r->path, 0, "fields are separated by %s (--delimiter)",
                        found == ';' ? "';'" : found == '|' ? "'|'" : "tabs");
    return st;
}

static lex_status open_csv(lex_reader *r, lex_err *err)
{
    csv_state *s = r->state = lex_alloc_zeroed(1, sizeof *s);
    lex_arena_init(&s->columns.kept);
    r->source.cr_ends = true;
    lex_status st = choose_delimiter(r, err);
    start_parser(r);
    bool end = false;
    if (st == LEX_OK)
        st = read_row(r, &end, &s->columns.kept, err);
    if (st != LEX_OK)
        return st;
    s->first_waits = r->options.no_header && !end;
    if (!s->first_waits)
        r->line = 0;
    if (end && r->options.no_header)
        return LEX_OK;
    if (end) {
        lex_err_set(err, LEX_ERR_INPUT, "empty, without a header row");
        lex_err_hint(err, "the first row names the columns: text,label");
        return LEX_ERR_INPUT;
    }
    st = lex_columns_open(&s->columns, r, s->cells, s->n_cells, err);
    if (st != LEX_OK)
        r->line = 0;
    return st;
}

/* ---- records ---- */

static lex_status next_csv(lex_reader *r, lex_record *out, bool *end, lex_arena *arena, lex_err *err)
{
    csv_state *s = r->state;
    if (s->first_waits) {
        s->first_waits = s->broken = s->over_long = false;
        for (size_t i = 0; i < s->n_cells; i++)
            s->cells[i] = lex_arena_copy(arena, s->cells[i]);
    } else {
        lex_status st = read_row(r, end, arena, err);
        if (st != LEX_OK || *end)
            return st;
    }
    return lex_columns_record(&s->columns, r, s->cells, s->n_cells, out, arena, err);
}

static void close_csv(lex_reader *r)
{
    csv_state *s = r->state;
    if (!s)
        return;
    csv_free(&s->parser);
    lex_columns_release(&s->columns);
    free(s->cells);
    free(s);
}

const lex_reader_ops lex_csv_ops = {open_csv, next_csv, resume_csv, close_csv};
