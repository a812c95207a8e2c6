/* specials.c - the added tokens, and the special tokens among them.
 *
 * Added tokens come from tokenizer.json (`added_tokens`) and tokenizer_config.json (`added_tokens_decoder`, whose
 * flags count where both name a token), or from added_tokens.json, and the special tokens that the settings name are
 * added tokens, too. As in the reference a token that the vocabulary holds keeps its id there, and another one gets
 * the next free id; where the file says otherwise the folder is refused.
 *
 * One thing is not done as there: in BERT's folders [MASK] and its like, when they are only named and no list gives
 * them an id, are left out, since a model that was saved with such a tokenizer has no row for them.
 */
#include <stdlib.h>
#include <string.h>

#include "pipeline.h"

static int64_t next_id(const lex_loading *loading)
{
    int64_t n = loading->model_size;
    return loading->max_added_id >= n ? loading->max_added_id + 1 : n;
}

/* Adds a token, or changes the flags of one that is there. `id` is what the file says, -1 when it does not. */
static lex_status add_token(lex_tokenizer *tokenizer, lex_loading *loading, lex_added_token token, int64_t id,
                            lex_err *err)
{
    lex_str content = lex_str_of(token.content);
    if (content.len == 0)
        return LEX_OK;
    int32_t number = lex_idmap_get(&loading->added_by_content, content);
    int64_t known = number >= 0 ? tokenizer->added[number].id : lex_idmap_get(&tokenizer->words, content);
    int64_t given = known >= 0 ? known : next_id(loading);
    if (id >= 0 && id != given)
        return lex_err_set(err, LEX_ERR_INPUT, "added token '%s' has id %lld, but the vocabulary makes it %lld",
                           token.content, (long long)id, (long long)given);
    if (given >= LEX_VOCAB_MAX)
        return lex_err_set(err, LEX_ERR_INPUT, "more than %d tokens", LEX_VOCAB_MAX);
    if (known < 0 && !lex_take_id(loading, given))
        return lex_err_set(err, LEX_ERR_INPUT, "added token '%s' and another token have the same id %lld",
                           token.content, (long long)given);
    token.id = (int32_t)given;
    token.content = number >= 0 ? tokenizer->added[number].content : lex_strdup(token.content);
    if (number >= 0) {
        tokenizer->added[number] = token;
        return LEX_OK;
    }
    lex_idmap_put(&loading->added_by_content, content, (int32_t)tokenizer->n_added);
    LEX_PUSH(tokenizer->added, tokenizer->n_added, tokenizer->added_capacity, token);
    if (given > loading->max_added_id)
        loading->max_added_id = given;
    if (given >= tokenizer->vocab_size)
        tokenizer->vocab_size = given + 1;
    return LEX_OK;
}

/* Reads a token written as a string or as an object with flags. The content is borrowed; NULL when it is neither. */
static lex_added_token token_of(const lex_json *node, bool special)
{
    const char *content = lex_special_content(node);
    special = lex_json_bool(lex_json_get(node, "special"), special);
    return (lex_added_token){
        .special = special,
        .normalized = lex_json_bool(lex_json_get(node, "normalized"), !special),
        .single_word = lex_json_bool(lex_json_get(node, "single_word"), false),
        .lstrip = lex_json_bool(lex_json_get(node, "lstrip"), false),
        .rstrip = lex_json_bool(lex_json_get(node, "rstrip"), false),
        .content = (char *)(uintptr_t)content, /* copied when it is added */
    };
}

/* tokenizer.json: [{"id": 0, "content": "[PAD]", ...}, ...] */
static lex_status read_list(lex_tokenizer *tokenizer, lex_loading *loading, lex_err *err)
{
    const lex_json *list = lex_json_get(loading->file, "added_tokens");
    lex_status st = LEX_OK;
    for (const lex_json *node = lex_json_first(list); node; node = lex_json_next(node)) {
        lex_added_token token = token_of(node, false);
        int64_t id;
        if (token.content == NULL || !lex_json_int(&id, lex_json_get(node, "id"), 0, LEX_VOCAB_MAX - 1))
            return lex_err_set(err, LEX_ERR_INPUT, "an added token lacks its content or its id");
        LEX_TRY(add_token(tokenizer, loading, token, id, err));
    }
done:
    return st;
}

typedef struct {
    int64_t id;
    lex_added_token token;
} numbered;

static int by_id(const void *a, const void *b)
{
    int64_t x = ((const numbered *)a)->id, y = ((const numbered *)b)->id;
    return x < y ? -1 : x > y;
}

/* Adds tokens in the order of their ids, and empties the list. */
static lex_status add_in_order(lex_tokenizer *tokenizer, lex_loading *loading, numbered *list, int64_t n, lex_err *err)
{
    lex_status st = LEX_OK;
    if (n > 0)
        qsort(list, (size_t)n, sizeof *list, by_id);
    for (int64_t i = 0; i < n; i++)
        LEX_TRY(add_token(tokenizer, loading, list[i].token, list[i].id, err));
done:
    return st;
}

/* tokenizer_config.json: {"0": {"content": "[PAD]", ...}, ...} */
static lex_status read_decoder(lex_tokenizer *tokenizer, lex_loading *loading, lex_err *err)
{
    const lex_json *decoder = lex_json_get(loading->config, "added_tokens_decoder");
    numbered *list = NULL;
    int64_t n = 0, capacity = 0;
    lex_status st = LEX_OK;
    for (const lex_json *node = lex_json_first(decoder); node; node = lex_json_next(node)) {
        numbered item = {0, token_of(node, false)};
        if (item.token.content == NULL || lex_json_type_of(node) != LEX_JSON_OBJECT ||
            !lex_parse_int64(&item.id, lex_str_of(lex_json_key(node))) || item.id < 0) {
            st = lex_err_set(err, LEX_ERR_INPUT, "an entry of 'added_tokens_decoder' is not a token");
            goto done;
        }
        LEX_PUSH(list, n, capacity, item);
    }
    LEX_TRY(add_in_order(tokenizer, loading, list, n, err));
done:
    if (st != LEX_OK)
        lex_place_error(loading, "tokenizer_config.json", err);
    free(list);
    return st;
}

static bool is_named_special(const lex_loading *loading, const char *content)
{
    static const char *const keys[] = {"unk_token", "sep_token", "pad_token", "cls_token",
                                       "mask_token", "bos_token", "eos_token"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const char *name = lex_special_content(lex_special_node(loading, keys[i]));
        if (name && strcmp(name, content) == 0)
            return true;
    }
    return false;
}

/* added_tokens.json, which older versions wrote: {"<clause>": 30522, ...} */
static lex_status read_legacy(lex_tokenizer *tokenizer, lex_loading *loading, lex_err *err)
{
    numbered *list = NULL;
    int64_t n = 0, capacity = 0;
    lex_status st = LEX_OK;
    for (const lex_json *node = lex_json_first(loading->added_json); node; node = lex_json_next(node)) {
        const char *content = lex_json_key(node);
        bool special = is_named_special(loading, content);
        numbered item = {0, {.special = special, .normalized = !special, .content = (char *)(uintptr_t)content}};
        if (!lex_json_int(&item.id, node, 0, LEX_VOCAB_MAX - 1)) {
            st = lex_err_set(err, LEX_ERR_INPUT, "the id of token '%s' is not a whole number from 0 to %d", content,
                             LEX_VOCAB_MAX - 1);
            goto done;
        }
        LEX_PUSH(list, n, capacity, item);
    }
    LEX_TRY(add_in_order(tokenizer, loading, list, n, err));
done:
    if (st != LEX_OK)
        lex_place_error(loading, "added_tokens.json", err);
    free(list);
    return st;
}

/* ---- special tokens by name ---- */

static lex_status add_extra(lex_tokenizer *tokenizer, lex_loading *loading, const lex_json *node, lex_err *err)
{
    lex_added_token token = token_of(node, true);
    if (token.content == NULL || lex_idmap_get(&loading->added_by_content, lex_str_of(token.content)) >= 0)
        return LEX_OK;
    return add_token(tokenizer, loading, token, -1, err);
}

/* One of the usual names. It is matched in the text when the vocabulary has it. */
static lex_status add_named(lex_tokenizer *tokenizer, lex_loading *loading, const char *key, const char *standard,
                            lex_err *err)
{
    const lex_json *node = lex_special_node(loading, key);
    if (loading->family)
        standard = lex_family_special(loading->family, key);
    const char *content = node ? lex_special_content(node) : loading->file ? NULL : standard;
    if (content == NULL || (lex_idmap_get(&tokenizer->words, lex_str_of(content)) < 0 && !loading->family))
        return LEX_OK;
    if (node)
        return add_extra(tokenizer, loading, node, err);
    lex_added_token token = {.special = true, .content = (char *)(uintptr_t)content};
    token.lstrip = strcmp(key, "mask_token") == 0 && lex_family_mask_takes_space(loading->family);
    if (lex_idmap_get(&loading->added_by_content, lex_str_of(content)) >= 0)
        return LEX_OK;
    return add_token(tokenizer, loading, token, -1, err);
}

static lex_status add_extras_of(lex_tokenizer *tokenizer, lex_loading *loading, const lex_json *settings, lex_err *err)
{
    static const char *const lists[] = {"extra_special_tokens", "additional_special_tokens"};
    lex_status st = LEX_OK;
    for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
        const lex_json *list = lex_json_get(settings, lists[i]);
        for (const lex_json *node = lex_json_first(list); node; node = lex_json_next(node))
            LEX_TRY(add_extra(tokenizer, loading, node, err));
    }
done:
    return st;
}

static lex_status add_special_tokens(lex_tokenizer *tokenizer, lex_loading *loading, lex_err *err)
{
    static const char *const usual[][2] = {{"bos_token", NULL},    {"eos_token", NULL},    {"unk_token", "[UNK]"},
                                           {"sep_token", "[SEP]"}, {"pad_token", "[PAD]"}, {"cls_token", "[CLS]"},
                                           {"mask_token", "[MASK]"}};
    lex_status st = LEX_OK;
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        LEX_TRY(add_named(tokenizer, loading, usual[i][0], usual[i][1], err));
    LEX_TRY(add_extras_of(tokenizer, loading, loading->config, err));
    if (lex_json_get(loading->config, "added_tokens_decoder") == NULL)
        LEX_TRY(add_extras_of(tokenizer, loading, loading->special_map, err));
done:
    return st;
}

static lex_status add_pieces(lex_tokenizer *tokenizer, lex_loading *loading, const lex_strings *pieces, bool special,
                             lex_err *err)
{
    lex_status st = LEX_OK;
    for (int64_t i = 0; i < pieces->n; i++) {
        lex_added_token token = {.special = special, .content = pieces->items[i]};
        if (lex_idmap_get(&loading->added_by_content, lex_str_of(token.content)) < 0)
            LEX_TRY(add_token(tokenizer, loading, token, -1, err));
    }
done:
    return st;
}

lex_status lex_read_added_tokens(lex_tokenizer *tokenizer, lex_loading *loading, lex_err *err)
{
    lex_status st = LEX_OK;
    loading->max_added_id = -1;
    LEX_TRY(read_list(tokenizer, loading, err));
    LEX_TRY(read_decoder(tokenizer, loading, err));
    if (lex_json_get(loading->config, "added_tokens_decoder") == NULL)
        LEX_TRY(read_legacy(tokenizer, loading, err));
    LEX_TRY(add_special_tokens(tokenizer, loading, err));
    LEX_TRY(add_pieces(tokenizer, loading, &loading->controls, true, err));
    LEX_TRY(add_pieces(tokenizer, loading, &loading->symbols, false, err));
done:
    return st;
}

int32_t lex_token_id(const lex_tokenizer *tokenizer, const lex_loading *loading, const char *text)
{
    int32_t number = lex_idmap_get(&loading->added_by_content, lex_str_of(text));
    return number >= 0 ? tokenizer->added[number].id : lex_idmap_get(&tokenizer->words, lex_str_of(text));
}

lex_status lex_special_id(int32_t *out, const lex_tokenizer *tokenizer, const lex_loading *loading, const char *key,
                          const char *standard, lex_err *err)
{
    const lex_json *node = lex_special_node(loading, key);
    const char *content = node ? lex_special_content(node) : standard;
    *out = lex_token_id(tokenizer, loading, content);
    if (*out < 0)
        return lex_err_set(err, LEX_ERR_INPUT, "the vocabulary lacks '%s', the %s", content, key);
    return LEX_OK;
}

void lex_build_matchers(lex_tokenizer *tokenizer)
{
    lex_scratch *scratch = lex_scratch_new();
    for (int64_t i = 0; i < tokenizer->n_added; i++) {
        const lex_added_token *token = &tokenizer->added[i];
        lex_str pattern = lex_str_of(token->content);
        if (token->normalized && tokenizer->pipeline) {
            if (scratch->pipeline == NULL)
                scratch->pipeline = lex_pipeline_scratch_new();
            lex_pipeline_normalize(tokenizer->pipeline, pattern, 0, pattern.len, scratch);
            pattern = (lex_str){scratch->normalized.text, scratch->normalized.len};
        } else if (token->normalized) {
            scratch->normalized.len = 0;
            lex_normalize(&tokenizer->normalizer, pattern, 0, pattern.len, scratch);
            pattern = (lex_str){scratch->normalized.text, scratch->normalized.len};
        }
        /* Of two tokens with one normal form the first counts (the reference takes either, from run to run); one that
         * normalization leaves nothing of is never found. */
        lex_matcher *matcher = token->normalized ? &tokenizer->normalized : &tokenizer->as_written;
        if (pattern.len > 0 && lex_idmap_get(&matcher->patterns, pattern) < 0)
            lex_matcher_add(matcher, pattern, (int32_t)i);
    }
    lex_scratch_free(scratch);
}
