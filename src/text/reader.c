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

static lex_format format_of(const char *path)
{
    static const struct {
        const char *extension;
        lex_format format;
    } known[] = {
        {".csv", LEX_FORMAT_CSV},     {".tsv", LEX_FORMAT_TSV}, {".jsonl", LEX_FORMAT_JSONL},
        {".ndjson", LEX_FORMAT_JSONL}, {".txt", LEX_FORMAT_TXT},
    };
    const char *dot = strrchr(lex_path_base(path), '.');
    for (size_t i = 0; dot && i < sizeof known / sizeof *known; i++)
        if (strcasecmp(dot, known[i].extension) == 0)
            return known[i].format;
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
        r->options.format = format_of(r->path);
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
    r->source.fd = -1;
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

/* The last step of opening. Takes `r` over. */
static lex_status start(lex_reader **out, lex_reader *r, lex_status st, lex_err *err)
{
    if (st == LEX_OK)
        st = r->ops->open(r, err);
    if (st == LEX_OK) {
        *out = r;
        return LEX_OK;
    }
    add_place(r, err);
    lex_reader_close(r);
    return st;
}

lex_status lex_reader_open(lex_reader **out, const char *path, const lex_reader_options *options, lex_err *err)
{
    *out = NULL;
    lex_reader *r = new_reader(path, options);
    lex_status st = lex_source_open(&r->source, path, options->digest, err); /* first: a missing file is named so */
    if (st == LEX_OK)
        st = choose_format(r, err);
    return start(out, r, st, err);
}

lex_status lex_reader_open_bytes(lex_reader **out, const char *name, lex_str bytes, const lex_reader_options *options,
                                 lex_err *err)
{
    *out = NULL;
    lex_reader *r = new_reader(name, options);
    lex_source_open_bytes(&r->source, bytes);
    return start(out, r, choose_format(r, err), err);
}

lex_status lex_reader_next(lex_reader *r, lex_record *out, bool *end, lex_arena *arena, lex_err *err)
{
    LEX_ASSERT(!r->failed);
    *out = (lex_record){.file = r->path, .id_field = -1};
    *end = false;
    lex_status st = r->ops->next(r, out, end, arena, err);
    if (st != LEX_OK) {
        r->failed = true;
        add_place(r, err);
    } else if (!*end) {
        out->line = r->line;
        out->number = ++r->n_records;
    }
    return st;
}

void lex_reader_close(lex_reader *r)
{
    if (!r)
        return;
    if (r->ops && r->ops->close)
        r->ops->close(r);
    lex_source_close(&r->source);
    free(r->path);
    free(r);
}
