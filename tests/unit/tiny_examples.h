/* tiny_examples.h - the sequences of golden/encoder/forward as examples of an optimizer step, each with a label and with
 * targets. */
#ifndef LEXCLF_TESTS_TINY_EXAMPLES_H
#define LEXCLF_TESTS_TINY_EXAMPLES_H

#include "lexclf/trainer.h"
#include "tiny_bert.h"

enum { TINY_EXAMPLES = 9 };

typedef struct {
    lex_train_example items[TINY_EXAMPLES];
    int32_t ids[TINY_EXAMPLES * TINY_SEQUENCE_MAX];
    uint8_t targets[TINY_EXAMPLES * TINY_OUTPUTS];
} tiny_examples;

static inline void tiny_examples_read(tiny_examples *out, const fixture *golden)
{
    const float *lengths = fixture_get(golden, "lengths")->values, *id = fixture_get(golden, "ids")->values;
    int32_t *at = out->ids;
    for (int64_t i = 0; i < TINY_EXAMPLES; i++) {
        uint8_t *targets = out->targets + i * TINY_OUTPUTS;
        out->items[i] = (lex_train_example){.ids = at, .n = (int64_t)lengths[i], .targets = targets,
                                            .label = (int32_t)fixture_get(golden, "labels")->values[i]};
        for (int64_t j = 0; j < out->items[i].n; j++)
            *at++ = (int32_t)*id++;
        for (int64_t k = 0; k < TINY_OUTPUTS; k++)
            targets[k] = fixture_get(golden, "targets")->values[i * TINY_OUTPUTS + k] > 0;
    }
}

#endif
