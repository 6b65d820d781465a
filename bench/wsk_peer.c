/* SPDX-License-Identifier: MIT */
/*
 * wsk_peer.c - the WSK peer: starts the library, loads the bench's driver, asks it by device
 * control, and unloads it. A finding or a leak fails the measurement.
 */
#define _GNU_SOURCE
#include "bench.h"
#include "control.h"

#include <openwsk/host.h>

#include <stdlib.h>

#define UNLOAD_TIMEOUT_MS 5000

static struct openwsk_driver *driver;

static void require(openwsk_status status, const char *what)
{
    if (status)
        fail("%s: %s", what, openwsk_status_name(status));
}

static void set_number(const char *name, unsigned value)
{
    char text[16];

    snprintf(text, sizeof(text), "%u", value);
    require(openwsk_driver_set_parameter(driver, name, text), name);
}

static void start_driver(void)
{
    static const struct openwsk_config config = {
        .size = sizeof(config), .unload_timeout_ms = UNLOAD_TIMEOUT_MS,
    };

    require(openwsk_start(&config), "starting the library");
    driver = openwsk_driver_load(BENCH_DRIVER);
    if (!driver)
        fail("the driver could not be loaded");
    set_number("rcvbuf", RECEIVE_BUFFER);
    require(openwsk_driver_start(driver), "DriverEntry");
}

static void stop_driver(void)
{
    size_t findings = openwsk_driver_unload(driver);

    findings += openwsk_stop();
    if (findings || openwsk_finding_count())
        fail("the driver or the library left %zu findings", openwsk_finding_count());
}

static void ask(uint32_t code, const void *input, uint32_t input_size, void *output,
                uint32_t output_size, const char *what)
{
    require(openwsk_device_control(BENCH_DEVICE, code, input, input_size, output, output_size,
                                   NULL), what);
}

/* --- Flow ------------------------------------------------------------------------------------ */

static void read_counts(struct flow *flow, struct flow_counts *counts)
{
    struct bench_counts read;

    (void)flow;
    ask(BENCH_FLOW_READ, NULL, 0, &read, sizeof(read), "reading the counts");
    *counts = (struct flow_counts){ read.sent, read.failed, read.delivered };
}

static void end_sending(struct flow *flow)
{
    (void)flow;
    ask(BENCH_FLOW_END, NULL, 0, NULL, 0, "ending the sender");
}

static void run_flow(const struct job *job, struct bench_flow parameters, struct sample *sample)
{
    struct flow flow = { read_counts, end_sending };

    parameters.size = job->size;
    start_driver();
    ask(BENCH_FLOW_START, &parameters, sizeof(parameters), NULL, 0, "starting the flow");
    flow_measure(&flow, job, sample);
    ask(BENCH_CLOSE, NULL, 0, NULL, 0, "closing");
    stop_driver();
}

void wsk_event_flow(const struct job *job, struct sample *sample)
{
    run_flow(job, (struct bench_flow){ .receive = BENCH_BY_EVENT, .senders = 1, .messages = 1 }, sample);
}

/* As wskrun does unless told otherwise. */
static void verify(void)
{
    char error[256];

    if (openwsk_verify("verify", "on", error, sizeof(error)))
        fail("the verifier: %s", error);
}

void wsk_verified_flow(const struct job *job, struct sample *sample)
{
    verify();
    wsk_event_flow(job, sample);
}

void wsk_fresh_flow(const struct job *job, struct sample *sample)
{
    run_flow(job, (struct bench_flow){ .receive = BENCH_BY_EVENT, .senders = 1, .messages = 1, .fresh = 1 },
             sample);
}

void wsk_verified_fresh_flow(const struct job *job, struct sample *sample)
{
    verify();
    wsk_fresh_flow(job, sample);
}

/* The simplest driver: everything is made for one datagram, sent, waited for, freed. */
void wsk_waiting_flow(const struct job *job, struct sample *sample)
{
    run_flow(job, (struct bench_flow){ .receive = BENCH_BY_EVENT, .senders = 1, .messages = 1, .in_flight = 1,
                                       .fresh = 1 }, sample);
}

void wsk_verified_waiting_flow(const struct job *job, struct sample *sample)
{
    verify();
    wsk_waiting_flow(job, sample);
}

void wsk_two_flow(const struct job *job, struct sample *sample)
{
    run_flow(job, (struct bench_flow){ .receive = BENCH_BY_EVENT, .senders = 2, .messages = 1 }, sample);
}

void wsk_request_flow(const struct job *job, struct sample *sample)
{
    run_flow(job, (struct bench_flow){ .receive = BENCH_BY_REQUESTS, .senders = 1, .messages = 1 }, sample);
}

void wsk_messages_flow(const struct job *job, struct sample *sample)
{
    unsigned fit = 65507 / job->size;

    run_flow(job, (struct bench_flow){ .receive = BENCH_BY_EVENT, .senders = 1,
                                       .messages = fit < 64 ? fit : 64 }, sample);
}

/* --- Ping ------------------------------------------------------------------------------------ */

static void driver_ping(unsigned port, const struct job *job, uint32_t *nanoseconds)
{
    const struct bench_ping parameters = { port, job->size, ping_warm_up(job), job->pings };

    ask(BENCH_PING_RUN, &parameters, sizeof(parameters), nanoseconds,
        job->pings * (uint32_t)sizeof(*nanoseconds), "the round trips");
}

static void run_ping(const struct job *job,
                     void (*ping)(unsigned port, const struct job *job, uint32_t *nanoseconds),
                     struct sample *sample)
{
    uint32_t *nanoseconds = calloc(job->pings, sizeof(*nanoseconds));
    struct cpu_time before, after;
    struct bench_port echo;

    if (!nanoseconds)
        fail("no memory");
    start_driver();
    ask(BENCH_ECHO_START, NULL, 0, &echo, sizeof(echo), "starting the echo");
    before = cpu_time_now();
    ping(echo.port, job, nanoseconds);
    after = cpu_time_now();
    ask(BENCH_CLOSE, NULL, 0, NULL, 0, "closing");
    stop_driver();
    ping_measured(nanoseconds, job->pings,
                  after.user + after.kernel - before.user - before.kernel,
                  job->pings + ping_warm_up(job), sample);
    free(nanoseconds);
}

void wsk_ping(const struct job *job, struct sample *sample)
{
    run_ping(job, driver_ping, sample);
}

void wsk_echo_ping(const struct job *job, struct sample *sample)
{
    run_ping(job, raw_ping_port, sample);
}

/* --- Idle ------------------------------------------------------------------------------------ */

static void open_idle(unsigned sockets)
{
    const struct bench_idle parameters = { sockets };

    ask(BENCH_IDLE_OPEN, &parameters, sizeof(parameters), NULL, 0, "opening sockets");
}

/* The first pays for what all share. */
void wsk_idle(const struct job *job, struct sample *sample)
{
    uint64_t before;

    start_driver();
    open_idle(1);
    before = idle_before();
    open_idle(job->sockets);
    idle_measured(before, job, sample);
    ask(BENCH_CLOSE, NULL, 0, NULL, 0, "closing");
    stop_driver();
}
