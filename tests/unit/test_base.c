/* test_base.c - errors, memory, text, numbers and hashes. */
#include <locale.h>
#include <setjmp.h>
#include <stdlib.h>

#include "check.h"
#include "lexclf/file.h"
#include "lexclf/hash.h"
#include "lexclf/json.h"

#if defined(__SANITIZE_ADDRESS__)
/* A request for an impossible amount of memory is to fail as it does without the sanitizer. */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
    return "allocator_may_return_null=1";
}
#endif

/* ---- errors ---- */

static void test_err(void)
{
    lex_err err = {0};
    CHECK_INT(lex_err_set(&err, LEX_ERR_INPUT, "column '%s' is %s", "label", "empty"), LEX_ERR_INPUT);
    lex_err_at(&err, "%s:%d", "train.csv", 17);
    lex_err_hint(&err, "see --%s", "help");
    CHECK_STR(err.message, "train.csv:17: column 'label' is empty");
    CHECK_STR(err.hint, "see --help");
    CHECK_INT(err.code, LEX_ERR_INPUT);

    /* The first cause wins, and so does the first hint. */
    CHECK_INT(lex_err_set(&err, LEX_ERR_SYSTEM, "later"), LEX_ERR_INPUT);
    CHECK_INT(lex_err_errno(&err, 2, "later"), LEX_ERR_INPUT);
    lex_err_hint(&err, "later");
    CHECK_STR(err.message, "train.csv:17: column 'label' is empty");
    CHECK_STR(err.hint, "see --help");

    lex_err_clear(&err);
    CHECK(err.code == LEX_OK && err.message[0] == '\0' && err.hint[0] == '\0');
    CHECK_INT(lex_err_errno(&err, 2, "%s: cannot be read", "x"), LEX_ERR_SYSTEM);
    CHECK_STR(err.message, "x: cannot be read: No such file or directory");
}

static bool valid(const char *text)
{
    lex_str view = lex_str_of(text);
    return lex_utf8_valid_prefix(view) == view.len;
}

/* Messages of every length around the limit, of characters of 1 to 4 bytes: what remains is whole characters. */
static void test_err_cut(void)
{
    static const char *const characters[] = {"a", "\xC3\xA9", "\xE7\xA7\x9F", "\xF0\x9F\x8F\xA0"};
    const size_t room = sizeof((lex_err *)0)->message - 1, hint_room = sizeof((lex_err *)0)->hint - 1;
    int n_wrong = 0;
    for (int c = 0; c < 4; c++)
        for (size_t lead = 0; lead < 8; lead++)
            for (size_t n = room - 12; n < room + 12; n++) {
                lex_buf text;
                lex_err err = {0};
                lex_buf_init(&text);
                while (text.len < lead)
                    lex_buf_add_char(&text, 'x');
                while (text.len < n)
                    lex_buf_add_str(&text, lex_str_of(characters[c]));
                lex_err_set(&err, LEX_ERR_INPUT, "%s", text.ptr);
                lex_err_hint(&err, "%s", text.ptr);
                bool fine = valid(err.message) && strncmp(err.message, text.ptr, strlen(err.message)) == 0;
                fine = fine && strlen(err.message) + 8 > (text.len < room ? text.len : room);
                fine = fine && valid(err.hint) && strlen(err.hint) + 8 > hint_room;
                fine = fine && (text.len > room || strcmp(err.message, text.ptr) == 0);
                lex_err_at(&err, "%0*d", (int)(lead * 30 + 1), 7);
                fine = fine && valid(err.message) && strlen(err.message) <= room;
                lex_err_at(&err, "%s", text.ptr); /* too long a place is left out */
                n_wrong += !fine || !valid(err.message) || strlen(err.message) > room;
                lex_buf_release(&text);
            }
    CHECK_INT(n_wrong, 0);
}

/* ---- memory ---- */

static jmp_buf escape;
static size_t wanted;

static void note_oom(size_t bytes)
{
    wanted = bytes;
    longjmp(escape, 1);
}

/* The number of bytes asked for when `n * size` cannot be had; 0 when it could. */
static size_t refused(size_t n, size_t size)
{
    wanted = 0;
    lex_set_oom_handler(note_oom);
    if (setjmp(escape) == 0)
        free(lex_alloc_array(n, size));
    lex_set_oom_handler(NULL);
    return wanted;
}

static void test_alloc(void)
{
    volatile size_t much = SIZE_MAX / 2;
    CHECK_INT(refused(0, 8), 0);
    CHECK_INT(refused(8, 0), 0);
    CHECK_INT(refused(100, 8), 0);
    CHECK(refused(much, 3) == SIZE_MAX);
    CHECK(refused(much, 2) >= much);
    unsigned char *zeroed = lex_alloc_zeroed(100, 3);
    int sum = 0;
    for (int i = 0; i < 300; i++)
        sum += zeroed[i];
    CHECK_INT(sum, 0);
    free(zeroed);
    void *aligned = lex_alloc_aligned(1);
    CHECK((uintptr_t)aligned % 64 == 0);
    free(aligned);
    char *copy = lex_strdup("text");
    CHECK_STR(copy, "text");
    free(copy);
    int64_t *items = NULL, n = 0, capacity = 0;
    for (int64_t i = 0; i < 1000; i++)
        LEX_PUSH(items, n, capacity, i);
    CHECK(n == 1000 && capacity >= n && items[999] == 999);
    free(items);
}

static void test_str(void)
{
    CHECK(lex_str_equal(lex_str_of(NULL), LEX_STR("")));
    CHECK(lex_str_equal(lex_str_of("ab"), LEX_STR("ab")) && !lex_str_equal(LEX_STR("ab"), LEX_STR("abc")));
    CHECK(lex_str_starts(LEX_STR("abc"), LEX_STR("ab")) && lex_str_starts(LEX_STR("abc"), LEX_STR("")));
    CHECK(!lex_str_starts(LEX_STR("ab"), LEX_STR("abc")) && !lex_str_starts(LEX_STR("abc"), LEX_STR("b")));
    CHECK(lex_str_compare(LEX_STR("a"), LEX_STR("ab")) < 0 && lex_str_compare(LEX_STR("b"), LEX_STR("ab")) > 0);
    CHECK(lex_str_compare(LEX_STR(""), LEX_STR("")) == 0);
    CHECK(lex_str_compare(LEX_STR("z"), LEX_STR("\xC3\xA9")) < 0); /* unsigned bytes: code points */
    lex_strings list = {0};
    lex_strings_push(&list, LEX_STR("b"));
    lex_strings_push(&list, LEX_STR(""));
    lex_strings_push(&list, LEX_STR("\xC3\xA9"));
    lex_strings_push(&list, LEX_STR("a"));
    lex_strings_sort(&list);
    CHECK_INT(list.n, 4);
    CHECK_STR(list.items[0], "");
    CHECK_STR(list.items[3], "\xC3\xA9");
    CHECK_INT(lex_strings_find(&list, LEX_STR("b")), 2);
    CHECK_INT(lex_strings_find(&list, LEX_STR("c")), -1);
    lex_strings_release(&list);
    lex_strings_sort(&list);
}

static void test_arena(void)
{
    lex_arena arena;
    lex_arena_init(&arena);
    for (int round = 0; round < 3; round++) {
        char *pieces[300];
        for (int i = 0; i < 300; i++) {
            size_t size = i % 50 == 49 ? 100000 : (size_t)(i * 7 % 600); /* some larger than a block */
            pieces[i] = lex_arena_alloc(&arena, size + 1);
            CHECK((uintptr_t)pieces[i] % 16 == 0);
            memset(pieces[i], i & 127, size + 1);
        }
        int n_wrong = 0;
        for (int i = 0; i < 300; i++) {
            size_t size = i % 50 == 49 ? 100000 : (size_t)(i * 7 % 600);
            n_wrong += pieces[i][0] != (i & 127) || pieces[i][size] != (i & 127);
        }
        CHECK_INT(n_wrong, 0);
        CHECK(arena.used_bytes > 600000);
        lex_arena_reset(&arena);
        CHECK_INT(arena.used_bytes, 0);
    }
    lex_str copy = lex_arena_copy(&arena, LEX_STR("a\0b"));
    CHECK(copy.len == 3 && memcmp(copy.ptr, "a\0b", 4) == 0);
    CHECK(lex_arena_copy(&arena, (lex_str){NULL, 0}).ptr[0] == '\0');
    lex_arena_release(&arena);
    lex_arena_release(&arena);
}

static void test_buf(void)
{
    lex_buf buf;
    lex_buf_init(&buf);
    CHECK(lex_buf_str(&buf).len == 0 && lex_buf_str(&buf).ptr != NULL);
    lex_buf_clear(&buf);
    lex_buf_add(&buf, NULL, 0);
    CHECK_STR(buf.ptr, "");
    for (int i = 0; i < 1000; i++)
        lex_buf_printf(&buf, "%d,", i % 10);
    CHECK_INT(buf.len, 2000);
    CHECK(strncmp(buf.ptr, "0,1,2,", 6) == 0 && buf.ptr[2000] == '\0');
    char *before = buf.ptr;
    lex_buf_clear(&buf);
    CHECK(buf.ptr == before && buf.len == 0 && buf.ptr[0] == '\0');
    lex_buf_printf(&buf, "%0*d", 5000, 7);
    CHECK(buf.len == 5000 && buf.ptr[4999] == '7' && buf.ptr[5000] == '\0');
    lex_buf_clear(&buf);
    for (size_t n = 0; n < 300; n++) { /* formatted text of every length: none is cut */
        size_t len = buf.len;
        lex_buf_printf(&buf, "%*s", (int)n, "");
        CHECK_INT(buf.len, len + n);
    }
    lex_buf_release(&buf);
    lex_buf_release(&buf);
}

/* ---- numbers ---- */

static void check_doubles(void)
{
    static const struct {
        const char *text;
        double value;
    } good[] = {{"0", 0}, {"-0.5", -0.5}, {"+2", 2}, {".5", 0.5}, {"5.", 5}, {"1e-3", 1e-3}, {"2E5", 2e5},
                {"1e-400", 0}, {"00012", 12}, {"1.7976931348623157e308", 1.7976931348623157e308}};
    static const char *const bad[] = {"", " ", "0.1abc", " 1", "1 ", "0x10", "inf", "-inf", "nan", "NaN", "1e999",
                                      "-1e999", "1,5", "1.5.2", "--1", "1-", "e5", ".", "-", "1e", "1e+", "1_000",
                                      "\t1", "1\n", "\xEF\xBC\x91", "1e5f"};
    double value;
    for (int i = 0; i < (int)(sizeof good / sizeof *good); i++) {
        value = -1;
        CHECK(lex_parse_double(&value, lex_str_of(good[i].text)));
        CHECK_NEAR(value, good[i].value, 0);
    }
    for (int i = 0; i < (int)(sizeof bad / sizeof *bad); i++) {
        value = -1;
        if (!CHECK(!lex_parse_double(&value, lex_str_of(bad[i])) && value == -1))
            fprintf(stderr, "    '%s'\n", bad[i]);
    }
    CHECK(!lex_parse_double(&value, LEX_STR("1\0")) && !lex_parse_double(&value, LEX_STR("1\0002")));
    CHECK(lex_parse_double(&value, (lex_str){"12345", 2}) && value == 12); /* a view, not a C string */
}

static void test_numbers(void)
{
    check_doubles();
    /* In a locale with a decimal comma nothing changes. */
    static const char *const locales[] = {"de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8", "fr_FR.utf8", "de_DE"};
    bool comma = false;
    for (int i = 0; i < 5 && !comma; i++)
        comma = setlocale(LC_ALL, locales[i]) != NULL;
    if (comma)
        check_doubles();
    else
        printf("  no locale with a decimal comma is installed\n");
    setlocale(LC_ALL, "C");

    int64_t n = 0;
    CHECK(lex_parse_int64(&n, LEX_STR("9223372036854775807")) && n == INT64_MAX);
    CHECK(lex_parse_int64(&n, LEX_STR("-9223372036854775808")) && n == INT64_MIN);
    CHECK(lex_parse_int64(&n, LEX_STR("+17")) && n == 17);
    CHECK(lex_parse_int64(&n, LEX_STR("007")) && n == 7);
    static const char *const bad[] = {"", "9223372036854775808", "-9223372036854775809", "1.0", "1e3", " 1", "1 ",
                                      "0x10", "+", "-", "--1", "1-1", "abc"};
    n = 5;
    for (int i = 0; i < (int)(sizeof bad / sizeof *bad); i++)
        CHECK(!lex_parse_int64(&n, lex_str_of(bad[i])) && n == 5);
    char longest[1000];
    memset(longest, '1', sizeof longest);
    double value;
    CHECK(!lex_parse_int64(&n, (lex_str){longest, sizeof longest}));
    CHECK(!lex_parse_double(&value, (lex_str){longest, sizeof longest}));
}

/* ---- hashes ---- */

static void sha256_of(char hex[65], lex_str text, size_t piece)
{
    lex_sha256 *sha = lex_sha256_new();
    for (size_t at = 0; at < text.len; at += piece)
        lex_sha256_add(sha, text.ptr + at, text.len - at < piece ? text.len - at : piece);
    lex_sha256_hex(sha, hex);
    lex_sha256_free(sha);
}

static void test_hashes(void)
{
    /* FIPS 180-4's examples, whole and in pieces. */
    char hex[65], *million = lex_alloc(1000000);
    lex_str two_blocks = LEX_STR("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq");
    sha256_of(hex, LEX_STR(""), 1);
    CHECK_STR(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    sha256_of(hex, LEX_STR("abc"), 100);
    CHECK_STR(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    for (size_t piece = 1; piece < 60; piece += 29) {
        sha256_of(hex, two_blocks, piece);
        CHECK_STR(hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    }
    memset(million, 'a', 1000000);
    sha256_of(hex, (lex_str){million, 1000000}, 999);
    CHECK_STR(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    lex_sha256_free(NULL);
    free(million);

    unsigned char bytes[1000];
    for (int i = 0; i < 1000; i++)
        bytes[i] = (unsigned char)(7 * i);
    CHECK(lex_hash64("", 0) == 0x2d06800538d394c2u);
    CHECK(lex_hash64("abc", 3) == 0x78af5f94892f3950u);
    CHECK(lex_hash64(bytes, sizeof bytes) == 0x10ad30264426c830u);
    bytes[500] ^= 1;
    CHECK(lex_hash64(bytes, sizeof bytes) != 0x10ad30264426c830u);
}

static void test_machine(void)
{
    double before = lex_now_s();
    CHECK(lex_cpu_count() >= 1 && lex_cpu_count() <= 4096);
    CHECK(lex_now_s() >= before);
    unsetenv("OMP_NUM_THREADS");
    int n = lex_cpu_count();
    static const struct {
        const char *text;
        int most; /* 0: no limit */
    } said[] = {{"1", 1}, {"2,1", 2}, {"100000", 0}, {"0", 0}, {"-3", 0}, {"", 0}, {"two", 0}, {"1x", 0}};
    for (size_t i = 0; i < sizeof said / sizeof *said; i++) {
        setenv("OMP_NUM_THREADS", said[i].text, 1);
        CHECK_INT(lex_cpu_count(), said[i].most && said[i].most < n ? said[i].most : n);
    }
    unsetenv("OMP_NUM_THREADS");
}

int main(void)
{
    test_err();
    test_err_cut();
    test_alloc();
    test_str();
    test_arena();
    test_buf();
    test_numbers();
    test_hashes();
    test_machine();
    return check_report("base");
}
