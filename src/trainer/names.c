/* names.c - label names to small numbers. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "lexclf/hash.h"

static void insert(lex_name_table *table, int64_t index)
{
    const char *name = table->names.items[index];
    uint64_t slot = lex_hash64(name, strlen(name)) % (uint64_t)table->n_slots;
    while (table->slots[slot])
        slot = (slot + 1) % (uint64_t)table->n_slots;
    table->slots[slot] = index + 1;
}

static void grow(lex_name_table *table)
{
    table->n_slots = table->n_slots ? 2 * table->n_slots : 64;
    free(table->slots);
    table->slots = lex_alloc_zeroed((size_t)table->n_slots, sizeof *table->slots);
    for (int64_t i = 0; i < table->names.n; i++)
        insert(table, i);
}

int32_t lex_name_table_add(lex_name_table *table, lex_str name)
{
    if (2 * (table->names.n + 1) > table->n_slots)
        grow(table);
    uint64_t slot = lex_hash64(name.ptr, name.len) % (uint64_t)table->n_slots;
    for (; table->slots[slot]; slot = (slot + 1) % (uint64_t)table->n_slots) {
        int64_t index = table->slots[slot] - 1;
        if (lex_str_equal(lex_str_of(table->names.items[index]), name))
            return (int32_t)index;
    }
    lex_strings_push(&table->names, name);
    table->slots[slot] = table->names.n;
    return (int32_t)(table->names.n - 1);
}

void lex_name_table_release(lex_name_table *table)
{
    lex_strings_release(&table->names);
    free(table->slots);
    memset(table, 0, sizeof *table);
}
