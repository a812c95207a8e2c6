/* test_tokenizer.c - the tokenizer against the reference's answers (golden/tokenizer), framing, and folders that must
 * be refused with a reason. */
#include <stdlib.h>

#include "check.h"
#include "lexclf/file.h"
#include "tokenizer/internal.h"

#define GOLDEN LEX_TESTS_DIR "/golden/tokenizer"

static lex_tokenizer *open_golden(const char *folder)
{
    char *path = lex_path_join(GOLDEN, folder);
    lex_tokenizer *tokenizer = NULL;
    lex_err err = {0};
    if (!CHECK(lex_tokenizer_open(&tokenizer, path, &err) == LEX_OK))
        fprintf(stderr, "    %s\n", err.message);
    free(path);
    return tokenizer;
}

static int64_t number_at(const lex_json_span *spans, int64_t i)
{
    int64_t value = -1;
    CHECK(lex_parse_int64(&value, spans[i].value));
    return value;
}

static bool same_ids(const lex_tokens *tokens, const lex_json_span *ids, int64_t n)
{
    bool same = tokens->n == n;
    for (int64_t i = 0; same && i < n; i++)
        same = tokens->items[i].id == number_at(ids, i);
    return same;
}

/* One line of cases: folder, text, ids, offsets (begin and end of each token in turn), and in families.jsonl the ids
 * with special tokens around them. */
static void check_case(lex_str line, lex_tokenizer **tokenizer, lex_buf *folder, lex_tokens *tokens, lex_arena *arena)
{
    lex_json_span *members, *ids, *offsets, *framed = NULL;
    int64_t n = 0, n_ids, n_offsets, n_framed = 0;
    size_t where;
    lex_err err = {0};
    if (!CHECK(lex_json_scan_object(&members, &n, line, arena, &where, &err) == LEX_OK) || !CHECK(n == 4 || n == 5))
        return;
    lex_str name = lex_json_decode(members[0].value, arena), text = lex_json_decode(members[1].value, arena);
    lex_json_scan_array(&ids, &n_ids, members[2].value, arena);
    lex_json_scan_array(&offsets, &n_offsets, members[3].value, arena);
    if (n == 5)
        lex_json_scan_array(&framed, &n_framed, members[4].value, arena);
    if (!lex_str_equal(name, lex_buf_str(folder))) {
        lex_buf_clear(folder);
        lex_buf_add_str(folder, name);
        lex_tokenizer_free(*tokenizer);
        *tokenizer = open_golden(folder->ptr);
    }
    if (*tokenizer == NULL)
        return;
    lex_tokenizer_encode(*tokenizer, text, tokens);
    bool same = same_ids(tokens, ids, n_ids) && n_offsets == 2 * n_ids;
    for (int64_t i = 0; same && i < n_ids; i++)
        same = tokens->items[i].begin == number_at(offsets, 2 * i) && tokens->items[i].end == number_at(offsets, 2 * i + 1);
    if (same && n == 5) {
        lex_tokens sequence;
        lex_tokens_init(&sequence);
        lex_tokenizer_frame(*tokenizer, tokens, 1 << 20, &sequence);
        same = same_ids(&sequence, framed, n_framed);
        lex_tokens_release(&sequence);
    }
    if (!CHECK(same))
        fprintf(stderr, "    %.*s\n", (int)line.len, line.ptr);
}

static void check_goldens(const char *file)
{
    lex_buf cases, folder;
    lex_err err = {0};
    lex_tokens tokens;
    lex_arena arena;
    lex_tokenizer *tokenizer = NULL;
    lex_buf_init(&cases);
    lex_buf_init(&folder);
    lex_tokens_init(&tokens);
    lex_arena_init(&arena);
    CHECK(lex_file_read(&cases, file, 1 << 20, &err) == LEX_OK && cases.len > 10000);
    for (size_t at = 0; at < cases.len;) {
        const char *newline = memchr(cases.ptr + at, '\n', cases.len - at);
        size_t end = newline ? (size_t)(newline - cases.ptr) : cases.len;
        check_case((lex_str){cases.ptr + at, end - at}, &tokenizer, &folder, &tokens, &arena);
        lex_arena_reset(&arena);
        at = end + 1;
    }
    lex_tokenizer_free(tokenizer);
    lex_arena_release(&arena);
    lex_tokens_release(&tokens);
    lex_buf_release(&folder);
    lex_buf_release(&cases);
}

static void test_frame(void)
{
    lex_tokenizer *tokenizer = open_golden("cased");
    lex_tokens tokens, sequence;
    lex_tokens_init(&tokens);
    lex_tokens_init(&sequence);
    lex_tokenizer_encode(tokenizer, LEX_STR("the rent of the tenant"), &tokens);
    CHECK_INT(tokens.n, 5);
    CHECK_INT(lex_tokenizer_n_special(tokenizer), 2);
    CHECK_INT(lex_tokenizer_model_max_length(tokenizer), 512);
    CHECK_INT(lex_tokenizer_unknown_id(tokenizer), 2);
    CHECK(!lex_tokenizer_frame(tokenizer, &tokens, 7, &sequence));
    CHECK_INT(sequence.n, 7);
    CHECK_INT(sequence.items[0].id, 3);
    CHECK_INT(sequence.items[0].end, 0);
    CHECK_INT(sequence.items[1].id, tokens.items[0].id);
    CHECK_INT(sequence.items[5].end, 22);
    CHECK_INT(sequence.items[6].id, 4);
    CHECK(lex_tokenizer_frame(tokenizer, &tokens, 6, &sequence));
    CHECK_INT(sequence.n, 6);
    CHECK_INT(sequence.items[4].begin, tokens.items[3].begin);
    CHECK_INT(sequence.items[5].id, 4);
    CHECK(lex_tokenizer_frame(tokenizer, &tokens, 2, &sequence));
    CHECK_INT(sequence.n, 2);
    /* The steady state allocates nothing: the same memory is used again. */
    const void *items = tokens.items, *scratch = tokens.scratch;
    lex_tokenizer_encode(tokenizer, LEX_STR("the rent"), &tokens);
    CHECK(tokens.items == items && tokens.scratch == scratch);
    lex_tokens_release(&tokens);
    lex_tokens_release(&sequence);
    lex_tokenizer_free(tokenizer);
    lex_tokenizer_free(NULL);
}

/* ---- what is refused ---- */

#define VOCAB "[PAD]\n[UNK]\n[CLS]\n[SEP]\nrent\n"
#define BERT "\"normalizer\":{\"type\":\"BertNormalizer\",\"clean_text\":true,\"handle_chinese_chars\":true," \
             "\"strip_accents\":null,\"lowercase\":true},\"pre_tokenizer\":{\"type\":\"BertPreTokenizer\"},"
#define MODEL(vocab) "\"model\":{\"type\":\"WordPiece\",\"unk_token\":\"[UNK]\",\"continuing_subword_prefix\":\"##\"," \
                     "\"max_input_chars_per_word\":100,\"vocab\":{" vocab "}}"
#define IDS "\"[PAD]\":0,\"[UNK]\":1,\"[CLS]\":2,\"[SEP]\":3"

static void check_parse(const lex_tokenizer_sources *sources, const char *want)
{
    lex_tokenizer *tokenizer = NULL;
    lex_err err = {0};
    lex_status st = lex_tokenizer_parse(&tokenizer, sources, &err);
    CHECK_STR(st == LEX_OK ? "fine" : err.message, want);
    CHECK((st == LEX_OK) == (tokenizer != NULL) && (st == LEX_OK || st == LEX_ERR_INPUT));
    lex_tokenizer_free(tokenizer);
}

static void check_vocab(const char *vocab, const char *config, const char *want)
{
    lex_tokenizer_sources sources = {.dir = "m", .vocab_txt = lex_str_of(vocab)};
    if (config)
        sources.tokenizer_config = lex_str_of(config);
    check_parse(&sources, want);
}

static void check_json(const char *json, const char *want)
{
    lex_tokenizer_sources sources = {.dir = "m", .tokenizer_json = lex_str_of(json)};
    check_parse(&sources, want);
}

/* Families: what each folder's own files say. */
static void test_settings(void)
{
    lex_tokenizer *tokenizer = open_golden("roberta");
    CHECK_INT(lex_tokenizer_model_max_length(tokenizer), 514);
    CHECK_INT(lex_tokenizer_padding_id(tokenizer), 1);
    CHECK_INT(lex_tokenizer_unknown_id(tokenizer), 3);
    CHECK_INT(lex_tokenizer_vocab_size(tokenizer), 420);
    lex_tokenizer_free(tokenizer);
    tokenizer = open_golden("deberta"); /* [MASK] is named and is no piece: it comes behind them */
    CHECK_INT(lex_tokenizer_padding_id(tokenizer), 0);
    CHECK_INT(lex_tokenizer_unknown_id(tokenizer), 3);
    lex_tokens tokens;
    lex_tokens_init(&tokens);
    lex_tokenizer_encode(tokenizer, LEX_STR("[MASK]"), &tokens);
    CHECK_INT(tokens.n, 1);
    CHECK_INT(tokens.items[0].id + 1, lex_tokenizer_vocab_size(tokenizer));
    lex_tokens_release(&tokens);
    lex_tokenizer_free(tokenizer);
}

static void test_vocab_txt(void)
{
    check_vocab(VOCAB, NULL, "fine");
    check_vocab("[PAD]\r\n[UNK]\r\n[CLS]\r\n[SEP]", NULL, "fine");
    check_vocab(VOCAB "\n\nrent\nrent\n", "{}", "fine");
    check_vocab("", NULL, "m/vocab.txt: the vocabulary lacks '[UNK]', the unknown token");
    check_vocab("[PAD]\n[CLS]\n[SEP]\n", NULL, "m/vocab.txt: the vocabulary lacks '[UNK]', the unknown token");
    check_vocab("[PAD]\n[UNK]\n[SEP]\n", NULL, "m/vocab.txt: the vocabulary lacks '[CLS]', the cls_token");
    check_vocab("[PAD]\n[UNK]\n[CLS]\n", NULL, "m/vocab.txt: the vocabulary lacks '[SEP]', the sep_token");
    check_vocab("[UNK]\n[CLS]\n[SEP]\n", NULL, "m/vocab.txt: the vocabulary lacks '[PAD]', the pad_token");
    check_vocab("[UNK]\n[CLS]\n[SEP]\n<pad>\n", "{\"pad_token\":\"<pad>\"}", "fine");
    check_vocab(VOCAB "a\xff\n", NULL, "m/vocab.txt: line 6 is not valid UTF-8");
    check_vocab(VOCAB, "{\"tokenizer_class\":\"BertJapaneseTokenizer\"}",
                "m/tokenizer_config.json: tokenizer class 'BertJapaneseTokenizer' is not known");
    check_vocab(VOCAB, "{\"do_lower_case\":\"yes\"}",
                "m/tokenizer_config.json: 'do_lower_case' is neither true nor false");
    check_vocab(VOCAB, "[]", "m/tokenizer_config.json: not a JSON object");
    check_vocab(VOCAB, "{\"added_tokens_decoder\":{\"4\":{\"content\":\"rent\"},\"5\":{\"content\":\"<e>\"}}}", "fine");
    check_vocab(VOCAB, "{\"added_tokens_decoder\":{\"7\":{\"content\":\"<e>\"}}}",
                "m/tokenizer_config.json: added token '<e>' has id 7, but the vocabulary makes it 5");
    check_vocab(VOCAB "rent\n", "{\"added_tokens_decoder\":{\"5\":{\"content\":\"<e>\"}}}",
                "m/tokenizer_config.json: added token '<e>' and another token have the same id 5");
}

static void test_tokenizer_json(void)
{
    check_json("{" BERT MODEL(IDS) "}", "fine");
    check_json("{", "m/tokenizer.json: line 1, column 2: a key in double quotes is missing");
    check_json("{}", "m/tokenizer.json: the model is missing");
    check_json("{" MODEL(IDS) "}", "fine");
    check_json("{\"model\":{\"type\":\"WordLevel\"}}",
               "m/tokenizer.json: the model is of type 'WordLevel', which is not known here");
    check_json("{\"version\":\"2.0\"," BERT MODEL(IDS) "}", "m/tokenizer.json: version '2.0' is not known here");
    check_json("{\"normalizer\":{\"type\":\"Nmt\"}," MODEL(IDS) "}",
               "m/tokenizer.json: the normalizer is of type 'Nmt', which is not known here");
    check_json("{\"pre_tokenizer\":{\"type\":\"UnicodeScripts\"}," MODEL(IDS) "}",
               "m/tokenizer.json: the pre-tokenizer is of type 'UnicodeScripts', which is not known here");
    check_json("{\"post_processor\":{\"type\":\"Other\"}," BERT MODEL(IDS) "}",
               "m/tokenizer.json: the post-processor is of type 'Other', which is not known here");
    check_json("{\"post_processor\":{\"type\":\"BertProcessing\",\"cls\":[\"[CLS]\",3],\"sep\":[\"[SEP]\",3]}," BERT
               MODEL(IDS) "}", "m/tokenizer.json: the post-processor says that '[CLS]' has id 3, which the vocabulary does not");
    check_json("{\"post_processor\":{\"type\":\"BertProcessing\",\"cls\":[\"[CLS]\",9],\"sep\":[\"[SEP]\",3]}," BERT
               MODEL(IDS) "}", "m/tokenizer.json: the post-processor adds an id that no token has");
    check_json("{" BERT MODEL("\"[PAD]\":0,\"[UNK]\":1,\"[CLS]\":2") "}",
               "m/tokenizer.json: the vocabulary lacks '[SEP]', the sep_token");
    check_json("{" BERT MODEL(IDS ",\"a\":3") "}", "m/tokenizer.json: tokens '[SEP]' and 'a' have the same id 3");
    check_json("{" BERT MODEL(IDS ",\"a\":-1") "}",
               "m/tokenizer.json: the id of token 'a' is not a whole number from 0 to 3999999");
    check_json("{" BERT MODEL(IDS ",\"a\":4000000") "}",
               "m/tokenizer.json: the id of token 'a' is not a whole number from 0 to 3999999");
    check_json("{\"added_tokens\":[{\"id\":3,\"content\":\"<e>\"}]," BERT MODEL(IDS) "}",
               "m/tokenizer.json: added token '<e>' has id 3, but the vocabulary makes it 4");
    check_json("{\"added_tokens\":[{\"id\":4}]," BERT MODEL(IDS) "}",
               "m/tokenizer.json: an added token lacks its content or its id");
}

#define BPE(vocab, merges) "\"model\":{\"type\":\"BPE\",\"vocab\":{" vocab "},\"merges\":[" merges "]"
#define PIECES "\"a\":0,\"b\":1,\"ab\":2"
#define UNIGRAM(vocab) "\"model\":{\"type\":\"Unigram\",\"unk_id\":0,\"vocab\":[" vocab "]}"

/* Components: an unknown one, or an unknown value in one, is named. */
static void test_components(void)
{
    static const struct {
        const char *json, *want;
    } cases[] = {
        {"{" BPE(PIECES, "\"a b\"") "}}", "fine"},
        {"{" BPE(PIECES, "[\"a\",\"b\"]") "}}", "fine"},
        {"{" BPE(PIECES, "\"#version: 0.2\",\"a b\"") "}}", "fine"},
        {"{" BPE(PIECES, "\"a b c\"") "}}", "m/tokenizer.json: merge 1 is not two pieces"},
        {"{" BPE(PIECES, "\"a b\",7") "}}", "m/tokenizer.json: merge 2 is not two pieces"},
        {"{" BPE(PIECES, "\"a c\"") "}}", "m/tokenizer.json: merge 1 needs 'c', which the vocabulary lacks"},
        {"{" BPE(PIECES, "\"b a\"") "}}", "m/tokenizer.json: merge 1 needs 'ba', which the vocabulary lacks"},
        {"{" BPE(PIECES, "") ",\"dropout\":0.1}}",
         "m/tokenizer.json: the model has dropout, which makes other tokens from run to run"},
        {"{" BPE(PIECES, "") ",\"unk_token\":\"<unk>\"}}",
         "m/tokenizer.json: the vocabulary lacks '<unk>', the unknown token"},
        {"{" BPE(PIECES, "") ",\"new_thing\":1}}",
         "m/tokenizer.json: the model 'BPE' has a key 'new_thing', which is not known here"},
        {"{" BPE(PIECES, "\"#b a\"") ",\"continuing_subword_prefix\":\"##\"}}",
         "m/tokenizer.json: merge 1 needs '#b', which the vocabulary lacks"},
        {"{" UNIGRAM("[\"<unk>\",0],[\"a\",-1.5]") "}", "fine"},
        {"{" UNIGRAM("") "}", "m/tokenizer.json: the model's 'unk_id' is not the number of a token"},
        {"{" UNIGRAM("[\"<unk>\",0],[\"a\"]") "}",
         "m/tokenizer.json: token 1 of the model's 'vocab' is not a text with a score"},
        {"{" UNIGRAM("[\"<unk>\",0]") ",\"post_processor\":{\"type\":\"ByteLevel\",\"add_prefix_space\":true,"
         "\"trim_offsets\":true}}", "m/tokenizer.json: offsets trimmed behind a Unigram model are not known here"},
        {"{\"normalizer\":{\"type\":\"NFC\",\"form\":1}," BPE(PIECES, "") "}}",
         "m/tokenizer.json: the normalizer 'NFC' has a key 'form', which is not known here"},
        {"{\"normalizer\":{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"x*\"},\"content\":\"\"}," BPE(PIECES, "") "}}",
         "m/tokenizer.json: the normalizer 'Replace' has the regular expression 'x*', which is not known here"},
        {"{\"normalizer\":{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"AAA*\"}," BPE(PIECES, "") "}}",
         "m/tokenizer.json: the precompiled charsmap is not base64"},
        {"{\"normalizer\":{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"CAAAAAAA\"}," BPE(PIECES, "") "}}",
         "m/tokenizer.json: the precompiled charsmap is cut short"},
        {"{\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(a+)+\"},\"behavior\":\"Isolated\","
         "\"invert\":false}," BPE(PIECES, "") "}}",
         "m/tokenizer.json: the pre-tokenizer 'Split' has the regular expression '(a+)+', which is not known here"},
        {"{\"pre_tokenizer\":{\"type\":\"Punctuation\",\"behavior\":\"Dropped\"}," BPE(PIECES, "") "}}",
         "m/tokenizer.json: the pre-tokenizer's behavior 'Dropped' is not known here"},
        {"{\"pre_tokenizer\":{\"type\":\"Metaspace\",\"replacement\":\"__\"}," BPE(PIECES, "") "}}",
         "m/tokenizer.json: the pre-tokenizer's replacement is not one character"},
        {"{\"pre_tokenizer\":{\"type\":\"Metaspace\",\"replacement\":\"_\",\"prepend_scheme\":\"last\"},"
         BPE(PIECES, "") "}}", "m/tokenizer.json: the pre-tokenizer's prepend_scheme 'last' is not known here"},
        {"{\"pre_tokenizer\":{\"type\":\"Sequence\"}," BPE(PIECES, "") "}}",
         "m/tokenizer.json: the pre-tokenizer 'Sequence' lacks its 'pretokenizers'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_json(cases[i].json, cases[i].want);
}

static void test_nested(void)
{
    lex_buf json;
    lex_buf_init(&json);
    lex_buf_printf(&json, "{\"normalizer\":");
    for (int i = 0; i < 12; i++)
        lex_buf_printf(&json, "{\"type\":\"Sequence\",\"normalizers\":[");
    lex_buf_printf(&json, "{\"type\":\"NFC\"}");
    for (int i = 0; i < 12; i++)
        lex_buf_printf(&json, "]}");
    lex_buf_printf(&json, "," BPE(PIECES, "") "}}");
    check_json(json.ptr, "m/tokenizer.json: the normalizer's sequences are nested more than 8 deep");
    lex_buf_release(&json);
}

static void check_family(const char *config, const char *vocab, const char *merges, lex_str spm, const char *want)
{
    lex_tokenizer_sources sources = {.dir = "m", .sentencepiece = spm, .sentencepiece_name = spm.ptr ? "spiece.model" : NULL};
    sources.tokenizer_config = config ? lex_str_of(config) : sources.tokenizer_config;
    sources.vocab_json = vocab ? lex_str_of(vocab) : sources.vocab_json;
    sources.merges_txt = merges ? lex_str_of(merges) : sources.merges_txt;
    check_parse(&sources, want);
}

#define FAIRSEQ "\"<s>\":0,\"<pad>\":1,\"</s>\":2,\"<unk>\":3,\"<mask>\":4,"
static void test_families(void)
{
    const lex_str none = {NULL, 0};
    const char *vocab = "{" FAIRSEQ "\"a\":5,\"b\":6,\"ab\":7}";
    check_family(NULL, vocab, "#version: 0.2\na b\n", none, "fine");
    check_family(NULL, vocab, "#version: 0.2\r\na b\r\n", none, "fine");
    check_family(NULL, vocab, NULL, none, "m: vocab.json is there without merges.txt");
    check_family(NULL, NULL, "a b\n", none, "m: merges.txt is there without vocab.json");
    check_family(NULL, vocab, "a b\na  b\n", none, "m/merges.txt: line 2 is not two pieces with a space between");
    check_family(NULL, vocab, "a b\n\n", none, "m/merges.txt: line 2 is not two pieces with a space between");
    check_family(NULL, vocab, "a x\n", none, "m/merges.txt: merge 1 needs 'x', which the vocabulary lacks");
    check_family(NULL, vocab, "\xff b\n", none, "m/merges.txt: not valid UTF-8");
    check_family(NULL, "[]", "a b\n", none, "m/vocab.json: not a JSON object");
    check_family(NULL, "{\"a\":0,\"b\":\"x\"}", "a b\n", none,
                 "m/vocab.json: the id of token 'b' is not a whole number from 0 to 3999999");
    check_family("{\"tokenizer_class\":\"GPT2Tokenizer\"}", vocab, "a b\n", none,
                 "m/tokenizer_config.json: tokenizer class 'GPT2Tokenizer' is not known for these files");
    check_family("{\"tokenizer_class\":\"XLMRobertaTokenizer\"}", vocab, "a b\n", none,
                 "m/tokenizer_config.json: tokenizer class 'XLMRobertaTokenizer' is not known for these files");
    check_family(NULL, NULL, NULL, LEX_STR("\x0a\x7f"), "m/spiece.model: not a sentencepiece model, or cut short");
    check_family(NULL, NULL, NULL, LEX_STR("{}"), "m/spiece.model: not a sentencepiece model, or cut short");
    check_family(NULL, NULL, NULL, LEX_STR("\x0a\x02\x0a\x00"), "m/spiece.model: piece 0 is empty or not valid text");
    check_family(NULL, NULL, NULL, LEX_STR("\x0a\x03\x0a\x01x\x12\x02\x18\x02"),
                 "m/spiece.model: a sentencepiece model of byte pairs, and AlbertTokenizer wants one of unigrams");
    check_family(NULL, NULL, NULL, LEX_STR("\x0a\x03\x0a\x01x\x12\x02\x18\x04"),
                 "m/spiece.model: a sentencepiece model of words or characters, which is not known here");
    check_family(NULL, NULL, NULL, LEX_STR("\x0a\x03\x0a\x01x\x12\x03\xc0\x02\x05"),
                 "m/spiece.model: the unknown piece has number 5 of 1");
}

static void test_missing(void)
{
    lex_tokenizer *tokenizer = NULL;
    lex_err err = {0};
    CHECK_INT(lex_tokenizer_open(&tokenizer, GOLDEN "/nowhere", &err), LEX_ERR_INPUT);
    CHECK(strstr(err.message, "nowhere: no tokenizer: neither tokenizer.json nor vocab.txt, ") != NULL);
    CHECK(tokenizer == NULL);
}

int main(void)
{
    check_goldens(GOLDEN "/cases.jsonl");
    check_goldens(GOLDEN "/families.jsonl");
    test_settings();
    test_frame();
    test_vocab_txt();
    test_tokenizer_json();
    test_components();
    test_nested();
    test_families();
    test_missing();
    return check_report("tokenizer");
}
