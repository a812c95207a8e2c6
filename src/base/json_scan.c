/* json_scan.c - the strict scanner: checks JSON text and yields spans of it; nothing is converted unless asked.
 *
 * It accepts exactly RFC 8259 in UTF-8, nested at most LEX_JSON_MAX_DEPTH deep, and never recurses, so that hostile
 * input costs no stack. json_tree.c runs the same check before it hands a document to cJSON, which is laxer.
 */
#include <string.h>

#include "json_check.h"

/* Well above any table's columns; keeps a hostile line from becoming gigabytes of spans. */
#define MEMBERS_MAX 65536
/* cJSON reads numbers through a buffer of 64 bytes and cuts longer ones. */
#define TREE_NUMBER_MAX 63

static bool fail(lex_json_cursor *c, const unsigned char *where, const char *why)
{
    c->at = where;
    c->why = why;
    return false;
}

void lex_json_skip_space(lex_json_cursor *c)
{
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\n' || *c->at == '\r' || *c->at == '\t'))
        c->at++;
}

/* Whether any of 8 bytes is a quote, a backslash or a control character: the usual zero-byte test on each. May also
 * say yes for a byte from 0x80 up next to one of them, which costs a look and no more. */
static bool has_special(uint64_t w)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), tops = UINT64_C(0x8080808080808080);
    uint64_t quote = w ^ ones * '"', slash = w ^ ones * '\\';
    uint64_t hit = ((quote - ones) & ~quote) | ((slash - ones) & ~slash) | ((w - ones * 0x20) & ~w);
    return (hit & tops) != 0;
}

static int hex_digit(unsigned char ch)
{
    if (ch >= '0' && ch <= '9')
        return ch - '0';
    ch |= 0x20;
    return ch >= 'a' && ch <= 'f' ? ch - 'a' + 10 : -1;
}

/* The value of four hexadecimal digits, or -1. */
static int hex4(const unsigned char *p, const unsigned char *end)
{
    if (end - p < 4)
        return -1;
    int value = 0;
    for (int i = 0; i < 4; i++) {
        int digit = hex_digit(p[i]);
        if (digit < 0)
            return -1;
        value = value * 16 + digit;
    }
    return value;
}

static bool is_high_surrogate(int unit) { return unit >= 0xD800 && unit <= 0xDBFF; }
static bool is_low_surrogate(int unit) { return unit >= 0xDC00 && unit <= 0xDFFF; }

/* The second half of a pair whose first half ends at p, or -1. */
static int pair_half(const unsigned char *p, const unsigned char *end)
{
    if (end - p < 6 || p[0] != '\\' || p[1] != 'u')
        return -1;
    int unit = hex4(p + 2, end);
    return is_low_surrogate(unit) ? unit : -1;
}

static bool skip_escape(lex_json_cursor *c)
{
    const unsigned char *start = c->at;
    if (c->end - start < 2)
        return fail(c, start, "a string is not closed");
    if (start[1] != 'u') {
        if (start[1] == 0 || strchr("\"\\/bfnrt", start[1]) == NULL)
            return fail(c, start, "an unknown escape in a string");
        c->at += 2;
        return true;
    }
    int unit = hex4(start + 2, c->end);
    if (unit < 0)
        return fail(c, start, "\\u without four hexadecimal digits");
    c->at += 6;
    if (!c->for_tree)
        return true;
    if (unit == 0)
        return fail(c, start, "an escaped U+0000 is not accepted here");
    if (is_high_surrogate(unit) && pair_half(c->at, c->end) >= 0)
        c->at += 6;
    else if (is_high_surrogate(unit) || is_low_surrogate(unit))
        return fail(c, start, "half of a surrogate pair");
    return true;
}

bool lex_json_skip_string(lex_json_cursor *c)
{
    const unsigned char *start = c->at++;
    for (;;) {
        uint64_t word;
        while (c->end - c->at >= 8 && (memcpy(&word, c->at, 8), !has_special(word)))
            c->at += 8;
        while (c->at < c->end && *c->at >= 0x20 && *c->at != '"' && *c->at != '\\')
            c->at++;
        if (c->at == c->end)
            return fail(c, start, "a string is not closed");
        if (*c->at == '"') {
            c->at++;
            return true;
        }
        if (*c->at < 0x20)
            return fail(c, c->at, "a control character in a string must be escaped");
        if (!skip_escape(c))
            return false;
    }
}

static bool is_digit_at(const lex_json_cursor *c)
{
    return c->at < c->end && *c->at >= '0' && *c->at <= '9';
}

static bool skip_digits(lex_json_cursor *c)
{
    if (!is_digit_at(c))
        return false;
    while (is_digit_at(c))
        c->at++;
    return true;
}

static bool skip_number(lex_json_cursor *c)
{
    const unsigned char *start = c->at;
    if (*c->at == '-')
        c->at++;
    const unsigned char *first = c->at;
    if (!skip_digits(c))
        return fail(c, start, "a number without digits");
    if (*first == '0' && c->at - first > 1)
        return fail(c, start, "a number with a leading zero");
    if (c->at < c->end && *c->at == '.') {
        c->at++;
        if (!skip_digits(c))
            return fail(c, start, "a number without digits after the point");
    }
    if (c->at < c->end && (*c->at | 0x20) == 'e') {
        c->at++;
        if (c->at < c->end && (*c->at == '+' || *c->at == '-'))
            c->at++;
        if (!skip_digits(c))
            return fail(c, start, "a number without digits in its exponent");
    }
    if (c->for_tree && c->at - start > TREE_NUMBER_MAX)
        return fail(c, start, "a number of more than 63 characters");
    return true;
}

static bool skip_word(lex_json_cursor *c, const char *word)
{
    size_t len = strlen(word);
    if ((size_t)(c->end - c->at) < len || memcmp(c->at, word, len) != 0)
        return fail(c, c->at, "not a JSON value");
    c->at += len;
    return true;
}

static bool skip_scalar(lex_json_cursor *c)
{
    switch (*c->at) {
    case '"':
        return lex_json_skip_string(c);
    case 't':
        return skip_word(c, "true");
    case 'f':
        return skip_word(c, "false");
    case 'n':
        return skip_word(c, "null");
    default:
        if (*c->at == '-' || is_digit_at(c))
            return skip_number(c);
        return fail(c, c->at, "not a JSON value");
    }
}

/* A member's key and the colon after it. */
static bool skip_key(lex_json_cursor *c)
{
    lex_json_skip_space(c);
    if (c->at == c->end || *c->at != '"')
        return fail(c, c->at, "a key in double quotes is missing");
    if (!lex_json_skip_string(c))
        return false;
    lex_json_skip_space(c);
    if (c->at == c->end || *c->at != ':')
        return fail(c, c->at, "a ':' is missing after a key");
    c->at++;
    return true;
}

/* After a value inside something that ends with `closer`: true in *more when another one follows. */
static bool skip_separator(lex_json_cursor *c, unsigned char closer, bool *more)
{
    lex_json_skip_space(c);
    const char *why = closer == '}' ? "a ',' or '}' is missing" : "a ',' or ']' is missing";
    if (c->at == c->end || (*c->at != ',' && *c->at != closer))
        return fail(c, c->at, why);
    *more = *c->at++ == ',';
    return true;
}

bool lex_json_skip_value(lex_json_cursor *c, int levels)
{
    unsigned char closers[LEX_JSON_MAX_DEPTH];
    int depth = 0;
    LEX_ASSERT(levels <= LEX_JSON_MAX_DEPTH);
    for (;;) {
        lex_json_skip_space(c);
        if (c->at == c->end)
            return fail(c, c->at, "a value is missing");
        bool inside = *c->at == '{' || *c->at == '['; /* of something that may hold values */
        if (inside) {
            if (depth == levels)
                return fail(c, c->at, "nested too deep");
            closers[depth++] = *c->at == '{' ? '}' : ']';
            c->at++;
            lex_json_skip_space(c);
            if (c->at < c->end && *c->at == closers[depth - 1]) {
                c->at++;
                depth--;
                inside = false;
            }
        } else if (!skip_scalar(c)) {
            return false;
        }
        while (!inside && depth > 0) {
            if (!skip_separator(c, closers[depth - 1], &inside))
                return false;
            depth -= !inside;
        }
        if (depth == 0)
            return true;
        if (closers[depth - 1] == '}' && !skip_key(c))
            return false;
    }
}

static lex_json_type type_of(unsigned char first)
{
    switch (first) {
    case '{':
        return LEX_JSON_OBJECT;
    case '[':
        return LEX_JSON_ARRAY;
    case '"':
        return LEX_JSON_STRING;
    case 't':
    case 'f':
        return LEX_JSON_BOOL;
    case 'n':
        return LEX_JSON_NULL;
    default:
        return LEX_JSON_NUMBER;
    }
}

static lex_str span(const unsigned char *from, const unsigned char *to)
{
    return (lex_str){(const char *)from, (size_t)(to - from)};
}

static bool scan_member(lex_json_cursor *c, lex_json_span *out)
{
    lex_json_skip_space(c);
    const unsigned char *key = c->at;
    if (!skip_key(c))
        return false;
    const unsigned char *colon = c->at;
    while (*--colon != '"')
        continue;
    out->key = span(key, colon + 1);
    lex_json_skip_space(c);
    const unsigned char *value = c->at;
    if (!lex_json_skip_value(c, LEX_JSON_MAX_DEPTH - 1))
        return false;
    out->value = span(value, c->at);
    out->type = type_of(*value);
    return true;
}

static bool scan_members(lex_json_cursor *c, lex_json_span **members, int64_t *n, lex_arena *arena)
{
    int64_t capacity = 0;
    lex_json_skip_space(c);
    bool more = c->at == c->end || *c->at != '}';
    if (!more)
        c->at++;
    while (more) {
        if (*n == MEMBERS_MAX)
            return fail(c, c->at, "an object of more than 65536 members");
        if (*n == capacity) {
            capacity = capacity ? 2 * capacity : 16;
            lex_json_span *grown = lex_arena_array(arena, (size_t)capacity, sizeof *grown);
            if (*n)
                memcpy(grown, *members, (size_t)*n * sizeof *grown);
            *members = grown;
        }
        if (!scan_member(c, &(*members)[*n]))
            return false;
        ++*n;
        if (!skip_separator(c, '}', &more))
            return false;
    }
    return true;
}

lex_status lex_json_scan_object(lex_json_span **members, int64_t *n_members, lex_str text, lex_arena *arena,
                                size_t *offset, lex_err *err)
{
    *members = NULL;
    *n_members = 0;
    *offset = lex_utf8_valid_prefix(text);
    if (*offset < text.len)
        return lex_err_set(err, LEX_ERR_INPUT, "invalid UTF-8");
    const unsigned char *start = (const unsigned char *)(text.ptr ? text.ptr : "");
    lex_json_cursor c = {.at = start, .end = start + text.len};
    lex_json_skip_space(&c);
    if (c.at == c.end || *c.at != '{') {
        fail(&c, c.at, "not a JSON object");
    } else {
        c.at++;
        if (scan_members(&c, members, n_members, arena)) {
            lex_json_skip_space(&c);
            if (c.at < c.end)
                fail(&c, c.at, "something follows the JSON object");
        }
    }
    *offset = (size_t)(c.at - start);
    if (c.why)
        return lex_err_set(err, LEX_ERR_INPUT, "%s", c.why);
    return LEX_OK;
}

/* One pass over a checked array; with `out`, the elements are stored. */
static int64_t walk_array(lex_str array, lex_json_span *out)
{
    const unsigned char *start = (const unsigned char *)array.ptr;
    lex_json_cursor c = {.at = start + 1, .end = start + array.len};
    int64_t n = 0;
    lex_json_skip_space(&c);
    for (bool more = *c.at != ']'; more; n++) {
        lex_json_skip_space(&c);
        const unsigned char *value = c.at;
        bool checked = lex_json_skip_value(&c, LEX_JSON_MAX_DEPTH);
        LEX_ASSERT(checked);
        if (out)
            out[n] = (lex_json_span){.value = span(value, c.at), .type = type_of(*value)};
        checked = skip_separator(&c, ']', &more);
        LEX_ASSERT(checked);
    }
    return n;
}

void lex_json_scan_array(lex_json_span **elements, int64_t *n_elements, lex_str array, lex_arena *arena)
{
    LEX_ASSERT(array.len >= 2 && array.ptr[0] == '[');
    *n_elements = walk_array(array, NULL);
    *elements = lex_arena_array(arena, (size_t)*n_elements, sizeof **elements);
    walk_array(array, *elements);
}
