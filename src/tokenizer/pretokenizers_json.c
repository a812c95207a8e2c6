/* pretokenizers_json.c - the pre-tokenizers of tokenizer.json as steps. */
#include <string.h>

#include "pipeline.h"

static const char what[] = "pre-tokenizer";

static lex_status read_behavior(lex_behavior *out, const lex_json *node, lex_err *err)
{
    static const char *const names[] = {"Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"};
    const char *name = lex_json_string(lex_json_get(node, "behavior"));
    *out = LEX_ISOLATED;
    for (size_t i = 0; name && i < sizeof names / sizeof *names; i++) {
        if (strcmp(name, names[i]) == 0) {
            *out = (lex_behavior)i;
            return LEX_OK;
        }
    }
    return lex_err_set(err, LEX_ERR_INPUT, "the pre-tokenizer's behavior '%s' is not known here", name ? name : "");
}

static lex_status read_punctuation(lex_pipeline *pipeline, const lex_json *node, lex_err *err)
{
    lex_behavior behavior = LEX_ISOLATED;
    lex_status st = LEX_OK;
    LEX_TRY(lex_component_keys(what, node, "behavior", err));
    if (lex_json_get(node, "behavior"))
        LEX_TRY(read_behavior(&behavior, node, err));
    lex_pipeline_add_split(pipeline, lex_match_punctuation, behavior);
done:
    return st;
}

static lex_status read_digits(lex_pipeline *pipeline, const lex_json *node, lex_err *err)
{
    bool individual;
    lex_status st = LEX_OK;
    LEX_TRY(lex_component_keys(what, node, "individual_digits", err));
    LEX_TRY(lex_component_bool(&individual, what, node, "individual_digits", err));
    lex_pipeline_add_split(pipeline, lex_match_numeric, individual ? LEX_ISOLATED : LEX_CONTIGUOUS);
done:
    return st;
}

static lex_status read_byte_level(lex_pipeline *pipeline, const lex_json *node, lex_err *err)
{
    bool prefix, trim, regex; /* trim_offsets speaks to the post-processor of the same name */
    lex_status st = LEX_OK;
    LEX_TRY(lex_component_keys(what, node, "add_prefix_space trim_offsets use_regex", err));
    LEX_TRY(lex_component_bool(&prefix, what, node, "add_prefix_space", err));
    LEX_TRY(lex_component_bool_or(&trim, true, what, node, "trim_offsets", err));
    LEX_TRY(lex_component_bool_or(&regex, true, what, node, "use_regex", err));
    lex_pipeline_add_byte_level(pipeline, prefix, regex);
done:
    return st;
}

static lex_status read_scheme(lex_prepend *out, const lex_json *node, lex_err *err)
{
    static const char *const names[] = {"always", "first", "never"};
    const char *name = lex_json_string(lex_json_get(node, "prepend_scheme"));
    bool prefix, known = name == NULL;
    lex_status st = LEX_OK;
    *out = LEX_PREPEND_ALWAYS;
    for (int i = 0; name && i < 3; i++) {
        if (strcmp(name, names[i]) == 0) {
            *out = (lex_prepend)i;
            known = true;
        }
    }
    if (!known)
        return lex_err_set(err, LEX_ERR_INPUT, "the pre-tokenizer's prepend_scheme '%s' is not known here", name);
    LEX_TRY(lex_component_bool_or(&prefix, true, what, node, "add_prefix_space", err));
    if (!prefix && name && *out != LEX_PREPEND_NEVER)
        return lex_err_set(err, LEX_ERR_INPUT, "the pre-tokenizer's add_prefix_space and prepend_scheme contradict");
    if (!prefix)
        *out = LEX_PREPEND_NEVER;
done:
    return st;
}

static lex_status read_metaspace(lex_pipeline *pipeline, const lex_json *node, lex_err *err)
{
    const char *text = lex_json_string(lex_json_get(node, "replacement"));
    lex_prepend scheme;
    bool split;
    size_t at = 0;
    lex_status st = LEX_OK;
    LEX_TRY(lex_component_keys(what, node, "replacement add_prefix_space prepend_scheme split str_rep", err));
    LEX_TRY(read_scheme(&scheme, node, err));
    LEX_TRY(lex_component_bool_or(&split, true, what, node, "split", err));
    uint32_t replacement = text && *text ? lex_utf8_next(lex_str_of(text), &at) : 0;
    if (replacement == 0 || text[at] != '\0')
        return lex_err_set(err, LEX_ERR_INPUT, "the pre-tokenizer's replacement is not one character");
    lex_pipeline_add_metaspace(pipeline, replacement, scheme, split);
done:
    return st;
}

static lex_status read_split(lex_pipeline *pipeline, const lex_json *node, lex_err *err)
{
    const lex_json *pattern = lex_json_get(node, "pattern");
    const char *text = lex_json_string(lex_json_get(pattern, "String"));
    const char *regex = lex_json_string(lex_json_get(pattern, "Regex"));
    lex_behavior behavior;
    bool invert;
    lex_pattern found = {0};
    lex_status st = LEX_OK;
    LEX_TRY(lex_component_keys(what, node, "pattern behavior invert", err));
    LEX_TRY(read_behavior(&behavior, node, err));
    LEX_TRY(lex_component_bool(&invert, what, node, "invert", err));
    if ((text == NULL) == (regex == NULL) || (text && *text == '\0'))
        return lex_err_set(err, LEX_ERR_INPUT, "the pre-tokenizer 'Split' lacks its pattern");
    if (regex && !lex_pattern_of_regex(&found, regex))
        return lex_err_set(err, LEX_ERR_INPUT,
                           "the pre-tokenizer 'Split' has the regular expression '%.200s', which is not known here", regex);
    lex_pre_step *step = lex_pipeline_add_pre(pipeline, LEX_PRE_SPLIT);
    step->pattern = text ? lex_pattern_of_text(text) : found;
    step->behavior = behavior;
    step->invert = invert;
done:
    return st;
}

static lex_status read_one(lex_tokenizer *tokenizer, const lex_json *node, void *context, lex_err *err)
{
    static const struct {
        const char *type;
        lex_status (*read)(lex_pipeline *, const lex_json *, lex_err *);
    } kinds[] = {{"Punctuation", read_punctuation}, {"Digits", read_digits},       {"ByteLevel", read_byte_level},
                 {"Metaspace", read_metaspace},     {"Split", read_split}};
    lex_pipeline *pipeline = tokenizer->pipeline;
    (void)context;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (lex_component_is(node, kinds[i].type))
            return kinds[i].read(pipeline, node, err);
    if (lex_component_is(node, "WhitespaceSplit") || lex_component_is(node, "BertPreTokenizer"))
        lex_pipeline_add_split(pipeline, lex_match_white_space, LEX_REMOVED);
    else if (lex_component_is(node, "Whitespace"))
        lex_pipeline_add_split(pipeline, lex_match_words, LEX_REMOVED)->invert = true;
    else
        return lex_component_refuse(what, node, err);
    if (lex_component_is(node, "BertPreTokenizer"))
        lex_pipeline_add_split(pipeline, lex_match_punctuation, LEX_ISOLATED);
    return lex_component_keys(what, node, "", err);
}

lex_status lex_read_pretokenizers(lex_tokenizer *tokenizer, const lex_json *component, lex_err *err)
{
    return lex_component_each(tokenizer, what, component, "pretokenizers", read_one, NULL, err);
}
