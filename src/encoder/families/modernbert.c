/* modernbert.c - ModernBERT (Warner et al., "Smarter, Better, Faster, Longer", 2024): normalisation before each block and
 * without bias, positions by rotation (Su et al. 2021), a gated feed-forward (Shazeer 2020), and in most layers attention
 * within a window (Beltagy et al. 2020). The head, whose dense layer is normalised, takes the first token or the mean. */
#include <string.h>

#include "family.h"

/* 'layer_types' is a list; what is supported is full attention in every n-th layer, from the first on. */
static lex_status read_layer_types(lex_encoder_config *config, const lex_json *list, lex_err *err)
{
    int64_t i = 0, every = 0;
    bool regular = true;
    for (const lex_json *node = lex_json_first(list); node; node = lex_json_next(node), i++) {
        const char *type = lex_json_string(node);
        const bool full = type && strcmp(type, "full_attention") == 0;
        if (!full && !(type && strcmp(type, "sliding_attention") == 0))
            return lex_err_set(err, LEX_ERR_INPUT, "'layer_types' has '%s', supported are 'full_attention' and "
                               "'sliding_attention'", type ? type : "(not a string)");
        if (full && i > 0 && every == 0)
            every = i;
        regular = regular && full == (every ? i % every == 0 : i == 0);
    }
    if (i != config->n_layers || !regular)
        return lex_err_set(err, LEX_ERR_INPUT, "'layer_types' is not full attention in every n-th layer, from the first on");
    config->global_every = every ? every : i;
    return LEX_OK;
}

static lex_status read_theta(double *out, const lex_json *json, const char *kind, const char *old_key, double absent, lex_err *err)
{
    const lex_json *rope = lex_json_get(lex_json_get(json, "rope_parameters"), kind);
    const char *type = lex_json_string(lex_json_get(rope, "rope_type"));
    const lex_json *node = rope ? lex_json_get(rope, "rope_theta") : lex_json_get(json, old_key);
    const lex_json *scaling = lex_json_get(json, "rope_scaling");
    if ((type && strcmp(type, "default") != 0) || (scaling && lex_json_type_of(scaling) != LEX_JSON_NULL))
        return lex_err_set(err, LEX_ERR_INPUT, "scaled rotations ('rope_type', 'rope_scaling') are not supported");
    *out = node && lex_json_type_of(node) != LEX_JSON_NULL ? lex_json_number(node, -1) : absent;
    if (!(*out > 1 && *out < 1e12))
        return lex_err_set(err, LEX_ERR_INPUT, "'rope_theta' of '%s' is not a number above 1", kind);
    return LEX_OK;
}

static lex_status read_attention(lex_encoder_config *config, const lex_json *json, lex_err *err)
{
    lex_status st = LEX_OK;
    const lex_json *types = lex_json_get(json, "layer_types");
    int64_t window;
    LEX_TRY(lex_config_size_or(&window, json, "local_attention", 128, 2, 1 << 20, err));
    LEX_TRY(lex_config_size_or(&config->global_every, json, "global_attn_every_n_layers", 3, 1, LEX_LAYERS_MAX, err));
    if (types && lex_json_type_of(types) != LEX_JSON_NULL)
        LEX_TRY(read_layer_types(config, types, err));
    LEX_TRY(read_theta(&config->rotary_theta[0], json, "full_attention", "global_rope_theta", 160000, err));
    LEX_TRY(read_theta(&config->rotary_theta[1], json, "sliding_attention", "local_rope_theta", 10000, err));
    config->local_reach = window / 2;
    if (config->width / config->n_heads % 2 != 0)
        st = lex_err_set(err, LEX_ERR_INPUT, "heads of %lld columns cannot be rotated in pairs",
                         (long long)(config->width / config->n_heads));
done:
    return st;
}

static lex_status read(lex_encoder_config *config, const lex_json *json, lex_err *err)
{
    lex_status st = LEX_OK;
    const char *pooling = lex_json_string(lex_json_get(json, "classifier_pooling"));
    config->has_attention_bias = lex_json_bool(lex_json_get(json, "attention_bias"), false);
    config->has_inner_bias = lex_json_bool(lex_json_get(json, "mlp_bias"), false);
    config->has_norm_bias = lex_json_bool(lex_json_get(json, "norm_bias"), false);
    config->has_head_bias = lex_json_bool(lex_json_get(json, "classifier_bias"), false);
    config->head_over_mean = pooling && strcmp(pooling, "mean") == 0;
    if (pooling && !config->head_over_mean && strcmp(pooling, "cls") != 0) {
        st = lex_err_set(err, LEX_ERR_INPUT, "'classifier_pooling' is '%s', supported are 'cls' and 'mean'", pooling);
        goto done;
    }
    LEX_TRY(lex_config_any_activation(&config->head_activation, json, "classifier_activation", "gelu", err));
    LEX_TRY(lex_config_fraction(&config->layer_norm_eps, json, "norm_eps", 1e-5, err));
    LEX_TRY(lex_config_fraction(&config->hidden_dropout, json, "mlp_dropout", 0, err));
    LEX_TRY(lex_config_fraction(&config->attention_dropout, json, "attention_dropout", 0, err));
    LEX_TRY(lex_config_fraction(&config->head_dropout, json, "classifier_dropout", 0, err));
    st = read_attention(config, json, err);
done:
    return st;
}

static const char *const own_settings[] = {
    "attention_bias", "mlp_bias", "norm_bias", "classifier_bias", "classifier_pooling", "classifier_activation", "layer_types",
    "local_attention", "global_attn_every_n_layers", "rope_parameters", "global_rope_theta", "local_rope_theta", "rope_scaling",
    "embedding_dropout", "decoder_bias", "deterministic_flash_attn", "initializer_cutoff_factor", "reference_compile",
    "repad_logits_with_grad", "sparse_pred_ignore_index", "sparse_prediction", NULL};

const lex_encoder_family lex_family_modernbert = {
    .types = {{"modernbert", "ModernBertForSequenceClassification"}},
    .prefix = "model.",
    .settings = {.activation = "hidden_activation",
                 .eps = "norm_eps",
                 .hidden_dropout = "mlp_dropout",
                 .attention_dropout = "attention_dropout"},
    .own_settings = own_settings,
    .embedding = {.words = "embeddings.tok_embeddings", .norm = "embeddings.norm"},
    .layer = {.stack = "layers.",
              .query = "attn.Wqkv",
              .attention = "attn.Wo",
              .attention_norm = "attn_norm",
              .inner = "mlp.Wi",
              .outer = "mlp.Wo",
              .outer_norm = "mlp_norm"},
    .last_norm = "final_norm",
    .norm_first = true,
    .first_is_bare = true,
    .is_gated = true,
    .head = {.dense = "head.dense", .norm = "head.norm", .classifier = "classifier", .activation = LEX_ACTIVATION_GELU},
    .read = read,
};
