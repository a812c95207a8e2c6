/* length.c - the length at which texts are cut for training where nobody says one: what `train` takes, and `lint` tells of. */
#include "lexclf/tokenizer.h"

static const double LOST_AT_MOST = 0.05;

int64_t lex_length_of_texts(int64_t most, int64_t n_tokens, int64_t (*lost_at)(const void *context, int64_t length),
                            const void *context)
{
    static const int64_t lengths[] = {64, 128, 192, 256, 384};
    for (size_t i = 0; i < sizeof lengths / sizeof *lengths && lengths[i] < most; i++)
        if ((double)lost_at(context, lengths[i]) <= LOST_AT_MOST * (double)n_tokens)
            return lengths[i];
    return most;
}
