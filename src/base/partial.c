/* partial.c - OUT.partial and its state. The order of the steps is the point: bytes, then the state that counts them;
 * the target, then the state's end. So whatever the moment of a kill, the two files say what is true. */
#include "lexclf/partial.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lexclf/file.h"

enum { STATE_MAX_BYTES = 64 << 20 };

struct lex_partial {
    char *target; /* without links */
    char *path, *state_path, *next_path, *whole_path;
    int fd;
    bool complete;
    lex_json *document; /* {"bytes":...,"state":{...}}; NULL: no checkpoint */
    int64_t n_bytes;    /* that the last checkpoint counts */
    int64_t n_written;
};

static lex_status not_ours(const lex_partial *p, lex_err *err)
{
    lex_err_set(err, LEX_ERR_USAGE, "%s: stands there, but is not of a run that can be continued", p->path);
    lex_err_hint(err, "remove it, or name another file");
    return LEX_ERR_USAGE;
}

static bool is_state(const lex_json *document, int64_t *n_bytes)
{
    return lex_json_type_of(lex_json_get(document, "state")) == LEX_JSON_OBJECT &&
           lex_json_int(n_bytes, lex_json_get(document, "bytes"), 0, INT64_C(1) << 53);
}

/* What a run leaves that is killed between its last two steps. */
static void remove_stale_state(const lex_partial *p)
{
    lex_json *document = NULL;
    lex_err ignored = {0};
    int64_t n_bytes;
    if (lex_path_kind_of(p->state_path) != LEX_PATH_FILE)
        return;
    if (lex_json_read(&document, p->state_path, STATE_MAX_BYTES, &ignored) == LEX_OK && is_state(document, &n_bytes))
        unlink(p->state_path);
    lex_json_free(document);
}

static lex_status damaged(const lex_partial *p, const char *reason, lex_err *err)
{
    lex_err_clear(err);
    lex_err_set(err, LEX_ERR_INPUT, "%s: %s", p->state_path, reason);
    lex_err_hint(err, "remove it and %s to begin anew", lex_path_base(p->path));
    return LEX_ERR_INPUT;
}

/* The state, and whether the bytes that it counts are there. */
static lex_status read_state(lex_partial *p, lex_err *err)
{
    struct stat info;
    if (fstat(p->fd, &info) != 0)
        return lex_err_errno(err, errno, "%s: cannot be looked at", p->path);
    if (lex_path_kind_of(p->state_path) == LEX_PATH_MISSING)
        return info.st_size == 0 ? LEX_OK : not_ours(p, err);
    if (lex_json_read(&p->document, p->state_path, STATE_MAX_BYTES, err) != LEX_OK)
        return err->code == LEX_ERR_SYSTEM ? err->code : damaged(p, "cannot be read as a state", err);
    if (!is_state(p->document, &p->n_bytes))
        return damaged(p, "cannot be read as a state", err);
    if (p->n_bytes > info.st_size)
        return damaged(p, "counts more bytes than are there", err);
    return LEX_OK;
}

/* Opened without being emptied, and locked until the process ends. */
static lex_status open_and_lock(lex_partial *p, lex_err *err)
{
    lex_path_kind kind = lex_path_kind_of(p->path);
    if (kind == LEX_PATH_DIR || kind == LEX_PATH_OTHER)
        return not_ours(p, err);
    p->fd = open(p->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (p->fd < 0)
        return lex_err_errno(err, errno, "%s: cannot be written", p->path);
    if (flock(p->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        close(p->fd);
        p->fd = -1;
        return lex_err_set(err, LEX_ERR_SYSTEM, "%s: another run is writing it", p->path);
    }
    return LEX_OK; /* file systems without locks do without */
}

lex_status lex_partial_open(lex_partial **out, const char *path, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_partial *p = lex_alloc_zeroed(1, sizeof *p);
    lex_path_kind kind = lex_path_kind_of(path);
    *out = NULL;
    p->fd = -1;
    p->target = realpath(path, NULL);
    if (!p->target)
        p->target = lex_strdup(path);
    p->path = lex_path_with_suffix(p->target, ".partial");
    p->state_path = lex_path_with_suffix(p->target, ".partial.state");
    p->next_path = lex_path_with_suffix(p->target, ".partial.state.next");
    p->whole_path = lex_path_with_suffix(p->target, ".partial.whole");
    if (kind == LEX_PATH_DIR || kind == LEX_PATH_OTHER) {
        st = lex_err_set(err, LEX_ERR_USAGE, "%s: is no regular file, which alone can be continued", path);
        goto done;
    }
    if (kind == LEX_PATH_FILE && lex_path_kind_of(p->path) == LEX_PATH_MISSING) {
        p->complete = true;
        remove_stale_state(p);
    } else {
        LEX_TRY(open_and_lock(p, err));
        LEX_TRY(read_state(p, err));
    }
    *out = p;
done:
    if (st != LEX_OK) {
        p->n_bytes = 1; /* whatever it is, it stays */
        lex_partial_close(p);
    }
    return st;
}

bool lex_partial_is_complete(const lex_partial *p)
{
    return p->complete;
}

const lex_json *lex_partial_state(const lex_partial *p)
{
    return lex_json_get(p->document, "state");
}

const char *lex_partial_path(const lex_partial *p)
{
    return p->path;
}

static lex_status failed(const lex_partial *p, int cause, lex_err *err)
{
    return lex_err_errno(err, cause, "%s: writing failed", p->path);
}

lex_status lex_partial_begin(lex_partial *p, lex_err *err)
{
    LEX_ASSERT(p->fd >= 0);
    unlink(p->whole_path); /* what a kill in lex_partial_commit() left */
    if (ftruncate(p->fd, (off_t)p->n_bytes) != 0 || lseek(p->fd, (off_t)p->n_bytes, SEEK_SET) < 0)
        return failed(p, errno, err);
    p->n_written = p->n_bytes;
    return LEX_OK;
}

lex_status lex_partial_write(lex_partial *p, const void *bytes, size_t len, lex_err *err)
{
    int cause = lex_fd_write_all(p->fd, bytes, len);
    if (cause)
        return failed(p, cause, err);
    p->n_written += (int64_t)len;
    return LEX_OK;
}

int64_t lex_partial_written(const lex_partial *p)
{
    return p->n_written;
}

/* Written beside the older one and put in its place. The name is fixed, since the lock keeps others away: a kill leaves
 * one file that the next run writes over. */
static lex_status write_state(const lex_partial *p, lex_str text, lex_err *err)
{
    int cause = 0;
    int fd = open(p->next_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
    if (fd < 0)
        return lex_err_errno(err, errno, "%s: cannot be written", p->next_path);
    cause = lex_fd_write_all(fd, text.ptr, text.len);
    if (!cause && fsync(fd) != 0)
        cause = errno;
    if (close(fd) != 0 && !cause)
        cause = errno;
    if (!cause && rename(p->next_path, p->state_path) != 0)
        cause = errno;
    if (cause)
        unlink(p->next_path);
    return cause ? lex_err_errno(err, cause, "%s: writing failed", p->state_path) : LEX_OK;
}

lex_status lex_partial_checkpoint(lex_partial *p, int64_t n_bytes, const lex_json *state, lex_err *err)
{
    LEX_ASSERT(n_bytes <= p->n_written);
    if (fdatasync(p->fd) != 0)
        return failed(p, errno, err);
    lex_json *document = lex_json_new_object();
    lex_buf text;
    lex_buf_init(&text);
    lex_json_put_number(document, "bytes", (double)n_bytes);
    lex_json_put(document, "state", lex_json_copy(state));
    lex_json_print(&text, document, true);
    lex_status st = write_state(p, lex_buf_str(&text), err);
    lex_buf_release(&text);
    if (st != LEX_OK) {
        lex_json_free(document);
        return st;
    }
    lex_json_free(p->document);
    p->document = document;
    p->n_bytes = n_bytes;
    return LEX_OK;
}

/* The target is there: what it was made from goes. */
static void forget_files(lex_partial *p)
{
    unlink(p->state_path);
    unlink(p->next_path);
    close(p->fd);
    p->fd = -1;
    p->complete = true;
}

lex_status lex_partial_commit(lex_partial *p, lex_str prefix, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_outfile whole = {.fd = -1};
    if (prefix.len == 0) {
        if (fsync(p->fd) != 0 || rename(p->path, p->target) != 0)
            return failed(p, errno, err);
        forget_files(p);
        return LEX_OK;
    }
    LEX_TRY(lex_outfile_open_as(&whole, p->target, p->whole_path, err));
    LEX_TRY(lex_outfile_write(&whole, prefix.ptr, prefix.len, err));
    LEX_TRY(lex_outfile_append(&whole, p->fd, err));
    LEX_TRY(lex_outfile_commit(&whole, err));
    unlink(p->path);
    forget_files(p);
done:
    lex_outfile_abort(&whole);
    return st;
}

void lex_partial_close(lex_partial *p)
{
    if (!p)
        return;
    if (p->fd >= 0 && p->n_bytes == 0) {
        unlink(p->state_path);
        unlink(p->next_path);
        unlink(p->whole_path);
        unlink(p->path);
    }
    if (p->fd >= 0)
        close(p->fd);
    lex_json_free(p->document);
    free(p->target);
    free(p->path);
    free(p->state_path);
    free(p->next_path);
    free(p->whole_path);
    free(p);
}
