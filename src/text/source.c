/* source.c - bytes from a file descriptor, in blocks, handed out as checked lines.
 *
 * The buffer grows by doubling up to the limit on a record and one block more. What was searched is not searched
 * again, so that a long line costs linear time however it arrives.
 */
#include "source.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lexclf/json.h"

#define BLOCK_BYTES ((size_t)256 << 10)

static void init(lex_source *s)
{
    memset(s, 0, sizeof *s);
    s->fd = -1;
}

lex_status lex_source_open(lex_source *s, const char *path, lex_sha256 *digest, lex_err *err)
{
    init(s);
    s->digest = digest;
    if (strcmp(path, "-") == 0) {
        s->fd = STDIN_FILENO;
        return LEX_OK;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        if (errno == ENOENT)
            return lex_err_set(err, LEX_ERR_INPUT, "no such file");
        return lex_err_set(err, LEX_ERR_INPUT, "cannot be opened: %s", strerror(errno));
    }
    struct stat info;
    if (fstat(fd, &info) == 0 && S_ISDIR(info.st_mode)) {
        close(fd);
        return lex_err_set(err, LEX_ERR_INPUT, "is a folder, not a file");
    }
    s->fd = fd;
    s->owns_fd = true;
    return LEX_OK;
}

/* Drops a byte order mark from the front of what was read. Complete once 3 bytes or the end are there. */
static void skip_mark(lex_source *s)
{
    if (s->base == 0 && s->at == 0 && s->end >= 3 && memcmp(s->buffer, "\xEF\xBB\xBF", 3) == 0)
        s->at = s->no_lf_before = s->no_cr_before = 3;
}

void lex_source_open_bytes(lex_source *s, lex_str bytes)
{
    init(s);
    s->buffer = lex_alloc(bytes.len + 1);
    if (bytes.len)
        memcpy(s->buffer, bytes.ptr, bytes.len);
    s->capacity = s->end = bytes.len;
    skip_mark(s);
}

static void close_fd(lex_source *s)
{
    if (s->owns_fd && s->fd >= 0)
        close(s->fd);
    s->fd = -1;
}

void lex_source_close(lex_source *s)
{
    close_fd(s);
    free(s->buffer);
    s->buffer = NULL;
}

/* Makes room for a block behind what is not handed out yet. */
static void make_room(lex_source *s)
{
    if (s->capacity - s->end >= BLOCK_BYTES)
        return;
    if (s->at > 0) {
        memmove(s->buffer, s->buffer + s->at, s->end - s->at);
        s->base += (int64_t)s->at;
        s->end -= s->at;
        s->no_lf_before -= s->at;
        s->no_cr_before -= s->at;
        s->at = 0;
    }
    if (s->capacity - s->end < BLOCK_BYTES) {
        const size_t most = LEX_RECORD_MAX_BYTES + 2 * BLOCK_BYTES;
        s->capacity = 2 * s->capacity + BLOCK_BYTES;
        s->capacity = s->capacity < most ? s->capacity : most;
        s->buffer = lex_realloc_array(s->buffer, s->capacity, 1);
    }
}

/* Reads on; at the end of the file fd becomes -1. */
static lex_status read_block(lex_source *s, lex_err *err)
{
    make_room(s);
    ssize_t got;
    do
        got = read(s->fd, s->buffer + s->end, s->capacity - s->end);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return lex_err_errno(err, errno, "reading failed");
    if (got == 0)
        close_fd(s);
    if (s->digest)
        lex_sha256_add(s->digest, s->buffer + s->end, (size_t)got);
    bool first = s->base == 0 && s->at == 0 && s->end < 3;
    s->end += (size_t)got;
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
        if (cr && cr + 1 != lf && (cr + 1 != end || s->fd < 0))
            return (size_t)(cr + 1 - start);
    }
    if (!lf)
        return s->fd < 0 ? (size_t)(end - start) : 0;
    return (size_t)(lf + 1 - start);
}

lex_status lex_source_too_long(lex_err *err)
{
    return lex_err_set(err, LEX_ERR_INPUT, "longer than %u MiB, the limit for one record", LEX_RECORD_MAX_BYTES >> 20);
}

/* Hands out `len` bytes if they are text. */
static lex_status take(lex_source *s, lex_str *out, size_t len, lex_err *err)
{
    *out = (lex_str){s->buffer + s->at, len};
    int64_t offset = s->base + (int64_t)s->at;
    s->at += len;
    if (s->no_lf_before < s->at)
        s->no_lf_before = s->at;
    if (s->no_cr_before < s->at)
        s->no_cr_before = s->at;
    const char *nul = len ? memchr(out->ptr, '\0', len) : NULL;
    size_t valid = lex_utf8_valid_prefix(*out);
    if (valid < len && (!nul || out->ptr + valid < nul)) {
        lex_err_set(err, LEX_ERR_INPUT, "invalid UTF-8 at byte %lld", (long long)(offset + (int64_t)valid));
        lex_err_hint(err, "convert the file to UTF-8");
        return LEX_ERR_INPUT;
    }
    if (nul)
        return lex_err_set(err, LEX_ERR_INPUT, "a NUL byte, at byte %lld", (long long)(offset + (nul - out->ptr)));
    return LEX_OK;
}

lex_status lex_source_line(lex_source *s, lex_str *line, bool *end, lex_err *err)
{
    *end = false;
    size_t len;
    while ((len = find_line(s)) == 0 && s->fd >= 0 && s->end - s->at <= LEX_RECORD_MAX_BYTES) {
        lex_status st = read_block(s, err);
        if (st != LEX_OK)
            return st;
    }
    if (len == 0 && s->fd < 0) {
        *end = true;
        return LEX_OK;
    }
    s->line++;
    if (len == 0 || len > LEX_RECORD_MAX_BYTES)
        return lex_source_too_long(err);
    return take(s, line, len, err);
}

lex_status lex_source_rest(lex_source *s, lex_str *rest, lex_err *err)
{
    s->line++;
    while (s->fd >= 0 && s->end - s->at <= LEX_RECORD_MAX_BYTES) {
        lex_status st = read_block(s, err);
        if (st != LEX_OK)
            return st;
    }
    if (s->end - s->at > LEX_RECORD_MAX_BYTES)
        return lex_source_too_long(err);
    return take(s, rest, s->end - s->at, err);
}
