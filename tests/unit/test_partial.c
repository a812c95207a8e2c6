/* test_partial.c - a file that a later run goes on with: every state that a kill can leave, and what is refused. */
#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "lexclf/file.h"
#include "lexclf/partial.h"
#include "test_folder.h"

static void put(const char *name, const char *content)
{
    lex_err err = {0};
    CHECK(lex_file_write(in_root(name), lex_str_of(content), &err) == LEX_OK);
}

static const char *content_of(const char *name)
{
    static char text[500];
    lex_err err = {0};
    lex_buf buf;
    lex_buf_init(&buf);
    bool fine = lex_file_read(&buf, in_root(name), sizeof text - 1, &err) == LEX_OK;
    snprintf(text, sizeof text, "%s", fine ? buf.ptr : "(missing)");
    lex_buf_release(&buf);
    return text;
}

static int count_entries(void)
{
    int n = 0;
    DIR *dir = opendir(root);
    for (struct dirent *entry; dir && (entry = readdir(dir)) != NULL;)
        n += entry->d_name[0] != '.';
    if (dir)
        closedir(dir);
    return n;
}

static void clear(void)
{
    static const char *const names[] = {"out", "out.partial", "out.partial.state", "out.partial.state.next", "link"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        unlink(in_root(names[i]));
}

static lex_partial *opened(const char *name)
{
    lex_partial *p = NULL;
    lex_err err = {0};
    if (!CHECK(lex_partial_open(&p, in_root(name), &err) == LEX_OK))
        fprintf(stderr, "    %s\n", err.message);
    return p;
}

static void refused(lex_status code, const char *part)
{
    lex_partial *p = NULL;
    lex_err err = {0};
    CHECK_INT(lex_partial_open(&p, in_root("out"), &err), code);
    CHECK(p == NULL);
    if (!CHECK(strstr(err.message, part) != NULL))
        fprintf(stderr, "    %s\n", err.message);
}

static void write_text(lex_partial *p, const char *text)
{
    lex_err err = {0};
    CHECK(lex_partial_write(p, text, strlen(text), &err) == LEX_OK);
}

static void checkpoint(lex_partial *p, int number)
{
    lex_err err = {0};
    lex_json *state = lex_json_new_object();
    lex_json_put_number(state, "at", number);
    CHECK(lex_partial_checkpoint(p, lex_partial_written(p), state, &err) == LEX_OK);
    lex_json_free(state);
}

static int64_t state_at(const lex_partial *p)
{
    return (int64_t)lex_json_number(lex_json_get(lex_partial_state(p), "at"), -1);
}

static void commit(lex_partial *p, const char *prefix)
{
    lex_err err = {0};
    CHECK(lex_partial_commit(p, lex_str_of(prefix), &err) == LEX_OK);
}

static lex_partial *begun(const char *name)
{
    lex_err err = {0};
    lex_partial *p = opened(name);
    CHECK(lex_partial_begin(p, &err) == LEX_OK);
    return p;
}

static void test_in_one_go(void)
{
    put("out", "older");
    unlink(in_root("out"));
    lex_partial *p = begun("out");
    CHECK(!lex_partial_is_complete(p) && lex_partial_state(p) == NULL);
    write_text(p, "one");
    checkpoint(p, 1);
    write_text(p, "two");
    commit(p, "");
    lex_partial_close(p);
    CHECK_STR(content_of("out"), "onetwo");
    CHECK_INT(count_entries(), 1);
    p = opened("out");
    CHECK(lex_partial_is_complete(p));
    lex_partial_close(p);
    CHECK_INT(count_entries(), 1);
    clear();
}

/* What no checkpoint counts is cut off, whatever it is; an older file stands until the end. */
static void test_continued(void)
{
    lex_partial *p = begun("out");
    put("out", "older");
    write_text(p, "one");
    checkpoint(p, 1);
    write_text(p, "two");
    lex_partial_close(p);
    CHECK_STR(content_of("out.partial"), "onetwo");
    put("out.partial.state.next", "{\"byt"); /* a kill while the state was written */
    p = opened("out");
    CHECK(!lex_partial_is_complete(p));
    CHECK_INT(state_at(p), 1);
    CHECK_STR(content_of("out.partial"), "onetwo");
    lex_err err = {0};
    CHECK(lex_partial_begin(p, &err) == LEX_OK);
    CHECK_STR(content_of("out.partial"), "one");
    write_text(p, "2");
    checkpoint(p, 2);
    lex_partial_close(p);
    CHECK_STR(content_of("out"), "older");
    p = begun("out");
    CHECK_INT(state_at(p), 2);
    CHECK_INT(lex_partial_written(p), 4);
    write_text(p, "3");
    commit(p, "\xEF\xBB\xBF");
    lex_partial_close(p);
    CHECK_STR(content_of("out"), "\xEF\xBB\xBF" "one23");
    CHECK_INT(count_entries(), 1);
    clear();
}

/* A checkpoint may count less than was written. */
static void test_counts_less(void)
{
    lex_err err = {0};
    lex_json *state = lex_json_new_object();
    lex_partial *p = begun("out");
    write_text(p, "one");
    int64_t n = lex_partial_written(p);
    write_text(p, "half");
    CHECK(lex_partial_checkpoint(p, n, state, &err) == LEX_OK);
    lex_json_free(state);
    lex_partial_close(p);
    p = begun("out");
    write_text(p, "whole");
    commit(p, "");
    lex_partial_close(p);
    CHECK_STR(content_of("out"), "onewhole");
    clear();
}

static void test_nothing_kept(void)
{
    lex_partial *p = opened("out");
    lex_partial_close(p);
    CHECK_INT(count_entries(), 0);
    p = begun("out");
    checkpoint(p, 0);
    write_text(p, "one");
    lex_partial_close(p);
    CHECK_INT(count_entries(), 0);
    lex_partial_close(NULL);
}

/* The last two steps of a run are the rename and the end of the state. */
static void test_killed_at_the_end(void)
{
    put("out", "whole");
    put("out.partial.state", "{\"bytes\": 5, \"state\": {}}");
    lex_partial *p = opened("out");
    CHECK(lex_partial_is_complete(p));
    lex_partial_close(p);
    CHECK_INT(count_entries(), 1);
    put("out.partial.state", "somebody's notes");
    p = opened("out");
    CHECK(lex_partial_is_complete(p));
    lex_partial_close(p);
    CHECK_STR(content_of("out.partial.state"), "somebody's notes");
    clear();
}

static void test_refused(void)
{
    put("out.partial", "somebody's notes");
    refused(LEX_ERR_USAGE, "not of a run that can be continued");
    CHECK_STR(content_of("out.partial"), "somebody's notes");
    put("out.partial.state", "{\"bytes\": 4}");
    refused(LEX_ERR_INPUT, "cannot be read as a state");
    put("out.partial.state", "{\"bytes\": 4, \"sta");
    refused(LEX_ERR_INPUT, "cannot be read as a state");
    put("out.partial.state", "{\"bytes\": 17, \"state\": {}}");
    refused(LEX_ERR_INPUT, "counts more bytes than are there");
    CHECK_STR(content_of("out.partial"), "somebody's notes");
    clear();
    mkdir(in_root("out"), 0777);
    refused(LEX_ERR_USAGE, "is no regular file");
    rmdir(in_root("out"));
    mkfifo(in_root("out"), 0666);
    refused(LEX_ERR_USAGE, "is no regular file");
    clear();
    CHECK_INT(count_entries(), 0);
}

static void test_locked(void)
{
    lex_partial *p = begun("out");
    write_text(p, "one");
    checkpoint(p, 1);
    refused(LEX_ERR_SYSTEM, "another run is writing it");
    CHECK_STR(content_of("out.partial"), "one");
    lex_partial_close(p);
    p = opened("out");
    lex_partial_close(p);
    clear();
}

static void test_through_a_link(void)
{
    put("out", "older");
    CHECK(symlink("out", in_root("link")) == 0);
    unlink(in_root("out"));
    put("out", "older");
    put("out.partial", "");
    lex_partial *p = begun("link");
    write_text(p, "new");
    commit(p, "");
    lex_partial_close(p);
    CHECK_STR(content_of("out"), "new");
    struct stat info;
    CHECK(lstat(in_root("link"), &info) == 0 && S_ISLNK(info.st_mode));
    clear();
}

int main(void)
{
    snprintf(root, sizeof root, "%s/lexclf-partial-XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    if (!mkdtemp(root))
        return 1;
    test_in_one_go();
    test_continued();
    test_counts_less();
    test_nothing_kept();
    test_killed_at_the_end();
    test_refused();
    test_locked();
    test_through_a_link();
    rmdir(root);
    return check_report("partial");
}
