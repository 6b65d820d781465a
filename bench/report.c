/* SPDX-License-Identifier: MIT */
/* report.c - medians and ratios, as a table and as JSON. */
#define _GNU_SOURCE
#include "bench.h"

#include <openwsk/host.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#define LABEL_WIDTH 42
#define ROUNDS_MAX 1000u

/* Part of the processors that others may use before the figures mean little. */
#define OTHERS_MOST 0.05

/* --- Numbers --------------------------------------------------------------------------------- */

static int by_value(const void *left, const void *right)
{
    const double *a = left, *b = right;

    return *a < *b ? -1 : *a > *b;
}

double median(const double *values, unsigned count)
{
    double sorted[ROUNDS_MAX];

    memcpy(sorted, values, count * sizeof(*sorted));
    qsort(sorted, count, sizeof(*sorted), by_value);
    return count % 2 ? sorted[count / 2] : (sorted[count / 2 - 1] + sorted[count / 2]) / 2;
}

int find_baseline(const struct results *results, unsigned number)
{
    const struct bench_case *one = &bench_cases[number];

    for (unsigned i = 0; i < bench_case_count; i++)
        if (bench_cases[i].baseline && bench_cases[i].measure == one->measure &&
            bench_cases[i].size == one->size && results->samples[i])
            return (int)i;
    return -1;
}

static void metric_rounds(const struct results *results, unsigned number, unsigned metric,
                          double *values)
{
    for (unsigned round = 0; round < results->rounds; round++)
        values[round] = results->samples[number][round].values[metric];
}

/* Of the same round, so that what disturbs a round disturbs both. */
static void ratio_rounds(const struct results *results, unsigned number, unsigned baseline,
                         double *values)
{
    for (unsigned round = 0; round < results->rounds; round++)
        values[round] = results->samples[number][round].values[0] /
                        results->samples[baseline][round].values[0];
}

/* --- Table ----------------------------------------------------------------------------------- */

static void print_heads(const struct bench_case *one)
{
    char unit[32];

    printf("\n%s", one->measure->title);
    if (one->size)
        printf(", %u bytes", one->size);
    printf("\n%-*s", LABEL_WIDTH, "");
    for (unsigned i = 0; i < METRICS_MAX && one->measure->metrics[i].name; i++)
        printf("%13s", one->measure->metrics[i].head);
    if (one->measure->ratio_head)
        printf("%8s  %s", one->measure->ratio_head, "lowest..highest");
    printf("\n%-*s", LABEL_WIDTH, "");
    for (unsigned i = 0; i < METRICS_MAX && one->measure->metrics[i].name; i++) {
        snprintf(unit, sizeof(unit), "[%s]", one->measure->metrics[i].unit);
        printf("%13s", unit);
    }
    putchar('\n');
}

static void print_ratio(const struct results *results, unsigned number)
{
    double values[ROUNDS_MAX];
    int baseline = find_baseline(results, number);

    if (baseline < 0)
        return;
    ratio_rounds(results, number, (unsigned)baseline, values);
    qsort(values, results->rounds, sizeof(*values), by_value);
    printf("%8.2f  %.2f..%.2f", median(values, results->rounds), values[0],
           values[results->rounds - 1]);
}

static void print_row(const struct results *results, unsigned number)
{
    const struct bench_case *one = &bench_cases[number];
    double values[ROUNDS_MAX];

    printf("  %-*s", LABEL_WIDTH - 2, one->label);
    for (unsigned i = 0; i < METRICS_MAX && one->measure->metrics[i].name; i++) {
        const struct metric *metric = &one->measure->metrics[i];

        metric_rounds(results, number, i, values);
        printf("%13.*f", metric->decimals, median(values, results->rounds) * metric->scale);
    }
    print_ratio(results, number);
    putchar('\n');
}

void print_table(const struct results *results)
{
    const struct bench_case *last = NULL;

    for (unsigned i = 0; i < bench_case_count; i++) {
        const struct bench_case *one = &bench_cases[i];

        if (!results->samples[i])
            continue;
        if (!last || last->measure != one->measure || last->size != one->size)
            print_heads(one);
        print_row(results, i);
        last = one;
    }
    printf("\nMedians of %u rounds, %.0f s in all; ratios within each round to the first row.\n",
           results->rounds, results->seconds);
    printf("Meanwhile others used %.0f %% of the processors (load average before: %.2f)%s.\n",
           results->others * 100, results->load_before,
           results->others > OTHERS_MOST ? ": too much to quote a figure" : "");
}

/* --- JSON ------------------------------------------------------------------------------------ */

static void write_values(FILE *file, const char *name, const double *values, unsigned count)
{
    fprintf(file, "\"%s\": { \"median\": %.9g, \"rounds\": [", name, median(values, count));
    for (unsigned i = 0; i < count; i++)
        fprintf(file, "%s%.9g", i ? ", " : "", values[i]);
    fputs("] }", file);
}

static void write_case(FILE *file, const struct results *results, unsigned number)
{
    const struct bench_case *one = &bench_cases[number];
    int baseline = find_baseline(results, number);
    double values[ROUNDS_MAX];

    fprintf(file, "    { \"measure\": \"%s\", \"size\": %u, \"peer\": \"%s\"", one->measure->name,
            one->size, one->peer);
    for (unsigned i = 0; i < METRICS_MAX && one->measure->metrics[i].name; i++) {
        fputs(",\n      ", file);
        metric_rounds(results, number, i, values);
        write_values(file, one->measure->metrics[i].name, values, results->rounds);
    }
    if (baseline >= 0) {
        fputs(",\n      ", file);
        ratio_rounds(results, number, (unsigned)baseline, values);
        write_values(file, "ratio", values, results->rounds);
    }
    fputs(" }", file);
}

static void write_head(FILE *file, const struct results *results, const struct settings *settings)
{
    const struct job *job = &settings->job;
    struct utsname system;

    uname(&system);
    fprintf(file, "  \"openwsk\": \"%s\",\n  \"kernel\": \"%s\",\n  \"processors\": %ld,\n",
            openwsk_version(), system.release, sysconf(_SC_NPROCESSORS_ONLN));
    fprintf(file, "  \"rounds\": %u,\n  \"warm_up_ms\": %u,\n  \"window_ms\": %u,\n",
            results->rounds, job->warm_up_ms, job->window_ms);
    fprintf(file, "  \"pings\": %u,\n  \"sockets\": %u,\n  \"receive_buffer\": %d,\n", job->pings,
            job->sockets, RECEIVE_BUFFER);
    fprintf(file, "  \"seconds\": %.1f,\n  \"others\": %.3f,\n  \"load_before\": %.2f,\n",
            results->seconds, results->others, results->load_before);
}

static void write_all(FILE *file, const struct results *results, const struct settings *settings)
{
    const char *separator = "";

    fputs("{\n", file);
    write_head(file, results, settings);
    fputs("  \"cases\": [\n", file);
    for (unsigned i = 0; i < bench_case_count; i++)
        if (results->samples[i]) {
            fputs(separator, file);
            write_case(file, results, i);
            separator = ",\n";
        }
    fputs("\n  ]\n}\n", file);
}

bool write_json(const struct results *results, const struct settings *settings)
{
    FILE *file = fopen(settings->json_path, "w");
    bool written;

    if (!file) {
        fprintf(stderr, "%s: %s\n", settings->json_path, strerror(errno));
        return false;
    }
    write_all(file, results, settings);
    written = !ferror(file);
    if (fclose(file) || !written) {
        fprintf(stderr, "%s: %s\n", settings->json_path, strerror(errno));
        return false;
    }
    return true;
}

/* --- For the plot ---------------------------------------------------------------------------- */

static void write_columns(FILE *file, const struct results *results, unsigned first, bool names)
{
    for (unsigned i = first; i < bench_case_count && bench_cases[i].size == bench_cases[first].size &&
                             bench_cases[i].measure == &measure_flow; i++) {
        double values[ROUNDS_MAX];

        if (!results->samples[i])
            continue;
        metric_rounds(results, i, 0, values);
        if (names)
            fprintf(file, "\t\"%s\"", bench_cases[i].label);
        else
            fprintf(file, "\t%.0f", median(values, results->rounds));
    }
    fputc('\n', file);
}

bool write_data(const struct results *results, const char *path)
{
    FILE *file = fopen(path, "w");
    unsigned last = 0;

    if (!file) {
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
        return false;
    }
    for (unsigned i = 0; i < bench_case_count; i++) {
        if (bench_cases[i].measure != &measure_flow || bench_cases[i].size == last ||
            !results->samples[i])
            continue;
        if (!last) {
            fputs("size", file);
            write_columns(file, results, i, true);
        }
        last = bench_cases[i].size;
        fprintf(file, "%u", last);
        write_columns(file, results, i, false);
    }
    return fclose(file) == 0;
}
