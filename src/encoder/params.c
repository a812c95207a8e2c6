/* params.c - the table of parameters: names as transformers stores them, shapes, and places in the flat buffer.
 *
 * Query, key and value weights follow one another without a gap, and so do their biases: in the flat buffer the three
 * are one (3C, C) matrix. Everything else begins on a 64-byte boundary. */
#include "internal.h"

#include <stdio.h>

#include "lexclf/int8.h"

enum { ALIGN_FLOATS = 16 };

typedef struct {
    lex_encoder *encoder;
    int layer;
    bool glued; /* the next parameter follows without a gap */
} layout;

static void add(layout *at, const char *name, int64_t rows, int64_t columns, bool decay)
{
    lex_encoder *encoder = at->encoder;
    lex_param param = {
        .name = lex_arena_copy(&encoder->names, lex_str_of(name)).ptr,
        .n_dims = columns ? 2 : 1,
        .shape = {rows, columns ? columns : 1},
        .count = rows * (columns ? columns : 1),
        .layer = at->layer,
        .decay = decay,
        .head = at->layer == encoder->config.n_layers,
    };
    if (!at->glued)
        encoder->flat_count = (encoder->flat_count + ALIGN_FLOATS - 1) / ALIGN_FLOATS * ALIGN_FLOATS;
    param.offset = encoder->flat_count;
    encoder->flat_count += param.count;
    LEX_PUSH(encoder->params, encoder->n_params, encoder->param_capacity, param);
}

/* Of the parameter that was added last. A sum over more inputs would not fit into 32 bits. */
static void may_be_int8(layout *at, lex_int8_form form)
{
    lex_param *param = &at->encoder->params[at->encoder->n_params - 1];
    param->int8 = param->shape[1] <= LEX_INT8_DEPTH_MAX ? form : LEX_INT8_NEVER;
}

static void add_norm(layout *at, const char *prefix, int64_t width)
{
    char name[200];
    snprintf(name, sizeof name, "%s.weight", prefix);
    add(at, name, width, 0, false);
    snprintf(name, sizeof name, "%s.bias", prefix);
    add(at, name, width, 0, false);
}

static void add_linear(layout *at, const char *prefix, int64_t out, int64_t in)
{
    char name[200];
    snprintf(name, sizeof name, "%s.weight", prefix);
    add(at, name, out, in, true);
    may_be_int8(at, LEX_INT8_PANELS);
    snprintf(name, sizeof name, "%s.bias", prefix);
    add(at, name, out, 0, false);
}

static void add_qkv(layout *at, const char *prefix, int64_t width)
{
    static const char *const parts[] = {"query", "key", "value"};
    char name[200];
    for (int i = 0; i < 6; i++) {
        snprintf(name, sizeof name, "%s.attention.self.%s.%s", prefix, parts[i % 3], i < 3 ? "weight" : "bias");
        at->glued = i % 3 != 0;
        add(at, name, width, i < 3 ? width : 0, i < 3);
        may_be_int8(at, i < 3 ? LEX_INT8_PANELS : LEX_INT8_NEVER);
    }
    at->glued = false;
}

static void add_layer(layout *at, int layer)
{
    const lex_encoder_config *config = &at->encoder->config;
    char prefix[100], name[160];
    at->layer = layer;
    snprintf(prefix, sizeof prefix, "bert.encoder.layer.%d", layer);
    add_qkv(at, prefix, config->width);
    snprintf(name, sizeof name, "%s.attention.output.dense", prefix);
    add_linear(at, name, config->width, config->width);
    snprintf(name, sizeof name, "%s.attention.output.LayerNorm", prefix);
    add_norm(at, name, config->width);
    snprintf(name, sizeof name, "%s.intermediate.dense", prefix);
    add_linear(at, name, config->inner_width, config->width);
    snprintf(name, sizeof name, "%s.output.dense", prefix);
    add_linear(at, name, config->width, config->inner_width);
    snprintf(name, sizeof name, "%s.output.LayerNorm", prefix);
    add_norm(at, name, config->width);
}

void lex_encoder_lay_out(lex_encoder *encoder)
{
    const lex_encoder_config *config = &encoder->config;
    layout at = {encoder, -1, false};
    add(&at, "bert.embeddings.word_embeddings.weight", config->vocab_size, config->width, true);
    may_be_int8(&at, LEX_INT8_ROWS);
    add(&at, "bert.embeddings.position_embeddings.weight", config->n_positions, config->width, true);
    may_be_int8(&at, LEX_INT8_ROWS);
    add(&at, "bert.embeddings.token_type_embeddings.weight", config->n_segments, config->width, true);
    add_norm(&at, "bert.embeddings.LayerNorm", config->width);
    for (int layer = 0; layer < config->n_layers; layer++)
        add_layer(&at, layer);
    at.layer = (int)config->n_layers;
    if (encoder->pooling == LEX_POOLING_CLS)
        add_linear(&at, "bert.pooler.dense", config->width, config->width);
    if (config->window_scores)
        add(&at, "lexclf.window_attention.weight", 1, config->width, true);
    if (encoder->pooling == LEX_POOLING_CLS) {
        add_linear(&at, "classifier", encoder->n_outputs, config->width);
    } else {
        /* transformers would pool the first token: under this name it reports the head as missing. */
        add_linear(&at, "lexclf.mean_classifier", encoder->n_outputs, config->width);
    }
    encoder->params[encoder->n_params - 2].int8 = LEX_INT8_NEVER; /* before the bias */
}
