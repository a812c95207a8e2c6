/* make_tiny_model.c - a BERT small enough for a test that is over in a second: 2 layers of width 32, random weights.
 *
 *   make_tiny_model DIR [LABEL...]
 *
 * Writes config.json, vocab.txt, tokenizer_config.json and model.safetensors as save_pretrained() would. Without labels
 * it is an encoder alone (with an unused integer tensor, as published ones have); with labels it has a classification
 * head for them. The same bytes every time. It uses none of lexclf's code, so that the two check each other. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { WIDTH = 32, INNER = 64, LAYERS = 2, POSITIONS = 64, MAX_TENSORS = 100 };

static const char *const words[] = {
    "[PAD]",   "[UNK]",  "[CLS]",    "[SEP]",  "[MASK]", ".",     ",",       "the",    "a",      "of",
    "to",      "and",    "shall",    "is",     "tenant", "land",  "##lord",  "pay",    "##s",    "rent",
    "monthly", "lease",  "premises", "term",   "year",   "buyer", "seller",  "sell",   "##er",   "purchase",
    "price",   "title",  "goods",    "deliver", "accept", "home", "let",     "##ting", "租",     "金",
    "买",      "卖",     "方",       "人",
};
enum { VOCAB = sizeof words / sizeof *words };

typedef struct {
    char name[120];
    int rows, columns; /* columns 0: one dimension */
    float fill;        /* 1 for the weights of LayerNorm; 0: random, or zero for biases */
} tensor;

static tensor tensors[MAX_TENSORS];
static int n_tensors;

static FILE *create(const char *dir, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *file = fopen(path, "wb");
    if (!file) {
        perror(path);
        exit(1);
    }
    return file;
}

static void finish(FILE *file, const char *name)
{
    if (ferror(file) | (fclose(file) != 0)) {
        perror(name);
        exit(1);
    }
}

static void add(const char *prefix, const char *name, int rows, int columns, float fill)
{
    tensor *t = &tensors[n_tensors++];
    int n = snprintf(t->name, sizeof t->name, "%s%s", prefix, name);
    if (n < 0 || (size_t)n >= sizeof t->name)
        abort();
    t->rows = rows;
    t->columns = columns;
    t->fill = fill;
}

static void add_pair(const char *prefix, const char *name, int rows, int columns)
{
    char full[100];
    snprintf(full, sizeof full, "%s.weight", name);
    add(prefix, full, rows, columns, columns ? 0.0f : 1.0f);
    snprintf(full, sizeof full, "%s.bias", name);
    add(prefix, full, rows, 0, 0);
}

static void list_tensors(int n_labels)
{
    const char *top = n_labels ? "bert." : "";
    char prefix[60];
    add(top, "embeddings.word_embeddings.weight", VOCAB, WIDTH, 0);
    add(top, "embeddings.position_embeddings.weight", POSITIONS, WIDTH, 0);
    add(top, "embeddings.token_type_embeddings.weight", 2, WIDTH, 0);
    add_pair(top, "embeddings.LayerNorm", WIDTH, 0);
    for (int layer = 0; layer < LAYERS; layer++) {
        snprintf(prefix, sizeof prefix, "%sencoder.layer.%d.", top, layer);
        add_pair(prefix, "attention.self.query", WIDTH, WIDTH);
        add_pair(prefix, "attention.self.key", WIDTH, WIDTH);
        add_pair(prefix, "attention.self.value", WIDTH, WIDTH);
        add_pair(prefix, "attention.output.dense", WIDTH, WIDTH);
        add_pair(prefix, "attention.output.LayerNorm", WIDTH, 0);
        add_pair(prefix, "intermediate.dense", INNER, WIDTH);
        add_pair(prefix, "output.dense", WIDTH, INNER);
        add_pair(prefix, "output.LayerNorm", WIDTH, 0);
    }
    add_pair(top, "pooler.dense", WIDTH, WIDTH);
    if (n_labels)
        add_pair("", "classifier", n_labels, WIDTH);
}

static long count_of(const tensor *t)
{
    return (long)t->rows * (t->columns ? t->columns : 1);
}

/* A header padded to `len`, which must be a multiple of 8. */
static size_t make_header(char *out, size_t room, int n_labels)
{
    size_t n = (size_t)snprintf(out, room, "{\"__metadata__\":{\"format\":\"pt\"}");
    long at = 0;
    for (int i = 0; i < n_tensors; i++) {
        const tensor *t = &tensors[i];
        char columns[20] = "";
        if (t->columns)
            snprintf(columns, sizeof columns, ",%d", t->columns);
        n += (size_t)snprintf(out + n, room - n, ",\"%s\":{\"dtype\":\"F32\",\"shape\":[%d%s],\"data_offsets\":[%ld,%ld]}",
                              t->name, t->rows, columns, at, at + 4 * count_of(t));
        at += 4 * count_of(t);
    }
    if (!n_labels)
        n += (size_t)snprintf(out + n, room - n,
                              ",\"embeddings.position_ids\":{\"dtype\":\"I64\",\"shape\":[1,%d],\"data_offsets\":[%ld,%ld]}",
                              POSITIONS, at, at + 8L * POSITIONS);
    out[n++] = '}';
    while (n % 8 != 0)
        out[n++] = ' ';
    return n;
}

/* Sums of four uniform numbers, about normal, of standard deviation 0.1. */
static float draw(void)
{
    static uint64_t state = 20240229;
    double sum = 0;
    for (int i = 0; i < 4; i++) {
        state = state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        sum += (double)(state >> 40) / 16777216.0 - 0.5;
    }
    return (float)(0.1 * 1.7320508 * sum);
}

static void write_weights(const char *dir, int n_labels)
{
    static char header[64 << 10];
    FILE *file = create(dir, "model.safetensors");
    uint64_t len = make_header(header, sizeof header - 16, n_labels);
    fwrite(&len, sizeof len, 1, file); /* little endian, as this machine is */
    fwrite(header, 1, len, file);
    for (int i = 0; i < n_tensors; i++) {
        for (long k = 0; k < count_of(&tensors[i]); k++) {
            float value = tensors[i].columns ? draw() : tensors[i].fill;
            fwrite(&value, sizeof value, 1, file);
        }
    }
    for (int64_t k = 0; !n_labels && k < POSITIONS; k++)
        fwrite(&k, sizeof k, 1, file);
    finish(file, "model.safetensors");
}

static void write_config(const char *dir, int n_labels, char *const *labels)
{
    FILE *file = create(dir, "config.json");
    fprintf(file, "{\n \"architectures\": [\"%s\"],\n \"model_type\": \"bert\",\n",
            n_labels ? "BertForSequenceClassification" : "BertModel");
    fprintf(file, " \"hidden_size\": %d,\n \"intermediate_size\": %d,\n \"num_hidden_layers\": %d,\n", WIDTH, INNER,
            LAYERS);
    fprintf(file, " \"num_attention_heads\": 2,\n \"vocab_size\": %d,\n \"max_position_embeddings\": %d,\n", (int)VOCAB,
            POSITIONS);
    for (int pass = 0; n_labels && pass < 2; pass++) {
        fprintf(file, " \"%s\": {", pass ? "label2id" : "id2label");
        for (int i = 0; i < n_labels; i++) {
            const char *comma = i ? ", " : "";
            if (pass)
                fprintf(file, "%s\"%s\": %d", comma, labels[i], i);
            else
                fprintf(file, "%s\"%d\": \"%s\"", comma, i, labels[i]);
        }
        fprintf(file, "},\n");
    }
    fprintf(file, " \"type_vocab_size\": 2,\n \"hidden_act\": \"gelu\",\n \"layer_norm_eps\": 1e-12,\n");
    fprintf(file, " \"hidden_dropout_prob\": 0.1,\n \"attention_probs_dropout_prob\": 0.1\n}\n");
    finish(file, "config.json");
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "usage: make_tiny_model DIR [LABEL...]\n");
        return 2;
    }
    const char *dir = argv[1];
    int n_labels = argc - 2;
    mkdir(dir, 0777);
    FILE *vocabulary = create(dir, "vocab.txt");
    for (int i = 0; i < VOCAB; i++)
        fprintf(vocabulary, "%s\n", words[i]);
    finish(vocabulary, "vocab.txt");
    FILE *settings = create(dir, "tokenizer_config.json");
    fprintf(settings, "{\"do_lower_case\": true, \"model_max_length\": 32}\n");
    finish(settings, "tokenizer_config.json");
    list_tensors(n_labels);
    write_weights(dir, n_labels);
    write_config(dir, n_labels, argv + 2);
    return 0;
}
