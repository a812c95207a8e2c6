/* machine.c - what this process may use of the machine: processors (affinity, cgroup quota, OMP_NUM_THREADS), memory, and the clock. */
#include "lexclf/file.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

/* Processors granted by a cgroup v2 CPU quota, or `limit` where there is none. Rounded up: half a CPU is one. */
static int cgroup_limit(int limit)
{
    FILE *file = fopen("/sys/fs/cgroup/cpu.max", "re");
    if (!file)
        return limit;
    long long quota = 0, period = 0;
    if (fscanf(file, "%lld %lld", &quota, &period) == 2 && quota > 0 && period > 0) {
        long long cpus = (quota + period - 1) / period;
        if (cpus < limit)
            limit = (int)cpus;
    }
    fclose(file);
    return limit;
}

/* What OMP_NUM_THREADS says, a number or a list that begins with one; `limit` where it says nothing, or more. */
static int environment_limit(int limit)
{
    const char *text = getenv("OMP_NUM_THREADS");
    char *end = NULL;
    long n = text ? strtol(text, &end, 10) : 0;
    bool is_number = text && end != text && (*end == '\0' || *end == ',');
    return is_number && n > 0 && n < limit ? (int)n : limit;
}

int lex_cpu_count(void)
{
    cpu_set_t set;
    int n = 1;
    if (sched_getaffinity(0, sizeof set, &set) == 0)
        n = CPU_COUNT(&set);
    n = environment_limit(cgroup_limit(n));
    return n < 1 ? 1 : n;
}

double lex_now_s(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

int64_t lex_peak_memory(void)
{
    struct rusage usage;
    return getrusage(RUSAGE_SELF, &usage) == 0 ? (int64_t)usage.ru_maxrss * 1024 : 0;
}
