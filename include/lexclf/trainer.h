/* trainer.h - labelled files and an encoder folder in, a fine-tuned model folder out; or, without an encoder, a linear
 * one.
 *
 * The classic recipe (Devlin et al. 2019), of which options change the parts: AdamW with decoupled decay, linear warm-up
 * and decay of the learning rate, gradient clipping, a few epochs over shuffled batches. After each epoch, or each few,
 * the dev set is scored, and the best epoch is kept. A run is a function of the data, the options, the seed, the number of
 * threads and the machine.
 *
 * A linear model (options.kind) is trained in one go; dev rows set the temperature of its probabilities alone. It can
 * also stand beside the encoder (options.fuse_linear).
 *
 * The best epoch so far always stands, as a complete model folder, in OUT.partial/best, and checkpoints in
 * OUT.partial/last (the one before it in last.previous), from which a run that was stopped or killed goes on to the same
 * bytes. The finished model appears under OUT in one step; then OUT.partial goes.
 *
 * OUT.partial/metrics.jsonl, and in the end OUT's, has a line a step and an epoch. A run that goes on cuts it back to the
 * checkpoint: no step is missing or stands twice.
 */
#ifndef LEXCLF_TRAINER_H
#define LEXCLF_TRAINER_H

#include <signal.h>

#include "lexclf/metrics.h"
#include "lexclf/model.h"
#include "lexclf/text.h"
#include "lexclf/tuning.h"

#ifdef __cplusplus
extern "C" {
#endif

#define LEX_POS_WEIGHT_MAX 10.0
#define LEX_METRIC_LAST "last" /* keeps the last epoch */
enum { LEX_SKIPS_IN_A_ROW = 10 }; /* with skip_nan: so many steps that diverge one after another are one too many */

enum { LEX_BOARD_CURVES = 20, LEX_BOARD_THRESHOLDS = 101 };

typedef enum {
    LEX_SCHEDULE_LINEAR,
    LEX_SCHEDULE_CONSTANT,
    LEX_SCHEDULE_COSINE,
    LEX_SCHEDULE_INVERSE_SQRT,
    LEX_SCHEDULE_POLYNOMIAL,
} lex_schedule;

typedef struct {
    lex_schedule shape;
    double power, end; /* POLYNOMIAL: the exponent, above 0; the last rate over the highest */
} lex_schedule_options;

typedef enum { LEX_OPTIMIZER_ADAMW, LEX_OPTIMIZER_ADAFACTOR, LEX_OPTIMIZER_SGD } lex_optimizer_kind; /* tensor.h */

typedef enum { LEX_RECIPE_CONTRACTS, LEX_RECIPE_CLASSIC } lex_recipe;

/* What is done to a text's tokens each time they are learned from, special ones and those around it left alone: in this
 * order, each is left out with probability `drop` (one stays), changes places with another one with probability `swap`
 * (Wei and Zou, "EDA: Easy Data Augmentation Techniques", EMNLP 2019, token by token), becomes [MASK] with probability
 * `mask`. All 0: nothing. */
typedef struct {
    double mask, drop, swap;
} lex_augment;

/* What happened, for people; all may be NULL. Texts are borrowed. */
typedef struct {
    void *context;
    void (*note)(void *context, const char *text);    /* worth saying once */
    void (*warning)(void *context, const char *text); /* worth a second look */
    void (*detail)(void *context, const char *text);  /* for who asks for more */
    /* After every step: steps and tokens done and in all, loss of the step. For a linear model steps are labels, the
     * other two are 0, and the call may come from another thread, one at a time. */
    void (*step)(void *context, int64_t step, int64_t n_steps, int64_t tokens, double loss);
    /* After every epoch (from 1); dev is NULL where no dev set has judged it; best: the best one so far. */
    void (*epoch)(void *context, int64_t epoch, int64_t n_epochs, double train_loss, const lex_metrics *dev, bool best,
                  double elapsed_s);
} lex_train_events;

/* How a linear model is trained (linear.h). */
typedef struct {
    lex_ngrams ngrams;
    int64_t min_df; /* a term counts when so many training rows have it */
    double C;
} lex_linear_options;

/* What a teacher that nobody asked for may take: of memory, for the terms of all texts and for its weights; and of time, which
 * grows with training rows times labels (clauses: a tenth of a millisecond of CPU time for each). */
enum { LEX_DISTILL_BYTES = 512 << 20, LEX_DISTILL_ANSWERS = 4000000 };

typedef struct {
    lex_kind kind;
    const char *encoder_dir;           /* required for an encoder; NULL for a linear model */
    const char *train_path, *out_dir; /* required; a data path may be a folder of files */
    const char *dev_path, *test_path;               /* or NULL */
    double dev_fraction;                            /* [0, 1): held out when there is no dev_path */
    bool overwrite;
    lex_reader_options reader;
    bool task_auto; /* MULTI where labels come in a form that holds any number of them, else SINGLE */
    lex_task task;
    const char *positive_label; /* BINARY, or NULL: the later of the two */
    /* An encoder: a linear model is trained on the same rows, and its margins are added to the encoder's logits, by a
     * weight fitted on the dev rows after every epoch (tuning.h); epochs are compared by what both say. */
    bool fuse_linear;
    lex_linear_options linear; /* of what follows, a linear model takes threads, seed, stop and events alone */
    /* What the following leave open, said of each, is filled in: see recipe.c. */
    lex_recipe recipe;
    bool pooling_auto; /* CONTRACTS: as the encoder's folder says, CLS if it says nothing; CLASSIC: CLS */
    lex_pooling pooling;
    bool normalize_auto; /* as the encoder's folder says */
    lex_normalize_how normalize;
    const char *device; /* as lex_runtime_open() */
    lex_precision precision; /* of linear blocks, forwards and backwards; weights and all else are float32 */
    int threads;
    int64_t epochs;     /* 0: CONTRACTS: those that make 1,400 steps, 3 to 20; CLASSIC: 5 */
    int64_t batch_size; /* 0: 32; 16 */
    /* Tokens, special ones included. 0: CONTRACTS: the shortest of 64, 128, 192, 256, 384, 512 that loses at most a
     * twentieth of the training rows' tokens (512 with windows); CLASSIC: 128; or the encoder's positions if they are
     * fewer. */
    int64_t max_length;
    lex_windows windows;  /* how longer texts are read; OFF: they are cut */
    int64_t stride;       /* as lex_model_use_windows() has it */
    /* That an epoch learns from, of each document, drawn anew each time, with MAX and ATTENTION the first always; 0: all. */
    int64_t train_windows;
    int64_t batch_tokens; /* computed at once; 0: by device */
    bool checkpoint_activations; /* lex_tape_recompute() */
    double lr; /* 0: CONTRACTS: 3e-4, times (384 / width)^2 for wider ones; CLASSIC: 2e-5 */
    double weight_decay, warmup_ratio;
    int64_t warmup_steps; /* < 0: by warmup_ratio */
    double head_lr;       /* 0: CONTRACTS: ten times lr; CLASSIC: as lr */
    double layer_decay;   /* as lex_optimizer_options has it */
    lex_optimizer_kind optimizer;
    double momentum;        /* SGD; [0, 1) */
    double ema;             /* as lex_optimizer_options has it; what is judged and kept is the average */
    double fgm, r_drop;     /* likewise */
    int64_t n_frozen;       /* as lex_encoder_freeze() counts; with fgm 0 only */
    lex_augment augment;
    double focal;           /* as lex_loss_options has it */
    double label_smoothing; /* SINGLE */
    /* SINGLE: lex_loss_options' distill, the teacher being a linear model (`linear` says how). Each fifth of the training rows is
     * answered by one that has seen the other four, so that it says of every row what it would say of a new one. < 0: 0.5 in
     * SINGLE, unless that took more than these, else 0. Not a number: CONTRACTS: as < 0; CLASSIC: 0. */
    double distill_linear;
    /* SINGLE: a record counts (mean count of the labels / count of its own) to this power, in [0, 1]; 1 is
     * scikit-learn's "balanced". 0: each counts the same. < 0: 0.3 in SINGLE, else 0. Not a number: CONTRACTS: as < 0; CLASSIC: 0. */
    double class_weight_power;
    /* SINGLE: a file of what the labels count, in place of that; those that it does not name count 1. JSON, {"LABEL": 2.5},
     * or a table with the columns label and weight. Or NULL. */
    const char *class_weights_path;
    int64_t dev_every; /* judge the dev set after every so many epochs, and after the last one; 0: as 1 */
    int64_t patience; /* judgements without a better one after which training ends; 0: none */
    double min_delta; /* what counts as better */
    double clip;    /* largest gradient norm; 0: not clipped */
    bool skip_nan;  /* a step that diverges is left out, instead of ending the run */
    /* A folder for TensorBoard's event files, made if missing; NULL: none. Scalars of every step and epoch, precision and
     * recall of the LEX_BOARD_CURVES labels with the most dev records, the options. */
    const char *tensorboard_dir;
    double dropout; /* of all dropouts; < 0: the encoder's own */
    lex_schedule schedule;
    double schedule_power, lr_end; /* POLYNOMIAL; lr_end is below lr */
    /* MULTI and BINARY: what a true label counts against a false one in the loss; 1: the plain loss. < 0: by label,
     * sqrt(records without / records with it), between 1 and LEX_POS_WEIGHT_MAX. The square root damps the weight
     * of full balance (King and Zeng, "Logistic Regression in Rare Events Data", 2001), under which a few records would
     * steer the whole encoder, as Mahajan et al. (2018) damp their sampling of rare classes. With any weight, a fresh
     * head's bias begins at each label's frequency as the loss sees it. */
    double pos_weight;
    /* Fitted on the dev set after every epoch, if there is one (calibration.h). Weights above are taken back from the
     * logits only where this is set; without it a probability means what the weighted loss made of it. */
    bool calibrate;
    bool thresholds_auto; /* by lex_goal_of_task() */
    lex_threshold_rule thresholds;
    /* Chooses the best epoch, as it would be delivered: calibrated, with its thresholds. A name of
     * lex_metrics_by_name(), or LEX_METRIC_LAST: the last one is kept whatever its numbers, which are told by its loss;
     * not with patience. NULL: CONTRACTS: LAST, but loss with patience or a schedule that does not come down; CLASSIC:
     * macro_f1. */
    const char *metric;
    uint64_t seed;
    /* Goes on with the run in OUT.partial, if there is one; does nothing where OUT is complete. Refused when options,
     * data or versions are others, unless resume_anyway, which names them. For a linear model: trained anew. */
    bool resume, resume_anyway;
    int64_t checkpoint_steps;  /* a checkpoint after so many steps; 0: not by steps */
    double checkpoint_minutes; /* and after so much time; 0: not by time */
    const volatile sig_atomic_t *stop; /* set to stop after the step at hand, with a checkpoint; or NULL */
    lex_train_events events;
} lex_train_options;

lex_train_options lex_train_options_default(void);

/* How the run went; release it whatever lex_train() returned. */
typedef struct {
    lex_json *run;      /* the summary: options, data, epochs, best epoch, test metrics */
    lex_metrics test;   /* of the best epoch, when has_test */
    bool has_test;
    lex_strings labels; /* names for test.per_label, unknown ones of the test file behind */
    char *kept_dir;     /* where the best epoch so far stands, or NULL when nothing was kept; */
    int64_t kept_epoch; /* which is this one, the last that could be written */
    bool is_complete;   /* OUT was there already: nothing was done */
    int64_t saved_step; /* of the last checkpoint; 0: there is none */
    int64_t n_epochs;   /* that the run was for */
    const char *metric; /* that best_value is of: the one that chose, or loss; borrowed from the options, or static */
    int64_t best_epoch;
    double best_value; /* of the metric; not finite when there is no dev set */
    double elapsed_s;
    int64_t n_train, n_dev, n_test, tokens;
    double tokens_per_s;  /* of this process's steps: real tokens, there being no others; 0 for a linear model */
    int64_t peak_bytes;   /* lex_peak_memory() */
    int64_t n_left_out;   /* steps that diverged */
    int64_t n_overflows;  /* steps whose gradients float16 did not hold at the loss scale of the time */
    double loss_scale;    /* at the end; 0: there is none */
} lex_train_summary;

/* LEX_ERR_INTERRUPTED when *stop was set: summary->kept_dir says what is left. */
lex_status lex_train(lex_train_summary *summary, const lex_train_options *options, lex_err *err) LEX_MUST_CHECK;
void lex_train_summary_release(lex_train_summary *summary);

/* ---- one optimizer step, for the loop and for tests ---- */

/* What the loss is multiplied with on the way back, and its gradients divided by again, so that small ones do not become 0 in
 * float16 (Micikevicius et al., "Mixed Precision Training", ICLR 2018, section 3.2). It looks for its own size as
 * torch.amp.GradScaler does, with that one's values: first 65536, half of it after a step whose gradients are not finite,
 * which changes nothing else, twice of it after 2,000 good steps. Always a power of two. */
#define LEX_LOSS_SCALE_FIRST 65536.0
enum { LEX_LOSS_SCALE_INTERVAL = 2000 };
typedef struct {
    double scale;
    int64_t n_good; /* steps since it last changed; below the interval */
} lex_loss_scale;
void lex_loss_scale_update(lex_loss_scale *scale, bool overflow);

typedef struct lex_optimizer lex_optimizer;
typedef struct {
    double beta1, beta2, eps, weight_decay, clip;
    lex_loss_options loss; /* weights borrowed as long as the optimizer lives; the teacher is each example's own */
    double head_factor;    /* the head's learning rate over the encoder's; 0: 1 */
    /* The learning rate of a layer over that of the one above it (Howard and Ruder, "Universal Language Model
     * Fine-tuning", ACL 2018, section 3.2): the top layer has the whole rate, the embeddings the least. 0: 1. */
    double layer_decay;
    /* Not OFF: examples are documents, given by their ids without special tokens, which `cut` (borrowed as long as the
     * optimizer lives) makes into windows. */
    lex_windows windows;
    const lex_cut *cut;
    bool recompute; /* layers twice in place of their memory: lex_tape_recompute() */
    lex_optimizer_kind kind; /* betas and eps are AdamW's; weight decay is SGD's penalty on squared weights */
    double momentum;         /* SGD */
    /* The moving average of the weights (Polyak and Juditsky 1992; as Tarvainen and Valpola's teacher, NeurIPS 2017), taken
     * after every step: its decay, in [0, 1); 0: none. See lex_average_decay(). */
    double ema;
    /* The length of the adversarial step on word embeddings (Miyato et al., ICLR 2017); the loss that is told is that of
     * the words as they are. 0: none. */
    double fgm;
    /* R-Drop's alpha: each example is computed under two masks of dropout, and the loss is the mean of both and alpha times
     * lex_divergence(), the mean over the examples without their weights. 0: once. */
    double r_drop;
    double loss_scale; /* the first one; 0: losses are not scaled */
} lex_optimizer_options;

lex_optimizer *lex_optimizer_new(lex_encoder *encoder, lex_runtime *runtime, const lex_optimizer_options *options);
void lex_optimizer_free(lex_optimizer *optimizer);

/* The decay of the average in step `step`, from 1: min(decay, (1 + step) / (10 + step)), as TensorFlow's
 * ExponentialMovingAverage warms up. The average begins as the first weights; with this it forgets them as it goes, so that
 * also after a few hundred steps it is one of the last tenth or so, where a correction of the bias would weigh all steps of
 * a short run alike. */
double lex_average_decay(double decay, int64_t step);
/* Exchanges weights and average, if there is one: twice for a look at the average. */
void lex_optimizer_swap_average(lex_optimizer *optimizer);

/* An example as the step sees it. */
typedef struct {
    const int32_t *ids; /* (n), special tokens included; not with windows */
    int64_t n;
    int32_t label;          /* SINGLE */
    const uint8_t *targets; /* (K) MULTI and BINARY */
    const float *teacher;   /* (K); needed where the options' loss.distill is not 0 */
    const int64_t *windows; /* (n_windows): those that count, ascending; NULL: all. With windows alone */
    int64_t n_windows;
} lex_train_example;

/* Mean loss over the examples (with weights in SINGLE, the weighted mean), its gradient in micro-batches of at most batch_tokens (at least one example each), one
 * update with rate `lr`. The result does not depend on batch_tokens but for rounding: a document of more tokens is computed
 * in parts, twice. LEX_ERR_SYSTEM, and weights and moments as they were, when the loss or the norm of the gradient is not
 * finite; the second below tells. With a loss scale a norm that is not finite is an overflow, which the third tells: LEX_OK,
 * weights, moments and average as they were, the scale halved. Only where it was below 1 already the step has diverged. */
lex_status lex_optimizer_step(lex_optimizer *optimizer, double *loss, lex_task task, const lex_train_example *examples,
                              int64_t n_examples, int64_t batch_tokens, double lr, const lex_train_mode *mode,
                              lex_err *err) LEX_MUST_CHECK;

/* Of the last step: the norm of its gradient before clipping; whether it was left out because it diverged. */
double lex_optimizer_norm(const lex_optimizer *optimizer);
bool lex_optimizer_diverged(const lex_optimizer *optimizer);
bool lex_optimizer_overflowed(const lex_optimizer *optimizer);
/* The loss scale of the next step; .scale is 0 without one. */
lex_loss_scale lex_optimizer_loss_scale(const lex_optimizer *optimizer);

/* The factor on the learning rate in step `step` (from 0) of n_steps, as transformers' get_linear_, get_constant_,
 * get_cosine_, get_polynomial_decay_schedule_with_warmup and get_inverse_sqrt_schedule (which falls from the end of
 * warm-up, or from step 10,000 where there is none) have it. */
double lex_schedule_factor(const lex_schedule_options *schedule, int64_t step, int64_t n_steps, int64_t warmup_steps);

#ifdef __cplusplus
}
#endif
#endif
