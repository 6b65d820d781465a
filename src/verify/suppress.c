/* SPDX-License-Identifier: MIT */
/* suppress.c - see suppress.h. */
#include "suppress.h"

#include "base.h"
#include "verify.h"

#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#define LINES_MAX 256
#define LINE_MAX_BYTES 512

static char (*lines)[LINE_MAX_BYTES];
static size_t line_count;
static _Atomic size_t suppressed;

static bool add(const char *line)
{
    if (!lines)
        lines = os_allocate_zeroed(LINES_MAX * sizeof(*lines));
    if (!lines || line_count == LINES_MAX)
        return false;
    snprintf(lines[line_count++], LINE_MAX_BYTES, "%s", line);
    return true;
}

/* "" for what says nothing, NULL for what is no suppression. */
static const char *read_line(char *line)
{
    const char *blank;

    line[strcspn(line, "\r\n")] = '\0';
    line += strspn(line, " \t");
    if (!*line || *line == '#')
        return "";
    blank = strchr(line, ' ');
    return blank && blank[1 + strspn(blank + 1, " ")] ? line : NULL;
}

static bool read_file(FILE *file, const char *path, char *error, size_t size)
{
    char text[LINE_MAX_BYTES];

    for (unsigned number = 1; fgets(text, sizeof(text), file); number++) {
        const char *line = read_line(text);

        if (!line || (*line && !add(line))) {
            snprintf(error, size, "%s:%u: %s", path, number,
                     line ? "too many lines" : "a rule, a blank and a pattern are wanted");
            return false;
        }
    }
    return true;
}

bool vf_suppressions_file(const char *path, char *error, size_t size)
{
    FILE *file = fopen(path, "re");
    bool read;

    if (!file) {
        snprintf(error, size, "cannot read %s", path);
        return false;
    }
    read = read_file(file, path, error, size);
    fclose(file);
    return read;
}

bool vf_suppressed(const char *rule, const char *text)
{
    size_t length = strlen(rule);

    for (size_t i = 0; i < line_count; i++) {
        const char *pattern = lines[i] + length;

        if (strncmp(lines[i], rule, length) != 0 || *pattern != ' ')
            continue;
        if (fnmatch(pattern + strspn(pattern, " "), text, 0) == 0) {
            atomic_fetch_add(&suppressed, 1);
            return true;
        }
    }
    return false;
}

void vf_suppressions_stop(void)
{
    size_t count = atomic_exchange(&suppressed, 0);

    if (count)
        vf_say("%zu finding%s suppressed", count, count == 1 ? "" : "s");
    os_free(lines);
    lines = NULL;
    line_count = 0;
}
