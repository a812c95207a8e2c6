/* err.h - how every module of lexclf reports a failure.
 *
 * A fallible function returns a lex_status and takes a `lex_err *err` as its last parameter. The caller owns the
 * error (usually on its stack); it holds a code and one line of text, no heap memory and no global state. The place
 * that fails says why; each caller on the way up may add where, with lex_err_at(); the first cause wins.
 *
 * Messages are lower case, have no full stop, begin with the failure or its place, and put names in single quotes:
 * "train.csv:17: column 'label' is empty". A hint is one more line that says what to do.
 *
 *     static lex_status load(thing *out, const char *path, lex_err *err)
 *     {
 *         lex_status st = LEX_OK;
 *         LEX_TRY(open_it(out, path, err));
 *         LEX_TRY(check_it(out, err));
 *     done:
 *         if (st != LEX_OK)
 *             lex_err_at(err, "%s", path);
 *         return st;
 *     }
 */
#ifndef LEXCLF_ERR_H
#define LEXCLF_ERR_H

#ifdef __cplusplus
extern "C" {
#endif

/* The codes are the exit codes of the command line. */
typedef enum {
    LEX_OK = 0,
    LEX_ERR_USAGE = 2,         /* the caller asked for something that cannot be */
    LEX_ERR_INPUT = 3,         /* a data file, a model folder or a configuration is wrong */
    LEX_ERR_SYSTEM = 4,        /* the machine: libraries, memory, disk, device */
    LEX_ERR_INTERRUPTED = 130, /* the user stopped the work */
} lex_status;

typedef struct {
    lex_status code;
    char message[1000]; /* cut at a character boundary when longer */
    char hint[400];     /* empty, or one line that says what to do */
} lex_err;

#if defined(__GNUC__)
#define LEX_PRINTF(fmt, first) __attribute__((format(printf, fmt, first)))
#define LEX_MUST_CHECK __attribute__((warn_unused_result))
#else
#define LEX_PRINTF(fmt, first)
#define LEX_MUST_CHECK
#endif

/* Records a failure and returns `code`. Keeps an earlier cause if one is there. `err` may not be NULL. */
lex_status lex_err_set(lex_err *err, lex_status code, const char *format, ...) LEX_PRINTF(3, 4);

/* As lex_err_set with LEX_ERR_SYSTEM, adding the text of `errnum` (an errno value) after a colon. */
lex_status lex_err_errno(lex_err *err, int errnum, const char *format, ...) LEX_PRINTF(3, 4);

/* Puts "WHERE: " before the message of a failure that is already recorded. */
void lex_err_at(lex_err *err, const char *format, ...) LEX_PRINTF(2, 3);

/* Sets the hint unless one is there. */
void lex_err_hint(lex_err *err, const char *format, ...) LEX_PRINTF(2, 3);

/* Empties the error, for one that is used again. */
void lex_err_clear(lex_err *err);

/* Runs a fallible call inside a function that has `lex_status st` and a `done:` label. */
#define LEX_TRY(call)                                                                                                  \
    do {                                                                                                               \
        st = (call);                                                                                                   \
        if (st != LEX_OK)                                                                                              \
            goto done;                                                                                                 \
    } while (0)

/* A broken invariant of ours, not of the input: stops the process in every build. */
#define LEX_ASSERT(condition) ((condition) ? (void)0 : lex_assert_failed(#condition, __FILE__, __LINE__))
#if defined(__GNUC__)
__attribute__((noreturn))
#endif
void lex_assert_failed(const char *condition, const char *file, int line);

#ifdef __cplusplus
}
#endif
#endif
