/* outfile.c - a file that appears whole or not at all: written beside its target, synced, renamed. Links are followed
 * to where the file is. What is no regular file, /dev/stdout or a pipe, cannot be replaced and is written to as it
 * stands. */
#include "lexclf/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int lex_fd_write_all(int fd, const void *bytes, size_t len)
{
    const char *at = bytes;
    while (len > 0) {
        ssize_t n = write(fd, at, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno;
        at += n;
        len -= (size_t)n;
    }
    return 0;
}

static void forget(lex_outfile *out)
{
    free(out->tmp_path);
    free(out->target);
    out->tmp_path = out->target = NULL;
    out->fd = -1;
}

lex_status lex_outfile_open(lex_outfile *out, const char *path, lex_err *err)
{
    *out = (lex_outfile){.path = path, .target = realpath(path, NULL), .fd = -1};
    if (!out->target)
        out->target = lex_strdup(path);
    if (lex_path_kind_of(path) == LEX_PATH_OTHER) {
        out->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    } else {
        lex_buf tmp;
        lex_buf_init(&tmp);
        lex_buf_printf(&tmp, "%s.tmp-XXXXXX", out->target);
        out->tmp_path = tmp.ptr;
        out->fd = mkostemp(tmp.ptr, O_CLOEXEC);
    }
    if (out->fd < 0) {
        int cause = errno;
        forget(out);
        return lex_err_errno(err, cause, "%s: cannot be written", path);
    }
    if (!out->tmp_path)
        return LEX_OK;
    /* mkostemp makes private files; an ordinary one follows the umask. */
    mode_t mask = umask(0);
    umask(mask);
    if (fchmod(out->fd, 0666 & ~mask) != 0) {
        int cause = errno;
        lex_outfile_abort(out);
        return lex_err_errno(err, cause, "%s: cannot be written", path);
    }
    return LEX_OK;
}

lex_status lex_outfile_open_as(lex_outfile *out, const char *path, const char *tmp_path, lex_err *err)
{
    *out = (lex_outfile){.path = path, .target = lex_strdup(path), .tmp_path = lex_strdup(tmp_path)};
    out->fd = open(tmp_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (out->fd >= 0)
        return LEX_OK;
    int cause = errno;
    forget(out);
    return lex_err_errno(err, cause, "%s: cannot be written", tmp_path);
}

lex_status lex_outfile_write(lex_outfile *out, const void *bytes, size_t len, lex_err *err)
{
    int cause = lex_fd_write_all(out->fd, bytes, len);
    return cause ? lex_err_errno(err, cause, "%s: writing failed", out->path) : LEX_OK;
}

lex_status lex_outfile_append(lex_outfile *out, int fd, lex_err *err)
{
    enum { PIECE_BYTES = 256 << 10 };
    lex_status st = LEX_OK;
    char *piece = lex_alloc(PIECE_BYTES);
    for (off_t at = 0;;) {
        ssize_t n = pread(fd, piece, PIECE_BYTES, at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            st = lex_err_errno(err, errno, "%s: reading back what was written failed", out->path);
        if (n <= 0)
            break;
        LEX_TRY(lex_outfile_write(out, piece, (size_t)n, err));
        at += n;
    }
done:
    free(piece);
    return st;
}

lex_status lex_outfile_prepend(lex_outfile *out, lex_str prefix, lex_err *err)
{
    LEX_ASSERT(out->tmp_path);
    lex_status st = LEX_OK;
    lex_outfile whole;
    LEX_TRY(lex_outfile_open(&whole, out->path, err));
    LEX_TRY(lex_outfile_write(&whole, prefix.ptr, prefix.len, err));
    LEX_TRY(lex_outfile_append(&whole, out->fd, err));
    lex_outfile former = *out;
    *out = whole;
    whole = former;
done:
    lex_outfile_abort(&whole);
    return st;
}

void lex_outfile_abort(lex_outfile *out)
{
    if (out->fd < 0)
        return;
    close(out->fd);
    if (out->tmp_path)
        unlink(out->tmp_path);
    forget(out);
}

lex_status lex_outfile_commit(lex_outfile *out, lex_err *err)
{
    int cause = 0;
    if (out->tmp_path && fsync(out->fd) != 0)
        cause = errno;
    if (close(out->fd) != 0 && !cause)
        cause = errno;
    if (out->tmp_path && !cause && rename(out->tmp_path, out->target) != 0)
        cause = errno;
    if (out->tmp_path && cause)
        unlink(out->tmp_path);
    forget(out);
    return cause ? lex_err_errno(err, cause, "%s: writing failed", out->path) : LEX_OK;
}

lex_status lex_file_write(const char *path, lex_str content, lex_err *err)
{
    lex_outfile out;
    lex_status st = lex_outfile_open(&out, path, err);
    if (st != LEX_OK)
        return st;
    st = lex_outfile_write(&out, content.ptr, content.len, err);
    if (st != LEX_OK) {
        lex_outfile_abort(&out);
        return st;
    }
    return lex_outfile_commit(&out, err);
}
