/* internal.h - what the files of this module share. */
#ifndef LEXCLF_PREDICTOR_INTERNAL_H
#define LEXCLF_PREDICTOR_INTERNAL_H

#include "lexclf/predictor.h"

/* One record of the block at hand. */
typedef struct {
    lex_record record;
    int64_t ids_at, n; /* its sequence in the block's ids */
    int64_t n_tokens;
    bool truncated;
} lex_block_row;

struct lex_predictor {
    lex_predictor_options options;
    lex_model *model;
    lex_runtime *runtime; /* NULL before the first block */
    lex_encoder *encoder;
    int64_t max_length;
    double *thresholds; /* (K) */
    lex_arena arena;    /* the block's records */
    lex_block_row *rows; /* (LEX_BLOCK_ROWS) */
    int64_t n_rows;
    int32_t *ids;
    int64_t n_ids, id_capacity;
    lex_tokens tokens, sequence;
    lex_sparse features; /* LINEAR: of the block's rows */
    int64_t done_records, done_tokens;
};

/* ---- linear.c: a block through a linear model ---- */

/* LEX_ERR_USAGE for options that have no meaning for it. */
lex_status lex_linear_check(const lex_predictor *p, lex_err *err) LEX_MUST_CHECK;
/* The features of a row, which is the block's next one. */
void lex_linear_prepare(lex_predictor *p, lex_block_row *row);
/* Logits (n_rows, K) of the block. */
void lex_linear_compute(lex_predictor *p, float *logits);

#endif
