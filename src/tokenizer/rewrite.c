/* rewrite.c - the normalizer steps, on a text that remembers where its bytes come from.
 *
 * A step lists what it writes (lex_changes); apply() then gives every character its place by the reference's rule,
 * which goes by position: a character with change 0 takes the place of the next one of the old text, one with change 1
 * shares the place before it, and one with change -n makes n more of the old text disappear.
 */
#include <stdlib.h>
#include <string.h>

#include "pipeline.h"
#include "unicode.h"

static void reserve(lex_normalized *to, size_t extra)
{
    if (to->capacity - to->len >= extra)
        return;
    while (to->capacity - to->len < extra)
        to->capacity = to->capacity ? 2 * to->capacity : 256;
    to->text = lex_realloc_array(to->text, to->capacity, sizeof *to->text);
    to->begin = lex_realloc_array(to->begin, to->capacity, sizeof *to->begin);
    to->end = lex_realloc_array(to->end, to->capacity, sizeof *to->end);
}

void lex_normalized_add(lex_normalized *to, const char *bytes, size_t len, uint32_t begin, uint32_t end)
{
    reserve(to, len);
    for (size_t i = 0; i < len; i++) {
        to->text[to->len + i] = bytes[i];
        to->begin[to->len + i] = begin;
        to->end[to->len + i] = end;
    }
    to->len += len;
}

void lex_normalized_copy(lex_normalized *to, const lex_normalized *from, size_t begin, size_t end)
{
    size_t len = end - begin;
    if (len == 0)
        return;
    reserve(to, len);
    memcpy(to->text + to->len, from->text + begin, len);
    memcpy(to->begin + to->len, from->begin + begin, len * sizeof *to->begin);
    memcpy(to->end + to->len, from->end + begin, len * sizeof *to->end);
    to->len += len;
}

void lex_normalized_release(lex_normalized *normalized)
{
    free(normalized->text);
    free(normalized->begin);
    free(normalized->end);
    *normalized = (lex_normalized){0};
}

static void push(lex_changes *changes, uint32_t c, int32_t change)
{
    lex_change item = {c, change};
    LEX_PUSH(changes->items, changes->n, changes->capacity, item);
}

static lex_str text_of(const lex_normalized *normalized)
{
    return (lex_str){normalized->text, normalized->len};
}

static void skip_chars(lex_str text, size_t *at, int64_t n)
{
    while (n-- > 0 && *at < text.len)
        lex_utf8_next(text, at);
}

/* The text that `changes` make of `from`, whose first n_removed characters are gone. */
static void apply(const lex_normalized *from, lex_normalized *to, const lex_changes *changes, int64_t n_removed)
{
    lex_str text = text_of(from);
    size_t at = 0;
    to->len = 0;
    skip_chars(text, &at, n_removed);
    for (int64_t i = 0; i < changes->n; i++) {
        int32_t change = changes->items[i].change;
        char bytes[4];
        size_t len = lex_utf8_put(bytes, changes->items[i].c);
        size_t source = change > 0 && at > 0 ? at - 1 : at;
        source = source < from->len ? source : from->len - 1;
        lex_normalized_add(to, bytes, len, from->begin[source], from->end[source]);
        if (change <= 0)
            skip_chars(text, &at, 1 - (int64_t)change);
    }
}

/* ---- steps that write a list of changes; each returns how many characters are gone before the first ---- */

static bool keeps(lex_norm_kind kind, uint32_t c)
{
    if (kind == LEX_NORM_CLEAN)
        return !(lex_uc_flags(c) & LEX_UC_REMOVED);
    if (kind == LEX_NORM_NONSPACING)
        return !(lex_uc_flags(c) & LEX_UC_MARK);
    return !(lex_uk_flags(c) & LEX_UK_MARK);
}

static int64_t filter(lex_norm_kind kind, lex_str text, lex_changes *changes)
{
    int64_t before = 0;
    for (size_t at = 0; at < text.len;) {
        uint32_t c = lex_utf8_next(text, &at);
        if (keeps(kind, c))
            push(changes, kind == LEX_NORM_CLEAN && (lex_uc_flags(c) & LEX_UC_SPACE) ? ' ' : c, 0);
        else if (changes->n > 0)
            changes->items[changes->n - 1].change--;
        else
            before++;
    }
    return before;
}

static void isolate(lex_str text, lex_changes *changes)
{
    for (size_t at = 0; at < text.len;) {
        uint32_t c = lex_utf8_next(text, &at);
        bool ideograph = lex_uc_flags(c) & LEX_UC_CJK;
        if (ideograph)
            push(changes, ' ', 0);
        push(changes, c, ideograph);
        if (ideograph)
            push(changes, ' ', 1);
    }
}

static void lowercase(lex_str text, lex_changes *changes)
{
    for (size_t at = 0; at < text.len;) {
        uint32_t lower[LEX_UC_LOWER_MAX] = {lex_utf8_next(text, &at)};
        size_t n = lex_uc_flags(lower[0]) & LEX_UC_LOWERS ? lex_uc_lower(lower[0], lower) : 1;
        for (size_t i = 0; i < n; i++)
            push(changes, lower[i], i > 0);
    }
}

static void make_plain(lex_str text, lex_changes *changes)
{
    for (size_t at = 0; at < text.len;)
        push(changes, lex_plain_character(lex_utf8_next(text, &at)), 0);
}

static int64_t strip(const lex_norm_step *step, lex_str text, lex_changes *changes)
{
    int64_t before = 0, last = 0; /* characters up to and with the last that is no space */
    for (size_t at = 0; at < text.len;) {
        uint32_t c = lex_utf8_next(text, &at);
        bool space = lex_uc_flags(c) & LEX_UC_SPACE;
        if (space && step->left && changes->n == 0) {
            before++;
            continue;
        }
        push(changes, c, 0);
        if (!space || !step->right)
            last = changes->n;
    }
    changes->n = last;
    return before;
}

/* One replacement by a charsmap, as the reference counts it. */
static void replace_part(lex_changes *changes, lex_str old, lex_str fresh)
{
    int64_t n_old = 0, n_fresh = 0;
    for (size_t at = 0; at < old.len; n_old++)
        lex_utf8_next(old, &at);
    for (size_t at = 0; at < fresh.len; n_fresh++)
        push(changes, lex_utf8_next(fresh, &at), 0);
    for (int64_t i = n_old; i < n_fresh; i++)
        changes->items[changes->n - 1 - (i - n_old)].change = 1;
    if (n_fresh < n_old && changes->n > 0)
        changes->items[changes->n - 1].change += (int32_t)(n_fresh - n_old);
}

static bool map_cluster(const lex_charsmap *map, lex_str cluster, lex_changes *changes)
{
    lex_str fresh;
    bool found = false;
    if (cluster.len < 6 && lex_charsmap_find(map, cluster, &fresh)) {
        replace_part(changes, cluster, fresh);
        return true;
    }
    for (size_t at = 0; at < cluster.len;) {
        size_t begin = at;
        uint32_t c = lex_utf8_next(cluster, &at);
        lex_str part = {cluster.ptr + begin, at - begin};
        if (lex_charsmap_find(map, part, &fresh)) {
            replace_part(changes, part, fresh);
            found = true;
        } else {
            push(changes, c, 0);
        }
    }
    return found;
}

static bool map_all(const lex_charsmap *map, lex_str text, lex_changes *changes)
{
    bool found = false;
    for (size_t at = 0; at < text.len;) {
        size_t end = lex_grapheme_end(text, at);
        found |= map_cluster(map, (lex_str){text.ptr + at, end - at}, changes);
        at = end;
    }
    return found;
}

/* ---- steps that copy ---- */

static void replace(const lex_norm_step *step, const lex_normalized *from, lex_normalized *to)
{
    lex_str text = text_of(from);
    size_t content_len = strlen(step->content), done = 0;
    to->len = 0;
    for (size_t at = 0; at < text.len;) {
        size_t end = step->pattern.match(&step->pattern, text, at);
        if (end == at) {
            lex_utf8_next(text, &at);
            continue;
        }
        lex_normalized_copy(to, from, done, at);
        lex_normalized_add(to, step->content, content_len, from->begin[end - 1], from->end[end - 1]);
        done = at = end;
    }
    lex_normalized_copy(to, from, done, text.len);
}

static void prepend(const lex_norm_step *step, const lex_normalized *from, lex_normalized *to)
{
    to->len = 0;
    if (from->len > 0)
        lex_normalized_add(to, step->content, strlen(step->content), from->begin[0], from->end[0]);
    lex_normalized_copy(to, from, 0, from->len);
}

/* Whether the step leaves ASCII as it is. */
static bool spares_ascii(lex_norm_kind kind)
{
    switch (kind) {
    case LEX_NORM_NONSPACING:
    case LEX_NORM_MARKS:
    case LEX_NORM_NFD:
    case LEX_NORM_NFC:
    case LEX_NORM_NFKD:
    case LEX_NORM_NFKC:
    case LEX_NORM_PUNCT:
    case LEX_NORM_ISOLATE: return true;
    default: return false;
    }
}

bool lex_is_ascii(lex_str text)
{
    unsigned char all = 0;
    for (size_t i = 0; i < text.len; i++)
        all |= (unsigned char)text.ptr[i];
    return all < 0x80;
}

/* False when the step leaves the text as it is. */
static bool run_step(const lex_norm_step *step, const lex_normalized *from, lex_normalized *to, lex_scratch *scratch)
{
    lex_changes *changes = &scratch->pipeline->changes;
    lex_str text = text_of(from);
    int64_t n_removed = 0;
    changes->n = 0;
    if (spares_ascii(step->kind) && lex_is_ascii(text))
        return false;
    switch (step->kind) {
    case LEX_NORM_CLEAN:
    case LEX_NORM_NONSPACING:
    case LEX_NORM_MARKS: n_removed = filter(step->kind, text, changes); break;
    case LEX_NORM_ISOLATE: isolate(text, changes); break;
    case LEX_NORM_LOWERCASE: lowercase(text, changes); break;
    case LEX_NORM_PUNCT: make_plain(text, changes); break;
    case LEX_NORM_NFD:
    case LEX_NORM_NFC:
    case LEX_NORM_NFKD:
    case LEX_NORM_NFKC: lex_unicode_form(text, step->kind, changes, &scratch->pipeline->composed); break;
    case LEX_NORM_STRIP: n_removed = strip(step, text, changes); break;
    case LEX_NORM_CHARSMAP:
        if (!map_all(step->charsmap, text, changes))
            return false;
        break;
    case LEX_NORM_REPLACE: replace(step, from, to); return true;
    case LEX_NORM_PREPEND: prepend(step, from, to); return true;
    }
    apply(from, to, changes, n_removed);
    return true;
}

void lex_pipeline_normalize(const lex_pipeline *pipeline, lex_str text, size_t from, size_t to, lex_scratch *scratch)
{
    lex_normalized *normalized = &scratch->normalized, *spare = &scratch->pipeline->spare;
    lex_str part = {text.ptr, to};
    normalized->len = 0;
    reserve(normalized, to - from);
    for (size_t at = from; at < to;) {
        size_t begin = at;
        lex_utf8_next(part, &at);
        lex_normalized_add(normalized, text.ptr + begin, at - begin, (uint32_t)begin, (uint32_t)at);
    }
    for (int64_t i = 0; i < pipeline->n_norms && normalized->len > 0; i++) {
        if (run_step(&pipeline->norms[i], normalized, spare, scratch)) {
            lex_normalized old = *normalized;
            *normalized = *spare;
            *spare = old;
        }
    }
}
