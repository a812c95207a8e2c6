/* torch_file.c - joins the zip file and its pickle to tensors. Everything in it lies in one folder of any name: FOLDER/data.pkl,
 * FOLDER/data/KEY for each storage, FOLDER/byteorder. */
#include "torch_file.h"

#include <stdlib.h>
#include <string.h>

#include "pickle.h"
#include "zip.h"

_Static_assert(LEX_PICKLE_DIMS <= LEX_STORED_DIMS, "a tensor of a pickle fits");

#define PICKLE_NAME "data.pkl"

typedef struct {
    lex_zip zip;
    lex_pickle pickle;
    lex_buf name;   /* scratch: FOLDER/ and what is looked up */
    size_t n_folder; /* bytes of FOLDER/ */
} source;

/* What it is if it is no zip file. */
static lex_status refuse_other(const unsigned char *bytes, size_t len, lex_err *err)
{
    /* The older format begins with the pickle of a number of torch's, 0x1950a86a20f9469cfc6c. */
    static const unsigned char old[] = {0x80, 0x02, 0x8a, 0x0a, 0x6c, 0xfc, 0x9c, 0x46, 0xf9, 0x20, 0x6a, 0xa8, 0x50, 0x19};
    if (len >= sizeof old && memcmp(bytes, old, sizeof old) == 0) {
        lex_err_set(err, LEX_ERR_INPUT, "is of the format before PyTorch 1.6, which is not read");
        lex_err_hint(err, "save it anew: python3 -c 'import sys, torch; torch.save(torch.load(sys.argv[1], "
                          "map_location=\"cpu\", weights_only=True), sys.argv[1])' FILE");
        return LEX_ERR_INPUT;
    }
    return lex_err_set(err, LEX_ERR_INPUT, "%s", len == 0 ? "is empty" : "is no file of torch.save(): it is no zip file");
}

static const lex_zip_entry *look_up(source *s, const char *name)
{
    s->name.len = s->n_folder;
    lex_buf_add_str(&s->name, lex_str_of(name));
    return lex_zip_find(&s->zip, lex_buf_str(&s->name));
}

/* FOLDER/ is what stands before data.pkl; nothing else may lie at that depth under another name. */
static lex_status find_folder(source *s, lex_err *err)
{
    int64_t n_found = 0;
    for (int64_t i = 0; i < s->zip.n_entries; i++) {
        lex_str name = s->zip.entries[i].name;
        size_t tail = strlen(PICKLE_NAME);
        if (name.len < tail || memcmp(name.ptr + name.len - tail, PICKLE_NAME, tail) != 0)
            continue;
        size_t folder = name.len - tail;
        const char *slash = folder ? memchr(name.ptr, '/', folder) : NULL;
        if (!slash || (size_t)(slash - name.ptr) != folder - 1)
            continue;
        lex_buf_clear(&s->name);
        lex_buf_add(&s->name, name.ptr, folder);
        s->n_folder = folder;
        n_found++;
    }
    if (n_found != 1)
        return lex_err_set(err, LEX_ERR_INPUT, n_found ? "has more than one FOLDER/" PICKLE_NAME
                           : "is no file of torch.save(): it has no FOLDER/" PICKLE_NAME);
    return LEX_OK;
}

static lex_status need_stored(const lex_zip_entry *entry, lex_err *err)
{
    if (entry->data)
        return LEX_OK;
    lex_err_set(err, LEX_ERR_INPUT, "entry '%.*s' is compressed or encrypted (method %u), which torch.save() never does",
                (int)(entry->name.len < 200 ? entry->name.len : 200), entry->name.ptr, entry->method);
    lex_err_hint(err, "if you trust it: unzip it, and pack it again with 'zip -0 -r'");
    return LEX_ERR_INPUT;
}

static lex_status read_pickle(source *s, lex_err *err)
{
    if (look_up(s, "constants.pkl"))
        return lex_err_set(err, LEX_ERR_INPUT, "is a TorchScript program, not weights alone");
    const lex_zip_entry *order = look_up(s, "byteorder"), *entry = look_up(s, PICKLE_NAME);
    if (order && (order->len != 6 || !order->data || memcmp(order->data, "little", 6) != 0))
        return lex_err_set(err, LEX_ERR_INPUT, "its numbers are not little-endian, which is not read");
    lex_status st = need_stored(entry, err);
    if (st == LEX_OK) {
        st = lex_pickle_read(&s->pickle, entry->data, entry->len, err);
        if (st != LEX_OK)
            lex_err_at(err, PICKLE_NAME);
    }
    return st;
}

/* Whether the elements follow one another. A dimension of one element has no stride to speak of. */
static bool is_contiguous(const lex_pickle_tensor *tensor)
{
    int64_t expected = 1;
    for (int d = tensor->n_dims - 1; d >= 0 && tensor->count > 0; d--) {
        if (tensor->shape[d] != 1 && tensor->strides[d] != expected)
            return false;
        expected *= tensor->shape[d]; /* a part of count: it does not overflow */
    }
    return true;
}

static lex_status make_tensor(lex_stored_tensor *out, source *s, const lex_pickle_tensor *from, lex_err *err)
{
    const lex_pickle_storage *storage = from->storage;
    int64_t n_bytes;
    s->name.len = s->n_folder;
    lex_buf_printf(&s->name, "data/%s", storage->key);
    const lex_zip_entry *entry = lex_zip_find(&s->zip, lex_buf_str(&s->name));
    lex_status st = LEX_OK;
    if (!entry) {
        st = lex_err_set(err, LEX_ERR_INPUT, "entry '%.200s' is missing", s->name.ptr);
        goto done;
    }
    LEX_TRY(need_stored(entry, err));
    if (__builtin_mul_overflow(storage->count, storage->item_bytes, &n_bytes) || (uint64_t)n_bytes != entry->len) {
        st = lex_err_set(err, LEX_ERR_INPUT, "entry '%.200s' has %zu bytes, which are not %lld elements of type %s",
                         s->name.ptr, entry->len, (long long)storage->count, storage->dtype);
        goto done;
    }
    *out = (lex_stored_tensor){.name = from->name, .dtype_name = storage->dtype, .n_dims = from->n_dims, .count = from->count};
    out->dtype = lex_stored_type_of(storage->dtype);
    out->data = entry->data + from->offset * storage->item_bytes;
    out->n_bytes = (size_t)(from->count * storage->item_bytes);
    out->strided = !is_contiguous(from);
    memcpy(out->shape, from->shape, sizeof from->shape);
    memcpy(out->strides, from->strides, sizeof from->strides);
done:
    if (st != LEX_OK)
        lex_err_at(err, "tensor '%.200s'", from->name);
    return st;
}

static lex_status make_tensors(lex_safetensors *out, source *s, lex_err *err)
{
    int64_t n = s->pickle.n_tensors;
    if (n == 0)
        return lex_err_set(err, LEX_ERR_INPUT, "holds no tensors by name");
    out->tensors = lex_alloc_zeroed((size_t)n, sizeof *out->tensors);
    for (; out->n_tensors < n; out->n_tensors++) {
        lex_status st = make_tensor(&out->tensors[out->n_tensors], s, &s->pickle.tensors[out->n_tensors], err);
        if (st != LEX_OK)
            return st;
    }
    const char *twice = lex_safetensors_sort(out);
    if (twice)
        return lex_err_set(err, LEX_ERR_INPUT, "two tensors have the name '%.200s'", twice);
    out->names = lex_alloc(sizeof *out->names); /* names and the like go on living in the pickle's arena */
    *out->names = s->pickle.arena;
    lex_arena_init(&s->pickle.arena);
    return LEX_OK;
}

lex_status lex_torch_file_read(lex_safetensors *out, const unsigned char *bytes, size_t len, const char *path, lex_err *err)
{
    lex_status st = LEX_OK;
    source s = {.n_folder = 0};
    lex_buf_init(&s.name);
    lex_arena_init(&s.pickle.arena);
    memset(out, 0, sizeof *out);
    if (!lex_is_zip(bytes, len)) {
        st = refuse_other(bytes, len, err);
        goto done;
    }
    LEX_TRY(lex_zip_read(&s.zip, bytes, len, err));
    LEX_TRY(find_folder(&s, err));
    LEX_TRY(read_pickle(&s, err));
    st = make_tensors(out, &s, err);
done:
    lex_zip_release(&s.zip);
    lex_pickle_release(&s.pickle);
    lex_buf_release(&s.name);
    if (st != LEX_OK) {
        lex_safetensors_close(out);
        lex_err_at(err, "%s", path);
    }
    return st;
}

lex_status lex_torch_file_open(lex_safetensors *out, const char *path, lex_err *err)
{
    lex_map map;
    memset(out, 0, sizeof *out);
    lex_status st = lex_map_open(&map, path, err);
    if (st == LEX_OK)
        st = lex_torch_file_read(out, map.ptr, map.len, path, err);
    if (st == LEX_OK)
        out->map = map;
    else
        lex_map_close(&map);
    return st;
}
