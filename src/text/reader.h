/* reader.h - what the formats of this folder share: the reader behind lex_reader, and names.
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
    void (*close)(lex_reader *reader); /* may be NULL; also after a failed open */
} lex_reader_ops;

extern const lex_reader_ops lex_csv_ops, lex_jsonl_ops, lex_txt_ops;

struct lex_reader {
    char *path;
    lex_reader_options options; /* format known, text columns there */
    const lex_reader_ops *ops;
    lex_source source;
    int64_t line; /* where the record in hand starts */
    int64_t n_records;
    bool failed;
    void *state; /* the format's own */
};

/* As lex_reader_open(), from memory; `name` is what errors call it. The format must be given. */
lex_status lex_reader_open_bytes(lex_reader **out, const char *name, lex_str bytes, const lex_reader_options *options,
                                 lex_err *err) LEX_MUST_CHECK;

/* ---- names.c ---- */

/* The index of `name` in names, or -1. */
int64_t lex_names_find(const lex_str *names, int64_t n, lex_str name);
/* The index of a name that stands there a second time, or -1. */
int64_t lex_names_repeated(const lex_str *names, int64_t n, lex_arena *arena);
/* Records "no WHAT 'NAME' (found: 'a', 'b')", cut when there are many, and returns LEX_ERR_INPUT. */
lex_status lex_names_missing(const lex_str *names, int64_t n, const char *what, const char *name, lex_err *err);
/* Adds a name of the user's in single quotes, fit for a line of a message: short, without control characters. */
void lex_names_quote(lex_buf *out, lex_str name);

/* The parts joined by line breaks; a single one is borrowed. */
lex_str lex_text_join(const lex_str *parts, int n_parts, lex_arena *arena);

#endif
