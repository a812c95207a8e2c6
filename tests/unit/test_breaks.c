/* test_breaks.c - Chinese documents cut into windows: where a window may begin, that every token still lies in one, that
 * sentences which fit are seen whole, and that documents without marks are cut as ever. */
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "lexclf/file.h"
#include "lexclf/random.h"
#include "tokenizer/internal.h"

static const char characters[] = "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n。\n；\n！\n？\n;\n”\n）\n第\n条\n1\n2\n12\n一\n二\n十\n甲\n乙\n方\n应\n付\n款\nx\n";
static lex_tokens tokens;

static lex_tokenizer *tokenizer_of(const char *vocab)
{
    lex_tokenizer_sources sources = {.dir = "memory", .vocab_txt = lex_str_of(vocab)};
    lex_tokenizer *tokenizer = NULL;
    lex_err err = {0};
    lex_status st = lex_tokenizer_parse(&tokenizer, &sources, &err);
    CHECK(st == LEX_OK);
    if (st != LEX_OK)
        exit(1);
    return tokenizer;
}

/* The places before which `text` is best cut, as a row of 0 and 1, one a token. */
static void check_breaks(const lex_tokenizer *tokenizer, const char *text, const char *wanted)
{
    int32_t ids[64];
    char found[65] = {0};
    lex_tokenizer_encode(tokenizer, lex_str_of(text), &tokens);
    for (int64_t i = 0; i < tokens.n; i++)
        ids[i] = tokens.items[i].id;
    for (int64_t i = 0; i < tokens.n; i++)
        found[i] = tokenizer->breaks && lex_breaks_before(tokenizer->breaks, ids, tokens.n, i) ? '1' : '0';
    if (strcmp(found, wanted) != 0)
        fprintf(stderr, "%s: %s, not %s\n", text, found, wanted);
    CHECK(strcmp(found, wanted) == 0);
}

static void test_marks(lex_tokenizer *tokenizer)
{
    check_breaks(tokenizer, "甲方付款。乙方付款", "000001000");
    check_breaks(tokenizer, "甲付；乙付！一付？二", "0001001001");
    check_breaks(tokenizer, "甲方付款。”乙方", "00000010");
    check_breaks(tokenizer, "甲付！？）乙", "000001");
    check_breaks(tokenizer, "甲 第1条 乙", "01000");
    check_breaks(tokenizer, "甲 第12条 乙 第十二条", "010001000");
    check_breaks(tokenizer, "甲 第 条 乙", "0000");       /* no numeral */
    check_breaks(tokenizer, "甲 第 三 条", "0000");       /* unknown */
    check_breaks(tokenizer, "甲 第 方 条", "0000");       /* another word */
    check_breaks(tokenizer, "甲;乙", "000");              /* ASCII's is no mark of Chinese */
    lex_tokenizer_set_normalize(tokenizer, LEX_NORMALIZE_PUNCT); /* unless it stands for one */
    check_breaks(tokenizer, "甲;乙；方", "00101");
    lex_tokenizer_set_normalize(tokenizer, LEX_NORMALIZE_OFF);
    lex_tokenizer *plain = tokenizer_of("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\nx\n第\n条\n");
    check_breaks(plain, "x 。 x 第 x 条", "000000");
    CHECK(plain->breaks == NULL);
    lex_tokenizer_free(plain);
}

/* A random document: in how many windows its sentences lie whole, with breaks and without. */
static void check_document(const lex_cut *cut, const int32_t *ids, int64_t n, int64_t *n_whole, int64_t *n_sentences)
{
    int64_t W = lex_cut_n_windows(cut, n), room = lex_cut_room(cut), covered = 0, last = -1, computed = 0;
    int64_t begins[200], ends[200];
    int32_t framed[64];
    for (int64_t w = 0; w < W; w++) {
        int64_t begin, length = lex_cut_window(cut, ids, n, w, &begin);
        CHECK(begin >= 0 && begin > last && begin <= covered && length >= 1 && length <= room);
        CHECK(w + 1 == W || begin + length < n);
        CHECK_INT(lex_cut_frame(cut, ids, n, w, framed), length + 2);
        CHECK(memcmp(framed + 1, ids + begin, (size_t)length * sizeof *ids) == 0);
        last = begins[w] = begin;
        covered = ends[w] = begin + length;
        computed += length + 2;
    }
    CHECK_INT(covered, n);
    CHECK(computed <= lex_cut_n_computed(cut, n));
    for (int64_t from = 0, to; from < n; from = to) {
        for (to = from + 1; to < n && ids[to - 1] != 5; to++) {}
        bool whole = false;
        for (int64_t w = 0; w < W; w++)
            whole |= begins[w] <= from && to <= ends[w];
        *n_whole += whole;
        (*n_sentences)++;
    }
}

static void test_windows(const lex_tokenizer *tokenizer)
{
    lex_rng rng;
    lex_rng_init(&rng, 7, 0);
    int64_t with = 0, without = 0, n_sentences = 0, ignored = 0;
    for (int round = 0; round < 2000; round++) {
        int32_t ids[400];
        int64_t n = 1 + (int64_t)lex_rng_below(&rng, 399), room = 8 + (int64_t)lex_rng_below(&rng, 24);
        int64_t stride = 1 + (int64_t)lex_rng_below(&rng, (uint64_t)room);
        if (n > 199 * stride)
            n = 199 * stride;
        for (int64_t i = 0; i < n; i++)
            ids[i] = lex_rng_below(&rng, 7) == 0 ? 5 : 20;
        lex_cut cut = lex_tokenizer_cut(tokenizer, room + 2, stride);
        check_document(&cut, ids, n, &with, &n_sentences);
        cut.breaks = NULL;
        check_document(&cut, ids, n, &without, &ignored);
        for (int64_t i = 0; i < n; i++)
            ids[i] = 20;
        for (int64_t w = 0; w < lex_cut_n_windows(&cut, n); w++) { /* no marks: the same windows */
            int64_t a, b;
            lex_cut ours = lex_tokenizer_cut(tokenizer, room + 2, stride);
            CHECK_INT(lex_cut_window(&ours, ids, n, w, &a), lex_cut_window(&cut, ids, n, w, &b));
            CHECK_INT(a, b);
        }
    }
    printf("of %lld sentences %lld lie whole in a window, %lld where windows do not look for them\n", (long long)n_sentences,
           (long long)with, (long long)without);
    CHECK(with > without);
}

int main(void)
{
    lex_tokenizer *tokenizer = tokenizer_of(characters);
    lex_tokens_init(&tokens);
    CHECK(tokenizer->breaks != NULL);
    test_marks(tokenizer);
    test_windows(tokenizer);
    lex_tokens_release(&tokens);
    lex_tokenizer_free(tokenizer);
    return check_report("breaks");
}
