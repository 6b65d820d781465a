/* SPDX-License-Identifier: MIT */
/*
 * name.c - the points NAME: names to addresses and back.
 *
 * Needs: a network of its own
 *
 * so that nobody outside is asked, and a name that is not known here is known nowhere.
 */
#include "datagram.h"

/* A label may have 63 characters, so this is no host's name. */
#define NOBODY \
    L"aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeeeffffffffffgggggggggghhhhhhhhhh.invalid"

typedef struct _LOOKUP {
    PREQUEST Request;
    PADDRINFOEXW List;
} LOOKUP, *PLOOKUP;

static PUNICODE_STRING
Text(PUNICODE_STRING String, PCWSTR Words)
{
    RtlInitUnicodeString(String, Words);
    return Words != NULL ? String : NULL;
}

static NTSTATUS
StartFind(PLOOKUP Lookup, PCWSTR Node, PCWSTR Service, PADDRINFOEXW Hints)
{
    UNICODE_STRING NodeText, ServiceText; /* die with this function, as they may */

    if (Lookup->Request == NULL) {
        Lookup->Request = NewRequest();
    }
    Lookup->List = (PADDRINFOEXW)(ULONG_PTR)0xdeadbeef;
    return Cf.Npi.Dispatch->WskGetAddressInfo(Cf.Npi.Client, Text(&NodeText, Node),
                                              Text(&ServiceText, Service), NS_ALL, NULL, Hints,
                                              &Lookup->List, NULL, NULL, Use(Lookup->Request));
}

static NTSTATUS
Find(PLOOKUP Lookup, PCWSTR Node, PCWSTR Service, PADDRINFOEXW Hints)
{
    NTSTATUS Returned = StartFind(Lookup, Node, Service, Hints);
    NTSTATUS Status = Finish(Lookup->Request, Returned);

    EXPECT_EQ(NT_SUCCESS(Status), Lookup->List != NULL);
    EXPECT_EQ(Lookup->Request->Information, 0);
    return Status;
}

static VOID
GiveBack(PLOOKUP Lookup)
{
    Cf.Npi.Dispatch->WskFreeAddressInfo(Cf.Npi.Client, Lookup->List);
    Lookup->List = NULL;
}

static NTSTATUS
NameOf(const SOCKADDR_INET *Address, PUNICODE_STRING Node, PUNICODE_STRING Service, ULONG Flags)
{
    PREQUEST Request = NewRequest();
    NTSTATUS Status;

    Status = Finish(Request,
                    Cf.Npi.Dispatch->WskGetNameInfo(Cf.Npi.Client, (PSOCKADDR)Address,
                                                    (ULONG)AddressSize(Address->si_family), Node,
                                                    Service, Flags, NULL, NULL, Use(Request)));
    EXPECT_EQ(Request->Information, 0);
    return Status;
}

static BOOLEAN
TextIs(const UNICODE_STRING *String, PCWSTR Words)
{
    UNICODE_STRING Expected;

    RtlInitUnicodeString(&Expected, Words);
    return RtlEqualUnicodeString((PUNICODE_STRING)String, &Expected, FALSE) &&
           String->Buffer[String->Length / sizeof(WCHAR)] == 0;
}

/* At PASSIVE_LEVEL they work; ends/name_01.c calls above it. */
POINT(NAME_01)
{
    LOOKUP Lookup = { NULL, NULL };
    SOCKADDR_INET Address = Loopback(AF_INET, 80);
    WCHAR Buffer[64];
    UNICODE_STRING Node = { 0, sizeof(Buffer), Buffer };

    EXPECT_STATUS(Find(&Lookup, L"127.0.0.1", NULL, NULL), STATUS_SUCCESS);
    GiveBack(&Lookup);
    EXPECT_STATUS(NameOf(&Address, &Node, NULL, NI_NUMERICHOST), STATUS_SUCCESS);
}

POINT(NAME_02)
{
    PUNICODE_STRING Nonsense = (PUNICODE_STRING)(ULONG_PTR)0x10;
    PADDRINFOEXW List = NULL;

    EXPECT_STATUS(Cf.Npi.Dispatch->WskGetAddressInfo(Cf.Npi.Client, Nonsense, NULL, 0, NULL, NULL,
                                                     &List, NULL, NULL, NULL),
                  STATUS_INVALID_PARAMETER);
}

POINT(NAME_03)
{
    LOOKUP Lookup = { NULL, NULL };

    EXPECT_STATUS(StartFind(&Lookup, L"127.0.0.1", L"12345", NULL), STATUS_PENDING);
    EXPECT_STATUS(Finish(Lookup.Request, STATUS_PENDING), STATUS_SUCCESS);
    GiveBack(&Lookup);
}

POINT(NAME_04)
{
    LOOKUP Lookup = { NULL, NULL };
    PSOCKADDR_IN Address;

    REQUIRE_STATUS(Find(&Lookup, L"127.0.0.1", L"12345", NULL), STATUS_SUCCESS);
    Address = (PSOCKADDR_IN)Lookup.List->ai_addr;
    EXPECT_EQ(Lookup.List->ai_family, AF_INET);
    EXPECT_EQ(Lookup.List->ai_addrlen, 16);
    EXPECT_EQ(Address->sin_family, AF_INET);
    EXPECT_EQ(Address->sin_port, RtlUshortByteSwap(12345));
    EXPECT_EQ(Address->sin_addr.S_un.S_addr, RtlUlongByteSwap(0x7f000001));
    GiveBack(&Lookup);
}

POINT(NAME_05)
{
    LOOKUP Lookup = { NULL, NULL };

    EXPECT_STATUS(Find(&Lookup, NOBODY, NULL, NULL), STATUS_NOT_FOUND);
    EXPECT_STATUS(Find(&Lookup, L"no-such-host.invalid", L"80", NULL), STATUS_NOT_FOUND);
}

POINT(NAME_06)
{
    LOOKUP Lookup = { NULL, NULL };

    EXPECT_STATUS(Find(&Lookup, L"::1", NULL, NULL), STATUS_SUCCESS);
    EXPECT_STATUS(Lookup.Request->Status, STATUS_SUCCESS);
    EXPECT_EQ(Lookup.Request->Information, 0);
    GiveBack(&Lookup);
    EXPECT_STATUS(Find(&Lookup, NOBODY, NULL, NULL), STATUS_NOT_FOUND);
    EXPECT_EQ(Lookup.Request->Information, 0);
}

POINT(NAME_07)
{
    PREQUEST Request = NewRequest();
    PADDRINFOEXW List = NULL;
    UNICODE_STRING Node;
    NTSTATUS Status;

    RtlInitUnicodeString(&Node, L"127.0.0.1");
    Status = Finish(Request,
                    Cf.Npi.Dispatch->WskGetAddressInfo(Cf.Npi.Client, &Node, NULL, 0, NULL, NULL,
                                                       &List, NULL, PsGetCurrentThread(),
                                                       Use(Request)));
    EXPECT_STATUS(Status, STATUS_INVALID_PARAMETER);
    Status = Finish(Request,
                    Cf.Npi.Dispatch->WskGetAddressInfo(Cf.Npi.Client, &Node, NULL, 0, NULL, NULL,
                                                       &List, PsGetCurrentProcess(),
                                                       PsGetCurrentThread(), Use(Request)));
    EXPECT_STATUS(Status, STATUS_SUCCESS);
    Cf.Npi.Dispatch->WskFreeAddressInfo(Cf.Npi.Client, List);
}

POINT(NAME_08)
{
    LOOKUP Lookup = { NULL, NULL };
    WCHAR Words[] = L"127.0.0.1 is counted, not terminated";
    UNICODE_STRING Counted = { 18, 18, Words };
    ADDRINFOEXW Numeric;
    NTSTATUS Status;

    RtlZeroMemory(&Numeric, sizeof(Numeric));
    Numeric.ai_flags = AI_NUMERICHOST;
    EXPECT_STATUS(Find(&Lookup, NULL, L"80", NULL), STATUS_SUCCESS);
    GiveBack(&Lookup);
    EXPECT_STATUS(Find(&Lookup, L"127.0.0.1", NULL, NULL), STATUS_SUCCESS);
    GiveBack(&Lookup);
    EXPECT_STATUS(Find(&Lookup, NULL, NULL, NULL), STATUS_INVALID_PARAMETER);
    Status = Finish(Lookup.Request,
                    Cf.Npi.Dispatch->WskGetAddressInfo(Cf.Npi.Client, &Counted, NULL, 0, NULL,
                                                       &Numeric, &Lookup.List, NULL, NULL,
                                                       Use(Lookup.Request)));
    EXPECT_STATUS(Status, STATUS_SUCCESS);
    GiveBack(&Lookup);
    /* Not an error of conversion: a host that nobody knows. */
    EXPECT_STATUS(Find(&Lookup, L"b\x00fc" L"cher.invalid", NULL, NULL), STATUS_NOT_FOUND);
}

POINT(NAME_09)
{
    LOOKUP Lookup = { NULL, NULL };
    ADDRINFOEXW Hints;
    PADDRINFOEXW Entry;

    RtlZeroMemory(&Hints, sizeof(Hints));
    Hints.ai_family = AF_INET6;
    Hints.ai_socktype = SOCK_DGRAM;
    Hints.ai_protocol = IPPROTO_UDP;
    Hints.ai_flags = AI_PASSIVE;
    REQUIRE_STATUS(Find(&Lookup, NULL, L"5000", &Hints), STATUS_SUCCESS);
    for (Entry = Lookup.List; Entry != NULL; Entry = Entry->ai_next) {
        EXPECT_EQ(Entry->ai_family, AF_INET6);
        EXPECT_EQ(Entry->ai_addr->sa_family, AF_INET6);
        EXPECT_EQ(Entry->ai_addrlen, sizeof(SOCKADDR_IN6));
        EXPECT_EQ(Entry->ai_socktype, SOCK_DGRAM);
        EXPECT_EQ(Entry->ai_protocol, IPPROTO_UDP);
        EXPECT_ZERO(&((PSOCKADDR_IN6)Entry->ai_addr)->sin6_addr, 16); /* passive: the wildcard */
    }
    GiveBack(&Lookup);
    Hints.ai_flags = AI_NUMERICHOST;
    EXPECT(!NT_SUCCESS(Find(&Lookup, L"127.0.0.1", NULL, &Hints))); /* not of that family */
    Hints.ai_family = AF_INET;
    EXPECT_STATUS(Find(&Lookup, L"127.0.0.1", NULL, &Hints), STATUS_SUCCESS);
    GiveBack(&Lookup);
}

POINT(NAME_10)
{
    LOOKUP Lookup = { NULL, NULL };

    EXPECT_STATUS(Find(&Lookup, NOBODY, NULL, NULL), STATUS_NOT_FOUND);
    EXPECT(Lookup.List == NULL);
    EXPECT_STATUS(Find(&Lookup, NULL, NULL, NULL), STATUS_INVALID_PARAMETER);
    EXPECT(Lookup.List == NULL);
}

POINT(NAME_11)
{
    LOOKUP Lookup = { NULL, NULL };
    ADDRINFOEXW Hints;

    RtlZeroMemory(&Hints, sizeof(Hints));
    Hints.ai_flags = AI_NUMERICHOST;
    EXPECT_STATUS(Find(&Lookup, L"localhost", NULL, &Hints), STATUS_NOT_FOUND);
    EXPECT_STATUS(Find(&Lookup, L"name.example", NULL, &Hints), STATUS_NOT_FOUND);
    EXPECT_STATUS(Find(&Lookup, L"192.0.2.1", NULL, &Hints), STATUS_SUCCESS);
    GiveBack(&Lookup);
}

POINT(NAME_12)
{
    LOOKUP Lookup = { NULL, NULL }, Other = { NULL, NULL };
    ADDRINFOEXW Hints;

    RtlZeroMemory(&Hints, sizeof(Hints));
    Hints.ai_flags = AI_CANONNAME | AI_NUMERICHOST;
    REQUIRE_STATUS(Find(&Lookup, L"127.0.0.1", NULL, &Hints), STATUS_SUCCESS);
    EXPECT_STATUS(Find(&Other, L"127.0.0.2", NULL, NULL), STATUS_SUCCESS);
    EXPECT(Lookup.List->ai_canonname != NULL && Lookup.List->ai_canonname[0] == L'1');
    EXPECT_EQ(((PSOCKADDR_IN)Lookup.List->ai_addr)->sin_addr.S_un.S_addr,
              RtlUlongByteSwap(0x7f000001));
    GiveBack(&Lookup);
    GiveBack(&Other);
    GiveBack(&Other); /* NULL is tolerated */
}

POINT(NAME_13)
{
    SOCKADDR_INET Address = Loopback(AF_INET, 8080);
    WCHAR NodeBuffer[10], ServiceBuffer[5];
    UNICODE_STRING Node = { 0, sizeof(NodeBuffer), NodeBuffer };
    UNICODE_STRING Service = { 0, sizeof(ServiceBuffer), ServiceBuffer };
    const ULONG Numbers = NI_NUMERICHOST | NI_NUMERICSERV;

    EXPECT_STATUS(NameOf(&Address, NULL, NULL, Numbers), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(NameOf(&Address, &Node, &Service, Numbers), STATUS_SUCCESS);
    EXPECT(TextIs(&Node, L"127.0.0.1"));
    EXPECT(TextIs(&Service, L"8080"));
    Node.MaximumLength -= 1; /* no room for the terminator */
    EXPECT(!NT_SUCCESS(NameOf(&Address, &Node, NULL, Numbers)));
    Service.MaximumLength = 8;
    EXPECT(!NT_SUCCESS(NameOf(&Address, NULL, &Service, Numbers)));
    Service.MaximumLength = sizeof(ServiceBuffer);
    EXPECT_STATUS(NameOf(&Address, NULL, &Service, Numbers), STATUS_SUCCESS);
}

POINT(NAME_14)
{
    SOCKADDR_INET Nobody = Ipv4(0xc0000201, 514); /* 192.0.2.1 */
    WCHAR NodeBuffer[NI_MAXHOST], ServiceBuffer[NI_MAXSERV];
    UNICODE_STRING Node = { 0, sizeof(NodeBuffer), NodeBuffer };
    UNICODE_STRING Service = { 0, sizeof(ServiceBuffer), ServiceBuffer };

    EXPECT_STATUS(NameOf(&Nobody, &Node, &Service, NI_NUMERICHOST | NI_NUMERICSERV),
                  STATUS_SUCCESS);
    EXPECT(TextIs(&Node, L"192.0.2.1"));
    EXPECT(TextIs(&Service, L"514"));
    /* A name that nobody knows is a number, unless a name is required. */
    EXPECT_STATUS(NameOf(&Nobody, &Node, NULL, 0), STATUS_SUCCESS);
    EXPECT(TextIs(&Node, L"192.0.2.1"));
    EXPECT_STATUS(NameOf(&Nobody, &Node, NULL, NI_NAMEREQD), STATUS_NOT_FOUND);
    EXPECT_STATUS(NameOf(&Nobody, &Node, NULL, NI_NAMEREQD | NI_NOFQDN), STATUS_NOT_FOUND);
    /* Where the machine knows services by name. */
    EXPECT_STATUS(NameOf(&Nobody, NULL, &Service, NI_DGRAM), STATUS_SUCCESS);
    EXPECT(TextIs(&Service, L"syslog") || TextIs(&Service, L"514"));
    EXPECT_STATUS(NameOf(&Nobody, NULL, &Service, 0), STATUS_SUCCESS);
    EXPECT(TextIs(&Service, L"shell") || TextIs(&Service, L"514"));
}

POINT(NAME_15)
{
    LOOKUP Lookup = { NULL, NULL };
    WCHAR Words[] = L"127.0.0.9";
    UNICODE_STRING Node = { 18, 20, Words };
    PREQUEST Request = NewRequest();
    PIRP Irp = Use(Request);
    NTSTATUS Status;

    /* Cancelled before it was given: it ends as cancelled, without a list. */
    IoCancelIrp(Irp);
    Lookup.List = (PADDRINFOEXW)(ULONG_PTR)0xdeadbeef;
    Status = Finish(Request, Cf.Npi.Dispatch->WskGetAddressInfo(Cf.Npi.Client, &Node, NULL, 0, NULL,
                                                                NULL, &Lookup.List, NULL, NULL,
                                                                Irp));
    EXPECT_STATUS(Status, STATUS_CANCELLED);
    EXPECT_EQ(Request->Information, 0);
    EXPECT(Lookup.List == NULL);
    /* Cancelled while it is under way: one or the other, and the list says which. */
    Status = StartFind(&Lookup, L"no-such-host.invalid", NULL, NULL);
    IoCancelIrp(Lookup.Request->Irp);
    Status = Finish(Lookup.Request, Status);
    EXPECT(Status == STATUS_CANCELLED || Status == STATUS_NOT_FOUND);
    EXPECT(Lookup.List == NULL);
    /* The strings are the caller's again when the call returns. */
    Status = Cf.Npi.Dispatch->WskGetAddressInfo(Cf.Npi.Client, &Node, NULL, 0, NULL, NULL,
                                                &Lookup.List, NULL, NULL, Use(Request));
    RtlFillMemory(Words, sizeof(Words), 0xcc);
    Node.Length = 0;
    REQUIRE_STATUS(Finish(Request, Status), STATUS_SUCCESS);
    EXPECT_EQ(((PSOCKADDR_IN)Lookup.List->ai_addr)->sin_addr.S_un.S_addr,
              RtlUlongByteSwap(0x7f000009));
    GiveBack(&Lookup);
}

CONFORMANCE(ENTRY(NAME_01), ENTRY(NAME_02), ENTRY(NAME_03), ENTRY(NAME_04), ENTRY(NAME_05),
            ENTRY(NAME_06), ENTRY(NAME_07), ENTRY(NAME_08), ENTRY(NAME_09), ENTRY(NAME_10),
            ENTRY(NAME_11), ENTRY(NAME_12), ENTRY(NAME_13), ENTRY(NAME_14), ENTRY(NAME_15))
