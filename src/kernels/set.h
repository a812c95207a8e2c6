/* set.h - one set of kernels.h, included by one file an instruction set, which names the set in LEX_SET and the bytes of
 * its registers in LEX_VECTOR_BYTES, and is compiled with its flags. */
#include <math.h>

#include "product.h"
#include "rows.h"
#include "attend.h"

const lex_kernels LEX_SET = {LEX_SET_NAME, PANEL, linear, embed, norm, attend};
