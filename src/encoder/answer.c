/* answer.c - one batch to logits, forwards alone, on plain memory. Compare embed.c, layers.c and head.c, which training goes
 * through and which this must agree with. */
#include "packed.h"

#include <math.h>
#include <string.h>

void lex_apply_linear(const lex_inference *m, const lex_workspace *w, const lex_packed_linear *linear, const float *x,
                      int64_t x_stride, int64_t n_rows, lex_after after, float *y, int64_t y_stride)
{
    if (linear->n_parts) {
        m->int8_kernels->linear(&(lex_int8_work){x, x_stride, n_rows, linear->in, linear->parts, linear->n_parts, after, y,
                                                 y_stride, w->linear_scratch});
        return;
    }
    m->kernels->linear(&(lex_linear_work){x, x_stride, n_rows, linear->in, linear->out, linear->packed, linear->bias,
                                          after, y, y_stride, w->linear_scratch, NULL});
}

static void linear(const lex_inference *m, lex_workspace *w, const lex_packed_linear *linear, const float *x, int64_t x_stride,
                   int64_t n_rows, lex_after after, float *y, int64_t y_stride)
{
    lex_apply_linear(m, w, linear, x, x_stride, n_rows, after, y, y_stride);
    lex_profile_mark(w->watch, LEX_STAGE_LINEAR);
}

/* Of rows of `width`, in place. */
void lex_apply_norm(const lex_inference *m, const lex_plain_norm *norm, int64_t width, float *y, int64_t y_stride, int64_t n_rows)
{
    if (norm->weight)
        m->kernels->norm(&(lex_norm_work){y, y_stride, n_rows, width, norm->weight, norm->bias, m->config.layer_norm_eps});
}

static bool has(const lex_int8_table *table)
{
    return table->floats || table->values;
}

/* All three tables, as floats, which one kernel adds up; else table by table. */
static void embed_rows(const lex_inference *m, const lex_batch *batch, const lex_share *share, const int64_t *positions, float *y,
                       int64_t stride)
{
    const int64_t *ids = batch->ids + share->begin, *segments = batch->segments + share->begin;
    positions += share->begin;
    const int64_t T = share->end - share->begin, E = m->config.embedding_width;
    if (!m->words.floats || !m->positions.floats || !m->segments.floats || !m->embedding_norm.weight) {
        lex_int8_look_up(&m->words, ids, T, E, false, y, stride);
        if (has(&m->segments))
            lex_int8_look_up(&m->segments, segments, T, E, true, y, stride);
        if (has(&m->positions))
            lex_int8_look_up(&m->positions, positions, T, E, true, y, stride);
        lex_apply_norm(m, &m->embedding_norm, E, y, stride, T);
        return;
    }
    m->kernels->embed(&(lex_embed_work){
        .words = m->words.floats, .positions = m->positions.floats, .segments = m->segments.floats,
        .word_ids = ids, .position_ids = positions, .segment_ids = segments,
        .weight = m->embedding_norm.weight, .bias = m->embedding_norm.bias, .eps = m->config.layer_norm_eps,
        .n_rows = T, .width = E, .y = y, .y_stride = stride});
}

static void embed(const lex_inference *m, lex_workspace *w, const lex_batch *batch, const lex_share *share)
{
    const int64_t *positions = batch->positions;
    if (m->config.position_offset > 0) {
        lex_position_rows(&m->config, batch, w->positions);
        positions = w->positions;
    }
    if (!m->config.has_projection) {
        embed_rows(m, batch, share, positions, w->x, w->stride);
        return;
    }
    embed_rows(m, batch, share, positions, w->seen, w->embedding_stride);
    lex_apply_linear(m, w, &m->projection, w->seen, w->embedding_stride, share->end - share->begin, LEX_AFTER_NOTHING, w->x,
                     w->stride);
}

/* x, or, where that comes first, x normalised beside it. */
static const float *seen_of(const lex_inference *m, const lex_plain_norm *first, lex_workspace *w, const float *x, int64_t n_rows)
{
    if (!m->config.family->norm_first || !first->weight)
        return x;
    for (int64_t r = 0; r < n_rows; r++)
        memcpy(w->seen + r * w->stride, x + r * w->stride, (size_t)m->config.width * sizeof *x);
    lex_apply_norm(m, first, m->config.width, w->seen, w->stride, n_rows);
    lex_profile_mark(w->watch, LEX_STAGE_NORM);
    return w->seen;
}

/* n floats in place. */
void lex_apply_activation(float *x, int64_t n, lex_activation activation)
{
    for (int64_t c = 0; c < n; c++)
        switch (activation) {
        case LEX_ACTIVATION_TANH:
            x[c] = tanhf(x[c]);
            break;
        case LEX_ACTIVATION_RELU:
            x[c] = x[c] < 0.0f ? 0.0f : x[c];
            break;
        case LEX_ACTIVATION_GELU:
            x[c] = 0.5f * x[c] * erfcf(-x[c] * 0.70710678f);
            break;
        case LEX_ACTIVATION_GELU_TANH:
            x[c] = 0.5f * x[c] * (1.0f + tanhf(0.79788456f * (x[c] + 0.044715f * x[c] * x[c] * x[c])));
            break;
        }
}

/* activation(first half) times second half, into the first. */
static void gated(const lex_inference *m, const lex_packed_layer *layer, lex_workspace *w, const float *seen, int64_t n_rows)
{
    const int64_t I = m->config.inner_width, stride = w->inner_stride;
    if (layer->gate.out) {
        linear(m, w, &layer->inner, seen, w->stride, n_rows, m->after_inner, w->inner, stride);
        linear(m, w, &layer->gate, seen, w->stride, n_rows, LEX_AFTER_NOTHING, w->inner + I, stride);
    } else {
        linear(m, w, &layer->inner, seen, w->stride, n_rows, LEX_AFTER_NOTHING, w->inner, stride);
        for (int64_t r = 0; r < n_rows; r++)
            lex_apply_activation(w->inner + r * stride, I, m->config.activation);
    }
    for (int64_t r = 0; r < n_rows; r++)
        for (int64_t c = 0; c < I; c++)
            w->inner[r * stride + c] *= w->inner[r * stride + I + c];
}

/* What follows attention, on n_rows rows of x in place. */
static void feed_forward(const lex_inference *m, const lex_packed_layer *layer, lex_workspace *w, float *x,
                         int64_t n_rows)
{
    const bool first = m->config.family->norm_first;
    linear(m, w, &layer->attention, w->context, w->stride, n_rows, LEX_AFTER_ADD, x, w->stride);
    if (!first)
        lex_apply_norm(m, &layer->attention_norm, m->config.width, x, w->stride, n_rows);
    lex_profile_mark(w->watch, LEX_STAGE_NORM);
    const float *seen = seen_of(m, &layer->outer_norm, w, x, n_rows);
    if (m->config.family->is_gated)
        gated(m, layer, w, seen, n_rows);
    else
        linear(m, w, &layer->inner, seen, w->stride, n_rows, m->after_inner, w->inner, w->inner_stride);
    linear(m, w, &layer->outer, w->inner, w->inner_stride, n_rows, LEX_AFTER_ADD, x, w->stride);
    if (!first)
        lex_apply_norm(m, &layer->outer_norm, m->config.width, x, w->stride, n_rows);
    lex_profile_mark(w->watch, LEX_STAGE_NORM);
}

void lex_wait_for_others(const lex_workspace *w, const lex_share *share)
{
    if (!share->team)
        return;
    lex_team_meet(share->team);
    lex_profile_mark(w->watch, LEX_STAGE_WAIT);
}

/* Keys and values of the share's rows, and queries where the layer has them together, into qkv (T, 3C or 2C). */
static const float *compute_qkv(const lex_inference *m, const lex_packed_layer *layer, lex_workspace *w, const lex_share *share,
                                float *qkv)
{
    const int64_t n = share->end - share->begin;
    const float *seen = seen_of(m, &layer->attention_norm, w, w->x, n);
    linear(m, w, &layer->qkv, seen, w->stride, n, LEX_AFTER_NOTHING, qkv + share->begin * w->qkv_stride, w->qkv_stride);
    return seen;
}

static void whole_layer(const lex_inference *m, const lex_packed_layer *layer, lex_workspace *w, const lex_batch *batch,
                        const lex_share *share, float *qkv)
{
    compute_qkv(m, layer, w, share, qkv);
    lex_attend_rotate(m, layer, w, batch, share, qkv);
    lex_profile_mark(w->watch, LEX_STAGE_ATTENTION);
    lex_wait_for_others(w, share);
    lex_attend_layer(m, layer, w, batch, share, qkv, w->qkv_stride, qkv + m->config.width, false);
    lex_profile_mark(w->watch, LEX_STAGE_ATTENTION);
    feed_forward(m, layer, w, w->x, share->end - share->begin);
    if (layer == m->layers)
        lex_convolve_end(m, w, w->x, w->convolved, share->end - share->begin);
}

/* The first row of each of the share's sequences, of `from` (rows from `begin` on), C floats, behind one another. */
static void first_rows(const lex_inference *m, const lex_workspace *w, const lex_batch *batch, const lex_share *share,
                       const float *from, int64_t begin, int64_t stride, float *out)
{
    for (int64_t s = share->first; s < share->last; s++)
        for (int64_t c = 0; c < m->config.width; c++)
            out[(s - share->first) * w->stride + c] = from[(batch->starts[s] - begin) * stride + c];
}

/* The last layer where only each sequence's first row is looked at: rows (C) to pooled rows of the share's sequences. */
static void layer_of_first_rows(const lex_inference *m, const lex_packed_layer *layer, lex_workspace *w,
                                const lex_batch *batch, const lex_share *share, float *qkv)
{
    const int64_t B = share->last - share->first, C = m->config.width;
    const float *seen = compute_qkv(m, layer, w, share, qkv);
    if (layer->query.out) {
        first_rows(m, w, batch, share, seen, share->begin, w->stride, w->pooled);
        linear(m, w, &layer->query, w->pooled, w->stride, B, LEX_AFTER_NOTHING, w->aside, w->stride);
    } else {
        lex_attend_rotate(m, layer, w, batch, share, qkv);
        first_rows(m, w, batch, share, qkv, 0, w->qkv_stride, w->aside); /* of all queries */
    }
    first_rows(m, w, batch, share, w->x, share->begin, w->stride, w->pooled);
    lex_profile_mark(w->watch, LEX_STAGE_ATTENTION);
    lex_wait_for_others(w, share);
    lex_attend_layer(m, layer, w, batch, share, w->aside, w->stride, layer->query.out ? qkv : qkv + C, true);
    lex_profile_mark(w->watch, LEX_STAGE_ATTENTION);
    feed_forward(m, layer, w, w->pooled, B);
    if (layer == m->layers && m->convolution.out) {
        first_rows(m, w, batch, share, w->convolved, share->begin, w->stride, w->aside);
        lex_convolve_end(m, w, w->pooled, w->aside, B);
    }
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
static void classify(const lex_inference *m, lex_workspace *w, const lex_batch *batch, float *pooled, float *logits)
{
    const int64_t B = batch->n_sequences, C = m->config.width;
    float *features = pooled;
    if (m->pooling == LEX_POOLING_CLS) {
        features = w->aside;
        lex_apply_linear(m, w, &m->dense, pooled, w->stride, B, LEX_AFTER_NOTHING, features, w->stride);
        for (int64_t s = 0; s < B; s++)
            lex_apply_activation(features + s * w->stride, C, m->config.head_activation);
        lex_apply_norm(m, &m->head_norm, C, features, w->stride, B);
    }
    if (batch->n_records != B)
        average(features, features, w->stride, batch->record_starts, batch->n_records, C);
    lex_apply_linear(m, w, &m->classifier, features, w->stride, batch->n_records, LEX_AFTER_NOTHING, logits, m->n_outputs);
}

lex_status lex_answer_check(const lex_inference *m, const lex_batch *batch, lex_err *err)
{
    for (int64_t i = 0; i < batch->n_rows; i++) {
        if (batch->ids[i] < 0 || batch->ids[i] >= m->config.vocab_size)
            return lex_err_set(err, LEX_ERR_INPUT, "token %lld is beyond the model's vocabulary of %lld",
                               (long long)batch->ids[i], (long long)m->config.vocab_size);
        if (batch->positions[i] >= m->config.n_positions ||
            (has(&m->segments) && batch->segments[i] >= m->config.n_segments))
            return lex_err_set(err, LEX_ERR_INPUT, "a sequence is longer than the model's %lld positions",
                               (long long)m->config.n_positions);
    }
    return LEX_OK;
}

/* n rows of `from` to where all can see them, if that is elsewhere. */
static void show(float *to, const float *from, int64_t n, int64_t stride)
{
    if (to != from)
        memcpy(to, from, (size_t)(n * stride) * sizeof *to);
}

void lex_answer_begin(const lex_inference *m, lex_workspace *w, const lex_batch *batch, bool alone)
{
    lex_profile_begin(w->watch);
    lex_workspace_reserve(w, m, batch, alone);
}

void lex_answer_share(const lex_inference *m, lex_workspace *w, const lex_batch *batch, const lex_share *share)
{
    const int64_t last = m->config.n_layers - 1, C = m->config.width, n = share->end - share->begin;
    embed(m, w, batch, share);
    lex_profile_mark(w->watch, LEX_STAGE_EMBED);
    lex_convolve(m, w, batch, share);
    for (int64_t i = 0; i < last; i++)
        whole_layer(m, &m->layers[i], w, batch, share, share->qkv[i % 2]);
    if (lex_looks_at_first_rows(m)) {
        layer_of_first_rows(m, &m->layers[last], w, batch, share, share->qkv[last % 2]);
        lex_apply_norm(m, &m->last_norm, C, w->pooled, w->stride, share->last - share->first);
        show(share->pooled + share->first * w->stride, w->pooled, share->last - share->first, w->stride);
    } else {
        whole_layer(m, &m->layers[last], w, batch, share, share->qkv[last % 2]);
        lex_apply_norm(m, &m->last_norm, C, w->x, w->stride, n);
        show(share->rows + share->begin * w->stride, w->x, n, w->stride);
    }
    lex_profile_mark(w->watch, LEX_STAGE_NORM);
    lex_wait_for_others(w, share);
}

void lex_answer_end(const lex_inference *m, lex_workspace *w, const lex_batch *batch, const lex_share *share, float *logits)
{
    if (!lex_looks_at_first_rows(m))
        average(share->pooled, share->rows, w->stride, batch->starts, batch->n_sequences, m->config.width);
    classify(m, w, batch, share->pooled, logits);
    lex_profile_mark(w->watch, LEX_STAGE_HEAD);
}

lex_status lex_inference_run(const lex_inference *m, lex_workspace *w, const lex_batch *batch, float *logits,
                             lex_err *err)
{
    lex_status st = lex_answer_check(m, batch, err);
    if (st != LEX_OK || batch->n_rows == 0)
        return st;
    lex_answer_begin(m, w, batch, true);
    const lex_share all = {.end = batch->n_rows, .last = batch->n_sequences, .qkv = {w->qkv, w->qkv}, .rows = w->x,
                           .pooled = w->pooled};
    lex_answer_share(m, w, batch, &all);
    lex_answer_end(m, w, batch, &all, logits);
    return LEX_OK;
}
