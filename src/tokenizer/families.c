/* families.c - folders without tokenizer.json: what each family's own files and settings make.
 *
 * The reference is the class of transformers 5 that the settings name; it builds the pipeline that is built here. A
 * new family is a row of the table and a function that fills in its vocabulary and its steps.
 */
#include <stdio.h>
#include <string.h>

#include "pipeline.h"
#include "sentencepiece_model.h"

typedef enum { OF_VOCAB_TXT, OF_MERGES, OF_SENTENCEPIECE } files;

struct lex_family {
    const char *class;      /* of tokenizer_config.json, without "Fast" */
    const char *model_type; /* of config.json */
    files needs;
    const char *usual_file; /* NULL, or the name of a sentencepiece model that tells the family by itself */
    const char *specials[7];
    const char *first, *last; /* keys of the special tokens around a sequence */
    bool mask_takes_space;    /* the mask token takes the space before it */
    lex_status (*read)(lex_tokenizer *tokenizer, lex_loading *loading, lex_err *err);
};

static const char *const keys[7] = {"bos_token", "eos_token", "unk_token", "sep_token", "pad_token", "cls_token",
                                    "mask_token"};

static const char *special(const lex_loading *loading, const char *key)
{
    const lex_json *node = lex_special_node(loading, key);
    return node ? lex_special_content(node) : lex_family_special(loading->family, key);
}

static bool setting(const lex_loading *loading, const char *key, bool absent)
{
    return lex_json_bool(lex_json_get(loading->config, key), absent);
}

static lex_status place(lex_loading *loading, const char *name, lex_status st, lex_err *err)
{
    if (st != LEX_OK)
        lex_place_error(loading, name, err);
    return st;
}

/* ---- vocab.json and merges.txt ---- */

static lex_status read_roberta(lex_tokenizer *tokenizer, lex_loading *loading, lex_err *err)
{
    tokenizer->pipeline = lex_pipeline_new();
    tokenizer->pipeline->kind = LEX_MODEL_BPE;
    lex_pipeline_add_byte_level(tokenizer->pipeline, setting(loading, "add_prefix_space", false), true);
    if (setting(loading, "trim_offsets", true))
        tokenizer->keeps_first_space[tokenizer->n_trims++] = setting(loading, "add_prefix_space", false);
    return lex_read_vocab_object(loading, loading->vocab_json, err);
}

/* One merge a line, after lines that begin with "#version". */
static lex_status read_merges(lex_tokenizer *tokenizer, lex_str text, lex_err *err)
{
    lex_status st = LEX_OK;
    int64_t line = 0, rank = 0;
    if (lex_utf8_valid_prefix(text) != text.len)
        return lex_err_set(err, LEX_ERR_INPUT, "not valid UTF-8");
    for (size_t at = 0; at < text.len; line++) {
        const char *newline = memchr(text.ptr + at, '\n', text.len - at);
        size_t end = newline ? (size_t)(newline - text.ptr) : text.len;
        lex_str merge = {text.ptr + at, end - at};
        at = end + 1;
        if (merge.len > 0 && merge.ptr[merge.len - 1] == '\r')
            merge.len--;
        if (lex_str_starts(merge, LEX_STR("#version")))
            continue;
        const char *space = merge.len ? memchr(merge.ptr, ' ', merge.len) : NULL;
        size_t left = space ? (size_t)(space - merge.ptr) : 0;
        if (space == NULL || memchr(space + 1, ' ', merge.len - left - 1)) {
            st = lex_err_set(err, LEX_ERR_INPUT, "line %lld is not two pieces with a space between", (long long)line + 1);
            goto done;
        }
        LEX_TRY(lex_bpe_add_merge(tokenizer, (lex_str){merge.ptr, left}, (lex_str){space + 1, merge.len - left - 1},
                                  rank++, err));
    }
done:
    return st;
}

/* ---- vocab.txt ---- */

static lex_status read_mpnet(lex_tokenizer *tokenizer, lex_loading *loading, lex_err *err)
{
    lex_status st = lex_read_vocab_txt(tokenizer, loading, err);
    loading->unknown = special(loading, "unk_token");
    tokenizer->keeps_first_space[tokenizer->n_trims++] = false;
    return st == LEX_OK ? lex_settings_apply(tokenizer, loading, err) : st;
}

/* ---- sentencepiece ---- */

static void add_piece(lex_loading *loading, const char *text, double score)
{
    lex_vocab_add_scored(loading, lex_str_of(text), score);
}

static lex_status begin_unigram(lex_tokenizer *tokenizer, lex_loading *loading, lex_spm *spm, lex_err *err)
{
    lex_status st = lex_spm_read(spm, loading->sources->sentencepiece, &loading->arena, err);
    if (st != LEX_OK)
        return st;
    if (spm->is_bpe)
        return lex_err_set(err, LEX_ERR_INPUT, "a sentencepiece model of byte pairs, and %s wants one of unigrams",
                           loading->family->class);
    tokenizer->pipeline = lex_pipeline_new();
    tokenizer->pipeline->kind = LEX_MODEL_UNIGRAM;
    for (int64_t i = 0; i < spm->n_pieces; i++) {
        if (spm->pieces[i].kind == LEX_SPM_CONTROL)
            lex_strings_push(&loading->controls, spm->pieces[i].text);
        else if (spm->pieces[i].kind == LEX_SPM_USER_DEFINED)
            lex_strings_push(&loading->symbols, spm->pieces[i].text);
    }
    return LEX_OK;
}

static void add_pieces(lex_loading *loading, const lex_spm *spm, int64_t from)
{
    for (int64_t i = from; i < spm->n_pieces; i++)
        lex_vocab_add_scored(loading, spm->pieces[i].text, spm->pieces[i].score);
}

static lex_status add_charsmap(lex_pipeline *pipeline, const lex_spm *spm, lex_err *err)
{
    lex_charsmap *map = NULL;
    lex_status st = LEX_OK;
    if (spm->charsmap.len == 0)
        return LEX_OK;
    LEX_TRY(lex_charsmap_new(&map, spm->charsmap, err));
    lex_pipeline_add_norm(pipeline, LEX_NORM_CHARSMAP)->charsmap = map;
done:
    return st;
}

/* Words at white space, each with U+2581 in front. */
static void add_words(lex_tokenizer *tokenizer, const lex_loading *loading)
{
    bool prefix = setting(loading, "add_prefix_space", true);
    lex_pipeline_add_split(tokenizer->pipeline, lex_match_white_space, LEX_REMOVED);
    lex_pipeline_add_metaspace(tokenizer->pipeline, 0x2581, prefix ? LEX_PREPEND_ALWAYS : LEX_PREPEND_NEVER, true);
}

/* fairseq's numbers: its own four special tokens stand in the place of sentencepiece's three. */
static lex_status read_xlm_roberta(lex_tokenizer *tokenizer, lex_loading *loading, lex_err *err)
{
    lex_spm spm;
    lex_status st = LEX_OK;
    LEX_TRY(begin_unigram(tokenizer, loading, &spm, err));
    add_piece(loading, special(loading, "bos_token"), 0);
    add_piece(loading, special(loading, "pad_token"), 0);
    add_piece(loading, special(loading, "eos_token"), 0);
    add_piece(loading, special(loading, "unk_token"), 0);
    add_pieces(loading, &spm, 3);
    add_piece(loading, special(loading, "mask_token"), 0);
    tokenizer->pipeline->unigram.unknown_id = 3;
    LEX_TRY(add_charsmap(tokenizer->pipeline, &spm, err));
    add_words(tokenizer, loading);
done:
    return st;
}

static lex_status read_camembert(lex_tokenizer *tokenizer, lex_loading *loading, lex_err *err)
{
    lex_spm spm;
    lex_status st = LEX_OK;
    LEX_TRY(begin_unigram(tokenizer, loading, &spm, err));
    add_piece(loading, "<s>NOTUSED", 0);
    add_piece(loading, special(loading, "pad_token"), 0);
    add_piece(loading, "</s>NOTUSED", 0);
    add_piece(loading, special(loading, "unk_token"), 0);
    add_piece(loading, "<unk>NOTUSED", -100);
    add_pieces(loading, &spm, 1);
    add_piece(loading, special(loading, "mask_token"), 0);
    tokenizer->pipeline->unigram.unknown_id = 3;
    LEX_TRY(add_charsmap(tokenizer->pipeline, &spm, err));
    add_words(tokenizer, loading);
done:
    return st;
}

static void add_replace(lex_pipeline *pipeline, const char *text, const char *regex, const char *content)
{
    lex_norm_step *step = lex_pipeline_add_norm(pipeline, LEX_NORM_REPLACE);
    if (text)
        step->pattern = lex_pattern_of_text(text);
    else
        LEX_ASSERT(lex_pattern_of_regex(&step->pattern, regex));
    step->content = lex_strdup(content);
}

static lex_status read_albert(lex_tokenizer *tokenizer, lex_loading *loading, lex_err *err)
{
    lex_spm spm;
    lex_status st = LEX_OK;
    LEX_TRY(begin_unigram(tokenizer, loading, &spm, err));
    lex_pipeline *pipeline = tokenizer->pipeline;
    add_pieces(loading, &spm, 0);
    if (spm.n_pieces < 2)
        return lex_err_set(err, LEX_ERR_INPUT, "a vocabulary of one piece");
    pipeline->unigram.unknown_id = 1;
    add_replace(pipeline, "``", NULL, "\"");
    add_replace(pipeline, "''", NULL, "\"");
    if (!setting(loading, "keep_accents", false)) {
        lex_pipeline_add_norm(pipeline, LEX_NORM_NFKD);
        lex_pipeline_add_norm(pipeline, LEX_NORM_MARKS);
    }
    if (setting(loading, "do_lower_case", true))
        lex_pipeline_add_norm(pipeline, LEX_NORM_LOWERCASE);
    LEX_TRY(add_charsmap(pipeline, &spm, err));
    add_words(tokenizer, loading);
done:
    return st;
}

/* The class uses no charsmap; it is NFC, and spaces by a regular expression. */
static lex_status read_deberta_v2(lex_tokenizer *tokenizer, lex_loading *loading, lex_err *err)
{
    lex_spm spm;
    lex_status st = LEX_OK;
    LEX_TRY(begin_unigram(tokenizer, loading, &spm, err));
    lex_pipeline *pipeline = tokenizer->pipeline;
    const char *unknown = special(loading, "unk_token");
    add_pieces(loading, &spm, 0);
    pipeline->unigram.unknown_id = (int32_t)spm.unknown_id;
    for (int64_t i = spm.n_pieces - 1; i >= 0; i--)
        if (spm.pieces[i].score == 0 && lex_str_equal(spm.pieces[i].text, lex_str_of(unknown)))
            pipeline->unigram.unknown_id = (int32_t)i;
    if (setting(loading, "do_lower_case", false))
        lex_pipeline_add_norm(pipeline, LEX_NORM_LOWERCASE);
    add_replace(pipeline, NULL, "\\s{2,}|[\\n\\r\\t]", " ");
    lex_pipeline_add_norm(pipeline, LEX_NORM_NFC);
    lex_pipeline_add_norm(pipeline, LEX_NORM_STRIP)->right = true;
    if (setting(loading, "split_by_punct", false))
        lex_pipeline_add_split(pipeline, lex_match_punctuation, LEX_ISOLATED);
    bool prefix = setting(loading, "add_prefix_space", true);
    lex_pipeline_add_metaspace(pipeline, 0x2581, prefix ? LEX_PREPEND_ALWAYS : LEX_PREPEND_FIRST, true);
done:
    return st;
}

#define FAIRSEQ(unknown) {"<s>", "</s>", unknown, "</s>", "<pad>", "<s>", "<mask>"}
static const lex_family families[] = {
    {"RobertaTokenizer", "roberta", OF_MERGES, NULL, FAIRSEQ("<unk>"), "cls_token", "sep_token", false, read_roberta},
    {"XLMRobertaTokenizer", "xlm-roberta", OF_SENTENCEPIECE, "sentencepiece.bpe.model", FAIRSEQ("<unk>"), "bos_token",
     "eos_token", false, read_xlm_roberta},
    {"CamembertTokenizer", "camembert", OF_SENTENCEPIECE, NULL, FAIRSEQ("<unk>"), "bos_token", "eos_token", true,
     read_camembert},
    {"AlbertTokenizer", "albert", OF_SENTENCEPIECE, "spiece.model",
     {"[CLS]", "[SEP]", "<unk>", "[SEP]", "<pad>", "[CLS]", "[MASK]"}, "cls_token", "sep_token", false, read_albert},
    {"DebertaV2Tokenizer", "deberta-v2", OF_SENTENCEPIECE, "spm.model",
     {"[CLS]", "[SEP]", "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"}, "cls_token", "sep_token", false, read_deberta_v2},
    {"MPNetTokenizer", "mpnet", OF_VOCAB_TXT, NULL, FAIRSEQ("[UNK]"), "cls_token", "sep_token", true, read_mpnet},
};
enum { N_FAMILIES = sizeof families / sizeof *families };

const char *lex_family_special(const lex_family *family, const char *key)
{
    for (int i = 0; family && i < 7; i++)
        if (strcmp(keys[i], key) == 0)
            return family->specials[i];
    return NULL;
}

bool lex_family_mask_takes_space(const lex_family *family)
{
    return family && family->mask_takes_space;
}

/* ---- choosing ---- */

static bool has_files(const lex_tokenizer_sources *sources, files needs)
{
    if (needs == OF_VOCAB_TXT)
        return sources->vocab_txt.ptr != NULL;
    return needs == OF_MERGES ? sources->vocab_json.ptr && sources->merges_txt.ptr : sources->sentencepiece.ptr != NULL;
}

/* By what the settings say, then by what the files are called; `named` tells whether the settings said anything. */
static const lex_family *choose(const lex_loading *loading, bool named)
{
    const lex_tokenizer_sources *sources = loading->sources;
    const char *type = lex_json_string(lex_json_get(loading->model_config, "model_type"));
    for (int i = 0; i < N_FAMILIES; i++)
        if (has_files(sources, families[i].needs) && lex_class_is(loading, families[i].class))
            return &families[i];
    for (int i = 0; i < N_FAMILIES && !named; i++)
        if (has_files(sources, families[i].needs) && type && strcmp(type, families[i].model_type) == 0)
            return &families[i];
    for (int i = 0; i < N_FAMILIES && !named && sources->vocab_txt.ptr == NULL; i++) {
        const char *usual = families[i].usual_file;
        if (usual && sources->sentencepiece_name && strcmp(usual, sources->sentencepiece_name) == 0)
            return &families[i];
        if (families[i].needs == OF_MERGES && has_files(sources, OF_MERGES))
            return &families[i];
    }
    return NULL;
}

lex_status lex_family_choose(lex_loading *loading, lex_err *err)
{
    const lex_tokenizer_sources *sources = loading->sources;
    const char *class = lex_json_string(lex_json_get(loading->config, "tokenizer_class"));
    bool generic = lex_class_is(loading, "PreTrainedTokenizer") || lex_class_is(loading, "TokenizersBackend");
    loading->family = choose(loading, class && !generic);
    static const char *const names[] = {"vocab.txt", "vocab.json", NULL};
    loading->source = loading->family ? names[loading->family->needs] : "vocab.txt";
    if (loading->source == NULL)
        loading->source = sources->sentencepiece_name;
    if (loading->family || sources->vocab_txt.ptr)
        return LEX_OK;
    if (sources->vocab_json.ptr && !sources->merges_txt.ptr && !sources->sentencepiece.ptr)
        return lex_err_set(err, LEX_ERR_INPUT, "%s: vocab.json is there without merges.txt", sources->dir);
    if (sources->merges_txt.ptr && !sources->vocab_json.ptr && !sources->sentencepiece.ptr)
        return lex_err_set(err, LEX_ERR_INPUT, "%s: merges.txt is there without vocab.json", sources->dir);
    return place(loading, "tokenizer_config.json",
                 lex_err_set(err, LEX_ERR_INPUT, "tokenizer class '%s' is not known for these files",
                             class ? class : ""), err);
}

lex_status lex_read_family(lex_tokenizer *tokenizer, lex_loading *loading, lex_err *err)
{
    return loading->family->read(tokenizer, loading, err);
}

lex_status lex_family_finish(lex_tokenizer *tokenizer, lex_loading *loading, lex_err *err)
{
    const lex_family *family = loading->family;
    lex_status st = LEX_OK;
    if (family->needs == OF_MERGES)
        LEX_TRY(place(loading, "merges.txt", read_merges(tokenizer, loading->sources->merges_txt, err), err));
    LEX_TRY(lex_special_id(&tokenizer->before[0], tokenizer, loading, family->first,
                           lex_family_special(family, family->first), err));
    LEX_TRY(lex_special_id(&tokenizer->after[0], tokenizer, loading, family->last,
                           lex_family_special(family, family->last), err));
    tokenizer->n_before = tokenizer->n_after = 1;
done:
    return st;
}
