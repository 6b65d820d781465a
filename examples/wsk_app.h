/* SPDX-License-Identifier: MIT */
/*
 * wsk_app.h - what the examples share: registration with WSK, a bound datagram socket, and the
 * settings that a driver finds under its Parameters key (on the command line of wskrun, what
 * follows `--`).
 */
#pragma once

#include "wsk_request.h"

#include <ip2string.h>
#include <ws2ipdef.h>

typedef struct _WSK_APP {
    WSK_REGISTRATION Registration;
    WSK_PROVIDER_NPI Provider;
} WSK_APP, *PWSK_APP;

static const WSK_CLIENT_DISPATCH WskAppDispatch = { MAKE_WSK_VERSION(1, 0), 0, NULL };

static __inline NTSTATUS
WskAppStart(PWSK_APP App)
{
    WSK_CLIENT_NPI ClientNpi = { NULL, &WskAppDispatch };
    NTSTATUS Status;

    Status = WskRegister(&ClientNpi, &App->Registration);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = WskCaptureProviderNPI(&App->Registration, WSK_NO_WAIT, &App->Provider);
    if (!NT_SUCCESS(Status)) {
        WskDeregister(&App->Registration);
    }
    return Status;
}

static __inline VOID
WskAppStop(PWSK_APP App)
{
    WskReleaseProviderNPI(&App->Registration);
    WskDeregister(&App->Registration);
}

static __inline VOID
WskAppCloseSocket(PWSK_SOCKET Socket)
{
    PWSK_PROVIDER_BASIC_DISPATCH Dispatch = (PWSK_PROVIDER_BASIC_DISPATCH)Socket->Dispatch;
    WSK_REQUEST Request;

    /* Closing must not fail for want of memory: the IRP lives on the stack. */
    UCHAR IrpMemory[sizeof(IRP) + sizeof(IO_STACK_LOCATION)] DECLSPEC_ALIGN(16);

    Request.Irp = (PIRP)IrpMemory;
    IoInitializeIrp(Request.Irp, sizeof(IrpMemory), 1);
    KeInitializeEvent(&Request.Completed, SynchronizationEvent, FALSE);
    WskRequestPrepare(&Request);
    WskRequestWait(&Request, Dispatch->WskCloseSocket(Socket, Request.Irp));
}

/* Creates a datagram socket of a transport, in the address's family, and binds it there. */
static __inline NTSTATUS
WskAppOpenTransport(PWSK_APP App, USHORT SocketType, ULONG Protocol, PSOCKADDR LocalAddress,
                    PVOID SocketContext, const WSK_CLIENT_DATAGRAM_DISPATCH *Callbacks,
                    PWSK_SOCKET *Socket)
{
    PWSK_PROVIDER_DATAGRAM_DISPATCH Dispatch;
    WSK_REQUEST Request;
    ULONG_PTR Information;
    NTSTATUS Status;

    Status = WskRequestAllocate(&Request);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = WskRequestWaitInformation(
        &Request,
        App->Provider.Dispatch->WskSocket(App->Provider.Client, LocalAddress->sa_family, SocketType,
                                          Protocol, WSK_FLAG_DATAGRAM_SOCKET, SocketContext,
                                          Callbacks, NULL, NULL, NULL, Request.Irp),
        &Information);
    if (NT_SUCCESS(Status)) {
        *Socket = (PWSK_SOCKET)Information;
        Dispatch = (PWSK_PROVIDER_DATAGRAM_DISPATCH)(*Socket)->Dispatch;
        Status = WskRequestWait(&Request, Dispatch->WskBind(*Socket, LocalAddress, 0, Request.Irp));
        if (!NT_SUCCESS(Status)) {
            WskAppCloseSocket(*Socket);
        }
    }
    WskRequestFree(&Request);
    return Status;
}

static __inline NTSTATUS
WskAppOpenSocket(PWSK_APP App, PSOCKADDR LocalAddress, PVOID SocketContext,
                 const WSK_CLIENT_DATAGRAM_DISPATCH *Callbacks, PWSK_SOCKET *Socket)
{
    return WskAppOpenTransport(App, SOCK_DGRAM, IPPROTO_UDP, LocalAddress, SocketContext, Callbacks,
                               Socket);
}

/* The wildcard address of a family, with a port in host byte order. */
static __inline VOID
WskAppAnyAddress(ADDRESS_FAMILY Family, USHORT Port, PSOCKADDR_INET Address)
{
    RtlZeroMemory(Address, sizeof(*Address));
    Address->si_family = Family;
    Address->Ipv4.sin_port = RtlUshortByteSwap(Port); /* at the same place in both families */
}

/* --- Settings -------------------------------------------------------------------------------- */

/* Reads a REG_DWORD; leaves *Value alone when there is none. */
static __inline VOID
WskAppReadNumber(PUNICODE_STRING RegistryPath, PCWSTR Name, PULONG Value)
{
    RTL_QUERY_REGISTRY_TABLE Table[3];

    RtlZeroMemory(Table, sizeof(Table));
    Table[0].Flags = RTL_QUERY_REGISTRY_SUBKEY;
    Table[0].Name = L"Parameters";
    Table[1].Flags = RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK;
    Table[1].Name = (PWSTR)Name;
    Table[1].EntryContext = Value;
    Table[1].DefaultType = (REG_DWORD << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT) | REG_NONE;
    (VOID)RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, RegistryPath->Buffer, Table, NULL, NULL);
}

/* Reads a REG_SZ into a buffer of the caller's; leaves it empty when there is none. */
static __inline VOID
WskAppReadString(PUNICODE_STRING RegistryPath, PCWSTR Name, PWSTR Buffer, USHORT BufferSize)
{
    RTL_QUERY_REGISTRY_TABLE Table[3];
    UNICODE_STRING String;

    RtlZeroMemory(Table, sizeof(Table));
    RtlZeroMemory(Buffer, BufferSize);
    String.Buffer = Buffer;
    String.Length = 0;
    String.MaximumLength = (USHORT)(BufferSize - sizeof(WCHAR)); /* the last one stays a terminator */
    Table[0].Flags = RTL_QUERY_REGISTRY_SUBKEY;
    Table[0].Name = L"Parameters";
    Table[1].Flags = RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK;
    Table[1].Name = (PWSTR)Name;
    Table[1].EntryContext = &String;
    Table[1].DefaultType = (REG_SZ << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT) | REG_NONE;
    (VOID)RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, RegistryPath->Buffer, Table, NULL, NULL);
}

/* "192.0.2.1" or "2001:db8::1", with a port in host byte order. */
static __inline NTSTATUS
WskAppParseAddress(PCWSTR Text, USHORT Port, PSOCKADDR_INET Address)
{
    PCWSTR End;
    NTSTATUS Status;

    RtlZeroMemory(Address, sizeof(*Address));
    Address->Ipv4.sin_port = RtlUshortByteSwap(Port);
    Address->si_family = AF_INET;
    Status = RtlIpv4StringToAddressW(Text, TRUE, &End, &Address->Ipv4.sin_addr);
    if (NT_SUCCESS(Status) && *End == 0) {
        return STATUS_SUCCESS;
    }
    Address->si_family = AF_INET6;
    Status = RtlIpv6StringToAddressW(Text, &End, &Address->Ipv6.sin6_addr);
    return NT_SUCCESS(Status) && *End == 0 ? STATUS_SUCCESS : STATUS_INVALID_PARAMETER;
}
