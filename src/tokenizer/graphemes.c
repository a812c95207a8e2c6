/* graphemes.c - where one grapheme cluster ends (Unicode Standard Annex 29), by classes found by experiment.
 *
 * Regional indicators are left out: what uses the clusters looks at those of fewer than six bytes alone, and two
 * indicators have eight.
 */
#include "pipeline.h"
#include "unicode.h"

typedef struct {
    unsigned last;        /* class of the character before */
    bool picture, joined; /* a picture with what extends it; and a joiner after that */
    bool consonant, linked; /* rule GB9c: a consonant with what extends it, and a linker among that */
} state;

static void step(state *s, unsigned flags)
{
    unsigned class = lex_uk_break(flags), conjunct = lex_uk_conjunct(flags);
    s->joined = s->picture && class == LEX_GB_JOINER;
    s->picture = class == LEX_GB_PICTURE || (s->picture && class == LEX_GB_EXTEND);
    s->linked = s->consonant && conjunct != LEX_GB_CONSONANT && (s->linked || conjunct == LEX_GB_LINKER);
    s->consonant = conjunct == LEX_GB_CONSONANT || (s->consonant && conjunct != LEX_GB_NO_CONJUNCT);
    s->linked = s->linked && s->consonant;
    s->last = class;
}

/* Whether a character belongs to the cluster before it. */
static bool joins(const state *s, uint32_t before, uint32_t c, unsigned flags)
{
    unsigned last = s->last, class = lex_uk_break(flags);
    if (before == '\r' && c == '\n')
        return true;
    if (last == LEX_GB_CONTROL || class == LEX_GB_CONTROL)
        return false;
    if (class == LEX_GB_EXTEND || class == LEX_GB_JOINER || class == LEX_GB_SPACING || last == LEX_GB_PREPEND)
        return true;
    if (last == LEX_GB_L)
        return class == LEX_GB_L || class == LEX_GB_V || class == LEX_GB_LV || class == LEX_GB_LVT;
    if (last == LEX_GB_LV || last == LEX_GB_V)
        return class == LEX_GB_V || class == LEX_GB_T;
    if (last == LEX_GB_LVT || last == LEX_GB_T)
        return class == LEX_GB_T;
    if (s->joined && class == LEX_GB_PICTURE)
        return true;
    return s->linked && lex_uk_conjunct(flags) == LEX_GB_CONSONANT;
}

size_t lex_grapheme_end(lex_str text, size_t at)
{
    state s = {0};
    size_t next = at;
    uint32_t before = lex_utf8_next(text, &next);
    step(&s, lex_uk_flags(before));
    for (at = next; at < text.len; at = next) {
        uint32_t c = lex_utf8_next(text, &next);
        unsigned flags = lex_uk_flags(c);
        if (!joins(&s, before, c, flags))
            return at;
        step(&s, flags);
        before = c;
    }
    return at;
}
