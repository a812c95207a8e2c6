/* fuzz_safetensors.c - any bytes as a safetensors file: what is accepted covers all of the data without sharing a byte,
 * is found by name, and can be read to the last element. */
#include <stdlib.h>
#include <string.h>

#include "../../src/model/safetensors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_tensor(const lex_safetensors *file, const lex_stored_tensor *tensor, const uint8_t *data, size_t size)
{
    LEX_ASSERT(tensor->name && tensor->dtype_name && lex_safetensors_find(file, tensor->name) == tensor);
    LEX_ASSERT(tensor->data >= data + 8 && tensor->n_bytes <= size);
    LEX_ASSERT(tensor->data + tensor->n_bytes <= data + size);
    int64_t count = 1;
    LEX_ASSERT(tensor->n_dims >= 0 && tensor->n_dims <= LEX_STORED_DIMS);
    for (int d = 0; d < tensor->n_dims; d++)
        count *= tensor->shape[d]; /* overflow would be seen by the sanitizer */
    LEX_ASSERT(count == tensor->count && count >= 0);
    if (tensor->dtype == LEX_STORED_I8)
        LEX_ASSERT(tensor->n_bytes == (size_t)count);
    if (tensor->dtype >= LEX_STORED_I8)
        return;
    static const size_t bytes[] = {[LEX_STORED_F32] = 4, [LEX_STORED_F16] = 2, [LEX_STORED_BF16] = 2, [LEX_STORED_F64] = 8};
    LEX_ASSERT(tensor->n_bytes == (size_t)count * bytes[tensor->dtype]);
    float *values = lex_alloc_array((size_t)count, sizeof *values);
    lex_stored_to_f32(values, tensor);
    free(values);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lex_safetensors file;
    lex_err err = {.code = LEX_OK};
    lex_status st = lex_safetensors_read(&file, data, size, "fuzz", &err);
    LEX_ASSERT(st == err.code && (st == LEX_OK || (st == LEX_ERR_INPUT && err.message[0])));
    size_t n_bytes = 0;
    for (int64_t i = 0; i < file.n_tensors; i++) {
        check_tensor(&file, &file.tensors[i], data, size);
        LEX_ASSERT(i == 0 || strcmp(file.tensors[i - 1].name, file.tensors[i].name) < 0);
        n_bytes += file.tensors[i].n_bytes;
    }
    LEX_ASSERT(st == LEX_OK ? n_bytes <= size - 8 : file.n_tensors == 0);
    lex_safetensors_close(&file);
    return 0;
}
