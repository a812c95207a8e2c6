/* memory.c - allocation that does not return NULL, arenas, views and growing strings. */
#include "lexclf/memory.h"

#include <errno.h>
#include <locale.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void abort_on_oom(size_t wanted_bytes)
{
    fprintf(stderr, "lexclf: out of memory (%zu bytes wanted)\n", wanted_bytes);
    abort();
}

static void (*oom_handler)(size_t) = abort_on_oom;

void lex_set_oom_handler(void (*handler)(size_t wanted_bytes))
{
    oom_handler = handler ? handler : abort_on_oom;
}

static void *checked(void *ptr, size_t size)
{
    if (!ptr) {
        oom_handler(size);
        abort();
    }
    return ptr;
}

static size_t product(size_t n, size_t size)
{
    size_t total;
    if (__builtin_mul_overflow(n, size, &total)) {
        oom_handler(SIZE_MAX);
        abort();
    }
    return total ? total : 1;
}

void *lex_alloc(size_t size)
{
    return checked(malloc(size ? size : 1), size);
}

void *lex_alloc_array(size_t n, size_t size)
{
    return lex_alloc(product(n, size));
}

void *lex_alloc_zeroed(size_t n, size_t size)
{
    size_t total = product(n, size);
    return checked(calloc(1, total), total);
}

void *lex_realloc_array(void *old, size_t n, size_t size)
{
    size_t total = product(n, size);
    return checked(realloc(old, total), total);
}

char *lex_strdup(const char *text)
{
    size_t n = strlen(text) + 1;
    return memcpy(lex_alloc(n), text, n);
}

void *lex_alloc_aligned(size_t size)
{
    void *ptr = NULL;
    if (posix_memalign(&ptr, 64, size ? size : 1) != 0)
        ptr = NULL;
    return checked(ptr, size);
}

/* ---- views ---- */

lex_str lex_str_of(const char *text)
{
    lex_str view = {text ? text : "", text ? strlen(text) : 0};
    return view;
}

bool lex_str_equal(lex_str a, lex_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool lex_str_starts(lex_str text, lex_str prefix)
{
    return text.len >= prefix.len && (prefix.len == 0 || memcmp(text.ptr, prefix.ptr, prefix.len) == 0);
}

int lex_str_compare(lex_str a, lex_str b)
{
    size_t n = a.len < b.len ? a.len : b.len;
    int order = n ? memcmp(a.ptr, b.ptr, n) : 0;
    if (order != 0)
        return order;
    return a.len < b.len ? -1 : a.len > b.len;
}

/* ---- arenas ---- */

enum { ARENA_BLOCK_BYTES = 64 << 10, ARENA_ALIGN = 16 };

struct lex_arena_block {
    lex_arena_block *older;
    size_t size; /* of data */
    size_t used;
    size_t pad; /* keeps data on a 16-byte boundary */
    unsigned char data[];
};

void lex_arena_init(lex_arena *arena)
{
    arena->head = NULL;
    arena->used_bytes = 0;
}

void lex_arena_release(lex_arena *arena)
{
    lex_arena_block *block = arena->head;
    while (block) {
        lex_arena_block *older = block->older;
        free(block);
        block = older;
    }
    lex_arena_init(arena);
}

void lex_arena_reset(lex_arena *arena)
{
    lex_arena_block *kept = NULL;
    lex_arena_block *block = arena->head;
    while (block) {
        lex_arena_block *older = block->older;
        if (!kept && block->size == ARENA_BLOCK_BYTES)
            kept = block;
        else
            free(block);
        block = older;
    }
    if (kept) {
        kept->older = NULL;
        kept->used = 0;
    }
    arena->head = kept;
    arena->used_bytes = 0;
}

lex_arena_mark lex_arena_mark_of(const lex_arena *arena)
{
    return (lex_arena_mark){arena->head, arena->head ? arena->head->used : 0, arena->used_bytes};
}

void lex_arena_rewind(lex_arena *arena, lex_arena_mark mark)
{
    while (arena->head != mark.head) {
        lex_arena_block *older = arena->head->older;
        free(arena->head);
        arena->head = older;
    }
    if (arena->head)
        arena->head->used = mark.used;
    arena->used_bytes = mark.used_bytes;
}

void *lex_arena_alloc(lex_arena *arena, size_t size)
{
    if (size > SIZE_MAX - ARENA_ALIGN - sizeof(lex_arena_block)) {
        oom_handler(size);
        abort();
    }
    size = (size + ARENA_ALIGN - 1) & ~(size_t)(ARENA_ALIGN - 1);
    lex_arena_block *block = arena->head;
    if (!block || block->size - block->used < size) {
        size_t wanted = size > ARENA_BLOCK_BYTES ? size : ARENA_BLOCK_BYTES;
        lex_arena_block *fresh = lex_alloc(sizeof *fresh + wanted);
        fresh->size = wanted;
        fresh->used = 0;
        fresh->pad = 0;
        fresh->older = block;
        arena->head = block = fresh;
    }
    void *ptr = block->data + block->used;
    block->used += size;
    arena->used_bytes += size;
    return ptr;
}

void *lex_arena_array(lex_arena *arena, size_t n, size_t size)
{
    return lex_arena_alloc(arena, product(n, size));
}

lex_str lex_arena_copy(lex_arena *arena, lex_str text)
{
    char *copy = lex_arena_alloc(arena, text.len + 1);
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    lex_str view = {copy, text.len};
    return view;
}

/* ---- growing strings ---- */

void lex_buf_init(lex_buf *buf)
{
    buf->ptr = NULL;
    buf->len = 0;
    buf->capacity = 0;
}

void lex_buf_release(lex_buf *buf)
{
    free(buf->ptr);
    lex_buf_init(buf);
}

void lex_buf_clear(lex_buf *buf)
{
    buf->len = 0;
    if (buf->ptr)
        buf->ptr[0] = '\0';
}

void lex_buf_reserve(lex_buf *buf, size_t extra_bytes)
{
    if (extra_bytes > SIZE_MAX / 2 - buf->len) {
        oom_handler(extra_bytes);
        abort();
    }
    size_t wanted = buf->len + extra_bytes + 1;
    if (wanted <= buf->capacity)
        return;
    size_t capacity = buf->capacity ? buf->capacity : 64;
    while (capacity < wanted)
        capacity *= 2;
    buf->ptr = lex_realloc_array(buf->ptr, capacity, 1);
    buf->capacity = capacity;
}

void lex_buf_add(lex_buf *buf, const void *bytes, size_t len)
{
    lex_buf_reserve(buf, len);
    if (len)
        memcpy(buf->ptr + buf->len, bytes, len);
    buf->len += len;
    buf->ptr[buf->len] = '\0';
}

void lex_buf_add_str(lex_buf *buf, lex_str text)
{
    lex_buf_add(buf, text.ptr, text.len);
}

void lex_buf_add_char(lex_buf *buf, char c)
{
    lex_buf_add(buf, &c, 1);
}

void lex_buf_add_int(lex_buf *buf, int64_t value)
{
    char digits[24], *at = digits + sizeof digits;
    uint64_t left = value < 0 ? -(uint64_t)value : (uint64_t)value;
    do
        *--at = (char)('0' + left % 10);
    while ((left /= 10) > 0);
    if (value < 0)
        *--at = '-';
    lex_buf_add(buf, at, (size_t)(digits + sizeof digits - at));
}

void lex_buf_printf(lex_buf *buf, const char *format, ...)
{
    va_list args, again;
    va_start(args, format);
    va_copy(again, args);
    lex_buf_reserve(buf, 64); /* enough for most; capacity - len is at least one more */
    int wanted = vsnprintf(buf->ptr + buf->len, buf->capacity - buf->len, format, args);
    va_end(args);
    LEX_ASSERT(wanted >= 0);
    if ((size_t)wanted >= buf->capacity - buf->len) {
        lex_buf_reserve(buf, (size_t)wanted);
        vsnprintf(buf->ptr + buf->len, buf->capacity - buf->len, format, again);
    }
    va_end(again);
    buf->len += (size_t)wanted;
}

lex_str lex_buf_str(const lex_buf *buf)
{
    lex_str view = {buf->ptr ? buf->ptr : "", buf->len};
    return view;
}

/* ---- numbers ---- */

enum { NUMBER_MAX_BYTES = 400 };

/* strtod follows the process's locale; the C locale is asked for by name so that '.' is the point everywhere. */
static locale_t c_locale(void)
{
    static locale_t locale;
    if (!locale)
        locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    return locale;
}

/* Digits, sign, point and exponent only: strtod alone would take blanks, hexadecimal, "inf" and "nan". */
static bool looks_decimal(lex_str text, const char *allowed)
{
    if (text.len == 0 || text.len >= NUMBER_MAX_BYTES)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (!text.ptr[i] || !strchr(allowed, text.ptr[i]))
            return false;
    }
    return true;
}

bool lex_parse_double(double *out, lex_str text)
{
    if (!looks_decimal(text, "0123456789+-.eE"))
        return false;
    char copy[NUMBER_MAX_BYTES];
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    char *end;
    locale_t locale = c_locale();
    double value = locale ? strtod_l(copy, &end, locale) : strtod(copy, &end);
    if (end != copy + text.len || !isfinite(value))
        return false;
    *out = value;
    return true;
}

bool lex_parse_int64(int64_t *out, lex_str text)
{
    if (!looks_decimal(text, "0123456789+-"))
        return false;
    char copy[NUMBER_MAX_BYTES];
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    char *end;
    errno = 0;
    long long value = strtoll(copy, &end, 10);
    if (end != copy + text.len || errno == ERANGE)
        return false;
    *out = value;
    return true;
}
