/* linear.c - the linear block in its plain form: float32 weights, full gradients. */
#include "internal.h"

lex_tensor *lex_linear_forward(lex_scope *scope, const lex_linear *linear, lex_tensor *x)
{
    return lex_linear_apply(scope, x, linear->weight, linear->bias);
}

lex_tensor *lex_linear_forward_gelu(lex_scope *scope, const lex_linear *linear, lex_tensor *x, lex_tensor **raw)
{
    return lex_linear_gelu(scope, x, linear->weight, linear->bias, raw);
}

lex_tensor *lex_linear_backward(lex_scope *scope, const lex_linear *linear, lex_tensor *dy, lex_tensor *x,
                                bool want_dx)
{
    return lex_linear_apply_backward(scope, dy, x, linear->weight, linear->dweight, linear->dbias, want_dx);
}
