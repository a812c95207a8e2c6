/* stream.c - the reading hand: records into blocks, by their number alone. Blocks of other shards, and those that an
 * earlier run has answered, are read too, since only their rows tell where the next block begins; they cost no more
 * than that. */
#include <string.h>

#include "internal.h"

/* A chain of hashes over what answers depend on and what they carry. Lengths are counted in, so that no two different
 * records give the same bytes. */
static uint64_t chain(uint64_t hash, lex_str text)
{
    uint64_t link[3] = {hash, text.len, text.len ? lex_hash64(text.ptr, text.len) : 0};
    return lex_hash64(link, sizeof link);
}

static void add_to_position(lex_predictor *p, const lex_record *record)
{
    p->at.records++;
    if (!p->options.fingerprint)
        return;
    uint64_t hash = chain(p->at.input, record->text);
    for (int64_t i = 0; i < record->n_fields; i++)
        hash = chain(chain(hash, record->fields[i].name), record->fields[i].value);
    if (p->options.fingerprint_names)
        hash = chain(hash, lex_str_of(record->file));
    p->at.input = hash;
}

/* The fields of the input's first block. A name with U+0000 in it is no column of any table. */
static void add_columns(lex_predictor *p, const lex_record *record)
{
    lex_arena_reset(&p->scratch);
    for (int64_t i = 0; i < record->n_fields && p->columns.names.n < LEX_COLUMNS_MAX; i++) {
        lex_str name = lex_answer_field_name(record, &record->fields[i], &p->scratch);
        bool has_nul = name.len && memchr(name.ptr, '\0', name.len);
        if (!has_nul && lex_answer_columns_find(&p->columns, name, i) < 0)
            lex_answer_columns_add(&p->columns, name);
    }
}

static bool is_wanted(const lex_predictor *p)
{
    int64_t n = p->options.n_shards;
    return p->at.blocks >= p->from.blocks && (n <= 1 || p->at.blocks % n == p->options.shard);
}

/* Whether the record fits; else *status tells, unless it is passed over. It is asked here, where bad rows are found, so
 * that they are named in the order of the input. */
static bool fits(const lex_predictor *p, const lex_record *record, lex_status *status, lex_err *err)
{
    if (!p->one_label || record->n_labels == 1)
        return true;
    *status = lex_err_set(err, LEX_ERR_INPUT, "%s:%lld: %lld labels, but the model gives one a row", record->file,
                          (long long)record->line, (long long)record->n_labels);
    if (lex_reading_skip(p->reading, err))
        *status = LEX_OK;
    return false;
}

/* Reads up to a block's number of rows; of one that is not wanted nothing is kept. Returns how many. */
static int64_t read_rows(lex_predictor *p, lex_reader *reader, lex_block *block, bool wanted)
{
    int64_t n = 0;
    lex_profile *watch = lex_predictor_watch(p, LEX_HAND_READS);
    lex_profile_begin(watch);
    while (!block->last && n < p->block_rows) {
        lex_block_row *row = &block->rows[wanted ? n : 0];
        if (!wanted)
            lex_arena_reset(&block->arena);
        block->status = lex_reader_next(reader, &row->record, &block->last, &block->arena, &block->err);
        bool whole = block->status == LEX_OK && !block->last && fits(p, &row->record, &block->status, &block->err);
        if (block->status != LEX_OK)
            block->last = true;
        if (block->last) {
            lex_profile_mark(watch, LEX_STAGE_READ);
            break;
        }
        if (!whole)
            continue;
        n++;
        if (p->at.blocks == 0)
            add_columns(p, &row->record);
        add_to_position(p, &row->record);
        lex_profile_mark(watch, LEX_STAGE_READ);
        if (wanted)
            p->kind->prepare(p, block, row);
        lex_profile_mark(watch, LEX_STAGE_TOKENIZE);
    }
    return n;
}

static void check_resumed(const lex_predictor *p, lex_block *block, const char *file)
{
    if (p->at.blocks != p->from.blocks || (p->at.input == p->from.input && p->at.records == p->from.records))
        return;
    block->status = lex_err_set(&block->err, LEX_ERR_INPUT, "%s: not the input of the run to be continued: its first "
                                "%lld records differ", file, (long long)p->from.records);
    block->last = true;
}

void lex_stream_fill(lex_predictor *p, lex_reader *reader, lex_block *block)
{
    block->n_rows = block->n_ids = 0;
    block->last = block->whole = false;
    block->status = LEX_OK;
    lex_err_clear(&block->err);
    lex_arena_reset(&block->arena);
    while (!block->last) {
        bool wanted = is_wanted(p);
        int64_t n = read_rows(p, reader, block, wanted);
        if (n == 0)
            continue;
        p->at.blocks++;
        if (wanted) {
            block->n_rows = n;
            block->whole = block->status == LEX_OK;
            block->position = p->at;
            return;
        }
        check_resumed(p, block, block->rows[0].record.file);
        lex_arena_reset(&block->arena);
    }
}
