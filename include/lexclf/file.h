/* file.h - files and folders that appear whole or not at all.
 *
 * Reading: a bounded read of a whole file, or a read-only memory map. Writing: lex_outfile writes beside the target
 * and renames at the end, so that a full disk or a killed process leaves the older file as it was. Folders are made
 * under another name and put in place by lex_dir_publish(). Errors name the path.
 */
#ifndef LEXCLF_FILE_H
#define LEXCLF_FILE_H

#include "lexclf/memory.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum { LEX_PATH_MISSING, LEX_PATH_FILE, LEX_PATH_DIR, LEX_PATH_OTHER } lex_path_kind;

/* What stands at `path`, links followed; LEX_PATH_MISSING also when it cannot be looked at. */
lex_path_kind lex_path_kind_of(const char *path);

/* "dir/name", in a new string that the caller frees. */
char *lex_path_join(const char *dir, const char *name);
/* "path" and "suffix" behind it, in a new string that the caller frees. */
char *lex_path_with_suffix(const char *path, const char *suffix);
/* Copies `path` without trailing slashes ("/" stays). The caller frees it. */
char *lex_path_trimmed(const char *path);
/* The part after the last slash, borrowed. */
const char *lex_path_base(const char *path);

/* Reads a whole regular file into `out` (which is cleared first). LEX_ERR_INPUT when it is missing, a folder or
 * longer than `max_bytes`; LEX_ERR_SYSTEM when reading fails. */
lex_status lex_file_read(lex_buf *out, const char *path, size_t max_bytes, lex_err *err) LEX_MUST_CHECK;

/* A read-only, private map of a regular file. An empty file maps to ptr NULL, len 0. */
typedef struct {
    const unsigned char *ptr;
    size_t len;
} lex_map;
lex_status lex_map_open(lex_map *out, const char *path, lex_err *err) LEX_MUST_CHECK;
void lex_map_close(lex_map *map);
/* Takes what of `map` lies in [from, from + len) out of this process's memory, whole pages at a time; looked at again it
 * is read again. Bytes outside the map are left alone. */
void lex_map_forget(const lex_map *map, const void *from, size_t len);

/* A file in the making. `path` must outlive it. A link is followed; what is no regular file (a pipe, /dev/stdout) is
 * written to directly. */
typedef struct {
    const char *path;
    char *target;   /* path without links */
    char *tmp_path; /* beside the target; NULL when that is written to directly */
    int fd; /* -1 when closed */
} lex_outfile;
lex_status lex_outfile_open(lex_outfile *out, const char *path, lex_err *err) LEX_MUST_CHECK;
/* The same for a `path` without links, written under a name of the caller's choice, which is replaced: for callers that
 * keep others off, so that a kill leaves a file that the next run writes over. */
lex_status lex_outfile_open_as(lex_outfile *out, const char *path, const char *tmp_path, lex_err *err) LEX_MUST_CHECK;
lex_status lex_outfile_write(lex_outfile *out, const void *bytes, size_t len, lex_err *err) LEX_MUST_CHECK;
/* Adds all that the open file `fd` holds, from its first byte. */
lex_status lex_outfile_append(lex_outfile *out, int fd, lex_err *err) LEX_MUST_CHECK;
/* Puts `prefix` before what was written, which costs a copy of it. Not for what is written to directly. */
lex_status lex_outfile_prepend(lex_outfile *out, lex_str prefix, lex_err *err) LEX_MUST_CHECK;
/* Syncs, closes and renames into place. Whatever it returns, the outfile is closed and nothing is left behind. */
lex_status lex_outfile_commit(lex_outfile *out, lex_err *err) LEX_MUST_CHECK;
/* Closes and removes what was written; nothing happens when it is closed already. */
void lex_outfile_abort(lex_outfile *out);

/* Opens, writes and commits in one call. */
lex_status lex_file_write(const char *path, lex_str content, lex_err *err) LEX_MUST_CHECK;

/* Writes all bytes to a descriptor, going on after signals. Returns 0 or an errno value. */
int lex_fd_write_all(int fd, const void *bytes, size_t len);

/* Opens a file without a name, to be written and read back: in the folder of `near`, where the result will lie, or in
 * TMPDIR. The caller closes *fd, and it is gone. */
lex_status lex_scratch_open(int *fd, const char *near, lex_err *err) LEX_MUST_CHECK;
/* Reads exactly `len` bytes from `offset` on. */
lex_status lex_scratch_read(int fd, void *bytes, size_t len, int64_t offset, lex_err *err) LEX_MUST_CHECK;

/* Makes a folder and its missing parents; an existing folder is fine. */
lex_status lex_dir_make(const char *path, lex_err *err) LEX_MUST_CHECK;
/* Removes a file or a folder with all it holds; a missing one is fine. Links are removed, not followed. */
lex_status lex_path_remove(const char *path, lex_err *err) LEX_MUST_CHECK;
/* Puts the finished folder `made` at `target` by rename, after syncing it. When `target` exists it is swapped in one
 * step and the older one is removed afterwards, so that at every instant a whole folder stands at `target`. */
lex_status lex_dir_publish(const char *made, const char *target, lex_err *err) LEX_MUST_CHECK;

/* The number of processors this process may use: affinity, cgroup limits and OMP_NUM_THREADS counted in, at least 1. */
int lex_cpu_count(void);
/* Seconds on a clock that never runs backwards. */
double lex_now_s(void);
/* The most memory that this process has had in use at once, in bytes. */
int64_t lex_peak_memory(void);

#ifdef __cplusplus
}
#endif
#endif
