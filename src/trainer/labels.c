/* labels.c - which task the rows ask for, and the labels in model order: by code point, BINARY with the positive one
 * first. */
#include <stdlib.h>
#include <string.h>

#include "internal.h"

lex_status lex_label_count_wrong(const char *file, int64_t line, int64_t n_labels, lex_task task, lex_err *err)
{
    lex_err_set(err, LEX_ERR_INPUT, "%s:%lld: %lld labels, but task '%s' takes one a row", file, (long long)line,
                (long long)n_labels, lex_task_name(task));
    lex_err_hint(err, "use --task multi");
    return LEX_ERR_INPUT;
}

lex_status lex_check_label_counts(const lex_dataset *data, lex_task task, lex_err *err)
{
    for (int64_t i = 0; task != LEX_TASK_MULTI && i < data->n_examples; i++) {
        const lex_example *example = &data->examples[i];
        if (example->n_names != 1)
            return lex_label_count_wrong(lex_dataset_file(data, example), example->line, example->n_names, task, err);
    }
    return LEX_OK;
}

/* Puts the positive label first. */
static lex_status order_binary(lex_strings *labels, const char *positive, const char *path, lex_err *err)
{
    if (labels->n != 2) {
        lex_err_set(err, LEX_ERR_INPUT, "%s: task 'binary' takes two labels, the file has %lld", path,
                    (long long)labels->n);
        lex_err_hint(err, "use --task single");
        return LEX_ERR_INPUT;
    }
    int64_t found = positive ? lex_strings_find(labels, lex_str_of(positive)) : 1;
    if (found < 0)
        return lex_err_set(err, LEX_ERR_INPUT, "%s: no row has the positive label '%s' (found: '%s', '%s')", path,
                           positive, labels->items[0], labels->items[1]);
    if (found == 1) {
        char *kept = labels->items[0];
        labels->items[0] = labels->items[1];
        labels->items[1] = kept;
    }
    return LEX_OK;
}

lex_status lex_label_set_make(lex_label_set *out, const lex_train_options *options, const lex_name_table *names,
                              int64_t n_train_names, const lex_dataset *train, lex_err *err)
{
    lex_status st = LEX_OK;
    memset(out, 0, sizeof *out);
    out->task = options->task_auto ? (train->many_labels ? LEX_TASK_MULTI : LEX_TASK_SINGLE) : options->task;
    for (int64_t i = 0; i < n_train_names; i++)
        lex_strings_push(&out->labels, lex_str_of(names->names.items[i]));
    lex_strings_sort(&out->labels);
    LEX_TRY(lex_check_label_counts(train, out->task, err));
    if (out->labels.n < (out->task == LEX_TASK_MULTI ? 1 : 2)) {
        st = out->labels.n == 0
                 ? lex_err_set(err, LEX_ERR_INPUT, "%s: no row has a label", train->path)
                 : lex_err_set(err, LEX_ERR_INPUT, "%s: all %lld rows have the label '%s'; a classifier needs two",
                               train->path, (long long)train->n_examples, out->labels.items[0]);
        goto done;
    }
    if (out->task == LEX_TASK_BINARY)
        LEX_TRY(order_binary(&out->labels, options->positive_label, train->path, err));
    out->n_outputs = out->task == LEX_TASK_BINARY ? 1 : out->labels.n;
    out->to_label = lex_alloc_array((size_t)names->names.n, sizeof *out->to_label);
    lex_name_table order = {0};
    for (int64_t i = 0; i < out->labels.n; i++)
        lex_name_table_add(&order, lex_str_of(out->labels.items[i]));
    for (int64_t i = 0; i < names->names.n; i++) {
        int32_t label = lex_name_table_add(&order, lex_str_of(names->names.items[i]));
        out->to_label[i] = label < out->labels.n ? label : -1;
    }
    lex_name_table_release(&order);
done:
    if (st != LEX_OK)
        lex_label_set_release(out);
    return st;
}

void lex_label_set_release(lex_label_set *set)
{
    lex_strings_release(&set->labels);
    free(set->to_label);
    memset(set, 0, sizeof *set);
}
