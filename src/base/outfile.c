/* outfile.c - a file that appears whole or not at all: written beside its target, synced, renamed. */
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

lex_status lex_outfile_open(lex_outfile *out, const char *path, lex_err *err)
{
    lex_buf tmp;
    lex_buf_init(&tmp);
    lex_buf_printf(&tmp, "%s.tmp-XXXXXX", path);
    out->path = path;
    out->tmp_path = tmp.ptr;
    out->fd = mkostemp(tmp.ptr, O_CLOEXEC);
    if (out->fd < 0) {
        int cause = errno;
        free(out->tmp_path);
        out->tmp_path = NULL;
        return lex_err_errno(err, cause, "%s: cannot be written", path);
    }
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

lex_status lex_outfile_write(lex_outfile *out, const void *bytes, size_t len, lex_err *err)
{
    int cause = lex_fd_write_all(out->fd, bytes, len);
    return cause ? lex_err_errno(err, cause, "%s: writing failed", out->path) : LEX_OK;
}

void lex_outfile_abort(lex_outfile *out)
{
    if (out->fd < 0)
        return;
    close(out->fd);
    unlink(out->tmp_path);
    free(out->tmp_path);
    out->tmp_path = NULL;
    out->fd = -1;
}

lex_status lex_outfile_commit(lex_outfile *out, lex_err *err)
{
    int cause = 0;
    if (fsync(out->fd) != 0)
        cause = errno;
    if (close(out->fd) != 0 && !cause)
        cause = errno;
    out->fd = -1;
    if (!cause && rename(out->tmp_path, out->path) != 0)
        cause = errno;
    if (cause)
        unlink(out->tmp_path);
    free(out->tmp_path);
    out->tmp_path = NULL;
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
