/* SPDX-License-Identifier: MIT */
/* cases.c - the list of what is measured. A new peer, size or measure is a new line here. */
#include "bench.h"

#define FLOW_METRICS \
    { "delivered_per_second", "delivered", "k/s", 1e-3, 1 }, \
    { "lost", "lost", "%", 100, 2 }, \
    { "cpu_seconds_per_million", "CPU", "s/M", 1, 3 }, \
    { "user_seconds_per_million", "in user mode", "s/M", 1, 3 }

const struct measure measure_flow = {
    .name = "flow",
    .title = "One way, as fast as it goes",
    .ratio_head = "ratio",
    .metrics = { FLOW_METRICS },
};

const struct measure measure_verified = {
    .name = "verified",
    .title = "The same with the verifier",
    .ratio_head = "ratio",
    .metrics = { FLOW_METRICS },
};

const struct measure measure_ping = {
    .name = "ping",
    .title = "To and fro, one datagram outstanding",
    .ratio_head = "ratio",
    .metrics = {
        { "p50_us", "p50", "us", 1, 1 },
        { "p99_us", "p99", "us", 1, 1 },
        { "p999_us", "p99.9", "us", 1, 1 },
        { "cpu_us_per_round_trip", "CPU", "us/trip", 1, 1 },
    },
};

const struct measure measure_idle = {
    .name = "idle",
    .title = "Resident memory of a bound socket to which nobody talks",
    .metrics = {
        { "bytes_per_socket", "memory", "bytes", 1, 0 },
    },
};

#ifdef BENCH_HAS_URING
#define URING(size) { &measure_flow, size, "uring", "liburing: 64 a submission", uring_flow, false },
#define URING_PING { &measure_ping, 64, "uring", "blocking socket, echo from liburing", uring_ping, false },
#else
#define URING(size)
#define URING_PING
#endif
#ifdef BENCH_HAS_UV
#define UV(size) { &measure_flow, size, "uv", "libuv: uv_udp_send, recvmmsg", uv_flow, false },
#define UV_PING { &measure_ping, 64, "uv", "blocking socket, echo from libuv", uv_ping, false },
#else
#define UV(size)
#define UV_PING
#endif

#define FLOWS(size) \
    { &measure_flow, size, "raw", "sendto, recv", raw_addressed_flow, true }, \
    { &measure_flow, size, "raw-connected", "send, recv; connected", raw_flow, false }, \
    { &measure_flow, size, "raw-batch", "sendmmsg, recvmmsg: 64 a call", raw_batch_flow, false }, \
    URING(size) UV(size) \
    { &measure_flow, size, "raw-gso", "UDP GSO and GRO: the limit", raw_offload_flow, false }, \
    { &measure_flow, size, "wsk-event", "WskSendTo, WskReceiveFromEvent", wsk_event_flow, false }, \
    { &measure_flow, size, "wsk-two", "the same, two threads send", wsk_two_flow, false }, \
    { &measure_flow, size, "wsk-messages", "WskSendMessages, 64 a call", wsk_messages_flow, false }, \
    { &measure_flow, size, "wsk-irp", "WskSendTo, 64 x WskReceiveFrom", wsk_request_flow, false }

const struct bench_case bench_cases[] = {
    FLOWS(16),
    FLOWS(64),
    FLOWS(512),
    FLOWS(1400),
    FLOWS(8000),
    { &measure_verified, 64, "raw", "sendto, recv", raw_addressed_flow, true },
    { &measure_verified, 64, "wsk-off", "WskSendTo, --verify=off", wsk_event_flow, false },
    { &measure_verified, 64, "wsk-on", "WskSendTo, --verify=on", wsk_verified_flow, false },
    { &measure_verified, 64, "wsk-fresh-off", "each with a new IRP and MDL, off", wsk_fresh_flow, false },
    { &measure_verified, 64, "wsk-fresh-on", "each with a new IRP and MDL, on", wsk_verified_fresh_flow,
      false },
    { &measure_verified, 64, "wsk-waiting-off", "and waited for before the next, off", wsk_waiting_flow, false },
    { &measure_verified, 64, "wsk-waiting-on", "and waited for before the next, on", wsk_verified_waiting_flow,
      false },
    { &measure_ping, 64, "raw", "blocking sockets on both sides", raw_ping, true },
    { &measure_ping, 64, "raw-epoll", "blocking socket, echo from epoll", epoll_ping, false },
    URING_PING UV_PING
    { &measure_ping, 64, "wsk-echo", "blocking socket, echo from the WSK event", wsk_echo_ping, false },
    { &measure_ping, 64, "wsk", "WSK events on both sides", wsk_ping, false },
    { &measure_idle, 0, "raw", "socket of Linux", raw_idle, false },
    { &measure_idle, 0, "wsk", "WSK socket with its event on", wsk_idle, false },
};

const unsigned bench_case_count = sizeof(bench_cases) / sizeof(bench_cases[0]);
