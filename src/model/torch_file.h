/* torch_file.h - pytorch_model.bin, as torch.save() of PyTorch 1.6 and later writes it: a zip file with a pickle that
 * describes tensors (pickle.h) and an entry for the bytes of each storage, mapped and used where they lie. */
#ifndef LEXCLF_MODEL_TORCH_FILE_H
#define LEXCLF_MODEL_TORCH_FILE_H

#include "safetensors.h"

/* LEX_ERR_INPUT, with the path: what zip.h and pickle.h refuse, a storage that is missing or of another length, the format
 * before 1.6, a TorchScript program, big-endian numbers. */
lex_status lex_torch_file_open(lex_safetensors *out, const char *path, lex_err *err) LEX_MUST_CHECK;
/* The same for bytes in memory, which are borrowed until lex_safetensors_close(). */
lex_status lex_torch_file_read(lex_safetensors *out, const unsigned char *bytes, size_t len, const char *path,
                               lex_err *err) LEX_MUST_CHECK;

#endif
