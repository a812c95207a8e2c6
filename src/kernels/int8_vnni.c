/* int8_vnni.c - blocks of int8 weights for processors with AVX-512 and its VNNI; CMake gives this file its flags. */
#define LEX_SET lex_int8_avx512_vnni
#define LEX_SET_NAME "avx512-vnni"
#define LEX_VECTOR_BYTES 64
#define LEX_ROUGH
#include "int8_set.h"
