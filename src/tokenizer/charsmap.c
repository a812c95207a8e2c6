/* charsmap.c - sentencepiece's compiled normalization rules ("precompiled_charsmap").
 *
 * Four bytes say how long the double array is that follows (Aoe, "An Efficient Digital Search Algorithm by Using a
 * Double-Array Structure", 1989; units as darts-clone packs them); behind it lie the replacements, each ended by a
 * NUL. A walk that leaves the array finds nothing, so a damaged map is harmless. As the reference does it, the
 * shortest rule that a text begins with stands for all of the text.
 */
#include <stdlib.h>
#include <string.h>

#include "pipeline.h"

struct lex_charsmap {
    uint32_t *units;
    size_t n_units;
    char *pool; /* followed by a NUL */
    size_t pool_len;
};

static uint32_t little(const char *bytes)
{
    const unsigned char *b = (const unsigned char *)bytes;
    return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

lex_status lex_charsmap_new(lex_charsmap **out, lex_str bytes, lex_err *err)
{
    *out = NULL;
    uint32_t len = bytes.len >= 4 ? little(bytes.ptr) : 0;
    if (len < 4 || len > bytes.len - 4)
        return lex_err_set(err, LEX_ERR_INPUT, "the precompiled charsmap is cut short");
    size_t n_units = len / 4, start = 4 + 4 * n_units;
    lex_str pool = {bytes.ptr + start, bytes.len - start};
    if (lex_utf8_valid_prefix(pool) != pool.len)
        return lex_err_set(err, LEX_ERR_INPUT, "the precompiled charsmap holds invalid UTF-8");
    lex_charsmap *map = lex_alloc_zeroed(1, sizeof *map);
    map->units = lex_alloc_array(n_units, sizeof *map->units);
    map->n_units = n_units;
    for (size_t i = 0; i < n_units; i++)
        map->units[i] = little(bytes.ptr + 4 + 4 * i);
    map->pool = lex_alloc(pool.len + 1);
    memcpy(map->pool, pool.ptr, pool.len);
    map->pool[pool.len] = '\0';
    map->pool_len = pool.len;
    *out = map;
    return LEX_OK;
}

static int base64_value(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

lex_status lex_charsmap_from_base64(lex_charsmap **out, const char *text, lex_err *err)
{
    size_t len = strlen(text), padding = 0;
    *out = NULL;
    while (padding < 2 && padding < len && text[len - 1 - padding] == '=')
        padding++;
    lex_buf bytes;
    lex_buf_init(&bytes);
    uint32_t bits = 0;
    bool good = len % 4 == 0;
    for (size_t i = 0; good && i < len - padding; i++) {
        int value = base64_value(text[i]);
        good = value >= 0;
        bits = bits << 6 | (uint32_t)(value & 63);
        if (i % 4 != 0)
            lex_buf_add_char(&bytes, (char)(bits >> (6 - 2 * (i % 4)) & 0xFF));
    }
    lex_status st = good ? lex_charsmap_new(out, lex_buf_str(&bytes), err)
                         : lex_err_set(err, LEX_ERR_INPUT, "the precompiled charsmap is not base64");
    lex_buf_release(&bytes);
    return st;
}

void lex_charsmap_free(lex_charsmap *map)
{
    if (map == NULL)
        return;
    free(map->units);
    free(map->pool);
    free(map);
}

static size_t offset_of(uint32_t unit)
{
    return (size_t)(unit >> 10) << ((unit & 1u << 9) >> 6);
}

bool lex_charsmap_find(const lex_charsmap *map, lex_str text, lex_str *out)
{
    size_t node = offset_of(map->units[0]);
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        node ^= c;
        if (c == 0 || node >= map->n_units)
            return false;
        uint32_t unit = map->units[node];
        if ((unit & (1u << 31 | 0xFF)) != c)
            return false;
        node ^= offset_of(unit);
        if (unit >> 8 & 1) {
            size_t at = node < map->n_units ? map->units[node] & 0x7FFFFFFF : SIZE_MAX;
            if (at > map->pool_len || ((unsigned char)map->pool[at] & 0xC0) == 0x80)
                return false;
            *out = (lex_str){map->pool + at, strlen(map->pool + at)};
            return true;
        }
    }
    return false;
}
