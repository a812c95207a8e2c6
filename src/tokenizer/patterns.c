/* patterns.c - what Split, Replace, Punctuation and their like look for.
 *
 * There is no engine for regular expressions here: the few that real files hold are functions, found by their text,
 * and any other is refused when the file is opened. Each looks at one place and consumes what it has looked at, so
 * that a search takes time in proportion to the text. Categories are the reference's (unicode.h).
 */
#include <stdlib.h>
#include <string.h>

#include "pipeline.h"
#include "unicode.h"

/* The code point at `at` and, in *next, the place behind it; 0 at the end. */
static uint32_t peek(lex_str text, size_t at, size_t *next)
{
    *next = at;
    return at < text.len ? lex_utf8_next(text, next) : 0;
}

/* The end of the characters from `at` on, at most `most` of them, that have one of the flags (or none, if inverted). */
static size_t run_of(lex_str text, size_t at, unsigned flags, bool inverted, size_t most)
{
    for (size_t next; at < text.len && most > 0; at = next, most--)
        if (((lex_uk_flags(peek(text, at, &next)) & flags) != 0) == inverted)
            break;
    return at;
}

static size_t match_text(const lex_pattern *pattern, lex_str text, size_t at)
{
    bool here = text.len - at >= pattern->len && memcmp(text.ptr + at, pattern->text, pattern->len) == 0;
    return here ? at + pattern->len : at;
}

size_t lex_match_white_space(const lex_pattern *pattern, lex_str text, size_t at)
{
    (void)pattern;
    size_t next;
    return lex_uc_flags(peek(text, at, &next)) & LEX_UC_SPACE ? next : at;
}

size_t lex_match_punctuation(const lex_pattern *pattern, lex_str text, size_t at)
{
    (void)pattern;
    size_t next;
    return lex_uc_flags(peek(text, at, &next)) & LEX_UC_PUNCT ? next : at;
}

size_t lex_match_numeric(const lex_pattern *pattern, lex_str text, size_t at)
{
    (void)pattern;
    return run_of(text, at, LEX_UK_NUMERIC, false, 1);
}

size_t lex_match_words(const lex_pattern *pattern, lex_str text, size_t at)
{
    (void)pattern;
    size_t next;
    uint32_t c = peek(text, at, &next);
    bool word = lex_uc_is_word(c);
    while (at < text.len && !(lex_uc_flags(c) & LEX_UC_SPACE) && lex_uc_is_word(c) == word) {
        at = next;
        c = peek(text, at, &next);
    }
    return at;
}

/* 's, 't, 're, 've, 'm, 'll, 'd */
static size_t contraction(lex_str text, size_t at, bool any_case)
{
    static const char *const endings[] = {"s", "t", "re", "ve", "m", "ll", "d"};
    if (at >= text.len || text.ptr[at] != '\'')
        return at;
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
        size_t next = at + 1, end = next, matched = 0, len = strlen(endings[i]);
        for (; matched < len && end < text.len; matched++, end = next) {
            uint32_t c = peek(text, end, &next);
            if (any_case)
                c = c >= 'A' && c <= 'Z' ? c | 0x20 : c == 0x17F ? 's' : c; /* U+017F folds to s */
            if (c != (unsigned char)endings[i][matched])
                break;
        }
        if (matched == len)
            return end;
    }
    return at;
}

/* \s+(?!\S)|\s+ : all spaces but the last one before something else; that one where it is alone. */
static size_t spaces(lex_str text, size_t at)
{
    size_t end = at, last = at;
    for (size_t next; end < text.len && (lex_uk_flags(peek(text, end, &next)) & LEX_UK_SPACE); end = next)
        last = end;
    return end < text.len && last > at ? last : end;
}

size_t lex_match_gpt2(const lex_pattern *pattern, lex_str text, size_t at)
{
    (void)pattern;
    static const unsigned kinds[] = {LEX_UK_LETTER, LEX_UK_NUMBER, LEX_UK_SPACE | LEX_UK_LETTER | LEX_UK_NUMBER};
    size_t end = contraction(text, at, false);
    if (end > at || at >= text.len)
        return end;
    size_t start = text.ptr[at] == ' ' ? at + 1 : at;
    for (int i = 0; i < 3; i++) {
        end = run_of(text, start, kinds[i], i == 2, SIZE_MAX);
        if (end > start)
            return end;
    }
    return spaces(text, at);
}

/* cl100k's, which Llama 3 has, too. */
static size_t match_cl100k(const lex_pattern *pattern, lex_str text, size_t at)
{
    (void)pattern;
    size_t end = contraction(text, at, true), next;
    if (end > at || at >= text.len)
        return end;
    uint32_t c = peek(text, at, &next);
    unsigned flags = lex_uk_flags(c);
    bool breaks = c == '\r' || c == '\n';
    size_t start = breaks || (flags & (LEX_UK_LETTER | LEX_UK_NUMBER)) ? at : next;
    end = run_of(text, start, LEX_UK_LETTER, false, SIZE_MAX);
    if (end > start)
        return end;
    if (flags & LEX_UK_NUMBER)
        return run_of(text, at, LEX_UK_NUMBER, false, 3);
    start = c == ' ' ? next : at;
    end = run_of(text, start, LEX_UK_SPACE | LEX_UK_LETTER | LEX_UK_NUMBER, true, SIZE_MAX);
    if (end > start) {
        while (end < text.len && (text.ptr[end] == '\r' || text.ptr[end] == '\n'))
            end++;
        return end;
    }
    /* \s*[\r\n]+ : up to the last line break among the spaces */
    size_t after_break = at;
    for (end = at; end < text.len; end = next) {
        c = peek(text, end, &next);
        if (!(lex_uk_flags(c) & LEX_UK_SPACE))
            break;
        if (c == '\r' || c == '\n')
            after_break = next;
    }
    return after_break > at ? after_break : spaces(text, at);
}

static size_t match_spaces(const lex_pattern *pattern, lex_str text, size_t at)
{
    (void)pattern;
    return run_of(text, at, LEX_UK_SPACE, false, SIZE_MAX);
}

/* \s{2,}|[\n\r\t] */
static size_t match_wide_space(const lex_pattern *pattern, lex_str text, size_t at)
{
    (void)pattern;
    size_t one = run_of(text, at, LEX_UK_SPACE, false, 1), end = run_of(text, at, LEX_UK_SPACE, false, SIZE_MAX);
    bool alone = one > at && (text.ptr[at] == '\n' || text.ptr[at] == '\r' || text.ptr[at] == '\t');
    return end > one || alone ? end : at;
}

/*  {2,} */
static size_t match_blanks(const lex_pattern *pattern, lex_str text, size_t at)
{
    (void)pattern;
    size_t end = at;
    while (end < text.len && text.ptr[end] == ' ')
        end++;
    return end >= at + 2 ? end : at;
}

static size_t match_blank_run(const lex_pattern *pattern, lex_str text, size_t at)
{
    (void)pattern;
    while (at < text.len && text.ptr[at] == ' ')
        at++;
    return at;
}

static size_t match_number(const lex_pattern *pattern, lex_str text, size_t at)
{
    (void)pattern;
    return run_of(text, at, LEX_UK_NUMBER, false, 1);
}

static size_t match_one_space(const lex_pattern *pattern, lex_str text, size_t at)
{
    (void)pattern;
    return run_of(text, at, LEX_UK_SPACE, false, 1);
}

bool lex_pattern_of_regex(lex_pattern *out, const char *regex)
{
    static const struct {
        const char *regex;
        lex_match_at match;
    } known[] = {
        {"'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+", lex_match_gpt2},
        {"'(?:[sdmt]|ll|ve|re)| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+", lex_match_gpt2},
        {"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*"
         "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+", match_cl100k},
        {"\\s+", match_spaces},
        {"\\s", match_one_space},
        {"\\s{2,}|[\\n\\r\\t]", match_wide_space},
        {" {2,}", match_blanks},
        {" +", match_blank_run},
        {"\\p{N}", match_number},
    };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (strcmp(known[i].regex, regex) == 0) {
            *out = (lex_pattern){.match = known[i].match};
            return true;
        }
    }
    return false;
}

lex_pattern lex_pattern_of_text(const char *text)
{
    LEX_ASSERT(*text);
    return (lex_pattern){match_text, lex_strdup(text), strlen(text)};
}

void lex_pattern_release(lex_pattern *pattern)
{
    free(pattern->text);
    *pattern = (lex_pattern){0};
}
