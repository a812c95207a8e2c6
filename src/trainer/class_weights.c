/* class_weights.c - what labels count, from a file: a JSON object {"LABEL": WEIGHT}, or a table with the columns label and
 * weight. A label that the training rows do not have, one that stands twice, and a weight that is none are refused by
 * file, line and label: a misspelt name would change nothing, and nobody would know. */
#include <stdio.h>
#include <string.h>

#include "internal.h"
#include "lexclf/file.h"

#define WEIGHT_MAX 1e6
enum { FILE_MAX_BYTES = 64 << 20 };

typedef struct {
    double *weights; /* (K); negative until the file has named the label */
    const lex_strings *labels;
} weight_list;

/* `number` as it stands in the file. */
static lex_status set_weight(weight_list *list, lex_str label, lex_str number, lex_err *err)
{
    int64_t k = lex_strings_find(list->labels, label);
    double weight;
    int len = (int)(label.len < 200 ? label.len : 200);
    if (k < 0) {
        lex_err_set(err, LEX_ERR_INPUT, "label '%.*s' does not occur in the training rows", len, label.ptr);
        lex_err_hint(err, "correct it, or take it out: labels that the file does not name count 1");
        return LEX_ERR_INPUT;
    }
    if (list->weights[k] >= 0)
        return lex_err_set(err, LEX_ERR_INPUT, "label '%.*s' has a weight already", len, label.ptr);
    if (!lex_parse_double(&weight, number) || weight <= 0 || weight > WEIGHT_MAX)
        return lex_err_set(err, LEX_ERR_INPUT, "label '%.*s': the weight '%.*s' is not a number above 0, at most %g", len,
                           label.ptr, (int)(number.len < 40 ? number.len : 40), number.ptr, WEIGHT_MAX);
    list->weights[k] = weight;
    return LEX_OK;
}

static long line_of(lex_str text, const char *at)
{
    long line = 1;
    for (const char *c = text.ptr; c < at; c++)
        line += *c == '\n';
    return line;
}

static lex_status read_json(weight_list *list, const char *path, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_json_span *members;
    int64_t n;
    size_t offset;
    lex_buf bytes;
    lex_arena arena;
    lex_buf_init(&bytes);
    lex_arena_init(&arena);
    LEX_TRY(lex_file_read(&bytes, path, FILE_MAX_BYTES, err));
    lex_str text = lex_buf_str(&bytes);
    if (lex_str_starts(text, LEX_STR("\xEF\xBB\xBF")))
        text = (lex_str){text.ptr + 3, text.len - 3};
    st = lex_json_scan_object(&members, &n, text, &arena, &offset, err);
    if (st != LEX_OK)
        lex_err_at(err, "%s:%ld", path, line_of(text, text.ptr + offset));
    for (int64_t i = 0; st == LEX_OK && i < n; i++) {
        st = set_weight(list, lex_json_decode(members[i].key, &arena), members[i].value, err);
        if (st != LEX_OK)
            lex_err_at(err, "%s:%ld", path, line_of(text, members[i].key.ptr));
    }
done:
    lex_arena_release(&arena);
    lex_buf_release(&bytes);
    return st;
}

static lex_status read_table(weight_list *list, const char *path, lex_err *err)
{
    static const char *const label_column[] = {"label"};
    lex_reader_options options = lex_reader_options_default();
    lex_status st = LEX_OK;
    lex_reader *reader = NULL;
    lex_arena arena;
    options.text_columns = label_column;
    options.n_text_columns = 1;
    options.label_column = "weight";
    options.labels = LEX_LABELS_REQUIRED;
    lex_arena_init(&arena);
    st = lex_reader_open(&reader, path, &options, err);
    if (st != LEX_OK && err->hint[0])
        snprintf(err->hint, sizeof err->hint, "a table of weights has the columns label and weight");
    for (bool end = false; st == LEX_OK && !end;) {
        lex_record record;
        lex_arena_reset(&arena);
        LEX_TRY(lex_reader_next(reader, &record, &end, &arena, err));
        if (end)
            break;
        st = set_weight(list, record.text, record.labels[0], err);
        if (st != LEX_OK)
            lex_err_at(err, "%s:%lld", path, (long long)record.line);
    }
done:
    lex_reader_close(reader);
    lex_arena_release(&arena);
    return st;
}

lex_status lex_class_weights_read(double *weights, const char *path, const lex_strings *labels, lex_err *err)
{
    weight_list list = {weights, labels};
    size_t len = strlen(path);
    bool is_json = len > 5 && strcmp(path + len - 5, ".json") == 0;
    for (int64_t k = 0; k < labels->n; k++)
        weights[k] = -1;
    lex_status st = is_json ? read_json(&list, path, err) : read_table(&list, path, err);
    for (int64_t k = 0; k < labels->n; k++)
        weights[k] = weights[k] < 0 ? 1 : weights[k];
    return st;
}
