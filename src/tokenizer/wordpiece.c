/* wordpiece.c - one word to the longest pieces that the vocabulary holds, from the left.
 *
 * From the place reached, the hashes of all beginnings of the rest are computed in one pass; then the longest is
 * looked up first. A word that cannot be cut into known pieces to its end is one unknown token, and so is one that is
 * too long. A cache of whole words would stand in front of lex_wordpiece().
 */
#include "internal.h"

static uint64_t *hashes_of(lex_scratch *scratch, const char *text, size_t len)
{
    if (len > scratch->hashes_capacity) {
        scratch->hashes_capacity = 2 * len;
        scratch->hashes = lex_realloc_array(scratch->hashes, scratch->hashes_capacity, sizeof *scratch->hashes);
    }
    uint64_t hash = LEX_IDMAP_SEED;
    for (size_t i = 0; i < len; i++)
        scratch->hashes[i] = hash = lex_idmap_step(hash, (unsigned char)text[i]);
    return scratch->hashes;
}

/* Finds the longest key that text[0, len) begins with, ending between characters. Returns its length, 0 for none. */
static size_t longest_piece(const lex_idmap *map, const char *text, size_t len, lex_scratch *scratch, int32_t *id)
{
    size_t room = len < map->max_len ? len : map->max_len;
    const uint64_t *hashes = hashes_of(scratch, text, room);
    for (size_t n = room; n > 0; n--) {
        if (n < len && ((unsigned char)text[n] & 0xC0) == 0x80)
            continue;
        *id = lex_idmap_find(map, hashes[n - 1], text, n);
        if (*id >= 0)
            return n;
    }
    return 0;
}

static void push_part(const lex_word *word, size_t from, size_t to, int32_t id, lex_tokens *out)
{
    if (word->begin == NULL)
        lex_tokens_push(out, id, word->at + from, word->at + to);
    else
        lex_tokens_push(out, id, word->begin[from], word->end[to - 1]);
}

void lex_wordpiece(const lex_tokenizer *tokenizer, const lex_word *word, lex_scratch *scratch, lex_tokens *out)
{
    int64_t n_before = out->n;
    size_t at = word->n_chars <= (size_t)tokenizer->max_word_chars ? 0 : word->len;
    bool known = at == 0;
    while (at < word->len) {
        const lex_idmap *map = at == 0 ? &tokenizer->words : &tokenizer->continuations;
        int32_t id = -1;
        size_t n = longest_piece(map, word->text + at, word->len - at, scratch, &id);
        known = n > 0;
        if (!known)
            break;
        push_part(word, at, at + n, id, out);
        at += n;
    }
    if (!known) {
        out->n = n_before;
        push_part(word, 0, word->len, tokenizer->unknown_id, out);
    }
}
