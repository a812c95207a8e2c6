/* encoder.c - an encoder's life: its parameter table, and weights bound to its blocks, in place or in a flat buffer. */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

lex_status lex_encoder_new(lex_encoder **out, lex_runtime *runtime, const lex_encoder_config *config,
                           lex_pooling pooling, int64_t n_outputs, lex_err *err)
{
    *out = NULL;
    if (n_outputs < 1 || n_outputs > 1000000)
        return lex_err_set(err, LEX_ERR_INPUT, "a head of %lld outputs is not supported", (long long)n_outputs);
    lex_encoder *encoder = lex_alloc_zeroed(1, sizeof *encoder);
    encoder->runtime = runtime;
    encoder->config = *config;
    encoder->pooling = pooling;
    encoder->n_outputs = n_outputs;
    encoder->weights = lex_scope_new(runtime);
    encoder->layers = lex_alloc_zeroed((size_t)config->n_layers, sizeof *encoder->layers);
    lex_layout_init(&encoder->layout, config, pooling, n_outputs);
    *out = encoder;
    return LEX_OK;
}

void lex_encoder_free(lex_encoder *encoder)
{
    if (!encoder)
        return;
    lex_scope_free(encoder->weights);
    lex_layout_release(&encoder->layout);
    free(encoder->layers);
    free(encoder);
}

const lex_param *lex_encoder_params(const lex_encoder *encoder, int64_t *n_params)
{
    *n_params = encoder->layout.n_params;
    return encoder->layout.params;
}

int64_t lex_encoder_flat_count(const lex_encoder *encoder)
{
    return encoder->layout.flat_count;
}

lex_tensor *lex_encoder_weights(lex_encoder *encoder)
{
    return encoder->flat;
}

lex_tensor *lex_encoder_gradients(lex_encoder *encoder)
{
    return encoder->flat_gradients;
}

lex_tensor *lex_encoder_trained(lex_encoder *encoder)
{
    return encoder->trained;
}

int64_t lex_encoder_n_frozen(const lex_encoder *encoder)
{
    return encoder->frozen_floats;
}

bool lex_encoder_may_freeze(const lex_encoder *encoder, int64_t n)
{
    for (int64_t i = n > 0 ? n - 1 : 0; i < encoder->config.n_layers; i++)
        if (encoder->layout.layers[i].first_user < n - 1)
            return false;
    return true;
}

void lex_encoder_freeze(lex_encoder *encoder, int64_t n)
{
    LEX_ASSERT(!encoder->flat && n >= 0 && n <= 1 + encoder->config.n_layers);
    encoder->frozen_blocks = n;
    encoder->frozen_floats = 0;
    for (int64_t i = 0; n > 0 && encoder->frozen_floats == 0; i++)
        if (encoder->layout.params[i].layer >= n - 1)
            encoder->frozen_floats = encoder->layout.params[i].offset;
}

lex_status lex_encoder_read_weights(lex_encoder *encoder, float *out, lex_err *err)
{
    lex_scope *scope = lex_scope_new(encoder->runtime);
    LEX_ASSERT(encoder->flat);
    lex_tensor_read(scope, encoder->flat, out);
    lex_status st = lex_scope_status(scope, err);
    lex_scope_free(scope);
    return st;
}

/* ---- binding: each block is handed the tensors of its places ---- */

typedef struct {
    lex_encoder *encoder;
    const float *const *values; /* NULL when flat */
} binder;

/* Tensors of `shape` from where parameter `first` begins in the flat buffers. */
static void bind_flat(binder *b, int64_t first, int n_dims, const int64_t *shape, lex_tensor **value, lex_tensor **gradient)
{
    lex_encoder *encoder = b->encoder;
    const int64_t offset = encoder->layout.params[first].offset;
    *value = lex_tensor_view(encoder->weights, encoder->flat, n_dims, shape, offset);
    if (offset >= encoder->frozen_floats)
        *gradient = lex_tensor_view(encoder->weights, encoder->flat_gradients, n_dims, shape, offset - encoder->frozen_floats);
}

/* A convolution's weight is a matrix here. Nothing where there is no such parameter. */
static void bind_one(binder *b, int64_t parameter, lex_tensor **value, lex_tensor **gradient)
{
    *value = *gradient = NULL;
    if (parameter < 0)
        return;
    const lex_param *param = &b->encoder->layout.params[parameter];
    const int64_t sizes[2] = {param->shape[0], param->count / param->shape[0]};
    const int n_dims = param->n_dims > 1 ? 2 : 1;
    if (b->encoder->flat)
        bind_flat(b, parameter, n_dims, sizes, value, gradient);
    else
        *value = lex_tensor_over(b->encoder->weights, LEX_F32, n_dims, sizes, b->values[parameter]);
}

static void bind_table(binder *b, lex_place place, lex_embedding *embedding)
{
    bind_one(b, place.weight, &embedding->table, &embedding->dtable);
}

static lex_tensor *zeros(const binder *b, int64_t n)
{
    return lex_tensor_zeros(b->encoder->weights, LEX_F32, 1, &n);
}

/* Where there is no bias, zeros stand in for it; and for its gradient, which nobody reads. */
static void bind_norm(binder *b, lex_place place, lex_norm_block *norm)
{
    bind_one(b, place.weight, &norm->weight, &norm->dweight);
    bind_one(b, place.bias, &norm->bias, &norm->dbias);
    if (place.weight < 0 || place.bias >= 0)
        return;
    norm->bias = zeros(b, b->encoder->layout.params[place.weight].count);
    norm->dbias = norm->dweight ? zeros(b, b->encoder->layout.params[place.weight].count) : NULL;
}

static void bind_linear(binder *b, lex_place place, lex_linear *linear)
{
    bind_one(b, place.weight, &linear->weight, &linear->dweight);
    bind_one(b, place.bias, &linear->bias, &linear->dbias);
    if (place.weight >= 0 && place.bias < 0)
        linear->bias = zeros(b, b->encoder->layout.params[place.weight].shape[0]);
}

/* Three parameters as one: a view where they lie together, else a copy. */
static lex_tensor *joined(binder *b, int64_t first, int n_dims, const int64_t *sizes)
{
    lex_encoder *encoder = b->encoder;
    const float *const *values = b->values + first;
    int64_t count = encoder->layout.params[first].count;
    if (values[1] == values[0] + count && values[2] == values[1] + count)
        return lex_tensor_over(encoder->weights, LEX_F32, n_dims, sizes, values[0]);
    float *copy = lex_alloc_array((size_t)(3 * count), sizeof *copy);
    for (int i = 0; i < 3; i++)
        memcpy(copy + i * count, values[i], (size_t)count * sizeof *copy);
    lex_tensor *tensor = lex_tensor_from(encoder->weights, LEX_F32, n_dims, sizes, copy);
    free(copy);
    return tensor;
}

static void bind_qkv(binder *b, const lex_layer_places *places, lex_linear *qkv)
{
    const int64_t C = b->encoder->config.width, sizes[2] = {3 * C, C}, first[2] = {places->qkv.weight, places->qkv.bias};
    if (places->n_qkv == 1) {
        bind_linear(b, places->qkv, qkv);
        return;
    }
    for (int i = 0; i < 2; i++) {
        lex_tensor **value = i == 0 ? &qkv->weight : &qkv->bias, **gradient = i == 0 ? &qkv->dweight : &qkv->dbias;
        *gradient = NULL;
        if (first[i] < 0)
            *value = zeros(b, 3 * C);
        else if (b->encoder->flat)
            bind_flat(b, first[i], 2 - i, sizes, value, gradient);
        else
            *value = joined(b, first[i], 2 - i, sizes);
    }
}

static void bind_layer(binder *b, int64_t index)
{
    const lex_layer_places *places = &b->encoder->layout.layers[index];
    lex_layer *layer = &b->encoder->layers[index];
    if (places->first_user < index) {
        *layer = b->encoder->layers[places->first_user];
        return;
    }
    bind_qkv(b, places, &layer->qkv);
    bind_linear(b, places->attention, &layer->attention);
    bind_norm(b, places->attention_norm, &layer->attention_norm);
    bind_linear(b, places->inner, &layer->inner);
    bind_linear(b, places->outer, &layer->outer);
    bind_norm(b, places->outer_norm, &layer->outer_norm);
}

/* In place of `tensors`, which are in `from`, what they are rounded to: weights that answer on CUDA with fewer bits. */
static void round_all(lex_scope *to, lex_scope *from, lex_tensor **tensors[], int n)
{
    for (int i = 0; i < n; i++)
        if (*tensors[i])
            *tensors[i] = lex_scope_keep(to, from, lex_round_rows(from, *tensors[i]));
}

static void round_norm(lex_scope *to, lex_scope *from, lex_norm_block *norm)
{
    round_all(to, from, (lex_tensor **[]){&norm->weight, &norm->bias}, 2);
}

/* A layer, bound in a scope of its own where it is rounded: floats need not stay on the device. */
static void bind_or_round(binder *b, int64_t index)
{
    lex_encoder *encoder = b->encoder;
    lex_scope *weights = encoder->weights;
    lex_layer *layer = &encoder->layers[index];
    if (!encoder->rounded || encoder->layout.layers[index].first_user < index) {
        bind_layer(b, index);
        return;
    }
    lex_scope *inner = encoder->weights = lex_scope_new(encoder->runtime);
    bind_layer(b, index);
    encoder->weights = weights;
    lex_linear *linears[] = {&layer->qkv, &layer->attention, &layer->inner, &layer->outer};
    for (int i = 0; i < 4; i++)
        round_all(weights, inner, (lex_tensor **[]){&linears[i]->weight, &linears[i]->bias}, 2);
    round_norm(weights, inner, &layer->attention_norm);
    round_norm(weights, inner, &layer->outer_norm);
    lex_scope_keep(weights, inner, NULL); /* its failure */
    lex_scope_free(inner);
}

static lex_status bind_all(lex_encoder *encoder, const float *const *values, lex_err *err)
{
    const lex_layout *layout = &encoder->layout;
    binder b = {encoder, values};
    bind_table(&b, layout->words, &encoder->words);
    bind_table(&b, layout->positions, &encoder->positions);
    bind_table(&b, layout->segments, &encoder->segments);
    bind_norm(&b, layout->embedding_norm, &encoder->embedding_norm);
    bind_linear(&b, layout->projection, &encoder->projection);
    bind_table(&b, layout->relative, &encoder->relative);
    bind_table(&b, layout->distances, &encoder->distances);
    bind_norm(&b, layout->distances_norm, &encoder->distances_norm);
    for (int64_t i = 0; i < encoder->config.n_layers; i++)
        bind_or_round(&b, i);
    bind_linear(&b, layout->convolution, &encoder->convolution);
    bind_norm(&b, layout->convolution_norm, &encoder->convolution_norm);
    bind_norm(&b, layout->last_norm, &encoder->last_norm);
    bind_linear(&b, layout->dense, &encoder->dense);
    bind_norm(&b, layout->head_norm, &encoder->head_norm);
    bind_linear(&b, layout->scorer, &encoder->scorer);
    bind_linear(&b, layout->classifier, &encoder->classifier);
    return lex_scope_status(encoder->weights, err);
}

lex_status lex_encoder_bind(lex_encoder *encoder, const float *const *values, lex_err *err)
{
    encoder->rounded = lex_rounds_rows(encoder->runtime) && encoder->config.distance_span == 0 && encoder->config.convolution == 0;
    return bind_all(encoder, values, err);
}

lex_status lex_encoder_bind_flat(lex_encoder *encoder, const float *const *values, lex_err *err)
{
    int64_t n_trained = encoder->layout.flat_count - encoder->frozen_floats;
    encoder->flat = lex_tensor_zeros(encoder->weights, LEX_F32, 1, &encoder->layout.flat_count);
    encoder->flat_gradients = lex_tensor_zeros(encoder->weights, LEX_F32, 1, &n_trained);
    encoder->trained = lex_tensor_view(encoder->weights, encoder->flat, 1, &n_trained, encoder->frozen_floats);
    lex_scope *inner = lex_scope_new(encoder->runtime);
    for (int64_t i = 0; i < encoder->layout.n_params; i++) {
        const lex_param *param = &encoder->layout.params[i];
        lex_tensor_write(inner, lex_tensor_view(inner, encoder->flat, 1, &param->count, param->offset), values[i]);
    }
    lex_scope_keep(encoder->weights, inner, NULL);
    lex_scope_free(inner);
    return bind_all(encoder, NULL, err);
}
