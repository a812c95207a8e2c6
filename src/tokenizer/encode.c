/* encode.c - a text to tokens: the fast way for ASCII words, the general way for everything else.
 *
 * Between added tokens, a word of plain ASCII letters is lower-cased and looked up where it stands, and its offsets
 * are its own. At anything else - a byte above ASCII, a control character - the stretch from the start of the word to
 * the next ASCII space or punctuation goes through the normalizer and is split afterwards. Such a stretch may be
 * normalized by itself: marks are never reordered across a space or a punctuation character, which both are starters.
 */
#include <stdlib.h>
#include <string.h>

#include "pipeline.h"
#include "unicode.h"

enum { LETTER, SPACE, PUNCT, OTHER }; /* ascii_class; OTHER is left to the normalizer */

void lex_encode_prepare(lex_tokenizer *tokenizer)
{
    for (unsigned c = 0; c < 128; c++) {
        unsigned flags = lex_uc_flags(c);
        char text = (char)c;
        int32_t id = tokenizer->max_word_chars >= 1 ? lex_idmap_get(&tokenizer->words, (lex_str){&text, 1}) : -1;
        tokenizer->punctuation_id[c] = id >= 0 ? id : tokenizer->unknown_id;
        if (tokenizer->normalizer.clean_text && (flags & LEX_UC_REMOVED))
            tokenizer->ascii_class[c] = OTHER;
        else
            tokenizer->ascii_class[c] = flags & LEX_UC_SPACE ? SPACE : flags & LEX_UC_PUNCT ? PUNCT : LETTER;
    }
}

static unsigned class_at(const lex_tokenizer *tokenizer, lex_str text, size_t at)
{
    unsigned char c = (unsigned char)text.ptr[at];
    return c < 128 ? tokenizer->ascii_class[c] : OTHER;
}

/* Splits a part of the normalized text at spaces and around punctuation, and the words into pieces. */
static void encode_normalized(const lex_tokenizer *tokenizer, lex_scratch *scratch, size_t from, size_t to,
                              lex_tokens *out)
{
    const lex_normalized *normalized = &scratch->normalized;
    lex_str text = {normalized->text, to};
    lex_word word = {0};
    for (size_t at = from; at < to;) {
        size_t begin = at;
        unsigned flags = lex_uc_flags(lex_utf8_next(text, &at));
        bool ends = flags & (LEX_UC_SPACE | LEX_UC_PUNCT);
        if (!ends) {
            if (word.len == 0)
                word = (lex_word){text.ptr + begin, 0, 0, normalized->begin + begin, normalized->end + begin, 0};
            word.len += at - begin;
            word.n_chars++;
        }
        if (word.len > 0 && (ends || at == to)) {
            lex_wordpiece(tokenizer, &word, scratch, out);
            word = (lex_word){0};
        }
        if (flags & LEX_UC_PUNCT) {
            lex_word mark = {text.ptr + begin, at - begin, 1, normalized->begin + begin, normalized->end + begin, 0};
            lex_wordpiece(tokenizer, &mark, scratch, out);
        }
    }
}

/* The ASCII word text[from, to), in lower case where the tokenizer wants it. */
static void encode_ascii_word(const lex_tokenizer *tokenizer, lex_scratch *scratch, lex_str text, size_t from,
                              size_t to, lex_tokens *out)
{
    lex_word word = {text.ptr + from, to - from, to - from, NULL, NULL, (uint32_t)from};
    if (tokenizer->normalizer.lowercase) {
        lex_buf_clear(&scratch->word);
        lex_buf_reserve(&scratch->word, word.len);
        for (size_t i = 0; i < word.len; i++) {
            char c = word.text[i];
            scratch->word.ptr[i] = (char)(c >= 'A' && c <= 'Z' ? c | 0x20 : c);
        }
        word.text = scratch->word.ptr;
    }
    lex_wordpiece(tokenizer, &word, scratch, out);
}

/* A stretch of text without added tokens in it. */
static void encode_words(const lex_tokenizer *tokenizer, lex_scratch *scratch, lex_str text, size_t at, size_t to,
                         lex_tokens *out)
{
    while (at < to) {
        size_t begin = at;
        unsigned class = class_at(tokenizer, text, at);
        if (class == PUNCT)
            lex_tokens_push(out, tokenizer->punctuation_id[(unsigned char)text.ptr[at]], at, at + 1);
        if (class == PUNCT || class == SPACE) {
            at++;
            continue;
        }
        while (at < to && (class = class_at(tokenizer, text, at)) == LETTER)
            at++;
        if (at == to || class != OTHER) {
            encode_ascii_word(tokenizer, scratch, text, begin, at, out);
            continue;
        }
        while (at < to && (class = class_at(tokenizer, text, at)) != SPACE && class != PUNCT)
            at++;
        scratch->normalized.len = 0;
        lex_normalize(&tokenizer->normalizer, text, begin, at, scratch);
        encode_normalized(tokenizer, scratch, 0, scratch->normalized.len, out);
    }
}

/* The same where added tokens are to be found in the normalized text: all of it must be there at once. */
static void encode_with_normalized_tokens(const lex_tokenizer *tokenizer, lex_scratch *scratch, lex_str text,
                                          size_t from, size_t to, lex_tokens *out)
{
    lex_normalized *normalized = &scratch->normalized;
    normalized->len = 0;
    lex_normalize(&tokenizer->normalizer, text, from, to, scratch);
    lex_splitter splitter;
    lex_split split;
    lex_splitter_init(&splitter, tokenizer, &tokenizer->normalized, (lex_str){normalized->text, normalized->len});
    while (lex_splitter_next(&splitter, &split)) {
        int64_t n_before = out->n;
        if (split.added < 0) {
            encode_normalized(tokenizer, scratch, split.from, split.to, out);
            lex_trim_tokens(tokenizer, text, n_before, out);
            continue;
        }
        lex_tokens_push(out, tokenizer->added[split.added].id, normalized->begin[split.from],
                        normalized->end[split.to - 1]);
        lex_trim_added(tokenizer, text, (lex_str){normalized->text + split.from, split.to - split.from}, out);
    }
}

lex_scratch *lex_scratch_new(void)
{
    lex_scratch *scratch = lex_alloc_zeroed(1, sizeof *scratch);
    lex_buf_init(&scratch->word);
    return scratch;
}

void lex_scratch_free(lex_scratch *scratch)
{
    if (scratch == NULL)
        return;
    free(scratch->normalized.text);
    free(scratch->normalized.begin);
    free(scratch->normalized.end);
    free(scratch->marks);
    free(scratch->sorted);
    free(scratch->sources);
    free(scratch->hashes);
    lex_buf_release(&scratch->word);
    lex_normalized_release(&scratch->plain);
    lex_pipeline_scratch_free(scratch->pipeline);
    free(scratch);
}

static void encode_by_words(const lex_tokenizer *tokenizer, lex_scratch *scratch, lex_str text, lex_tokens *out)
{
    bool also_normalized = tokenizer->normalized.patterns.n > 0;
    lex_splitter splitter;
    lex_split split;
    lex_splitter_init(&splitter, tokenizer, &tokenizer->as_written, text);
    while (lex_splitter_next(&splitter, &split)) {
        int64_t n_before = out->n;
        if (split.added >= 0) {
            lex_tokens_push(out, tokenizer->added[split.added].id, split.from, split.to);
            lex_trim_added(tokenizer, text, (lex_str){text.ptr + split.from, split.to - split.from}, out);
            continue;
        }
        if (also_normalized) {
            encode_with_normalized_tokens(tokenizer, scratch, text, split.from, split.to, out);
        } else {
            encode_words(tokenizer, scratch, text, split.from, split.to, out);
            lex_trim_tokens(tokenizer, text, n_before, out);
        }
    }
}

void lex_tokenizer_encode(const lex_tokenizer *tokenizer, lex_str text, lex_tokens *out)
{
    LEX_ASSERT(text.len < UINT32_MAX);
    lex_scratch *scratch = out->scratch ? out->scratch : lex_scratch_new();
    bool plain = tokenizer->plain && !lex_is_ascii(text);
    out->n = 0;
    out->scratch = scratch;
    if ((tokenizer->pipeline || plain) && scratch->pipeline == NULL)
        scratch->pipeline = lex_pipeline_scratch_new();
    if (plain)
        text = lex_plain_text(tokenizer, text, scratch);
    if (tokenizer->pipeline)
        lex_pipeline_encode(tokenizer, scratch, text, out);
    else
        encode_by_words(tokenizer, scratch, text, out);
    if (plain)
        lex_plain_restore(scratch, out);
}
