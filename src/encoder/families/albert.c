/* albert.c - ALBERT (Lan et al., "ALBERT", ICLR 2020): embeddings narrower than the layers and projected, and layers that
 * share their weights, group by group; BERT's layer and pooler under names of its own. */
#include "family.h"

/* Of `within` layers each: all layers of one group, one behind the other, are passed through for each hidden layer. */
static lex_status read(lex_encoder_config *config, const lex_json *json, lex_err *err)
{
    lex_status st = LEX_OK;
    const int64_t hidden = config->n_layers;
    int64_t within;
    LEX_TRY(lex_config_size(&config->embedding_width, json, "embedding_size", 1, 1 << 16, err));
    LEX_TRY(lex_config_size_or(&config->n_groups, json, "num_hidden_groups", 1, 1, hidden, err));
    LEX_TRY(lex_config_size_or(&within, json, "inner_group_num", 1, 1, LEX_LAYERS_MAX / hidden, err));
    LEX_TRY(lex_config_fraction(&config->hidden_dropout, json, "hidden_dropout_prob", 0, err));
    LEX_TRY(lex_config_fraction(&config->attention_dropout, json, "attention_probs_dropout_prob", 0, err));
    LEX_TRY(lex_config_activation(&config->activation, json, "hidden_act", "gelu_new", err));
    config->n_layers = hidden * within;
    config->group_size = within;
    config->has_projection = true;
    st = lex_config_fraction(&config->head_dropout, json, "classifier_dropout_prob", 0.1, err);
done:
    return st;
}

static const char *const own_settings[] = {"embedding_size", "num_hidden_groups", "inner_group_num", "classifier_dropout_prob",
                                           "down_scale_factor", "gap_size", "net_structure_type", "num_memory_blocks", NULL};

const lex_encoder_family lex_family_albert = {
    .types = {{"albert", "AlbertForSequenceClassification"}},
    .prefix = "albert.",
    .settings = {.head_dropout = "classifier_dropout_prob"},
    .own_settings = own_settings,
    .embedding = {.words = "embeddings.word_embeddings",
                  .positions = "embeddings.position_embeddings",
                  .segments = "embeddings.token_type_embeddings",
                  .norm = "embeddings.LayerNorm",
                  .projection = "encoder.embedding_hidden_mapping_in"},
    .layer = {.stack = "encoder.albert_layer_groups.",
              .within = ".albert_layers.",
              .query = "attention.query",
              .key = "attention.key",
              .value = "attention.value",
              .attention = "attention.dense",
              .attention_norm = "attention.LayerNorm",
              .inner = "ffn",
              .outer = "ffn_output",
              .outer_norm = "full_layer_layer_norm"},
    .head = {.dense = "albert.pooler", .classifier = "classifier", .activation = LEX_ACTIVATION_TANH},
    .read = read,
};
