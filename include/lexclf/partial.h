/* partial.h - a file in the making that a later run can go on with, after an interruption, a kill or a power cut.
 *
 * Beside the target stand OUT.partial, the bytes so far, and OUT.partial.state, a JSON object that tells how many of
 * them count and what the writer needs to go on there. The state is replaced in one step, after the bytes that it
 * counts are on the disk; what follows them, the tail of a killed run, is cut off by the next. At the end OUT.partial
 * becomes OUT by rename: an older OUT stands until then.
 *
 *     LEX_TRY(lex_partial_open(&partial, "answers.jsonl", err));
 *     if (lex_partial_is_complete(partial))
 *         goto done;
 *     const lex_json *state = lex_partial_state(partial);      // NULL: nothing was done yet
 *     LEX_TRY(lex_partial_begin(partial, err));
 *     ... lex_partial_write(), and now and then lex_partial_checkpoint()
 *     LEX_TRY(lex_partial_commit(partial, LEX_STR(""), err));
 * done:
 *     lex_partial_close(partial);
 */
#ifndef LEXCLF_PARTIAL_H
#define LEXCLF_PARTIAL_H

#include "lexclf/json.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lex_partial lex_partial;

/* Looks at what stands beside `path` (links followed) and keeps other runs off it; writes nothing but an empty
 * OUT.partial. LEX_ERR_USAGE: `path` is no regular file, or OUT.partial was made by something else; LEX_ERR_INPUT: the
 * state is damaged; LEX_ERR_SYSTEM: another run is writing it, or it cannot be written. */
lex_status lex_partial_open(lex_partial **out, const char *path, lex_err *err) LEX_MUST_CHECK;
/* The target stands there and nothing is in the making. */
bool lex_partial_is_complete(const lex_partial *partial);
/* What the last checkpoint was given, borrowed; NULL where there was none. */
const lex_json *lex_partial_state(const lex_partial *partial);
/* "OUT.partial", borrowed. */
const char *lex_partial_path(const lex_partial *partial);

/* Cuts off what no checkpoint counted; before the first write. */
lex_status lex_partial_begin(lex_partial *partial, lex_err *err) LEX_MUST_CHECK;
lex_status lex_partial_write(lex_partial *partial, const void *bytes, size_t len, lex_err *err) LEX_MUST_CHECK;
/* How many bytes are there, earlier runs' counted in. */
int64_t lex_partial_written(const lex_partial *partial);
/* The first n_bytes of what was written count from now on. `state`, an object, is borrowed. */
lex_status lex_partial_checkpoint(lex_partial *partial, int64_t n_bytes, const lex_json *state,
                                  lex_err *err) LEX_MUST_CHECK;
/* Puts the file in place, with `prefix` before what was written (which costs a copy, OUT.partial.whole,
 * unless it is empty). */
lex_status lex_partial_commit(lex_partial *partial, lex_str prefix, lex_err *err) LEX_MUST_CHECK;
/* Leaves what is there for a later run; removes it where no checkpoint counts a byte. NULL is fine. */
void lex_partial_close(lex_partial *partial);

#ifdef __cplusplus
}
#endif
#endif
