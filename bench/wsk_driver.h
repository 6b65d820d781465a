/* SPDX-License-Identifier: MIT */
/*
 * wsk_driver.h - inside the bench's driver: its sockets, the sends that it keeps in flight, and
 * what it can be asked to do. It is an ordinary WSK client; nothing in it knows which provider it
 * runs on.
 */
#pragma once

#include <ntddk.h>
#include <wsk.h>

#include "control.h"
#include "wsk_app.h"

#define TAG_BENCH 'hcnB'

/* From the driver's Parameters; constant once DriverEntry has read them. */
typedef struct _BENCH_SETTINGS {
    ULONG SendsInFlight;
    ULONG ReceivesInFlight;
    ULONG ReceiveBuffer; /* SO_RCVBUF, bytes */
} BENCH_SETTINGS;

extern BENCH_SETTINGS Settings;
extern WSK_APP App;

/* --- Sockets (wsk_driver_socket.c), PASSIVE_LEVEL --------------------------------------------- */

/*
 * A datagram socket on 127.0.0.1, on a port that WSK chooses. LocalAddress gets where, and may be
 * NULL.
 */
NTSTATUS BenchOpenSocket(PVOID Context, const WSK_CLIENT_DATAGRAM_DISPATCH *Callbacks, PWSK_SOCKET *Socket,
                         PSOCKADDR_IN LocalAddress);

/* Its receive event. On return from disabling none is running, and none will. */
NTSTATUS BenchEnableEvent(PWSK_SOCKET Socket);
VOID BenchDisableEvent(PWSK_SOCKET Socket);

PWSK_PROVIDER_DATAGRAM_DISPATCH BenchDispatch(PWSK_SOCKET Socket);

/* --- Sends (wsk_driver_send.c) ---------------------------------------------------------------- */

typedef struct _SENDER SENDER, *PSENDER;

/* A datagram that is being sent, or waits to be used. */
typedef struct _SEND {
    SLIST_ENTRY Link; /* first */
    PSENDER Sender;
    PIRP Irp;
    WSK_BUF Buffer;                      /* its own payload */
    PUCHAR FreshPayload;                 /* made for this one send, as IRP and MDL then are, or NULL */
    PWSK_BUF_LIST List;                  /* of Messages nodes, or NULL */
    PWSK_DATAGRAM_INDICATION Indication; /* released when the datagram is sent, or NULL */
} SEND, *PSEND;

/*
 * Messages datagrams of `Size` bytes for each; 0 when only indications are sent, one at a time.
 * IRP, MDL and payload are made once and reused, or with `Fresh` (and one message) for each send.
 * PASSIVE_LEVEL.
 */
NTSTATUS SenderCreate(PWSK_SOCKET Socket, ULONG Count, ULONG Size, ULONG Messages, BOOLEAN Fresh, PSENDER *Sender);

/*
 * Waits for the sends in flight; later ones are refused. Before the socket closes. PASSIVE_LEVEL.
 */
VOID SenderStop(PSENDER Sender);

/* After SenderStop. PASSIVE_LEVEL. */
VOID SenderFree(PSENDER Sender);

/*
 * NULL when all are in flight. One thread at a time takes, returns and submits. <= DISPATCH_LEVEL.
 */
PSEND SenderTake(PSENDER Sender);

/* Waits until some are not in flight. PASSIVE_LEVEL. */
PSEND SenderTakeWait(PSENDER Sender);

/* Gives one back unused. <= DISPATCH_LEVEL. */
VOID SenderReturn(PSEND Send);

/*
 * Sends Buffer, its own or the indication's. FALSE after SenderStop, or without memory; then it is
 * as before. <= DISPATCH_LEVEL.
 */
BOOLEAN SenderSubmit(PSEND Send, PWSK_BUF Buffer, PSOCKADDR RemoteAddress);

/* Sends all its datagrams by WskSendMessages. As SenderSubmit. */
BOOLEAN SenderSubmitList(PSEND Send, PSOCKADDR RemoteAddress);

/* Adds to what is there. */
VOID SenderCount(PSENDER Sender, struct bench_counts *Counts);

/* --- What it can be asked to do, PASSIVE_LEVEL ------------------------------------------------ */

/* wsk_driver_flow.c: a system thread sends as fast as it can, and an event or IRPs receive. */
NTSTATUS FlowStart(const struct bench_flow *Parameters);
VOID FlowEndSending(VOID);
VOID FlowRead(struct bench_counts *Counts);
VOID FlowClose(VOID);

/* wsk_driver_ping.c: one datagram goes to and fro, answered from the event. */
NTSTATUS EchoStart(struct bench_port *Port);
VOID EchoClose(VOID);
NTSTATUS PingRun(const struct bench_ping *Parameters, PULONG Nanoseconds);

/* wsk_driver_socket.c: bound sockets with the event on, to which nobody talks. */
NTSTATUS IdleOpen(const struct bench_idle *Parameters);
VOID IdleClose(VOID);
