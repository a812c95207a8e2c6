/* pipeline.c - a text through the steps of a pipeline: added tokens found, the rest normalized, cut, and made tokens.
 *
 * Added tokens that are found in normalized text are looked for in all of the text between two others at once, as the
 * reference does; so the whole of it is normalized before the first word is cut.
 */
#include <stdlib.h>
#include <string.h>

#include "pipeline.h"

lex_pipeline *lex_pipeline_new(void)
{
    return lex_alloc_zeroed(1, sizeof(lex_pipeline));
}

void lex_pipeline_free(lex_pipeline *pipeline)
{
    if (pipeline == NULL)
        return;
    for (int64_t i = 0; i < pipeline->n_norms; i++) {
        lex_pattern_release(&pipeline->norms[i].pattern);
        free(pipeline->norms[i].content);
        lex_charsmap_free(pipeline->norms[i].charsmap);
    }
    for (int64_t i = 0; i < pipeline->n_pres; i++)
        lex_pattern_release(&pipeline->pres[i].pattern);
    free(pipeline->norms);
    free(pipeline->pres);
    lex_bpe_release(&pipeline->bpe);
    lex_unigram_release(&pipeline->unigram);
    free(pipeline);
}

lex_norm_step *lex_pipeline_add_norm(lex_pipeline *pipeline, lex_norm_kind kind)
{
    lex_norm_step step = {.kind = kind};
    LEX_PUSH(pipeline->norms, pipeline->n_norms, pipeline->norms_capacity, step);
    return &pipeline->norms[pipeline->n_norms - 1];
}

lex_pre_step *lex_pipeline_add_pre(lex_pipeline *pipeline, lex_pre_kind kind)
{
    lex_pre_step step = {.kind = kind};
    LEX_PUSH(pipeline->pres, pipeline->n_pres, pipeline->pres_capacity, step);
    return &pipeline->pres[pipeline->n_pres - 1];
}

lex_pre_step *lex_pipeline_add_split(lex_pipeline *pipeline, lex_match_at match, lex_behavior behavior)
{
    lex_pre_step *step = lex_pipeline_add_pre(pipeline, LEX_PRE_SPLIT);
    step->pattern.match = match;
    step->behavior = behavior;
    return step;
}

void lex_pipeline_add_metaspace(lex_pipeline *pipeline, uint32_t replacement, lex_prepend scheme, bool split)
{
    lex_pre_step *step = lex_pipeline_add_pre(pipeline, LEX_PRE_METASPACE);
    char text[5] = {0};
    step->replacement = replacement;
    step->scheme = scheme;
    if (!split)
        return;
    lex_utf8_put(text, replacement);
    step = lex_pipeline_add_pre(pipeline, LEX_PRE_SPLIT);
    step->pattern = lex_pattern_of_text(text);
    step->behavior = LEX_MERGED_WITH_NEXT;
}

void lex_pipeline_add_byte_level(lex_pipeline *pipeline, bool add_prefix_space, bool use_regex)
{
    if (add_prefix_space)
        lex_pipeline_add_pre(pipeline, LEX_PRE_SPACE);
    if (use_regex)
        lex_pipeline_add_split(pipeline, lex_match_gpt2, LEX_ISOLATED);
    lex_pipeline_add_pre(pipeline, LEX_PRE_BYTES);
}

/* ---- scratch ---- */

struct lex_pipeline_scratch *lex_pipeline_scratch_new(void)
{
    return lex_alloc_zeroed(1, sizeof(struct lex_pipeline_scratch));
}

void lex_pipeline_scratch_free(struct lex_pipeline_scratch *scratch)
{
    if (scratch == NULL)
        return;
    lex_normalized_release(&scratch->spare);
    lex_normalized_release(&scratch->words);
    lex_normalized_release(&scratch->words_spare);
    free(scratch->changes.items);
    free(scratch->composed.items);
    free(scratch->ranges.items);
    free(scratch->ranges_spare.items);
    free(scratch->symbols);
    free(scratch->heap);
    free(scratch->path);
    free(scratch->cuts);
    lex_buf_release(&scratch->text);
    free(scratch);
}

/* ---- encoding ---- */

static int64_t count_chars(const char *text, size_t len)
{
    int64_t n = 0;
    for (size_t i = 0; i < len; i++)
        n += ((unsigned char)text[i] & 0xC0) != 0x80;
    return n;
}

static void encode_word(const lex_tokenizer *tokenizer, lex_scratch *scratch, lex_range range, lex_tokens *out)
{
    const lex_pipeline *pipeline = tokenizer->pipeline;
    const lex_normalized *words = &scratch->pipeline->words;
    lex_word word = {.text = words->text + range.from,
                     .len = range.to - range.from,
                     .begin = words->begin + range.from,
                     .end = words->end + range.from};
    switch (pipeline->kind) {
    case LEX_MODEL_BPE: lex_bpe_encode(tokenizer, &word, scratch, out); break;
    case LEX_MODEL_UNIGRAM: lex_unigram_encode(tokenizer, &word, scratch, out); break;
    case LEX_MODEL_WORDPIECE:
        word.n_chars = (size_t)count_chars(word.text, word.len);
        lex_wordpiece(tokenizer, &word, scratch, out);
        break;
    }
}

static void encode_between(const lex_tokenizer *tokenizer, lex_scratch *scratch, lex_str text, size_t from, size_t to,
                           lex_tokens *out)
{
    lex_pipeline_normalize(tokenizer->pipeline, text, from, to, scratch);
    const lex_normalized *normalized = &scratch->normalized;
    lex_str whole = {normalized->text, normalized->len};
    lex_splitter splitter;
    lex_split split;
    lex_splitter_init(&splitter, tokenizer, &tokenizer->normalized, whole);
    while (whole.len > 0 && lex_splitter_next(&splitter, &split)) {
        int64_t n_before = out->n;
        if (split.added >= 0) {
            lex_tokens_push(out, tokenizer->added[split.added].id, normalized->begin[split.from],
                            normalized->end[split.to - 1]);
            lex_trim_added(tokenizer, text, (lex_str){whole.ptr + split.from, split.to - split.from}, out);
            continue;
        }
        lex_pipeline_cut(tokenizer->pipeline, split.from, split.to, scratch);
        for (int64_t i = 0; i < scratch->pipeline->ranges.n; i++)
            encode_word(tokenizer, scratch, scratch->pipeline->ranges.items[i], out);
        lex_trim_tokens(tokenizer, text, n_before, out);
    }
}

void lex_pipeline_encode(const lex_tokenizer *tokenizer, lex_scratch *scratch, lex_str text, lex_tokens *out)
{
    lex_splitter splitter;
    lex_split split;
    lex_splitter_init(&splitter, tokenizer, &tokenizer->as_written, text);
    while (lex_splitter_next(&splitter, &split)) {
        if (split.added < 0) {
            encode_between(tokenizer, scratch, text, split.from, split.to, out);
            continue;
        }
        lex_tokens_push(out, tokenizer->added[split.added].id, split.from, split.to);
        lex_trim_added(tokenizer, text, (lex_str){text.ptr + split.from, split.to - split.from}, out);
    }
}
