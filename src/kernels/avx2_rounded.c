/* avx2_rounded.c - the numbers of bfloat16 where no instruction has them: rounded, and multiplied as float32. */
#define LEX_SET lex_kernels_avx2_rounded
#define LEX_SET_NAME "avx2-rounded"
#define LEX_VECTOR_BYTES 32
#define LEX_FORMAT 2
#include "set.h"
