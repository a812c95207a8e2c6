/* table.c - a hash table for keys that are hashes already: 64 bits in, a number out. Two things of one hash would be
 * taken for one; among a million that is one chance in forty million. */
#include <stdlib.h>

#include "internal.h"

void lint_table_release(lint_table *table)
{
    free(table->keys);
    free(table->values);
    *table = (lint_table){0};
}

static size_t slot_of(const lint_table *table, uint64_t key)
{
    size_t slot = (size_t)lint_mix(key) & (table->n_slots - 1);
    while (table->keys[slot] != 0 && table->keys[slot] != key)
        slot = (slot + 1) & (table->n_slots - 1);
    return slot;
}

static void grow(lint_table *table)
{
    lint_table old = *table;
    table->n_slots = old.n_slots ? 2 * old.n_slots : 64;
    table->keys = lex_alloc_zeroed(table->n_slots, sizeof *table->keys);
    table->values = lex_alloc_array(table->n_slots, sizeof *table->values);
    for (size_t i = 0; i < old.n_slots; i++) {
        if (old.keys[i] == 0)
            continue;
        size_t slot = slot_of(table, old.keys[i]);
        table->keys[slot] = old.keys[i];
        table->values[slot] = old.values[i];
    }
    free(old.keys);
    free(old.values);
}

uint32_t *lint_table_at(lint_table *table, uint64_t key)
{
    key = key ? key : 1;
    if (3 * (table->n + 1) > 2 * table->n_slots)
        grow(table);
    size_t slot = slot_of(table, key);
    if (table->keys[slot] == 0) {
        table->keys[slot] = key;
        table->values[slot] = LINT_NONE;
        table->n++;
    }
    return &table->values[slot];
}
