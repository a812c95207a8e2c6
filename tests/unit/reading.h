/* reading.h - what the tests of the readers share: a file read to its end or its first failure. */
#ifndef LEXCLF_TESTS_READING_H
#define LEXCLF_TESTS_READING_H

#include "../../src/text/reader.h"
#include "check.h"

typedef struct {
    lex_reader *reader;
    lex_arena arena; /* the records' */
    lex_err err;
    lex_record *records;
    int64_t n, capacity;
    lex_reading *reading; /* where a test looks at bad rows and notes */
    lex_strings told;
} reading;

/* st: what opening x->reader returned. */
static inline void drain(reading *x, lex_status st)
{
    bool end = false;
    while (st == LEX_OK && !end) {
        lex_record record;
        st = lex_reader_next(x->reader, &record, &end, &x->arena, &x->err);
        if (st == LEX_OK && !end)
            LEX_PUSH(x->records, x->n, x->capacity, record);
    }
    CHECK_INT(st, x->err.code);
}

static inline lex_reader_options options_for(lex_format format)
{
    lex_reader_options o = lex_reader_options_default();
    o.format = format;
    return o;
}

static inline lex_reader_options labelled(lex_format format)
{
    lex_reader_options o = options_for(format);
    o.labels = LEX_LABELS_REQUIRED;
    return o;
}

#endif
