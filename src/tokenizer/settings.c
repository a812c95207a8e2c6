/* settings.c - what the small files beside a vocabulary say about its tokenizer.
 *
 * tokenizer_config.json and special_tokens_map.json are optional, and so is every key. The special tokens' names in
 * special_tokens_map.json stand before those in tokenizer_config.json, unless the latter lists all added tokens
 * itself (`added_tokens_decoder`): then the former is a relic, and the reference does not read it.
 */
#include <string.h>

#include "internal.h"

/* Takes over a boolean where it is set. */
static lex_status apply_bool(bool *value, lex_loading *loading, const char *key, lex_err *err)
{
    const lex_json *node = lex_json_get(loading->config, key);
    if (lex_json_type_of(node) == LEX_JSON_BOOL)
        *value = lex_json_bool(node, false);
    if (lex_json_type_of(node) == LEX_JSON_BOOL || lex_json_type_of(node) == LEX_JSON_NULL)
        return LEX_OK;
    lex_err_set(err, LEX_ERR_INPUT, "'%s' is neither true nor false", key);
    lex_place_error(loading, "tokenizer_config.json", err);
    return LEX_ERR_INPUT;
}

lex_status lex_settings_apply(lex_tokenizer *tokenizer, lex_loading *loading, lex_err *err)
{
    lex_status st = LEX_OK;
    bool strip = loading->strip_accents == LEX_STRIP_ALWAYS;
    LEX_TRY(apply_bool(&tokenizer->normalizer.lowercase, loading, "do_lower_case", err));
    LEX_TRY(apply_bool(&tokenizer->normalizer.isolate_cjk, loading, "tokenize_chinese_chars", err));
    LEX_TRY(apply_bool(&strip, loading, "strip_accents", err));
    const lex_json *node = lex_json_get(loading->config, "strip_accents");
    if (node != NULL && lex_json_type_of(node) == LEX_JSON_NULL)
        loading->strip_accents = LEX_STRIP_WITH_CASE;
    else if (node != NULL)
        loading->strip_accents = strip ? LEX_STRIP_ALWAYS : LEX_STRIP_NEVER;
done:
    return st;
}

int64_t lex_settings_max_length(const lex_loading *loading)
{
    int64_t length = 0; /* "no limit" is written as 1e30 */
    bool sensible = lex_json_int(&length, lex_json_get(loading->config, "model_max_length"), 1, 1 << 30);
    return sensible ? length : 0;
}

const lex_json *lex_special_node(const lex_loading *loading, const char *key)
{
    const lex_json *node = NULL;
    if (lex_json_get(loading->config, "added_tokens_decoder") == NULL)
        node = lex_json_get(loading->special_map, key);
    if (lex_special_content(node) == NULL)
        node = lex_json_get(loading->config, key);
    return lex_special_content(node) ? node : NULL;
}

const char *lex_special_content(const lex_json *node)
{
    const char *text = lex_json_string(node);
    return text ? text : lex_json_string(lex_json_get(node, "content"));
}

bool lex_class_is(const lex_loading *loading, const char *name)
{
    const char *class = lex_json_string(lex_json_get(loading->config, "tokenizer_class"));
    size_t len = strlen(name);
    return class && strncmp(class, name, len) == 0 && (class[len] == '\0' || strcmp(class + len, "Fast") == 0);
}

bool lex_class_is_bert(const lex_loading *loading)
{
    static const char *const names[] = {
        "BertTokenizer",        "DistilBertTokenizer", "ElectraTokenizer",  "MobileBertTokenizer",
        "SqueezeBertTokenizer", "ConvBertTokenizer",   "LayoutLMTokenizer", "LxmertTokenizer",
    };
    if (lex_json_string(lex_json_get(loading->config, "tokenizer_class")) == NULL)
        return true;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (lex_class_is(loading, names[i]))
            return true;
    return false;
}
