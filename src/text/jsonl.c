/* jsonl.c - JSON lines: one object a line, read by the strict scanner, so that every field stays as it was written.
 *
 * Lines of white space are passed over. The text must be a string. Labels, where they are asked for: a string, or a
 * number or true/false by its text, is one label, or with a separator many; an array of such is many (each counted
 * once, the array may be empty); so are fields of 0 and 1. Without --label-column the field is 'label' or 'labels',
 * whichever is there and not null; both are an error, since nothing says which one is meant. A null id is no id.
 */
#include <stdlib.h>
#include <string.h>

#include "lexclf/json.h"
#include "reader.h"

#define LABELS_MAX_BYTES (1u << 20) /* of an array of labels, as written */

/* One line being turned into a record. */
typedef struct {
    lex_json_span *members;
    lex_str *keys; /* decoded */
    int64_t n;
    lex_reader *reader;
    lex_arena *arena;
    lex_err *err;
} row;

static bool is_blank(lex_str line)
{
    size_t i = 0;
    while (i < line.len && (line.ptr[i] == ' ' || line.ptr[i] == '\t' || line.ptr[i] == '\r' || line.ptr[i] == '\n'))
        i++;
    return i == line.len;
}

static const char *type_name(lex_json_type type)
{
    static const char *const names[] = {"is null", "is true or false", "is a number",
                                        "is a string", "is an array", "is an object"};
    return names[type];
}

/* What may have been meant by a line that is no object; `offset` is where that shows. */
static void hint_malformed(lex_str line, size_t offset, lex_err *err)
{
    size_t start = 0;
    while (start < line.len && is_blank((lex_str){line.ptr + start, 1}))
        start++;
    char first = start < line.len ? line.ptr[start] : '\0', at = offset < line.len ? line.ptr[offset] : '\0';
    if (first == '[')
        lex_err_hint(err, "JSON lines are one object a line, not an array; 'jq -c .[]' makes them of one");
    else if (at == '\'')
        lex_err_hint(err, "names and texts stand in double quotes in JSON");
    else if (first == '{' && at == ',')
        lex_err_hint(err, "nothing stands between one line and the next");
    else if (first == '{' && is_blank((lex_str){line.ptr + offset, line.len - offset}))
        lex_err_hint(err, "an object stands in one line; 'jq -c .' puts it there");
}

/* Scans the line, whose copy in the arena the record will point into. */
static lex_status scan(row *x, lex_str line)
{
    size_t offset;
    lex_str copy = lex_arena_copy(x->arena, line);
    lex_status st = lex_json_scan_object(&x->members, &x->n, copy, x->arena, &offset, x->err);
    if (st != LEX_OK) {
        long column = 1;
        for (size_t i = 0; i < offset; i++)
            column += ((unsigned char)copy.ptr[i] & 0xC0) != 0x80;
        lex_err_at(x->err, "column %ld", column);
        hint_malformed(copy, offset, x->err);
        return st;
    }
    if (x->n > LEX_COLUMNS_MAX)
        return lex_err_set(x->err, LEX_ERR_INPUT, "more than %d fields", LEX_COLUMNS_MAX);
    x->keys = lex_arena_array(x->arena, (size_t)x->n, sizeof *x->keys);
    for (int64_t i = 0; i < x->n; i++)
        x->keys[i] = lex_json_decode(x->members[i].key, x->arena);
    int64_t twice = lex_names_repeated(x->keys, x->n, x->arena);
    if (twice < 0)
        return LEX_OK;
    lex_names_fail("two fields are named ", x->keys[twice], "", x->err);
    lex_err_hint(x->err, "which of them counts is not for a program to guess: remove one");
    return x->err->code;
}

static lex_status read_texts(const row *x, const lex_reader_options *o, lex_record *out)
{
    lex_str *texts = lex_arena_array(x->arena, (size_t)o->n_text_columns, sizeof *texts);
    for (int i = 0; i < o->n_text_columns; i++) {
        const char *name = o->text_columns[i];
        int64_t at = lex_names_find(x->keys, x->n, lex_str_of(name));
        if (at < 0) {
            lex_names_missing(x->keys, x->n, "field", name, x->err);
            lex_err_hint(x->err, "name the field with --text-column");
            return LEX_ERR_INPUT;
        }
        if (x->members[at].type != LEX_JSON_STRING) {
            lex_err_set(x->err, LEX_ERR_INPUT, "field '%s' %s, not a string", name, type_name(x->members[at].type));
            return LEX_ERR_INPUT;
        }
        texts[i] = lex_json_decode(x->members[at].value, x->arena);
    }
    out->text = lex_text_join(texts, o->n_text_columns, x->arena);
    return LEX_OK;
}

/* A label from a string, a number or a truth value. `which` is "" or what stands before "field" in a failure. */
static lex_status read_label(const row *x, const char *which, const char *name, const lex_json_span *value,
                             lex_str *out)
{
    const char *wrong = type_name(value->type);
    if (value->type == LEX_JSON_STRING) {
        *out = lex_json_decode(value->value, x->arena);
        wrong = out->len ? NULL : "is empty";
    } else if (value->type == LEX_JSON_NUMBER || value->type == LEX_JSON_BOOL) {
        *out = value->value;
        wrong = NULL;
        lex_reading_say(x->reader->options.reading, LEX_SAY_LABELS, x->reader->path, x->reader->line,
                        "a label that %s counts as its text, \"%.*s\"", type_name(value->type),
                        (int)(out->len < 40 ? out->len : 40), out->ptr);
    }
    if (!wrong && memchr(out->ptr, '\0', out->len))
        return lex_err_set(x->err, LEX_ERR_INPUT, "a label holds U+0000");
    return wrong ? lex_err_set(x->err, LEX_ERR_INPUT, "%sfield '%s' %s", which, name, wrong) : LEX_OK;
}

static lex_status read_label_array(const row *x, const char *name, lex_str array, lex_record *out)
{
    lex_json_span *elements;
    int64_t n;
    if (array.len > LABELS_MAX_BYTES)
        return lex_err_set(x->err, LEX_ERR_INPUT, "field '%s' is longer than 1 MiB", name);
    lex_json_scan_array(&elements, &n, array, x->arena);
    if (n > LEX_COLUMNS_MAX)
        return lex_err_set(x->err, LEX_ERR_INPUT, "field '%s' holds more than %d labels", name, LEX_COLUMNS_MAX);
    out->many_labels = true;
    out->labels = lex_arena_array(x->arena, (size_t)n, sizeof *out->labels);
    for (int64_t i = 0; i < n; i++) {
        lex_status st = read_label(x, "a label in ", name, &elements[i], &out->labels[out->n_labels]);
        if (st != LEX_OK)
            return st;
        out->n_labels++;
    }
    lex_label_unique(out, x->arena);
    return LEX_OK;
}

/* A field a label: 1, 0, true, false, null, or one of these as a string. */
static lex_status read_label_fields(const row *x, lex_record *out)
{
    const lex_strings *names = &x->reader->label_columns;
    out->many_labels = true;
    out->labels = lex_arena_array(x->arena, (size_t)names->n, sizeof *out->labels);
    for (int64_t i = 0; i < names->n; i++) {
        lex_str name = lex_str_of(names->items[i]);
        int64_t at = lex_names_find(x->keys, x->n, name);
        if (at < 0) {
            lex_names_missing(x->keys, x->n, "field", names->items[i], x->err);
            return LEX_ERR_INPUT;
        }
        const lex_json_span *value = &x->members[at];
        lex_str text = value->value;
        if (value->type == LEX_JSON_STRING)
            text = lex_json_decode(text, x->arena);
        else if (value->type == LEX_JSON_NULL)
            text.len = 0;
        bool known, has = lex_label_flag(text, &known);
        if (!known)
            return lex_names_fail("field ", name, " is neither 0 nor 1", x->err);
        if (has)
            out->labels[out->n_labels++] = x->keys[at]; /* which lies in the arena */
    }
    lex_label_unique(out, x->arena);
    return LEX_OK;
}

/* Which field holds the labels; *at is -1 on failure. */
static lex_status find_labels(const row *x, const lex_reader_options *o, const char **name, int64_t *at)
{
    *name = o->label_column ? o->label_column : "label";
    *at = lex_names_find(x->keys, x->n, lex_str_of(*name));
    if (!o->label_column) {
        int64_t other = lex_names_find(x->keys, x->n, LEX_STR("labels"));
        bool one = *at >= 0 && x->members[*at].type != LEX_JSON_NULL;
        bool many = other >= 0 && x->members[other].type != LEX_JSON_NULL;
        if (one && many) {
            lex_err_set(x->err, LEX_ERR_INPUT, "both 'label' and 'labels' are there");
            lex_err_hint(x->err, "choose one with --label-column");
            return LEX_ERR_INPUT;
        }
        if (many || *at < 0) {
            *name = other >= 0 ? "labels" : *name;
            *at = other;
        }
    }
    if (*at >= 0)
        return LEX_OK;
    lex_names_missing(x->keys, x->n, "field", *name, x->err);
    lex_err_hint(x->err, "name the field with --label-column");
    return LEX_ERR_INPUT;
}

/* What stands for "no label" where any number of them may be had. */
static bool is_none(const lex_json_span *value)
{
    return value->type == LEX_JSON_NULL || (value->type == LEX_JSON_STRING && value->value.len == 2);
}

static bool has_label_fields(const row *x, const lex_reader_options *o)
{
    const lex_strings *names = &x->reader->label_columns;
    int64_t i = 0;
    while (i < names->n && lex_names_find(x->keys, x->n, lex_str_of(names->items[i])) >= 0)
        i++;
    return names->n > 0 && (i == names->n || !o->label_columns_if_there);
}

static lex_status read_labels(const row *x, const lex_reader_options *o, lex_record *out)
{
    const char *name;
    int64_t at;
    if (has_label_fields(x, o))
        return read_label_fields(x, out);
    lex_status st = find_labels(x, o, &name, &at);
    if (st != LEX_OK)
        return st;
    const lex_json_span *value = &x->members[at];
    if (value->type == LEX_JSON_ARRAY)
        return read_label_array(x, name, value->value, out);
    out->many_labels = o->label_separator != NULL;
    if (is_none(value) && (o->label_separator || o->labels == LEX_LABELS_OPTIONAL))
        return LEX_OK;
    lex_str label;
    st = read_label(x, "", name, value, &label);
    if (st == LEX_OK && o->label_separator) {
        lex_label_split(out, label, o->label_separator, x->arena);
    } else if (st == LEX_OK) {
        out->labels = lex_arena_array(x->arena, 1, sizeof *out->labels);
        out->labels[0] = label;
        out->n_labels = 1;
    }
    return st;
}

static lex_status open_jsonl(lex_reader *r, lex_err *err)
{
    (void)err;
    r->state = lex_alloc_zeroed(1, sizeof(bool));
    return LEX_OK;
}

static lex_status next_jsonl(lex_reader *r, lex_record *out, bool *end, lex_arena *arena, lex_err *err)
{
    lex_str line = {NULL, 0};
    do {
        line.len = 0;
        lex_status st = lex_source_line(&r->source, &line, end, err);
        r->line = r->source.line;
        *(bool *)r->state = st != LEX_OK && line.len == 0;
        if (st != LEX_OK || *end)
            return st;
    } while (is_blank(line));
    row x = {.reader = r, .arena = arena, .err = err};
    lex_status st = scan(&x, line);
    if (st != LEX_OK)
        return st;
    out->is_json = true;
    out->n_fields = x.n;
    out->fields = lex_arena_array(arena, (size_t)x.n, sizeof *out->fields);
    for (int64_t i = 0; i < x.n; i++)
        out->fields[i] = (lex_field){x.members[i].key, x.members[i].value};
    const char *id = r->options.id_column ? r->options.id_column : "id";
    int64_t id_at = lex_names_find(x.keys, x.n, lex_str_of(id));
    if (id_at >= 0 && x.members[id_at].type != LEX_JSON_NULL)
        out->id_field = id_at;
    st = read_texts(&x, &r->options, out);
    if (st == LEX_OK && r->options.labels != LEX_LABELS_IGNORED)
        st = read_labels(&x, &r->options, out);
    return st;
}

/* A line that was too long is still to be passed over. */
static lex_status resume_jsonl(lex_reader *r, lex_err *err)
{
    bool *over_long = r->state;
    return *over_long ? lex_source_drop_line(&r->source, err) : LEX_OK;
}

static void close_jsonl(lex_reader *r)
{
    free(r->state);
}

const lex_reader_ops lex_jsonl_ops = {open_jsonl, next_jsonl, resume_jsonl, close_jsonl};
