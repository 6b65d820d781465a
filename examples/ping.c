/* SPDX-License-Identifier: MIT */
/*
 * ping.c - a driver that asks a host whether it is there, by ICMP echo through a raw socket.
 *
 * Settings: remote (default 127.0.0.1), count (default 4), timeout (milliseconds, default 1000).
 * DriverEntry succeeds when an answer came, and fails with STATUS_IO_TIMEOUT otherwise.
 *
 *     wskrun --once ping.c -- remote=2001:db8::1
 *
 * On Linux raw sockets need CAP_NET_RAW; without it WskSocket fails with STATUS_ACCESS_DENIED.
 */
#include <ntddk.h>
#include <wsk.h>

#include "wsk_app.h"

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD DriverUnload;

#define ECHO_REQUEST_V4 8
#define ECHO_REPLY_V4 0
#define ECHO_REQUEST_V6 128
#define ECHO_REPLY_V6 129
#define ECHO_IDENTIFIER 0x5753

typedef struct _ECHO {
    UCHAR Type;
    UCHAR Code;
    USHORT Checksum;
    USHORT Identifier;
    USHORT Sequence;
    UCHAR Data[32];
} ECHO, *PECHO;

typedef struct _PING {
    PWSK_SOCKET Socket;
    SOCKADDR_INET Remote;
    ECHO Request;
    UCHAR Packet[576]; /* what arrives */
} PING, *PPING;

static WSK_APP App;
static PING Ping;

/* --- Packets --------------------------------------------------------------------------------- */

/* The Internet's checksum (RFC 1071), over an even number of bytes. */
static USHORT
Checksum(const VOID *Bytes, ULONG Length)
{
    const USHORT *Words = (const USHORT *)Bytes;
    ULONG Sum = 0, i;

    for (i = 0; i < Length / 2; i++) {
        Sum += Words[i];
    }
    Sum = (Sum & 0xffff) + (Sum >> 16);
    return (USHORT)~(Sum + (Sum >> 16));
}

static VOID
BuildRequest(PECHO Echo, ADDRESS_FAMILY Family, USHORT Sequence)
{
    RtlZeroMemory(Echo, sizeof(*Echo));
    Echo->Type = Family == AF_INET ? ECHO_REQUEST_V4 : ECHO_REQUEST_V6;
    Echo->Identifier = RtlUshortByteSwap(ECHO_IDENTIFIER);
    Echo->Sequence = RtlUshortByteSwap(Sequence);
    RtlFillMemory(Echo->Data, sizeof(Echo->Data), 'w');

    /* ICMPv6 sums the addresses, too; there it is the work of the stack, which knows both. */
    if (Family == AF_INET) {
        Echo->Checksum = Checksum(Echo, sizeof(*Echo));
    }
}

/* An IPv4 raw socket receives the IP header as well, an IPv6 one does not. */
static BOOLEAN
IsAnswer(const PING *P, SIZE_T Length)
{
    SIZE_T Header = P->Remote.si_family == AF_INET ? (SIZE_T)(P->Packet[0] & 0x0f) * 4 : 0;
    const ECHO *Echo = (const ECHO *)(P->Packet + Header);

    return Length >= Header + sizeof(*Echo) &&
           Echo->Type == (P->Remote.si_family == AF_INET ? ECHO_REPLY_V4 : ECHO_REPLY_V6) &&
           Echo->Identifier == P->Request.Identifier && Echo->Sequence == P->Request.Sequence;
}

/* --- Send and receive ------------------------------------------------------------------------ */

static NTSTATUS
Send(PPING P, PWSK_REQUEST Request, PMDL Mdl)
{
    PWSK_PROVIDER_DATAGRAM_DISPATCH Dispatch = (PWSK_PROVIDER_DATAGRAM_DISPATCH)P->Socket->Dispatch;
    WSK_BUF Buffer = { Mdl, 0, sizeof(P->Request) };

    return WskRequestWait(Request, Dispatch->WskSendTo(P->Socket, &Buffer, 0, (PSOCKADDR)&P->Remote,
                                                       0, NULL, Request->Irp));
}

/* Receives one packet; after the deadline the request is cancelled. */
static NTSTATUS
ReceiveUntil(PPING P, PWSK_REQUEST Request, PMDL Mdl, PLARGE_INTEGER Deadline, PULONG_PTR Length)
{
    PWSK_PROVIDER_DATAGRAM_DISPATCH Dispatch = (PWSK_PROVIDER_DATAGRAM_DISPATCH)P->Socket->Dispatch;
    WSK_BUF Buffer = { Mdl, 0, sizeof(P->Packet) };
    NTSTATUS Status;

    Status = Dispatch->WskReceiveFrom(P->Socket, &Buffer, 0, NULL, NULL, NULL, NULL, Request->Irp);
    if (KeWaitForSingleObject(&Request->Completed, Executive, KernelMode, FALSE, Deadline) ==
        STATUS_TIMEOUT) {
        IoCancelIrp(Request->Irp);
    } else {
        KeSetEvent(&Request->Completed, IO_NO_INCREMENT, FALSE); /* for the wait below */
    }
    return WskRequestWaitInformation(Request, Status, Length);
}

/* Waits for the answer to the last request among whatever else arrives. */
static NTSTATUS
AwaitAnswer(PPING P, PWSK_REQUEST Request, PMDL Mdl, ULONG Timeout)
{
    LARGE_INTEGER Deadline;
    ULONG_PTR Length;
    NTSTATUS Status;

    KeQuerySystemTime(&Deadline);
    Deadline.QuadPart += (LONGLONG)Timeout * 10000;
    do {
        Status = ReceiveUntil(P, Request, Mdl, &Deadline, &Length);
    } while (NT_SUCCESS(Status) && !IsAnswer(P, Length));
    return Status == STATUS_CANCELLED ? STATUS_IO_TIMEOUT : Status;
}

static NTSTATUS
PingOnce(PPING P, PWSK_REQUEST Request, PMDL RequestMdl, PMDL PacketMdl, USHORT Sequence,
         ULONG Timeout)
{
    LARGE_INTEGER Start, End, Frequency;
    NTSTATUS Status;

    BuildRequest(&P->Request, P->Remote.si_family, Sequence);
    Start = KeQueryPerformanceCounter(&Frequency);
    Status = Send(P, Request, RequestMdl);
    if (NT_SUCCESS(Status)) {
        Status = AwaitAnswer(P, Request, PacketMdl, Timeout);
    }
    End = KeQueryPerformanceCounter(NULL);
    if (NT_SUCCESS(Status)) {
        DbgPrint("ping: answer %u after %I64u us\n", Sequence,
                 (End.QuadPart - Start.QuadPart) * 1000000 / Frequency.QuadPart);
    } else {
        DbgPrint("ping: no answer %u: status %08x\n", Sequence, Status);
    }
    return Status;
}

static PMDL
DescribeMemory(PVOID Memory, ULONG Length)
{
    PMDL Mdl = IoAllocateMdl(Memory, Length, FALSE, FALSE, NULL);

    if (Mdl != NULL) {
        MmBuildMdlForNonPagedPool(Mdl);
    }
    return Mdl;
}

/* STATUS_SUCCESS when at least one answer came. */
static NTSTATUS
PingAll(PPING P, ULONG Count, ULONG Timeout)
{
    PMDL RequestMdl = DescribeMemory(&P->Request, sizeof(P->Request));
    PMDL PacketMdl = DescribeMemory(P->Packet, sizeof(P->Packet));
    NTSTATUS Status, Best = STATUS_IO_TIMEOUT;
    WSK_REQUEST Request;
    ULONG i;

    Status = RequestMdl && PacketMdl ? WskRequestAllocate(&Request) : STATUS_INSUFFICIENT_RESOURCES;
    if (NT_SUCCESS(Status)) {
        for (i = 1; i <= Count; i++) {
            Status = PingOnce(P, &Request, RequestMdl, PacketMdl, (USHORT)i, Timeout);
            if (!NT_SUCCESS(Best)) {
                Best = Status;
            }
        }
        WskRequestFree(&Request);
        Status = Best;
    }
    if (PacketMdl != NULL) {
        IoFreeMdl(PacketMdl);
    }
    if (RequestMdl != NULL) {
        IoFreeMdl(RequestMdl);
    }
    return Status;
}

/* --- The driver ------------------------------------------------------------------------------ */

static NTSTATUS
OpenAndPing(PPING P, ULONG Count, ULONG Timeout)
{
    ULONG Protocol = P->Remote.si_family == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6;
    SOCKADDR_INET Local;
    NTSTATUS Status;

    WskAppAnyAddress(P->Remote.si_family, 0, &Local);
    Status = WskAppOpenTransport(&App, SOCK_RAW, Protocol, (PSOCKADDR)&Local, NULL, NULL,
                                 &P->Socket);
    if (NT_SUCCESS(Status)) {
        Status = PingAll(P, Count, Timeout);
        WskAppCloseSocket(P->Socket);
    } else {
        DbgPrint("ping: no raw socket: status %08x\n", Status);
    }
    return Status;
}

static VOID
DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    WskAppStop(&App);
}

NTSTATUS
DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    ULONG Count = 4, Timeout = 1000;
    WCHAR Remote[64];
    NTSTATUS Status;

    WskAppReadString(RegistryPath, L"remote", Remote, sizeof(Remote));
    WskAppReadNumber(RegistryPath, L"count", &Count);
    WskAppReadNumber(RegistryPath, L"timeout", &Timeout);
    Status = WskAppParseAddress(Remote[0] ? Remote : L"127.0.0.1", 0, &Ping.Remote);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = WskAppStart(&App);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = OpenAndPing(&Ping, Count, Timeout);
    if (!NT_SUCCESS(Status)) {
        WskAppStop(&App);
        return Status;
    }
    DriverObject->DriverUnload = DriverUnload;
    return STATUS_SUCCESS;
}
