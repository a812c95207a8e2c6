/* answer.c - one batch to logits, forwards alone (Devlin et al. 2019), on plain memory. Compare bert.c and head.c, which
 * training goes through and which this must agree with. */
#include "packed.h"

#include <math.h>
#include <stdlib.h>

static void make_room(float **buffer, int64_t n)
{
    free(*buffer);
    *buffer = lex_alloc_aligned((size_t)n * sizeof **buffer);
}

/* The workspace grows to the largest batch that it has seen. */
static void reserve(lex_workspace *w, const lex_inference *m, const lex_batch *batch)
{
    const int64_t T = batch->n_rows, B = batch->n_sequences;
    int64_t longest = 0;
    for (int64_t s = 0; s < B; s++) {
        int64_t n = batch->starts[s + 1] - batch->starts[s];
        longest = n > longest ? n : longest;
    }
    if (T > w->row_capacity) {
        make_room(&w->x, T * w->stride);
        make_room(&w->qkv, T * w->qkv_stride);
        make_room(&w->context, T * w->stride);
        make_room(&w->inner, T * w->inner_stride);
        w->row_capacity = T;
    }
    if (B > w->sequence_capacity) {
        make_room(&w->pooled, B * w->stride);
        make_room(&w->aside, B * w->stride);
        w->sequence_capacity = B;
    }
    if (longest > w->longest) {
        make_room(&w->scratch, lex_attend_scratch(longest, m->config.width / m->config.n_heads));
        w->longest = longest;
    }
}

static void linear(const lex_inference *m, lex_workspace *w, const lex_packed_linear *linear, const float *x, int64_t x_stride,
                   int64_t n_rows, lex_after after, float *y, int64_t y_stride)
{
    if (linear->n_parts) {
        m->int8_kernels->linear(&(lex_int8_work){x, x_stride, n_rows, linear->in, linear->parts, linear->n_parts, after, y,
                                                 y_stride, w->linear_scratch});
        return;
    }
    m->kernels->linear(&(lex_linear_work){x, x_stride, n_rows, linear->in, linear->out, linear->packed, linear->bias,
                                          after, y, y_stride, w->linear_scratch, NULL});
}

static void norm(const lex_inference *m, const lex_plain_norm *norm, float *y, int64_t y_stride, int64_t n_rows)
{
    m->kernels->norm(&(lex_norm_work){y, y_stride, n_rows, m->config.width, norm->weight, norm->bias,
                                      m->config.layer_norm_eps});
}

static void embed(const lex_inference *m, lex_workspace *w, const lex_batch *batch)
{
    if (!m->words.floats || !m->positions.floats || !m->segments.floats) {
        const int64_t T = batch->n_rows, C = m->config.width;
        lex_int8_look_up(&m->words, batch->ids, T, C, false, w->x, w->stride);
        lex_int8_look_up(&m->segments, batch->segments, T, C, true, w->x, w->stride);
        lex_int8_look_up(&m->positions, batch->positions, T, C, true, w->x, w->stride);
        norm(m, &m->embedding_norm, w->x, w->stride, T);
        return;
    }
    m->kernels->embed(&(lex_embed_work){
        .words = m->words.floats, .positions = m->positions.floats, .segments = m->segments.floats,
        .word_ids = batch->ids, .position_ids = batch->positions, .segment_ids = batch->segments,
        .weight = m->embedding_norm.weight, .bias = m->embedding_norm.bias, .eps = m->config.layer_norm_eps,
        .n_rows = batch->n_rows, .width = m->config.width, .y = w->x, .y_stride = w->stride});
}

/* All heads of all sequences: keys and values from `kv`, whose rows hold keys and then values; queries of every row
 * from `q`, or of the sequences' first rows alone, which then lie behind one another there and in the result. */
static void attend(const lex_inference *m, lex_workspace *w, const lex_batch *batch, const float *q, int64_t q_stride,
                   const float *kv, bool first_only)
{
    const int64_t C = m->config.width, d = C / m->config.n_heads;
    for (int64_t s = 0; s < batch->n_sequences; s++) {
        int64_t begin = batch->starts[s], n = batch->starts[s + 1] - begin, at = first_only ? s : begin;
        for (int64_t h = 0; h < C; h += d)
            m->kernels->attend(&(lex_attend_work){
                .q = q + at * q_stride + h, .k = kv + begin * w->qkv_stride + h, .v = kv + begin * w->qkv_stride + C + h,
                .q_stride = q_stride, .kv_stride = w->qkv_stride, .n_queries = first_only ? 1 : n, .n = n, .d = d,
                .out = w->context + at * w->stride + h, .out_stride = w->stride, .scratch = w->scratch});
    }
}

/* What follows attention, on n_rows rows of x in place. */
static void feed_forward(const lex_inference *m, const lex_packed_layer *layer, lex_workspace *w, float *x,
                         int64_t n_rows)
{
    linear(m, w, &layer->attention, w->context, w->stride, n_rows, LEX_AFTER_ADD, x, w->stride);
    norm(m, &layer->attention_norm, x, w->stride, n_rows);
    linear(m, w, &layer->inner, x, w->stride, n_rows, LEX_AFTER_GELU, w->inner, w->inner_stride);
    linear(m, w, &layer->outer, w->inner, w->inner_stride, n_rows, LEX_AFTER_ADD, x, w->stride);
    norm(m, &layer->outer_norm, x, w->stride, n_rows);
}

static void whole_layer(const lex_inference *m, const lex_packed_layer *layer, lex_workspace *w, const lex_batch *batch)
{
    linear(m, w, &layer->qkv, w->x, w->stride, batch->n_rows, LEX_AFTER_NOTHING, w->qkv, w->qkv_stride);
    attend(m, w, batch, w->qkv, w->qkv_stride, w->qkv + m->config.width, false);
    feed_forward(m, layer, w, w->x, batch->n_rows);
}

/* The last layer where only each sequence's first row is looked at: (T, C) to pooled (B, C). */
static void layer_of_first_rows(const lex_inference *m, const lex_packed_layer *layer, lex_workspace *w,
                                const lex_batch *batch)
{
    const int64_t B = batch->n_sequences, C = m->config.width;
    for (int64_t s = 0; s < B; s++)
        for (int64_t c = 0; c < C; c++)
            w->pooled[s * w->stride + c] = w->x[batch->starts[s] * w->stride + c];
    linear(m, w, &layer->qkv, w->x, w->stride, batch->n_rows, LEX_AFTER_NOTHING, w->qkv, w->qkv_stride);
    linear(m, w, &layer->query, w->pooled, w->stride, B, LEX_AFTER_NOTHING, w->aside, w->stride);
    attend(m, w, batch, w->aside, w->stride, w->qkv, true);
    feed_forward(m, layer, w, w->pooled, B);
}

/* Row i of `out` is the mean of rows [starts[i], starts[i + 1]) of x; out may be x. */
static void average(float *out, const float *x, int64_t stride, const int64_t *starts, int64_t n, int64_t C)
{
    for (int64_t i = 0; i < n; i++) {
        const float share = 1.0f / (float)(starts[i + 1] - starts[i]);
        for (int64_t c = 0; c < C; c++) {
            float sum = 0;
            for (int64_t r = starts[i]; r < starts[i + 1]; r++)
                sum += x[r * stride + c];
            out[i * stride + c] = sum * share;
        }
    }
}

/* Pooled rows (B, C) to logits (R, K). */
static void classify(const lex_inference *m, lex_workspace *w, const lex_batch *batch, float *logits)
{
    const int64_t B = batch->n_sequences, C = m->config.width;
    float *features = w->pooled;
    if (m->pooling == LEX_POOLING_CLS) {
        features = w->aside;
        linear(m, w, &m->pooler, w->pooled, w->stride, B, LEX_AFTER_NOTHING, features, w->stride);
        for (int64_t s = 0; s < B; s++)
            for (int64_t c = 0; c < C; c++)
                features[s * w->stride + c] = tanhf(features[s * w->stride + c]);
    }
    if (batch->n_records != B)
        average(features, features, w->stride, batch->record_starts, batch->n_records, C);
    linear(m, w, &m->classifier, features, w->stride, batch->n_records, LEX_AFTER_NOTHING, logits, m->n_outputs);
}

static lex_status check(const lex_inference *m, const lex_batch *batch, lex_err *err)
{
    for (int64_t i = 0; i < batch->n_rows; i++) {
        if (batch->ids[i] < 0 || batch->ids[i] >= m->config.vocab_size)
            return lex_err_set(err, LEX_ERR_INPUT, "token %lld is beyond the model's vocabulary of %lld",
                               (long long)batch->ids[i], (long long)m->config.vocab_size);
        if (batch->positions[i] >= m->config.n_positions || batch->segments[i] >= m->config.n_segments)
            return lex_err_set(err, LEX_ERR_INPUT, "a sequence is longer than the model's %lld positions",
                               (long long)m->config.n_positions);
    }
    return LEX_OK;
}

lex_status lex_inference_run(const lex_inference *m, lex_workspace *w, const lex_batch *batch, float *logits,
                             lex_err *err)
{
    lex_status st = check(m, batch, err);
    if (st != LEX_OK || batch->n_rows == 0)
        return st;
    const int64_t last = m->config.n_layers - 1;
    bool first_only = m->pooling == LEX_POOLING_CLS;
    reserve(w, m, batch);
    embed(m, w, batch);
    for (int64_t i = 0; i < last; i++)
        whole_layer(m, &m->layers[i], w, batch);
    if (first_only) {
        layer_of_first_rows(m, &m->layers[last], w, batch);
    } else {
        whole_layer(m, &m->layers[last], w, batch);
        average(w->pooled, w->x, w->stride, batch->starts, batch->n_sequences, m->config.width);
    }
    classify(m, w, batch, logits);
    return LEX_OK;
}
