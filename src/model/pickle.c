/* pickle.c - the stack machine of pickle.h: values without behaviour, one function an opcode or group of them. Lists keep
 * no items and objects no state, since no tensor is found through them; so values form no cycles that anyone walks. */
#include "pickle.h"

#include <stdlib.h>
#include <string.h>

#include "lexclf/json.h"
#include "pickle_values.h"

/* What is read, and what was made of it so far. */
typedef struct {
    const unsigned char *bytes;
    size_t len, at;
    size_t opcode_at;
    lex_arena *arena;
    lex_pickle_value **stack;
    int64_t n_stack, stack_capacity;
    lex_pickle_value **memo;
    int64_t n_memo, memo_capacity;
    lex_err *err;
} machine;

static lex_status refuse(machine *m, const char *reason)
{
    return lex_err_set(m->err, LEX_ERR_INPUT, "byte %zu: %s", m->opcode_at, reason);
}

static bool take(machine *m, const unsigned char **out, uint64_t n)
{
    if (n > m->len - m->at)
        return false;
    *out = m->bytes + m->at;
    m->at += (size_t)n;
    return true;
}

/* An unsigned number of n bytes. */
static bool take_number(machine *m, uint64_t *out, int n)
{
    const unsigned char *at;
    if (!take(m, &at, (uint64_t)n))
        return false;
    *out = 0;
    for (int i = n - 1; i >= 0; i--)
        *out = *out << 8 | at[i];
    return true;
}

static lex_status cut_short(machine *m)
{
    return refuse(m, "cut short");
}

static lex_status push(machine *m, lex_pickle_value *value)
{
    LEX_PUSH(m->stack, m->n_stack, m->stack_capacity, value);
    return LEX_OK;
}

static lex_pickle_value *new_value(machine *m, lex_pickle_kind kind)
{
    lex_pickle_value *value = lex_arena_alloc(m->arena, sizeof *value);
    memset(value, 0, sizeof *value);
    value->kind = kind;
    return value;
}

static lex_status push_new(machine *m, lex_pickle_kind kind, int64_t integer)
{
    lex_pickle_value *value = new_value(m, kind);
    value->integer = integer;
    return push(m, value);
}

/* The topmost value, a mark not being one; NULL where there is none. */
static lex_pickle_value *pop(machine *m)
{
    if (m->n_stack == 0 || m->stack[m->n_stack - 1]->kind == LEX_PICKLE_MARK)
        return NULL;
    return m->stack[--m->n_stack];
}

static lex_pickle_value *top(const machine *m)
{
    return m->n_stack > 0 ? m->stack[m->n_stack - 1] : NULL;
}

/* Takes the values above the topmost mark, and the mark; false where there is none. *items are valid until the next push. */
static bool pop_to_mark(machine *m, lex_pickle_value ***items, int64_t *n)
{
    int64_t at = m->n_stack;
    while (at > 0 && m->stack[at - 1]->kind != LEX_PICKLE_MARK)
        at--;
    if (at == 0)
        return false;
    *items = m->stack + at;
    *n = m->n_stack - at;
    m->n_stack = at - 1;
    return true;
}

static lex_status underflow(machine *m)
{
    return refuse(m, "an opcode lacks its values");
}

/* ---- simple values ---- */

static lex_status push_string(machine *m, uint64_t n)
{
    const unsigned char *at;
    if (!take(m, &at, n))
        return cut_short(m);
    lex_str text = {(const char *)at, (size_t)n};
    if (lex_utf8_valid_prefix(text) != text.len || memchr(at, '\0', text.len))
        return refuse(m, "a string is not UTF-8, or holds U+0000");
    lex_pickle_value *value = new_value(m, LEX_PICKLE_STRING);
    value->text = lex_arena_copy(m->arena, text);
    return push(m, value);
}

/* A string whose length is in n_bytes bytes before it. */
static lex_status op_string(machine *m, int n_bytes)
{
    uint64_t n;
    return take_number(m, &n, n_bytes) ? push_string(m, n) : cut_short(m);
}

static lex_status op_int(machine *m, int n_bytes)
{
    uint64_t value;
    if (!take_number(m, &value, n_bytes))
        return cut_short(m);
    return push_new(m, LEX_PICKLE_INT, n_bytes == 4 ? (int64_t)(int32_t)(uint32_t)value : (int64_t)value);
}

/* LONG1: two's complement, little endian; of more than 8 bytes no size is. */
static lex_status op_long(machine *m)
{
    uint64_t n, value = 0;
    const unsigned char *at;
    if (!take_number(m, &n, 1) || !take(m, &at, n))
        return cut_short(m);
    if (n > 8)
        return refuse(m, "an integer has more than 64 bits");
    for (uint64_t i = n; i-- > 0;)
        value = value << 8 | at[i];
    if (n > 0 && n < 8 && at[n - 1] >= 0x80)
        value |= ~UINT64_C(0) << (8 * n);
    return push_new(m, LEX_PICKLE_INT, (int64_t)value);
}

static lex_status op_float(machine *m)
{
    const unsigned char *at;
    return take(m, &at, 8) ? push_new(m, LEX_PICKLE_FLOAT, 0) : cut_short(m); /* its value is of no use here */
}

static lex_status push_tuple(machine *m, lex_pickle_value **items, int64_t n)
{
    lex_pickle_value *value = new_value(m, LEX_PICKLE_TUPLE);
    value->items = lex_arena_array(m->arena, (size_t)n, sizeof *value->items);
    value->n = n;
    if (n)
        memcpy(value->items, items, (size_t)n * sizeof *items);
    return push(m, value);
}

static lex_status op_tuple(machine *m)
{
    lex_pickle_value **items;
    int64_t n;
    return pop_to_mark(m, &items, &n) ? push_tuple(m, items, n) : underflow(m);
}

static lex_status op_tuple_of(machine *m, int n)
{
    lex_pickle_value *items[3];
    for (int i = n - 1; i >= 0; i--)
        if (!(items[i] = pop(m)))
            return underflow(m);
    return push_tuple(m, items, n);
}

/* ---- lists and dictionaries ---- */

static lex_status set_item(machine *m, lex_pickle_value *dict, lex_pickle_value *key, lex_pickle_value *value)
{
    if (!dict || dict->kind != LEX_PICKLE_DICT)
        return refuse(m, "an item is set in what is no dictionary");
    if (dict->n + 2 > dict->capacity) {
        int64_t capacity = dict->capacity ? 2 * dict->capacity : 16;
        lex_pickle_value **items = lex_arena_array(m->arena, (size_t)capacity, sizeof *items);
        if (dict->n)
            memcpy(items, dict->items, (size_t)dict->n * sizeof *items);
        dict->items = items;
        dict->capacity = capacity;
    }
    dict->items[dict->n++] = key;
    dict->items[dict->n++] = value;
    return LEX_OK;
}

static lex_status op_set_item(machine *m)
{
    lex_pickle_value *value = pop(m), *key = value ? pop(m) : NULL;
    return key ? set_item(m, top(m), key, value) : underflow(m);
}

static lex_status op_set_items(machine *m)
{
    lex_pickle_value **items;
    int64_t n;
    lex_status st = LEX_OK;
    if (!pop_to_mark(m, &items, &n))
        return underflow(m);
    if (n % 2 != 0)
        return refuse(m, "a key lacks its value");
    for (int64_t i = 0; i < n && st == LEX_OK; i += 2)
        st = set_item(m, top(m), items[i], items[i + 1]);
    return st;
}

static lex_status op_append(machine *m, bool many)
{
    lex_pickle_value **items;
    int64_t n;
    if (many ? !pop_to_mark(m, &items, &n) : !pop(m))
        return underflow(m);
    return top(m) && top(m)->kind == LEX_PICKLE_LIST ? LEX_OK : refuse(m, "an item is appended to what is no list");
}

/* ---- the memo: values in the order in which they are remembered ---- */

static lex_status remember(machine *m, uint64_t index)
{
    if (!top(m) || top(m)->kind == LEX_PICKLE_MARK)
        return underflow(m);
    if (index > (uint64_t)m->n_memo)
        return refuse(m, "the memo has gaps");
    if (index == (uint64_t)m->n_memo)
        LEX_PUSH(m->memo, m->n_memo, m->memo_capacity, top(m));
    m->memo[index] = top(m);
    return LEX_OK;
}

static lex_status op_put(machine *m, int n_bytes)
{
    uint64_t index;
    return take_number(m, &index, n_bytes) ? remember(m, index) : cut_short(m);
}

static lex_status op_get(machine *m, int n_bytes)
{
    uint64_t index;
    if (!take_number(m, &index, n_bytes))
        return cut_short(m);
    return index < (uint64_t)m->n_memo ? push(m, m->memo[index]) : refuse(m, "the memo has no such value");
}

/* ---- names, calls, storages ---- */

static lex_status push_global(machine *m, lex_str module, lex_str name)
{
    const lex_pickle_global *global = lex_pickle_global_find(module, name);
    if (!global) {
        lex_err_set(m->err, LEX_ERR_INPUT, "byte %zu: it names '%.*s.%.*s', which is no part of weights", m->opcode_at,
                    (int)(module.len < 100 ? module.len : 100), module.ptr, (int)(name.len < 100 ? name.len : 100), name.ptr);
        lex_err_hint(m->err, "a pickle can run programs; nothing of this one was executed. Do not load it with other tools "
                             "unless you trust where it comes from");
        return LEX_ERR_INPUT;
    }
    lex_pickle_value *value = new_value(m, LEX_PICKLE_GLOBAL);
    value->global = global;
    return push(m, value);
}

static bool take_line(machine *m, lex_str *out)
{
    const unsigned char *begin = m->bytes + m->at, *end = memchr(begin, '\n', m->len - m->at);
    if (!end)
        return false;
    *out = (lex_str){(const char *)begin, (size_t)(end - begin)};
    m->at += out->len + 1;
    return true;
}

static lex_status op_global(machine *m)
{
    lex_str module, name;
    return take_line(m, &module) && take_line(m, &name) ? push_global(m, module, name) : cut_short(m);
}

static lex_status op_stack_global(machine *m)
{
    lex_pickle_value *name = pop(m), *module = name ? pop(m) : NULL;
    if (!module || module->kind != LEX_PICKLE_STRING || name->kind != LEX_PICKLE_STRING)
        return underflow(m);
    return push_global(m, module->text, name->text);
}

/* In place of a call: the value that the call would have made. */
static lex_status op_reduce(machine *m)
{
    lex_pickle_value *arguments = pop(m), *callee = arguments ? pop(m) : NULL;
    if (!callee || callee->kind != LEX_PICKLE_GLOBAL || arguments->kind != LEX_PICKLE_TUPLE)
        return refuse(m, "a call of what is no name, or without a tuple of arguments");
    lex_pickle_value *value = new_value(m, LEX_PICKLE_NONE);
    const char *reason = lex_pickle_apply(value, callee->global, arguments, m->arena);
    return reason ? refuse(m, reason) : push(m, value);
}

static lex_status op_persistent(machine *m)
{
    lex_pickle_value *id = pop(m);
    if (!id)
        return underflow(m);
    lex_pickle_value *value = new_value(m, LEX_PICKLE_NONE);
    const char *reason = lex_pickle_storage_of(value, id, m->arena);
    return reason ? refuse(m, reason) : push(m, value);
}

/* Attributes of a dictionary (torch puts the modules' versions there): dropped. */
static lex_status op_build(machine *m)
{
    if (!pop(m))
        return underflow(m);
    return top(m) && top(m)->kind == LEX_PICKLE_DICT ? LEX_OK : refuse(m, "state is given to what is no dictionary");
}

static lex_status op_protocol(machine *m)
{
    uint64_t version;
    if (!take_number(m, &version, 1))
        return cut_short(m);
    return version >= 2 && version <= 5 ? LEX_OK : refuse(m, "its protocol is not 2 to 5");
}

static lex_status op_frame(machine *m)
{
    uint64_t len;
    return take_number(m, &len, 8) ? LEX_OK : cut_short(m); /* what is in it is read like the rest */
}

static lex_status unknown_opcode(machine *m, unsigned char opcode)
{
    const char *name = lex_pickle_opcode_name(opcode);
    return lex_err_set(m->err, LEX_ERR_INPUT, "byte %zu: opcode 0x%02X%s%s is no part of weights", m->opcode_at, opcode,
                       name ? ", " : "", name ? name : "");
}

/* One opcode other than STOP. */
static lex_status step(machine *m, unsigned char opcode)
{
    switch (opcode) {
    case 0x80: return op_protocol(m);                                   /* PROTO */
    case 0x95: return op_frame(m);                                      /* FRAME */
    case '(': return push_new(m, LEX_PICKLE_MARK, 0);                   /* MARK */
    case 'N': return push_new(m, LEX_PICKLE_NONE, 0);                   /* NONE */
    case 0x88: return push_new(m, LEX_PICKLE_BOOL, 1);                  /* NEWTRUE */
    case 0x89: return push_new(m, LEX_PICKLE_BOOL, 0);                  /* NEWFALSE */
    case 'J': return op_int(m, 4);                                      /* BININT */
    case 'K': return op_int(m, 1);                                      /* BININT1 */
    case 'M': return op_int(m, 2);                                      /* BININT2 */
    case 0x8A: return op_long(m);                                       /* LONG1 */
    case 'G': return op_float(m);                                       /* BINFLOAT */
    case 'X': return op_string(m, 4);                                   /* BINUNICODE */
    case 0x8C: return op_string(m, 1);                                  /* SHORT_BINUNICODE */
    case ')': return push_tuple(m, NULL, 0);                            /* EMPTY_TUPLE */
    case 't': return op_tuple(m);                                       /* TUPLE */
    case 0x85: return op_tuple_of(m, 1);                                /* TUPLE1 */
    case 0x86: return op_tuple_of(m, 2);                                /* TUPLE2 */
    case 0x87: return op_tuple_of(m, 3);                                /* TUPLE3 */
    case ']': return push_new(m, LEX_PICKLE_LIST, 0);                   /* EMPTY_LIST */
    case 'a': return op_append(m, false);                               /* APPEND */
    case 'e': return op_append(m, true);                                /* APPENDS */
    case '}': return push_new(m, LEX_PICKLE_DICT, 0);                   /* EMPTY_DICT */
    case 's': return op_set_item(m);                                    /* SETITEM */
    case 'u': return op_set_items(m);                                   /* SETITEMS */
    case 'q': return op_put(m, 1);                                      /* BINPUT */
    case 'r': return op_put(m, 4);                                      /* LONG_BINPUT */
    case 0x94: return remember(m, (uint64_t)m->n_memo);                 /* MEMOIZE */
    case 'h': return op_get(m, 1);                                      /* BINGET */
    case 'j': return op_get(m, 4);                                      /* LONG_BINGET */
    case 'c': return op_global(m);                                      /* GLOBAL */
    case 0x93: return op_stack_global(m);                               /* STACK_GLOBAL */
    case 'R': return op_reduce(m);                                      /* REDUCE */
    case 'Q': return op_persistent(m);                                  /* BINPERSID */
    case 'b': return op_build(m);                                       /* BUILD */
    default: return unknown_opcode(m, opcode);
    }
}

static lex_status run(machine *m)
{
    for (;;) {
        m->opcode_at = m->at;
        if (m->at == m->len)
            return cut_short(m);
        unsigned char opcode = m->bytes[m->at++];
        if (opcode == '.')
            return LEX_OK;
        lex_status st = step(m, opcode);
        if (st != LEX_OK)
            return st;
    }
}

static lex_status collect(lex_pickle *out, machine *m)
{
    const lex_pickle_value *dict = pop(m);
    if (!dict || dict->kind != LEX_PICKLE_DICT)
        return refuse(m, "what is pickled is no dictionary of tensors");
    out->tensors = lex_alloc_array((size_t)(dict->n / 2), sizeof *out->tensors);
    for (int64_t i = 0; i < dict->n; i += 2) {
        if (dict->items[i]->kind != LEX_PICKLE_STRING || dict->items[i + 1]->kind != LEX_PICKLE_TENSOR)
            continue;
        out->tensors[out->n_tensors] = *dict->items[i + 1]->tensor;
        out->tensors[out->n_tensors++].name = dict->items[i]->text.ptr;
    }
    return LEX_OK;
}

lex_status lex_pickle_read(lex_pickle *out, const unsigned char *bytes, size_t len, lex_err *err)
{
    memset(out, 0, sizeof *out);
    lex_arena_init(&out->arena);
    machine m = {.bytes = bytes, .len = len, .arena = &out->arena, .err = err};
    lex_status st = len > LEX_PICKLE_MAX ? refuse(&m, "the pickle is longer than 4 MB") : run(&m);
    if (st == LEX_OK)
        st = collect(out, &m);
    free(m.stack);
    free(m.memo);
    if (st != LEX_OK)
        lex_pickle_release(out);
    return st;
}

void lex_pickle_release(lex_pickle *pickle)
{
    lex_arena_release(&pickle->arena);
    free(pickle->tensors);
    memset(pickle, 0, sizeof *pickle);
}
