/* process.c - standard streams, signals, and the end of memory. */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "lexclf/memory.h"

volatile sig_atomic_t lex_cli_interrupted;

static int null_fd = -1;

/* A second signal means it: the default action ends the process. */
static void on_signal(int number)
{
    int saved = errno;
    if (lex_cli_interrupted) {
        signal(number, SIG_DFL);
        raise(number);
    }
    lex_cli_interrupted = number;
    if (null_fd >= 0)
        dup2(null_fd, STDIN_FILENO);
    errno = saved;
}

/* A signal that the parent has set to be ignored stays so: a job in the background is not ended by Ctrl-C. */
static void catch_signal(int number)
{
    struct sigaction old, action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    if (sigaction(number, NULL, &old) == 0 && old.sa_handler != SIG_IGN)
        sigaction(number, &action, NULL);
}

/* Opened the wrong way round: reading or writing them fails, as it would have without. */
static void open_standard_streams(void)
{
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) == -1 && errno == EBADF && open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
            _exit(LEX_ERR_SYSTEM);
    }
}

static void on_out_of_memory(size_t wanted_bytes)
{
    char text[200]; /* nothing that takes memory */
    int n = snprintf(text, sizeof text, "lexclf: out of memory: %zu bytes cannot be had\n"
                     "  hint: try a smaller '--batch-tokens', '--max-length' or '--batch-size'\n", wanted_bytes);
    ssize_t written = write(STDERR_FILENO, text, (size_t)n);
    (void)written;
    _exit(LEX_ERR_SYSTEM);
}

void cli_process_setup(void)
{
    open_standard_streams();
    null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    lex_set_oom_handler(on_out_of_memory);
    signal(SIGPIPE, SIG_IGN); /* a closed pipe is seen where it is written to */
    signal(SIGXFSZ, SIG_IGN); /* and a limit on file sizes too */
    catch_signal(SIGINT);
    catch_signal(SIGTERM);
}

void cli_process_die_of_pipe(void)
{
    sigset_t pipe_signal;
    sigemptyset(&pipe_signal);
    sigaddset(&pipe_signal, SIGPIPE);
    signal(SIGPIPE, SIG_DFL);
    sigprocmask(SIG_UNBLOCK, &pipe_signal, NULL);
    raise(SIGPIPE);
    _exit(128 + SIGPIPE);
}
