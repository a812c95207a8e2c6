/* source.c - decoded bytes, in blocks, handed out as checked lines.
 *
 * The buffer grows by doubling up to the limit on a record and one block more; twice that where a row is held to be
 * read again. What was searched is not searched again, so that a long line costs linear time however it arrives.
 */
#include "source.h"

#include <stdlib.h>
#include <string.h>

#include "lexclf/json.h"

#define BLOCK_BYTES ((size_t)64 << 10)

lex_status lex_source_open(lex_source *s, const char *encoding, lex_err *err)
{
    lex_status st = lex_decoder_open(&s->decoder, &s->input, encoding, err);
    s->broken = st != LEX_OK;
    return st;
}

/* Drops a byte order mark from the front of what was read. Complete once 3 bytes or the end are there. */
static void skip_mark(lex_source *s)
{
    if (s->base == 0 && s->at == 0 && s->end >= 3 && memcmp(s->buffer, "\xEF\xBB\xBF", 3) == 0)
        s->at = s->no_lf_before = s->no_cr_before = 3;
}

void lex_source_close(lex_source *s)
{
    lex_decoder_close(&s->decoder);
    lex_input_close(&s->input);
    free(s->buffer);
    s->buffer = NULL;
}

/* Makes room for a block behind what is not handed out yet, or is held. */
static void make_room(lex_source *s)
{
    if (s->capacity - s->end >= BLOCK_BYTES)
        return;
    size_t keep = s->marked ? s->mark : s->at;
    if (keep > 0) {
        memmove(s->buffer, s->buffer + keep, s->end - keep);
        s->base += (int64_t)keep;
        s->end -= keep;
        s->at -= keep;
        s->mark -= s->marked ? keep : 0;
        s->no_lf_before -= keep;
        s->no_cr_before -= keep;
    }
    if (s->capacity - s->end < BLOCK_BYTES) {
        const size_t most = (s->marked ? 2 : 1) * ((size_t)LEX_RECORD_MAX_BYTES + 2 * BLOCK_BYTES);
        size_t grown = 2 * s->capacity + BLOCK_BYTES;
        grown = grown < most ? grown : most;
        s->capacity = grown > s->capacity ? grown : s->capacity;
        s->buffer = lex_realloc_array(s->buffer, s->capacity, 1);
    }
}

static lex_status read_block(lex_source *s, lex_err *err)
{
    size_t got;
    make_room(s);
    lex_status st = lex_decoder_read(&s->decoder, s->buffer + s->end, s->capacity - s->end, &got, err);
    s->broken = st != LEX_OK;
    if (st != LEX_OK)
        return st;
    s->ended = got == 0;
    bool first = s->base == 0 && s->at == 0 && s->end < 3;
    s->end += got;
    if (first)
        skip_mark(s);
    return LEX_OK;
}

/* The length of the line at the front with its ending, or 0 when its end is not read yet. */
static size_t find_line(lex_source *s)
{
    if (s->at == s->end)
        return 0;
    const char *start = s->buffer + s->at, *end = s->buffer + s->end;
    const char *lf = memchr(s->buffer + s->no_lf_before, '\n', s->end - s->no_lf_before);
    s->no_lf_before = lf ? (size_t)(lf - s->buffer) : s->end;
    if (s->cr_ends) {
        const char *from = s->buffer + s->no_cr_before, *to = lf ? lf : end;
        const char *cr = from < to ? memchr(from, '\r', (size_t)(to - from)) : NULL;
        s->no_cr_before = (size_t)((cr ? cr : to) - s->buffer);
        /* A CR in the last byte may turn out to be half of a CRLF. */
        if (cr && cr + 1 != lf && (cr + 1 != end || s->ended))
            return (size_t)(cr + 1 - start);
    }
    if (!lf)
        return s->ended ? (size_t)(end - start) : 0;
    return (size_t)(lf + 1 - start);
}

lex_status lex_source_too_long(lex_err *err)
{
    return lex_err_set(err, LEX_ERR_INPUT, "longer than %u MiB, the limit for one record", LEX_RECORD_MAX_BYTES >> 20);
}

/* Moves past `len` bytes at the front. */
static void pass(lex_source *s, size_t len)
{
    s->at += len;
    if (s->no_lf_before < s->at)
        s->no_lf_before = s->at;
    if (s->no_cr_before < s->at)
        s->no_cr_before = s->at;
}

static lex_status nul_byte(const lex_source *s, int64_t offset, lex_err *err)
{
    if (s->decoder.kind == LEX_DECODE_ICONV)
        return lex_err_set(err, LEX_ERR_INPUT, "a NUL character (U+0000)");
    lex_err_set(err, LEX_ERR_INPUT, "a NUL byte, at byte %lld", (long long)offset);
    if (offset <= 1)
        lex_err_hint(err, "UTF-16 without a byte order mark is read with --encoding UTF-16LE or UTF-16BE");
    else
        lex_err_hint(err, "the file is damaged, no text, or in an encoding that is to be named with --encoding");
    return LEX_ERR_INPUT;
}

/* Hands out `len` bytes, and says whether they are text. */
static lex_status take(lex_source *s, lex_str *out, size_t len, lex_err *err)
{
    *out = (lex_str){s->buffer + s->at, len};
    int64_t offset = s->base + (int64_t)s->at;
    pass(s, len);
    const char *nul = len ? memchr(out->ptr, '\0', len) : NULL;
    size_t valid = lex_utf8_valid_prefix(*out);
    if (valid < len && (!nul || out->ptr + valid < nul))
        return lex_decoder_refuse(&s->decoder, (lex_str){out->ptr + valid, len - valid}, offset + (int64_t)valid, err);
    return nul ? nul_byte(s, offset + (nul - out->ptr), err) : LEX_OK;
}

lex_status lex_source_line(lex_source *s, lex_str *line, bool *end, lex_err *err)
{
    *end = false;
    size_t len;
    while ((len = find_line(s)) == 0 && !s->ended && s->end - s->at <= LEX_RECORD_MAX_BYTES) {
        lex_status st = read_block(s, err);
        if (st != LEX_OK)
            return st;
    }
    if (len == 0 && s->ended) {
        *end = true;
        return LEX_OK;
    }
    s->line++;
    if (len == 0 || len > LEX_RECORD_MAX_BYTES)
        return lex_source_too_long(err);
    return take(s, line, len, err);
}

lex_status lex_source_drop_line(lex_source *s, lex_err *err)
{
    size_t len;
    while ((len = find_line(s)) == 0 && !s->ended) {
        /* a CR in the last byte may be half of a line's end */
        size_t kept = s->end > s->at && s->buffer[s->end - 1] == '\r';
        pass(s, s->end - s->at - kept);
        lex_status st = read_block(s, err);
        if (st != LEX_OK)
            return st;
    }
    pass(s, len);
    return LEX_OK;
}

lex_status lex_source_peek(lex_source *s, size_t want, lex_str *view, lex_err *err)
{
    while (!s->ended && s->end - s->at < want) {
        lex_status st = read_block(s, err);
        if (st != LEX_OK)
            return st;
    }
    *view = (lex_str){s->buffer + s->at, s->end - s->at};
    return LEX_OK;
}

void lex_source_mark(lex_source *s)
{
    s->marked = true;
    s->mark = s->at;
    s->mark_line = s->line;
}

void lex_source_forget_mark(lex_source *s)
{
    s->marked = false;
}

void lex_source_return_to_mark(lex_source *s)
{
    LEX_ASSERT(s->marked);
    s->at = s->no_lf_before = s->no_cr_before = s->mark;
    s->line = s->mark_line;
    s->marked = false;
}

lex_status lex_source_rest(lex_source *s, lex_str *rest, lex_err *err)
{
    s->line++;
    while (!s->ended && s->end - s->at <= LEX_RECORD_MAX_BYTES) {
        lex_status st = read_block(s, err);
        if (st != LEX_OK)
            return st;
    }
    if (s->end - s->at > LEX_RECORD_MAX_BYTES)
        return lex_source_too_long(err);
    return take(s, rest, s->end - s->at, err);
}
