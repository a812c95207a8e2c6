/* decode.c - which encoding the bytes are in, and from there to UTF-8 by the C library's iconv, which no other file
 * sees.
 *
 * The rule needs the whole input: one byte at its end can make GB18030 of what looked like UTF-8. A file is read
 * through for it. A pipe would have to be kept somewhere, and its reader to wait for its end; but up to the first byte
 * that is not ASCII both encodings say the same, so the decision can wait until there, and is taken by all that has
 * come by then. If it was UTF-8 and a later byte is not, the error says so: never a row read in two ways.
 *
 * iconv stops at an invalid sequence. A mark with its offset takes the sequence's place, so that the rows before it are
 * answered, the row that holds it is named, and the rest can still be read.
 */
#include <errno.h>
#include <iconv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "input.h"
#include "lexclf/json.h"

enum { RAW_BYTES = 64 << 10, MARK = 0xFF, MARK_BYTES = 24 };

static bool is_utf8(const char *name)
{
    return strcasecmp(name, "UTF-8") == 0 || strcasecmp(name, "UTF8") == 0;
}

bool lex_encoding_known(const char *name)
{
    if (name[0] == '\0' || strlen(name) >= sizeof((lex_decoder *)0)->name || strchr(name, '/')) /* "NAME//IGNORE" */
        return false;
    iconv_t cd = iconv_open("UTF-8", name);
    if (cd == (iconv_t)-1)
        return false;
    iconv_close(cd);
    return true;
}

/* How far to go on after an invalid sequence: a code unit. */
static size_t unit_of(const char *name)
{
    if (strncasecmp(name, "UTF-16", 6) == 0 || strncasecmp(name, "UCS-2", 5) == 0)
        return 2;
    return strncasecmp(name, "UTF-32", 6) == 0 || strncasecmp(name, "UCS-4", 5) == 0 ? 4 : 1;
}

static lex_status use_iconv(lex_decoder *d, const char *name, lex_err *err)
{
    iconv_t cd = iconv_open("UTF-8", name);
    if (cd == (iconv_t)-1) {
        lex_err_set(err, LEX_ERR_SYSTEM, "the C library cannot read the encoding %s", name);
        lex_err_hint(err, "its converters lie in a package of their own on some systems: libc-gconv-modules-extra, "
                     "glibc-gconv-extra");
        return LEX_ERR_SYSTEM;
    }
    d->iconv = cd;
    d->kind = LEX_DECODE_ICONV;
    d->unit = unit_of(name);
    snprintf(d->name, sizeof d->name, "%s", name);
    return LEX_OK;
}

/* ---- which one ---- */

/* Reads on behind what is left in `raw`; got 0 at the end. */
static lex_status refill(lex_decoder *d, size_t *got, lex_err *err)
{
    memmove(d->raw, d->raw + d->at, d->end - d->at);
    d->end -= d->at;
    d->at = 0;
    lex_status st = lex_input_read(d->input, d->raw + d->end, RAW_BYTES - d->end, got, err);
    d->end += *got;
    return st;
}

static void use_raw(lex_decoder *d, size_t n)
{
    d->at += n;
    d->offset += (int64_t)n;
}

static lex_str raw_view(const lex_decoder *d)
{
    return (lex_str){(const char *)d->raw + d->at, d->end - d->at};
}

/* Whether `rest`, which is not valid UTF-8, could be with more behind it. */
static bool is_unfinished(lex_str rest)
{
    const unsigned char *p = (const unsigned char *)rest.ptr;
    if (rest.len == 0 || rest.len > 3 || p[0] < 0xC2 || p[0] > 0xF4)
        return false;
    size_t need = p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    for (size_t i = 1; i < rest.len; i++)
        if ((p[i] & 0xC0) != 0x80)
            return false;
    return rest.len < need;
}

/* The offset of the first byte that is not UTF-8, or -1. */
static lex_status find_not_utf8(lex_decoder *d, int64_t *offset, lex_err *err)
{
    *offset = -1;
    for (;;) {
        use_raw(d, lex_utf8_valid_prefix(raw_view(d)));
        if (d->at < d->end && !is_unfinished(raw_view(d)))
            break;
        size_t got;
        lex_status st = refill(d, &got, err);
        if (st != LEX_OK)
            return st;
        if (got == 0)
            break;
    }
    if (d->at < d->end)
        *offset = d->offset;
    return LEX_OK;
}

static lex_status read_through(lex_decoder *d, lex_err *err)
{
    d->input->ahead = true;
    lex_status st = find_not_utf8(d, &d->not_utf8_at, err);
    d->input->ahead = false;
    d->at = d->end = 0;
    d->offset = 0;
    if (st == LEX_OK)
        st = lex_input_rewind(d->input, err);
    if (st == LEX_OK && d->not_utf8_at >= 0)
        st = use_iconv(d, "GB18030", err);
    return st;
}

static bool starts_with(const lex_decoder *d, const char *bytes, size_t n)
{
    return d->end - d->at >= n && memcmp(d->raw + d->at, bytes, n) == 0;
}

/* The first bytes tell a byte order mark, and what is no text at all. */
static lex_status look_at_start(lex_decoder *d, const char *encoding, lex_err *err)
{
    d->input->ahead = d->input->can_rewind;
    for (size_t got = 1; d->end < 3 && got > 0;) {
        lex_status st = refill(d, &got, err);
        if (st != LEX_OK)
            return st;
    }
    if (!d->input->gunzip && starts_with(d, "\x1F\x8B\x08", 3)) {
        lex_err_set(err, LEX_ERR_INPUT, "is gzip-compressed");
        lex_err_hint(err, "give it a name that ends in .gz, or send it through gzip -dc");
        return LEX_ERR_INPUT;
    }
    if (encoding)
        return is_utf8(encoding) ? LEX_OK : use_iconv(d, encoding, err);
    if (starts_with(d, "\xFF\xFE", 2))
        return use_iconv(d, "UTF-16LE", err);
    if (starts_with(d, "\xFE\xFF", 2))
        return use_iconv(d, "UTF-16BE", err);
    if (!starts_with(d, "\xEF\xBB\xBF", 3))
        d->kind = LEX_DECODE_UNDECIDED;
    return LEX_OK;
}

lex_status lex_decoder_open(lex_decoder *d, lex_input *input, const char *encoding, lex_err *err)
{
    *d = (lex_decoder){.input = input, .kind = LEX_DECODE_UTF8, .name = "UTF-8", .not_utf8_at = -1};
    d->raw = lex_alloc(RAW_BYTES);
    lex_status st = look_at_start(d, encoding, err);
    if (st != LEX_OK || !input->can_rewind)
        return st;
    input->ahead = false;
    if (d->kind == LEX_DECODE_UNDECIDED) {
        d->kind = LEX_DECODE_UTF8;
        return read_through(d, err);
    }
    d->at = d->end = 0;
    return lex_input_rewind(input, err);
}

void lex_decoder_close(lex_decoder *d)
{
    if (d->kind == LEX_DECODE_ICONV)
        iconv_close(d->iconv);
    d->kind = LEX_DECODE_UTF8;
    free(d->raw);
    d->raw = NULL;
}

/* ---- reading ---- */

static void hand_out(lex_decoder *d, char *to, size_t n, size_t *got)
{
    memcpy(to, d->raw + d->at, n);
    use_raw(d, n);
    *got = n;
}

static lex_status read_utf8(lex_decoder *d, char *to, size_t room, size_t *got, lex_err *err)
{
    size_t held = d->end - d->at;
    if (held == 0)
        return lex_input_read(d->input, to, room, got, err);
    hand_out(d, to, held < room ? held : room, got);
    return LEX_OK;
}

/* A pipe of which only ASCII was handed out. Leaves *got 0 where the kind has become known, and at the end. */
static lex_status read_undecided(lex_decoder *d, char *to, size_t room, size_t *got, lex_err *err)
{
    *got = 0;
    for (;;) {
        lex_str view = raw_view(d);
        size_t n_ascii = 0, valid = lex_utf8_valid_prefix(view);
        while (n_ascii < valid && (unsigned char)view.ptr[n_ascii] < 0x80)
            n_ascii++;
        bool unfinished = valid < view.len && is_unfinished((lex_str){view.ptr + valid, view.len - valid});
        if (n_ascii < valid || (valid < view.len && !unfinished)) {
            if (valid == view.len || unfinished) {
                d->kind = LEX_DECODE_UTF8;
                return LEX_OK;
            }
            d->not_utf8_at = d->offset + (int64_t)valid;
            return use_iconv(d, "GB18030", err);
        }
        if (n_ascii > 0) {
            hand_out(d, to, n_ascii < room ? n_ascii : room, got);
            return LEX_OK;
        }
        size_t more;
        lex_status st = refill(d, &more, err);
        if (st != LEX_OK)
            return st;
        if (more == 0 && unfinished) { /* it stays so */
            d->not_utf8_at = d->offset;
            return use_iconv(d, "GB18030", err);
        }
        if (more == 0)
            return LEX_OK;
    }
}

static void put_mark(lex_decoder *d, char **out, size_t *room)
{
    int n = snprintf(*out, MARK_BYTES, "%c%lld:", MARK, (long long)d->offset);
    *out += n;
    *room -= (size_t)n;
    size_t left = d->end - d->at;
    use_raw(d, d->unit < left ? d->unit : left);
}

/* Converts what is held, as far as it goes; `ended`: nothing follows it. */
static void convert(lex_decoder *d, char **out, size_t *room, bool ended)
{
    while (d->at < d->end && *room >= MARK_BYTES) {
        char *in = (char *)d->raw + d->at;
        size_t left = d->end - d->at;
        size_t code = iconv(d->iconv, &in, &left, out, room);
        use_raw(d, d->end - d->at - left);
        if (code != (size_t)-1)
            continue;
        if (errno == E2BIG || (errno == EINVAL && !ended))
            break;
        if (*room >= MARK_BYTES)
            put_mark(d, out, room);
    }
}

static lex_status read_iconv(lex_decoder *d, char *to, size_t room, size_t *got, lex_err *err)
{
    char *out = to;
    bool ended = false;
    convert(d, &out, &room, false);
    while (out == to && !ended) {
        size_t more;
        lex_status st = refill(d, &more, err);
        if (st != LEX_OK)
            return st;
        ended = more == 0;
        convert(d, &out, &room, ended);
    }
    if (out == to && !d->flushed) { /* some encodings hold a character back */
        iconv(d->iconv, NULL, NULL, &out, &room);
        d->flushed = true;
    }
    *got = (size_t)(out - to);
    return LEX_OK;
}

lex_status lex_decoder_read(lex_decoder *d, char *to, size_t room, size_t *got, lex_err *err)
{
    LEX_ASSERT(room >= LEX_DECODE_ROOM);
    *got = 0;
    if (d->kind == LEX_DECODE_UNDECIDED) {
        lex_status st = read_undecided(d, to, room, got, err);
        if (st != LEX_OK || *got > 0 || d->kind == LEX_DECODE_UNDECIDED)
            return st;
    }
    return d->kind == LEX_DECODE_UTF8 ? read_utf8(d, to, room, got, err) : read_iconv(d, to, room, got, err);
}

lex_status lex_decoder_refuse(const lex_decoder *d, lex_str from, int64_t offset, lex_err *err)
{
    if (d->kind == LEX_DECODE_ICONV) {
        offset = -1;
        if (from.len && (unsigned char)from.ptr[0] == MARK)
            offset = strtoll(from.ptr + 1, NULL, 10); /* a colon ends it */
    }
    if (d->not_utf8_at >= 0)
        lex_err_set(err, LEX_ERR_INPUT, "invalid UTF-8 at byte %lld, and invalid GB18030 at byte %lld",
                    (long long)d->not_utf8_at, (long long)offset);
    else if (offset >= 0)
        lex_err_set(err, LEX_ERR_INPUT, "invalid %s at byte %lld", d->name, (long long)offset);
    else
        lex_err_set(err, LEX_ERR_INPUT, "a character that %s does not have", d->name);
    bool pipe = d->kind == LEX_DECODE_UTF8 && !d->input->can_rewind;
    lex_err_hint(err, pipe ? "name the encoding with --encoding, or give a file, whose encoding can be told"
                           : "name the encoding with --encoding, or convert the file to UTF-8");
    return LEX_ERR_INPUT;
}
