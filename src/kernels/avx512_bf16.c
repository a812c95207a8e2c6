/* avx512_bf16.c - weights and what meets them in bfloat16, for processors with AVX-512 and its BF16; CMake gives this file
 * its flags. */
#define LEX_SET lex_kernels_avx512_bf16
#define LEX_SET_NAME "avx512-bf16"
#define LEX_VECTOR_BYTES 64
#define LEX_ROUGH
#define LEX_FORMAT 1
#include "set.h"
