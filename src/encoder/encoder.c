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
    lex_arena_init(&encoder->names);
    lex_encoder_lay_out(encoder);
    *out = encoder;
    return LEX_OK;
}

void lex_encoder_free(lex_encoder *encoder)
{
    if (!encoder)
        return;
    lex_scope_free(encoder->weights);
    lex_arena_release(&encoder->names);
    free(encoder->params);
    free(encoder->layers);
    free(encoder);
}

const lex_param *lex_encoder_params(const lex_encoder *encoder, int64_t *n_params)
{
    *n_params = encoder->n_params;
    return encoder->params;
}

int64_t lex_encoder_flat_count(const lex_encoder *encoder)
{
    return encoder->flat_count;
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

void lex_encoder_freeze(lex_encoder *encoder, int64_t n)
{
    LEX_ASSERT(!encoder->flat && n >= 0 && n <= 1 + encoder->config.n_layers);
    encoder->frozen_blocks = n;
    encoder->frozen_floats = 0;
    for (int64_t i = 0; n > 0 && encoder->frozen_floats == 0; i++)
        if (encoder->params[i].layer >= n - 1)
            encoder->frozen_floats = encoder->params[i].offset;
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

/* ---- binding: walks the table in its own order, handing each block its tensors ---- */

typedef struct {
    lex_encoder *encoder;
    const float *const *values; /* NULL when flat */
    int64_t next;               /* parameter */
} binder;

/* A tensor of `shape` over the next parameter's values. */
static void bind_next(binder *b, lex_tensor **value, lex_tensor **gradient)
{
    lex_encoder *encoder = b->encoder;
    const lex_param *param = &encoder->params[b->next];
    *gradient = NULL;
    if (encoder->flat) {
        *value = lex_tensor_view(encoder->weights, encoder->flat, param->n_dims, param->shape, param->offset);
        if (param->offset >= encoder->frozen_floats)
            *gradient = lex_tensor_view(encoder->weights, encoder->flat_gradients, param->n_dims, param->shape,
                                        param->offset - encoder->frozen_floats);
    } else {
        *value = lex_tensor_over(encoder->weights, LEX_F32, param->n_dims, param->shape, b->values[b->next]);
    }
    b->next++;
}

static void bind_norm(binder *b, lex_norm_block *norm)
{
    bind_next(b, &norm->weight, &norm->dweight);
    bind_next(b, &norm->bias, &norm->dbias);
}

/* A weight without a bias. */
static void bind_scorer(binder *b, lex_linear *scorer)
{
    const int64_t one = 1;
    bind_next(b, &scorer->weight, &scorer->dweight);
    scorer->bias = lex_tensor_zeros(b->encoder->weights, LEX_F32, 1, &one);
}

static void bind_linear(binder *b, lex_linear *linear)
{
    bind_next(b, &linear->weight, &linear->dweight);
    bind_next(b, &linear->bias, &linear->dbias);
}

/* Three parameters as one: a view where they lie together, else a copy. */
static lex_tensor *joined(binder *b, int n_dims, const int64_t *sizes)
{
    lex_encoder *encoder = b->encoder;
    const float *const *values = b->values + b->next;
    int64_t count = encoder->params[b->next].count;
    if (values[1] == values[0] + count && values[2] == values[1] + count)
        return lex_tensor_over(encoder->weights, LEX_F32, n_dims, sizes, values[0]);
    float *copy = lex_alloc_array((size_t)(3 * count), sizeof *copy);
    for (int i = 0; i < 3; i++)
        memcpy(copy + i * count, values[i], (size_t)count * sizeof *copy);
    lex_tensor *tensor = lex_tensor_from(encoder->weights, LEX_F32, n_dims, sizes, copy);
    free(copy);
    return tensor;
}

static void bind_qkv(binder *b, lex_linear *qkv)
{
    lex_encoder *encoder = b->encoder;
    int64_t C = encoder->config.width, sizes[2] = {3 * C, C};
    for (int i = 0; i < 2; i++) {
        lex_tensor **value = i == 0 ? &qkv->weight : &qkv->bias, **gradient = i == 0 ? &qkv->dweight : &qkv->dbias;
        int64_t offset = encoder->params[b->next].offset;
        if (encoder->flat) {
            *value = lex_tensor_view(encoder->weights, encoder->flat, 2 - i, sizes, offset);
            *gradient = offset < encoder->frozen_floats
                            ? NULL
                            : lex_tensor_view(encoder->weights, encoder->flat_gradients, 2 - i, sizes,
                                              offset - encoder->frozen_floats);
        } else {
            *value = joined(b, 2 - i, sizes);
        }
        b->next += 3;
    }
}

static lex_status bind_all(lex_encoder *encoder, const float *const *values, lex_err *err)
{
    binder b = {encoder, values, 0};
    bind_next(&b, &encoder->words.table, &encoder->words.dtable);
    bind_next(&b, &encoder->positions.table, &encoder->positions.dtable);
    bind_next(&b, &encoder->segments.table, &encoder->segments.dtable);
    bind_norm(&b, &encoder->embedding_norm);
    for (int64_t i = 0; i < encoder->config.n_layers; i++) {
        lex_layer *layer = &encoder->layers[i];
        bind_qkv(&b, &layer->qkv);
        bind_linear(&b, &layer->attention);
        bind_norm(&b, &layer->attention_norm);
        bind_linear(&b, &layer->inner);
        bind_linear(&b, &layer->outer);
        bind_norm(&b, &layer->outer_norm);
    }
    if (encoder->pooling == LEX_POOLING_CLS)
        bind_linear(&b, &encoder->pooler);
    if (encoder->config.window_scores)
        bind_scorer(&b, &encoder->scorer);
    bind_linear(&b, &encoder->classifier);
    LEX_ASSERT(b.next == encoder->n_params);
    return lex_scope_status(encoder->weights, err);
}

lex_status lex_encoder_bind(lex_encoder *encoder, const float *const *values, lex_err *err)
{
    return bind_all(encoder, values, err);
}

lex_status lex_encoder_bind_flat(lex_encoder *encoder, const float *const *values, lex_err *err)
{
    int64_t n_trained = encoder->flat_count - encoder->frozen_floats;
    encoder->flat = lex_tensor_zeros(encoder->weights, LEX_F32, 1, &encoder->flat_count);
    encoder->flat_gradients = lex_tensor_zeros(encoder->weights, LEX_F32, 1, &n_trained);
    encoder->trained = lex_tensor_view(encoder->weights, encoder->flat, 1, &n_trained, encoder->frozen_floats);
    lex_scope *inner = lex_scope_new(encoder->runtime);
    for (int64_t i = 0; i < encoder->n_params; i++) {
        const lex_param *param = &encoder->params[i];
        lex_tensor_write(inner, lex_tensor_view(inner, encoder->flat, 1, &param->count, param->offset), values[i]);
    }
    lex_scope_keep(encoder->weights, inner, NULL);
    lex_scope_free(inner);
    return bind_all(encoder, NULL, err);
}
