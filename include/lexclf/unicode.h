/* unicode.h - properties of characters that need Unicode's tables, by utf8proc.
 *
 * For people's terminals and for telling look-alikes apart. What a tokenizer takes a character for is another matter,
 * which its reference decides (src/tokenizer).
 */
#ifndef LEXCLF_UNICODE_H
#define LEXCLF_UNICODE_H

#include "lexclf/memory.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How many columns a character takes on a terminal: 2 for wide East Asian ones, 0 for combining ones, else 1. */
int lex_unicode_width(uint32_t code_point);

/* Adds the text in a form in which look-alikes are equal: compatibility composition (NFKC; Unicode Standard Annex 15),
 * full case folding, characters that show nothing removed. `text` is valid UTF-8. */
void lex_unicode_fold(lex_buf *out, lex_str text);

#ifdef __cplusplus
}
#endif
#endif
