/* json.h - JSON, in two forms.
 *
 * A tree, for documents that are read or made as a whole (config.json, lexclf.json, tokenizer.json, a report): a thin
 * layer over cJSON, which is seen in this module alone. It closes cJSON's traps: keys are case-sensitive, text after
 * the value is an error, bytes must be UTF-8, depth is limited, and a string with an escaped U+0000 is refused,
 * because cJSON would cut it there.
 *
 * A scanner, for JSON lines: it checks one value strictly (RFC 8259) and yields spans of the input, so that 64-bit
 * integers, nesting, key order and escapes survive unchanged; strings are decoded on request, U+0000 included.
 *
 *     lex_json *doc = NULL;
 *     LEX_TRY(lex_json_parse(&doc, text, err));
 *     const char *type = lex_json_string(lex_json_get(doc, "model_type"));   // NULL when absent or not a string
 *     lex_json_free(doc);
 */
#ifndef LEXCLF_JSON_H
#define LEXCLF_JSON_H

#include "lexclf/memory.h"

#ifdef __cplusplus
extern "C" {
#endif

#define LEX_JSON_MAX_DEPTH 512

typedef enum {
    LEX_JSON_NULL,
    LEX_JSON_BOOL,
    LEX_JSON_NUMBER,
    LEX_JSON_STRING,
    LEX_JSON_ARRAY,
    LEX_JSON_OBJECT
} lex_json_type;

/* ---- the tree ---- */
typedef struct lex_json lex_json;

/* Parses a document; a leading UTF-8 byte order mark is passed over. LEX_ERR_INPUT names the line and column. */
lex_status lex_json_parse(lex_json **out, lex_str text, lex_err *err) LEX_MUST_CHECK;
/* Reads and parses a file of at most `max_bytes`; errors name the path. */
lex_status lex_json_read(lex_json **out, const char *path, size_t max_bytes, lex_err *err) LEX_MUST_CHECK;
void lex_json_free(lex_json *node);

/* All accessors take NULL for "absent" and answer NULL, 0 or false, so that lookups chain. */
lex_json_type lex_json_type_of(const lex_json *node); /* LEX_JSON_NULL when absent */
const lex_json *lex_json_get(const lex_json *object, const char *key);
const lex_json *lex_json_first(const lex_json *array_or_object);
const lex_json *lex_json_next(const lex_json *node);
int64_t lex_json_count(const lex_json *array_or_object);
const char *lex_json_key(const lex_json *member);
const char *lex_json_string(const lex_json *node);          /* NULL unless a string */
double lex_json_number(const lex_json *node, double absent);
/* The integer, or false when it is not a whole number in [low, high]. */
bool lex_json_int(int64_t *out, const lex_json *node, int64_t low, int64_t high);
bool lex_json_bool(const lex_json *node, bool absent);

/* Builders; adding to an object under a key that is there replaces its value in place. The parent owns the child. */
lex_json *lex_json_new_object(void);
lex_json *lex_json_new_array(void);
lex_json *lex_json_new_string(const char *text);
lex_json *lex_json_new_number(double value);
lex_json *lex_json_new_bool(bool value);
lex_json *lex_json_copy(const lex_json *node);
void lex_json_put(lex_json *object, const char *key, lex_json *child);
void lex_json_put_string(lex_json *object, const char *key, const char *text); /* NULL: null */
void lex_json_put_number(lex_json *object, const char *key, double value);     /* not finite: null */
void lex_json_put_bool(lex_json *object, const char *key, bool value);
/* As lex_json_put() for a key that is known not to be there; takes the same time however many are. */
void lex_json_append(lex_json *object, const char *key, lex_json *child);
void lex_json_remove(lex_json *object, const char *key);
void lex_json_push(lex_json *array, lex_json *child);

/* Adds the document's text: in one line, or indented with a line break at the end. */
void lex_json_print(lex_buf *out, const lex_json *node, bool pretty);
/* Whether two have the same text, or are both absent. */
bool lex_json_same(const lex_json *a, const lex_json *b);

/* ---- the scanner ---- */
typedef struct {
    lex_str key;  /* raw, with its quotes */
    lex_str value; /* raw, without surrounding space */
    lex_json_type type;
} lex_json_span;

/* Checks that `text` is one JSON object (strict, valid UTF-8, nothing after it but space) and yields its members in
 * order, in `arena`. *offset tells the byte at which an error was found. */
lex_status lex_json_scan_object(lex_json_span **members, int64_t *n_members, lex_str text, lex_arena *arena,
                                size_t *offset, lex_err *err) LEX_MUST_CHECK;
/* The elements of an array span that lex_json_scan_object() has checked; their keys are empty. */
void lex_json_scan_array(lex_json_span **elements, int64_t *n_elements, lex_str array, lex_arena *arena);
/* The text of a checked string span: escapes decoded to UTF-8, U+0000 kept, a lone surrogate replaced by U+FFFD.
 * Borrows the span when it holds no escapes. */
lex_str lex_json_decode(lex_str string, lex_arena *arena);

/* Adds `text` as a JSON string with its quotes; the least escaping that RFC 8259 asks for. */
void lex_json_add_string(lex_buf *out, lex_str text);

/* ---- UTF-8 ---- */
/* The length of the longest prefix that is valid UTF-8 (RFC 3629: no surrogates, shortest forms). */
size_t lex_utf8_valid_prefix(lex_str text);
/* Reads the code point at *at (valid UTF-8, *at < len) and moves past it. */
uint32_t lex_utf8_next(lex_str text, size_t *at);
/* Writes the code point's UTF-8 to out (4 bytes of room) and returns its length. */
size_t lex_utf8_put(char *out, uint32_t code_point);

#ifdef __cplusplus
}
#endif
#endif
