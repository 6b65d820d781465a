/* SPDX-License-Identifier: MIT */
/* report.c - see report.h. */
#define _GNU_SOURCE
#include "report.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

static char *copy(const char *text)
{
    char *result = strdup(text);

    if (!result)
        err(EXIT_NOT_LOADED, NULL);
    return result;
}

struct report_case *report_case_add(struct report *report, const char *id, const char *name,
                                    const char *command)
{
    struct report_case *added;

    if (report->count == report->room) {
        report->room = report->room ? 2 * report->room : 16;
        report->cases = reallocarray(report->cases, report->room, sizeof(*report->cases));
        if (!report->cases)
            err(EXIT_NOT_LOADED, NULL);
        /* The ends of empty lists lie inside what has moved. */
        for (size_t i = 0; i < report->count; i++) {
            if (!report->cases[i].problems)
                report->cases[i].end = &report->cases[i].problems;
        }
    }
    added = &report->cases[report->count++];
    *added = (struct report_case){ .id = copy(id), .name = copy(name), .command = copy(command) };
    added->end = &added->problems;
    return added;
}

void report_problem_add(struct report_case *of, const char *rule, enum level level, uint64_t times,
                        const char *text, const char *stacks)
{
    struct problem *problem = calloc(1, sizeof(*problem));

    if (!problem)
        err(EXIT_NOT_LOADED, NULL);
    *problem = (struct problem){ .rule = copy(rule), .level = level, .times = times,
                                 .text = copy(text), .stacks = copy(stacks) };
    *of->end = problem;
    of->end = &problem->next;
}

size_t report_problem_count(const struct report *report)
{
    size_t count = 0;

    for (size_t i = 0; i < report->count; i++) {
        for (const struct problem *at = report->cases[i].problems; at; at = at->next)
            count++;
    }
    return count;
}

static void case_free(struct report_case *of)
{
    while (of->problems) {
        struct problem *problem = of->problems;

        of->problems = problem->next;
        free(problem->rule);
        free(problem->text);
        free(problem->stacks);
        free(problem);
    }
    free(of->id);
    free(of->name);
    free(of->command);
}

void report_free(struct report *report)
{
    for (size_t i = 0; i < report->count; i++)
        case_free(&report->cases[i]);
    free(report->cases);
    *report = (struct report){ 0 };
}

/* --- Words ---------------------------------------------------------------------------------- */

static const char *const level_names[] = {
    [LEVEL_NOTE] = "note", [LEVEL_WARNING] = "warning", [LEVEL_ERROR] = "error",
};

const char *level_name(enum level level)
{
    return level_names[level];
}

bool level_parse(const char *name, enum level *level)
{
    for (size_t i = 0; i < sizeof(level_names) / sizeof(*level_names); i++) {
        if (strcmp(level_names[i], name) == 0) {
            *level = (enum level)i;
            return true;
        }
    }
    return false;
}

bool report_place(const char *text, char *file, size_t size, unsigned *line)
{
    bool found = false;

    for (const char *open = strchr(text, '('); open; open = strchr(open + 1, '(')) {
        size_t length = strcspn(open + 1, ":() ");
        const char *colon = open + 1 + length;
        char *end;
        unsigned long number;

        if (*colon != ':' || length == 0 || length >= size)
            continue;
        number = strtoul(colon + 1, &end, 10);
        if (end == colon + 1 || *end != ')')
            continue;
        snprintf(file, size, "%.*s", (int)length, open + 1);
        *line = (unsigned)number;
        found = true;
    }
    return found;
}

/* --- Stacks --------------------------------------------------------------------------------- */

void report_stacks(const char *stacks, report_stack_fn *visit, void *context)
{
    char *lines = copy(stacks), *rest = lines, *line;

    while ((line = strsep(&rest, "\n"))) {
        char *frames = strstr(line, ": ");

        if (!frames)
            continue;
        *frames = '\0';
        visit(context, line, frames + 2);
    }
    free(lines);
}

char *report_frame(char **frames)
{
    char *frame = *frames;
    char *end = frame ? strstr(frame, " < ") : NULL;

    if (end)
        *end = '\0';
    *frames = end ? end + 3 : NULL;
    return frame;
}

/* --- Writing -------------------------------------------------------------------------------- */

static bool write_one(const char *path, void (*write)(FILE *, const struct report *),
                      const struct report *report)
{
    FILE *file;
    bool written;

    if (!path)
        return true;
    file = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");
    if (file) {
        write(file, report);
        written = !ferror(file);
        if ((file == stdout ? fflush(file) : fclose(file)) == 0 && written)
            return true;
    }
    warn("cannot write %s", path);
    return false;
}

bool report_write(const struct report *report, const struct verify_options *options)
{
    bool written = write_one(options->json, report_json, report);

    written = write_one(options->junit, report_junit, report) && written;
    return write_one(options->sarif, report_sarif, report) && written;
}
