/* scan.c - one walk over a text: white space folded, words and shingles (see lint.h), characters that look wrong.
 *
 * What looks wrong: control characters but tab and line breaks; U+FFFD, which stands where a decoder gave up;
 * characters that show nothing, but for the two joiners that Indic scripts and emoji need; and sequences that are UTF-8
 * read as Windows-1252 ("Ã©" for "é"): a letter that would be a first byte, followed by as many characters as it asks
 * for, which would be its further bytes. Quotes, dashes and signs are among those, and stand behind letters in honest
 * texts ("«Société»…"), so one character of the sequence must be none of them.
 */
#include <string.h>

#include "internal.h"

enum { OTHER, LETTER, SPACE, CONTROL };

typedef struct {
    lint_scan *scan;
    char *to; /* where the folded text grows */
    bool space_waits;
    uint64_t word, before, before_that; /* hashes: the word under way (0: none), and those before it */
} walk;

static const uint64_t word_seed = UINT64_C(0x9E3779B97F4A7C15), word_factor = UINT64_C(0xD6E8FEB86659FD93);

/* ---- words ---- */

static uint64_t shingle(uint64_t a, uint64_t b, uint64_t c)
{
    return lint_mix(a + (b << 21 | b >> 43) * 3 + (c << 42 | c >> 22) * 5);
}

static void end_word(walk *w)
{
    if (w->word == 0)
        return;
    uint64_t word = lint_mix(w->word);
    if (++w->scan->n_words >= 3)
        lint_shingles_add(&w->scan->shingles, shingle(w->before_that, w->before, word));
    w->before_that = w->before;
    w->before = word;
    w->word = 0;
}

static void extend_word(walk *w, uint32_t c)
{
    w->word = ((w->word ? w->word : word_seed) ^ c) * word_factor | 1;
}

/* ---- what a character is ---- */

static unsigned ascii_class(unsigned char c)
{
    if (c >= 0x21 && c < 0x7F)
        return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') ? LETTER : OTHER;
    return c == ' ' || c == '\t' || c == '\n' || c == '\r' ? SPACE : CONTROL;
}

static bool in(uint32_t c, uint32_t first, uint32_t last)
{
    return c >= first && c <= last;
}

static bool is_space(uint32_t c)
{
    return c == 0xA0 || c == 0x1680 || in(c, 0x2000, 0x200A) || in(c, 0x2028, 0x2029) || c == 0x202F || c == 0x205F ||
           c == 0x3000;
}

/* Of scripts that are written without spaces: South-East Asian ones, ideographs, kana. */
static bool stands_alone(uint32_t c)
{
    if (c < 0x2E80)
        return in(c, 0x0E00, 0x0EFF) || in(c, 0x1000, 0x109F) || in(c, 0x1780, 0x17FF);
    return in(c, 0x2E80, 0x2FDF) || in(c, 0x3005, 0x3007) || in(c, 0x3040, 0x30FF) || in(c, 0x3400, 0x9FFF) ||
           in(c, 0xF900, 0xFAFF) || in(c, 0x20000, 0x3FFFF);
}

static bool is_punctuation(uint32_t c)
{
    return in(c, 0x80, 0xBF) ? c != 0xAA && c != 0xB5 && c != 0xBA
                             : in(c, 0x2010, 0x206F) || in(c, 0x3001, 0x3004) || in(c, 0x3008, 0x3020) ||
                                   in(c, 0xFE10, 0xFE6F) || in(c, 0xFF01, 0xFF0F) || in(c, 0xFF1A, 0xFF20) ||
                                   in(c, 0xFF3B, 0xFF40) || in(c, 0xFF5B, 0xFF65) || c == 0xFFFD;
}

static bool is_invisible(uint32_t c)
{
    return c == 0xAD || c == 0x200B || c == 0x200E || c == 0x200F || in(c, 0x202A, 0x202E) || in(c, 0x2060, 0x206F) ||
           c == 0xFEFF || in(c, 0xFFF9, 0xFFFB) || in(c, 0xE0001, 0xE007F);
}

/* ---- what looks wrong ---- */

static void note_odd(walk *w, lint_odd kind, size_t at, uint32_t c)
{
    if (w->scan->n_odd[kind]++ == 0) {
        w->scan->odd_at[kind] = at;
        w->scan->odd_char[kind] = c;
    }
}

/* Whether Windows-1252 has the character at a byte from 0x80 to 0xBF; *sign when it is one that honest texts have
 * behind a letter. */
static bool is_further_byte(uint32_t c, bool *sign)
{
    static const uint16_t above[] = {0x20AC, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030,
                                     0x0160, 0x2039, 0x0152, 0x017D, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
                                     0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x017E, 0x0178};
    *sign = c == 0xA0 || c == 0xA7 || c == 0xAB || c == 0xAE || c == 0xB0 || c == 0xB7 || c == 0xBB ||
            (in(c, 0x2013, 0x203A) && c != 0x2030) || c == 0x2122;
    if (in(c, 0x80, 0xBF))
        return true;
    for (size_t i = 0; i < sizeof above / sizeof *above; i++) {
        if (above[i] == c)
            return true;
    }
    return false;
}

/* `c` was read, and the text goes on at `at`. */
static bool begins_mojibake(uint32_t c, lex_str text, size_t at)
{
    if (c != 0xC2 && c != 0xC3 && !in(c, 0xE2, 0xF4))
        return false;
    int n_further = c < 0xE0 ? 1 : c < 0xF0 ? 2 : 3;
    bool telling = c == 0xC2; /* of a language that has it, no word ends in it: any sign will do */
    for (int i = 0; i < n_further; i++) {
        bool sign;
        if (at >= text.len || !is_further_byte(lex_utf8_next(text, &at), &sign))
            return false;
        telling |= !sign;
    }
    return telling;
}

/* ---- the walk ---- */

static void write_folded(walk *w, const char *bytes, size_t n)
{
    if (w->space_waits && w->to != w->scan->folded.ptr)
        *w->to++ = ' ';
    w->space_waits = false;
    for (size_t i = 0; i < n; i++)
        *w->to++ = bytes[i];
}

static size_t take_ascii(walk *w, lex_str text, size_t at)
{
    unsigned char c = (unsigned char)text.ptr[at];
    unsigned class = ascii_class(c);
    if (class == LETTER) {
        size_t begin = at;
        do
            extend_word(w, c >= 'A' && c <= 'Z' ? c | 0x20u : c);
        while (++at < text.len && ascii_class(c = (unsigned char)text.ptr[at]) == LETTER);
        write_folded(w, text.ptr + begin, at - begin);
        return at;
    }
    end_word(w);
    if (class == SPACE) {
        w->space_waits = true;
        return at + 1;
    }
    if (class == CONTROL)
        note_odd(w, LINT_CONTROL, at, c);
    write_folded(w, text.ptr + at, 1);
    return at + 1;
}

static size_t take_other(walk *w, lex_str text, size_t at)
{
    size_t begin = at;
    uint32_t c = lex_utf8_next(text, &at);
    if (is_space(c)) {
        end_word(w);
        w->space_waits = true;
        return at;
    }
    write_folded(w, text.ptr + begin, at - begin);
    if (c == 0xFFFD)
        note_odd(w, LINT_REPLACEMENT, begin, c);
    else if (c < 0xA0)
        note_odd(w, LINT_CONTROL, begin, c);
    else if (begins_mojibake(c, text, at))
        note_odd(w, LINT_MOJIBAKE, begin, c);
    else if (is_invisible(c)) {
        note_odd(w, LINT_INVISIBLE, begin, c);
        return at; /* within a word it does not end it */
    }
    if (is_punctuation(c)) {
        end_word(w);
    } else if (stands_alone(c)) {
        end_word(w);
        extend_word(w, c);
        end_word(w);
    } else {
        extend_word(w, c);
    }
    return at;
}

void lint_scan_text(lint_scan *scan, lex_str text)
{
    walk w = {.scan = scan};
    lint_shingles_begin(&scan->shingles);
    memset(scan->n_odd, 0, sizeof scan->n_odd);
    scan->n_words = 0;
    lex_buf_clear(&scan->folded);
    lex_buf_reserve(&scan->folded, text.len + 1);
    w.to = scan->folded.ptr;
    for (size_t at = 0; at < text.len;)
        at = (unsigned char)text.ptr[at] < 0x80 ? take_ascii(&w, text, at) : take_other(&w, text, at);
    end_word(&w);
    if (scan->n_words == 1 || scan->n_words == 2) /* too short for a shingle: the words themselves are one */
        lint_shingles_add(&scan->shingles, shingle(0, w.before_that, w.before));
    scan->folded.len = (size_t)(w.to - scan->folded.ptr);
}
