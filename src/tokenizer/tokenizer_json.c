/* tokenizer_json.c - a tokenizer as Hugging Face's library writes it.
 *
 * Where it is BERT's (its normalizer, its pre-tokenizer, WordPiece) the settings of the fast way are read; any other is
 * a pipeline of the components that it names. `truncation`, `padding` and `decoder` are passed over.
 */
#include <string.h>

#include "pipeline.h"

/* A component, or what stands in a sequence of one. */
static const lex_json *unwrapped(const lex_json *component, const char *list)
{
    const lex_json *members = lex_json_get(component, list);
    return lex_component_is(component, "Sequence") && lex_json_count(members) == 1 ? lex_json_first(members) : component;
}

static lex_status read_bert_normalizer(lex_tokenizer *tokenizer, lex_loading *loading, const lex_json *node, lex_err *err)
{
    static const char what[] = "normalizer";
    lex_normalizer *normalizer = &tokenizer->normalizer;
    lex_status st = LEX_OK;
    loading->strip_accents = LEX_STRIP_NEVER;
    if (lex_json_type_of(node) == LEX_JSON_NULL)
        return LEX_OK;
    LEX_TRY(lex_component_bool(&normalizer->clean_text, what, node, "clean_text", err));
    LEX_TRY(lex_component_bool(&normalizer->isolate_cjk, what, node, "handle_chinese_chars", err));
    LEX_TRY(lex_component_bool(&normalizer->lowercase, what, node, "lowercase", err));
    loading->strip_accents = LEX_STRIP_WITH_CASE;
    if (lex_json_type_of(lex_json_get(node, "strip_accents")) != LEX_JSON_NULL) {
        bool strip;
        LEX_TRY(lex_component_bool(&strip, what, node, "strip_accents", err));
        loading->strip_accents = strip ? LEX_STRIP_ALWAYS : LEX_STRIP_NEVER;
    }
done:
    return st;
}

lex_status lex_read_vocab_object(lex_loading *loading, const lex_json *vocab, lex_err *err)
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
        lex_vocab_add(loading, lex_str_of(text), id);
    }
    return LEX_OK;
}

static lex_status read_wordpiece(lex_tokenizer *tokenizer, lex_loading *loading, const lex_json *model, lex_err *err)
{
    const lex_json *max_chars = lex_json_get(model, "max_input_chars_per_word");
    loading->unknown = lex_json_string(lex_json_get(model, "unk_token"));
    loading->prefix = lex_json_string(lex_json_get(model, "continuing_subword_prefix"));
    if (loading->unknown == NULL || loading->prefix == NULL)
        return lex_err_set(err, LEX_ERR_INPUT, "the model's '%s' is not a string",
                           loading->unknown ? "continuing_subword_prefix" : "unk_token");
    if (!lex_json_int(&tokenizer->max_word_chars, max_chars, 0, INT32_MAX))
        return lex_err_set(err, LEX_ERR_INPUT, "the model's 'max_input_chars_per_word' is not a count");
    return lex_read_vocab_object(loading, lex_json_get(model, "vocab"), err);
}

/* The kind of a model; old files name no type, and are told by what each kind has alone. */
static lex_status kind_of_model(lex_model_kind_of_tokens *out, const lex_json *model, lex_err *err)
{
    bool named = lex_json_get(model, "type") != NULL;
    *out = LEX_MODEL_WORDPIECE;
    if (lex_component_is(model, "BPE") || (!named && lex_json_get(model, "merges")))
        *out = LEX_MODEL_BPE;
    else if (lex_component_is(model, "Unigram") || (!named && lex_json_get(model, "unk_id")))
        *out = LEX_MODEL_UNIGRAM;
    else if (!lex_component_is(model, "WordPiece") && (named || lex_json_get(model, "max_input_chars_per_word") == NULL))
        return lex_component_refuse("model", model, err);
    return LEX_OK;
}

lex_status lex_read_tokenizer_json(lex_tokenizer *tokenizer, lex_loading *loading, lex_err *err)
{
    const lex_json *file = loading->file, *model = lex_json_get(file, "model");
    const lex_json *normalizer = lex_json_get(file, "normalizer"), *splits = lex_json_get(file, "pre_tokenizer");
    const lex_json *only = unwrapped(normalizer, "normalizers");
    const char *version = lex_json_string(lex_json_get(file, "version"));
    lex_model_kind_of_tokens kind;
    lex_status st = LEX_OK;
    if (version && strcmp(version, "1.0") != 0)
        return lex_err_set(err, LEX_ERR_INPUT, "version '%s' is not known here", version);
    LEX_TRY(kind_of_model(&kind, model, err));
    if (kind == LEX_MODEL_WORDPIECE)
        LEX_TRY(read_wordpiece(tokenizer, loading, model, err));
    if (kind == LEX_MODEL_WORDPIECE && lex_component_is(unwrapped(splits, "pretokenizers"), "BertPreTokenizer") &&
        (lex_json_type_of(only) == LEX_JSON_NULL || lex_component_is(only, "BertNormalizer")))
        return read_bert_normalizer(tokenizer, loading, only, err);
    tokenizer->pipeline = lex_pipeline_new();
    if (kind == LEX_MODEL_BPE)
        LEX_TRY(lex_read_bpe(tokenizer, loading, model, err));
    else if (kind == LEX_MODEL_UNIGRAM)
        LEX_TRY(lex_read_unigram(tokenizer, loading, model, err));
    LEX_TRY(lex_read_normalizers(tokenizer, normalizer, err));
    LEX_TRY(lex_read_pretokenizers(tokenizer, splits, err));
done:
    return st;
}
