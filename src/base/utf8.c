/* utf8.c - UTF-8 as RFC 3629 defines it: shortest forms only, no surrogates, nothing above U+10FFFF.
 *
 * Validation is the one pass over every byte of every input, so stretches of ASCII go by 32 bytes at a time.
 */
#include <string.h>

#include "lexclf/json.h"

static bool is_ascii32(const unsigned char *p)
{
    uint64_t w[4];
    memcpy(w, p, sizeof w);
    return ((w[0] | w[1] | w[2] | w[3]) & UINT64_C(0x8080808080808080)) == 0;
}

/* The length of the valid sequence that starts at p, whose first byte is not ASCII; 0 when there is none. */
static size_t sequence_length(const unsigned char *p, size_t room)
{
    unsigned lead = p[0];
    if (lead < 0xC2 || lead > 0xF4 || room < 2)
        return 0;
    if (lead < 0xE0)
        return (p[1] & 0xC0) == 0x80 ? 2 : 0;
    /* The second byte's range depends on the first: Table 3-7 of the Unicode standard. */
    unsigned low = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    unsigned high = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (p[1] < low || p[1] > high || room < 3 || (p[2] & 0xC0) != 0x80)
        return 0;
    if (lead < 0xF0)
        return 3;
    return room >= 4 && (p[3] & 0xC0) == 0x80 ? 4 : 0;
}

size_t lex_utf8_valid_prefix(lex_str text)
{
    const unsigned char *p = (const unsigned char *)text.ptr;
    size_t at = 0;
    while (at < text.len) {
        if (p[at] < 0x80) {
            while (text.len - at >= 32 && is_ascii32(p + at))
                at += 32;
            while (at < text.len && p[at] < 0x80)
                at++;
            continue;
        }
        size_t n = sequence_length(p + at, text.len - at);
        if (n == 0)
            break;
        at += n;
    }
    return at;
}

uint32_t lex_utf8_next(lex_str text, size_t *at)
{
    LEX_ASSERT(*at < text.len);
    const unsigned char *p = (const unsigned char *)text.ptr + *at;
    uint32_t lead = p[0];
    if (lead < 0x80) {
        *at += 1;
        return lead;
    }
    size_t n = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    LEX_ASSERT(n <= text.len - *at);
    *at += n;
    if (n == 2)
        return (lead & 0x1Fu) << 6 | (p[1] & 0x3Fu);
    if (n == 3)
        return (lead & 0x0Fu) << 12 | (p[1] & 0x3Fu) << 6 | (p[2] & 0x3Fu);
    return (lead & 0x07u) << 18 | (p[1] & 0x3Fu) << 12 | (p[2] & 0x3Fu) << 6 | (p[3] & 0x3Fu);
}

size_t lex_utf8_put(char *out, uint32_t code_point)
{
    uint32_t c = code_point;
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xC0u | c >> 6);
        out[1] = (char)(0x80u | (c & 0x3Fu));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xE0u | c >> 12);
        out[1] = (char)(0x80u | (c >> 6 & 0x3Fu));
        out[2] = (char)(0x80u | (c & 0x3Fu));
        return 3;
    }
    LEX_ASSERT(c <= 0x10FFFF);
    out[0] = (char)(0xF0u | c >> 18);
    out[1] = (char)(0x80u | (c >> 12 & 0x3Fu));
    out[2] = (char)(0x80u | (c >> 6 & 0x3Fu));
    out[3] = (char)(0x80u | (c & 0x3Fu));
    return 4;
}
