/* test_lint.c - what lint stands on, part by part, and near duplicates against the truth: a seeded generator makes
 * texts and altered copies, whose Jaccard index is counted here from the words themselves. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "check.h"
#include "lexclf/file.h"
#include "lexclf/random.h"
#include "lint/internal.h"

static char folder[] = "/tmp/lexclf-lint-XXXXXX";
static char path[sizeof folder + 32];

static const char *write_data(const char *name, lex_str content)
{
    lex_err err = {0};
    snprintf(path, sizeof path, "%s/%s", folder, name);
    CHECK(lex_file_write(path, content, &err) == LEX_OK);
    return path;
}

static void remove_data(void)
{
    lex_err err = {0};
    CHECK(lex_path_remove(folder, &err) == LEX_OK);
}

/* ---- table ---- */

static void test_table(void)
{
    lint_table table = {0};
    for (uint64_t i = 0; i < 10000; i++) { /* keys that are no hashes, 0 among them */
        uint32_t *value = lint_table_at(&table, i << 40);
        CHECK(*value == LINT_NONE);
        *value = (uint32_t)i;
    }
    long wrong = 0;
    for (uint64_t i = 0; i < 10000; i++)
        wrong += *lint_table_at(&table, i << 40) != i;
    CHECK_INT(wrong, 0);
    CHECK_INT(table.n, 10000);
    lint_table_release(&table);
}

/* ---- sketches ---- */

static lint_sketch sketch_of_range(uint64_t from, uint64_t to, lex_arena *arena, uint32_t bands[LINT_BANDS])
{
    lint_shingles *shingles = lex_alloc(sizeof *shingles);
    lint_shingles_begin(shingles);
    for (uint64_t i = from; i < to; i++)
        lint_shingles_add(shingles, lint_mix(i + 1));
    for (uint64_t i = to; i > from; i--) /* once more, backwards: a set knows no order and no repetition */
        lint_shingles_add(shingles, lint_mix(i));
    lint_sketch sketch = lint_sketch_of(shingles, arena);
    if (bands)
        lint_bands_of(bands, shingles);
    free(shingles);
    return sketch;
}

static void test_sketches(void)
{
    lex_arena arena;
    lex_arena_init(&arena);
    lint_sketch a = sketch_of_range(0, 100, &arena, NULL), b = sketch_of_range(20, 120, &arena, NULL);
    CHECK_INT(a.n, 100);
    CHECK(!a.cut);
    CHECK_NEAR(lint_similarity(&a, &b), 80.0 / 120.0, 1e-15); /* exact: nothing is cut */
    CHECK_NEAR(lint_similarity(&a, &a), 1, 0);
    lint_sketch c = sketch_of_range(500, 600, &arena, NULL);
    CHECK_NEAR(lint_similarity(&a, &c), 0, 0);
    bool ascending = true;
    for (int i = 1; i < a.n; i++)
        ascending &= a.hashes[i - 1] < a.hashes[i];
    CHECK(ascending);

    /* Estimates: the error of 200 of them, and their mean's, for sets of 10,000 with J = 0.8. */
    double sum = 0, squares = 0;
    for (uint64_t t = 0; t < 200; t++) {
        uint64_t base = t * 100000;
        lint_sketch x = sketch_of_range(base, base + 9000, &arena, NULL);
        lint_sketch y = sketch_of_range(base + 1000, base + 10000, &arena, NULL);
        CHECK(x.cut && x.n == LEX_LINT_SKETCH);
        double error = lint_similarity(&x, &y) - 0.8;
        sum += error;
        squares += error * error;
    }
    printf("estimates of 0.8: mean error %.4f, deviation %.4f\n", sum / 200, sqrt(squares / 200));
    CHECK_NEAR(sum / 200, 0, 0.008);
    CHECK_NEAR(sqrt(squares / 200), sqrt(0.8 * 0.2 / LEX_LINT_SKETCH), 0.006);

    /* A cut sketch against a whole one: 50 of 10,000. */
    lint_sketch part = sketch_of_range(0, 50, &arena, NULL), whole = sketch_of_range(0, 10000, &arena, NULL);
    CHECK(lint_similarity(&part, &whole) < 0.1);
    lex_arena_release(&arena);
}

/* The share of pairs with that index which have a band in common, against 1 - (1 - J^6)^20. */
static double share_of_candidates(uint64_t n, uint64_t n_common)
{
    lex_arena arena;
    lex_arena_init(&arena);
    int found = 0;
    enum { TRIALS = 2000 };
    for (uint64_t t = 0; t < TRIALS; t++) {
        uint32_t a[LINT_BANDS], b[LINT_BANDS];
        uint64_t base = t * 1000 + n * 10000000;
        sketch_of_range(base, base + n, &arena, a);
        sketch_of_range(base + n - n_common, base + 2 * n - n_common, &arena, b);
        bool hit = false;
        for (int i = 0; i < LINT_BANDS; i++)
            hit |= a[i] == b[i];
        found += hit;
        lex_arena_reset(&arena);
    }
    lex_arena_release(&arena);
    return (double)found / TRIALS;
}

static void test_bands(void)
{
    CHECK_NEAR(share_of_candidates(90, 80), 1 - pow(1 - pow(0.8, 6), 20), 0.02);   /* J = 80/100 */
    CHECK_NEAR(share_of_candidates(300, 200), 1 - pow(1 - pow(0.5, 6), 20), 0.06); /* J = 200/400 */
    CHECK(share_of_candidates(9, 8) > 0.97);                                        /* J = 8/10: most bins borrow */
    CHECK(share_of_candidates(300, 30) < 0.01);
    uint32_t same[LINT_BANDS], again[LINT_BANDS];
    lex_arena arena;
    lex_arena_init(&arena);
    sketch_of_range(7, 8, &arena, same); /* one shingle fills every bin */
    sketch_of_range(7, 8, &arena, again);
    CHECK(memcmp(same, again, sizeof same) == 0);
    lex_arena_release(&arena);
}

/* ---- scan ---- */

static lint_scan *scanned(const char *text)
{
    static lint_scan scan;
    lint_scan_text(&scan, lex_str_of(text));
    scan.folded.ptr[scan.folded.len] = '\0'; /* for comparison */
    return &scan;
}

static void test_scan(void)
{
    CHECK_STR(scanned("  The\tTenant \r\n\xC2\xA0 pays\xE3\x80\x80.  ")->folded.ptr, "The Tenant pays .");
    CHECK_INT(scanned("  The\tTenant \r\n\xC2\xA0 pays\xE3\x80\x80.  ")->n_words, 3);
    CHECK_STR(scanned(" \t\n")->folded.ptr, "");
    CHECK_INT(scanned("")->n_words, 0);
    CHECK_INT(scanned("--- ... ***")->n_words, 0);
    CHECK_INT(scanned("出租人应当交付房屋。")->n_words, 9);
    CHECK_INT(scanned("租金rent 12月")->n_words, 5);
    CHECK_INT(scanned("Müller–Straße 5")->n_words, 3);

    lex_arena arena;
    lex_arena_init(&arena);
    lint_sketch a = lint_sketch_of(&scanned("The Tenant SHALL pay, (monthly) rent!")->shingles, &arena);
    lint_sketch b = lint_sketch_of(&scanned("the tenant shall pay monthly \"rent\"")->shingles, &arena);
    CHECK_INT(a.n, 4);
    CHECK_NEAR(lint_similarity(&a, &b), 1, 0);
    lint_sketch c = lint_sketch_of(&scanned("rent monthly pay shall tenant the")->shingles, &arena);
    CHECK_NEAR(lint_similarity(&a, &c), 0, 0); /* order counts */
    lint_sketch one = lint_sketch_of(&scanned("Tenant")->shingles, &arena);
    lint_sketch two = lint_sketch_of(&scanned("tenant Tenant")->shingles, &arena);
    CHECK_INT(one.n, 1);
    CHECK_INT(two.n, 1);
    CHECK_NEAR(lint_similarity(&one, &two), 0, 0);
    lex_arena_release(&arena);
}

static bool is_odd(const char *text, lint_odd kind)
{
    const lint_scan *scan = scanned(text);
    for (int i = 0; i < LINT_N_ODD; i++)
        if (i != (int)kind && scan->n_odd[i])
            return false;
    return scan->n_odd[kind] > 0;
}

static bool is_plain(const char *text)
{
    const lint_scan *scan = scanned(text);
    return !scan->n_odd[0] && !scan->n_odd[1] && !scan->n_odd[2] && !scan->n_odd[3];
}

static void test_odd(void)
{
    CHECK(is_odd("caf\xC3\x83\xC2\xA9", LINT_MOJIBAKE));            /* CafÃ© */
    CHECK(is_odd("the Tenant\xC3\xA2\xE2\x82\xAC\xE2\x84\xA2s duty", LINT_MOJIBAKE)); /* â€™ */
    CHECK(is_odd("\xC3\xA2\xE2\x82\xAC\xC5\x93quoted", LINT_MOJIBAKE));              /* â€œ */
    CHECK(is_odd("5 \xC3\x82\xC2\xA3", LINT_MOJIBAKE));                              /* Â£ */
    CHECK(is_odd("\xC3\xA7\xC2\xA7\xC5\xB8\xC3\xA9\xE2\x80\xA1\xE2\x80\x98", LINT_MOJIBAKE)); /* ç§Ÿé‡‘ */
    CHECK(is_odd("a\x07z", LINT_CONTROL));
    CHECK(is_odd("a\x7Fz", LINT_CONTROL));
    CHECK(is_odd("a\xC2\x85z", LINT_CONTROL));
    CHECK(is_odd("a\xEF\xBF\xBDz", LINT_REPLACEMENT));
    CHECK(is_odd("a\xE2\x80\x8Bz", LINT_INVISIBLE));
    CHECK(is_odd("\xEF\xBB\xBFstart", LINT_INVISIBLE));
    CHECK(is_plain("tab\tand\r\nline"));
    CHECK(is_plain("\xC2\xABSoci\xC3\xA9t\xC3\xA9\xC2\xBB\xE2\x80\xA6"));             /* «Société»… */
    CHECK(is_plain("CAF\xC3\x89\xE2\x80\x9D \xC3\x80 louer \xE2\x80\x93 S\xC3\x83O PAULO")); /* CAFÉ” À – SÃO */
    CHECK(is_plain("Gesch\xC3\xA4" "ftsf\xC3\xBChrung \xC2\xA7 5, 30\xC2\xB0"));
    CHECK(is_plain("\xE0\xA4\x95\xE0\xA5\x8D\xE2\x80\x8D\xE0\xA4\xB7")); /* a joiner */
    CHECK(is_plain("租赁合同（一）：\xF0\x9F\x8F\xA0"));
}

/* ---- near duplicates against the truth ---- */

enum { GROUPS = 1500, WORDS_MAX_HERE = 400 };
typedef struct {
    int words[WORDS_MAX_HERE];
    int n;
} text_words;

static int by_value(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}

static int shingles_of(const text_words *text, int64_t *out)
{
    int n = 0, unique = 0;
    for (int i = 0; i + 2 < text->n; i++)
        out[n++] = ((int64_t)text->words[i] * 100000 + text->words[i + 1]) * 100000 + text->words[i + 2];
    qsort(out, (size_t)n, sizeof *out, by_value);
    for (int i = 0; i < n; i++)
        if (i == 0 || out[i] != out[i - 1])
            out[unique++] = out[i];
    return unique;
}

static double true_index(const text_words *a, const text_words *b)
{
    static int64_t x[WORDS_MAX_HERE], y[WORDS_MAX_HERE];
    int n = shingles_of(a, x), m = shingles_of(b, y), i = 0, k = 0, common = 0;
    while (i < n && k < m) {
        common += x[i] == y[k];
        int64_t left = x[i], right = y[k];
        i += left <= right;
        k += right <= left;
    }
    return (double)common / (n + m - common);
}

/* `chinese`: words are ideographs, written without spaces. */
static void add_row(lex_buf *out, const text_words *text, bool chinese)
{
    for (int i = 0; i < text->n; i++) {
        char bytes[4];
        if (chinese)
            lex_buf_add(out, bytes, lex_utf8_put(bytes, (uint32_t)(0x4E00 + text->words[i])));
        else
            lex_buf_printf(out, "%sw%d", i ? " " : "", text->words[i]);
    }
    lex_buf_add_char(out, '\n');
}

static text_words random_text(lex_rng *rng)
{
    text_words text = {.n = 8 + (int)lex_rng_below(rng, 20 << lex_rng_below(rng, 5))};
    for (int i = 0; i < text.n; i++)
        text.words[i] = (int)lex_rng_below(rng, 8000);
    return text;
}

static text_words altered(const text_words *from, lex_rng *rng)
{
    text_words text = *from;
    int n = 1 + (int)lex_rng_below(rng, 1 + (uint64_t)from->n / 15);
    for (int i = 0; i < n; i++) {
        int at = (int)lex_rng_below(rng, (uint64_t)text.n);
        if (lex_rng_below(rng, 2) && text.n > 4) {
            memmove(text.words + at, text.words + at + 1, (size_t)(text.n - at - 1) * sizeof *text.words);
            text.n--;
        } else {
            text.words[at] = (int)lex_rng_below(rng, 8000);
        }
    }
    return text;
}

/* Rows in pairs: a text and its altered copy. */
static void test_recall(bool chinese)
{
    lex_rng rng;
    lex_buf rows;
    lex_buf_init(&rows);
    lex_rng_init(&rng, 7, chinese);
    double *truth = lex_alloc_array(GROUPS, sizeof *truth);
    int n_sure = 0, n_true = 0;
    lex_buf_printf(&rows, "text\n");
    for (int g = 0; g < GROUPS; g++) {
        text_words text = random_text(&rng), copy = altered(&text, &rng);
        truth[g] = true_index(&text, &copy);
        n_sure += truth[g] >= 0.9;
        n_true += truth[g] >= 0.8;
        add_row(&rows, &text, chinese);
        add_row(&rows, &copy, chinese);
    }
    lex_err err = {0};
    lex_lint_options options = lex_lint_options_default();
    lex_reader_options reader = lex_reader_options_default();
    lex_lint *lint = lex_lint_new(&options);
    CHECK(lex_lint_add(lint, write_data("rows.csv", lex_buf_str(&rows)), LEX_LINT_OTHER, &reader, &err) == LEX_OK);
    CHECK_STR(err.message, "");
    const lex_lint_report *report = lex_lint_finish(lint);

    /* Which were found is read off the texts: a bit is set where a twin was found. */
    int found_sure = 0, found_true = 0, wrong = 0;
    CHECK_INT(report->n_rows, 2 * GROUPS);
    for (int g = 0; g < GROUPS; g++) {
        bool found = lint->texts[lint->rows[2 * g + 1].text].near_sets != 0;
        found_sure += found && truth[g] >= 0.9;
        found_true += found && truth[g] >= 0.8;
        wrong += found && truth[g] < 0.8;
    }
    printf("near duplicates%s: %d of %d with J >= 0.8 found, %d of %d with J >= 0.9; %d of %d below 0.8\n",
           chinese ? ", Chinese" : "", found_true, n_true, found_sure, n_sure, wrong, GROUPS - n_true);
    CHECK(n_sure > 100 && n_true - n_sure > 100 && GROUPS - n_true > 100);
    CHECK(found_true >= 0.97 * n_true);
    CHECK(found_sure >= 0.999 * n_sure);
    CHECK(wrong <= 0.05 * (GROUPS - n_true));
    lex_lint_free(lint);
    lex_buf_release(&rows);
    free(truth);
}

/* A bucket of thousands must not cost the square of it: each row is compared with at most five others a band. */
static void test_many_alike(void)
{
    lex_buf rows;
    lex_buf_init(&rows);
    lex_buf_printf(&rows, "text\n");
    for (int i = 0; i < 20000; i++)
        lex_buf_printf(&rows, "the tenant shall pay the rent on the first day of each month without any set off %s%d\n",
                       "or counterclaim whatsoever and notwithstanding anything herein number ", i);
    lex_err err = {0};
    lex_lint_options options = lex_lint_options_default();
    lex_reader_options reader = lex_reader_options_default();
    lex_lint *lint = lex_lint_new(&options);
    CHECK(lex_lint_add(lint, write_data("alike.csv", lex_buf_str(&rows)), LEX_LINT_OTHER, &reader, &err) == LEX_OK);
    double begin_s = lex_now_s();
    CHECK_INT(lex_lint_finish(lint)->n_near, 19999);
    CHECK(lex_now_s() - begin_s < 30);
    lex_lint_free(lint);
    lex_buf_release(&rows);
}

/* ---- bytes ---- */

static lex_lint_bytes bytes_of(const char *name, lex_str content)
{
    lex_lint_bytes bytes;
    lex_err err = {0};
    CHECK(lint_bytes_read(&bytes, write_data(name, content), LEX_FORMAT_AUTO, &err) == LEX_OK);
    return bytes;
}

static void test_bytes(void)
{
    lex_lint_bytes b = bytes_of("a.csv", LEX_STR("text\r\n\"two\nlines \"\"and\"\" \rmore\"\r\nlast"));
    CHECK(b.is_ascii);
    CHECK(!b.has_mark);
    CHECK(b.n_crlf == 2 && b.n_lf == 0 && b.n_cr == 0);
    b = bytes_of("a.jsonl", LEX_STR("{}\n{}\r\n{}\r\"\n\""));
    CHECK(b.n_crlf == 1 && b.n_lf == 2 && b.n_cr == 1);
    CHECK_INT(bytes_of("b.csv", LEX_STR("text\r")).n_cr, 1);
    b = bytes_of("a.txt", LEX_STR("\xEF\xBB\xBF\xE7\xA7\x9F"));
    CHECK(!b.is_ascii);
    CHECK(b.has_mark);
    b = bytes_of("c.csv", LEX_STR("\xFF\xFEt\0e\0\n\0"));
    CHECK(b.has_mark && !b.is_ascii && b.n_lf == 0); /* UTF-16: its line ends are not single bytes */
    CHECK(bytes_of("c.csv", LEX_STR("\xFE\xFF\0t\0e")).has_mark);
    CHECK(!bytes_of("c.csv", LEX_STR("text\n\xD7\xE2\xBD\xF0\n")).is_ascii); /* GB18030 */
    CHECK(bytes_of("c.csv", LEX_STR("")).is_ascii);
    CHECK(!bytes_of("c.csv.gz", LEX_STR("\x1F\x8B\x08rest\n")).n_lf);

    /* A CRLF across the border of two blocks. */
    lex_buf text;
    lex_buf_init(&text);
    for (int i = 0; i < (256 << 10) - 1; i++)
        lex_buf_add_char(&text, 'a');
    lex_buf_printf(&text, "\r\nlast\r");
    b = bytes_of("d.csv", lex_buf_str(&text));
    CHECK(b.n_crlf == 1 && b.n_cr == 1 && b.n_lf == 0);
    lex_buf_release(&text);
}

/* ---- labels ---- */

static const lex_lint_finding *finding(const lex_lint_report *report, const char *code)
{
    for (int64_t i = 0; i < report->n_findings; i++)
        if (strcmp(report->findings[i].code, code) == 0)
            return &report->findings[i];
    return NULL;
}

static int64_t count_of(const char *rows, const char *code)
{
    lex_err err = {0};
    lex_lint_options options = lex_lint_options_default();
    lex_reader_options reader = lex_reader_options_default();
    reader.labels = LEX_LABELS_REQUIRED;
    lex_lint *lint = lex_lint_new(&options);
    CHECK(lex_lint_add(lint, write_data("l.csv", lex_str_of(rows)), LEX_LINT_OTHER, &reader, &err) == LEX_OK);
    const lex_lint_finding *found = finding(lex_lint_finish(lint), code);
    int64_t n = found ? found->count : 0;
    lex_lint_free(lint);
    return n;
}

static void test_labels(void)
{
    CHECK_INT(count_of("text,label\na,LEASE\nb,Lease\nc,lease \nd,RENT\n", "label-twin"), 2);
    CHECK_INT(count_of("text,label\na,LEASE\nb,Lease\nc,lease \nd,RENT\n", "label-space"), 1);
    CHECK_INT(count_of("text,label\na,\xEF\xBC\xA1\xEF\xBC\xA2\nb,AB\n", "label-twin"), 1); /* full width */
    CHECK_INT(count_of("text,label\na,caf\xC3\xA9\nb,cafe\xCC\x81\n", "label-twin"), 1);    /* composed or not */
    CHECK_INT(count_of("text,label\na,non-compete\nb,Non Compete\n", "label-twin"), 1);
    CHECK_INT(count_of("text,label\na,\xE7\xA7\x9F\xE8\xB5\x81\nb,\xE8\xB4\xAD\xE4\xB9\xB0\n", "label-twin"), 0);
    CHECK_INT(count_of("text,label\na,-\nb,--\n", "label-twin"), 0);
    CHECK_INT(count_of("text,label\na,1\nb,2\n", "label-number"), 2);
    CHECK_INT(count_of("text,label\na,1\nb,RENT\n", "label-number"), 1);
    CHECK_INT(count_of("text,label\na,RENT\nb,RENT\n", "one-class"), 0); /* told, without places */
    CHECK_INT(count_of("text,label\nthe same,A\n the  same ,B\nother,B\n", "label-conflict"), 1);
    CHECK_INT(count_of("text,label\nthe same,A\nThe same,B\n", "label-conflict"), 0); /* case counts here */
    CHECK_INT(count_of("text,label\n,A\n\"  \",B\nc,B\n", "empty-text"), 2);
}

int main(void)
{
    CHECK(mkdtemp(folder) != NULL);
    test_table();
    test_sketches();
    test_bands();
    test_scan();
    test_odd();
    test_recall(false);
    test_recall(true);
    test_many_alike();
    test_bytes();
    test_labels();
    lex_buf_release(&scanned("")->folded);
    remove_data();
    return check_report("lint");
}
