/* inspect_tokenizer.c - of what kind a folder's tokenizer is, by its files. What is read is told, whether or not
 * lex_tokenizer_open() would take it; that it would not is told, too. */
#include <stdlib.h>
#include <string.h>

#include "inspect.h"
#include "internal.h"

static bool is_there(const char *dir, const char *name)
{
    char *path = lex_path_join(dir, name);
    bool there = lex_path_kind_of(path) == LEX_PATH_FILE;
    free(path);
    return there;
}

lex_json *lex_inspect_files(const char *dir, const char *const *names, int n)
{
    lex_json *list = lex_json_new_array();
    for (int i = 0; i < n; i++)
        if (is_there(dir, names[i]))
            lex_json_push(list, lex_json_new_string(names[i]));
    return list;
}

/* NULL where it is not there or cannot be read, which lex_tokenizer_open() tells where it matters. */
static lex_json *read_json(const char *dir, const char *name)
{
    lex_err ignored = {.code = LEX_OK};
    lex_json *json = NULL;
    char *path = lex_path_join(dir, name);
    if (lex_path_kind_of(path) != LEX_PATH_FILE || lex_json_read(&json, path, LEX_TOKENIZER_JSON_MAX, &ignored) != LEX_OK)
        json = NULL;
    free(path);
    return json;
}

/* Of tokenizer.json: whether its normalizer, or one of its steps, makes lower case; false where there is none that says. */
static bool lower_case(bool *lower, const lex_json *normalizer)
{
    const char *type = lex_json_string(lex_json_get(normalizer, "type"));
    const lex_json *steps = lex_json_get(normalizer, "normalizers");
    if (type && strcmp(type, "Lowercase") == 0)
        return *lower = true;
    if (lex_json_get(normalizer, "lowercase")) {
        *lower = lex_json_bool(lex_json_get(normalizer, "lowercase"), false);
        return true;
    }
    *lower = false;
    for (const lex_json *step = lex_json_first(steps); step && !*lower; step = lex_json_next(step)) {
        const char *name = lex_json_string(lex_json_get(step, "type"));
        *lower = (name && strcmp(name, "Lowercase") == 0) || lex_json_bool(lex_json_get(step, "lowercase"), false);
    }
    return steps != NULL;
}

static void put_special_tokens(lex_json *to, const lex_json *config, const lex_json *map)
{
    static const char *const keys[] = {"unk_token", "cls_token", "sep_token", "pad_token", "mask_token", "bos_token", "eos_token"};
    lex_json *tokens = lex_json_new_object();
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        const lex_json *node = lex_json_get(config, keys[i]) ? lex_json_get(config, keys[i]) : lex_json_get(map, keys[i]);
        const char *text = lex_json_string(node) ? lex_json_string(node) : lex_json_string(lex_json_get(node, "content"));
        if (text)
            lex_json_put_string(tokens, keys[i], text);
    }
    lex_json_put(to, "special_tokens", tokens);
}

/* By the files, where there is no tokenizer.json. */
static const char *kind_by_files(const char *dir)
{
    static const char *const models[] = {"sentencepiece.bpe.model", "spiece.model", "spm.model", "tokenizer.model"};
    for (size_t i = 0; i < sizeof models / sizeof *models; i++)
        if (is_there(dir, models[i]))
            return "SentencePiece";
    return is_there(dir, "merges.txt") ? "BPE" : is_there(dir, "vocab.txt") ? "WordPiece" : NULL;
}

lex_json *lex_inspect_tokenizer(const char *dir)
{
    static const char *const files[] = {"tokenizer.json", "vocab.txt", "vocab.json", "merges.txt", "sentencepiece.bpe.model",
                                        "spiece.model", "spm.model", "tokenizer.model", "tokenizer_config.json",
                                        "special_tokens_map.json", "added_tokens.json"};
    lex_json *out = lex_json_new_object(), *json = read_json(dir, "tokenizer.json");
    lex_json *config = read_json(dir, "tokenizer_config.json"), *map = read_json(dir, "special_tokens_map.json");
    const lex_json *model = lex_json_get(json, "model");
    const char *kind = json ? lex_json_string(lex_json_get(model, "type")) : kind_by_files(dir);
    const char *class = lex_json_string(lex_json_get(config, "tokenizer_class"));
    const lex_json *stated = lex_json_get(config, "do_lower_case");
    lex_tokenizer *tokenizer = NULL;
    lex_err err = {.code = LEX_OK};
    bool lower;
    lex_json_put(out, "files", lex_inspect_files(dir, files, sizeof files / sizeof *files));
    if (class)
        lex_json_put_string(out, "class", class);
    lex_json_put_string(out, "kind", kind);
    bool opened = lex_tokenizer_open(&tokenizer, dir, &err) == LEX_OK;
    if (opened)
        lex_json_put_number(out, "tokens", (double)lex_tokenizer_vocab_size(tokenizer));
    else if (model)
        lex_json_put_number(out, "tokens", (double)lex_json_count(lex_json_get(model, "vocab")));
    if (json ? lower_case(&lower, lex_json_get(json, "normalizer")) : stated != NULL)
        lex_json_put_bool(out, "lower_case", json ? lower : lex_json_bool(stated, false));
    put_special_tokens(out, config, map);
    if (!opened)
        lex_json_put_string(out, "error", err.message);
    lex_tokenizer_free(tokenizer);
    lex_json_free(json);
    lex_json_free(config);
    lex_json_free(map);
    return out;
}
