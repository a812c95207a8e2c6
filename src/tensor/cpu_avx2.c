/* cpu_avx2.c - the kernels for processors with AVX2 and FMA; CMake gives this file its flags. */
#define LEX_CPU_SET lex_cpu_avx2
#define LEX_CPU_SET_NAME "avx2"
#define LEX_CPU_VECTOR_BYTES 32
#include "cpu_kernels_body.h"
