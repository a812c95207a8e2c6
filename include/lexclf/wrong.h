/* wrong.h - the records that a model gets wrong, the most confident errors first.
 *
 * A log is fed with every answer of an evaluation. It keeps no texts but those of the few worst records; all others
 * wait as finished lines in a file without a name, so that memory grows by 24 bytes a wrong record, and standard input
 * will do as well as a file.
 *
 * How confident an error is: SINGLE: the probability of the label that was given; BINARY: of the decision; MULTI: of the
 * surest decision that was wrong, p for a label given, 1 - p for one missed (0 where only a label is missed that the
 * model does not know: it never decided on that). Equals stand in the order of the input.
 *
 *     lex_wrong_log *log = NULL;
 *     LEX_TRY(lex_wrong_log_new(&log, 20, "errors.jsonl", err));
 *     ... LEX_TRY(lex_wrong_log_add(log, answer, err)) ...
 *     LEX_TRY(lex_wrong_log_write(log, err));
 *     lex_wrong_log_free(log);
 */
#ifndef LEXCLF_WRONG_H
#define LEXCLF_WRONG_H

#include "lexclf/predictor.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { LEX_WRONG_TEXT_BYTES = 4096 }; /* kept of each of the worst texts */

typedef struct {
    double confidence;
    int64_t number, line; /* of the record in its file; where that starts */
    char *source, *id;    /* id: as text; NULL when the record has none */
    char *text;           /* valid UTF-8 without U+0000; its first LEX_WRONG_TEXT_BYTES at most */
    bool text_is_cut;
    lex_strings truth, answer;
} lex_wrong;

typedef struct lex_wrong_log lex_wrong_log;

/* n_worst: how many to keep in memory. path (borrowed): the JSON lines to be written, or NULL. */
lex_status lex_wrong_log_new(lex_wrong_log **out, int n_worst, const char *path, lex_err *err) LEX_MUST_CHECK;
void lex_wrong_log_free(lex_wrong_log *log);
/* Takes note of a record if it is wrong. LEX_ERR_SYSTEM: no room on the disk. */
lex_status lex_wrong_log_add(lex_wrong_log *log, const lex_answer *answer, lex_err *err) LEX_MUST_CHECK;
int64_t lex_wrong_log_count(const lex_wrong_log *log);
/* The worst ones, the most confident first; owned by the log. */
const lex_wrong *lex_wrong_log_worst(lex_wrong_log *log, int *n);
/* Writes the file: one object a wrong record, {"id", "source", "line", "text", "truth", "answer", "confidence",
 * "scores"}; truth and answer are strings, arrays for MULTI; scores tells every label's probability. */
lex_status lex_wrong_log_write(lex_wrong_log *log, lex_err *err) LEX_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
