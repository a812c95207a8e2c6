/* columns.c - a list of names that are found again quickly, also where there are ten thousand of them. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

void lex_answer_columns_release(lex_answer_columns *c)
{
    lex_strings_release(&c->names);
    free(c->sorted);
    memset(c, 0, sizeof *c);
}

/* Where in c->sorted the name stands or would stand. */
static int64_t place_of(const lex_answer_columns *c, lex_str name, bool *found)
{
    int64_t low = 0, high = c->names.n;
    *found = false;
    while (low < high) {
        int64_t middle = (low + high) / 2;
        int order = lex_str_compare(lex_str_of(c->names.items[c->sorted[middle]]), name);
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

int64_t lex_answer_columns_find(const lex_answer_columns *c, lex_str name, int64_t hint)
{
    if (hint >= 0 && hint < c->names.n && lex_str_equal(lex_str_of(c->names.items[hint]), name))
        return hint;
    bool found;
    int64_t place = place_of(c, name, &found);
    return found ? c->sorted[place] : -1;
}

void lex_answer_columns_add(lex_answer_columns *c, lex_str name)
{
    bool found;
    int64_t place = place_of(c, name, &found), n = c->names.n;
    LEX_PUSH(c->sorted, n, c->capacity, 0);
    memmove(c->sorted + place + 1, c->sorted + place, (size_t)(c->names.n - place) * sizeof *c->sorted);
    c->sorted[place] = c->names.n;
    lex_strings_push(&c->names, name);
}
