/* test_journal.c - the logs of a run: CRC-32C by RFC 3720's examples, TensorBoard's records byte for byte as its own
 * writer makes them (golden/board), metrics.jsonl cut back to a checkpoint whatever a kill has left of it. */
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "lexclf/file.h"
#include "lexclf/hash.h"
#include "trainer/journal.h"

static char scratch[] = "/tmp/lexclf-test-XXXXXX";

static void stop_on(lex_status st, const lex_err *err)
{
    if (st != LEX_OK) {
        fprintf(stderr, "stopped: %s\n", err->message);
        exit(1);
    }
}

/* ---- checksums ---- */

/* RFC 3720, appendix B.4. */
static void test_crc(void)
{
    unsigned char bytes[48] = {0};
    CHECK_INT(lex_crc32c(bytes, 32), 0x8A9136AA);
    memset(bytes, 0xFF, 32);
    CHECK_INT(lex_crc32c(bytes, 32), 0x62A8AB43);
    for (int i = 0; i < 32; i++)
        bytes[i] = (unsigned char)i;
    CHECK_INT(lex_crc32c(bytes, 32), 0x46DD794E);
    for (int i = 0; i < 32; i++)
        bytes[i] = (unsigned char)(31 - i);
    CHECK_INT(lex_crc32c(bytes, 32), 0x113FDB5C);
    static const unsigned char read[48] = {1, 0xC0, [16] = 0x14, [22] = 4, [27] = 0x14, [31] = 0x18, [32] = 0x28, [40] = 2};
    CHECK_INT(lex_crc32c(read, 48), 0xD9963A56);
    CHECK_INT(lex_crc32c("", 0), 0);
}

/* ---- event files ---- */

/* The record of that name in golden/board/events.txt is what the board has made. */
static void check_record(lex_board *board, const char *name)
{
    lex_err err = {0};
    lex_buf golden, made, line;
    lex_buf_init(&golden);
    lex_buf_init(&made);
    lex_buf_init(&line);
    stop_on(lex_file_read(&golden, LEX_TESTS_DIR "/golden/board/events.txt", 1 << 20, &err), &err);
    lex_board_record(&made, board);
    lex_buf_printf(&line, "%s ", name);
    for (size_t i = 0; i < made.len; i++)
        lex_buf_printf(&line, "%02x", (unsigned)(unsigned char)made.ptr[i]);
    lex_buf_add_char(&line, '\n');
    if (!CHECK(strstr(golden.ptr, line.ptr) != NULL))
        fprintf(stderr, "    made %s", line.ptr);
    lex_buf_release(&golden);
    lex_buf_release(&made);
    lex_buf_release(&line);
}

static void test_board(void)
{
    lex_err err = {0};
    lex_board *board = NULL, *other = NULL;
    float counts[18];
    char dir[100];
    snprintf(dir, sizeof dir, "%s/board/of/it", scratch);
    stop_on(lex_board_open(&board, dir, &err), &err);
    lex_board_begin(board, 1700000000.25, 300);
    lex_board_scalar(board, "train/loss", 0.1);
    lex_board_scalar(board, "train/lr", 3e-4);
    check_record(board, "scalars");
    lex_board_begin(board, 1700000000.25, 7);
    lex_board_restart(board);
    check_record(board, "restart");
    lex_board_begin(board, 1700000000.25, 0);
    lex_board_text(board, "options", LEX_STR("| lr | `3e-4` |\n| Größe | 租 |"));
    check_record(board, "text");
    for (int i = 0; i < 18; i++)
        counts[i] = (float)i / 8;
    lex_board_begin(board, 1700000000.25, 70000);
    lex_board_pr_curve(board, "dev_pr/RENT", "RENT", counts, 3);
    check_record(board, "curve");
    stop_on(lex_board_end(board, &err), &err);
    stop_on(lex_board_open(&other, dir, &err), &err); /* in the same second, beside it */
    lex_board_close(other);
    lex_board_close(board);
    snprintf(dir, sizeof dir, "%s/file", scratch);
    stop_on(lex_file_write(dir, LEX_STR("x"), &err), &err);
    CHECK_INT(lex_board_open(&board, dir, &err), LEX_ERR_SYSTEM);
}

/* ---- metrics.jsonl ---- */

static char path[100];

static void is(const char *wanted)
{
    lex_err err = {0};
    lex_buf content;
    lex_buf_init(&content);
    stop_on(lex_file_read(&content, path, 1 << 20, &err), &err);
    CHECK_STR(content.ptr, wanted);
    lex_buf_release(&content);
}

static void add(lex_journal *journal, const char *line)
{
    lex_err err = {0};
    CHECK_INT(lex_journal_add(journal, lex_str_of(line), &err), LEX_OK);
}

#define STEP_1 "{\"step\":1,\"epoch\":1,\"loss\":2.5}"
#define STEP_2 "{\"step\":2,\"epoch\":1,\"loss\":null}"
#define EPOCH_1 "{\"epoch\":1,\"train_loss\":2.5,\"step\":2}"
#define STEP_3 "{\"step\":3,\"epoch\":2,\"loss\":1}"

/* What is left of `content` after so many steps and whole epochs. */
static void check_cut(const char *content, int64_t step, int64_t epochs, const char *wanted)
{
    lex_err err = {0};
    stop_on(lex_file_write(path, lex_str_of(content), &err), &err);
    lex_journal *journal = lex_journal_new(path);
    stop_on(lex_journal_continue(journal, step, epochs, &err), &err);
    is(wanted);
    lex_journal_free(journal);
}

static void test_cut(void)
{
    static const char whole[] = STEP_1 "\n" STEP_2 "\n" EPOCH_1 "\n" STEP_3 "\n";
    check_cut(whole, 3, 1, whole);
    check_cut(whole, 2, 1, STEP_1 "\n" STEP_2 "\n" EPOCH_1 "\n");
    /* a checkpoint between the epoch's last step and its judgement: it will be judged again */
    check_cut(whole, 2, 0, STEP_1 "\n" STEP_2 "\n");
    check_cut(whole, 1, 0, STEP_1 "\n");
    check_cut(whole, 0, 0, "");
    check_cut(STEP_1 "\n{\"step\":2,\"epo", 2, 0, STEP_1 "\n");
    check_cut(STEP_1 "\n" STEP_2, 2, 0, STEP_1 "\n"); /* its line break is not there: it was being written */
    check_cut(STEP_1 "\n\n" STEP_2 "\n", 2, 0, STEP_1 "\n");
    check_cut("no JSON\n" STEP_2 "\n", 2, 0, "");
    check_cut("", 2, 0, "");
}

static void test_lines(void)
{
    lex_err err = {0};
    lex_journal *journal = lex_journal_new(path);
    char dir[100];
    add(journal, STEP_1); /* waits for the file */
    stop_on(lex_journal_begin(journal, &err), &err);
    is(STEP_1 "\n");
    add(journal, STEP_2);
    CHECK_INT(lex_journal_sync(journal, &err), LEX_OK);
    is(STEP_1 "\n" STEP_2 "\n");
    snprintf(dir, sizeof dir, "%s/copy", scratch);
    stop_on(lex_dir_make(dir, &err), &err);
    stop_on(lex_journal_copy(journal, dir, &err), &err);
    lex_journal_free(journal);
    snprintf(path, sizeof path, "%s/copy/%s", scratch, LEX_JOURNAL_FILE);
    is(STEP_1 "\n" STEP_2 "\n");

    snprintf(path, sizeof path, "%s/nowhere/%s", scratch, LEX_JOURNAL_FILE);
    journal = lex_journal_new(path);
    CHECK_INT(lex_journal_begin(journal, &err), LEX_ERR_SYSTEM);
    add(journal, STEP_1); /* still waits */
    snprintf(dir, sizeof dir, "%s/nowhere", scratch);
    lex_err_clear(&err);
    stop_on(lex_dir_make(dir, &err), &err);
    CHECK_INT(lex_journal_continue(journal, 5, 0, &err), LEX_OK);
    is(STEP_1 "\n");
    lex_journal_free(journal);
}

int main(void)
{
    lex_err err = {0};
    if (!mkdtemp(scratch))
        return 1;
    snprintf(path, sizeof path, "%s/%s", scratch, LEX_JOURNAL_FILE);
    test_crc();
    test_board();
    test_cut();
    test_lines();
    CHECK_INT(lex_path_remove(scratch, &err), LEX_OK);
    return check_report("journal");
}
