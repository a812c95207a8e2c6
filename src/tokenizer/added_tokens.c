/* added_tokens.c - finding added tokens ("[SEP]", "<clause>") in a text, before it is split into words.
 *
 * Patterns are found leftmost first, the longest where several begin at one place, and never overlapping. A match may
 * then be dropped (`single_word` inside a word) or stretched over the spaces beside it (`lstrip`, `rstrip`). A dropped
 * match still uses up its text: the search goes on behind it, as the reference's does.
 */
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "unicode.h"

void lex_matcher_init(lex_matcher *matcher)
{
    *matcher = (lex_matcher){.only_first = -1};
    lex_idmap_init(&matcher->patterns, 0);
}

void lex_matcher_release(lex_matcher *matcher)
{
    lex_idmap_release(&matcher->patterns);
    free(matcher->lengths);
    *matcher = (lex_matcher){0};
}

void lex_matcher_add(lex_matcher *matcher, lex_str pattern, int32_t number)
{
    LEX_ASSERT(pattern.len > 0);
    unsigned char first = (unsigned char)pattern.ptr[0];
    matcher->only_first = matcher->patterns.n == 0 || matcher->only_first == first ? first : -1;
    matcher->first[first] = true;
    lex_idmap_put(&matcher->patterns, pattern, number);
    int64_t at = 0;
    while (at < matcher->n_lengths && matcher->lengths[at] > pattern.len)
        at++;
    if (at < matcher->n_lengths && matcher->lengths[at] == pattern.len)
        return;
    LEX_PUSH(matcher->lengths, matcher->n_lengths, matcher->lengths_capacity, 0);
    memmove(matcher->lengths + at + 1, matcher->lengths + at,
            (size_t)(matcher->n_lengths - 1 - at) * sizeof *matcher->lengths);
    matcher->lengths[at] = pattern.len;
}

/* The first place from `at` on where a pattern may begin, or text.len. */
static size_t candidate(const lex_matcher *matcher, lex_str text, size_t at)
{
    if (matcher->patterns.n == 0 || at >= text.len)
        return text.len;
    if (matcher->only_first >= 0) {
        const char *hit = memchr(text.ptr + at, matcher->only_first, text.len - at);
        return hit ? (size_t)(hit - text.ptr) : text.len;
    }
    while (at < text.len && !matcher->first[(unsigned char)text.ptr[at]])
        at++;
    return at;
}

static bool next_match(const lex_matcher *matcher, lex_str text, size_t at, lex_split *out)
{
    for (at = candidate(matcher, text, at); at < text.len; at = candidate(matcher, text, at + 1)) {
        for (int64_t i = 0; i < matcher->n_lengths; i++) {
            size_t len = matcher->lengths[i];
            if (len > text.len - at)
                continue;
            int32_t number = lex_idmap_get(&matcher->patterns, (lex_str){text.ptr + at, len});
            if (number >= 0) {
                *out = (lex_split){at, at + len, number};
                return true;
            }
        }
    }
    return false;
}

/* The code point that ends at `at`, which is not 0; *begin is where it begins. */
static uint32_t char_before(lex_str text, size_t at, size_t *begin)
{
    do
        at--;
    while (((unsigned char)text.ptr[at] & 0xC0) == 0x80);
    *begin = at;
    return lex_utf8_next(text, &at);
}

static bool stands_alone(lex_str text, const lex_split *match)
{
    size_t at = match->to, ignored;
    bool word_before = match->from > 0 && lex_uc_is_word(char_before(text, match->from, &ignored));
    return !word_before && (match->to == text.len || !lex_uc_is_word(lex_utf8_next(text, &at)));
}

static void stretch_left(lex_str text, size_t limit, lex_split *match)
{
    size_t begin;
    while (match->from > limit && (lex_uc_flags(char_before(text, match->from, &begin)) & LEX_UC_SPACE))
        match->from = begin;
}

static void stretch_right(lex_str text, lex_split *match)
{
    for (size_t at = match->to; at < text.len; match->to = at)
        if (!(lex_uc_flags(lex_utf8_next(text, &at)) & LEX_UC_SPACE))
            break;
}

void lex_splitter_init(lex_splitter *splitter, const lex_tokenizer *tokenizer, const lex_matcher *matcher,
                       lex_str text)
{
    *splitter = (lex_splitter){.tokenizer = tokenizer, .matcher = matcher, .text = text};
}

/* The next match that counts, stretched as its token wants. */
static bool next_added(lex_splitter *splitter, lex_split *match)
{
    while (next_match(splitter->matcher, splitter->text, splitter->scan, match)) {
        const lex_added_token *token = &splitter->tokenizer->added[match->added];
        splitter->scan = match->to;
        if (token->special && splitter->tokenizer->split_special)
            continue;
        if (token->single_word && !stands_alone(splitter->text, match))
            continue;
        if (token->lstrip) {
            stretch_left(splitter->text, splitter->done, match);
            match->from = match->from < splitter->done ? splitter->done : match->from;
        }
        if (token->rstrip)
            stretch_right(splitter->text, match);
        return true;
    }
    splitter->scan = splitter->text.len;
    return false;
}

bool lex_splitter_next(lex_splitter *splitter, lex_split *out)
{
    lex_split match;
    if (splitter->has_held) {
        *out = splitter->held;
        splitter->has_held = false;
        return true;
    }
    size_t done = splitter->done;
    if (!next_added(splitter, &match)) {
        *out = (lex_split){done, splitter->text.len, -1};
        splitter->done = splitter->text.len;
        return done < splitter->text.len;
    }
    splitter->done = match.to;
    *out = match;
    if (done < match.from) {
        *out = (lex_split){done, match.from, -1};
        splitter->held = match;
        splitter->has_held = true;
    }
    return true;
}
