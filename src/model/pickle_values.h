/* pickle_values.h - the values of pickle.c's machine, and what the names that it knows make of their arguments. */
#ifndef LEXCLF_MODEL_PICKLE_VALUES_H
#define LEXCLF_MODEL_PICKLE_VALUES_H

#include "pickle.h"

typedef enum {
    LEX_PICKLE_NONE,
    LEX_PICKLE_BOOL,
    LEX_PICKLE_INT,
    LEX_PICKLE_FLOAT, /* without its value */
    LEX_PICKLE_STRING,
    LEX_PICKLE_TUPLE,
    LEX_PICKLE_LIST, /* without its items */
    LEX_PICKLE_DICT, /* key, value, key, value ... */
    LEX_PICKLE_GLOBAL,
    LEX_PICKLE_STORAGE,
    LEX_PICKLE_TENSOR,
    LEX_PICKLE_MARK
} lex_pickle_kind;

typedef struct lex_pickle_global lex_pickle_global;
typedef struct lex_pickle_value lex_pickle_value;
struct lex_pickle_value {
    lex_pickle_kind kind;
    int64_t integer;          /* INT, BOOL */
    lex_str text;             /* STRING; NUL-terminated */
    lex_pickle_value **items; /* TUPLE, DICT */
    int64_t n, capacity;
    const lex_pickle_global *global;
    lex_pickle_storage *storage;
    lex_pickle_tensor *tensor; /* without a name */
};

/* NULL where the name is not one that weights consist of. */
const lex_pickle_global *lex_pickle_global_find(lex_str module, lex_str name);
/* What calling `global` would make, into *out. Returns NULL, or why it cannot be. */
const char *lex_pickle_apply(lex_pickle_value *out, const lex_pickle_global *global, const lex_pickle_value *arguments,
                             lex_arena *arena);
/* The storage that a persistent id stands for: ('storage', type, key, location, count). Likewise. */
const char *lex_pickle_storage_of(lex_pickle_value *out, const lex_pickle_value *id, lex_arena *arena);
/* Of an opcode that is refused; NULL where it has no name. */
const char *lex_pickle_opcode_name(unsigned char opcode);

#endif
