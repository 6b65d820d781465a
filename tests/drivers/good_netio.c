/* SPDX-License-Identifier: MIT */
/*
 * good_netio.c - what datagram drivers ask the host's network beside WSK: which interfaces and addresses
 * there are, which of the routes to a destination is best, over which interface and from which address;
 * and being told when routes change. The destination is 127.0.0.1, so that it runs on any machine.
 */
#include <ntddk.h>
#include <netioapi.h>

DRIVER_INITIALIZE DriverEntry;
static DRIVER_UNLOAD DriverUnload;

static HANDLE RouteNotification;
static KEVENT Told;

static VOID NETIOAPI_API_
RouteChanged(PVOID Context, PMIB_IPFORWARD_ROW2 Row, MIB_NOTIFICATION_TYPE Type)
{
    UNREFERENCED_PARAMETER(Row);
    if (Type == MibInitialNotification) {
        KeSetEvent((PKEVENT)Context, IO_NO_INCREMENT, FALSE);
    }
}

/* Local addresses on interfaces that are up. */
static NTSTATUS
ListAddresses(VOID)
{
    PMIB_UNICASTIPADDRESS_TABLE Addresses;
    PMIB_IPINTERFACE_TABLE Interfaces;
    ULONG i, j, Loopbacks = 0;
    NTSTATUS Status;

    Status = GetUnicastIpAddressTable(AF_UNSPEC, &Addresses);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = GetIpInterfaceTable(AF_UNSPEC, &Interfaces);
    if (!NT_SUCCESS(Status)) {
        FreeMibTable(Addresses);
        return Status;
    }
    for (i = 0; i < Addresses->NumEntries; i++) {
        PMIB_UNICASTIPADDRESS_ROW Row = &Addresses->Table[i];

        for (j = 0; j < Interfaces->NumEntries; j++) {
            if (Interfaces->Table[j].InterfaceIndex == Row->InterfaceIndex &&
                Interfaces->Table[j].Family == Row->Address.si_family &&
                Interfaces->Table[j].Connected &&
                Row->InterfaceLuid.Info.IfType == IF_TYPE_SOFTWARE_LOOPBACK) {
                Loopbacks++;
            }
        }
    }
    FreeMibTable(Interfaces);
    FreeMibTable(Addresses);
    DbgPrint("good_netio: loopback addresses: %s\n", Loopbacks ? "some" : "none");
    return STATUS_SUCCESS;
}

static BOOLEAN
Matches(CONST IP_ADDRESS_PREFIX *Prefix, ULONG Address)
{
    ULONG Mask;

    return Prefix->Prefix.si_family == AF_INET &&
           NT_SUCCESS(ConvertLengthToIpv4Mask(Prefix->PrefixLength, &Mask)) &&
           ((Address ^ Prefix->Prefix.Ipv4.sin_addr.s_addr) & Mask) == 0;
}

/* The sum of both metrics; FALSE for a route whose interface is not up. */
static BOOLEAN
MetricOf(CONST MIB_IPFORWARD_ROW2 *Route, PULONG Metric)
{
    MIB_IPINTERFACE_ROW IpInterface;
    MIB_IF_ROW2 Interface;

    RtlZeroMemory(&Interface, sizeof(Interface));
    Interface.InterfaceLuid = Route->InterfaceLuid;
    if (!NT_SUCCESS(GetIfEntry2(&Interface)) || Interface.OperStatus != IfOperStatusUp) {
        return FALSE;
    }
    RtlZeroMemory(&IpInterface, sizeof(IpInterface));
    IpInterface.Family = AF_INET;
    IpInterface.InterfaceLuid = Route->InterfaceLuid;
    if (!NT_SUCCESS(GetIpInterfaceEntry(&IpInterface))) {
        return FALSE;
    }
    *Metric = Route->Metric + IpInterface.Metric;
    return TRUE;
}

/* The longest prefix, then the smallest metric: what a tunnel does to go around itself. */
static NTSTATUS
FindRoute(ULONG Address, PNET_LUID Luid)
{
    ULONG i, Metric, BestMetric = MAXULONG;
    LONG BestLength = -1;
    PMIB_IPFORWARD_TABLE2 Table;
    NTSTATUS Status;

    Status = GetIpForwardTable2(AF_INET, &Table);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = STATUS_NETWORK_UNREACHABLE;
    for (i = 0; i < Table->NumEntries; i++) {
        PMIB_IPFORWARD_ROW2 Row = &Table->Table[i];
        LONG Length = Row->DestinationPrefix.PrefixLength;

        if (Length < BestLength || !Matches(&Row->DestinationPrefix, Address) ||
            !MetricOf(Row, &Metric) || (Length == BestLength && Metric >= BestMetric)) {
            continue;
        }
        BestLength = Length;
        BestMetric = Metric;
        *Luid = Row->InterfaceLuid;
        Status = STATUS_SUCCESS;
    }
    FreeMibTable(Table);
    return Status;
}

static NTSTATUS
AskBoth(VOID)
{
    MIB_IPFORWARD_ROW2 Best;
    SOCKADDR_INET To, From;
    NET_LUID Luid;
    NTSTATUS Status;

    RtlZeroMemory(&To, sizeof(To));
    To.Ipv4.sin_family = AF_INET;
    To.Ipv4.sin_addr.s_addr = RtlUlongByteSwap(0x7f000001);
    Status = FindRoute(To.Ipv4.sin_addr.s_addr, &Luid);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = GetBestRoute2(&Luid, 0, NULL, &To, 0, &Best, &From);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    DbgPrint("good_netio: to 127.0.0.1 over %s from %08lx\n",
             Best.InterfaceLuid.Value == Luid.Value ? "the same interface" : "another interface",
             RtlUlongByteSwap(From.Ipv4.sin_addr.s_addr));
    return STATUS_SUCCESS;
}

static VOID
DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    CancelMibChangeNotify2(RouteNotification);
    DbgPrint("good_netio: unloaded\n");
}

NTSTATUS
DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    NTSTATUS Status;

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = DriverUnload;
    Status = ListAddresses();
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = AskBoth();
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    KeInitializeEvent(&Told, NotificationEvent, FALSE);
    Status = NotifyRouteChange2(AF_INET, RouteChanged, &Told, TRUE, &RouteNotification);
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    KeWaitForSingleObject(&Told, Executive, KernelMode, FALSE, NULL);
    DbgPrint("good_netio: told\n");
    return STATUS_SUCCESS;
}
