/* disentangled.c - what DeBERTa's attention adds to its scores, sequence by sequence and head by head, and the way back. On the
 * CPU alone. Heads are dealt out to threads: what distances have in common is of one head, and is summed in the order of the
 * sequences. */
#include <stdlib.h>

#include "internal.h"

typedef struct {
    const lex_packing *packing;
    int64_t n_heads, d, width; /* H, d, 3C */
    const int64_t *rows;       /* (2 reach + 1) */
    int64_t reach;
    double scale;
    const float *qkv, *distances;
    float *out;              /* forwards */
    const float *dout;       /* backwards */
    float *dqkv, *ddistances;
} work;

enum { LANES = 16 };

static float dot(const float *a, const float *b, int64_t n)
{
    float lanes[LANES] = {0}, sum = 0;
    int64_t i = 0;
    for (; i + LANES <= n; i += LANES)
        for (int l = 0; l < LANES; l++)
            lanes[l] += a[i + l] * b[i + l];
    for (int l = 0; l < LANES; l++)
        sum += lanes[l];
    for (; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

static void add_scaled(float *restrict to, const float *restrict from, float factor, int64_t n)
{
    for (int64_t i = 0; i < n; i++)
        to[i] += factor * from[i];
}

/* One head of one sequence, from row `begin` of n; `at` is where its (n, n) scores begin. */
static void forward_one(const work *w, int64_t head, int64_t begin, int64_t n, int64_t at)
{
    const int64_t C = w->width / 3;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) {
            const float *q = w->qkv + (begin + i) * w->width + head * w->d, *k = w->qkv + (begin + j) * w->width + C + head * w->d;
            const float *distance = w->distances + w->rows[w->reach + i - j] * w->width + head * w->d;
            w->out[at + i * n + j] = (float)w->scale * (dot(q, distance + C, w->d) + dot(k, distance, w->d));
        }
}

static void backward_one(const work *w, int64_t head, int64_t begin, int64_t n, int64_t at)
{
    const int64_t C = w->width / 3;
    for (int64_t i = 0; i < n; i++)
        for (int64_t j = 0; j < n; j++) {
            const int64_t q = (begin + i) * w->width + head * w->d, k = (begin + j) * w->width + C + head * w->d;
            const int64_t distance = w->rows[w->reach + i - j] * w->width + head * w->d;
            const float g = (float)w->scale * w->dout[at + i * n + j];
            add_scaled(w->dqkv + q, w->distances + distance + C, g, w->d);
            add_scaled(w->dqkv + k, w->distances + distance, g, w->d);
            add_scaled(w->ddistances + distance + C, w->qkv + q, g, w->d);
            add_scaled(w->ddistances + distance, w->qkv + k, g, w->d);
        }
}

static void all_sequences(const work *w, int64_t head, void (*one)(const work *, int64_t, int64_t, int64_t, int64_t))
{
    int64_t at = 0;
    for (int64_t s = 0; s < w->packing->n_sequences; s++) {
        const int64_t begin = w->packing->starts[s], n = w->packing->starts[s + 1] - begin;
        one(w, head, begin, n, at + head * n * n);
        at += w->n_heads * n * n;
    }
}

static void forward_heads(void *context, int64_t begin, int64_t end)
{
    for (int64_t head = begin; head < end; head++)
        all_sequences(context, head, forward_one);
}

static void backward_heads(void *context, int64_t begin, int64_t end)
{
    for (int64_t head = begin; head < end; head++)
        all_sequences(context, head, backward_one);
}

static bool begin(work *w, lex_scope *scope, lex_tensor *qkv, lex_tensor *distances, const lex_packing *packing,
                  const lex_distances *how)
{
    if (!qkv || !distances || lex_scope_failed(scope))
        return false;
    if (!lex_on_cpu(scope)) {
        lex_scope_fail(scope, "disentangled attention", "is computed on the CPU alone: --device cpu");
        return false;
    }
    const int64_t width = lex_tensor_size(qkv, 1);
    *w = (work){.packing = packing, .n_heads = how->n_heads, .d = width / 3 / how->n_heads, .width = width, .rows = how->rows,
                .reach = how->reach, .scale = how->scale, .qkv = lex_tensor_f32(qkv), .distances = lex_tensor_f32(distances)};
    return true;
}

lex_tensor *lex_disentangled(lex_scope *scope, lex_tensor *qkv, lex_tensor *distances, const lex_packing *packing,
                             const lex_distances *how)
{
    work w;
    int64_t count = 0;
    if (!begin(&w, scope, qkv, distances, packing, how))
        return NULL;
    for (int64_t s = 0; s < packing->n_sequences; s++) {
        const int64_t n = packing->starts[s + 1] - packing->starts[s];
        count += how->n_heads * n * n;
    }
    lex_tensor *out = lex_tensor_empty(scope, LEX_F32, 1, &count);
    if (!out)
        return NULL;
    w.out = lex_tensor_f32(out);
    lex_parallel_for(scope->runtime, how->n_heads, 1, forward_heads, &w);
    return out;
}

lex_tensor *lex_disentangled_backward(lex_scope *scope, lex_tensor *dscores, lex_tensor *dqkv, lex_tensor *qkv,
                                      lex_tensor *distances, const lex_packing *packing, const lex_distances *how)
{
    work w;
    if (!dscores || !dqkv || !begin(&w, scope, qkv, distances, packing, how))
        return NULL;
    const int64_t sizes[2] = {lex_tensor_size(distances, 0), lex_tensor_size(distances, 1)};
    lex_tensor *ddistances = lex_tensor_zeros(scope, LEX_F32, 2, sizes);
    if (!ddistances)
        return NULL;
    w.dout = lex_tensor_f32(dscores);
    w.dqkv = lex_tensor_f32(dqkv);
    w.ddistances = lex_tensor_f32(ddistances);
    lex_parallel_for(scope->runtime, how->n_heads, 1, backward_heads, &w);
    return ddistances;
}
