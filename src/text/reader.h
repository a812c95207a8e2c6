/* reader.h - what the formats of this folder share: the reader behind lex_reader, columns, labels, and names.
 *
 * A format is a lex_reader_ops. Its functions word a failure without the place, unless it lies in another line than
 * `reader->line`, and set `reader->line` to the line where the record starts; reader.c puts "file:line: " before.
 */
#ifndef LEXCLF_TEXT_READER_H
#define LEXCLF_TEXT_READER_H

#include "source.h"

typedef struct {
    /* Reads what comes before the first record. A failure with `line` 0 concerns the file as a whole. */
    lex_status (*open)(lex_reader *reader, lex_err *err);
    lex_status (*next)(lex_reader *reader, lex_record *out, bool *end, lex_arena *arena, lex_err *err);
    /* After a failure of `next` that concerns one row: makes ready for the row after it; or NULL. */
    lex_status (*resume)(lex_reader *reader, lex_err *err);
    void (*close)(lex_reader *reader); /* may be NULL; also after a failed open */
} lex_reader_ops;

extern const lex_reader_ops lex_csv_ops, lex_jsonl_ops, lex_txt_ops;

/* Fingerprints of ids, to find one that stands twice. Only the first LEX_IDS_MAX of a file are kept, so that memory
 * stays bounded: 16 MiB. */
#define LEX_IDS_MAX (1 << 20)
typedef struct {
    uint64_t *slots; /* open addressing; 0: free */
    int64_t n, n_slots;
} lex_ids;

struct lex_reader {
    char *path;
    lex_reader_options options; /* format known, text columns there */
    const lex_reader_ops *ops;
    lex_source source;
    lex_strings label_columns; /* options.label_columns, taken apart */
    int64_t line; /* where the record in hand starts */
    int64_t n_rows;
    lex_ids ids;
    bool failed;
    void *state; /* the format's own */
};

/* As lex_reader_open(), from memory; `name` is what errors call it, and tells of .gz. The format must be given. `most`
 * other than 0: as from a pipe that gives that many bytes at once. */
lex_status lex_reader_open_bytes(lex_reader **out, const char *name, lex_str bytes, size_t most,
                                 const lex_reader_options *options, lex_err *err) LEX_MUST_CHECK;

/* Whether rows that break a rule are passed over. */
bool lex_reader_skips(const lex_reader *reader);

/* The format that the name tells, .gz left off; AUTO when it tells none. */
lex_format lex_format_of(const char *path);

/* ---- reading.c: what is said once a run ---- */
typedef enum { LEX_SAY_ENCODING, LEX_SAY_DELIMITER, LEX_SAY_LABELS, LEX_SAY_IDS, LEX_SAY_SKIPPED, LEX_N_SAID } lex_said;
/* Tells the note (ENCODING, DELIMITER, LABELS) or warning (IDS, SKIPPED: not once) "FILE:LINE: ..."; no line when 0. */
void lex_reading_say(lex_reading *reading, lex_said what, const char *path, int64_t line, const char *format, ...)
    LEX_PRINTF(5, 6);

/* ---- ids.c ---- */
/* Whether the id stood in the file before. */
bool lex_ids_add(lex_ids *ids, lex_str id);
void lex_ids_release(lex_ids *ids);

/* ---- labels.c ---- */
/* Whether a cell or a value says that a row has a label: 1, true, TRUE; 0, false, empty. False in *known: neither. */
bool lex_label_flag(lex_str value, bool *known);
/* The parts of `text` between separators, without spaces around them, empty ones and repetitions left out. */
void lex_label_split(lex_record *out, lex_str text, const char *separator, lex_arena *arena);
/* Leaves out repetitions, the first of each staying where it is. */
void lex_label_unique(lex_record *record, lex_arena *arena);

/* ---- columns.c: a table's columns, and cells as a record ---- */
typedef struct {
    lex_arena kept;
    lex_str *names;
    int64_t n;
    char *name_bytes; /* all names together, to copy them into a record at once */
    size_t len_names;
    int64_t *texts;
    int64_t label, id; /* -1: none */
    int64_t *label_columns;
} lex_columns;

/* Finds the columns by the first row: its cells are the names, or column1, column2, ... */
lex_status lex_columns_open(lex_columns *columns, const lex_reader *reader, const lex_str *cells, size_t n_cells,
                            lex_err *err) LEX_MUST_CHECK;
/* Fills `out` from a row's cells, which lie in `arena`. */
lex_status lex_columns_record(const lex_columns *columns, const lex_reader *reader, const lex_str *cells,
                              size_t n_cells, lex_record *out, lex_arena *arena, lex_err *err) LEX_MUST_CHECK;
void lex_columns_release(lex_columns *columns);
/* "17" as 17; 0 for what is no column's number. */
int64_t lex_column_number(const char *name);

/* ---- sniff.c ---- */
/* The delimiter of a CSV source whose first row comes next. */
lex_status lex_sniff_delimiter(char *out, lex_reader *reader, lex_err *err) LEX_MUST_CHECK;

/* ---- names.c ---- */

/* The index of `name` in names, or -1. */
int64_t lex_names_find(const lex_str *names, int64_t n, lex_str name);
/* The index of a name that stands there a second time, or -1. */
int64_t lex_names_repeated(const lex_str *names, int64_t n, lex_arena *arena);
/* Records "no WHAT 'NAME' (found: 'a', 'b')", cut when there are many, and returns LEX_ERR_INPUT. */
lex_status lex_names_missing(const lex_str *names, int64_t n, const char *what, const char *name, lex_err *err);
/* Adds a name of the user's in single quotes, fit for a line of a message: short, without control characters. */
void lex_names_quote(lex_buf *out, lex_str name);
/* Records "BEFORE 'NAME' AFTER" and returns LEX_ERR_INPUT. */
lex_status lex_names_fail(const char *before, lex_str name, const char *after, lex_err *err);

/* The parts joined by line breaks; a single one is borrowed. */
lex_str lex_text_join(const lex_str *parts, int n_parts, lex_arena *arena);

#endif
