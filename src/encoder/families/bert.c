/* bert.c - BERT (Devlin et al., "BERT", NAACL 2019). */
#include "family.h"

const lex_encoder_family lex_family_bert = {
    .types = {{"bert", "BertForSequenceClassification"}},
    .prefix = "bert.",
    .embedding = {LEX_EMBEDDINGS_OF_BERT},
    .layer = {LEX_LAYER_OF_BERT},
    .head = {.dense = "bert.pooler.dense", .classifier = "classifier", .activation = LEX_ACTIVATION_TANH},
};
