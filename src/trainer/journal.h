/* journal.h - the logs of a run: lines of JSON in metrics.jsonl, event files for TensorBoard. A log that cannot be written is
 * told of once and stops no run. */
#ifndef LEXCLF_TRAINER_JOURNAL_H
#define LEXCLF_TRAINER_JOURNAL_H

#include "lexclf/json.h"
#include "lexclf/metrics.h"

#define LEX_JOURNAL_FILE "metrics.jsonl"

/* ---- metrics.jsonl ---- */
/* Lines wait in memory until there is a file. */
typedef struct lex_journal lex_journal;
lex_journal *lex_journal_new(const char *path);
void lex_journal_free(lex_journal *journal);
/* Begins the file anew; the folder is there. */
lex_status lex_journal_begin(lex_journal *journal, lex_err *err) LEX_MUST_CHECK;
/* Goes on with the file as it stood after `step` steps and `epochs` whole epochs: what tells of later ones is cut off, and
 * so is all behind a line that is not whole. A file that is not there is begun. */
lex_status lex_journal_continue(lex_journal *journal, int64_t step, int64_t epochs, lex_err *err) LEX_MUST_CHECK;
/* Adds a line. What a full disk refuses waits for the next one. */
lex_status lex_journal_add(lex_journal *journal, lex_str line, lex_err *err) LEX_MUST_CHECK;
/* All that was added outlasts the machine, where there is a file. */
lex_status lex_journal_sync(lex_journal *journal, lex_err *err) LEX_MUST_CHECK;
/* A copy of everything, in the folder `dir`. */
lex_status lex_journal_copy(lex_journal *journal, const char *dir, lex_err *err) LEX_MUST_CHECK;

/* ---- TensorBoard ---- */
/* An event file: TFRecords (length, masked CRC-32C of it, bytes, masked CRC-32C of them) of the protocol buffer
 * tensorflow.Event. */
typedef struct lex_board lex_board;
/* Makes the folder and begins a file in it. */
lex_status lex_board_open(lex_board **out, const char *dir, lex_err *err) LEX_MUST_CHECK;
void lex_board_close(lex_board *board);

/* An event is begun, filled, and written by the last call. wall_time: seconds since 1970. */
void lex_board_begin(lex_board *board, double wall_time, int64_t step);
void lex_board_scalar(lex_board *board, const char *tag, double value);
/* Markdown. */
void lex_board_text(lex_board *board, const char *tag, lex_str text);
/* counts: true positives, false positives, true negatives, false negatives, precision, recall, each at
 * n_thresholds thresholds evenly from 0 to 1. */
void lex_board_pr_curve(lex_board *board, const char *tag, const char *title, const float *counts, int n_thresholds);
/* What a later run has written from this step on does not count. */
void lex_board_restart(lex_board *board);
lex_status lex_board_end(lex_board *board, lex_err *err) LEX_MUST_CHECK;
/* The record of what was begun and filled, for tests: it is not written. */
void lex_board_record(lex_buf *out, lex_board *board);
/* One record of `bytes`. */
void lex_board_frame(lex_buf *out, lex_str bytes);

#endif
