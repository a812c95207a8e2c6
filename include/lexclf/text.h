/* text.h - bytes to records: CSV, TSV, JSON lines and plain text files, streamed.
 *
 * A reader yields one record after another in the memory of the caller's arena; it holds one record at a time, so
 * memory does not grow with the file. A record keeps what the user gave: the file and the physical line it starts at,
 * the decoded text, its labels, and every input field as it came (a JSON value is kept as its raw bytes), so that
 * answers can carry it over unchanged.
 *
 * Input is UTF-8, with or without a byte order mark. A row that breaks a rule stops the reading with an error that
 * names file, line and reason. A blank line is no row.
 *
 *     lex_reader_options options = lex_reader_options_default();
 *     LEX_TRY(lex_reader_open(&reader, "train.csv", &options, err));
 *     for (;;) {
 *         lex_record record;
 *         bool end = false;
 *         lex_arena_reset(&arena);
 *         LEX_TRY(lex_reader_next(reader, &record, &end, &arena, err));
 *         if (end)
 *             break;
 *         use(record.text);
 *     }
 */
#ifndef LEXCLF_TEXT_H
#define LEXCLF_TEXT_H

#include "lexclf/hash.h"
#include "lexclf/memory.h"

#ifdef __cplusplus
extern "C" {
#endif

#define LEX_RECORD_MAX_BYTES (64u << 20) /* one row, or one .txt file */
#define LEX_COLUMNS_MAX 10000

typedef enum {
    LEX_FORMAT_AUTO, /* by extension: .csv .tsv .jsonl .ndjson .txt */
    LEX_FORMAT_CSV,  /* RFC 4180, header row */
    LEX_FORMAT_TSV,  /* the same with a tab between fields */
    LEX_FORMAT_JSONL,
    LEX_FORMAT_TXT /* the whole file is the text of one record */
} lex_format;

/* What to do about labels. */
typedef enum {
    LEX_LABELS_IGNORED,  /* predict: the label column is a field like any other, and need not be there */
    LEX_LABELS_REQUIRED, /* train, eval: a row without one is an error */
} lex_label_need;

typedef struct {
    lex_format format;
    const char *const *text_columns; /* joined by a line break; NULL: {"text"} */
    int n_text_columns;
    const char *label_column; /* NULL: "label"; in JSON lines also "labels" */
    const char *id_column;    /* NULL: "id"; need not be there */
    lex_label_need labels;
    lex_sha256 *digest; /* borrowed, may be NULL: fed with the file's bytes as they are read */
} lex_reader_options;

lex_reader_options lex_reader_options_default(void);

/* An input field as it came. From JSON: name and value are raw spans (strings in quotes). From CSV: both are text. */
typedef struct {
    lex_str name;
    lex_str value;
} lex_field;

typedef struct {
    const char *file; /* as the user named it; "-" for standard input; borrowed from the reader */
    int64_t line;     /* physical line the record starts at, from 1 */
    int64_t number;   /* the record's number in its file, from 1 */
    lex_str text;     /* decoded, valid UTF-8; may be empty */
    lex_str *labels;  /* decoded; empty when they are ignored */
    int64_t n_labels;
    bool many_labels; /* the labels came as an array */
    bool is_json;     /* what the fields hold: raw JSON, or text */
    lex_field *fields;
    int64_t n_fields;
    int64_t id_field; /* index into fields, or -1 when the row has no id */
} lex_record;

typedef struct lex_reader lex_reader;

/* Opens a file, or standard input for "-" (whose format must be given). `options` is copied; the strings it points
 * to must outlive the reader. LEX_ERR_INPUT: missing, a folder, of unknown format, empty (CSV without a header), a
 * header that lacks a column (the message lists those found) or names one twice. */
lex_status lex_reader_open(lex_reader **out, const char *path, const lex_reader_options *options,
                           lex_err *err) LEX_MUST_CHECK;
/* The next record, in `arena`; or *end. */
lex_status lex_reader_next(lex_reader *reader, lex_record *out, bool *end, lex_arena *arena,
                           lex_err *err) LEX_MUST_CHECK;
void lex_reader_close(lex_reader *reader);

#ifdef __cplusplus
}
#endif
#endif
