/* ranges.c - the pre-tokenizer steps: a text cut into ranges, and ranges written anew.
 *
 * Cutting leaves the text alone and replaces the list of ranges. What writes (a space or another character put in
 * front, bytes as characters) copies all ranges, one behind the other, into another text.
 */
#include <string.h>

#include "pipeline.h"
#include "unicode.h"

static void push(lex_ranges *out, size_t from, size_t to)
{
    lex_range range = {from, to};
    LEX_PUSH(out->items, out->n, out->capacity, range);
}

/* What is held back while it is not known with what a part is merged. */
typedef struct {
    lex_behavior behavior;
    lex_ranges *out;
    int64_t first;  /* number of the first part of this range */
    bool was_match, held;
    lex_range match;
} cutter;

static void take(cutter *c, size_t from, size_t to, bool match)
{
    bool follows = c->out->n > c->first;
    bool merged = (c->behavior == LEX_CONTIGUOUS && match == c->was_match) ||
                  (c->behavior == LEX_MERGED_WITH_PREVIOUS && match && !c->was_match);
    c->was_match = match;
    if (c->behavior == LEX_REMOVED && match)
        return;
    if (c->behavior == LEX_MERGED_WITH_NEXT) {
        if (c->held && match)
            push(c->out, c->match.from, c->match.to);
        else if (c->held)
            from = c->match.from;
        c->held = match;
        c->match = (lex_range){from, to};
        if (!match)
            push(c->out, from, to);
        return;
    }
    if (merged && follows)
        c->out->items[c->out->n - 1].to = to;
    else
        push(c->out, from, to);
}

/* Cuts text[from, to). A pattern sees nothing of what lies outside. */
static void cut(const lex_pre_step *step, const char *text, size_t from, size_t to, lex_ranges *out)
{
    lex_str part = {text + from, to - from};
    cutter c = {.behavior = step->behavior, .out = out, .first = out->n};
    size_t done = 0;
    for (size_t at = 0; at < part.len;) {
        size_t end = step->pattern.match(&step->pattern, part, at);
        if (end == at) {
            lex_utf8_next(part, &at);
            continue;
        }
        if (done < at)
            take(&c, from + done, from + at, step->invert);
        take(&c, from + at, from + end, !step->invert);
        done = at = end;
    }
    if (done < part.len)
        take(&c, from + done, to, step->invert);
    if (c.held)
        push(out, c.match.from, c.match.to);
}

uint32_t lex_byte_char(unsigned char byte)
{
    if (byte <= 0x20) /* what shows nothing is numbered from U+0100 on */
        return 0x100u + byte;
    if (byte >= 0x7F && byte <= 0xA0)
        return 0x121u + (byte - 0x7Fu);
    return byte == 0xAD ? 0x143u : byte;
}

static void write_bytes(const lex_normalized *from, lex_range range, lex_normalized *to)
{
    for (size_t i = range.from; i < range.to; i++) {
        char bytes[4];
        size_t len = lex_utf8_put(bytes, lex_byte_char((unsigned char)from->text[i]));
        lex_normalized_add(to, bytes, len, from->begin[i], from->end[i]);
    }
}

static void write_space(const lex_normalized *from, lex_range range, lex_normalized *to)
{
    if (from->text[range.from] != ' ')
        lex_normalized_add(to, " ", 1, from->begin[range.from], from->end[range.from]);
    lex_normalized_copy(to, from, range.from, range.to);
}

static void write_metaspace(const lex_pre_step *step, const lex_normalized *from, lex_range range, lex_normalized *to)
{
    char mark[4];
    size_t len = lex_utf8_put(mark, step->replacement), first = range.from;
    bool there = from->text[first] == ' ' ||
                 (range.to - first >= len && memcmp(from->text + first, mark, len) == 0);
    bool wanted = step->scheme == LEX_PREPEND_ALWAYS || (step->scheme == LEX_PREPEND_FIRST && from->begin[first] == 0);
    if (wanted && !there)
        lex_normalized_add(to, mark, len, from->begin[first], from->end[first]);
    for (size_t i = first; i < range.to; i++) {
        if (from->text[i] == ' ')
            lex_normalized_add(to, mark, len, from->begin[i], from->end[i]);
        else
            lex_normalized_add(to, from->text + i, 1, from->begin[i], from->end[i]);
    }
}

static void swap_words(struct lex_pipeline_scratch *s)
{
    lex_normalized old = s->words;
    s->words = s->words_spare;
    s->words_spare = old;
}

static void run_step(const lex_pre_step *step, struct lex_pipeline_scratch *s)
{
    lex_ranges old = s->ranges;
    s->ranges = s->ranges_spare;
    s->ranges_spare = old;
    s->ranges.n = 0;
    s->words_spare.len = 0;
    for (int64_t i = 0; i < old.n; i++) {
        size_t begin = s->words_spare.len;
        switch (step->kind) {
        case LEX_PRE_SPLIT: cut(step, s->words.text, old.items[i].from, old.items[i].to, &s->ranges); continue;
        case LEX_PRE_SPACE: write_space(&s->words, old.items[i], &s->words_spare); break;
        case LEX_PRE_BYTES: write_bytes(&s->words, old.items[i], &s->words_spare); break;
        case LEX_PRE_METASPACE: write_metaspace(step, &s->words, old.items[i], &s->words_spare); break;
        }
        push(&s->ranges, begin, s->words_spare.len);
    }
    if (step->kind != LEX_PRE_SPLIT)
        swap_words(s);
}

void lex_pipeline_cut(const lex_pipeline *pipeline, size_t from, size_t to, lex_scratch *scratch)
{
    struct lex_pipeline_scratch *s = scratch->pipeline;
    s->words.len = 0;
    lex_normalized_copy(&s->words, &scratch->normalized, from, to);
    s->ranges.n = 0;
    push(&s->ranges, 0, to - from);
    for (int64_t i = 0; i < pipeline->n_pres; i++)
        run_step(&pipeline->pres[i], s);
}
