/* profile.c - see profile.h. */
#include "lexclf/profile.h"

#include <stddef.h>
#include <time.h>

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

void lex_profile_begin(lex_profile *watch)
{
    if (watch)
        watch->at = now_ns();
}

void lex_profile_mark(lex_profile *watch, lex_stage stage)
{
    if (!watch)
        return;
    int64_t now = now_ns();
    watch->ns[stage] += now - watch->at;
    watch->at = now;
}

void lex_profile_add(lex_profile *sum, const lex_profile *from)
{
    for (int i = 0; sum && from && i < LEX_N_STAGES; i++)
        sum->ns[i] += from->ns[i];
}

const char *lex_stage_name(lex_stage stage)
{
    static const char *const names[LEX_N_STAGES] = {"load", "read",    "tokenize", "embed",  "linear", "attention",
                                                    "norm", "wait",    "head",     "margins",  "device", "write"};
    return names[stage];
}
