/* answers.h - answers as lines of JSON, or as rows of a table (CSV, TSV) for spreadsheets.
 *
 * Both carry the input's fields and then ours: id, source, label and score (many labels: labels and scores), abstain,
 * logits, n_tokens, truncated. An input field with a name of ours becomes input_NAME; the row's id stands under `id`
 * once.
 *
 * A line of JSON keeps a field as it came, raw. A table has one header, so its columns are the fields that the input's
 * first block of records has, in the order in which they first appear; a record that lacks one has an empty cell, and a
 * later record with a field beyond them is LEX_ERR_INPUT, since leaving it out would lose it silently. Cells are quoted
 * as RFC 4180 says, lines end in LF. A JSON string is a cell by its text, null an empty cell, anything else its JSON
 * text; logits are a JSON array in one cell; scores are one column a label, score:LABEL, which is empty where a label
 * is not answered; many labels stand in one cell, with a separator between them.
 */
#ifndef LEXCLF_ANSWERS_H
#define LEXCLF_ANSWERS_H

#include "lexclf/predictor.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    bool passthrough; /* carry the input fields */
    bool scores_all;  /* every label with its probability */
    bool logits;
    bool source; /* several files: name the one */
    bool abstain; /* say whether the top probability is below abstain_below */
    double abstain_below;
    /* tables alone */
    char delimiter;              /* 0: a comma */
    const char *label_separator; /* between labels in a cell; NULL: ";" */
    const char *id_column;       /* the field that holds ids; NULL: "id" */
    bool safe; /* an apostrophe before text that a spreadsheet would take for a formula (OWASP, "CSV Injection") */
} lex_answer_format;

/* ---- what is answered ---- */

/* Whether label number k (in model->labels) is answered: by arg-max, or by its threshold. */
bool lex_answer_has(const lex_answer *answer, int64_t k);
/* One-label tasks: the number of the label that is answered, and its probability. */
int64_t lex_answer_label(const lex_answer *answer, float *probability);
/* Of the label number k; BINARY: the negative one has what the positive leaves. */
float lex_answer_probability(const lex_answer *answer, int64_t k);
/* Whether the largest of them is below format->abstain_below. */
bool lex_answer_abstains(const lex_answer *answer, const lex_answer_format *format);

/* ---- lines of JSON ---- */

/* Adds one object and a line break. */
void lex_answer_json(lex_buf *out, const lex_answer *answer, const lex_answer_format *format);

/* ---- rows of a table ---- */

typedef struct lex_table lex_table;
/* `model` and what `format` points to must outlive the table. LEX_ERR_USAGE when a label holds the separator. */
lex_status lex_table_new(lex_table **out, const lex_model *model, const lex_answer_format *format,
                         lex_err *err) LEX_MUST_CHECK;
void lex_table_free(lex_table *table);
/* Fixes the columns and adds the header to `out` (NULL: it is written already). Once, before the first row. */
void lex_table_begin(lex_table *table, const lex_strings *columns, lex_buf *out);
bool lex_table_has_begun(const lex_table *table);
/* Adds a row. LEX_ERR_INPUT: a field without a column, or U+0000 in one, which no table can hold. */
lex_status lex_table_add(lex_table *table, lex_buf *out, const lex_answer *answer, lex_err *err) LEX_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
