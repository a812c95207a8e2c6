/* linear.c - the linear block in its plain form, float32 weights and full gradients; the block of layer normalisation. */
#include "internal.h"

lex_tensor *lex_linear_forward(lex_scope *scope, const lex_linear *linear, lex_tensor *x)
{
    return lex_linear_apply(scope, x, linear->weight, linear->bias);
}

lex_tensor *lex_linear_forward_head(lex_scope *scope, const lex_linear *linear, lex_tensor *x)
{
    return lex_linear_apply_head(scope, x, linear->weight, linear->bias);
}

lex_tensor *lex_linear_forward_then(lex_scope *scope, const lex_linear *linear, lex_tensor *x, lex_activation activation,
                                    lex_tensor **raw)
{
    return lex_linear_activate(scope, x, linear->weight, linear->bias, activation, raw);
}

lex_tensor *lex_linear_backward(lex_scope *scope, const lex_linear *linear, lex_tensor *dy, lex_tensor *x,
                                bool want_dx)
{
    return lex_linear_apply_backward(scope, dy, x, linear->weight, linear->dweight, linear->dbias, want_dx);
}

lex_tensor *lex_norm_forward(const lex_encoder_config *config, lex_scope *scope, const lex_norm_block *norm, lex_tensor *x,
                             lex_layer_norm_saved *saved)
{
    return norm->weight ? lex_layer_norm(scope, x, norm->weight, norm->bias, config->layer_norm_eps, saved) : x;
}

lex_tensor *lex_add_norm_forward(const lex_encoder_config *config, lex_scope *scope, const lex_norm_block *norm, lex_tensor *to,
                                 lex_tensor *from, lex_layer_norm_saved *saved)
{
    return norm->weight ? lex_add_layer_norm(scope, to, from, norm->weight, norm->bias, config->layer_norm_eps, saved)
                        : lex_add(scope, to, from);
}

lex_tensor *lex_norm_backward(lex_scope *scope, const lex_norm_block *norm, lex_tensor *dy, const lex_layer_norm_saved *saved)
{
    if (!norm->weight)
        return dy;
    return lex_layer_norm_backward(scope, dy, saved, norm->weight, norm->bias, norm->dweight, norm->dbias);
}
