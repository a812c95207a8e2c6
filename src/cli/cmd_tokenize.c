/* cmd_tokenize.c - the ids that the encoder sees, one line a record. Needs no libtorch and no weights. */
#include "cmd.h"
#include "lexclf/predictor.h"
#include "verbs.h"

/* What one record after another needs. */
typedef struct {
    const lex_model *model;
    int64_t max_length;
    bool with_offsets;
    lex_tokens tokens, sequence;
    lex_buf line;
    int64_t n_records, n_truncated;
} work;

static void add_ids(lex_buf *line, const lex_tokens *sequence)
{
    lex_buf_add_char(line, '[');
    for (int64_t i = 0; i < sequence->n; i++)
        lex_buf_printf(line, "%s%d", i ? "," : "", (int)sequence->items[i].id);
    lex_buf_add_char(line, ']');
}

static void add_offsets(lex_buf *line, const lex_tokens *sequence)
{
    lex_buf_add_char(line, '[');
    for (int64_t i = 0; i < sequence->n; i++)
        lex_buf_printf(line, "%s[%u,%u]", i ? "," : "", sequence->items[i].begin, sequence->items[i].end);
    lex_buf_add_char(line, ']');
}

static lex_status print_record(work *w, const lex_record *record, lex_err *err)
{
    lex_tokenizer_encode(w->model->tokenizer, record->text, &w->tokens);
    w->n_truncated += lex_tokenizer_frame(w->model->tokenizer, &w->tokens, w->max_length, &w->sequence);
    w->n_records++;
    lex_buf_clear(&w->line);
    if (w->with_offsets) {
        lex_buf_printf(&w->line, "{\"ids\":");
        add_ids(&w->line, &w->sequence);
        lex_buf_printf(&w->line, ",\"offsets\":");
        add_offsets(&w->line, &w->sequence);
        lex_buf_printf(&w->line, "}\n");
    } else {
        add_ids(&w->line, &w->sequence);
        lex_buf_add_char(&w->line, '\n');
    }
    return cli_stdout_write(w->line.ptr, w->line.len, err);
}

static lex_status print_file(work *w, const char *path, const lex_reader_options *options, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_reader *reader = NULL;
    lex_arena arena;
    lex_arena_init(&arena);
    LEX_TRY(lex_reader_open(&reader, path, options, err));
    for (;;) {
        lex_record record;
        bool end = false;
        lex_arena_reset(&arena);
        LEX_TRY(lex_reader_next(reader, &record, &end, &arena, err));
        LEX_TRY(cli_check_interrupted(err));
        if (end)
            break;
        LEX_TRY(print_record(w, &record, err));
    }
done:
    lex_reader_close(reader);
    lex_arena_release(&arena);
    return st;
}

int cli_run_tokenize(const cli_options *options, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_model *model = NULL;
    cli_inputs inputs = {0};
    lex_reading *reading = NULL;
    work w = {.with_offsets = cli_option_flag(options, "offsets")};
    lex_tokens_init(&w.tokens);
    lex_tokens_init(&w.sequence);
    lex_buf_init(&w.line);
    LEX_TRY(cli_setup_terminal(options, false, err));
    LEX_TRY(cli_check_reader_options(options, err));
    reading = cli_reading_new(options, false);
    LEX_TRY(cli_inputs_take(&inputs, options, reading, err));
    LEX_TRY(lex_model_open(&model, cli_option_string(options, "model"), LEX_MODEL_TOKENIZER, err));
    LEX_TRY(lex_model_length(&w.max_length, model, cli_option_int_or_0(options, "max-length"), err));
    int normalize = cli_option_choice(options, "normalize"); /* auto, then in the order of lex_normalize_how */
    if (normalize > 0)
        lex_model_use_normalize(model, (lex_normalize_how)(normalize - 1));
    w.model = model;
    cli_detail_unknown(&model->unknown_settings);

    lex_reader_options reader = cli_reader_options(options, false, false, reading);
    reader = lex_reader_options_of_model(&reader, model);
    for (int64_t i = 0; i < inputs.files.n; i++)
        LEX_TRY(print_file(&w, inputs.files.items[i], &reader, err));
    cli_detail("%lld records, %lld of them longer than %lld tokens and cut", (long long)w.n_records,
               (long long)w.n_truncated, (long long)w.max_length);
done:
    lex_tokens_release(&w.tokens);
    lex_tokens_release(&w.sequence);
    lex_buf_release(&w.line);
    lex_model_free(model);
    lex_reading_free(reading);
    cli_inputs_release(&inputs);
    return (int)st;
}
