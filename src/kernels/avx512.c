/* avx512.c - the kernels for processors with AVX-512 (F, BW, DQ, VL); CMake gives this file its flags. */
#define LEX_SET lex_kernels_avx512
#define LEX_SET_NAME "avx512"
#define LEX_VECTOR_BYTES 64
#define LEX_FORMAT 0
#include "set.h"
