/* json_string.c - JSON strings: decoding a checked span, and writing text with the least escaping.
 *
 * U+0000 survives in both directions. Half of a surrogate pair has no UTF-8 form and becomes U+FFFD.
 */
#include <string.h>

#include "lexclf/json.h"

/* Four hexadecimal digits that the scanner has checked. */
static uint32_t unit_at(const char *p)
{
    uint32_t value = 0;
    for (int i = 0; i < 4; i++) {
        uint32_t ch = (unsigned char)p[i];
        value = value << 4 | (ch <= '9' ? ch - '0' : (ch | 0x20) - 'a' + 10);
    }
    return value;
}

/* Reads the \u escape at p, with the second half of its pair if it has one; returns how many bytes it takes. */
static size_t read_unicode(const char *p, const char *end, uint32_t *code_point)
{
    uint32_t unit = unit_at(p + 2);
    *code_point = unit;
    if (unit < 0xD800 || unit > 0xDFFF)
        return 6;
    *code_point = 0xFFFD;
    if (unit > 0xDBFF || end - p < 12 || p[6] != '\\' || p[7] != 'u')
        return 6;
    uint32_t low = unit_at(p + 8);
    if (low < 0xDC00 || low > 0xDFFF)
        return 6;
    *code_point = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
    return 12;
}

static char simple_escape(char ch)
{
    switch (ch) {
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return ch; /* a quote, a backslash or a slash */
    }
}

lex_str lex_json_decode(lex_str string, lex_arena *arena)
{
    LEX_ASSERT(string.len >= 2 && string.ptr[0] == '"' && string.ptr[string.len - 1] == '"');
    const char *p = string.ptr + 1, *end = string.ptr + string.len - 1;
    const char *slash = memchr(p, '\\', (size_t)(end - p));
    if (!slash)
        return (lex_str){p, (size_t)(end - p)};
    /* No escape is shorter than what it stands for. */
    char *out = lex_arena_alloc(arena, (size_t)(end - p) + 1);
    size_t n = 0;
    while (slash) {
        memcpy(out + n, p, (size_t)(slash - p));
        n += (size_t)(slash - p);
        p = slash;
        if (p[1] == 'u') {
            uint32_t code_point;
            p += read_unicode(p, end, &code_point);
            n += lex_utf8_put(out + n, code_point);
        } else {
            out[n++] = simple_escape(p[1]);
            p += 2;
        }
        slash = memchr(p, '\\', (size_t)(end - p));
    }
    memcpy(out + n, p, (size_t)(end - p));
    n += (size_t)(end - p);
    out[n] = '\0';
    return (lex_str){out, n};
}

static void add_escaped(lex_buf *out, unsigned char ch)
{
    static const char letters[] = "btn\0fr"; /* for 0x08 to 0x0D; 0x0B has none */
    if (ch == '"' || ch == '\\')
        lex_buf_printf(out, "\\%c", ch);
    else if (ch >= 0x08 && ch <= 0x0D && ch != 0x0B)
        lex_buf_printf(out, "\\%c", letters[ch - 0x08]);
    else
        lex_buf_printf(out, "\\u%04x", ch);
}

void lex_json_add_string(lex_buf *out, lex_str text)
{
    lex_buf_reserve(out, text.len + 2);
    lex_buf_add_char(out, '"');
    size_t from = 0;
    for (size_t i = 0; i < text.len; i++) {
        unsigned char ch = (unsigned char)text.ptr[i];
        if (ch >= 0x20 && ch != '"' && ch != '\\')
            continue;
        lex_buf_add(out, text.ptr + from, i - from);
        add_escaped(out, ch);
        from = i + 1;
    }
    if (text.len > from)
        lex_buf_add(out, text.ptr + from, text.len - from);
    lex_buf_add_char(out, '"');
}
