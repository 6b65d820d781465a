/* SPDX-License-Identifier: MIT */
/*
 * report_json.c - a report for programs; docs/VERIFIER.md describes it. Nothing in it but counters
 * depends on the time.
 */
#include "report.h"

#include <openwsk/host.h>

#include <inttypes.h>

/* Bytes above 7 bits pass as they are when they are UTF-8, which paths and messages usually are. */
static size_t utf8_length(const unsigned char *text)
{
    size_t length = *text < 0xc2 ? 0 : *text < 0xe0 ? 2 : *text < 0xf0 ? 3 : *text < 0xf5 ? 4 : 0;

    for (size_t i = 1; i < length; i++) {
        if ((text[i] & 0xc0) != 0x80)
            return 0;
    }
    return length;
}

void json_string(FILE *file, const char *text)
{
    const unsigned char *at = (const unsigned char *)text;

    fputc('"', file);
    while (*at) {
        size_t length = utf8_length(at);

        if (length) {
            fwrite(at, 1, length, file);
            at += length;
            continue;
        }
        if (*at == '"' || *at == '\\')
            fprintf(file, "\\%c", *at);
        else if (*at < ' ')
            fprintf(file, "\\u%04x", *at);
        else
            fputc(*at < 0x7f ? *at : '?', file);
        at++;
    }
    fputc('"', file);
}

static void member(FILE *file, const char *name, const char *text)
{
    fprintf(file, ", \"%s\": ", name);
    json_string(file, text);
}

struct stacks {
    FILE *file;
    const char *separator;
};

static void write_stack(void *context, const char *label, char *frames)
{
    struct stacks *stacks = context;
    const char *separator = "", *frame;

    fprintf(stacks->file, "%s{ \"label\": ", stacks->separator);
    json_string(stacks->file, label);
    fputs(", \"frames\": [", stacks->file);
    while ((frame = report_frame(&frames))) {
        fputs(separator, stacks->file);
        json_string(stacks->file, frame);
        separator = ", ";
    }
    fputs("] }", stacks->file);
    stacks->separator = ", ";
}

static void write_problem(FILE *file, const struct report_case *of, const struct problem *problem)
{
    struct stacks stacks = { file, "" };
    char place[1024];
    unsigned line;

    fputs("    { \"rule\": ", file);
    json_string(file, problem->rule);
    member(file, "level", level_name(problem->level));
    member(file, "text", problem->text);
    fprintf(file, ", \"times\": %" PRIu64, problem->times);
    if (report_place(problem->text, place, sizeof(place), &line)) {
        member(file, "file", place);
        fprintf(file, ", \"line\": %u", line);
    }
    fputs(", \"stacks\": [", file);
    report_stacks(problem->stacks, write_stack, &stacks);
    fputc(']', file);
    member(file, "case", of->id);
    member(file, "case_name", of->name);
    member(file, "command", of->command);
    fputs(" }", file);
}

struct counters {
    FILE *file;
    const char *separator;
};

static void write_counter(void *context, const char *name, const char *meaning, uint64_t value)
{
    struct counters *counters = context;

    (void)meaning;
    fputs(counters->separator, counters->file);
    json_string(counters->file, name);
    fprintf(counters->file, ": %" PRIu64, value);
    counters->separator = ", ";
}

static void write_counters(FILE *file)
{
    struct counters counters = { file, "" };

    fputs(",\n  \"counters\": { ", file);
    openwsk_counters(write_counter, &counters);
    fputs(" }", file);
}

void report_json(FILE *file, const struct report *report)
{
    const char *separator = "\n";

    fputs("{\n  \"tool\": \"openwsk\"", file);
    member(file, "version", openwsk_version());
    member(file, "driver", report->driver);
    fprintf(file, ",\n  \"exit_status\": %d, \"cases\": %zu, \"findings\": [",
            report->exit_status, report->count);
    for (size_t i = 0; i < report->count; i++) {
        for (const struct problem *at = report->cases[i].problems; at; at = at->next) {
            fputs(separator, file);
            write_problem(file, &report->cases[i], at);
            separator = ",\n";
        }
    }
    fputs("\n  ]", file);
    if (report->counters)
        write_counters(file);
    fputs("\n}\n", file);
}
