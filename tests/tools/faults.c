/* faults.c - lets the N-th change to the file system fail, or be the last: preloaded under the real binary.
 *
 *   LD_PRELOAD=libfaults.so LEX_FAULT=full LEX_FAULT_AT=7 lexclf ...    the 7th finds the disk full
 *   LD_PRELOAD=libfaults.so LEX_FAULT=kill LEX_FAULT_AT=7 lexclf ...    SIGKILL before the 7th
 *   LD_PRELOAD=libfaults.so LEX_FAULT=memory LEX_FAULT_AT=400000 lexclf ...   blocks that large, mapped by the program's or
 *                                                                       libtorch's own code, cannot be had
 *
 * Counted are the calls by which files appear, grow, move and go: mkdir, mkostemp, fsync, rename, renameat2, every
 * eighth write to a regular file; with `kill` also removals. A program that exits cleanly has not come as far as N: so a test counts up
 * until then, and has seen every moment. */
#include <dlfcn.h>
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static atomic_long n_calls;

/* Whether this call has to fail; with `kill` it does not return. */
static int strikes(int is_removal)
{
    const char *kind = getenv("LEX_FAULT"), *at = getenv("LEX_FAULT_AT");
    int kills = kind && strcmp(kind, "kill") == 0;
    if (!kind || !at || strcmp(kind, "memory") == 0 || (is_removal && !kills))
        return 0;
    if (atomic_fetch_add(&n_calls, 1) + 1 != strtol(at, NULL, 10))
        return 0;
    if (kills)
        kill(getpid(), SIGKILL);
    errno = ENOSPC;
    return 1;
}

static void *next(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    if (!found)
        abort();
    return found;
}

/* `real`: the function of this name that would have been called. */
#define REAL(name)                                                                                                     \
    __typeof__(&name) real;                                                                                            \
    void *symbol = next(#name);                                                                                        \
    memcpy(&real, &symbol, sizeof real)

int mkdir(const char *path, mode_t mode)
{
    REAL(mkdir);
    struct stat info;
    return stat(path, &info) != 0 && strikes(0) ? -1 : real(path, mode);
}

int mkostemp(char *pattern, int flags)
{
    REAL(mkostemp);
    return strikes(0) ? -1 : real(pattern, flags);
}

ssize_t write(int fd, const void *bytes, size_t len)
{
    REAL(write);
    struct stat info;
    static atomic_long n_writes; /* of the many that a file of weights takes, one in eight is enough */
    int counts = fd > STDERR_FILENO && fstat(fd, &info) == 0 && S_ISREG(info.st_mode) &&
                 atomic_fetch_add(&n_writes, 1) % 8 == 0;
    return counts && strikes(0) ? -1 : real(fd, bytes, len);
}

int fsync(int fd)
{
    REAL(fsync);
    return strikes(0) ? -1 : real(fd);
}

int rename(const char *from, const char *to)
{
    REAL(rename);
    return strikes(0) ? -1 : real(from, to);
}

int renameat2(int from_dir, const char *from, int to_dir, const char *to, unsigned flags)
{
    REAL(renameat2);
    return strikes(0) ? -1 : real(from_dir, from, to_dir, to, flags);
}

int unlinkat(int dir, const char *name, int flags)
{
    REAL(unlinkat);
    return strikes(1) ? -1 : real(dir, name, flags);
}

void *mmap(void *at, size_t len, int protection, int flags, int fd, off_t offset)
{
    REAL(mmap);
    const char *kind = getenv("LEX_FAULT"), *limit = getenv("LEX_FAULT_AT");
    if (fd >= 0 || !kind || !limit || strcmp(kind, "memory") != 0 || len < strtoul(limit, NULL, 10))
        return real(at, len, protection, flags, fd, offset);
    errno = ENOMEM;
    return MAP_FAILED;
}
