/* fingerprint.c - which folder it is: SHA-256 over the names and the bytes of its files, whatever the kind of model.
 * metrics.jsonl, the log of its training, is none of the model's. */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "lexclf/file.h"
#include "lexclf/hash.h"

/* Regular files of the folder, in order; those that begin with a dot are not the model's. */
static lex_status list_files(lex_strings *names, const char *dir, lex_err *err)
{
    DIR *folder = opendir(dir);
    if (!folder)
        return lex_err_errno(err, errno, "%s: cannot be read", dir);
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        char *path = lex_path_join(dir, entry->d_name);
        if (entry->d_name[0] != '.' && strcmp(entry->d_name, LEX_LOG_FILE) != 0 && lex_path_kind_of(path) == LEX_PATH_FILE)
            lex_strings_push(names, lex_str_of(entry->d_name));
        free(path);
    }
    closedir(folder);
    lex_strings_sort(names);
    return LEX_OK;
}

static lex_status add_file(lex_sha256 *sha, const char *dir, const char *name, lex_err *err)
{
    lex_map map;
    char *path = lex_path_join(dir, name);
    lex_status st = lex_map_open(&map, path, err);
    if (st == LEX_OK) {
        uint64_t len = map.len;
        lex_sha256_add(sha, name, strlen(name) + 1);
        lex_sha256_add(sha, &len, sizeof len);
        if (map.len)
            lex_sha256_add(sha, map.ptr, map.len);
        lex_map_close(&map);
    }
    free(path);
    return st;
}

lex_status lex_model_fingerprint(const lex_model *model, char hex[65], lex_err *err)
{
    lex_strings names = {0};
    lex_sha256 *sha = lex_sha256_new();
    lex_status st = list_files(&names, model->dir, err);
    for (int64_t i = 0; st == LEX_OK && i < names.n; i++)
        st = add_file(sha, model->dir, names.items[i], err);
    if (st == LEX_OK)
        lex_sha256_hex(sha, hex);
    lex_sha256_free(sha);
    lex_strings_release(&names);
    return st;
}
