/* input.c - a file, standard input or memory, read block by block, and from the start once more where that can be. */
#include "input.h"

#include <errno.h>
#include <pthread.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void find_start(lex_input *in)
{
    struct stat info;
    if (fstat(in->fd, &info) != 0 || !S_ISREG(info.st_mode))
        return;
    off_t at = lseek(in->fd, 0, SEEK_CUR);
    in->can_rewind = at >= 0;
    in->start = at;
}

lex_status lex_input_open(lex_input *in, const char *path, lex_sha256 *digest, lex_err *err)
{
    *in = (lex_input){.fd = -1, .digest = digest};
    if (strcmp(path, "-") == 0) {
        in->fd = STDIN_FILENO;
        find_start(in);
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
    in->fd = fd;
    in->owns_fd = true;
    find_start(in);
    if (lex_gunzip_is_name(path))
        in->gunzip = lex_gunzip_new();
    return LEX_OK;
}

void lex_input_open_bytes(lex_input *in, const char *name, lex_str bytes, size_t most)
{
    *in = (lex_input){.fd = -1, .can_rewind = most == 0, .most = most ? most : SIZE_MAX};
    in->copy = lex_alloc(bytes.len + 1);
    in->copy_len = bytes.len;
    if (bytes.len)
        memcpy(in->copy, bytes.ptr, bytes.len);
    in->memory = (lex_str){in->copy, bytes.len};
    if (lex_gunzip_is_name(name))
        in->gunzip = lex_gunzip_new();
}

static size_t take_memory(lex_input *in, void *to, size_t room)
{
    size_t n = in->memory.len < room ? in->memory.len : room;
    n = n < in->most ? n : in->most;
    if (n)
        memcpy(to, in->memory.ptr, n);
    in->memory.ptr += n;
    in->memory.len -= n;
    return n;
}

lex_status lex_input_raw(lex_input *in, void *to, size_t room, size_t *got, lex_err *err)
{
    *got = 0;
    if (in->ended)
        return LEX_OK;
    if (in->fd < 0) {
        *got = take_memory(in, to, room);
    } else {
        ssize_t n;
        int before, ignored;
        /* The one place where a thread that reads for others may be cancelled: nothing is half done here. */
        pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &before);
        do
            n = read(in->fd, to, room);
        while (n < 0 && errno == EINTR);
        pthread_setcancelstate(before, &ignored);
        if (n < 0)
            return lex_err_errno(err, errno, "reading failed");
        *got = (size_t)n;
    }
    in->ended = *got == 0;
    if (in->digest && !in->ahead)
        lex_sha256_add(in->digest, to, *got);
    return LEX_OK;
}

lex_status lex_input_read(lex_input *in, void *to, size_t room, size_t *got, lex_err *err)
{
    if (in->gunzip)
        return lex_gunzip_read(in->gunzip, in, to, room, got, err);
    return lex_input_raw(in, to, room, got, err);
}

lex_status lex_input_rewind(lex_input *in, lex_err *err)
{
    LEX_ASSERT(in->can_rewind);
    if (in->fd >= 0 && lseek(in->fd, (off_t)in->start, SEEK_SET) < 0)
        return lex_err_errno(err, errno, "reading it once more failed");
    in->memory = (lex_str){in->copy, in->copy_len};
    in->ended = false;
    if (in->gunzip)
        lex_gunzip_restart(in->gunzip);
    return LEX_OK;
}

void lex_input_close(lex_input *in)
{
    if (in->owns_fd && in->fd >= 0)
        close(in->fd);
    lex_gunzip_free(in->gunzip);
    free(in->copy);
    *in = (lex_input){.fd = -1, .ended = true};
}
