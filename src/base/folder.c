/* folder.c - folders: made, removed, and put in place in one step. */
#include "lexclf/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

lex_status lex_dir_make(const char *path, lex_err *err)
{
    char *prefix = lex_path_trimmed(path);
    lex_status st = LEX_OK;
    for (char *at = prefix + 1;; at++) {
        if (*at != '/' && *at != '\0')
            continue;
        char kept = *at;
        *at = '\0';
        int cause = mkdir(prefix, 0777) != 0 ? errno : 0;
        if (cause && lex_path_kind_of(prefix) != LEX_PATH_DIR) {
            st = lex_err_errno(err, cause == EEXIST ? ENOTDIR : cause, "%s: cannot be made", prefix);
            break;
        }
        *at = kept;
        if (kept == '\0')
            break;
    }
    free(prefix);
    return st;
}

/* Removes what stands under the name `name` in the open folder `parent`; 0 or an errno value. */
static int remove_at(int parent, const char *name)
{
    if (unlinkat(parent, name, 0) == 0 || errno == ENOENT || errno == ENOTDIR)
        return 0;
    if (errno != EISDIR && errno != EPERM)
        return errno;
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return errno;
    DIR *dir = fdopendir(fd);
    if (!dir) {
        int cause = errno;
        close(fd);
        return cause;
    }
    int cause = 0;
    for (struct dirent *entry; !cause && (entry = readdir(dir)) != NULL;) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            cause = remove_at(fd, entry->d_name);
    }
    closedir(dir);
    if (!cause && unlinkat(parent, name, AT_REMOVEDIR) != 0)
        cause = errno;
    return cause;
}

lex_status lex_path_remove(const char *path, lex_err *err)
{
    int cause = remove_at(AT_FDCWD, path);
    return cause ? lex_err_errno(err, cause, "%s: cannot be removed", path) : LEX_OK;
}

static int sync_dir(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    int cause = fsync(fd) != 0 ? errno : 0;
    close(fd);
    return cause == EINVAL || cause == EROFS ? 0 : cause;
}

static int sync_parent(const char *path)
{
    const char *base = lex_path_base(path);
    if (base == path)
        return sync_dir(".");
    char *parent = lex_strdup(path);
    parent[base - path] = '\0';
    int cause = sync_dir(parent);
    free(parent);
    return cause;
}

/* Where the file system cannot swap two names, the older folder steps aside first: for an instant neither stands. */
static int replace_by_steps(const char *made, const char *target, const char *aside)
{
    if (rename(target, aside) != 0)
        return errno;
    if (rename(made, target) == 0)
        return 0;
    int cause = errno;
    if (rename(aside, target) != 0)
        return errno;
    return cause;
}

/* What cannot be synced is not published: all is put back, as far as that can be done. */
static void take_back(const char *made, const char *target, const char *older)
{
    if (older == made)
        (void)!renameat2(AT_FDCWD, made, AT_FDCWD, target, RENAME_EXCHANGE);
    else if (rename(target, made) == 0 && older)
        (void)!rename(older, target);
}

lex_status lex_dir_publish(const char *made, const char *target, lex_err *err)
{
    lex_buf aside;
    lex_buf_init(&aside);
    lex_buf_printf(&aside, "%s.older-%ld", target, (long)getpid());
    int cause = sync_dir(made);
    const char *older = NULL;
    if (!cause && lex_path_kind_of(target) == LEX_PATH_MISSING) {
        cause = rename(made, target) != 0 ? errno : 0;
    } else if (!cause && renameat2(AT_FDCWD, made, AT_FDCWD, target, RENAME_EXCHANGE) == 0) {
        older = made;
    } else if (!cause && (errno == EINVAL || errno == ENOSYS)) {
        cause = replace_by_steps(made, target, aside.ptr);
        older = aside.ptr;
    } else if (!cause) {
        cause = errno;
    }
    bool moved = !cause;
    if (moved)
        cause = sync_parent(target);
    if (moved && cause)
        take_back(made, target, older);
    lex_status st = cause ? lex_err_errno(err, cause, "%s: cannot be put in place", target) : LEX_OK;
    if (st == LEX_OK && older)
        st = lex_path_remove(older, err);
    lex_buf_release(&aside);
    return st;
}
