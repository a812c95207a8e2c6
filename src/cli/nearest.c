/* nearest.c - edit distance in its restricted form (Damerau, 1964: a swap of neighbours is one mistake), and a limit
 * beyond which a suggestion would be a riddle. */
#include "nearest.h"

#include <limits.h>

enum { WORD_MAX = 64 };

static int least(int a, int b, int c)
{
    int low = a < b ? a : b;
    return low < c ? low : c;
}

int cli_distance(lex_str a, lex_str b)
{
    if (a.len > WORD_MAX || b.len > WORD_MAX)
        return INT_MAX;
    int d[WORD_MAX + 1][WORD_MAX + 1];
    int m = (int)a.len, n = (int)b.len;
    for (int i = 0; i <= m; i++)
        d[i][0] = i;
    for (int j = 0; j <= n; j++)
        d[0][j] = j;
    for (int i = 1; i <= m; i++) {
        for (int j = 1; j <= n; j++) {
            int replaced = d[i - 1][j - 1] + (a.ptr[i - 1] != b.ptr[j - 1]);
            d[i][j] = least(d[i - 1][j] + 1, d[i][j - 1] + 1, replaced);
            bool swapped = i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] && a.ptr[i - 2] == b.ptr[j - 1];
            if (swapped && d[i - 2][j - 2] + 1 < d[i][j])
                d[i][j] = d[i - 2][j - 2] + 1;
        }
    }
    return d[m][n];
}

void cli_nearest_start(cli_nearest *search, lex_str wanted)
{
    search->wanted = wanted;
    search->best = NULL;
    search->best_distance = INT_MAX;
}

void cli_nearest_offer(cli_nearest *search, const char *candidate)
{
    lex_str word = lex_str_of(candidate);
    int distance = cli_distance(search->wanted, word);
    size_t longer = word.len > search->wanted.len ? word.len : search->wanted.len;
    int limit = 1 + (int)longer / 3;
    bool begins_it = search->wanted.len >= 3 && lex_str_starts(word, search->wanted); /* --batch for --batch-size */
    if (begins_it)
        distance = 1;
    if (distance <= limit && distance < search->best_distance) {
        search->best = candidate;
        search->best_distance = distance;
    }
}
