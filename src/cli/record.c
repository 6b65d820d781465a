/* SPDX-License-Identifier: MIT */
/* record.c - see record.h. */
#define _GNU_SOURCE
#include "record.h"

#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

static int file = -1;

/* --- Lines ---------------------------------------------------------------------------------- */

void line_add(struct line *line, const char *word)
{
    size_t room = sizeof(line->text) - 2;

    if (line->length && line->length < room)
        line->text[line->length++] = '\t';
    for (; *word && line->length < room; word++)
        line->text[line->length++] = *word == '\t' || *word == '\n' ? ' ' : *word;
}

#define LINE_FEED '\v'

void line_add_lines(struct line *line, const char *text)
{
    size_t before = line->length;

    line_add(line, text);
    /* What was cut is at the end. */
    for (size_t i = 0; before && i + before + 1 < line->length; i++) {
        if (text[i] == '\n')
            line->text[before + 1 + i] = LINE_FEED;
    }
}

void line_lines(char *word)
{
    for (; *word; word++) {
        if (*word == LINE_FEED)
            *word = '\n';
    }
}

void line_add_number(struct line *line, uint64_t number)
{
    char text[24];

    snprintf(text, sizeof(text), "%" PRIu64, number);
    line_add(line, text);
}

void line_end(struct line *line)
{
    line->text[line->length++] = '\n';
    line->text[line->length] = '\0';
}

size_t line_split(char *text, char **words, size_t most)
{
    size_t count = 0;

    text[strcspn(text, "\n")] = '\0';
    while (text && count + 1 < most)
        words[count++] = strsep(&text, "\t");
    if (text)
        words[count++] = text;
    return count;
}

/* --- Writing -------------------------------------------------------------------------------- */

static void put(struct line *line)
{
    line_end(line);
    if (file >= 0 && write(file, line->text, line->length) < 0)
        warn("cannot write to the record");
}

void record_open(const char *path)
{
    /* A sweep that is killed takes its runs along. */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (file < 0)
        err(EXIT_USAGE, "cannot write to %s", path);
}

void record_point(void *context, const struct openwsk_point *point)
{
    struct line line = { .length = 0 };
    char id[24];

    (void)context;
    snprintf(id, sizeof(id), "%012" PRIx64, point->id);
    line_add(&line, point->denied ? "denied" : "point");
    line_add(&line, id);
    line_add(&line, point->function);
    if (point->denied)
        line_add(&line, point->stack);
    put(&line);
}

static void put_stacks(const char *stacks)
{
    struct line line = { .length = 0 };

    if (!*stacks)
        return;
    line_add(&line, "stacks");
    line_add_lines(&line, stacks);
    put(&line);
}

void record_end(const struct report_case *of, int status)
{
    struct line line = { .length = 0 };

    for (const struct problem *at = of->problems; at; at = at->next) {
        struct line problem = { .length = 0 };

        line_add(&problem, "problem");
        line_add(&problem, at->rule);
        line_add(&problem, level_name(at->level));
        line_add_number(&problem, at->times);
        line_add(&problem, at->text);
        put(&problem);
        put_stacks(at->stacks);
    }
    line_add(&line, "end");
    line_add_number(&line, (uint64_t)status);
    put(&line);
}
