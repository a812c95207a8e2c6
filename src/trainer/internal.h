/* internal.h - what the files of this module share: examples, their labels, the split. */
#ifndef LEXCLF_TRAINER_INTERNAL_H
#define LEXCLF_TRAINER_INTERNAL_H

#include "lexclf/calibration.h"
#include "lexclf/trainer.h"

#define LEX_EXAMPLES_MAX (INT64_C(1) << 31)

/* A labelled text as the model sees it: ids in the data set's pool, or counted terms. */
typedef struct {
    int64_t ids_at; /* first id in the pool; the text's number among the terms */
    int64_t n;      /* tokens; words */
    int64_t names_at; /* first label name in the list */
    int64_t n_names;
    int64_t line;
    int32_t file; /* which of the data set's */
} lex_example;

/* A labelled file, or those of a folder, tokenized; texts are not kept. */
typedef struct {
    const char *path; /* as the user named it */
    lex_strings files;
    int64_t n_bad; /* rows that were passed over */
    lex_example *examples;
    int64_t n_examples, example_capacity;
    int32_t *ids;
    int64_t n_ids, id_capacity;
    int32_t *names; /* indices into the shared list of label names */
    int64_t n_names, name_capacity;
    int64_t n_truncated;
    bool many_labels; /* some row gave its labels in a form that holds any number */
    char sha256[65];  /* of the files' bytes, one after the other */
} lex_dataset;

/* Label names in the order they were met, with their lookup. */
typedef struct {
    lex_strings names;
    int64_t *slots; /* open addressing: index + 1, or 0 */
    int64_t n_slots;
} lex_name_table;
int32_t lex_name_table_add(lex_name_table *table, lex_str name);
void lex_name_table_release(lex_name_table *table);

/* What texts are made into: sequences of a tokenizer's ids, or, where that is NULL, counted terms. */
typedef struct {
    const lex_tokenizer *tokenizer;
    int64_t max_length;
    lex_terms *terms;
} lex_text_form;
lex_status lex_dataset_read(lex_dataset *out, lex_name_table *names, const char *path, const lex_text_form *form,
                            const lex_train_options *options, lex_err *err) LEX_MUST_CHECK;
void lex_dataset_release(lex_dataset *data);
/* The file that an example comes from; borrowed. */
const char *lex_dataset_file(const lex_dataset *data, const lex_example *example);

/* The task and the labels in model order; to_label maps a name's index to its label (BINARY: 0 positive, 1 negative),
 * or to -1 when only dev or test has it. */
typedef struct {
    lex_task task;
    lex_strings labels;
    int64_t n_outputs;
    int32_t *to_label;
} lex_label_set;
lex_status lex_label_set_make(lex_label_set *out, const lex_train_options *options, const lex_name_table *names,
                              int64_t n_train_names, const lex_dataset *train, lex_err *err) LEX_MUST_CHECK;
/* Records that a row has so many labels, but the task takes one. */
lex_status lex_label_count_wrong(const char *file, int64_t line, int64_t n_labels, lex_task task, lex_err *err);
/* Every row of SINGLE and BINARY has exactly one label; the first that has not is named. */
lex_status lex_check_label_counts(const lex_dataset *data, lex_task task, lex_err *err) LEX_MUST_CHECK;
void lex_label_set_release(lex_label_set *set);

/* Held-out examples: dev[0..n_dev) and train[0..n_train) are indices, both in file order. */
void lex_split(int64_t *train, int64_t *n_train, int64_t *dev, int64_t *n_dev, const lex_dataset *data,
               int64_t n_names, double dev_fraction, uint64_t seed);

/* Everything a run holds. */
typedef struct {
    const lex_train_options *options;
    lex_train_summary *summary;
    char *out_dir, *partial_dir, *next_dir; /* OUT, OUT.partial, and where the latter is made */
    bool made_next;
    lex_model *model;
    lex_terms *terms; /* LINEAR: of all texts */
    int64_t n_features; /* LINEAR */
    lex_runtime *runtime;
    lex_encoder *encoder;
    lex_optimizer *optimizer;
    lex_name_table names;
    int64_t n_train_names;
    lex_label_set labels;
    lex_dataset train, dev, test; /* dev: empty when it is a part of train */
    int64_t *train_rows, *dev_rows, *test_rows;
    const lex_dataset *dev_data; /* where dev_rows point into; NULL without dev set */
    int64_t max_length, batch_tokens;
    uint8_t *targets; /* (n_examples of train, K); MULTI and BINARY */
    double *pos_weights; /* (K); NULL: all 1 */
    double *shift;       /* (K): -log of them, or NULL */
    double *first_bias;  /* (K): where the head's bias begins; NULL: 0 */
    lex_scope *kept;  /* of best */
    lex_tensor *best; /* weights of the best epoch */
    bool has_calibration;
    lex_calibration calibration; /* of the best epoch; LINEAR: of the model */
    lex_json *epochs; /* finished ones; owned until it is put into summary->run */
} lex_run;

/* data.c: reads and checks the files, makes labels, split and targets. */
lex_status lex_run_read_data(lex_run *run, lex_err *err) LEX_MUST_CHECK;
/* train.c: what --out names must be free, and writable. */
lex_status lex_run_check_out(const lex_run *run, lex_err *err) LEX_MUST_CHECK;
lex_status lex_run_try_out(lex_run *run, lex_err *err) LEX_MUST_CHECK;
/* Writes the model at hand and the run so far as a whole folder at OUT.partial. */
lex_status lex_run_save(lex_run *run, lex_err *err) LEX_MUST_CHECK;
/* Puts OUT.partial, which is finished, in its place. */
lex_status lex_run_publish(lex_run *run, lex_err *err) LEX_MUST_CHECK;
/* linear.c: all of a linear model's training, from reading the files to publishing. */
lex_status lex_run_linear(lex_run *run, lex_err *err) LEX_MUST_CHECK;

/* summary.c: the run as JSON, so far. */
lex_json *lex_run_describe(const lex_run *run);
/* calibration: of the dev set, or NULL. */
void lex_run_add_epoch(lex_run *run, int64_t epoch, double train_loss, const lex_calibration *calibration);
typedef enum { LEX_RUN_NOTE, LEX_RUN_WARNING, LEX_RUN_DETAIL } lex_run_importance;
void lex_run_note(const lex_run *run, lex_run_importance importance, const char *format, ...) LEX_PRINTF(3, 4);

/* Scores `n` examples with the model as it is calibrated. Names that it does not know are numbered after its own. */
typedef struct {
    const lex_model *model;
    lex_encoder *encoder;
    lex_runtime *runtime;
    const lex_label_set *labels;
    const lex_name_table *names;
    int64_t batch_tokens;
} lex_scorer;
lex_status lex_score_examples(lex_metrics *out, const lex_scorer *scorer, const lex_dataset *data,
                              const int64_t *indices, int64_t n, lex_err *err) LEX_MUST_CHECK;
/* In two steps. The logits (n, K), to be freed, whatever is returned: */
lex_status lex_score_logits(float **logits, const lex_scorer *scorer, const lex_dataset *data, const int64_t *indices,
                            int64_t n, lex_err *err) LEX_MUST_CHECK;
/* Metrics of logits, which become probabilities. */
void lex_score_judge(lex_metrics *out, const lex_scorer *scorer, const lex_dataset *data, const int64_t *indices,
                     int64_t n, float *logits);
/* True labels and the probabilities of logits without calibration, to be freed. */
lex_scores *lex_score_plain(const lex_scorer *scorer, const lex_dataset *data, const int64_t *indices, int64_t n,
                            const float *logits);
/* Fits temperature and thresholds as the options say, on the logits (n_dev, K) of the dev rows. */
void lex_run_calibrate(lex_calibration *out, lex_run *run, const lex_scorer *scorer, const float *logits);
/* Says how the calibration at hand went, if there is one. */
void lex_run_tell_of_calibration(const lex_run *run);
/* Names for the metrics of a data set: the model's labels, then those that only it has, in the order of the table. */
void lex_metric_names(lex_strings *out, const lex_scorer *scorer, const lex_dataset *data);

#endif
