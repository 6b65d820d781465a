/* SPDX-License-Identifier: MIT */
/* colour.c - see colour.h. */
#include "colour.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RED "\033[31m"
#define YELLOW "\033[33m"
#define CYAN "\033[36m"
#define PLAIN "\033[0m"

static bool coloured(void)
{
    const char *refused = getenv("NO_COLOR");

    return isatty(STDERR_FILENO) && !(refused && *refused);
}

static const char *colour_of(enum level level)
{
    if (!coloured())
        return "";
    return level == LEVEL_ERROR ? RED : level == LEVEL_WARNING ? YELLOW : CYAN;
}

void say_problem(const char *rule, enum level level, const char *text)
{
    fprintf(stderr, "    %s%s%s: %s\n", colour_of(level), rule, coloured() ? PLAIN : "", text);
}

/* The length of a "WSK-V16" at the start of the text, or 0. */
static size_t rule_length(const char *text, size_t length)
{
    static const char start[] = "WSK-V";
    size_t end = sizeof(start) - 1;

    if (length <= end || memcmp(text, start, end) != 0)
        return 0;
    while (end < length && text[end] >= '0' && text[end] <= '9')
        end++;
    return end;
}

void say_report(const char *text, size_t length)
{
    static const char start[] = "openwsk: ";
    size_t skip = sizeof(start) - 1;
    size_t rule = length > skip && memcmp(text, start, skip) == 0
                      ? rule_length(text + skip, length - skip)
                      : 0;

    if (!rule || !coloured()) {
        fwrite(text, 1, length, stderr);
        return;
    }
    fprintf(stderr, "%s" YELLOW "%.*s" PLAIN "%.*s", start, (int)rule, text + skip,
            (int)(length - skip - rule), text + skip + rule);
}
