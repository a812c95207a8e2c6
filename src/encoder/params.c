/* params.c - the table of parameters, as the family describes them: names as transformers stores them, shapes, and places
 * in the flat buffer.
 *
 * Query, key and value weights follow one another without a gap, and so do their biases: in the flat buffer the three
 * are one (3C, C) matrix. Everything else begins on a 64-byte boundary. Layers that share their weights have one place. */
#include "layout.h"

#include <stdio.h>
#include <stdlib.h>

#include "lexclf/int8.h"

enum { ALIGN_FLOATS = 16, NAME_BYTES = 200 };

typedef struct {
    lex_layout *layout;
    const lex_encoder_config *config;
    const char *prefix; /* of the names that are added now */
    int layer;
    bool glued; /* the next parameter follows without a gap */
} adding;

static int64_t add(adding *at, const char *name, const char *suffix, int64_t rows, int64_t columns, bool decay)
{
    lex_layout *layout = at->layout;
    char full[NAME_BYTES];
    snprintf(full, sizeof full, "%.100s%.80s%.9s", at->prefix, name, suffix);
    lex_param param = {
        .name = lex_arena_copy(&layout->names, lex_str_of(full)).ptr,
        .n_dims = columns ? 2 : 1,
        .shape = {rows, columns ? columns : 1, 1},
        .count = rows * (columns ? columns : 1),
        .layer = at->layer,
        .decay = decay,
        .head = at->layer == at->config->n_layers,
    };
    if (!at->glued)
        layout->flat_count = (layout->flat_count + ALIGN_FLOATS - 1) / ALIGN_FLOATS * ALIGN_FLOATS;
    param.offset = layout->flat_count;
    layout->flat_count += param.count;
    LEX_PUSH(layout->params, layout->n_params, layout->capacity, param);
    return layout->n_params - 1;
}

/* Of the parameter that was added last. A sum over more inputs would not fit into 32 bits. */
static void may_be_int8(adding *at, lex_int8_form form)
{
    lex_param *param = &at->layout->params[at->layout->n_params - 1];
    param->int8 = param->shape[1] <= LEX_INT8_DEPTH_MAX ? form : LEX_INT8_NEVER;
}

static lex_place none(void)
{
    return (lex_place){-1, -1};
}

static lex_place add_table(adding *at, const char *name, int64_t rows, int64_t columns, lex_int8_form form)
{
    if (!name || rows == 0)
        return none();
    lex_place place = {add(at, name, ".weight", rows, columns, true), -1};
    may_be_int8(at, form);
    return place;
}

static lex_place add_norm(adding *at, const char *name, int64_t width)
{
    if (!name)
        return none();
    int64_t weight = add(at, name, ".weight", width, 0, false);
    return (lex_place){weight, at->config->has_norm_bias ? add(at, name, ".bias", width, 0, false) : -1};
}

static lex_place add_linear(adding *at, const char *name, int64_t out, int64_t in, bool has_bias)
{
    lex_place place = {add(at, name, ".weight", out, in, true), -1};
    may_be_int8(at, LEX_INT8_PANELS);
    if (has_bias)
        place.bias = add(at, name, ".bias", out, 0, false);
    return place;
}

static lex_place add_qkv(adding *at, const char *const names[3], int64_t width)
{
    const bool has_bias = at->config->has_attention_bias;
    lex_place place = none();
    if (!names[1])
        return add_linear(at, names[0], 3 * width, width, has_bias);
    for (int i = 0; i < (has_bias ? 6 : 3); i++) {
        at->glued = i % 3 != 0;
        int64_t added = add(at, names[i % 3], i < 3 ? ".weight" : ".bias", width, i < 3 ? width : 0, i < 3);
        may_be_int8(at, i < 3 ? LEX_INT8_PANELS : LEX_INT8_NEVER);
        at->layout->params[added].joined = i % 3 != 0;
        if (i == 0)
            place.weight = added;
        else if (i == 3)
            place.bias = added;
    }
    at->glued = false;
    return place;
}

/* ---- layers ---- */

/* Which of the different layers a layer is. */
static int64_t stored_layer(const lex_encoder_config *config, int64_t layer)
{
    if (config->n_groups == 0)
        return layer;
    const int64_t n_hidden = config->n_layers / config->group_size, hidden = layer / config->group_size;
    const int64_t group = (int64_t)((double)hidden / ((double)n_hidden / (double)config->n_groups));
    return group * config->group_size + layer % config->group_size;
}

static void name_layer(char out[NAME_BYTES], const lex_encoder_config *config, int64_t stored)
{
    const lex_encoder_family *f = config->family;
    const int64_t size = config->n_groups ? config->group_size : 1;
    int n = snprintf(out, NAME_BYTES, "%s%s%lld", f->prefix, f->layer.stack, (long long)(stored / size));
    if (f->layer.within)
        n += snprintf(out + n, NAME_BYTES - (size_t)n, "%s%lld", f->layer.within, (long long)(stored % size));
    snprintf(out + n, NAME_BYTES - (size_t)n, ".");
}

static lex_layer_places add_layer(adding *at, int64_t stored)
{
    const lex_encoder_config *config = at->config;
    const lex_encoder_family *f = config->family;
    const int64_t C = config->width, I = config->inner_width;
    const char *const names[3] = {f->layer.query, f->layer.key, f->layer.value};
    char prefix[NAME_BYTES];
    lex_layer_places l = {.n_qkv = f->layer.key ? 3 : 1, .attention_norm = none(), .outer_norm = none()};
    name_layer(prefix, config, stored);
    at->prefix = prefix;
    if (f->norm_first && !(f->first_is_bare && stored == 0))
        l.attention_norm = add_norm(at, f->layer.attention_norm, C);
    l.qkv = add_qkv(at, names, C);
    l.attention = add_linear(at, f->layer.attention, C, C, config->has_attention_bias);
    if (!f->norm_first)
        l.attention_norm = add_norm(at, f->layer.attention_norm, C);
    if (f->norm_first)
        l.outer_norm = add_norm(at, f->layer.outer_norm, C);
    l.inner = add_linear(at, f->layer.inner, f->is_gated ? 2 * I : I, C, config->has_inner_bias);
    l.outer = add_linear(at, f->layer.outer, C, I, config->has_inner_bias);
    if (!f->norm_first)
        l.outer_norm = add_norm(at, f->layer.outer_norm, C);
    at->prefix = f->prefix;
    return l;
}

/* Its weight is a matrix (C, C size) to us, and (C, C, size) where it is stored. */
static void add_convolution(adding *at)
{
    lex_layout *layout = at->layout;
    const lex_encoder_config *config = at->config;
    layout->convolution = layout->convolution_norm = none();
    if (config->convolution == 0)
        return;
    layout->convolution = add_linear(at, config->family->convolution.weights, config->width, config->width * config->convolution,
                                     true);
    lex_param *weight = &layout->params[layout->convolution.weight];
    weight->n_dims = 3;
    weight->shape[1] = config->width;
    weight->shape[2] = config->convolution;
    weight->int8 = LEX_INT8_NEVER;
    layout->convolution_norm = add_norm(at, config->family->convolution.norm, config->width);
}

static void add_layers(adding *at)
{
    lex_layout *layout = at->layout;
    const lex_encoder_config *config = at->config;
    for (int64_t i = 0; i < config->n_layers; i++) {
        const int64_t stored = stored_layer(config, i);
        int64_t first = i, last = i;
        for (int64_t other = 0; config->n_groups && other < config->n_layers; other++) {
            if (stored_layer(config, other) != stored)
                continue;
            first = other < first ? other : first;
            last = other > last ? other : last;
        }
        at->layer = (int)last;
        layout->layers[i] = first < i ? layout->layers[first] : add_layer(at, stored);
        layout->layers[i].first_user = first;
        layout->layers[i].is_shared = first < last;
        if (i == 0)
            add_convolution(at);
    }
}

/* ---- the whole ---- */

static void add_embeddings(adding *at)
{
    lex_layout *layout = at->layout;
    const lex_encoder_config *config = at->config;
    const lex_encoder_family *f = config->family;
    const int64_t E = config->embedding_width;
    layout->words = add_table(at, f->embedding.words, config->vocab_size, E, LEX_INT8_ROWS);
    layout->positions = add_table(at, config->has_position_table ? f->embedding.positions : NULL,
                                  config->n_positions + config->position_offset, E, LEX_INT8_ROWS);
    layout->segments = add_table(at, f->embedding.segments, config->n_segments, E, LEX_INT8_NEVER);
    layout->embedding_norm = add_norm(at, f->embedding.norm, E);
    layout->projection = config->has_projection ? add_linear(at, f->embedding.projection, config->width, E, true) : none();
    layout->distances = add_table(at, f->embedding.distances, 2 * config->distance_span, config->width, LEX_INT8_NEVER);
    layout->distances_norm = config->has_distance_norm ? add_norm(at, f->embedding.distances_norm, config->width) : none();
    layout->relative = add_table(at, f->embedding.relative, config->n_buckets, config->n_heads, LEX_INT8_NEVER);
    if (layout->relative.weight >= 0)
        layout->params[layout->relative.weight].decay = false; /* it is a bias */
}

static void add_head(adding *at, lex_pooling pooling, int64_t n_outputs)
{
    lex_layout *layout = at->layout;
    const lex_encoder_family *f = at->config->family;
    const int64_t C = at->config->width;
    const bool own = pooling == LEX_POOLING_CLS;
    at->layer = (int)at->config->n_layers;
    at->prefix = "";
    layout->dense = own ? add_linear(at, f->head.dense, C, C, at->config->has_head_bias) : none();
    layout->head_norm = own ? add_norm(at, f->head.norm, C) : none();
    layout->scorer = none();
    if (at->config->window_scores)
        layout->scorer.weight = add(at, "lexclf.window_attention", ".weight", 1, C, true);
    layout->classifier = add_linear(at, own ? f->head.classifier : LEX_MEAN_HEAD, n_outputs, C, true);
    layout->params[layout->classifier.weight].int8 = LEX_INT8_NEVER;
}

void lex_layout_init(lex_layout *layout, const lex_encoder_config *config, lex_pooling pooling, int64_t n_outputs)
{
    *layout = (lex_layout){.n_params = 0};
    lex_arena_init(&layout->names);
    layout->layers = lex_alloc_zeroed((size_t)config->n_layers, sizeof *layout->layers);
    adding at = {layout, config, config->family->prefix, -1, false};
    add_embeddings(&at);
    add_layers(&at);
    at.layer = (int)config->n_layers - 1;
    layout->last_norm = add_norm(&at, config->family->last_norm, config->width);
    add_head(&at, pooling, n_outputs);
}

void lex_layout_release(lex_layout *layout)
{
    lex_arena_release(&layout->names);
    free(layout->params);
    free(layout->layers);
}
