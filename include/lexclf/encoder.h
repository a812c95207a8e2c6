/* encoder.h - token ids to logits, and the way back.
 *
 * Encoders of BERT's kind (Devlin et al. 2019) as transformers computes them: embeddings, L layers of attention and
 * feed-forward with layer normalisation, a pooling, a head of K outputs. What differs from family to family is a
 * description (src/encoder/family.h), which lex_encoder_config points to. Each block has a forward that saves what it
 * needs on a tape and a backward that is called in reverse order; there is no autograd graph.
 *
 * Batches are packed: sequences lie behind one another without padding, and never see each other. A record has one or
 * more sequences, whose pooled rows are averaged, record by record. Long documents, whose windows need not fit into one
 * batch, are records of one window each here, and pooled by windows.h.
 *
 * Shapes: B sequences, R records, T rows (tokens) in all, C width, H heads, L layers, K outputs, V vocabulary.
 *
 *     lex_encoder *encoder = NULL;
 *     LEX_TRY(lex_encoder_new(&encoder, runtime, &config, LEX_POOLING_CLS, K, err));
 *     LEX_TRY(lex_encoder_bind(encoder, values, err));              // one pointer a parameter
 *     lex_batch_add(&batch, ids, n, 0, true);
 *     lex_tensor *logits = lex_encoder_forward(encoder, scope, &batch, NULL, NULL);   // (R, K)
 *     LEX_TRY(lex_scope_status(scope, err));
 */
#ifndef LEXCLF_ENCODER_H
#define LEXCLF_ENCODER_H

#include "lexclf/json.h"
#include "lexclf/task.h"
#include "lexclf/tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- what config.json says ---- */

/* An architecture's description (src/encoder/families): how its embeddings, layers, head and names differ. */
typedef struct lex_encoder_family lex_encoder_family;

enum { LEX_LAYERS_MAX = 1000 };

typedef struct {
    const lex_encoder_family *family;
    const char *class_name; /* transformers' name for the classifier: "BertForSequenceClassification" */
    int64_t vocab_size;     /* V */
    int64_t width;          /* C */
    int64_t embedding_width; /* E: of the tables; C unless they are projected */
    bool has_projection;
    int64_t n_layers;    /* L, each time that one is passed through */
    int64_t n_groups;    /* layers share weights in so many groups (ALBERT); 0: each has its own */
    int64_t group_size;  /* different layers in a group; 0 without groups */
    int64_t n_heads;     /* H; divides C */
    int64_t inner_width; /* of the feed-forward */
    int64_t n_positions; /* tokens of the longest sequence */
    int64_t position_offset; /* rows of the table of positions before the first token's */
    int64_t pad_id;      /* the token that has position `pad_id` wherever it stands, and is not counted; -1: none */
    int64_t n_segments;  /* token types; 0: none */
    bool has_position_table, has_distance_norm;
    int64_t distance_span; /* attention has terms of its own for 2 distance_span buckets of distances; 0: it has none */
    int64_t distance_max;  /* beyond which distances are one */
    int64_t convolution; /* tokens that the convolution beside the first layer sees at once; 0: there is none */
    lex_activation convolution_activation;
    int64_t n_buckets;   /* of distances between query and key that attention has a bias for; 0: none */
    double rotary_theta[2]; /* 0: positions are no rotations; of layers that see all, and of those that do not */
    int64_t local_reach;    /* how far such a layer sees, either way; 0: all layers see all */
    int64_t global_every;   /* each so many layers, from the first on, one sees all */
    lex_activation activation, head_activation;
    bool head_over_mean; /* the family's own head is given the mean over all tokens, not the first */
    bool has_attention_bias, has_inner_bias, has_norm_bias, has_head_bias; /* of its blocks; the classifier has one */
    double layer_norm_eps;
    double hidden_dropout, attention_dropout, head_dropout; /* probabilities, in training only */
    double initializer_range;                               /* standard deviation of fresh weights */
    /* Not in config.json, false unless set: behind a record's K logits stands its window's score (windows.h), so that
     * what is called (R, K) below is (R, K + 1). */
    bool window_scores;
} lex_encoder_config;

/* Reads a config.json. LEX_ERR_INPUT names what is missing, out of range, or not supported (with what is). */
lex_status lex_encoder_config_read(lex_encoder_config *out, const lex_json *config, lex_err *err) LEX_MUST_CHECK;

/* The encoder types that are supported, with commas between. */
const char *lex_encoder_supported(void);

/* The family of a 'model_type'; NULL where it is none of ours. */
const lex_encoder_family *lex_encoder_family_of(const char *model_type);
/* Family i of all, from 0; NULL behind the last. */
const lex_encoder_family *lex_encoder_family_at(int i);
/* Its 'model_type', the first where several have it. */
const char *lex_encoder_family_name(const lex_encoder_family *family);
/* What names of its weights begin with, but for the head's: "bert."; checkpoints of the encoder alone may lack it. */
const char *lex_encoder_family_prefix(const lex_encoder_family *family);
/* Whether it is one of config.json's settings that this family alone has. */
bool lex_encoder_family_knows(const lex_encoder_family *family, const char *setting);

/* CLS: the family's own head, as transformers computes it: for most the first token, through a dense layer. MEAN: the mean
 * over all tokens and one linear layer, the same for every family. */
typedef enum { LEX_POOLING_CLS, LEX_POOLING_MEAN } lex_pooling;
/* The name of the classifier's weight: transformers', or, where transformers does not compute such a head, our own. */
enum { LEX_HEAD_NAME_MAX = 80 };
const char *lex_encoder_head_name(char out[LEX_HEAD_NAME_MAX], const lex_encoder_family *family, lex_pooling pooling);

/* ---- parameters ---- */

/* How a parameter's numbers may lie in int8 (int8.h). The classifier's weights are few and count most: never. */
typedef enum { LEX_INT8_NEVER, LEX_INT8_ROWS, LEX_INT8_PANELS } lex_int8_form;

typedef struct {
    const char *name; /* as transformers stores it: "bert.encoder.layer.0.attention.self.query.weight" */
    int n_dims;
    int64_t shape[3];
    int64_t count;  /* elements */
    int64_t offset; /* first float in the flat buffer */
    int layer;      /* -1 embeddings, 0 .. L-1 (the last that uses it, where several do), L the head */
    bool decay;     /* false for biases and layer normalisation */
    bool head;      /* pooler or classifier: may be fresh */
    bool joined;    /* key or value: one block with the query's before it, of one type */
    lex_int8_form int8;
} lex_param;

typedef struct lex_encoder lex_encoder;

/* runtime: NULL for one that is asked for its parameters alone. */
lex_status lex_encoder_new(lex_encoder **out, lex_runtime *runtime, const lex_encoder_config *config,
                           lex_pooling pooling, int64_t n_outputs, lex_err *err) LEX_MUST_CHECK;
void lex_encoder_free(lex_encoder *encoder);

/* The parameters, in the order of the flat buffer; borrowed. */
const lex_param *lex_encoder_params(const lex_encoder *encoder, int64_t *n_params);
/* Floats in the flat buffer: at least the sum of counts; the gaps are zero and stay zero. */
int64_t lex_encoder_flat_count(const lex_encoder *encoder);

/* For answering: weights are used where they lie (on the CPU without a copy), values[i] being the count floats of
 * parameter i, which must outlive the encoder. On CUDA layers' weights are rounded to what lex_runtime_use() has said, which
 * stays so while the encoder is used. */
lex_status lex_encoder_bind(lex_encoder *encoder, const float *const *values, lex_err *err) LEX_MUST_CHECK;
/* Before lex_encoder_bind_flat(): leaves the lowest n blocks as they are, of which the first is the embeddings and
 * block 1 + i is layer i; n at most 1 + L. They have no gradients, and the way back ends above them. */
void lex_encoder_freeze(lex_encoder *encoder, int64_t n);
/* False where a layer above shares its weights with one of them. */
bool lex_encoder_may_freeze(const lex_encoder *encoder, int64_t n);
/* For training: weights are copied into one flat buffer on the device, with a gradient buffer of the same layout, which
 * begins behind what is frozen. */
lex_status lex_encoder_bind_flat(lex_encoder *encoder, const float *const *values, lex_err *err) LEX_MUST_CHECK;
/* The flat buffers (1-D float32); NULL unless bound flat. Borrowed. */
lex_tensor *lex_encoder_weights(lex_encoder *encoder);
lex_tensor *lex_encoder_gradients(lex_encoder *encoder);
/* The part of the weights that the gradients are of, and the floats before it: 0 unless something is frozen. */
lex_tensor *lex_encoder_trained(lex_encoder *encoder);
int64_t lex_encoder_n_frozen(const lex_encoder *encoder);
/* Copies the flat weights to the host: lex_encoder_flat_count() floats. */
lex_status lex_encoder_read_weights(lex_encoder *encoder, float *out, lex_err *err) LEX_MUST_CHECK;

/* ---- a batch ---- */
typedef struct {
    int64_t *ids, *positions, *segments; /* (T) */
    int64_t n_rows, row_capacity;        /* T */
    int64_t *starts;                     /* (B + 1): first row of each sequence */
    uint32_t *example;                   /* (B): names the sequence for dropout */
    int64_t n_sequences, sequence_capacity;
    int64_t *record_starts;   /* (R + 1): first sequence of each record */
    int64_t *record_rows;     /* (B + 1): 0, 1, ... B: records, or sequences, seen as sequences of one row */
    uint32_t *record_example; /* (R): of each record's first sequence */
    int64_t n_records, record_capacity;
} lex_batch;

void lex_batch_init(lex_batch *batch);
void lex_batch_release(lex_batch *batch);
void lex_batch_clear(lex_batch *batch);
/* Adds a sequence of n >= 1 ids, each under V and n at most n_positions: of a new record, or a further window of the
 * last one. `example` must differ between sequences of one training step. */
void lex_batch_add(lex_batch *batch, const int32_t *ids, int64_t n, uint32_t example, bool new_record);

/* ---- forwards and backwards ---- */
/* Dropout as in training; each probability < 0 stands for the config's. */
typedef struct {
    double hidden_dropout, attention_dropout, head_dropout;
    uint64_t seed;
    uint32_t step;
} lex_train_mode;

typedef struct lex_tape lex_tape;
lex_tape *lex_tape_new(const lex_encoder *encoder);
void lex_tape_free(lex_tape *tape);
/* From the next forwards on, layers leave only their input on the tape and are computed again on the way back: memory that
 * grows with L is that of their inputs, for about a third more work (Chen et al., "Training Deep Nets with Sublinear Memory
 * Cost", 2016). The gradient is the same, on the CPU bit for bit. */
void lex_tape_recompute(lex_tape *tape);

/* Logits (R, K), in `scope`. mode: NULL for answering. tape: NULL when there is no way back; what it saves lives in
 * `scope`. */
lex_tensor *lex_encoder_forward(lex_encoder *encoder, lex_scope *scope, const lex_batch *batch,
                                const lex_train_mode *mode, lex_tape *tape);
/* Adds the gradients of all parameters that are not frozen for dlogits (R, K) to the gradient buffer. `batch` and `tape` as
 * forwards. */
void lex_encoder_backward(lex_encoder *encoder, lex_scope *scope, const lex_batch *batch, lex_tape *tape,
                          lex_tensor *dlogits);

/* ---- the loss, on the host ---- */
/* What else the loss depends on; NULL, or all zero: nothing. */
typedef struct {
    /* (K), or NULL for 1. SINGLE: what a record of that label counts, as `weight` of torch.nn.CrossEntropyLoss; MULTI,
     * BINARY: what a true label counts against a false one, as pos_weight of torch.nn.BCEWithLogitsLoss. */
    const double *weights;
    /* SINGLE: the share e of the target that is spread over all labels (Szegedy et al., "Rethinking the Inception
     * Architecture", CVPR 2016, section 7), as label_smoothing of torch.nn.CrossEntropyLoss. */
    double label_smoothing;
    /* The focal loss's gamma (Lin et al., "Focal Loss for Dense Object Detection", ICCV 2017): what the model says with
     * probability p counts (1 - p)^gamma times. SINGLE: the loss is the sum of -t_k (1 - p_k)^gamma log p_k with the targets
     * t_k that weights, smoothing and a teacher make, p the softmax; MULTI, BINARY: p is the probability of what is true, the weight
     * of a true label stands before it as their alpha. 0: the plain loss. */
    double focal;
    /* SINGLE: the share s of the target that is what a teacher says of the records, its probabilities q (R, K) (Hinton, Vinyals
     * and Dean, "Distilling the Knowledge in a Neural Network", 2015): (1 - s) [k = y] + s q_k, smoothed and weighed as above,
     * as torch.nn.CrossEntropyLoss does with probabilities for targets. 0: none. */
    double distill;
    const float *teacher;
} lex_loss_options;

/* SINGLE: softmax and cross-entropy with labels (R). MULTI, BINARY: sigmoid and binary cross-entropy, averaged over
 * the K outputs, with targets (R, K) of 0 and 1. Returns the sum over records, times `scale`; writes its gradient into
 * dlogits (R, K) unless that is NULL. */
double lex_loss(lex_task task, const float *logits, int64_t n_records, int64_t n_outputs, const int32_t *labels,
                const uint8_t *targets, const lex_loss_options *options, double scale, float *dlogits);
/* What two answers to the same records differ by (R-Drop, Liang et al., NeurIPS 2021): half of KL(p || q) + KL(q || p) of
 * the softmaxes p and q of logits a and b (R, K) (SINGLE), or its mean over the K pairs of sigmoids. Returns the sum over
 * records, times `scale`; adds its gradients to da and db (R, K). */
double lex_divergence(lex_task task, const float *a, const float *b, int64_t n_records, int64_t n_outputs, double scale,
                      float *da, float *db);
/* Probabilities (R, K) of logits (R, K): softmax over K, or sigmoids. */
void lex_probabilities(lex_task task, const float *logits, int64_t n_records, int64_t n_outputs, float *out);

#ifdef __cplusplus
}
#endif
#endif
