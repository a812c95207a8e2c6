/* forms.h - one input read in many ways: from a file and from a pipe, in encodings, with delimiters, without a header,
 * labels in cells and columns, bad rows passed over, compressed. What must agree is compared.
 *
 * Which of the ways an input is read in follows from its own fingerprint, so that an input that fails fails again. */
#ifndef LEXCLF_TESTS_FORMS_H
#define LEXCLF_TESTS_FORMS_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "../../src/text/reader.h"
#include "lexclf/json.h"

typedef struct {
    const char *name;
    size_t most; /* 0: a file; else a pipe that gives so many bytes at once */
    bool skip;
    lex_reader_options options;
} form;

typedef struct {
    lex_arena arena;
    lex_record *records;
    int64_t n, capacity, n_bad;
    lex_status status;
    bool opened, broken;
    char encoding[64];
    char message[200];
} form_reading;

static void form_read(form_reading *x, lex_str bytes, const form *f)
{
    lex_reader *reader;
    lex_err err = {.code = LEX_OK};
    lex_reading_options how = {.skip_bad_rows = f->skip};
    lex_reader_options o = f->options;
    memset(x, 0, sizeof *x);
    lex_arena_init(&x->arena);
    lex_reading *shared = o.reading = lex_reading_new(&how);
    x->status = lex_reader_open_bytes(&reader, f->name, bytes, f->most, &o, &err);
    x->opened = x->status == LEX_OK;
    bool end = !x->opened;
    while (!end) {
        lex_record record;
        x->status = lex_reader_next(reader, &record, &end, &x->arena, &err);
        end |= x->status != LEX_OK;
        if (!end)
            LEX_PUSH(x->records, x->n, x->capacity, record);
    }
    LEX_ASSERT(x->status == err.code && (x->status == LEX_OK || x->status == LEX_ERR_INPUT));
    LEX_ASSERT((err.message[0] != '\0') == (x->status != LEX_OK));
    x->n_bad = lex_reading_n_bad(shared);
    if (x->opened) {
        x->broken = reader->source.broken;
        snprintf(x->encoding, sizeof x->encoding, "%s", lex_reader_encoding(reader));
        LEX_ASSERT(!f->skip || x->broken || x->status == LEX_OK); /* no row ends the reading then */
    }
    LEX_ASSERT(f->skip || x->n_bad == 0);
    snprintf(x->message, sizeof x->message, "%.199s", err.message);
    lex_reader_close(reader);
    lex_reading_free(shared);
}

static void form_release(form_reading *x)
{
    lex_arena_release(&x->arena);
    free(x->records);
}

static void form_same(const form_reading *x, const form_reading *y, int64_t n)
{
    LEX_ASSERT(x->n >= n && y->n >= n);
    for (int64_t i = 0; i < n; i++) {
        const lex_record *a = &x->records[i], *b = &y->records[i];
        LEX_ASSERT(a->line == b->line && a->number == b->number && lex_str_equal(a->text, b->text));
        LEX_ASSERT(a->n_fields == b->n_fields && a->n_labels == b->n_labels && a->id_field == b->id_field);
        for (int64_t k = 0; k < a->n_fields; k++)
            LEX_ASSERT(lex_str_equal(a->fields[k].name, b->fields[k].name) &&
                       lex_str_equal(a->fields[k].value, b->fields[k].value));
        for (int64_t k = 0; k < a->n_labels; k++)
            LEX_ASSERT(lex_str_equal(a->labels[k], b->labels[k]));
    }
}

static void form_check_records(const form_reading *x)
{
    for (int64_t i = 0; i < x->n; i++) {
        const lex_record *r = &x->records[i];
        LEX_ASSERT(lex_utf8_valid_prefix(r->text) == r->text.len && r->id_field < r->n_fields);
        LEX_ASSERT(i == 0 || (r->line >= x->records[i - 1].line && r->number > x->records[i - 1].number));
        for (int64_t k = 0; k < r->n_labels; k++) {
            LEX_ASSERT(r->labels[k].len > 0 && lex_utf8_valid_prefix(r->labels[k]) == r->labels[k].len);
            LEX_ASSERT(lex_names_find(r->labels, k, r->labels[k]) < 0);
        }
    }
}

static form form_of(uint64_t bits, lex_format format)
{
    static const char *const encodings[] = {NULL, NULL, NULL, "UTF-8", "GB18030", "UTF-16LE", "windows-1252", "UTF-16"};
    static const char delimiters[] = {0, 0, 0, 0, ';', '|', '\t', 'a'};
    static const char *const text[] = {"text"}, *const first[] = {"1"}, *const two[] = {"2", "text"};
    static const char *const lists[] = {"a,b", "2"};
    form f = {.name = bits & 1 && (bits >> 1) % 4 == 0 ? "fuzz.gz" : "fuzz", .options = lex_reader_options_default()};
    lex_reader_options *o = &f.options;
    o->format = format;
    o->encoding = encodings[(bits >> 3) % 8];
    o->delimiter = delimiters[(bits >> 6) % 8];
    o->no_header = (bits >> 9) % 4 == 0;
    o->text_columns = o->no_header ? first : (bits >> 11) % 4 == 0 ? two : text;
    o->n_text_columns = o->text_columns == two ? 2 : 1;
    o->labels = (lex_label_need)((bits >> 13) % 3);
    o->label_column = (bits >> 15) % 4 == 0 ? "2" : NULL;
    o->label_separator = (bits >> 17) % 3 == 0 ? ";" : NULL;
    if ((bits >> 19) % 4 == 0) {
        o->label_columns = lists;
        o->n_label_columns = 1 + (bits >> 21) % 2;
        o->label_columns_if_there = (bits >> 31) % 2;
    }
    return f;
}

/* Compressed, the same. */
static void form_try_gz(lex_str bytes, form f, const form_reading *plain)
{
    form_reading x;
    z_stream z = {.next_in = (unsigned char *)(uintptr_t)bytes.ptr, .avail_in = (unsigned)bytes.len};
    size_t room = bytes.len + 1000;
    char *gz = lex_alloc(room);
    z.next_out = (unsigned char *)gz;
    z.avail_out = (unsigned)room;
    LEX_ASSERT(deflateInit2(&z, 1, Z_DEFLATED, 31, 1, Z_DEFAULT_STRATEGY) == Z_OK && deflate(&z, Z_FINISH) == Z_STREAM_END);
    f.name = "fuzz.gz";
    form_read(&x, (lex_str){gz, z.total_out}, &f);
    LEX_ASSERT(x.status == plain->status && x.n == plain->n);
    form_same(&x, plain, x.n);
    form_release(&x);
    deflateEnd(&z);
    free(gz);
}

static void form_try(lex_str bytes, lex_format format, uint64_t bits)
{
    static const size_t mosts[] = {1, 3, 64, 5000};
    form_reading file, pipe, skipping;
    form f = form_of(bits, format);
    form_read(&file, bytes, &f);
    form_check_records(&file);
    if ((bits >> 23) % 8 == 0 && strcmp(f.name, "fuzz") == 0 && !(bytes.len > 1 && (unsigned char)bytes.ptr[0] == 0x1F))
        form_try_gz(bytes, f, &file);

    f.most = mosts[(bits >> 26) % 4];
    form_read(&pipe, bytes, &f);
    form_check_records(&pipe);
    if (pipe.status == LEX_OK) { /* what a pipe gives in full is what a file gives */
        LEX_ASSERT(file.status == LEX_OK && file.n == pipe.n && strcmp(file.encoding, pipe.encoding) == 0);
        form_same(&file, &pipe, file.n);
    } else if (file.status == LEX_OK) { /* and it fails only where a file can know better */
        LEX_ASSERT(strstr(pipe.message, "invalid UTF-8") && !f.options.encoding);
    }
    form_release(&pipe);

    f.most = 0;
    f.skip = true;
    form_read(&skipping, bytes, &f);
    form_check_records(&skipping);
    form_same(&file, &skipping, file.n);
    LEX_ASSERT(file.status != LEX_OK || (skipping.n == file.n && skipping.n_bad == 0));
    form_release(&skipping);
    form_release(&file);
}

#endif
