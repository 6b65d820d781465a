/* SPDX-License-Identifier: MIT */
/*
 * control.h - what the bench asks of its driver by device control. Plain C types, so that the
 * driver, which speaks Windows, and the bench, which speaks Linux, read it alike.
 *
 *  flow   FLOW_START, any number of FLOW_READ, FLOW_END (sending ends), FLOW_READ until all has arrived, CLOSE
 *  ping   ECHO_START says its port; PING_RUN or a socket of Linux talks to it; CLOSE
 *  idle   IDLE_OPEN, CLOSE
 */
#ifndef OPENWSK_BENCH_CONTROL_H
#define OPENWSK_BENCH_CONTROL_H

#define BENCH_DEVICE "\\Device\\OpenwskBench"

/* CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800 + number, METHOD_BUFFERED, FILE_ANY_ACCESS) */
#define BENCH_CONTROL(number) (0x22u << 16 | (0x800u + (number)) << 2)

#define BENCH_FLOW_START BENCH_CONTROL(0) /* in: struct bench_flow */
#define BENCH_FLOW_READ BENCH_CONTROL(1)  /* out: struct bench_counts */
#define BENCH_FLOW_END BENCH_CONTROL(2)
#define BENCH_ECHO_START BENCH_CONTROL(3) /* out: struct bench_port */
#define BENCH_PING_RUN BENCH_CONTROL(4)   /* in: struct bench_ping, out: nanoseconds of each round trip */
#define BENCH_IDLE_OPEN BENCH_CONTROL(5)  /* in: struct bench_idle */
#define BENCH_CLOSE BENCH_CONTROL(6)

enum bench_receive { BENCH_BY_EVENT, BENCH_BY_REQUESTS };

struct bench_flow {
    unsigned size;     /* of a datagram, bytes */
    unsigned receive;  /* enum bench_receive */
    unsigned senders;  /* threads, on one socket: 1 or 2 */
    unsigned messages; /* datagrams of a call: 1 is WskSendTo, more are WskSendMessages */
    unsigned in_flight; /* sends of a sender; 0: as many as the driver's settings say */
    unsigned fresh;    /* 1: WskSendTo gets an IRP, an MDL and a payload that are made for it and freed after it */
};

struct bench_counts {
    unsigned long long sent;
    unsigned long long failed; /* sends that completed with an error */
    unsigned long long delivered;
};

struct bench_port {
    unsigned port; /* host byte order */
};

struct bench_ping {
    unsigned port; /* of the echo, host byte order */
    unsigned size;
    unsigned warm_up; /* round trips before the first that counts */
    unsigned count;
};

struct bench_idle {
    unsigned sockets; /* more, beside those that are open */
};

#endif
