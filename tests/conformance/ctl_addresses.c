/* SPDX-License-Identifier: MIT */
/*
 * Needs: a network of its own
 *
 * ctl_addresses.c - the points CTL that concern the host's addresses, which these change.
 */
#include "items.h"

#define NEAR_4 Ipv4(0xc6336401, 0)       /* 198.51.100.1 */
#define NEAR_6 Ipv6(0x2001, 0xdb8, 1, 0) /* 2001:db8::1 */

/* --- The list -------------------------------------------------------------------------------- */

static NTSTATUS
Query(PSOCK Sock, PVOID Output, SIZE_T Size, SIZE_T *Returned)
{
    return Sock->Fn->WskControlSocket(Sock->Socket, WskIoctl, SIO_ADDRESS_LIST_QUERY, 0, 0, NULL,
                                      Size, Output, Returned, NULL);
}

/* Whether the address is in the list, whose parts have to lie in the buffer. */
static BOOLEAN
IsListed(PSOCKET_ADDRESS_LIST List, SIZE_T Size, SOCKADDR_INET Address)
{
    PUCHAR First = (PUCHAR)List, End = First + Size;
    SIZE_T Length = AddressSize(Address.si_family);
    BOOLEAN Found = FALSE;
    INT i;

    EXPECT((PUCHAR)&List->Address[List->iAddressCount] <= End);
    for (i = 0; i < List->iAddressCount; i++) {
        PUCHAR At = (PUCHAR)List->Address[i].lpSockaddr;
        SOCKADDR_INET Here;

        if (!EXPECT(At >= (PUCHAR)&List->Address[List->iAddressCount]) ||
            !EXPECT(At + Length <= End) ||
            !EXPECT_EQ(List->Address[i].iSockaddrLength, Length)) {
            return FALSE;
        }
        RtlZeroMemory(&Here, sizeof(Here));
        RtlCopyMemory(&Here, At, Length);
        EXPECT_EQ(Here.si_family, Address.si_family);
        EXPECT_EQ(Here.Ipv4.sin_port, 0);
        Found = Found || SameAddress(&Here, &Address);
    }
    return Found;
}

static VOID
QueryList(PSOCK Sock, SOCKADDR_INET Near)
{
    SIZE_T Needed = 0, Returned = 0, Size;
    PSOCKET_ADDRESS_LIST List;

    REQUIRE(Sock != NULL);
    EXPECT_STATUS(Query(Sock, NULL, 0, &Needed), STATUS_BUFFER_OVERFLOW);
    REQUIRE(Needed >= sizeof(SOCKET_ADDRESS_LIST) + AddressSize(Sock->Family));
    for (Size = sizeof(SOCKET_ADDRESS_LIST); Size < Needed; Size++) {
        EXPECT_STATUS(Query(Sock, NewMemory(Size), Size, &Returned), STATUS_BUFFER_OVERFLOW);
        EXPECT_EQ(Returned, Needed);
    }
    List = (PSOCKET_ADDRESS_LIST)NewMemory(Needed);
    REQUIRE_STATUS(Query(Sock, List, Needed, &Returned), STATUS_SUCCESS);
    EXPECT_EQ(Returned, Needed);
    EXPECT(List->iAddressCount >= 1);
    EXPECT(IsListed(List, Needed, Near));
    EXPECT_STATUS(Query(Sock, List, Needed, NULL), STATUS_SUCCESS); /* who does not want to know */
}

/* The automatic addresses of IPv6 may come in between; whoever asks has to ask again then. */
static VOID
QueryList6(PSOCK Sock, SOCKADDR_INET Near)
{
    SIZE_T Size = 4096, Returned = 0, Needed = 0;
    PSOCKET_ADDRESS_LIST List = (PSOCKET_ADDRESS_LIST)NewMemory(Size);

    REQUIRE(Sock != NULL);
    EXPECT_STATUS(Query(Sock, NULL, 0, &Needed), STATUS_BUFFER_OVERFLOW);
    EXPECT(Needed >= sizeof(SOCKET_ADDRESS_LIST) + sizeof(SOCKADDR_IN6));
    REQUIRE_STATUS(Query(Sock, List, Size, &Returned), STATUS_SUCCESS);
    EXPECT(Returned <= Size);
    EXPECT(IsListed(List, Returned, Near));
    EXPECT_STATUS(Query(Sock, List, sizeof(SOCKET_ADDRESS_LIST), &Returned),
                  STATUS_BUFFER_OVERFLOW);
}

POINT(CTL_11)
{
    C_ASSERT(SIO_ADDRESS_LIST_QUERY == 0x48000016 && SIO_ADDRESS_LIST_CHANGE == 0x28000017);
    QueryList(Open(AF_INET), NEAR_4);
    QueryList(Bound(AF_INET), NEAR_4);
    NEED_IPV6();
    QueryList6(Open(AF_INET6), NEAR_6);
}

/* --- Its changes ----------------------------------------------------------------------------- */

typedef struct _CHANGE {
    PREQUEST Request;
    NTSTATUS Returned;
} CHANGE;

static CHANGE
AwaitChange(PSOCK Sock)
{
    CHANGE Change;

    Change.Request = NewRequest();
    Change.Returned = Sock->Fn->WskControlSocket(Sock->Socket, WskIoctl, SIO_ADDRESS_LIST_CHANGE,
                                                 0, 0, NULL, 0, NULL, NULL, Use(Change.Request));
    EXPECT_STATUS(Change.Returned, STATUS_PENDING);
    return Change;
}

static NTSTATUS
EndChange(CHANGE Change)
{
    NTSTATUS Status = Finish(Change.Request, Change.Returned);

    EXPECT_EQ(Change.Request->Information, 0);
    return Status;
}

/* A second address of the interface, which a kernel driver can give it. */
static MIB_UNICASTIPADDRESS_ROW
Second(SOCKADDR_INET Near, UCHAR Last)
{
    MIB_UNICASTIPADDRESS_ROW Row;

    InitializeUnicastIpAddressEntry(&Row);
    Row.InterfaceIndex = InterfaceOf(Near);
    Row.Address = Near;
    Row.OnLinkPrefixLength = Near.si_family == AF_INET ? 24 : 64;
    if (Near.si_family == AF_INET) {
        Row.Address.Ipv4.sin_addr.S_un.S_un_b.s_b4 = Last;
    } else {
        Row.Address.Ipv6.sin6_addr.u.Byte[15] = Last;
    }
    return Row;
}

POINT(CTL_12)
{
    MIB_UNICASTIPADDRESS_ROW Row = Second(NEAR_4, 77), Row6;
    PSOCK Sock = Open(AF_INET), Other = Bound(AF_INET), Sock6;
    CHANGE First, Again, Elsewhere;

    REQUIRE(Sock != NULL && Other != NULL);
    First = AwaitChange(Sock);
    Again = AwaitChange(Sock);
    Elsewhere = AwaitChange(Other);
    EXPECT(!IsCompleted(First.Request));
    REQUIRE_STATUS(CreateUnicastIpAddressEntry(&Row), STATUS_SUCCESS);
    EXPECT_STATUS(EndChange(First), STATUS_SUCCESS);
    EXPECT_STATUS(EndChange(Again), STATUS_SUCCESS);
    EXPECT_STATUS(EndChange(Elsewhere), STATUS_SUCCESS);
    First = AwaitChange(Sock); /* each tells of one change */
    EXPECT(!IsCompleted(First.Request));
    REQUIRE_STATUS(DeleteUnicastIpAddressEntry(&Row), STATUS_SUCCESS);
    EXPECT_STATUS(EndChange(First), STATUS_SUCCESS);

    First = AwaitChange(Sock);
    Again = AwaitChange(Sock);
    EXPECT(IoCancelIrp(First.Request->Irp));
    EXPECT_STATUS(EndChange(First), STATUS_CANCELLED);
    EXPECT(!IsCompleted(Again.Request));
    CloseSock(Sock);
    EXPECT_STATUS(EndChange(Again), STATUS_CANCELLED);

    NEED_IPV6();
    Sock6 = Open(AF_INET6);
    REQUIRE(Sock6 != NULL);
    Row6 = Second(NEAR_6, 77);
    Elsewhere = AwaitChange(Other);
    First = AwaitChange(Sock6);
    REQUIRE_STATUS(CreateUnicastIpAddressEntry(&Row6), STATUS_SUCCESS);
    EXPECT_STATUS(EndChange(First), STATUS_SUCCESS);
    EXPECT(!IsCompleted(Elsewhere.Request)); /* that was not of its family */
    REQUIRE_STATUS(DeleteUnicastIpAddressEntry(&Row6), STATUS_SUCCESS);
    REQUIRE_STATUS(CreateUnicastIpAddressEntry(&Row), STATUS_SUCCESS);
    EXPECT_STATUS(EndChange(Elsewhere), STATUS_SUCCESS);
    REQUIRE_STATUS(DeleteUnicastIpAddressEntry(&Row), STATUS_SUCCESS);
}

CONFORMANCE(ENTRY(CTL_11), ENTRY(CTL_12))
