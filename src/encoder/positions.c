/* positions.c - where a token stands, in the schemes that families have: rows of a table of positions, how far two tokens are
 * from one another, angles of rotation. */
#include <math.h>

#include "layout.h"

int64_t lex_longest_sequence(const lex_batch *batch)
{
    int64_t longest = 0;
    for (int64_t s = 0; s < batch->n_sequences; s++) {
        int64_t n = batch->starts[s + 1] - batch->starts[s];
        longest = n > longest ? n : longest;
    }
    return longest;
}

void lex_position_rows(const lex_encoder_config *config, const lex_batch *batch, int64_t *out)
{
    for (int64_t s = 0; s < batch->n_sequences; s++) {
        int64_t next = config->position_offset;
        for (int64_t row = batch->starts[s]; row < batch->starts[s + 1]; row++)
            out[row] = batch->ids[row] == config->pad_id ? config->pad_id : next++;
    }
}

/* T5's buckets (Raffel et al., JMLR 2020, section 2.1) as MPNet has them: half of the 32 for keys behind the query, one for
 * each distance up to 7, then ever wider ones up to 128. In float32, as the reference computes it: where a distance lies
 * on the edge of two, rounding decides. */
static int64_t bucket_of(int64_t distance)
{
    enum { HALF = 16, EXACT = 8, FURTHEST = 128 };
    const int64_t away = distance < 0 ? -distance : distance, side = distance > 0 ? HALF : 0;
    if (away < EXACT)
        return side + away;
    const float share = logf((float)away / (float)EXACT) / (float)log((double)FURTHEST / EXACT);
    const int64_t wide = EXACT + (int64_t)(share * (float)(HALF - EXACT));
    return side + (wide < HALF ? wide : HALF - 1);
}

void lex_distance_buckets(int64_t reach, int64_t *out)
{
    for (int64_t distance = -reach; distance <= reach; distance++)
        out[distance + reach] = bucket_of(distance);
}

bool lex_layer_is_local(const lex_encoder_config *config, int64_t layer)
{
    return config->local_reach > 0 && layer % config->global_every != 0;
}

void lex_local_bias(const lex_encoder_config *config, int64_t reach, float *out)
{
    for (int64_t distance = -reach; distance <= reach; distance++)
        out[distance + reach] = distance >= -config->local_reach && distance <= config->local_reach ? 0.0f : -INFINITY;
}

/* In float32 as the reference has it: at the far end of a long text the rounding of an angle is seen. */
void lex_rotation(const lex_encoder_config *config, bool local, int64_t position, float *cosines, float *sines)
{
    const int64_t d = config->width / config->n_heads;
    for (int64_t i = 0; i < d / 2; i++) {
        const float power = (float)(2 * i) / (float)d;
        const float angle = (float)position * (1.0f / (float)pow(config->rotary_theta[local], (double)power));
        cosines[i] = cosf(angle);
        sines[i] = sinf(angle);
    }
}

/* DeBERTa-v2's: each distance by itself up to half of the span, then ever wider buckets up to distance_max. In float32, too. */
static int64_t signed_bucket(const lex_encoder_config *config, int64_t distance)
{
    const int64_t middle = config->distance_span / 2, away = distance < 0 ? -distance : distance;
    if (away <= middle)
        return distance;
    const float share = logf((float)away / (float)middle) / logf((float)((double)(config->distance_max - 1) / (double)middle));
    const int64_t bucket = (int64_t)ceilf(share * (float)(middle - 1)) + middle;
    return distance < 0 ? -bucket : bucket;
}

void lex_distance_rows(const lex_encoder_config *config, int64_t reach, int64_t *out)
{
    const int64_t span = config->distance_span;
    for (int64_t distance = -reach; distance <= reach; distance++) {
        const int64_t row = signed_bucket(config, distance) + span;
        out[distance + reach] = row < 0 ? 0 : row >= 2 * span ? 2 * span - 1 : row;
    }
}

double lex_distance_scale(const lex_encoder_config *config)
{
    return config->distance_span ? 1 / sqrt(3.0 * (double)(config->width / config->n_heads)) : 0;
}
