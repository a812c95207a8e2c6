/* text.h - bytes to records: CSV, TSV, JSON lines and plain text files, compressed or not, streamed.
 *
 * A reader yields one record after another in the memory of the caller's arena; it holds one record at a time, so
 * memory does not grow with the file. A record keeps what the user gave: the file and the physical line it starts at,
 * the decoded text, its labels, and every input field as it came (a JSON value is kept as its raw bytes), so that
 * answers can carry it over unchanged.
 *
 * Bytes become text by rule: a byte order mark decides (UTF-8, UTF-16LE, UTF-16BE); else it is UTF-8 if every byte of
 * the file is valid; else GB18030. A file is read through once for that. A pipe cannot be: it is UTF-8 from its first
 * character beyond ASCII on, and GB18030 if the first stretch that holds such characters is not valid UTF-8; where a
 * later one is not, the reading ends with an error in place of a guess. An encoding that is named overrides the rule.
 *
 * A row that breaks a rule stops the reading with an error that names file, line and reason, or is passed over where
 * the run's lex_reading says so. A blank line is no row.
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
    LEX_FORMAT_AUTO, /* by extension: .csv .tsv .jsonl .ndjson .txt, each also with .gz behind it */
    LEX_FORMAT_CSV,  /* RFC 4180 */
    LEX_FORMAT_TSV,  /* the same with a tab between fields */
    LEX_FORMAT_JSONL,
    LEX_FORMAT_TXT /* the whole file is the text of one record */
} lex_format;

/* What to do about labels. */
typedef enum {
    LEX_LABELS_IGNORED,  /* predict: the label column is a field like any other, and need not be there */
    LEX_LABELS_REQUIRED, /* train, eval: a row without one is an error, unless it could hold many */
    LEX_LABELS_OPTIONAL, /* the same for many labels: an empty cell, "" or null is a row without any */
} lex_label_need;

/* ---- what the readers of one run share ---- */

#define LEX_BAD_ROWS_NAMED 10

typedef struct lex_reading lex_reading;
typedef struct {
    bool skip_bad_rows; /* count rows that break a rule and go on; the first LEX_BAD_ROWS_NAMED are warned of */
    void (*note)(void *context, const char *text);    /* worth saying once: an encoding that was found out; or NULL */
    void (*warning)(void *context, const char *text); /* worth a second look: an id that stands twice; or NULL */
    void *context;
} lex_reading_options;

lex_reading *lex_reading_new(const lex_reading_options *options);
void lex_reading_free(lex_reading *reading);
/* For a failure that concerns one row, also one that only the caller can see: true when the row is to be passed over,
 * which empties `err` and counts it. False for `reading` NULL. */
bool lex_reading_skip(lex_reading *reading, lex_err *err);
int64_t lex_reading_n_bad(const lex_reading *reading); /* 0 for NULL */
/* "FILE:LINE: REASON" of the first ones. */
const lex_strings *lex_reading_first_bad(const lex_reading *reading);

/* ---- readers ---- */

typedef struct {
    lex_format format;
    /* Columns are given by name or, in CSV, by number from 1; a column of that very name comes first. */
    const char *const *text_columns; /* joined by a line break; NULL: {"text"} */
    int n_text_columns;
    const char *label_column; /* NULL: "label"; in JSON lines also "labels" */
    const char *id_column;    /* NULL: "id"; need not be there */
    lex_label_need labels;
    /* Many labels in one cell or string, with this between them; spaces around each are left off and empty ones do
     * not count. NULL: a cell is one label. */
    const char *label_separator;
    /* Lists for lex_names_split(): one column a label, which is its name; 1 or true: the row has it, 0, false or
     * empty: it has not. In place of label_column. */
    const char *const *label_columns;
    int n_label_columns;
    bool label_columns_if_there; /* a table, or a line, that lacks any of them has its labels in label_column */
    bool no_header;       /* CSV: the first row is a record, and the columns are called column1, column2, ... */
    char delimiter;       /* CSV and TSV: ASCII, what lex_delimiter_parse() takes; 0: found out, or a tab for TSV */
    const char *encoding; /* what lex_encoding_known() takes; NULL: by rule, see above */
    lex_reading *reading; /* borrowed, may be NULL: nothing is passed over, and nothing said */
    lex_sha256 *digest;   /* borrowed, may be NULL: fed with the file's bytes as they lie on disk */
} lex_reader_options;

lex_reader_options lex_reader_options_default(void);

/* Adds the names of a list like `A,B,"C, D"`, a row of CSV, to `out` (may be NULL). False when it is none, or a name
 * is empty. */
bool lex_names_split(lex_strings *out, const char *list);
/* "tab" or one ASCII character that is neither a quote nor a line break; 0 for anything else. */
char lex_delimiter_parse(const char *text);
/* Whether the system's iconv reads the encoding. */
bool lex_encoding_known(const char *name);

/* An input field as it came. From JSON: name and value are raw spans (strings in quotes). From CSV: both are text. */
typedef struct {
    lex_str name;
    lex_str value;
} lex_field;

typedef struct {
    const char *file; /* as the user named it; "-" for standard input; borrowed from the reader */
    int64_t line;     /* physical line the record starts at, from 1 */
    int64_t number;   /* the row's number in its file, from 1; rows that are passed over count */
    lex_str text;     /* decoded, valid UTF-8; may be empty */
    lex_str *labels;  /* decoded; empty when they are ignored */
    int64_t n_labels;
    bool many_labels; /* they came in a form that holds any number: an array, a cell with a separator, columns */
    bool is_json;     /* what the fields hold: raw JSON, or text */
    lex_field *fields;
    int64_t n_fields;
    int64_t id_field; /* index into fields, or -1 when the row has no id */
} lex_record;

typedef struct lex_reader lex_reader;

/* Opens a file, or standard input for "-" (whose format must be given). `options` is copied; the strings it points
 * to must outlive the reader. LEX_ERR_INPUT: missing, a folder, of unknown format, empty (CSV without a header), a
 * header that lacks a column (the message lists those found) or names one twice, compressed data that is damaged. */
lex_status lex_reader_open(lex_reader **out, const char *path, const lex_reader_options *options,
                           lex_err *err) LEX_MUST_CHECK;
/* The next record, in `arena`; or *end. In CSV a bad row ends where its quotes say; one whose quotes are wrong ends
 * with its first physical line, so that a stray quote costs no more rows than it must. */
lex_status lex_reader_next(lex_reader *reader, lex_record *out, bool *end, lex_arena *arena,
                           lex_err *err) LEX_MUST_CHECK;
void lex_reader_close(lex_reader *reader);
/* What was found out: "UTF-8", "UTF-16LE", "GB18030" ..., of a pipe as far as it was read; the delimiter, 0 where the
 * format has none. */
const char *lex_reader_encoding(const lex_reader *reader);
char lex_reader_delimiter(const lex_reader *reader);

/* ---- paths ---- */

/* Adds the files that `path` stands for to `files`: itself, or of a folder all those below it whose format is known
 * (all of them where `format` is given), in the order of their paths' bytes. Names that begin with a dot are passed
 * over; what else is left out is warned of through `reading`. Links are followed, and each folder is read once.
 * *is_folder tells which it was. LEX_ERR_INPUT: no such file; a folder that cannot be read. */
lex_status lex_files_expand(lex_strings *files, bool *is_folder, const char *path, lex_format format,
                            lex_reading *reading, lex_err *err) LEX_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
