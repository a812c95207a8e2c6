/* internal.h - what the files of this module share: examples, their labels, the split. */
#ifndef LEXCLF_TRAINER_INTERNAL_H
#define LEXCLF_TRAINER_INTERNAL_H

#include "journal.h"
#include "lexclf/calibration.h"
#include "lexclf/random.h"
#include "lexclf/trainer.h"

#define LEX_EXAMPLES_MAX (INT64_C(1) << 31)

/* A labelled text as the model sees it: ids in the data set's pool, counted terms, or both. */
typedef struct {
    int64_t ids_at; /* first id in the pool */
    int64_t n;      /* tokens; without ids, words */
    int64_t text;   /* the text's number among the terms; -1: it is not counted */
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
    int64_t n_long;              /* examples that do not fit into one sequence of the maximum length */
    int64_t n_tokens, n_beyond;  /* of all texts, special ones aside; of these, what lies beyond that length */
    int64_t n_windows, most_windows; /* in all, of one example; with windows */
    bool is_uncounted; /* terms of some texts were not counted */
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

/* What texts are made into: sequences of a tokenizer's ids, counted terms, or both; one may be NULL. */
typedef struct {
    const lex_tokenizer *tokenizer;
    const lex_cut *cut; /* with a stride: ids are kept whole and without special tokens */
    lex_terms *terms;
    bool may_stop_counting; /* terms, where they become too many or nobody needs them */
} lex_text_form;
lex_status lex_dataset_read(lex_dataset *out, lex_name_table *names, const char *path, const lex_text_form *form,
                            const lex_train_options *options, lex_err *err) LEX_MUST_CHECK;
/* Sequences, without windows, that were cut at a length above `length` are cut there. */
void lex_dataset_shorten(lex_dataset *data, int64_t length);
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

/* How far a run is. */
typedef struct {
    int64_t n_steps, warmup_steps; /* of the whole run */
    int64_t epoch;                 /* from 1: the one at hand */
    int64_t next;                  /* that many examples of it have been learned from */
    int64_t step, tokens;          /* done */
    double loss_sum;               /* over those examples */
    int64_t left_out;              /* of those examples, the ones in steps that diverged */
    int64_t longest, tokens_at_once, step_tokens; /* of the step at hand: tokens of a record and of a micro-batch at
                                                       most, and of all its records */
    int64_t n_skipped, n_in_a_row; /* steps that diverged; of them, the last ones without another between */
    int64_t n_overflows;           /* steps whose gradients float16 did not hold */
} lex_progress;

typedef struct lex_augmenter lex_augmenter;

/* Everything a run holds. */
typedef struct {
    const lex_train_options *options; /* `settled` */
    lex_train_options settled;        /* the caller's, where they said nothing filled in by the recipe */
    bool length_by_data;
    lex_train_summary *summary;
    double started_s;
    char *out_dir, *partial_dir; /* OUT, OUT.partial */
    char *best_dir, *last_path;  /* in OUT.partial: the best epoch's folder, and the last checkpoint */
    char *journal_path;          /* in OUT.partial */
    char *next_dir;              /* where a folder is made */
    bool made_next;
    bool has_partial;            /* what stands in OUT.partial is of this run */
    char encoder_sha256[65];     /* of the weights that training began from */
    lex_progress at;
    lex_journal *journal; /* metrics.jsonl; NULL for a linear model */
    lex_board *board;     /* or NULL */
    bool log_failed;      /* the last line could not be written, which was said */
    lex_scores *dev_scores; /* for the board: the probabilities of the epoch that was judged last */
    double steps_s;       /* this process's time in steps, */
    int64_t steps_tokens; /* and what they learned from */
    bool best_unwritten;  /* the best epoch is in memory alone, since its folder could not be written */
    double saved_s; /* when the last checkpoint was written, or the run began */
    int64_t saved_step;
    bool has_best; /* a folder stands at best_dir */
    lex_model *model;
    lex_terms *terms; /* LINEAR: of all texts; --fuse-linear, --distill-linear: until the linear models are trained */
    int64_t n_features; /* of the linear model */
    float *dev_margins, *test_margins; /* (n_dev, K), (n_test, K): --fuse-linear; NULL without such rows */
    lex_fusion judged;   /* of the epoch that was judged last */
    lex_fusion fusion;   /* of the best epoch */
    lex_json *parts;     /* how the encoder alone, the linear model alone and both do */
    lex_runtime *runtime;
    lex_precision precision; /* of the products of linear blocks: never AUTO */
    lex_encoder *encoder;
    lex_optimizer *optimizer;
    lex_augmenter *augmenter; /* NULL: texts stay as they are */
    lex_arena drawn;          /* windows of the step's documents: --train-windows */
    lex_name_table names;
    int64_t n_train_names;
    lex_label_set labels;
    lex_dataset train, dev, test; /* dev: empty when it is a part of train */
    int64_t *train_rows, *dev_rows, *test_rows;
    const lex_dataset *dev_data; /* where dev_rows point into; NULL without dev set */
    int64_t max_length, batch_tokens;
    lex_cut cut; /* stride 0: texts are cut */
    uint8_t *targets; /* (n_examples of train, K); MULTI and BINARY */
    float *teacher;   /* likewise, of the training rows alone: --distill-linear; NULL: none */
    bool teacher_is_auto; /* nobody asked for one */
    double *pos_weights; /* (K); NULL: all 1 */
    double *class_weights; /* (K); SINGLE; NULL: all 1 */
    double *shift;       /* (K): -log of them, or NULL */
    double *first_bias;  /* (K): where the head's bias begins; NULL: 0 */
    lex_scope *kept;  /* of best */
    lex_tensor *best; /* weights of the best epoch */
    bool has_calibration;
    lex_calibration calibration; /* of the best epoch; LINEAR: of the model */
    lex_json *epochs; /* finished ones; owned until it is put into summary->run */
} lex_run;

/* What examples are scored with. */
typedef struct {
    const lex_model *model;
    lex_encoder *encoder;
    lex_runtime *runtime;
    const lex_label_set *labels;
    const lex_name_table *names;
    int64_t batch_tokens;
    const lex_cut *cut;
} lex_scorer;

/* The label of a row of the training data, where each has one. */
static inline int32_t lex_run_label_of(const lex_run *run, int64_t row)
{
    return run->labels.to_label[run->train.names[run->train.examples[row].names_at]];
}

/* recipe.c: fills in run->settled: before anything is known; with the model open, and the length that texts are cut at
 * first; with the training rows, whose sequences may become shorter. */
void lex_recipe_begin(lex_run *run);
void lex_recipe_of_model(lex_run *run);
void lex_recipe_of_data(lex_run *run);
/* Says what came of it. */
void lex_recipe_tell(const lex_run *run);

/* data.c: reads and checks the files, makes labels, split and targets. */
lex_status lex_run_read_data(lex_run *run, lex_err *err) LEX_MUST_CHECK;
/* out.c: LEX_ERR_USAGE where OUT is neither free nor to be replaced; summary->is_complete where it is what is asked for. */
lex_status lex_run_check_out(const lex_run *run, lex_err *err) LEX_MUST_CHECK;
/* Finds out whether OUT's folder can be written. */
lex_status lex_run_try_out(lex_run *run, lex_err *err) LEX_MUST_CHECK;
/* Puts the model at hand and the run so far as a whole folder at `dir`. */
lex_status lex_run_publish(lex_run *run, const char *dir, lex_err *err) LEX_MUST_CHECK;
/* Whether OUT.partial holds anything to go on from, or a model. */
bool lex_run_has_leftovers(const lex_run *run);
/* Makes OUT.partial this run's own: what an earlier one left there goes. */
lex_status lex_run_own_partial(lex_run *run, lex_err *err) LEX_MUST_CHECK;
/* OUT is there, so that OUT.partial is not needed. */
void lex_run_clear_partial(const lex_run *run);
/* epochs.c: from run->at to the end. */
lex_status lex_run_epochs(lex_run *run, lex_err *err) LEX_MUST_CHECK;
/* The metric that chooses epochs, of these; the loss where the last one is kept. */
double lex_run_value(const lex_run *run, const lex_metrics *dev);
/* The same set of examples, calibrated, with `encoder`, which is run->encoder or the best epoch's. */
lex_status lex_run_judge(lex_calibration *out, lex_run *run, lex_encoder *encoder, lex_err *err) LEX_MUST_CHECK;

/* trouble.c: what to do about a step of `size` examples that failed: one that diverged is left out where that was asked
 * for (LEX_OK), all else is explained. */
lex_status lex_run_step_failed(lex_run *run, int64_t size, double rate, lex_err *err) LEX_MUST_CHECK;

/* log.c: a step, with its loss (NaN: left out) and its loss scale (0: none), and the last one of run->epochs go into the
 * logs. */
void lex_run_log_step(lex_run *run, double loss, double rate, double loss_scale, int64_t tokens, double seconds);
void lex_run_log_epoch(lex_run *run, const lex_calibration *dev, bool best);

/* The board, where one is asked for, when it is known where the run begins. */
lex_status lex_run_open_board(lex_run *run, lex_err *err) LEX_MUST_CHECK;
/* OUT.partial is this run's: metrics.jsonl begins there, or goes on from run->at. */
void lex_run_open_log(lex_run *run, bool goes_on);
void lex_run_sync_log(lex_run *run);

/* epochs.c: writes the best epoch's folder where that failed before. */
lex_status lex_run_write_best(lex_run *run, lex_err *err) LEX_MUST_CHECK;
/* resume.c: writes a checkpoint; a failure is told of and training goes on. */
void lex_run_checkpoint(lex_run *run);
/* Takes up the last whole checkpoint of OUT.partial, if there is one. */
lex_status lex_run_restore(lex_run *run, lex_err *err) LEX_MUST_CHECK;

/* identity.c: of a run's description, which it changes and returns, what does not come of it. */
lex_json *lex_run_identity(lex_json *description);
/* LEX_ERR_USAGE with the list of differences where `then` is another run's, unless that is to be passed over: then it is told. */
lex_status lex_run_check_identity(const lex_run *run, const char *path, const lex_json *then, lex_err *err) LEX_MUST_CHECK;
/* Whether the model at OUT is what this run would make. */
bool lex_run_is_done(const lex_run *run);
/* "run" of a model folder's lexclf.json, to be freed; NULL when there is none. */
lex_json *lex_run_of_folder(const char *dir);

/* update.c: what an optimizer remembers: arrays of float32, of which the kind and the options need some, and its steps. */
enum { LEX_OPTIMIZER_ARRAYS = 4 };
typedef struct {
    const char *name;
    lex_tensor *values; /* 1-D; borrowed */
    int64_t count;
} lex_optimizer_array;
int lex_optimizer_arrays(lex_optimizer_array out[LEX_OPTIMIZER_ARRAYS], lex_optimizer *optimizer);
int64_t lex_optimizer_steps(const lex_optimizer *optimizer);
void lex_optimizer_set_steps(lex_optimizer *optimizer, int64_t steps);
void lex_optimizer_set_loss_scale(lex_optimizer *optimizer, lex_loss_scale scale);

/* settle.c: LEX_ERR_USAGE where options do not go together. */
lex_status lex_run_check_metric(const lex_run *run, lex_err *err) LEX_MUST_CHECK;
/* Of run->model: max_length and cut. */
lex_status lex_run_choose_length(lex_run *run, lex_err *err) LEX_MUST_CHECK;
/* The runtime, and the precision of products on it. */
lex_status lex_run_open_runtime(lex_run *run, lex_err *err) LEX_MUST_CHECK;

/* sampler.c */
/* Draws `most` of `all` windows, ascending: each choice is as likely as any other (Knuth, "The Art of Computer Programming",
 * volume 2, 3.4.2, algorithm S), so that their mean is, on the average, that of all; with `first` window 0 and such a choice
 * of the others. most < all. */
void lex_draw_windows(int64_t *drawn, int64_t most, int64_t all, bool first, lex_rng *rng);
/* The training rows in the epoch's order, to be freed. */
int64_t *lex_run_shuffled_rows(const lex_run *run);
/* The next `size` examples of `order`, as they are learned from this time; returns how many tokens they have, and notes in
 * run->at what is computed at once. They live until the next call. */
int64_t lex_run_gather(lex_run *run, const int64_t *order, lex_train_example *batch, int64_t size);

/* augment.c: changes the texts of a step's examples, as seed, epoch and row say. */
/* LEX_ERR_USAGE when tokens are to be masked and the tokenizer has no [MASK]. */
lex_status lex_augmenter_new(lex_augmenter **out, const lex_augment *augment, const lex_tokenizer *tokenizer,
                             lex_err *err) LEX_MUST_CHECK;
void lex_augmenter_free(lex_augmenter *augmenter);
/* Forgets the texts that it has made. */
void lex_augmenter_clear(lex_augmenter *augmenter);
/* Gives the example ids of its own, which live until the next clear or free. `row` names it in the training data. */
void lex_augmenter_apply(lex_augmenter *augmenter, lex_train_example *example, uint64_t seed, int64_t epoch, int64_t row);

/* class_weights.c: what the file says of each label of the run, (K); 1 where it says nothing. */
lex_status lex_class_weights_read(double *weights, const char *path, const lex_strings *labels,
                                  lex_err *err) LEX_MUST_CHECK;

/* linear.c: all of a linear model's training, from reading the files to publishing. */
lex_status lex_run_linear(lex_run *run, lex_err *err) LEX_MUST_CHECK;
/* Vocabulary and weights from the training rows of run->terms; both are the caller's. */
lex_status lex_run_learn_linear(lex_vectorizer **vectorizer, lex_svm *svm, lex_run *run, lex_err *err) LEX_MUST_CHECK;
/* Its parts: the vocabulary of the training rows; the weights from n of them, whose numbers are `rows`. */
lex_status lex_run_learn_terms(lex_vectorizer **vectorizer, lex_run *run, lex_err *err) LEX_MUST_CHECK;
lex_status lex_run_learn_weights(lex_svm *svm, int64_t *n_unfinished, lex_run *run, const lex_vectorizer *vectorizer,
                                 const int64_t *rows, int64_t n, lex_err *err) LEX_MUST_CHECK;
/* A warning where the training of some of n labels was ended before it had converged. */
void lex_run_tell_of_unsettled(const lex_run *run, int64_t n_unfinished, int64_t n);
/* Margins (n, K) of rows of `data`, to be freed; run->model has the linear part. NULL when n is 0. */
float *lex_run_margins(const lex_run *run, const lex_dataset *data, const int64_t *rows, int64_t n);
/* The same by another vocabulary and other weights. */
float *lex_run_margins_by(const lex_run *run, const lex_vectorizer *vectorizer, const lex_svm *svm, const lex_dataset *data,
                          const int64_t *rows, int64_t n);

/* teacher.c: --distill-linear. run->teacher; or it is said why there can be none, and the share becomes 0. */
lex_status lex_run_teach(lex_run *run, lex_err *err) LEX_MUST_CHECK;

/* fuse.c: --fuse-linear. Trains the linear model beside the prepared encoder of run->model and takes margins of dev and
 * test rows. */
lex_status lex_run_fuse(lex_run *run, lex_err *err) LEX_MUST_CHECK;
/* The logits (n_dev, K) of the dev rows become the fused ones, by a weight fitted to them: run->judged. */
void lex_run_fuse_dev(lex_run *run, const lex_scorer *scorer, float *logits);
/* The weight at hand is that of the best epoch. */
void lex_run_keep_fusion(lex_run *run);
/* At the end: tells how the encoder alone, the linear model alone and both do, each as it would be delivered, on dev and
 * test rows, and keeps it for the description. test_logits (n_test, K): the encoder's own, or NULL. */
lex_status lex_run_judge_parts(lex_run *run, const float *test_logits, lex_err *err) LEX_MUST_CHECK;

/* summary.c: the run as JSON, so far. */
lex_json *lex_run_describe(const lex_run *run);
lex_json *lex_run_linear_options(const lex_run *run);
lex_json *lex_run_short_metrics(const lex_metrics *metrics);
/* calibration: of the dev set, or NULL. */
void lex_run_add_epoch(lex_run *run, int64_t epoch, double train_loss, const lex_calibration *calibration);
typedef enum { LEX_RUN_NOTE, LEX_RUN_WARNING, LEX_RUN_DETAIL } lex_run_importance;
void lex_run_note(const lex_run *run, lex_run_importance importance, const char *format, ...) LEX_PRINTF(3, 4);

/* `n` examples through the encoder: logits (n, K), to be freed, whatever is returned. */
lex_status lex_score_logits(float **logits, const lex_scorer *scorer, const lex_dataset *data, const int64_t *indices,
                            int64_t n, lex_err *err) LEX_MUST_CHECK;
/* Metrics of logits under the model as it is calibrated, which become probabilities. Names that it does not know are
 * numbered after its own. */
void lex_score_judge(lex_metrics *out, const lex_scorer *scorer, const lex_dataset *data, const int64_t *indices,
                     int64_t n, float *logits);
/* True labels and the probabilities of logits without calibration, to be freed. */
lex_scores *lex_score_plain(const lex_scorer *scorer, const lex_dataset *data, const int64_t *indices, int64_t n,
                            const float *logits);
/* Fits temperature and thresholds as the options say, on the logits (n_dev, K) of the dev rows. */
void lex_run_calibrate(lex_calibration *out, lex_run *run, const lex_scorer *scorer, const float *logits);
/* What thresholds are tuned for. */
lex_threshold_rule lex_run_threshold_rule(const lex_run *run);
/* Says how the calibration at hand went, if there is one. */
void lex_run_tell_of_calibration(const lex_run *run);
/* train.c: for the encoder at hand. */
lex_scorer lex_run_scorer(const lex_run *run);
/* Names for the metrics of a data set: the model's labels, then those that only it has, in the order of the table. */
void lex_metric_names(lex_strings *out, const lex_scorer *scorer, const lex_dataset *data);

#endif
