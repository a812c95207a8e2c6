/* test_folder.h - paths in a folder of the test's own. */
#ifndef LEXCLF_TESTS_FOLDER_H
#define LEXCLF_TESTS_FOLDER_H

#include <stdio.h>

static char root[300];

/* A path in the test's folder; valid until the fourth next call. */
static inline const char *in_root(const char *name)
{
    static char paths[4][400];
    static int next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", root, name);
    return path;
}

#endif
