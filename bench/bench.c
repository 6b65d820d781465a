/* SPDX-License-Identifier: MIT */
/*
 * bench.c - the rounds. Each round runs every case once, in a process of its own, one after the
 * other, so that whatever disturbs the machine disturbs all alike; each round begins with the next
 * case.
 */
#define _GNU_SOURCE
#include "bench.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#define ROUNDS_LEAST 5u
#define ROUNDS_MOST 999u

/* A case that takes longer hangs. */
#define CASE_LIMIT_S 30

/* --- One case -------------------------------------------------------------------------------- */

static _Noreturn void run_as_child(const struct bench_case *one, struct job job, int out)
{
    struct sample sample = { { 0 } };

    alarm(CASE_LIMIT_S);
    job.size = one->size;
    one->run(&job, &sample);
    if (write(out, &sample, sizeof(sample)) != sizeof(sample))
        fail("handing the sample over: %s", strerror(errno));
    fflush(NULL);
    _exit(0);
}

static bool ended_well(const struct bench_case *one, int status)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return true;
    fprintf(stderr, "bench: %s %u bytes, %s: ", one->measure->name, one->size, one->peer);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        fprintf(stderr, "took longer than %d s\n", CASE_LIMIT_S);
    else if (WIFSIGNALED(status))
        fprintf(stderr, "ended by signal %d (%s)\n", WTERMSIG(status), strsignal(WTERMSIG(status)));
    else
        fprintf(stderr, "failed, see above\n");
    return false;
}

static bool run_case(const struct bench_case *one, const struct job *job, struct sample *sample)
{
    int ends[2], status;
    ssize_t got;
    pid_t child;

    fflush(NULL);
    if (pipe(ends) || (child = fork()) < 0) {
        fprintf(stderr, "bench: a process could not be made: %s\n", strerror(errno));
        return false;
    }
    if (child == 0) {
        close(ends[0]);
        run_as_child(one, *job, ends[1]);
    }
    close(ends[1]);
    got = read(ends[0], sample, sizeof(*sample));
    close(ends[0]);
    waitpid(child, &status, 0);
    return ended_well(one, status) && got == sizeof(*sample);
}

/* --- Rounds ---------------------------------------------------------------------------------- */

static bool run_round(struct results *results, const struct job *job, unsigned round)
{
    for (unsigned i = 0; i < bench_case_count; i++) {
        unsigned number = (i + round) % bench_case_count;

        if (results->samples[number] &&
            !run_case(&bench_cases[number], job, &results->samples[number][round]))
            return false;
    }
    return true;
}

static bool wanted(const struct bench_case *one, const struct settings *settings)
{
    const char *only = settings->only;

    if (settings->size && settings->size != one->size)
        return false;
    return !only || !strcmp(only, one->measure->name) || !strcmp(only, one->peer);
}

static bool prepare(struct results *results, const struct settings *settings)
{
    unsigned chosen = 0;

    results->rounds = settings->rounds;
    results->samples = calloc(bench_case_count, sizeof(*results->samples));
    for (unsigned i = 0; results->samples && i < bench_case_count; i++)
        if (wanted(&bench_cases[i], settings)) {
            results->samples[i] = calloc(settings->rounds, sizeof(**results->samples));
            chosen++;
            if (!results->samples[i])
                return false;
        }
    if (!chosen)
        fprintf(stderr, "bench: no case has the measure or peer \"%s\" and the size %u\n",
                settings->only ? settings->only : "any", settings->size);
    return chosen > 0;
}

static void release(struct results *results)
{
    for (unsigned i = 0; results->samples && i < bench_case_count; i++)
        free(results->samples[i]);
    free(results->samples);
}

/* --- The machine ----------------------------------------------------------------------------- */

/* Processor time that the machine has spent so far, seconds: all that is not idle. */
static double machine_busy(void)
{
    unsigned long long user = 0, nice = 0, kernel = 0, idle, io, irq = 0, soft = 0, steal = 0;
    FILE *file = fopen("/proc/stat", "r");
    int read = 0;

    if (file) {
        read = fscanf(file, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &user, &nice, &kernel,
                      &idle, &io, &irq, &soft, &steal);
        fclose(file);
    }
    if (read != 8)
        return 0;
    return (double)(user + nice + kernel + irq + soft + steal) / (double)sysconf(_SC_CLK_TCK);
}

static double own_busy(void)
{
    struct rusage children;
    struct cpu_time own = cpu_time_now();

    getrusage(RUSAGE_CHILDREN, &children);
    return own.user + own.kernel + (double)(children.ru_utime.tv_sec + children.ru_stime.tv_sec) +
           (double)(children.ru_utime.tv_usec + children.ru_stime.tv_usec) * 1e-6;
}

static double load_average(void)
{
    double load = 0;

    return getloadavg(&load, 1) == 1 ? load : 0;
}

static bool allow_descriptors(unsigned count)
{
    struct rlimit limit;

    getrlimit(RLIMIT_NOFILE, &limit);
    if (limit.rlim_cur >= count)
        return true;
    limit.rlim_cur = count;
    if (limit.rlim_max >= count && !setrlimit(RLIMIT_NOFILE, &limit))
        return true;
    fprintf(stderr, "bench: needs %u descriptors, allowed are %llu: raise `ulimit -n`\n", count,
            (unsigned long long)limit.rlim_max);
    return false;
}

/* --- Arguments ------------------------------------------------------------------------------- */

static const struct job usual = { .warm_up_ms = 50, .window_ms = 400, .pings = 10000,
                                  .sockets = 10000 };
static const struct job short_job = { .warm_up_ms = 20, .window_ms = 80, .pings = 2000,
                                      .sockets = 1000 };

static int usage(FILE *file)
{
    fputs("usage: openwsk-bench [--quick] [--rounds N] [--only MEASURE|PEER] [--size BYTES] [--json FILE]\n"
          "  --quick      shorter windows: a look, not a figure to quote\n"
          "  --rounds N   5 to 999; default 5\n"
          "  --only NAME  one measure (flow, verified, ping, idle) or one peer (raw, wsk-event, ...)\n"
          "  --size BYTES one payload size\n"
          "  --json FILE  write all rounds there\n"
          "  --data FILE  write the medians of the flows there, as a table for gnuplot\n", file);
    return file == stdout ? 0 : 2;
}

/* -1: go on. */
static int read_arguments(char **arguments, struct settings *settings)
{
    for (; *arguments; arguments++) {
        const char *name = *arguments, *value = arguments[1];

        if (!strcmp(name, "--help"))
            return usage(stdout);
        if (!strcmp(name, "--quick")) {
            settings->quick = true;
            settings->job = short_job;
            continue;
        }
        if (!value)
            return usage(stderr);
        if (!strcmp(name, "--rounds"))
            settings->rounds = (unsigned)strtoul(value, NULL, 10);
        else if (!strcmp(name, "--only"))
            settings->only = value;
        else if (!strcmp(name, "--size"))
            settings->size = (unsigned)strtoul(value, NULL, 10);
        else if (!strcmp(name, "--json"))
            settings->json_path = value;
        else if (!strcmp(name, "--data"))
            settings->data_path = value;
        else
            return usage(stderr);
        arguments++;
    }
    if (settings->rounds < ROUNDS_LEAST || settings->rounds > ROUNDS_MOST)
        return usage(stderr);
    return -1;
}

static bool run_rounds(struct results *results, const struct job *job)
{
    double busy = machine_busy(), own = own_busy();
    uint64_t start = clock_ns();

    results->load_before = load_average();
    for (unsigned round = 0; round < results->rounds; round++)
        if (!run_round(results, job, round))
            return false;
    results->seconds = (double)(clock_ns() - start) * 1e-9;
    results->others = (machine_busy() - busy - (own_busy() - own)) / results->seconds /
                      (double)sysconf(_SC_NPROCESSORS_ONLN);
    if (results->others < 0)
        results->others = 0;
    return true;
}

int main(int count, char **arguments)
{
    struct settings settings = { .job = usual, .rounds = ROUNDS_LEAST };
    struct results results = { 0 };
    int status = read_arguments(arguments + (count > 0), &settings);
    bool good;

    if (status >= 0)
        return status;
    good = allow_descriptors(settings.job.sockets + 64) && prepare(&results, &settings) &&
           run_rounds(&results, &settings.job);
    if (good) {
        print_table(&results);
        if (settings.json_path)
            good = write_json(&results, &settings);
        if (good && settings.data_path)
            good = write_data(&results, settings.data_path);
    }
    release(&results);
    return good ? 0 : 1;
}
