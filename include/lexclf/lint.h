/* lint.h - what is wrong with data, before a model learns it.
 *
 * A lint reads labelled (or unlabelled) files once, keeps a bounded summary of each row, and in the end says what it
 * found: statistics, and findings with a level, a stable code, the places and one sentence that says what to do. It
 * stops at nothing but a file that cannot be read at all; a bad row is a finding.
 *
 * Duplicates. Two texts are the same when they are equal after runs of white space became one space and those at the
 * ends were dropped; they are compared by a 64-bit hash. They are near duplicates when the Jaccard index of their sets
 * of shingles is at least the threshold. A shingle is three consecutive words, ASCII lower-cased, punctuation dropped;
 * characters of scripts that are written without spaces (Chinese, Japanese, Thai ...) are words of their own.
 * Candidates come from MinHash (Broder, "On the resemblance and containment of documents", 1997) in its form with one
 * permutation (Li, Owen, Zhang, "One permutation hashing", 2012; Shrivastava, "Optimal densification for fast and
 * accurate minwise hashing", 2017) and banding (Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", chapter 3):
 * 20 bands of 6 values. Each candidate pair is then verified on the rows' smallest shingle hashes: exactly for texts of
 * up to LEX_LINT_SKETCH shingles, by Broder's estimate (standard error at most 0.045) for longer ones. A row is compared
 * with at most five others a band, so that time is linear in the number of rows however many look alike.
 *
 * Memory: at most 1.1 KB a row, about 0.7 where texts are of a hundred words and more, and every label once. The text
 * itself is not kept, but for its beginning.
 *
 *     lex_lint_options options = lex_lint_options_default();
 *     lex_lint *lint = lex_lint_new(&options);
 *     LEX_TRY(lex_lint_add(lint, "train.csv", LEX_LINT_TRAIN, &reader, err));
 *     LEX_TRY(lex_lint_add(lint, "test.csv", LEX_LINT_TEST, &reader, err));
 *     const lex_lint_report *report = lex_lint_finish(lint);
 *     for (int64_t i = 0; i < report->n_findings; i++)
 *         use(&report->findings[i]);
 *     lex_lint_free(lint);
 */
#ifndef LEXCLF_LINT_H
#define LEXCLF_LINT_H

#include <signal.h>

#include "lexclf/json.h"
#include "lexclf/text.h"
#include "lexclf/tokenizer.h"

#ifdef __cplusplus
extern "C" {
#endif

#define LEX_LINT_EXAMPLES 10     /* places that a finding names */
#define LEX_LINT_SKETCH 128      /* shingles that a row keeps for verification */
#define LEX_LINT_LABELS_MAX 100000 /* different labels; rows with further ones are counted, not told apart */
#define LEX_LINT_BINS_MAX 32
#define LEX_LINT_CHARACTERS 10

/* What a file is for. OTHER: a file of no role; those are one set, which is compared with itself alone. */
typedef enum { LEX_LINT_TRAIN, LEX_LINT_DEV, LEX_LINT_TEST, LEX_LINT_OTHER, LEX_LINT_SETS } lex_lint_set;

/* NOTE: worth knowing. WARNING: costs quality, or looks like a mistake. ERROR: a figure would be wrong, or training
 * would refuse it. */
typedef enum { LEX_LINT_NOTE, LEX_LINT_WARNING, LEX_LINT_ERROR } lex_lint_level;

typedef struct {
    const lex_tokenizer *tokenizer; /* borrowed, may be NULL: lengths are then in words */
    int64_t max_length;             /* tokens of a sequence, special ones included; 0: none is known */
    bool length_by_data;            /* that is the most: the length is lex_length_of_texts() of the training rows, or of all
                                       where none are named so */
    int64_t min_examples;           /* a label with fewer training rows is a finding */
    double near;                    /* the Jaccard index from which on texts are near duplicates, in (0, 1] */
    void (*progress)(void *context, int64_t n_rows, int64_t n_tokens); /* now and then; n_tokens is 0 without a tokenizer; or NULL */
    void *context;
    const volatile sig_atomic_t *stop; /* set to stop; or NULL */
} lex_lint_options;

/* No tokenizer, no maximum length, 10 examples, 0.8. */
lex_lint_options lex_lint_options_default(void);

/* ---- the report; all of it is owned by the lint ---- */

/* What the bytes of a file say. Of a stream (standard input, a pipe) and of a compressed file they are not looked at:
 * all is 0. */
typedef struct {
    bool is_ascii;
    bool has_mark;        /* a byte order mark */
    int64_t n_bytes;
    int64_t n_lf, n_crlf, n_cr; /* line ends, in CSV those outside quotes; 0 for UTF-16 */
} lex_lint_bytes;

typedef struct {
    char *path;
    lex_lint_set set;
    bool labelled;
    int64_t n_rows, n_bad; /* rows read, rows that could not be */
    char *encoding;        /* as it was read: "UTF-8", "GB18030" ...; "ASCII" where it is no more than that */
    lex_lint_bytes bytes;
} lex_lint_file;

typedef struct {
    char *name;
    int64_t n[LEX_LINT_SETS]; /* rows that bear it */
    int64_t total;
} lex_lint_label;

typedef struct {
    int64_t from, to, n_rows; /* lengths from .. to, both included */
} lex_lint_bin;

typedef struct {
    bool in_tokens; /* special tokens included; otherwise words */
    int64_t min, median, p90, p95, p99, max, total;
    lex_lint_bin bins[LEX_LINT_BINS_MAX];
    int n_bins;
    int64_t max_length;    /* 0: none, and the next two are 0 */
    bool by_data;          /* nobody said it: training would choose it */
    int64_t n_cut, n_lost; /* rows that are longer, tokens (words) that fall off */
} lex_lint_lengths;

typedef struct {
    uint32_t code_point;
    int64_t n;
} lex_lint_character;

typedef struct {
    int64_t n_tokens, n_unknown; /* special tokens not counted */
    int64_t n_rows;     /* that hold an unknown one */
    int64_t n_spelled;  /* unknown words whose characters are all known: too long, or no pieces fit */
    lex_lint_character top[LEX_LINT_CHARACTERS]; /* characters the vocabulary lacks, most frequent first */
    int n_top;
    int64_t n_characters; /* different ones */
} lex_lint_unknown;

typedef struct {
    int64_t file; /* index into the report's files; -1: none */
    int64_t line; /* 0: the file as a whole */
} lex_lint_place;

typedef struct {
    lex_lint_place place, other; /* `other`: the row it is the twin of */
    char *detail;                /* the beginning of the text, a label, a reason; may be NULL */
} lex_lint_example;

typedef struct {
    lex_lint_level level;
    const char *code; /* "leak", "near-duplicate" ...: those of the table in src/lint/findings.c */
    int64_t count;    /* rows, or labels, or files */
    char *message;    /* one sentence with what to do, no full stop */
    lex_lint_example *examples;
    int64_t n_examples, examples_capacity; /* at most LEX_LINT_EXAMPLES; `n_places` in all */
    int64_t n_places;
} lex_lint_finding;

typedef struct {
    lex_lint_file *files;
    int64_t n_files, files_capacity;
    int64_t n_rows, n_set_rows[LEX_LINT_SETS];
    bool many_labels;                        /* labels came as arrays */
    int64_t n_unlabelled[LEX_LINT_SETS];     /* rows of labelled files without any label */
    lex_lint_label *labels;                  /* by number of rows, most first */
    int64_t n_labels, labels_capacity;
    lex_lint_lengths lengths;
    lex_lint_unknown unknown;
    int64_t n_duplicates, n_near; /* rows whose text an earlier row of the same set has, or nearly has */
    int64_t n_leaks, n_near_leaks; /* rows of dev and test whose text stands in a set before theirs */
    lex_lint_finding *findings; /* errors first */
    int64_t n_findings, findings_capacity;
    int64_t n_of_level[LEX_LINT_ERROR + 1];
} lex_lint_report;

/* ---- operations ---- */

typedef struct lex_lint lex_lint;

/* `options` is copied; what it borrows must outlive the lint. */
lex_lint *lex_lint_new(const lex_lint_options *options);
void lex_lint_free(lex_lint *lint);

/* Reads a file; TRAIN before DEV before TEST, so that a twin is named in the set that keeps it. Labels are read where
 * `reader->labels` is LEX_LABELS_REQUIRED. LEX_ERR_INPUT as lex_reader_open() has it; a row that is bad is a finding
 * and passed over; `reader->reading` is not used. LEX_ERR_INTERRUPTED after *stop. */
lex_status lex_lint_add(lex_lint *lint, const char *path, lex_lint_set set, const lex_reader_options *reader,
                        lex_err *err) LEX_MUST_CHECK;
/* Whether the file's first record has a label column; false also where that cannot be seen without consuming it.
 * LEX_ERR_INPUT as lex_reader_open() has it. */
lex_status lex_lint_has_labels(bool *out, const char *path, const lex_reader_options *reader, lex_err *err) LEX_MUST_CHECK;

/* Looks for duplicates and draws up the report; once, after the last file. Borrowed from the lint. */
const lex_lint_report *lex_lint_finish(lex_lint *lint);

/* "train", "dev", "test", ""; "note", "warning", "error". */
const char *lex_lint_set_name(lex_lint_set set);
const char *lex_lint_level_name(lex_lint_level level);

/* The report as a document; the caller frees it. */
lex_json *lex_lint_json(const lex_lint_report *report);

#ifdef __cplusplus
}
#endif
#endif
