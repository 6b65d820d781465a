/* SPDX-License-Identifier: MIT */
/*
 * datagram.h - datagram sockets for the points of this folder: opened, bound, sent from, and heard by IRP or by event.
 *
 *     PSOCK Sender = Bound(AF_INET), Receiver = Listening(AF_INET);
 *
 *     SendText(Sender, &Receiver->Local, "one");
 *     EXPECT(NextIs(Receiver, "one"));
 *
 * That nothing came is shown by order, not by waiting: send a marker behind it, and see that the marker is next.
 */
#pragma once

#include "conformance.h"

/* --- Sockets --------------------------------------------------------------------------------- */

typedef struct _SOCK SOCK, *PSOCK;

/* Stands in for the recorder: what it returns, the event returns. */
typedef NTSTATUS SOCK_HOOK(PSOCK Sock, ULONG Flags, PWSK_DATAGRAM_INDICATION List);

struct _SOCK {
    CF_OWNED Owned;
    PWSK_SOCKET Socket; /* NULL once closed */
    const WSK_PROVIDER_DATAGRAM_DISPATCH *Fn;
    ADDRESS_FAMILY Family;
    SOCKADDR_INET Local; /* once bound */
    PREQUEST Request;    /* for calls that one waits for at once */
    SOCK_HOOK *Hook;
    PVOID HookContext;
    volatile LONG Calls; /* of the event */
    volatile LONG DeadCalls; /* of which without an indication */
    KEVENT Died;
    KSPIN_LOCK Lock;
    LIST_ENTRY Records;
    KSEMAPHORE Recorded;
};

/* A datagram that the event brought. */
typedef struct _RECORD {
    CF_OWNED Owned;
    LIST_ENTRY Link;
    ULONG Flags;
    KIRQL Irql;
    PKTHREAD Thread;
    LONG Call; /* the event's how-manieth call brought it */
    SOCKADDR_INET From;
    PUCHAR Data;
    SIZE_T Length;
    PCMSGHDR Control;
    ULONG ControlLength;
} RECORD, *PRECORD;

static __inline SIZE_T
AddressSize(ADDRESS_FAMILY Family)
{
    return Family == AF_INET ? sizeof(SOCKADDR_IN) : sizeof(SOCKADDR_IN6);
}

/* Copies what an indication describes, along its MDL chain. */
static __inline VOID
CopyBuffer(const WSK_BUF *Buffer, PVOID To)
{
    SIZE_T Offset = Buffer->Offset, Left = Buffer->Length;
    PUCHAR At = (PUCHAR)To;
    PMDL Mdl;

    for (Mdl = Buffer->Mdl; Mdl != NULL && Left != 0; Mdl = Mdl->Next) {
        PUCHAR Bytes = (PUCHAR)MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority);
        SIZE_T Size = MmGetMdlByteCount(Mdl) - Offset;

        Size = Size < Left ? Size : Left;
        if (Size != 0) { /* an empty MDL may be mapped nowhere */
            RtlCopyMemory(At, Bytes + Offset, Size);
        }
        At += Size;
        Left -= Size;
        Offset = 0;
    }
    EXPECT_EQ(Left, 0);
}

static __inline VOID
RecordOne(PSOCK Sock, ULONG Flags, LONG Call, PWSK_DATAGRAM_INDICATION Node)
{
    SIZE_T Length = Node->Buffer.Length;
    PRECORD Record = (PRECORD)CfAllocate(sizeof(*Record) + Node->ControlInfoLength + Length + 1);
    KIRQL Irql;

    Record->Flags = Flags;
    Record->Irql = KeGetCurrentIrql();
    Record->Thread = KeGetCurrentThread();
    Record->Call = Call;
    RtlCopyMemory(&Record->From, Node->RemoteAddress, AddressSize(Sock->Family));
    Record->ControlLength = Node->ControlInfoLength;
    Record->Control = Node->ControlInfoLength != 0 ? (PCMSGHDR)(Record + 1) : NULL;
    if (Node->ControlInfoLength != 0) {
        RtlCopyMemory(Record + 1, Node->ControlInfo, Node->ControlInfoLength);
    }
    Record->Length = Length;
    Record->Data = (PUCHAR)(Record + 1) + Node->ControlInfoLength;
    CopyBuffer(&Node->Buffer, Record->Data);
    CfOwn(&Record->Owned, CF_RANK_MEMORY, CfFreeOwned);
    KeAcquireSpinLock(&Sock->Lock, &Irql);
    InsertTailList(&Sock->Records, &Record->Link);
    KeReleaseSpinLock(&Sock->Lock, Irql);
    KeReleaseSemaphore(&Sock->Recorded, IO_NO_INCREMENT, 1, FALSE);
}

/* Also for hooks that want the list recorded. */
static __inline VOID
RecordList(PSOCK Sock, ULONG Flags, PWSK_DATAGRAM_INDICATION List)
{
    for (; List != NULL; List = List->Next) {
        RecordOne(Sock, Flags, ReadAcquire(&Sock->Calls), List);
    }
}

static NTSTATUS WSKAPI
SockEvent(PVOID SocketContext, ULONG Flags, PWSK_DATAGRAM_INDICATION DataIndication)
{
    PSOCK Sock = (PSOCK)SocketContext;

    InterlockedIncrement(&Sock->Calls);
    if (DataIndication == NULL) {
        InterlockedIncrement(&Sock->DeadCalls);
        KeSetEvent(&Sock->Died, IO_NO_INCREMENT, FALSE);
        return STATUS_SUCCESS;
    }
    if (Sock->Hook != NULL) {
        return Sock->Hook(Sock, Flags, DataIndication);
    }
    RecordList(Sock, Flags, DataIndication);
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH SockCallbacks = { SockEvent };

static __inline VOID
CloseSock(PSOCK Sock)
{
    PWSK_SOCKET Socket = Sock->Socket;

    if (Socket != NULL) {
        Sock->Socket = NULL;
        EXPECT_STATUS(Finish(Sock->Request,
                             Sock->Fn->WskCloseSocket(Socket, Use(Sock->Request))),
                      STATUS_SUCCESS);
    }
}

static __inline VOID
CfCloseSock(PCF_OWNED Owned)
{
    PSOCK Sock = CONTAINING_RECORD(Owned, SOCK, Owned);

    CloseSock(Sock);
    if (IsCompleted(Sock->Request)) {
        ExFreePoolWithTag(Sock, CF_TAG);
    }
}

static __inline PSOCK
NewSock(ADDRESS_FAMILY Family)
{
    PREQUEST Request = NewRequest();
    PSOCK Sock = (PSOCK)CfAllocate(sizeof(*Sock));

    Sock->Family = Family;
    Sock->Request = Request;
    KeInitializeSpinLock(&Sock->Lock);
    InitializeListHead(&Sock->Records);
    KeInitializeEvent(&Sock->Died, NotificationEvent, FALSE);
    KeInitializeSemaphore(&Sock->Recorded, 0, MAXLONG);
    return Sock;
}

/* Any datagram socket of any client. NULL, and a failure of the point, when it is not made. */
static __inline PSOCK
OpenWith(const WSK_PROVIDER_NPI *Npi, ADDRESS_FAMILY Family,
         const WSK_CLIENT_DATAGRAM_DISPATCH *Callbacks)
{
    PSOCK Sock = NewSock(Family);
    NTSTATUS Status;

    Status = Finish(Sock->Request,
                    Npi->Dispatch->WskSocket(Npi->Client, Family, SOCK_DGRAM, IPPROTO_UDP,
                                             WSK_FLAG_DATAGRAM_SOCKET, Sock, Callbacks, NULL, NULL,
                                             NULL, Use(Sock->Request)));
    if (!EXPECT_STATUS(Status, STATUS_SUCCESS)) {
        ExFreePoolWithTag(Sock, CF_TAG);
        return NULL;
    }
    Sock->Socket = (PWSK_SOCKET)Sock->Request->Information;
    Sock->Fn = (const WSK_PROVIDER_DATAGRAM_DISPATCH *)Sock->Socket->Dispatch;
    CfOwn(&Sock->Owned, CF_RANK_SOCKETS, CfCloseSock);
    return Sock;
}

/* Not bound; its event, if enabled, records. */
static __inline PSOCK
Open(ADDRESS_FAMILY Family)
{
    return OpenWith(&Cf.Npi, Family, &SockCallbacks);
}

/* --- Addresses and binding ------------------------------------------------------------------- */

/* 127.0.0.1 or ::1, with a port in host order. */
static __inline SOCKADDR_INET
Loopback(ADDRESS_FAMILY Family, USHORT Port)
{
    SOCKADDR_INET Address;

    RtlZeroMemory(&Address, sizeof(Address));
    Address.si_family = Family;
    Address.Ipv4.sin_port = RtlUshortByteSwap(Port); /* at the same place in both families */
    if (Family == AF_INET) {
        Address.Ipv4.sin_addr.S_un.S_addr = RtlUlongByteSwap(0x7f000001);
    } else {
        Address.Ipv6.sin6_addr.u.Byte[15] = 1;
    }
    return Address;
}

static __inline SOCKADDR_INET
Wildcard(ADDRESS_FAMILY Family, USHORT Port)
{
    SOCKADDR_INET Address;

    RtlZeroMemory(&Address, sizeof(Address));
    Address.si_family = Family;
    Address.Ipv4.sin_port = RtlUshortByteSwap(Port);
    return Address;
}

/* An IPv4 address given as one number, 0x7f000001 for example, as an AF_INET or a v4-mapped address. */
static __inline SOCKADDR_INET
Ipv4(ULONG Host, USHORT Port)
{
    SOCKADDR_INET Address = Wildcard(AF_INET, Port);

    Address.Ipv4.sin_addr.S_un.S_addr = RtlUlongByteSwap(Host);
    return Address;
}

static __inline SOCKADDR_INET
Mapped(ULONG Host, USHORT Port)
{
    SOCKADDR_INET Address = Wildcard(AF_INET6, Port);
    ULONG Bytes = RtlUlongByteSwap(Host);

    Address.Ipv6.sin6_addr.u.Byte[10] = 0xff;
    Address.Ipv6.sin6_addr.u.Byte[11] = 0xff;
    RtlCopyMemory(&Address.Ipv6.sin6_addr.u.Byte[12], &Bytes, sizeof(Bytes));
    return Address;
}

static __inline USHORT
PortOf(const SOCKADDR_INET *Address)
{
    return RtlUshortByteSwap(Address->Ipv4.sin_port);
}

static __inline BOOLEAN
SameAddress(const SOCKADDR_INET *Left, const SOCKADDR_INET *Right)
{
    if (Left->si_family != Right->si_family || Left->Ipv4.sin_port != Right->Ipv4.sin_port) {
        return FALSE;
    }
    if (Left->si_family == AF_INET) {
        return Left->Ipv4.sin_addr.S_un.S_addr == Right->Ipv4.sin_addr.S_un.S_addr;
    }
    return RtlCompareMemory(&Left->Ipv6.sin6_addr, &Right->Ipv6.sin6_addr,
                            sizeof(Left->Ipv6.sin6_addr)) == sizeof(Left->Ipv6.sin6_addr);
}

static __inline NTSTATUS
GetLocal(PSOCK Sock, SOCKADDR_INET *Address)
{
    return Finish(Sock->Request, Sock->Fn->WskGetLocalAddress(Sock->Socket, (PSOCKADDR)Address,
                                                              Use(Sock->Request)));
}

/* Binds, and reads Local. */
static __inline NTSTATUS
BindTo(PSOCK Sock, SOCKADDR_INET Address)
{
    NTSTATUS Status = Finish(Sock->Request, Sock->Fn->WskBind(Sock->Socket, (PSOCKADDR)&Address, 0,
                                                              Use(Sock->Request)));

    if (NT_SUCCESS(Status)) {
        EXPECT_STATUS(GetLocal(Sock, &Sock->Local), STATUS_SUCCESS);
    }
    return Status;
}

/* A socket bound to a free port of the loopback address. */
static __inline PSOCK
Bound(ADDRESS_FAMILY Family)
{
    PSOCK Sock = Open(Family);

    if (Sock == NULL || !EXPECT_STATUS(BindTo(Sock, Loopback(Family, 0)), STATUS_SUCCESS)) {
        return NULL;
    }
    return Sock;
}

/* --- Options and events ---------------------------------------------------------------------- */

static __inline NTSTATUS
Control(PSOCK Sock, WSK_CONTROL_SOCKET_TYPE Type, ULONG Level, ULONG Code, PVOID Input,
        SIZE_T InputSize, PVOID Output, SIZE_T OutputSize)
{
    return Finish(Sock->Request,
                  Sock->Fn->WskControlSocket(Sock->Socket, Type, Code, Level, InputSize, Input,
                                             OutputSize, Output, NULL, Use(Sock->Request)));
}

static __inline NTSTATUS
SetOption(PSOCK Sock, ULONG Level, ULONG Option, ULONG Value)
{
    return Control(Sock, WskSetOption, Level, Option, &Value, sizeof(Value), NULL, 0);
}

static __inline NTSTATUS
GetOption(PSOCK Sock, ULONG Level, ULONG Option, PULONG Value)
{
    return Control(Sock, WskGetOption, Level, Option, NULL, 0, Value, sizeof(*Value));
}

/* Without an IRP, as the book has it. Mask with WSK_EVENT_DISABLE disables. */
static __inline NTSTATUS
SetEvents(PSOCK Sock, ULONG Mask)
{
    WSK_EVENT_CALLBACK_CONTROL Events = { &NPI_WSK_INTERFACE_ID, Mask };

    return Sock->Fn->WskControlSocket(Sock->Socket, WskSetOption, SO_WSK_EVENT_CALLBACK, SOL_SOCKET,
                                      sizeof(Events), &Events, 0, NULL, NULL, NULL);
}

static __inline NTSTATUS
EnableEvent(PSOCK Sock)
{
    return SetEvents(Sock, WSK_EVENT_RECEIVE_FROM);
}

/* A bound socket whose event is on. */
static __inline PSOCK
Listening(ADDRESS_FAMILY Family)
{
    PSOCK Sock = Bound(Family);

    if (Sock == NULL || !EXPECT_STATUS(EnableEvent(Sock), STATUS_SUCCESS)) {
        return NULL;
    }
    return Sock;
}

/* SIO_WSK_SET_REMOTE_ADDRESS, SIO_WSK_SET_SENDTO_ADDRESS; NULL clears. */
static __inline NTSTATUS
FixAddress(PSOCK Sock, ULONG Ioctl, const SOCKADDR_INET *Address)
{
    return Control(Sock, WskIoctl, 0, Ioctl, (PVOID)Address,
                   Address != NULL ? AddressSize(Address->si_family) : 0, NULL, 0);
}

/* --- Sending --------------------------------------------------------------------------------- */

/* Starts a WskSendTo; Finish(Request, ...) takes what it returns. */
static __inline NTSTATUS
StartSend(PSOCK Sock, PREQUEST Request, PWSK_BUF Buffer, const SOCKADDR_INET *To)
{
    return Sock->Fn->WskSendTo(Sock->Socket, Buffer, 0, (PSOCKADDR)To, 0, NULL, Use(Request));
}

static __inline NTSTATUS
SendBuffer(PSOCK Sock, PWSK_BUF Buffer, const SOCKADDR_INET *To)
{
    return Finish(Sock->Request, StartSend(Sock, Sock->Request, Buffer, To));
}

/* To may be NULL, which means the fixed address. */
static __inline NTSTATUS
SendBytes(PSOCK Sock, const SOCKADDR_INET *To, const VOID *Bytes, ULONG Size)
{
    WSK_BUF Buffer = NewBufferOf(Bytes, Size);
    NTSTATUS Status = SendBuffer(Sock, &Buffer, To);

    if (NT_SUCCESS(Status)) {
        EXPECT_EQ(Sock->Request->Information, Size);
    }
    return Status;
}

static __inline ULONG
TextLength(PCSTR Text)
{
    ULONG Length = 0;

    while (Text[Length] != 0) {
        Length++;
    }
    return Length;
}

static __inline NTSTATUS
SendText(PSOCK Sock, const SOCKADDR_INET *To, PCSTR Text)
{
    return SendBytes(Sock, To, Text, TextLength(Text));
}

/* With control data. */
static __inline NTSTATUS
SendTextWith(PSOCK Sock, const SOCKADDR_INET *To, PCSTR Text, PCMSGHDR ControlInfo,
             ULONG ControlInfoLength)
{
    WSK_BUF Buffer = NewBufferOf(Text, TextLength(Text));

    return Finish(Sock->Request,
                  Sock->Fn->WskSendTo(Sock->Socket, &Buffer, 0, (PSOCKADDR)To, ControlInfoLength,
                                      ControlInfo, Use(Sock->Request)));
}

/* --- Hearing by event ------------------------------------------------------------------------ */

/* The next record; NULL, and a failure of the point, when none comes. It lives as long as the point. */
static __inline PRECORD
NextRecord(PSOCK Sock)
{
    PRECORD Record = NULL;
    KIRQL Irql;

    if (WaitFor(&Sock->Recorded)) {
        KeAcquireSpinLock(&Sock->Lock, &Irql);
        Record = CONTAINING_RECORD(RemoveHeadList(&Sock->Records), RECORD, Link);
        KeReleaseSpinLock(&Sock->Lock, Irql);
    }
    return Record;
}

static __inline BOOLEAN
RecordIs(const RECORD *Record, PCSTR Text)
{
    SIZE_T Length = TextLength(Text);

    return Record->Length == Length && RtlCompareMemory(Record->Data, Text, Length) == Length;
}

static __inline BOOLEAN
NextIs(PSOCK Sock, PCSTR Text)
{
    PRECORD Record = NextRecord(Sock);

    return Record != NULL && RecordIs(Record, Text);
}

/* --- Hearing by IRP -------------------------------------------------------------------------- */

typedef struct _RECEIVE {
    PREQUEST Request;
    WSK_BUF Buffer;
    PUCHAR Data;
    SOCKADDR_INET From;
    PCMSGHDR ControlInfo;
    ULONG ControlLength;
    ULONG ControlFlags;
    NTSTATUS Returned;
} RECEIVE, *PRECEIVE;

#define RECEIVE_CONTROL_SIZE 512

/* Issues a WskReceiveFrom that wants everything; its completion calls Hook, which may be NULL, with Context. */
static __inline PRECEIVE
StartReceiveWith(PSOCK Sock, ULONG Size, REQUEST_HOOK *Hook, PVOID Context)
{
    PRECEIVE Receive = (PRECEIVE)NewMemory(sizeof(*Receive));

    Receive->Request = NewRequest();
    Receive->Request->Hook = Hook;
    Receive->Request->HookContext = Context;
    Receive->Buffer = NewBuffer(Size, (PVOID *)&Receive->Data);
    Receive->ControlInfo = (PCMSGHDR)NewMemory(RECEIVE_CONTROL_SIZE);
    Receive->ControlLength = RECEIVE_CONTROL_SIZE;
    Receive->ControlFlags = 0xcccccccc;
    Receive->Returned = Sock->Fn->WskReceiveFrom(
        Sock->Socket, &Receive->Buffer, 0, (PSOCKADDR)&Receive->From, &Receive->ControlLength,
        Receive->ControlInfo, &Receive->ControlFlags, Use(Receive->Request));
    return Receive;
}

static __inline PRECEIVE
StartReceive(PSOCK Sock, ULONG Size)
{
    return StartReceiveWith(Sock, Size, NULL, NULL);
}

static __inline NTSTATUS
EndReceive(PRECEIVE Receive)
{
    return Finish(Receive->Request, Receive->Returned);
}

static __inline BOOLEAN
ReceiveIs(PRECEIVE Receive, PCSTR Text)
{
    SIZE_T Length = TextLength(Text);

    return EXPECT_STATUS(EndReceive(Receive), STATUS_SUCCESS) &&
           Receive->Request->Information == Length &&
           RtlCompareMemory(Receive->Data, Text, Length) == Length;
}

/* Receives one datagram and says whether it is this text. */
static __inline BOOLEAN
ReceivesText(PSOCK Sock, PCSTR Text)
{
    return ReceiveIs(StartReceive(Sock, 2048), Text);
}

/* --- IPv6 ------------------------------------------------------------------------------------ */

/* A machine may lack IPv6 altogether; the points that need it are then skipped. */
static __inline BOOLEAN
HasIpv6(VOID)
{
    WSK_TRANSPORT List[16];
    SIZE_T Size = 0, i;

    if (!NT_SUCCESS(Cf.Npi.Dispatch->WskControlClient(Cf.Npi.Client, WSK_TRANSPORT_LIST_QUERY, 0,
                                                      NULL, sizeof(List), List, &Size, NULL))) {
        return TRUE;
    }
    for (i = 0; i < Size / sizeof(List[0]); i++) {
        if (List[i].AddressFamily == AF_INET6) {
            return TRUE;
        }
    }
    return FALSE;
}

#define NEED_IPV6() \
    do { \
        if (!HasIpv6()) { \
            SKIP("the machine has no IPv6"); \
        } \
    } while (0)
