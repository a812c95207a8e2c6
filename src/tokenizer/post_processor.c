/* post_processor.c - what tokenizer.json's post-processor does to one sequence: special tokens around it, and spaces
 * taken out of offsets.
 *
 * One template at most puts tokens around the sequence, and all of them are of type 0: no encoder here tells two
 * sequences of one text apart.
 */
#include <string.h>

#include "internal.h"

static const char what[] = "post-processor";

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

/* Each is a pair: ["[CLS]", 101]. */
static lex_status add_pair(lex_tokenizer *tokenizer, const lex_loading *loading, bool after, const lex_json *pair,
                           lex_err *err)
{
    const char *text = lex_json_string(lex_json_first(pair));
    const lex_json *id = lex_json_next(lex_json_first(pair));
    lex_status st = LEX_OK;
    LEX_TRY(add_to_template(tokenizer, after ? tokenizer->after : tokenizer->before,
                            after ? &tokenizer->n_after : &tokenizer->n_before, id, err));
    int32_t known = text ? lex_token_id(tokenizer, loading, text) : -1;
    int32_t given = after ? tokenizer->after[tokenizer->n_after - 1] : tokenizer->before[tokenizer->n_before - 1];
    if (known != given)
        st = lex_err_set(err, LEX_ERR_INPUT, "the post-processor says that '%s' has id %d, which the vocabulary does not",
                         text ? text : "", (int)given);
done:
    return st;
}

/* A special token of the template: its name there, and under that name, in `special_tokens`, tokens and ids. */
static lex_status add_special(lex_tokenizer *tokenizer, const lex_loading *loading, const lex_json *processor, bool after,
                              const char *name, lex_err *err)
{
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

static lex_status read_single(lex_tokenizer *tokenizer, const lex_loading *loading, const lex_json *processor,
                              lex_err *err)
{
    const lex_json *single = lex_json_get(processor, "single");
    lex_status st = LEX_OK;
    bool after = false;
    for (const lex_json *part = lex_json_first(single); part; part = lex_json_next(part)) {
        const lex_json *special = lex_json_get(part, "SpecialToken"), *sequence = lex_json_get(part, "Sequence");
        const char *name = lex_json_string(lex_json_get(special, "id"));
        const char *letter = lex_json_string(lex_json_get(sequence, "id"));
        if (lex_json_number(lex_json_get(special ? special : sequence, "type_id"), 0) != 0)
            return lex_err_set(err, LEX_ERR_INPUT, "the post-processor gives tokens of one sequence a type other than 0");
        if (name)
            LEX_TRY(add_special(tokenizer, loading, processor, after, name, err));
        else if (letter && strcmp(letter, "A") == 0 && !after)
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

/* `trim_offsets`, with `add_prefix_space` beside it. */
static lex_status read_trim(lex_tokenizer *tokenizer, const lex_json *node, lex_err *err)
{
    bool trim, prefix;
    lex_status st = LEX_OK;
    LEX_TRY(lex_component_bool(&trim, what, node, "trim_offsets", err));
    LEX_TRY(lex_component_bool(&prefix, what, node, "add_prefix_space", err));
    if (trim && tokenizer->n_trims == LEX_TRIMS_MAX)
        return lex_err_set(err, LEX_ERR_INPUT, "the post-processor trims offsets more than %d times", LEX_TRIMS_MAX);
    if (trim)
        tokenizer->keeps_first_space[tokenizer->n_trims++] = prefix;
done:
    return st;
}

static lex_status read_one(lex_tokenizer *tokenizer, const lex_json *node, void *context, lex_err *err)
{
    lex_loading *loading = context;
    lex_status st = LEX_OK;
    bool roberta = lex_component_is(node, "RobertaProcessing"), bert = lex_component_is(node, "BertProcessing");
    if (lex_component_is(node, "ByteLevel")) {
        LEX_TRY(lex_component_keys(what, node, "add_prefix_space trim_offsets use_regex", err));
        return read_trim(tokenizer, node, err);
    }
    if (!roberta && !bert && !lex_component_is(node, "TemplateProcessing"))
        return lex_component_refuse(what, node, err);
    if (loading->has_template)
        return lex_err_set(err, LEX_ERR_INPUT, "the post-processor puts special tokens around a sequence twice");
    loading->has_template = true;
    if (!roberta && !bert) {
        LEX_TRY(lex_component_keys(what, node, "single pair special_tokens", err));
        return read_single(tokenizer, loading, node, err);
    }
    LEX_TRY(lex_component_keys(what, node, roberta ? "sep cls trim_offsets add_prefix_space" : "sep cls", err));
    if (roberta)
        LEX_TRY(read_trim(tokenizer, node, err));
    LEX_TRY(add_pair(tokenizer, loading, false, lex_json_get(node, "cls"), err));
    LEX_TRY(add_pair(tokenizer, loading, true, lex_json_get(node, "sep"), err));
done:
    return st;
}

lex_status lex_read_template(lex_tokenizer *tokenizer, lex_loading *loading, lex_err *err)
{
    return lex_component_each(tokenizer, what, lex_json_get(loading->file, "post_processor"), "processors", read_one,
                              loading, err);
}
