/* cuda_on_cpu.h - the CUDA plugin's kernels on the CPU, for tests: the same source, a thread for each lane of a warp. */
#ifndef LEXCLF_TESTS_CUDA_ON_CPU_H
#define LEXCLF_TESTS_CUDA_ON_CPU_H

#include "tensor/cuda_table.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const lex_cuda_table lex_cuda_on_cpu;

#ifdef __cplusplus
}
#endif
#endif
