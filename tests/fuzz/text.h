/* text.h - what the targets of texts share. */
#ifndef LEXCLF_FUZZ_TEXT_H
#define LEXCLF_FUZZ_TEXT_H

#include "lexclf/memory.h"
#include "lexclf/json.h"

/* The bytes as UTF-8, in `buf`: each that is none becomes '?'. */
static inline lex_str cleaned(lex_buf *buf, const uint8_t *data, size_t size)
{
    lex_buf_clear(buf);
    while (size > 0) {
        size_t valid = lex_utf8_valid_prefix((lex_str){(const char *)data, size});
        lex_buf_add(buf, data, valid);
        if (valid < size)
            lex_buf_add_char(buf, '?');
        valid += valid < size;
        data += valid;
        size -= valid;
    }
    return lex_buf_str(buf);
}

/* Whether a character begins there, or the text ends. */
static inline bool is_boundary(lex_str text, size_t at)
{
    return at == text.len || (at < text.len && ((unsigned char)text.ptr[at] & 0xC0) != 0x80);
}

#endif
