/* profile_table.h - where the time of a run went, for people and for scripts. */
#ifndef LEXCLF_CLI_PROFILE_TABLE_H
#define LEXCLF_CLI_PROFILE_TABLE_H

#include "lexclf/json.h"
#include "lexclf/profile.h"

/* A table on stderr of the stages that took any time; wall_s and tokens are those of the whole run. */
void cli_show_profile(const lex_profile *profile, double wall_s, int64_t tokens);
/* {"load": seconds, "read": ..., "wall": ...} */
lex_json *cli_profile_json(const lex_profile *profile, double wall_s);

#endif
