/* recipes.c - values for options that go well together, under one name. What is said on the command line or in the
 * configuration file stands against a recipe; what a recipe does not name has the option's own default. */
#include <string.h>

#include "option_values.h"

typedef struct {
    const char *recipe, *option, *value;
} recipe_line;

/* classic: as BERT's authors fine-tune (Devlin et al. 2019), which is what the options' defaults say.
 * contracts: for small encoders that were trained as sentence encoders. models/README.md has what it reaches. */
static const recipe_line lines[] = {
    {"contracts", "pooling", "mean"},       {"contracts", "lr", "3e-4"},       {"contracts", "head-lr", "3e-3"},
    {"contracts", "batch-size", "32"},      {"contracts", "epochs", "8"},      {"contracts", "max-length", "256"},
    {"contracts", "class-weights", "auto"},
};

lex_status cli_recipe_apply(cli_options *options, const char *recipe, lex_err *err)
{
    lex_status st = LEX_OK;
    for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
        const cli_option *row = cli_option_find(options->verb->bit, lex_str_of(lines[i].option));
        if (strcmp(lines[i].recipe, recipe) == 0)
            LEX_TRY(cli_option_set_recipe(options, row, lines[i].value, err));
    }
done:
    return st;
}
