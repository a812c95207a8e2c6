/* internal.h - what the files of this module share: blocks that own their weights, layers, the tape. */
#ifndef LEXCLF_ENCODER_INTERNAL_H
#define LEXCLF_ENCODER_INTERNAL_H

#include "layout.h"

/* A linear block: weight (out, in), bias (out), and their gradients when training. The encoder calls it and does not
 * look inside, so that other forms (quantised, adapted) can stand behind it. */
typedef struct {
    lex_tensor *weight, *bias, *dweight, *dbias;
} lex_linear;
lex_tensor *lex_linear_forward(lex_scope *scope, const lex_linear *linear, lex_tensor *x);
lex_tensor *lex_linear_forward_head(lex_scope *scope, const lex_linear *linear, lex_tensor *x);
/* An activation of it; `raw` gets what that was applied to. */
lex_tensor *lex_linear_forward_then(lex_scope *scope, const lex_linear *linear, lex_tensor *x, lex_activation activation,
                                    lex_tensor **raw);
/* Adds the weights' gradients; returns dx, or NULL when it is not wanted. */
lex_tensor *lex_linear_backward(lex_scope *scope, const lex_linear *linear, lex_tensor *dy, lex_tensor *x,
                                bool want_dx);

/* One whose weight is NULL does nothing. */
typedef struct {
    lex_tensor *weight, *bias, *dweight, *dbias; /* (C) */
} lex_norm_block;
lex_tensor *lex_norm_forward(const lex_encoder_config *config, lex_scope *scope, const lex_norm_block *norm, lex_tensor *x,
                             lex_layer_norm_saved *saved);
/* Of to + from, where there is a normalisation; `to` is written over. */
lex_tensor *lex_add_norm_forward(const lex_encoder_config *config, lex_scope *scope, const lex_norm_block *norm, lex_tensor *to,
                                 lex_tensor *from, lex_layer_norm_saved *saved);
lex_tensor *lex_norm_backward(lex_scope *scope, const lex_norm_block *norm, lex_tensor *dy, const lex_layer_norm_saved *saved);

typedef struct {
    lex_linear qkv;       /* (3C, C): query, key, value beside each other */
    lex_linear attention; /* (C, C) */
    lex_norm_block attention_norm;
    lex_linear inner; /* (I, C), or (2I, C) where it is gated */
    lex_linear outer; /* (C, I) */
    lex_norm_block outer_norm;
} lex_layer;

typedef struct {
    lex_tensor *table, *dtable;
} lex_embedding;

struct lex_encoder {
    lex_runtime *runtime;
    lex_encoder_config config;
    lex_pooling pooling;
    int64_t n_outputs; /* K */
    bool rounded;      /* rows and the layers' weights, to answer with fewer bits (lex_rounds_rows()) */
    lex_layout layout;
    lex_scope *weights; /* all tensors below live here */
    lex_tensor *flat, *flat_gradients;
    lex_tensor *trained;   /* of flat, what is not frozen */
    int64_t frozen_blocks; /* the embeddings, then layers */
    int64_t frozen_floats; /* of flat; flat_gradients begins behind them */
    lex_embedding words, positions, segments; /* a table is NULL where the family has none */
    lex_norm_block embedding_norm;
    lex_linear projection;  /* where config.has_projection */
    lex_embedding relative; /* (buckets, H) */
    lex_embedding distances; /* (2 span, C), and the normalisation of its rows */
    lex_norm_block distances_norm;
    lex_layer *layers;      /* (L) */
    lex_linear convolution; /* (C, C size), where config.convolution, and the normalisation after it */
    lex_norm_block convolution_norm;
    lex_norm_block last_norm;
    lex_linear dense; /* of the family's own head: CLS only; and the normalisation after it */
    lex_norm_block head_norm;
    lex_linear scorer; /* (1, C), of windows, where config.window_scores; its bias is 0 and stays 0: softmax undoes it */
    lex_linear classifier;
};

/* What one layer leaves for the way back. */
typedef struct {
    lex_tensor *x;       /* (T, C) */
    lex_tensor *seen;    /* (T, C): what attention sees: x, or x normalised */
    lex_tensor *qkv;       /* (T, 3C) and, of distances, (2 span, 3C): kept where attention has terms of distances */
    lex_tensor *distances;
    lex_attention_saved attention;
    lex_tensor *context; /* (T, C) */
    lex_dropout_saved attention_dropout;
    lex_layer_norm_saved attention_norm;
    lex_tensor *middle;  /* (T, C): what the feed-forward sees */
    lex_tensor *inner;   /* (T, I): before the activation */
    lex_tensor *active;  /* (T, I): after it */
    lex_dropout_saved outer_dropout;
    lex_layer_norm_saved outer_norm;
} lex_layer_tape;

/* What the convolution leaves for it. */
typedef struct {
    lex_tensor *unfolded; /* (T, C size) */
    lex_tensor *raw, *active; /* (T, C): before and after its activation */
    lex_dropout_saved dropout;
    lex_layer_norm_saved norm;
} lex_convolution_tape;

struct lex_tape {
    lex_tensor *ids, *positions, *segments; /* (T) on the device */
    lex_tensor *buckets; /* (2 N - 1): rows of the table of biases for the distances in this batch */
    lex_tensor *bias;    /* (2 N - 1, H): what they are */
    lex_tensor *dbias;   /* its gradient, of all layers */
    int64_t *distance_rows;  /* (2 N - 1), owned: which row of the table is for a distance; N - 1 is how far they reach */
    int64_t distance_reach;
    lex_tensor *distances, *ddistances; /* (2 span, C): normalised; the gradient by it, of all layers */
    lex_layer_norm_saved distances_norm;
    lex_tensor *local;   /* (2 N - 1, 1): the bias of layers that see only what is near */
    lex_tensor *cosines[2], *sines[2]; /* (T, d / 2): rotations in layers that see all, and in those */
    lex_tensor *embedded; /* (T, E): before they are projected */
    lex_layer_norm_saved embedding_norm;
    lex_dropout_saved embedding_dropout;
    lex_layer_tape *layers; /* (L) */
    lex_convolution_tape convolution;
    lex_layer_norm_saved last_norm;
    lex_tensor *first_rows; /* (B): rows of [CLS] */
    lex_tensor *first;      /* (B, C): what the head's dense layer sees */
    lex_tensor *raw;        /* (B, C): what comes out of it, */
    lex_tensor *pooled;     /* (B, C): after its activation */
    lex_layer_norm_saved head_norm;
    lex_dropout_saved first_dropout, head_dropout;
    lex_tensor *features;   /* (R, C): what the classifier sees */
    bool answers;           /* there is no way back */
    bool recompute;         /* of the layers, x alone is kept */
    uint32_t first_example;
    lex_train_mode mode;
};

/* embed.c: rows of ids to what the first layer sees (T, C), and back; what a batch's distances
 * and positions do to its scores. */
lex_tensor *lex_embed(lex_encoder *encoder, lex_scope *scope, const lex_batch *batch, const lex_packing *packing, lex_tape *tape);
void lex_embed_backward(lex_encoder *encoder, lex_scope *scope, const lex_packing *packing, lex_tape *tape, lex_tensor *dx);
void lex_distances_prepare(lex_encoder *encoder, lex_scope *scope, const lex_batch *batch, lex_tape *tape);
/* convolution.c: the first layer's output y once x, which that layer saw, has been convolved and added; and back: the
 * gradient by y from that by the sum, and, where it is wanted, the one by x. */
lex_tensor *lex_convolution_forward(lex_encoder *encoder, lex_scope *scope, const lex_packing *packing, lex_tensor *x,
                                    lex_tensor *y, lex_tape *tape);
lex_tensor *lex_convolution_backward(lex_encoder *encoder, lex_scope *scope, const lex_packing *packing, const lex_tape *tape,
                                     lex_tensor *dy, lex_tensor **dx);
/* head.c */
lex_tensor *lex_head_forward(lex_encoder *encoder, lex_scope *scope, const lex_batch *batch, const lex_packing *packing,
                             lex_tensor *x, lex_tape *tape);
lex_tensor *lex_head_backward(lex_encoder *encoder, lex_scope *scope, const lex_batch *batch,
                              const lex_packing *packing, lex_tape *tape, lex_tensor *dlogits);

/* Which dropout of the network a mask belongs to. */
enum {
    LEX_SITE_EMBEDDING,
    LEX_SITE_ATTENTION,
    LEX_SITE_PROBABILITIES,
    LEX_SITE_OUTER,
    LEX_SITE_HEAD,
    LEX_SITE_FIRST, /* before the head's dense layer */
    LEX_SITE_CONVOLUTION,
    LEX_SITES = 16
};
static inline lex_dropout lex_site(const lex_train_mode *mode, double p, int64_t layer, int place)
{
    lex_dropout dropout = {p, mode->seed, mode->step, (uint32_t)(layer * LEX_SITES + place)};
    return dropout;
}

#endif
