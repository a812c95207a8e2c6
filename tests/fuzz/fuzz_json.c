/* fuzz_json.c - any bytes as a JSON document: what is printed reads as the same document, and the tree takes nothing
 * that the scanner refuses. */
#include <string.h>

#include "lexclf/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool scans(lex_str text, lex_arena *arena)
{
    lex_json_span *members;
    int64_t n;
    size_t offset = 0;
    lex_err err = {.code = LEX_OK};
    bool fine = lex_json_scan_object(&members, &n, text, arena, &offset, &err) == LEX_OK;
    LEX_ASSERT(offset <= text.len);
    for (int64_t i = 0; fine && i < n; i++) {
        lex_str key = lex_json_decode(members[i].key, arena);
        LEX_ASSERT(lex_utf8_valid_prefix(key) == key.len);
        lex_buf again;
        lex_buf_init(&again);
        lex_json_add_string(&again, key);
        LEX_ASSERT(lex_str_equal(lex_json_decode(lex_buf_str(&again), arena), key));
        lex_buf_release(&again);
        if (members[i].type == LEX_JSON_ARRAY) {
            lex_json_span *elements;
            int64_t n_elements;
            lex_json_scan_array(&elements, &n_elements, members[i].value, arena);
            for (int64_t k = 0; k < n_elements; k++)
                if (elements[k].type == LEX_JSON_STRING)
                    lex_json_decode(elements[k].value, arena);
        }
    }
    return fine;
}

static void check_printed(const lex_json *doc, bool pretty)
{
    lex_buf first, second;
    lex_buf_init(&first);
    lex_buf_init(&second);
    lex_json_print(&first, doc, pretty);
    lex_json *again = NULL;
    lex_err err = {.code = LEX_OK};
    lex_status st = lex_json_parse(&again, lex_buf_str(&first), &err);
    LEX_ASSERT(st == LEX_OK);
    lex_json *copy = lex_json_copy(again);
    lex_json_print(&second, copy, pretty);
    LEX_ASSERT(lex_str_equal(lex_buf_str(&first), lex_buf_str(&second)));
    lex_json_free(copy);
    lex_json_free(again);
    lex_buf_release(&first);
    lex_buf_release(&second);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lex_str text = {(const char *)data, size};
    lex_json *doc = NULL;
    lex_err err = {.code = LEX_OK};
    lex_arena arena;
    lex_arena_init(&arena);
    lex_status st = lex_json_parse(&doc, text, &err);
    LEX_ASSERT(st == LEX_OK ? doc && !err.message[0] : st == LEX_ERR_INPUT && !doc && err.message[0]);
    bool marked = lex_str_starts(text, LEX_STR("\xEF\xBB\xBF")); /* the scanner knows no byte order mark */
    bool scanned = scans(text, &arena);
    if (st == LEX_OK) {
        LEX_ASSERT(scanned || marked || lex_json_type_of(doc) != LEX_JSON_OBJECT);
        for (const lex_json *m = lex_json_first(doc); m; m = lex_json_next(m)) {
            const char *key = lex_json_key(m);
            LEX_ASSERT(!key || lex_json_get(doc, key) == m);
        }
        check_printed(doc, false);
        check_printed(doc, true);
    }
    lex_json_free(doc);
    lex_arena_release(&arena);
    return 0;
}
