/* attention.c - packed attention on the CPU by our kernels: one piece a (sequence, head), spread over threads. */
#include "internal.h"

#include <math.h>
#include <stdlib.h>

typedef struct {
    const lex_cpu_kernels *kernels;
    const lex_packing *packing;
    int64_t n_heads, width; /* width: C, of all heads */
    int64_t *offsets;       /* (B + 1): where a sequence's probabilities begin */
    const float *qkv;
    float *probabilities;
    lex_dropout dropout;
    double scale;
    float *bias;       /* (H or 1, 2 N - 1), or NULL */
    int64_t n_biases, reach; /* H or 1, N - 1 */
    const float *scores; /* (H, n, n) of each sequence, in place of bias, or NULL */
    float *dscores;
    float *out;        /* forwards */
    const float *dout; /* backwards */
    float *dqkv;
    float *dbias; /* (B, H, 2 N - 1): of each piece by itself; or NULL */
} attention_work;

/* Where the probabilities of each sequence lie: (H, n, n) behind one another. Returns the sum. */
static int64_t probability_offsets(int64_t *offsets, const lex_packing *packing, int64_t n_heads)
{
    offsets[0] = 0;
    for (int64_t s = 0; s < packing->n_sequences; s++) {
        int64_t n = packing->starts[s + 1] - packing->starts[s];
        offsets[s + 1] = offsets[s] + n_heads * n * n;
    }
    return offsets[packing->n_sequences];
}

static lex_attention_piece piece_of(const attention_work *work, int64_t sequence, int64_t head, float *scratch)
{
    const lex_packing *packing = work->packing;
    int64_t begin = packing->starts[sequence], n = packing->starts[sequence + 1] - begin;
    int64_t d = work->width / work->n_heads;
    const float *first = work->qkv + begin * 3 * work->width + head * d;
    const int64_t span = 2 * work->reach + 1;
    lex_attention_piece piece = {
        .q = first,
        .k = first + work->width,
        .v = first + 2 * work->width,
        .qkv_stride = 3 * work->width,
        .n = n,
        .d = d,
        .scale = (float)(work->scale > 0 ? work->scale : 1.0 / sqrt((double)d)),
        .bias = work->bias ? work->bias + (work->n_biases > 1 ? head * span : 0) + work->reach : NULL,
        .bias_stride = -1,
        .dbias = work->dbias ? work->dbias + (sequence * work->n_heads + head) * span + work->reach : NULL,
        .probabilities = work->probabilities ? work->probabilities + work->offsets[sequence] + head * n * n : NULL,
        .dropout = work->dropout,
        .example = packing->example ? packing->example[sequence] : 0,
        .head = (uint32_t)head,
        .scratch = scratch,
    };
    if (work->scores) {
        const int64_t at = work->offsets[sequence] + head * n * n;
        piece.bias = work->scores + at;
        piece.bias_stride = n;
        piece.dbias = work->dscores ? work->dscores + at : NULL;
    }
    return piece;
}

/* Enough for the longest of the sequences that pieces [begin, end) belong to. */
static float *scratch_for(const attention_work *work, int64_t begin, int64_t end)
{
    int64_t longest = 1;
    for (int64_t s = begin / work->n_heads; s <= (end - 1) / work->n_heads; s++) {
        int64_t n = work->packing->starts[s + 1] - work->packing->starts[s];
        longest = n > longest ? n : longest;
    }
    int64_t floats = lex_attention_scratch_floats(longest, work->width / work->n_heads);
    return lex_alloc_aligned((size_t)floats * sizeof(float));
}

static void forward_pieces(void *context, int64_t begin, int64_t end)
{
    attention_work *work = context;
    float *scratch = scratch_for(work, begin, end);
    for (int64_t i = begin; i < end; i++) {
        int64_t sequence = i / work->n_heads, head = i % work->n_heads;
        lex_attention_piece piece = piece_of(work, sequence, head, scratch);
        float *out = work->out + work->packing->starts[sequence] * work->width + head * piece.d;
        work->kernels->attention(&piece, out, work->width);
    }
    free(scratch);
}

static void backward_pieces(void *context, int64_t begin, int64_t end)
{
    attention_work *work = context;
    float *scratch = scratch_for(work, begin, end);
    for (int64_t i = begin; i < end; i++) {
        int64_t sequence = i / work->n_heads, head = i % work->n_heads;
        int64_t first = work->packing->starts[sequence];
        lex_attention_piece piece = piece_of(work, sequence, head, scratch);
        float *dq = work->dqkv + first * 3 * work->width + head * piece.d;
        work->kernels->attention_backward(&piece, work->dout + first * work->width + head * piece.d, work->width, dq,
                                          dq + work->width, dq + 2 * work->width);
    }
    free(scratch);
}

/* Row by row as it comes, to a head's beside each other. */
static void turn_bias(attention_work *work, lex_tensor *bias)
{
    const int64_t span = bias->t.sizes[0];
    const float *from = lex_tensor_f32(bias);
    work->n_biases = bias->t.sizes[1];
    work->reach = span / 2;
    work->bias = lex_alloc_array((size_t)(work->n_biases * span), sizeof *work->bias);
    for (int64_t h = 0; h < work->n_biases; h++)
        for (int64_t at = 0; at < span; at++)
            work->bias[h * span + at] = from[at * work->n_biases + h];
}

static attention_work work_of(lex_scope *scope, lex_tensor *qkv, const lex_packing *packing, int64_t n_heads,
                              const lex_attention_form *form, lex_dropout dropout)
{
    lex_tensor *bias = form ? form->bias : NULL;
    attention_work work = {
        .kernels = scope->runtime->kernels,
        .packing = packing,
        .n_heads = n_heads,
        .width = qkv->t.sizes[1] / 3,
        .offsets = lex_alloc_array((size_t)packing->n_sequences + 1, sizeof(int64_t)),
        .qkv = lex_tensor_f32(qkv),
        .dropout = dropout,
    };
    LEX_ASSERT(n_heads < 65536 && dropout.site < 65536);
    work.scale = form ? form->scale : 0;
    if (bias && bias->t.n_dims == 1)
        work.scores = lex_tensor_f32(bias);
    else if (bias)
        turn_bias(&work, bias);
    return work;
}

static void end(attention_work *work)
{
    free(work->offsets);
    free(work->bias);
    free(work->dbias);
}

/* Of all sequences, in their order. */
static void add_up_bias(const attention_work *work, lex_tensor *dbias)
{
    const int64_t H = work->n_heads, span = 2 * work->reach + 1;
    float *to = lex_tensor_f32(dbias); /* (2 N - 1, H) */
    for (int64_t s = 0; s < work->packing->n_sequences; s++)
        for (int64_t h = 0; h < H; h++)
            for (int64_t at = 0; at < span; at++)
                to[at * H + h] += work->dbias[(s * H + h) * span + at];
}

static lex_tensor *attention_by_kernels(lex_scope *scope, lex_tensor *qkv, const lex_packing *packing, int64_t n_heads,
                                    const lex_attention_form *form, lex_dropout dropout, lex_attention_saved *saved)
{
    attention_work work = work_of(scope, qkv, packing, n_heads, form, dropout);
    int64_t n_probabilities = probability_offsets(work.offsets, packing, n_heads);
    if (saved) {
        *saved = (lex_attention_saved){.qkv = qkv, .dropout = dropout, .n_heads = n_heads};
        saved->form = form ? *form : (lex_attention_form){0, NULL};
        saved->probabilities = lex_tensor_empty(scope, LEX_F32, 1, &n_probabilities);
        work.probabilities = saved->probabilities ? lex_tensor_f32(saved->probabilities) : NULL;
    }
    int64_t sizes[2] = {packing->n_rows, work.width};
    lex_tensor *out = lex_tensor_empty(scope, LEX_F32, 2, sizes); /* (T, C) */
    if (out) {
        work.out = lex_tensor_f32(out);
        lex_parallel_for(scope->runtime, packing->n_sequences * n_heads, 1, forward_pieces, &work);
    }
    end(&work);
    return out;
}

static lex_tensor *backward_by_kernels(lex_scope *scope, lex_tensor *dy, const lex_packing *packing,
                                   const lex_attention_saved *saved, lex_tensor *dbias)
{
    int64_t sizes[2] = {packing->n_rows, saved->qkv->t.sizes[1]};
    lex_tensor *dqkv = lex_tensor_empty(scope, LEX_F32, 2, sizes); /* (T, 3C) */
    if (!dqkv || !saved->probabilities)
        return NULL;
    attention_work work = work_of(scope, saved->qkv, packing, saved->n_heads, &saved->form, saved->dropout);
    probability_offsets(work.offsets, packing, saved->n_heads);
    work.probabilities = lex_tensor_f32(saved->probabilities);
    work.dout = lex_tensor_f32(dy);
    work.dqkv = lex_tensor_f32(dqkv);
    if (dbias && work.scores)
        work.dscores = lex_tensor_f32(dbias);
    else if (dbias)
        work.dbias = lex_alloc_zeroed((size_t)(packing->n_sequences * saved->n_heads * (2 * work.reach + 1)), sizeof *work.dbias);
    lex_parallel_for(scope->runtime, packing->n_sequences * saved->n_heads, 1, backward_pieces, &work);
    if (work.dbias)
        add_up_bias(&work, dbias);
    end(&work);
    return dqkv;
}

/* Of rounded rows, in float32. */
static lex_tensor *by_library_of_rows(lex_scope *scope, lex_tensor *qkv, const lex_packing *packing, int64_t n_heads,
                                      const lex_attention_form *form)
{
    lex_scope *inner = lex_scope_new(scope->runtime);
    lex_tensor *y = lex_attention_by_library(inner, lex_float_rows(inner, qkv), packing, n_heads, form, (lex_dropout){0}, NULL);
    y = lex_scope_keep(scope, inner, lex_converted(inner, y, (lex_dtype)qkv->t.dtype));
    lex_scope_free(inner);
    return y;
}

lex_tensor *lex_attention(lex_scope *scope, lex_tensor *qkv, const lex_packing *packing, int64_t n_heads,
                          const lex_attention_form *form, lex_dropout dropout, lex_attention_saved *saved)
{
    if (!qkv || lex_scope_failed(scope))
        return NULL;
    lex_tensor *y = NULL;
    if (lex_by_kernels(scope))
        return attention_by_kernels(scope, qkv, packing, n_heads, form, dropout, saved);
    if (lex_attention_fused(&y, scope, qkv, packing, n_heads, form, dropout, saved))
        return y;
    LEX_ASSERT(qkv->t.dtype == LEX_SHIM_F32 || (!saved && dropout.p <= 0));
    if (qkv->t.dtype != LEX_SHIM_F32)
        return by_library_of_rows(scope, qkv, packing, n_heads, form);
    return lex_attention_by_library(scope, qkv, packing, n_heads, form, dropout, saved);
}

lex_tensor *lex_attention_backward(lex_scope *scope, lex_tensor *dy, const lex_packing *packing,
                                   const lex_attention_saved *saved, lex_tensor *dbias)
{
    if (!dy || lex_scope_failed(scope))
        return NULL;
    if (lex_by_kernels(scope))
        return backward_by_kernels(scope, dy, packing, saved, dbias);
    if (saved->fused.out)
        return lex_attention_fused_backward(scope, dy, saved);
    return lex_attention_backward_by_library(scope, dy, packing, saved, dbias);
}
