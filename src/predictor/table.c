/* table.c - answers as rows of CSV or TSV. The columns are fixed by the header; each row's fields find theirs by name,
 * mostly at the first look, since rows are alike. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

enum { ABSENT = -1 };

struct lex_table {
    const lex_model *model;
    lex_answer_format format;
    const char *separator;
    char delimiter;
    bool begun;
    lex_answer_columns columns; /* the input's fields */
    int64_t id_column;   /* the one that is answered as our id, or ABSENT */
    int64_t *field_of;   /* (columns) which of the row's fields stands there, or ABSENT */
    bool in_row; /* a cell stands before the next one */
    lex_buf cell;
    lex_arena arena; /* of the row at hand */
};

lex_status lex_table_new(lex_table **out, const lex_model *model, const lex_answer_format *format, lex_err *err)
{
    const char *separator = format->label_separator ? format->label_separator : ";";
    *out = NULL;
    for (int64_t k = 0; model->task == LEX_TASK_MULTI && k < model->labels.n; k++) {
        if (strstr(model->labels.items[k], separator)) {
            lex_err_set(err, LEX_ERR_USAGE, "label '%.200s' of the model in %s holds '%s', which stands between labels "
                        "in a cell", model->labels.items[k], model->dir, separator);
            lex_err_hint(err, "choose another with --label-separator");
            return LEX_ERR_USAGE;
        }
    }
    lex_table *t = lex_alloc_zeroed(1, sizeof *t);
    t->model = model;
    t->format = *format;
    t->separator = separator;
    t->delimiter = format->delimiter ? format->delimiter : ',';
    t->id_column = ABSENT;
    lex_buf_init(&t->cell);
    lex_arena_init(&t->arena);
    *out = t;
    return LEX_OK;
}

void lex_table_free(lex_table *t)
{
    if (!t)
        return;
    lex_answer_columns_release(&t->columns);
    free(t->field_of);
    lex_buf_release(&t->cell);
    lex_arena_release(&t->arena);
    free(t);
}

bool lex_table_has_begun(const lex_table *t)
{
    return t->begun;
}

/* ---- cells ---- */

/* What makes a spreadsheet take a cell for a formula. */
static bool is_dangerous(lex_str text)
{
    return text.len && strchr("=+-@\t\r\n", text.ptr[0]) && text.ptr[0] != '\0';
}

static bool needs_quotes(const lex_table *t, lex_str text)
{
    if (text.len && (text.ptr[0] == ' ' || text.ptr[text.len - 1] == ' '))
        return true; /* some readers trim what is not quoted */
    for (size_t i = 0; i < text.len; i++)
        if (text.ptr[i] == t->delimiter || text.ptr[i] == '"' || text.ptr[i] == '\n' || text.ptr[i] == '\r')
            return true;
    return false;
}

static void add_cell(lex_table *t, lex_buf *out, lex_str text)
{
    if (t->in_row)
        lex_buf_add_char(out, t->delimiter);
    t->in_row = true;
    if (!needs_quotes(t, text)) {
        lex_buf_add_str(out, text);
        return;
    }
    lex_buf_add_char(out, '"');
    for (size_t from = 0; from < text.len;) {
        const char *quote = memchr(text.ptr + from, '"', text.len - from);
        size_t to = quote ? (size_t)(quote - text.ptr) + 1 : text.len;
        lex_buf_add(out, text.ptr + from, to - from);
        if (quote)
            lex_buf_add_char(out, '"');
        from = to;
    }
    lex_buf_add_char(out, '"');
}

/* A cell of text that is not ours. */
static void add_text(lex_table *t, lex_buf *out, lex_str text)
{
    if (!t->format.safe || !is_dangerous(text)) {
        add_cell(t, out, text);
        return;
    }
    lex_buf guarded;
    lex_buf_init(&guarded);
    lex_buf_add_char(&guarded, '\'');
    lex_buf_add_str(&guarded, text);
    add_cell(t, out, lex_buf_str(&guarded));
    lex_buf_release(&guarded);
}

static void add_number(lex_table *t, lex_buf *out, const char *format, double value)
{
    lex_buf number;
    lex_buf_init(&number);
    lex_buf_printf(&number, format, value);
    add_cell(t, out, lex_buf_str(&number));
    lex_buf_release(&number);
}

static void end_row(lex_table *t, lex_buf *out)
{
    lex_buf_add_char(out, '\n');
    t->in_row = false;
}

/* ---- the header ---- */

/* "score:LABEL" is a name of ours too. */
static bool is_ours(const lex_table *t, lex_str name)
{
    lex_str prefix = LEX_STR("score:");
    if (lex_answer_is_ours(name))
        return true;
    return lex_str_starts(name, prefix) &&
           lex_strings_find(&t->model->labels, (lex_str){name.ptr + prefix.len, name.len - prefix.len}) >= 0;
}

static void add_field_names(lex_table *t, lex_buf *out)
{
    lex_buf name;
    lex_buf_init(&name);
    for (int64_t i = 0; i < t->columns.names.n; i++) {
        if (i == t->id_column)
            continue;
        lex_buf_clear(&name);
        lex_buf_add_str(&name, lex_str_of(t->columns.names.items[i]));
        while (is_ours(t, lex_buf_str(&name)) ||
               (lex_str_starts(lex_buf_str(&name), LEX_STR("input_")) &&
                lex_answer_columns_find(&t->columns, lex_buf_str(&name), i) != i &&
                lex_answer_columns_find(&t->columns, lex_buf_str(&name), i) >= 0)) {
            lex_str shorter = lex_arena_copy(&t->arena, lex_buf_str(&name));
            lex_buf_clear(&name);
            lex_buf_add_str(&name, LEX_STR("input_"));
            lex_buf_add_str(&name, shorter);
        }
        add_text(t, out, lex_buf_str(&name));
    }
    lex_buf_release(&name);
}

static bool has_scores(const lex_table *t)
{
    return t->format.scores_all || t->model->task == LEX_TASK_MULTI;
}

static void add_header(lex_table *t, lex_buf *out)
{
    bool multi = t->model->task == LEX_TASK_MULTI;
    add_cell(t, out, LEX_STR("id"));
    add_field_names(t, out);
    if (t->format.source)
        add_cell(t, out, LEX_STR("source"));
    add_cell(t, out, multi ? LEX_STR("labels") : LEX_STR("label"));
    if (!multi)
        add_cell(t, out, LEX_STR("score"));
    for (int64_t k = 0; has_scores(t) && k < t->model->labels.n; k++) {
        lex_buf_clear(&t->cell);
        lex_buf_printf(&t->cell, "score:%s", t->model->labels.items[k]);
        add_cell(t, out, lex_buf_str(&t->cell));
    }
    if (t->format.abstain)
        add_cell(t, out, LEX_STR("abstain"));
    if (t->format.logits)
        add_cell(t, out, LEX_STR("logits"));
    add_cell(t, out, LEX_STR("n_tokens"));
    add_cell(t, out, LEX_STR("truncated"));
    end_row(t, out);
}

/* Where ids are in `id`, named so or by its number, that column and ours are one. */
static bool holds_ids(const lex_table *t, int64_t column)
{
    const char *name = t->format.id_column;
    int64_t number;
    if (!name || strcmp(name, t->columns.names.items[column]) == 0)
        return true;
    bool is_name = lex_answer_columns_find(&t->columns, lex_str_of(name), 0) >= 0;
    return !is_name && lex_parse_int64(&number, lex_str_of(name)) && number == column + 1;
}

void lex_table_begin(lex_table *t, const lex_strings *columns, lex_buf *out)
{
    LEX_ASSERT(!t->begun);
    t->begun = true;
    for (int64_t i = 0; t->format.passthrough && i < columns->n; i++)
        lex_answer_columns_add(&t->columns, lex_str_of(columns->items[i]));
    t->field_of = lex_alloc_array((size_t)t->columns.names.n, sizeof *t->field_of);
    int64_t id = lex_answer_columns_find(&t->columns, LEX_STR("id"), 0);
    if (id >= 0 && holds_ids(t, id))
        t->id_column = id;
    if (out)
        add_header(t, out);
    lex_arena_reset(&t->arena);
}

/* ---- rows ---- */

static lex_status refuse_field(const lex_record *record, lex_str name, const char *why, lex_err *err)
{
    const char *file = strcmp(record->file, "-") == 0 ? "standard input" : record->file;
    lex_err_set(err, LEX_ERR_INPUT, "%s:%lld: field '%.*s' %s", file, (long long)record->line,
                name.len < 200 ? (int)name.len : 200, name.ptr, why);
    lex_err_hint(err, "lines of JSON can hold it: --out-format jsonl; or leave the input's fields out: "
                 "--no-passthrough");
    return LEX_ERR_INPUT;
}

/* Where each of the record's fields goes. */
static lex_status place_fields(lex_table *t, const lex_record *record, lex_err *err)
{
    for (int64_t i = 0; i < t->columns.names.n; i++)
        t->field_of[i] = ABSENT;
    for (int64_t i = 0; i < record->n_fields; i++) {
        lex_str name = lex_answer_field_name(record, &record->fields[i], &t->arena);
        int64_t column = lex_answer_columns_find(&t->columns, name, i);
        if (column < 0)
            return refuse_field(record, name, "has no column: the first records of the input do not have it", err);
        t->field_of[column] = i;
    }
    return LEX_OK;
}

/* A field as the text of a cell; numbers may not be guarded as formulas. */
static lex_str cell_text(lex_table *t, const lex_record *record, const lex_field *field, bool *is_number)
{
    lex_str value = field->value;
    *is_number = false;
    if (!record->is_json)
        return value;
    if (value.ptr[0] == '"')
        return lex_json_decode(value, &t->arena);
    *is_number = value.ptr[0] == '-' || (value.ptr[0] >= '0' && value.ptr[0] <= '9');
    return lex_str_equal(value, LEX_STR("null")) ? LEX_STR("") : value;
}

static lex_status add_field(lex_table *t, lex_buf *out, const lex_record *record, const lex_field *field, lex_err *err)
{
    bool is_number;
    lex_str text = cell_text(t, record, field, &is_number);
    if (text.len && memchr(text.ptr, '\0', text.len))
        return refuse_field(record, lex_answer_field_name(record, field, &t->arena),
                            "holds U+0000, which a cell cannot", err);
    if (is_number)
        add_cell(t, out, text);
    else
        add_text(t, out, text);
    return LEX_OK;
}

static lex_status add_input(lex_table *t, lex_buf *out, const lex_record *record, lex_err *err)
{
    lex_status st = LEX_OK;
    if (record->id_field >= 0)
        LEX_TRY(add_field(t, out, record, &record->fields[record->id_field], err));
    else
        add_number(t, out, "%.0f", (double)record->number);
    if (t->format.passthrough)
        LEX_TRY(place_fields(t, record, err));
    for (int64_t i = 0; i < t->columns.names.n; i++) {
        if (i == t->id_column)
            continue;
        if (t->field_of[i] == ABSENT)
            add_cell(t, out, LEX_STR(""));
        else
            LEX_TRY(add_field(t, out, record, &record->fields[t->field_of[i]], err));
    }
    if (t->format.source)
        add_text(t, out, lex_str_of(record->file));
done:
    return st;
}

static void add_labels(lex_table *t, lex_buf *out, const lex_answer *answer)
{
    lex_buf_clear(&t->cell);
    for (int64_t k = 0, n = 0; k < t->model->n_outputs; k++)
        if (lex_answer_has(answer, k))
            lex_buf_printf(&t->cell, "%s%s", n++ ? t->separator : "", t->model->labels.items[k]);
    add_text(t, out, t->cell.len ? lex_buf_str(&t->cell) : LEX_STR(""));
}

static void add_answer(lex_table *t, lex_buf *out, const lex_answer *answer)
{
    if (t->model->task == LEX_TASK_MULTI) {
        add_labels(t, out, answer);
    } else {
        float probability;
        add_text(t, out, lex_str_of(t->model->labels.items[lex_answer_label(answer, &probability)]));
        add_number(t, out, "%.6f", (double)probability);
    }
    for (int64_t k = 0; has_scores(t) && k < t->model->labels.n; k++) {
        if (t->format.scores_all || lex_answer_has(answer, k))
            add_number(t, out, "%.6f", (double)lex_answer_probability(answer, k));
        else
            add_cell(t, out, LEX_STR(""));
    }
    if (t->format.abstain)
        add_cell(t, out, lex_answer_abstains(answer, &t->format) ? LEX_STR("true") : LEX_STR("false"));
    if (t->format.logits) {
        lex_buf_clear(&t->cell);
        lex_answer_add_logits(&t->cell, answer);
        add_cell(t, out, lex_buf_str(&t->cell));
    }
    add_number(t, out, "%.0f", (double)answer->n_tokens);
    add_cell(t, out, answer->truncated ? LEX_STR("true") : LEX_STR("false"));
    end_row(t, out);
}

lex_status lex_table_add(lex_table *t, lex_buf *out, const lex_answer *answer, lex_err *err)
{
    LEX_ASSERT(t->begun);
    size_t before = out->len;
    lex_arena_reset(&t->arena);
    lex_status st = add_input(t, out, answer->record, err);
    if (st == LEX_OK)
        add_answer(t, out, answer);
    else
        out->len = before; /* whole rows only */
    t->in_row = false;
    return st;
}
