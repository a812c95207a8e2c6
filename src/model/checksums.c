/* checksums.c - lexclf.json carries XXH3 checksums of the files beside it and of itself, so that a damaged folder is
 * named when it is opened and not when its answers are wrong.
 *
 * Its own checksum is its last member, in a form of which no byte may differ, and stands for the bytes that the file
 * has without it: any change is found, be it one that means the same in JSON. */
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lexclf/hash.h"

#define UNSEALED_END "\n}\n"
#define SEAL(digits) ",\n  \"checksum\": \"xxh3:" digits "\"" UNSEALED_END
enum { SEAL_BYTES = sizeof SEAL("0123456789abcdef") - 1 };

static void checksum_text(char out[32], const void *bytes, size_t len)
{
    snprintf(out, 32, "xxh3:%016llx", (unsigned long long)lex_hash64(bytes, len));
}

/* What takes the place of UNSEALED_END at the end of `text`, a document without its checksum. */
static void make_seal(char out[SEAL_BYTES + 1], lex_str text)
{
    snprintf(out, SEAL_BYTES + 1, SEAL("%016llx"), (unsigned long long)lex_hash64(text.ptr, text.len));
}

/* Whether `text` ends in the seal that belongs to what comes before it. */
static bool seal_fits(lex_str text)
{
    char seal[SEAL_BYTES + 1];
    if (text.len < SEAL_BYTES)
        return false;
    const char *end = text.ptr + text.len - SEAL_BYTES;
    lex_buf unsealed;
    lex_buf_init(&unsealed);
    lex_buf_add(&unsealed, text.ptr, text.len - SEAL_BYTES);
    lex_buf_add_str(&unsealed, LEX_STR(UNSEALED_END));
    make_seal(seal, lex_buf_str(&unsealed));
    lex_buf_release(&unsealed);
    return memcmp(end, seal, SEAL_BYTES) == 0;
}

static lex_status checksum_of_file(char out[32], const char *dir, const char *name, lex_err *err)
{
    char *path = lex_path_join(dir, name);
    lex_map map;
    lex_status st = lex_map_open(&map, path, err);
    if (st == LEX_OK)
        checksum_text(out, map.ptr, map.len);
    lex_map_close(&map);
    free(path);
    return st;
}

static lex_status damaged(lex_err *err, const char *dir, const char *name)
{
    lex_err_set(err, LEX_ERR_INPUT, "%s/%s: damaged or changed: its checksum is not the one in lexclf.json", dir, name);
    lex_err_hint(err, LEX_DAMAGED_HINT);
    return LEX_ERR_INPUT;
}

lex_status lex_checksums_verify_documents(const lex_model *model, lex_str lexclf_text, lex_err *err)
{
    if (!seal_fits(lexclf_text))
        return damaged(err, model->dir, "lexclf.json");
    const lex_json *files = lex_json_get(model->files->lexclf, "files");
    for (const lex_json *file = lex_json_first(files); file; file = lex_json_next(file)) {
        char is[32];
        const char *name = lex_json_key(file), *wanted = lex_json_string(file);
        if (!name || !wanted || strchr(name, '/'))
            return lex_err_set(err, LEX_ERR_INPUT, "%s/lexclf.json: 'files' is no list of checksums", model->dir);
        if (strcmp(name, LEX_WEIGHTS_FILE) == 0)
            continue;
        lex_status st = checksum_of_file(is, model->dir, name, err);
        if (st != LEX_OK)
            return st;
        if (strcmp(wanted, is) != 0)
            return damaged(err, model->dir, name);
    }
    return LEX_OK;
}

lex_status lex_checksums_verify_weights(const lex_model *model, lex_err *err)
{
    char is[32];
    const lex_map *map = &model->files->weights.map;
    const char *wanted = lex_json_string(lex_json_get(lex_json_get(model->files->lexclf, "files"), LEX_WEIGHTS_FILE));
    if (!wanted)
        return LEX_OK;
    checksum_text(is, map->ptr, map->len);
    return strcmp(wanted, is) == 0 ? LEX_OK : damaged(err, model->dir, LEX_WEIGHTS_FILE);
}

lex_status lex_checksums_seal(lex_buf *out, lex_json *doc, const char *dir, const char *const *names, int n_names,
                              lex_err *err)
{
    lex_json *files = lex_json_new_object();
    lex_json_put(doc, "files", files);
    for (int i = 0; i < n_names; i++) {
        char checksum[32];
        lex_status st = checksum_of_file(checksum, dir, names[i], err);
        if (st != LEX_OK)
            return st;
        lex_json_put_string(files, names[i], checksum);
    }
    lex_checksums_reseal(out, doc);
    return LEX_OK;
}

void lex_checksums_reseal(lex_buf *out, lex_json *doc)
{
    char seal[SEAL_BYTES + 1];
    lex_json_remove(doc, "checksum");
    lex_buf_clear(out);
    lex_json_print(out, doc, true);
    make_seal(seal, lex_buf_str(out));
    out->len -= strlen(UNSEALED_END);
    lex_buf_add(out, seal, SEAL_BYTES);
}
