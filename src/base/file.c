/* file.c - reading files: paths, bounded reads, maps. Writing stands in outfile.c and folder.c. */
#include "lexclf/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

lex_path_kind lex_path_kind_of(const char *path)
{
    struct stat st;
    if (stat(path, &st) != 0)
        return LEX_PATH_MISSING;
    if (S_ISREG(st.st_mode))
        return LEX_PATH_FILE;
    return S_ISDIR(st.st_mode) ? LEX_PATH_DIR : LEX_PATH_OTHER;
}

char *lex_path_join(const char *dir, const char *name)
{
    lex_buf path;
    lex_buf_init(&path);
    lex_buf_add_str(&path, lex_str_of(dir));
    if (path.len && path.ptr[path.len - 1] != '/')
        lex_buf_add_char(&path, '/');
    lex_buf_add_str(&path, lex_str_of(name));
    return path.ptr;
}

char *lex_path_with_suffix(const char *path, const char *suffix)
{
    lex_buf whole;
    lex_buf_init(&whole);
    lex_buf_printf(&whole, "%s%s", path, suffix);
    return whole.ptr;
}

char *lex_path_trimmed(const char *path)
{
    char *copy = lex_strdup(path);
    size_t n = strlen(copy);
    while (n > 1 && copy[n - 1] == '/')
        copy[--n] = '\0';
    return copy;
}

const char *lex_path_base(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Opens a regular file; what is wrong with the path is the user's input, what goes wrong on the way the machine's. */
static lex_status open_regular(int *fd, size_t *size, const char *path, lex_err *err)
{
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (*fd < 0) {
        int cause = errno;
        if (cause == ENOENT || cause == ENOTDIR)
            return lex_err_set(err, LEX_ERR_INPUT, "%s: no such file", path);
        return lex_err_set(err, LEX_ERR_INPUT, "%s: cannot be opened: %s", path, strerror(cause));
    }
    struct stat st;
    if (fstat(*fd, &st) != 0)
        return lex_err_errno(err, errno, "%s: cannot be looked at", path);
    if (S_ISDIR(st.st_mode))
        return lex_err_set(err, LEX_ERR_INPUT, "%s: is a folder, not a file", path);
    if (!S_ISREG(st.st_mode))
        return lex_err_set(err, LEX_ERR_INPUT, "%s: is not a regular file", path);
    *size = (size_t)st.st_size;
    return LEX_OK;
}

lex_status lex_file_read(lex_buf *out, const char *path, size_t max_bytes, lex_err *err)
{
    lex_status st = LEX_OK;
    int fd = -1;
    size_t size = 0;
    lex_buf_clear(out);
    LEX_TRY(open_regular(&fd, &size, path, err));
    if (size > max_bytes) {
        st = lex_err_set(err, LEX_ERR_INPUT, "%s: %zu bytes are more than the %zu that are read of such a file", path,
                         size, max_bytes);
        goto done;
    }
    lex_buf_reserve(out, size + 1);
    for (;;) {
        lex_buf_reserve(out, 4096);
        ssize_t n = read(fd, out->ptr + out->len, out->capacity - out->len - 1);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0) {
            st = lex_err_errno(err, errno, "%s: reading failed", path);
            goto done;
        }
        if (n == 0)
            break;
        out->len += (size_t)n;
        if (out->len > max_bytes) {
            st = lex_err_set(err, LEX_ERR_INPUT, "%s: grew past %zu bytes while it was read", path, max_bytes);
            goto done;
        }
    }
    out->ptr[out->len] = '\0';
done:
    if (fd >= 0)
        close(fd);
    return st;
}

lex_status lex_map_open(lex_map *out, const char *path, lex_err *err)
{
    lex_status st = LEX_OK;
    int fd = -1;
    out->ptr = NULL;
    out->len = 0;
    size_t size = 0;
    LEX_TRY(open_regular(&fd, &size, path, err));
    if (size > 0) {
        void *ptr = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (ptr == MAP_FAILED) {
            st = lex_err_errno(err, errno, "%s: cannot be mapped into memory", path);
            goto done;
        }
        out->ptr = ptr;
        out->len = size;
    }
done:
    if (fd >= 0)
        close(fd);
    return st;
}

void lex_map_close(lex_map *map)
{
    if (map->ptr)
        munmap((void *)(uintptr_t)map->ptr, map->len);
    map->ptr = NULL;
    map->len = 0;
}

void lex_map_forget(const lex_map *map, const void *from, size_t len)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), first = (uintptr_t)map->ptr, begin = (uintptr_t)from;
    if (begin < first || begin - first > map->len || len > map->len - (begin - first))
        return;
    uintptr_t skip = (page - begin % page) % page; /* to the first page that lies in the range as a whole */
    if (len > skip && (len - skip) / page > 0)
        madvise((void *)(begin + skip), (len - skip) / page * page, MADV_DONTNEED);
}
