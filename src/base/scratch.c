/* scratch.c - a file without a name: it is gone when it is closed, however the process ends. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lexclf/file.h"

static int open_in(const char *dir)
{
    int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd >= 0)
        return fd;
    char *path = lex_path_join(dir, ".lexclf-XXXXXX"); /* a file system without such files */
    fd = mkostemp(path, O_CLOEXEC);
    int cause = errno;
    if (fd >= 0)
        unlink(path);
    free(path);
    errno = cause;
    return fd;
}

lex_status lex_scratch_open(int *fd, const char *near, lex_err *err)
{
    const char *base = lex_path_base(near), *tmp = getenv("TMPDIR");
    char *dir = lex_strdup(base == near ? "." : near);
    if (base != near)
        dir[base - near] = '\0';
    *fd = lex_path_kind_of(near) == LEX_PATH_OTHER ? -1 : open_in(dir);
    if (*fd < 0)
        *fd = open_in(tmp && *tmp ? tmp : "/tmp");
    free(dir);
    return *fd >= 0 ? LEX_OK : lex_err_errno(err, errno, "%s: no room for a file in the making", near);
}

lex_status lex_scratch_read(int fd, void *bytes, size_t len, int64_t offset, lex_err *err)
{
    char *to = bytes;
    while (len > 0) {
        ssize_t n = pread(fd, to, len, (off_t)offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return lex_err_errno(err, n ? errno : EIO, "reading back a file in the making failed");
        to += n;
        len -= (size_t)n;
        offset += n;
    }
    return LEX_OK;
}
