/* gzip.c - .gz files (RFC 1952) by zlib, which no other file sees.
 *
 * As gzip does, members that follow each other are one stream, and zeros after the last one are padding. Anything else
 * behind it, a member that is cut short, and data that does not have its checksum are failures.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>

#include "input.h"

enum { RAW_BYTES = 64 << 10, GZIP_ONLY = 16 };

struct lex_gunzip {
    z_stream z;
    bool between; /* no member is open */
    bool padding; /* a zero stood where a member could begin */
    int64_t n_members;
    unsigned char raw[RAW_BYTES];
};

bool lex_gunzip_is_name(const char *path)
{
    size_t len = strlen(path);
    return len > 3 && strcasecmp(path + len - 3, ".gz") == 0;
}

static void *allocate(void *opaque, unsigned n, unsigned size)
{
    (void)opaque;
    return lex_alloc_array(n, size);
}

static void release(void *opaque, void *memory)
{
    (void)opaque;
    free(memory);
}

lex_gunzip *lex_gunzip_new(void)
{
    lex_gunzip *g = lex_alloc_zeroed(1, sizeof *g);
    g->z.zalloc = allocate;
    g->z.zfree = release;
    LEX_ASSERT(inflateInit2(&g->z, MAX_WBITS + GZIP_ONLY) == Z_OK);
    g->between = true;
    return g;
}

void lex_gunzip_restart(lex_gunzip *g)
{
    g->z.avail_in = 0;
    LEX_ASSERT(inflateReset(&g->z) == Z_OK);
    g->between = true;
    g->padding = false;
    g->n_members = 0;
}

void lex_gunzip_free(lex_gunzip *g)
{
    if (!g)
        return;
    inflateEnd(&g->z);
    free(g);
}

/* More of the file, when all that was read is used. */
static lex_status refill(lex_gunzip *g, lex_input *from, lex_err *err)
{
    size_t got = 0;
    if (g->z.avail_in > 0)
        return LEX_OK;
    lex_status st = lex_input_raw(from, g->raw, RAW_BYTES, &got, err);
    g->z.next_in = g->raw;
    g->z.avail_in = (unsigned)got;
    return st;
}

/* What stands between members; at the end of the file avail_in is 0. */
static lex_status find_member(lex_gunzip *g, lex_input *from, lex_err *err)
{
    for (;;) {
        lex_status st = refill(g, from, err);
        if (st != LEX_OK)
            return st;
        if (g->z.avail_in == 0 && g->n_members == 0)
            return lex_err_set(err, LEX_ERR_INPUT, "compressed data is cut short: the file is empty");
        if (g->z.avail_in == 0)
            return LEX_OK;
        if (*g->z.next_in != 0 || g->n_members == 0)
            break;
        g->padding = true;
        g->z.next_in++;
        g->z.avail_in--;
    }
    if (g->n_members > 0 && (g->padding || *g->z.next_in != 0x1F))
        return lex_err_set(err, LEX_ERR_INPUT, "something follows the compressed data");
    LEX_ASSERT(inflateReset(&g->z) == Z_OK);
    g->between = false;
    return LEX_OK;
}

lex_status lex_gunzip_read(lex_gunzip *g, lex_input *from, void *to, size_t room, size_t *got, lex_err *err)
{
    lex_status st = LEX_OK;
    *got = 0;
    while (*got == 0) {
        if (g->between) {
            st = find_member(g, from, err);
            if (st != LEX_OK || g->between)
                return st;
        }
        st = refill(g, from, err);
        if (st != LEX_OK)
            return st;
        if (g->z.avail_in == 0)
            return lex_err_set(err, LEX_ERR_INPUT, "compressed data is cut short");
        unsigned most = room < (1u << 30) ? (unsigned)room : 1u << 30;
        g->z.next_out = to;
        g->z.avail_out = most;
        int code = inflate(&g->z, Z_NO_FLUSH);
        *got = most - g->z.avail_out;
        if (code == Z_STREAM_END) {
            g->between = true;
            g->n_members++;
        } else if (code != Z_OK) {
            bool never = g->n_members == 0 && g->z.total_out == 0 && g->z.total_in < 10;
            return lex_err_set(err, LEX_ERR_INPUT, "%s (%s)",
                               never ? "not gzip-compressed, though its name says so" : "compressed data is damaged",
                               g->z.msg ? g->z.msg : zError(code));
        }
    }
    return st;
}
