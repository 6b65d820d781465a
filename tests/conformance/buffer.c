/* SPDX-License-Identifier: MIT */
/* buffer.c - the points BUF: what a WSK_BUF and its MDLs mean, in sends, in receives and in indications. */
#include "datagram.h"

#define LONG_CHAIN 200

POINT(BUF_01)
{
    PSOCK Sock = Bound(AF_INET);
    WSK_BUF Buffer = NewBufferOf("..abcd", 6);
    PUCHAR Head, Tail;
    PREQUEST Request = NewRequest();

    REQUIRE(Sock != NULL);
    Buffer.Mdl->Next = NewBufferOf("efgh", 4).Mdl;
    Buffer.Offset = 2;
    Buffer.Length = 7;
    REQUIRE_STATUS(SendBuffer(Sock, &Buffer, &Sock->Local), STATUS_SUCCESS);
    EXPECT_EQ(Sock->Request->Information, 7);
    Buffer = NewBuffer(5, (PVOID *)&Head);
    Buffer.Mdl->Next = NewBuffer(8, (PVOID *)&Tail).Mdl;
    Buffer.Offset = 3;
    Buffer.Length = 10;
    REQUIRE_STATUS(Finish(Request, Sock->Fn->WskReceiveFrom(Sock->Socket, &Buffer, 0, NULL, NULL,
                                                            NULL, NULL, Use(Request))),
                   STATUS_SUCCESS);
    EXPECT_EQ(Request->Information, 7);
    EXPECT(RtlCompareMemory(Head, "\0\0\0ab", 5) == 5);
    EXPECT(RtlCompareMemory(Tail, "cdefg\0\0\0", 8) == 8);
}

POINT(BUF_02)
{
    PSOCK Sock = Bound(AF_INET);
    WSK_BUF Buffer = NewBufferOf("text", 4);

    REQUIRE(Sock != NULL);
    Buffer.Offset = 5;
    Buffer.Length = 1;
    EXPECT_STATUS(SendBuffer(Sock, &Buffer, &Sock->Local), STATUS_INVALID_PARAMETER);
    Buffer.Offset = 4;
    EXPECT_STATUS(SendBuffer(Sock, &Buffer, &Sock->Local), STATUS_INVALID_PARAMETER);
    Buffer.Length = 0;
    EXPECT_STATUS(SendBuffer(Sock, &Buffer, &Sock->Local), STATUS_SUCCESS);
    EXPECT(ReceivesText(Sock, ""));
}

POINT(BUF_03)
{
    PSOCK Sock = Bound(AF_INET);
    PREQUEST Request = NewRequest();
    WSK_BUF Buffer = NewBufferOf("only this, not that", 19);
    PUCHAR Memory;

    REQUIRE(Sock != NULL);
    Buffer.Length = 9;
    REQUIRE_STATUS(SendBuffer(Sock, &Buffer, &Sock->Local), STATUS_SUCCESS);
    EXPECT_EQ(Sock->Request->Information, 9);
    EXPECT(ReceivesText(Sock, "only this"));
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "more than wanted"), STATUS_SUCCESS);
    Buffer = NewBuffer(32, (PVOID *)&Memory);
    RtlFillMemory(Memory, 32, 0xcc);
    Buffer.Length = 4;
    REQUIRE_STATUS(Finish(Request, Sock->Fn->WskReceiveFrom(Sock->Socket, &Buffer, 0, NULL, NULL,
                                                            NULL, NULL, Use(Request))),
                   STATUS_SUCCESS);
    EXPECT_EQ(Request->Information, 4);
    EXPECT(RtlCompareMemory(Memory, "more", 4) == 4);
    EXPECT(CfIsFilled(Memory + 4, 28, 0xcc));
}

POINT(BUF_04)
{
    PSOCK Sock = Bound(AF_INET);
    WSK_BUF Buffer = NewBufferOf("text", 4);
    PREQUEST Request = NewRequest();

    REQUIRE(Sock != NULL);
    Buffer.Mdl->Next = NewBufferOf("more", 4).Mdl;
    Buffer.Length = 9;
    EXPECT_STATUS(SendBuffer(Sock, &Buffer, &Sock->Local), STATUS_INVALID_PARAMETER);
    EXPECT_EQ(Sock->Request->Information, 0);
    EXPECT_STATUS(Finish(Request, Sock->Fn->WskReceiveFrom(Sock->Socket, &Buffer, 0, NULL, NULL,
                                                           NULL, NULL, Use(Request))),
                  STATUS_INVALID_PARAMETER);
    Buffer.Length = 8;
    Buffer.Offset = 1;
    EXPECT_STATUS(SendBuffer(Sock, &Buffer, &Sock->Local), STATUS_INVALID_PARAMETER);
    Buffer.Mdl = NULL;
    Buffer.Length = 1;
    EXPECT_STATUS(SendBuffer(Sock, &Buffer, &Sock->Local), STATUS_INVALID_PARAMETER);
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "marker"), STATUS_SUCCESS);
    EXPECT(ReceivesText(Sock, "marker")); /* nothing was sent */
}

POINT(BUF_05)
{
    PSOCK Sock = Bound(AF_INET);
    WSK_BUF Nothing = { NULL, 0, 0 };
    WSK_BUF_LIST List = { NULL, { NULL, 0, 0 } };
    PREQUEST Request = NewRequest();
    LONG i;

    REQUIRE(Sock != NULL);
    REQUIRE_STATUS(SendBuffer(Sock, &Nothing, &Sock->Local), STATUS_SUCCESS);
    REQUIRE_STATUS(Finish(Request, Sock->Fn->WskSendMessages(Sock->Socket, &List, 0,
                                                             (PSOCKADDR)&Sock->Local, 0, NULL,
                                                             Use(Request))),
                   STATUS_SUCCESS);
    for (i = 0; i < 2; i++) {
        EXPECT_STATUS(Finish(Request, Sock->Fn->WskReceiveFrom(Sock->Socket, &Nothing, 0, NULL,
                                                               NULL, NULL, NULL, Use(Request))),
                      STATUS_SUCCESS);
        EXPECT_EQ(Request->Information, 0);
    }
}

/* So many MDLs of one byte each, after every fifth an empty one. *Bytes are what they describe. */
static WSK_BUF
NewChain(ULONG Count, PUCHAR *Bytes)
{
    WSK_BUF Buffer = { NULL, 0, 0 };
    PMDL *End = &Buffer.Mdl;
    ULONG i;

    *Bytes = (PUCHAR)NewMemory(Count);
    for (i = 0; i < Count; i++) {
        *End = NewMdl(*Bytes + i, 1);
        End = &(*End)->Next;
        if (i % 5 == 4) {
            *End = NewMdl(*Bytes + i, 1);
            (*End)->ByteCount = 0;
            End = &(*End)->Next;
        }
    }
    Buffer.Length = Count;
    return Buffer;
}

POINT(BUF_06)
{
    static const ULONG Counts[] = { 2, 5, 6, 15, 16, 17, 63, 64, 65, LONG_CHAIN };
    PSOCK Sock = Bound(AF_INET);
    PREQUEST Request = NewRequest();
    ULONG i, j;

    REQUIRE(Sock != NULL);
    for (i = 0; i < RTL_NUMBER_OF(Counts); i++) {
        PUCHAR Sent, Received;
        WSK_BUF Source = NewChain(Counts[i], &Sent), Target = NewChain(Counts[i] + 1, &Received);

        for (j = 0; j < Counts[i]; j++) {
            Sent[j] = (UCHAR)(j + 1);
        }
        REQUIRE_STATUS(SendBuffer(Sock, &Source, &Sock->Local), STATUS_SUCCESS);
        EXPECT_EQ(Sock->Request->Information, Counts[i]);
        REQUIRE_STATUS(Finish(Request, Sock->Fn->WskReceiveFrom(Sock->Socket, &Target, 0, NULL,
                                                                NULL, NULL, NULL, Use(Request))),
                       STATUS_SUCCESS);
        EXPECT_EQ(Request->Information, Counts[i]);
        EXPECT(RtlCompareMemory(Sent, Received, Counts[i]) == Counts[i]);
        EXPECT_EQ(Received[Counts[i]], 0);
    }
}

/* Sends the four bytes, and receives into them what was sent. */
static VOID
GoThrough(PSOCK Sock, PMDL Mdl, PUCHAR Memory)
{
    WSK_BUF Buffer = { Mdl, 0, 4 };
    PREQUEST Request = NewRequest();

    RtlCopyMemory(Memory, "abcd", 4);
    REQUIRE_STATUS(SendBuffer(Sock, &Buffer, &Sock->Local), STATUS_SUCCESS);
    RtlZeroMemory(Memory, 4);
    REQUIRE_STATUS(Finish(Request, Sock->Fn->WskReceiveFrom(Sock->Socket, &Buffer, 0, NULL, NULL,
                                                            NULL, NULL, Use(Request))),
                   STATUS_SUCCESS);
    EXPECT(RtlCompareMemory(Memory, "abcd", 4) == 4);
}

POINT(BUF_07)
{
    PSOCK Sock = Bound(AF_INET);
    PUCHAR Memory = (PUCHAR)NewMemory(16);
    PMDL Mdl = NewMdl(Memory, 16), Partial, Locked;
    struct {
        MDL Mdl;
        PFN_NUMBER Pages[2];
    } Embedded;

    REQUIRE(Sock != NULL);
    GoThrough(Sock, Mdl, Memory);
    Partial = IoAllocateMdl(Memory + 4, 4, FALSE, FALSE, NULL);
    REQUIRE(Partial != NULL);
    IoBuildPartialMdl(Mdl, Partial, Memory + 4, 4);
    GoThrough(Sock, Partial, Memory + 4);
    IoFreeMdl(Partial);
    Locked = IoAllocateMdl(Memory, 16, FALSE, FALSE, NULL);
    REQUIRE(Locked != NULL);
    __try {
        MmProbeAndLockPages(Locked, KernelMode, IoModifyAccess);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        EXPECT(FALSE);
    }
    GoThrough(Sock, Locked, Memory);
    MmUnlockPages(Locked);
    IoFreeMdl(Locked);
    MmInitializeMdl(&Embedded.Mdl, Memory + 8, 8);
    MmBuildMdlForNonPagedPool(&Embedded.Mdl);
    GoThrough(Sock, &Embedded.Mdl, Memory + 8);
}

POINT(BUF_08)
{
    PSOCK Sock = Bound(AF_INET);
    WSK_BUF Buffer = NewBufferOf("unchanged", 9), Before;
    PREQUEST Request = NewRequest();
    MDL First, Second;
    LONG i;

    REQUIRE(Sock != NULL);
    Buffer.Mdl->Next = NewBufferOf("as well", 7).Mdl;
    Buffer.Offset = 1;
    Buffer.Length = 12;
    Before = Buffer;
    First = *Buffer.Mdl;
    Second = *Buffer.Mdl->Next;
    for (i = 0; i < 2; i++) {
        REQUIRE_STATUS(SendBuffer(Sock, &Buffer, &Sock->Local), STATUS_SUCCESS);
        EXPECT(RtlCompareMemory(&Buffer, &Before, sizeof(Buffer)) == sizeof(Buffer));
        EXPECT(RtlCompareMemory(Buffer.Mdl, &First, sizeof(First)) == sizeof(First));
        EXPECT(RtlCompareMemory(Buffer.Mdl->Next, &Second, sizeof(Second)) == sizeof(Second));
        REQUIRE_STATUS(Finish(Request, Sock->Fn->WskReceiveFrom(Sock->Socket, &Buffer, 0, NULL,
                                                                NULL, NULL, NULL, Use(Request))),
                       STATUS_SUCCESS);
        EXPECT(RtlCompareMemory(&Buffer, &Before, sizeof(Buffer)) == sizeof(Buffer));
        EXPECT(RtlCompareMemory(Buffer.Mdl, &First, sizeof(First)) == sizeof(First));
        EXPECT(RtlCompareMemory(Buffer.Mdl->Next, &Second, sizeof(Second)) == sizeof(Second));
    }
}

/* The routine of each receive fills its buffer; what is there at the end is what the routine wrote. */
typedef struct _FILLED {
    WSK_BUF Buffer;
    PUCHAR Data;
    PREQUEST Request;
    NTSTATUS Returned;
} FILLED;

static VOID
FillBuffer(PREQUEST Request, PVOID Context)
{
    UNREFERENCED_PARAMETER(Request);
    RtlFillMemory(((FILLED *)Context)->Data, 32, 0x5a);
}

POINT(BUF_09)
{
    enum { COUNT = 20 };
    PSOCK Sock = Bound(AF_INET);
    FILLED Filled[COUNT];
    LONG i;

    REQUIRE(Sock != NULL);
    for (i = 0; i < COUNT; i++) {
        Filled[i].Buffer = NewBuffer(32, (PVOID *)&Filled[i].Data);
        Filled[i].Request = NewRequest();
        Filled[i].Request->Hook = FillBuffer;
        Filled[i].Request->HookContext = &Filled[i];
        Filled[i].Returned = Sock->Fn->WskReceiveFrom(Sock->Socket, &Filled[i].Buffer, 0, NULL,
                                                      NULL, NULL, NULL, Use(Filled[i].Request));
    }
    for (i = 0; i < COUNT - 5; i++) {
        REQUIRE_STATUS(SendText(Sock, &Sock->Local, "not what is there at the end"),
                       STATUS_SUCCESS);
    }
    for (i = 0; i < COUNT - 5; i++) {
        EXPECT_STATUS(Finish(Filled[i].Request, Filled[i].Returned), STATUS_SUCCESS);
    }
    CloseSock(Sock); /* cancels the rest */
    for (i = 0; i < COUNT; i++) {
        EXPECT(CfIsFilled(Filled[i].Data, 32, 0x5a));
    }
}

/* A buffer that is freed, with its MDL, in the completion routine. A sanitized build sees who touches it then. */
typedef struct _MORTAL {
    PVOID Memory;
    PMDL Mdl;
} MORTAL;

static VOID
FreeBuffer(PREQUEST Request, PVOID Context)
{
    MORTAL *Mortal = (MORTAL *)Context;

    UNREFERENCED_PARAMETER(Request);
    RtlFillMemory(Mortal->Memory, 64, 0xee);
    IoFreeMdl(Mortal->Mdl);
    ExFreePoolWithTag(Mortal->Memory, CF_TAG);
}

static WSK_BUF
NewMortal(MORTAL *Mortal)
{
    WSK_BUF Buffer = { NULL, 0, 64 };

    Mortal->Memory = CfAllocate(64);
    Mortal->Mdl = IoAllocateMdl(Mortal->Memory, 64, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(Mortal->Mdl);
    Buffer.Mdl = Mortal->Mdl;
    return Buffer;
}

POINT(BUF_10)
{
    PSOCK Sock = Bound(AF_INET);
    PREQUEST Send = NewRequest(), Receive = NewRequest();
    MORTAL SendMortal, ReceiveMortal;
    LONG i;

    REQUIRE(Sock != NULL);
    Send->Hook = Receive->Hook = FreeBuffer;
    Send->HookContext = &SendMortal;
    Receive->HookContext = &ReceiveMortal;
    for (i = 0; i < 50; i++) {
        WSK_BUF Source = NewMortal(&SendMortal), Target = NewMortal(&ReceiveMortal);
        NTSTATUS Returned;

        Returned = Sock->Fn->WskReceiveFrom(Sock->Socket, &Target, 0, NULL, NULL, NULL, NULL,
                                            Use(Receive));
        EXPECT_STATUS(Finish(Send, StartSend(Sock, Send, &Source, &Sock->Local)), STATUS_SUCCESS);
        EXPECT_STATUS(Finish(Receive, Returned), STATUS_SUCCESS);
    }
}

static VOID
FreeNodes(PREQUEST Request, PVOID Context)
{
    UNREFERENCED_PARAMETER(Request);
    RtlFillMemory(Context, 10 * sizeof(WSK_BUF_LIST), 0xee);
    ExFreePoolWithTag(Context, CF_TAG);
}

POINT(BUF_11)
{
    PSOCK Sock = Bound(AF_INET);
    PREQUEST Request = NewRequest();
    PWSK_BUF_LIST Nodes = (PWSK_BUF_LIST)CfAllocate(10 * sizeof(*Nodes));
    LONG i;

    for (i = 0; i < 10; i++) {
        Nodes[i].Buffer = NewBufferOf(&i, sizeof(i));
        Nodes[i].Next = i < 9 ? &Nodes[i + 1] : NULL;
    }
    Request->Hook = FreeNodes;
    Request->HookContext = Nodes;
    REQUIRE(Sock != NULL);
    REQUIRE_STATUS(Finish(Request, Sock->Fn->WskSendMessages(Sock->Socket, Nodes, 0,
                                                             (PSOCKADDR)&Sock->Local, 0, NULL,
                                                             Use(Request))),
                   STATUS_SUCCESS);
    for (i = 0; i < 10; i++) {
        PRECEIVE Receive = StartReceive(Sock, 64);

        REQUIRE_STATUS(EndReceive(Receive), STATUS_SUCCESS);
        REQUIRE(*(PLONG)Receive->Data == i);
    }
}

/* What the points below look at. */
static NTSTATUS
LookAtMdl(PSOCK Sock, ULONG Flags, PWSK_DATAGRAM_INDICATION List)
{
    PWSK_DATAGRAM_INDICATION Node;

    for (Node = List; Node != NULL; Node = Node->Next) {
        PMDL Mdl = Node->Buffer.Mdl;

        if (Node->Buffer.Length == 0) {
            continue;
        }
        if (!EXPECT(Mdl != NULL)) {
            break;
        }
        ((VOID(*)(PWSK_DATAGRAM_INDICATION))Sock->HookContext)(Node);
    }
    RecordList(Sock, Flags, List);
    return STATUS_SUCCESS;
}

static VOID
LookAtIndications(VOID (*Look)(PWSK_DATAGRAM_INDICATION Node))
{
    static const ULONG Sizes[] = { 1, 100, 1472, 4096, 20000, 65507 };
    PSOCK Sock = Bound(AF_INET);
    ULONG i;

    REQUIRE(Sock != NULL);
    Sock->Hook = LookAtMdl;
    Sock->HookContext = (PVOID)Look;
    REQUIRE_STATUS(EnableEvent(Sock), STATUS_SUCCESS);
    for (i = 0; i < RTL_NUMBER_OF(Sizes); i++) {
        WSK_BUF Buffer = NewBuffer(Sizes[i], NULL);
        PRECORD Record;

        REQUIRE_STATUS(SendBuffer(Sock, &Buffer, &Sock->Local), STATUS_SUCCESS);
        Record = NextRecord(Sock);
        REQUIRE(Record != NULL && Record->Length == Sizes[i]);
    }
}

static VOID
IsMapped(PWSK_DATAGRAM_INDICATION Node)
{
    PMDL Mdl = Node->Buffer.Mdl;

    EXPECT((Mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL)) != 0);
    EXPECT(Mdl->MappedSystemVa != NULL);
    EXPECT(MmGetSystemAddressForMdlSafe(Mdl, NormalPagePriority) == Mdl->MappedSystemVa);
}

POINT(BUF_12)
{
    LookAtIndications(IsMapped);
}

static VOID
IsSimple(PWSK_DATAGRAM_INDICATION Node)
{
    EXPECT_EQ(Node->Buffer.Offset, 0);
    EXPECT(Node->Buffer.Mdl->Next == NULL);
    EXPECT(MmGetMdlByteCount(Node->Buffer.Mdl) >= Node->Buffer.Length);
}

POINT(BUF_13)
{
    LookAtIndications(IsSimple);
}

static VOID
CheckAccessors(PMDL Mdl)
{
    EXPECT_EQ(MmGetMdlByteCount(Mdl), Mdl->ByteCount);
    EXPECT_EQ(MmGetMdlByteOffset(Mdl), Mdl->ByteOffset);
    EXPECT(MmGetMdlByteOffset(Mdl) < PAGE_SIZE);
    EXPECT(MmGetMdlVirtualAddress(Mdl) == (PVOID)((PUCHAR)Mdl->StartVa + Mdl->ByteOffset));
    EXPECT_EQ((ULONG_PTR)Mdl->StartVa & (PAGE_SIZE - 1), 0);
}

static VOID
HasTrueAccessors(PWSK_DATAGRAM_INDICATION Node)
{
    CheckAccessors(Node->Buffer.Mdl);
}

POINT(BUF_14)
{
    PUCHAR Memory = (PUCHAR)NewMemory(3 * PAGE_SIZE);
    PMDL Mdl = NewMdl(Memory + 1, 2 * PAGE_SIZE);

    CheckAccessors(Mdl);
    EXPECT(MmGetMdlVirtualAddress(Mdl) == Memory + 1);
    EXPECT_EQ(MmGetMdlByteCount(Mdl), 2 * PAGE_SIZE);
    LookAtIndications(HasTrueAccessors);
}

CONFORMANCE(ENTRY(BUF_01), ENTRY(BUF_02), ENTRY(BUF_03), ENTRY(BUF_04), ENTRY(BUF_05),
            ENTRY(BUF_06), ENTRY(BUF_07), ENTRY(BUF_08), ENTRY(BUF_09), ENTRY(BUF_10),
            ENTRY(BUF_11), ENTRY(BUF_12), ENTRY(BUF_13), ENTRY(BUF_14))
