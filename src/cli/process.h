/* process.h - what the process owes its surroundings: streams, signals, running out of memory. */
#ifndef LEXCLF_CLI_PROCESS_H
#define LEXCLF_CLI_PROCESS_H

#include <signal.h>

/* 0, or the signal (SIGINT, SIGTERM) that asked the work to end. Long work polls it, undoes what is half done and
 * returns LEX_ERR_INTERRUPTED; a second signal kills. Standard input ends at once when it comes, so that waiting for
 * it does too: whoever reads to the end must look here before taking the input for whole. */
extern volatile sig_atomic_t lex_cli_interrupted;

/* Opens 0, 1 and 2 if the parent closed them, so that no file of ours gets their numbers; sets the handlers. */
void cli_process_setup(void);

/* Ends as a filter does whose reader has gone: by SIGPIPE, quietly. Does not return. */
void cli_process_die_of_pipe(void);

#endif
