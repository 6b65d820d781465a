/* SPDX-License-Identifier: MIT */
/*
 * wire_host.c - a driver that does to its sockets what datagrams on a control socket tell it, and
 * prints what came of it: one "done" line per command, and one "got" line per datagram that
 * arrived. wire.py drives it.
 *
 * Settings: control (port on 127.0.0.1, default 7000).
 */
#include <ntddk.h>
#include <wsk.h>

#include "wsk_app.h"

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD DriverUnload;
static KSTART_ROUTINE ServeCommands;

#define SLOTS 8
#define PAYLOAD_MAX 65536
#define DATA_MAX 256
#define LINE_BYTES_MAX 128 /* of control data, in a line */

enum { OP_OPEN, OP_BIND, OP_CLOSE, OP_SET, OP_IOCTL, OP_SEND, OP_EVENT };

/* Numbers are the host's, addresses and data as WSK takes them. */
typedef struct _COMMAND {
    ULONG Operation;
    ULONG Slot;
    ULONG Number[3];
    ULONG DataLength;
    SOCKADDR_INET Address;
    UCHAR Data[DATA_MAX];
} COMMAND, *PCOMMAND;

typedef struct _SLOT {
    ULONG Index;
    PWSK_SOCKET Socket;
} SLOT, *PSLOT;

static WSK_APP App;
static SLOT Slots[SLOTS];
static PWSK_SOCKET Control;
static WSK_REQUEST Request;
static COMMAND Command;
static PMDL CommandMdl;
static UCHAR Payload[PAYLOAD_MAX];
static PMDL PayloadMdl;
static PVOID Server; /* the thread */

/* --- What arrives ---------------------------------------------------------------------------- */

static VOID
ToHex(PCHAR Text, const VOID *Bytes, SIZE_T Length)
{
    static const CHAR Digits[] = "0123456789abcdef";
    SIZE_T i;

    for (i = 0; i < Length && i < LINE_BYTES_MAX; i++) {
        *Text++ = Digits[((const UCHAR *)Bytes)[i] >> 4];
        *Text++ = Digits[((const UCHAR *)Bytes)[i] & 0x0f];
    }
    *Text = 0;
}

/* FNV-1a, over the MDL chain. */
static ULONG
HashOf(const WSK_BUF *Buffer)
{
    SIZE_T Left = Buffer->Length, Offset = Buffer->Offset, i;
    ULONG Hash = 2166136261u;
    PMDL Mdl;

    for (Mdl = Buffer->Mdl; Mdl != NULL && Left != 0; Mdl = Mdl->Next, Offset = 0) {
        const UCHAR *Bytes = (const UCHAR *)MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority);

        for (i = Offset; i < MmGetMdlByteCount(Mdl) && Left != 0; i++, Left--) {
            Hash = (Hash ^ Bytes[i]) * 16777619u;
        }
    }
    return Hash;
}

static NTSTATUS WSKAPI
ReceiveFromEvent(PVOID SocketContext, ULONG Flags, PWSK_DATAGRAM_INDICATION DataIndication)
{
    PSLOT Slot = (PSLOT)SocketContext;
    CHAR Address[2 * LINE_BYTES_MAX + 1], ControlInfo[2 * LINE_BYTES_MAX + 1];
    PWSK_DATAGRAM_INDICATION Each;

    for (Each = DataIndication; Each != NULL; Each = Each->Next) {
        ToHex(Address, Each->RemoteAddress,
              Each->RemoteAddress->sa_family == AF_INET ? sizeof(SOCKADDR_IN)
                                                        : sizeof(SOCKADDR_IN6));
        ToHex(ControlInfo, Each->ControlInfo, Each->ControlInfoLength);
        DbgPrint("got %u %Iu %08x %s %x -%s\n", Slot->Index, Each->Buffer.Length,
                 HashOf(&Each->Buffer), Address, Flags & ~WSK_FLAG_AT_DISPATCH_LEVEL, ControlInfo);
    }
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH Callbacks = { ReceiveFromEvent };

/* --- Commands -------------------------------------------------------------------------------- */

static PWSK_PROVIDER_DATAGRAM_DISPATCH
DispatchOf(PWSK_SOCKET Socket)
{
    return (PWSK_PROVIDER_DATAGRAM_DISPATCH)Socket->Dispatch;
}

static NTSTATUS
Open(PSLOT Slot)
{
    ULONG_PTR Information;
    NTSTATUS Status;

    Status = WskRequestWaitInformation(
        &Request,
        App.Provider.Dispatch->WskSocket(App.Provider.Client, (ADDRESS_FAMILY)Command.Number[0],
                                         (USHORT)Command.Number[1], Command.Number[2],
                                         WSK_FLAG_DATAGRAM_SOCKET, Slot, &Callbacks, NULL, NULL,
                                         NULL, Request.Irp),
        &Information);
    Slot->Socket = NT_SUCCESS(Status) ? (PWSK_SOCKET)Information : NULL;
    return Status;
}

static NTSTATUS
Send(PSLOT Slot, PULONG_PTR Information)
{
    PWSK_PROVIDER_DATAGRAM_DISPATCH Dispatch = DispatchOf(Slot->Socket);
    WSK_BUF Buffer = { PayloadMdl, 0, Command.Number[0] };
    ULONG i;

    /* wire.py makes the same bytes; Number[2] bytes of Data stand in front of them. */
    for (i = 0; i < Command.Number[0] && i < PAYLOAD_MAX; i++) {
        Payload[i] = (UCHAR)(Command.Number[1] + i * 13 + (i >> 8) * 5);
    }
    RtlCopyMemory(Payload, Command.Data + Command.DataLength, Command.Number[2]);
    return WskRequestWaitInformation(
        &Request,
        Dispatch->WskSendTo(Slot->Socket, &Buffer, 0, (PSOCKADDR)&Command.Address,
                            Command.DataLength, (PCMSGHDR)Command.Data, Request.Irp),
        Information);
}

static NTSTATUS
ControlSocket(PSLOT Slot, WSK_CONTROL_SOCKET_TYPE Type, ULONG Code, ULONG Level, SIZE_T Size,
              PVOID Input)
{
    PWSK_PROVIDER_DATAGRAM_DISPATCH Dispatch = DispatchOf(Slot->Socket);

    return WskRequestWait(&Request,
                          Dispatch->WskControlSocket(Slot->Socket, Type, Code, Level, Size, Input,
                                                     0, NULL, NULL, Request.Irp));
}

static NTSTATUS
EnableEvent(PSLOT Slot)
{
    WSK_EVENT_CALLBACK_CONTROL Event = { (PNPIID)&NPI_WSK_INTERFACE_ID, WSK_EVENT_RECEIVE_FROM };

    /* Without an IRP, as the documentation of the option wants it for enabling. */
    return DispatchOf(Slot->Socket)
        ->WskControlSocket(Slot->Socket, WskSetOption, SO_WSK_EVENT_CALLBACK, SOL_SOCKET,
                           sizeof(Event), &Event, 0, NULL, NULL, NULL);
}

static NTSTATUS
Bind(PSLOT Slot)
{
    PWSK_PROVIDER_DATAGRAM_DISPATCH Dispatch = DispatchOf(Slot->Socket);

    return WskRequestWait(&Request, Dispatch->WskBind(Slot->Socket, (PSOCKADDR)&Command.Address,
                                                      0, Request.Irp));
}

static NTSTATUS
Close(PSLOT Slot)
{
    WskAppCloseSocket(Slot->Socket);
    Slot->Socket = NULL;
    return STATUS_SUCCESS;
}

static NTSTATUS
Execute(PULONG_PTR Information)
{
    PSLOT Slot = &Slots[Command.Slot % SLOTS];

    if ((Slot->Socket == NULL) != (Command.Operation == OP_OPEN)) {
        return STATUS_INVALID_DEVICE_STATE;
    }
    switch (Command.Operation) {
    case OP_OPEN:
        return Open(Slot);
    case OP_BIND:
        return Bind(Slot);
    case OP_CLOSE:
        return Close(Slot);
    case OP_SET:
        return ControlSocket(Slot, WskSetOption, Command.Number[1], Command.Number[0],
                             Command.DataLength, Command.Data);
    case OP_IOCTL:
        return ControlSocket(Slot, WskIoctl, Command.Number[0], 0, sizeof(Command.Address),
                             &Command.Address);
    case OP_SEND:
        return Send(Slot, Information);
    case OP_EVENT:
        return EnableEvent(Slot);
    default:
        return STATUS_INVALID_PARAMETER;
    }
}

/* --- The thread ------------------------------------------------------------------------------ */

static NTSTATUS
ReceiveCommand(VOID)
{
    WSK_BUF Buffer = { CommandMdl, 0, sizeof(Command) };

    RtlZeroMemory(&Command, sizeof(Command));
    return WskRequestWait(&Request, DispatchOf(Control)->WskReceiveFrom(Control, &Buffer, 0, NULL,
                                                                        NULL, NULL, NULL,
                                                                        Request.Irp));
}

/* A command for no slot is the order to end; DriverUnload sends it. */
static VOID
ServeCommands(PVOID Context)
{
    ULONG_PTR Information;
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(Context);
    while (NT_SUCCESS(ReceiveCommand()) && Command.Slot != MAXULONG) {
        Information = 0;
        Status = Execute(&Information);
        DbgPrint("done %08x %Iu\n", Status, Information);
    }
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static VOID
StopServing(PSOCKADDR ControlAddress)
{
    static COMMAND Stop;
    WSK_REQUEST Last;
    WSK_BUF Buffer = { IoAllocateMdl(&Stop, sizeof(Stop), FALSE, FALSE, NULL), 0, sizeof(Stop) };

    Stop.Slot = MAXULONG;
    MmBuildMdlForNonPagedPool(Buffer.Mdl);
    if (NT_SUCCESS(WskRequestAllocate(&Last))) {
        WskRequestWait(&Last, DispatchOf(Control)->WskSendTo(Control, &Buffer, 0, ControlAddress, 0,
                                                             NULL, Last.Irp));
        WskRequestFree(&Last);
    }
    IoFreeMdl(Buffer.Mdl);
    KeWaitForSingleObject(Server, Executive, KernelMode, FALSE, NULL);
    ObDereferenceObject(Server);
}

/* --- The driver ------------------------------------------------------------------------------ */

static SOCKADDR_INET ControlAddress;

static VOID
DriverUnload(PDRIVER_OBJECT DriverObject)
{
    ULONG i;

    UNREFERENCED_PARAMETER(DriverObject);
    StopServing((PSOCKADDR)&ControlAddress);
    for (i = 0; i < SLOTS; i++) {
        if (Slots[i].Socket != NULL) {
            WskAppCloseSocket(Slots[i].Socket);
        }
    }
    WskAppCloseSocket(Control);
    WskRequestFree(&Request);
    IoFreeMdl(PayloadMdl);
    IoFreeMdl(CommandMdl);
    WskAppStop(&App);
}

static NTSTATUS
StartServing(VOID)
{
    HANDLE Handle;
    NTSTATUS Status = PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, NULL,
                                           ServeCommands, NULL);

    if (NT_SUCCESS(Status)) {
        Status = ObReferenceObjectByHandle(Handle, THREAD_ALL_ACCESS, NULL, KernelMode, &Server,
                                           NULL);
        ZwClose(Handle);
    }
    return Status;
}

/* A test's driver: what fails here fails the test, so nothing is undone. */
NTSTATUS
DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    ULONG Port = 7000, i;
    NTSTATUS Status;

    WskAppReadNumber(RegistryPath, L"control", &Port);
    for (i = 0; i < SLOTS; i++) {
        Slots[i].Index = i;
    }
    CommandMdl = IoAllocateMdl(&Command, sizeof(Command), FALSE, FALSE, NULL);
    PayloadMdl = IoAllocateMdl(Payload, sizeof(Payload), FALSE, FALSE, NULL);
    if (CommandMdl == NULL || PayloadMdl == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    MmBuildMdlForNonPagedPool(CommandMdl);
    MmBuildMdlForNonPagedPool(PayloadMdl);
    Status = WskRequestAllocate(&Request);
    if (NT_SUCCESS(Status)) {
        Status = WskAppStart(&App);
    }
    if (NT_SUCCESS(Status)) {
        Status = WskAppParseAddress(L"127.0.0.1", (USHORT)Port, &ControlAddress);
    }
    if (NT_SUCCESS(Status)) {
        Status = WskAppOpenSocket(&App, (PSOCKADDR)&ControlAddress, NULL, NULL, &Control);
    }
    if (NT_SUCCESS(Status)) {
        Status = StartServing();
    }
    DbgPrint("ready %08x\n", Status);
    DriverObject->DriverUnload = DriverUnload;
    return Status;
}
