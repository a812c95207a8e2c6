/* txt.c - a plain text file: all of it is the text of one record, line breaks as they came. It has no other fields
 * and no labels. */
#include "reader.h"

static lex_status open_txt(lex_reader *r, lex_err *err)
{
    if (r->options.labels == LEX_LABELS_REQUIRED) {
        lex_err_set(err, LEX_ERR_INPUT, "a plain text file has no labels");
        lex_err_hint(err, "labelled examples are read from .csv, .tsv or .jsonl");
        return LEX_ERR_INPUT;
    }
    return LEX_OK;
}

static lex_status next_txt(lex_reader *r, lex_record *out, bool *end, lex_arena *arena, lex_err *err)
{
    *end = r->n_rows > 0;
    if (*end)
        return LEX_OK;
    lex_str rest;
    lex_status st = lex_source_rest(&r->source, &rest, err);
    r->line = 1;
    if (st == LEX_OK)
        out->text = lex_arena_copy(arena, rest);
    return st;
}

const lex_reader_ops lex_txt_ops = {open_txt, next_txt, NULL, NULL};
