/* int8_avx2.c - blocks of int8 weights for processors with AVX2 and FMA; CMake gives this file its flags. */
#define LEX_SET lex_int8_avx2
#define LEX_SET_NAME "avx2"
#define LEX_VECTOR_BYTES 32
#define LEX_FEW_ROWS
#include "int8_set.h"
