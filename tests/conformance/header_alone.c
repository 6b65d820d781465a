/* SPDX-License-Identifier: MIT */
/* header_alone.c - HDR-10: what wsk.h brings along, used before anything else is included. */
#include <wdm.h>

#include <wsk.h>

static SOCKADDR_IN Ipv4Address = { AF_INET };
static SOCKADDR_IN6 Ipv6Address = { AF_INET6 };
static SOCKADDR_STORAGE Storage;
static const ULONG Options[] = { SOL_SOCKET, SO_REUSEADDR, SO_EXCLUSIVEADDRUSE, SO_BROADCAST,
                                 SO_RCVBUF, SO_KEEPALIVE, SO_WSK_SECURITY, SO_WSK_EVENT_CALLBACK };
static const ULONG Protocols[] = { IPPROTO_IP, IPPROTO_IPV6, IPPROTO_TCP, IPPROTO_UDP };
static ADDRINFOEXW Hints;

static SIZE_T
WalkItems(WSAMSG *Message)
{
    PCMSGHDR Item = WSA_CMSG_FIRSTHDR(Message);
    SIZE_T Size = 0;

    for (; Item != NULL; Item = WSA_CMSG_NXTHDR(Message, Item)) {
        Size += Item->cmsg_len - WSA_CMSG_LEN(0);
    }
    return Size;
}

/* Declared by netioddk.h. */
static NTSTATUS (*const Registrar)(PNPI_CLIENT_CHARACTERISTICS, PVOID,
                                   HANDLE *) = NmrRegisterClient;

#include "conformance.h"

POINT(HDR_10)
{
    struct {
        CMSGHDR Header;
        ULONGLONG Data;
    } Items[2];
    WSAMSG Message;
    ULONG i;

    RtlZeroMemory(&Message, sizeof(Message));
    RtlZeroMemory(Items, sizeof(Items));
    for (i = 0; i < 2; i++) {
        Items[i].Header.cmsg_len = WSA_CMSG_LEN(5);
    }
    Message.Control.buf = (CHAR *)Items;
    Message.Control.len = sizeof(Items);
    EXPECT_EQ(WalkItems(&Message), 10);
    EXPECT_EQ(Ipv4Address.sin_family + Ipv6Address.sin6_family, 25);
    EXPECT_EQ(sizeof(Storage), 128);
    EXPECT_EQ(Options[0], 0xffff);
    EXPECT_EQ(Protocols[3], 17);
    EXPECT(Hints.ai_next == NULL);
    EXPECT(Registrar != NULL);
}

CONFORMANCE(ENTRY(HDR_10))
