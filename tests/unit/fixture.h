/* fixture.h - named float32 arrays that a golden's make.py wrote: NAME.txt has a line an array, "name shape...", and
 * NAME.bin holds their values in the same order.
 *
 *     fixture f;
 *     fixture_open(&f, "golden/encoder/forward");
 *     const fixture_array *logits = fixture_get(&f, "logits");
 *     fixture_close(&f);
 *
 * A fixture that is missing or malformed stops the test.
 */
#ifndef LEXCLF_TESTS_FIXTURE_H
#define LEXCLF_TESTS_FIXTURE_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lexclf/file.h"

enum { FIXTURE_ARRAYS_MAX = 400 };

typedef struct {
    char name[120];
    int64_t shape[2], count;
    const float *values;
} fixture_array;

typedef struct {
    lex_buf data;
    fixture_array arrays[FIXTURE_ARRAYS_MAX];
    int64_t n_arrays;
} fixture;

static inline void fixture_stop(const char *what)
{
    fprintf(stderr, "fixture: %s\n", what);
    exit(1);
}

static inline void fixture_open(fixture *f, const char *path)
{
    char name[600];
    lex_err err = {0};
    lex_buf index;
    memset(f, 0, sizeof *f);
    lex_buf_init(&index);
    lex_buf_init(&f->data);
    snprintf(name, sizeof name, "%s/%s.bin", LEX_TESTS_DIR, path);
    if (lex_file_read(&f->data, name, 1 << 24, &err) != LEX_OK)
        fixture_stop(err.message);
    snprintf(name, sizeof name, "%s/%s.txt", LEX_TESTS_DIR, path);
    if (lex_file_read(&index, name, 1 << 20, &err) != LEX_OK)
        fixture_stop(err.message);
    int64_t offset = 0;
    for (char *line = strtok(index.ptr, "\n"); line; line = strtok(NULL, "\n")) {
        fixture_array *array = &f->arrays[f->n_arrays++];
        long long rows = 0, columns = 1, deep = 1; /* of three dimensions, the last two are columns */
        if (f->n_arrays == FIXTURE_ARRAYS_MAX || sscanf(line, "%119s %lld %lld %lld", array->name, &rows, &columns, &deep) < 2)
            fixture_stop("a line of the index cannot be read");
        array->shape[0] = rows;
        array->shape[1] = columns * deep;
        array->count = rows * array->shape[1];
        array->values = (const float *)(const void *)f->data.ptr + offset;
        offset += array->count;
    }
    lex_buf_release(&index);
    if ((size_t)offset * sizeof(float) != f->data.len)
        fixture_stop("index and data differ in length");
}

static inline void fixture_close(fixture *f)
{
    lex_buf_release(&f->data);
}

/* The array named PREFIX + NAME; NULL when there is none. */
static inline const fixture_array *fixture_find(const fixture *f, const char *prefix, const char *name)
{
    char whole[200];
    snprintf(whole, sizeof whole, "%s%s", prefix, name);
    for (int64_t i = 0; i < f->n_arrays; i++)
        if (strcmp(f->arrays[i].name, whole) == 0)
            return &f->arrays[i];
    return NULL;
}

static inline const fixture_array *fixture_get(const fixture *f, const char *name)
{
    const fixture_array *array = fixture_find(f, "", name);
    if (!array)
        fixture_stop(name);
    return array;
}

#endif
