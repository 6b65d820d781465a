/* SPDX-License-Identifier: MIT */
/*
 * report.h - what a run or a sweep found, as data, and its renderings.
 *
 * A case is something that was tried: the run itself, or the denial of one point. A problem belongs
 * to a case. Texts are copies, freed by report_free().
 */
#ifndef OPENWSK_CLI_REPORT_H
#define OPENWSK_CLI_REPORT_H

#include "wskrun.h"

#include <stdio.h>

enum level { LEVEL_NOTE, LEVEL_WARNING, LEVEL_ERROR };

struct problem {
    struct problem *next;
    char *rule;         /* "WSK-V16", the name of a stop code, HANG or CRASH */
    enum level level;
    char *text;
    char *stacks;       /* "made: SendOne (echo.c:42) < Start (echo.c:80)", one a line; or "" */
    uint64_t times;
};

struct report_case {
    char *id;           /* "a1b2c3d4e5f6"; "run" for the run itself */
    char *name;         /* "ExAllocatePool is denied at Send (echo.c:42) < Start (echo.c:80)" */
    char *command;      /* repeats it; one line for a shell */
    struct problem *problems, **end;
};

struct report {
    const char *driver; /* as it was given */
    int exit_status;
    struct report_case *cases;
    size_t count;
    size_t room;
    bool counters;      /* the library's, too; what a run counts depends on the time */
};

/* The pointer holds until the next case. */
struct report_case *report_case_add(struct report *report, const char *id, const char *name,
                                    const char *command);
void report_problem_add(struct report_case *of, const char *rule, enum level level, uint64_t times,
                        const char *text, const char *stacks);
size_t report_problem_count(const struct report *report);
void report_free(struct report *report);

/* Writes what the options ask for. False after a message when one cannot be written. */
bool report_write(const struct report *report, const struct verify_options *options);

const char *level_name(enum level level); /* "note", "warning", "error": SARIF's words */
bool level_parse(const char *name, enum level *level);

/* The last "(file:line)" of a text. False when there is none. */
bool report_place(const char *text, char *file, size_t size, unsigned *line);

/* Visits each stack of such lines: its label, and its frames between " < ". */
typedef void report_stack_fn(void *context, const char *label, char *frames);
void report_stacks(const char *stacks, report_stack_fn *visit, void *context);

/* Cuts the innermost frame off; NULL when there is none left. */
char *report_frame(char **frames);

/* --- report_json.c, report_junit.c, report_sarif.c ------------------------------------------- */

void report_json(FILE *file, const struct report *report);
void report_junit(FILE *file, const struct report *report);
void report_sarif(FILE *file, const struct report *report);

/* What a rule demands, and what follows when it is broken; a sentence each. Never NULL. */
struct rule_words {
    const char *demand, *consequence;
};
const struct rule_words *rule_words(const char *rule);

/* "text" with what JSON wants escaped. */
void json_string(FILE *file, const char *text);

/* --- findings.c: the findings of this process ------------------------------------------------ */

/* Adds what the library has found to the case. */
void findings_take(struct report_case *of);

/* The words of the command line that runs the driver once more, quoted for a shell. */
char *command_again(const struct options *options, const char *point);

#endif
