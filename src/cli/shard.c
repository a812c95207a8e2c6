/* shard.c - "I/N", or the numbers that schedulers leave in the environment. */
#include "shard.h"

#include <stdlib.h>
#include <string.h>

enum { SHARDS_MAX = 1000000 };

bool cli_shard_parse(int64_t *shard, int64_t *n_shards, const char *text)
{
    const char *slash = strchr(text, '/');
    return slash && lex_parse_int64(shard, (lex_str){text, (size_t)(slash - text)}) &&
           lex_parse_int64(n_shards, lex_str_of(slash + 1)) && *shard >= 0 && *shard < *n_shards &&
           *n_shards <= SHARDS_MAX;
}

/* The number in a variable; `absent` where it is not there, unless that is negative. */
static lex_status read_variable(int64_t *out, const char *name, int64_t absent, lex_err *err)
{
    const char *text = getenv(name);
    *out = absent;
    if (!text && absent >= 0)
        return LEX_OK;
    if (!text)
        return lex_err_set(err, LEX_ERR_USAGE, "option '--shard auto': '%s' is not in the environment", name);
    if (!lex_parse_int64(out, lex_str_of(text)) || *out < 0 || *out > INT64_C(1) << 40)
        return lex_err_set(err, LEX_ERR_USAGE, "option '--shard auto': %s='%s' is not a number from 0", name, text);
    return LEX_OK;
}

static lex_status by_slurm(int64_t *shard, int64_t *n_shards, lex_err *err)
{
    lex_status st = LEX_OK;
    int64_t id, first, step;
    LEX_TRY(read_variable(&id, "SLURM_ARRAY_TASK_ID", -1, err));
    LEX_TRY(read_variable(n_shards, "SLURM_ARRAY_TASK_COUNT", -1, err));
    LEX_TRY(read_variable(&first, "SLURM_ARRAY_TASK_MIN", 0, err));
    LEX_TRY(read_variable(&step, "SLURM_ARRAY_TASK_STEP", 1, err));
    *shard = step > 0 ? (id - first) / step : -1;
    if (id < first || step < 1 || (id - first) % step != 0 || *shard >= *n_shards) {
        st = lex_err_set(err, LEX_ERR_USAGE, "option '--shard auto': task %lld is not one of %lld in a row from %lld",
                         (long long)id, (long long)*n_shards, (long long)first);
        lex_err_hint(err, "number the tasks without gaps, or say which part this is: --shard I/N");
    }
done:
    return st;
}

static lex_status by_kubernetes(int64_t *shard, int64_t *n_shards, lex_err *err)
{
    lex_status st = LEX_OK;
    LEX_TRY(read_variable(shard, "JOB_COMPLETION_INDEX", -1, err));
    LEX_TRY(read_variable(n_shards, "JOB_COMPLETIONS", -1, err));
    if (*shard >= *n_shards)
        st = lex_err_set(err, LEX_ERR_USAGE, "option '--shard auto': job %lld of %lld, counted from 0, is none",
                         (long long)*shard, (long long)*n_shards);
done:
    if (st != LEX_OK)
        lex_err_hint(err, "put the job's completions into JOB_COMPLETIONS, or say --shard $JOB_COMPLETION_INDEX/N");
    return st;
}

lex_status cli_shard_find(int64_t *shard, int64_t *n_shards, const char *text, lex_err *err)
{
    lex_status st;
    if (strcmp(text, "auto") != 0) {
        bool fine = cli_shard_parse(shard, n_shards, text);
        LEX_ASSERT(fine); /* the option's row has looked */
        return LEX_OK;
    }
    if (getenv("SLURM_ARRAY_TASK_ID"))
        st = by_slurm(shard, n_shards, err);
    else if (getenv("JOB_COMPLETION_INDEX"))
        st = by_kubernetes(shard, n_shards, err);
    else
        st = lex_err_set(err, LEX_ERR_USAGE, "option '--shard auto': neither SLURM_ARRAY_TASK_ID nor "
                         "JOB_COMPLETION_INDEX is in the environment");
    if (st == LEX_OK && *n_shards > SHARDS_MAX)
        st = lex_err_set(err, LEX_ERR_USAGE, "option '--shard auto': %lld parts are more than %d", (long long)*n_shards,
                         SHARDS_MAX);
    return st;
}
