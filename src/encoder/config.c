/* config.c - config.json to lex_encoder_config. Refuses by name what would be computed differently. */
#include "lexclf/encoder.h"

#include <string.h>

/* What the sizes of a model may be: far above any that exists, far below what overflows. */
enum { WIDTH_MAX = 1 << 16, LAYERS_MAX = 1000, POSITIONS_MAX = 65535, VOCAB_MAX = 1 << 24 };

static lex_status read_size(int64_t *out, const lex_json *config, const char *key, int64_t low, int64_t high,
                            lex_err *err)
{
    const lex_json *node = lex_json_get(config, key);
    if (!node)
        return lex_err_set(err, LEX_ERR_INPUT, "'%s' is missing", key);
    if (!lex_json_int(out, node, low, high))
        return lex_err_set(err, LEX_ERR_INPUT, "'%s' is not a whole number between %lld and %lld", key,
                           (long long)low, (long long)high);
    return LEX_OK;
}

static lex_status read_fraction(double *out, const lex_json *config, const char *key, double absent, lex_err *err)
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

const char *lex_encoder_supported(void)
{
    return "bert";
}

static lex_status check_supported(const lex_json *config, lex_err *err)
{
    lex_status st = LEX_OK;
    const char *type = lex_json_string(lex_json_get(config, "model_type"));
    if (!type) {
        st = lex_err_set(err, LEX_ERR_INPUT, "'model_type' is missing");
        goto done;
    }
    if (strcmp(type, "bert") != 0) {
        st = lex_err_set(err, LEX_ERR_INPUT, "encoder type '%s' is not supported (supported: %s)", type,
                         lex_encoder_supported());
        goto done;
    }
    LEX_TRY(expect(config, "hidden_act", "gelu", err));
    LEX_TRY(expect(config, "position_embedding_type", "absolute", err));
    if (lex_json_bool(lex_json_get(config, "is_decoder"), false))
        st = lex_err_set(err, LEX_ERR_INPUT, "'is_decoder' is true: decoders are not supported");
done:
    return st;
}

lex_status lex_encoder_config_read(lex_encoder_config *out, const lex_json *config, lex_err *err)
{
    lex_status st = LEX_OK;
    out->window_scores = false;
    LEX_TRY(check_supported(config, err));
    LEX_TRY(read_size(&out->vocab_size, config, "vocab_size", 1, VOCAB_MAX, err));
    LEX_TRY(read_size(&out->width, config, "hidden_size", 1, WIDTH_MAX, err));
    LEX_TRY(read_size(&out->n_layers, config, "num_hidden_layers", 1, LAYERS_MAX, err));
    LEX_TRY(read_size(&out->n_heads, config, "num_attention_heads", 1, out->width, err));
    LEX_TRY(read_size(&out->inner_width, config, "intermediate_size", 1, WIDTH_MAX, err));
    LEX_TRY(read_size(&out->n_positions, config, "max_position_embeddings", 2, POSITIONS_MAX, err));
    LEX_TRY(read_size(&out->n_segments, config, "type_vocab_size", 1, WIDTH_MAX, err));
    if (out->width % out->n_heads != 0) {
        st = lex_err_set(err, LEX_ERR_INPUT, "'hidden_size' %lld is no multiple of 'num_attention_heads' %lld",
                         (long long)out->width, (long long)out->n_heads);
        goto done;
    }
    LEX_TRY(read_fraction(&out->layer_norm_eps, config, "layer_norm_eps", 1e-12, err));
    LEX_TRY(read_fraction(&out->hidden_dropout, config, "hidden_dropout_prob", 0.1, err));
    LEX_TRY(read_fraction(&out->attention_dropout, config, "attention_probs_dropout_prob", 0.1, err));
    LEX_TRY(read_fraction(&out->head_dropout, config, "classifier_dropout", out->hidden_dropout, err));
    LEX_TRY(read_fraction(&out->initializer_range, config, "initializer_range", 0.02, err));
done:
    return st;
}
