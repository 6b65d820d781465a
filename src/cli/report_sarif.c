/* SPDX-License-Identifier: MIT */
/* report_sarif.c - a report in the format that code hosts show beside the source: SARIF 2.1.0. */
#include "report.h"

#include <openwsk/host.h>

#include <ctype.h>
#include <inttypes.h>
#include <string.h>

/* Each rule is described once, where it is first met. */
static bool met_before(const struct report *report, size_t of, const struct problem *problem)
{
    for (size_t i = 0; i <= of; i++) {
        for (const struct problem *at = report->cases[i].problems; at && at != problem;
             at = at->next) {
            if (strcmp(at->rule, problem->rule) == 0)
                return true;
        }
    }
    return false;
}

static void write_rule(FILE *file, const char *rule)
{
    const struct rule_words *words = rule_words(rule);

    fputs("{ \"id\": ", file);
    json_string(file, rule);
    fputs(", \"shortDescription\": { \"text\": ", file);
    json_string(file, words->demand);
    fputs(" }, \"fullDescription\": { \"text\": ", file);
    json_string(file, words->consequence);
    fputs(" }, \"help\": { \"text\": ", file);
    json_string(file, "docs/VERIFIER.md of openwsk describes the rules, and how to suppress a finding.");
    fputs(" } }", file);
}

static void write_rules(FILE *file, const struct report *report)
{
    const char *separator = "";

    for (size_t i = 0; i < report->count; i++) {
        for (const struct problem *at = report->cases[i].problems; at; at = at->next) {
            if (met_before(report, i, at))
                continue;
            fprintf(file, "%s\n        ", separator);
            write_rule(file, at->rule);
            separator = ",";
        }
    }
}

/*
 * A path as a relative reference: what means something in a URI, or is no plain letter, is escaped.
 */
static void write_uri(FILE *file, const char *path)
{
    putc('"', file);
    for (const unsigned char *at = (const unsigned char *)path; *at; at++) {
        if ((*at < 0x80 && isalnum(*at)) || strchr("-._~/", *at))
            putc(*at, file);
        else
            fprintf(file, "%%%02X", *at);
    }
    putc('"', file);
}

/*
 * Code hosts want paths below the repository; the driver's own file is known by its path. False
 * when the text names no place.
 */
static bool write_physical(FILE *file, const struct report *report, const char *text)
{
    const char *slash = strrchr(report->driver, '/');
    const char *name = slash ? slash + 1 : report->driver;
    char place[1024];
    unsigned line;

    if (!report_place(text, place, sizeof(place), &line))
        return false;
    fputs("\"physicalLocation\": { \"artifactLocation\": { \"uri\": ", file);
    write_uri(file, strcmp(place, name) == 0 ? report->driver : place);
    fprintf(file, " }, \"region\": { \"startLine\": %u } }", line ? line : 1);
    return true;
}

static void write_location(FILE *file, const struct report *report, const char *text)
{
    char place[1024];
    unsigned line;

    if (!report_place(text, place, sizeof(place), &line))
        return;
    fputs(", \"locations\": [ { ", file);
    write_physical(file, report, text);
    fputs(" } ]", file);
}

/* --- Stacks --------------------------------------------------------------------------------- */

struct stacks {
    FILE *file;
    const struct report *report;
    const char *separator;
};

/* "SendOne (echo.c:42)", or a name with an offset. */
static void write_frame(const struct stacks *stacks, const char *frame)
{
    char name[512];

    snprintf(name, sizeof(name), "%.*s", (int)strcspn(frame, " ("), frame);
    fputs("{ \"location\": { ", stacks->file);
    if (write_physical(stacks->file, stacks->report, frame))
        fputs(", ", stacks->file);
    fputs("\"logicalLocations\": [ { \"name\": ", stacks->file);
    json_string(stacks->file, name);
    fputs(" } ] } }", stacks->file);
}

static void write_stack(void *context, const char *label, char *frames)
{
    struct stacks *stacks = context;
    const char *separator = "", *frame;

    fprintf(stacks->file, "%s{ \"message\": { \"text\": ", stacks->separator);
    json_string(stacks->file, label);
    fputs(" }, \"frames\": [ ", stacks->file);
    while ((frame = report_frame(&frames))) {
        fputs(separator, stacks->file);
        write_frame(stacks, frame);
        separator = ", ";
    }
    fputs(" ] }", stacks->file);
    stacks->separator = ", ";
}

static void write_stacks(FILE *file, const struct report *report, const struct problem *problem)
{
    struct stacks stacks = { file, report, "" };

    if (!*problem->stacks)
        return;
    fputs(", \"stacks\": [ ", file);
    report_stacks(problem->stacks, write_stack, &stacks);
    fputs(" ]", file);
}

/* --- Results -------------------------------------------------------------------------------- */

/* Tells whether a later report shows the same problem: rule, case and words, without addresses. */
static uint64_t fingerprint(const struct report_case *of, const struct problem *problem)
{
    const char *texts[] = { problem->rule, of->id, problem->text };
    uint64_t hash = 0xcbf29ce484222325ull;

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        for (const char *at = texts[i]; *at; at++)
            hash = (hash ^ (unsigned char)*at) * 0x100000001b3ull;
    }
    return hash;
}

static void write_result(FILE *file, const struct report *report, const struct report_case *of,
                         const struct problem *problem)
{
    fputs("      { \"ruleId\": ", file);
    json_string(file, problem->rule);
    fprintf(file, ", \"level\": \"%s\", \"message\": { \"text\": ", level_name(problem->level));
    json_string(file, problem->text);
    fputs(" }", file);
    write_location(file, report, problem->text);
    write_stacks(file, report, problem);
    fprintf(file, ", \"partialFingerprints\": { \"openwsk/v1\": \"%016" PRIx64 "\" }",
            fingerprint(of, problem));
    fputs(", \"properties\": { \"case\": ", file);
    json_string(file, of->name);
    fputs(", \"command\": ", file);
    json_string(file, of->command);
    fputs(" } }", file);
}

static void write_results(FILE *file, const struct report *report)
{
    const char *separator = "\n";

    for (size_t i = 0; i < report->count; i++) {
        for (const struct problem *at = report->cases[i].problems; at; at = at->next) {
            fputs(separator, file);
            write_result(file, report, &report->cases[i], at);
            separator = ",\n";
        }
    }
}

void report_sarif(FILE *file, const struct report *report)
{
    fputs("{\n  \"$schema\": \"https://json.schemastore.org/sarif-2.1.0.json\",\n"
          "  \"version\": \"2.1.0\",\n  \"runs\": [ {\n"
          "    \"tool\": { \"driver\": { \"name\": \"openwsk\", \"version\": ", file);
    json_string(file, openwsk_version());
    fputs(", \"rules\": [", file);
    write_rules(file, report);
    fputs("\n    ] } },\n    \"invocations\": [ { \"executionSuccessful\": true", file);
    fprintf(file, ", \"exitCode\": %d } ],\n    \"results\": [", report->exit_status);
    write_results(file, report);
    fputs("\n    ]\n  } ]\n}\n", file);
}
