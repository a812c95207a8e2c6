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

/* Answers to labelled files, kept to be judged. Zeroed first; the first two are the caller's wish. */
typedef struct {
    bool keep_logits;
    bool for_thresholds; /* refuse a model that has none */
    lex_predictor *predictor;
    lex_scores *scores; /* under the model's own calibration */
    lex_strings labels; /* the model's, then those it does not know */
    float *logits;      /* (n, K), when kept */
    int64_t n_logits, logit_capacity;
    int64_t tokens, n_truncated;
    char data_sha256[65];
} lex_collected;
/* As lex_evaluate(). Release it whatever was returned. */
lex_status lex_collect(lex_collected *out, const char *model_dir, const char *const *paths, int n_paths,
                       const lex_reader_options *reader, const lex_predictor_options *options,
                       lex_err *err) LEX_MUST_CHECK;
void lex_collected_release(lex_collected *collected);

#endif
