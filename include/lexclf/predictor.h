/* predictor.h - answers for records: predict and eval.
 *
 * Records are taken in fixed blocks of LEX_BLOCK_ROWS (with `latency` of one), counted from the first of each file; inside a
 * block sequences are ordered by length and computed in packed batches. So memory does not grow with the input, and an
 * answer's bits do not depend on timing: a block is computed when it is full or its file ends, however slowly its rows come.
 * Answers come in input order. While a block is computed, the next one is read and the one before is answered, by threads of
 * the predictor's own. Blocks are also where work is divided, the same on every machine: shards take them in turn, and a later
 * run goes on behind one.
 *
 *     lex_predictor_options options = {.answer = print_it, .context = &state};
 *     LEX_TRY(lex_predictor_open(&predictor, "my-model", &options, err));
 *     LEX_TRY(lex_predictor_file(predictor, "contracts.csv", &reader_options, err));
 *     lex_predictor_close(predictor);
 */
#ifndef LEXCLF_PREDICTOR_H
#define LEXCLF_PREDICTOR_H

#include <signal.h>

#include "lexclf/calibration.h"
#include "lexclf/metrics.h"
#include "lexclf/model.h"
#include "lexclf/text.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { LEX_BLOCK_ROWS = 512 };

/* The answer for one record; borrowed for the call. */
typedef struct {
    const lex_model *model;
    const lex_record *record;
    const lex_strings *columns; /* the fields that the input's first block has, by first appearance */
    const float *logits;        /* (K) */
    const float *probabilities; /* (K) */
    const double *thresholds;   /* (K); no meaning for SINGLE */
    int64_t n_tokens;           /* before truncation, special tokens included */
    int64_t n_used;             /* of these, what the model saw; in windows, all */
    bool truncated;
} lex_answer;

/* A place behind a whole block of the input. */
typedef struct {
    int64_t blocks, records; /* up to there, those of other shards counted in */
    uint64_t input;          /* fingerprint of all their texts and fields; 0 unless it was asked for */
} lex_position;

typedef struct {
    const char *device; /* as lex_runtime_open(); NULL: "auto" */
    lex_precision precision;
    bool exact;           /* AUTO is float32, but for a model that was made for int8 */
    void (*note)(const char *text); /* worth saying of how it answers, when the model has been opened; or NULL */
    int threads;
    int64_t max_length;   /* 0: the model's */
    bool windows_given;   /* long documents are read by `windows`; else as the model was trained */
    lex_windows windows;
    int64_t stride;       /* 0: the model's where its length is kept, else as lex_model_use_windows() has it */
    int64_t batch_tokens; /* 0: by device */
    /* "0.4" for all outputs or "Governing Law=0.3" for one; later ones win */
    const char *const *thresholds;
    int n_thresholds;
    /* Called record by record; `block`, which may be NULL, after the last of a whole block. Both come from a thread of
     * the predictor's: they must not print, nor touch what `progress` does. */
    lex_status (*answer)(void *context, const lex_answer *answer, lex_err *err);
    lex_status (*block)(void *context, const lex_position *position, lex_err *err);
    void (*progress)(void *context, int64_t n_records, int64_t n_tokens); /* after every batch; or NULL */
    /* when the model has been opened and nothing is computed yet: may refuse it; or NULL */
    lex_status (*opened)(void *context, const lex_model *model, lex_err *err);
    void *context;
    const volatile sig_atomic_t *stop; /* set to stop after the block at hand; or NULL */
    /* Each record is answered when it comes, by all threads together; blocks, positions and shards are of one row, and a table's
     * columns are the first record's fields. */
    bool latency;
    int64_t shard, n_shards; /* answer every n-th block, from number `shard` on (from 0); n_shards 0: all */
    bool fingerprint;        /* compute lex_position.input */
    bool fingerprint_names;  /* the name of a record's file counts too */
    bool profile;            /* measure where time goes */
} lex_predictor_options;

typedef struct lex_predictor lex_predictor;

/* Opens the model; libtorch is loaded when the first block is computed. A threshold that is no number in [0, 1], or of
 * a label that the model does not have, is LEX_ERR_USAGE. */
lex_status lex_predictor_open(lex_predictor **out, const char *model_dir, const lex_predictor_options *options,
                              lex_err *err) LEX_MUST_CHECK;
void lex_predictor_close(lex_predictor *predictor);
lex_model *lex_predictor_model(lex_predictor *predictor);
/* Adds to `sum` where the time of all its threads went so far, if options.profile asked for that; between files. */
void lex_predictor_profile(const lex_predictor *predictor, lex_profile *sum);
/* What the computing ran on: "cpu", "cuda:0"; "none" before the first block. */
const char *lex_predictor_device(const lex_predictor *predictor);

/* Goes on behind `from`, which an earlier run with a fingerprint reached; before the first file. The records before it
 * are read, and must be the same: otherwise the file in which it lies is LEX_ERR_INPUT. */
void lex_predictor_continue(lex_predictor *predictor, const lex_position *from);
/* After the last file: LEX_ERR_INPUT when the input ended before that place. */
lex_status lex_predictor_check_end(const lex_predictor *predictor, lex_err *err) LEX_MUST_CHECK;
/* The fields of the input's first block; see lex_answer. */
const lex_strings *lex_predictor_columns(const lex_predictor *predictor);

/* `options`, and where they do not say it, as the model was trained: text columns and, where labels are asked for, how
 * many labels are written. Its label columns are used where a file has all of them. Borrows from both. */
lex_reader_options lex_reader_options_of_model(const lex_reader_options *options, const lex_model *model);

/* Answers every record of a file, read as above. Records before a bad row are
 * answered. LEX_ERR_INTERRUPTED after *stop, also where the input keeps one waiting: of a block that is not full then,
 * nothing is answered. */
lex_status lex_predictor_file(lex_predictor *predictor, const char *path, const lex_reader_options *reader,
                              lex_err *err) LEX_MUST_CHECK;
/* Answers one text, as the first record of a file named `name`. */
lex_status lex_predictor_text(lex_predictor *predictor, lex_str text, const char *name, lex_err *err) LEX_MUST_CHECK;

/* ---- evaluation ---- */
typedef struct {
    lex_metrics metrics;
    lex_strings labels; /* names for metrics.per_label: the model's, then those it does not know */
    int64_t n_model_labels;
    lex_task task;
    lex_scores *scores;
    double *thresholds; /* (K), those in force; NULL for SINGLE */
    int64_t max_length; /* tokens kept of each text, or of each of its windows */
    lex_windows windows;
    char model_sha256[65], data_sha256[65];
    double elapsed_s;
    int64_t tokens;
    int64_t n_truncated;
    lex_profile profile; /* zeros unless it was asked for */
    lex_strings unused; /* tensors of the model's file that were not used */
} lex_evaluation;

/* Scores the model on labelled files. `options->answer` may be NULL. LEX_ERR_INPUT when there are no rows, or rows
 * whose labels do not fit the task. */
lex_status lex_evaluate(lex_evaluation *out, const char *model_dir, const char *const *paths, int n_paths,
                        const lex_reader_options *reader, const lex_predictor_options *options,
                        lex_err *err) LEX_MUST_CHECK;
void lex_evaluation_release(lex_evaluation *evaluation);
/* The report object of contract.md, with "labels_only_in_model" and "labels_only_in_data". */
lex_json *lex_evaluation_json(const lex_evaluation *evaluation);
/* Adds the labels that the data lacks, and those that the model lacks. */
void lex_evaluation_lone_labels(lex_strings *only_model, lex_strings *only_data, const lex_evaluation *evaluation);

/* ---- calibration, later and on other data ---- */
typedef struct {
    lex_calibration calibration;
    lex_strings labels; /* the model's */
    char model_sha256[65], data_sha256[65];
    double elapsed_s;
    int64_t tokens;
    int64_t n_truncated;
} lex_recalibration;

/* Fits the model's temperature and thresholds on labelled files and writes its lexclf.json anew, or, where out_dir is
 * not NULL, a copy of the whole folder there, which appears when it is whole and replaces what stands there. Weights
 * stay. thresholds_auto: by lex_goal_of_task(). `calibration.before` is the model as it stood. LEX_ERR_USAGE when thresholds are asked of a SINGLE model;
 * LEX_ERR_INPUT as in lex_evaluate(). */
lex_status lex_recalibrate(lex_recalibration *out, const char *model_dir, const char *out_dir,
                           const char *const *paths, int n_paths, const lex_reader_options *reader,
                           const lex_predictor_options *options, const lex_calibration_options *how,
                           bool thresholds_auto, lex_err *err) LEX_MUST_CHECK;
void lex_recalibration_release(lex_recalibration *recalibration);
lex_json *lex_recalibration_json(const lex_recalibration *recalibration);

/* ---- weights rounded, later ---- */
typedef struct {
    lex_quantised dtype; /* not NOT */
    double max_drop;     /* of macro F1 */
    bool skip_bad_rows;  /* as the reader's reading has it */
} lex_quantise_options;

typedef struct {
    int64_t n; /* records */
    lex_metrics before, after; /* in float32; and as the new folder answers */
    double drop_at_first;      /* in macro F1, when nothing was kept */
    double agreement;          /* the share of records of which both say the same */
    size_t bytes_before, bytes_after; /* of model.safetensors */
    lex_strings kept;          /* parts (quantise.h) that were not rounded, the most sensitive first */
    bool held;                 /* macro F1 falls by no more than max_drop: the folder stands */
    char model_sha256[65], data_sha256[65];
    double elapsed_s;
    int64_t tokens, n_truncated;
} lex_quantising;

/* Makes a copy of the model's folder at out_dir with rounded weights, which appears when it is whole and replaces what
 * stands there; or, where it answers the labelled files too much worse than the model does, nothing, and `held` is false.
 * Parts that change the outputs of a sample of the records most are kept, until it does not or no more may be kept. The
 * files are read more than once. LEX_ERR_INPUT for a linear or a quantised model, else as in lex_evaluate(). */
lex_status lex_quantise(lex_quantising *out, const char *model_dir, const char *out_dir, const char *const *paths,
                        int n_paths, const lex_reader_options *reader, const lex_predictor_options *options,
                        const lex_quantise_options *how, lex_err *err) LEX_MUST_CHECK;
void lex_quantising_release(lex_quantising *quantising);
lex_json *lex_quantising_json(const lex_quantising *quantising);

#ifdef __cplusplus
}
#endif
#endif
