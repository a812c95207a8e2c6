/* attention_fused.c - packed attention on CUDA by one kernel for all sequences: libtorch's FlashAttention (Dao, "FlashAttention-2",
 * 2023) in the fewer bits of mixed precision, its memory-efficient attention (Rabe and Staats 2021) in float32 or where the
 * device lacks the first. No probabilities are stored. What has a bias is not for these: it goes sequence by sequence, as does
 * all on a device that has neither, which the first call tells. */
#include "internal.h"

#include <math.h>

static int64_t longest_of(const lex_packing *packing)
{
    int64_t longest = 0;
    for (int64_t s = 0; s < packing->n_sequences; s++) {
        const int64_t n = packing->starts[s + 1] - packing->starts[s];
        longest = n > longest ? n : longest;
    }
    return longest;
}

/* The kernel's output and what its way back needs, all in `scope`; false where there is no such kernel, or it failed. */
static bool attend(lex_scope *scope, lex_fused_attention *fused, lex_tensor *qkv, const lex_packing *packing,
                   lex_shim_attention *how)
{
    const int64_t n_starts = packing->n_sequences + 1;
    fused->qkv = lex_for_products(scope, qkv);
    fused->starts = lex_tensor_from(scope, LEX_I64, 1, &n_starts, packing->starts);
    fused->out = lex_scope_add(scope);
    fused->logsumexp = lex_scope_add(scope);
    fused->random[0] = lex_scope_add(scope);
    fused->random[1] = lex_scope_add(scope);
    return fused->qkv && fused->starts && fused->random[1] &&
           LEX_SHIM_CALL(scope, attend, &fused->out->t, &fused->logsumexp->t, &fused->random[0]->t, &fused->random[1]->t,
                         &fused->qkv->t, &fused->starts->t, how);
}

static void keep_for_the_way_back(lex_scope *scope, lex_scope *inner, lex_fused_attention *fused, const lex_tensor *qkv)
{
    lex_tensor *kept[] = {fused->starts, fused->logsumexp, fused->random[0], fused->random[1]};
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        lex_scope_keep(scope, inner, kept[i]);
    if (fused->qkv != qkv)
        lex_scope_keep(scope, inner, fused->qkv);
}

bool lex_attention_fused(lex_tensor **y, lex_scope *scope, lex_tensor *qkv, const lex_packing *packing, int64_t n_heads,
                         const lex_attention_form *form, lex_dropout dropout, lex_attention_saved *saved)
{
    lex_runtime *runtime = scope->runtime;
    if (runtime->fused == LEX_FUSED_ABSENT || (form && form->bias))
        return false;
    const double d = (double)(lex_tensor_size(qkv, 1) / 3 / n_heads);
    lex_shim_attention how = {n_heads, longest_of(packing), form && form->scale > 0 ? form->scale : 1.0 / sqrt(d), dropout.p,
                              saved != NULL, false};
    lex_fused_attention fused = {0};
    lex_scope *inner = lex_scope_new(runtime);
    bool done = attend(inner, &fused, qkv, packing, &how);
    if (!done && runtime->fused == LEX_FUSED_UNTRIED) {
        runtime->fused = LEX_FUSED_ABSENT;
        lex_scope_free(inner);
        return false;
    }
    runtime->fused = LEX_FUSED_WORKS;
    fused.longest = how.longest;
    fused.by_flash = how.by_flash;
    *y = done ? lex_as_float(inner, fused.out) : NULL;
    if (done && saved) {
        *saved = (lex_attention_saved){.qkv = qkv, .dropout = dropout, .n_heads = n_heads, .fused = fused};
        saved->form.scale = how.scale;
        keep_for_the_way_back(scope, inner, &saved->fused, qkv);
        if (*y != fused.out)
            lex_scope_keep(scope, inner, fused.out);
    }
    *y = lex_scope_keep(scope, inner, *y);
    lex_scope_free(inner);
    return true;
}

lex_tensor *lex_attention_fused_backward(lex_scope *scope, lex_tensor *dy, const lex_attention_saved *saved)
{
    const lex_fused_attention *fused = &saved->fused;
    lex_shim_attention how = {saved->n_heads, fused->longest, saved->form.scale, saved->dropout.p, true, fused->by_flash};
    lex_scope *inner = lex_scope_new(scope->runtime);
    lex_tensor *gradient = lex_for_products(inner, dy);
    lex_tensor *dqkv = lex_empty_matrix(scope, lex_tensor_size(saved->qkv, 0), lex_tensor_size(saved->qkv, 1)); /* (T, 3C) */
    if (gradient && dqkv)
        LEX_SHIM_CALL(inner, attend_backward, &dqkv->t, &gradient->t, &fused->out->t, &fused->logsumexp->t,
                      &fused->random[0]->t, &fused->random[1]->t, &fused->qkv->t, &fused->starts->t, &how);
    lex_scope_keep(scope, inner, NULL);
    lex_scope_free(inner);
    return lex_scope_failed(scope) ? NULL : dqkv;
}
