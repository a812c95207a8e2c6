/* fuzz_jsonl.c - any bytes as JSON lines: texts and labels are valid, and the raw fields put together again make an
 * object that scans to the same fields; and in one of many forms. */
#include "forms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_again(const lex_record *r, lex_arena *arena)
{
    lex_buf line;
    lex_buf_init(&line);
    lex_buf_add_char(&line, '{');
    for (int64_t k = 0; k < r->n_fields; k++) {
        if (k)
            lex_buf_add_char(&line, ',');
        lex_buf_add_str(&line, r->fields[k].name);
        lex_buf_add_char(&line, ':');
        lex_buf_add_str(&line, r->fields[k].value);
    }
    lex_buf_add_char(&line, '}');
    lex_err err = {.code = LEX_OK};
    lex_json_span *members;
    int64_t n;
    size_t offset;
    lex_status st = lex_json_scan_object(&members, &n, lex_buf_str(&line), arena, &offset, &err);
    LEX_ASSERT(st == LEX_OK && n == r->n_fields);
    for (int64_t k = 0; k < n; k++)
        LEX_ASSERT(lex_str_equal(members[k].key, r->fields[k].name) &&
                   lex_str_equal(members[k].value, r->fields[k].value));
    lex_buf_release(&line);
}

static void check_record(const lex_record *r, lex_arena *arena)
{
    LEX_ASSERT(r->is_json && r->n_fields > 0 && r->id_field < r->n_fields);
    LEX_ASSERT(lex_utf8_valid_prefix(r->text) == r->text.len);
    for (int64_t i = 0; i < r->n_labels; i++)
        LEX_ASSERT(r->labels[i].len > 0 && lex_utf8_valid_prefix(r->labels[i]) == r->labels[i].len);
    check_again(r, arena);
}

static void read_all(lex_str bytes, lex_label_need labels)
{
    lex_reader *reader;
    lex_err err = {.code = LEX_OK};
    lex_reader_options o = lex_reader_options_default();
    o.format = LEX_FORMAT_JSONL;
    o.labels = labels;
    lex_arena arena;
    lex_arena_init(&arena);
    lex_status st = lex_reader_open_bytes(&reader, "fuzz", bytes, 0, &o, &err);
    bool end = st != LEX_OK; /* compressed bytes are no file at all */
    while (!end && st == LEX_OK) {
        lex_record record;
        lex_arena_reset(&arena);
        st = lex_reader_next(reader, &record, &end, &arena, &err);
        if (st == LEX_OK && !end)
            check_record(&record, &arena);
    }
    LEX_ASSERT(st == err.code && (st == LEX_OK || st == LEX_ERR_INPUT));
    lex_reader_close(reader);
    lex_arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lex_str bytes = {(const char *)data, size};
    read_all(bytes, LEX_LABELS_IGNORED);
    read_all(bytes, LEX_LABELS_REQUIRED);
    form_try(bytes, LEX_FORMAT_JSONL, lex_hash64(data, size));
    return 0;
}
