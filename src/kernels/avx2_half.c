/* avx2_half.c - the numbers of float16, by F16C, and multiplied as float32. */
#define LEX_SET lex_kernels_avx2_half
#define LEX_SET_NAME "avx2-half"
#define LEX_VECTOR_BYTES 32
#define LEX_FORMAT 3
#include "set.h"
