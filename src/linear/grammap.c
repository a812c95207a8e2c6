/* grammap.c - a hash table from n-gram to number. Open addressing with linear probing over four bytes a slot; the hash's
 * tag beside each entry spares most comparisons. Nothing is ever removed. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "lexclf/hash.h"

void lex_grammap_init(lex_grammap *map)
{
    *map = (lex_grammap){.n = 0};
    lex_buf_init(&map->pool);
    lex_grammap_expect(map, 16);
}

void lex_grammap_release(lex_grammap *map)
{
    lex_buf_release(&map->pool);
    free(map->entries);
    free(map->slots);
    *map = (lex_grammap){.n = 0};
}

static int64_t slot_of_tag(const lex_grammap *map, uint32_t tag)
{
    return (int64_t)(tag & (uint64_t)(map->n_slots - 1));
}

void lex_grammap_expect(lex_grammap *map, int64_t n)
{
    int64_t n_slots = map->n_slots ? map->n_slots : 32;
    while (n_slots < 2 * n)
        n_slots *= 2;
    if (n_slots == map->n_slots)
        return;
    free(map->slots);
    map->slots = lex_alloc_zeroed((size_t)n_slots, sizeof *map->slots);
    map->n_slots = n_slots;
    for (int64_t i = 0; i < map->n; i++) {
        int64_t slot = slot_of_tag(map, map->entries[i].tag);
        while (map->slots[slot])
            slot = (slot + 1) & (n_slots - 1);
        map->slots[slot] = (int32_t)(i + 1);
    }
}

/* The slot that holds the n-gram, or the free one where it belongs. */
static int64_t find_slot(const lex_grammap *map, lex_str gram, uint32_t tag)
{
    int64_t slot = slot_of_tag(map, tag);
    for (; map->slots[slot]; slot = (slot + 1) & (map->n_slots - 1)) {
        const lex_grammap_entry *entry = &map->entries[map->slots[slot] - 1];
        if (entry->tag == tag && entry->len == gram.len && memcmp(map->pool.ptr + entry->begin, gram.ptr, gram.len) == 0)
            break;
    }
    return slot;
}

static uint32_t tag_of(lex_str gram)
{
    return (uint32_t)lex_hash64(gram.ptr, gram.len);
}

int32_t lex_grammap_find(const lex_grammap *map, lex_str gram)
{
    return map->slots[find_slot(map, gram, tag_of(gram))] - 1;
}

int32_t lex_grammap_add(lex_grammap *map, lex_str gram)
{
    lex_grammap_expect(map, map->n + 1);
    uint32_t tag = tag_of(gram);
    int64_t slot = find_slot(map, gram, tag);
    if (map->slots[slot])
        return map->slots[slot] - 1;
    LEX_ASSERT(map->n < INT32_MAX);
    lex_grammap_entry entry = {map->pool.len, (uint32_t)gram.len, tag};
    lex_buf_add_str(&map->pool, gram);
    LEX_PUSH(map->entries, map->n, map->capacity, entry);
    map->slots[slot] = (int32_t)map->n;
    return (int32_t)(map->n - 1);
}
