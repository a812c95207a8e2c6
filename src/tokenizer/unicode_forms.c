/* unicode_forms.c - Unicode's normalization forms (Unicode Standard Annex 15), and what they do to places.
 *
 * Decomposition says of the first part of a character that it stands in the character's place, and of the others that
 * they were put behind it; sorting marks into canonical order moves these statements with them, and composing two adds
 * theirs up. So a moved mark takes the place of the one that it passed, as in the reference.
 */
#include <string.h>

#include "pipeline.h"
#include "unicode.h"

static void push(lex_changes *changes, uint32_t c, int32_t change)
{
    lex_change item = {c, change};
    LEX_PUSH(changes->items, changes->n, changes->capacity, item);
}

/* Sorts the marks items[from, n) by combining class, keeping the order of equals; by counting, for they may be many. */
static void sort_marks(lex_changes *changes, int64_t from, lex_changes *spare)
{
    int64_t n = changes->n - from, place[257] = {0};
    lex_change *items = changes->items + from;
    bool sorted = true;
    for (int64_t i = 1; i < n && sorted; i++)
        sorted = lex_uc_class(items[i - 1].c) <= lex_uc_class(items[i].c);
    if (sorted)
        return;
    spare->n = 0;
    for (int64_t i = 0; i < n; i++)
        push(spare, items[i].c, items[i].change);
    for (int64_t i = 0; i < n; i++)
        place[lex_uc_class(items[i].c) + 1]++;
    for (int64_t i = 1; i < 257; i++)
        place[i] += place[i - 1];
    for (int64_t i = 0; i < n; i++)
        items[place[lex_uc_class(spare->items[i].c)]++] = spare->items[i];
}

static void decompose(lex_str text, bool compatible, lex_changes *changes, lex_changes *spare)
{
    int64_t marks = -1; /* where a row of marks began */
    for (size_t at = 0; at < text.len;) {
        uint32_t parts[LEX_UC_COMPATIBLE_MAX], c = lex_utf8_next(text, &at);
        size_t n = 1;
        parts[0] = c;
        if (c >= 0x80 && compatible)
            n = lex_uc_decompose_compatible(c, parts);
        else if (c >= 0x80 && (lex_uc_flags(c) & LEX_UC_DECOMPOSES))
            n = lex_uc_decompose(c, parts);
        for (size_t i = 0; i < n; i++) {
            bool mark = parts[i] >= 0x80 && (lex_uc_flags(parts[i]) & LEX_UC_REORDERS);
            if (!mark && marks >= 0) {
                sort_marks(changes, marks, spare);
                marks = -1;
            } else if (mark && marks < 0) {
                marks = changes->n;
            }
            push(changes, parts[i], i > 0);
        }
    }
    if (marks >= 0)
        sort_marks(changes, marks, spare);
}

/* Composes in place. A mark is blocked by one between it and the starter whose class is not lower. */
static void compose(lex_changes *changes)
{
    lex_change *items = changes->items;
    int64_t n = 0, starter = -1;
    int last_class = -1; /* of the mark kept last behind the starter; -1 when there is none */
    for (int64_t i = 0; i < changes->n; i++) {
        lex_change item = items[i];
        int class = item.c >= 0x80 ? (int)lex_uc_class(item.c) : 0;
        uint32_t both = starter >= 0 && last_class < class ? lex_uc_compose(items[starter].c, item.c) : 0;
        if (both != 0) {
            items[starter] = (lex_change){both, items[starter].change + item.change - 1};
            continue;
        }
        if (class == 0) {
            starter = n;
            last_class = -1;
        } else if (starter >= 0) {
            last_class = class;
        }
        items[n++] = item;
    }
    changes->n = n;
}

void lex_unicode_form(lex_str text, lex_norm_kind form, lex_changes *changes, lex_changes *spare)
{
    decompose(text, form == LEX_NORM_NFKC || form == LEX_NORM_NFKD, changes, spare);
    if (form == LEX_NORM_NFC || form == LEX_NORM_NFKC)
        compose(changes);
}
