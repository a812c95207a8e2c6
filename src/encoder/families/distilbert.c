/* distilbert.c - DistilBERT (Sanh et al. 2019): BERT's layers under names and settings of its own, no token types, and a
 * dense layer with ReLU before the classifier. */
#include "family.h"

static lex_status read(lex_encoder_config *config, const lex_json *json, lex_err *err)
{
    config->layer_norm_eps = 1e-12; /* which is no setting here */
    return lex_config_fraction(&config->head_dropout, json, "seq_classif_dropout", 0.2, err);
}

static const char *const own_settings[] = {"qa_dropout", "sinusoidal_pos_embds", "tie_weights_", "output_past", NULL};

const lex_encoder_family lex_family_distilbert = {
    .types = {{"distilbert", "DistilBertForSequenceClassification"}},
    .prefix = "distilbert.",
    .settings = {.layers = "n_layers",
                 .width = "dim",
                 .heads = "n_heads",
                 .inner_width = "hidden_dim",
                 .activation = "activation",
                 .hidden_dropout = "dropout",
                 .attention_dropout = "attention_dropout",
                 .head_dropout = "seq_classif_dropout"},
    .own_settings = own_settings,
    .embedding = {.words = "embeddings.word_embeddings",
                  .positions = "embeddings.position_embeddings",
                  .norm = "embeddings.LayerNorm"},
    .layer = {.stack = "transformer.layer.",
              .query = "attention.q_lin",
              .key = "attention.k_lin",
              .value = "attention.v_lin",
              .attention = "attention.out_lin",
              .attention_norm = "sa_layer_norm",
              .inner = "ffn.lin1",
              .outer = "ffn.lin2",
              .outer_norm = "output_layer_norm"},
    .head = {.dense = "pre_classifier", .classifier = "classifier", .activation = LEX_ACTIVATION_RELU},
    .read = read,
};
