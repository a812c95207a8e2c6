/* sniff.c - which of , ; tab | separates the fields of a CSV file.
 *
 * The comma comes first, so that a file by RFC 4180 is read as one whatever else its fields hold; quotes count for
 * each candidate as they would in reading.
 *
 * 1. Where columns are asked for by name: the first candidate under which the first row holds all of them.
 * 2. Else the first under which the first ROWS rows all have the same number of fields: as many as the highest number
 *    asked for, and at least two; with the comma one will do, where only the first is asked for.
 * 3. Else the comma.
 *
 * The sample is what the file says, not what a read happened to bring: ROWS rows or SAMPLE_BYTES, if there are as many.
 */
#include <string.h>

#include "reader.h"

enum { ROWS = 10 };
#define SAMPLE_BYTES ((size_t)1 << 20)

static const char candidates[] = {',', ';', '\t', '|'};
enum { N_CANDIDATES = sizeof candidates };

typedef struct {
    lex_str bytes;
    bool whole; /* nothing follows */
    size_t at;
    char delimiter;
} sample;

typedef enum { CELL, LAST_CELL, CUT, BROKEN } cell_end;

/* Moves behind a line's end, if there is one. */
static bool skip_line_end(sample *s)
{
    size_t at = s->at;
    if (at < s->bytes.len && s->bytes.ptr[at] == '\r')
        at++;
    if (at < s->bytes.len && s->bytes.ptr[at] == '\n')
        at++;
    bool is_one = at > s->at;
    s->at = at;
    return is_one;
}

/* The next cell, quotes around it left off; what ended it is passed over. */
static cell_end next_cell(sample *s, lex_str *cell, bool *quoted)
{
    const char *p = s->bytes.ptr;
    size_t len = s->bytes.len, from = s->at;
    *quoted = from < len && p[from] == '"';
    if (*quoted) {
        for (s->at = ++from;; s->at++) {
            if (s->at >= len)
                return CUT;
            if (p[s->at] == '"' && !(s->at + 1 < len && p[s->at + 1] == '"'))
                break;
            s->at += p[s->at] == '"';
        }
        *cell = (lex_str){p + from, s->at++ - from};
    } else {
        while (s->at < len && p[s->at] != s->delimiter && p[s->at] != '\n' && p[s->at] != '\r' && p[s->at] != '"')
            s->at++;
        *cell = (lex_str){p + from, s->at - from};
    }
    if (s->at >= len)
        return s->whole ? LAST_CELL : CUT;
    if (p[s->at] == s->delimiter) {
        s->at++;
        return CELL;
    }
    return skip_line_end(s) ? LAST_CELL : BROKEN;
}

/* Whether a cell as it stands in the file says `name`. */
static bool says(lex_str cell, bool quoted, const char *name)
{
    size_t k = 0, len = strlen(name);
    for (size_t i = 0; i < cell.len; i++, k++) {
        if (k == len || cell.ptr[i] != name[k])
            return false;
        i += quoted && cell.ptr[i] == '"';
    }
    return k == len;
}

/* ---- what is asked for ---- */

typedef struct {
    const char *names[64]; /* more are not needed to tell */
    int n_names;
    int64_t highest; /* number of a column */
} wanted;

static void want(wanted *w, const char *name, bool header)
{
    int64_t number = lex_column_number(name);
    w->highest = number > w->highest ? number : w->highest;
    if (header && number == 0 && w->n_names < (int)(sizeof w->names / sizeof *w->names))
        w->names[w->n_names++] = name;
}

static wanted find_wanted(const lex_reader *r)
{
    const lex_reader_options *o = &r->options;
    wanted w = {.highest = 1};
    for (int i = 0; i < o->n_text_columns; i++)
        want(&w, o->text_columns[i], !o->no_header);
    if (o->labels == LEX_LABELS_IGNORED)
        return w;
    for (int64_t i = 0; i < r->label_columns.n; i++)
        want(&w, r->label_columns.items[i], !o->no_header);
    if (!r->label_columns.n)
        want(&w, o->label_column ? o->label_column : "label", !o->no_header);
    return w;
}

/* ---- the rules ---- */

typedef enum { NO, YES, UNKNOWN } verdict; /* UNKNOWN: the sample ends too early */

static void to_first_row(sample *s)
{
    while (skip_line_end(s))
        ;
}

static verdict has_names(sample s, const wanted *w)
{
    uint64_t found = 0;
    cell_end end = CELL;
    to_first_row(&s);
    while (end == CELL) {
        lex_str cell;
        bool quoted;
        end = next_cell(&s, &cell, &quoted);
        for (int i = 0; i < w->n_names && end <= LAST_CELL; i++)
            if (says(cell, quoted, w->names[i]))
                found |= UINT64_C(1) << i;
    }
    if (end == CUT)
        return UNKNOWN;
    int n = 0;
    for (; found; found &= found - 1)
        n++;
    return end == LAST_CELL && n == w->n_names ? YES : NO;
}

static verdict is_even(sample s, const wanted *w)
{
    int64_t n_first = 0;
    int n_rows = 0;
    to_first_row(&s);
    for (; n_rows < ROWS && s.at < s.bytes.len; n_rows++) {
        int64_t n = 0;
        cell_end end = CELL;
        while (end == CELL) {
            lex_str cell;
            bool quoted;
            end = next_cell(&s, &cell, &quoted);
            n++;
        }
        if (end == CUT && !s.whole)
            return UNKNOWN;
        if (end != LAST_CELL || (n_rows > 0 && n != n_first))
            return NO;
        n_first = n;
        to_first_row(&s); /* blank lines are no rows */
    }
    if (n_rows < ROWS && !s.whole)
        return UNKNOWN;
    bool may_be_one = s.delimiter == ',' && w->n_names == 0;
    return n_rows > 0 && n_first >= w->highest && (n_first > 1 || may_be_one) ? YES : NO;
}

/* The candidate that a rule finds; 0: none. With too short a sample *more tells so. */
static char apply(verdict (*rule)(sample s, const wanted *w), sample s, const wanted *w, bool *more)
{
    for (int i = 0; i < N_CANDIDATES; i++) {
        s.delimiter = candidates[i];
        verdict v = rule(s, w);
        if (v == YES)
            return candidates[i];
        if (v == UNKNOWN && s.bytes.len < SAMPLE_BYTES) {
            *more = true;
            return 0;
        }
    }
    return 0;
}

/* Waits until more than `seen` bytes are there, with a line's end among the new ones, or as many as matter. */
static lex_status extend(sample *s, lex_source *source, size_t seen, lex_err *err)
{
    for (size_t n = seen;;) {
        lex_status st = lex_source_peek(source, n + 1, &s->bytes, err);
        if (st != LEX_OK)
            return st;
        const char *fresh = s->bytes.ptr + n;
        size_t n_fresh = s->bytes.len - n;
        s->whole = source->ended;
        if (s->whole || s->bytes.len >= SAMPLE_BYTES || memchr(fresh, '\n', n_fresh) || memchr(fresh, '\r', n_fresh))
            break;
        n = s->bytes.len;
    }
    if (s->bytes.len > SAMPLE_BYTES)
        *s = (sample){.bytes = {s->bytes.ptr, SAMPLE_BYTES}};
    return LEX_OK;
}

static lex_status try_rule(char *out, lex_reader *r, verdict (*rule)(sample s, const wanted *w), const wanted *w,
                           lex_err *err)
{
    bool more = true;
    for (size_t seen = 0; more;) {
        sample s = {.at = 0};
        lex_status st = extend(&s, &r->source, seen, err);
        if (st != LEX_OK)
            return st;
        seen = s.bytes.len;
        more = false;
        *out = apply(rule, s, w, &more);
        more = more && !s.whole;
    }
    return LEX_OK;
}

/* Of a file that is read as one column, which it may be, and yet looks like more of them. */
static void point_out_other(const lex_reader *r, const wanted *w)
{
    const lex_source *source = &r->source;
    sample s = {.bytes = {source->buffer + source->at, source->end - source->at}, .whole = source->ended};
    s.delimiter = ',';
    wanted two = *w;
    two.highest = 2;
    if (is_even(s, &two) == YES)
        return;
    for (int i = 1; i < N_CANDIDATES; i++) {
        s.delimiter = candidates[i];
        if (is_even(s, &two) == YES)
            lex_reading_say(r->options.reading, LEX_SAY_DELIMITER, r->path, 0,
                            "each row is read as one field; if %s separates them, say --delimiter %s",
                            candidates[i] == '\t' ? "a tab" : candidates[i] == ';' ? "';'" : "'|'",
                            candidates[i] == '\t' ? "tab" : candidates[i] == ';' ? "';'" : "'|'");
    }
}

lex_status lex_sniff_delimiter(char *out, lex_reader *r, lex_err *err)
{
    wanted w = find_wanted(r);
    lex_status st = LEX_OK;
    *out = 0;
    if (w.n_names)
        st = try_rule(out, r, has_names, &w, err);
    if (st == LEX_OK && !*out)
        st = try_rule(out, r, is_even, &w, err);
    if (st == LEX_OK && !*out)
        *out = ',';
    if (st == LEX_OK && *out == ',' && w.n_names == 0 && w.highest == 1)
        point_out_other(r, &w);
    return st;
}
