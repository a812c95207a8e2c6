/* team.h - threads that do one thing together, in step: each has its part, and all wait for each other where they say so.
 *
 * For work of a millisecond that many can share. Who waits first looks again and again for some microseconds and then sleeps,
 * so that a thread that the system has put aside is waited for without burning its processor.
 *
 *     lex_team *team = lex_team_new(4);
 *     lex_team_run(team, part_of, &context);     // part_of(context, 0) ... part_of(context, 3), at once
 *     lex_team_free(team);
 *
 * and in part_of(): lex_team_meet(team) returns when all have called it.
 */
#ifndef LEXCLF_TEAM_H
#define LEXCLF_TEAM_H

#ifdef __cplusplus
extern "C" {
#endif

typedef struct lex_team lex_team;

/* n threads at most, the caller's counted in; with fewer where no more can be started. */
lex_team *lex_team_new(int n_threads);
void lex_team_free(lex_team *team);
int lex_team_size(const lex_team *team);

/* Runs `part` in every thread of the team, the caller's with index 0; returns when all have returned. One run at a time. */
void lex_team_run(lex_team *team, void (*part)(void *context, int index), void *context);
/* For all parts of a run: nobody goes on before all are here. What was written before it is seen after it. */
void lex_team_meet(lex_team *team);

#ifdef __cplusplus
}
#endif
#endif
