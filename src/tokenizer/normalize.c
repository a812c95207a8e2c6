/* normalize.c - BERT's normalizer, with the source of every byte it writes.
 *
 * The reference runs its steps over the whole text one after another: clean, isolate ideographs, decompose and strip
 * marks, lower-case. Here every character passes all steps at once, which is the same because no step looks at a
 * neighbour, but for one: decomposition puts marks into canonical order. So marks wait in scratch->marks until the
 * next character that is none (a "starter") comes.
 *
 * That order also decides offsets. The reference aligns by position: the k-th part that is a character's first
 * ("fresh") gets the k-th source, whatever moved before it, and a further part gets the source in front of it. Marks
 * and sources therefore wait in two lists, and meet when the marks have been sorted.
 */
#include <string.h>

#include "internal.h"
#include "unicode.h"

typedef struct {
    const lex_normalizer *how;
    lex_scratch *scratch;
    lex_source last; /* of the part written last */
} state;

static void write_char(lex_normalized *out, uint32_t c, lex_source source)
{
    if (out->capacity - out->len < 4) {
        out->capacity = out->capacity ? 2 * out->capacity : 256;
        out->text = lex_realloc_array(out->text, out->capacity, sizeof *out->text);
        out->begin = lex_realloc_array(out->begin, out->capacity, sizeof *out->begin);
        out->end = lex_realloc_array(out->end, out->capacity, sizeof *out->end);
    }
    size_t n = lex_utf8_put(out->text + out->len, c);
    for (size_t i = 0; i < n; i++) {
        out->begin[out->len + i] = source.begin;
        out->end[out->len + i] = source.end;
    }
    out->len += n;
}

/* The steps after decomposition. */
static void finish_char(state *s, uint32_t c, unsigned flags)
{
    lex_normalized *out = &s->scratch->normalized;
    if (s->how->strip_accents && (flags & LEX_UC_MARK))
        return;
    if (!s->how->lowercase || !(flags & LEX_UC_LOWERS)) {
        write_char(out, c, s->last);
        return;
    }
    uint32_t lower[LEX_UC_LOWER_MAX];
    size_t n = lex_uc_lower(c, lower);
    for (size_t i = 0; i < n; i++)
        write_char(out, lower[i], s->last);
}

/* Sorts the waiting marks by combining class, keeping the order of equals: by counting, since a text may hold any
 * number of them in a row. */
static void sort_marks(lex_scratch *scratch)
{
    lex_mark *marks = scratch->marks;
    int64_t n = scratch->n_marks, i = 1;
    while (i < n && marks[i - 1].combining_class <= marks[i].combining_class)
        i++;
    if (i >= n)
        return;
    if (scratch->sorted_capacity < n) {
        scratch->sorted_capacity = scratch->marks_capacity;
        scratch->sorted = lex_realloc_array(scratch->sorted, (size_t)scratch->sorted_capacity, sizeof *marks);
    }
    int64_t place[257] = {0};
    for (i = 0; i < n; i++)
        place[marks[i].combining_class + 1]++;
    for (i = 1; i < 257; i++)
        place[i] += place[i - 1];
    for (i = 0; i < n; i++)
        scratch->sorted[place[marks[i].combining_class]++] = marks[i];
    memcpy(marks, scratch->sorted, (size_t)n * sizeof *marks);
}

static void flush_marks(state *s)
{
    lex_scratch *scratch = s->scratch;
    if (scratch->n_marks == 0)
        return;
    sort_marks(scratch);
    int64_t n_used = 0;
    for (int64_t i = 0; i < scratch->n_marks; i++) {
        uint32_t c = scratch->marks[i].c;
        if (scratch->marks[i].fresh)
            s->last = scratch->sources[n_used++];
        finish_char(s, c, lex_uc_flags(c));
    }
    scratch->n_marks = scratch->n_sources = 0;
}

/* One part of a decomposed character; `fresh` when it is the first, with the character's source. */
static void add_part(state *s, uint32_t c, bool fresh, lex_source source)
{
    lex_scratch *scratch = s->scratch;
    unsigned flags = lex_uc_flags(c);
    if (flags & LEX_UC_REORDERS) {
        lex_mark mark = {c, (uint8_t)lex_uc_class(c), fresh};
        LEX_PUSH(scratch->marks, scratch->n_marks, scratch->marks_capacity, mark);
        if (fresh)
            LEX_PUSH(scratch->sources, scratch->n_sources, scratch->sources_capacity, source);
        return;
    }
    flush_marks(s);
    if (fresh)
        s->last = source;
    finish_char(s, c, flags);
}

static void add_char(state *s, uint32_t c, unsigned flags, lex_source source)
{
    if (s->how->strip_accents && (flags & (LEX_UC_DECOMPOSES | LEX_UC_REORDERS))) {
        uint32_t parts[LEX_UC_DECOMPOSITION_MAX] = {c};
        size_t n = flags & LEX_UC_DECOMPOSES ? lex_uc_decompose(c, parts) : 1;
        for (size_t i = 0; i < n; i++)
            add_part(s, parts[i], i == 0, source);
        return;
    }
    flush_marks(s);
    s->last = source;
    finish_char(s, c, flags);
}

void lex_normalize(const lex_normalizer *how, lex_str text, size_t from, size_t to, lex_scratch *scratch)
{
    state s = {how, scratch, {(uint32_t)from, (uint32_t)from}};
    lex_str part = {text.ptr, to};
    for (size_t at = from; at < to;) {
        size_t begin = at;
        uint32_t c = lex_utf8_next(part, &at);
        lex_source source = {(uint32_t)begin, (uint32_t)at};
        unsigned flags = lex_uc_flags(c);
        if (how->clean_text && (flags & LEX_UC_REMOVED))
            continue;
        if (how->clean_text && (flags & LEX_UC_SPACE)) {
            c = ' ';
            flags = LEX_UC_SPACE;
        }
        bool isolate = how->isolate_cjk && (flags & LEX_UC_CJK);
        if (isolate)
            add_char(&s, ' ', LEX_UC_SPACE, source);
        add_char(&s, c, flags, source);
        if (isolate)
            add_char(&s, ' ', LEX_UC_SPACE, source);
    }
    flush_marks(&s);
}
