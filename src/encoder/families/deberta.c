/* deberta.c - DeBERTa v2 and v3 (He et al., "DeBERTa", ICLR 2021; "DeBERTaV3", ICLR 2023): attention's scores have two more
 * terms, of a query with the embedding of a distance and of that with a key; distances far off share buckets. Supported are
 * both terms together, by the layer's own projections of query and key, as published; v2 adds a convolution over neighbouring
 * tokens beside the first layer. */
#include <string.h>

#include "family.h"

enum { CONVOLUTION_MAX = 63 };

/* "p2c|c2p", or a list of the two. */
static bool has_both_terms(const lex_json *node)
{
    const char *text = lex_json_string(node);
    bool c2p = text && strstr(text, "c2p"), p2c = text && strstr(text, "p2c");
    for (const lex_json *item = text ? NULL : lex_json_first(node); item; item = lex_json_next(item)) {
        const char *name = lex_json_string(item);
        c2p = c2p || (name && strcmp(name, "c2p") == 0);
        p2c = p2c || (name && strcmp(name, "p2c") == 0);
    }
    return c2p && p2c;
}

static lex_status read_distances(lex_encoder_config *config, const lex_json *json, lex_err *err)
{
    lex_status st = LEX_OK;
    const lex_json *furthest = lex_json_get(json, "max_relative_positions");
    if (!lex_json_bool(lex_json_get(json, "relative_attention"), false) ||
        !lex_json_bool(lex_json_get(json, "share_att_key"), false) ||
        !has_both_terms(lex_json_get(json, "pos_att_type"))) {
        st = lex_err_set(err, LEX_ERR_INPUT, "supported of DeBERTa are 'relative_attention' and 'share_att_key' true, with "
                         "'pos_att_type' of c2p and p2c");
        goto done;
    }
    LEX_TRY(lex_config_size(&config->distance_span, json, "position_buckets", 2, 1 << 15, err));
    config->distance_max = config->n_positions;
    if (lex_json_number(furthest, -1) >= 1)
        LEX_TRY(lex_config_size(&config->distance_max, json, "max_relative_positions", 2, 1 << 20, err));
    if (config->distance_max <= config->distance_span / 2 + 1)
        st = lex_err_set(err, LEX_ERR_INPUT, "'position_buckets' %lld are too many for distances below %lld",
                         (long long)config->distance_span, (long long)config->distance_max);
done:
    return st;
}

/* Of an even number of tokens transformers computes none either: its length would be another. */
static lex_status read_convolution(lex_encoder_config *config, const lex_json *json, lex_err *err)
{
    lex_status st = LEX_OK;
    int64_t groups;
    LEX_TRY(lex_config_size_or(&config->convolution, json, "conv_kernel_size", 0, 0, CONVOLUTION_MAX, err));
    if (config->convolution == 0)
        goto done;
    LEX_TRY(lex_config_size_or(&groups, json, "conv_groups", 1, 1, 1 << 16, err));
    LEX_TRY(lex_config_any_activation(&config->convolution_activation, json, "conv_act", "tanh", err));
    if (config->convolution % 2 == 0 || groups != 1)
        st = lex_err_set(err, LEX_ERR_INPUT, "'conv_kernel_size' %lld with 'conv_groups' %lld: supported are odd sizes, and 1",
                         (long long)config->convolution, (long long)groups);
done:
    return st;
}

static lex_status read(lex_encoder_config *config, const lex_json *json, lex_err *err)
{
    lex_status st = LEX_OK;
    int64_t width;
    const char *norm = lex_json_string(lex_json_get(json, "norm_rel_ebd"));
    LEX_TRY(lex_config_size_or(&config->embedding_width, json, "embedding_size", config->width, 1, 1 << 16, err));
    LEX_TRY(lex_config_size_or(&width, json, "pooler_hidden_size", config->width, 1, 1 << 16, err));
    if (config->embedding_width != config->width || width != config->width) {
        st = lex_err_set(err, LEX_ERR_INPUT, "'embedding_size' and 'pooler_hidden_size' must be 'hidden_size' %lld",
                         (long long)config->width);
        goto done;
    }
    config->has_distance_norm = norm && strstr(norm, "layer_norm");
    config->has_position_table = lex_json_bool(lex_json_get(json, "position_biased_input"), true);
    LEX_TRY(lex_config_fraction(&config->layer_norm_eps, json, "layer_norm_eps", 1e-7, err));
    LEX_TRY(lex_config_fraction(&config->head_dropout, json, "cls_dropout", config->hidden_dropout, err));
    LEX_TRY(lex_config_any_activation(&config->head_activation, json, "pooler_hidden_act", "gelu", err));
    LEX_TRY(read_convolution(config, json, err));
    st = read_distances(config, json, err);
done:
    return st;
}

static const char *const own_settings[] = {
    "relative_attention", "max_relative_positions", "position_buckets", "norm_rel_ebd", "share_att_key", "pos_att_type",
    "position_biased_input", "conv_kernel_size", "conv_act", "conv_groups", "embedding_size", "pooler_hidden_size",
    "pooler_hidden_act", "pooler_dropout", "cls_dropout", "legacy", NULL};

const lex_encoder_family lex_family_deberta = {
    .types = {{"deberta-v2", "DebertaV2ForSequenceClassification"}},
    .prefix = "deberta.",
    .own_settings = own_settings,
    .embedding = {.words = "embeddings.word_embeddings",
                  .positions = "embeddings.position_embeddings",
                  .segments = "embeddings.token_type_embeddings",
                  .may_lack_segments = true,
                  .norm = "embeddings.LayerNorm",
                  .distances = "encoder.rel_embeddings",
                  .distances_norm = "encoder.LayerNorm"},
    .layer = {.stack = "encoder.layer.",
              .query = "attention.self.query_proj",
              .key = "attention.self.key_proj",
              .value = "attention.self.value_proj",
              .attention = "attention.output.dense",
              .attention_norm = "attention.output.LayerNorm",
              .inner = "intermediate.dense",
              .outer = "output.dense",
              .outer_norm = "output.LayerNorm"},
    .convolution = {.weights = "encoder.conv.conv", .norm = "encoder.conv.LayerNorm"},
    .head = {.dense = "pooler.dense", .classifier = "classifier", .activation = LEX_ACTIVATION_GELU},
    .read = read,
};
