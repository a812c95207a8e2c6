/* board.c - TensorBoard's event files: protocol buffers of our own making (varint, 32 and 64 bits, bytes: all that an
 * event needs) in TFRecords. Field numbers are those of tensorflow's event.proto, summary.proto and tensor.proto, and of
 * the plugins' plugin_data.proto; they do not change.
 *
 * Scalars are simple values, which every reader understands; precision and recall come as the plugin "pr_curves" wants
 * them, a tensor (6, thresholds), and text as the plugin "text" does. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "journal.h"
#include "lexclf/file.h"
#include "lexclf/hash.h"

enum { VARINT = 0, BITS_64 = 1, BYTES = 2, BITS_32 = 5 }; /* wire types */
enum { EVENT_WALL_TIME = 1, EVENT_STEP = 2, EVENT_FILE_VERSION = 3, EVENT_SUMMARY = 5, EVENT_SESSION_LOG = 7 };
enum { SUMMARY_VALUE = 1, VALUE_TAG = 1, VALUE_SIMPLE = 2, VALUE_TENSOR = 8, VALUE_METADATA = 9 };
enum { METADATA_PLUGIN = 1, METADATA_TITLE = 2, METADATA_CLASS = 4, PLUGIN_NAME = 1, PLUGIN_CONTENT = 2 };
enum { TENSOR_DTYPE = 1, TENSOR_SHAPE = 2, TENSOR_CONTENT = 4, TENSOR_STRING = 8, SHAPE_DIM = 2, DIM_SIZE = 1 };
enum { DT_FLOAT = 1, DT_STRING = 7, CLASS_TENSOR = 2, SESSION_STATUS = 1, SESSION_START = 1, N_COUNTS = 6 };
enum { PR_THRESHOLDS = 2, TRIES = 100 }; /* the version, 0, is a default, which is left out */

struct lex_board {
    char *path;
    int fd;
    double wall_time;
    int64_t step;
    lex_buf summary; /* of the event in the making */
    lex_buf out;
    bool restarts;
};

/* ---- protocol buffers ---- */

static void add_varint(lex_buf *out, uint64_t value)
{
    for (; value >= 0x80; value >>= 7)
        lex_buf_add_char(out, (char)(value | 0x80));
    lex_buf_add_char(out, (char)value);
}

static void add_key(lex_buf *out, int field, int wire_type)
{
    add_varint(out, (uint64_t)field << 3 | (uint64_t)wire_type);
}

/* The lowest n bytes, the lowest first. */
static void add_little(lex_buf *out, uint64_t bits, int n)
{
    for (int i = 0; i < n; i++)
        lex_buf_add_char(out, (char)(bits >> (8 * i) & 0xFF));
}

static void add_int(lex_buf *out, int field, int64_t value)
{
    add_key(out, field, VARINT);
    add_varint(out, (uint64_t)value);
}

static void add_bytes(lex_buf *out, int field, lex_str bytes)
{
    add_key(out, field, BYTES);
    add_varint(out, bytes.len);
    lex_buf_add_str(out, bytes);
}

static uint32_t bits_of(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static void add_double(lex_buf *out, int field, double value)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    add_key(out, field, BITS_64);
    add_little(out, bits, 8);
}

/* ---- records ---- */

static uint32_t masked_crc(const void *bytes, size_t len)
{
    uint32_t crc = lex_crc32c(bytes, len);
    return ((crc >> 15) | (crc << 17)) + 0xA282EAD8u;
}

void lex_board_frame(lex_buf *out, lex_str bytes)
{
    size_t start = out->len;
    add_little(out, bytes.len, 8);
    add_little(out, masked_crc(out->ptr + start, 8), 4);
    lex_buf_add_str(out, bytes);
    add_little(out, masked_crc(bytes.ptr, bytes.len), 4);
}

static void begin_event(lex_buf *event, double wall_time, int64_t step)
{
    add_double(event, EVENT_WALL_TIME, wall_time);
    if (step)
        add_int(event, EVENT_STEP, step);
}

void lex_board_record(lex_buf *out, lex_board *b)
{
    lex_buf event, session;
    lex_buf_init(&event);
    lex_buf_init(&session);
    begin_event(&event, b->wall_time, b->step);
    if (b->summary.len)
        add_bytes(&event, EVENT_SUMMARY, lex_buf_str(&b->summary));
    if (b->restarts) {
        add_int(&session, SESSION_STATUS, SESSION_START);
        add_bytes(&event, EVENT_SESSION_LOG, lex_buf_str(&session));
    }
    lex_board_frame(out, lex_buf_str(&event));
    lex_buf_release(&event);
    lex_buf_release(&session);
}

/* ---- events ---- */

void lex_board_begin(lex_board *board, double wall_time, int64_t step)
{
    board->wall_time = wall_time;
    board->step = step;
    board->restarts = false;
    lex_buf_clear(&board->summary);
}

void lex_board_restart(lex_board *board)
{
    board->restarts = true;
}

void lex_board_scalar(lex_board *board, const char *tag, double value)
{
    lex_buf one;
    lex_buf_init(&one);
    add_bytes(&one, VALUE_TAG, lex_str_of(tag));
    add_key(&one, VALUE_SIMPLE, BITS_32);
    add_little(&one, bits_of((float)value), 4);
    add_bytes(&board->summary, SUMMARY_VALUE, lex_buf_str(&one));
    lex_buf_release(&one);
}

/* A value of a plugin: its name, what it wants to know, and a tensor. */
static void add_value(lex_board *board, const char *tag, const char *title, const char *plugin, const lex_buf *content,
                      const lex_buf *tensor)
{
    lex_buf value, data, metadata;
    lex_buf_init(&value);
    lex_buf_init(&data);
    lex_buf_init(&metadata);
    add_bytes(&data, PLUGIN_NAME, lex_str_of(plugin));
    if (content->len)
        add_bytes(&data, PLUGIN_CONTENT, lex_buf_str(content));
    add_bytes(&metadata, METADATA_PLUGIN, lex_buf_str(&data));
    if (title)
        add_bytes(&metadata, METADATA_TITLE, lex_str_of(title));
    add_int(&metadata, METADATA_CLASS, CLASS_TENSOR);
    add_bytes(&value, VALUE_TAG, lex_str_of(tag));
    add_bytes(&value, VALUE_TENSOR, lex_buf_str(tensor));
    add_bytes(&value, VALUE_METADATA, lex_buf_str(&metadata));
    add_bytes(&board->summary, SUMMARY_VALUE, lex_buf_str(&value));
    lex_buf_release(&value);
    lex_buf_release(&data);
    lex_buf_release(&metadata);
}

static void begin_tensor(lex_buf *tensor, int dtype, int n_dims, const int64_t *sizes)
{
    lex_buf shape, dim;
    lex_buf_init(&shape);
    lex_buf_init(&dim);
    for (int i = 0; i < n_dims; i++) {
        lex_buf_clear(&dim);
        add_int(&dim, DIM_SIZE, sizes[i]);
        add_bytes(&shape, SHAPE_DIM, lex_buf_str(&dim));
    }
    add_int(tensor, TENSOR_DTYPE, dtype);
    add_bytes(tensor, TENSOR_SHAPE, lex_buf_str(&shape));
    lex_buf_release(&shape);
    lex_buf_release(&dim);
}

void lex_board_text(lex_board *board, const char *tag, lex_str text)
{
    lex_buf tensor, content;
    lex_buf_init(&tensor);
    lex_buf_init(&content);
    begin_tensor(&tensor, DT_STRING, 1, (int64_t[]){1});
    add_bytes(&tensor, TENSOR_STRING, text);
    add_value(board, tag, NULL, "text", &content, &tensor);
    lex_buf_release(&tensor);
    lex_buf_release(&content);
}

void lex_board_pr_curve(lex_board *board, const char *tag, const char *title, const float *counts, int n_thresholds)
{
    lex_buf tensor, content, values;
    lex_buf_init(&tensor);
    lex_buf_init(&content);
    lex_buf_init(&values);
    add_int(&content, PR_THRESHOLDS, n_thresholds);
    for (int i = 0; i < N_COUNTS * n_thresholds; i++)
        add_little(&values, bits_of(counts[i]), 4);
    begin_tensor(&tensor, DT_FLOAT, 2, (int64_t[]){N_COUNTS, n_thresholds});
    add_bytes(&tensor, TENSOR_CONTENT, lex_buf_str(&values));
    add_value(board, tag, title, "pr_curves", &content, &tensor);
    lex_buf_release(&tensor);
    lex_buf_release(&content);
    lex_buf_release(&values);
}

/* ---- the file ---- */

static lex_status write_out(lex_board *board, lex_err *err)
{
    int cause = lex_fd_write_all(board->fd, board->out.ptr, board->out.len);
    lex_buf_clear(&board->out);
    return cause ? lex_err_errno(err, cause, "%s: writing failed", board->path) : LEX_OK;
}

lex_status lex_board_end(lex_board *board, lex_err *err)
{
    lex_board_record(&board->out, board);
    return write_out(board, err);
}

/* The first event of every file names its format. */
static lex_status write_version(lex_board *board, lex_err *err)
{
    lex_buf event;
    lex_buf_init(&event);
    begin_event(&event, (double)time(NULL), 0);
    add_bytes(&event, EVENT_FILE_VERSION, LEX_STR("brain.Event:2"));
    lex_board_frame(&board->out, lex_buf_str(&event));
    lex_buf_release(&event);
    return write_out(board, err);
}

/* A name that none in the folder has: the reader takes files in the order of their names, by the seconds first. */
static lex_status create_file(lex_board *board, const char *dir, lex_err *err)
{
    char host[256] = "", name[400];
    gethostname(host, sizeof host - 1);
    for (int i = 0; i < TRIES && board->fd < 0; i++) {
        free(board->path);
        snprintf(name, sizeof name, "events.out.tfevents.%010lld.%s.%ld.%d", (long long)time(NULL),
                 host[0] && !strchr(host, '/') ? host : "lexclf", (long)getpid(), i);
        board->path = lex_path_join(dir, name);
        board->fd = open(board->path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0666);
        if (board->fd < 0 && errno != EEXIST)
            break;
    }
    return board->fd < 0 ? lex_err_errno(err, errno, "%s: cannot be written", board->path) : LEX_OK;
}

lex_status lex_board_open(lex_board **out, const char *dir, lex_err *err)
{
    lex_status st = LEX_OK;
    lex_board *board = lex_alloc_zeroed(1, sizeof *board);
    *out = NULL;
    board->fd = -1;
    lex_buf_init(&board->summary);
    lex_buf_init(&board->out);
    LEX_TRY(lex_dir_make(dir, err));
    LEX_TRY(create_file(board, dir, err));
    LEX_TRY(write_version(board, err));
    *out = board;
done:
    if (st != LEX_OK)
        lex_board_close(board);
    return st;
}

void lex_board_close(lex_board *board)
{
    if (!board)
        return;
    if (board->fd >= 0)
        close(board->fd);
    lex_buf_release(&board->summary);
    lex_buf_release(&board->out);
    free(board->path);
    free(board);
}
