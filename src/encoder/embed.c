/* embed.c - what the first layer sees: rows of the tables added up, normalised, projected where they are narrower than the
 * layers; and what a table of biases adds to attention's scores, which all layers share. */
#include <stdlib.h>

#include "internal.h"

static lex_tensor *position_rows(const lex_encoder *encoder, lex_scope *scope, const lex_batch *batch)
{
    if (encoder->config.position_offset == 0 && encoder->config.pad_id < 0)
        return lex_tensor_from(scope, LEX_I64, 1, &batch->n_rows, batch->positions);
    int64_t *rows = lex_alloc_array((size_t)batch->n_rows, sizeof *rows);
    lex_position_rows(&encoder->config, batch, rows);
    lex_tensor *tensor = lex_tensor_from(scope, LEX_I64, 1, &batch->n_rows, rows);
    free(rows);
    return tensor;
}

/* Words + segments + positions, normalised (T, E), then projected (T, C). */
lex_tensor *lex_embed(lex_encoder *encoder, lex_scope *scope, const lex_batch *batch, const lex_packing *packing, lex_tape *tape)
{
    const lex_train_mode *mode = &tape->mode;
    tape->ids = lex_tensor_from(scope, LEX_I64, 1, &batch->n_rows, batch->ids);
    if (encoder->segments.table)
        tape->segments = lex_tensor_from(scope, LEX_I64, 1, &batch->n_rows, batch->segments);
    if (encoder->positions.table)
        tape->positions = position_rows(encoder, scope, batch);
    const lex_norm_block *norm = &encoder->embedding_norm;
    const lex_embedded what = {{encoder->words.table, encoder->segments.table, encoder->positions.table},
                               {tape->ids, tape->segments, tape->positions}, norm->weight, norm->bias, encoder->config.layer_norm_eps};
    lex_tensor *x = lex_embed_norm(scope, &what, encoder->rounded ? NULL : &tape->embedding_norm);
    tape->embedded = lex_dropout_apply(scope, x, packing, lex_site(mode, mode->hidden_dropout, 0, LEX_SITE_EMBEDDING),
                                       &tape->embedding_dropout);
    x = encoder->config.has_projection ? lex_linear_forward(scope, &encoder->projection, tape->embedded) : tape->embedded;
    return encoder->rounded ? lex_round_rows(scope, x) : x;
}

void lex_embed_backward(lex_encoder *encoder, lex_scope *scope, const lex_packing *packing, lex_tape *tape, lex_tensor *dx)
{
    if (encoder->relative.table)
        lex_rows_backward(scope, encoder->relative.dtable, tape->buckets, tape->dbias);
    if (encoder->distances.table) {
        lex_tensor *d = lex_norm_backward(scope, &encoder->distances_norm, tape->ddistances, &tape->distances_norm);
        lex_add(scope, encoder->distances.dtable, d);
    }
    if (encoder->config.has_projection)
        dx = lex_linear_backward(scope, &encoder->projection, dx, tape->embedded, true);
    dx = lex_dropout_backward(scope, dx, packing, &tape->embedding_dropout);
    dx = lex_norm_backward(scope, &encoder->embedding_norm, dx, &tape->embedding_norm);
    lex_rows_backward(scope, encoder->words.dtable, tape->ids, dx);
    if (encoder->positions.table)
        lex_rows_backward(scope, encoder->positions.dtable, tape->positions, dx);
    if (encoder->segments.table)
        lex_rows_backward(scope, encoder->segments.dtable, tape->segments, dx);
}

static void prepare_bias(lex_encoder *encoder, lex_scope *scope, int64_t longest, lex_tape *tape)
{
    const int64_t span = 2 * longest - 1;
    int64_t *buckets = lex_alloc_array((size_t)span, sizeof *buckets);
    lex_distance_buckets(longest - 1, buckets);
    tape->buckets = lex_tensor_from(scope, LEX_I64, 1, &span, buckets);
    tape->bias = lex_rows_take(scope, encoder->relative.table, tape->buckets); /* (2 N - 1, H) */
    if (encoder->relative.dtable)
        tape->dbias = lex_tensor_zeros(scope, LEX_F32, 2, (int64_t[]){span, encoder->config.n_heads});
    free(buckets);
}

static void prepare_distances(lex_encoder *encoder, lex_scope *scope, int64_t longest, lex_tape *tape)
{
    const int64_t sizes[2] = {2 * encoder->config.distance_span, encoder->config.width};
    tape->distance_reach = longest - 1;
    tape->distance_rows = lex_realloc_array(tape->distance_rows, (size_t)(2 * longest - 1), sizeof *tape->distance_rows);
    lex_distance_rows(&encoder->config, longest - 1, tape->distance_rows);
    tape->distances = lex_norm_forward(&encoder->config, scope, &encoder->distances_norm, encoder->distances.table,
                                       &tape->distances_norm);
    tape->ddistances = encoder->distances.dtable ? lex_tensor_zeros(scope, LEX_F32, 2, sizes) : NULL;
}

static void prepare_local(lex_encoder *encoder, lex_scope *scope, int64_t longest, lex_tape *tape)
{
    const int64_t sizes[2] = {2 * longest - 1, 1};
    float *values = lex_alloc_array((size_t)sizes[0], sizeof *values);
    lex_local_bias(&encoder->config, longest - 1, values);
    tape->local = lex_tensor_from(scope, LEX_F32, 2, sizes, values);
    free(values);
}

static void prepare_rotations(lex_encoder *encoder, lex_scope *scope, const lex_batch *batch, bool local, lex_tape *tape)
{
    const lex_encoder_config *config = &encoder->config;
    const int64_t half = config->width / config->n_heads / 2, sizes[2] = {batch->n_rows, half};
    float *cosines = lex_alloc_array((size_t)(batch->n_rows * half), sizeof *cosines);
    float *sines = lex_alloc_array((size_t)(batch->n_rows * half), sizeof *sines);
    for (int64_t t = 0; t < batch->n_rows; t++)
        lex_rotation(config, local, batch->positions[t], cosines + t * half, sines + t * half);
    tape->cosines[local] = lex_tensor_from(scope, LEX_F32, 2, sizes, cosines);
    tape->sines[local] = lex_tensor_from(scope, LEX_F32, 2, sizes, sines);
    free(cosines);
    free(sines);
}

void lex_distances_prepare(lex_encoder *encoder, lex_scope *scope, const lex_batch *batch, lex_tape *tape)
{
    const int64_t longest = lex_longest_sequence(batch);
    tape->bias = tape->dbias = tape->local = NULL;
    if (encoder->relative.table)
        prepare_bias(encoder, scope, longest, tape);
    if (encoder->distances.table)
        prepare_distances(encoder, scope, longest, tape);
    if (encoder->config.local_reach > 0)
        prepare_local(encoder, scope, longest, tape);
    for (int local = 0; encoder->config.rotary_theta[0] > 0 && local < 2; local++)
        prepare_rotations(encoder, scope, batch, local, tape);
}
