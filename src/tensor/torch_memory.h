// torch_memory.h - for the shim alone: how libtorch gets its memory on the CPU.
#ifndef LEXCLF_TORCH_MEMORY_H
#define LEXCLF_TORCH_MEMORY_H

// Blocks that libtorch frees are kept and handed out again. To be called before the first tensor is made; any number of
// times.
void lex_torch_keep_blocks();

#endif
