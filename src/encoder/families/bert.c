/* bert.c - BERT (Devlin et al., "BERT", NAACL 2019). */
#include "family.h"

const lex_encoder_family lex_family_bert = {
    .types = {{"bert", "BertForSequenceClassification"}},
    .prefix = "bert.",
    .embedding = {.words = "embeddings.word_embeddings",
                  .positions = "embeddings.position_embeddings",
                  .segments = "embeddings.token_type_embeddings",
                  .norm = "embeddings.LayerNorm"},
    .layer = {.stack = "encoder.layer.",
              .query = "attention.self.query",
              .key = "attention.self.key",
              .value = "attention.self.value",
              .attention = "attention.output.dense",
              .attention_norm = "attention.output.LayerNorm",
              .inner = "intermediate.dense",
              .outer = "output.dense",
              .outer_norm = "output.LayerNorm"},
    .head = {.dense = "bert.pooler.dense", .classifier = "classifier", .activation = LEX_ACTIVATION_TANH},
};
