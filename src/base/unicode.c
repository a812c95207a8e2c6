/* unicode.c - the one file that sees utf8proc. */
#include "lexclf/unicode.h"

#include <stdlib.h>
#include <utf8proc.h>

int lex_unicode_width(uint32_t code_point)
{
    return utf8proc_charwidth((utf8proc_int32_t)code_point);
}

void lex_unicode_fold(lex_buf *out, lex_str text)
{
    const utf8proc_option_t how = UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD |
                                  UTF8PROC_IGNORE;
    utf8proc_uint8_t *folded = NULL;
    utf8proc_ssize_t len =
        text.len ? utf8proc_map((const utf8proc_uint8_t *)text.ptr, (utf8proc_ssize_t)text.len, &folded, how) : 0;
    LEX_ASSERT(len >= 0); /* it fails on invalid UTF-8, and when memory runs out */
    lex_buf_add(out, folded, (size_t)len);
    free(folded);
}
