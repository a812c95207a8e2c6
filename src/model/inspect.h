/* inspect.h - the parts of what lex_inspect() tells. */
#ifndef LEXCLF_MODEL_INSPECT_H
#define LEXCLF_MODEL_INSPECT_H

#include "lexclf/inspect.h"

/* The tokenizer of the folder, from its files alone where this program cannot open it. */
lex_json *lex_inspect_tokenizer(const char *dir);
/* The names of those of `names` (n) that are there. */
lex_json *lex_inspect_files(const char *dir, const char *const *names, int n);

#endif
