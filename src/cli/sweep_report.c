/* SPDX-License-Identifier: MIT */
/* sweep_report.c - from the points of a sweep to a report, and to words. */
#include "colour.h"
#include "sweep.h"

#include <err.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static int compare_points(const void *left, const void *right)
{
    const struct sweep_point *const *a = left, *const *b = right;

    return ((*a)->id > (*b)->id) - ((*a)->id < (*b)->id);
}

static struct sweep_point **sorted(struct sweep *sweep)
{
    struct sweep_point **points = calloc(sweep->count + 1, sizeof(struct sweep_point *));

    if (!points)
        err(EXIT_NOT_LOADED, NULL);
    for (size_t i = 0; i < sweep->count; i++)
        points[i] = &sweep->points[i];
    qsort(points, sweep->count, sizeof(struct sweep_point *), compare_points);
    return points;
}

static void name_case(const struct sweep_point *point, char *name, size_t size)
{
    if (point->id == SWEEP_UNDISTURBED)
        snprintf(name, size, "undisturbed");
    else if (point->stack && *point->stack)
        snprintf(name, size, "%s is denied at %s", point->function, point->stack);
    else
        snprintf(name, size, "%s is denied", point->function);
}

static void add_case(const struct sweep *sweep, const struct sweep_point *point,
                     struct report *report)
{
    char id[24], name[4096], command[8192];
    struct report_case *added;

    snprintf(id, sizeof(id), "%012" PRIx64, point->id);
    name_case(point, name, sizeof(name));
    snprintf(command, sizeof(command), "wskrun%s%s%s",
             point->id == SWEEP_UNDISTURBED ? "" : " --fail=",
             point->id == SWEEP_UNDISTURBED ? "" : id, sweep->tail);
    added = report_case_add(report, id, name, command);
    for (const struct outcome *at = point->outcomes; at; at = at->next)
        report_problem_add(added, at->rule, at->level, at->times, at->text,
                           at->stacks ? at->stacks : "");
}

void sweep_report(struct sweep *sweep, struct report *report)
{
    struct sweep_point **points = sorted(sweep);

    for (size_t i = 0; i < sweep->count; i++) {
        if (points[i]->done)
            add_case(sweep, points[i], report);
    }
    free(points);
}

/* --- Words ---------------------------------------------------------------------------------- */

static enum level worst(const struct report_case *of)
{
    enum level level = LEVEL_NOTE;

    for (const struct problem *at = of->problems; at; at = at->next)
        level = at->level > level ? at->level : level;
    return level;
}

static bool is_hang(const struct report_case *of)
{
    for (const struct problem *at = of->problems; at; at = at->next) {
        if (at->level == LEVEL_ERROR && strcmp(at->rule, "HANG") != 0)
            return false;
    }
    return true;
}

/* A note that an earlier case has, too: most come in each run, whatever is denied. */
static bool said_before(const struct report *report, size_t number, const struct problem *note)
{
    for (size_t i = 0; i < number; i++) {
        for (const struct problem *at = report->cases[i].problems; at; at = at->next) {
            if (at->level == LEVEL_NOTE && strcmp(at->rule, note->rule) == 0 &&
                strcmp(at->text, note->text) == 0)
                return true;
        }
    }
    return false;
}

static void say_case(const struct report *report, size_t number)
{
    const struct report_case *of = &report->cases[number];
    bool begun = false;

    for (const struct problem *at = of->problems; at; at = at->next) {
        if (at->level == LEVEL_NOTE && said_before(report, number, at))
            continue;
        if (!begun)
            fprintf(stderr, "\n%s\n", of->name);
        begun = true;
        say_problem(at->rule, at->level, at->text);
    }
    if (begun)
        fprintf(stderr, "    repeat: %s\n", of->command);
}

static int status_of(const struct report_case *of)
{
    switch (worst(of)) {
    case LEVEL_ERROR: return is_hang(of) ? EXIT_HANG : EXIT_BUG_CHECK;
    case LEVEL_WARNING: return EXIT_FINDINGS;
    default: return EXIT_CLEAN;
    }
}

int sweep_say(struct sweep *sweep, const struct report *report)
{
    size_t bad = 0, missing = 0, never = 0;
    int status = EXIT_CLEAN;

    for (size_t i = 0; i < report->count; i++) {
        int of = status_of(&report->cases[i]);

        say_case(report, i);
        bad += of != EXIT_CLEAN;
        status = of > status ? of : status;
    }
    for (size_t i = 0; i < sweep->count; i++) {
        const struct sweep_point *point = &sweep->points[i];

        missing += !point->done && sweep_is_mine(sweep, point);
        never += point->done && point->id != SWEEP_UNDISTURBED && !point->stack && !point->outcomes;
    }
    fprintf(stderr, "%swskrun: %s: %zu runs, %zu with problems", bad ? "\n" : "", sweep->driver,
            report->count, bad);
    if (never)
        fprintf(stderr, ", %zu that did not come to their point", never);
    if (missing)
        fprintf(stderr, ", %zu still to be made", missing);
    fputs("\n", stderr);
    return missing && status == EXIT_CLEAN ? EXIT_FINDINGS : status;
}
