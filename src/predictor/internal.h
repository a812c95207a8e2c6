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
    int64_t done_records, done_tokens;
};

#endif
