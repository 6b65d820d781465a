/* SPDX-License-Identifier: MIT */
/* deregistration.c - the points DEREG: WskDeregister, mostly in a thread of its own. */
#include "datagram.h"

/*
 * A client that a thread deregisters. What is the last thing to wait for counts `Steps` before it happens; the thread
 * notes how many it saw when WskDeregister returned. So a return that was too early is seen, without waiting for it.
 */
typedef struct _LEAVING {
    WSK_REGISTRATION Registration;
    WSK_PROVIDER_NPI Npi;
    volatile LONG Steps;
    LONG StepsSeen;
    PWORKER Worker;
} LEAVING;

static VOID
Deregister(PVOID Context)
{
    LEAVING *Leaving = (LEAVING *)Context;

    WskDeregister(&Leaving->Registration);
    Leaving->StepsSeen = ReadAcquire(&Leaving->Steps);
}

/* Registered, and captured once. */
static BOOLEAN
Enter(LEAVING *Leaving)
{
    WSK_CLIENT_NPI ClientNpi = { NULL, &CfDispatch };

    RtlZeroMemory(Leaving, sizeof(*Leaving));
    return EXPECT_STATUS(WskRegister(&ClientNpi, &Leaving->Registration), STATUS_SUCCESS) &&
           EXPECT_STATUS(WskCaptureProviderNPI(&Leaving->Registration, WSK_NO_WAIT, &Leaving->Npi),
                         STATUS_SUCCESS);
}

/* Starts the thread, and waits until WskDeregister has begun: from then on captures fail. */
static BOOLEAN
StartToLeave(LEAVING *Leaving)
{
    WSK_PROVIDER_NPI Npi;
    ULONG i;

    Leaving->Worker = NewWorker(Deregister, Leaving);
    for (i = 0; i < CF_PATIENCE_MS; i++) {
        NTSTATUS Status = WskCaptureProviderNPI(&Leaving->Registration, WSK_NO_WAIT, &Npi);

        if (Status == STATUS_DEVICE_NOT_READY) {
            return TRUE;
        }
        if (!EXPECT_STATUS(Status, STATUS_SUCCESS)) {
            return FALSE;
        }
        WskReleaseProviderNPI(&Leaving->Registration);
        Pause(1);
    }
    return CfFail(__FILE__, __LINE__, "WskDeregister does not begin");
}

/* The last step; WskDeregister must not have returned before. */
static VOID
Step(LEAVING *Leaving)
{
    InterlockedIncrement(&Leaving->Steps);
}

static VOID
HasLeft(LEAVING *Leaving, LONG Steps)
{
    if (WaitFor(Leaving->Worker->Object)) {
        EXPECT_EQ(Leaving->StepsSeen, Steps);
    }
}

static VOID
WaitForCaptures(VOID)
{
    LEAVING Leaving;
    WSK_PROVIDER_NPI Npi;

    REQUIRE(Enter(&Leaving));
    REQUIRE_STATUS(WskCaptureProviderNPI(&Leaving.Registration, WSK_NO_WAIT, &Npi), STATUS_SUCCESS);
    REQUIRE(StartToLeave(&Leaving));
    WskReleaseProviderNPI(&Leaving.Registration);
    Step(&Leaving);
    WskReleaseProviderNPI(&Leaving.Registration);
    HasLeft(&Leaving, 1);
}

static VOID
CountStep(PREQUEST Request, PVOID Context)
{
    UNREFERENCED_PARAMETER(Request);
    Step((LEAVING *)Context);
}

static VOID
WaitForSocketsAndRequests(VOID)
{
    LEAVING Leaving;
    PRECEIVE Receive;
    PSOCK Sock;

    REQUIRE(Enter(&Leaving));
    Sock = OpenWith(&Leaving.Npi, AF_INET, &SockCallbacks);
    WskReleaseProviderNPI(&Leaving.Registration);
    REQUIRE(Sock != NULL);
    REQUIRE_STATUS(BindTo(Sock, Loopback(AF_INET, 0)), STATUS_SUCCESS);
    Receive = StartReceiveWith(Sock, 64, CountStep, &Leaving);
    REQUIRE(StartToLeave(&Leaving));
    Sock->Request->HookContext = &Leaving;
    Sock->Request->Hook = CountStep;
    CloseSock(Sock);
    HasLeft(&Leaving, 2);
    EXPECT_STATUS(EndReceive(Receive), STATUS_CANCELLED);
}

POINT(DEREG_01)
{
    WaitForCaptures();
    WaitForSocketsAndRequests();
}

/* A completion routine that takes its time: WskDeregister may return after it has returned, not before. */
static VOID
CountStepLate(PREQUEST Request, PVOID Context)
{
    UNREFERENCED_PARAMETER(Request);
    KeStallExecutionProcessor(5000);
    Step((LEAVING *)Context);
}

POINT(DEREG_02)
{
    LEAVING Leaving;
    PSOCK Sock;
    LONG i;

    for (i = 0; i < 10; i++) {
        REQUIRE(Enter(&Leaving));
        Sock = OpenWith(&Leaving.Npi, AF_INET, &SockCallbacks);
        WskReleaseProviderNPI(&Leaving.Registration);
        REQUIRE(Sock != NULL);
        REQUIRE(StartToLeave(&Leaving));
        Sock->Request->HookContext = &Leaving;
        Sock->Request->Hook = CountStepLate;
        CloseSock(Sock);
        HasLeft(&Leaving, 1);
    }
}

static VOID
ComeAndGo(PVOID Context)
{
    WSK_CLIENT_NPI ClientNpi = { NULL, &CfDispatch };
    WSK_REGISTRATION Registration;
    LONG i;

    UNREFERENCED_PARAMETER(Context);
    for (i = 0; i < 500; i++) {
        REQUIRE_STATUS(WskRegister(&ClientNpi, &Registration), STATUS_SUCCESS);
        WskDeregister(&Registration);
    }
}

/* Five hundred within one patience: no fixed delay is in it. */
POINT(DEREG_03)
{
    WaitFor(NewWorker(ComeAndGo, NULL)->Object);
}

POINT(DEREG_04)
{
    static const ULONG Timeouts[] = { WSK_NO_WAIT, 1000, WSK_INFINITE_WAIT };
    LEAVING Leaving;
    WSK_PROVIDER_NPI Npi;
    ULONG i;

    REQUIRE(Enter(&Leaving));
    REQUIRE(StartToLeave(&Leaving));
    for (i = 0; i < RTL_NUMBER_OF(Timeouts); i++) {
        EXPECT_STATUS(WskCaptureProviderNPI(&Leaving.Registration, Timeouts[i], &Npi),
                      STATUS_DEVICE_NOT_READY);
    }
    Step(&Leaving);
    WskReleaseProviderNPI(&Leaving.Registration);
    HasLeft(&Leaving, 1);
}

POINT(DEREG_05)
{
    static const ULONG Timeouts[] = { WSK_NO_WAIT, 1000, WSK_INFINITE_WAIT };
    WSK_PROVIDER_CHARACTERISTICS Range;
    LEAVING Leaving;
    WSK_PROVIDER_NPI Npi;
    ULONG i;

    REQUIRE(Enter(&Leaving));
    WskReleaseProviderNPI(&Leaving.Registration);
    WskDeregister(&Leaving.Registration);
    for (i = 0; i < RTL_NUMBER_OF(Timeouts); i++) {
        EXPECT_STATUS(WskCaptureProviderNPI(&Leaving.Registration, Timeouts[i], &Npi),
                      STATUS_DEVICE_NOT_READY);
    }
    EXPECT_STATUS(WskQueryProviderCharacteristics(&Leaving.Registration, &Range),
                  STATUS_DEVICE_NOT_READY);
}

POINT(DEREG_06)
{
    PREQUEST Request = NewRequest();
    LEAVING Leaving;
    NTSTATUS Returned;

    REQUIRE(Enter(&Leaving));
    Returned = Leaving.Npi.Dispatch->WskControlClient(Leaving.Npi.Client, WSK_TRANSPORT_LIST_CHANGE,
                                                      0, NULL, 0, NULL, NULL, Use(Request));
    WskReleaseProviderNPI(&Leaving.Registration);
    Leaving.Worker = NewWorker(Deregister, &Leaving);
    HasLeft(&Leaving, 0);
    NEED_IMPLEMENTED(Returned);
    EXPECT_STATUS(Returned, STATUS_PENDING);
    EXPECT(IsCompleted(Request));
    EXPECT_STATUS(Finish(Request, Returned), STATUS_CANCELLED);
    EXPECT_EQ(Request->Information, 0);
}

POINT(DEREG_07)
{
    LEAVING Leaving;
    PRECEIVE Receive;
    PSOCK Sock;

    REQUIRE(Enter(&Leaving));
    Sock = OpenWith(&Leaving.Npi, AF_INET, &SockCallbacks);
    WskReleaseProviderNPI(&Leaving.Registration);
    REQUIRE(Sock != NULL);
    REQUIRE_STATUS(BindTo(Sock, Loopback(AF_INET, 0)), STATUS_SUCCESS);
    Receive = StartReceive(Sock, 64);
    REQUIRE(StartToLeave(&Leaving));
    EXPECT(!IsCompleted(Receive->Request));
    EXPECT_STATUS(SendText(Sock, &Sock->Local, "still open"), STATUS_SUCCESS);
    EXPECT(ReceiveIs(Receive, "still open"));
    Step(&Leaving);
    CloseSock(Sock);
    HasLeft(&Leaving, 1);
}

typedef struct _PARTS {
    LEAVING Leaving;
    PSOCK Sock;
    KEVENT Turn[3];
    KEVENT Done[2];
} PARTS;

static VOID
ReleaseInTurn(PVOID Context)
{
    PARTS *Parts = (PARTS *)Context;

    WaitFor(&Parts->Turn[0]);
    Step(&Parts->Leaving);
    WskReleaseProviderNPI(&Parts->Leaving.Registration);
    KeSetEvent(&Parts->Done[0], IO_NO_INCREMENT, FALSE);
}

static VOID
CloseInTurn(PVOID Context)
{
    PARTS *Parts = (PARTS *)Context;

    WaitFor(&Parts->Turn[1]);
    Step(&Parts->Leaving);
    CloseSock(Parts->Sock);
    KeSetEvent(&Parts->Done[1], IO_NO_INCREMENT, FALSE);
}

/* Order: who of release (0), close (1) and deregistration (2) comes when. */
static VOID
LeaveInOrder(const ULONG Order[3])
{
    PARTS Parts;
    PWORKER Workers[2];
    ULONG i;

    REQUIRE(Enter(&Parts.Leaving));
    Parts.Sock = OpenWith(&Parts.Leaving.Npi, AF_INET, &SockCallbacks);
    REQUIRE(Parts.Sock != NULL);
    for (i = 0; i < 3; i++) {
        KeInitializeEvent(&Parts.Turn[i], NotificationEvent, FALSE);
        KeInitializeEvent(&Parts.Done[i % 2], NotificationEvent, FALSE);
    }
    Workers[0] = NewWorker(ReleaseInTurn, &Parts);
    Workers[1] = NewWorker(CloseInTurn, &Parts);
    for (i = 0; i < 3; i++) {
        if (Order[i] == 2) {
            Parts.Leaving.Worker = NewWorker(Deregister, &Parts.Leaving);
        } else {
            KeSetEvent(&Parts.Turn[Order[i]], IO_NO_INCREMENT, FALSE);
            WaitFor(&Parts.Done[Order[i]]);
        }
    }
    HasLeft(&Parts.Leaving, 2);
    WaitFor(Workers[0]->Object);
    WaitFor(Workers[1]->Object);
}

POINT(DEREG_08)
{
    static const ULONG Orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
                                        { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };
    ULONG i;

    for (i = 0; i < RTL_NUMBER_OF(Orders); i++) {
        LeaveInOrder(Orders[i]);
    }
}

POINT(DEREG_09)
{
    WSK_CLIENT_NPI ClientNpi = { NULL, &CfDispatch };
    WSK_REGISTRATION Registration;
    WSK_PROVIDER_NPI Npi;
    LONG i;

    for (i = 0; i < 10; i++) {
        REQUIRE_STATUS(WskRegister(&ClientNpi, &Registration), STATUS_SUCCESS);
        if (EXPECT_STATUS(WskCaptureProviderNPI(&Registration, WSK_NO_WAIT, &Npi),
                          STATUS_SUCCESS)) {
            WskReleaseProviderNPI(&Registration);
        }
        WskDeregister(&Registration);
    }
}

/* Cf.Registration has open sockets, and one of its requests waits. */
POINT(DEREG_10)
{
    PSOCK Sock = Bound(AF_INET);
    PRECEIVE Receive;
    LEAVING Leaving;

    REQUIRE(Sock != NULL);
    Receive = StartReceive(Sock, 64);
    REQUIRE(Enter(&Leaving));
    WskReleaseProviderNPI(&Leaving.Registration);
    Leaving.Worker = NewWorker(Deregister, &Leaving);
    HasLeft(&Leaving, 0);
    EXPECT(!IsCompleted(Receive->Request));
    REQUIRE_STATUS(SendText(Sock, &Sock->Local, "undisturbed"), STATUS_SUCCESS);
    EXPECT(ReceiveIs(Receive, "undisturbed"));
}

CONFORMANCE(ENTRY(DEREG_01), ENTRY(DEREG_02), ENTRY(DEREG_03), ENTRY(DEREG_04), ENTRY(DEREG_05),
            ENTRY(DEREG_06), ENTRY(DEREG_07), ENTRY(DEREG_08), ENTRY(DEREG_09), ENTRY(DEREG_10))
