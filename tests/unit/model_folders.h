/* model_folders.h - model folders in a folder of the test's own, which main() makes with mkdtemp(scratch). */
#ifndef LEXCLF_TESTS_MODEL_FOLDERS_H
#define LEXCLF_TESTS_MODEL_FOLDERS_H

#include "lexclf/file.h"
#include "tiny_bert.h"

enum { PATH_BYTES = 300 };

static char scratch[] = "/tmp/lexclf-test-XXXXXX";

/* A file of model folder `dir`, or the folder itself for "". */
static inline const char *at(const char *dir, const char *name)
{
    static char paths[4][PATH_BYTES]; /* the last four stay whole */
    static int next;
    next = (next + 1) % 4;
    snprintf(paths[next], PATH_BYTES, "%s/%s%s%s", scratch, dir, name[0] ? "/" : "", name);
    return paths[next];
}

static inline void put(const char *dir, const char *name, const char *text)
{
    lex_err err = {.code = LEX_OK};
    stop_on(lex_file_write(at(dir, name), lex_str_of(text), &err), &err);
}

#endif
