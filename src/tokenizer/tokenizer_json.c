/* tokenizer_json.c - a tokenizer as Hugging Face's library writes it, as far as it is BERT's.
 *
 * Each component is of a named kind. The kinds that make BERT are read, a sequence of one of them as well; any other
 * is refused by its name, since computing something else than the model was trained with would not be noticed.
 * `truncation`, `padding` and `decoder` are passed over.
 */
#include <string.h>

#include "internal.h"

static lex_status refuse(const char *what, const lex_json *component, lex_err *err)
{
    const char *type = lex_json_string(lex_json_get(component, "type"));
    if (type == NULL)
        return lex_err_set(err, LEX_ERR_INPUT, "the %s is missing", what);
    return lex_err_set(err, LEX_ERR_INPUT, "the %s is of type '%s', which is not known here", what, type);
}

static bool is_type(const lex_json *component, const char *type)
{
    const char *is = lex_json_string(lex_json_get(component, "type"));
    return is && strcmp(is, type) == 0;
}

/* A component, or what stands in a sequence of one. */
static const lex_json *unwrapped(const lex_json *component, const char *list)
{
    const lex_json *members = lex_json_get(component, list);
    return is_type(component, "Sequence") && lex_json_count(members) == 1 ? lex_json_first(members) : component;
}

static lex_status read_bool(bool *out, const lex_json *object, const char *key, lex_err *err)
{
    const lex_json *node = lex_json_get(object, key);
    *out = lex_json_bool(node, false);
    if (lex_json_type_of(node) != LEX_JSON_BOOL)
        return lex_err_set(err, LEX_ERR_INPUT, "the normalizer's '%s' is neither true nor false", key);
    return LEX_OK;
}

static lex_status read_normalizer(lex_tokenizer *tokenizer, lex_loading *loading, lex_err *err)
{
    const lex_json *node = unwrapped(lex_json_get(loading->file, "normalizer"), "normalizers");
    lex_normalizer *normalizer = &tokenizer->normalizer;
    lex_status st = LEX_OK;
    loading->strip_accents = LEX_STRIP_NEVER;
    if (lex_json_type_of(node) == LEX_JSON_NULL)
        return LEX_OK;
    if (!is_type(node, "BertNormalizer"))
        return refuse("normalizer", node, err);
    LEX_TRY(read_bool(&normalizer->clean_text, node, "clean_text", err));
    LEX_TRY(read_bool(&normalizer->isolate_cjk, node, "handle_chinese_chars", err));
    LEX_TRY(read_bool(&normalizer->lowercase, node, "lowercase", err));
    loading->strip_accents = LEX_STRIP_WITH_CASE;
    if (lex_json_type_of(lex_json_get(node, "strip_accents")) != LEX_JSON_NULL) {
        bool strip;
        LEX_TRY(read_bool(&strip, node, "strip_accents", err));
        loading->strip_accents = strip ? LEX_STRIP_ALWAYS : LEX_STRIP_NEVER;
    }
done:
    return st;
}

static lex_status read_vocabulary(lex_loading *loading, const lex_json *vocab, lex_err *err)
{
    if (lex_json_type_of(vocab) != LEX_JSON_OBJECT)
        return lex_err_set(err, LEX_ERR_INPUT, "the model's 'vocab' is not an object");
    if (lex_json_count(vocab) > LEX_VOCAB_MAX)
        return lex_err_set(err, LEX_ERR_INPUT, "more than %d tokens", LEX_VOCAB_MAX);
    for (const lex_json *node = lex_json_first(vocab); node; node = lex_json_next(node)) {
        const char *text = lex_json_key(node);
        int64_t id;
        if (!lex_json_int(&id, node, 0, LEX_VOCAB_MAX - 1))
            return lex_err_set(err, LEX_ERR_INPUT, "the id of token '%s' is not a whole number from 0 to %d", text,
                               LEX_VOCAB_MAX - 1);
        lex_vocab_item item = {lex_str_of(text), (int32_t)id};
        LEX_PUSH(loading->items, loading->n_items, loading->items_capacity, item);
    }
    return LEX_OK;
}

static lex_status read_model(lex_tokenizer *tokenizer, lex_loading *loading, lex_err *err)
{
    const lex_json *model = lex_json_get(loading->file, "model");
    const lex_json *max_chars = lex_json_get(model, "max_input_chars_per_word");
    /* Old files name no type; then only WordPiece has this limit. */
    if (!is_type(model, "WordPiece") && (lex_json_get(model, "type") != NULL || max_chars == NULL))
        return refuse("model", model, err);
    loading->unknown = lex_json_string(lex_json_get(model, "unk_token"));
    loading->prefix = lex_json_string(lex_json_get(model, "continuing_subword_prefix"));
    if (loading->unknown == NULL || loading->prefix == NULL)
        return lex_err_set(err, LEX_ERR_INPUT, "the model's '%s' is not a string",
                           loading->unknown ? "continuing_subword_prefix" : "unk_token");
    if (!lex_json_int(&tokenizer->max_word_chars, max_chars, 0, INT32_MAX))
        return lex_err_set(err, LEX_ERR_INPUT, "the model's 'max_input_chars_per_word' is not a count");
    return read_vocabulary(loading, lex_json_get(model, "vocab"), err);
}

lex_status lex_read_tokenizer_json(lex_tokenizer *tokenizer, lex_loading *loading, lex_err *err)
{
    lex_status st = LEX_OK;
    const char *version = lex_json_string(lex_json_get(loading->file, "version"));
    if (version && strcmp(version, "1.0") != 0)
        return lex_err_set(err, LEX_ERR_INPUT, "version '%s' is not known here", version);
    LEX_TRY(read_model(tokenizer, loading, err));
    LEX_TRY(read_normalizer(tokenizer, loading, err));
    const lex_json *splits = unwrapped(lex_json_get(loading->file, "pre_tokenizer"), "pretokenizers");
    if (!is_type(splits, "BertPreTokenizer"))
        st = refuse("pre-tokenizer", splits, err);
done:
    return st;
}

/* ---- the post-processor ---- */

static lex_status add_to_template(const lex_tokenizer *tokenizer, int32_t *side, int64_t *n, const lex_json *id,
                                  lex_err *err)
{
    int64_t value;
    if (!lex_json_int(&value, id, 0, tokenizer->vocab_size - 1))
        return lex_err_set(err, LEX_ERR_INPUT, "the post-processor adds an id that no token has");
    if (*n == LEX_TEMPLATE_MAX)
        return lex_err_set(err, LEX_ERR_INPUT, "the post-processor adds more than %d tokens on one side",
                           LEX_TEMPLATE_MAX);
    side[(*n)++] = (int32_t)value;
    return LEX_OK;
}

/* A special token of the template: its name there, and under that name, in `special_tokens`, tokens and ids. */
static lex_status add_special(lex_tokenizer *tokenizer, const lex_loading *loading, bool after, const char *name,
                              lex_err *err)
{
    const lex_json *processor = unwrapped(lex_json_get(loading->file, "post_processor"), "processors");
    const lex_json *special = lex_json_get(lex_json_get(processor, "special_tokens"), name);
    const lex_json *ids = lex_json_get(special, "ids"), *tokens = lex_json_get(special, "tokens");
    int64_t *n = after ? &tokenizer->n_after : &tokenizer->n_before;
    lex_status st = LEX_OK;
    if (lex_json_count(ids) == 0)
        return lex_err_set(err, LEX_ERR_INPUT, "the post-processor does not say which id '%s' has", name);
    for (const lex_json *token = lex_json_first(tokens); token; token = lex_json_next(token)) {
        const char *text = lex_json_string(token);
        if (text && lex_token_id(tokenizer, loading, text) < 0)
            return lex_err_set(err, LEX_ERR_INPUT, "the vocabulary lacks '%s', which the post-processor adds", text);
    }
    for (const lex_json *id = lex_json_first(ids); id; id = lex_json_next(id))
        LEX_TRY(add_to_template(tokenizer, after ? tokenizer->after : tokenizer->before, n, id, err));
done:
    return st;
}

static lex_status read_single(lex_tokenizer *tokenizer, const lex_loading *loading, const lex_json *single,
                             lex_err *err)
{
    lex_status st = LEX_OK;
    bool after = false;
    for (const lex_json *part = lex_json_first(single); part; part = lex_json_next(part)) {
        const char *special = lex_json_string(lex_json_get(lex_json_get(part, "SpecialToken"), "id"));
        const char *sequence = lex_json_string(lex_json_get(lex_json_get(part, "Sequence"), "id"));
        if (special)
            LEX_TRY(add_special(tokenizer, loading, after, special, err));
        else if (sequence && strcmp(sequence, "A") == 0 && !after)
            after = true;
        else
            return lex_err_set(err, LEX_ERR_INPUT,
                               "the post-processor's 'single' is not special tokens around one 'A'");
    }
    if (!after)
        st = lex_err_set(err, LEX_ERR_INPUT, "the post-processor's 'single' has no sequence 'A'");
done:
    return st;
}

lex_status lex_read_template(lex_tokenizer *tokenizer, lex_loading *loading, lex_err *err)
{
    const lex_json *processor = unwrapped(lex_json_get(loading->file, "post_processor"), "processors");
    lex_status st = LEX_OK;
    if (lex_json_type_of(processor) == LEX_JSON_NULL)
        return LEX_OK;
    loading->has_template = true;
    if (is_type(processor, "TemplateProcessing"))
        return read_single(tokenizer, loading, lex_json_get(processor, "single"), err);
    if (!is_type(processor, "BertProcessing"))
        return refuse("post-processor", processor, err);
    /* Each is a pair: ["[CLS]", 101]. */
    LEX_TRY(add_to_template(tokenizer, tokenizer->before, &tokenizer->n_before,
                            lex_json_next(lex_json_first(lex_json_get(processor, "cls"))), err));
    LEX_TRY(add_to_template(tokenizer, tokenizer->after, &tokenizer->n_after,
                            lex_json_next(lex_json_first(lex_json_get(processor, "sep"))), err));
done:
    return st;
}
