/* mpnet.c - MPNet (Song et al., "MPNet", NeurIPS 2020): BERT's layers, RoBERTa's positions and head, no token types, and one
 * table for all layers of what attention adds to a score by how far a key is from its query. */
#include "family.h"

enum { PAD = 1, BUCKETS = 32 };

/* transformers uses 32 buckets whatever the table has. */
static lex_status read(lex_encoder_config *config, const lex_json *json, lex_err *err)
{
    lex_status st = LEX_OK;
    LEX_TRY(lex_config_size_or(&config->n_buckets, json, "relative_attention_num_buckets", BUCKETS, BUCKETS, 1 << 16, err));
    config->head_dropout = config->hidden_dropout;
    st = lex_config_positions_from(config, PAD, err);
done:
    return st;
}

static const char *const own_settings[] = {"relative_attention_num_buckets", NULL};

const lex_encoder_family lex_family_mpnet = {
    .types = {{"mpnet", "MPNetForSequenceClassification"}},
    .prefix = "mpnet.",
    .own_settings = own_settings,
    .embedding = {.words = "embeddings.word_embeddings",
                  .positions = "embeddings.position_embeddings",
                  .norm = "embeddings.LayerNorm",
                  .relative = "encoder.relative_attention_bias"},
    .layer = {.stack = "encoder.layer.",
              .query = "attention.attn.q",
              .key = "attention.attn.k",
              .value = "attention.attn.v",
              .attention = "attention.attn.o",
              .attention_norm = "attention.LayerNorm",
              .inner = "intermediate.dense",
              .outer = "output.dense",
              .outer_norm = "output.LayerNorm"},
    .head = {LEX_HEAD_OF_ROBERTA, .activation = LEX_ACTIVATION_TANH},
    .read = read,
};
