/* vocabulary.c - vocab.txt, and the tables that encoding looks words up in.
 *
 * In vocab.txt a token's id is the number of its line, from 0. White space at a line's end is cut off, CRLF with it,
 * as the reference does; a token that stands in several lines has the id of the last one, and the ids before it are
 * nobody's.
 */
#include <string.h>

#include "internal.h"
#include "unicode.h"

void lex_vocab_add(lex_loading *loading, lex_str text, int64_t id)
{
    lex_vocab_item item = {text, (int32_t)id};
    LEX_PUSH(loading->items, loading->n_items, loading->items_capacity, item);
}

void lex_vocab_add_scored(lex_loading *loading, lex_str text, double score)
{
    int64_t n = loading->n_items;
    LEX_PUSH(loading->scores, n, loading->scores_capacity, score);
    lex_vocab_add(loading, text, loading->n_items);
}

static lex_str without_trailing_space(lex_str line)
{
    while (line.len > 0) {
        size_t begin = line.len - 1;
        while (((unsigned char)line.ptr[begin] & 0xC0) == 0x80)
            begin--;
        size_t at = begin;
        if (!(lex_uc_flags(lex_utf8_next(line, &at)) & LEX_UC_SPACE))
            break;
        line.len = begin;
    }
    return line;
}

static lex_status read_lines(lex_loading *loading, lex_str text, lex_err *err)
{
    size_t valid = lex_utf8_valid_prefix(text);
    int64_t n = 0;
    for (size_t at = 0; at < text.len; n++) {
        const char *newline = memchr(text.ptr + at, '\n', text.len - at);
        size_t end = newline ? (size_t)(newline - text.ptr) : text.len;
        if (end > valid)
            return lex_err_set(err, LEX_ERR_INPUT, "line %lld is not valid UTF-8", (long long)n + 1);
        if (n == LEX_VOCAB_MAX)
            return lex_err_set(err, LEX_ERR_INPUT, "more than %d tokens", LEX_VOCAB_MAX);
        lex_vocab_add(loading, without_trailing_space((lex_str){text.ptr + at, end - at}), n);
        at = end + 1;
    }
    return LEX_OK;
}

lex_status lex_read_vocab_txt(lex_tokenizer *tokenizer, lex_loading *loading, lex_err *err)
{
    if (!lex_class_is_bert(loading) && !loading->family) {
        const char *class = lex_json_string(lex_json_get(loading->config, "tokenizer_class"));
        lex_err_set(err, LEX_ERR_INPUT, "tokenizer class '%s' is not known", class);
        lex_place_error(loading, "tokenizer_config.json", err);
        return LEX_ERR_INPUT;
    }
    const char *unknown = lex_special_content(lex_special_node(loading, "unk_token"));
    loading->unknown = unknown ? unknown : "[UNK]";
    loading->prefix = "##";
    tokenizer->max_word_chars = 100;
    tokenizer->normalizer = (lex_normalizer){true, true, true, true};
    loading->strip_accents = LEX_STRIP_WITH_CASE;
    return read_lines(loading, loading->sources->vocab_txt, err);
}

bool lex_take_id(lex_loading *loading, int64_t id)
{
    LEX_ASSERT(id >= 0 && id < LEX_VOCAB_MAX);
    uint8_t bit = (uint8_t)(1u << (id & 7));
    bool free_before = !(loading->used_ids[id >> 3] & bit);
    loading->used_ids[id >> 3] |= bit;
    return free_before;
}

/* Another token that has the item's id, or the item itself when it only stands there twice. */
static lex_str rival_of(const lex_tokenizer *tokenizer, const lex_loading *loading, lex_vocab_item item)
{
    for (int64_t i = 0; i < loading->n_items; i++) {
        lex_str text = loading->items[i].text;
        if (loading->items[i].id == item.id && !lex_str_equal(text, item.text) &&
            lex_idmap_get(&tokenizer->words, text) == item.id)
            return text;
    }
    return item.text;
}

static lex_status add_item(lex_tokenizer *tokenizer, lex_loading *loading, lex_vocab_item item, lex_err *err)
{
    lex_str prefix = lex_str_of(loading->prefix), text = item.text; /* no prefix: WordPiece's alone */
    if (lex_idmap_get(&tokenizer->words, text) != item.id)
        return LEX_OK; /* another line of the same text counts */
    if (!lex_take_id(loading, item.id)) {
        lex_str rival = rival_of(tokenizer, loading, item);
        if (lex_str_equal(rival, text))
            return LEX_OK;
        return lex_err_set(err, LEX_ERR_INPUT, "tokens '%.*s' and '%.*s' have the same id %d", (int)rival.len,
                           rival.ptr, (int)text.len, text.ptr, (int)item.id);
    }
    if (item.id >= tokenizer->vocab_size)
        tokenizer->vocab_size = (int64_t)item.id + 1;
    if (loading->prefix && lex_str_starts(text, prefix) && text.len > prefix.len) {
        lex_str rest = {text.ptr + prefix.len, text.len - prefix.len};
        lex_idmap_put(&tokenizer->continuations, rest, item.id);
    }
    return LEX_OK;
}

lex_status lex_build_vocabulary(lex_tokenizer *tokenizer, lex_loading *loading, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_idmap_init(&tokenizer->words, loading->n_items);
    lex_idmap_init(&tokenizer->continuations, 0);
    for (int64_t i = 0; i < loading->n_items; i++)
        lex_idmap_put(&tokenizer->words, loading->items[i].text, loading->items[i].id);
    for (int64_t i = 0; i < loading->n_items; i++)
        LEX_TRY(add_item(tokenizer, loading, loading->items[i], err));
    loading->model_size = loading->scores ? loading->n_items : tokenizer->words.n;
    if (tokenizer->vocab_size < loading->model_size)
        tokenizer->vocab_size = loading->model_size;
    tokenizer->unknown_id = loading->unknown ? lex_idmap_get(&tokenizer->words, lex_str_of(loading->unknown)) : -1;
    if (loading->unknown && tokenizer->unknown_id < 0)
        st = lex_err_set(err, LEX_ERR_INPUT, "the vocabulary lacks '%s', the unknown token", loading->unknown);
done:
    return st;
}
