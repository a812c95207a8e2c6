/* terminal.h - everything that is printed. stdout is data, stderr is for people.
 *
 * Messages go to stderr as "lexclf: ..."; control characters in them are shown as \x1b, so that a file name or a label
 * cannot play with the terminal. The progress line, if there is one, is cleared before anything else is printed and
 * drawn again by its next update. There is one terminal, so its state is the module's own. Messages and
 * progress may come from several threads, data from one at a time.
 */
#ifndef LEXCLF_CLI_TERMINAL_H
#define LEXCLF_CLI_TERMINAL_H

#include "lexclf/memory.h"

typedef enum { CLI_QUIET, CLI_NORMAL, CLI_VERBOSE } cli_level;
typedef enum { CLI_PROGRESS_AUTO, CLI_PROGRESS_ALWAYS, CLI_PROGRESS_NEVER } cli_progress_mode;

/* AUTO: a progress line where stderr is a terminal. QUIET has none. */
void cli_terminal_setup(cli_level level, cli_progress_mode progress);

/* ---- messages ---- */
void cli_print_error(const lex_err *err);                    /* message and hint; always shown */
void cli_warn(const char *format, ...) LEX_PRINTF(1, 2);     /* "lexclf: warning: ..."; always shown */
void cli_note(const char *format, ...) LEX_PRINTF(1, 2);     /* unless --quiet */
void cli_detail(const char *format, ...) LEX_PRINTF(1, 2);   /* with --verbose */
/* Whole lines for people, a table say, as they are; unless --quiet. */
void cli_show(lex_str lines);

/* ---- data ---- */
/* Writes to stdout through a buffer. LEX_ERR_SYSTEM when it cannot be written. */
lex_status cli_stdout_write(const void *bytes, size_t len, lex_err *err) LEX_MUST_CHECK;
lex_status cli_stdout_flush(lex_err *err) LEX_MUST_CHECK;
/* Whether the reader of the pipe has gone, which is no failure. */
bool cli_stdout_is_closed(void);

/* ---- progress ---- */
/* One line: what, done/total, tokens per second, time left. total 0: not known. */
void cli_progress_begin(const char *what, int64_t total);
/* Totals since begin; redraws at most ten times a second. */
void cli_progress_update(int64_t done, int64_t tokens);
void cli_progress_end(void);

/* ---- columns ---- */
/* How many columns the text takes on a terminal: wide East Asian characters two, combining ones none. */
int64_t cli_width(lex_str text);

typedef struct cli_table cli_table;
/* `alignment`: one letter a column, 'l' or 'r'. */
cli_table *cli_table_new(const char *alignment);
void cli_table_free(cli_table *table);
/* The next cell, row by row. */
void cli_table_cell(cli_table *table, const char *format, ...) LEX_PRINTF(2, 3);
/* The same for a name as it stands, of which at most `columns` are shown: the end of a longer one becomes an ellipsis. */
void cli_table_cut_cell(cli_table *table, lex_str name, int64_t columns);
/* Adds the rows as lines, two blanks between columns, none at the end. */
void cli_table_print(lex_buf *out, const cli_table *table);

/* Adds `text` with its control characters (but for line break and tab) written as \x1b. */
void cli_add_printable(lex_buf *out, lex_str text);

#endif
