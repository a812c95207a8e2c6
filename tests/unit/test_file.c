/* test_file.c - files and folders that appear whole or not at all, in a folder of the test's own. */
#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "lexclf/file.h"
#include "test_folder.h"

static void write_file(const char *name, const char *content)
{
    lex_err err = {0};
    if (!CHECK(lex_file_write(in_root(name), lex_str_of(content), &err) == LEX_OK))
        fprintf(stderr, "    %s\n", err.message);
}

/* What a file holds; "(missing)" when it cannot be read. */
static const char *content_of(const char *name)
{
    static char text[200];
    lex_err err = {0};
    lex_buf buf;
    lex_buf_init(&buf);
    if (lex_file_read(&buf, in_root(name), sizeof text - 1, &err) == LEX_OK)
        memcpy(text, buf.ptr, buf.len + 1);
    else
        strcpy(text, "(missing)");
    lex_buf_release(&buf);
    return text;
}

static int count_entries(const char *name)
{
    int n = 0;
    DIR *dir = opendir(in_root(name));
    for (struct dirent *entry; dir && (entry = readdir(dir)) != NULL;)
        n += strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0;
    if (dir)
        closedir(dir);
    return n;
}

static void make_dir(const char *name)
{
    lex_err err = {0};
    CHECK(lex_dir_make(in_root(name), &err) == LEX_OK);
}

static void test_paths(void)
{
    char *path = lex_path_join("a", "b");
    CHECK_STR(path, "a/b");
    free(path);
    path = lex_path_join("/", "b");
    CHECK_STR(path, "/b");
    free(path);
    path = lex_path_join("", "b");
    CHECK_STR(path, "b");
    free(path);
    path = lex_path_trimmed("a/b//");
    CHECK_STR(path, "a/b");
    free(path);
    path = lex_path_trimmed("///");
    CHECK_STR(path, "/");
    free(path);
    CHECK_STR(lex_path_base("a/b/c"), "c");
    CHECK_STR(lex_path_base("c"), "c");
    CHECK(lex_path_kind_of(root) == LEX_PATH_DIR && lex_path_kind_of("/dev/null") == LEX_PATH_OTHER);
    CHECK(lex_path_kind_of(in_root("nothing")) == LEX_PATH_MISSING);
}

static void test_read(void)
{
    lex_err err = {0};
    lex_buf buf;
    lex_map map;
    lex_buf_init(&buf);
    write_file("read", "twelve bytes");
    CHECK(lex_path_kind_of(in_root("read")) == LEX_PATH_FILE);
    CHECK(lex_file_read(&buf, in_root("read"), 12, &err) == LEX_OK && buf.len == 12);
    CHECK_STR(buf.ptr, "twelve bytes");
    CHECK(lex_file_read(&buf, in_root("read"), 11, &err) == LEX_ERR_INPUT && strstr(err.message, "12 bytes"));
    lex_err_clear(&err);
    CHECK(lex_file_read(&buf, in_root("nothing"), 100, &err) == LEX_ERR_INPUT && strstr(err.message, "no such file"));
    lex_err_clear(&err);
    CHECK(lex_file_read(&buf, in_root("read/below"), 100, &err) == LEX_ERR_INPUT);
    lex_err_clear(&err);
    CHECK(lex_file_read(&buf, root, 100, &err) == LEX_ERR_INPUT && strstr(err.message, "is a folder"));
    lex_err_clear(&err);
    CHECK(lex_file_read(&buf, "/dev/zero", 100, &err) == LEX_ERR_INPUT && strstr(err.message, "not a regular file"));
    lex_err_clear(&err);

    CHECK(lex_map_open(&map, in_root("read"), &err) == LEX_OK && map.len == 12);
    CHECK(map.ptr && memcmp(map.ptr, "twelve bytes", 12) == 0);
    lex_map_close(&map);
    lex_map_close(&map);
    write_file("empty", "");
    CHECK(lex_map_open(&map, in_root("empty"), &err) == LEX_OK && map.len == 0 && map.ptr == NULL);
    lex_map_close(&map);
    CHECK(lex_file_read(&buf, in_root("empty"), 0, &err) == LEX_OK && buf.len == 0);
    CHECK(lex_map_open(&map, root, &err) == LEX_ERR_INPUT);
    lex_buf_release(&buf);
}

static void test_outfile(void)
{
    lex_err err = {0};
    lex_outfile out;
    make_dir("out");
    write_file("out/a", "old");
    CHECK(lex_outfile_open(&out, in_root("out/a"), &err) == LEX_OK);
    CHECK(lex_outfile_write(&out, "new ", 4, &err) == LEX_OK && lex_outfile_write(&out, "text", 4, &err) == LEX_OK);
    CHECK_STR(content_of("out/a"), "old");
    CHECK(lex_outfile_commit(&out, &err) == LEX_OK);
    CHECK_STR(content_of("out/a"), "new text");
    lex_outfile_abort(&out); /* nothing to do any more */

    CHECK(lex_outfile_open(&out, in_root("out/a"), &err) == LEX_OK);
    CHECK(lex_outfile_write(&out, "half", 4, &err) == LEX_OK);
    lex_outfile_abort(&out);
    lex_outfile_abort(&out);
    CHECK_STR(content_of("out/a"), "new text");
    CHECK_INT(count_entries("out"), 1);

    /* The mode follows the umask; a link is followed and stays one. */
    struct stat st;
    mode_t mask = umask(027);
    write_file("out/mode", "x");
    umask(mask);
    CHECK(stat(in_root("out/mode"), &st) == 0 && (st.st_mode & 0777) == 0640);
    CHECK(symlink("a", in_root("out/link")) == 0);
    write_file("out/link", "through");
    CHECK_STR(content_of("out/a"), "through");
    CHECK(lstat(in_root("out/link"), &st) == 0 && S_ISLNK(st.st_mode));

    CHECK(lex_outfile_open(&out, in_root("out/none/b"), &err) == LEX_ERR_SYSTEM);
    CHECK(strstr(err.message, "out/none/b: cannot be written: No such file") != NULL);
    lex_err_clear(&err);
    CHECK(lex_file_write("/dev/null", LEX_STR("gone"), &err) == LEX_OK && lex_path_kind_of("/dev/null") == LEX_PATH_OTHER);
    CHECK_INT(count_entries("out"), 3);
}

/* A disk that is full, and a file that may not grow: a failure is told, the older file stays, nothing is left. */
static void test_full_disk(void)
{
    lex_err err = {0};
    struct rlimit was, limit;
    char large[4000];
    memset(large, 'x', sizeof large);
    if (lex_path_kind_of("/dev/full") == LEX_PATH_OTHER) {
        CHECK(lex_file_write("/dev/full", LEX_STR("text"), &err) == LEX_ERR_SYSTEM);
        CHECK(strstr(err.message, "/dev/full: writing failed: No space left on device") != NULL);
    }
    make_dir("full");
    write_file("full/a", "old");
    signal(SIGXFSZ, SIG_IGN);
    CHECK(getrlimit(RLIMIT_FSIZE, &was) == 0);
    limit = was;
    limit.rlim_cur = 1000;
    CHECK(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    lex_err_clear(&err);
    lex_status st = lex_file_write(in_root("full/a"), (lex_str){large, sizeof large}, &err);
    CHECK(setrlimit(RLIMIT_FSIZE, &was) == 0);
    CHECK_INT(st, LEX_ERR_SYSTEM);
    CHECK(strstr(err.message, "full/a: writing failed: File too large") != NULL);
    CHECK_STR(content_of("full/a"), "old");
    CHECK_INT(count_entries("full"), 1);
}

static void test_folders(void)
{
    lex_err err = {0};
    CHECK(lex_dir_make(in_root("d/e//f/"), &err) == LEX_OK && lex_path_kind_of(in_root("d/e/f")) == LEX_PATH_DIR);
    CHECK(lex_dir_make(in_root("d/e/f"), &err) == LEX_OK);
    write_file("d/file", "x");
    CHECK(lex_dir_make(in_root("d/file/g"), &err) == LEX_ERR_SYSTEM && strstr(err.message, "cannot be made"));
    lex_err_clear(&err);
    CHECK(lex_dir_make(in_root("d/file"), &err) == LEX_ERR_SYSTEM);
    lex_err_clear(&err);

    /* Links are removed, not followed. */
    make_dir("outside");
    write_file("outside/kept", "kept");
    CHECK(symlink(in_root("outside"), in_root("d/e/link")) == 0);
    write_file("d/e/f/deep", "x");
    CHECK(lex_path_remove(in_root("d"), &err) == LEX_OK && lex_path_kind_of(in_root("d")) == LEX_PATH_MISSING);
    CHECK_STR(content_of("outside/kept"), "kept");
    CHECK(lex_path_remove(in_root("d"), &err) == LEX_OK);
}

static void test_publish(void)
{
    lex_err err = {0};
    make_dir("p");
    make_dir("p/made");
    write_file("p/made/a", "one");
    CHECK(lex_dir_publish(in_root("p/made"), in_root("p/model"), &err) == LEX_OK);
    CHECK_STR(content_of("p/model/a"), "one");
    CHECK_INT(count_entries("p"), 1);

    make_dir("p/made");
    write_file("p/made/b", "two");
    CHECK(lex_dir_publish(in_root("p/made"), in_root("p/model"), &err) == LEX_OK);
    CHECK_STR(content_of("p/model/b"), "two");
    CHECK_STR(content_of("p/model/a"), "(missing)");
    CHECK_INT(count_entries("p"), 1);

    CHECK(lex_dir_publish(in_root("p/nothing"), in_root("p/model"), &err) == LEX_ERR_SYSTEM);
    CHECK(strstr(err.message, "p/model: cannot be put in place") != NULL);
    CHECK_STR(content_of("p/model/b"), "two");
    lex_err_clear(&err);
    CHECK(lex_dir_publish(in_root("p/model"), in_root("p/none/model"), &err) == LEX_ERR_SYSTEM);
    CHECK_STR(content_of("p/model/b"), "two");
}

int main(void)
{
    lex_err err = {0};
    const char *base = getenv("TMPDIR");
    snprintf(root, sizeof root, "%s/lexclf-test-file-XXXXXX", base && strlen(base) < 200 ? base : "/tmp");
    if (!mkdtemp(root)) {
        perror(root);
        return 1;
    }
    test_paths();
    test_read();
    test_outfile();
    test_full_disk();
    test_folders();
    test_publish();
    CHECK(lex_path_remove(root, &err) == LEX_OK);
    return check_report("file");
}
