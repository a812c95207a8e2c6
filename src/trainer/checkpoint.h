/* checkpoint.h - a file that holds a JSON object and arrays of float32: whole and unharmed, or not believed. */
#ifndef LEXCLF_TRAINER_CHECKPOINT_H
#define LEXCLF_TRAINER_CHECKPOINT_H

#include "lexclf/file.h"
#include "lexclf/json.h"

#define LEX_CHECKPOINT_PREVIOUS ".previous"
enum { LEX_CHECKPOINT_ARRAYS = 8 };

typedef struct {
    const char *name;
    const float *values; /* borrowed */
    int64_t count;
} lex_checkpoint_array;

typedef struct {
    const lex_json *state; /* to write: borrowed */
    lex_checkpoint_array arrays[LEX_CHECKPOINT_ARRAYS];
    int n_arrays;
    lex_json *header; /* of one that was read, which owns `state` and the names */
    lex_map map;
} lex_checkpoint;

/* Writes `path`; one that stands there becomes PATH.previous. It stays as it is when this fails. */
lex_status lex_checkpoint_write(const char *path, const lex_checkpoint *checkpoint, lex_err *err) LEX_MUST_CHECK;
/* Maps and checks `path`. LEX_ERR_INPUT when a byte of it is not as it was written. */
lex_status lex_checkpoint_read(lex_checkpoint *out, const char *path, lex_err *err) LEX_MUST_CHECK;
/* The same of bytes, which are borrowed until the close; `path` is for messages. */
lex_status lex_checkpoint_parse(lex_checkpoint *out, lex_str bytes, const char *path, lex_err *err) LEX_MUST_CHECK;
void lex_checkpoint_close(lex_checkpoint *checkpoint);
/* NULL when there is no array of that name and length. */
const float *lex_checkpoint_find(const lex_checkpoint *checkpoint, const char *name, int64_t count);

#endif
