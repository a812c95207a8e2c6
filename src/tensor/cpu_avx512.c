/* cpu_avx512.c - the kernels for processors with AVX-512 (F, BW, DQ, VL); CMake gives this file its flags. */
#define LEX_CPU_SET lex_cpu_avx512
#define LEX_CPU_SET_NAME "avx512"
#define LEX_CPU_VECTOR_BYTES 64
#include "cpu_kernels_body.h"
