/* unicode.h - what the reference tokenizer takes a code point for.
 *
 * The tables in unicode_tables.c were found by experiment (scripts/make-unicode-tables), because the reference mixes
 * Unicode versions: U+061D, say, is punctuation today and a letter like any other there. Properties are read through
 * three levels of shared blocks, 20 KB in all; decompositions, lower case and combining classes are looked up only
 * where a flag says that there is one.
 */
#ifndef LEXCLF_TOKENIZER_UNICODE_H
#define LEXCLF_TOKENIZER_UNICODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    LEX_UC_REMOVED = 1,     /* taken out when text is cleaned: controls, formats, private use, U+0000, U+FFFD */
    LEX_UC_SPACE = 2,       /* White_Space; a few are removed before they can separate anything */
    LEX_UC_CJK = 4,         /* an ideograph that BERT makes a word of its own */
    LEX_UC_MARK = 8,        /* a non-spacing mark, stripped with the accents */
    LEX_UC_PUNCT = 16,      /* a word of its own */
    LEX_UC_DECOMPOSES = 32, /* has a canonical decomposition */
    LEX_UC_LOWERS = 64,     /* is not its own lower case */
    LEX_UC_REORDERS = 128,  /* has a canonical combining class other than 0 */
};

typedef struct {
    uint32_t first, last;
} lex_uc_span;
typedef struct {
    uint32_t first, last; /* every `step`th code point between them, both included */
    uint32_t step;
    int32_t delta; /* from a code point to its lower case */
} lex_uc_lower_span;
typedef struct {
    uint32_t first, last;
    uint8_t value;
} lex_uc_class_span;

extern const uint8_t lex_uc_top[272];     /* number of the middle block, by code point / 4096 */
extern const uint8_t lex_uc_middle[];     /* number of the low block, 64 a block */
extern const uint8_t lex_uc_low[];        /* flags, 64 a block */
extern const size_t lex_uc_n_decompositions;
extern const uint32_t lex_uc_decomposed[];           /* ascending; Hangul syllables are computed instead */
extern const uint16_t lex_uc_decomposition_starts[]; /* in the pool; the next one's start is the end */
extern const uint32_t lex_uc_decomposition_pool[];
extern const size_t lex_uc_n_lower, lex_uc_n_classes, lex_uc_n_words;
extern const lex_uc_lower_span lex_uc_lower_spans[];
extern const lex_uc_class_span lex_uc_class_spans[];
extern const lex_uc_span lex_uc_word_spans[];

/* The flags of a code point up to U+10FFFF. */
static inline unsigned lex_uc_flags(uint32_t c)
{
    unsigned middle = lex_uc_top[c >> 12] * 64u + (c >> 6 & 63);
    return lex_uc_low[lex_uc_middle[middle] * 64u + (c & 63)];
}

/* ---- family_tables.c: what the tokenizers of other families ask ---- */
enum {
    LEX_UK_LETTER = 1,   /* \p{L} of the reference's regular expressions */
    LEX_UK_NUMBER = 2,   /* \p{N} */
    LEX_UK_SPACE = 4,    /* \s */
    LEX_UK_NUMERIC = 8,  /* what Digits takes for a digit */
    LEX_UK_MARK = 16,    /* any mark; LEX_UC_MARK holds for non-spacing ones */
};
/* Grapheme cluster classes (Unicode Standard Annex 29), without what cannot be seen (scripts/make-unicode-tables). */
enum {
    LEX_GB_OTHER, LEX_GB_CONTROL, LEX_GB_EXTEND, LEX_GB_SPACING, LEX_GB_PREPEND, LEX_GB_L, LEX_GB_V, LEX_GB_T,
    LEX_GB_LV, LEX_GB_LVT, LEX_GB_PICTURE, LEX_GB_JOINER,
};
/* Roles in an Indic conjunct (rule GB9c). */
enum { LEX_GB_NO_CONJUNCT, LEX_GB_CONSONANT, LEX_GB_LINKER, LEX_GB_CONJUNCT };

typedef struct {
    uint32_t first, second, composed;
} lex_uc_pair;

extern const uint8_t lex_uk_top[272];
extern const uint16_t lex_uk_middle[], lex_uk_low[];
extern const size_t lex_uk_n_compatible, lex_uk_n_pairs;
extern const uint32_t lex_uk_compatible[];        /* ascending: those whose NFKD is not their NFD */
extern const uint16_t lex_uk_compatible_starts[]; /* as lex_uc_decomposition_starts */
extern const uint32_t lex_uk_compatible_pool[];
extern const lex_uc_pair lex_uk_pairs[];          /* ascending; Hangul syllables are computed instead */

/* LEX_UK_ flags, with the grapheme class above them. */
static inline unsigned lex_uk_flags(uint32_t c)
{
    unsigned middle = lex_uk_top[c >> 12] * 64u + (c >> 6 & 63);
    return lex_uk_low[lex_uk_middle[middle] * 64u + (c & 63)];
}
static inline unsigned lex_uk_break(unsigned flags)
{
    return flags >> 5 & 15;
}
static inline unsigned lex_uk_conjunct(unsigned flags)
{
    return flags >> 9 & 3;
}

#define LEX_UC_COMPATIBLE_MAX 18
/* The full compatibility decomposition of any code point; returns the number of parts, 1 when there is none. */
size_t lex_uc_decompose_compatible(uint32_t c, uint32_t parts[LEX_UC_COMPATIBLE_MAX]);
/* The canonical composition of two, or 0. */
uint32_t lex_uc_compose(uint32_t first, uint32_t second);

#define LEX_UC_DECOMPOSITION_MAX 4
#define LEX_UC_LOWER_MAX 2

/* The full canonical decomposition of a code point that has one; returns the number of parts. */
size_t lex_uc_decompose(uint32_t c, uint32_t parts[LEX_UC_DECOMPOSITION_MAX]);
/* The lower case of a code point that has one; returns its length. */
size_t lex_uc_lower(uint32_t c, uint32_t lower[LEX_UC_LOWER_MAX]);
/* The canonical combining class, 0 for most. */
unsigned lex_uc_class(uint32_t c);
/* Whether a regular expression's \w holds for it: letters, digits, marks, connecting punctuation. */
bool lex_uc_is_word(uint32_t c);

#endif
