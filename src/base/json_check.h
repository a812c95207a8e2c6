/* json_check.h - the grammar of RFC 8259, shared by json_scan.c (which owns it) and json_tree.c.
 *
 * The checker reads a value without recursion and without allocating; it says what is wrong and where.
 */
#ifndef LEXCLF_BASE_JSON_CHECK_H
#define LEXCLF_BASE_JSON_CHECK_H

#include "lexclf/json.h"

typedef struct {
    const unsigned char *at; /* next byte to read; on failure, the byte that is wrong */
    const unsigned char *end;
    bool for_tree;   /* refuse what cJSON cannot hold: an escaped U+0000, lone surrogates, very long numbers */
    const char *why; /* the failure, NULL while there is none */
} lex_json_cursor;

/* Both move past what they name and return false on failure, with `at` and `why` set. A value may hold at most
 * `levels` arrays or objects inside one another. */
bool lex_json_skip_string(lex_json_cursor *c);
bool lex_json_skip_value(lex_json_cursor *c, int levels);
void lex_json_skip_space(lex_json_cursor *c);

#endif
