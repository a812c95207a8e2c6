/* fuzz_checkpoint.c - any bytes as a checkpoint, and any bytes as the header of one whose own checksum fits, so that what
 * comes behind that check is seen, too: what is accepted lies in the bytes, to the last element. */
#include <stdlib.h>
#include <string.h>

#include "../../src/trainer/checkpoint.h"
#include "lexclf/hash.h"

enum { PREFIX = 24, ALIGN = 64 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *bytes, size_t size)
{
    lex_checkpoint checkpoint;
    lex_err err = {.code = LEX_OK};
    lex_status st = lex_checkpoint_parse(&checkpoint, (lex_str){bytes, size}, "fuzz", &err);
    LEX_ASSERT(st == LEX_OK || (st == LEX_ERR_INPUT && err.message[0]));
    float sum = 0;
    for (int i = 0; i < checkpoint.n_arrays; i++) {
        const lex_checkpoint_array *a = &checkpoint.arrays[i];
        LEX_ASSERT(a->count == 0 || lex_checkpoint_find(&checkpoint, a->name, a->count));
        for (int64_t k = 0; k < a->count; k++) {
            float value;
            memcpy(&value, a->values + k, sizeof value);
            sum += value;
        }
    }
    LEX_ASSERT(st != LEX_OK || checkpoint.state);
    LEX_ASSERT(sum == sum || sum != sum);
    lex_checkpoint_close(&checkpoint);
}

static void put_u64(unsigned char *out, uint64_t value)
{
    for (int i = 0; i < 8; i++)
        out[i] = (unsigned char)(value >> (8 * i));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    check((const char *)data, size);
    /* The last 64 bytes are an array's. */
    size_t tail = size < ALIGN ? 0 : ALIGN, n = size - tail, padded = (PREFIX + n + ALIGN - 1) / ALIGN * ALIGN - PREFIX;
    unsigned char *whole = lex_alloc_aligned(PREFIX + padded + ALIGN);
    memcpy(whole, "LEXCKPT1", 8);
    memset(whole + PREFIX, ' ', padded);
    if (size) {
        memcpy(whole + PREFIX, data, n);
        memcpy(whole + PREFIX + padded, data + n, tail);
    }
    put_u64(whole + 8, padded);
    put_u64(whole + 16, lex_hash64(whole + PREFIX, padded));
    check((const char *)whole, PREFIX + padded + tail);
    free(whole);
    return 0;
}
