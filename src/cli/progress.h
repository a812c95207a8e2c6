/* progress.h - what terminal.c tells the progress line. */
#ifndef LEXCLF_CLI_PROGRESS_H
#define LEXCLF_CLI_PROGRESS_H

#include <stdbool.h>

void cli_progress_enable(bool on);
void cli_progress_clear(void); /* takes the line away; the next update draws it again */
/* Around cli_progress_clear() and what is printed after it: several threads may have something to say. */
void cli_progress_hold(void);
void cli_progress_let_go(void);

#endif
