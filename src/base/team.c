/* team.c - a barrier, and threads that pass it once more between runs. */
#include "lexclf/team.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "lexclf/memory.h"

/* Looks before sleeping: some tens of microseconds, more than parts of equal size are apart. */
enum { LOOKS = 2000, THREADS_MAX = 256 };

struct lex_team;

typedef struct {
    struct lex_team *team;
    int index;
    pthread_t thread;
} member;

struct lex_team {
    member *members; /* the caller first */
    _Atomic int n;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    _Atomic int here;       /* at the barrier */
    _Atomic unsigned round; /* how often it has opened */
    _Atomic int asleep;
    void (*part)(void *context, int index); /* NULL: go home */
    void *context;
};

static void sleep_until_open(lex_team *team, unsigned round)
{
    pthread_mutex_lock(&team->mutex);
    atomic_fetch_add(&team->asleep, 1);
    while (atomic_load(&team->round) == round)
        pthread_cond_wait(&team->changed, &team->mutex);
    atomic_fetch_sub(&team->asleep, 1);
    pthread_mutex_unlock(&team->mutex);
}

void lex_team_meet(lex_team *team)
{
    const unsigned round = atomic_load(&team->round);
    if (atomic_fetch_add(&team->here, 1) + 1 < team->n) {
        for (int looks = 0; looks < LOOKS; looks++) {
            if (atomic_load(&team->round) != round)
                return;
            __builtin_ia32_pause();
        }
        sleep_until_open(team, round);
        return;
    }
    atomic_store(&team->here, 0);
    atomic_store(&team->round, round + 1);
    if (atomic_load(&team->asleep)) { /* who falls asleep later sees the new round before */
        pthread_mutex_lock(&team->mutex);
        pthread_cond_broadcast(&team->changed);
        pthread_mutex_unlock(&team->mutex);
    }
}

static void *work(void *argument)
{
    member *m = argument;
    for (;;) {
        lex_team_meet(m->team);
        if (!m->team->part)
            return NULL;
        m->team->part(m->team->context, m->index);
        lex_team_meet(m->team);
    }
}

lex_team *lex_team_new(int n_threads)
{
    const int wanted = n_threads < 1 ? 1 : n_threads > THREADS_MAX ? THREADS_MAX : n_threads;
    lex_team *team = lex_alloc_zeroed(1, sizeof *team);
    team->members = lex_alloc_zeroed((size_t)wanted, sizeof *team->members);
    pthread_mutex_init(&team->mutex, NULL);
    pthread_cond_init(&team->changed, NULL);
    sigset_t all, before; /* signals are the caller's */
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    team->n = wanted; /* none of them passes the barrier before the caller is there */
    int n = 1;
    for (; n < wanted; n++) {
        team->members[n] = (member){.team = team, .index = n};
        if (pthread_create(&team->members[n].thread, NULL, work, &team->members[n]) != 0)
            break;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    team->n = n;
    return team;
}

int lex_team_size(const lex_team *team)
{
    return team->n;
}

void lex_team_run(lex_team *team, void (*part)(void *context, int index), void *context)
{
    if (team->n == 1) {
        part(context, 0);
        return;
    }
    team->part = part;
    team->context = context;
    lex_team_meet(team);
    part(context, 0);
    lex_team_meet(team);
}

void lex_team_free(lex_team *team)
{
    if (!team)
        return;
    if (team->n > 1) {
        team->part = NULL;
        lex_team_meet(team);
    }
    for (int i = 1; i < team->n; i++)
        pthread_join(team->members[i].thread, NULL);
    pthread_mutex_destroy(&team->mutex);
    pthread_cond_destroy(&team->changed);
    free(team->members);
    free(team);
}
