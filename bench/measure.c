/* SPDX-License-Identifier: MIT */
/* measure.c - how a flow, round trips and memory are measured; the same for every peer. */
#define _GNU_SOURCE
#include "bench.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

/* What is still on its way has arrived when nothing came for so long. */
#define QUIET_MS 10
#define DRAIN_MS 500

void fail(const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
    _exit(1);
}

uint64_t clock_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

void sleep_ms(unsigned ms)
{
    struct timespec rest = { ms / 1000, ms % 1000 * 1000000L };

    while (nanosleep(&rest, &rest) && errno == EINTR)
        ;
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec * 1e-6;
}

struct cpu_time cpu_time_now(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (struct cpu_time){ seconds(usage.ru_utime), seconds(usage.ru_stime) };
}

/* --- Flow ------------------------------------------------------------------------------------ */

/* One look at everything that the window is made of. */
struct look {
    uint64_t at;
    struct cpu_time cpu;
    struct flow_counts counts;
};

static struct look look(struct flow *flow)
{
    struct look now;

    flow->read(flow, &now.counts);
    now.cpu = cpu_time_now();
    now.at = clock_ns();
    return now;
}

static void drain(struct flow *flow, struct flow_counts *counts)
{
    uint64_t before;
    unsigned waited = 0;

    flow->read(flow, counts);
    do {
        before = counts->delivered;
        sleep_ms(QUIET_MS);
        waited += QUIET_MS;
        flow->read(flow, counts);
    } while (counts->delivered != before && waited < DRAIN_MS);
}

static void evaluate(const struct look *first, const struct look *last,
                     const struct flow_counts *all, struct sample *sample)
{
    double delivered = (double)(last->counts.delivered - first->counts.delivered);
    double user = last->cpu.user - first->cpu.user;
    double kernel = last->cpu.kernel - first->cpu.kernel;

    if (delivered <= 0)
        fail("nothing was delivered in the window, of %llu sent, %llu delivered before",
             (unsigned long long)all->sent, (unsigned long long)first->counts.delivered);
    if (all->failed)
        fail("%llu of %llu sends or receives failed", (unsigned long long)all->failed,
             (unsigned long long)(all->sent + all->failed));
    if (all->delivered > all->sent)
        fail("%llu datagrams were delivered, but only %llu sent",
             (unsigned long long)all->delivered, (unsigned long long)all->sent);
    sample->values[0] = delivered / ((double)(last->at - first->at) * 1e-9);
    sample->values[1] = (double)(all->sent - all->delivered) / (double)all->sent;
    sample->values[2] = (user + kernel) / delivered * 1e6;
    sample->values[3] = user / delivered * 1e6;
}

void flow_measure(struct flow *flow, const struct job *job, struct sample *sample)
{
    struct look first, last;
    struct flow_counts all;

    sleep_ms(job->warm_up_ms);
    first = look(flow);
    sleep_ms(job->window_ms);
    last = look(flow);
    flow->end_sending(flow);
    drain(flow, &all);
    evaluate(&first, &last, &all, sample);
}

/* --- Ping ------------------------------------------------------------------------------------ */

unsigned ping_warm_up(const struct job *job)
{
    return job->pings / 5;
}

static int by_value(const void *left, const void *right)
{
    const uint32_t *a = left, *b = right;

    return *a < *b ? -1 : *a > *b;
}

void ping_measured(uint32_t *nanoseconds, unsigned count, double cpu_seconds, unsigned round_trips,
                   struct sample *sample)
{
    qsort(nanoseconds, count, sizeof(*nanoseconds), by_value);
    sample->values[0] = nanoseconds[count / 2] * 1e-3;
    sample->values[1] = nanoseconds[(uint64_t)count * 99 / 100] * 1e-3;
    sample->values[2] = nanoseconds[(uint64_t)count * 999 / 1000] * 1e-3;
    sample->values[3] = cpu_seconds * 1e6 / round_trips;
}

/* --- Memory ---------------------------------------------------------------------------------- */

/* Exact, unlike /proc/self/statm, which rounds by what each processor has not yet handed in. */
static uint64_t resident_bytes(void)
{
    FILE *file = fopen("/proc/self/smaps_rollup", "r");
    unsigned long long kilobytes = 0;
    char line[256];

    if (!file)
        fail("/proc/self/smaps_rollup: %s", strerror(errno));
    while (fgets(line, sizeof(line), file))
        if (sscanf(line, "Rss: %llu kB", &kilobytes) == 1)
            break;
    fclose(file);
    return kilobytes * 1024;
}

/* The first look maps what looking needs. */
uint64_t idle_before(void)
{
    resident_bytes();
    return resident_bytes();
}

void idle_measured(uint64_t before, const struct job *job, struct sample *sample)
{
    uint64_t after = resident_bytes();

    sample->values[0] = after > before ? (double)(after - before) / job->sockets : 0;
}
