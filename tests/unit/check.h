/* check.h - the whole test framework: checks that count failures, and a report that is the exit code.
 *
 *     int main(void)
 *     {
 *         CHECK_INT(1 + 1, 2);
 *         return check_report("sums");
 *     }
 */
#ifndef LEXCLF_TESTS_CHECK_H
#define LEXCLF_TESTS_CHECK_H

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static long check_n, check_n_failed;

static inline bool check_note(bool fine, const char *file, int line, const char *what)
{
    check_n++;
    if (!fine) {
        check_n_failed++;
        fprintf(stderr, "%s:%d: failed: %s\n", file, line, what);
    }
    return fine;
}

static inline bool check_int(long long got, long long want, const char *file, int line, const char *what)
{
    bool fine = check_note(got == want, file, line, what);
    if (!fine)
        fprintf(stderr, "    got %lld, expected %lld\n", got, want);
    return fine;
}

static inline bool check_str(const char *got, const char *want, const char *file, int line, const char *what)
{
    bool fine = check_note(got && want ? strcmp(got, want) == 0 : got == want, file, line, what);
    if (!fine)
        fprintf(stderr, "    got      '%s'\n    expected '%s'\n", got ? got : "(null)", want ? want : "(null)");
    return fine;
}

static inline bool check_near(double got, double want, double tolerance, const char *file, int line, const char *what)
{
    bool fine = check_note(fabs(got - want) <= tolerance, file, line, what); /* NaN fails */
    if (!fine)
        fprintf(stderr, "    got %.17g, expected %.17g within %g\n", got, want, tolerance);
    return fine;
}

#define CHECK(condition) check_note((condition), __FILE__, __LINE__, #condition)
#define CHECK_INT(got, want) check_int((long long)(got), (long long)(want), __FILE__, __LINE__, #got)
#define CHECK_STR(got, want) check_str((got), (want), __FILE__, __LINE__, #got)
#define CHECK_NEAR(got, want, tolerance) check_near((got), (want), (tolerance), __FILE__, __LINE__, #got)

static inline int check_report(const char *name)
{
    printf("%s: %ld checks, %ld failed\n", name, check_n, check_n_failed);
    return check_n_failed || !check_n;
}

#endif
