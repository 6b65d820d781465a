/* SPDX-License-Identifier: MIT */
/* suppress.c - see suppress.h. */
#include "suppress.h"

#include "base.h"
#include "rules.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#define LINES_MAX 256
#define LINE_MAX_BYTES 512

static char (*lines)[LINE_MAX_BYTES];
static size_t line_count;

static bool add(const char *line)
{
    if (!lines)
        lines = os_allocate_zeroed(LINES_MAX * sizeof(*lines));
    if (!lines || line_count == LINES_MAX)
        return false;
    snprintf(lines[line_count++], LINE_MAX_BYTES, "%s", line);
    return true;
}

/* As reports write it, since what is compared is the text: WSK-V1, never V1 or WSK-V01. */
static bool is_rule(const char *line)
{
    char rule[16];

    for (unsigned number = 1; number <= VF_RULE_LAST; number++) {
        size_t length = (size_t)snprintf(rule, sizeof(rule), "WSK-V%u ", number);

        if (strncmp(line, rule, length) == 0)
            return true;
    }
    return false;
}

/* Adds the line if it says something. Returns what is wrong with it, or NULL. */
static const char *take_line(char *line)
{
    const char *blank;

    line[strcspn(line, "\r\n")] = '\0';
    line += strspn(line, " \t");
    if (!*line || *line == '#')
        return NULL;
    blank = strchr(line, ' ');
    if (!blank || !blank[strspn(blank, " ")])
        return "a rule, a blank and a pattern are wanted";
    if (!is_rule(line))
        return "there is no such rule; a line begins as reports do, with WSK-V16, say";
    return add(line) ? NULL : "too many lines";
}

static bool is_whole(const char *text, FILE *file)
{
    return strchr(text, '\n') || feof(file);
}

static bool read_file(FILE *file, const char *path, char *error, size_t size)
{
    char text[LINE_MAX_BYTES];

    for (unsigned number = 1; fgets(text, sizeof(text), file); number++) {
        const char *wrong = is_whole(text, file) ? take_line(text) : "the line is too long";

        if (wrong) {
            snprintf(error, size, "%s:%u: %s", path, number, wrong);
            return false;
        }
    }
    if (ferror(file))
        snprintf(error, size, "cannot read %s", path);
    return !ferror(file);
}

bool vf_suppressions_file(const char *path, char *error, size_t size)
{
    FILE *file = fopen(path, "re");
    size_t before = line_count;
    bool read;

    if (!file) {
        snprintf(error, size, "cannot read %s", path);
        return false;
    }
    read = read_file(file, path, error, size);
    fclose(file);
    /* A broken file suppresses nothing. */
    if (!read)
        line_count = before;
    return read;
}

bool vf_suppressed(const char *rule, const char *text)
{
    size_t length = strlen(rule);

    for (size_t i = 0; i < line_count; i++) {
        const char *pattern = lines[i] + length;

        if (strncmp(lines[i], rule, length) != 0 || *pattern != ' ')
            continue;
        if (fnmatch(pattern + strspn(pattern, " "), text, 0) == 0)
            return true;
    }
    return false;
}

void vf_suppressions_stop(void)
{
    os_free(lines);
    lines = NULL;
    line_count = 0;
}
