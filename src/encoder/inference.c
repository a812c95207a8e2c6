/* inference.c - weights laid out for answering, walking the parameters in the order of params.c. */
#include "packed.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    lex_inference *inference;
    const float *const *values;
    const lex_int8_weight *int8; /* or NULL */
    lex_laid_out laid_out;
    int64_t next; /* parameter */
    bool mixed;   /* query, key and value of some layer */
} walk;

static bool is_int8(const walk *w, int64_t parameter)
{
    return w->int8 && w->int8[parameter].values;
}

static const float *take(walk *w)
{
    return w->values[w->next++];
}

static lex_int8_table take_table(walk *w)
{
    lex_int8_table table = {.floats = w->values[w->next]};
    if (is_int8(w, w->next))
        table = (lex_int8_table){NULL, w->int8[w->next].values, w->int8[w->next].scales};
    w->next++;
    return table;
}

static lex_plain_norm take_norm(walk *w)
{
    const float *weight = take(w);
    return (lex_plain_norm){weight, take(w)};
}

/* n weights (out, in) beside each other. */
static lex_packed_linear pack(const walk *w, const float *const *weights, int n, const float *bias,
                              int64_t in, int64_t out)
{
    const lex_kernels *kernels = w->inference->kernels;
    lex_packed_linear linear = {.bias = bias, .in = in, .out = n * out};
    linear.packed = lex_alloc_aligned(lex_packed_bytes(kernels, in, n * out));
    for (int i = 0; i < n; i++) {
        lex_pack(kernels, linear.packed, weights[i], in, i * out, out);
        if (w->laid_out.done)
            w->laid_out.done(w->laid_out.context, weights[i], in * out);
    }
    return linear;
}

/* n weights (out, in) from `parameter` on, with their biases. */
static lex_packed_linear parts_of(const walk *w, int64_t parameter, int n, const float *const *biases, int64_t in, int64_t out)
{
    lex_packed_linear linear = {.in = in, .out = n * out, .n_parts = n};
    linear.sums = lex_alloc_array((size_t)(n * out), sizeof *linear.sums);
    for (int i = 0; i < n; i++) {
        const lex_int8_weight *weight = &w->int8[parameter + i];
        lex_int8_sums(linear.sums + i * out, weight->values, in, out);
        linear.parts[i] = (lex_int8_part){weight->values, weight->scales, linear.sums + i * out, biases[i], out};
    }
    return linear;
}

static lex_packed_linear take_linear(walk *w, int64_t in, int64_t out)
{
    if (is_int8(w, w->next)) {
        w->next += 2;
        return parts_of(w, w->next - 2, 1, w->values + w->next - 1, in, out);
    }
    const float *weight = take(w);
    return pack(w, &weight, 1, take(w), in, out);
}

/* Query, key and value: together, or the query by itself. */
static void take_qkv(walk *w, lex_packed_layer *layer, bool query_alone)
{
    const int64_t C = w->inference->config.width;
    const float *const *weights = w->values + w->next, *const *biases = weights + 3;
    const int n_int8 = is_int8(w, w->next) + is_int8(w, w->next + 1) + is_int8(w, w->next + 2);
    if (n_int8 > 0) {
        w->mixed = w->mixed || n_int8 < 3;
        if (w->mixed)
            return;
        const int alone = query_alone;
        if (alone)
            layer->query = parts_of(w, w->next, 1, biases, C, C);
        layer->qkv = parts_of(w, w->next + alone, 3 - alone, biases + alone, C, C);
        w->next += 6;
        return;
    }
    layer->qkv_bias = lex_alloc_array((size_t)(3 * C), sizeof *layer->qkv_bias);
    for (int i = 0; i < 3; i++)
        memcpy(layer->qkv_bias + i * C, biases[i], (size_t)C * sizeof *layer->qkv_bias);
    if (query_alone) {
        layer->query = pack(w, weights, 1, biases[0], C, C);
        layer->qkv = pack(w, weights + 1, 2, layer->qkv_bias + C, C, C);
    } else {
        layer->qkv = pack(w, weights, 3, layer->qkv_bias, C, C);
    }
    w->next += 6;
}

/* The row of the scores comes first among the parameters and last among the outputs. */
static void take_classifier(walk *w, lex_inference *inference, int64_t n_outputs)
{
    const int64_t C = inference->config.width, K = n_outputs;
    const float *scorer = inference->config.window_scores ? take(w) : NULL;
    if (!scorer) {
        inference->classifier = take_linear(w, C, K);
        return;
    }
    const lex_kernels *kernels = inference->kernels;
    const float *weight = take(w), *bias = take(w);
    inference->classifier_bias = lex_alloc_zeroed((size_t)K + 1, sizeof *bias);
    memcpy(inference->classifier_bias, bias, (size_t)K * sizeof *bias);
    inference->classifier = (lex_packed_linear){.packed = lex_alloc_aligned(lex_packed_bytes(kernels, C, K + 1)),
                                                .bias = inference->classifier_bias, .in = C, .out = K + 1};
    lex_pack(kernels, inference->classifier.packed, weight, C, 0, K);
    lex_pack(kernels, inference->classifier.packed, scorer, C, K, 1);
}

/* False where types are mixed that must not be. */
static bool take_all(lex_inference *inference, const float *const *values, const lex_int8_weight *int8,
                     lex_laid_out laid_out)
{
    const int64_t C = inference->config.width, inner = inference->config.inner_width;
    const int64_t L = inference->config.n_layers;
    walk w = {inference, values, int8, laid_out, 0, false};
    inference->words = take_table(&w);
    inference->positions = take_table(&w);
    inference->segments = take_table(&w);
    inference->embedding_norm = take_norm(&w);
    for (int64_t i = 0; i < L; i++) {
        lex_packed_layer *layer = &inference->layers[i];
        take_qkv(&w, layer, i == L - 1 && inference->pooling == LEX_POOLING_CLS);
        if (w.mixed)
            return false;
        layer->attention = take_linear(&w, C, C);
        layer->attention_norm = take_norm(&w);
        layer->inner = take_linear(&w, C, inner);
        layer->outer = take_linear(&w, inner, C);
        layer->outer_norm = take_norm(&w);
    }
    if (inference->pooling == LEX_POOLING_CLS)
        inference->pooler = take_linear(&w, C, C);
    take_classifier(&w, inference, inference->n_outputs);
    inference->n_outputs = inference->classifier.out;
    return true;
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
    inference->config = *config;
    inference->pooling = pooling;
    inference->n_outputs = n_outputs;
    inference->layers = lex_alloc_zeroed((size_t)config->n_layers, sizeof *inference->layers);
    if (take_all(inference, values, int8, laid_out)) {
        *out = inference;
        return LEX_OK;
    }
    lex_inference_free(inference);
    return lex_err_set(err, LEX_ERR_INPUT, "weights of query, key and value are not of one type");
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
        release(&layer->query);
        release(&layer->qkv);
        free(layer->qkv_bias);
        release(&layer->attention);
        release(&layer->inner);
        release(&layer->outer);
    }
    free(inference->layers);
    release(&inference->pooler);
    release(&inference->classifier);
    free(inference->classifier_bias);
    free(inference);
}

/* ---- workspaces ---- */

lex_workspace *lex_workspace_new(const lex_inference *inference)
{
    lex_workspace *w = lex_alloc_zeroed(1, sizeof *w);
    w->stride = lex_row_stride(inference->config.width);
    w->qkv_stride = lex_row_stride(3 * inference->config.width);
    w->inner_stride = lex_row_stride(inference->config.inner_width);
    int64_t widest = inference->config.width > inference->config.inner_width ? inference->config.width
                                                                             : inference->config.inner_width;
    size_t scratch = (size_t)lex_linear_scratch(inference->kernels, widest) * sizeof(float);
    if (inference->int8_kernels && lex_int8_scratch(widest) > scratch)
        scratch = lex_int8_scratch(widest);
    w->linear_scratch = lex_alloc_aligned(scratch);
    return w;
}

void lex_workspace_free(lex_workspace *w)
{
    if (!w)
        return;
    free(w->x);
    free(w->qkv);
    free(w->context);
    free(w->inner);
    free(w->pooled);
    free(w->aside);
    free(w->scratch);
    free(w->linear_scratch);
    free(w);
}
