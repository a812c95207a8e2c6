/* safetensors.h - the safetensors file format (Hugging Face): 8 bytes of header length (little endian), a JSON header
 * that names each tensor's dtype, shape and byte range, then the bytes. Read by memory map, written whole or not at
 * all. What weight_files.h opens in other forms is the same struct: tensors by name, wherever they lie. */
#ifndef LEXCLF_SAFETENSORS_H
#define LEXCLF_SAFETENSORS_H

#include "lexclf/file.h"
#include "lexclf/json.h"

#define LEX_SAFETENSORS_HEADER_MAX 100000000 /* bytes, as the reference implementation has it */
#define LEX_STORED_DIMS 8

typedef enum { LEX_STORED_F32, LEX_STORED_F16, LEX_STORED_BF16, LEX_STORED_F64, LEX_STORED_I8, LEX_STORED_OTHER } lex_stored_type;

typedef struct {
    const char *name;       /* borrowed from the file */
    const char *dtype_name; /* "F32" */
    lex_stored_type dtype;
    int n_dims;
    int64_t shape[LEX_STORED_DIMS];
    int64_t count; /* elements */
    const unsigned char *data;
    size_t n_bytes;
    bool used; /* for the caller */
    /* PyTorch's files may hold views: elements do not follow one another then, and `strides` says, in elements, how far
     * the next one of each dimension is. `data` is the first, and n_bytes those of all elements, not of what lies between. */
    bool strided;
    int64_t strides[LEX_STORED_DIMS];
} lex_stored_tensor;

typedef struct lex_safetensors lex_safetensors;
struct lex_safetensors {
    lex_map map; /* empty when it was read from memory, or consists of parts */
    lex_json *header; /* of the format of this name */
    lex_stored_tensor *tensors; /* in order of name */
    int64_t n_tensors;
    char *file;       /* its name in the folder, of those that weight_files.h opened */
    lex_arena *names; /* of the tensors, where there is no header */
    lex_safetensors *parts; /* the files that this is all of, with an index; their tensors are listed above, too */
    int64_t n_parts;
};

/* Maps and checks a file: every range lies in it and fits its dtype and shape, the ranges follow one another through
 * all of the data, no name stands twice. Errors name the path. */
lex_status lex_safetensors_open(lex_safetensors *out, const char *path, lex_err *err) LEX_MUST_CHECK;
/* The same for bytes in memory, which are borrowed until the close; `path` is for messages. */
lex_status lex_safetensors_read(lex_safetensors *out, const unsigned char *bytes, size_t len, const char *path,
                                lex_err *err) LEX_MUST_CHECK;
void lex_safetensors_close(lex_safetensors *file);
/* What a dtype of the format is to us. */
lex_stored_type lex_stored_type_of(const char *dtype);
/* Puts the tensors in order of name; NULL, or the name that stands twice. */
const char *lex_safetensors_sort(lex_safetensors *file);
/* NULL when there is none of that name. */
lex_stored_tensor *lex_safetensors_find(const lex_safetensors *file, const char *name);
/* Copies a tensor's elements, of a type that is not I8 or OTHER, as float32: of 16 bits exactly, of 64 rounded to nearest. */
void lex_stored_to_f32(float *out, const lex_stored_tensor *tensor);

typedef struct {
    const char *name;
    int n_dims;
    const int64_t *shape;
    const void *values;
    int64_t count;
    lex_stored_type dtype; /* of the values; F32 unless said otherwise, not F16 */
} lex_tensor_to_store;
/* Writes tensors in the given order, the data on a 64-byte boundary, with the metadata that transformers expects; where one
 * is I8 with other metadata ("format": "lexclf-int8"), which some versions of transformers refuse; others find by their
 * names that weights are missing, and say so. */
lex_status lex_safetensors_write(const char *path, const lex_tensor_to_store *tensors, int64_t n_tensors,
                                 lex_err *err) LEX_MUST_CHECK;

#endif
