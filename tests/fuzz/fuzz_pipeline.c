/* fuzz_pipeline.c - any text through tokenizers of many components: ids are in the vocabulary, offsets lie between
 * characters and never run backwards, and the same text gives the same tokens again with other memory. Offsets that were
 * trimmed may run backwards, as the reference's: of two tokens within one character the first may lose it.
 *
 * The first byte chooses the tokenizer, the rest is the text; bytes that are not UTF-8 become '?'. */
#include <stdio.h>
#include <string.h>

#include "../../src/tokenizer/internal.h"
#include "text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define WORDPIECE "\"model\":{\"type\":\"WordPiece\",\"unk_token\":\"?\",\"continuing_subword_prefix\":\"##\"," \
                  "\"max_input_chars_per_word\":9,\"vocab\":{\"?\":0,\"a\":1,\"##a\":2,\"b\":3,\"ab\":4,\"\u00e9\":5,\"1\":6}}"
#define TRIM(first) "\"post_processor\":{\"type\":\"ByteLevel\",\"trim_offsets\":true,\"add_prefix_space\":" first "},"
#define ADDED "\"added_tokens\":[{\"id\":9,\"content\":\"<e>\",\"lstrip\":true,\"rstrip\":true,\"normalized\":false}," \
              "{\"id\":10,\"content\":\"Ab \",\"normalized\":true}],"
/* Characters: e U+0301 a b space U+0120 U+2581, and a few pairs. */
#define BPE(more) "\"model\":{\"type\":\"BPE\"," more "\"vocab\":{\"?\":0,\"a\":1,\"b\":2,\"ab\":3,\"\u0120\":4,\"\u0120a\":5,\"aa\":6," \
                  "\"aaaa\":7,\"\u2581\":8},\"merges\":[\"aa aa\",\"\u0120 a\",\"a b\",\"a a\"]}"
#define UNIGRAM "\"model\":{\"type\":\"Unigram\",\"unk_id\":0,\"byte_fallback\":true,\"vocab\":[[\"?\",0],[\"a\",-2],[\"b\",-2]," \
                "[\"ab\",-4],[\"\u2581\",-1],[\"\u2581a\",-3],[\"aaaa\",-8],[\"<0x41>\",-9],[\"\u00e9\",-3]]}"
#define NORMALIZERS(...) "\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[" __VA_ARGS__ "]},"
#define SPLITS(...) "\"pre_tokenizer\":{\"type\":\"Sequence\",\"pretokenizers\":[" __VA_ARGS__ "]},"
#define PLAIN(name) "{\"type\":\"" name "\"}"
#define SPLIT(regex, behavior, invert) "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"" regex "\"},\"behavior\":\"" behavior "\"," \
                                       "\"invert\":" invert "}"
#define CL100K "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\\\r\\\\n\\\\p{L}\\\\p{N}]?\\\\p{L}+|\\\\p{N}{1,3}| ?[^\\\\s\\\\p{L}\\\\p{N}]+[\\\\r\\\\n]*" \
               "|\\\\s*[\\\\r\\\\n]+|\\\\s+(?!\\\\S)|\\\\s+"

static const char *const files[] = {
    "{" TRIM("true") ADDED "\"pre_tokenizer\":{\"type\":\"ByteLevel\",\"add_prefix_space\":true}," BPE("") "}",
    "{" TRIM("false") NORMALIZERS(PLAIN("NFKC")) SPLITS(SPLIT(CL100K, "Isolated", "false") ",{\"type\":\"ByteLevel\","
        "\"add_prefix_space\":false,\"use_regex\":false}") BPE("\"unk_token\":\"?\",\"ignore_merges\":true,") "}",
    "{" ADDED NORMALIZERS(PLAIN("NFKD") "," PLAIN("StripAccents") "," PLAIN("Lowercase") "," PLAIN("NFC")
        ",{\"type\":\"Strip\",\"strip_left\":true,\"strip_right\":true}") "\"pre_tokenizer\":{\"type\":\"Metaspace\",\"replacement\":"
        "\"\u2581\",\"prepend_scheme\":\"first\"}," UNIGRAM "}",
    "{" NORMALIZERS("{\"type\":\"Prepend\",\"prepend\":\"\u2581x\"},{\"type\":\"Replace\",\"pattern\":{\"String\":\" \"},\"content\":"
        "\"\u2581\"}") BPE("\"unk_token\":\"?\",\"fuse_unk\":true,\"byte_fallback\":true,") "}",
    "{" NORMALIZERS(PLAIN("NFD") ",{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"\\\\s{2,}|[\\\\n\\\\r\\\\t]\"},\"content\":\"\"}")
        "\"pre_tokenizer\":" PLAIN("Whitespace") "," WORDPIECE "}",
    "{" SPLITS(SPLIT("\\\\s+", "MergedWithPrevious", "true") ",{\"type\":\"Punctuation\",\"behavior\":\"MergedWithNext\"},"
        "{\"type\":\"Digits\",\"individual_digits\":false}") WORDPIECE "}",
    "{" SPLITS(SPLIT(" {2,}", "Contiguous", "false") "," SPLIT("\\\\p{N}", "MergedWithNext", "true")) UNIGRAM "}",
};
enum { N_FILES = sizeof files / sizeof *files, N_TRIMMED = 2 };
static lex_tokenizer *made[N_FILES]; /* kept from input to input */

static lex_tokenizer *make(unsigned number)
{
    lex_tokenizer_sources sources = {.dir = "fuzz", .tokenizer_json = lex_str_of(files[number])};
    lex_tokenizer *tokenizer = NULL;
    lex_err err = {0};
    lex_status st = lex_tokenizer_parse(&tokenizer, &sources, &err);
    if (st != LEX_OK)
        fprintf(stderr, "%u: %s\n", number, err.message);
    LEX_ASSERT(st == LEX_OK);
    return tokenizer;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    unsigned number = data[0] % N_FILES;
    if (made[number] == NULL)
        made[number] = make(number);
    lex_buf buf;
    lex_tokens a, b;
    lex_buf_init(&buf);
    lex_tokens_init(&a);
    lex_tokens_init(&b);
    lex_str text = cleaned(&buf, data + 1, size - 1);
    lex_tokenizer_encode(made[number], text, &a);
    for (int64_t i = 0; i < a.n; i++) {
        lex_token t = a.items[i];
        LEX_ASSERT(t.id >= 0 && t.id < lex_tokenizer_vocab_size(made[number]));
        LEX_ASSERT(t.begin <= t.end && is_boundary(text, t.begin) && is_boundary(text, t.end));
        LEX_ASSERT(i == 0 || number < N_TRIMMED || t.begin >= a.items[i - 1].begin);
    }
    lex_tokenizer_encode(made[number], LEX_STR("ab \u00e9 <e>"), &b);
    lex_tokenizer_encode(made[number], text, &b);
    LEX_ASSERT(a.n == b.n && (a.n == 0 || memcmp(a.items, b.items, (size_t)a.n * sizeof *a.items) == 0));
    lex_tokens_release(&a);
    lex_tokens_release(&b);
    lex_buf_release(&buf);
    return 0;
}
