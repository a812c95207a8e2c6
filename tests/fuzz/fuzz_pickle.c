/* fuzz_pickle.c - any bytes as a pickle: what is accepted has names, and views that lie in their storages; memory stays in
 * proportion to the bytes. */
#include <stdlib.h>

#include "../../src/model/pickle.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_tensor(const lex_pickle_tensor *tensor)
{
    LEX_ASSERT(tensor->name && tensor->storage && tensor->storage->dtype && tensor->storage->key);
    LEX_ASSERT(tensor->n_dims >= 0 && tensor->n_dims <= LEX_PICKLE_DIMS && tensor->storage->item_bytes > 0);
    int64_t count = 1, last = tensor->offset;
    for (int d = 0; d < tensor->n_dims; d++) {
        LEX_ASSERT(tensor->shape[d] >= 0 && tensor->strides[d] >= 0);
        count *= tensor->shape[d]; /* overflow would be seen by the sanitizer */
        if (tensor->count > 0)
            last += (tensor->shape[d] - 1) * tensor->strides[d];
    }
    LEX_ASSERT(count == tensor->count && count <= tensor->storage->count);
    LEX_ASSERT(tensor->offset >= 0 && (count == 0 || last < tensor->storage->count));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lex_pickle pickle;
    lex_err err = {.code = LEX_OK};
    lex_status st = lex_pickle_read(&pickle, data, size, &err);
    LEX_ASSERT(st == err.code && (st == LEX_OK || (st == LEX_ERR_INPUT && err.message[0])));
    LEX_ASSERT(st == LEX_OK || pickle.n_tensors == 0);
    LEX_ASSERT(pickle.arena.used_bytes <= 1000 * size + 1000);
    for (int64_t i = 0; i < pickle.n_tensors; i++)
        check_tensor(&pickle.tensors[i]);
    lex_pickle_release(&pickle);
    return 0;
}
