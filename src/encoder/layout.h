/* layout.h - which parameters an encoder has and which of them each block is made of: what binds tensors for training and
 * what packs weights for answering both walk this. */
#ifndef LEXCLF_ENCODER_LAYOUT_H
#define LEXCLF_ENCODER_LAYOUT_H

#include "family.h"

/* The numbers of a block's parameters; -1: it has none. */
typedef struct {
    int64_t weight, bias;
} lex_place;

typedef struct {
    lex_place qkv; /* of the query, key and value behind it; or all three in one */
    int n_qkv;     /* 3, or 1 */
    lex_place attention, attention_norm, inner, outer, outer_norm;
    int64_t first_user; /* the first layer that has these parameters */
    bool is_shared;     /* others have them, too */
} lex_layer_places;

typedef struct {
    lex_arena names;
    lex_param *params;
    int64_t n_params, capacity;
    int64_t flat_count;
    lex_place words, positions, segments, embedding_norm, projection, relative, distances, distances_norm;
    lex_layer_places *layers; /* (L) */
    lex_place convolution, convolution_norm;
    lex_place last_norm;
    lex_place dense, head_norm, scorer, classifier; /* dense and its norm: CLS only */
} lex_layout;

void lex_layout_init(lex_layout *layout, const lex_encoder_config *config, lex_pooling pooling, int64_t n_outputs);
void lex_layout_release(lex_layout *layout);

/* Rows of the longest sequence of a batch. */
int64_t lex_longest_sequence(const lex_batch *batch);
/* The row of the table of positions for each row of a batch (T). */
void lex_position_rows(const lex_encoder_config *config, const lex_batch *batch, int64_t *out);
/* The row of the table of biases for each distance of a key from its query, -reach .. reach: (2 reach + 1). */
void lex_distance_buckets(int64_t reach, int64_t *out);
/* The row of the table of distances for each distance of a key before its query, -reach .. reach: (2 reach + 1). */
void lex_distance_rows(const lex_encoder_config *config, int64_t reach, int64_t *out);
/* Of products and of those terms: 1 / sqrt(3 d); 0 where there are none. */
double lex_distance_scale(const lex_encoder_config *config);
/* Whether a layer sees only what is near. */
bool lex_layer_is_local(const lex_encoder_config *config, int64_t layer);
/* What that adds to scores for distances -reach .. reach: 0, or minus infinity. */
void lex_local_bias(const lex_encoder_config *config, int64_t reach, float *out);
/* Cosines and sines (d / 2 each) of a position's rotation. */
void lex_rotation(const lex_encoder_config *config, bool local, int64_t position, float *cosines, float *sines);

#endif
