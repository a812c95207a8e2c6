/* family.c - the list of families, and what other modules may ask of one. */
#include "family.h"

#include <stdio.h>
#include <string.h>

const lex_encoder_family *const lex_encoder_families[] = {
    &lex_family_bert,  &lex_family_roberta, &lex_family_distilbert, &lex_family_electra,
    &lex_family_mpnet, &lex_family_albert,  &lex_family_modernbert,  &lex_family_deberta,
};
const int lex_n_encoder_families = sizeof lex_encoder_families / sizeof *lex_encoder_families;

const lex_encoder_family *lex_encoder_family_at(int i)
{
    return i < lex_n_encoder_families ? lex_encoder_families[i] : NULL;
}

const lex_encoder_family *lex_encoder_family_of(const char *model_type)
{
    for (int i = 0; i < lex_n_encoder_families; i++)
        for (int t = 0; t < LEX_FAMILY_TYPES && lex_encoder_families[i]->types[t].model_type; t++)
            if (strcmp(lex_encoder_families[i]->types[t].model_type, model_type) == 0)
                return lex_encoder_families[i];
    return NULL;
}

const char *lex_encoder_family_name(const lex_encoder_family *family)
{
    return family->types[0].model_type;
}

const char *lex_encoder_family_prefix(const lex_encoder_family *family)
{
    return family->prefix;
}

bool lex_encoder_family_knows(const lex_encoder_family *family, const char *setting)
{
    const char *const named[] = {family->settings.layers, family->settings.width, family->settings.heads,
                                 family->settings.inner_width, family->settings.activation, family->settings.eps,
                                 family->settings.hidden_dropout, family->settings.attention_dropout,
                                 family->settings.head_dropout};
    for (size_t i = 0; i < sizeof named / sizeof *named; i++)
        if (named[i] && strcmp(named[i], setting) == 0)
            return true;
    for (const char *const *own = family->own_settings; own && *own; own++)
        if (strcmp(*own, setting) == 0)
            return true;
    return false;
}

const char *lex_encoder_head_name(char out[LEX_HEAD_NAME_MAX], const lex_encoder_family *family, lex_pooling pooling)
{
    snprintf(out, LEX_HEAD_NAME_MAX, "%s.weight", pooling == LEX_POOLING_MEAN ? LEX_MEAN_HEAD : family->head.classifier);
    return out;
}

const char *lex_encoder_supported(void)
{
    return "bert, roberta, camembert, xlm-roberta, distilbert, electra, mpnet, albert, modernbert, deberta-v2";
}
