/* attention_fused.c - packed attention on CUDA by one kernel for all sequences, without stored probabilities. FlashAttention
 * (Dao, "FlashAttention-2", 2023) is for the fewer bits of mixed precision, heads of whole eights, and capability 8.0;
 * memory-efficient attention (Rabe and Staats 2021) for all else without dropout: libtorch's packed form of it draws other
 * masks backwards than forwards. What has a bias goes sequence by sequence, as does all whose first call fails. */
#include "internal.h"

enum { FLASH_CAPABILITY = 80, FLASH_EIGHTS = 8 };

void lex_packing_send(lex_scope *scope, lex_packing *packing)
{
    const int64_t n = packing->n_sequences + 1;
    if (!lex_on_cpu(scope) && !lex_scope_failed(scope))
        packing->on_device = lex_tensor_from(scope, LEX_I64, 1, &n, packing->starts);
}

static int64_t longest_of(const lex_packing *packing)
{
    int64_t longest = 0;
    for (int64_t s = 0; s < packing->n_sequences; s++) {
        const int64_t n = packing->starts[s + 1] - packing->starts[s];
        longest = n > longest ? n : longest;
    }
    return longest;
}

/* Whether there is a kernel for this, and which. */
static bool choose(lex_shim_attention *how, const lex_runtime *runtime, int64_t d, const lex_attention_form *form)
{
    how->by_flash = runtime->library_products != LEX_F32 && d % FLASH_EIGHTS == 0 &&
                    runtime->capability >= FLASH_CAPABILITY;
    return runtime->device >= 0 && runtime->fused[how->by_flash] != LEX_FUSED_ABSENT && !(form && form->bias) &&
           (how->by_flash || how->dropout == 0);
}

/* The kernel's output (T, C), in the type of products, and what its way back needs; false where it failed. */
static bool attend(lex_scope *scope, lex_fused_attention *fused, lex_tensor *qkv, lex_packing packing, lex_shim_attention *how)
{
    if (!packing.on_device)
        lex_packing_send(scope, &packing);
    fused->qkv = lex_for_products(scope, qkv); /* (T, 3C) */
    fused->starts = packing.on_device;
    fused->out = lex_scope_add(scope);
    fused->logsumexp = lex_scope_add(scope);
    fused->random[0] = lex_scope_add(scope);
    fused->random[1] = lex_scope_add(scope);
    return fused->qkv && fused->starts && fused->random[1] &&
           LEX_SHIM_CALL(scope, attend, &fused->out->t, &fused->logsumexp->t, &fused->random[0]->t, &fused->random[1]->t,
                         &fused->qkv->t, &fused->starts->t, how);
}

static void keep_for_the_way_back(lex_scope *scope, lex_scope *inner, const lex_attention_saved *saved, const lex_packing *packing)
{
    const lex_fused_attention *fused = &saved->fused;
    lex_tensor *kept[] = {fused->logsumexp, fused->random[0], fused->random[1],
                          fused->qkv == saved->qkv ? NULL : fused->qkv, packing->on_device ? NULL : fused->starts};
    for (size_t i = 0; i < sizeof kept / sizeof *kept; i++)
        lex_scope_keep(scope, inner, kept[i]);
}

bool lex_attention_fused(lex_tensor **y, lex_scope *scope, lex_tensor *qkv, const lex_packing *packing, int64_t n_heads,
                         const lex_attention_form *form, lex_dropout dropout, lex_attention_saved *saved)
{
    const int64_t d = lex_tensor_size(qkv, 1) / 3 / n_heads;
    lex_shim_attention how = {n_heads, longest_of(packing), lex_attention_factor(form, d), dropout.p, saved != NULL, false};
    if (!choose(&how, scope->runtime, d, form))
        return false;
    lex_fused *state = &scope->runtime->fused[how.by_flash];
    lex_fused_attention fused = {.longest = how.longest, .by_flash = how.by_flash};
    lex_scope *inner = lex_scope_new(scope->runtime);
    bool done = attend(inner, &fused, qkv, *packing, &how);
    if (!done && *state == LEX_FUSED_UNTRIED) {
        *state = LEX_FUSED_ABSENT;
        lex_scope_free(inner);
        return false;
    }
    *state = LEX_FUSED_WORKS;
    *y = done ? lex_converted(inner, fused.out, (lex_dtype)qkv->t.dtype) : NULL;
    if (done && saved) {
        *saved = (lex_attention_saved){.qkv = qkv, .form = {.scale = how.scale}, .dropout = dropout, .n_heads = n_heads,
                                       .fused = fused};
        keep_for_the_way_back(scope, inner, saved, packing);
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
    lex_tensor *gradient = lex_for_products(inner, dy);                                                           /* (T, C) */
    lex_tensor *dqkv = lex_empty_matrix(scope, lex_tensor_size(saved->qkv, 0), lex_tensor_size(saved->qkv, 1)); /* (T, 3C) */
    if (gradient && dqkv)
        LEX_SHIM_CALL(inner, attend_backward, &dqkv->t, &gradient->t, &fused->out->t, &fused->logsumexp->t,
                      &fused->random[0]->t, &fused->random[1]->t, &fused->qkv->t, &fused->starts->t, &how);
    lex_scope_keep(scope, inner, NULL);
    lex_scope_free(inner);
    return lex_scope_failed(scope) ? NULL : dqkv;
}
