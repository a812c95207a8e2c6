/* cmd_tokenize.c - the ids that the encoder sees, one line a record. Needs no libtorch and no weights. */
#include "cmd.h"
#include "lexclf/file.h"
#include "lexclf/predictor.h"
#include "profile_table.h"
#include "verbs.h"

/* What one record after another needs. */
typedef struct {
    const lex_model *model;
    int64_t max_length;
    bool with_offsets;
    lex_tokens tokens, sequence;
    lex_buf line;
    int64_t n_records, n_tokens, n_truncated;
    lex_profile profile, *watch; /* that, or NULL */
    double begin_s;
} work;

static void add_ids(lex_buf *line, const lex_tokens *sequence)
{
    lex_buf_add_char(line, '[');
    for (int64_t i = 0; i < sequence->n; i++) {
        if (i)
            lex_buf_add_char(line, ',');
        lex_buf_add_int(line, sequence->items[i].id);
    }
    lex_buf_add_char(line, ']');
}

static void add_offsets(lex_buf *line, const lex_tokens *sequence)
{
    lex_buf_add_char(line, '[');
    for (int64_t i = 0; i < sequence->n; i++) {
        lex_buf_add_str(line, i ? LEX_STR(",[") : LEX_STR("["));
        lex_buf_add_int(line, sequence->items[i].begin);
        lex_buf_add_char(line, ',');
        lex_buf_add_int(line, sequence->items[i].end);
        lex_buf_add_char(line, ']');
    }
    lex_buf_add_char(line, ']');
}

static lex_status print_record(work *w, const lex_record *record, lex_err *err)
{
    lex_tokenizer_encode(w->model->tokenizer, record->text, &w->tokens);
    w->n_truncated += lex_tokenizer_frame(w->model->tokenizer, &w->tokens, w->max_length, &w->sequence);
    w->n_records++;
    w->n_tokens += w->sequence.n;
    lex_profile_mark(w->watch, LEX_STAGE_TOKENIZE);
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
    lex_status st = cli_stdout_write(w->line.ptr, w->line.len, err);
    lex_profile_mark(w->watch, LEX_STAGE_WRITE);
    return st;
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
        lex_profile_mark(w->watch, LEX_STAGE_READ);
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
    work w = {.with_offsets = cli_option_flag(options, "offsets"), .begin_s = lex_now_s()};
    if (cli_option_flag(options, "profile"))
        w.watch = &w.profile;
    lex_profile_begin(w.watch);
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

    lex_profile_mark(w.watch, LEX_STAGE_LOAD);
    lex_reader_options reader = cli_reader_options(options, false, false, reading);
    reader = lex_reader_options_of_model(&reader, model);
    for (int64_t i = 0; i < inputs.files.n; i++)
        LEX_TRY(print_file(&w, inputs.files.items[i], &reader, err));
    cli_detail("%lld records, %lld of them longer than %lld tokens and cut", (long long)w.n_records,
               (long long)w.n_truncated, (long long)w.max_length);
    if (w.watch)
        cli_show_profile(w.watch, lex_now_s() - w.begin_s, w.n_tokens);
done:
    lex_tokens_release(&w.tokens);
    lex_tokens_release(&w.sequence);
    lex_buf_release(&w.line);
    lex_model_free(model);
    lex_reading_free(reading);
    cli_inputs_release(&inputs);
    return (int)st;
}
