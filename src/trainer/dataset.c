/* dataset.c - a labelled file to examples. Texts are let go as soon as they are tokens, of which four bytes each stay, or
 * counted terms. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static int64_t append_ids(lex_dataset *data, const lex_tokens *sequence)
{
    int64_t first = data->n_ids;
    for (int64_t i = 0; i < sequence->n; i++)
        LEX_PUSH(data->ids, data->n_ids, data->id_capacity, sequence->items[i].id);
    return first;
}

static lex_status append_names(lex_dataset *data, lex_name_table *names, const lex_record *record, lex_err *err)
{
    int64_t first = data->n_names;
    for (int64_t i = 0; i < record->n_labels; i++) {
        lex_str label = record->labels[i];
        if (label.len && memchr(label.ptr, '\0', label.len))
            return lex_err_set(err, LEX_ERR_INPUT, "%s:%lld: a label holds U+0000", record->file,
                               (long long)record->line);
        int32_t name = lex_name_table_add(names, label);
        for (int64_t k = first; k < data->n_names; k++)
            if (data->names[k] == name)
                return lex_err_set(err, LEX_ERR_INPUT, "%s:%lld: label '%.*s' stands twice", record->file,
                                   (long long)record->line, (int)label.len, label.ptr);
        LEX_PUSH(data->names, data->n_names, data->name_capacity, name);
    }
    data->many_labels = data->many_labels || record->many_labels;
    return LEX_OK;
}

typedef struct {
    lex_dataset *data;
    lex_name_table *names;
    const lex_text_form *form;
    lex_tokens tokens, sequence;
    lex_arena arena;
} reading;

static void tokenize(reading *r, lex_str text, lex_example *example)
{
    lex_dataset *data = r->data;
    lex_tokenizer_encode(r->form->tokenizer, text, &r->tokens);
    data->n_truncated += lex_tokenizer_frame(r->form->tokenizer, &r->tokens, r->form->max_length, &r->sequence);
    example->ids_at = append_ids(data, &r->sequence);
    example->n = r->sequence.n;
}

static lex_status append_record(reading *r, const lex_record *record, lex_err *err)
{
    lex_dataset *data = r->data;
    lex_example example = {.names_at = data->n_names, .n_names = record->n_labels, .line = record->line};
    lex_status st = append_names(data, r->names, record, err);
    if (st != LEX_OK)
        return st;
    if (r->form->tokenizer) {
        tokenize(r, record->text, &example);
    } else {
        example.ids_at = lex_terms_n_texts(r->form->terms);
        st = lex_terms_add(r->form->terms, record->text, &example.n, err);
        if (st != LEX_OK) {
            lex_err_at(err, "%s:%lld", record->file, (long long)record->line);
            return st;
        }
    }
    LEX_PUSH(data->examples, data->n_examples, data->example_capacity, example);
    return LEX_OK;
}

static lex_status read_all(reading *r, lex_reader *reader, lex_err *err)
{
    for (;;) {
        lex_record record;
        bool end = false;
        lex_arena_reset(&r->arena);
        lex_status st = lex_reader_next(reader, &record, &end, &r->arena, err);
        if (st != LEX_OK || end)
            return st;
        st = append_record(r, &record, err);
        if (st != LEX_OK)
            return st;
        if (r->data->n_examples >= LEX_EXAMPLES_MAX)
            return lex_err_set(err, LEX_ERR_INPUT, "%s: more than %lld rows", r->data->path,
                               (long long)LEX_EXAMPLES_MAX);
    }
}

lex_status lex_dataset_read(lex_dataset *out, lex_name_table *names, const char *path, const lex_text_form *form,
                            const lex_reader_options *reader, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_reader *file = NULL;
    lex_reader_options options = *reader;
    reading r = {out, names, form, .tokens = {0}};
    memset(out, 0, sizeof *out);
    out->path = path;
    options.labels = LEX_LABELS_REQUIRED;
    options.digest = lex_sha256_new();
    lex_tokens_init(&r.tokens);
    lex_tokens_init(&r.sequence);
    lex_arena_init(&r.arena);
    LEX_TRY(lex_reader_open(&file, path, &options, err));
    LEX_TRY(read_all(&r, file, err));
    if (out->n_examples == 0) {
        st = lex_err_set(err, LEX_ERR_INPUT, "%s: has no rows", path);
        goto done;
    }
    lex_sha256_hex(options.digest, out->sha256);
done:
    lex_reader_close(file);
    lex_sha256_free(options.digest);
    lex_tokens_release(&r.tokens);
    lex_tokens_release(&r.sequence);
    lex_arena_release(&r.arena);
    if (st != LEX_OK)
        lex_dataset_release(out);
    return st;
}

void lex_dataset_release(lex_dataset *data)
{
    free(data->examples);
    free(data->ids);
    free(data->names);
    memset(data, 0, sizeof *data);
}
