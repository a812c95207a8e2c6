/* weight_files.c - finds the form in which a folder has its weights, and makes of the parts of an index one list of
 * tensors. An index ({"weight_map": {tensor: file}}) is believed only where the parts agree with it. */
#include "weight_files.h"

#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "torch_file.h"

enum { PARTS_MAX = 10000 };

typedef lex_status open_file(lex_safetensors *out, const char *path, lex_err *err);

typedef struct {
    const char *file;
    open_file *open; /* of the file, or of each part */
    bool is_index;
} form;

static const form forms[] = {
    {LEX_WEIGHTS_FILE, lex_safetensors_open, false},
    {LEX_WEIGHTS_FILE ".index.json", lex_safetensors_open, true},
    {"pytorch_model.bin", lex_torch_file_open, false},
    {"pytorch_model.bin.index.json", lex_torch_file_open, true},
};

static bool is_there(const char *dir, const char *name)
{
    char *path = lex_path_join(dir, name);
    bool there = lex_path_kind_of(path) != LEX_PATH_MISSING;
    free(path);
    return there;
}

static const form *form_of(const char *dir)
{
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++)
        if (is_there(dir, forms[i].file))
            return &forms[i];
    return NULL;
}

const char *lex_weight_files_form(const char *dir)
{
    const form *found = form_of(dir);
    return found ? found->file : NULL;
}

/* What a clone without its large files holds in their place. */
static lex_status check_pointer(const char *path, lex_err *err)
{
    static const char begin[] = "version https://git-lfs";
    lex_map map;
    lex_status st = lex_map_open(&map, path, err);
    if (st != LEX_OK)
        return st;
    if (map.len >= sizeof begin - 1 && map.len < 1024 && memcmp(map.ptr, begin, sizeof begin - 1) == 0) {
        st = lex_err_set(err, LEX_ERR_INPUT, "%s: is a pointer of Git LFS, not the weights", path);
        lex_err_hint(err, "fetch them: git lfs pull");
    }
    lex_map_close(&map);
    return st;
}

static lex_status open_one(lex_safetensors *out, const char *dir, const char *name, open_file *open, lex_err *err)
{
    char *path = lex_path_join(dir, name);
    memset(out, 0, sizeof *out);
    lex_status st = check_pointer(path, err);
    if (st == LEX_OK)
        st = open(out, path, err);
    if (st == LEX_OK)
        out->file = lex_strdup(name);
    free(path);
    return st;
}

/* The files that the index names, each once, in order. */
static lex_status list_parts(lex_strings *out, const lex_json *map, lex_err *err)
{
    lex_strings all = {0};
    lex_status st = LEX_OK;
    for (const lex_json *node = lex_json_first(map); node && st == LEX_OK; node = lex_json_next(node)) {
        const char *file = lex_json_string(node);
        if (!file || !*file || file[0] == '.' || strchr(file, '/') || strchr(file, '\\'))
            st = lex_err_set(err, LEX_ERR_INPUT, "tensor '%.200s': '%.200s' is not the name of a file in this folder",
                             lex_json_key(node), file ? file : "(not a string)");
        else
            lex_strings_push(&all, lex_str_of(file));
    }
    if (st == LEX_OK && all.n == 0)
        st = lex_err_set(err, LEX_ERR_INPUT, "'weight_map' is missing or empty");
    lex_strings_sort(&all);
    for (int64_t i = 0; i < all.n; i++)
        if (i == 0 || strcmp(all.items[i - 1], all.items[i]) != 0)
            lex_strings_push(out, lex_str_of(all.items[i]));
    if (st == LEX_OK && out->n > PARTS_MAX)
        st = lex_err_set(err, LEX_ERR_INPUT, "names more than %d files", PARTS_MAX);
    lex_strings_release(&all);
    return st;
}

static lex_status open_parts(lex_safetensors *out, const char *dir, const lex_strings *names, open_file *open, lex_err *err)
{
    out->parts = lex_alloc_zeroed((size_t)names->n, sizeof *out->parts);
    for (int64_t i = 0; i < names->n; i++) {
        if (!is_there(dir, names->items[i]))
            return lex_err_set(err, LEX_ERR_INPUT, "part '%.200s' is missing", names->items[i]);
        lex_status st = open_one(&out->parts[i], dir, names->items[i], open, err);
        if (st != LEX_OK)
            return st;
        out->n_parts++;
    }
    return LEX_OK;
}

static const lex_safetensors *part_with(const lex_safetensors *all, const char *tensor, const lex_safetensors *after)
{
    for (int64_t i = after ? after - all->parts + 1 : 0; i < all->n_parts; i++)
        if (lex_safetensors_find(&all->parts[i], tensor))
            return &all->parts[i];
    return NULL;
}

static lex_status join_parts(lex_safetensors *out, lex_err *err)
{
    int64_t n = 0;
    for (int64_t i = 0; i < out->n_parts; i++)
        n += out->parts[i].n_tensors;
    out->tensors = lex_alloc_zeroed((size_t)n, sizeof *out->tensors);
    for (int64_t i = 0; i < out->n_parts; i++) {
        const lex_safetensors *part = &out->parts[i];
        if (part->n_tensors)
            memcpy(out->tensors + out->n_tensors, part->tensors, (size_t)part->n_tensors * sizeof *part->tensors);
        out->n_tensors += part->n_tensors;
    }
    const char *twice = lex_safetensors_sort(out);
    if (!twice)
        return LEX_OK;
    const lex_safetensors *one = part_with(out, twice, NULL), *other = part_with(out, twice, one);
    return lex_err_set(err, LEX_ERR_INPUT, "tensor '%.200s' is in '%.200s' and in '%.200s'", twice, one->file,
                       other ? other->file : one->file);
}

static const lex_safetensors *part_named(const lex_safetensors *all, const char *file)
{
    for (int64_t i = 0; i < all->n_parts; i++)
        if (strcmp(all->parts[i].file, file) == 0)
            return &all->parts[i];
    return NULL;
}

static lex_status check_map(const lex_safetensors *all, const lex_json *map, lex_err *err)
{
    const lex_safetensors *part = NULL;
    for (const lex_json *node = lex_json_first(map); node; node = lex_json_next(node)) {
        const char *file = lex_json_string(node), *name = lex_json_key(node);
        if (!part || strcmp(part->file, file) != 0) /* they mostly stand part by part */
            part = part_named(all, file);
        if (!lex_safetensors_find(part, name))
            return lex_err_set(err, LEX_ERR_INPUT, "tensor '%.200s' is not in '%.200s'", name, file);
    }
    return LEX_OK;
}

static lex_status open_index(lex_safetensors *out, const char *dir, const form *found, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_json *index = NULL;
    lex_strings names = {0};
    char *path = lex_path_join(dir, found->file);
    LEX_TRY(lex_json_read(&index, path, LEX_CONFIG_JSON_MAX, err));
    const lex_json *map = lex_json_get(index, "weight_map");
    st = list_parts(&names, map, err);
    if (st == LEX_OK)
        st = open_parts(out, dir, &names, found->open, err);
    if (st == LEX_OK)
        st = join_parts(out, err);
    if (st == LEX_OK)
        st = check_map(out, map, err);
    if (st != LEX_OK)
        lex_err_at(err, "%s", path);
done:
    lex_strings_release(&names);
    lex_json_free(index);
    free(path);
    return st;
}

static lex_status refuse_none(const char *dir, lex_err *err)
{
    static const char *const others[] = {"tf_model.h5", "flax_model.msgpack", "model.onnx", "model.gguf", "model.ckpt.index"};
    lex_err_set(err, LEX_ERR_INPUT, "%s/" LEX_WEIGHTS_FILE ": no such file", dir);
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (is_there(dir, others[i]))
            lex_err_hint(err, "'%s' is not read: open it with transformers, and save_pretrained() writes " LEX_WEIGHTS_FILE,
                         others[i]);
    lex_err_hint(err, "weights are read from " LEX_WEIGHTS_FILE " or pytorch_model.bin, whole or in parts with an index");
    return LEX_ERR_INPUT;
}

lex_status lex_weight_files_open(lex_safetensors *out, const char *dir, lex_err *err)
{
    const form *found = form_of(dir);
    memset(out, 0, sizeof *out);
    if (!found)
        return refuse_none(dir, err);
    lex_status st = found->is_index ? open_index(out, dir, found, err) : open_one(out, dir, found->file, found->open, err);
    if (st != LEX_OK)
        lex_safetensors_close(out);
    return st;
}

int64_t lex_weight_files_count(const lex_safetensors *weights)
{
    return weights->n_parts ? weights->n_parts : weights->file ? 1 : 0;
}

const lex_safetensors *lex_weight_files_get(const lex_safetensors *weights, int64_t i)
{
    LEX_ASSERT(i >= 0 && i < lex_weight_files_count(weights));
    return weights->n_parts ? &weights->parts[i] : weights;
}
