/* fuzz_tokenizer_json.c - any bytes as one of a tokenizer's files: it opens or is refused with a reason, and one that
 * opens encodes. The first byte says which file the rest is: j tokenizer.json, v vocab.txt, c tokenizer_config.json,
 * s special_tokens_map.json, a added_tokens.json; the last three stand beside a small vocabulary. */
#include <string.h>

#include "../../src/tokenizer/internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_encoding(const lex_tokenizer *tokenizer)
{
    lex_tokens tokens, sequence;
    lex_tokens_init(&tokens);
    lex_tokens_init(&sequence);
    lex_tokenizer_encode(tokenizer, LEX_STR("The rent [SEP] [MASK], caf\u00e9 \u4e2d\u6587 <e1>"), &tokens);
    lex_tokenizer_frame(tokenizer, &tokens, lex_tokenizer_n_special(tokenizer) + 3, &sequence);
    for (int64_t i = 0; i < sequence.n; i++)
        LEX_ASSERT(sequence.items[i].id >= 0 && sequence.items[i].id < lex_tokenizer_vocab_size(tokenizer));
    lex_tokens_release(&tokens);
    lex_tokens_release(&sequence);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    lex_tokenizer_sources sources = {.dir = "fuzz",
                                     .vocab_txt = LEX_STR("[PAD]\n[UNK]\n[CLS]\n[SEP]\nrent\nthe\n##nt\n")};
    if (size == 0)
        return 0;
    lex_str rest = {(const char *)data + 1, size - 1};
    switch (data[0]) {
    case 'j': sources.tokenizer_json = rest; break;
    case 'v': sources.vocab_txt = rest; break;
    case 'c': sources.tokenizer_config = rest; break;
    case 's': sources.special_tokens_map = rest; break;
    case 'a': sources.added_tokens = rest; break;
    default: return 0;
    }
    lex_tokenizer *tokenizer = NULL;
    lex_err err = {0};
    lex_status st = lex_tokenizer_parse(&tokenizer, &sources, &err);
    LEX_ASSERT((st == LEX_OK) == (tokenizer != NULL) && st == err.code);
    LEX_ASSERT(st == LEX_OK || (st == LEX_ERR_INPUT && err.message[0] != '\0'));
    if (tokenizer)
        try_encoding(tokenizer);
    lex_tokenizer_free(tokenizer);
    return 0;
}
