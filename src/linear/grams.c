/* grams.c - a text's n-grams, as scikit-learn's analyzers "word" and "char_wb" find them: in lower case; words are runs
 * of two or more letters, numbers and '_', joined by one blank; characters are those of a word between white space, with
 * a blank at either end, and a word that is shorter than n gives itself, once. */
#include <stdlib.h>

#include "characters.h"
#include "internal.h"
#include "lexclf/json.h"

void lex_gram_scratch_init(lex_gram_scratch *scratch)
{
    *scratch = (lex_gram_scratch){.n = 0};
    lex_buf_init(&scratch->text);
}

void lex_gram_scratch_release(lex_gram_scratch *scratch)
{
    lex_buf_release(&scratch->text);
    free(scratch->starts);
    free(scratch->ends);
}

typedef struct {
    lex_gram_scratch *scratch;
    lex_gram_use use;
    void *context;
} finding;

/* The unit between two bytes of the scratch text. */
static void add_unit(lex_gram_scratch *s, size_t start, size_t end)
{
    int64_t n = s->n;
    LEX_PUSH(s->starts, s->n, s->capacity, start);
    LEX_PUSH(s->ends, n, s->end_capacity, end);
}

static void add_code_point(lex_buf *text, uint32_t c)
{
    char bytes[4];
    lex_buf_add(text, bytes, lex_utf8_put(bytes, c));
}

/* What `first`..`last` of the units span. */
static void use_units(const finding *f, lex_gram_kind kind, int64_t first, int64_t last)
{
    const lex_gram_scratch *s = f->scratch;
    size_t begin = s->starts[first], len = s->ends[last] - begin;
    if (len <= LEX_NGRAM_MAX_BYTES)
        f->use(f->context, kind, (lex_str){s->text.ptr + begin, len});
}

/* ---- words ---- */

/* A run that has just ended: kept when it has two characters or more. */
static void end_word(lex_gram_scratch *s, size_t start, int64_t n_characters)
{
    if (n_characters >= 2) {
        add_unit(s, start, s->text.len);
        lex_buf_add_char(&s->text, ' ');
    } else {
        s->text.len = start;
    }
}

/* The words of a text into the scratch text. */
static void find_words(lex_gram_scratch *s, lex_str text)
{
    size_t start = 0;
    int64_t n_characters = 0;
    lex_buf_clear(&s->text);
    s->n = 0;
    for (size_t at = 0; at < text.len;) {
        uint32_t lower[LEX_LOWER_MAX];
        size_t n_lower = lex_lower(lex_utf8_next(text, &at), lower);
        for (size_t i = 0; i < n_lower; i++) {
            if (lex_is_word(lower[i])) {
                add_code_point(&s->text, lower[i]);
                n_characters++;
            } else if (n_characters > 0) {
                end_word(s, start, n_characters);
                start = s->text.len;
                n_characters = 0;
            }
        }
    }
    if (n_characters > 0)
        end_word(s, start, n_characters);
}

/* ---- characters ---- */

/* The n-grams of one word, which lies in the scratch text with its blanks. */
static void use_characters(const finding *f, const lex_ngrams *ngrams)
{
    int64_t length = f->scratch->n;
    for (int n = ngrams->char_low; n <= ngrams->char_high; n++) {
        if (length <= n) {
            use_units(f, LEX_GRAM_CHARS, 0, length - 1);
            return;
        }
        for (int64_t first = 0; first + n <= length; first++)
            use_units(f, LEX_GRAM_CHARS, first, first + n - 1);
    }
}

static void begin_characters(lex_gram_scratch *s)
{
    lex_buf_clear(&s->text);
    lex_buf_add_char(&s->text, ' ');
    s->n = 0;
    add_unit(s, 0, 1);
}

static void add_character(lex_gram_scratch *s, uint32_t c)
{
    size_t start = s->text.len;
    add_code_point(&s->text, c);
    add_unit(s, start, s->text.len);
}

static void find_characters(const finding *f, lex_str text, const lex_ngrams *ngrams)
{
    lex_gram_scratch *s = f->scratch;
    begin_characters(s);
    for (size_t at = 0; at < text.len;) {
        uint32_t lower[LEX_LOWER_MAX];
        uint32_t c = lex_utf8_next(text, &at);
        bool is_space = lex_is_space(c);
        size_t n_lower = is_space ? 0 : lex_lower(c, lower);
        for (size_t i = 0; i < n_lower; i++)
            add_character(s, lower[i]);
        if (s->n > 1 && (is_space || at == text.len)) {
            add_character(s, ' ');
            use_characters(f, ngrams);
            begin_characters(s);
        }
    }
}

int64_t lex_grams_find(lex_str text, const lex_ngrams *ngrams, lex_gram_scratch *scratch, lex_gram_use use,
                       void *context)
{
    finding f = {scratch, use, context};
    find_words(scratch, text);
    int64_t n_words = scratch->n;
    for (int n = ngrams->word_low; n > 0 && n <= ngrams->word_high; n++)
        for (int64_t first = 0; first + n <= n_words; first++)
            use_units(&f, LEX_GRAM_WORDS, first, first + n - 1);
    if (ngrams->char_low > 0)
        find_characters(&f, text, ngrams);
    return n_words;
}
