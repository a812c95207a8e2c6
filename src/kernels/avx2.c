/* avx2.c - the kernels for processors with AVX2 and FMA; CMake gives this file its flags. */
#define LEX_SET lex_kernels_avx2
#define LEX_SET_NAME "avx2"
#define LEX_VECTOR_BYTES 32
#define LEX_FORMAT 0
#include "set.h"
