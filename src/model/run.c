/* run.c - many sequences through an encoder: ordered by length, packed into batches up to a budget of tokens. Nothing
 * is padded; the order only keeps the pieces of one batch alike. */
#include <stdlib.h>
#include <string.h>

#include "lexclf/model.h"

/* Training keeps what every layer has made: some gigabytes for 16,384 tokens. */
enum { BATCH_TOKENS_CPU = 2048, BATCH_TOKENS_CUDA = 32768, TRAINING_TOKENS_CUDA = 16384 };

int64_t lex_default_batch_tokens(const lex_runtime *runtime, bool to_train)
{
    if (!lex_runtime_is_cuda(runtime))
        return BATCH_TOKENS_CPU;
    return to_train ? TRAINING_TOKENS_CUDA : BATCH_TOKENS_CUDA;
}

typedef struct {
    int64_t n, index;
} sized;

/* Long ones first: the first batch then needs the most memory, and a shortage shows at once. */
static int by_length(const void *a, const void *b)
{
    const sized *x = a, *y = b;
    if (x->n != y->n)
        return x->n > y->n ? -1 : 1;
    return x->index < y->index ? -1 : 1;
}

/* One batch: forwards, logits copied to the places of their sequences. */
static lex_status run_batch(lex_encoder *encoder, lex_scope *scope, const lex_batch *batch, const sized *members,
                            int64_t n_outputs, float *logits, lex_err *err)
{
    lex_tensor *out = lex_encoder_forward(encoder, scope, batch, NULL, NULL); /* (R, K) */
    float *rows = lex_alloc_array((size_t)(batch->n_records * n_outputs), sizeof *rows);
    lex_tensor_read(scope, out, rows);
    lex_status st = lex_scope_status(scope, err);
    LEX_ASSERT(out || st != LEX_OK);
    for (int64_t r = 0; st == LEX_OK && r < batch->n_records; r++)
        memcpy(logits + members[r].index * n_outputs, rows + r * n_outputs, (size_t)n_outputs * sizeof *rows);
    free(rows);
    lex_scope_reset(scope);
    return st;
}

lex_status lex_run_sequences(lex_encoder *encoder, lex_runtime *runtime, const lex_sequence *sequences,
                             int64_t n_sequences, int64_t n_outputs, int64_t batch_tokens, float *logits,
                             void (*progress)(void *context, int64_t n_sequences, int64_t n_tokens), void *context,
                             lex_err *err)
{
    lex_status st = LEX_OK;
    lex_scope *scope = lex_scope_new(runtime);
    sized *order = lex_alloc_array((size_t)n_sequences, sizeof *order);
    lex_batch batch;
    lex_batch_init(&batch);
    if (batch_tokens <= 0)
        batch_tokens = lex_default_batch_tokens(runtime, false);
    for (int64_t i = 0; i < n_sequences; i++)
        order[i] = (sized){sequences[i].n, i};
    if (n_sequences)
        qsort(order, (size_t)n_sequences, sizeof *order, by_length);
    int64_t tokens = 0;
    for (int64_t i = 0; i < n_sequences;) {
        int64_t first = i;
        lex_batch_clear(&batch);
        do {
            lex_batch_add(&batch, sequences[order[i].index].ids, order[i].n, (uint32_t)(i - first), true);
            i++;
        } while (i < n_sequences && batch.n_rows + order[i].n <= batch_tokens);
        LEX_TRY(run_batch(encoder, scope, &batch, order + first, n_outputs, logits, err));
        tokens += batch.n_rows;
        if (progress)
            progress(context, i, tokens);
    }
done:
    lex_batch_release(&batch);
    free(order);
    lex_scope_free(scope);
    return st;
}
