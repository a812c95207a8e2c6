/* dataset.c - a labelled file, or a folder of them, to examples. Texts are let go as soon as they are tokens, of which four
 * bytes each stay, or counted terms, or both. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static void append_ids(lex_dataset *data, lex_example *example, const lex_tokens *sequence)
{
    example->ids_at = data->n_ids;
    example->n = sequence->n;
    for (int64_t i = 0; i < sequence->n; i++)
        LEX_PUSH(data->ids, data->n_ids, data->id_capacity, sequence->items[i].id);
}

static lex_status append_names(lex_dataset *data, lex_name_table *names, const lex_record *record, lex_err *err)
{
    int64_t first = data->n_names;
    for (int64_t i = 0; i < record->n_labels; i++) {
        lex_str label = record->labels[i];
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
    const lex_train_options *options;
    lex_tokens tokens, sequence;
    lex_arena arena;
    int64_t file; /* which one is being read */
} reading;

/* Where the task is given, a row that does not fit it is a bad row like any other. */
static lex_status check_count(const reading *r, const lex_record *record, lex_err *err)
{
    if (r->options->task_auto || r->options->task == LEX_TASK_MULTI || record->n_labels == 1)
        return LEX_OK;
    return lex_label_count_wrong(record->file, record->line, record->n_labels, r->options->task, err);
}

static void tokenize(reading *r, lex_str text, lex_example *example)
{
    lex_dataset *data = r->data;
    const lex_cut *cut = r->form->cut;
    lex_tokenizer_encode(r->form->tokenizer, text, &r->tokens);
    int64_t n = r->tokens.n, beyond = n - lex_cut_room(cut), n_windows = lex_cut_n_windows(cut, n);
    data->n_tokens += n;
    data->n_long += beyond > 0;
    data->n_beyond += beyond > 0 ? beyond : 0;
    if (cut->stride == 0) {
        lex_tokenizer_frame(r->form->tokenizer, &r->tokens, cut->max_length, &r->sequence);
        append_ids(data, example, &r->sequence);
        return;
    }
    append_ids(data, example, &r->tokens);
    data->n_windows += n_windows;
    data->most_windows = n_windows > data->most_windows ? n_windows : data->most_windows;
}

static lex_status count_terms(reading *r, const lex_record *record, lex_example *example, lex_err *err)
{
    lex_terms *terms = r->form->terms;
    lex_dataset *data = r->data;
    if (r->form->may_stop_counting && terms && (data->many_labels || lex_terms_bytes(terms) > LEX_DISTILL_BYTES))
        data->is_uncounted = true;
    if (!terms || data->is_uncounted)
        return LEX_OK;
    example->text = lex_terms_n_texts(terms);
    lex_status st = lex_terms_add(terms, record->text, r->form->tokenizer ? NULL : &example->n, err);
    if (st != LEX_OK)
        lex_err_at(err, "%s:%lld", record->file, (long long)record->line);
    return st;
}

static lex_status append_record(reading *r, const lex_record *record, lex_err *err)
{
    lex_dataset *data = r->data;
    lex_example example = {.names_at = data->n_names, .n_names = record->n_labels, .line = record->line,
                           .file = (int32_t)r->file, .text = -1};
    lex_status st = LEX_OK;
    LEX_TRY(append_names(data, r->names, record, err));
    if (r->form->tokenizer)
        tokenize(r, record->text, &example);
    LEX_TRY(count_terms(r, record, &example, err));
    LEX_PUSH(data->examples, data->n_examples, data->example_capacity, example);
done:
    return st;
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
        st = check_count(r, &record, err);
        if (st != LEX_OK && lex_reading_skip(r->options->reader.reading, err))
            continue;
        if (st == LEX_OK)
            st = append_record(r, &record, err);
        if (st != LEX_OK)
            return st;
        if (r->options->stop && *r->options->stop)
            return lex_err_set(err, LEX_ERR_INTERRUPTED, "interrupted after %lld rows of %s",
                               (long long)r->data->n_examples, r->data->path);
        if (r->data->n_examples >= LEX_EXAMPLES_MAX)
            return lex_err_set(err, LEX_ERR_INPUT, "%s: more than %lld rows", r->data->path,
                               (long long)LEX_EXAMPLES_MAX);
    }
}

static lex_status read_file(reading *r, const lex_reader_options *options, lex_err *err)
{
    lex_reader *reader = NULL;
    lex_status st = lex_reader_open(&reader, r->data->files.items[r->file], options, err);
    if (st == LEX_OK)
        st = read_all(r, reader, err);
    lex_reader_close(reader);
    return st;
}

static lex_status no_rows(const lex_dataset *data, lex_err *err)
{
    if (data->n_bad)
        return lex_err_set(err, LEX_ERR_INPUT, "%s: has no rows but %lld bad ones", data->path, (long long)data->n_bad);
    return lex_err_set(err, LEX_ERR_INPUT, "%s: has no rows", data->path);
}

lex_status lex_dataset_read(lex_dataset *out, lex_name_table *names, const char *path, const lex_text_form *form,
                            const lex_train_options *options, lex_err *err)
{
    lex_status st = LEX_OK;
    bool is_folder;
    lex_reader_options how = options->reader;
    reading r = {out, names, form, options, .tokens = {0}};
    int64_t n_bad = lex_reading_n_bad(how.reading);
    memset(out, 0, sizeof *out);
    out->path = path;
    how.labels = !options->task_auto && options->task == LEX_TASK_MULTI ? LEX_LABELS_OPTIONAL : LEX_LABELS_REQUIRED;
    how.digest = lex_sha256_new();
    lex_tokens_init(&r.tokens);
    lex_tokens_init(&r.sequence);
    lex_arena_init(&r.arena);
    LEX_TRY(lex_files_expand(&out->files, &is_folder, path, how.format, how.reading, err));
    for (; r.file < out->files.n; r.file++)
        LEX_TRY(read_file(&r, &how, err));
    out->n_bad = lex_reading_n_bad(how.reading) - n_bad;
    if (out->n_examples == 0) {
        st = no_rows(out, err);
        goto done;
    }
    lex_sha256_hex(how.digest, out->sha256);
done:
    lex_sha256_free(how.digest);
    lex_tokens_release(&r.tokens);
    lex_tokens_release(&r.sequence);
    lex_arena_release(&r.arena);
    if (st != LEX_OK)
        lex_dataset_release(out);
    return st;
}

/* The last id of a sequence is a special token, which stays the last. */
void lex_dataset_shorten(lex_dataset *data, int64_t length)
{
    data->n_long = 0;
    for (int64_t i = 0; i < data->n_examples; i++) {
        lex_example *example = &data->examples[i];
        if (example->n <= length)
            continue;
        data->n_long++;
        data->n_beyond += example->n - length;
        data->ids[example->ids_at + length - 1] = data->ids[example->ids_at + example->n - 1];
        example->n = length;
    }
}

const char *lex_dataset_file(const lex_dataset *data, const lex_example *example)
{
    return data->files.items[example->file];
}

void lex_dataset_release(lex_dataset *data)
{
    free(data->examples);
    free(data->ids);
    free(data->names);
    lex_strings_release(&data->files);
    memset(data, 0, sizeof *data);
}
