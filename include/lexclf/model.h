/* model.h - a model folder: opened and checked, brought to life, saved. There are two kinds: encoders with a head, and
 * linear classifiers of n-grams.
 *
 * The folder is a Hugging Face folder in both directions (config.json, model.safetensors, tokenizer files); what
 * transformers does not know lies in lexclf.json: task, labels, maximum length, pooling, thresholds, the run that made
 * it, and checksums by which a flipped bit is found on opening. A plain transformers folder without lexclf.json works,
 * with weights in model.safetensors or pytorch_model.bin, whole or in parts with an index, as 16, 32 or 64-bit floats.
 *
 * A linear model (lexclf.json has "kind": "linear") is ours alone: model.safetensors with weights, bias and idf, the
 * vocabulary in vocabulary.bin, lexclf.json. It has no tokenizer and no maximum length and needs no libtorch.
 *
 * An encoder's folder may hold a linear model beside it (lexclf.json requires "linear-fusion"): linear.safetensors and
 * vocabulary.bin. Its logits are the encoder's plus a weight times the linear model's margins of the whole text.
 *
 * A folder whose answers transformers would compute differently (mean pooling, fusion) keeps its head under a name that
 * transformers reports as missing. Of one with int8 weights (lexclf.json requires "int8-weights"; quantise.h) it
 * reports all of these as missing; it answers here, and is trained no further.
 *
 *     lex_model *model = NULL;
 *     lex_encoder *encoder = NULL;
 *     LEX_TRY(lex_model_open(&model, "my-model", LEX_MODEL_CLASSIFIER, err));
 *     LEX_TRY(lex_model_encoder(&encoder, model, runtime, err));
 *     ...
 *     lex_encoder_free(encoder);      // before the model: it uses the mapped weights
 *     lex_model_free(model);
 */
#ifndef LEXCLF_MODEL_H
#define LEXCLF_MODEL_H

#include <signal.h>

#include "lexclf/encoder.h"
#include "lexclf/inference.h"
#include "lexclf/json.h"
#include "lexclf/linear.h"
#include "lexclf/tokenizer.h"
#include "lexclf/windows.h"

#ifdef __cplusplus
extern "C" {
#endif

#define LEX_MODEL_FORMAT 1 /* of lexclf.json; a folder of a newer format is refused */

/* How much of a folder is needed. */
typedef enum {
    LEX_MODEL_TOKENIZER, /* weights are not looked at */
    LEX_MODEL_ENCODER,   /* a head may be missing */
    LEX_MODEL_CLASSIFIER
} lex_model_need;

typedef enum { LEX_KIND_ENCODER, LEX_KIND_LINEAR } lex_kind;

/* How an encoder's weights were rounded when the folder was made of another (quantise.h). */
typedef enum { LEX_QUANTISED_NOT, LEX_QUANTISED_INT8, LEX_QUANTISED_BF16 } lex_quantised;

typedef struct lex_model_files lex_model_files;

/* Everything is read-only to callers, and owned by the model. */
typedef struct {
    char *dir; /* NULL for one that was made here */
    lex_kind kind;
    lex_encoder_config config; /* ENCODER */
    lex_tokenizer *tokenizer;  /* ENCODER; else NULL */
    lex_vectorizer *vectorizer; /* LINEAR, and a fused ENCODER; else NULL */
    lex_svm svm;                /* likewise */
    bool is_fused;              /* ENCODER: its logits are not the encoder's alone, but lex_fuse() of both ... */
    double fusion_weight;       /* ... by this (tuning.h) */
    lex_quantised quantised;    /* ENCODER */
    bool has_head;
    lex_task task;
    lex_pooling pooling;
    lex_strings labels;       /* in model order; BINARY: the positive one, then the negative one */
    int64_t n_outputs;        /* K: number of labels, 1 for BINARY */
    double temperature;       /* logits are divided by it; 1 unless lexclf.json says otherwise (calibration.h) */
    double *shift;            /* (K), added to logits before that; or NULL: none */
    double *thresholds;       /* (K); 0.5 unless lexclf.json says otherwise; no meaning for SINGLE */
    int64_t max_length;       /* ENCODER: as lexclf.json or the tokenizer states it, at most the model's positions */
    lex_normalize_how normalize; /* ENCODER: what its tokenizer does to a text first */
    lex_windows windows;      /* ENCODER: how documents longer than that are read; OFF: they are cut */
    int64_t stride;           /* from a window's first token to the next one's; 0 when OFF */
    lex_strings text_columns; /* as trained; empty when not known */
    /* How the training data's labels were written, if not one a cell: what stands between them, or NULL; the columns
     * of 0 and 1, each a list of its one name in quotes, as lex_reader_options takes them (text.h). */
    char *label_separator;
    lex_strings label_columns;
    double *fresh_bias;       /* (K), or NULL for 0: where the bias of a head begins that is fresh */
    int64_t n_frozen;         /* in training: blocks that stay as they are, as lex_encoder_freeze() counts them */
    lex_strings unused;       /* tensors of the file that were not used; filled by lex_model_encoder() */
    lex_strings unknown_settings; /* of config.json, that mean nothing here */
    lex_strings fresh;        /* parameters that were initialised by seed, likewise */
    lex_model_files *files;   /* inside */
} lex_model;

/* Opens a folder and checks it. LEX_ERR_INPUT names the file and the reason: missing, cut short, of the wrong shape,
 * damaged, of a newer format, with an unknown requirement, of an encoder type that is not supported; quantised, where an
 * ENCODER is needed: what is to be trained must not have been rounded. */
lex_status lex_model_open(lex_model **out, const char *dir, lex_model_need need, lex_err *err) LEX_MUST_CHECK;
void lex_model_free(lex_model *model);

/* A linear model of its parts, which become the model's: for the trainer, to be saved. */
lex_model *lex_model_linear_new(lex_task task, const lex_strings *labels, lex_vectorizer *vectorizer, lex_svm *svm);

/* Sets a linear model, whose parts become the model's, beside an encoder that was prepared. */
void lex_model_fuse(lex_model *model, lex_vectorizer *vectorizer, lex_svm *svm);

/* For encoders: the maximum length to use when the user asked for `asked` (0: not at all). LEX_ERR_USAGE when it does not fit the
 * model's positions or leaves no room beside the special tokens. */
lex_status lex_model_length(int64_t *out, const lex_model *model, int64_t asked, lex_err *err) LEX_MUST_CHECK;

/* What the encoder's tokenizer does to a text before anything else, from now on; before the model is shared. */
void lex_model_use_normalize(lex_model *model, lex_normalize_how how);

/* How the model reads long documents from now on, before it is brought to life. stride 0: three quarters of what a window
 * holds, so that a quarter is seen twice (Dai et al., "Revisiting Transformer-based Models for Long Document
 * Classification", Findings of EMNLP 2022, section 4.2). may_be_fresh: ATTENTION's weights may be drawn, for training.
 * LEX_ERR_USAGE for a stride that leaves tokens out or has no windows, and where the weights of ATTENTION are not there. */
lex_status lex_model_use_windows(lex_model *model, lex_windows windows, int64_t stride, int64_t max_length,
                                 bool may_be_fresh, lex_err *err) LEX_MUST_CHECK;
/* Outputs of the model's encoder for a window: K, or one more. */
int64_t lex_model_width(const lex_model *model);

/* Makes this encoder folder a classifier to be trained: task, labels (copied) and pooling. A head that is there is
 * kept when task, labels and pooling are the same; otherwise it is fresh, by seed. */
void lex_model_prepare(lex_model *model, lex_task task, const lex_strings *labels, lex_pooling pooling);

/* For a model that was prepared: where its head's bias begins if that is fresh; (K), copied. */
void lex_model_begin_at(lex_model *model, const double *bias);

/* For a model that was prepared: which blocks stay as they are. LEX_ERR_USAGE when it has not so many layers, or
 * one above shares its weights with them. */
lex_status lex_model_freeze(lex_model *model, int64_t n_frozen, lex_err *err) LEX_MUST_CHECK;

/* An encoder with the folder's weights: in place, for answers. */
lex_status lex_model_encoder(lex_encoder **out, lex_model *model, lex_runtime *runtime, lex_err *err) LEX_MUST_CHECK;
/* The device for the model where *device was asked for: int8, and encoders with blocks like DeBERTa's, are computed on the CPU
 * alone, which "auto" then is. LEX_ERR_USAGE: CUDA was asked for all the same. */
lex_status lex_model_device(const char **device, const lex_model *model, bool in_int8, lex_err *err) LEX_MUST_CHECK;
/* What an inference of the model computes in where `asked` is asked for; not AUTO: that is INT8 for one that was quantised
 * so, else what is fast here. */
lex_precision lex_model_precision(const lex_model *model, lex_precision asked);
/* The same without libtorch, on the CPU, for answers alone, in a precision of lex_model_precision(). INT8 takes weights in
 * int8 from where they are mapped, or quantises those of a float folder now; what is not in int8 is computed in bfloat16
 * where that is known to be fast, else in float32; attention as lex_inference_attend_rounded() says. FP32 and BF16 of an
 * int8 folder: its weights as floats. */
lex_status lex_model_inference(lex_inference **out, lex_model *model, lex_precision precision,
                               lex_err *err) LEX_MUST_CHECK;
/* The same with flat weights, for training; what is missing of the head is drawn from `seed`. */
lex_status lex_model_encoder_to_train(lex_encoder **out, lex_model *model, lex_runtime *runtime, uint64_t seed,
                                      lex_err *err) LEX_MUST_CHECK;

/* Writes a folder `dir` (made if missing; not published): the encoder's flat weights under the model's description,
 * the source folder's tokenizer files, and lexclf.json with `run` (borrowed) in it. A linear model has its weights in
 * itself: `encoder` is NULL. */
typedef struct {
    int64_t max_length; /* ENCODER */
    const char *const *text_columns;
    int n_text_columns;
    const char *label_separator; /* or NULL */
    const lex_strings *label_columns; /* names, or NULL */
    const lex_json *run;
} lex_model_save_options;
lex_status lex_model_save(const lex_model *model, lex_encoder *encoder, const char *dir,
                          const lex_model_save_options *options, lex_err *err) LEX_MUST_CHECK;

/* SHA-256 of model.safetensors, or of the bytes of all files of weights, part after part, in hexadecimal; and how many bytes
 * these are. */
void lex_model_weights_sha256(const lex_model *model, char hex[65]);
size_t lex_model_weights_bytes(const lex_model *model);
/* SHA-256 over the names and bytes of all files of the folder: two folders that have it in common answer alike. */
lex_status lex_model_fingerprint(const lex_model *model, char hex[65], lex_err *err) LEX_MUST_CHECK;
/* "single", "multi" or "binary"; "encoder" or "linear"; "cls" or "mean". */
const char *lex_task_name(lex_task task);
const char *lex_kind_name(lex_kind kind);
const char *lex_pooling_name(lex_pooling pooling);

/* ---- running many sequences ---- */
typedef struct {
    const int32_t *ids; /* (n), special tokens included */
    int64_t n;
} lex_sequence;

/* Logits (n_sequences, K) for sequences in any order: computed in packed batches of at most batch_tokens tokens (0: by
 * device), formed by length. progress: after every batch, with the sequences and tokens done; or NULL. */
lex_status lex_run_sequences(lex_encoder *encoder, lex_runtime *runtime, const lex_sequence *sequences,
                             int64_t n_sequences, int64_t n_outputs, int64_t batch_tokens, float *logits,
                             void (*progress)(void *context, int64_t n_sequences, int64_t n_tokens), void *context,
                             lex_err *err) LEX_MUST_CHECK;
/* What 0 stands for. */
int64_t lex_default_batch_tokens(const lex_runtime *runtime, bool to_train);

/* The same by an inference: n_threads workers, with what they compute in, for as many runs as are asked for. Logits do
 * not depend on n_threads, batch_tokens or company, bit for bit. progress comes from the workers, one at a time. */
typedef struct lex_crew lex_crew;
/* together: not one batch a thread, but all threads on one batch at a time. */
lex_crew *lex_crew_new(const lex_inference *inference, int64_t n_outputs, int n_threads, bool together);
void lex_crew_free(lex_crew *crew);
/* Adds to `sum` where the time of all runs went, in the workers' time; from lex_crew_watch() on it is measured. */
void lex_crew_watch(lex_crew *crew);
void lex_crew_profile(const lex_crew *crew, lex_profile *sum);
/* The next run computes margins (n_rows, K) of x, too, on the same workers. All is borrowed until its end. */
void lex_crew_add_margins(lex_crew *crew, const lex_svm *svm, const lex_sparse *x, float *margins);
lex_status lex_crew_run(lex_crew *crew, const lex_sequence *sequences, int64_t n_sequences, int64_t batch_tokens,
                        float *logits, void (*progress)(void *context, int64_t n_sequences, int64_t n_tokens),
                        void *context, lex_err *err) LEX_MUST_CHECK;

/* What computes sequences: a crew, or, where that is NULL, an encoder on its runtime. */
typedef struct {
    lex_crew *crew;
    lex_encoder *encoder;
    lex_runtime *runtime;
    int64_t batch_tokens;
} lex_runner;

/* Logits (n, K) of documents given by their ids without special tokens, each cut into windows as `cut` says and pooled by
 * `windows` (not OFF): so many windows at a time, in whatever document they lie, that memory does not grow with any.
 * progress: with the documents and tokens done; or NULL. LEX_ERR_INTERRUPTED soon after *stop, which may be NULL, is
 * set. */
typedef struct {
    const lex_cut *cut;
    lex_windows windows;
    int64_t n_outputs; /* K */
    void (*progress)(void *context, int64_t n_documents, int64_t n_tokens);
    void *context;
    const volatile sig_atomic_t *stop;
} lex_document_options;
lex_status lex_run_documents(const lex_runner *runner, const lex_sequence *documents, int64_t n,
                             const lex_document_options *options, float *logits, lex_err *err) LEX_MUST_CHECK;

#ifdef __cplusplus
}
#endif
#endif
