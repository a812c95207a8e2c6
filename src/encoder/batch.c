/* batch.c - sequences laid behind one another. */
#include "lexclf/encoder.h"

#include <stdlib.h>
#include <string.h>

void lex_batch_init(lex_batch *batch)
{
    memset(batch, 0, sizeof *batch);
}

void lex_batch_release(lex_batch *batch)
{
    free(batch->ids);
    free(batch->positions);
    free(batch->segments);
    free(batch->starts);
    free(batch->example);
    free(batch->record_starts);
    free(batch->record_rows);
    free(batch->record_example);
    lex_batch_init(batch);
}

void lex_batch_clear(lex_batch *batch)
{
    batch->n_rows = 0;
    batch->n_sequences = 0;
    batch->n_records = 0;
}

static void reserve_rows(lex_batch *batch, int64_t wanted)
{
    if (wanted <= batch->row_capacity)
        return;
    int64_t capacity = batch->row_capacity ? batch->row_capacity : 1024;
    while (capacity < wanted)
        capacity *= 2;
    batch->ids = lex_realloc_array(batch->ids, (size_t)capacity, sizeof *batch->ids);
    batch->positions = lex_realloc_array(batch->positions, (size_t)capacity, sizeof *batch->positions);
    batch->segments = lex_realloc_array(batch->segments, (size_t)capacity, sizeof *batch->segments);
    batch->row_capacity = capacity;
}

/* Room for one more sequence and one more record, and the ends behind them. */
static void reserve_one(lex_batch *batch)
{
    if (batch->n_sequences + 2 > batch->sequence_capacity) {
        batch->sequence_capacity = batch->sequence_capacity ? 2 * batch->sequence_capacity : 64;
        size_t n = (size_t)batch->sequence_capacity;
        batch->starts = lex_realloc_array(batch->starts, n, sizeof *batch->starts);
        batch->example = lex_realloc_array(batch->example, n, sizeof *batch->example);
        batch->record_rows = lex_realloc_array(batch->record_rows, n, sizeof *batch->record_rows);
        for (int64_t r = 0; r < batch->sequence_capacity; r++)
            batch->record_rows[r] = r;
    }
    if (batch->n_records + 2 > batch->record_capacity) {
        batch->record_capacity = batch->record_capacity ? 2 * batch->record_capacity : 64;
        size_t n = (size_t)batch->record_capacity;
        batch->record_starts = lex_realloc_array(batch->record_starts, n, sizeof *batch->record_starts);
        batch->record_example = lex_realloc_array(batch->record_example, n, sizeof *batch->record_example);
    }
}

void lex_batch_add(lex_batch *batch, const int32_t *ids, int64_t n, uint32_t example, bool new_record)
{
    LEX_ASSERT(n >= 1 && (new_record || batch->n_records > 0));
    reserve_rows(batch, batch->n_rows + n);
    reserve_one(batch);
    for (int64_t i = 0; i < n; i++) {
        batch->ids[batch->n_rows + i] = ids[i];
        batch->positions[batch->n_rows + i] = i;
        batch->segments[batch->n_rows + i] = 0;
    }
    if (new_record) {
        batch->record_example[batch->n_records] = example;
        batch->record_starts[batch->n_records++] = batch->n_sequences;
    }
    batch->starts[batch->n_sequences] = batch->n_rows;
    batch->example[batch->n_sequences++] = example;
    batch->n_rows += n;
    batch->starts[batch->n_sequences] = batch->n_rows;
    batch->record_starts[batch->n_records] = batch->n_sequences;
}
