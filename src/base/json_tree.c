/* json_tree.c - the tree: a thin layer over cJSON, which no other file sees.
 *
 * A document is checked by our own strict scanner first, then parsed by cJSON, then walked once beside its text. The
 * walk finds what neither can tell alone: duplicate keys, numbers too large for a double, and numbers whose text a
 * double does not tell, such as 1000000000000000019884624838656 or 1.0. These keep their text (in `valuestring`, which
 * cJSON copies and frees for any node but does not use for numbers), so that a document is printed as it was read.
 */
#include <cjson/cJSON.h>
#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_check.h"
#include "lexclf/file.h"

#define WHOLE_LIMIT 9007199254740992.0 /* 2^53: below it every whole number is a double of its own */

static cJSON *inner(lex_json *node) { return (cJSON *)node; }
static const cJSON *inner_const(const lex_json *node) { return (const cJSON *)node; }
static lex_json *outer(cJSON *node) { return (lex_json *)node; }
static const lex_json *outer_const(const cJSON *node) { return (const lex_json *)node; }

/* From 2^53 on a double stands for several integers, so none of them is known to be meant. */
static bool is_whole(double value) { return fabs(value) < WHOLE_LIMIT && value == floor(value); }

/* cJSON reports exhausted memory as NULL, which its callers would have to tell from bad input; ours never returns. */
static void set_hooks(void)
{
    cJSON_Hooks hooks = {.malloc_fn = lex_alloc, .free_fn = free};
    cJSON_InitHooks(&hooks);
}

static void use_our_memory(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, set_hooks);
}

/* ---- reading ---- */

typedef struct {
    const char *name;
    const unsigned char *where;
} key_place;

static int compare_keys(const void *a, const void *b)
{
    const key_place *x = a, *y = b;
    int order = strcmp(x->name, y->name);
    if (order)
        return order;
    return (x->where > y->where) - (x->where < y->where);
}

static bool fail(lex_json_cursor *c, const unsigned char *where, const char *why)
{
    c->at = where;
    c->why = why;
    return false;
}

static bool check_keys(lex_json_cursor *c, key_place *keys, size_t n)
{
    if (n > 1)
        qsort(keys, n, sizeof *keys, compare_keys);
    for (size_t i = 1; i < n; i++)
        if (strcmp(keys[i - 1].name, keys[i].name) == 0)
            return fail(c, keys[i].where, "this key is there twice");
    return true;
}

/* Moves to the next token that is a key or the start of a value. */
static void skip_between(lex_json_cursor *c)
{
    while (strchr(" \t\r\n,:]}", *c->at))
        c->at++;
}

static bool settle_number(cJSON *node, lex_json_cursor *c)
{
    const unsigned char *start = c->at;
    bool digits_only = true;
    for (; c->at < c->end && strchr("+-.0123456789eE", *c->at); c->at++)
        digits_only &= !strchr(".eE", *c->at);
    if (!isfinite(node->valuedouble))
        return fail(c, start, "a number out of range");
    if (digits_only != is_whole(node->valuedouble)) {
        size_t len = (size_t)(c->at - start);
        node->valuestring = lex_alloc(len + 1);
        memcpy(node->valuestring, start, len);
        node->valuestring[len] = '\0';
    }
    return true;
}

/* Goes through the value at `node` and its text together. Recursion is bounded by LEX_JSON_MAX_DEPTH. */
static bool settle(cJSON *node, lex_json_cursor *c)
{
    skip_between(c);
    if (cJSON_IsNumber(node))
        return settle_number(node, c);
    if (cJSON_IsString(node))
        return lex_json_skip_string(c);
    if (!cJSON_IsObject(node) && !cJSON_IsArray(node)) {
        while (c->at < c->end && *c->at >= 'a' && *c->at <= 'z')
            c->at++;
        return true;
    }
    key_place *keys = NULL;
    size_t n = 0, capacity = 0;
    bool fine = true;
    c->at++;
    for (cJSON *child = node->child; fine && child; child = child->next) {
        if (cJSON_IsObject(node)) {
            skip_between(c);
            LEX_PUSH(keys, n, capacity, ((key_place){child->string, c->at}));
            lex_json_skip_string(c);
        }
        fine = settle(child, c);
    }
    fine = fine && check_keys(c, keys, n);
    free(keys);
    return fine;
}

static lex_status fail_at(lex_str text, size_t offset, const char *why, lex_err *err)
{
    long line = 1, column = 1;
    for (size_t i = 0; i < offset; i++) {
        if (text.ptr[i] == '\n') {
            line++;
            column = 1;
        } else if (((unsigned char)text.ptr[i] & 0xC0) != 0x80) {
            column++; /* columns count characters */
        }
    }
    return lex_err_set(err, LEX_ERR_INPUT, "line %ld, column %ld: %s", line, column, why);
}

lex_status lex_json_parse(lex_json **out, lex_str text, lex_err *err)
{
    *out = NULL;
    use_our_memory();
    if (lex_str_starts(text, LEX_STR("\xEF\xBB\xBF")))
        text = (lex_str){text.ptr + 3, text.len - 3};
    size_t valid = lex_utf8_valid_prefix(text);
    if (valid < text.len)
        return fail_at(text, valid, "invalid UTF-8", err);
    const unsigned char *start = (const unsigned char *)(text.ptr ? text.ptr : "");
    lex_json_cursor c = {.at = start, .end = start + text.len, .for_tree = true};
    if (lex_json_skip_value(&c, LEX_JSON_MAX_DEPTH)) {
        lex_json_skip_space(&c);
        if (c.at < c.end)
            fail(&c, c.at, "something follows the JSON value");
    }
    if (c.why)
        return fail_at(text, (size_t)(c.at - start), c.why, err);
    const char *stop = NULL;
    cJSON *root = cJSON_ParseWithLengthOpts((const char *)start, text.len, &stop, false);
    if (!root)
        return fail_at(text, stop ? (size_t)(stop - (const char *)start) : 0, "cJSON cannot read this", err);
    c.at = start;
    if (!settle(root, &c)) {
        cJSON_Delete(root);
        return fail_at(text, (size_t)(c.at - start), c.why, err);
    }
    *out = outer(root);
    return LEX_OK;
}

lex_status lex_json_read(lex_json **out, const char *path, size_t max_bytes, lex_err *err)
{
    *out = NULL;
    lex_buf bytes;
    lex_buf_init(&bytes);
    lex_status st = lex_file_read(&bytes, path, max_bytes, err); /* names the path itself */
    if (st == LEX_OK) {
        st = lex_json_parse(out, lex_buf_str(&bytes), err);
        if (st != LEX_OK)
            lex_err_at(err, "%s", path);
    }
    lex_buf_release(&bytes);
    return st;
}

void lex_json_free(lex_json *node) { cJSON_Delete(inner(node)); }

/* ---- looking ---- */

lex_json_type lex_json_type_of(const lex_json *node)
{
    const cJSON *n = inner_const(node);
    if (cJSON_IsBool(n))
        return LEX_JSON_BOOL;
    if (cJSON_IsNumber(n))
        return LEX_JSON_NUMBER;
    if (cJSON_IsString(n))
        return LEX_JSON_STRING;
    if (cJSON_IsArray(n))
        return LEX_JSON_ARRAY;
    return cJSON_IsObject(n) ? LEX_JSON_OBJECT : LEX_JSON_NULL;
}

static bool is_container(const lex_json *node)
{
    return cJSON_IsArray(inner_const(node)) || cJSON_IsObject(inner_const(node));
}

const lex_json *lex_json_get(const lex_json *object, const char *key)
{
    if (!cJSON_IsObject(inner_const(object)))
        return NULL;
    return outer_const(cJSON_GetObjectItemCaseSensitive(inner_const(object), key));
}

const lex_json *lex_json_first(const lex_json *array_or_object)
{
    return is_container(array_or_object) ? outer_const(inner_const(array_or_object)->child) : NULL;
}

const lex_json *lex_json_next(const lex_json *node) { return node ? outer_const(inner_const(node)->next) : NULL; }

int64_t lex_json_count(const lex_json *array_or_object)
{
    return is_container(array_or_object) ? cJSON_GetArraySize(inner_const(array_or_object)) : 0;
}

const char *lex_json_key(const lex_json *member) { return member ? inner_const(member)->string : NULL; }

const char *lex_json_string(const lex_json *node) { return cJSON_GetStringValue(inner_const(node)); }

double lex_json_number(const lex_json *node, double absent)
{
    return cJSON_IsNumber(inner_const(node)) ? inner_const(node)->valuedouble : absent;
}

bool lex_json_int(int64_t *out, const lex_json *node, int64_t low, int64_t high)
{
    double value = lex_json_number(node, NAN);
    if (!is_whole(value))
        return false;
    int64_t whole = (int64_t)value;
    if (whole < low || whole > high)
        return false;
    *out = whole;
    return true;
}

bool lex_json_bool(const lex_json *node, bool absent)
{
    return cJSON_IsBool(inner_const(node)) ? (bool)cJSON_IsTrue(inner_const(node)) : absent;
}

/* ---- building ---- */

lex_json *lex_json_new_object(void)
{
    use_our_memory();
    return outer(cJSON_CreateObject());
}

lex_json *lex_json_new_array(void)
{
    use_our_memory();
    return outer(cJSON_CreateArray());
}

lex_json *lex_json_new_string(const char *text)
{
    use_our_memory();
    return outer(text ? cJSON_CreateString(text) : cJSON_CreateNull());
}

lex_json *lex_json_new_number(double value)
{
    use_our_memory();
    return outer(isfinite(value) ? cJSON_CreateNumber(value) : cJSON_CreateNull());
}

lex_json *lex_json_new_bool(bool value)
{
    use_our_memory();
    return outer(cJSON_CreateBool(value));
}

lex_json *lex_json_copy(const lex_json *node)
{
    use_our_memory();
    return outer(cJSON_Duplicate(inner_const(node), true));
}

void lex_json_put(lex_json *object, const char *key, lex_json *child)
{
    LEX_ASSERT(cJSON_IsObject(inner(object)) && child && child != object && !inner(child)->next);
    bool done = lex_json_get(object, key)
                    ? cJSON_ReplaceItemInObjectCaseSensitive(inner(object), key, inner(child))
                    : cJSON_AddItemToObject(inner(object), key, inner(child));
    LEX_ASSERT(done);
}

void lex_json_append(lex_json *object, const char *key, lex_json *child)
{
    LEX_ASSERT(cJSON_IsObject(inner(object)) && child && child != object && !inner(child)->next);
    bool done = cJSON_AddItemToObject(inner(object), key, inner(child));
    LEX_ASSERT(done);
}

void lex_json_put_string(lex_json *object, const char *key, const char *text)
{
    lex_json_put(object, key, lex_json_new_string(text));
}

void lex_json_put_number(lex_json *object, const char *key, double value)
{
    lex_json_put(object, key, lex_json_new_number(value));
}

void lex_json_put_bool(lex_json *object, const char *key, bool value)
{
    lex_json_put(object, key, lex_json_new_bool(value));
}

void lex_json_remove(lex_json *object, const char *key)
{
    if (cJSON_IsObject(inner(object)))
        cJSON_DeleteItemFromObjectCaseSensitive(inner(object), key);
}

void lex_json_push(lex_json *array, lex_json *child)
{
    LEX_ASSERT(cJSON_IsArray(inner(array)) && child && child != array && !inner(child)->next);
    bool done = cJSON_AddItemToArray(inner(array), inner(child));
    LEX_ASSERT(done);
}

/* ---- printing ---- */

/* The shortest of 15, 16 or 17 significant digits that reads back as the same number; cJSON's own printer settles for
 * one that is merely close. Whole numbers are printed without an exponent. */
static void print_number(lex_buf *out, const cJSON *node)
{
    if (node->valuestring) {
        lex_buf_add_str(out, lex_str_of(node->valuestring));
        return;
    }
    char text[40];
    int len = 0;
    for (int digits = is_whole(node->valuedouble) ? 17 : 15; digits <= 17; digits++) {
        len = snprintf(text, sizeof text, "%.*g", digits, node->valuedouble);
        if (strtod(text, NULL) == node->valuedouble)
            break;
    }
    /* The locale's decimal point may be anything, of one byte or more. */
    const char *point = localeconv()->decimal_point;
    const char *found = strstr(text, point);
    if (!found) {
        lex_buf_add(out, text, (size_t)len);
        return;
    }
    lex_buf_add(out, text, (size_t)(found - text));
    lex_buf_add_char(out, '.');
    lex_buf_add_str(out, lex_str_of(found + strlen(point)));
}

static void new_line(lex_buf *out, int depth, bool pretty)
{
    if (pretty)
        lex_buf_printf(out, "\n%*s", 2 * depth, "");
}

static void print_node(lex_buf *out, const cJSON *node, bool pretty, int depth)
{
    if (cJSON_IsString(node)) {
        lex_json_add_string(out, lex_str_of(node->valuestring));
    } else if (cJSON_IsNumber(node)) {
        print_number(out, node);
    } else if (cJSON_IsBool(node)) {
        lex_buf_add_str(out, lex_str_of(cJSON_IsTrue(node) ? "true" : "false"));
    } else if (cJSON_IsArray(node) || cJSON_IsObject(node)) {
        bool object = cJSON_IsObject(node);
        lex_buf_add_char(out, object ? '{' : '[');
        for (const cJSON *child = node->child; child; child = child->next) {
            new_line(out, depth + 1, pretty);
            if (object) {
                lex_json_add_string(out, lex_str_of(child->string));
                lex_buf_add_str(out, lex_str_of(pretty ? ": " : ":"));
            }
            print_node(out, child, pretty, depth + 1);
            if (child->next)
                lex_buf_add_char(out, ',');
        }
        if (node->child)
            new_line(out, depth, pretty);
        lex_buf_add_char(out, object ? '}' : ']');
    } else {
        lex_buf_add_str(out, LEX_STR("null"));
    }
}

void lex_json_print(lex_buf *out, const lex_json *node, bool pretty)
{
    print_node(out, inner_const(node), pretty, 0);
    if (pretty)
        lex_buf_add_char(out, '\n');
}

bool lex_json_same(const lex_json *a, const lex_json *b)
{
    lex_buf x, y;
    lex_buf_init(&x);
    lex_buf_init(&y);
    if (a)
        lex_json_print(&x, a, false);
    if (b)
        lex_json_print(&y, b, false);
    bool same = lex_str_equal(lex_buf_str(&x), lex_buf_str(&y));
    lex_buf_release(&x);
    lex_buf_release(&y);
    return same;
}
