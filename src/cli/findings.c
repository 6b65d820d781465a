/* SPDX-License-Identifier: MIT */
/* findings.c - from the library's findings to a report, and the command that repeats them. */
#include "report.h"

#include <openwsk/host.h>

#include <err.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

static void take(void *of, const struct openwsk_finding *finding)
{
    report_problem_add(of, finding->rule, (enum level)finding->severity, finding->times,
                       finding->text, finding->stacks);
}

void findings_take(struct report_case *of)
{
    openwsk_findings(take, of);
}

/* --- The command ---------------------------------------------------------------------------- */

static bool plain(const char *word)
{
    return *word && !word[strspn(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                       "0123456789_-+=./,:@%")];
}

static void add_word(FILE *to, const char *word)
{
    fputc(' ', to);
    if (plain(word)) {
        fputs(word, to);
        return;
    }
    fputc('\'', to);
    for (; *word; word++)
        fputs(*word == '\'' ? "'\\''" : (char[]){ *word, '\0' }, to);
    fputc('\'', to);
}

static void add_words(FILE *to, const struct words *words)
{
    for (size_t i = 0; i < words->count; i++)
        add_word(to, words->at[i]);
}

/* -I and -D are options here, too, and have their value in a word of its own. */
static void add_compiler_flags(FILE *to, const struct words *flags)
{
    for (size_t i = 0; i < flags->count; i++) {
        const char *flag = flags->at[i];

        if ((strcmp(flag, "-I") == 0 || strcmp(flag, "-D") == 0) && i + 1 < flags->count) {
            fprintf(to, " %s", flag);
            add_word(to, flags->at[++i]);
        } else {
            fputs(" --cflags", to);
            add_word(to, flag);
        }
    }
}

char *command_again(const struct options *options, const char *point)
{
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);

    if (!to)
        err(EXIT_NOT_LOADED, NULL);
    fputs("wskrun", to);
    if (point)
        fprintf(to, " --fail=%s", point);
    add_words(to, &options->verify.words);
    if (options->verify.repeat && !options->sweeping)
        fprintf(to, " --repeat=%u", options->verify.repeat);
    if (options->once)
        fputs(" --once", to);
    else if (options->run_ns != UINT64_MAX)
        fprintf(to, " --for=%" PRIu64 "us", options->run_ns / 1000);
    if (options->compiler) {
        fputs(" --cc", to);
        add_word(to, options->compiler);
    }
    add_compiler_flags(to, &options->compiler_flags);
    add_word(to, options->driver);
    if (options->parameters.count)
        fputs(" --", to);
    add_words(to, &options->parameters);
    fclose(to);
    return text;
}
