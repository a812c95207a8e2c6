/* task.h - what a classifier is asked. */
#ifndef LEXCLF_TASK_H
#define LEXCLF_TASK_H

typedef enum {
    LEX_TASK_SINGLE, /* one label of K: softmax */
    LEX_TASK_MULTI,  /* any number of K labels: K sigmoids */
    LEX_TASK_BINARY, /* one sigmoid: label 0 is the positive one, label 1 its absence, which has no output */
} lex_task;

#endif
