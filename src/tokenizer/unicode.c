/* unicode.c - lookups in the generated tables: decomposition and composition, combining class, lower case.
 *
 * All are binary searches, and are only reached by code points whose flags say that there is something to find.
 * Hangul syllables decompose by arithmetic (the Unicode standard, section 3.12).
 */
#include "unicode.h"

#include "lexclf/err.h"

enum { HANGUL_FIRST = 0xAC00, HANGUL_LAST = 0xD7A3, L_BASE = 0x1100, V_BASE = 0x1161, T_BASE = 0x11A7 };
enum { TT = 28, VT = 21 * TT }; /* syllables of one lead and vowel, and of one lead */

static size_t decompose_hangul(uint32_t c, uint32_t *parts)
{
    uint32_t syllable = c - HANGUL_FIRST, trail = syllable % TT;
    parts[0] = L_BASE + syllable / VT;
    parts[1] = V_BASE + syllable % VT / TT;
    parts[2] = T_BASE + trail;
    return trail == 0 ? 2 : 3;
}

/* The place of the last of n ascending values that is not above c; 0 where all are. */
static size_t last_not_above(const uint32_t *values, size_t n, uint32_t c)
{
    size_t low = 0, high = n;
    while (low + 1 < high) {
        size_t middle = (low + high) / 2;
        if (values[middle] <= c)
            low = middle;
        else
            high = middle;
    }
    return low;
}

size_t lex_uc_decompose(uint32_t c, uint32_t parts[LEX_UC_DECOMPOSITION_MAX])
{
    if (c >= HANGUL_FIRST && c <= HANGUL_LAST)
        return decompose_hangul(c, parts);
    size_t low = last_not_above(lex_uc_decomposed, lex_uc_n_decompositions, c);
    LEX_ASSERT(lex_uc_decomposed[low] == c);
    size_t start = lex_uc_decomposition_starts[low], n = lex_uc_decomposition_starts[low + 1] - start;
    for (size_t i = 0; i < n; i++)
        parts[i] = lex_uc_decomposition_pool[start + i];
    return n;
}

size_t lex_uc_decompose_compatible(uint32_t c, uint32_t parts[LEX_UC_COMPATIBLE_MAX])
{
    size_t low = last_not_above(lex_uk_compatible, lex_uk_n_compatible, c);
    if (lex_uk_compatible[low] == c) {
        size_t start = lex_uk_compatible_starts[low], n = lex_uk_compatible_starts[low + 1] - start;
        for (size_t i = 0; i < n; i++)
            parts[i] = lex_uk_compatible_pool[start + i];
        return n;
    }
    if (lex_uc_flags(c) & LEX_UC_DECOMPOSES)
        return lex_uc_decompose(c, parts);
    parts[0] = c;
    return 1;
}

static uint32_t compose_hangul(uint32_t a, uint32_t b)
{
    if (a >= L_BASE && a < L_BASE + 19 && b >= V_BASE && b < V_BASE + 21)
        return HANGUL_FIRST + (a - L_BASE) * VT + (b - V_BASE) * TT;
    if (a >= HANGUL_FIRST && a <= HANGUL_LAST && (a - HANGUL_FIRST) % TT == 0 && b > T_BASE && b < T_BASE + TT)
        return a + (b - T_BASE);
    return 0;
}

uint32_t lex_uc_compose(uint32_t first, uint32_t second)
{
    uint32_t syllable = compose_hangul(first, second);
    size_t low = 0, high = lex_uk_n_pairs;
    while (syllable == 0 && low < high) {
        size_t middle = (low + high) / 2;
        const lex_uc_pair *pair = &lex_uk_pairs[middle];
        if (pair->first == first && pair->second == second)
            return pair->composed;
        if (pair->first < first || (pair->first == first && pair->second < second))
            low = middle + 1;
        else
            high = middle;
    }
    return syllable;
}

size_t lex_uc_lower(uint32_t c, uint32_t lower[LEX_UC_LOWER_MAX])
{
    if (c == 0x130) { /* capital I with dot above: the one code point whose lower case is two */
        lower[0] = 'i';
        lower[1] = 0x307;
        return 2;
    }
    size_t low = 0, high = lex_uc_n_lower;
    while (low + 1 < high) {
        size_t middle = (low + high) / 2;
        if (lex_uc_lower_spans[middle].first <= c)
            low = middle;
        else
            high = middle;
    }
    const lex_uc_lower_span *span = &lex_uc_lower_spans[low];
    LEX_ASSERT(c >= span->first && c <= span->last && (c - span->first) % span->step == 0);
    lower[0] = (uint32_t)((int32_t)c + span->delta);
    return 1;
}

unsigned lex_uc_class(uint32_t c)
{
    size_t low = 0, high = lex_uc_n_classes;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (lex_uc_class_spans[middle].last < c)
            low = middle + 1;
        else
            high = middle;
    }
    return low < lex_uc_n_classes && lex_uc_class_spans[low].first <= c ? lex_uc_class_spans[low].value : 0;
}

bool lex_uc_is_word(uint32_t c)
{
    size_t low = 0, high = lex_uc_n_words;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (lex_uc_word_spans[middle].last < c)
            low = middle + 1;
        else
            high = middle;
    }
    return low < lex_uc_n_words && lex_uc_word_spans[low].first <= c;
}
