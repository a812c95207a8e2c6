/* roberta.c - RoBERTa (Liu et al. 2019), and what is built like it: CamemBERT (Martin et al., ACL 2020) and XLM-RoBERTa
 * (Conneau et al., ACL 2020). BERT's layers; positions count from the padding's id + 1; the head has a dense layer of its own
 * in place of the pooler. */
#include "family.h"

static lex_status read(lex_encoder_config *config, const lex_json *json, lex_err *err)
{
    int64_t pad;
    lex_status st = lex_config_size_or(&pad, json, "pad_token_id", 1, 0, config->vocab_size - 1, err);
    return st == LEX_OK ? lex_config_positions_from(config, pad, err) : st;
}

const lex_encoder_family lex_family_roberta = {
    .types = {{"roberta", "RobertaForSequenceClassification"},
              {"camembert", "CamembertForSequenceClassification"},
              {"xlm-roberta", "XLMRobertaForSequenceClassification"}},
    .prefix = "roberta.",
    .embedding = {LEX_EMBEDDINGS_OF_BERT},
    .layer = {LEX_LAYER_OF_BERT},
    .head = {LEX_HEAD_OF_ROBERTA, .activation = LEX_ACTIVATION_TANH},
    .read = read,
};
