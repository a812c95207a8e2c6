/* checksums.c - lexclf.json carries XXH3 checksums of the files beside it and of itself, so that a damaged folder is
 * named when it is opened and not when its answers are wrong. */
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lexclf/hash.h"

void lex_checksum_text(char out[32], const void *bytes, size_t len)
{
    snprintf(out, 32, "xxh3:%016llx", (unsigned long long)lex_hash64(bytes, len));
}

/* The checksum of the document as it is printed without its own "checksum". */
static void checksum_of_document(char out[32], lex_json *doc)
{
    lex_buf text;
    lex_buf_init(&text);
    lex_json_remove(doc, "checksum");
    lex_json_print(&text, doc, true);
    lex_checksum_text(out, text.ptr, text.len);
    lex_buf_release(&text);
}

static lex_status checksum_of_file(char out[32], const char *dir, const char *name, lex_err *err)
{
    char *path = lex_path_join(dir, name);
    lex_map map;
    lex_status st = lex_map_open(&map, path, err);
    if (st == LEX_OK)
        lex_checksum_text(out, map.ptr, map.len);
    lex_map_close(&map);
    free(path);
    return st;
}

static lex_status damaged(lex_err *err, const char *dir, const char *name)
{
    lex_err_set(err, LEX_ERR_INPUT, "%s/%s: damaged or changed: its checksum is not the one in lexclf.json", dir, name);
    lex_err_hint(err, "copy the folder again, or train again");
    return LEX_ERR_INPUT;
}

lex_status lex_checksums_verify(const lex_model *model, lex_err *err)
{
    char is[32];
    const lex_json *doc = model->files->lexclf;
    const char *wanted = lex_json_string(lex_json_get(doc, "checksum"));
    lex_json *copy = lex_json_copy(doc);
    checksum_of_document(is, copy);
    lex_json_free(copy);
    if (!wanted || strcmp(wanted, is) != 0)
        return damaged(err, model->dir, "lexclf.json");
    const lex_json *files = lex_json_get(doc, "files");
    for (const lex_json *file = lex_json_first(files); file; file = lex_json_next(file)) {
        const char *name = lex_json_key(file);
        if (strchr(name, '/') || !lex_json_string(file))
            return damaged(err, model->dir, "lexclf.json");
        lex_status st = LEX_OK;
        if (strcmp(name, "model.safetensors") != 0)
            st = checksum_of_file(is, model->dir, name, err);
        else if (model->files->weights.map.ptr)
            lex_checksum_text(is, model->files->weights.map.ptr, model->files->weights.map.len);
        else
            continue; /* only the tokenizer is wanted */
        if (st != LEX_OK)
            return st;
        if (strcmp(lex_json_string(file), is) != 0)
            return damaged(err, model->dir, name);
    }
    return LEX_OK;
}

lex_status lex_checksums_add(lex_json *doc, const char *dir, const char *const *names, int n_names, lex_err *err)
{
    char checksum[32];
    lex_json *files = lex_json_new_object();
    for (int i = 0; i < n_names; i++) {
        lex_status st = checksum_of_file(checksum, dir, names[i], err);
        if (st != LEX_OK) {
            lex_json_free(files);
            return st;
        }
        lex_json_put_string(files, names[i], checksum);
    }
    lex_json_put(doc, "files", files);
    checksum_of_document(checksum, doc);
    lex_json_put_string(doc, "checksum", checksum);
    return LEX_OK;
}
