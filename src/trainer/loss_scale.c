/* loss_scale.c - the dynamic loss scale, step for step as torch.amp.GradScaler has it: half after an overflow, twice after
 * LEX_LOSS_SCALE_INTERVAL steps without one. Powers of two, so that scaling itself rounds nothing. */
#include "lexclf/trainer.h"

static const double GROWTH = 2, BACKOFF = 0.5, HIGHEST = 0x1p127; /* as float32 holds it */

void lex_loss_scale_update(lex_loss_scale *s, bool overflow)
{
    if (overflow) {
        s->scale *= BACKOFF;
        s->n_good = 0;
    } else if (++s->n_good == LEX_LOSS_SCALE_INTERVAL) {
        s->scale = s->scale < HIGHEST ? s->scale * GROWTH : s->scale;
        s->n_good = 0;
    }
}
