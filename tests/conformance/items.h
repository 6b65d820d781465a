/* SPDX-License-Identifier: MIT */
/*
 * items.h - control data: composed for a send, and looked through after a receive.
 *
 *     ITEMS Items = NoItems();
 *
 *     AddInt(&Items, IPPROTO_IP, IP_TOS, 0xb8);
 *     SendWith(Sock, &To, "text", &Items);
 *     EXPECT(HasInt(NextRecord(Receiver), IPPROTO_IP, IP_TOS, 0xb8));
 */
#pragma once

#include "datagram.h"

#include <netioapi.h>

/* --- For sending ----------------------------------------------------------------------------- */

#define ITEMS_SIZE 256

typedef struct _ITEMS {
    union {
        CMSGHDR First;
        UCHAR Bytes[ITEMS_SIZE];
    } u;
    ULONG Size; /* with the padding of the last item */
} ITEMS, *PITEMS;

static __inline ITEMS
NoItems(VOID)
{
    ITEMS Items;

    RtlZeroMemory(&Items, sizeof(Items));
    return Items;
}

static __inline PCMSGHDR
AddItem(PITEMS Items, INT Level, INT Type, const VOID *Data, SIZE_T Size)
{
    PCMSGHDR Header = (PCMSGHDR)(Items->u.Bytes + Items->Size);

    Header->cmsg_len = WSA_CMSG_LEN(Size);
    Header->cmsg_level = Level;
    Header->cmsg_type = Type;
    if (Size != 0) {
        RtlCopyMemory(WSA_CMSG_DATA(Header), Data, Size);
    }
    Items->Size += (ULONG)WSA_CMSG_SPACE(Size);
    return Header;
}

static __inline PCMSGHDR
AddInt(PITEMS Items, INT Level, INT Type, INT Value)
{
    return AddItem(Items, Level, Type, &Value, sizeof(Value));
}

/*
 * Asks for a source address, and for an interface; the port counts for nothing, an index of 0
 * means any.
 */
static __inline PCMSGHDR
AddSource(PITEMS Items, SOCKADDR_INET Source, ULONG Index)
{
    IN_PKTINFO Info;
    IN6_PKTINFO Info6;

    if (Source.si_family == AF_INET) {
        Info.ipi_addr = Source.Ipv4.sin_addr;
        Info.ipi_ifindex = Index;
        return AddItem(Items, IPPROTO_IP, IP_PKTINFO, &Info, sizeof(Info));
    }
    Info6.ipi6_addr = Source.Ipv6.sin6_addr;
    Info6.ipi6_ifindex = Index;
    return AddItem(Items, IPPROTO_IPV6, IPV6_PKTINFO, &Info6, sizeof(Info6));
}

static __inline NTSTATUS
SendWith(PSOCK Sock, const SOCKADDR_INET *To, PCSTR Text, PITEMS Items)
{
    return SendTextWith(Sock, To, Text, &Items->u.First, Items->Size);
}

/* --- What was received ----------------------------------------------------------------------- */

/*
 * Walks as drivers do that subtract padded lengths from an unsigned count; NULL when there is
 * none.
 */
static __inline PCMSGHDR
FindIn(PCMSGHDR Control, ULONG Length, INT Level, INT Type)
{
    PUCHAR At = (PUCHAR)Control;

    while (Length >= sizeof(CMSGHDR)) {
        PCMSGHDR Header = (PCMSGHDR)At;
        SIZE_T Space = WSA_CMSGHDR_ALIGN(Header->cmsg_len);

        if (Header->cmsg_level == Level && Header->cmsg_type == Type) {
            return Header;
        }
        if (Header->cmsg_len < sizeof(CMSGHDR) || Space > Length) {
            return NULL;
        }
        At += Space;
        Length -= (ULONG)Space;
    }
    return NULL;
}

static __inline PCMSGHDR
Find(const RECORD *Record, INT Level, INT Type)
{
    return FindIn(Record->Control, Record->ControlLength, Level, Type);
}

/* How many items there are; fails the point when one is cut, not padded, or there twice. */
static __inline ULONG
CountIn(PCMSGHDR Control, ULONG Length)
{
    ULONG At = 0, Count = 0;

    EXPECT_EQ(Length % 8, 0);
    while (At < Length) {
        PCMSGHDR Header = (PCMSGHDR)((PUCHAR)Control + At);

        if (!EXPECT(Length - At > sizeof(CMSGHDR)) || !EXPECT(Header->cmsg_len > sizeof(CMSGHDR)) ||
            !EXPECT(WSA_CMSGHDR_ALIGN(Header->cmsg_len) <= Length - At)) {
            break;
        }
        EXPECT(FindIn(Control, Length, Header->cmsg_level, Header->cmsg_type) == Header);
        At += (ULONG)WSA_CMSGHDR_ALIGN(Header->cmsg_len);
        Count++;
    }
    EXPECT_EQ(At, Length);
    return Count;
}

static __inline ULONG
Count(const RECORD *Record)
{
    return CountIn(Record->Control, Record->ControlLength);
}

static __inline BOOLEAN
IntIn(PCMSGHDR Control, ULONG Length, INT Level, INT Type, PINT Value)
{
    PCMSGHDR Header = FindIn(Control, Length, Level, Type);

    if (Header == NULL || Header->cmsg_len != WSA_CMSG_LEN(sizeof(*Value))) {
        return FALSE;
    }
    RtlCopyMemory(Value, WSA_CMSG_DATA(Header), sizeof(*Value));
    return TRUE;
}

/* Whether there is such an item with this value; no record has none. */
static __inline BOOLEAN
HasInt(const RECORD *Record, INT Level, INT Type, INT Value)
{
    INT Found;

    return Record != NULL && IntIn(Record->Control, Record->ControlLength, Level, Type, &Found) &&
           EXPECT_EQ(Found, Value);
}

/* The interface of the packet information, if that is there and names this address; 0 otherwise. */
static __inline ULONG
ArrivalAt(const RECORD *Record, SOCKADDR_INET Address)
{
    BOOLEAN Ipv4Item = Address.si_family == AF_INET;
    PCMSGHDR Header = Record == NULL ? NULL : Ipv4Item ? Find(Record, IPPROTO_IP, IP_PKTINFO)
                                                       : Find(Record, IPPROTO_IPV6, IPV6_PKTINFO);
    IN_PKTINFO Info;
    IN6_PKTINFO Info6;

    if (!EXPECT(Header != NULL) ||
        !EXPECT_EQ(Header->cmsg_len, WSA_CMSG_LEN(Ipv4Item ? sizeof(Info) : sizeof(Info6)))) {
        return 0;
    }
    if (Ipv4Item) {
        RtlCopyMemory(&Info, WSA_CMSG_DATA(Header), sizeof(Info));
        return EXPECT_EQ(Info.ipi_addr.S_un.S_addr, Address.Ipv4.sin_addr.S_un.S_addr)
                   ? Info.ipi_ifindex : 0;
    }
    RtlCopyMemory(&Info6, WSA_CMSG_DATA(Header), sizeof(Info6));
    return EXPECT(IN6_ADDR_EQUAL(&Info6.ipi6_addr, &Address.Ipv6.sin6_addr)) ? Info6.ipi6_ifindex
                                                                             : 0;
}

/* --- Sockets and interfaces ------------------------------------------------------------------ */

/*
 * The index of the interface that has this address, by the list of the host's addresses; 0 when
 * none has.
 */
static __inline ULONG
InterfaceOf(SOCKADDR_INET Address)
{
    PMIB_UNICASTIPADDRESS_TABLE Table;
    ULONG Index = 0, i;

    if (!EXPECT_STATUS(GetUnicastIpAddressTable(Address.si_family, &Table), STATUS_SUCCESS)) {
        return 0;
    }
    for (i = 0; i < Table->NumEntries; i++) {
        SOCKADDR_INET Row = Table->Table[i].Address;

        Row.Ipv4.sin_port = Address.Ipv4.sin_port;
        if (SameAddress(&Row, &Address)) {
            Index = Table->Table[i].InterfaceIndex;
        }
    }
    FreeMibTable(Table);
    return Index;
}

/* An IPv6 address of 16-bit numbers, the first, the second and the last. */
static __inline SOCKADDR_INET
Ipv6(USHORT First, USHORT Second, USHORT Last, USHORT Port)
{
    SOCKADDR_INET Address = Wildcard(AF_INET6, Port);

    Address.Ipv6.sin6_addr.u.Word[0] = RtlUshortByteSwap(First);
    Address.Ipv6.sin6_addr.u.Word[1] = RtlUshortByteSwap(Second);
    Address.Ipv6.sin6_addr.u.Word[7] = RtlUshortByteSwap(Last);
    return Address;
}

/* Bound to every address, with a free port. */
static __inline PSOCK
BoundAnywhere(ADDRESS_FAMILY Family)
{
    PSOCK Sock = Open(Family);

    if (Sock == NULL || !EXPECT_STATUS(BindTo(Sock, Wildcard(Family, 0)), STATUS_SUCCESS)) {
        return NULL;
    }
    return Sock;
}

/* The same for IPv6 and IPv4. */
static __inline PSOCK
DualStack(VOID)
{
    PSOCK Sock = Open(AF_INET6);

    if (Sock == NULL ||
        !EXPECT_STATUS(SetOption(Sock, IPPROTO_IPV6, IPV6_V6ONLY, 0), STATUS_SUCCESS) ||
        !EXPECT_STATUS(BindTo(Sock, Wildcard(AF_INET6, 0)), STATUS_SUCCESS)) {
        return NULL;
    }
    return Sock;
}

/* Switches the event off, so that when this returns no callback runs any more. */
static __inline NTSTATUS
StopEvent(PSOCK Sock)
{
    WSK_EVENT_CALLBACK_CONTROL Off = { &NPI_WSK_INTERFACE_ID,
                                       WSK_EVENT_RECEIVE_FROM | WSK_EVENT_DISABLE };

    return Control(Sock, WskSetOption, SOL_SOCKET, SO_WSK_EVENT_CALLBACK, &Off, sizeof(Off), NULL,
                   0);
}

/*
 * What a socket can be asked to report with each datagram; the numbers are the same in both
 * families.
 */
#define REPORT_PKTINFO 1
#define REPORT_TOS 2
#define REPORT_ECN 4
#define REPORT_HOPS 8
#define REPORT_ALL 15

C_ASSERT(IP_PKTINFO == IPV6_PKTINFO && IP_RECVTOS == IPV6_RECVTCLASS);
C_ASSERT(IP_ECN == IPV6_ECN && IP_HOPLIMIT == IPV6_HOPLIMIT);

static const ULONG ReportOptions[] = { IP_PKTINFO, IP_RECVTOS, IP_ECN, IP_HOPLIMIT };

static __inline ULONG
LevelOf(ADDRESS_FAMILY Family)
{
    return Family == AF_INET ? IPPROTO_IP : IPPROTO_IPV6;
}

/* Switches on those whose bits are set, and the others off. */
static __inline BOOLEAN
Report(PSOCK Sock, ADDRESS_FAMILY Family, ULONG Bits)
{
    ULONG i;

    for (i = 0; i < RTL_NUMBER_OF(ReportOptions); i++) {
        if (!EXPECT_STATUS(SetOption(Sock, LevelOf(Family), ReportOptions[i], Bits >> i & 1),
                           STATUS_SUCCESS)) {
            return FALSE;
        }
    }
    return TRUE;
}
