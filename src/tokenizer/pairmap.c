/* pairmap.c - a hash table from two numbers to two others: the merges of byte-pair encoding, the edges of a trie.
 *
 * Open addressing with linear probing over one array of keys; nothing is ever removed.
 */
#include <stdlib.h>

#include "pipeline.h"

static uint64_t slot_of(const lex_pairmap *map, uint64_t key)
{
    uint64_t hash = key * UINT64_C(0x9E3779B97F4A7C15);
    uint64_t slot = (hash ^ hash >> 32) & map->mask;
    while (map->keys[slot] != key && map->keys[slot] != LEX_PAIRMAP_FREE)
        slot = (slot + 1) & map->mask;
    return slot;
}

static void make_slots(lex_pairmap *map, uint64_t n_slots)
{
    map->keys = lex_alloc_array(n_slots, sizeof *map->keys);
    map->values = lex_alloc_array(n_slots, sizeof *map->values);
    map->mask = n_slots - 1;
    for (uint64_t i = 0; i < n_slots; i++)
        map->keys[i] = LEX_PAIRMAP_FREE;
}

void lex_pairmap_init(lex_pairmap *map, int64_t n_expected)
{
    uint64_t n_slots = 16;
    while (n_slots < 2 * (uint64_t)n_expected)
        n_slots *= 2;
    *map = (lex_pairmap){0};
    make_slots(map, n_slots);
}

void lex_pairmap_release(lex_pairmap *map)
{
    free(map->keys);
    free(map->values);
    *map = (lex_pairmap){0};
}

static void grow(lex_pairmap *map)
{
    lex_pairmap old = *map;
    make_slots(map, 2 * (old.mask + 1));
    for (uint64_t i = 0; i <= old.mask; i++) {
        if (old.keys[i] == LEX_PAIRMAP_FREE)
            continue;
        uint64_t slot = slot_of(map, old.keys[i]);
        map->keys[slot] = old.keys[i];
        map->values[slot] = old.values[i];
    }
    free(old.keys);
    free(old.values);
}

static uint64_t key_of(uint32_t a, uint32_t b)
{
    uint64_t key = (uint64_t)a << 32 | b;
    LEX_ASSERT(key != LEX_PAIRMAP_FREE);
    return key;
}

void lex_pairmap_put(lex_pairmap *map, uint32_t a, uint32_t b, lex_pair_value value)
{
    if (2 * (uint64_t)(map->n + 1) > map->mask + 1)
        grow(map);
    uint64_t key = key_of(a, b), slot = slot_of(map, key);
    map->n += map->keys[slot] == LEX_PAIRMAP_FREE;
    map->keys[slot] = key;
    map->values[slot] = value;
}

const lex_pair_value *lex_pairmap_get(const lex_pairmap *map, uint32_t a, uint32_t b)
{
    uint64_t slot = slot_of(map, key_of(a, b));
    return map->keys[slot] == LEX_PAIRMAP_FREE ? NULL : &map->values[slot];
}
