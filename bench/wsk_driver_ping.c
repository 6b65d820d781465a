/* SPDX-License-Identifier: MIT */
/*
 * wsk_driver_ping.c - one datagram that goes to and fro. The echo returns each datagram from its
 * receive event without copying; the ping side takes the time in its own event and sends the next
 * from there.
 */
#include "wsk_driver.h"

#define ECHO_SENDS 64
#define PING_SENDS 4 /* one outstanding, and completions that come a little later */

/* --- Echo ------------------------------------------------------------------------------------ */

static struct {
    PWSK_SOCKET Socket;
    PSENDER Sender;
} Echo;

/* FALSE: the indication is still the provider's. */
static BOOLEAN
EchoDatagram(PWSK_DATAGRAM_INDICATION Indication)
{
    PSEND Send = SenderTake(Echo.Sender);

    if (Send == NULL) {
        return FALSE;
    }
    Send->Indication = Indication;
    if (!SenderSubmit(Send, &Indication->Buffer, Indication->RemoteAddress)) {
        Send->Indication = NULL;
        SenderReturn(Send);
        return FALSE;
    }
    return TRUE;
}

static NTSTATUS WSKAPI
EchoReceived(PVOID SocketContext, ULONG Flags, PWSK_DATAGRAM_INDICATION DataIndication)
{
    UNREFERENCED_PARAMETER(SocketContext);
    UNREFERENCED_PARAMETER(Flags);
    while (DataIndication != NULL) {
        PWSK_DATAGRAM_INDICATION Next = DataIndication->Next;

        DataIndication->Next = NULL;
        if (!EchoDatagram(DataIndication)) {
            (VOID)BenchDispatch(Echo.Socket)->WskRelease(Echo.Socket, DataIndication);
        }
        DataIndication = Next;
    }
    return STATUS_PENDING;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH EchoCallbacks = { EchoReceived };

static VOID
CloseBoth(PWSK_SOCKET *Socket, PSENDER *Sender)
{
    BenchDisableEvent(*Socket);
    if (*Sender != NULL) {
        SenderStop(*Sender);
    }
    WskAppCloseSocket(*Socket);
    if (*Sender != NULL) {
        SenderFree(*Sender);
    }
    *Socket = NULL;
    *Sender = NULL;
}

NTSTATUS
EchoStart(struct bench_port *Port)
{
    SOCKADDR_IN Address;
    NTSTATUS Status;

    if (Echo.Socket != NULL) {
        return STATUS_INVALID_DEVICE_STATE;
    }
    Status = BenchOpenSocket(NULL, &EchoCallbacks, &Echo.Socket, &Address);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = SenderCreate(Echo.Socket, ECHO_SENDS, 0, 1, FALSE, &Echo.Sender);
    if (NT_SUCCESS(Status)) {
        Status = BenchEnableEvent(Echo.Socket);
    }
    if (!NT_SUCCESS(Status)) {
        CloseBoth(&Echo.Socket, &Echo.Sender);
        return Status;
    }
    Port->port = RtlUshortByteSwap(Address.sin_port);
    return STATUS_SUCCESS;
}

VOID
EchoClose(VOID)
{
    if (Echo.Socket != NULL) {
        CloseBoth(&Echo.Socket, &Echo.Sender);
    }
}

/* --- Ping ------------------------------------------------------------------------------------ */

static struct {
    PWSK_SOCKET Socket;
    PSENDER Sender;
    SOCKADDR_IN To;
    LONGLONG Frequency;
    LONGLONG SentAt;
    ULONG WarmUp; /* round trips that do not count */
    ULONG Count;
    ULONG Done; /* all round trips */
    PULONG Nanoseconds;
    KEVENT Finished;
} Ping;

static VOID
SendPing(VOID)
{
    PSEND Send = SenderTake(Ping.Sender);

    /* Without a send to use the run ends by its time limit. */
    if (Send == NULL) {
        return;
    }
    WriteRelease64(&Ping.SentAt, KeQueryPerformanceCounter(NULL).QuadPart);
    if (!SenderSubmit(Send, &Send->Buffer, (PSOCKADDR)&Ping.To)) {
        SenderReturn(Send);
    }
}

static VOID
NotePong(VOID)
{
    LONGLONG Elapsed = KeQueryPerformanceCounter(NULL).QuadPart - ReadAcquire64(&Ping.SentAt);

    if (Ping.Done >= Ping.WarmUp) {
        Ping.Nanoseconds[Ping.Done - Ping.WarmUp] = (ULONG)(Elapsed * 1000000000 / Ping.Frequency);
    }
    Ping.Done++;
    if (Ping.Done < Ping.WarmUp + Ping.Count) {
        SendPing();
    } else {
        KeSetEvent(&Ping.Finished, IO_NO_INCREMENT, FALSE);
    }
}

/* Whatever comes after the last one is not ours. */
static NTSTATUS WSKAPI
PongReceived(PVOID SocketContext, ULONG Flags, PWSK_DATAGRAM_INDICATION DataIndication)
{
    UNREFERENCED_PARAMETER(SocketContext);
    UNREFERENCED_PARAMETER(Flags);
    if (DataIndication != NULL && Ping.Done < Ping.WarmUp + Ping.Count) {
        NotePong();
    }
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH PingCallbacks = { PongReceived };

static VOID
PreparePing(const struct bench_ping *Parameters, PULONG Nanoseconds)
{
    LARGE_INTEGER Frequency;
    SOCKADDR_INET To;

    KeQueryPerformanceCounter(&Frequency);
    (VOID)WskAppParseAddress(L"127.0.0.1", (USHORT)Parameters->port, &To);
    Ping.To = To.Ipv4;
    Ping.Frequency = Frequency.QuadPart;
    Ping.WarmUp = Parameters->warm_up;
    Ping.Count = Parameters->count;
    Ping.Done = 0;
    Ping.Nanoseconds = Nanoseconds;
    KeInitializeEvent(&Ping.Finished, NotificationEvent, FALSE);
}

NTSTATUS
PingRun(const struct bench_ping *Parameters, PULONG Nanoseconds)
{
    LARGE_INTEGER Timeout = { .QuadPart = -10 * 1000 * 10000LL }; /* ten seconds */
    NTSTATUS Status;

    PreparePing(Parameters, Nanoseconds);
    Status = BenchOpenSocket(NULL, &PingCallbacks, &Ping.Socket, NULL);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = SenderCreate(Ping.Socket, PING_SENDS, Parameters->size, 1, FALSE, &Ping.Sender);
    if (NT_SUCCESS(Status)) {
        Status = BenchEnableEvent(Ping.Socket);
    }
    if (NT_SUCCESS(Status)) {
        SendPing();
        Status = KeWaitForSingleObject(&Ping.Finished, Executive, KernelMode, FALSE, &Timeout);
    }
    CloseBoth(&Ping.Socket, &Ping.Sender);

    /* STATUS_TIMEOUT is a success code, but no figures come with it. */
    return Status == STATUS_TIMEOUT ? STATUS_IO_TIMEOUT : Status;
}
