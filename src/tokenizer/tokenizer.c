/* tokenizer.c - opening and closing a tokenizer, and framing what it yields.
 *
 * tokenizer.json is the source where it is there, otherwise the files of a family (families.c) or BERT's vocab.txt.
 * In a tokenizer.json of BERT's the settings of
 * tokenizer_config.json count as well, as they do for transformers when the class is BertTokenizer or one of its
 * twins: `do_lower_case` and its like, where they are set, overrule the file's normalizer. A class that stands for
 * "as the file says" (PreTrainedTokenizerFast, TokenizersBackend) leaves the file alone.
 */
#include <stdlib.h>
#include <string.h>

#include "lexclf/file.h"
#include "pipeline.h"

void lex_place_error(lex_loading *loading, const char *name, lex_err *err)
{
    if (!loading->placed)
        lex_err_at(err, "%s/%s", loading->sources->dir, name);
    loading->placed = true;
}

static lex_status parse_json(lex_json **out, lex_str text, lex_loading *loading, const char *name, lex_err *err)
{
    if (text.ptr == NULL)
        return LEX_OK;
    lex_status st = lex_json_parse(out, text, err);
    if (st == LEX_OK && lex_json_type_of(*out) != LEX_JSON_OBJECT)
        st = lex_err_set(err, LEX_ERR_INPUT, "not a JSON object");
    if (st != LEX_OK)
        lex_place_error(loading, name, err);
    return st;
}

static lex_status parse_sources(lex_loading *loading, lex_err *err)
{
    const lex_tokenizer_sources *sources = loading->sources;
    lex_status st = LEX_OK;
    LEX_TRY(parse_json(&loading->config, sources->tokenizer_config, loading, "tokenizer_config.json", err));
    LEX_TRY(parse_json(&loading->special_map, sources->special_tokens_map, loading, "special_tokens_map.json", err));
    LEX_TRY(parse_json(&loading->added_json, sources->added_tokens, loading, "added_tokens.json", err));
    LEX_TRY(parse_json(&loading->file, sources->tokenizer_json, loading, "tokenizer.json", err));
    if (loading->file == NULL) {
        LEX_TRY(parse_json(&loading->vocab_json, sources->vocab_json, loading, "vocab.json", err));
        LEX_TRY(parse_json(&loading->model_config, sources->config, loading, "config.json", err));
    }
done:
    return st;
}

static void find_mask(lex_tokenizer *tokenizer, const lex_loading *loading)
{
    const lex_json *node = lex_special_node(loading, "mask_token");
    const char *family = lex_family_special(loading->family, "mask_token");
    const char *content = node ? lex_special_content(node) : family ? family : "[MASK]";
    tokenizer->mask_id = content ? lex_token_id(tokenizer, loading, content) : -1;
    if (tokenizer->mask_id < 0 && node == NULL)
        tokenizer->mask_id = lex_token_id(tokenizer, loading, "<mask>");
}

/* The id for padding, which must be there where something names it; a tokenizer.json may go without. */
static lex_status find_padding(lex_tokenizer *tokenizer, lex_loading *loading, lex_err *err)
{
    const lex_json *node = lex_special_node(loading, "pad_token");
    const char *family = lex_family_special(loading->family, "pad_token");
    bool needed = node || family || loading->file == NULL;
    if (needed)
        return lex_special_id(&tokenizer->padding_id, tokenizer, loading, "pad_token", family ? family : "[PAD]", err);
    tokenizer->padding_id = lex_token_id(tokenizer, loading, "<pad>");
    if (tokenizer->padding_id < 0)
        tokenizer->padding_id = lex_token_id(tokenizer, loading, "[PAD]");
    return LEX_OK;
}

/* What framing puts around a sequence, and whether every special token has an id. */
static lex_status read_specials(lex_tokenizer *tokenizer, lex_loading *loading, lex_err *err)
{
    bool as_file_says = lex_class_is(loading, "PreTrainedTokenizer") || lex_class_is(loading, "TokenizersBackend");
    lex_status st = LEX_OK;
    find_mask(tokenizer, loading);
    LEX_TRY(lex_read_template(tokenizer, loading, err));
    if (loading->family) {
        LEX_TRY(lex_family_finish(tokenizer, loading, err));
    } else if (!loading->has_template && tokenizer->pipeline == NULL && !(loading->file && as_file_says)) {
        LEX_TRY(lex_special_id(&tokenizer->before[0], tokenizer, loading, "cls_token", "[CLS]", err));
        LEX_TRY(lex_special_id(&tokenizer->after[0], tokenizer, loading, "sep_token", "[SEP]", err));
        tokenizer->n_before = tokenizer->n_after = 1;
    }
    if (tokenizer->n_trims > 0 && tokenizer->pipeline && tokenizer->pipeline->kind == LEX_MODEL_UNIGRAM)
        return lex_err_set(err, LEX_ERR_INPUT, "offsets trimmed behind a Unigram model are not known here");
    LEX_TRY(find_padding(tokenizer, loading, err));
done:
    return st;
}

static lex_status read_vocabulary(lex_tokenizer *tokenizer, lex_loading *loading, lex_err *err)
{
    if (loading->file)
        return lex_read_tokenizer_json(tokenizer, loading, err);
    return loading->family ? lex_read_family(tokenizer, loading, err) : lex_read_vocab_txt(tokenizer, loading, err);
}

/* The unknown token of a pipeline: Unigram's by number, else what the model or the settings name. */
static void find_unknown(lex_tokenizer *tokenizer, const lex_loading *loading)
{
    const char *name = lex_special_content(lex_special_node(loading, "unk_token"));
    if (tokenizer->pipeline && tokenizer->pipeline->kind == LEX_MODEL_UNIGRAM)
        tokenizer->unknown_id = tokenizer->pipeline->unigram.unknown_id;
    else if (tokenizer->unknown_id < 0)
        tokenizer->unknown_id = lex_token_id(tokenizer, loading, name ? name : "<unk>");
}

static lex_status load(lex_tokenizer *tokenizer, lex_loading *loading, lex_err *err)
{
    lex_status st = LEX_OK;
    LEX_TRY(read_vocabulary(tokenizer, loading, err));
    if (tokenizer->pipeline == NULL && loading->family == NULL && lex_class_is_bert(loading))
        LEX_TRY(lex_settings_apply(tokenizer, loading, err));
    tokenizer->normalizer.strip_accents = loading->strip_accents == LEX_STRIP_WITH_CASE
                                              ? tokenizer->normalizer.lowercase
                                              : loading->strip_accents == LEX_STRIP_ALWAYS;
    LEX_TRY(lex_build_vocabulary(tokenizer, loading, err));
    if (tokenizer->pipeline)
        LEX_TRY(lex_finish_model(tokenizer, loading, err));
    LEX_TRY(lex_read_added_tokens(tokenizer, loading, err));
    LEX_TRY(read_specials(tokenizer, loading, err));
    find_unknown(tokenizer, loading);
    tokenizer->model_max_length = lex_settings_max_length(loading);
    tokenizer->split_special = lex_json_bool(lex_json_get(loading->config, "split_special_tokens"), false);
    lex_build_matchers(tokenizer);
    lex_trim_prepare(tokenizer, loading);
    if (tokenizer->pipeline == NULL)
        lex_encode_prepare(tokenizer);
done:
    return st;
}

static void release_loading(lex_loading *loading)
{
    free(loading->items);
    free(loading->scores);
    free(loading->used_ids);
    lex_strings_release(&loading->controls);
    lex_strings_release(&loading->symbols);
    lex_idmap_release(&loading->added_by_content);
    lex_json_free(loading->file);
    lex_json_free(loading->config);
    lex_json_free(loading->special_map);
    lex_json_free(loading->added_json);
    lex_json_free(loading->vocab_json);
    lex_json_free(loading->model_config);
    lex_arena_release(&loading->arena);
}

lex_status lex_tokenizer_parse(lex_tokenizer **out, const lex_tokenizer_sources *sources, lex_err *err)
{
    lex_loading loading = {.sources = sources};
    lex_tokenizer *tokenizer = lex_alloc_zeroed(1, sizeof *tokenizer);
    lex_status st = LEX_OK;
    lex_matcher_init(&tokenizer->as_written);
    lex_matcher_init(&tokenizer->normalized);
    lex_idmap_init(&loading.added_by_content, 0);
    loading.used_ids = lex_alloc_zeroed(LEX_VOCAB_MAX / 8 + 1, 1);
    lex_arena_init(&loading.arena);
    LEX_TRY(parse_sources(&loading, err));
    loading.source = "tokenizer.json";
    if (loading.file == NULL)
        LEX_TRY(lex_family_choose(&loading, err));
    st = load(tokenizer, &loading, err);
    if (st != LEX_OK)
        lex_place_error(&loading, loading.source, err);
    else
        lex_breaks_prepare(tokenizer);
done:
    release_loading(&loading);
    if (st != LEX_OK) {
        lex_tokenizer_free(tokenizer);
        tokenizer = NULL;
    }
    *out = tokenizer;
    return st;
}

/* Reads a file of the folder into `buf`; the view stays empty, ptr NULL, when there is none. */
static lex_status read_source(lex_str *out, lex_buf *buf, const char *dir, const char *name, lex_err *err)
{
    char *path = lex_path_join(dir, name);
    lex_status st = LEX_OK;
    if (lex_path_kind_of(path) != LEX_PATH_MISSING) {
        st = lex_file_read(buf, path, LEX_TOKENIZER_JSON_MAX, err);
        *out = buf->ptr ? lex_buf_str(buf) : LEX_STR("");
    }
    free(path);
    return st;
}

lex_status lex_tokenizer_open(lex_tokenizer **out, const char *dir, lex_err *err)
{
    lex_tokenizer_sources sources = {.dir = dir};
    struct {
        const char *name;
        lex_str *text;
        lex_buf buf;
    } files[] = {
        {"tokenizer.json", &sources.tokenizer_json, {0}},
        {"tokenizer_config.json", &sources.tokenizer_config, {0}},
        {"special_tokens_map.json", &sources.special_tokens_map, {0}},
        {"added_tokens.json", &sources.added_tokens, {0}},
        {"vocab.txt", &sources.vocab_txt, {0}}, /* from here on only without tokenizer.json */
        {"vocab.json", &sources.vocab_json, {0}},
        {"merges.txt", &sources.merges_txt, {0}},
        {"config.json", &sources.config, {0}},
        {"sentencepiece.bpe.model", &sources.sentencepiece, {0}},
        {"spiece.model", &sources.sentencepiece, {0}},
        {"spm.model", &sources.sentencepiece, {0}},
    };
    const size_t n_files = sizeof files / sizeof *files;
    lex_status st = LEX_OK;
    *out = NULL;
    for (size_t i = 0; i < n_files; i++) {
        if (i >= 4 && sources.tokenizer_json.ptr)
            break;
        if (files[i].text->ptr)
            continue;
        LEX_TRY(read_source(files[i].text, &files[i].buf, dir, files[i].name, err));
        if (files[i].text == &sources.sentencepiece && sources.sentencepiece.ptr)
            sources.sentencepiece_name = files[i].name;
    }
    if (sources.tokenizer_json.ptr == NULL && sources.vocab_txt.ptr == NULL && sources.vocab_json.ptr == NULL &&
        sources.merges_txt.ptr == NULL && sources.sentencepiece.ptr == NULL)
        st = lex_err_set(err, LEX_ERR_INPUT, "%s: no tokenizer: neither tokenizer.json nor vocab.txt, vocab.json with "
                         "merges.txt, sentencepiece.bpe.model, spiece.model or spm.model is there", dir);
    else
        st = lex_tokenizer_parse(out, &sources, err);
done:
    for (size_t i = 0; i < n_files; i++)
        lex_buf_release(&files[i].buf);
    return st;
}

void lex_tokenizer_free(lex_tokenizer *tokenizer)
{
    if (tokenizer == NULL)
        return;
    lex_pipeline_free(tokenizer->pipeline);
    lex_pipeline_free(tokenizer->plain);
    lex_breaks_free(tokenizer->breaks);
    free(tokenizer->trims);
    lex_idmap_release(&tokenizer->words);
    lex_idmap_release(&tokenizer->continuations);
    lex_matcher_release(&tokenizer->as_written);
    lex_matcher_release(&tokenizer->normalized);
    for (int64_t i = 0; i < tokenizer->n_added; i++)
        free(tokenizer->added[i].content);
    free(tokenizer->added);
    free(tokenizer);
}

/* ---- tokens ---- */

void lex_tokens_init(lex_tokens *tokens)
{
    *tokens = (lex_tokens){0};
}

void lex_tokens_release(lex_tokens *tokens)
{
    free(tokens->items);
    lex_scratch_free(tokens->scratch);
    *tokens = (lex_tokens){0};
}

bool lex_tokenizer_frame(const lex_tokenizer *tokenizer, const lex_tokens *tokens, int64_t max_length, lex_tokens *out)
{
    int64_t room = max_length - lex_tokenizer_n_special(tokenizer);
    LEX_ASSERT(room >= 0 && out != tokens);
    int64_t n = tokens->n < room ? tokens->n : room;
    out->n = 0;
    for (int64_t i = 0; i < tokenizer->n_before; i++)
        lex_tokens_push(out, tokenizer->before[i], 0, 0);
    for (int64_t i = 0; i < n; i++)
        LEX_PUSH(out->items, out->n, out->capacity, tokens->items[i]);
    for (int64_t i = 0; i < tokenizer->n_after; i++)
        lex_tokens_push(out, tokenizer->after[i], 0, 0);
    return n < tokens->n;
}

int64_t lex_tokenizer_n_special(const lex_tokenizer *tokenizer)
{
    return tokenizer->n_before + tokenizer->n_after;
}

int64_t lex_tokenizer_vocab_size(const lex_tokenizer *tokenizer)
{
    return tokenizer->vocab_size;
}

int64_t lex_tokenizer_model_max_length(const lex_tokenizer *tokenizer)
{
    return tokenizer->model_max_length;
}

int32_t lex_tokenizer_unknown_id(const lex_tokenizer *tokenizer)
{
    return tokenizer->unknown_id;
}

int32_t lex_tokenizer_mask_id(const lex_tokenizer *tokenizer)
{
    return tokenizer->mask_id;
}

bool lex_tokenizer_is_special(const lex_tokenizer *tokenizer, int32_t id)
{
    bool special = id == tokenizer->unknown_id || id == tokenizer->mask_id || id == tokenizer->padding_id;
    for (int64_t i = 0; i < tokenizer->n_before; i++)
        special |= id == tokenizer->before[i];
    for (int64_t i = 0; i < tokenizer->n_after; i++)
        special |= id == tokenizer->after[i];
    for (int64_t i = 0; i < tokenizer->n_added; i++)
        special |= tokenizer->added[i].special && id == tokenizer->added[i].id;
    return special;
}

int32_t lex_tokenizer_padding_id(const lex_tokenizer *tokenizer)
{
    return tokenizer->padding_id;
}
