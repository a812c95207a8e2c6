/* progress.h - what terminal.c tells the progress line. */
#ifndef LEXCLF_CLI_PROGRESS_H
#define LEXCLF_CLI_PROGRESS_H

#include <stdbool.h>

/* Between these two nobody else prints to stderr. */
void cli_terminal_lock(void);
void cli_terminal_unlock(void);
void cli_progress_enable(bool on);
void cli_progress_clear(void); /* takes the line away; the next update draws it again */

#endif
