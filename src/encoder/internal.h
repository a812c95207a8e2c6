/* internal.h - what the files of this module share: blocks that own their weights, layers, the tape. */
#ifndef LEXCLF_ENCODER_INTERNAL_H
#define LEXCLF_ENCODER_INTERNAL_H

#include "lexclf/encoder.h"

/* A linear block: weight (out, in), bias (out), and their gradients when training. The encoder calls it and does not
 * look inside, so that other forms (quantised, adapted) can stand behind it. */
typedef struct {
    lex_tensor *weight, *bias, *dweight, *dbias;
} lex_linear;
lex_tensor *lex_linear_forward(lex_scope *scope, const lex_linear *linear, lex_tensor *x);
/* GELU of it; `raw` gets what GELU was applied to. */
lex_tensor *lex_linear_forward_gelu(lex_scope *scope, const lex_linear *linear, lex_tensor *x, lex_tensor **raw);
/* Adds the weights' gradients; returns dx, or NULL when it is not wanted. */
lex_tensor *lex_linear_backward(lex_scope *scope, const lex_linear *linear, lex_tensor *dy, lex_tensor *x,
                                bool want_dx);

typedef struct {
    lex_tensor *weight, *bias, *dweight, *dbias; /* (C) */
} lex_norm_block;

typedef struct {
    lex_linear qkv;       /* (3C, C): query, key, value beside each other */
    lex_linear attention; /* (C, C) */
    lex_norm_block attention_norm;
    lex_linear inner; /* (4C, C) */
    lex_linear outer; /* (C, 4C) */
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
    lex_arena names;
    lex_param *params;
    int64_t n_params, param_capacity;
    int64_t flat_count;
    lex_scope *weights; /* all tensors below live here */
    lex_tensor *flat, *flat_gradients;
    lex_tensor *trained;   /* of flat, what is not frozen */
    int64_t frozen_blocks; /* the embeddings, then layers */
    int64_t frozen_floats; /* of flat; flat_gradients begins behind them */
    lex_embedding words, positions, segments;
    lex_norm_block embedding_norm;
    lex_layer *layers; /* (L) */
    lex_linear pooler; /* CLS only */
    lex_linear scorer; /* (1, C), of windows, where config.window_scores; its bias is 0 and stays 0: softmax undoes it */
    lex_linear classifier;
};

/* What one layer leaves for the way back. */
typedef struct {
    lex_tensor *x;       /* (T, C) */
    lex_attention_saved attention;
    lex_tensor *context; /* (T, C) */
    lex_dropout_saved attention_dropout;
    lex_layer_norm_saved attention_norm;
    lex_tensor *middle;  /* (T, C): after the first normalisation */
    lex_tensor *inner;   /* (T, 4C): before GELU */
    lex_tensor *active;  /* (T, 4C): after it */
    lex_dropout_saved outer_dropout;
    lex_layer_norm_saved outer_norm;
} lex_layer_tape;

struct lex_tape {
    lex_tensor *ids, *positions, *segments; /* (T) on the device */
    lex_layer_norm_saved embedding_norm;
    lex_dropout_saved embedding_dropout;
    lex_layer_tape *layers; /* (L) */
    lex_tensor *first_rows; /* (B): rows of [CLS] */
    lex_tensor *first;      /* (B, C) */
    lex_tensor *pooled;     /* (B, C): after tanh (CLS) */
    lex_dropout_saved head_dropout;
    lex_tensor *features;   /* (R, C): what the classifier sees */
    bool recompute;         /* of the layers, x alone is kept */
    uint32_t first_example;
    lex_train_mode mode;
};

/* params.c: fills encoder->params for the architecture. */
void lex_encoder_lay_out(lex_encoder *encoder);
/* head.c */
lex_tensor *lex_head_forward(lex_encoder *encoder, lex_scope *scope, const lex_batch *batch, const lex_packing *packing,
                             lex_tensor *x, lex_tape *tape);
lex_tensor *lex_head_backward(lex_encoder *encoder, lex_scope *scope, const lex_batch *batch,
                              const lex_packing *packing, lex_tape *tape, lex_tensor *dlogits);

/* Which dropout of the network a mask belongs to. */
enum { LEX_SITE_EMBEDDING, LEX_SITE_ATTENTION, LEX_SITE_PROBABILITIES, LEX_SITE_OUTER, LEX_SITE_HEAD, LEX_SITES = 16 };
static inline lex_dropout lex_site(const lex_train_mode *mode, double p, int64_t layer, int place)
{
    lex_dropout dropout = {p, mode->seed, mode->step, (uint32_t)(layer * LEX_SITES + place)};
    return dropout;
}

#endif
