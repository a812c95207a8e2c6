/* pickle.h - which tensors a pickle of torch.save() describes, read without executing anything.
 *
 * A pickle is a program for a small stack machine that may call whatever it names. Of its opcodes only those that build
 * numbers, strings, tuples, lists and dictionaries are known here, and of names only those in the list of pickle.c
 * (torch's tensors and storages, and OrderedDict), which stand for values of ours and are never looked up or called. Any
 * other is refused by name. Memory grows with the bytes of the pickle alone, and nothing recurs.
 *
 * The opcodes are those of Python's pickletools; what the names mean is PyTorch's torch/_utils.py. */
#ifndef LEXCLF_MODEL_PICKLE_H
#define LEXCLF_MODEL_PICKLE_H

#include "lexclf/memory.h"

#define LEX_PICKLE_MAX (4u << 20) /* bytes of a pickle; about 150 a tensor are usual */
#define LEX_PICKLE_DIMS 8

typedef struct {
    const char *dtype; /* as safetensors calls it: "F32" */
    int64_t item_bytes;
    const char *key; /* names its bytes */
    int64_t count;   /* elements */
} lex_pickle_storage;

/* A view of a storage: every element lies in it. */
typedef struct {
    const char *name;
    const lex_pickle_storage *storage;
    int64_t offset; /* elements */
    int n_dims;
    int64_t shape[LEX_PICKLE_DIMS], strides[LEX_PICKLE_DIMS]; /* strides in elements, not negative */
    int64_t count;                                            /* product of the shape, at most the storage's */
} lex_pickle_tensor;

typedef struct {
    lex_arena arena;
    lex_pickle_tensor *tensors; /* in the order of the dictionary; what is no tensor is left out */
    int64_t n_tensors;
} lex_pickle;

/* LEX_ERR_INPUT, without the file's name: an opcode or name that is not known, a value of the wrong kind, a tensor outside
 * of its storage, more than LEX_PICKLE_MAX bytes, an outermost value that is no dictionary. */
lex_status lex_pickle_read(lex_pickle *out, const unsigned char *bytes, size_t len, lex_err *err) LEX_MUST_CHECK;
void lex_pickle_release(lex_pickle *pickle);

#endif
