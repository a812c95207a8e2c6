/* reader.c - opens a reader for a format, and puts the place before what went wrong. */
#include "reader.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lexclf/file.h"

lex_reader_options lex_reader_options_default(void)
{
    return (lex_reader_options){.format = LEX_FORMAT_AUTO, .labels = LEX_LABELS_IGNORED};
}

lex_format lex_format_of(const char *path)
{
    static const struct {
        const char *extension;
        lex_format format;
    } known[] = {
        {".csv", LEX_FORMAT_CSV},      {".tsv", LEX_FORMAT_TSV}, {".jsonl", LEX_FORMAT_JSONL},
        {".ndjson", LEX_FORMAT_JSONL}, {".txt", LEX_FORMAT_TXT},
    };
    const char *base = lex_path_base(path);
    size_t len = strlen(base) - (lex_gunzip_is_name(base) ? 3 : 0);
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        size_t n = strlen(known[i].extension);
        if (len >= n && strncasecmp(base + len - n, known[i].extension, n) == 0)
            return known[i].format;
    }
    return LEX_FORMAT_AUTO;
}

static const lex_reader_ops *ops_of(lex_format format)
{
    switch (format) {
    case LEX_FORMAT_CSV:
    case LEX_FORMAT_TSV:
        return &lex_csv_ops;
    case LEX_FORMAT_JSONL:
        return &lex_jsonl_ops;
    case LEX_FORMAT_TXT:
        return &lex_txt_ops;
    case LEX_FORMAT_AUTO:
        break;
    }
    return NULL;
}

static lex_status choose_format(lex_reader *r, lex_err *err)
{
    if (r->options.format == LEX_FORMAT_AUTO)
        r->options.format = lex_format_of(r->path);
    r->ops = ops_of(r->options.format);
    if (r->ops)
        return LEX_OK;
    bool is_stdin = strcmp(r->path, "-") == 0;
    lex_err_set(err, is_stdin ? LEX_ERR_USAGE : LEX_ERR_INPUT,
                is_stdin ? "the format must be given" : "the name does not tell the format");
    lex_err_hint(err, "say --format csv, tsv, jsonl or txt");
    return err->code;
}

static lex_reader *new_reader(const char *path, const lex_reader_options *options)
{
    static const char *const text_column[] = {"text"};
    lex_reader *r = lex_alloc_zeroed(1, sizeof *r);
    r->path = lex_strdup(path);
    r->options = *options;
    r->source.input.fd = -1;
    for (int i = 0; i < options->n_label_columns; i++)
        LEX_ASSERT(lex_names_split(&r->label_columns, options->label_columns[i]));
    if (!options->text_columns) {
        r->options.text_columns = text_column;
        r->options.n_text_columns = 1;
    }
    LEX_ASSERT(r->options.n_text_columns > 0);
    return r;
}

/* Says where, on the way up: the file, and the line when there is one. */
static void add_place(const lex_reader *r, lex_err *err)
{
    const char *name = strcmp(r->path, "-") == 0 ? "standard input" : r->path;
    if (r->line > 0)
        lex_err_at(err, "%s:%lld", name, (long long)r->line);
    else
        lex_err_at(err, "%s", name);
}

static void say_encoding(const lex_reader *r)
{
    const lex_decoder *d = &r->source.decoder;
    if (d->not_utf8_at >= 0)
        lex_reading_say(r->options.reading, LEX_SAY_ENCODING, r->path, 0,
                        "read as GB18030, since byte %lld is not valid UTF-8 (--encoding)", (long long)d->not_utf8_at);
}

/* The last steps of opening. Takes `r` over. */
static lex_status start(lex_reader **out, lex_reader *r, lex_status st, lex_err *err)
{
    if (st == LEX_OK)
        st = choose_format(r, err);
    if (st == LEX_OK)
        st = lex_source_open(&r->source, r->options.encoding, err);
    if (st == LEX_OK) {
        say_encoding(r);
        st = r->ops->open(r, err);
    }
    if (st == LEX_OK) {
        *out = r;
        return LEX_OK;
    }
    if (r->source.broken)
        r->line = 0;
    add_place(r, err);
    lex_reader_close(r);
    return st;
}

lex_status lex_reader_open(lex_reader **out, const char *path, const lex_reader_options *options, lex_err *err)
{
    *out = NULL;
    lex_reader *r = new_reader(path, options);
    lex_status st = lex_input_open(&r->source.input, path, options->digest, err); /* a missing file is named so */
    return start(out, r, st, err);
}

lex_status lex_reader_open_bytes(lex_reader **out, const char *name, lex_str bytes, size_t most,
                                 const lex_reader_options *options, lex_err *err)
{
    *out = NULL;
    lex_reader *r = new_reader(name, options);
    lex_input_open_bytes(&r->source.input, name, bytes, most);
    return start(out, r, LEX_OK, err);
}

static void check_id(lex_reader *r, const lex_record *record)
{
    if (!r->options.reading || record->id_field < 0)
        return;
    lex_str id = record->fields[record->id_field].value;
    if (lex_ids_add(&r->ids, id))
        lex_reading_say(r->options.reading, LEX_SAY_IDS, r->path, record->line,
                        "id %.*s stands there a second time", (int)(id.len < 100 ? id.len : 100), id.ptr);
}

/* One row; *bad when it breaks a rule and the row after it could be read. */
static lex_status next_row(lex_reader *r, lex_record *out, bool *end, bool *bad, lex_arena *arena, lex_err *err)
{
    *out = (lex_record){.file = r->path, .id_field = -1};
    *end = *bad = false;
    lex_status st = r->ops->next(r, out, end, arena, err);
    if (st == LEX_OK && *end)
        return st;
    if (st != LEX_OK && r->source.broken)
        r->line = 0;
    r->n_rows++;
    if (st != LEX_OK) {
        add_place(r, err);
        *bad = st == LEX_ERR_INPUT && !r->source.broken;
        return st;
    }
    out->line = r->line;
    out->number = r->n_rows;
    check_id(r, out);
    return LEX_OK;
}

lex_status lex_reader_next(lex_reader *r, lex_record *out, bool *end, lex_arena *arena, lex_err *err)
{
    LEX_ASSERT(!r->failed);
    lex_arena_mark before = lex_arena_mark_of(arena);
    for (;;) {
        bool bad;
        lex_status st = next_row(r, out, end, &bad, arena, err);
        say_encoding(r); /* a pipe's is found out on the way */
        if (st == LEX_OK)
            return st;
        if (bad && lex_reading_skip(r->options.reading, err)) {
            lex_arena_rewind(arena, before); /* any number of bad rows may follow each other */
            st = r->ops->resume ? r->ops->resume(r, err) : LEX_OK;
            if (st == LEX_OK)
                continue;
            r->line = 0;
            add_place(r, err);
        }
        r->failed = true;
        return st;
    }
}

void lex_reader_close(lex_reader *r)
{
    if (!r)
        return;
    if (r->ops && r->ops->close)
        r->ops->close(r);
    lex_source_close(&r->source);
    lex_strings_release(&r->label_columns);
    lex_ids_release(&r->ids);
    free(r->path);
    free(r);
}

const char *lex_reader_encoding(const lex_reader *r)
{
    return r->source.decoder.name;
}

char lex_reader_delimiter(const lex_reader *r)
{
    return r->options.format == LEX_FORMAT_CSV || r->options.format == LEX_FORMAT_TSV ? r->options.delimiter : 0;
}
