/* convolution.c - the convolution over neighbouring tokens that DeBERTa-v2 has beside its first layer (transformers'
 * ConvLayer), as a linear block over rows that hold each token's neighbours. */
#include "internal.h"

lex_tensor *lex_convolution_forward(lex_encoder *encoder, lex_scope *scope, const lex_packing *packing, lex_tensor *x,
                                    lex_tensor *y, lex_tape *tape)
{
    const lex_encoder_config *config = &encoder->config;
    const lex_train_mode *mode = &tape->mode;
    lex_convolution_tape *kept = &tape->convolution;
    kept->unfolded = lex_unfold(scope, x, packing, config->convolution);        /* (T, C size) */
    kept->raw = lex_linear_forward(scope, &encoder->convolution, kept->unfolded); /* (T, C) */
    kept->raw = lex_dropout_apply(scope, kept->raw, packing, lex_site(mode, mode->hidden_dropout, 0, LEX_SITE_CONVOLUTION),
                                  &kept->dropout);
    kept->active = lex_activate(scope, kept->raw, config->convolution_activation);
    lex_add(scope, y, kept->active);
    return lex_norm_forward(config, scope, &encoder->convolution_norm, y, &kept->norm);
}

lex_tensor *lex_convolution_backward(lex_encoder *encoder, lex_scope *scope, const lex_packing *packing, const lex_tape *tape,
                                     lex_tensor *dy, lex_tensor **dx)
{
    const lex_convolution_tape *kept = &tape->convolution;
    lex_tensor *d_sum = lex_norm_backward(scope, &encoder->convolution_norm, dy, &kept->norm);
    if (!d_sum)
        return NULL;
    lex_tensor *d = lex_activate_backward(scope, lex_tensor_clone(scope, d_sum), kept->raw, kept->active,
                                          encoder->config.convolution_activation);
    d = lex_dropout_backward(scope, d, packing, &kept->dropout);
    d = lex_linear_backward(scope, &encoder->convolution, d, kept->unfolded, dx != NULL);
    if (dx)
        *dx = lex_unfold_backward(scope, d, packing, encoder->config.convolution);
    return d_sum;
}
