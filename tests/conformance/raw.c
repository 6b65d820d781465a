/* SPDX-License-Identifier: MIT */
/*
 * raw.c - the points RAW: SOCK_RAW in the datagram category. Protocol 253 is for experiments.
 *
 * Needs: a network of its own
 */
#include "datagram.h"

#define PROTOCOL_TEST 253
#define IPV4_HEADER 20

/* NULL where the point is skipped (raw sockets are not for everybody) or has failed. */
static PSOCK
OpenRaw(ADDRESS_FAMILY Family, ULONG Protocol)
{
    PSOCK Sock = NewSock(Family);
    NTSTATUS Status;

    Status = Finish(Sock->Request,
                    Cf.Npi.Dispatch->WskSocket(Cf.Npi.Client, Family, SOCK_RAW, Protocol,
                                               WSK_FLAG_DATAGRAM_SOCKET, Sock, &SockCallbacks, NULL,
                                               NULL, NULL, Use(Sock->Request)));
    if (Status == STATUS_ACCESS_DENIED) {
        CfSkip("no right to raw sockets");
    } else {
        EXPECT_STATUS(Status, STATUS_SUCCESS);
    }
    if (!NT_SUCCESS(Status)) {
        ExFreePoolWithTag(Sock, CF_TAG);
        return NULL;
    }
    Sock->Socket = (PWSK_SOCKET)Sock->Request->Information;
    Sock->Fn = (const WSK_PROVIDER_DATAGRAM_DISPATCH *)Sock->Socket->Dispatch;
    CfOwn(&Sock->Owned, CF_RANK_SOCKETS, CfCloseSock);
    return Sock;
}

static PSOCK
BoundRaw(ADDRESS_FAMILY Family, ULONG Protocol)
{
    PSOCK Sock = OpenRaw(Family, Protocol);

    if (Sock != NULL && !EXPECT_STATUS(BindTo(Sock, Loopback(Family, 0)), STATUS_SUCCESS)) {
        return NULL;
    }
    return Sock;
}

/* RFC 1071, over an even number of bytes; 0 when the bytes carry their sum. */
static USHORT
SumOf(const UCHAR *Bytes, SIZE_T Size, ULONG Sum)
{
    SIZE_T i;

    for (i = 0; i < Size; i += 2) {
        Sum += (ULONG)Bytes[i] << 8 | Bytes[i + 1];
    }
    Sum = (Sum & 0xffff) + (Sum >> 16);
    return (USHORT)~(Sum + (Sum >> 16));
}

POINT(RAW_01)
{
    PSOCK Sock = BoundRaw(AF_INET, PROTOCOL_TEST);
    PRECEIVE Receive;

    if (Sock == NULL) {
        return;
    }
    Receive = StartReceive(Sock, 200);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "text"), STATUS_SUCCESS);
    REQUIRE_STATUS(EndReceive(Receive), STATUS_SUCCESS);
    REQUIRE(Receive->Request->Information == IPV4_HEADER + 4);
    EXPECT_EQ(Receive->Data[0], 0x45);
    EXPECT_EQ(Receive->Data[9], PROTOCOL_TEST);
    EXPECT_EQ(RtlCompareMemory(Receive->Data + 12, &Sock->Local.Ipv4.sin_addr, 4), 4);
    EXPECT_EQ(RtlCompareMemory(Receive->Data + 16, &Sock->Local.Ipv4.sin_addr, 4), 4);
    EXPECT_EQ(RtlCompareMemory(Receive->Data + IPV4_HEADER, "text", 4), 4);
}

POINT(RAW_02)
{
    PSOCK Sock = BoundRaw(AF_INET6, PROTOCOL_TEST);
    PRECEIVE Receive;

    if (Sock == NULL) {
        return;
    }
    Receive = StartReceive(Sock, 200);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "text"), STATUS_SUCCESS);
    EXPECT(ReceiveIs(Receive, "text"));
}

POINT(RAW_03)
{
    PSOCK Sock = BoundRaw(AF_INET, PROTOCOL_TEST);
    UCHAR Packet[IPV4_HEADER + 4] = { 0x45, 0, 0, sizeof(Packet), 0x12, 0x34, 0, 0, 77,
                                      PROTOCOL_TEST };
    ULONG Value = 9;
    PRECEIVE Receive;

    if (Sock == NULL) {
        return;
    }
    EXPECT_STATUS(GetOption(Sock, IPPROTO_IP, IP_HDRINCL, &Value), STATUS_SUCCESS);
    EXPECT_EQ(Value, 0);
    REQUIRE_STATUS(SetOption(Sock, IPPROTO_IP, IP_HDRINCL, 1), STATUS_SUCCESS);
    RtlCopyMemory(Packet + 12, &Sock->Local.Ipv4.sin_addr, 4);
    RtlCopyMemory(Packet + 16, &Sock->Local.Ipv4.sin_addr, 4);
    RtlCopyMemory(Packet + IPV4_HEADER, "mine", 4);
    Receive = StartReceive(Sock, 200);
    REQUIRE_STATUS(SendBytes(Sock, &Sock->Local, Packet, sizeof(Packet)), STATUS_SUCCESS);
    REQUIRE_STATUS(EndReceive(Receive), STATUS_SUCCESS);
    REQUIRE(Receive->Request->Information == sizeof(Packet));
    EXPECT_EQ(Receive->Data[8], 77);
    EXPECT_EQ(RtlCompareMemory(Receive->Data + 4, "\x12\x34", 2), 2);
    EXPECT_EQ(RtlCompareMemory(Receive->Data + IPV4_HEADER, "mine", 4), 4);
}

/* An echo request without a sum is answered. */
POINT(RAW_04)
{
    PSOCK Sock = BoundRaw(AF_INET6, IPPROTO_ICMPV6);
    PRECEIVE Receive;
    ULONG Tries;

    if (Sock == NULL) {
        return;
    }
    REQUIRE_STATUS(SendBytes(Sock, &Sock->Local, "\x80\0\0\0WS\0\1", 8), STATUS_SUCCESS);
    for (Tries = 0; Tries < 10; Tries++) {
        Receive = StartReceive(Sock, 200);
        REQUIRE_STATUS(EndReceive(Receive), STATUS_SUCCESS);
        if (Receive->Request->Information == 8 && Receive->Data[0] == 129) {
            EXPECT_EQ(RtlCompareMemory(Receive->Data + 4, "WS\0\1", 4), 4);
            return;
        }
    }
    EXPECT(!"answered");
}

POINT(RAW_05)
{
    PSOCK Sock = BoundRaw(AF_INET6, PROTOCOL_TEST);
    ULONG Pseudo = 1 + 1 + 10 + PROTOCOL_TEST; /* ::1, ::1, length, next header */
    PRECEIVE Receive;

    if (Sock == NULL) {
        return;
    }
    REQUIRE_STATUS(SetOption(Sock, IPPROTO_IPV6, IPV6_CHECKSUM, 4), STATUS_SUCCESS);
    Receive = StartReceive(Sock, 200);
    REQUIRE_STATUS(SendBytes(Sock, &Sock->Local, "head\0\0tail", 10), STATUS_SUCCESS);
    REQUIRE_STATUS(EndReceive(Receive), STATUS_SUCCESS);
    REQUIRE(Receive->Request->Information == 10);
    EXPECT_EQ(SumOf(Receive->Data, 10, Pseudo), 0);
}

POINT(RAW_06)
{
    PSOCK Sock = OpenRaw(AF_INET, PROTOCOL_TEST);
    SOCKADDR_INET To = Loopback(AF_INET, 1234);
    PRECEIVE Receive;

    if (Sock == NULL) {
        return;
    }
    REQUIRE_STATUS(BindTo(Sock, Loopback(AF_INET, 4321)), STATUS_SUCCESS);
    EXPECT_EQ(PortOf(&Sock->Local), 0);
    Receive = StartReceive(Sock, 200);
    REQUIRE_STATUS(SendText(Sock, &To, "text"), STATUS_SUCCESS);
    REQUIRE_STATUS(EndReceive(Receive), STATUS_SUCCESS);
    EXPECT_EQ(PortOf(&Receive->From), 0);
}

/* Another protocol passes by. */
POINT(RAW_07)
{
    PSOCK Sock = BoundRaw(AF_INET6, PROTOCOL_TEST), Other = BoundRaw(AF_INET6, PROTOCOL_TEST + 1);

    if (Sock == NULL || Other == NULL) {
        return;
    }
    REQUIRE_STATUS(EnableEvent(Sock), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Other, &Sock->Local, "other"), STATUS_SUCCESS);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "own"), STATUS_SUCCESS);
    EXPECT(NextIs(Sock, "own"));
}

CONFORMANCE(ENTRY(RAW_01), ENTRY(RAW_02), ENTRY(RAW_03), ENTRY(RAW_04), ENTRY(RAW_05),
            ENTRY(RAW_06), ENTRY(RAW_07))
