/* test_linear.c - features and margins against scikit-learn's (tests/golden/linear), the vocabulary's bytes there and
 * back, and what is promised of threads, interruption and bad input. */
#include <stdlib.h>

#include "check.h"
#include "fixture.h"
#include "lexclf/linear.h"

enum { N_TRAIN = 36, TEXTS_MAX = 100 };

/* What the cases share. */
static lex_strings lines_of(const char *path)
{
    lex_strings lines = {0};
    lex_err err = {0};
    lex_buf content;
    char name[600];
    lex_buf_init(&content);
    snprintf(name, sizeof name, "%s/golden/linear/%s", LEX_TESTS_DIR, path);
    if (lex_file_read(&content, name, 1 << 24, &err) != LEX_OK)
        fixture_stop(err.message);
    for (size_t at = 0; at < content.len;) {
        size_t len = (size_t)((char *)memchr(content.ptr + at, '\n', content.len - at) - (content.ptr + at));
        lex_strings_push(&lines, (lex_str){content.ptr + at, len});
        at += len + 1;
    }
    lex_buf_release(&content);
    return lines;
}

/* A line as the text that it stands for; U+0000 makes it a view. */
static lex_str unescape(const char *line, lex_arena *arena)
{
    lex_str text = lex_arena_copy(arena, lex_str_of(line));
    char *out = (char *)(uintptr_t)text.ptr;
    text.len = 0;
    for (; *line; line++) {
        char c = *line;
        if (c == '\\') {
            line++;
            c = *line == 'n' ? '\n' : *line == 'r' ? '\r' : *line == 't' ? '\t' : *line == '0' ? '\0' : '\\';
        }
        out[text.len++] = c;
    }
    return text;
}

typedef struct {
    char name[20];
    lex_ngrams ngrams;
    int min_df, F, K, one_label;
    double C;
    lex_arena arena;
    lex_str texts[TEXTS_MAX];
    int64_t n_texts, rows[TEXTS_MAX];
    lex_terms *terms;
    lex_vectorizer *vectorizer;
    lex_sparse train, all;
    fixture want;
} golden;

/* NaN counts as infinite. */
static double largest_difference(const float *got, const float *want, int64_t n)
{
    double largest = 0;
    for (int64_t i = 0; i < n; i++) {
        double d = fabs((double)got[i] - (double)want[i]);
        largest = d <= largest ? largest : isnan(d) ? INFINITY : d;
    }
    return largest;
}

static double worst_feature, worst_margin, worst_weight;

static void check_vocabulary(const golden *g)
{
    char name[40];
    snprintf(name, sizeof name, "%s.vocabulary", g->name);
    lex_strings want = lines_of(name);
    lex_arena arena;
    lex_arena_init(&arena);
    CHECK_INT(want.n, g->F);
    if (CHECK_INT(lex_vectorizer_n_features(g->vectorizer), g->F)) {
        for (int64_t f = 0; f < want.n; f++) {
            bool of_characters;
            lex_str gram = lex_vectorizer_feature(g->vectorizer, f, &of_characters);
            CHECK(lex_str_equal(gram, unescape(want.items[f], &arena)));
        }
        worst_feature = fmax(worst_feature, largest_difference(lex_vectorizer_idf(g->vectorizer),
                                                               fixture_get(&g->want, "idf")->values, g->F));
    }
    lex_arena_release(&arena);
    lex_strings_release(&want);
}

static void check_features(const golden *g, const lex_sparse *x)
{
    const fixture_array *want = fixture_get(&g->want, "x");
    float *dense = lex_alloc_zeroed((size_t)want->count, sizeof *dense);
    CHECK_INT(x->n_rows, want->shape[0]);
    CHECK_INT(g->F, want->shape[1]);
    for (int64_t i = 0; i < x->n_rows; i++) {
        for (int64_t at = x->starts[i]; at < x->starts[i + 1]; at++) {
            CHECK(at == x->starts[i] || x->columns[at] > x->columns[at - 1]);
            dense[i * g->F + x->columns[at]] = x->values[at];
        }
    }
    double difference = largest_difference(dense, want->values, want->count);
    CHECK(difference <= 1e-6);
    worst_feature = fmax(worst_feature, difference);
    free(dense);
}

/* The labels of the training texts by the rule of make.py. */
static lex_row_labels make_labels(const golden *g, int64_t starts[TEXTS_MAX + 1], int32_t labels[2 * TEXTS_MAX])
{
    lex_strings rows = lines_of("labels.txt");
    int64_t n = 0;
    for (int64_t i = 0; i < N_TRAIN; i++) {
        const char *row = rows.items[i];
        starts[i] = n;
        if (g->one_label)
            labels[n++] = row[0] ? row[0] - 'A' : 3;
        for (; !g->one_label && *row; row++)
            if (*row != ' ' && *row - 'A' < g->K)
                labels[n++] = *row - 'A';
    }
    starts[N_TRAIN] = n;
    lex_strings_release(&rows);
    return (lex_row_labels){starts, labels};
}

static void check_classifier(const golden *g)
{
    int64_t starts[TEXTS_MAX + 1], n_unfinished = -1;
    int32_t labels[2 * TEXTS_MAX];
    lex_row_labels truth = make_labels(g, starts, labels);
    lex_svm_options options = lex_svm_options_default();
    lex_err err = {0};
    lex_svm svm, again;
    options.C = g->C;
    options.tolerance = 1e-10;
    options.max_passes = 1000000;
    CHECK_INT(lex_svm_train(&svm, &g->train, &truth, g->F, g->K, &options, &n_unfinished, &err), LEX_OK);
    CHECK_INT(n_unfinished, 0);
    double weights = largest_difference(svm.weights, fixture_get(&g->want, "weights")->values, (int64_t)g->F * g->K);
    double bias = largest_difference(svm.bias, fixture_get(&g->want, "bias")->values, g->K);
    float *margins = lex_alloc_array((size_t)(g->n_texts * g->K), sizeof *margins);
    lex_svm_margins(&svm, &g->all, margins);
    double difference = largest_difference(margins, fixture_get(&g->want, "margins")->values, g->n_texts * g->K);
    CHECK(weights <= 1e-6 && bias <= 1e-6);
    CHECK(difference <= 2e-6);
    worst_weight = fmax(worst_weight, fmax(weights, bias));
    worst_margin = fmax(worst_margin, difference);

    /* the same bits in any number of threads; other orders come to the same optimum */
    options.threads = 3;
    CHECK_INT(lex_svm_train(&again, &g->train, &truth, g->F, g->K, &options, &n_unfinished, &err), LEX_OK);
    CHECK(memcmp(again.owned, svm.owned, sizeof(float) * (size_t)((g->F + 1) * g->K)) == 0);
    lex_svm_release(&again);
    options.seed = 5;
    CHECK_INT(lex_svm_train(&again, &g->train, &truth, g->F, g->K, &options, &n_unfinished, &err), LEX_OK);
    CHECK(largest_difference(again.weights, svm.weights, (int64_t)g->F * g->K) <= 1e-6);
    lex_svm_release(&again);
    lex_svm_release(&svm);
    free(margins);
}

/* Written, read and written again; what is read makes the same features. */
static void check_bytes(const golden *g)
{
    lex_buf bytes, again;
    lex_err err = {0};
    lex_vectorizer *read = NULL;
    lex_sparse x;
    lex_buf_init(&bytes);
    lex_buf_init(&again);
    lex_sparse_init(&x);
    lex_vectorizer_write(&bytes, g->vectorizer);
    CHECK_INT(lex_vectorizer_read(&read, bytes.ptr, bytes.len, &err), LEX_OK);
    if (read) {
        lex_vectorizer_set_idf(read, lex_vectorizer_idf(g->vectorizer));
        lex_vectorizer_write(&again, read);
        CHECK(lex_str_equal(lex_buf_str(&bytes), lex_buf_str(&again)));
        for (int64_t i = 0; i < g->n_texts; i++)
            lex_vectorizer_apply(read, g->texts[i], &x);
        CHECK(x.n == g->all.n && memcmp(x.values, g->all.values, sizeof(float) * (size_t)x.n) == 0);
        CHECK(memcmp(x.columns, g->all.columns, sizeof(int32_t) * (size_t)x.n) == 0);
    }
    lex_vectorizer_free(read);
    for (size_t len = 0; len < bytes.len; len++) { /* every way of being cut short */
        lex_err_clear(&err);
        CHECK_INT(lex_vectorizer_read(&read, bytes.ptr, len, &err), LEX_ERR_INPUT);
    }
    lex_buf_add_char(&bytes, 0);
    lex_err_clear(&err);
    CHECK_INT(lex_vectorizer_read(&read, bytes.ptr, bytes.len, &err), LEX_ERR_INPUT);
    CHECK_STR(err.message, "not a valid vocabulary: bytes follow its last n-gram");
    lex_sparse_release(&x);
    lex_buf_release(&bytes);
    lex_buf_release(&again);
}

static void golden_case(const char *line)
{
    golden g = {.F = 0};
    lex_err err = {0};
    char path[60];
    lex_strings lines = lines_of("texts.txt");
    LEX_ASSERT(sscanf(line, "%19s %d %d %d %d %d %lf %d %d %d", g.name, &g.ngrams.word_low, &g.ngrams.word_high,
                      &g.ngrams.char_low, &g.ngrams.char_high, &g.min_df, &g.C, &g.F, &g.K, &g.one_label) == 10);
    snprintf(path, sizeof path, "golden/linear/%s", g.name);
    fixture_open(&g.want, path);
    lex_arena_init(&g.arena);
    lex_sparse_init(&g.train);
    lex_sparse_init(&g.all);
    g.terms = lex_terms_new(&g.ngrams);
    g.n_texts = lines.n;
    for (int64_t i = 0; i < lines.n; i++) {
        g.texts[i] = unescape(lines.items[i], &g.arena);
        g.rows[i] = i;
        CHECK_INT(lex_terms_add(g.terms, g.texts[i], NULL, &err), LEX_OK);
    }
    CHECK_INT(lex_terms_n_texts(g.terms), g.n_texts);
    CHECK_INT(lex_vectorizer_learn(&g.vectorizer, g.terms, g.rows, N_TRAIN, g.min_df, &err), LEX_OK);
    lex_vectorizer_weigh(g.vectorizer, g.terms, g.rows, N_TRAIN, &g.train);
    lex_vectorizer_weigh(g.vectorizer, g.terms, g.rows, g.n_texts, &g.all);
    check_vocabulary(&g);
    check_features(&g, &g.all);
    lex_sparse_clear(&g.all);
    for (int64_t i = 0; i < g.n_texts; i++)
        lex_vectorizer_apply(g.vectorizer, g.texts[i], &g.all);
    check_features(&g, &g.all);
    check_classifier(&g);
    check_bytes(&g);
    lex_vectorizer_free(g.vectorizer);
    lex_terms_free(g.terms);
    lex_sparse_release(&g.train);
    lex_sparse_release(&g.all);
    lex_arena_release(&g.arena);
    fixture_close(&g.want);
    lex_strings_release(&lines);
}

/* ---- promises ---- */

static void test_words_and_lengths(void)
{
    lex_ngrams words = {1, 1, 0, 0};
    lex_terms *terms = lex_terms_new(&words);
    lex_vectorizer *v = NULL;
    lex_err err = {0};
    int64_t n_words, rows[] = {0, 1};
    char *long_word = lex_alloc(2 * LEX_NGRAM_MAX_BYTES);
    memset(long_word, 'x', 2 * LEX_NGRAM_MAX_BYTES);
    CHECK_INT(lex_terms_add(terms, LEX_STR("The tenant, a firm: pays 5 in 2024"), &n_words, &err), LEX_OK);
    CHECK_INT(n_words, 6); /* one character is no word */
    CHECK_INT(lex_terms_add(terms, (lex_str){long_word, LEX_NGRAM_MAX_BYTES + 1}, &n_words, &err), LEX_OK);
    CHECK_INT(n_words, 1);
    CHECK_INT(lex_vectorizer_learn(&v, terms, rows, 2, 1, &err), LEX_OK);
    CHECK_INT(lex_vectorizer_n_features(v), 6); /* a word beyond the limit is none */
    lex_vectorizer_free(v);
    CHECK_INT(lex_vectorizer_learn(&v, terms, rows, 2, 2, &err), LEX_ERR_INPUT);
    CHECK(v == NULL);
    CHECK_STR(err.message, "no n-gram stands in 2 or more of the 2 texts");
    lex_terms_free(terms);
    free(long_word);
}

static void test_stopping(void)
{
    int64_t starts[] = {0, 1, 1}, n_unfinished;
    int32_t label[] = {0};
    float values[] = {1, 1};
    int32_t columns[] = {0, 1};
    int64_t row_starts[] = {0, 1, 2};
    lex_sparse x = {.starts = row_starts, .n_rows = 2, .columns = columns, .values = values, .n = 2};
    lex_row_labels labels = {starts, label};
    lex_svm_options options = lex_svm_options_default();
    volatile sig_atomic_t stop = 1;
    lex_err err = {0};
    lex_svm svm;
    options.stop = &stop;
    CHECK_INT(lex_svm_train(&svm, &x, &labels, 2, 1, &options, &n_unfinished, &err), LEX_ERR_INTERRUPTED);
    lex_svm_release(&svm);
    stop = 0;
    options.max_passes = 1;
    options.tolerance = 1e-12;
    lex_err_clear(&err);
    CHECK_INT(lex_svm_train(&svm, &x, &labels, 2, 1, &options, &n_unfinished, &err), LEX_OK);
    CHECK_INT(n_unfinished, 1);
    lex_svm_release(&svm);
    CHECK_INT(lex_svm_train(&svm, &x, &labels, INT64_C(1) << 31, 2, &options, &n_unfinished, &err), LEX_ERR_INPUT);
    lex_svm_release(&svm);
}

int main(void)
{
    lex_strings cases = lines_of("cases.txt");
    for (int64_t i = 0; i < cases.n; i++)
        golden_case(cases.items[i]);
    CHECK_INT(cases.n, 5);
    lex_strings_release(&cases);
    printf("largest differences: features %.3g, weights %.3g, margins %.3g\n", worst_feature, worst_weight, worst_margin);
    test_words_and_lengths();
    test_stopping();
    return check_report("linear");
}
