/* verbs.c - the table of subcommands. */
#include "verbs.h"

#include <string.h>

#include "nearest.h"

const cli_verb cli_verbs[] = {
    {
        .bit = CLI_TRAIN,
        .name = "train",
        .summary = "fine-tune an encoder on labelled records and save a model folder",
        .usage = "{--encoder DIR | --kind linear} --train FILE [--dev FILE | --dev-fraction F] [--test FILE] --out DIR "
                 "[options]",
        .about = "Fine-tunes an encoder with a fresh classification head. After each epoch the model is judged on the "
                 "dev records; the best epoch is what --out holds in the end. Until then it stands in OUT.partial, "
                 "which is what an interrupted run leaves. With --kind linear it trains a support vector machine on n-grams "
                 "instead, for which --encoder and the options of its training have no meaning. --out that exists is refused without --overwrite.",
        .examples = "  lexclf train --encoder models/all-MiniLM-L6-v2 \\\n"
                    "      --train data/sample/train.csv --dev data/sample/dev.csv \\\n"
                    "      --out models/my-model\n"
                    "  lexclf train --encoder models/all-MiniLM-L6-v2 --train clauses.jsonl \\\n"
                    "      --text-column clause --label-column kind --epochs 8 --lr 1e-4 \\\n"
                    "      --out models/clauses\n"
                    "  lexclf train --kind linear --train clauses.csv --out models/linear\n"
                    "  lexclf train --config run.json --seed 2 --out models/seed-2\n",
        .max_files = 0,
        .run = cli_run_train,
    },
    {
        .bit = CLI_EVAL,
        .name = "eval",
        .summary = "judge a model by labelled records",
        .usage = "--model DIR --data FILE [--report FILE.json] [options]",
        .about = "Prints a table of precision, recall and F1 on standard error, by scikit-learn's definitions. --json "
                 "prints all numbers on standard output, --report writes them to a file. --baseline judges a second model by "
                 "the same records and shows the two side by side.",
        .examples = "  lexclf eval --model models/my-model --data data/sample/test.csv\n"
                    "  lexclf eval --model models/my-model --data jan.csv --data feb.csv \\\n"
                    "      --report report.json\n"
                    "  lexclf eval --model models/my-model --baseline models/linear \\\n"
                    "      --data test.csv\n"
                    "  lexclf eval --model models/my-model --data test.csv --json --quiet\n",
        .max_files = 0,
        .run = cli_run_eval,
    },
    {
        .bit = CLI_PREDICT,
        .name = "predict",
        .summary = "classify records: one line of JSON for each",
        .usage = "--model DIR [FILE... | - | --text STRING] [--out FILE] [options]",
        .about = "Answers one JSON line for each record, in the order of the input: the input's own fields, id, label "
                 "and score (many labels: labels and scores), n_tokens and truncated. A .txt file is one record. '-', "
                 "or no file at all, reads standard input, which needs --format.",
        .examples = "  lexclf predict --model models/my-model \\\n"
                    "      --text 'Tenant shall pay the rent on the first day of each month.'\n"
                    "  lexclf predict --model models/my-model clauses.csv --out answers.jsonl\n"
                    "  zcat big.jsonl.gz | lexclf predict --model models/my-model \\\n"
                    "      --format jsonl --no-passthrough - | head\n",
        .max_files = CLI_MANY_FILES,
        .run = cli_run_predict,
    },
    {
        .bit = CLI_TOKENIZE,
        .name = "tokenize",
        .summary = "print the token ids that the encoder sees",
        .usage = "--model DIR [FILE | -] [options]",
        .about = "Prints one JSON array of ids for each record, special tokens and truncation included. With --offsets "
                 "a line is {\"ids\":[...],\"offsets\":[[0,3],...]}, in bytes of the record's text. '-', or no file at "
                 "all, reads standard input, which needs --format. An encoder without a classification head will do.",
        .examples = "  lexclf tokenize --model models/all-MiniLM-L6-v2 clauses.csv\n"
                    "  echo 'Quiet enjoyment' | lexclf tokenize --offsets --format txt \\\n"
                    "      --model models/all-MiniLM-L6-v2 -\n",
        .max_files = 1,
        .run = cli_run_tokenize,
    },
};

const int cli_n_verbs = (int)(sizeof cli_verbs / sizeof *cli_verbs);

const cli_verb *cli_verb_find(const char *name)
{
    for (int i = 0; i < cli_n_verbs; i++) {
        if (strcmp(cli_verbs[i].name, name) == 0)
            return &cli_verbs[i];
    }
    return NULL;
}

const char *cli_verb_nearest(const char *name)
{
    cli_nearest search;
    cli_nearest_start(&search, lex_str_of(name));
    for (int i = 0; i < cli_n_verbs; i++)
        cli_nearest_offer(&search, cli_verbs[i].name);
    cli_nearest_offer(&search, "help");
    return search.best;
}
