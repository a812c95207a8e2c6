/* packed.h - the insides of a lex_inference and of a workspace. */
#ifndef LEXCLF_ENCODER_PACKED_H
#define LEXCLF_ENCODER_PACKED_H

#include "layout.h"
#include "lexclf/inference.h"
#include "lexclf/team.h"

enum { LEX_PARTS_MAX = 3 };

typedef struct {
    void *packed; /* owned; NULL where it is in int8 */
    const float *bias;
    int64_t in, out;
    lex_int8_part parts[LEX_PARTS_MAX]; /* of int8 */
    int n_parts;
    int32_t *sums; /* (out), owned: of the parts */
} lex_packed_linear;

/* One whose weight is NULL does nothing. */
typedef struct {
    const float *weight, *bias; /* (C) */
} lex_plain_norm;

typedef struct {
    bool borrowed;               /* all of it is an earlier layer's */
    lex_packed_linear query;     /* of the last layer where only first rows go on: (C, C); else nothing */
    lex_packed_linear qkv;       /* (3C, C), or (2C, C) of key and value where query stands alone */
    float *qkv_bias;             /* (3C), owned */
    lex_packed_linear attention; /* (C, C) */
    lex_plain_norm attention_norm;
    lex_packed_linear inner; /* (I, C); of int8 (2I, C) where it is gated */
    lex_packed_linear gate;  /* (I, C): the second half of floats, where it is gated */
    bool is_local;
    void **distances; /* (2H), owned: of each head the queries, then the keys of the table's rows, packed as (2 span, d) */
    lex_packed_linear outer; /* (C, I) */
    lex_plain_norm outer_norm;
} lex_packed_layer;

struct lex_inference {
    const lex_kernels *kernels;
    void (*attend)(const lex_attend_work *work); /* of kernels, or, beside int8, rounded more */
    lex_encoder_config config;
    lex_pooling pooling;
    int64_t n_outputs;                        /* K, or K + 1: rows of the classifier */
    const lex_int8_kernels *int8_kernels;
    lex_int8_table words, positions, segments; /* of E columns; empty where the family has none */
    lex_plain_norm embedding_norm;
    lex_packed_linear projection; /* where config.has_projection */
    const float *relative;        /* (buckets, H), or NULL */
    float *distances;             /* (2 span, C), owned: the table of distances, normalised; or NULL */
    float *zeros;                 /* owned: where a normalisation has no bias; or NULL */
    lex_after after_inner;
    lex_packed_layer *layers; /* (L) */
    lex_packed_linear convolution; /* (C, C size), where config.convolution, and the normalisation after it */
    lex_plain_norm convolution_norm;
    lex_plain_norm last_norm;
    lex_packed_linear dense; /* of the family's own head: CLS only; and the normalisation after it */
    lex_plain_norm head_norm;
    lex_packed_linear classifier; /* with a row more, the windows' scores, where config.window_scores */
    float *classifier_bias;       /* owned there, else NULL */
};

/* What one thread does of a batch: some of its rows, all the way up; of the others it sees keys and values alone, which is
 * where threads wait for each other, once a layer. Buffers are all threads' own but for these. */
typedef struct {
    int64_t begin, end;   /* rows of the batch; the workspace holds them from its row 0 on */
    int64_t first, last;  /* the sequences that begin there */
    float *qkv[2];        /* (T, 3C): of even and of odd layers, so that nobody overwrites what another still reads */
    float *rows, *pooled; /* (T, C) and (B, C): what is pooled, and pooled */
    lex_team *team;       /* NULL: one thread does it all, in its workspace */
} lex_share;

/* Whether only each sequence's first row goes beyond the last layer's attention. */
bool lex_looks_at_first_rows(const lex_inference *inference);

/* answer.c: y = after(x W' + bias) for n_rows rows, whatever type the weights have. */
void lex_apply_linear(const lex_inference *m, const lex_workspace *w, const lex_packed_linear *linear, const float *x,
                      int64_t x_stride, int64_t n_rows, lex_after after, float *y, int64_t y_stride);

/* answer.c: in place, a normalisation of rows of `width`; an activation of n floats. Waits for the other threads' shares. */
void lex_apply_norm(const lex_inference *m, const lex_plain_norm *norm, int64_t width, float *y, int64_t y_stride, int64_t n_rows);
void lex_apply_activation(float *x, int64_t n, lex_activation activation);
void lex_wait_for_others(const lex_workspace *w, const lex_share *share);

/* answer_convolution.c: the convolution of a share's rows of x, into w->convolved; and the end of it, once `rows` hold what the
 * first layer gives for n of them, and `convolved` the convolution for the same. Nothing where there is none. */
void lex_convolve(const lex_inference *m, lex_workspace *w, const lex_batch *batch, const lex_share *share);
void lex_convolve_end(const lex_inference *m, lex_workspace *w, float *rows, const float *convolved, int64_t n);

/* answer_attention.c: all heads of all sequences: keys and values from `kv`, whose rows hold keys and then values; queries of
 * the share's rows from `q` (T, ...), into w->context from its row 0 on; or of its sequences' first rows alone, which then lie
 * behind one another in both. */
void lex_attend_layer(const lex_inference *m, const lex_packed_layer *layer, lex_workspace *w, const lex_batch *batch,
                      const lex_share *share, const float *q, int64_t q_stride, const float *kv, bool first_only);
/* Turns queries and keys of the share's rows of qkv (T, 3C), where positions are rotations. */
void lex_attend_rotate(const lex_inference *m, const lex_packed_layer *layer, const lex_workspace *w, const lex_batch *batch,
                       const lex_share *share, float *qkv);
/* answer.c: whether the batch can be answered; what comes before a share's rows, all of the layers, with a last meeting, and
 * what comes of all shares: logits, in one thread. `alone`: the workspace holds the share's qkv. */
lex_status lex_answer_check(const lex_inference *m, const lex_batch *batch, lex_err *err) LEX_MUST_CHECK;
void lex_answer_begin(const lex_inference *m, lex_workspace *w, const lex_batch *batch, bool alone);
void lex_answer_share(const lex_inference *m, lex_workspace *w, const lex_batch *batch, const lex_share *share);
void lex_answer_end(const lex_inference *m, lex_workspace *w, const lex_batch *batch, const lex_share *share, float *logits);

/* workspace.c: makes room for the batch; `alone`: for its queries, keys and values, too. */
void lex_workspace_reserve(lex_workspace *w, const lex_inference *m, const lex_batch *batch, bool alone);
/* answer_attention.c: for sequences of that length. */
void lex_attend_reserve(lex_workspace *w, const lex_inference *m, int64_t longest);
/* Frees a buffer and makes it n floats. */
void lex_make_room(float **buffer, int64_t n);

/* Rows of a buffer lie `..._stride` floats apart (lex_row_stride). */
struct lex_workspace {
    int64_t row_capacity, sequence_capacity, longest;
    float *x;       /* (T, C) */
    float *seen;    /* (T, C): normalised, where that comes first; or before it is projected (T, E) */
    float *qkv;     /* (T, 3C); NULL in a workspace of several that answer together, and in no other */
    float *context; /* (T, C) */
    float *inner;   /* (T, I), or (T, 2I) where it is gated; or (T, C size) before a convolution */
    float *convolved; /* (T, C), or NULL */
    int64_t *positions; /* (T): rows of the table, where they are not the batch's */
    float *bias;    /* (H, 2 longest - 1), or NULL: what attention adds by distance */
    int64_t *distance_rows; /* (2 longest - 1), or NULL: rows of the table of distances */
    float *terms[2]; /* (longest, 2 span): products of queries, and of keys, with those rows */
    float *scores;   /* (longest, longest): what attention adds */
    float *local;   /* (2 longest - 1), or NULL: the same of layers that see only what is near */
    float *rotations[2]; /* (longest, d): of each position d / 2 cosines and as many sines, or NULL */
    float *pooled;  /* (B, C) */
    float *aside;   /* (B, C) */
    float *scratch; /* of attention */
    float *linear_scratch; /* of either type of weights */
    int64_t stride, embedding_stride, qkv_stride, inner_stride;
    lex_profile *watch; /* borrowed; NULL: nobody asks */
};

#endif
