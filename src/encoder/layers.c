/* layers.c - the layers of an encoder, forwards and backwards (Vaswani et al. 2017; Devlin et al. 2019), with normalisation
 * after each sum or before each block (Xiong et al. 2020), as the family has it.
 *
 * Answering, every layer's tensors are freed when the layer is done. Training, they stay on the tape until the way
 * back has passed them, but for those of frozen layers, which it does not pass. */
#include "internal.h"

#include <stdlib.h>

lex_tape *lex_tape_new(const lex_encoder *encoder)
{
    lex_tape *tape = lex_alloc_zeroed(1, sizeof *tape);
    tape->layers = lex_alloc_zeroed((size_t)encoder->config.n_layers, sizeof *tape->layers);
    return tape;
}

void lex_tape_free(lex_tape *tape)
{
    if (!tape)
        return;
    free(tape->layers);
    free(tape->distance_rows);
    free(tape);
}

void lex_tape_recompute(lex_tape *tape)
{
    tape->recompute = true;
}

static lex_distances distances_of(const lex_encoder_config *config, const lex_tape *whole)
{
    return (lex_distances){config->n_heads, whole->distance_rows, whole->distance_reach, lex_distance_scale(config)};
}

/* What the scores of this layer get, and what its products are divided by. */
static lex_attention_form form_of(lex_encoder *encoder, lex_scope *scope, int64_t index, const lex_packing *packing,
                                  lex_tensor *qkv, lex_tape *whole, lex_layer_tape *tape)
{
    const lex_encoder_config *config = &encoder->config;
    lex_attention_form form = {lex_distance_scale(config), lex_layer_is_local(config, index) ? whole->local : whole->bias};
    if (config->distance_span == 0)
        return form;
    const lex_distances how = distances_of(config, whole);
    tape->qkv = qkv;
    tape->distances = lex_linear_forward(scope, &encoder->layers[index].qkv, whole->distances); /* (2 span, 3C) */
    form.bias = lex_disentangled(scope, qkv, tape->distances, packing, &how);
    return form;
}

/* Back through attention: the gradient by qkv (T, 3C). */
static lex_tensor *attention_backward(lex_encoder *encoder, lex_scope *scope, int64_t index, const lex_packing *packing,
                                      const lex_tape *whole, const lex_layer_tape *tape, lex_tensor *d_context)
{
    const lex_encoder_config *config = &encoder->config;
    if (config->distance_span == 0)
        return lex_attention_backward(scope, d_context, packing, &tape->attention,
                                      lex_layer_is_local(config, index) ? NULL : whole->dbias);
    const lex_distances how = distances_of(config, whole);
    const int64_t count = tape->attention.form.bias ? lex_tensor_count(tape->attention.form.bias) : 1;
    lex_tensor *dscores = lex_tensor_zeros(scope, LEX_F32, 1, &count);
    lex_tensor *d_qkv = lex_attention_backward(scope, d_context, packing, &tape->attention, dscores);
    lex_tensor *d = lex_disentangled_backward(scope, dscores, d_qkv, tape->qkv, tape->distances, packing, &how);
    d = lex_linear_backward(scope, &encoder->layers[index].qkv, d, whole->distances, whole->ddistances != NULL);
    if (whole->ddistances)
        lex_add(scope, whole->ddistances, d);
    return d_qkv;
}

static lex_tensor *inner_forward(const lex_encoder_config *config, lex_scope *scope, const lex_layer *layer, lex_layer_tape *tape)
{
    if (!config->family->is_gated)
        return lex_linear_forward_then(scope, &layer->inner, tape->middle, config->activation, &tape->inner);
    tape->inner = lex_linear_forward(scope, &layer->inner, tape->middle); /* (T, 2I) */
    return lex_gated(scope, tape->inner, config->activation);
}

/* Dropout of the library begins anew in every layer, so that a layer that is passed again has the same masks, whatever was
 * passed before it. */
static void seed_layer(lex_scope *scope, const lex_tape *tape, int64_t index)
{
    uint32_t number = tape->first_example ^ (uint32_t)(index + 1) * UINT32_C(0x9E3779B1);
    if (tape->mode.hidden_dropout > 0 || tape->mode.attention_dropout > 0)
        lex_seed(scope, tape->mode.seed, tape->mode.step, number);
}

/* saved: what the way back needs; NULL-ish tensors in it are never read when answering. */
static lex_tensor *layer_forward(lex_encoder *encoder, lex_scope *scope, int64_t index, const lex_packing *packing,
                                 lex_tensor *x, lex_tape *whole, lex_layer_tape *tape, bool keep)
{
    const lex_layer *layer = &encoder->layers[index];
    const lex_encoder_config *config = &encoder->config;
    const lex_train_mode *mode = &whole->mode;
    const bool first = config->family->norm_first, local = lex_layer_is_local(config, index);
    seed_layer(scope, whole, index);
    tape->x = x;                                                                               /* (T, C) */
    tape->seen = first ? lex_norm_forward(config, scope, &layer->attention_norm, x, &tape->attention_norm) : x;
    lex_tensor *qkv = lex_linear_forward(scope, &layer->qkv, tape->seen);                      /* (T, 3C) */
    if (config->rotary_theta[0] > 0)
        lex_rotate(scope, qkv, whole->cosines[local], whole->sines[local], config->n_heads, false);
    lex_dropout on_probabilities = lex_site(mode, mode->attention_dropout, index, LEX_SITE_PROBABILITIES);
    const lex_attention_form form = form_of(encoder, scope, index, packing, qkv, whole, tape);
    tape->context = lex_attention(scope, qkv, packing, config->n_heads, &form, on_probabilities,
                                  keep ? &tape->attention : NULL);                             /* (T, C) */
    lex_tensor *a = lex_linear_forward(scope, &layer->attention, tape->context);               /* (T, C) */
    a = lex_dropout_apply(scope, a, packing, lex_site(mode, mode->hidden_dropout, index, LEX_SITE_ATTENTION),
                          &tape->attention_dropout);
    if (first)
        tape->middle = lex_norm_forward(config, scope, &layer->outer_norm, lex_add(scope, a, x), &tape->outer_norm);
    else
        tape->middle = lex_add_norm_forward(config, scope, &layer->attention_norm, a, x,
                                            whole->answers ? NULL : &tape->attention_norm);
    tape->active = inner_forward(config, scope, layer, tape);                                  /* (T, I) */
    lex_tensor *o = lex_linear_forward(scope, &layer->outer, tape->active);                    /* (T, C) */
    o = lex_dropout_apply(scope, o, packing, lex_site(mode, mode->hidden_dropout, index, LEX_SITE_OUTER),
                          &tape->outer_dropout);
    o = first ? lex_add(scope, o, a)                                                           /* (T, C) */
              : lex_add_norm_forward(config, scope, &layer->outer_norm, o, tape->middle,
                                     whole->answers ? NULL : &tape->outer_norm);
    return index == 0 && config->convolution ? lex_convolution_forward(encoder, scope, packing, x, o, whole) : o;
}

/* The way back through dropout where the gradient is needed as it was too: on the CPU dropout works in place. */
static lex_tensor *dropout_backward_of_copy(lex_scope *scope, lex_tensor *dy, const lex_packing *packing,
                                            const lex_dropout_saved *saved)
{
    if (saved->dropout.p <= 0 || !dy)
        return dy;
    return lex_dropout_backward(scope, lex_tensor_clone(scope, dy), packing, saved);
}

/* Through the feed-forward and the sum after it: the gradient by what attention left (T, C). */
static lex_tensor *outer_backward(lex_encoder *encoder, lex_scope *scope, const lex_layer *layer, const lex_packing *packing,
                                  const lex_layer_tape *tape, lex_tensor *dy)
{
    const bool first = encoder->config.family->norm_first;
    lex_tensor *d_sum = first ? dy : lex_norm_backward(scope, &layer->outer_norm, dy, &tape->outer_norm); /* (T, C) */
    lex_tensor *d_outer = dropout_backward_of_copy(scope, d_sum, packing, &tape->outer_dropout);
    lex_tensor *d_active = lex_linear_backward(scope, &layer->outer, d_outer, tape->active, true);
    lex_tensor *d_inner = encoder->config.family->is_gated
                              ? lex_gated_backward(scope, d_active, tape->inner, encoder->config.activation)
                              : lex_activate_backward(scope, d_active, tape->inner, tape->active, encoder->config.activation);
    lex_tensor *d_middle = lex_linear_backward(scope, &layer->inner, d_inner, tape->middle, true);
    if (first)
        d_middle = lex_norm_backward(scope, &layer->outer_norm, d_middle, &tape->outer_norm);
    lex_add(scope, d_middle, d_sum);
    return first ? d_middle : lex_norm_backward(scope, &layer->attention_norm, d_middle, &tape->attention_norm);
}

static lex_tensor *layer_backward(lex_encoder *encoder, lex_scope *scope, int64_t index, const lex_packing *packing,
                                  const lex_tape *whole, const lex_layer_tape *tape, lex_tensor *dy)
{
    const lex_layer *layer = &encoder->layers[index];
    const bool first = encoder->config.family->norm_first, local = lex_layer_is_local(&encoder->config, index);
    bool want_dx = index >= encoder->frozen_blocks || first; /* something below is trained */
    lex_tensor *beside = NULL;
    if (index == 0 && encoder->config.convolution)
        dy = lex_convolution_backward(encoder, scope, packing, whole, dy, want_dx ? &beside : NULL);
    lex_tensor *d_sum = outer_backward(encoder, scope, layer, packing, tape, dy);
    lex_tensor *d_attention = dropout_backward_of_copy(scope, d_sum, packing, &tape->attention_dropout);
    lex_tensor *d_context = lex_linear_backward(scope, &layer->attention, d_attention, tape->context, true);
    lex_tensor *d_qkv = attention_backward(encoder, scope, index, packing, whole, tape, d_context);
    if (encoder->config.rotary_theta[0] > 0) /* (T, 3C) */
        lex_rotate(scope, d_qkv, whole->cosines[local], whole->sines[local], encoder->config.n_heads, true);
    lex_tensor *dx = lex_linear_backward(scope, &layer->qkv, d_qkv, tape->seen, want_dx);
    if (first)
        dx = lex_norm_backward(scope, &layer->attention_norm, dx, &tape->attention_norm);
    lex_add(scope, dx, d_sum);
    return beside ? lex_add(scope, dx, beside) : dx;
}

/* ---- layers whose insides are not kept ---- */

/* Forwards on the tape: all of the layer stays in `scope`, or its output alone. */
static lex_tensor *layer_on_tape(lex_encoder *encoder, lex_scope *scope, lex_scope *inner, int64_t index,
                                 const lex_packing *packing, lex_tensor *x, lex_tape *tape)
{
    if (!tape->recompute)
        return layer_forward(encoder, scope, index, packing, x, tape, &tape->layers[index], true);
    lex_tensor *y = layer_forward(encoder, inner, index, packing, x, tape, &tape->layers[index], false);
    y = lex_scope_keep(scope, inner, y);
    lex_scope_reset(inner);
    return y;
}

/* The layer's insides once more, in `inner`. */
static void layer_again(lex_encoder *encoder, lex_scope *inner, int64_t index, const lex_packing *packing, lex_tape *tape)
{
    if (!tape->recompute)
        return;
    layer_forward(encoder, inner, index, packing, tape->layers[index].x, tape, &tape->layers[index], true);
}

static lex_train_mode resolved(const lex_encoder *encoder, const lex_train_mode *mode)
{
    if (!mode)
        return (lex_train_mode){0};
    lex_train_mode m = *mode;
    m.hidden_dropout = m.hidden_dropout < 0 ? encoder->config.hidden_dropout : m.hidden_dropout;
    m.attention_dropout = m.attention_dropout < 0 ? encoder->config.attention_dropout : m.attention_dropout;
    m.head_dropout = m.head_dropout < 0 ? encoder->config.head_dropout : m.head_dropout;
    return m;
}

static lex_packing packing_of(const lex_batch *batch)
{
    return (lex_packing){batch->starts, batch->example, batch->n_sequences, batch->n_rows, NULL};
}

lex_tensor *lex_encoder_forward(lex_encoder *encoder, lex_scope *scope, const lex_batch *batch,
                                const lex_train_mode *mode, lex_tape *tape)
{
    lex_packing packing = packing_of(batch);
    lex_tape *used = tape ? tape : lex_tape_new(encoder);
    used->mode = resolved(encoder, mode);
    used->answers = tape == NULL;
    used->first_example = batch->example[0];
    lex_scope *inner = lex_scope_new(encoder->runtime);
    int64_t L = encoder->config.n_layers, first_kept = tape ? encoder->frozen_blocks : L + 1; /* block */
    lex_packing_send(scope, &packing);
    lex_distances_prepare(encoder, scope, batch, used);
    lex_tensor *x = lex_embed(encoder, first_kept == 0 ? scope : inner, batch, &packing, used);
    for (int64_t i = 0; i < L; i++) {
        if (i + 1 == first_kept) {
            x = lex_scope_keep(scope, inner, x);
            lex_scope_reset(inner);
        }
        if (i + 1 >= first_kept) {
            x = layer_on_tape(encoder, scope, inner, i, &packing, x, tape);
            continue;
        }
        lex_tensor *y = layer_forward(encoder, inner, i, &packing, x, used, &used->layers[i], false);
        y = lex_scope_keep(scope, inner, y);
        lex_scope_reset(inner);
        x = lex_scope_keep(inner, scope, y);
    }
    if (first_kept > L)
        x = lex_scope_keep(scope, inner, x);
    x = lex_norm_forward(&encoder->config, scope, &encoder->last_norm, encoder->rounded ? lex_float_rows(scope, x) : x,
                         &used->last_norm);
    lex_tensor *logits = lex_head_forward(encoder, scope, batch, &packing, x, used);
    lex_scope_free(inner);
    if (!tape)
        lex_tape_free(used);
    return logits;
}

void lex_encoder_backward(lex_encoder *encoder, lex_scope *scope, const lex_batch *batch, lex_tape *tape,
                          lex_tensor *dlogits)
{
    lex_packing packing = packing_of(batch);
    if (tape->recompute)
        lex_packing_send(scope, &packing);
    lex_tensor *dx = lex_head_backward(encoder, scope, batch, &packing, tape, dlogits);
    dx = lex_norm_backward(scope, &encoder->last_norm, dx, &tape->last_norm);
    lex_scope *inner = lex_scope_new(encoder->runtime);
    int64_t lowest = encoder->frozen_blocks ? encoder->frozen_blocks - 1 : 0;
    for (int64_t i = encoder->config.n_layers - 1; i >= lowest && !lex_scope_failed(scope); i--) {
        layer_again(encoder, inner, i, &packing, tape);
        dx = layer_backward(encoder, inner, i, &packing, tape, &tape->layers[i], dx);
        dx = lex_scope_keep(scope, inner, dx);
        lex_scope_reset(inner);
    }
    if (encoder->frozen_blocks == 0)
        lex_embed_backward(encoder, scope, &packing, tape, dx);
    lex_scope_free(inner);
}
