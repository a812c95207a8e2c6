/* head.c - from rows to logits: pooling (the first token through the family's own dense layer, or the mean over all
 * tokens), the mean over a record's windows where it has several, dropout, the classifier. */
#include "internal.h"

/* Whether a layer or the embeddings are: else the way back ends in the head. */
static bool is_encoder_trained(const lex_encoder *encoder)
{
    return encoder->frozen_blocks <= encoder->config.n_layers;
}

/* Each sequence as one of one row. */
static lex_packing sequences_of(const lex_batch *batch)
{
    return (lex_packing){batch->record_rows, batch->example, batch->n_sequences, batch->n_sequences, NULL};
}

/* (T, C) to (B, C). */
static lex_tensor *pool(lex_encoder *encoder, lex_scope *scope, const lex_batch *batch, const lex_packing *packing,
                        lex_tensor *x, lex_tape *tape)
{
    const lex_encoder_family *family = encoder->config.family;
    if (encoder->pooling == LEX_POOLING_MEAN)
        return lex_segment_mean(scope, x, packing);
    if (encoder->config.head_over_mean) {
        tape->first = lex_segment_mean(scope, x, packing);
    } else {
        tape->first_rows = lex_tensor_from(scope, LEX_I64, 1, &batch->n_sequences, batch->starts);
        tape->first = lex_rows_take(scope, x, tape->first_rows);
    }
    lex_packing sequences = sequences_of(batch);
    lex_dropout dropout = lex_site(&tape->mode, family->head.drops_first ? tape->mode.head_dropout : 0, 0, LEX_SITE_FIRST);
    tape->first = lex_dropout_apply(scope, tape->first, &sequences, dropout, &tape->first_dropout);
    tape->raw = lex_linear_forward(scope, &encoder->dense, tape->first);
    tape->pooled = lex_activate(scope, tape->raw, encoder->config.head_activation);
    return lex_norm_forward(&encoder->config, scope, &encoder->head_norm, tape->pooled, &tape->head_norm);
}

static lex_tensor *pool_backward(lex_encoder *encoder, lex_scope *scope, const lex_batch *batch, const lex_packing *packing,
                                 lex_tape *tape, lex_tensor *dpooled)
{
    bool want_dx = is_encoder_trained(encoder);
    if (encoder->pooling == LEX_POOLING_MEAN)
        return want_dx ? lex_segment_mean_backward(scope, dpooled, packing) : NULL;
    lex_packing sequences = sequences_of(batch);
    dpooled = lex_norm_backward(scope, &encoder->head_norm, dpooled, &tape->head_norm);
    lex_tensor *draw = lex_activate_backward(scope, dpooled, tape->raw, tape->pooled, encoder->config.head_activation);
    lex_tensor *dfirst = lex_linear_backward(scope, &encoder->dense, draw, tape->first, want_dx);
    if (!dfirst)
        return NULL;
    dfirst = lex_dropout_backward(scope, dfirst, &sequences, &tape->first_dropout);
    if (encoder->config.head_over_mean)
        return lex_segment_mean_backward(scope, dfirst, packing);
    int64_t sizes[2] = {packing->n_rows, encoder->config.width};
    lex_tensor *dx = lex_tensor_zeros(scope, LEX_F32, 2, sizes);
    lex_rows_backward(scope, dx, tape->first_rows, dfirst);
    return dx;
}

static bool has_windows(const lex_batch *batch)
{
    return batch->n_records != batch->n_sequences;
}

/* The sequences of each record as rows to average. */
static lex_packing windows_of(const lex_batch *batch)
{
    return (lex_packing){batch->record_starts, batch->record_example, batch->n_records, batch->n_sequences, NULL};
}

/* Each record as a sequence of one row. */
static lex_packing records_of(const lex_batch *batch)
{
    return (lex_packing){batch->record_rows, batch->record_example, batch->n_records, batch->n_records, NULL};
}

/* Logits (R, K) and scores (R, 1) beside each other: (R, K + 1). */
static lex_tensor *join(lex_scope *scope, lex_tensor *logits, lex_tensor *scores)
{
    const int64_t R = lex_tensor_size(logits, 0), K = lex_tensor_size(logits, 1), strides[2] = {K + 1, 1};
    lex_tensor *both = lex_tensor_empty(scope, LEX_F32, 2, (int64_t[]){R, K + 1});
    lex_tensor_copy(scope, lex_tensor_strided(scope, both, 2, (int64_t[]){R, K}, strides, 0), logits);
    lex_tensor_copy(scope, lex_tensor_strided(scope, both, 2, (int64_t[]){R, 1}, strides, K), scores);
    return both;
}

/* Columns [from, from + n) of dlogits (R, D). */
static lex_tensor *columns(lex_scope *scope, lex_tensor *dlogits, int64_t from, int64_t n)
{
    const int64_t R = lex_tensor_size(dlogits, 0), strides[2] = {lex_tensor_size(dlogits, 1), 1};
    return lex_tensor_clone(scope, lex_tensor_strided(scope, dlogits, 2, (int64_t[]){R, n}, strides, from));
}

/* To the features (R, C). */
static lex_tensor *classifier_backward(lex_encoder *encoder, lex_scope *scope, lex_tape *tape, lex_tensor *dlogits)
{
    const int64_t K = encoder->n_outputs;
    if (!encoder->config.window_scores)
        return lex_linear_backward(scope, &encoder->classifier, dlogits, tape->features, true);
    lex_tensor *d = lex_linear_backward(scope, &encoder->classifier, columns(scope, dlogits, 0, K), tape->features, true);
    return lex_add(scope, d, lex_linear_backward(scope, &encoder->scorer, columns(scope, dlogits, K, 1), tape->features,
                                                 true));
}

lex_tensor *lex_head_forward(lex_encoder *encoder, lex_scope *scope, const lex_batch *batch, const lex_packing *packing,
                             lex_tensor *x, lex_tape *tape)
{
    lex_packing windows = windows_of(batch), records = records_of(batch);
    lex_dropout dropout = lex_site(&tape->mode, tape->mode.head_dropout, 0, LEX_SITE_HEAD);
    lex_tensor *features = pool(encoder, scope, batch, packing, x, tape); /* (B, C) */
    if (has_windows(batch))
        features = lex_segment_mean(scope, features, &windows); /* (R, C) */
    else if (dropout.p > 0)
        features = lex_tensor_clone(scope, features); /* the way back needs what dropout overwrites */
    tape->features = lex_dropout_apply(scope, features, &records, dropout, &tape->head_dropout);
    lex_tensor *logits = lex_linear_forward_head(scope, &encoder->classifier, tape->features); /* (R, K) */
    if (!encoder->config.window_scores)
        return logits;
    return join(scope, logits, lex_linear_forward_head(scope, &encoder->scorer, tape->features)); /* (R, K + 1) */
}

lex_tensor *lex_head_backward(lex_encoder *encoder, lex_scope *scope, const lex_batch *batch,
                              const lex_packing *packing, lex_tape *tape, lex_tensor *dlogits)
{
    lex_packing windows = windows_of(batch), records = records_of(batch);
    lex_tensor *d = classifier_backward(encoder, scope, tape, dlogits); /* (R, C) */
    d = lex_dropout_backward(scope, d, &records, &tape->head_dropout);
    if (has_windows(batch))
        d = lex_segment_mean_backward(scope, d, &windows); /* (B, C) */
    return pool_backward(encoder, scope, batch, packing, tape, d); /* (T, C) */
}
