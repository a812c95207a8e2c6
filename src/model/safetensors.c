/* safetensors.c - reads the format of safetensors.h without trusting it, and writes it. */
#include "safetensors.h"

#include "lexclf/kernels.h"

#include <stdlib.h>
#include <string.h>

static lex_status bad(lex_err *err, const char *path, const char *reason)
{
    return lex_err_set(err, LEX_ERR_INPUT, "%s: not a valid safetensors file: %s", path, reason);
}

static uint64_t read_u64(const unsigned char *bytes)
{
    uint64_t value = 0;
    for (int i = 7; i >= 0; i--)
        value = value << 8 | bytes[i];
    return value;
}

/* Bytes an element of `dtype` has; 0 when the name is not known. */
static size_t dtype_bytes(const char *dtype)
{
    static const struct {
        const char *name;
        size_t bytes;
    } known[] = {{"F64", 8},     {"F32", 4}, {"F16", 2}, {"BF16", 2}, {"I64", 8},  {"I32", 4},
                 {"I16", 2},     {"I8", 1},  {"U8", 1},  {"BOOL", 1}, {"U16", 2},  {"U32", 4},
                 {"U64", 8},     {"F8_E4M3", 1}, {"F8_E5M2", 1}};
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strcmp(known[i].name, dtype) == 0)
            return known[i].bytes;
    return 0;
}

lex_stored_type lex_stored_type_of(const char *dtype)
{
    static const char *const names[] = {"F32", "F16", "BF16", "F64", "I8"}; /* in the order of lex_stored_type */
    for (int i = 0; i < LEX_STORED_OTHER; i++)
        if (strcmp(dtype, names[i]) == 0)
            return (lex_stored_type)i;
    return LEX_STORED_OTHER;
}

static bool read_shape(lex_stored_tensor *out, const lex_json *shape)
{
    if (lex_json_type_of(shape) != LEX_JSON_ARRAY || lex_json_count(shape) > LEX_STORED_DIMS)
        return false;
    out->n_dims = 0;
    out->count = 1;
    for (const lex_json *node = lex_json_first(shape); node; node = lex_json_next(node)) {
        int64_t size;
        if (!lex_json_int(&size, node, 0, INT64_C(1) << 40) ||
            __builtin_mul_overflow(out->count, size, &out->count))
            return false;
        out->shape[out->n_dims++] = size;
    }
    return true;
}

/* One entry of the header; `data` is what follows the header. */
static lex_status read_entry(lex_stored_tensor *out, const lex_json *entry, const unsigned char *data, size_t data_len,
                             const char *path, lex_err *err)
{
    const lex_json *range = lex_json_get(entry, "data_offsets");
    int64_t begin, end;
    size_t n_bytes;
    out->name = lex_json_key(entry);
    out->dtype_name = lex_json_string(lex_json_get(entry, "dtype"));
    if (!out->dtype_name || !read_shape(out, lex_json_get(entry, "shape")) || lex_json_count(range) != 2 ||
        !lex_json_int(&begin, lex_json_first(range), 0, INT64_C(1) << 52) ||
        !lex_json_int(&end, lex_json_next(lex_json_first(range)), begin, INT64_C(1) << 52)) {
        bad(err, path, "an entry lacks a good dtype, shape or data_offsets");
        lex_err_at(err, "tensor '%.200s'", out->name);
        return err->code;
    }
    if ((uint64_t)end > data_len)
        return lex_err_set(err, LEX_ERR_INPUT,
                           "%s: cut short: tensor '%.200s' ends %lld bytes into the data, of which there are %zu", path,
                           out->name, (long long)end, data_len);
    out->dtype = lex_stored_type_of(out->dtype_name);
    out->data = data + begin;
    out->n_bytes = (size_t)(end - begin);
    size_t each = dtype_bytes(out->dtype_name);
    if (each && (__builtin_mul_overflow((size_t)out->count, each, &n_bytes) || n_bytes != out->n_bytes))
        return lex_err_set(err, LEX_ERR_INPUT, "%s: tensor '%.200s': its shape and dtype do not fit its %zu bytes", path,
                           out->name, out->n_bytes);
    return LEX_OK;
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const lex_stored_tensor *)a)->name, ((const lex_stored_tensor *)b)->name);
}

const char *lex_safetensors_sort(lex_safetensors *file)
{
    if (file->n_tensors > 0)
        qsort(file->tensors, (size_t)file->n_tensors, sizeof *file->tensors, by_name);
    for (int64_t i = 1; i < file->n_tensors; i++)
        if (strcmp(file->tensors[i - 1].name, file->tensors[i].name) == 0)
            return file->tensors[i].name;
    return NULL;
}

static int by_place(const void *a, const void *b)
{
    const lex_stored_tensor *x = a, *y = b;
    if (x->data != y->data)
        return x->data < y->data ? -1 : 1;
    return (x->n_bytes > y->n_bytes) - (x->n_bytes < y->n_bytes);
}

/* The tensors follow one another through all of the data, as the reference implementation wants it: no byte is shared,
 * none is left over. */
static lex_status check_places(lex_safetensors *out, const unsigned char *data, size_t data_len, const char *path,
                               lex_err *err)
{
    const unsigned char *at = data;
    qsort(out->tensors, (size_t)out->n_tensors, sizeof *out->tensors, by_place);
    for (int64_t i = 0; i < out->n_tensors; i++) {
        const lex_stored_tensor *tensor = &out->tensors[i];
        if (tensor->data < at)
            return lex_err_set(err, LEX_ERR_INPUT, "%s: tensors '%.200s' and '%.200s' overlap", path,
                               out->tensors[i - 1].name, tensor->name);
        if (tensor->data > at)
            return lex_err_set(err, LEX_ERR_INPUT, "%s: %zu bytes before tensor '%.200s' belong to no tensor", path,
                               (size_t)(tensor->data - at), tensor->name);
        at = tensor->data + tensor->n_bytes;
    }
    size_t rest = data_len - (size_t)(at - data);
    if (rest > 0)
        return lex_err_set(err, LEX_ERR_INPUT, "%s: the last %zu bytes belong to no tensor", path, rest);
    return LEX_OK;
}

static lex_status read_entries(lex_safetensors *out, const unsigned char *data, size_t data_len, const char *path,
                               lex_err *err)
{
    int64_t n = lex_json_count(out->header);
    out->tensors = lex_alloc_zeroed((size_t)n, sizeof *out->tensors);
    for (const lex_json *entry = lex_json_first(out->header); entry; entry = lex_json_next(entry)) {
        if (strcmp(lex_json_key(entry), "__metadata__") == 0)
            continue;
        lex_status st = read_entry(&out->tensors[out->n_tensors++], entry, data, data_len, path, err);
        if (st != LEX_OK)
            return st;
    }
    lex_status st = check_places(out, data, data_len, path, err);
    LEX_ASSERT(!lex_safetensors_sort(out)); /* the parser saw to it */
    return st;
}

static lex_status read_header(lex_safetensors *out, const unsigned char *bytes, size_t len, const char *path,
                              lex_err *err)
{
    if (len < 8)
        return bad(err, path, "it is shorter than its 8 bytes of header length");
    uint64_t header_len = read_u64(bytes);
    if (header_len > LEX_SAFETENSORS_HEADER_MAX)
        return bad(err, path, "its header is longer than 100 MB");
    if (header_len > len - 8)
        return bad(err, path, "its header is longer than the file");
    lex_str text = {(const char *)bytes + 8, (size_t)header_len};
    lex_status st = lex_json_parse(&out->header, text, err);
    if (st == LEX_OK && lex_json_type_of(out->header) != LEX_JSON_OBJECT)
        st = lex_err_set(err, LEX_ERR_INPUT, "it is not an object");
    if (st != LEX_OK) {
        lex_err_at(err, "%s: header", path);
        return st;
    }
    return read_entries(out, bytes + 8 + header_len, len - 8 - (size_t)header_len, path, err);
}

lex_status lex_safetensors_read(lex_safetensors *out, const unsigned char *bytes, size_t len, const char *path,
                                lex_err *err)
{
    memset(out, 0, sizeof *out);
    lex_status st = read_header(out, bytes, len, path, err);
    if (st != LEX_OK)
        lex_safetensors_close(out);
    return st;
}

lex_status lex_safetensors_open(lex_safetensors *out, const char *path, lex_err *err)
{
    lex_map map;
    memset(out, 0, sizeof *out);
    lex_status st = lex_map_open(&map, path, err);
    if (st == LEX_OK)
        st = lex_safetensors_read(out, map.ptr, map.len, path, err);
    if (st == LEX_OK)
        out->map = map;
    else
        lex_map_close(&map);
    return st;
}

void lex_safetensors_close(lex_safetensors *file)
{
    lex_map_close(&file->map);
    lex_json_free(file->header);
    free(file->tensors);
    free(file->file);
    if (file->names)
        lex_arena_release(file->names);
    free(file->names);
    for (int64_t i = 0; i < file->n_parts; i++)
        lex_safetensors_close(&file->parts[i]);
    free(file->parts);
    memset(file, 0, sizeof *file);
}

lex_stored_tensor *lex_safetensors_find(const lex_safetensors *file, const char *name)
{
    lex_stored_tensor key = {.name = name};
    if (file->n_tensors == 0)
        return NULL;
    return bsearch(&key, file->tensors, (size_t)file->n_tensors, sizeof key, by_name);
}

/* One element of a little-endian file. */
static float element(const unsigned char *at, lex_stored_type type)
{
    if (type == LEX_STORED_F16 || type == LEX_STORED_BF16) {
        uint16_t bits = (uint16_t)(at[0] | at[1] << 8);
        return type == LEX_STORED_BF16 ? lex_f32_of_bf16(bits) : lex_f32_of_f16(bits);
    }
    if (type == LEX_STORED_F64) {
        double value;
        memcpy(&value, at, sizeof value);
        return (float)value;
    }
    float value;
    memcpy(&value, at, sizeof value);
    return value;
}

/* Counts through the elements as an odometer does, the last dimension fastest. */
static void strided_to_f32(float *out, const lex_stored_tensor *tensor, int64_t item_bytes)
{
    int64_t index[LEX_STORED_DIMS] = {0}, at = 0;
    for (int64_t i = 0; i < tensor->count; i++) {
        out[i] = element(tensor->data + at * item_bytes, tensor->dtype);
        for (int d = tensor->n_dims - 1; d >= 0; d--) {
            at += tensor->strides[d];
            if (++index[d] < tensor->shape[d])
                break;
            at -= tensor->strides[d] * tensor->shape[d];
            index[d] = 0;
        }
    }
}

void lex_stored_to_f32(float *out, const lex_stored_tensor *tensor)
{
    static const int64_t bytes_of[] = {4, 2, 2, 8};
    LEX_ASSERT(tensor->dtype < LEX_STORED_I8);
    int64_t item_bytes = bytes_of[tensor->dtype];
    if (tensor->strided)
        strided_to_f32(out, tensor, item_bytes);
    else if (tensor->dtype == LEX_STORED_F32 && tensor->n_bytes > 0)
        memcpy(out, tensor->data, tensor->n_bytes);
    else
        for (int64_t i = 0; i < tensor->count; i++)
            out[i] = element(tensor->data + i * item_bytes, tensor->dtype);
}

static size_t bytes_of(const lex_tensor_to_store *tensor)
{
    return (size_t)tensor->count * (tensor->dtype == LEX_STORED_I8 ? 1 : tensor->dtype == LEX_STORED_BF16 ? 2 : 4);
}

static bool has_int8(const lex_tensor_to_store *tensors, int64_t n_tensors)
{
    for (int64_t i = 0; i < n_tensors; i++)
        if (tensors[i].dtype == LEX_STORED_I8)
            return true;
    return false;
}

/* The header, padded with blanks so that the data begins on a 64-byte boundary. */
static void make_header(lex_buf *out, const lex_tensor_to_store *tensors, int64_t n_tensors)
{
    size_t at = 0;
    lex_buf_printf(out, "{\"__metadata__\":{\"format\":\"%s\"}", has_int8(tensors, n_tensors) ? "lexclf-int8" : "pt");
    for (int64_t i = 0; i < n_tensors; i++) {
        size_t n_bytes = bytes_of(&tensors[i]);
        const lex_stored_type dtype = tensors[i].dtype;
        lex_buf_add_char(out, ',');
        lex_json_add_string(out, lex_str_of(tensors[i].name));
        lex_buf_printf(out, ":{\"dtype\":\"%s\",\"shape\":[",
                       dtype == LEX_STORED_I8 ? "I8" : dtype == LEX_STORED_BF16 ? "BF16" : "F32");
        for (int d = 0; d < tensors[i].n_dims; d++)
            lex_buf_printf(out, "%s%lld", d ? "," : "", (long long)tensors[i].shape[d]);
        lex_buf_printf(out, "],\"data_offsets\":[%zu,%zu]}", at, at + n_bytes);
        at += n_bytes;
    }
    lex_buf_add_char(out, '}');
    while ((out->len + 8) % 64 != 0)
        lex_buf_add_char(out, ' ');
}

lex_status lex_safetensors_write(const char *path, const lex_tensor_to_store *tensors, int64_t n_tensors, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_outfile file;
    lex_buf header;
    lex_buf_init(&header);
    make_header(&header, tensors, n_tensors);
    unsigned char length[8];
    for (int i = 0; i < 8; i++)
        length[i] = (unsigned char)((uint64_t)header.len >> (8 * i));
    st = lex_outfile_open(&file, path, err);
    if (st != LEX_OK) {
        lex_buf_release(&header);
        return st;
    }
    LEX_TRY(lex_outfile_write(&file, length, sizeof length, err));
    LEX_TRY(lex_outfile_write(&file, header.ptr, header.len, err));
    for (int64_t i = 0; i < n_tensors; i++)
        LEX_TRY(lex_outfile_write(&file, tensors[i].values, bytes_of(&tensors[i]), err));
    st = lex_outfile_commit(&file, err);
done:
    lex_outfile_abort(&file);
    lex_buf_release(&header);
    return st;
}
