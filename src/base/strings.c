/* strings.c - lists of owned strings. */
#include <stdlib.h>
#include <string.h>

#include "lexclf/memory.h"

void lex_strings_push(lex_strings *list, lex_str text)
{
    char *copy = lex_alloc(text.len + 1);
    if (text.len)
        memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    LEX_PUSH(list->items, list->n, list->capacity, copy);
}

void lex_strings_release(lex_strings *list)
{
    for (int64_t i = 0; i < list->n; i++)
        free(list->items[i]);
    free(list->items);
    memset(list, 0, sizeof *list);
}

static int by_code_point(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

void lex_strings_sort(lex_strings *list)
{
    if (list->n)
        qsort(list->items, (size_t)list->n, sizeof *list->items, by_code_point);
}

int64_t lex_strings_find(const lex_strings *list, lex_str text)
{
    for (int64_t i = 0; i < list->n; i++)
        if (lex_str_equal(lex_str_of(list->items[i]), text))
            return i;
    return -1;
}
