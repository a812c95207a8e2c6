/* internal.h - what the files of this module share.
 *
 * A block of records goes through three hands: the stream fills it (stream.c), the model computes its logits, the
 * caller's functions answer it (predictor.c). pipeline.c gives each hand a thread. What a kind of model does differs in
 * the middle alone: lex_model_kind.
 */
#ifndef LEXCLF_PREDICTOR_INTERNAL_H
#define LEXCLF_PREDICTOR_INTERNAL_H

#include "lexclf/answers.h"
#include "lexclf/predictor.h"

/* One record of a block. */
typedef struct {
    lex_record record;
    int64_t ids_at, n; /* its sequence in the block's ids; with windows, its tokens without special ones */
    int64_t n_used;
    int64_t n_tokens;
    bool truncated;
} lex_block_row;

typedef struct {
    lex_arena arena;     /* the records */
    lex_block_row *rows; /* (block_rows) */
    int64_t n_rows;
    int32_t *ids;
    int64_t n_ids, id_capacity;
    lex_sparse features;   /* (n_rows, F), of a linear model, or one beside the encoder */
    float *logits;         /* (n_rows, K) */
    lex_position position; /* behind the block, if it is whole */
    bool whole;            /* read to its own end, not to a bad row */
    bool last;             /* of its file */
    lex_status status;     /* of reading what follows the rows */
    lex_err err;
} lex_block;

enum { LEX_HAND_READS, LEX_HAND_COMPUTES, LEX_HAND_ANSWERS, LEX_N_HANDS };

/* The watch of a hand; NULL where nobody asks. */
lex_profile *lex_predictor_watch(lex_predictor *p, int hand);

enum { LEX_N_BLOCKS = 3 }; /* read, computed, answered */

/* How one kind of model answers a block. */
typedef struct {
    /* In the reading thread: what can be done with a record by itself. */
    void (*prepare)(lex_predictor *p, lex_block *block, lex_block_row *row);
    /* block->logits of block->n_rows rows, at least one. */
    lex_status (*compute)(lex_predictor *p, lex_block *block, lex_err *err);
    void (*close)(lex_predictor *p);
} lex_model_kind;

extern const lex_model_kind lex_encoder_kind, lex_linear_kind;

/* LEX_ERR_USAGE for options that have no meaning for a linear model. */
lex_status lex_linear_check(const lex_predictor *p, lex_err *err) LEX_MUST_CHECK;

/* Names in the order in which they came, and found again. */
typedef struct {
    lex_strings names;
    int64_t *sorted; /* indices into names, by code point */
    int64_t capacity;
} lex_answer_columns;

void lex_answer_columns_release(lex_answer_columns *columns);
/* The index of `name`, or -1. `hint` is where it probably is: fields mostly come in one order. */
int64_t lex_answer_columns_find(const lex_answer_columns *columns, lex_str name, int64_t hint);
/* Adds a name that is not there. */
void lex_answer_columns_add(lex_answer_columns *columns, lex_str name);

struct lex_predictor {
    lex_predictor_options options;
    const lex_model_kind *kind;
    lex_model *model;
    lex_runtime *runtime; /* NULL before the first block */
    lex_encoder *encoder;     /* on CUDA */
    lex_inference *inference; /* on the CPU */
    lex_crew *crew;
    float *margins;           /* (block_rows, K), of a fused model */
    int64_t max_length;
    lex_cut cut;
    double *thresholds;    /* (K) */
    float *probabilities;  /* (K), of the record at hand */
    int64_t block_rows;
    lex_block blocks[LEX_N_BLOCKS];
    bool one_label; /* collect.c: a record with none or several is a bad row */
    lex_profile watches[LEX_N_HANDS];
    /* the reading hand's */
    lex_reading *reading; /* of the file at hand */
    lex_tokens tokens, sequence;
    lex_position at, from;
    lex_answer_columns columns; /* complete before the first block is handed on */
    lex_arena scratch;
    /* the computing hand's */
    int64_t done_records, done_tokens;
};

/* ---- stream.c ---- */

/* Fills `block` with the next one to be answered: its rows, and whether the file ends behind them (`last`) or cannot be
 * read on (`status`, and `last` too). */
void lex_stream_fill(lex_predictor *p, lex_reader *reader, lex_block *block);

/* ---- predictor.c ---- */

/* Asked for a stop; for the caller's thread, where signals come in. */
bool lex_predictor_stopped(const lex_predictor *p);
/* Whether all logits are numbers. */
lex_status lex_predictor_compute(lex_predictor *p, lex_block *block, lex_err *err) LEX_MUST_CHECK;
lex_status lex_predictor_answer(lex_predictor *p, const lex_block *block, lex_err *err) LEX_MUST_CHECK;

/* ---- pipeline.c ---- */

/* The whole file through the three hands. */
lex_status lex_pipeline_run(lex_predictor *p, lex_reader *reader, lex_err *err) LEX_MUST_CHECK;

/* ---- answer_text.c: what lines and tables have in common ---- */

/* A field's name as text; a raw JSON name with escapes is decoded in the arena. */
lex_str lex_answer_field_name(const lex_record *record, const lex_field *field, lex_arena *arena);
/* Whether it is a name of ours. */
bool lex_answer_is_ours(lex_str name);
void lex_answer_add_logits(lex_buf *out, const lex_answer *answer); /* a JSON array */

/* ---- collect.c ---- */

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
