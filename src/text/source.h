/* source.h - a file, standard input or memory as physical lines of valid UTF-8.
 *
 * A line ends with LF, CRLF or, where the format asks for it, a lone CR; it comes with its ending. Only the line in
 * hand is held, and one longer than LEX_RECORD_MAX_BYTES is refused before more of it is read. A leading byte order
 * mark is passed over (and counted in byte offsets, which start at 0).
 *
 * Failures are worded without the place; `line` is set to where they happened.
 */
#ifndef LEXCLF_TEXT_SOURCE_H
#define LEXCLF_TEXT_SOURCE_H

#include "lexclf/text.h"

typedef struct {
    int fd;               /* -1 when there is no more to read */
    bool owns_fd;         /* not standard input */
    bool cr_ends;         /* a lone CR ends a line too */
    lex_sha256 *digest;   /* borrowed, may be NULL */
    char *buffer;         /* bytes [at, end) are read and not handed out */
    size_t capacity, at, end;
    size_t no_lf_before;  /* there is no LF in [at, here): searched already */
    size_t no_cr_before;  /* the same for CR, where it ends lines */
    int64_t base;         /* offset in the file of buffer[0] */
    int64_t line;         /* number of the line handed out last, from 1 */
} lex_source;

/* LEX_ERR_INPUT when there is no such file or it is a folder. "-" is standard input. */
lex_status lex_source_open(lex_source *source, const char *path, lex_sha256 *digest, lex_err *err) LEX_MUST_CHECK;
/* Reads a copy of `bytes`. */
void lex_source_open_bytes(lex_source *source, lex_str bytes);
void lex_source_close(lex_source *source);

/* The next line with its ending, valid until the next call; or *end. */
lex_status lex_source_line(lex_source *source, lex_str *line, bool *end, lex_err *err) LEX_MUST_CHECK;
/* All that is left, under the same limit. */
lex_status lex_source_rest(lex_source *source, lex_str *rest, lex_err *err) LEX_MUST_CHECK;
/* Records that a record is over the limit, and returns LEX_ERR_INPUT. */
lex_status lex_source_too_long(lex_err *err);

#endif
