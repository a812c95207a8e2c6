/* trim.c - spaces at the ends of tokens taken out of their offsets, as byte-level post-processors do.
 *
 * How many there are is counted in the token as the vocabulary writes it, where a space is U+0120 or a space; offsets
 * then move over so many characters of the user's text.
 */
#include "internal.h"
#include "unicode.h"

static bool is_space(uint32_t c)
{
    return c == 0x120 || (lex_uc_flags(c) & LEX_UC_SPACE);
}

static lex_trim lex_trim_of(lex_str token)
{
    lex_trim trim = {0, 0};
    bool leading = true;
    for (size_t at = 0; at < token.len;) {
        bool space = is_space(lex_utf8_next(token, &at));
        leading = leading && space;
        trim.lead += leading;
        trim.trail = space ? trim.trail + 1 : 0;
    }
    return trim;
}

static bool inside_char(lex_str text, size_t at)
{
    return at < text.len && ((unsigned char)text.ptr[at] & 0xC0) == 0x80;
}

static void trim_one(lex_str text, lex_trim trim, bool keeps_first, bool first, lex_token *token)
{
    size_t begin = token->begin, end = token->end;
    bool added = (first || begin == 0) && keeps_first && trim.lead == 1;
    for (uint32_t i = 0; i < trim.lead && !added && begin < end; i++)
        do
            begin++;
        while (inside_char(text, begin));
    size_t back = end;
    uint32_t n = 0;
    for (; n < trim.trail && back > 0; n++)
        do
            back--;
        while (back > 0 && inside_char(text, back));
    if (n == trim.trail)
        end = back > begin ? back : begin;
    token->begin = (uint32_t)(begin < token->end ? begin : token->end);
    token->end = (uint32_t)end;
}

static void trim_token(const lex_tokenizer *tokenizer, lex_str text, lex_trim trim, int64_t i, lex_tokens *out)
{
    for (int64_t pass = 0; pass < tokenizer->n_trims && (trim.lead > 0 || trim.trail > 0); pass++)
        trim_one(text, trim, tokenizer->keeps_first_space[pass], i == 0, &out->items[i]);
}

void lex_trim_prepare(lex_tokenizer *tokenizer, const lex_loading *loading)
{
    for (int64_t i = 0; tokenizer->n_trims > 0 && i < loading->n_items; i++) {
        lex_trim trim = lex_trim_of(loading->items[i].text);
        if (trim.lead == 0 && trim.trail == 0)
            continue;
        if (tokenizer->trims == NULL)
            tokenizer->trims = lex_alloc_zeroed((size_t)tokenizer->vocab_size, sizeof *tokenizer->trims);
        tokenizer->trims[loading->items[i].id] = trim;
    }
}

void lex_trim_tokens(const lex_tokenizer *tokenizer, lex_str text, int64_t from, lex_tokens *out)
{
    for (int64_t i = from; tokenizer->trims && i < out->n; i++)
        trim_token(tokenizer, text, tokenizer->trims[out->items[i].id], i, out);
}

void lex_trim_added(const lex_tokenizer *tokenizer, lex_str text, lex_str written, lex_tokens *out)
{
    if (tokenizer->n_trims > 0)
        trim_token(tokenizer, text, lex_trim_of(written), out->n - 1, out);
}
