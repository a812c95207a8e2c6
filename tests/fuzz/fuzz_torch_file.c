/* fuzz_torch_file.c - any bytes as pytorch_model.bin: every element of every tensor that is accepted can be read, and is
 * found by name. */
#include <stdlib.h>
#include <string.h>

#include "../../src/model/torch_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lex_safetensors file;
    lex_err err = {.code = LEX_OK};
    lex_status st = lex_torch_file_read(&file, data, size, "fuzz", &err);
    LEX_ASSERT(st == err.code && (st == LEX_OK || (st == LEX_ERR_INPUT && err.message[0])));
    LEX_ASSERT((st == LEX_OK) == (file.n_tensors > 0));
    for (int64_t i = 0; i < file.n_tensors; i++) {
        const lex_stored_tensor *tensor = &file.tensors[i];
        LEX_ASSERT(lex_safetensors_find(&file, tensor->name) == tensor);
        LEX_ASSERT(tensor->data >= data && tensor->n_bytes <= size && tensor->data + tensor->n_bytes <= data + size);
        if (tensor->dtype == LEX_STORED_OTHER)
            continue;
        float *values = lex_alloc_array((size_t)tensor->count, sizeof *values);
        lex_stored_to_f32(values, tensor); /* a read outside would be seen by the sanitizer */
        free(values);
    }
    lex_safetensors_close(&file);
    return 0;
}
