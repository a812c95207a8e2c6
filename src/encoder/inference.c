/* inference.c - weights laid out for answering, block by block as layout.h places them. */
#include "packed.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    lex_inference *inference;
    const lex_layout *layout;
    const float *const *values;
    const lex_int8_weight *int8; /* or NULL */
    lex_laid_out laid_out;
    bool mixed; /* query, key and value of some layer */
} taking;

static bool is_int8(const taking *t, int64_t parameter)
{
    return t->int8 && t->int8[parameter].values;
}

static lex_int8_table take_table(const taking *t, lex_place place)
{
    if (place.weight < 0)
        return (lex_int8_table){NULL, NULL, NULL};
    if (is_int8(t, place.weight))
        return (lex_int8_table){NULL, t->int8[place.weight].values, t->int8[place.weight].scales};
    return (lex_int8_table){.floats = t->values[place.weight]};
}

static const float *bias_of(const taking *t, lex_place place)
{
    return place.bias < 0 ? NULL : t->values[place.bias];
}

static lex_plain_norm take_norm(const taking *t, lex_place place)
{
    if (place.weight < 0)
        return (lex_plain_norm){NULL, NULL};
    return (lex_plain_norm){t->values[place.weight], place.bias < 0 ? t->inference->zeros : t->values[place.bias]};
}

/* n weights (out, in) beside each other. */
static lex_packed_linear pack(const taking *t, const float *const *weights, int n, const float *bias,
                              int64_t in, int64_t out)
{
    const lex_kernels *kernels = t->inference->kernels;
    lex_packed_linear linear = {.bias = bias, .in = in, .out = n * out};
    linear.packed = lex_alloc_aligned(lex_packed_bytes(kernels, in, n * out));
    for (int i = 0; i < n; i++) {
        lex_pack(kernels, linear.packed, weights[i], in, i * out, out);
        if (t->laid_out.done)
            t->laid_out.done(t->laid_out.context, weights[i], in * out);
    }
    return linear;
}

/* n weights (out, in) from `parameter` on, with their biases, or NULL. */
static lex_packed_linear parts_of(const taking *t, int64_t parameter, int n, const float *const *biases, int64_t in, int64_t out)
{
    lex_packed_linear linear = {.in = in, .out = n * out, .n_parts = n};
    linear.sums = lex_alloc_array((size_t)(n * out), sizeof *linear.sums);
    for (int i = 0; i < n; i++) {
        const lex_int8_weight *weight = &t->int8[parameter + i];
        lex_int8_sums(linear.sums + i * out, weight->values, in, out);
        linear.parts[i] = (lex_int8_part){weight->values, weight->scales, linear.sums + i * out, biases ? biases[i] : NULL, out};
    }
    return linear;
}

static lex_packed_linear take_linear(const taking *t, lex_place place, int64_t in, int64_t out)
{
    if (place.weight < 0)
        return (lex_packed_linear){.packed = NULL};
    const float *bias = bias_of(t, place);
    if (is_int8(t, place.weight))
        return parts_of(t, place.weight, 1, bias ? &bias : NULL, in, out);
    return pack(t, t->values + place.weight, 1, bias, in, out);
}

/* Query, key and value: together, or the query by itself. */
static void take_qkv(taking *t, lex_packed_layer *layer, const lex_layer_places *places, bool query_alone)
{
    const int64_t C = t->inference->config.width, first = places->qkv.weight;
    const float *const *weights = t->values + first, *const *biases = places->qkv.bias < 0 ? NULL : t->values + places->qkv.bias;
    if (places->n_qkv == 1) {
        layer->qkv = take_linear(t, places->qkv, C, 3 * C);
        return;
    }
    const int n_int8 = is_int8(t, first) + is_int8(t, first + 1) + is_int8(t, first + 2), alone = query_alone;
    if (n_int8 > 0) {
        t->mixed = t->mixed || n_int8 < 3;
        if (t->mixed)
            return;
        if (alone)
            layer->query = parts_of(t, first, 1, biases, C, C);
        layer->qkv = parts_of(t, first + alone, 3 - alone, biases ? biases + alone : NULL, C, C);
        return;
    }
    layer->qkv_bias = lex_alloc_zeroed((size_t)(3 * C), sizeof *layer->qkv_bias);
    for (int i = 0; biases && i < 3; i++)
        memcpy(layer->qkv_bias + i * C, biases[i], (size_t)C * sizeof *layer->qkv_bias);
    if (query_alone) {
        layer->query = pack(t, weights, 1, layer->qkv_bias, C, C);
        layer->qkv = pack(t, weights + 1, 2, layer->qkv_bias + C, C, C);
    } else {
        layer->qkv = pack(t, weights, 3, layer->qkv_bias, C, C);
    }
}

/* The row of the scores is last among the outputs. */
static void take_classifier(const taking *t, lex_inference *inference, int64_t n_outputs)
{
    const int64_t C = inference->config.width, K = n_outputs;
    const lex_layout *layout = t->layout;
    if (layout->scorer.weight < 0) {
        inference->classifier = take_linear(t, layout->classifier, C, K);
        return;
    }
    const lex_kernels *kernels = inference->kernels;
    const float *weight = t->values[layout->classifier.weight], *bias = t->values[layout->classifier.bias];
    inference->classifier_bias = lex_alloc_zeroed((size_t)K + 1, sizeof *bias);
    memcpy(inference->classifier_bias, bias, (size_t)K * sizeof *bias);
    inference->classifier = (lex_packed_linear){.packed = lex_alloc_aligned(lex_packed_bytes(kernels, C, K + 1)),
                                                .bias = inference->classifier_bias, .in = C, .out = K + 1};
    lex_pack(kernels, inference->classifier.packed, weight, C, 0, K);
    lex_pack(kernels, inference->classifier.packed, t->values[layout->scorer.weight], C, K, 1);
}

/* The table's rows, normalised once for all. */
static void take_distances(const taking *t, lex_inference *inference)
{
    const int64_t n = 2 * inference->config.distance_span, C = inference->config.width;
    const lex_plain_norm norm = take_norm(t, t->layout->distances_norm);
    if (t->layout->distances.weight < 0)
        return;
    inference->distances = lex_alloc_array((size_t)(n * C), sizeof *inference->distances);
    memcpy(inference->distances, t->values[t->layout->distances.weight], (size_t)(n * C) * sizeof *inference->distances);
    if (norm.weight)
        inference->kernels->norm(&(lex_norm_work){inference->distances, C, n, C, norm.weight, norm.bias,
                                                  inference->config.layer_norm_eps});
}

/* A layer's queries and keys of the table's rows, head by head. */
static void project_distances(lex_inference *m, lex_packed_layer *layer)
{
    const int64_t n = 2 * m->config.distance_span, C = m->config.width, H = m->config.n_heads, d = C / H;
    float *qkv = lex_alloc_array((size_t)(n * 3 * C), sizeof *qkv), *rows = lex_alloc_array((size_t)(n * d), sizeof *rows);
    lex_workspace *w = lex_workspace_new(m); /* for its scratch */
    lex_apply_linear(m, w, &layer->qkv, m->distances, C, n, LEX_AFTER_NOTHING, qkv, 3 * C);
    layer->distances = lex_alloc_array((size_t)(2 * H), sizeof *layer->distances);
    for (int64_t i = 0; i < 2 * H; i++) {
        for (int64_t r = 0; r < n; r++)
            memcpy(rows + r * d, qkv + r * 3 * C + i * d, (size_t)d * sizeof *rows);
        layer->distances[i] = lex_alloc_aligned(lex_packed_bytes(m->kernels, d, n));
        lex_pack(m->kernels, layer->distances[i], rows, d, 0, n);
    }
    lex_workspace_free(w);
    free(qkv);
    free(rows);
}

static void take_layer(taking *t, int64_t index)
{
    lex_inference *inference = t->inference;
    const lex_layer_places *places = &t->layout->layers[index];
    const int64_t C = inference->config.width, I = inference->config.inner_width;
    lex_packed_layer *layer = &inference->layers[index];
    if (places->first_user < index) {
        *layer = inference->layers[places->first_user];
        layer->borrowed = true;
        return;
    }
    const bool is_last = index == inference->config.n_layers - 1;
    take_qkv(t, layer, places, is_last && lex_looks_at_first_rows(inference) && !inference->distances);
    if (t->mixed)
        return;
    if (inference->distances)
        project_distances(inference, layer);
    layer->attention = take_linear(t, places->attention, C, C);
    layer->attention_norm = take_norm(t, places->attention_norm);
    layer->is_local = lex_layer_is_local(&inference->config, index);
    if (inference->config.family->is_gated && !is_int8(t, places->inner.weight)) {
        const float *halves[2] = {t->values[places->inner.weight], t->values[places->inner.weight] + I * C};
        const float *bias = bias_of(t, places->inner);
        layer->inner = pack(t, &halves[0], 1, bias, C, I);
        layer->gate = pack(t, &halves[1], 1, bias ? bias + I : NULL, C, I);
    } else {
        layer->inner = take_linear(t, places->inner, C, inference->config.family->is_gated ? 2 * I : I);
    }
    layer->outer = take_linear(t, places->outer, I, C);
    layer->outer_norm = take_norm(t, places->outer_norm);
}

/* False where types are mixed that must not be. */
static bool take_all(taking *t)
{
    lex_inference *inference = t->inference;
    const lex_layout *layout = t->layout;
    const int64_t C = inference->config.width;
    inference->words = take_table(t, layout->words);
    inference->positions = take_table(t, layout->positions);
    inference->segments = take_table(t, layout->segments);
    inference->embedding_norm = take_norm(t, layout->embedding_norm);
    inference->projection = take_linear(t, layout->projection, inference->config.embedding_width, C);
    inference->relative = take_table(t, layout->relative).floats;
    take_distances(t, inference);
    for (int64_t i = 0; i < inference->config.n_layers && !t->mixed; i++)
        take_layer(t, i);
    if (t->mixed)
        return false;
    inference->convolution = take_linear(t, layout->convolution, C * inference->config.convolution, C);
    inference->convolution_norm = take_norm(t, layout->convolution_norm);
    inference->last_norm = take_norm(t, layout->last_norm);
    inference->dense = take_linear(t, layout->dense, C, C);
    inference->head_norm = take_norm(t, layout->head_norm);
    take_classifier(t, inference, inference->n_outputs);
    inference->n_outputs = inference->classifier.out;
    return true;
}

bool lex_looks_at_first_rows(const lex_inference *inference)
{
    return inference->pooling == LEX_POOLING_CLS && !inference->config.head_over_mean;
}

static lex_after after_of(lex_activation activation)
{
    return activation == LEX_ACTIVATION_GELU ? LEX_AFTER_GELU
           : activation == LEX_ACTIVATION_GELU_TANH ? LEX_AFTER_GELU_TANH : LEX_AFTER_RELU;
}

lex_status lex_inference_new(lex_inference **out, const lex_encoder_config *config, lex_pooling pooling,
                             int64_t n_outputs, const float *const *values, const lex_kernels *kernels,
                             lex_laid_out laid_out, lex_err *err)
{
    return lex_inference_new_int8(out, config, pooling, n_outputs, values, NULL, kernels, NULL, laid_out, err);
}

lex_status lex_inference_new_int8(lex_inference **out, const lex_encoder_config *config, lex_pooling pooling,
                                  int64_t n_outputs, const float *const *values, const lex_int8_weight *int8,
                                  const lex_kernels *kernels, const lex_int8_kernels *int8_kernels,
                                  lex_laid_out laid_out, lex_err *err)
{
    *out = NULL;
    if (!kernels || (int8 && !int8_kernels))
        return lex_err_set(err, LEX_ERR_SYSTEM, "this processor lacks AVX2 and FMA, which lexclf needs");
    lex_inference *inference = lex_alloc_zeroed(1, sizeof *inference);
    inference->kernels = kernels;
    inference->int8_kernels = int8_kernels;
    inference->attend = kernels->attend;
    inference->config = *config;
    inference->pooling = pooling;
    inference->n_outputs = n_outputs;
    inference->layers = lex_alloc_zeroed((size_t)config->n_layers, sizeof *inference->layers);
    inference->after_inner = after_of(config->activation);
    if (!config->has_norm_bias)
        inference->zeros = lex_alloc_zeroed((size_t)(config->width + config->embedding_width), sizeof *inference->zeros);
    lex_layout layout;
    lex_layout_init(&layout, config, pooling, n_outputs);
    taking t = {inference, &layout, values, int8, laid_out, false};
    bool whole = take_all(&t);
    lex_layout_release(&layout);
    if (whole) {
        *out = inference;
        return LEX_OK;
    }
    lex_inference_free(inference);
    return lex_err_set(err, LEX_ERR_INPUT, "weights of query, key and value are not of one type");
}

void lex_inference_attend_rounded(lex_inference *inference)
{
    if (inference->int8_kernels && lex_int8_attends_rounded(inference->int8_kernels))
        inference->attend = lex_kernels_avx512_bf16.attend;
}

static void release(lex_packed_linear *linear)
{
    free(linear->packed);
    free(linear->sums);
}

void lex_inference_free(lex_inference *inference)
{
    if (!inference)
        return;
    for (int64_t i = 0; i < inference->config.n_layers; i++) {
        lex_packed_layer *layer = &inference->layers[i];
        if (layer->borrowed)
            continue;
        release(&layer->query);
        release(&layer->qkv);
        free(layer->qkv_bias);
        release(&layer->attention);
        release(&layer->inner);
        release(&layer->gate);
        for (int64_t h = 0; layer->distances && h < 2 * inference->config.n_heads; h++)
            free(layer->distances[h]);
        free(layer->distances);
        release(&layer->outer);
    }
    free(inference->layers);
    release(&inference->projection);
    release(&inference->convolution);
    release(&inference->dense);
    free(inference->zeros);
    free(inference->distances);
    release(&inference->classifier);
    free(inference->classifier_bias);
    free(inference);
}
