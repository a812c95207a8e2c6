/* out_folder.c - whether a model folder may be made under a name: nothing that is read, and nothing but a model or an empty
 * folder, is ever replaced. */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "lexclf/file.h"

static bool is_empty(const char *dir)
{
    DIR *folder = opendir(dir);
    if (!folder)
        return false;
    int n = 0;
    for (struct dirent *entry = readdir(folder); entry; entry = readdir(folder))
        n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    closedir(folder);
    return n == 0;
}

/* Whether a folder holds a model, or nothing: all that --overwrite may replace. */
static bool is_replaceable(const char *dir)
{
    char *config = lex_path_join(dir, "config.json"), *ours = lex_path_join(dir, "lexclf.json");
    bool is_model = lex_path_kind_of(config) == LEX_PATH_FILE || lex_path_kind_of(ours) == LEX_PATH_FILE;
    free(config);
    free(ours);
    return is_model || is_empty(dir);
}

/* Whether `path` lies in the folder `dir`, or is it. */
static bool is_inside(const char *path, const char *dir)
{
    char *whole_path = realpath(path, NULL), *whole_dir = realpath(dir, NULL);
    size_t n = whole_dir ? strlen(whole_dir) : 0;
    bool inside = whole_path && whole_dir && strncmp(whole_path, whole_dir, n) == 0 &&
                  (whole_path[n] == '\0' || whole_path[n] == '/');
    free(whole_path);
    free(whole_dir);
    return inside;
}

static lex_status check_not_inside(const char *dir, const char *const *read, int n, lex_err *err)
{
    for (int i = 0; i < n; i++) {
        if (is_inside(read[i], dir))
            return lex_err_set(err, LEX_ERR_USAGE, "option '--out' would replace '%s', where '%s' is read from", dir,
                               read[i]);
    }
    return LEX_OK;
}

static lex_status check_partial(const char *out, const char *const *read, int n, lex_err *err)
{
    char *trimmed = lex_path_trimmed(out);
    char *partial = lex_path_with_suffix(trimmed, ".partial");
    lex_status st = check_not_inside(partial, read, n, err);
    free(partial);
    free(trimmed);
    return st;
}

lex_status cli_check_out_folder(const char *out, bool overwrite, const char *const *read, int n, lex_err *err)
{
    const char *base = lex_path_base(out);
    lex_path_kind kind = lex_path_kind_of(out);
    if (strcmp(base, ".") == 0 || strcmp(base, "..") == 0)
        return lex_err_set(err, LEX_ERR_USAGE, "option '--out': '%s' does not name a folder to make", out);
    if (check_partial(out, read, n, err) != LEX_OK || kind == LEX_PATH_MISSING)
        return err->code;
    if (kind != LEX_PATH_DIR)
        return lex_err_set(err, LEX_ERR_USAGE, "option '--out': '%s' is not a folder", out);
    if (!overwrite) {
        lex_err_set(err, LEX_ERR_USAGE, "option '--out': '%s' exists", out);
        lex_err_hint(err, "name another folder, or replace this one with --overwrite");
        return err->code;
    }
    if (!is_replaceable(out))
        return lex_err_set(err, LEX_ERR_USAGE, "option '--overwrite': '%s' is not a model folder", out);
    return check_not_inside(out, read, n, err);
}
