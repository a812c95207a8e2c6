/* checkpoint.c - one file that holds all of a run between two steps: a JSON object and arrays of float32.
 *
 *     8 bytes     "LEXCKPT1"
 *     8 bytes     length of the header, little endian
 *     8 bytes     XXH3 of the header
 *     header      {"state": {...}, "arrays": [{"name", "count", "checksum"}]}, padded with blanks to 64 bytes
 *     arrays      one after the other, in the order of the list
 *
 * It is written beside and renamed, after the one before it has become PATH.previous: at every instant one of the two
 * is whole. What is read is checked to the last bit before any of it counts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "checkpoint.h"
#include "lexclf/file.h"
#include "lexclf/hash.h"

#define MAGIC "LEXCKPT1"
enum { PREFIX = 24, ALIGN = 64, HEADER_MAX = 1 << 30 };

static void put_u64(unsigned char *out, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        out[i] = (unsigned char)(value >> (8 * i));
}

static uint64_t get_u64(const unsigned char *in)
{
    uint64_t value = 0;
    for (int i = 0; i < 8; i++)
        value |= (uint64_t)in[i] << (8 * i);
    return value;
}

static void hash_text(char out[32], const void *bytes, size_t len)
{
    snprintf(out, 32, "xxh3:%016llx", (unsigned long long)lex_hash64(bytes, len));
}

/* ---- writing ---- */

static void make_header(lex_buf *out, const lex_checkpoint *c)
{
    lex_json *header = lex_json_new_object(), *list = lex_json_new_array();
    for (int i = 0; i < c->n_arrays; i++) {
        char hash[32];
        lex_json *one = lex_json_new_object();
        hash_text(hash, c->arrays[i].values, (size_t)c->arrays[i].count * sizeof(float));
        lex_json_put_string(one, "name", c->arrays[i].name);
        lex_json_put_number(one, "count", (double)c->arrays[i].count);
        lex_json_put_string(one, "checksum", hash);
        lex_json_push(list, one);
    }
    lex_json_put(header, "state", lex_json_copy(c->state));
    lex_json_put(header, "arrays", list);
    lex_json_print(out, header, false);
    lex_json_free(header);
    while ((PREFIX + out->len) % ALIGN != 0)
        lex_buf_add_char(out, ' ');
}

static lex_status write_all(lex_outfile *file, const lex_checkpoint *c, const lex_buf *header, lex_err *err)
{
    lex_status st = LEX_OK;
    unsigned char prefix[PREFIX];
    memcpy(prefix, MAGIC, 8);
    put_u64(prefix + 8, header->len);
    put_u64(prefix + 16, lex_hash64(header->ptr, header->len));
    LEX_TRY(lex_outfile_write(file, prefix, sizeof prefix, err));
    LEX_TRY(lex_outfile_write(file, header->ptr, header->len, err));
    for (int i = 0; i < c->n_arrays; i++)
        LEX_TRY(lex_outfile_write(file, c->arrays[i].values, (size_t)c->arrays[i].count * sizeof(float), err));
done:
    return st;
}

lex_status lex_checkpoint_write(const char *path, const lex_checkpoint *checkpoint, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_outfile file;
    lex_buf header;
    char *previous = lex_path_with_suffix(path, LEX_CHECKPOINT_PREVIOUS);
    lex_buf_init(&header);
    make_header(&header, checkpoint);
    LEX_TRY(lex_outfile_open(&file, path, err));
    st = write_all(&file, checkpoint, &header, err);
    if (st != LEX_OK) {
        lex_outfile_abort(&file);
        goto done;
    }
    if (lex_path_kind_of(path) == LEX_PATH_FILE)
        rename(path, previous); /* where that fails there is only no older one */
    st = lex_outfile_commit(&file, err);
done:
    lex_buf_release(&header);
    free(previous);
    return st;
}

/* ---- reading ---- */

static lex_status damaged(const char *path, lex_err *err)
{
    return lex_err_set(err, LEX_ERR_INPUT, "%s: is damaged, or no checkpoint", path);
}

/* The arrays that the header lists, where they lie in the map. */
static bool find_arrays(lex_checkpoint *c, const lex_json *list, size_t at, lex_str all)
{
    for (const lex_json *one = lex_json_first(list); one; one = lex_json_next(one)) {
        char hash[32];
        int64_t count;
        const char *name = lex_json_string(lex_json_get(one, "name"));
        const char *wanted = lex_json_string(lex_json_get(one, "checksum"));
        if (!name || !wanted || c->n_arrays == LEX_CHECKPOINT_ARRAYS ||
            !lex_json_int(&count, lex_json_get(one, "count"), 0, (int64_t)((all.len - at) / sizeof(float))))
            return false;
        const char *bytes = all.ptr + at;
        size_t len = (size_t)count * sizeof(float);
        hash_text(hash, bytes, len);
        if (strcmp(hash, wanted) != 0)
            return false;
        c->arrays[c->n_arrays++] = (lex_checkpoint_array){name, (const float *)(const void *)bytes, count};
        at += len;
    }
    return at == all.len;
}

lex_status lex_checkpoint_parse(lex_checkpoint *out, lex_str all, const char *path, lex_err *err)
{
    lex_err ignored = {0};
    const unsigned char *bytes = (const unsigned char *)all.ptr;
    uint64_t len = all.len < PREFIX ? 0 : get_u64(bytes + 8);
    *out = (lex_checkpoint){.n_arrays = 0};
    bool good = all.len >= PREFIX && memcmp(bytes, MAGIC, 8) == 0 && len <= HEADER_MAX && len <= all.len - PREFIX &&
                (PREFIX + len) % ALIGN == 0 && lex_hash64(bytes + PREFIX, (size_t)len) == get_u64(bytes + 16);
    lex_str header = {all.ptr + PREFIX, (size_t)len};
    good = good && lex_json_parse(&out->header, header, &ignored) == LEX_OK;
    out->state = lex_json_get(out->header, "state");
    good = good && lex_json_type_of(out->state) == LEX_JSON_OBJECT &&
           find_arrays(out, lex_json_get(out->header, "arrays"), PREFIX + (size_t)len, all);
    if (good)
        return LEX_OK;
    lex_checkpoint_close(out);
    return damaged(path, err);
}

lex_status lex_checkpoint_read(lex_checkpoint *out, const char *path, lex_err *err)
{
    lex_map map;
    *out = (lex_checkpoint){.n_arrays = 0};
    lex_status st = lex_map_open(&map, path, err);
    if (st == LEX_OK)
        st = lex_checkpoint_parse(out, (lex_str){(const char *)map.ptr, map.len}, path, err);
    if (st == LEX_OK)
        out->map = map;
    else
        lex_map_close(&map);
    return st;
}

void lex_checkpoint_close(lex_checkpoint *checkpoint)
{
    lex_json_free(checkpoint->header);
    lex_map_close(&checkpoint->map);
    *checkpoint = (lex_checkpoint){.n_arrays = 0};
}

const float *lex_checkpoint_find(const lex_checkpoint *checkpoint, const char *name, int64_t count)
{
    for (int i = 0; i < checkpoint->n_arrays; i++)
        if (strcmp(checkpoint->arrays[i].name, name) == 0 && checkpoint->arrays[i].count == count)
            return checkpoint->arrays[i].values;
    return NULL;
}
