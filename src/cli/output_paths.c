/* output_paths.c - an output must not replace what is read, nor another output. */
#include "output_paths.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "lexclf/file.h"

/* What a model folder lives by; a report beside them is welcome. */
static const char *const model_files[] = {
    "config.json", "model.safetensors", "lexclf.json", "tokenizer.json", "tokenizer_config.json", "vocab.txt",
    "special_tokens_map.json", "added_tokens.json", "vocab.json", "merges.txt", "sentencepiece.bpe.model", "spiece.model", "spm.model",
    "tokenizer.model",
};

/* The folder of a path with its links followed, and the last name: files that are not there yet compare by it. */
static char *place_of(const char *path)
{
    const char *base = lex_path_base(path);
    char *dir = base == path ? lex_strdup(".") : lex_strdup(path);
    if (base != path)
        dir[base - path] = '\0';
    char *real = realpath(dir, NULL);
    char *place = real ? lex_path_join(real, base) : NULL;
    free(real);
    free(dir);
    return place;
}

static bool same_output(const char *a, const char *b)
{
    if (lex_path_kind_of(a) == LEX_PATH_OTHER || lex_path_kind_of(b) == LEX_PATH_OTHER)
        return false;
    char *at = place_of(a), *bt = place_of(b);
    bool same = cli_is_same_path(a, b) || (at && bt && strcmp(at, bt) == 0);
    free(at);
    free(bt);
    return same;
}

static lex_status check_model_files(const cli_output *output, const char *dir, lex_err *err)
{
    for (size_t i = 0; i < sizeof model_files / sizeof *model_files; i++) {
        char *file = lex_path_join(dir, model_files[i]);
        bool same = same_output(output->path, file);
        free(file);
        if (same)
            return lex_err_set(err, LEX_ERR_USAGE, "option '--%s' would replace '%s' of the model in %s", output->option,
                               model_files[i], dir);
    }
    return LEX_OK;
}

static lex_status check_one(const cli_output *output, const char *const *inputs, int n_inputs,
                            const char *const *model_dirs, int n_dirs, lex_err *err)
{
    lex_status st = LEX_OK;
    char *place = NULL;
    for (int i = 0; i < n_inputs; i++)
        if (inputs[i])
            LEX_TRY(cli_check_output_file(output->option, output->path, &inputs[i], 1, err));
    LEX_TRY(cli_check_output_file(output->option, output->path, NULL, 0, err));
    for (int i = 0; i < n_dirs; i++)
        if (model_dirs[i])
            LEX_TRY(check_model_files(output, model_dirs[i], err));
    place = place_of(output->path);
    if (!place)
        st = lex_err_errno(err, ENOENT, "%s: cannot be written", output->path);
done:
    free(place);
    return st;
}

lex_status cli_check_outputs(const cli_output *outputs, int n_outputs, const char *const *inputs, int n_inputs,
                             const char *const *model_dirs, int n_dirs, lex_err *err)
{
    lex_status st = LEX_OK;
    for (int i = 0; i < n_outputs; i++) {
        if (!outputs[i].path)
            continue;
        LEX_TRY(check_one(&outputs[i], inputs, n_inputs, model_dirs, n_dirs, err));
        for (int k = 0; k < i; k++) {
            if (outputs[k].path && same_output(outputs[i].path, outputs[k].path)) {
                st = lex_err_set(err, LEX_ERR_USAGE, "options '--%s' and '--%s' name the same file '%s'", outputs[k].option,
                                 outputs[i].option, outputs[i].path);
                goto done;
            }
        }
    }
done:
    return st;
}
