/* SPDX-License-Identifier: MIT */
/*
 * bench.h - what is measured, and by whom.
 *
 * A case is one thing measured on one peer: a flow of datagrams of one size through WskSendTo, say.
 * A peer is a file with a function for each measure that it takes part in; cases.c lists the cases.
 * Every case of every round runs in a process of its own, so that processor time and memory are its
 * own, and a crash is only one case's.
 */
#ifndef OPENWSK_BENCH_H
#define OPENWSK_BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* --- One measurement ------------------------------------------------------------------------- */

/* All peers ask for the same; the kernel gives at most net.core.rmem_max. */
#define RECEIVE_BUFFER (4 << 20)

/* What is asked for. */
struct job {
    unsigned size;       /* payload of a datagram, bytes */
    unsigned warm_up_ms; /* of a flow */
    unsigned window_ms;  /* of a flow: what is measured */
    unsigned pings;      /* round trips that count; a fifth as many come before */
    unsigned sockets;    /* idle */
};

#define METRICS_MAX 4

/* What comes out; the measure names the metrics. */
struct sample {
    double values[METRICS_MAX];
};

/* Runs in a process of its own, which ends afterwards. */
typedef void measure_fn(const struct job *job, struct sample *sample);

/* Ends this measurement with a message. */
_Noreturn void fail(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* --- Measures -------------------------------------------------------------------------------- */

struct metric {
    const char *name; /* in the JSON */
    const char *head; /* of the table's column */
    const char *unit; /* of that column */
    double scale;     /* from the value to what the column shows */
    int decimals;
};

struct measure {
    const char *name;
    const char *title;
    const char *ratio_head;
    struct metric metrics[METRICS_MAX]; /* the ratio compares the first */
};

extern const struct measure measure_flow, measure_verified, measure_ping, measure_idle;

/* --- Cases ----------------------------------------------------------------------------------- */

struct bench_case {
    const struct measure *measure;
    unsigned size; /* 0: has none */
    const char *peer;
    const char *label;
    measure_fn *run;
    bool baseline; /* what the ratios of its measure and size compare with */
};

extern const struct bench_case bench_cases[];
extern const unsigned bench_case_count;

/* --- Peers ----------------------------------------------------------------------------------- */

/* raw_*.c */
measure_fn raw_flow, raw_addressed_flow, raw_batch_flow, raw_offload_flow, raw_ping, epoll_ping, raw_idle;
measure_fn uring_flow, uring_ping; /* uring_*.c */
measure_fn uv_flow, uv_ping;       /* uv_*.c */
/* wsk_peer.c */
measure_fn wsk_event_flow, wsk_two_flow, wsk_messages_flow, wsk_request_flow, wsk_ping, wsk_echo_ping, wsk_idle;
measure_fn wsk_verified_flow, wsk_fresh_flow, wsk_verified_fresh_flow, wsk_waiting_flow, wsk_verified_waiting_flow;

/* Answers each datagram of a connected socket with the same until an empty one comes. */
typedef void echo_fn(int fd);

/* Round trips of a blocking socket of Linux with a thread that serves the echo. */
void echo_ping(const struct job *job, echo_fn *serve, struct sample *sample);

/* Round trips of a blocking socket of Linux with an echo on this port, in nanoseconds. */
void raw_ping_port(unsigned port, const struct job *job, uint32_t *nanoseconds);

/* --- For peers (measure.c) ------------------------------------------------------------------- */

struct flow_counts {
    uint64_t sent;
    uint64_t failed;
    uint64_t delivered;
};

/* A flow that is running, seen from outside. */
struct flow {
    void (*read)(struct flow *flow, struct flow_counts *counts);
    void (*end_sending)(struct flow *flow);
};

/* Warms up, measures the window, ends the sending, waits until all has arrived. */
void flow_measure(struct flow *flow, const struct job *job, struct sample *sample);

/* Processor time from start to now, of the whole process. */
struct cpu_time {
    double user;
    double kernel;
};

struct cpu_time cpu_time_now(void);

/* From the round trips, which it sorts, and the processor time of all of them. */
void ping_measured(uint32_t *nanoseconds, unsigned count, double cpu_seconds, unsigned round_trips,
                   struct sample *sample);

unsigned ping_warm_up(const struct job *job);

uint64_t clock_ns(void);
void sleep_ms(unsigned ms);

/* Resident memory of this process before the sockets are made, bytes. */
uint64_t idle_before(void);
void idle_measured(uint64_t before, const struct job *job, struct sample *sample);

/* --- Rounds and report ----------------------------------------------------------------------- */

struct settings {
    struct job job;
    unsigned rounds;
    bool quick;
    const char *only;      /* NULL, or the measure or peer that is run alone */
    unsigned size;          /* 0: all */
    const char *json_path; /* NULL: no file */
    const char *data_path; /* NULL: no file */
};

/* samples[case][round]; cases that are not run have NULL. */
struct results {
    struct sample **samples;
    unsigned rounds;
    double seconds;     /* that the run took */
    double others;      /* part of the processors that other processes had meanwhile, 0..1 */
    double load_before; /* the load average of a minute */
};

double median(const double *values, unsigned count);

/* The first case of the same measure and size that is a baseline and was run, or -1. */
int find_baseline(const struct results *results, unsigned number);

void print_table(const struct results *results);

/* False after a message. */
bool write_json(const struct results *results, const struct settings *settings);

/* A line a size, a column a peer: delivered datagrams per second. */
bool write_data(const struct results *results, const char *path);

#endif
