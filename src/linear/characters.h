/* characters.h - letters, spaces and lower case as Python sees them, since that is what scikit-learn's features are made
 * of. The tables are generated (scripts/make-linear-tables). */
#ifndef LEXCLF_LINEAR_CHARACTERS_H
#define LEXCLF_LINEAR_CHARACTERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct {
    uint32_t first, last;
} lex_span;
typedef struct {
    uint32_t first, last; /* every `step`th code point between them, both included */
    uint32_t step;
    int32_t delta; /* from a code point to its lower case */
} lex_lower_span;

extern const size_t lex_n_word_spans, lex_n_space_spans, lex_n_lower_spans;
extern const lex_span lex_word_spans[], lex_space_spans[];
extern const lex_lower_span lex_lower_spans[];

/* \w of Python's re: a letter, a number, '_'. */
bool lex_is_word(uint32_t c);
/* What str.split() splits at. */
bool lex_is_space(uint32_t c);

#define LEX_LOWER_MAX 2
/* The lower case of a code point: itself for most; returns how many code points it has. str.lower() alone looks at
 * neighbours, for the capital sigma that ends a word. */
size_t lex_lower(uint32_t c, uint32_t lower[LEX_LOWER_MAX]);

#endif
