/* predict_output.h - where predict's answers go: to standard output, into a file that appears when it is whole, or into
 * one that a later run may go on with; as lines of JSON or as a table.
 *
 * Answers are gathered and leave together at the end of each block, so that whoever reads a pipe sees all that is
 * ready. A table with anything beyond ASCII in it begins with a byte order mark. In a file that is known in the end,
 * and the mark is put before what is there; on standard output it is decided by the first block.
 */
#ifndef LEXCLF_CLI_PREDICT_OUTPUT_H
#define LEXCLF_CLI_PREDICT_OUTPUT_H

#include "lexclf/answers.h"
#include "lexclf/file.h"
#include "lexclf/partial.h"

typedef struct {
    lex_answer_format format;
    lex_table *table;     /* NULL: lines of JSON */
    bool mark_wanted;     /* unless --no-bom */
    bool begun;           /* something was written, by this run or the one before */
    bool marked, beyond_ascii;
    lex_outfile *file;    /* both NULL: standard output; borrowed */
    lex_partial *partial;
    lex_buf text;         /* answers of the block at hand */
} cli_output;

/* All functions but the last two may be called from the predictor's thread. */
lex_status cli_output_add(cli_output *output, const lex_answer *answer, lex_err *err) LEX_MUST_CHECK;
lex_status cli_output_flush(cli_output *output, lex_err *err) LEX_MUST_CHECK;
/* The header of a table without rows, what is left, and the file in its place. */
lex_status cli_output_finish(cli_output *output, const lex_strings *columns, lex_err *err) LEX_MUST_CHECK;
void cli_output_release(cli_output *output);

#endif
