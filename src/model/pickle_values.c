/* pickle_values.c - the closed list of names that a pickle of weights may hold, and what each stands for. */
#include "pickle_values.h"

#include <string.h>

typedef enum { AS_DICT, AS_TENSOR, AS_PARAMETER, AS_STORAGE } meaning;

struct lex_pickle_global {
    const char *module, *name;
    meaning meaning;
    const char *dtype; /* STORAGE */
    int64_t item_bytes;
};

static const lex_pickle_global known[] = {
    {"collections", "OrderedDict", AS_DICT, NULL, 0},
    {"torch._utils", "_rebuild_tensor_v2", AS_TENSOR, NULL, 0},
    {"torch._utils", "_rebuild_parameter", AS_PARAMETER, NULL, 0},
    {"torch", "FloatStorage", AS_STORAGE, "F32", 4},
    {"torch", "HalfStorage", AS_STORAGE, "F16", 2},
    {"torch", "BFloat16Storage", AS_STORAGE, "BF16", 2},
    {"torch", "DoubleStorage", AS_STORAGE, "F64", 8},
    {"torch", "LongStorage", AS_STORAGE, "I64", 8},
    {"torch", "IntStorage", AS_STORAGE, "I32", 4},
    {"torch", "ShortStorage", AS_STORAGE, "I16", 2},
    {"torch", "CharStorage", AS_STORAGE, "I8", 1},
    {"torch", "ByteStorage", AS_STORAGE, "U8", 1},
    {"torch", "BoolStorage", AS_STORAGE, "BOOL", 1},
};

const lex_pickle_global *lex_pickle_global_find(lex_str module, lex_str name)
{
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (lex_str_equal(module, lex_str_of(known[i].module)) && lex_str_equal(name, lex_str_of(known[i].name)))
            return &known[i];
    return NULL;
}

static bool is(const lex_pickle_value *value, lex_pickle_kind kind)
{
    return value->kind == kind;
}

/* A tuple of counts, none negative, into out; false where it is none, or too long. */
static bool read_counts(int64_t out[LEX_PICKLE_DIMS], const lex_pickle_value *tuple)
{
    if (!is(tuple, LEX_PICKLE_TUPLE) || tuple->n > LEX_PICKLE_DIMS)
        return false;
    for (int64_t i = 0; i < tuple->n; i++) {
        if (!is(tuple->items[i], LEX_PICKLE_INT) || tuple->items[i]->integer < 0)
            return false;
        out[i] = tuple->items[i]->integer;
    }
    return true;
}

/* Sets the count; false where an element lies outside of the storage, or a product overflows. */
static bool fits_storage(lex_pickle_tensor *tensor)
{
    int64_t last = tensor->offset, reach;
    tensor->count = 1;
    for (int d = 0; d < tensor->n_dims; d++) {
        if (__builtin_mul_overflow(tensor->count, tensor->shape[d], &tensor->count))
            return false;
        if (tensor->shape[d] > 0 && (__builtin_mul_overflow(tensor->shape[d] - 1, tensor->strides[d], &reach) ||
                                     __builtin_add_overflow(last, reach, &last)))
            return false;
    }
    /* More elements than the storage has would be one of them many times over: a few bytes as terabytes. */
    return tensor->count == 0 ? tensor->offset <= tensor->storage->count
                              : last < tensor->storage->count && tensor->count <= tensor->storage->count;
}

/* (storage, offset, shape, strides, requires_grad, backward_hooks [, metadata]) */
static const char *make_tensor(lex_pickle_value *out, const lex_pickle_value *arguments, lex_arena *arena)
{
    lex_pickle_value *const *a = arguments->items;
    lex_pickle_tensor *tensor = lex_arena_alloc(arena, sizeof *tensor);
    memset(tensor, 0, sizeof *tensor);
    if (arguments->n < 6 || arguments->n > 7 || !is(a[0], LEX_PICKLE_STORAGE) || !is(a[1], LEX_PICKLE_INT) ||
        a[1]->integer < 0 || !read_counts(tensor->shape, a[2]) || !read_counts(tensor->strides, a[3]) || a[2]->n != a[3]->n)
        return "a tensor lacks a good storage, offset, shape or strides";
    tensor->storage = a[0]->storage;
    tensor->offset = a[1]->integer;
    tensor->n_dims = (int)a[2]->n;
    if (!fits_storage(tensor))
        return "a tensor reaches outside of its storage";
    out->kind = LEX_PICKLE_TENSOR;
    out->tensor = tensor;
    return NULL;
}

const char *lex_pickle_apply(lex_pickle_value *out, const lex_pickle_global *global, const lex_pickle_value *arguments,
                             lex_arena *arena)
{
    switch (global->meaning) {
    case AS_DICT:
        out->kind = LEX_PICKLE_DICT;
        return arguments->n == 0 ? NULL : "an OrderedDict is made of arguments";
    case AS_TENSOR:
        return make_tensor(out, arguments, arena);
    case AS_PARAMETER:
        if (arguments->n != 3 || !is(arguments->items[0], LEX_PICKLE_TENSOR))
            return "a parameter is made of what is no tensor";
        *out = *arguments->items[0];
        return NULL;
    case AS_STORAGE:
        break;
    }
    return "a type of storage is called";
}

const char *lex_pickle_storage_of(lex_pickle_value *out, const lex_pickle_value *id, lex_arena *arena)
{
    lex_pickle_value *const *a = id->items;
    if (!is(id, LEX_PICKLE_TUPLE) || id->n != 5 || !is(a[0], LEX_PICKLE_STRING) ||
        !lex_str_equal(a[0]->text, LEX_STR("storage")) || !is(a[1], LEX_PICKLE_GLOBAL) ||
        a[1]->global->meaning != AS_STORAGE || !is(a[2], LEX_PICKLE_STRING) || !is(a[4], LEX_PICKLE_INT) || a[4]->integer < 0)
        return "a persistent id is no storage of a known type";
    lex_pickle_storage *storage = lex_arena_alloc(arena, sizeof *storage);
    *storage = (lex_pickle_storage){a[1]->global->dtype, a[1]->global->item_bytes, a[2]->text.ptr, a[4]->integer};
    out->kind = LEX_PICKLE_STORAGE;
    out->storage = storage;
    return NULL;
}

const char *lex_pickle_opcode_name(unsigned char opcode)
{
    static const struct {
        unsigned char opcode;
        const char *name;
    } named[] = {{'i', "INST"},     {'o', "OBJ"},   {0x81, "NEWOBJ"}, {0x92, "NEWOBJ_EX"}, {0x82, "EXT1"}, {0x83, "EXT2"},
                 {0x84, "EXT4"},    {'P', "PERSID"}, {'S', "STRING"},  {'I', "INT"},        {'L', "LONG"},  {'F', "FLOAT"},
                 {'B', "BINBYTES"}, {'C', "SHORT_BINBYTES"}, {'2', "DUP"}, {'0', "POP"},   {0x8F, "EMPTY_SET"}, {'p', "PUT"}};
    for (size_t i = 0; i < sizeof named / sizeof *named; i++)
        if (named[i].opcode == opcode)
            return named[i].name;
    return NULL;
}
