/* fuzz_tokenizer_json.c - any bytes as one of a tokenizer's files: it opens or is refused with a reason, and one that
 * opens encodes. The first byte says which file the rest is: j tokenizer.json, v vocab.txt, c tokenizer_config.json,
 * s special_tokens_map.json, a added_tokens.json; the last three stand beside a small vocabulary. Of other families: b
 * vocab.json, m merges.txt (each beside a small other one), and sentencepiece models: x XLM-R's, k CamemBERT's, l ALBERT's,
 * d DeBERTa's; p is a charsmap, which sets the rules for a text. */
#include <string.h>

#include "../../src/tokenizer/pipeline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_encoding(const lex_tokenizer *tokenizer)
{
    lex_str text = LEX_STR("The rent [SEP] [MASK], caf\u00e9 \u4e2d\u6587 <e1>  it's\n \u2581a <mask>\uff21\u0301");
    lex_tokens tokens, sequence;
    lex_tokens_init(&tokens);
    lex_tokens_init(&sequence);
    lex_tokenizer_encode(tokenizer, text, &tokens);
    lex_tokenizer_frame(tokenizer, &tokens, lex_tokenizer_n_special(tokenizer) + 3, &sequence);
    for (int64_t i = 0; i < sequence.n; i++)
        LEX_ASSERT(sequence.items[i].id >= 0 && sequence.items[i].id < lex_tokenizer_vocab_size(tokenizer));
    for (int64_t i = 0; i < tokens.n; i++)
        LEX_ASSERT(tokens.items[i].begin <= tokens.items[i].end && tokens.items[i].end <= text.len);
    lex_tokens_release(&tokens);
    lex_tokens_release(&sequence);
}

static void try_charsmap(lex_str bytes)
{
    lex_charsmap *map = NULL;
    lex_err err = {0};
    lex_str text = LEX_STR("\uff21\u3000fi\t"), out;
    if (lex_charsmap_new(&map, bytes, &err) == LEX_OK)
        for (size_t at = 0; at < text.len; at++)
            if (lex_charsmap_find(map, (lex_str){text.ptr + at, text.len - at}, &out))
                LEX_ASSERT(lex_utf8_valid_prefix(out) == out.len);
    lex_charsmap_free(map);
}

static void set_spm(lex_tokenizer_sources *sources, lex_str model, const char *config)
{
    sources->vocab_txt = (lex_str){NULL, 0};
    sources->sentencepiece = model;
    sources->sentencepiece_name = "spm.model";
    sources->tokenizer_config = lex_str_of(config);
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
    case 'b':
        sources.vocab_txt = (lex_str){NULL, 0};
        sources.vocab_json = rest;
        sources.merges_txt = LEX_STR("a b\n");
        break;
    case 'm':
        sources.vocab_txt = (lex_str){NULL, 0};
        sources.vocab_json = LEX_STR("{\"<s>\":0,\"<pad>\":1,\"</s>\":2,\"a\":3,\"b\":4,\"ab\":5,\"aba\":6,\"\u0120\":7}");
        sources.merges_txt = rest;
        break;
    case 'x': set_spm(&sources, rest, "{\"tokenizer_class\":\"XLMRobertaTokenizer\"}"); break;
    case 'k': set_spm(&sources, rest, "{\"tokenizer_class\":\"CamembertTokenizer\"}"); break;
    case 'l': set_spm(&sources, rest, "{\"tokenizer_class\":\"AlbertTokenizer\"}"); break;
    case 'd': set_spm(&sources, rest, "{\"tokenizer_class\":\"DebertaV2Tokenizer\"}"); break;
    case 'p': try_charsmap(rest); return 0;
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
