/* memory.h - heap, arenas and text.
 *
 * Every pointer in lexclf is borrowed, owned (freed with the _free or _release that its header names) or lives in an
 * arena. Allocation never returns NULL: when memory runs out the handler is called, which must not return; the
 * command line installs one that says so and exits with 4. A size that comes from input is compared with a named
 * limit before it gets here.
 *
 *     lex_arena arena;
 *     lex_arena_init(&arena);
 *     lex_str copy = lex_arena_copy(&arena, LEX_STR("some text"));
 *     lex_arena_reset(&arena);      // keeps the memory for the next round
 *     lex_arena_release(&arena);
 */
#ifndef LEXCLF_MEMORY_H
#define LEXCLF_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lexclf/err.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Called when memory runs out; must not return. NULL restores the default, which aborts. */
void lex_set_oom_handler(void (*handler)(size_t wanted_bytes));

/* As malloc, calloc, realloc and strdup, but never NULL. `n * size` is checked for overflow. Free with free(). */
void *lex_alloc(size_t size);
void *lex_alloc_array(size_t n, size_t size);
void *lex_alloc_zeroed(size_t n, size_t size);
void *lex_realloc_array(void *old, size_t n, size_t size);
char *lex_strdup(const char *text);

/* Memory on a 64-byte boundary, as vector code likes it. Free with free(). */
void *lex_alloc_aligned(size_t size);

/* A view of bytes, usually UTF-8 text; not terminated, owns nothing. */
typedef struct {
    const char *ptr;
    size_t len;
} lex_str;

#ifdef __cplusplus
#define LEX_STR(literal) (lex_str{(literal), sizeof(literal) - 1})
#else
#define LEX_STR(literal) ((lex_str){(literal), sizeof(literal) - 1})
#endif

lex_str lex_str_of(const char *text); /* text may be NULL: an empty view */
bool lex_str_equal(lex_str a, lex_str b);
bool lex_str_starts(lex_str text, lex_str prefix);
/* Order by unsigned bytes, which for UTF-8 is the order of code points. Negative, zero or positive. */
int lex_str_compare(lex_str a, lex_str b);

/* Bump allocation: many small pieces, freed together. */
typedef struct lex_arena_block lex_arena_block;
typedef struct {
    lex_arena_block *head; /* the block in use; older ones follow */
    size_t used_bytes;     /* handed out since the last reset */
} lex_arena;

void lex_arena_init(lex_arena *arena);
void lex_arena_release(lex_arena *arena);
void lex_arena_reset(lex_arena *arena);                      /* frees all but one block of ordinary size */
void *lex_arena_alloc(lex_arena *arena, size_t size);        /* aligned to 16 bytes, not zeroed */
void *lex_arena_array(lex_arena *arena, size_t n, size_t size);
/* Gives back what was handed out since the mark was taken; none of it may be in use. */
typedef struct {
    lex_arena_block *head;
    size_t used, used_bytes;
} lex_arena_mark;
lex_arena_mark lex_arena_mark_of(const lex_arena *arena);
void lex_arena_rewind(lex_arena *arena, lex_arena_mark mark);
lex_str lex_arena_copy(lex_arena *arena, lex_str text);      /* the copy is followed by a NUL that len leaves out */

/* A growing string. Always NUL-terminated once something was added; ptr may be NULL before. */
typedef struct {
    char *ptr;
    size_t len;
    size_t capacity;
} lex_buf;

void lex_buf_init(lex_buf *buf);
void lex_buf_release(lex_buf *buf);
void lex_buf_clear(lex_buf *buf); /* length 0, memory kept */
void lex_buf_reserve(lex_buf *buf, size_t extra_bytes);
void lex_buf_add(lex_buf *buf, const void *bytes, size_t len);
void lex_buf_add_str(lex_buf *buf, lex_str text);
void lex_buf_add_char(lex_buf *buf, char c);
void lex_buf_add_int(lex_buf *buf, int64_t value); /* in decimal; many times as fast as printf */
void lex_buf_printf(lex_buf *buf, const char *format, ...) LEX_PRINTF(2, 3);
lex_str lex_buf_str(const lex_buf *buf);

/* A list of strings, all owned. */
typedef struct {
    char **items;
    int64_t n, capacity;
} lex_strings;

void lex_strings_push(lex_strings *list, lex_str text); /* a copy */
void lex_strings_release(lex_strings *list);
void lex_strings_sort(lex_strings *list); /* by code point */
/* The index of an equal string, or -1. */
int64_t lex_strings_find(const lex_strings *list, lex_str text);

/* Reads a whole string as a number; false when it is empty, has anything before or after the number, or is out of
 * range. The decimal point is '.', whatever the locale. Infinities and NaN are refused. */
bool lex_parse_double(double *out, lex_str text);
bool lex_parse_int64(int64_t *out, lex_str text);

/* A dynamic array in three words: LEX_PUSH(items, n, capacity, value). */
#define LEX_PUSH(items, n, capacity, value)                                                                            \
    do {                                                                                                               \
        if ((n) == (capacity)) {                                                                                       \
            (capacity) = (capacity) ? 2 * (capacity) : 16;                                                             \
            (items) = lex_realloc_array((items), (size_t)(capacity), sizeof *(items));                                 \
        }                                                                                                              \
        (items)[(n)++] = (value);                                                                                      \
    } while (0)

#ifdef __cplusplus
}
#endif
#endif
