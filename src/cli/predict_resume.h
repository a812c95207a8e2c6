/* predict_resume.h - predict --resume: what OUT.partial.state remembers of a run, and whether this run is the same.
 *
 * It remembers what the answers depend on, the program's version, the model's files by fingerprint and every option
 * but those that change no answer, and where the run stood after the last block that counts: the place in the input
 * with a fingerprint of all records before it, and the sums for the closing summary. */
#ifndef LEXCLF_CLI_PREDICT_RESUME_H
#define LEXCLF_CLI_PREDICT_RESUME_H

#include "options.h"
#include "predict_output.h"

/* What one run counts for its summary. */
typedef struct {
    int64_t n_records, n_truncated, n_abstained, n_unlabelled;
    int64_t n_tokens; /* computed */
    int64_t *n_of_label; /* (labels) */
    int64_t n_labels;
} cli_predict_counts;

typedef struct {
    lex_partial *partial; /* NULL: no --resume */
    int64_t shard, n_shards;
    lex_json *identity;   /* what the answers depend on */
    lex_json *pending;    /* the state after the last whole block; NULL: it is on the disk */
    int64_t pending_bytes;
    double saved_s;
} cli_resume;

/* Opens OUT.partial. LEX_ERR_USAGE also where an input cannot be read again from its start. */
lex_status cli_resume_open(cli_resume *resume, const char *out, const lex_strings *files, lex_err *err) LEX_MUST_CHECK;
/* Compares with the earlier run, if there was one, and takes its place and its sums over; or begins.
 * LEX_ERR_USAGE: other options; LEX_ERR_INPUT: another model or program. */
lex_status cli_resume_begin(cli_resume *resume, const lex_model *model, const cli_options *options,
                            cli_output *output, cli_predict_counts *counts, lex_position *from,
                            lex_err *err) LEX_MUST_CHECK;
/* After a whole block, which is written: now and then it is made to count. */
lex_status cli_resume_note(cli_resume *resume, const cli_output *output, const cli_predict_counts *counts,
                           const lex_position *position, lex_err *err) LEX_MUST_CHECK;
/* The last such block counts, as far as that can be; at the end of a run that has failed. */
void cli_resume_keep(cli_resume *resume);
void cli_resume_close(cli_resume *resume);

#endif
