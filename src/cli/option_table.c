/* option_table.c - the options, one row each, in the order of the help. To add one: add its row, and read it in the
 * cmd_NAME.c of the verbs that take it. A row that no run function reads has no place here. */
#include <stddef.h>
#include <string.h>

#include "lexclf/text.h"
#include "lexclf/trainer.h"
#include "lexclf/tuning.h"
#include "options.h"
#include "shard.h"

static bool is_not_empty(const char *value)
{
    return value[0] != '\0';
}

static bool is_delimiter(const char *value)
{
    return lex_delimiter_parse(value) != 0;
}

static bool is_name_list(const char *value)
{
    return lex_names_split(NULL, value);
}

static bool is_metric(const char *value)
{
    static const lex_metrics none;
    double number;
    return strcmp(value, LEX_METRIC_LAST) == 0 || lex_metrics_by_name(&number, &none, lex_str_of(value));
}

/* "0.4" or "Governing Law=0.4"; whether the model has the label is seen later. */
static bool is_threshold(const char *value)
{
    const char *equals = strrchr(value, '=');
    double number;
    return equals != value && lex_parse_double(&number, lex_str_of(equals ? equals + 1 : value)) && number >= 0 &&
           number <= 1;
}

static bool is_shard(const char *value)
{
    int64_t shard, n_shards;
    return strcmp(value, "auto") == 0 || cli_shard_parse(&shard, &n_shards, value);
}

static bool is_class_weights(const char *value)
{
    double power;
    return cli_parse_class_weights(&power, value) || cli_is_class_weights_file(value);
}

static bool is_augment(const char *value)
{
    double mask, drop, swap;
    return cli_parse_augment(&mask, &drop, &swap, value);
}

static bool is_pos_weight(const char *value)
{
    double number;
    return strcmp(value, "auto") == 0 || strcmp(value, "off") == 0 ||
           (lex_parse_double(&number, lex_str_of(value)) && number >= 0.01 && number <= 1000);
}

static bool is_threshold_rule(const char *value)
{
    lex_threshold_rule rule;
    return lex_threshold_rule_parse(&rule, lex_str_of(value));
}

/* auto, cpu, cuda, cuda:N */
static bool is_device(const char *value)
{
    int64_t index;
    if (strncmp(value, "cuda:", 5) == 0)
        return strspn(value + 5, "0123456789") == strlen(value + 5) &&
               lex_parse_int64(&index, lex_str_of(value + 5)) && index < 1024;
    return strcmp(value, "auto") == 0 || strcmp(value, "cpu") == 0 || strcmp(value, "cuda") == 0;
}

/* "1-3" or "off" */
static bool is_ngrams(const char *value)
{
    int low, high;
    return cli_parse_ngrams(&low, &high, value);
}

enum {
    TR = CLI_TRAIN,
    EV = CLI_EVAL,
    PR = CLI_PREDICT,
    TO = CLI_TOKENIZE,
    LI = CLI_LINT,
    CA = CLI_CALIBRATE,
    IN = CLI_INSPECT,
    READS = CLI_ALL & ~CLI_INSPECT, /* those that read records */
    QU = CLI_QUANTIZE,
    RUNS = CLI_TRAIN | CLI_EVAL | CLI_PREDICT | CLI_CALIBRATE | CLI_QUANTIZE, /* those that compute */
};

#define METRIC_NAMES "accuracy, loss, ece, aupr_macro, aupr_micro, roc_auc_macro, precision_at_recall_80_ or _90_ with " \
    "macro or micro, or micro_, macro_ or weighted_ with precision, recall or f1"

#define THRESHOLD_RULES "f1, precision@R, recall@P (R, P above 0, up to 1) or off"

/* clang-format off */
/* What trains a linear model, too. */
#define BESIDE_ENCODER {"fuse-linear", "distill-linear"}

const cli_option cli_option_rows[] = {
    /* ---- data ---- */
    {.name = "train", .type = CLI_STRING, .verbs = TR, .group = CLI_DATA, .value = "FILE", .required = true,
     .check = is_not_empty, .help = "the labelled records to learn from"},
    {.name = "dev", .type = CLI_STRING, .verbs = TR, .group = CLI_DATA, .value = "FILE", .check = is_not_empty,
     .help = "the records that choose the best epoch; linear: that set the temperature",
     .absent = "a part of --train is held out"},
    {.name = "dev-fraction", .type = CLI_DOUBLE, .verbs = TR, .group = CLI_DATA, .value = "F", .initial = "0.1",
     .low = 0, .high = 0.9, .help = "how much of --train is held out where there is no --dev: label by label, chosen "
     "by --seed; 0 trains on all of it"},
    {.name = "test", .type = CLI_STRING, .verbs = TR, .group = CLI_DATA, .value = "FILE", .check = is_not_empty,
     .help = "records to judge the finished model by"},
    {.name = "data", .type = CLI_STRINGS, .verbs = EV, .group = CLI_DATA, .value = "FILE", .required = true,
     .check = is_not_empty, .help = "labelled records to judge the model by"},
    {.name = "data", .type = CLI_STRINGS, .verbs = CA | QU, .group = CLI_DATA, .value = "FILE", .required = true,
     .check = is_not_empty, .help = "labelled records to fit it to, better not those that the model was trained on"},
    {.name = "train", .type = CLI_STRINGS, .verbs = LI, .group = CLI_DATA, .value = "FILE", .check = is_not_empty,
     .help = "the records that a model is to learn from"},
    {.name = "dev", .type = CLI_STRINGS, .verbs = LI, .group = CLI_DATA, .value = "FILE", .check = is_not_empty,
     .help = "the records that choose the best epoch"},
    {.name = "test", .type = CLI_STRINGS, .verbs = LI, .group = CLI_DATA, .value = "FILE", .check = is_not_empty,
     .help = "the records that judge the finished model"},
    {.name = "text", .type = CLI_STRING, .verbs = PR, .group = CLI_DATA, .value = "STRING",
     .help = "classify this text instead of files"},
    {.name = "format", .type = CLI_CHOICE, .verbs = TR | EV | CA | QU, .group = CLI_DATA, .value = "auto|csv|tsv|jsonl",
     .initial = "auto", .help = "what the files hold; auto goes by the extension"},
    {.name = "format", .type = CLI_CHOICE, .verbs = PR | TO | LI, .group = CLI_DATA,
     .value = "auto|csv|tsv|jsonl|txt",
     .initial = "auto", .help = "what the input holds; auto goes by the extension, so standard input needs it"},
    {.name = "encoding", .type = CLI_STRING, .verbs = READS, .group = CLI_DATA, .value = "NAME",
     .check = lex_encoding_known, .expected = "an encoding that this system knows (iconv --list)",
     .help = "what the bytes of the files mean: UTF-8, UTF-16LE, GB18030, windows-1252 ...", .absent = "by byte order "
     "mark; else UTF-8 if every byte is valid, else GB18030"},
    {.name = "delimiter", .type = CLI_STRING, .verbs = READS, .group = CLI_DATA, .value = "C|tab",
     .check = is_delimiter, .expected = "one ASCII character or the word tab", .help = "what stands between the fields "
     "of CSV", .absent = "that of , ; tab | with which the columns are found"},
    {.name = "no-header", .type = CLI_FLAG, .verbs = READS, .group = CLI_DATA, .help = "the first row of CSV is a "
     "record like the others; columns go by number, and are called column1, column2, ... in answers"},
    {.name = "text-column", .type = CLI_STRINGS, .verbs = TR, .group = CLI_DATA, .value = "NAME",
     .check = is_not_empty, .help = "the column of the text, by name or by number from 1; several are joined by "
     "a line break", .absent = "text"},
    {.name = "text-column", .type = CLI_STRINGS, .verbs = EV | PR | TO | LI | CA | QU, .group = CLI_DATA, .value = "NAME",
     .check = is_not_empty, .help = "the column of the text, by name or by number from 1; several are joined by "
     "a line break", .absent = "as the model was trained, else text"},
    {.name = "label-column", .type = CLI_STRING, .verbs = TR | EV | LI | CA | QU, .group = CLI_DATA, .value = "NAME",
     .check = is_not_empty, .help = "the column of the label", .absent = "label, and in JSON lines also labels"},
    {.name = "label-separator", .type = CLI_STRING, .verbs = TR | EV | LI | CA | QU, .group = CLI_DATA, .value = "S",
     .check = is_not_empty, .help = "the label column holds any number of labels with this between them, ';' say; "
     "spaces around each do not count", .absent = "as the model was trained"},
    {.name = "label-columns", .type = CLI_STRINGS, .verbs = TR | EV | LI | CA | QU, .group = CLI_DATA, .value = "A,B,C",
     .check = is_name_list, .expected = "names between commas; one that holds a comma in double quotes",
     .help = "each label is a column of 0 and 1 of its own name", .absent = "as the model was trained, where the file "
     "has them"},
    {.name = "unlabelled", .type = CLI_FLAG, .verbs = LI, .group = CLI_DATA,
     .help = "do not look for labels in any of the files"},
    {.name = "id-column", .type = CLI_STRING, .verbs = RUNS | LI, .group = CLI_DATA, .value = "NAME",
     .check = is_not_empty, .help = "the column that tells records apart; it need not be there", .absent = "id"},

    {.name = "skip-bad-rows", .type = CLI_FLAG, .verbs = RUNS, .group = CLI_DATA,
     .help = "leave out rows that cannot "
     "be read, count them, name the first ten and go on; without it the first one ends the run"},

    /* ---- model ---- */
    {.name = "kind", .type = CLI_CHOICE, .verbs = TR, .group = CLI_MODEL, .value = "encoder|linear",
     .initial = "encoder", .help = "encoder: fine-tune --encoder; linear: a classifier of n-grams, trained in seconds, "
     "to see what an encoder must beat"},
    {.name = "encoder", .type = CLI_STRING, .verbs = TR, .kind = "encoder", .group = CLI_MODEL, .value = "DIR",
     .required = true,
     .check = is_not_empty, .help = "the encoder to start from, a Hugging Face folder"},
    {.name = "model", .letter = 'm', .type = CLI_STRING, .verbs = EV | PR | TO | CA | QU, .group = CLI_MODEL, .value = "DIR",
     .required = true, .check = is_not_empty, .help = "the model folder"},
    {.name = "encoder", .type = CLI_STRING, .verbs = LI, .group = CLI_MODEL, .value = "DIR", .check = is_not_empty,
     .help = "the encoder that is to be trained, for its tokenizer"},
    {.name = "model", .letter = 'm', .type = CLI_STRING, .verbs = LI, .group = CLI_MODEL, .value = "DIR",
     .check = is_not_empty, .help = "the model that is to read the data, for its tokenizer and maximum length"},
    {.name = "task", .type = CLI_CHOICE, .verbs = TR, .group = CLI_MODEL, .value = "auto|single|multi|binary",
     .initial = "auto", .help = "single: one label a record; multi: any number; binary: one label or its absence; "
     "auto: multi where labels are arrays, stand in a cell with --label-separator or in columns, else single"},
    {.name = "positive-label", .type = CLI_STRING, .verbs = TR, .group = CLI_MODEL, .value = "NAME",
     .check = is_not_empty, .help = "with --task binary, the label that the model answers for",
     .absent = "the later of the two in code-point order"},
    {.name = "pooling", .type = CLI_CHOICE, .verbs = TR, .kind = "encoder", .group = CLI_MODEL, .value = "auto|cls|mean",
     .initial = "auto", .help = "what the head sees: the first token, through the encoder family's own dense layer, or the mean over the tokens; auto: as "
     "the encoder's folder says, cls if it says nothing"},
    {.name = "max-length", .type = CLI_INT, .verbs = TR, .kind = "encoder", .group = CLI_MODEL, .value = "N",
     .low = 3, .high = 1000000,
     .help = "tokens kept of each text, special ones included; at most the encoder's positions",
     .absent = "by --recipe; at most the encoder's positions"},
    {.name = "max-length", .type = CLI_INT, .verbs = EV | PR | TO | CA | QU, .group = CLI_MODEL, .value = "N", .low = 3,
     .high = 1000000, .help = "tokens kept of each text, special ones included; at most the encoder's positions",
     .absent = "the model's own"},
    {.name = "normalize", .type = CLI_CHOICE, .verbs = TR, .kind = "encoder", .group = CLI_MODEL,
     .value = "auto|off|punct|nfkc", .initial = "auto",
     .help = "what is done to texts before the tokenizer sees them, when the model answers, too; punct: full-width forms, curly "
     "quotes, dashes and ideographic spaces become ASCII; nfkc: Unicode's compatibility forms as well; auto: as the encoder's "
     "folder says, off if it says nothing"},
    {.name = "normalize", .type = CLI_CHOICE, .verbs = TO, .group = CLI_MODEL, .value = "auto|off|punct|nfkc",
     .initial = "auto", .help = "what is done to texts before the tokenizer sees them; offsets stay those of the text; auto: as "
     "the model was trained"},
    {.name = "windows", .type = CLI_CHOICE, .verbs = TR, .kind = "encoder", .group = CLI_MODEL,
     .value = "off|mean|max|attention", .initial = "off", .help = "read texts longer than --max-length in overlapping "
     "windows of that length, as one record: the outputs are their windows' mean or maximum, or weighted by attention, "
     "whose weights are learned; off: what is longer is cut"},
    {.name = "stride", .type = CLI_INT, .verbs = TR, .kind = "encoder", .group = CLI_MODEL, .value = "N", .low = 1,
     .high = 1000000, .help = "tokens from the beginning of a window to that of the next; no more than a window holds "
     "beside the special ones", .absent = "three quarters of that"},
    {.name = "train-windows", .type = CLI_INT, .verbs = TR, .kind = "encoder", .group = CLI_MODEL, .value = "N", .low = 1,
     .high = 1000000, .help = "learn from at most N windows of a document each time it is seen, drawn at random (with max and "
     "attention the first and others): an epoch over long documents in a part of the time; they are judged and answered by all "
     "of them", .absent = "all"},
    {.name = "windows", .type = CLI_CHOICE, .verbs = EV | PR | CA, .group = CLI_MODEL,
     .value = "auto|off|mean|max|attention", .initial = "auto", .help = "how texts longer than --max-length are read: in "
     "overlapping windows whose outputs are pooled so, or cut (off); attention needs a model that was trained with it; "
     "auto: as the model was trained"},
    {.name = "stride", .type = CLI_INT, .verbs = EV | PR | CA, .group = CLI_MODEL, .value = "N", .low = 1,
     .high = 1000000, .help = "tokens from the beginning of a window to that of the next",
     .absent = "the model's own; with another --max-length, three quarters of what a window holds"},
    {.name = "max-length", .type = CLI_INT, .verbs = LI, .group = CLI_MODEL, .value = "N", .low = 3, .high = 1000000,
     .help = "tokens kept of each text, special ones included: what is longer is told; without a tokenizer, words",
     .absent = "the model's own, none if it reads windows; with --encoder what train would choose for these rows; none without "
     "either"},

    {.name = "fuse-linear", .type = CLI_FLAG, .verbs = TR, .kind = "encoder", .group = CLI_MODEL,
     .help = "train a linear model on the same records, too, and add what it says to what the encoder says, by a weight "
     "fitted on the dev records; one folder holds both"},
    {.name = "word-ngrams", .type = CLI_STRING, .verbs = TR, .kind = "linear", .or_with = BESIDE_ENCODER,
     .group = CLI_MODEL,
     .value = "LOW-HIGH", .initial = "1-3", .check = is_ngrams,
     .expected = "two lengths from 1 to 10 as LOW-HIGH, or off",
     .help = "how many words the terms have; off: no words"},
    {.name = "char-ngrams", .type = CLI_STRING, .verbs = TR, .kind = "linear", .or_with = BESIDE_ENCODER,
     .group = CLI_MODEL,
     .value = "LOW-HIGH", .initial = "2-5", .check = is_ngrams,
     .expected = "two lengths from 1 to 10 as LOW-HIGH, or off",
     .help = "how many characters of a word the terms have; off: no characters"},
    {.name = "min-df", .type = CLI_INT, .verbs = TR, .kind = "linear", .or_with = BESIDE_ENCODER,
     .group = CLI_MODEL, .value = "N",
     .initial = "2", .low = 1, .high = 1000000, .help = "leave out terms that fewer training records have"},

    /* ---- training ---- */
    {.name = "C", .type = CLI_DOUBLE, .verbs = TR, .kind = "linear", .or_with = BESIDE_ENCODER,
     .group = CLI_TRAINING, .value = "X",
     .initial = "3", .low = 0, .above_low = true, .high = 1000000, .help = "the weight of errors against small "
     "weights; larger follows the training records more closely"},
    {.name = "recipe", .type = CLI_CHOICE, .verbs = TR, .kind = "encoder", .group = CLI_TRAINING,
     .value = "contracts|classic", .initial = "contracts",
     .help = "what holds where nothing is said; contracts: --lr 3e-4 (less for encoders wider than 384), ten times that for "
     "the head, --batch-size 32, epochs for 1400 steps (3 to 20), the shortest length that loses at most 5% of the training "
     "tokens, --class-weights auto, --distill-linear 0.5 where each record has one label, --metric last; classic: --lr 2e-5 "
     "--epochs 5 --batch-size 16 --max-length 128 --pooling cls --class-weights off --metric macro_f1"},
    {.name = "epochs", .type = CLI_INT, .verbs = TR, .kind = "encoder", .group = CLI_TRAINING, .value = "N",
     .low = 1, .high = 1000, .help = "passes over the training records", .absent = "by --recipe"},
    {.name = "lr", .type = CLI_DOUBLE, .verbs = TR, .kind = "encoder", .group = CLI_TRAINING, .value = "X",
     .low = 0, .above_low = true, .high = 1, .help = "the highest learning rate", .absent = "by --recipe"},
    {.name = "schedule", .type = CLI_CHOICE, .verbs = TR, .kind = "encoder", .group = CLI_TRAINING,
     .value = "linear|constant|cosine|inverse-sqrt|polynomial",
     .initial = "linear", .help = "how the learning rate goes on after warm-up: down to 0 in a line or in half a wave, "
     "level, with one over the root of the steps, or down to --lr-end as a power of what is left"},
    {.name = "schedule-power", .type = CLI_DOUBLE, .verbs = TR, .kind = "encoder", .group = CLI_TRAINING, .value = "X",
     .initial = "1", .low = 0, .above_low = true, .high = 10, .help = "with --schedule polynomial, the power"},
    {.name = "lr-end", .type = CLI_DOUBLE, .verbs = TR, .kind = "encoder", .group = CLI_TRAINING, .value = "X",
     .initial = "1e-7", .low = 0, .high = 1, .help = "with --schedule polynomial, the last learning rate, below --lr"},
    {.name = "warmup-ratio", .type = CLI_DOUBLE, .verbs = TR, .kind = "encoder", .group = CLI_TRAINING,
     .value = "F", .initial = "0.1",
     .low = 0, .high = 1, .help = "the share of all steps in which the learning rate rises from 0"},
    {.name = "warmup-steps", .type = CLI_INT, .verbs = TR, .kind = "encoder", .group = CLI_TRAINING, .value = "N",
     .low = 0, .high = 1e9, .help = "the same as a number of steps", .absent = "by --warmup-ratio"},
    {.name = "head-lr", .type = CLI_DOUBLE, .verbs = TR, .kind = "encoder", .group = CLI_TRAINING, .value = "X",
     .low = 0, .above_low = true, .high = 1, .help = "the highest learning rate of the head", .absent = "by --recipe"},
    {.name = "layer-decay", .type = CLI_DOUBLE, .verbs = TR, .kind = "encoder", .group = CLI_TRAINING, .value = "F",
     .initial = "1", .low = 0, .above_low = true, .high = 1, .help = "a layer's learning rate over that of the layer "
     "above it, down to the embeddings"},
    {.name = "batch-size", .type = CLI_INT, .verbs = TR, .kind = "encoder", .group = CLI_TRAINING, .value = "N",
     .low = 1, .high = 65536, .help = "records to an optimizer step", .absent = "by --recipe"},
    {.name = "optimizer", .type = CLI_CHOICE, .verbs = TR, .kind = "encoder", .group = CLI_TRAINING,
     .value = "adamw|adafactor|sgd", .initial = "adamw", .help = "how gradients become steps: adamw; adafactor, which keeps "
     "one float a row and a column where adamw keeps two a weight; sgd, which wants a far higher --lr"},
    {.name = "momentum", .type = CLI_DOUBLE, .verbs = TR, .kind = "encoder", .group = CLI_TRAINING, .value = "F",
     .initial = "0.9", .low = 0, .high = 0.9999, .help = "with --optimizer sgd, what is left of a step in the next one"},
    {.name = "weight-decay", .type = CLI_DOUBLE, .verbs = TR, .kind = "encoder", .group = CLI_TRAINING, .value = "X",
     .initial = "0.01", .low = 0, .high = 1, .help = "how weights shrink, decoupled from the gradient (sgd: as a part of it); "
     "biases and LayerNorm are spared"},
    {.name = "clip", .type = CLI_DOUBLE, .verbs = TR, .kind = "encoder", .group = CLI_TRAINING, .value = "X",
     .initial = "1.0",
     .low = 0, .high = 1000000, .help = "the largest norm of the gradient; 0: no limit"},
    {.name = "dropout", .type = CLI_DOUBLE, .verbs = TR, .kind = "encoder", .group = CLI_TRAINING, .value = "P",
     .low = 0, .high = 0.99,
     .help = "for hidden states and attention", .absent = "the encoder's own"},
    {.name = "ema", .type = CLI_DOUBLE, .verbs = TR, .kind = "encoder", .group = CLI_TRAINING, .value = "DECAY",
     .initial = "0", .low = 0, .high = 0.999999, .help = "judge and save the moving average of the weights, of which each step "
     "leaves this share, early ones less; 0.99 to 0.999, or 0: the weights themselves"},
    {.name = "fgm", .type = CLI_DOUBLE, .verbs = TR, .kind = "encoder", .group = CLI_TRAINING, .value = "EPSILON",
     .initial = "0", .low = 0, .high = 1000, .help = "learn from each step once more with the word embeddings moved this far "
     "to where the loss rises fastest; twice the time. 0: off"},
    {.name = "r-drop", .type = CLI_DOUBLE, .verbs = TR, .kind = "encoder", .group = CLI_TRAINING, .value = "ALPHA",
     .initial = "0", .low = 0, .high = 1000, .help = "compute each record under two masks of dropout and add this times what "
     "the two answers differ by to the loss; twice the time. 0: off"},
    {.name = "freeze", .type = CLI_CHOICE, .verbs = TR, .kind = "encoder", .group = CLI_TRAINING, .value = "none|embeddings",
     .initial = "none", .help = "leave the embeddings as they are: nothing is computed or kept for them"},
    {.name = "freeze-layers", .type = CLI_INT, .verbs = TR, .kind = "encoder", .group = CLI_TRAINING, .value = "N",
     .initial = "0", .low = 0, .high = 1000, .help = "leave the embeddings and the lowest N layers as they are"},
    {.name = "augment", .type = CLI_STRING, .verbs = TR, .kind = "encoder", .group = CLI_TRAINING,
     .value = "mask=P,delete=P,swap=P", .check = is_augment, .expected = "a list of mask=P, delete=P and swap=P, each once, P "
     "from 0 to 0.9", .help = "change texts a little each time they are learned from: the share of tokens that become the mask "
     "token, are left out, or change places", .absent = "off"},
    {.name = "focal", .type = CLI_DOUBLE, .verbs = TR, .kind = "encoder", .group = CLI_TRAINING, .value = "GAMMA",
     .initial = "0", .low = 0, .high = 10, .help = "count what the model is sure of less: by this power of how far it is from "
     "sure; 0: the plain loss"},
    {.name = "label-smoothing", .type = CLI_DOUBLE, .verbs = TR, .kind = "encoder", .group = CLI_TRAINING, .value = "F",
     .initial = "0", .low = 0, .high = 0.99, .help = "one label a record: the share of the target that is spread over all "
     "labels"},
    {.name = "distill-linear", .type = CLI_DOUBLE, .verbs = TR, .kind = "encoder", .group = CLI_TRAINING, .value = "F",
     .low = 0, .high = 0.99, .absent = "by --recipe", .help = "one label a record: the share of the target that is what a linear "
     "model says which has not seen the record; the encoder learns from it which labels are alike. The recipe contracts leaves it "
     "out where it would take more than 512 MiB, or records times labels are more than four million"},
    {.name = "class-weights", .type = CLI_STRING, .verbs = TR, .kind = "encoder", .group = CLI_TRAINING,
     .value = "off|auto|balanced|P|FILE", .absent = "by --recipe", .check = is_class_weights, .expected = "off, auto, balanced, a "
     "power from 0 to 1 or a .json, .csv or .tsv file", .help = "rare labels count more, by the power P of how rare they are; "
     "balanced: P = 1; auto: P = 0.3 where each record has one label, else off; FILE: what each label counts, a JSON object or "
     "a table with the columns label and weight"},
    {.name = "pos-weight", .type = CLI_STRING, .verbs = TR, .kind = "encoder", .group = CLI_TRAINING,
     .value = "auto|off|X", .initial = "off", .check = is_pos_weight, .expected = "auto, off or a number from 0.01 to 1000", .help = "many "
     "labels or binary: what a true label weighs against a false one; auto: the square root of how rare it is, at "
     "most 10"},
    {.name = "calibrate", .type = CLI_CHOICE, .verbs = TR, .group = CLI_TRAINING, .value = "temperature|off",
     .initial = "temperature", .help = "on the dev records, fit the temperature by which outputs are divided so that a "
     "probability means how often it is right; --pos-weight is taken back from the outputs, too"},
    {.name = "calibrate", .type = CLI_CHOICE, .verbs = CA, .group = CLI_MODEL, .value = "temperature|keep|off",
     .initial = "temperature", .help = "fit the temperature, keep what the model has, or take outputs as they are"},
    {.name = "tune-thresholds", .type = CLI_STRING, .verbs = TR | CA, .group = CLI_TRAINING,
     .value = "f1|precision@R|recall@P|off", .check = is_threshold_rule, .expected = THRESHOLD_RULES, .help = "find "
     "for each label the probability from which on it is given: where F1 is highest, or precision with a recall of R, "
     "or recall with a precision of P; in train, on the dev records. A label with few records leans on the threshold "
     "of all. off: 0.5", .absent = "f1 for many labels, else off"},
    {.name = "metric", .type = CLI_STRING, .verbs = TR, .kind = "encoder", .group = CLI_TRAINING, .value = "NAME",
     .absent = "by --recipe", .check = is_metric, .expected = "last, " METRIC_NAMES, .help = "which epoch is kept: "
     "the last one, or the best at one of " METRIC_NAMES},
    {.name = "dev-every", .type = CLI_INT, .verbs = TR, .kind = "encoder", .group = CLI_TRAINING, .value = "N",
     .initial = "1", .low = 1, .high = 1000, .help = "judge the dev records after every N epochs, and after the last; "
     "where they take as long as an epoch, as long documents in windows do"},
    {.name = "patience", .type = CLI_INT, .verbs = TR, .kind = "encoder", .group = CLI_TRAINING, .value = "N",
     .initial = "0", .low = 0, .high = 1000, .help = "end after so many judged epochs without a better one; 0: go through all"},
    {.name = "min-delta", .type = CLI_DOUBLE, .verbs = TR, .kind = "encoder", .group = CLI_TRAINING, .value = "X",
     .initial = "0", .low = 0, .high = 1, .help = "what an epoch's --metric must gain to count as better"},
    {.name = "on-nan", .type = CLI_CHOICE, .verbs = TR, .kind = "encoder", .group = CLI_TRAINING, .value = "stop|skip",
     .initial = "stop", .help = "what to do when the loss or the gradient of a step is not a number: end, or leave the "
     "step out, which is said and counted; ten in a row end the run"},
    {.name = "resume", .type = CLI_FLAG, .verbs = TR, .group = CLI_TRAINING, .help = "go on with the run that --out names, "
     "from its last checkpoint; start it where there is none; do nothing where it is complete"},
    {.name = "resume-anyway", .type = CLI_FLAG, .verbs = TR, .kind = "encoder", .group = CLI_TRAINING, .help = "go on also "
     "where options, data or versions are others than that run's; they are named"},
    {.name = "checkpoint-steps", .type = CLI_INT, .verbs = TR, .kind = "encoder", .group = CLI_TRAINING, .value = "N",
     .initial = "0", .low = 0, .high = 1e9, .help = "write a checkpoint, from which --resume goes on, after so many steps; "
     "0: not by steps. One is always written when training is stopped by Ctrl-C or SIGTERM"},
    {.name = "checkpoint-minutes", .type = CLI_DOUBLE, .verbs = TR, .kind = "encoder", .group = CLI_TRAINING,
     .value = "X", .initial = "5", .low = 0, .high = 100000, .help = "write one after so many minutes, too; 0: not by time"},
    {.name = "seed", .type = CLI_INT, .verbs = TR, .group = CLI_TRAINING, .value = "N", .initial = "1", .low = 0,
     .high = 4294967295.0, .help = "for the head's first weights, the order of the records, dropout and "
     "the held-out part"},

    /* ---- answers ---- */
    {.name = "out", .letter = 'o', .type = CLI_STRING, .verbs = TR, .group = CLI_ANSWERS, .value = "DIR",
     .required = true, .check = is_not_empty, .help = "the model folder to make; it appears when it is whole"},
    {.name = "overwrite", .type = CLI_FLAG, .verbs = TR | CA | QU, .group = CLI_ANSWERS,
     .help = "replace the model folder that --out names; without it, an existing one is refused"},
    {.name = "tensorboard", .type = CLI_STRING, .verbs = TR, .kind = "encoder", .group = CLI_ANSWERS, .value = "DIR",
     .check = is_not_empty, .help = "write event files for TensorBoard into this folder, too: loss, rate and gradient of "
     "every step, dev scores and precision-recall curves of every epoch, the options", .absent = "OUT/metrics.jsonl alone"},
    {.name = "out", .letter = 'o', .type = CLI_STRING, .verbs = QU, .group = CLI_ANSWERS, .value = "DIR",
     .required = true, .check = is_not_empty, .help = "the folder to make, unless the model would become too much worse"},
    {.name = "max-drop", .type = CLI_DOUBLE, .verbs = QU, .group = CLI_ANSWERS, .value = "X", .initial = "0.003", .low = 0,
     .high = 1, .help = "how much macro F1 may fall; if it falls by more, nothing is written, and the exit code is 1"},
    {.name = "out", .letter = 'o', .type = CLI_STRING, .verbs = PR, .group = CLI_ANSWERS, .value = "FILE",
     .check = is_not_empty, .help = "write the answers to this file, which appears when it is whole",
     .absent = "standard output"},
    {.name = "out-format", .type = CLI_CHOICE, .verbs = PR, .group = CLI_ANSWERS, .value = "auto|jsonl|csv|tsv",
     .initial = "auto", .help = "lines of JSON, or a table with the fields of the first 512 records as columns, scores "
     "as columns score:LABEL, and logits as a JSON array; auto: by the name of --out, else jsonl"},
    {.name = "label-separator", .type = CLI_STRING, .verbs = PR, .group = CLI_ANSWERS, .value = "TEXT",
     .initial = ";", .check = is_not_empty, .help = "in a table, what stands between the labels of a record"},
    {.name = "no-bom", .type = CLI_FLAG, .verbs = PR, .group = CLI_ANSWERS, .help = "begin a table without the byte "
     "order mark by which spreadsheets know UTF-8; one of ASCII alone has none anyway"},
    {.name = "safe-csv", .type = CLI_FLAG, .verbs = PR, .group = CLI_ANSWERS, .help = "in a table, put an apostrophe "
     "before text that a spreadsheet would take for a formula: after = + - @, a tab or a line break"},
    {.name = "out", .letter = 'o', .type = CLI_STRING, .verbs = CA, .group = CLI_ANSWERS, .value = "DIR",
     .check = is_not_empty, .help = "make a calibrated copy of the model folder",
     .absent = "the model is calibrated where it stands"},
    {.name = "no-passthrough", .type = CLI_FLAG, .verbs = PR, .group = CLI_ANSWERS,
     .help = "leave the input's fields out of the answers"},
    {.name = "scores", .type = CLI_CHOICE, .verbs = PR, .group = CLI_ANSWERS, .value = "top|all", .initial = "top",
     .help = "top: the probability of what is answered; all: of every label"},
    {.name = "logits", .type = CLI_FLAG, .verbs = PR, .group = CLI_ANSWERS,
     .help = "add the raw outputs, in the model's label order, computed in fp32 unless --dtype says otherwise or the folder is in int8"},
    {.name = "abstain-below", .type = CLI_DOUBLE, .verbs = PR, .group = CLI_ANSWERS, .value = "P", .low = 0,
     .high = 1, .help = "add the field abstain, true where the highest probability of a record is lower",
     .absent = "no such field"},
    {.name = "fail-on", .type = CLI_STRINGS, .verbs = PR, .group = CLI_ANSWERS, .value = "LABEL",
     .check = is_not_empty, .help = "exit with 1 if any record has this label; all are answered nevertheless"},
    {.name = "shard", .type = CLI_STRING, .verbs = PR, .group = CLI_ANSWERS, .value = "I/N|auto", .check = is_shard,
     .expected = "auto or I/N, I from 0 to N-1", .help = "answer one of N parts of the input, numbered from 0: every "
     "N-th block of 512 records; auto: by SLURM_ARRAY_TASK_ID and _COUNT, or JOB_COMPLETION_INDEX and JOB_COMPLETIONS"},
    {.name = "resume", .type = CLI_FLAG, .verbs = PR, .group = CLI_ANSWERS,
     .help = "keep what an interrupted run has "
     "done in OUT.partial, and go on from there; start where there is none, do nothing where --out is complete"},
    {.name = "report", .type = CLI_STRING, .verbs = EV, .group = CLI_ANSWERS, .value = "FILE.json",
     .check = is_not_empty, .help = "write all numbers to this file"},
    {.name = "errors", .type = CLI_STRING, .verbs = EV, .group = CLI_ANSWERS, .value = "FILE.jsonl",
     .check = is_not_empty, .help = "write the records that were answered wrong to this file, with their texts, the most "
     "confident errors first"},
    {.name = "html", .type = CLI_STRING, .verbs = EV, .group = CLI_ANSWERS, .value = "FILE.html",
     .check = is_not_empty, .help = "write a report for people to this file, which needs no network and can be printed"},
    {.name = "junit", .type = CLI_STRING, .verbs = EV, .group = CLI_ANSWERS, .value = "FILE.xml",
     .check = is_not_empty, .help = "write --require and --max-drop to this file as test cases, as CI systems read them"},
    {.name = "require", .type = CLI_STRINGS, .verbs = EV, .group = CLI_ANSWERS, .value = "NAME>=X",
     .check = is_not_empty, .help = "exit with 1 unless it holds: 'macro_f1>=0.82', 'per_label.LEASE.recall>=0.9'; names "
     "as in the report, also > <= < and =="},
    {.name = "compare", .type = CLI_STRING, .verbs = EV, .group = CLI_ANSWERS, .value = "DIR|FILE.json",
     .check = is_not_empty, .help = "set the model beside another one, which answers the same records by its own "
     "thresholds and length, or beside a report of the same data, with paired tests"},
    {.name = "max-drop", .type = CLI_STRINGS, .verbs = EV, .group = CLI_ANSWERS, .value = "NAME=X",
     .check = is_not_empty, .help = "exit with 1 if the number is more than X worse than with --compare's model: "
     "macro_f1=0.01"},
    {.name = "threshold", .type = CLI_STRINGS, .verbs = EV | PR, .group = CLI_ANSWERS, .value = "[LABEL=]P",
     .check = is_threshold, .expected = "a probability from 0 to 1, or LABEL=PROBABILITY", .help = "the probability "
     "from which on a label is given, for one label or for all; for models with many labels or a binary one",
     .absent = "the model's own, else 0.5"},
    {.name = "offsets", .type = CLI_FLAG, .verbs = TO, .group = CLI_ANSWERS,
     .help = "add the bytes of the text that each token stands for"},
    {.name = "strict", .type = CLI_CHOICE, .verbs = LI, .group = CLI_ANSWERS, .value = "never|error|warning|note",
     .initial = "never", .bare = "warning", .help = "exit with 1 when there is a finding of this level or a graver "
     "one; alone it means warning"},
    {.name = "near", .type = CLI_DOUBLE, .verbs = LI, .group = CLI_ANSWERS, .value = "F", .initial = "0.8",
     .low = 0.7, .high = 1, .help = "the share of three-word sequences that near duplicates have in common"},
    {.name = "min-examples", .type = CLI_INT, .verbs = LI, .group = CLI_ANSWERS, .value = "N", .initial = "10",
     .low = 1, .high = 1000000, .help = "a label with fewer training rows is a finding"},
    {.name = "report", .type = CLI_STRING, .verbs = LI, .group = CLI_ANSWERS, .value = "FILE.json",
     .check = is_not_empty, .help = "write all that --json prints to this file, too"},
    {.name = "json", .type = CLI_FLAG, .verbs = LI | IN, .group = CLI_ANSWERS,
     .help = "print everything as one JSON object in place of the text for people"},
    {.name = "json", .type = CLI_FLAG, .verbs = RUNS, .group = CLI_ANSWERS,
     .help = "print the closing summary as one JSON object on standard output"},

    /* ---- computing ---- */
    {.name = "device", .type = CLI_STRING, .verbs = TR | EV | PR | CA, .kind = "encoder", .group = CLI_COMPUTING,
     .value = "auto|cpu|cuda|cuda:N",
     .initial = "auto", .check = is_device, .expected = "auto, cpu, cuda or cuda:N",
     .help = "where to compute; auto: CUDA if it is there and works"},
    {.name = "dtype", .type = CLI_CHOICE, .verbs = TR, .kind = "encoder", .group = CLI_COMPUTING,
     .value = "auto|fp32|bf16|fp16", .initial = "auto",
     .help = "how exact: fp32; bf16 has 8 bits in the products of the linear blocks, all else and the weights are fp32; fp16 has "
     "11 bits there and a loss scale, and is slower than fp32 on the CPU; auto: bf16 where the processor or the GPU is known to "
     "be twice as fast with it"},
    {.name = "dtype", .type = CLI_CHOICE, .verbs = EV | PR | CA, .kind = "encoder", .group = CLI_COMPUTING,
     .value = "auto|fp32|bf16|int8", .initial = "auto",
     .help = "how exact: fp32 is exact; bf16 has 8 bits in products, and nearly always the same labels; int8 computes "
     "with integers, of weights that are rounded now if 'quantize' has not done it, on the CPU alone; auto: int8 for a folder of "
     "that kind, else bf16 where the processor or the GPU is known to be twice as fast with it"},
    {.name = "dtype", .type = CLI_CHOICE, .verbs = QU, .group = CLI_COMPUTING, .value = "int8|bf16", .initial = "int8",
     .help = "what weights are rounded to"},
    {.name = "threads", .type = CLI_INT, .verbs = RUNS, .group = CLI_COMPUTING, .value = "N", .low = 1, .high = 1024,
     .help = "processors to use", .absent = "all that this process may use; OMP_NUM_THREADS is obeyed"},
    {.name = "batch-tokens", .type = CLI_INT, .verbs = RUNS, .kind = "encoder", .group = CLI_COMPUTING, .value = "N",
     .low = 16, .high = 1048576, .help = "how many tokens are computed at once; a matter of memory and speed, not of "
     "the answer", .absent = "by device"},
    {.name = "latency", .type = CLI_FLAG, .verbs = PR, .group = CLI_COMPUTING, .help = "answer each record as soon as it comes, "
     "with all threads at work on it: for a program that asks one thing at a time and waits; files are slower so. A table has the "
     "fields of the first record; CSV through a pipe wants its names in a header, or --delimiter"},
    {.name = "profile", .type = CLI_FLAG, .verbs = EV | PR | TO, .group = CLI_COMPUTING, .help = "measure where time goes: a table "
     "on stderr, seconds of all threads together, and a field 'profile' in what --json prints"},
    {.name = "checkpoint-activations", .type = CLI_FLAG, .verbs = TR, .kind = "encoder", .group = CLI_COMPUTING,
     .help = "compute layers again on the way back in place of keeping what is in them: much less memory for long texts and "
     "many --batch-tokens, a third more time, the same model"},

    /* ---- general ---- */
    {.name = "config", .type = CLI_STRING, .verbs = CLI_ALL, .group = CLI_GENERAL, .value = "FILE.json",
     .check = is_not_empty, .help = "options as a JSON object, by their long names; the command line wins"},
    {.name = "progress", .type = CLI_CHOICE, .verbs = RUNS | LI, .group = CLI_GENERAL, .value = "auto|always|never",
     .initial = "auto", .help = "the progress line; auto: on a terminal"},
    {.name = "quiet", .letter = 'q', .type = CLI_FLAG, .verbs = CLI_ALL, .group = CLI_GENERAL,
     .help = "print warnings and errors only"},
    {.name = "verbose", .letter = 'v', .type = CLI_FLAG, .verbs = CLI_ALL, .group = CLI_GENERAL,
     .help = "say more about what is done"},
    {.name = "help", .letter = 'h', .type = CLI_FLAG, .verbs = CLI_ALL, .group = CLI_GENERAL,
     .help = "print this text"},
};

const cli_conflict cli_conflicts[] = {
    {TR, "dev", "dev-fraction"},
    {PR, "text", NULL},
    {PR, "text", "format"},
    {PR, "text", "text-column"},
    {PR, "text", "id-column"},
    {PR, "text", "shard"},
    {PR, "text", "resume"},
    {PR, "text", "encoding"},
    {PR, "text", "delimiter"},
    {PR, "latency", "resume"},
    {PR, "latency", "shard"},
    {PR, "text", "no-header"},
    {PR, "text", "skip-bad-rows"},
    {TR | EV | LI | CA, "label-columns", "label-column"},
    {TR | EV | LI | CA, "label-columns", "label-separator"},
    {LI, "model", "encoder"},
    {LI, "unlabelled", "label-column"},
    {LI, "unlabelled", "label-columns"},
    {LI, "unlabelled", "label-separator"},
    {CLI_ALL, "quiet", "verbose"},
    {TR, "warmup-steps", "warmup-ratio"},
};
/* clang-format on */

const int cli_n_option_rows = (int)(sizeof cli_option_rows / sizeof *cli_option_rows);
const int cli_n_conflicts = (int)(sizeof cli_conflicts / sizeof *cli_conflicts);
