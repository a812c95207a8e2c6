/* fuzz_tokenizer.c - any text: ids are in the vocabulary, offsets lie between characters, and the fast way for ASCII
 * words yields what the general way yields. The general way is forced by an added token that is looked for in the
 * normalized text; where the text holds it, the two may differ.
 *
 * The first byte chooses the settings, the rest is the text; bytes that are not UTF-8 become '?'. */
#include <stdio.h>
#include <string.h>

#include "../../src/tokenizer/internal.h"
#include "text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define ALWAYS "[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n"
static const char vocab[] = ALWAYS "a\n##a\nb\n##b\nc\n##c\ni\n##i\nab\n##ab\nabc\n##abc\nA\n##A\nthe\n##the\nquiet\n"
                                   "é\n##é\nß\nσ\n##σ\nİ\n中\n文\n##文\n가\nᄀ\n##ᅡ\n\u0301\n##\u0301\n##\u0307\n.\n,\n[\n]\n”\n§\n 1\n1\n##1\n";
enum { N_SETTINGS = 8 };
static lex_tokenizer *fast[N_SETTINGS], *general[N_SETTINGS];
static int32_t forcing_id; /* of the token that forces the general way */

static lex_tokenizer *make(unsigned settings, bool forced)
{
    char config[300];
    int forcing = 0;
    for (const char *p = vocab; *p; p++)
        forcing += *p == '\n';
    forcing_id = forcing;
    snprintf(config, sizeof config,
             "{\"do_lower_case\":%s,\"strip_accents\":%s,\"tokenize_chinese_chars\":%s%s%d%s}",
             settings & 1 ? "true" : "false", settings & 2 ? "true" : "false", settings & 4 ? "true" : "false",
             forced ? ",\"added_tokens_decoder\":{\"" : ",\"unused\":{\"", forcing,
             "\":{\"content\":\"\u00e6\u00e6\u00e6\",\"normalized\":true}}");
    lex_tokenizer_sources sources = {.dir = "fuzz", .vocab_txt = LEX_STR(vocab), .tokenizer_config = lex_str_of(config)};
    lex_tokenizer *tokenizer = NULL;
    lex_err err = {0};
    lex_status st = lex_tokenizer_parse(&tokenizer, &sources, &err);
    if (st != LEX_OK)
        fprintf(stderr, "%s\n", err.message);
    LEX_ASSERT(st == LEX_OK);
    return tokenizer;
}

static void check_tokens(const lex_tokenizer *tokenizer, lex_str text, const lex_tokens *tokens)
{
    for (int64_t i = 0; i < tokens->n; i++) {
        lex_token t = tokens->items[i];
        LEX_ASSERT(t.id >= 0 && t.id < lex_tokenizer_vocab_size(tokenizer));
        LEX_ASSERT(t.begin < t.end && is_boundary(text, t.begin) && is_boundary(text, t.end));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    unsigned settings = data[0] % N_SETTINGS;
    if (fast[settings] == NULL) { /* kept from input to input */
        fast[settings] = make(settings, false);
        general[settings] = make(settings, true);
    }
    lex_buf buf;
    lex_tokens a, b;
    lex_buf_init(&buf);
    lex_tokens_init(&a);
    lex_tokens_init(&b);
    lex_str text = cleaned(&buf, data + 1, size - 1);
    lex_tokenizer_encode(fast[settings], text, &a);
    lex_tokenizer_encode(general[settings], text, &b);
    check_tokens(fast[settings], text, &a);
    check_tokens(general[settings], text, &b);
    bool found = false;
    for (int64_t i = 0; i < b.n; i++)
        found = found || b.items[i].id == forcing_id;
    LEX_ASSERT(found || (a.n == b.n && (a.n == 0 || memcmp(a.items, b.items, (size_t)a.n * sizeof *a.items) == 0)));
    lex_tokens_release(&a);
    lex_tokens_release(&b);
    lex_buf_release(&buf);
    return 0;
}
