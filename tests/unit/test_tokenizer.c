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

/* One line of cases.jsonl: folder, text, ids, offsets (begin and end of each token in turn). */
static void check_case(lex_str line, lex_tokenizer **tokenizer, lex_buf *folder, lex_tokens *tokens, lex_arena *arena)
{
    lex_json_span *members, *ids, *offsets;
    int64_t n = 0, n_ids, n_offsets;
    size_t where;
    lex_err err = {0};
    if (!CHECK(lex_json_scan_object(&members, &n, line, arena, &where, &err) == LEX_OK) || !CHECK_INT(n, 4))
        return;
    lex_str name = lex_json_decode(members[0].value, arena), text = lex_json_decode(members[1].value, arena);
    lex_json_scan_array(&ids, &n_ids, members[2].value, arena);
    lex_json_scan_array(&offsets, &n_offsets, members[3].value, arena);
    if (!lex_str_equal(name, lex_buf_str(folder))) {
        lex_buf_clear(folder);
        lex_buf_add_str(folder, name);
        lex_tokenizer_free(*tokenizer);
        *tokenizer = open_golden(folder->ptr);
    }
    if (*tokenizer == NULL)
        return;
    lex_tokenizer_encode(*tokenizer, text, tokens);
    bool same = tokens->n == n_ids && n_offsets == 2 * n_ids;
    for (int64_t i = 0; same && i < n_ids; i++)
        same = tokens->items[i].id == number_at(ids, i) && tokens->items[i].begin == number_at(offsets, 2 * i) &&
               tokens->items[i].end == number_at(offsets, 2 * i + 1);
    if (!CHECK(same))
        fprintf(stderr, "    %.*s\n", (int)line.len, line.ptr);
}

static void test_goldens(void)
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
    CHECK(lex_file_read(&cases, GOLDEN "/cases.jsonl", 1 << 20, &err) == LEX_OK);
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
    check_json("{" MODEL(IDS) "}", "m/tokenizer.json: the pre-tokenizer is missing");
    check_json("{\"model\":{\"type\":\"BPE\"}}",
               "m/tokenizer.json: the model is of type 'BPE', which is not known here");
    check_json("{\"version\":\"2.0\"," BERT MODEL(IDS) "}", "m/tokenizer.json: version '2.0' is not known here");
    check_json("{\"normalizer\":{\"type\":\"NFC\"}," MODEL(IDS) "}",
               "m/tokenizer.json: the normalizer is of type 'NFC', which is not known here");
    check_json("{\"pre_tokenizer\":{\"type\":\"ByteLevel\"}," MODEL(IDS) "}",
               "m/tokenizer.json: the pre-tokenizer is of type 'ByteLevel', which is not known here");
    check_json("{\"post_processor\":{\"type\":\"RobertaProcessing\"}," BERT MODEL(IDS) "}",
               "m/tokenizer.json: the post-processor is of type 'RobertaProcessing', which is not known here");
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

static void test_missing(void)
{
    lex_tokenizer *tokenizer = NULL;
    lex_err err = {0};
    CHECK_INT(lex_tokenizer_open(&tokenizer, GOLDEN "/nowhere", &err), LEX_ERR_INPUT);
    CHECK(strstr(err.message, "nowhere: neither tokenizer.json nor vocab.txt is there") != NULL);
    CHECK(tokenizer == NULL);
}

int main(void)
{
    test_goldens();
    test_frame();
    test_vocab_txt();
    test_tokenizer_json();
    test_missing();
    return check_report("tokenizer");
}
