/* config.c - config.json to lex_encoder_config: what all families have, then what the family's own file reads. Refuses by
 * name what would be computed differently. */
#include <string.h>

#include "family.h"

/* What the sizes of a model may be: far above any that exists, far below what overflows. */
enum { WIDTH_MAX = 1 << 16, POSITIONS_MAX = 65535, VOCAB_MAX = 1 << 24 };

lex_status lex_config_size(int64_t *out, const lex_json *config, const char *key, int64_t low, int64_t high, lex_err *err)
{
    const lex_json *node = lex_json_get(config, key);
    if (!node)
        return lex_err_set(err, LEX_ERR_INPUT, "'%s' is missing", key);
    if (!lex_json_int(out, node, low, high))
        return lex_err_set(err, LEX_ERR_INPUT, "'%s' is not a whole number between %lld and %lld", key,
                           (long long)low, (long long)high);
    return LEX_OK;
}

lex_status lex_config_size_or(int64_t *out, const lex_json *config, const char *key, int64_t absent, int64_t low, int64_t high,
                              lex_err *err)
{
    *out = absent;
    return lex_json_get(config, key) ? lex_config_size(out, config, key, low, high, err) : LEX_OK;
}

lex_status lex_config_fraction(double *out, const lex_json *config, const char *key, double absent, lex_err *err)
{
    const lex_json *node = lex_json_get(config, key);
    *out = absent;
    if (!node || lex_json_type_of(node) == LEX_JSON_NULL)
        return LEX_OK;
    *out = lex_json_number(node, -1);
    if (!(*out >= 0 && *out < 1))
        return lex_err_set(err, LEX_ERR_INPUT, "'%s' is not a number in [0, 1)", key);
    return LEX_OK;
}

lex_status lex_config_must_be(const lex_json *config, const char *key, bool value, lex_err *err)
{
    if (lex_json_bool(lex_json_get(config, key), value) == value)
        return LEX_OK;
    return lex_err_set(err, LEX_ERR_INPUT, "'%s' is %s, supported is %s", key, value ? "false" : "true",
                       value ? "true" : "false");
}

static lex_status read_activation(lex_activation *out, const lex_json *config, const char *key, const char *absent, bool or_tanh,
                                  lex_err *err)
{
    static const struct {
        const char *name;
        lex_activation activation;
    } known[] = {{"tanh", LEX_ACTIVATION_TANH},           {"gelu", LEX_ACTIVATION_GELU},
                 {"gelu_new", LEX_ACTIVATION_GELU_TANH},  {"gelu_fast", LEX_ACTIVATION_GELU_TANH},
                 {"gelu_pytorch_tanh", LEX_ACTIVATION_GELU_TANH}, {"relu", LEX_ACTIVATION_RELU}};
    const lex_json *node = lex_json_get(config, key);
    const char *name = node ? lex_json_string(node) : absent;
    for (size_t i = or_tanh ? 0 : 1; name && i < sizeof known / sizeof *known; i++) {
        *out = known[i].activation;
        if (strcmp(name, known[i].name) == 0)
            return LEX_OK;
    }
    return lex_err_set(err, LEX_ERR_INPUT, "'%s' is '%s', supported are %s'gelu', 'gelu_new' and 'relu'", key,
                       name ? name : "(not a string)", or_tanh ? "'tanh', " : "");
}

lex_status lex_config_activation(lex_activation *out, const lex_json *config, const char *key, const char *absent, lex_err *err)
{
    return read_activation(out, config, key, absent, false, err);
}

lex_status lex_config_any_activation(lex_activation *out, const lex_json *config, const char *key, const char *absent,
                                     lex_err *err)
{
    return read_activation(out, config, key, absent, true, err);
}

lex_status lex_config_positions_from(lex_encoder_config *config, int64_t pad, lex_err *err)
{
    config->pad_id = pad;
    config->position_offset = pad + 1;
    config->n_positions -= pad + 1;
    if (config->n_positions < 1)
        return lex_err_set(err, LEX_ERR_INPUT, "'max_position_embeddings' %lld leaves none behind the padding's %lld",
                           (long long)(config->n_positions + pad + 1), (long long)pad);
    return LEX_OK;
}

/* A setting that is supported with one value only; absent means that value. */
static lex_status expect(const lex_json *config, const char *key, const char *value, lex_err *err)
{
    const lex_json *node = lex_json_get(config, key);
    if (!node)
        return LEX_OK;
    const char *text = lex_json_string(node);
    if (!text || strcmp(text, value) != 0)
        return lex_err_set(err, LEX_ERR_INPUT, "'%s' is '%s', supported is '%s'", key, text ? text : "(not a string)",
                           value);
    return LEX_OK;
}

static lex_status find_family(lex_encoder_config *out, const lex_json *config, lex_err *err)
{
    const char *type = lex_json_string(lex_json_get(config, "model_type"));
    if (!type)
        return lex_err_set(err, LEX_ERR_INPUT, "'model_type' is missing");
    out->family = lex_encoder_family_of(type);
    if (!out->family)
        return lex_err_set(err, LEX_ERR_INPUT, "encoder type '%s' is not supported (supported: %s)", type,
                           lex_encoder_supported());
    for (int t = 0; t < LEX_FAMILY_TYPES && out->family->types[t].model_type; t++)
        if (strcmp(out->family->types[t].model_type, type) == 0)
            out->class_name = out->family->types[t].class_name;
    return LEX_OK;
}

/* A family's name for a setting, where config.json has it; else BERT's, which transformers reads, too. */
static const char *key_of(const lex_json *config, const char *own, const char *usual)
{
    return own && (lex_json_get(config, own) || !lex_json_get(config, usual)) ? own : usual;
}

static lex_status read_sizes(lex_encoder_config *out, const lex_json *config, lex_err *err)
{
    const lex_encoder_family *f = out->family;
    lex_status st = LEX_OK;
    const char *width = key_of(config, f->settings.width, "hidden_size");
    const char *heads = key_of(config, f->settings.heads, "num_attention_heads");
    LEX_TRY(lex_config_size(&out->vocab_size, config, "vocab_size", 1, VOCAB_MAX, err));
    LEX_TRY(lex_config_size(&out->width, config, width, 1, WIDTH_MAX, err));
    LEX_TRY(lex_config_size(&out->n_layers, config, key_of(config, f->settings.layers, "num_hidden_layers"), 1, LEX_LAYERS_MAX,
                            err));
    LEX_TRY(lex_config_size(&out->n_heads, config, heads, 1, out->width, err));
    LEX_TRY(lex_config_size(&out->inner_width, config, key_of(config, f->settings.inner_width, "intermediate_size"), 1,
                            WIDTH_MAX, err));
    LEX_TRY(lex_config_size(&out->n_positions, config, "max_position_embeddings", 2, POSITIONS_MAX, err));
    if (f->embedding.segments)
        LEX_TRY(lex_config_size(&out->n_segments, config, "type_vocab_size", !f->embedding.may_lack_segments, WIDTH_MAX, err));
    if (out->width % out->n_heads != 0)
        st = lex_err_set(err, LEX_ERR_INPUT, "'%s' %lld is no multiple of '%s' %lld", width, (long long)out->width, heads,
                         (long long)out->n_heads);
done:
    return st;
}

lex_status lex_encoder_config_read(lex_encoder_config *out, const lex_json *config, lex_err *err)
{
    lex_status st = LEX_OK;
    *out = (lex_encoder_config){.pad_id = -1, .has_attention_bias = true, .has_inner_bias = true, .has_norm_bias = true,
                                .has_head_bias = true, .has_position_table = true};
    LEX_TRY(find_family(out, config, err));
    const lex_encoder_family *f = out->family;
    LEX_TRY(lex_config_activation(&out->activation, config, key_of(config, f->settings.activation, "hidden_act"), "gelu", err));
    LEX_TRY(expect(config, "position_embedding_type", "absolute", err));
    if (lex_json_bool(lex_json_get(config, "is_decoder"), false)) {
        st = lex_err_set(err, LEX_ERR_INPUT, "'is_decoder' is true: decoders are not supported");
        goto done;
    }
    LEX_TRY(read_sizes(out, config, err));
    out->embedding_width = out->width;
    out->head_activation = f->head.activation;
    LEX_TRY(lex_config_fraction(&out->layer_norm_eps, config, key_of(config, f->settings.eps, "layer_norm_eps"), 1e-12, err));
    LEX_TRY(lex_config_fraction(&out->hidden_dropout, config, key_of(config, f->settings.hidden_dropout, "hidden_dropout_prob"),
                                0.1, err));
    LEX_TRY(lex_config_fraction(&out->attention_dropout, config,
                                key_of(config, f->settings.attention_dropout, "attention_probs_dropout_prob"), 0.1, err));
    LEX_TRY(lex_config_fraction(&out->head_dropout, config, key_of(config, f->settings.head_dropout, "classifier_dropout"),
                                out->hidden_dropout, err));
    LEX_TRY(lex_config_fraction(&out->initializer_range, config, "initializer_range", 0.02, err));
    if (f->read)
        LEX_TRY(f->read(out, config, err));
done:
    return st;
}
