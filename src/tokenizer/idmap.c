/* idmap.c - a hash table from text to id, made for the inner loop of WordPiece.
 *
 * Open addressing with linear probing; keys lie in one pool, and the tags that a probe looks at in an array of their
 * own: most lookups of WordPiece fail, and a failing one touches nothing else. Nothing is ever removed.
 */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static void make_slots(lex_idmap *map, uint32_t n_slots)
{
    map->tags = lex_alloc_zeroed(n_slots, sizeof *map->tags);
    map->entries = lex_alloc_array(n_slots, sizeof *map->entries);
    map->mask = n_slots - 1;
}

void lex_idmap_init(lex_idmap *map, int64_t n_expected)
{
    LEX_ASSERT(n_expected <= 2 * (int64_t)LEX_VOCAB_MAX);
    uint32_t n_slots = 16;
    while (n_slots < 2 * n_expected)
        n_slots *= 2;
    *map = (lex_idmap){0};
    lex_buf_init(&map->pool);
    make_slots(map, n_slots);
}

void lex_idmap_release(lex_idmap *map)
{
    free(map->tags);
    free(map->entries);
    lex_buf_release(&map->pool);
    *map = (lex_idmap){0};
}

/* The slot that holds the text, or the free one where it belongs. */
static uint32_t slot_of(const lex_idmap *map, uint64_t hash, const char *text, size_t len)
{
    uint32_t tag = lex_idmap_tag(hash), slot = (tag >> 1) & map->mask;
    for (; map->tags[slot] != 0; slot = (slot + 1) & map->mask) {
        if (map->tags[slot] != tag)
            continue;
        const lex_idmap_entry *entry = &map->entries[slot];
        if (entry->len == len && memcmp(map->pool.ptr + entry->begin, text, len) == 0)
            break;
    }
    return slot;
}

static uint64_t hash_of(lex_str text)
{
    uint64_t hash = LEX_IDMAP_SEED;
    for (size_t i = 0; i < text.len; i++)
        hash = lex_idmap_step(hash, (unsigned char)text.ptr[i]);
    return hash;
}

static void grow(lex_idmap *map)
{
    uint32_t *tags = map->tags;
    lex_idmap_entry *entries = map->entries;
    uint32_t n_slots = map->mask + 1;
    make_slots(map, 2 * n_slots);
    for (uint32_t i = 0; i < n_slots; i++) {
        if (tags[i] == 0)
            continue;
        uint32_t slot = (tags[i] >> 1) & map->mask;
        while (map->tags[slot] != 0)
            slot = (slot + 1) & map->mask;
        map->tags[slot] = tags[i];
        map->entries[slot] = entries[i];
    }
    free(tags);
    free(entries);
}

int32_t lex_idmap_put(lex_idmap *map, lex_str text, int32_t id)
{
    if (2 * (map->n + 1) > (int64_t)map->mask + 1)
        grow(map);
    uint64_t hash = hash_of(text);
    uint32_t slot = slot_of(map, hash, text.ptr, text.len);
    if (map->tags[slot] != 0) {
        int32_t before = map->entries[slot].id;
        map->entries[slot].id = id;
        return before;
    }
    LEX_ASSERT(map->pool.len + text.len <= UINT32_MAX);
    map->tags[slot] = lex_idmap_tag(hash);
    map->entries[slot] = (lex_idmap_entry){(uint32_t)map->pool.len, (uint32_t)text.len, id};
    lex_buf_add_str(&map->pool, text);
    map->n++;
    if (text.len > map->max_len)
        map->max_len = text.len;
    return -1;
}

int32_t lex_idmap_get(const lex_idmap *map, lex_str text)
{
    return lex_idmap_find(map, hash_of(text), text.ptr, text.len);
}

int32_t lex_idmap_find(const lex_idmap *map, uint64_t hash, const char *text, size_t len)
{
    uint32_t slot = slot_of(map, hash, text, len);
    return map->tags[slot] == 0 ? -1 : map->entries[slot].id;
}
