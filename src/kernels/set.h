/* set.h - one set of kernels.h, included by one file an instruction set, which names the set in LEX_SET, the bytes of its
 * registers in LEX_VECTOR_BYTES and the format of its weights in LEX_FORMAT (0: float32, 1: bfloat16, 2: rounded as for
 * bfloat16, 3: rounded as for float16), and is compiled with its flags. */
#include <math.h>

#include "product.h"
#include "linear.h"
#include "rows.h"
#include "attend.h"
#include "outer.h"
#include "backward.h"

const lex_kernels LEX_SET = {
    LEX_SET_NAME, (lex_weight_format)LEX_FORMAT, PANEL, linear, embed, norm, attend,
    pack_rows, pack_columns, outer, add_column_sums, add, gelu_backward, norm_forward, norm_backward, norm_backward_sums,
};
