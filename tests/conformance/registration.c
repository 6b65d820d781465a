/* SPDX-License-Identifier: MIT */
/* registration.c - the points REG and VER: from WskRegister to WskReleaseProviderNPI. */
#include "datagram.h"

static const WSK_CLIENT_DISPATCH Version10 = { MAKE_WSK_VERSION(1, 0), 0, NULL };
static const WSK_CLIENT_DISPATCH Version11 = { MAKE_WSK_VERSION(1, 1), 0, NULL };
static const WSK_CLIENT_DISPATCH TooNew = { MAKE_WSK_VERSION(9, 0), 0, NULL };
static const WSK_CLIENT_DISPATCH TooOld = { MAKE_WSK_VERSION(0, 9), 0, NULL };

static NTSTATUS
Register(PWSK_REGISTRATION Registration, const WSK_CLIENT_DISPATCH *Dispatch)
{
    WSK_CLIENT_NPI ClientNpi; /* dies with this function, as it may */

    ClientNpi.ClientContext = NULL;
    ClientNpi.Dispatch = Dispatch;
    return WskRegister(&ClientNpi, Registration);
}

/* A registration that a capture has shown to work. */
static BOOLEAN
Works(PWSK_REGISTRATION Registration)
{
    WSK_PROVIDER_NPI Npi;

    if (!EXPECT_STATUS(WskCaptureProviderNPI(Registration, WSK_NO_WAIT, &Npi), STATUS_SUCCESS)) {
        return FALSE;
    }
    WskReleaseProviderNPI(Registration);
    return TRUE;
}

/* --- REG ------------------------------------------------------------------------------------- */

POINT(REG_01)
{
    WSK_REGISTRATION Registration;

    REQUIRE_STATUS(Register(&Registration, &Version10), STATUS_SUCCESS);
    EXPECT(Works(&Registration));
    WskDeregister(&Registration);
}

POINT(REG_02)
{
    WSK_REGISTRATION Registration;
    WSK_PROVIDER_NPI Npi;

    REQUIRE_STATUS(Register(&Registration, &TooNew), STATUS_SUCCESS);
    EXPECT_STATUS(WskCaptureProviderNPI(&Registration, WSK_NO_WAIT, &Npi), STATUS_NOINTERFACE);
    WskDeregister(&Registration);
}

POINT(REG_03)
{
    WSK_REGISTRATION Registrations[3];
    ULONG i, j;

    for (i = 0; i < 3; i++) {
        REQUIRE_STATUS(Register(&Registrations[i], &Version10), STATUS_SUCCESS);
    }
    for (i = 0; i < 3; i++) {
        for (j = i; j < 3; j++) {
            EXPECT(Works(&Registrations[j]));
        }
        WskDeregister(&Registrations[i]);
    }
}

POINT(REG_04)
{
    WSK_CLIENT_NPI *ClientNpi = (WSK_CLIENT_NPI *)CfAllocate(sizeof(*ClientNpi));
    WSK_REGISTRATION Registration;

    ClientNpi->Dispatch = &Version10;
    REQUIRE_STATUS(WskRegister(ClientNpi, &Registration), STATUS_SUCCESS);
    RtlFillMemory(ClientNpi, sizeof(*ClientNpi), 0xee);
    ExFreePoolWithTag(ClientNpi, CF_TAG);
    EXPECT(Works(&Registration));
    WskDeregister(&Registration);
}

POINT(REG_05)
{
    struct {
        UCHAR Before[64];
        WSK_REGISTRATION Registration;
        UCHAR After[64];
    } Memory;

    C_ASSERT(sizeof(WSK_REGISTRATION) == 24);
    RtlFillMemory(&Memory, sizeof(Memory), 0xcc);
    REQUIRE_STATUS(Register(&Memory.Registration, &Version10), STATUS_SUCCESS);
    EXPECT(Works(&Memory.Registration));
    WskDeregister(&Memory.Registration);
    EXPECT(CfIsFilled(Memory.Before, sizeof(Memory.Before), 0xcc));
    EXPECT(CfIsFilled(Memory.After, sizeof(Memory.After), 0xcc));
}

/* At the end of the driver nothing may be left over, which the runner sees to. */
POINT(REG_06)
{
    WSK_CLIENT_NPI ClientNpi = { NULL, NULL };
    WSK_REGISTRATION Registration;

    EXPECT(!NT_SUCCESS(WskRegister(&ClientNpi, &Registration)));
    REQUIRE_STATUS(Register(&Registration, &Version10), STATUS_SUCCESS);
    EXPECT(Works(&Registration));
    WskDeregister(&Registration);
}

/* That the subsystem is not up cannot be brought about by a driver. */
static VOID
CaptureWithTimeout(ULONG Timeout)
{
    WSK_REGISTRATION Registration;
    WSK_PROVIDER_NPI Npi = { NULL, NULL };

    REQUIRE_STATUS(Register(&Registration, &Version10), STATUS_SUCCESS);
    if (EXPECT_STATUS(WskCaptureProviderNPI(&Registration, Timeout, &Npi), STATUS_SUCCESS)) {
        EXPECT(Npi.Client != NULL && Npi.Dispatch != NULL);
        WskReleaseProviderNPI(&Registration);
    }
    WskDeregister(&Registration);
    EXPECT_STATUS(WskCaptureProviderNPI(&Registration, Timeout, &Npi), STATUS_DEVICE_NOT_READY);
}

POINT(REG_07)
{
    CaptureWithTimeout(WSK_NO_WAIT);
}

POINT(REG_08)
{
    CaptureWithTimeout(WSK_INFINITE_WAIT);
}

POINT(REG_09)
{
    CaptureWithTimeout(1);
    CaptureWithTimeout(60 * 60 * 1000); /* an hour, which nobody waits for */
}

POINT(REG_10)
{
    WSK_REGISTRATION Registration;
    WSK_PROVIDER_NPI Npi = { NULL, NULL };

    REQUIRE_STATUS(Register(&Registration, &Version10), STATUS_SUCCESS);
    if (EXPECT_STATUS(WskCaptureProviderNPI(&Registration, WSK_NO_WAIT, &Npi), STATUS_SUCCESS)) {
        EXPECT(Npi.Client != NULL);
        if (EXPECT(Npi.Dispatch != NULL)) {
            EXPECT(Npi.Dispatch->Version >= MAKE_WSK_VERSION(1, 0));
            EXPECT(Npi.Dispatch->WskSocket != NULL && Npi.Dispatch->WskControlClient != NULL);
        }
        WskReleaseProviderNPI(&Registration);
    }
    WskDeregister(&Registration);
}

POINT(REG_11)
{
    WSK_REGISTRATION Registration;
    WSK_PROVIDER_NPI Npi;
    ULONG i;

    REQUIRE_STATUS(Register(&Registration, &Version10), STATUS_SUCCESS);
    for (i = 0; i < 100; i++) {
        EXPECT_STATUS(WskCaptureProviderNPI(&Registration, WSK_NO_WAIT, &Npi), STATUS_SUCCESS);
    }
    for (i = 0; i < 100; i++) {
        WskReleaseProviderNPI(&Registration);
    }
    WskDeregister(&Registration); /* would wait for ever, were one too few released */
}

POINT(REG_12)
{
    WSK_REGISTRATION Registration;
    WSK_PROVIDER_NPI Npi;

    RtlFillMemory(&Npi, sizeof(Npi), 0xcc);
    REQUIRE_STATUS(Register(&Registration, &TooNew), STATUS_SUCCESS);
    EXPECT_STATUS(WskCaptureProviderNPI(&Registration, WSK_NO_WAIT, &Npi), STATUS_NOINTERFACE);
    EXPECT(CfIsFilled(&Npi, sizeof(Npi), 0xcc));
    WskDeregister(&Registration); /* needs no release */
    EXPECT_STATUS(WskCaptureProviderNPI(&Registration, WSK_NO_WAIT, &Npi), STATUS_DEVICE_NOT_READY);
    EXPECT(CfIsFilled(&Npi, sizeof(Npi), 0xcc));
}

/* ends/reg_13.c goes beyond the limit. */
POINT(REG_13)
{
    WSK_REGISTRATION Registration;
    WSK_PROVIDER_CHARACTERISTICS Range;
    WSK_PROVIDER_NPI Npi;
    KIRQL Irql;

    REQUIRE_STATUS(Register(&Registration, &Version10), STATUS_SUCCESS);
    KeRaiseIrql(DISPATCH_LEVEL, &Irql);
    EXPECT_STATUS(WskQueryProviderCharacteristics(&Registration, &Range), STATUS_SUCCESS);
    if (EXPECT_STATUS(WskCaptureProviderNPI(&Registration, WSK_NO_WAIT, &Npi), STATUS_SUCCESS)) {
        WskReleaseProviderNPI(&Registration);
    }
    KeLowerIrql(Irql);
    WskDeregister(&Registration);
}

POINT(REG_14)
{
    WSK_REGISTRATION Registration;
    WSK_PROVIDER_NPI Npi;
    PSOCK Sock = NULL;

    REQUIRE_STATUS(Register(&Registration, &Version10), STATUS_SUCCESS);
    if (EXPECT_STATUS(WskCaptureProviderNPI(&Registration, WSK_NO_WAIT, &Npi), STATUS_SUCCESS)) {
        Sock = OpenWith(&Npi, AF_INET, &SockCallbacks);
        WskReleaseProviderNPI(&Registration);
    }
    if (Sock != NULL) {
        EXPECT_STATUS(BindTo(Sock, Loopback(AF_INET, 0)), STATUS_SUCCESS);
        EXPECT_STATUS(SendText(Sock, &Sock->Local, "released"), STATUS_SUCCESS);
        EXPECT(ReceivesText(Sock, "released"));
        CloseSock(Sock);
    }
    WskDeregister(&Registration);
}

POINT(REG_15)
{
    WSK_REGISTRATION Registration;
    WSK_PROVIDER_NPI First, Second;

    REQUIRE_STATUS(Register(&Registration, &Version10), STATUS_SUCCESS);
    EXPECT_STATUS(WskCaptureProviderNPI(&Registration, WSK_NO_WAIT, &First), STATUS_SUCCESS);
    EXPECT_STATUS(WskCaptureProviderNPI(&Registration, WSK_NO_WAIT, &Second), STATUS_SUCCESS);
    EXPECT(First.Client == Second.Client);
    EXPECT(First.Dispatch == Second.Dispatch);
    WskReleaseProviderNPI(&Registration);
    WskReleaseProviderNPI(&Registration);
    WskDeregister(&Registration);
}

static volatile LONG ClientEvents;

static NTSTATUS WSKAPI
CountClientEvent(PVOID ClientContext, ULONG EventType, PVOID Information, SIZE_T InformationLength)
{
    UNREFERENCED_PARAMETER(ClientContext);
    UNREFERENCED_PARAMETER(EventType);
    UNREFERENCED_PARAMETER(Information);
    UNREFERENCED_PARAMETER(InformationLength);
    InterlockedIncrement(&ClientEvents);
    return STATUS_NOT_IMPLEMENTED;
}

static VOID
LiveWith(const WSK_CLIENT_DISPATCH *Dispatch)
{
    WSK_REGISTRATION Registration;
    WSK_PROVIDER_NPI Npi;
    PSOCK Sock;

    REQUIRE_STATUS(Register(&Registration, Dispatch), STATUS_SUCCESS);
    if (EXPECT_STATUS(WskCaptureProviderNPI(&Registration, WSK_NO_WAIT, &Npi), STATUS_SUCCESS)) {
        Sock = OpenWith(&Npi, AF_INET, &SockCallbacks);
        if (Sock != NULL) {
            CloseSock(Sock);
        }
        WskReleaseProviderNPI(&Registration);
    }
    WskDeregister(&Registration);
}

POINT(REG_16)
{
    static const WSK_CLIENT_DISPATCH Counting = { MAKE_WSK_VERSION(1, 0), 0, CountClientEvent };

    InterlockedExchange(&ClientEvents, 0);
    LiveWith(&Version10);
    LiveWith(&Counting);
    EXPECT_EQ(ReadAcquire(&ClientEvents), 0);
}

POINT(REG_17)
{
    static const WSK_CLIENT_DISPATCH Odd = { MAKE_WSK_VERSION(1, 0), 0x7777, NULL };

    LiveWith(&Odd);
}

/* --- VER ------------------------------------------------------------------------------------- */

POINT(VER_01)
{
    C_ASSERT(MAKE_WSK_VERSION(1, 0) == 0x0100);
    C_ASSERT(MAKE_WSK_VERSION(2, 7) == 0x0207);
    C_ASSERT(WSK_MAJOR_VERSION(0x0307) == 3);
    C_ASSERT(WSK_MINOR_VERSION(0x0307) == 7);
    C_ASSERT(sizeof(((WSK_CLIENT_DISPATCH *)0)->Version) == sizeof(USHORT));
    EXPECT_EQ(WSK_MAJOR_VERSION(Cf.Npi.Dispatch->Version), 1);
}

POINT(VER_02)
{
    static const WSK_CLIENT_DISPATCH *Unsupported[] = { &TooNew, &TooOld };
    static const ULONG Timeouts[] = { WSK_NO_WAIT, 60 * 60 * 1000, WSK_INFINITE_WAIT };
    WSK_REGISTRATION Registration;
    WSK_PROVIDER_NPI Npi;
    ULONG i, j;

    for (i = 0; i < RTL_NUMBER_OF(Unsupported); i++) {
        REQUIRE_STATUS(Register(&Registration, Unsupported[i]), STATUS_SUCCESS);
        for (j = 0; j < RTL_NUMBER_OF(Timeouts); j++) {
            EXPECT_STATUS(WskCaptureProviderNPI(&Registration, Timeouts[j], &Npi),
                          STATUS_NOINTERFACE);
        }
        WskDeregister(&Registration);
    }
}

POINT(VER_03)
{
    WSK_PROVIDER_CHARACTERISTICS Range = { 0, 0 };
    WSK_REGISTRATION Registration;

    REQUIRE_STATUS(Register(&Registration, &Version10), STATUS_SUCCESS);
    EXPECT_STATUS(WskQueryProviderCharacteristics(&Registration, &Range), STATUS_SUCCESS);
    EXPECT(Range.LowestVersion <= Range.HighestVersion);
    EXPECT(Range.LowestVersion <= MAKE_WSK_VERSION(1, 0));
    EXPECT(Range.HighestVersion >= MAKE_WSK_VERSION(1, 0));
    WskDeregister(&Registration); /* no reference was taken */
    EXPECT_STATUS(WskQueryProviderCharacteristics(&Registration, &Range), STATUS_DEVICE_NOT_READY);
}

POINT(VER_04)
{
    WSK_PROVIDER_CHARACTERISTICS Before = { 0, 0 }, After = { 0, 0 };
    WSK_REGISTRATION Registration;
    WSK_PROVIDER_NPI Npi;

    REQUIRE_STATUS(Register(&Registration, &TooNew), STATUS_SUCCESS);
    EXPECT_STATUS(WskQueryProviderCharacteristics(&Registration, &Before), STATUS_SUCCESS);
    EXPECT_STATUS(WskCaptureProviderNPI(&Registration, WSK_NO_WAIT, &Npi), STATUS_NOINTERFACE);
    EXPECT_STATUS(WskQueryProviderCharacteristics(&Registration, &After), STATUS_SUCCESS);
    EXPECT_EQ(Before.HighestVersion, After.HighestVersion);
    EXPECT_EQ(Before.LowestVersion, After.LowestVersion);
    EXPECT(TooNew.Version > After.HighestVersion);
    WskDeregister(&Registration);
}

POINT(VER_05)
{
    WSK_REGISTRATION Registration;
    WSK_PROVIDER_NPI Npi;

    REQUIRE_STATUS(Register(&Registration, &TooNew), STATUS_SUCCESS);
    EXPECT_STATUS(WskCaptureProviderNPI(&Registration, WSK_INFINITE_WAIT, &Npi),
                  STATUS_NOINTERFACE);
    WskDeregister(&Registration);
    REQUIRE_STATUS(Register(&Registration, &Version10), STATUS_SUCCESS);
    EXPECT(Works(&Registration));
    WskDeregister(&Registration);
}

static VOID
ExpectServed(const WSK_CLIENT_DISPATCH *Dispatch)
{
    WSK_PROVIDER_CHARACTERISTICS Range = { 0, 0 };
    WSK_REGISTRATION Registration;
    WSK_PROVIDER_NPI Npi;

    REQUIRE_STATUS(Register(&Registration, Dispatch), STATUS_SUCCESS);
    EXPECT_STATUS(WskQueryProviderCharacteristics(&Registration, &Range), STATUS_SUCCESS);
    if (EXPECT_STATUS(WskCaptureProviderNPI(&Registration, WSK_NO_WAIT, &Npi), STATUS_SUCCESS)) {
        EXPECT_EQ(WSK_MAJOR_VERSION(Npi.Dispatch->Version), WSK_MAJOR_VERSION(Dispatch->Version));
        EXPECT(Npi.Dispatch->Version >= Dispatch->Version);
        EXPECT(Npi.Dispatch->Version <= Range.HighestVersion);
        WskReleaseProviderNPI(&Registration);
    }
    WskDeregister(&Registration);
}

POINT(VER_06)
{
    ExpectServed(&Version10);
}

POINT(VER_07)
{
    WSK_PROVIDER_CHARACTERISTICS Range = { 0, 0 };

    ExpectServed(&Version10);
    ExpectServed(&Version11);
    EXPECT_STATUS(WskQueryProviderCharacteristics(&Cf.Registration, &Range), STATUS_SUCCESS);
    EXPECT_EQ(Range.LowestVersion, MAKE_WSK_VERSION(1, 0));
    EXPECT_EQ(Range.HighestVersion, MAKE_WSK_VERSION(1, 1));
}

CONFORMANCE(ENTRY(REG_01), ENTRY(REG_02), ENTRY(REG_03), ENTRY(REG_04), ENTRY(REG_05),
            ENTRY(REG_06), ENTRY(REG_07), ENTRY(REG_08), ENTRY(REG_09), ENTRY(REG_10),
            ENTRY(REG_11), ENTRY(REG_12), ENTRY(REG_13), ENTRY(REG_14), ENTRY(REG_15),
            ENTRY(REG_16), ENTRY(REG_17), ENTRY(VER_01), ENTRY(VER_02), ENTRY(VER_03),
            ENTRY(VER_04), ENTRY(VER_05), ENTRY(VER_06), ENTRY(VER_07))
