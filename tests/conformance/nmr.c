/* SPDX-License-Identifier: MIT */
/* nmr.c - the points NMR: a client of WSK by the network module registrar. */
#include "datagram.h"

#include <netioddk.h>

typedef struct _MODULE {
    NPI_CLIENT_CHARACTERISTICS Characteristics;
    NPI_MODULEID Id;
    HANDLE Handle;
    WSK_PROVIDER_NPI Npi;
    HANDLE Binding;
    BOOLEAN TooNewFirst; /* in the attach callback: try an unsupported version before */
    BOOLEAN Decline;
    NTSTATUS TooNew;
    NTSTATUS Attached;
    NTSTATUS DetachReturn;
    WSK_PROVIDER_CHARACTERISTICS Versions;
    BOOLEAN IsWsk;
    KIRQL AttachIrql;
    LONG Attaches, Detaches, Cleanups;
    BOOLEAN Wrong; /* a callback came in the wrong order or with a wrong context */
    KEVENT AttachDone;
} MODULE, *PMODULE;

static const WSK_CLIENT_DISPATCH Version90 = { MAKE_WSK_VERSION(9, 0), 0, NULL };

static NTSTATUS NTAPI
AttachProvider(HANDLE NmrBindingHandle, PVOID ClientContext,
               PNPI_REGISTRATION_INSTANCE ProviderRegistrationInstance)
{
    PMODULE Module = (PMODULE)ClientContext;
    const VOID *Dispatch = NULL;
    PVOID Client = NULL;

    Module->Attaches++;
    Module->Binding = NmrBindingHandle;
    Module->AttachIrql = KeGetCurrentIrql();
    Module->Versions = *(const WSK_PROVIDER_CHARACTERISTICS *)
                            ProviderRegistrationInstance->NpiSpecificCharacteristics;
    Module->IsWsk = RtlCompareMemory(ProviderRegistrationInstance->NpiId, &NPI_WSK_INTERFACE_ID,
                                     sizeof(NPIID)) == sizeof(NPIID);
    if (Module->TooNewFirst) {
        Module->TooNew = NmrClientAttachProvider(NmrBindingHandle, Module, &Version90, &Client,
                                                 &Dispatch);
    }
    if (Module->Decline) {
        Module->Attached = STATUS_NOINTERFACE;
    } else {
        Module->Attached = NmrClientAttachProvider(NmrBindingHandle, Module, &CfDispatch, &Client,
                                                   &Dispatch);
        Module->Npi.Client = (PWSK_CLIENT)Client;
        Module->Npi.Dispatch = (const WSK_PROVIDER_DISPATCH *)Dispatch;
    }
    KeSetEvent(&Module->AttachDone, IO_NO_INCREMENT, FALSE);
    return Module->Attached;
}

static NTSTATUS NTAPI
DetachProvider(PVOID ClientBindingContext)
{
    PMODULE Module = (PMODULE)ClientBindingContext;

    Module->Wrong = Module->Wrong || Module->Attaches == 0 || Module->Cleanups != 0;
    Module->Detaches++;
    return Module->DetachReturn;
}

static VOID NTAPI
CleanupBinding(PVOID ClientBindingContext)
{
    PMODULE Module = (PMODULE)ClientBindingContext;

    Module->Wrong = Module->Wrong || Module->Detaches != 1;
    Module->Cleanups++;
}

static PMODULE
NewModule(VOID)
{
    PMODULE Module = (PMODULE)NewMemory(sizeof(*Module));
    NPI_CLIENT_CHARACTERISTICS *Characteristics = &Module->Characteristics;

    Module->Id.Length = sizeof(Module->Id);
    Module->Id.Type = MIT_GUID;
    Module->Id.Guid.Data1 = 0x6d6e7263;
    Characteristics->Length = sizeof(*Characteristics);
    Characteristics->ClientAttachProvider = AttachProvider;
    Characteristics->ClientDetachProvider = DetachProvider;
    Characteristics->ClientCleanupBindingContext = CleanupBinding;
    Characteristics->ClientRegistrationInstance.Size = sizeof(NPI_REGISTRATION_INSTANCE);
    Characteristics->ClientRegistrationInstance.NpiId = &NPI_WSK_INTERFACE_ID;
    Characteristics->ClientRegistrationInstance.ModuleId = &Module->Id;
    KeInitializeEvent(&Module->AttachDone, NotificationEvent, FALSE);
    return Module;
}

/* Registered, and its attach callback has run. */
static BOOLEAN
Registered(PMODULE Module)
{
    return EXPECT_STATUS(NmrRegisterClient(&Module->Characteristics, Module, &Module->Handle),
                         STATUS_SUCCESS) &&
           WaitFor(&Module->AttachDone);
}

static VOID
Deregister(PMODULE Module)
{
    EXPECT_STATUS(NmrDeregisterClient(Module->Handle), STATUS_PENDING);
    EXPECT_STATUS(NmrWaitForClientDeregisterComplete(Module->Handle), STATUS_SUCCESS);
    EXPECT(!Module->Wrong);
}

POINT(NMR_01)
{
    PMODULE Module = NewModule();

    REQUIRE(Registered(Module));
    EXPECT(Module->Handle != NULL);
    Deregister(Module);
}

POINT(NMR_02)
{
    PMODULE Module = NewModule();

    REQUIRE(Registered(Module));
    EXPECT_EQ(Module->Attaches, 1);
    EXPECT_EQ(Module->AttachIrql, PASSIVE_LEVEL);
    EXPECT(Module->IsWsk);
    Deregister(Module);
    EXPECT_EQ(Module->Attaches, 1);
}

POINT(NMR_03)
{
    PMODULE Module = NewModule();
    WSK_PROVIDER_CHARACTERISTICS Versions;

    REQUIRE(Registered(Module));
    EXPECT_STATUS(WskQueryProviderCharacteristics(&Cf.Registration, &Versions), STATUS_SUCCESS);
    EXPECT_EQ(Module->Versions.LowestVersion, Versions.LowestVersion);
    EXPECT_EQ(Module->Versions.HighestVersion, Versions.HighestVersion);
    Deregister(Module);
}

POINT(NMR_04)
{
    PMODULE Module = NewModule();
    PSOCK Sock;

    Module->TooNewFirst = TRUE;
    REQUIRE(Registered(Module));
    EXPECT_STATUS(Module->TooNew, STATUS_NOINTERFACE);
    EXPECT_STATUS(Module->Attached, STATUS_SUCCESS);
    EXPECT(Module->Npi.Client != NULL);
    EXPECT(Module->Npi.Dispatch != NULL && Module->Npi.Dispatch->Version >= MAKE_WSK_VERSION(1, 0));
    Sock = OpenWith(&Module->Npi, AF_INET, NULL);
    if (Sock != NULL) {
        EXPECT_STATUS(BindTo(Sock, Loopback(AF_INET, 0)), STATUS_SUCCESS);
        EXPECT_STATUS(SendText(Sock, &Sock->Local, "by the registrar"), STATUS_SUCCESS);
        EXPECT(ReceivesText(Sock, "by the registrar"));
        CloseSock(Sock);
    }
    Deregister(Module);
}

POINT(NMR_05)
{
    PMODULE Module = NewModule();

    Module->Decline = TRUE;
    REQUIRE(Registered(Module));
    Deregister(Module);
    EXPECT_EQ(Module->Attaches, 1);
    EXPECT_EQ(Module->Detaches, 0);
    EXPECT_EQ(Module->Cleanups, 0);
}

static VOID
FinishDetach(PVOID Context)
{
    PMODULE Module = (PMODULE)Context;

    NmrClientDetachProviderComplete(Module->Binding);
}

POINT(NMR_06)
{
    PMODULE Module = NewModule();

    Module->DetachReturn = STATUS_PENDING;
    REQUIRE(Registered(Module));
    EXPECT_STATUS(NmrDeregisterClient(Module->Handle), STATUS_PENDING);
    EXPECT_EQ(Module->Cleanups, 0);
    NewWorker(FinishDetach, Module);
    EXPECT_STATUS(NmrWaitForClientDeregisterComplete(Module->Handle), STATUS_SUCCESS);
    EXPECT_EQ(Module->Cleanups, 1);
    EXPECT(!Module->Wrong);
}

POINT(NMR_07)
{
    PMODULE Module = NewModule();

    REQUIRE(Registered(Module));
    EXPECT_STATUS(NmrWaitForClientDeregisterComplete(Module->Handle), STATUS_INVALID_PARAMETER);
    EXPECT_STATUS(NmrWaitForClientDeregisterComplete(NULL), STATUS_INVALID_PARAMETER);
    Deregister(Module);
    EXPECT_STATUS(NmrWaitForClientDeregisterComplete(Module->Handle), STATUS_INVALID_PARAMETER);
}

POINT(NMR_08)
{
    PMODULE AtOnce = NewModule(), Later = NewModule();

    Later->DetachReturn = STATUS_PENDING;
    REQUIRE(Registered(AtOnce));
    if (Registered(Later)) {
        EXPECT_STATUS(NmrDeregisterClient(Later->Handle), STATUS_PENDING);
        EXPECT_EQ(Later->Detaches, 1);
        EXPECT_EQ(Later->Cleanups, 0);
        NmrClientDetachProviderComplete(Later->Binding);
        EXPECT_STATUS(NmrWaitForClientDeregisterComplete(Later->Handle), STATUS_SUCCESS);
        EXPECT_EQ(Later->Detaches, 1);
    }
    EXPECT_EQ(AtOnce->Detaches, 0);
    Deregister(AtOnce);
    EXPECT_EQ(AtOnce->Detaches, 1);
}

static VOID
CloseIt(PVOID Context)
{
    CloseSock((PSOCK)Context);
}

POINT(NMR_09)
{
    PMODULE Module = NewModule();
    PREQUEST Receive = NewRequest();
    WSK_BUF Buffer = NewBuffer(16, NULL);
    NTSTATUS Status;
    PSOCK Sock;

    REQUIRE(Registered(Module));
    Sock = OpenWith(&Module->Npi, AF_INET, NULL);
    if (Sock == NULL || !EXPECT_STATUS(BindTo(Sock, Loopback(AF_INET, 0)), STATUS_SUCCESS)) {
        return;
    }
    Status = Sock->Fn->WskReceiveFrom(Sock->Socket, &Buffer, 0, NULL, NULL, NULL, NULL,
                                      Use(Receive));
    EXPECT_STATUS(NmrDeregisterClient(Module->Handle), STATUS_PENDING);
    EXPECT_EQ(Module->Detaches, 1);
    EXPECT_EQ(Module->Cleanups, 0); /* the socket is open, and its request pending */
    EXPECT(!IsCompleted(Receive));
    NewWorker(CloseIt, Sock);
    EXPECT_STATUS(NmrWaitForClientDeregisterComplete(Module->Handle), STATUS_SUCCESS);
    EXPECT_STATUS(Finish(Receive, Status), STATUS_CANCELLED);
    EXPECT_EQ(Module->Cleanups, 1);
}

POINT(NMR_10)
{
    PMODULE Module = NewModule(), Without = NewModule();

    Without->Characteristics.ClientCleanupBindingContext = NULL;
    REQUIRE(Registered(Module));
    Deregister(Module);
    EXPECT_EQ(Module->Detaches, 1);
    EXPECT_EQ(Module->Cleanups, 1);
    REQUIRE(Registered(Without));
    Deregister(Without);
    EXPECT_EQ(Without->Cleanups, 0);
}

CONFORMANCE(ENTRY(NMR_01), ENTRY(NMR_02), ENTRY(NMR_03), ENTRY(NMR_04), ENTRY(NMR_05),
            ENTRY(NMR_06), ENTRY(NMR_07), ENTRY(NMR_08), ENTRY(NMR_09), ENTRY(NMR_10))
