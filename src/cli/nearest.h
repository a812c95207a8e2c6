/* nearest.h - the word that was most likely meant. */
#ifndef LEXCLF_CLI_NEAREST_H
#define LEXCLF_CLI_NEAREST_H

#include "lexclf/memory.h"

/* How many insertions, deletions, replacements and swaps of neighbours lead from one word to the other. Words of more
 * than 64 bytes are infinitely far. */
int cli_distance(lex_str a, lex_str b);

/* A search over candidates, one after another. */
typedef struct {
    lex_str wanted;
    const char *best; /* NULL while nothing is near */
    int best_distance;
} cli_nearest;

void cli_nearest_start(cli_nearest *search, lex_str wanted);
/* `candidate` must outlive the search. The first of equally near ones stays. */
void cli_nearest_offer(cli_nearest *search, const char *candidate);

#endif
