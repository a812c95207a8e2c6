/* shard.h - which part of the input a process answers, by --shard or by the scheduler that started it. */
#ifndef LEXCLF_CLI_SHARD_H
#define LEXCLF_CLI_SHARD_H

#include "lexclf/memory.h"

/* "3/8": the fourth of eight. False when it is no such pair. */
bool cli_shard_parse(int64_t *shard, int64_t *n_shards, const char *text);

/* The same, or for "auto" what the environment says. A SLURM array may begin anywhere and go in steps
 * (SLURM_ARRAY_TASK_MIN, _STEP). An indexed job of Kubernetes knows its number alone; how many there are must be put
 * into JOB_COMPLETIONS. LEX_ERR_USAGE when neither is there or a number is missing or does not fit. */
lex_status cli_shard_find(int64_t *shard, int64_t *n_shards, const char *text, lex_err *err) LEX_MUST_CHECK;

#endif
