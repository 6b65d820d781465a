/* SPDX-License-Identifier: MIT */
/*
 * report_junit.c - a report as CI servers read it: a test case for each case, a failure for each
 * problem.
 */
#include "report.h"

/* XML has no way to write most control characters. */
static void xml_text(FILE *file, const char *text)
{
    for (; *text; text++) {
        switch (*text) {
        case '&': fputs("&amp;", file); break;
        case '<': fputs("&lt;", file); break;
        case '>': fputs("&gt;", file); break;
        case '"': fputs("&quot;", file); break;
        default: fputc((unsigned char)*text < ' ' && *text != '\n' ? ' ' : *text, file); break;
        }
    }
}

static void attribute(FILE *file, const char *name, const char *text)
{
    fprintf(file, " %s=\"", name);
    xml_text(file, text);
    fputc('"', file);
}

static bool fails(const struct report_case *of)
{
    for (const struct problem *at = of->problems; at; at = at->next) {
        if (at->level != LEVEL_NOTE)
            return true;
    }
    return false;
}

static void write_problem(FILE *file, const struct report_case *of, const struct problem *problem)
{
    if (problem->level == LEVEL_NOTE)
        return;
    fputs("      <failure", file);
    attribute(file, "type", problem->rule);
    attribute(file, "message", problem->text);
    fputc('>', file);
    xml_text(file, of->command);
    if (*problem->stacks)
        fputc('\n', file);
    xml_text(file, problem->stacks);
    fputs("</failure>\n", file);
}

static void write_case(FILE *file, const struct report *report, const struct report_case *of)
{
    fputs("    <testcase", file);
    attribute(file, "classname", report->driver);
    attribute(file, "name", of->name);
    fputs(">\n", file);
    for (const struct problem *at = of->problems; at; at = at->next)
        write_problem(file, of, at);
    fputs("    </testcase>\n", file);
}

void report_junit(FILE *file, const struct report *report)
{
    size_t failed = 0;

    for (size_t i = 0; i < report->count; i++)
        failed += fails(&report->cases[i]);
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites>\n  <testsuite", file);
    attribute(file, "name", "openwsk");
    fprintf(file, " tests=\"%zu\" failures=\"%zu\" errors=\"0\">\n", report->count, failed);
    for (size_t i = 0; i < report->count; i++)
        write_case(file, report, &report->cases[i]);
    fputs("  </testsuite>\n</testsuites>\n", file);
}
