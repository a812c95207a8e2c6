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
                 "which is what an interrupted run leaves. With --kind linear it trains a support vector machine on "
                 "n-grams instead, for which --encoder and the options of its training have no meaning. --out that exists is refused without --overwrite.",
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
        .usage = "--model DIR --data FILE [--report FILE.json] [--require 'macro_f1>=0.82']... [options]",
        .about = "Prints a table of precision, recall and F1 on standard error, by scikit-learn's definitions. --json "
                 "prints all numbers on standard output, --report writes them to a file, --html makes a page of them. "
                 "--compare judges another model, such as a linear one, by the same records, and shows the two side by side. "
                 "--require and --max-drop are gates for CI: where one is not met, all outputs are written, it is named, "
                 "and the exit code is 1.",
        .examples = "  lexclf eval --model models/my-model --data data/sample/test.csv\n"
                    "  lexclf eval --model models/my-model --data jan.csv --data feb.csv \\\n"
                    "      --report report.json\n"
                    "  lexclf eval --model models/my-model --data test.csv --json --quiet\n"
                    "  lexclf eval --model models/my-model --data test.csv --compare models/linear\n"
                    "  lexclf eval --model models/my-model --data test.csv --html report.html \\\n"
                    "      --errors errors.jsonl\n"
                    "  lexclf eval --model models/new --data test.csv --compare models/old \\\n"
                    "      --require 'macro_f1>=0.82' --max-drop macro_f1=0.01 --junit gates.xml\n",
        .max_files = 0,
        .run = cli_run_eval,
    },
    {
        .bit = CLI_PREDICT,
        .name = "predict",
        .summary = "classify records: a line of JSON or a row of CSV for each",
        .usage = "--model DIR [FILE... | FOLDER... | - | --text STRING] [--out FILE] [options]",
        .about = "Answers one JSON line, or row of a table, for each record, in the order of the input: the input's "
                 "own fields, id, label and score (many labels: labels and scores), n_tokens and truncated. A .txt "
                 "file is one record, a folder all files below it; with several files each answer names its source. "
                 "'-', or no file at all, reads standard input, which needs --format. Records are answered in blocks "
                 "of 512, however slowly they come; one by one with --latency.",
        .examples = "  lexclf predict --model models/my-model \\\n"
                    "      --text 'Tenant shall pay the rent on the first day of each month.'\n"
                    "  lexclf predict --model models/my-model clauses.csv --out answers.csv\n"
                    "  lexclf predict --model models/my-model big.jsonl --out answers.jsonl --resume\n"
                    "  zcat big.jsonl.gz | lexclf predict --model models/my-model \\\n"
                    "      --format jsonl --no-passthrough - | head\n",
        .max_files = CLI_MANY_FILES,
        .run = cli_run_predict,
    },
    {
        .bit = CLI_CALIBRATE,
        .name = "calibrate",
        .summary = "fit a model's probabilities and thresholds to new records",
        .usage = "--model DIR --data FILE [--out DIR] [options]",
        .about = "Fits the temperature, by which a model's outputs are divided so that a probability means how often "
                 "it is right, and the thresholds from which on labels are given, on labelled records that the model "
                 "was not trained on. Weights stay. In place only lexclf.json is written; with --out, a copy of the "
                 "folder. What is said of before and after is on these same records.",
        .examples = "  lexclf calibrate --model models/my-model --data newer.csv\n"
                    "  lexclf calibrate --model models/my-model --data newer.jsonl \\\n"
                    "      --tune-thresholds recall@0.9 --out models/strict\n",
        .max_files = 0,
        .run = cli_run_calibrate,
    },
    {
        .bit = CLI_QUANTIZE,
        .name = "quantize",
        .summary = "make a small, fast copy of a model: weights in int8 or bf16",
        .usage = "--model DIR --data FILE --out DIR [--dtype int8|bf16] [--max-drop 0.003] [options]",
        .about = "Rounds an encoder's weights to 8-bit integers, which a model of a quarter of the size computes with, or to "
                 "bfloat16, half of it. Judges both models by labelled records that it was not trained on: in fp32, and the "
                 "new folder as it will answer. Where macro F1 falls by more than --max-drop, the blocks whose rounding "
                 "changes the outputs of a sample of the records most are kept in bf16 (of a bf16 folder: fp32), one after "
                 "another, at most a tenth of all weights; if that does not help, nothing is written, and the exit code is 1. "
                 "The new folder answers wherever a model does, in int8 unless --dtype says otherwise; it cannot be trained "
                 "further, and transformers does not find the weights of one in int8.",
        .examples = "  lexclf quantize --model models/my-model --data dev.csv --out models/small\n"
                    "  lexclf quantize --model models/my-model --data dev.csv --out models/half \\\n"
                    "      --dtype bf16 --json\n",
        .max_files = 0,
        .run = cli_run_quantize,
    },
    {
        .bit = CLI_TOKENIZE,
        .name = "tokenize",
        .summary = "print the token ids that the encoder sees",
        .usage = "--model DIR [FILE... | FOLDER... | -] [options]",
        .about = "Prints one JSON array of ids for each record, special tokens and truncation included. With --offsets "
                 "a line is {\"ids\":[...],\"offsets\":[[0,3],...]}, in bytes of the record's text. '-', or no file at "
                 "all, reads standard input, which needs --format. An encoder without a classification head will do.",
        .examples = "  lexclf tokenize --model models/all-MiniLM-L6-v2 clauses.csv\n"
                    "  echo 'Quiet enjoyment' | lexclf tokenize --offsets --format txt \\\n"
                    "      --model models/all-MiniLM-L6-v2 -\n",
        .max_files = CLI_MANY_FILES,
        .run = cli_run_tokenize,
    },
    {
        .bit = CLI_INSPECT,
        .name = "inspect",
        .summary = "tell what a model folder is, and whether train and predict would take it",
        .usage = "DIR [options]",
        .about = "Prints what the folder holds: the encoder's family and sizes, parameters, files of weights and their types, "
                 "tokenizer, head, labels and thresholds, how it was trained if lexclf did it, and what is missing or not "
                 "supported. It takes the folder as train and predict would, up to the last check before anything is "
                 "computed, and executes nothing that is in it. Exits 0 if one of the two would take it, else 3. Needs no "
                 "libtorch.",
        .examples = "  lexclf inspect models/all-MiniLM-L6-v2\n"
                    "  lexclf inspect --json models/my-model | jq .head.labels\n",
        .max_files = 1,
        .run = cli_run_inspect,
    },
    {
        .bit = CLI_LINT,
        .name = "lint",
        .summary = "look for mistakes in data: leaks, duplicates, labels, lengths, encoding",
        .usage = "[FILE... | FOLDER... | -] [--train FILE] [--dev FILE] [--test FILE] [--model DIR | --encoder DIR] [options]",
        .about = "Reads labelled or unlabelled files and prints what a model would suffer from, each finding with its "
                 "level (error, warning, note), a code, places and what to do. With --train, --dev and --test it looks "
                 "for rows that leak from one into another; files without a role are one set. With a model or an "
                 "encoder, lengths are in its tokens, and what its vocabulary lacks is told; otherwise they are in "
                 "words. Two texts are duplicates when they are equal after white space is folded, and near "
                 "duplicates when of their sets of three consecutive words (ASCII in lower case, without punctuation; "
                 "a Chinese character is a word) at least the share --near is common (MinHash finds, the Jaccard index "
                 "decides). Bad rows are told and passed over. A file is taken for labelled when its first row has a label column; a stream always is. "
                 "Exits 0, whatever is found, unless --strict says otherwise. Needs no libtorch.",
        .examples = "  lexclf lint --train train.csv --dev dev.csv --test test.csv \\\n"
                    "      --encoder models/all-MiniLM-L6-v2 --max-length 256\n"
                    "  lexclf lint --strict=error --json new-rows.jsonl >report.json\n"
                    "  some-export | lexclf lint --format csv --unlabelled -\n",
        .max_files = CLI_MANY_FILES,
        .run = cli_run_lint,
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
