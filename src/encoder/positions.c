/* positions.c - where a token stands, in the schemes that families have: rows of a table of positions, and how far two
 * tokens are from one another. */
#include <math.h>

#include "layout.h"

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
