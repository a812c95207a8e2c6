/* characters.c - lookups in the generated tables. */
#include "characters.h"

/* The number of the last span that begins at or before `c`, or -1. */
static int64_t find(const lex_span *spans, size_t n, uint32_t c)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (spans[middle].first <= c)
            low = middle + 1;
        else
            high = middle;
    }
    return (int64_t)low - 1;
}

bool lex_is_word(uint32_t c)
{
    if (c < 128)
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || (c >= 'A' && c <= 'Z');
    int64_t at = find(lex_word_spans, lex_n_word_spans, c);
    return at >= 0 && c <= lex_word_spans[at].last;
}

bool lex_is_space(uint32_t c)
{
    if (c > 32 && c < 128)
        return false;
    int64_t at = find(lex_space_spans, lex_n_space_spans, c);
    return at >= 0 && c <= lex_space_spans[at].last;
}

size_t lex_lower(uint32_t c, uint32_t lower[LEX_LOWER_MAX])
{
    lower[0] = c;
    if (c < 128) {
        lower[0] = c >= 'A' && c <= 'Z' ? c + 32 : c;
        return 1;
    }
    if (c == 0x130) { /* capital I with dot above */
        lower[0] = 'i';
        lower[1] = 0x307;
        return 2;
    }
    size_t low = 0, high = lex_n_lower_spans;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (lex_lower_spans[middle].first <= c)
            low = middle + 1;
        else
            high = middle;
    }
    const lex_lower_span *span = low ? &lex_lower_spans[low - 1] : NULL;
    if (span && c <= span->last && (c - span->first) % span->step == 0)
        lower[0] = (uint32_t)((int32_t)c + span->delta);
    return 1;
}
