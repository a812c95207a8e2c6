/* plain.c - what --normalize asks for: typographic variants made plain before the tokenizer of a family sees the text.
 *
 * The text becomes another one whose every byte knows the bytes of the user's text that it stands for; tokens are found
 * in the other and moved back. So a family's own rules, offsets and fast way stay as they are. ASCII is plain already.
 */
#include <string.h>

#include "pipeline.h"

static const char *const names[] = {"off", "punct", "nfkc"};

const char *lex_normalize_name(lex_normalize_how how)
{
    return names[how];
}

bool lex_normalize_of_name(lex_normalize_how *out, const char *name)
{
    for (int i = 0; name && i <= LEX_NORMALIZE_NFKC; i++) {
        if (strcmp(names[i], name) == 0) {
            *out = (lex_normalize_how)i;
            return true;
        }
    }
    return false;
}

uint32_t lex_plain_character(uint32_t c)
{
    if (c >= 0xFF01 && c <= 0xFF5E) /* full-width forms stand in the order of ASCII */
        return c - 0xFF01 + '!';
    if (c == 0xA0 || (c >= 0x2000 && c <= 0x200A) || c == 0x202F || c == 0x205F || c == 0x3000)
        return ' ';
    if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212)
        return '-';
    if (c >= 0x2018 && c <= 0x201F)
        return c <= 0x201B ? '\'' : '"';
    return c == 0x2032 ? '\'' : c == 0x2033 ? '"' : c;
}

void lex_tokenizer_set_normalize(lex_tokenizer *tokenizer, lex_normalize_how how)
{
    if (how == LEX_NORMALIZE_OFF && tokenizer->plain == NULL)
        return;
    lex_pipeline_free(tokenizer->plain);
    tokenizer->plain = NULL;
    if (how != LEX_NORMALIZE_OFF)
        tokenizer->plain = lex_pipeline_new();
    if (how == LEX_NORMALIZE_NFKC)
        lex_pipeline_add_norm(tokenizer->plain, LEX_NORM_NFKC);
    if (how != LEX_NORMALIZE_OFF)
        lex_pipeline_add_norm(tokenizer->plain, LEX_NORM_PUNCT);
    lex_breaks_prepare(tokenizer);
}

lex_str lex_plain_text(const lex_tokenizer *tokenizer, lex_str text, lex_scratch *scratch)
{
    lex_pipeline_normalize(tokenizer->plain, text, 0, text.len, scratch);
    lex_normalized found = scratch->normalized;
    scratch->normalized = scratch->plain;
    scratch->plain = found;
    return (lex_str){found.text ? found.text : "", found.len};
}

void lex_plain_restore(const lex_scratch *scratch, lex_tokens *tokens)
{
    const lex_normalized *plain = &scratch->plain;
    for (int64_t i = 0; i < tokens->n; i++) {
        lex_token *token = &tokens->items[i];
        uint32_t end = token->end > token->begin ? plain->end[token->end - 1] : 0;
        if (token->begin < plain->len)
            token->begin = plain->begin[token->begin];
        else if (plain->len > 0)
            token->begin = plain->end[plain->len - 1];
        token->end = end > token->begin ? end : token->begin;
    }
}
