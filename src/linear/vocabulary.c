/* vocabulary.c - the vocabulary as bytes.
 *
 *     "lexgrams" 1                        8 bytes and one: the format
 *     word_low word_high char_low char_high   a byte each
 *     n_words n_chars                     how many n-grams of each kind
 *     shared len bytes                    for each: how many bytes it shares with the one before, how many follow
 *
 * Numbers are unsigned LEB128, as short as they can be. The n-grams of each kind ascend by code point, so that one shares
 * its beginning with its neighbour: a third of their bytes remain. What is read is not trusted: an n-gram that does not
 * ascend, is longer than LEX_NGRAM_MAX_BYTES or no UTF-8, and bytes after the last one are errors. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"
#include "lexclf/json.h"

static const char magic[9] = {'l', 'e', 'x', 'g', 'r', 'a', 'm', 's', 1};

/* ---- writing ---- */

static void add_number(lex_buf *out, uint64_t value)
{
    for (; value >= 128; value >>= 7)
        lex_buf_add_char(out, (char)(value | 128));
    lex_buf_add_char(out, (char)value);
}

static size_t shared_bytes(lex_str a, lex_str b)
{
    size_t n = 0;
    while (n < a.len && n < b.len && a.ptr[n] == b.ptr[n])
        n++;
    return n;
}

void lex_vectorizer_write(lex_buf *out, const lex_vectorizer *v)
{
    const int widths[] = {v->ngrams.word_low, v->ngrams.word_high, v->ngrams.char_low, v->ngrams.char_high};
    lex_buf_add(out, magic, sizeof magic);
    for (int i = 0; i < 4; i++)
        lex_buf_add_char(out, (char)widths[i]);
    for (int kind = 0; kind < LEX_GRAM_KINDS; kind++)
        add_number(out, (uint64_t)v->grams[kind].n);
    for (int kind = 0; kind < LEX_GRAM_KINDS; kind++) {
        lex_str before = {NULL, 0};
        for (int64_t i = 0; i < v->grams[kind].n; i++) {
            lex_str gram = lex_grammap_text(&v->grams[kind], i);
            size_t shared = shared_bytes(before, gram);
            add_number(out, shared);
            add_number(out, gram.len - shared);
            lex_buf_add(out, gram.ptr + shared, gram.len - shared);
            before = gram;
        }
    }
}

/* ---- reading ---- */

typedef struct {
    const unsigned char *at, *end;
} input;

static bool read_number(uint64_t *out, input *in, uint64_t max)
{
    *out = 0;
    for (int shift = 0; in->at < in->end && shift < 63; shift += 7) {
        unsigned char byte = *in->at++;
        *out |= (uint64_t)(byte & 127) << shift;
        if (byte < 128)
            return *out <= max && (byte > 0 || shift == 0); /* no zeros in front */
    }
    return false;
}

static lex_status bad(lex_err *err, const char *reason)
{
    return lex_err_set(err, LEX_ERR_INPUT, "not a valid vocabulary: %s", reason);
}

static lex_status read_head(lex_ngrams *ngrams, uint64_t n[LEX_GRAM_KINDS], input *in, lex_err *err)
{
    size_t len = (size_t)(in->end - in->at);
    if (len < sizeof magic + 4 || memcmp(in->at, magic, sizeof magic - 1) != 0)
        return bad(err, "it does not begin as one");
    if (in->at[sizeof magic - 1] != magic[sizeof magic - 1])
        return bad(err, "its format is not known");
    in->at += sizeof magic;
    *ngrams = (lex_ngrams){in->at[0], in->at[1], in->at[2], in->at[3]};
    in->at += 4;
    if (!lex_ngrams_are_good(ngrams))
        return bad(err, "its lengths of n-grams cannot be");
    for (int kind = 0; kind < LEX_GRAM_KINDS; kind++)
        if (!read_number(&n[kind], in, LEX_TERMS_MAX))
            return bad(err, "a number of n-grams is not readable");
    /* Two bytes at least for each, before anything is allocated for them. */
    if (n[0] + n[1] > (uint64_t)(in->end - in->at) / 2)
        return bad(err, "it is cut short");
    if (n[0] + n[1] == 0)
        return bad(err, "it is empty");
    if ((n[LEX_GRAM_WORDS] && !ngrams->word_low) || (n[LEX_GRAM_CHARS] && !ngrams->char_low))
        return bad(err, "it has n-grams of a kind that it says it has not");
    return LEX_OK;
}

/* The next n-gram, in place of the one before it in `gram`. */
static lex_status read_gram(char gram[LEX_NGRAM_MAX_BYTES], size_t *gram_len, input *in, lex_err *err)
{
    uint64_t shared, len;
    if (!read_number(&shared, in, *gram_len) || !read_number(&len, in, LEX_NGRAM_MAX_BYTES - shared))
        return bad(err, "the length of an n-gram is not readable, or too large");
    if (len > (uint64_t)(in->end - in->at))
        return bad(err, "it is cut short");
    /* It ascends when its own bytes come after those that it replaces. */
    bool ascends = len > 0 && (shared == *gram_len || (unsigned char)gram[shared] < in->at[0]);
    if (!ascends)
        return bad(err, "the n-grams do not ascend");
    memcpy(gram + shared, in->at, len);
    *gram_len = shared + len;
    in->at += len;
    if (lex_utf8_valid_prefix((lex_str){gram, *gram_len}) != *gram_len)
        return bad(err, "an n-gram is no UTF-8");
    return LEX_OK;
}

lex_status lex_vectorizer_read(lex_vectorizer **out, const void *bytes, size_t len, lex_err *err)
{
    lex_status st = LEX_OK;
    input in = {bytes, (const unsigned char *)bytes + len};
    lex_ngrams ngrams;
    uint64_t n[LEX_GRAM_KINDS];
    lex_vectorizer *v = NULL;
    *out = NULL;
    LEX_TRY(read_head(&ngrams, n, &in, err));
    v = lex_vectorizer_new(&ngrams);
    for (int kind = 0; kind < LEX_GRAM_KINDS; kind++) {
        char gram[LEX_NGRAM_MAX_BYTES];
        size_t gram_len = 0;
        lex_grammap_expect(&v->grams[kind], (int64_t)n[kind]);
        for (uint64_t i = 0; i < n[kind]; i++) {
            LEX_TRY(read_gram(gram, &gram_len, &in, err));
            lex_grammap_add(&v->grams[kind], (lex_str){gram, gram_len});
        }
    }
    if (in.at != in.end) {
        st = bad(err, "bytes follow its last n-gram");
        goto done;
    }
    v->idf = lex_alloc_array((size_t)(n[0] + n[1]), sizeof *v->idf);
    for (uint64_t i = 0; i < n[0] + n[1]; i++)
        v->idf[i] = 1;
    *out = v;
done:
    if (st != LEX_OK)
        lex_vectorizer_free(v);
    return st;
}
