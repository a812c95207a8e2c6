/* profile_table.c - see profile_table.h. */
#include "profile_table.h"

#include "terminal.h"

static double seconds_of(const lex_profile *profile, int stage)
{
    return 1e-9 * (double)profile->ns[stage];
}

void cli_show_profile(const lex_profile *profile, double wall_s, int64_t tokens)
{
    double all = 0;
    for (int i = 0; i < LEX_N_STAGES; i++)
        all += seconds_of(profile, i);
    cli_table *table = cli_table_new("lrrr");
    cli_table_cell(table, "stage");
    cli_table_cell(table, "seconds");
    cli_table_cell(table, "share");
    cli_table_cell(table, "us/token");
    for (int i = 0; i < LEX_N_STAGES; i++) {
        if (profile->ns[i] == 0)
            continue;
        cli_table_cell(table, "%s", lex_stage_name((lex_stage)i));
        cli_table_cell(table, "%.3f", seconds_of(profile, i));
        cli_table_cell(table, "%.1f %%", all > 0 ? 100 * seconds_of(profile, i) / all : 0);
        cli_table_cell(table, "%.2f", tokens > 0 ? 1e6 * seconds_of(profile, i) / (double)tokens : 0);
    }
    cli_table_cell(table, "all threads");
    cli_table_cell(table, "%.3f", all);
    cli_table_cell(table, "100.0 %%");
    cli_table_cell(table, "%.2f", tokens > 0 ? 1e6 * all / (double)tokens : 0);
    lex_buf text;
    lex_buf_init(&text);
    cli_table_print(&text, table);
    lex_buf_printf(&text, "%.3f s from start to end, %.0f tokens/s\n", wall_s, wall_s > 0 ? (double)tokens / wall_s : 0);
    cli_show(lex_buf_str(&text));
    lex_buf_release(&text);
    cli_table_free(table);
}

lex_json *cli_profile_json(const lex_profile *profile, double wall_s)
{
    lex_json *object = lex_json_new_object();
    for (int i = 0; i < LEX_N_STAGES; i++)
        if (profile->ns[i])
            lex_json_put_number(object, lex_stage_name((lex_stage)i), seconds_of(profile, i));
    lex_json_put_number(object, "wall", wall_s);
    return object;
}
