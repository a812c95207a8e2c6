/* source.h - an input as physical lines of valid UTF-8.
 *
 * A line ends with LF, CRLF or, where the format asks for it, a lone CR; it comes with its ending. Only the line in
 * hand is held, and what follows a mark; a line longer than LEX_RECORD_MAX_BYTES is refused before more of it is read.
 * A leading byte order mark is passed over (and counted in byte offsets, which start at 0).
 *
 * Failures are worded without the place; `line` is set to where they happened.
 */
#ifndef LEXCLF_TEXT_SOURCE_H
#define LEXCLF_TEXT_SOURCE_H

#include "input.h"

typedef struct {
    lex_input input;
    lex_decoder decoder;
    bool ended;           /* there is no more to read */
    bool broken;          /* the file as a whole: it cannot be read on, or decompressed */
    bool cr_ends;         /* a lone CR ends a line too */
    bool marked;          /* what was handed out from `mark` on is held */
    char *buffer;         /* bytes [at, end) are read and not handed out */
    size_t capacity, at, end;
    size_t mark;
    int64_t mark_line;
    size_t no_lf_before;  /* there is no LF in [at, here): searched already */
    size_t no_cr_before;  /* the same for CR, where it ends lines */
    int64_t base;         /* offset in the file of buffer[0], while it is UTF-8 */
    int64_t line;         /* number of the line handed out last, from 1 */
} lex_source;

/* Starts reading `input`, which was opened and is closed by lex_source_close(). */
lex_status lex_source_open(lex_source *source, const char *encoding, lex_err *err) LEX_MUST_CHECK;
void lex_source_close(lex_source *source);

/* The next line with its ending, valid until the next call; or *end. One with invalid or NUL bytes is a failure, and
 * yet handed out: going on with the next line is possible then. One that is too long is not, see below. */
lex_status lex_source_line(lex_source *source, lex_str *line, bool *end, lex_err *err) LEX_MUST_CHECK;
/* Passes over the line that was too long. */
lex_status lex_source_drop_line(lex_source *source, lex_err *err) LEX_MUST_CHECK;
/* All that is left, under the same limit. */
lex_status lex_source_rest(lex_source *source, lex_str *rest, lex_err *err) LEX_MUST_CHECK;
/* What comes next, without taking it: `want` bytes or more, if there are as many. Not checked. */
lex_status lex_source_peek(lex_source *source, size_t want, lex_str *view, lex_err *err) LEX_MUST_CHECK;
/* Holds what follows, so that it can be handed out once more. */
void lex_source_mark(lex_source *source);
void lex_source_forget_mark(lex_source *source);
void lex_source_return_to_mark(lex_source *source);
/* Records that a record is over the limit, and returns LEX_ERR_INPUT. */
lex_status lex_source_too_long(lex_err *err);

#endif
