/* files.c - the files that the user's paths stand for: a folder is those below it. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "lexclf/file.h"
#include "reader.h"

enum { SAID_MAX = 10 };

/* A folder being walked. Each is read once, by what it is and not by its name: a link to a folder above ends there. */
typedef struct {
    lex_strings *files;
    lex_strings folders; /* still to be read */
    struct {
        dev_t device;
        ino_t inode;
    } *seen;
    int64_t n_seen, seen_capacity;
    lex_format format;
    lex_reading *reading;
    int64_t n_left_out;
} walk;

static void leave_out(walk *w, const char *path, const char *why)
{
    if (w->n_left_out++ < SAID_MAX)
        lex_reading_say(w->reading, LEX_SAY_SKIPPED, path, 0, "left out: %s", why);
}

static void visit(walk *w, const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        leave_out(w, path, errno == ENOENT || errno == ELOOP ? "the link leads nowhere" : strerror(errno));
    } else if (S_ISDIR(info.st_mode)) {
        for (int64_t i = 0; i < w->n_seen; i++)
            if (w->seen[i].device == info.st_dev && w->seen[i].inode == info.st_ino)
                return;
        if (w->n_seen == w->seen_capacity) {
            w->seen_capacity = w->seen_capacity ? 2 * w->seen_capacity : 16;
            w->seen = lex_realloc_array(w->seen, (size_t)w->seen_capacity, sizeof *w->seen);
        }
        w->seen[w->n_seen].device = info.st_dev;
        w->seen[w->n_seen++].inode = info.st_ino;
        lex_strings_push(&w->folders, lex_str_of(path));
    } else if (!S_ISREG(info.st_mode)) {
        leave_out(w, path, "it is neither a file nor a folder");
    } else if (w->format == LEX_FORMAT_AUTO && lex_format_of(path) == LEX_FORMAT_AUTO) {
        leave_out(w, path, "the name does not tell the format");
    } else {
        lex_strings_push(w->files, lex_str_of(path));
    }
}

/* What a folder holds, in order of names: so which of two links to a folder is followed does not depend on the disk. */
static lex_status list(lex_strings *names, const char *path, lex_err *err)
{
    DIR *folder = opendir(path);
    if (!folder)
        return lex_err_set(err, LEX_ERR_INPUT, "%s: cannot be read: %s", path, strerror(errno));
    errno = 0;
    for (struct dirent *entry; (entry = readdir(folder)); errno = 0)
        if (entry->d_name[0] != '.')
            lex_strings_push(names, lex_str_of(entry->d_name));
    lex_status st = errno ? lex_err_errno(err, errno, "%s: reading failed", path) : LEX_OK;
    closedir(folder);
    lex_strings_sort(names);
    return st;
}

static lex_status read_folder(walk *w, const char *path, lex_err *err)
{
    lex_strings names = {0};
    lex_status st = list(&names, path, err);
    for (int64_t i = 0; st == LEX_OK && i < names.n; i++) {
        char *inner = lex_path_join(path, names.items[i]);
        visit(w, inner);
        free(inner);
    }
    lex_strings_release(&names);
    return st;
}

static lex_status expand_folder(lex_strings *files, const char *path, lex_format format, lex_reading *reading,
                                lex_err *err)
{
    lex_strings found = {0};
    walk w = {.files = &found, .format = format, .reading = reading};
    char *trimmed = lex_path_trimmed(path);
    lex_status st = LEX_OK;
    visit(&w, trimmed);
    for (int64_t i = 0; st == LEX_OK && i < w.folders.n; i++)
        st = read_folder(&w, w.folders.items[i], err);
    if (w.n_left_out > SAID_MAX)
        lex_reading_say(reading, LEX_SAY_SKIPPED, trimmed, 0, "%lld more files were left out",
                        (long long)(w.n_left_out - SAID_MAX));
    lex_strings_sort(&found);
    for (int64_t i = 0; st == LEX_OK && i < found.n; i++)
        lex_strings_push(files, lex_str_of(found.items[i]));
    free(trimmed);
    free(w.seen);
    lex_strings_release(&w.folders);
    lex_strings_release(&found);
    return st;
}

lex_status lex_files_expand(lex_strings *files, bool *is_folder, const char *path, lex_format format,
                            lex_reading *reading, lex_err *err)
{
    struct stat info;
    *is_folder = false;
    if (strcmp(path, "-") != 0) {
        if (stat(path, &info) != 0 && (errno == ENOENT || errno == ENOTDIR))
            return lex_err_set(err, LEX_ERR_INPUT, "%s: no such file", path);
        *is_folder = lex_path_kind_of(path) == LEX_PATH_DIR;
    }
    if (*is_folder)
        return expand_folder(files, path, format, reading, err);
    lex_strings_push(files, lex_str_of(path));
    return LEX_OK;
}
