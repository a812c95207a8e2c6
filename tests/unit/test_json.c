/* test_json.c - the tree and its traps, the scanner, strings, UTF-8. */
#include <locale.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "lexclf/json.h"

/* The message for a text that must not parse; "parsed" when it does. */
static const char *refusal(lex_str text)
{
    static lex_err err;
    lex_json *doc = NULL;
    lex_err_clear(&err);
    if (lex_json_parse(&doc, text, &err) == LEX_OK) {
        lex_json_free(doc);
        return "parsed";
    }
    CHECK(doc == NULL);
    CHECK_INT(err.code, LEX_ERR_INPUT);
    return err.message;
}

static lex_json *must_parse(const char *text)
{
    lex_err err;
    lex_json *doc = NULL;
    lex_err_clear(&err);
    if (!CHECK_INT(lex_json_parse(&doc, lex_str_of(text), &err), LEX_OK)) {
        fprintf(stderr, "    %s\n", err.message);
        exit(1);
    }
    return doc;
}

static void check_print(const lex_json *node, const char *want)
{
    lex_buf out;
    lex_buf_init(&out);
    lex_json_print(&out, node, false);
    CHECK_STR(out.ptr, want);
    lex_buf_release(&out);
}

static void check_printed(const char *text, const char *want)
{
    lex_json *doc = must_parse(text);
    check_print(doc, want);
    lex_json_free(doc);
}

static void test_lookup(void)
{
    lex_json *doc = must_parse("\xEF\xBB\xBF{\"Key\":1,\"key\":\"two\",\"list\":[true,null,\"x\"],\"deep\":{\"a\":{\"b\":3}}}");
    CHECK_INT(lex_json_number(lex_json_get(doc, "Key"), 0), 1); /* cJSON's own lookup would ignore case */
    CHECK_STR(lex_json_string(lex_json_get(doc, "key")), "two");
    CHECK(lex_json_get(doc, "KEY") == NULL);
    CHECK_INT(lex_json_count(doc), 4);
    CHECK_INT(lex_json_count(lex_json_get(doc, "list")), 3);
    CHECK_INT(lex_json_number(lex_json_get(lex_json_get(lex_json_get(doc, "deep"), "a"), "b"), 0), 3);
    CHECK(lex_json_get(lex_json_get(doc, "nothing"), "more") == NULL);
    CHECK(lex_json_get(lex_json_get(doc, "list"), "x") == NULL);
    CHECK(lex_json_string(lex_json_get(doc, "Key")) == NULL);
    CHECK_INT(lex_json_type_of(NULL), LEX_JSON_NULL);
    CHECK(lex_json_first(NULL) == NULL && lex_json_next(NULL) == NULL && lex_json_key(NULL) == NULL);
    CHECK(lex_json_first(lex_json_get(doc, "key")) == NULL);
    CHECK_INT(lex_json_count(NULL), 0);
    CHECK(lex_json_bool(lex_json_first(lex_json_get(doc, "list")), false));
    CHECK(lex_json_bool(NULL, true));
    const char *keys[] = {"Key", "key", "list", "deep"};
    int n = 0;
    for (const lex_json *m = lex_json_first(doc); m; m = lex_json_next(m))
        CHECK_STR(lex_json_key(m), keys[n++]);
    CHECK_INT(n, 4);
    lex_json_free(doc);
    lex_json_free(NULL);
}

static void test_refusals(void)
{
    static const struct {
        const char *text, *message;
    } cases[] = {
        {"", "line 1, column 1: a value is missing"},
        {"{} x", "line 1, column 4: something follows the JSON value"},
        {"{}\n\n  {}", "line 3, column 3: something follows the JSON value"},
        {"{\"a\":1,}", "line 1, column 8: a key in double quotes is missing"},
        {"[1,]", "line 1, column 4: not a JSON value"},
        {"[1 2]", "line 1, column 4: a ',' or ']' is missing"},
        {"{\"a\" 1}", "line 1, column 6: a ':' is missing after a key"},
        {"{\"a\":1 \"b\":2}", "line 1, column 8: a ',' or '}' is missing"},
        {"{a:1}", "line 1, column 2: a key in double quotes is missing"},
        {"['a']", "line 1, column 2: not a JSON value"},
        {"NaN", "line 1, column 1: not a JSON value"},
        {"[Infinity]", "line 1, column 2: not a JSON value"},
        {"-Infinity", "line 1, column 1: a number without digits"},
        {"[01]", "line 1, column 2: a number with a leading zero"},
        {"[-01]", "line 1, column 2: a number with a leading zero"},
        {"[+1]", "line 1, column 2: not a JSON value"},
        {"[1.]", "line 1, column 2: a number without digits after the point"},
        {"[.5]", "line 1, column 2: not a JSON value"},
        {"[1e]", "line 1, column 2: a number without digits in its exponent"},
        {"[1e+]", "line 1, column 2: a number without digits in its exponent"},
        {"[0x10]", "line 1, column 3: a ',' or ']' is missing"},
        {"[1, 1e400]", "line 1, column 5: a number out of range"},
        {"[-1e400]", "line 1, column 2: a number out of range"},
        {"[tru]", "line 1, column 2: not a JSON value"},
        {"[nul", "line 1, column 2: not a JSON value"},
        {"\"a\tb\"", "line 1, column 3: a control character in a string must be escaped"},
        {"\"a\nb\"", "line 1, column 3: a control character in a string must be escaped"},
        {"\"abc", "line 1, column 1: a string is not closed"},
        {"\"abc\\\"", "line 1, column 1: a string is not closed"},
        {"\"abc\\", "line 1, column 5: a string is not closed"},
        {"\"\\x41\"", "line 1, column 2: an unknown escape in a string"},
        {"\"\\u12g4\"", "line 1, column 2: \\u without four hexadecimal digits"},
        {"\"\\u12", "line 1, column 2: \\u without four hexadecimal digits"},
        {"{\"a\":\"cut\\u0000here\"}", "line 1, column 10: an escaped U+0000 is not accepted here"},
        {"{\"a\\u0000b\":1}", "line 1, column 4: an escaped U+0000 is not accepted here"},
        {"\"\\ud800\"", "line 1, column 2: half of a surrogate pair"},
        {"\"\\ud800\\u0041\"", "line 1, column 2: half of a surrogate pair"},
        {"\"\\udc00\"", "line 1, column 2: half of a surrogate pair"},
        {"{\"a\":1,\n \"b\":2,\n \"a\":3}", "line 3, column 2: this key is there twice"},
        {"{\"x\":{\"a\":1,\"\\u0061\":2}}", "line 1, column 13: this key is there twice"},
        {"[\"\xE4\xB8\xAD\xE6\x96\x87\", x]", "line 1, column 8: not a JSON value"}, /* columns count characters */
        {"[\"\xC3\x28\"]", "line 1, column 3: invalid UTF-8"},
        {"[\"\xED\xA0\x80\"]", "line 1, column 3: invalid UTF-8"},
        {"\xC0\xAF", "line 1, column 1: invalid UTF-8"},
        {"[1/**/]", "line 1, column 3: a ',' or ']' is missing"},
        {"]", "line 1, column 1: not a JSON value"},
        {"[}", "line 1, column 2: not a JSON value"},
        {"{\"a\":1]", "line 1, column 7: a ',' or '}' is missing"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        CHECK_STR(refusal(lex_str_of(cases[i].text)), cases[i].message);
    CHECK_STR(refusal(LEX_STR("{}\0")), "line 1, column 3: something follows the JSON value");
    CHECK_STR(refusal(LEX_STR("\"a\0b\"")), "line 1, column 3: a control character in a string must be escaped");
    CHECK_STR(refusal((lex_str){NULL, 0}), "line 1, column 1: a value is missing");
    /* 64 characters, where cJSON would cut after 63 */
    CHECK_STR(refusal(LEX_STR("0.00000000000000000000000000000000000000000000000000000000000001")),
              "line 1, column 1: a number of more than 63 characters");
}

static void test_depth(void)
{
    enum { DEEP = 2000000 };
    char *text = lex_alloc(2 * DEEP);
    memset(text, '[', DEEP);
    memset(text + DEEP, ']', DEEP);
    CHECK_STR(refusal((lex_str){text, 2 * DEEP}), "line 1, column 513: nested too deep");
    const size_t limit = LEX_JSON_MAX_DEPTH;
    CHECK_STR(refusal((lex_str){text + DEEP - limit, 2 * limit}), "parsed");
    CHECK_STR(refusal((lex_str){text + DEEP - limit - 1, 2 * limit + 2}), "line 1, column 513: nested too deep");
    free(text);
}

static void test_numbers(void)
{
    check_printed("[0.1,1e-12,123456789012345678,1.0,-0,-0.0,1e5,0.30000000000000004,5e-324,1.7976931348623157e308]",
                  "[0.1,1e-12,123456789012345678,1.0,-0,-0.0,1e5,0.30000000000000004,4.94065645841247e-324,"
                  "1.7976931348623157e+308]");
    check_printed("{\"model_max_length\": 1000000000000000019884624838656}",
                  "{\"model_max_length\":1000000000000000019884624838656}");
    lex_json *doc = must_parse("[9007199254740991,9007199254740992,-9007199254740993,3.5,3.0,true,1e30]");
    lex_json *copy = lex_json_copy(doc);
    check_print(copy, "[9007199254740991,9007199254740992,-9007199254740993,3.5,3.0,true,1e+30]");
    lex_json_free(copy);
    const lex_json *n = lex_json_first(doc);
    int64_t value = -1;
    CHECK(lex_json_int(&value, n, INT64_MIN, INT64_MAX));
    CHECK_INT(value, 9007199254740991);
    CHECK(!lex_json_int(&value, n, 0, 1000));
    CHECK(!lex_json_int(&value, n = lex_json_next(n), INT64_MIN, INT64_MAX)); /* may have been 2^53 + 1 */
    CHECK(!lex_json_int(&value, n = lex_json_next(n), INT64_MIN, INT64_MAX));
    CHECK(!lex_json_int(&value, n = lex_json_next(n), INT64_MIN, INT64_MAX));
    CHECK(lex_json_int(&value, n = lex_json_next(n), 3, 3) && value == 3);
    CHECK(!lex_json_int(&value, n = lex_json_next(n), INT64_MIN, INT64_MAX));
    CHECK(lex_json_string(lex_json_next(n)) == NULL);
    CHECK(!lex_json_int(&value, NULL, INT64_MIN, INT64_MAX));
    lex_json_free(doc);
    lex_json *list = lex_json_new_array();
    const double values[] = {0.1 + 0.2, 1.0 / 3, 1e15, 9007199254740991, 1e22, 1e300, -0.5, 2e-5, (double)0.1f};
    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        lex_json_push(list, lex_json_new_number(values[i]));
    lex_json_push(list, lex_json_new_number(NAN));
    lex_json_push(list, lex_json_new_number(-INFINITY));
    check_print(list, "[0.30000000000000004,0.3333333333333333,1000000000000000,9007199254740991,1e+22,1e+300,-0.5,2e-05,"
                      "0.10000000149011612,null,null]");
    lex_json_free(list);
}

/* A locale whose decimal point is a comma, where the machine has one. */
static void test_locale(void)
{
    const char *names[] = {"de_DE.UTF-8", "fr_FR.UTF-8", "de_DE.utf8", "fr_FR.utf8"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!setlocale(LC_ALL, names[i]))
            continue;
        check_printed("[0.25,1.5e-9]", "[0.25,1.5e-09]");
        setlocale(LC_ALL, "C");
        return;
    }
    puts("json: no locale with a decimal comma here, not tried");
}

static void test_build(void)
{
    lex_json *doc = lex_json_new_object();
    lex_json_put_string(doc, "name", "a\"b\\c\n\x01/\xE4\xB8\xAD");
    lex_json_put_number(doc, "n", 3);
    lex_json_put_bool(doc, "yes", true);
    lex_json_put_string(doc, "none", NULL);
    lex_json_put_number(doc, "nan", NAN);
    lex_json_put_number(doc, "N", 4); /* not the same key as "n" */
    lex_json *list = lex_json_new_array();
    lex_json_push(list, lex_json_new_bool(false));
    lex_json_push(list, lex_json_new_object());
    lex_json_put(doc, "list", list);
    check_print(doc, "{\"name\":\"a\\\"b\\\\c\\n\\u0001/\xE4\xB8\xAD\",\"n\":3,\"yes\":true,\"none\":null,\"nan\":null,"
                     "\"N\":4,\"list\":[false,{}]}");
    lex_json_put_number(doc, "yes", 0.5); /* in place: first, middle and last */
    lex_json_put_string(doc, "name", "x");
    lex_json_put_bool(doc, "list", false);
    lex_json_put_number(doc, "end", 1);
    check_print(doc, "{\"name\":\"x\",\"n\":3,\"yes\":0.5,\"none\":null,\"nan\":null,\"N\":4,\"list\":false,\"end\":1}");
    lex_json_remove(doc, "end");
    lex_json_remove(doc, "name");
    lex_json_remove(doc, "NONE");
    lex_json_remove(doc, "missing");
    lex_json_put_number(doc, "end", 2);
    check_print(doc, "{\"n\":3,\"yes\":0.5,\"none\":null,\"nan\":null,\"N\":4,\"list\":false,\"end\":2}");
    lex_json_free(doc);

    doc = must_parse("{\"a\":{},\"b\":[],\"c\":[1,{\"d\":2}]}");
    lex_buf out;
    lex_buf_init(&out);
    lex_json_print(&out, doc, true);
    CHECK_STR(out.ptr, "{\n  \"a\": {},\n  \"b\": [],\n  \"c\": [\n    1,\n    {\n      \"d\": 2\n    }\n  ]\n}\n");
    lex_buf_release(&out);
    lex_json_free(doc);
}

static void test_read(void)
{
    lex_err err;
    lex_json *doc = NULL;
    lex_err_clear(&err);
    CHECK_INT(lex_json_read(&doc, "no-such-file.json", 1000, &err), LEX_ERR_INPUT);
    CHECK(strstr(err.message, "no-such-file.json") != NULL);
    CHECK(doc == NULL);
}

static bool span_is(lex_str span, const char *want) { return lex_str_equal(span, lex_str_of(want)); }

static void test_scan(void)
{
    lex_arena arena;
    lex_arena_init(&arena);
    lex_err err;
    lex_err_clear(&err);
    lex_json_span *m;
    int64_t n;
    size_t offset;
    lex_str text = LEX_STR(" {\"id\" : 12345678901234567890, \"a\\u0000\":\"x\\u0000y\\ud83d\\ude00\\ud83d\\u0041\\ude00!\\n\","
                           "\"n\":{\"z\":[1,{}],\"y\":1e999},\"l\":[ \"p\" ,\"\", 7 ],\"t\":true,\"f\":null, \"e\":[ ]}\r ");
    CHECK_INT(lex_json_scan_object(&m, &n, text, &arena, &offset, &err), LEX_OK);
    CHECK_INT(n, 7);
    CHECK(span_is(m[0].key, "\"id\"") && span_is(m[0].value, "12345678901234567890"));
    CHECK(span_is(m[2].value, "{\"z\":[1,{}],\"y\":1e999}"));
    const lex_json_type types[] = {LEX_JSON_NUMBER, LEX_JSON_STRING, LEX_JSON_OBJECT, LEX_JSON_ARRAY,
                                   LEX_JSON_BOOL,   LEX_JSON_NULL,   LEX_JSON_ARRAY};
    for (int i = 0; i < 7; i++)
        CHECK_INT(m[i].type, types[i]);
    CHECK(lex_str_equal(lex_json_decode(m[1].key, &arena), LEX_STR("a\0")));
    CHECK(lex_str_equal(lex_json_decode(m[1].value, &arena), LEX_STR("x\0y\xF0\x9F\x98\x80\xEF\xBF\xBD\x41\xEF\xBF\xBD!\n")));
    lex_str plain = lex_json_decode(m[0].key, &arena);
    CHECK(plain.ptr == m[0].key.ptr + 1); /* borrowed */
    lex_json_span *e;
    int64_t n_elements;
    lex_json_scan_array(&e, &n_elements, m[3].value, &arena);
    CHECK_INT(n_elements, 3);
    CHECK(span_is(e[0].value, "\"p\"") && e[0].type == LEX_JSON_STRING && e[0].key.len == 0);
    CHECK(span_is(e[1].value, "\"\"") && span_is(e[2].value, "7"));
    lex_json_scan_array(&e, &n_elements, m[6].value, &arena);
    CHECK_INT(n_elements, 0);
    static const struct {
        const char *text, *message;
        size_t offset;
    } wrong[] = {
        {"", "not a JSON object", 0},
        {"  [1]", "not a JSON object", 2},
        {"{}{}", "something follows the JSON object", 2},
        {"{\"a\":1,}", "a key in double quotes is missing", 7},
        {"{\"a\":}", "not a JSON value", 5},
        {"{\"a\":1", "a ',' or '}' is missing", 6},
        {"{", "a key in double quotes is missing", 1},
        {"{\"a\":\"\xFF\"}", "invalid UTF-8", 6},
        {"{\"a\":NaN}", "not a JSON value", 5},
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        lex_err_clear(&err);
        CHECK_INT(lex_json_scan_object(&m, &n, lex_str_of(wrong[i].text), &arena, &offset, &err), LEX_ERR_INPUT);
        CHECK_STR(err.message, wrong[i].message);
        CHECK_INT(offset, wrong[i].offset);
    }
    lex_err_clear(&err);
    CHECK_INT(lex_json_scan_object(&m, &n, LEX_STR("{ }"), &arena, &offset, &err), LEX_OK);
    CHECK_INT(n, 0);
    lex_arena_release(&arena);
}

/* Every code point: put, validate, read; as an escaped string, decode; as text, write and decode. */
static void test_every_code_point(void)
{
    lex_arena arena;
    lex_arena_init(&arena);
    lex_buf buf;
    lex_buf_init(&buf);
    long n_wrong = 0;
    for (uint32_t c = 0; c <= 0x10FFFF; c++) {
        if (c >= 0xD800 && c <= 0xDFFF)
            continue;
        char bytes[4], escaped[32];
        lex_str text = {bytes, lex_utf8_put(bytes, c)};
        size_t at = 0;
        n_wrong += lex_utf8_valid_prefix(text) != text.len || lex_utf8_next(text, &at) != c || at != text.len;
        for (size_t cut = 1; cut < text.len; cut++)
            n_wrong += lex_utf8_valid_prefix((lex_str){bytes, cut}) != 0;
        if (c < 0x10000)
            snprintf(escaped, sizeof escaped, "\"\\u%04X\"", c);
        else
            snprintf(escaped, sizeof escaped, "\"\\u%04x\\u%04X\"", 0xD7C0 + (c >> 10), 0xDC00 + (c & 0x3FF));
        n_wrong += !lex_str_equal(lex_json_decode(lex_str_of(escaped), &arena), text);
        lex_buf_clear(&buf);
        lex_json_add_string(&buf, text);
        n_wrong += !lex_str_equal(lex_json_decode(lex_buf_str(&buf), &arena), text);
        lex_arena_reset(&arena);
    }
    CHECK_INT(n_wrong, 0);
    lex_buf_release(&buf);
    lex_arena_release(&arena);
}

static void test_utf8(void)
{
    static const char *const bad[] = {"\x80",         "\xBF",         "\xC0\x80",     "\xC1\xBF",
                                      "\xC2",         "\xC2\x41",     "\xE0\x9F\xBF", "\xED\xA0\x80",
                                      "\xED\xBF\xBF", "\xE4\xB8",     "\xE4\xB8\x41", "\xF0\x8F\xBF\xBF",
                                      "\xF0\x9F\x98", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFE", "\xFF"};
    char text[200];
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        for (size_t before = 0; before < 100; before++) { /* wherever it falls in a block of ASCII */
            memset(text, 'a', sizeof text);
            memcpy(text + before, bad[i], strlen(bad[i]));
            size_t cut = before + strlen(bad[i]);
            if (lex_utf8_valid_prefix((lex_str){text, cut}) != before)
                CHECK_INT(lex_utf8_valid_prefix((lex_str){text, cut}), before);
        }
    CHECK_INT(lex_utf8_valid_prefix((lex_str){NULL, 0}), 0);
}

/* A vocabulary of 200,000 members is read and gone through in no time, in order, without a duplicate check that is
 * quadratic. */
static void test_many_members(void)
{
    lex_buf text;
    lex_buf_init(&text);
    lex_buf_add_char(&text, '{');
    for (int i = 0; i < 200000; i++)
        lex_buf_printf(&text, "%s\"token%d\":%d", i ? "," : "", i, i);
    lex_buf_add_char(&text, '}');
    lex_json *doc = must_parse(text.ptr);
    int64_t n = 0, value = 0, n_wrong = 0;
    for (const lex_json *m = lex_json_first(doc); m; m = lex_json_next(m), n++)
        n_wrong += !lex_json_int(&value, m, n, n);
    CHECK_INT(n, 200000);
    CHECK_INT(n_wrong, 0);
    lex_json_free(doc);
    lex_buf_release(&text);
}

int main(void)
{
    test_lookup();
    test_refusals();
    test_depth();
    test_numbers();
    test_locale();
    test_build();
    test_read();
    test_scan();
    test_utf8();
    test_every_code_point();
    test_many_members();
    return check_report("json");
}
