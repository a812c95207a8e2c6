/* electra.c - ELECTRA's discriminator (Clark et al., "ELECTRA", ICLR 2020): BERT's layers; embeddings that may be narrower
 * than the layers, and are then projected; a head with GELU. */
#include "family.h"

static lex_status read(lex_encoder_config *config, const lex_json *json, lex_err *err)
{
    lex_status st = lex_config_size_or(&config->embedding_width, json, "embedding_size", config->width, 1, 1 << 16, err);
    config->has_projection = config->embedding_width != config->width;
    return st;
}

static const char *const own_settings[] = {"embedding_size", "summary_type", "summary_use_proj", "summary_activation",
                                           "summary_last_dropout", NULL};

const lex_encoder_family lex_family_electra = {
    .types = {{"electra", "ElectraForSequenceClassification"}},
    .prefix = "electra.",
    .own_settings = own_settings,
    .embedding = {LEX_EMBEDDINGS_OF_BERT, .projection = "embeddings_project"},
    .layer = {LEX_LAYER_OF_BERT},
    .head = {LEX_HEAD_OF_ROBERTA, .activation = LEX_ACTIVATION_GELU},
    .read = read,
};
