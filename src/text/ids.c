/* ids.c - ids that were met, as fingerprints of 64 bits: two different ids that share one are a matter of one in a
 * million files of a million rows, and all that follows is a warning. */
#include <stdlib.h>

#include "reader.h"

static bool put(lex_ids *ids, uint64_t hash)
{
    uint64_t slot = hash % (uint64_t)ids->n_slots;
    for (; ids->slots[slot]; slot = (slot + 1) % (uint64_t)ids->n_slots)
        if (ids->slots[slot] == hash)
            return false;
    ids->slots[slot] = hash;
    return true;
}

static void grow(lex_ids *ids)
{
    uint64_t *old = ids->slots;
    int64_t n_old = ids->n_slots;
    ids->n_slots = n_old ? 2 * n_old : 1024;
    ids->slots = lex_alloc_zeroed((size_t)ids->n_slots, sizeof *ids->slots);
    for (int64_t i = 0; i < n_old; i++)
        if (old[i])
            put(ids, old[i]);
    free(old);
}

bool lex_ids_add(lex_ids *ids, lex_str id)
{
    uint64_t hash = lex_hash64(id.ptr, id.len) | 1; /* never 0 */
    if (ids->n >= LEX_IDS_MAX)
        return false;
    if (2 * (ids->n + 1) > ids->n_slots)
        grow(ids);
    bool fresh = put(ids, hash);
    ids->n += fresh;
    return !fresh;
}

void lex_ids_release(lex_ids *ids)
{
    free(ids->slots);
    *ids = (lex_ids){0};
}
