/* normalizers_json.c - the normalizers of tokenizer.json as steps. */
#include <string.h>

#include "pipeline.h"

static const char what[] = "normalizer";

static lex_status read_bert(lex_pipeline *pipeline, const lex_json *node, lex_err *err)
{
    bool clean, isolate, lowercase, strip;
    lex_status st = LEX_OK;
    LEX_TRY(lex_component_keys(what, node, "clean_text handle_chinese_chars strip_accents lowercase", err));
    LEX_TRY(lex_component_bool(&clean, what, node, "clean_text", err));
    LEX_TRY(lex_component_bool(&isolate, what, node, "handle_chinese_chars", err));
    LEX_TRY(lex_component_bool(&lowercase, what, node, "lowercase", err));
    LEX_TRY(lex_component_bool_or(&strip, lowercase, what, node, "strip_accents", err));
    if (clean)
        lex_pipeline_add_norm(pipeline, LEX_NORM_CLEAN);
    if (isolate)
        lex_pipeline_add_norm(pipeline, LEX_NORM_ISOLATE);
    if (strip) {
        lex_pipeline_add_norm(pipeline, LEX_NORM_NFD);
        lex_pipeline_add_norm(pipeline, LEX_NORM_NONSPACING);
    }
    if (lowercase)
        lex_pipeline_add_norm(pipeline, LEX_NORM_LOWERCASE);
done:
    return st;
}

static lex_status read_strip(lex_pipeline *pipeline, const lex_json *node, lex_err *err)
{
    bool left, right;
    lex_status st = LEX_OK;
    LEX_TRY(lex_component_keys(what, node, "strip_left strip_right", err));
    LEX_TRY(lex_component_bool(&left, what, node, "strip_left", err));
    LEX_TRY(lex_component_bool(&right, what, node, "strip_right", err));
    lex_norm_step *step = lex_pipeline_add_norm(pipeline, LEX_NORM_STRIP);
    step->left = left;
    step->right = right;
done:
    return st;
}

static lex_status read_replace(lex_pipeline *pipeline, const lex_json *node, lex_err *err)
{
    const lex_json *pattern = lex_json_get(node, "pattern");
    const char *text = lex_json_string(lex_json_get(pattern, "String"));
    const char *regex = lex_json_string(lex_json_get(pattern, "Regex"));
    const char *content = lex_json_string(lex_json_get(node, "content"));
    lex_status st = LEX_OK;
    lex_pattern found = {0};
    LEX_TRY(lex_component_keys(what, node, "pattern content", err));
    if (content == NULL || (text == NULL) == (regex == NULL) || (text && *text == '\0'))
        return lex_err_set(err, LEX_ERR_INPUT, "the normalizer 'Replace' lacks its pattern or its content");
    if (regex && !lex_pattern_of_regex(&found, regex))
        return lex_err_set(err, LEX_ERR_INPUT,
                           "the normalizer 'Replace' has the regular expression '%.200s', which is not known here", regex);
    lex_norm_step *step = lex_pipeline_add_norm(pipeline, LEX_NORM_REPLACE);
    step->pattern = text ? lex_pattern_of_text(text) : found;
    step->content = lex_strdup(content);
done:
    return st;
}

static lex_status read_prepend(lex_pipeline *pipeline, const lex_json *node, lex_err *err)
{
    const char *content = lex_json_string(lex_json_get(node, "prepend"));
    lex_status st = LEX_OK;
    LEX_TRY(lex_component_keys(what, node, "prepend", err));
    if (content == NULL || *content == '\0')
        return lex_err_set(err, LEX_ERR_INPUT, "the normalizer 'Prepend' lacks what it puts in front");
    lex_pipeline_add_norm(pipeline, LEX_NORM_PREPEND)->content = lex_strdup(content);
done:
    return st;
}

static lex_status read_precompiled(lex_pipeline *pipeline, const lex_json *node, lex_err *err)
{
    const char *text = lex_json_string(lex_json_get(node, "precompiled_charsmap"));
    lex_charsmap *map = NULL;
    lex_status st = LEX_OK;
    LEX_TRY(lex_component_keys(what, node, "precompiled_charsmap", err));
    if (text == NULL)
        return lex_err_set(err, LEX_ERR_INPUT, "the normalizer 'Precompiled' lacks its charsmap");
    LEX_TRY(lex_charsmap_from_base64(&map, text, err));
    lex_pipeline_add_norm(pipeline, LEX_NORM_CHARSMAP)->charsmap = map;
done:
    return st;
}

static lex_status read_one(lex_tokenizer *tokenizer, const lex_json *node, void *context, lex_err *err)
{
    static const struct {
        const char *type;
        lex_norm_kind kind;
    } plain[] = {{"NFC", LEX_NORM_NFC},   {"NFD", LEX_NORM_NFD},
                 {"NFKC", LEX_NORM_NFKC}, {"NFKD", LEX_NORM_NFKD},
                 {"Lowercase", LEX_NORM_LOWERCASE}, {"StripAccents", LEX_NORM_MARKS}};
    static const struct {
        const char *type;
        lex_status (*read)(lex_pipeline *, const lex_json *, lex_err *);
    } others[] = {{"BertNormalizer", read_bert}, {"Strip", read_strip},
                  {"Replace", read_replace},     {"Prepend", read_prepend},
                  {"Precompiled", read_precompiled}};
    lex_pipeline *pipeline = tokenizer->pipeline;
    (void)context;
    for (size_t i = 0; i < sizeof plain / sizeof *plain; i++) {
        if (lex_component_is(node, plain[i].type)) {
            lex_pipeline_add_norm(pipeline, plain[i].kind);
            return lex_component_keys(what, node, "", err);
        }
    }
    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (lex_component_is(node, others[i].type))
            return others[i].read(pipeline, node, err);
    return lex_component_refuse(what, node, err);
}

lex_status lex_read_normalizers(lex_tokenizer *tokenizer, const lex_json *component, lex_err *err)
{
    return lex_component_each(tokenizer, what, component, "normalizers", read_one, NULL, err);
}
