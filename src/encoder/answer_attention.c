/* answer_attention.c - attention on plain memory, in the forms that families have: plain or with a bias by distance, with what
 * is near alone, with terms of distances; and rotations of queries and keys. What depends on lengths alone lies in the
 * workspace, for the longest sequence so far. */
#include <stdlib.h>

#include "packed.h"

/* What attention adds to scores by distance, each head's beside each other. */
static void make_bias(lex_workspace *w, const lex_inference *m, int64_t longest)
{
    const int64_t H = m->config.n_heads, span = 2 * longest - 1;
    int64_t *buckets = lex_alloc_array((size_t)span, sizeof *buckets);
    lex_make_room(&w->bias, H * span);
    lex_distance_buckets(longest - 1, buckets);
    for (int64_t h = 0; h < H; h++)
        for (int64_t at = 0; at < span; at++)
            w->bias[h * span + at] = m->relative[buckets[at] * H + h];
    free(buckets);
}

static void make_distances(lex_workspace *w, const lex_inference *m, int64_t longest)
{
    w->distance_rows = lex_realloc_array(w->distance_rows, (size_t)(2 * longest - 1), sizeof *w->distance_rows);
    lex_distance_rows(&m->config, longest - 1, w->distance_rows);
    lex_make_room(&w->terms[0], longest * 2 * m->config.distance_span);
    lex_make_room(&w->terms[1], longest * 2 * m->config.distance_span);
    lex_make_room(&w->scores, longest * longest);
}

static void make_local(lex_workspace *w, const lex_inference *m, int64_t longest)
{
    lex_make_room(&w->local, 2 * longest - 1);
    lex_local_bias(&m->config, longest - 1, w->local);
}

static void make_rotations(lex_workspace *w, const lex_inference *m, int64_t longest)
{
    const int64_t d = m->config.width / m->config.n_heads;
    for (int local = 0; local < 2; local++) {
        lex_make_room(&w->rotations[local], longest * d);
        for (int64_t i = 0; i < longest; i++)
            lex_rotation(&m->config, local, i, w->rotations[local] + i * d, w->rotations[local] + i * d + d / 2);
    }
}

void lex_attend_reserve(lex_workspace *w, const lex_inference *m, int64_t longest)
{
    lex_make_room(&w->scratch, lex_attend_scratch(longest, m->config.width / m->config.n_heads));
    if (m->relative)
        make_bias(w, m, longest);
    if (m->distances)
        make_distances(w, m, longest);
    if (m->config.local_reach > 0)
        make_local(w, m, longest);
    if (m->config.rotary_theta[0] > 0)
        make_rotations(w, m, longest);
}

/* The queries of one sequence that are a share's. */
typedef struct {
    int64_t begin, n;       /* the sequence's rows, which are keys and values */
    int64_t from, to;       /* queries, counted from `begin`; none where they are equal */
    const float *q;         /* of query `from` */
    float *out;             /* likewise */
    int64_t n_queries;      /* of the sequence: n, or 1 */
} part;

static part part_of(const lex_workspace *w, const lex_batch *batch, const lex_share *share, int64_t s, const float *q,
                    int64_t q_stride, bool first_only)
{
    part p = {.begin = batch->starts[s], .n = batch->starts[s + 1] - batch->starts[s]};
    p.n_queries = first_only ? 1 : p.n;
    if (first_only) {
        if (s < share->first || s >= share->last)
            return p;
        p.to = 1;
        p.q = q + (s - share->first) * q_stride;
        p.out = w->context + (s - share->first) * w->stride;
        return p;
    }
    int64_t low = share->begin - p.begin, high = share->end - p.begin;
    p.from = low < 0 ? 0 : low < p.n ? low : p.n;
    p.to = high < p.from ? p.from : high < p.n ? high : p.n;
    if (p.from == p.to)
        return p;
    p.q = q + (p.begin + p.from) * q_stride;
    p.out = w->context + (p.begin + p.from - share->begin) * w->stride;
    return p;
}

static void attend(const lex_inference *m, lex_workspace *w, const part *p, int64_t q_stride, const float *kv)
{
    const int64_t C = m->config.width, d = C / m->config.n_heads, span = 2 * w->longest - 1;
    for (int64_t h = 0; h < C; h += d)
        m->attend(&(lex_attend_work){
            .q = p->q + h, .k = kv + p->begin * w->qkv_stride + h, .v = kv + p->begin * w->qkv_stride + C + h,
            .q_stride = q_stride, .kv_stride = w->qkv_stride, .n_queries = p->to - p->from, .n = p->n, .d = d,
            .out = p->out + h, .out_stride = w->stride, .scratch = w->scratch,
            .bias = w->bias ? w->bias + h / d * span + w->longest - 1 - p->from : NULL, .bias_stride = -1});
}

/* The same where a query sees only keys within reach: some queries at a time, with what they all may see. Which they are
 * does not depend on the share, and so neither do the bits. */
static void attend_near(const lex_inference *m, lex_workspace *w, const part *p, int64_t q_stride, const float *kv)
{
    enum { QUERIES = 64 };
    const int64_t C = m->config.width, d = C / m->config.n_heads, reach = m->config.local_reach;
    for (int64_t i = p->from / QUERIES * QUERIES; i < p->to; i += QUERIES) {
        const int64_t end = p->n_queries - i < QUERIES ? p->n_queries : i + QUERIES;
        const int64_t low = i > reach ? i - reach : 0, high = end + reach < p->n ? end + reach : p->n;
        const int64_t from = i > p->from ? i : p->from, to = end < p->to ? end : p->to;
        const float *k = kv + (p->begin + low) * w->qkv_stride;
        for (int64_t h = 0; h < C; h += d)
            m->attend(&(lex_attend_work){
                .q = p->q + (from - p->from) * q_stride + h, .k = k + h, .v = k + C + h, .q_stride = q_stride,
                .kv_stride = w->qkv_stride, .n_queries = to - from, .n = high - low, .d = d,
                .out = p->out + (from - p->from) * w->stride + h, .out_stride = w->stride, .scratch = w->scratch,
                .bias = w->local + w->longest - 1 + low - from, .bias_stride = -1});
    }
}

/* The products of n rows of d with what a head's rows of the table are. */
static void distance_terms(const lex_inference *m, lex_workspace *w, const void *packed, const float *x, int64_t stride, int64_t n,
                           float *out)
{
    const int64_t span = 2 * m->config.distance_span, d = m->config.width / m->config.n_heads;
    m->kernels->linear(&(lex_linear_work){x, stride, n, d, span, packed, NULL, LEX_AFTER_NOTHING, out, span,
                                          w->linear_scratch, NULL});
}

/* The same where scores have terms of distances: those of queries with the table's keys, and of keys with its queries. */
static void attend_far(const lex_inference *m, const lex_packed_layer *layer, lex_workspace *w, const part *p, int64_t q_stride,
                       const float *kv)
{
    const int64_t C = m->config.width, H = m->config.n_heads, d = C / H, span = 2 * m->config.distance_span;
    const int64_t n = p->n, n_queries = p->to - p->from;
    const float scale = (float)lex_distance_scale(&m->config);
    for (int64_t h = 0; h < H; h++) {
        const float *queries = p->q + h * d, *keys = kv + p->begin * w->qkv_stride + h * d;
        distance_terms(m, w, layer->distances[H + h], queries, q_stride, n_queries, w->terms[0]);
        distance_terms(m, w, layer->distances[h], keys, w->qkv_stride, n, w->terms[1]);
        for (int64_t i = 0; i < n_queries; i++)
            for (int64_t j = 0; j < n; j++) {
                const int64_t row = w->distance_rows[w->longest - 1 + p->from + i - j];
                w->scores[i * n + j] = scale * (w->terms[0][i * span + row] + w->terms[1][j * span + row]);
            }
        m->attend(&(lex_attend_work){
            .q = queries, .k = keys, .v = keys + C, .q_stride = q_stride, .kv_stride = w->qkv_stride, .n_queries = n_queries,
            .n = n, .d = d, .out = p->out + h * d, .out_stride = w->stride, .scratch = w->scratch,
            .scale = scale, .bias = w->scores, .bias_stride = n});
    }
}

void lex_attend_layer(const lex_inference *m, const lex_packed_layer *layer, lex_workspace *w, const lex_batch *batch,
                      const lex_share *share, const float *q, int64_t q_stride, const float *kv, bool first_only)
{
    for (int64_t s = 0; s < batch->n_sequences; s++) {
        const part p = part_of(w, batch, share, s, q, q_stride, first_only);
        if (p.from == p.to)
            continue;
        if (layer->distances)
            attend_far(m, layer, w, &p, q_stride, kv);
        else if (layer->is_local)
            attend_near(m, w, &p, q_stride, kv);
        else
            attend(m, w, &p, q_stride, kv);
    }
}

void lex_attend_rotate(const lex_inference *m, const lex_packed_layer *layer, const lex_workspace *w, const lex_batch *batch,
                       const lex_share *share, float *qkv)
{
    const int64_t d = m->config.width / m->config.n_heads, half = d / 2;
    if (!w->rotations[0])
        return;
    for (int64_t t = share->begin; t < share->end; t++) {
        const float *cosines = w->rotations[layer->is_local] + batch->positions[t] * d, *sines = cosines + half;
        float *head = qkv + t * w->qkv_stride;
        for (int64_t h = 0; h < 2 * m->config.n_heads; h++, head += d)
            for (int64_t c = 0; c < half; c++) {
                const float first = head[c], second = head[half + c];
                head[c] = first * cosines[c] - second * sines[c];
                head[half + c] = second * cosines[c] + first * sines[c];
            }
    }
}
