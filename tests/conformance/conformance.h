/* SPDX-License-Identifier: MIT */
/*
 * conformance.h - what the drivers of this folder share: points, verdicts, and requests.
 *
 * Each driver is an ordinary Windows driver that knows the public headers alone, so that it can be built with the WDK,
 * too, and ask Windows itself. A point is a function:
 *
 *     POINT(DGRAM_SEND_01)
 *     {
 *         PSOCK Socket = Bound(AF_INET);
 *
 *         REQUIRE(Socket != NULL);
 *         EXPECT_STATUS(SendText(Socket, &Socket->Local, "text"), STATUS_SUCCESS);
 *     }
 *
 *     CONFORMANCE(ENTRY(DGRAM_SEND_01), ...)
 *
 * EXPECT notes a failure and goes on, REQUIRE leaves the function. The first failure of a point is the one that is
 * printed. What a point makes with the functions below (threads, sockets, requests, memory) is given back after it, in
 * an order that works, whichever way it ended.
 *
 * The parameter `points` names the points to run, separated by blanks or commas; without it all run.
 */
#pragma once

#include <wdm.h>
#include <wsk.h>

#include <ws2ipdef.h>

#include <ntstrsafe.h>

#define CF_TAG 'fnoC'

/* Only a failure waits so long, so it is meant for the slowest machine. */
#define CF_PATIENCE_MS 20000

/* What a point owns is given back in this order, in each rank the newest first. */
enum { CF_RANK_WORKERS, CF_RANK_SOCKETS, CF_RANK_CLIENTS, CF_RANK_REQUESTS, CF_RANK_MDLS,
       CF_RANK_MEMORY, CF_RANKS };

/* --- Verdicts -------------------------------------------------------------------------------- */

typedef struct _CF_STATE {
    WSK_REGISTRATION Registration;
    WSK_PROVIDER_NPI Npi; /* what most points use */
    volatile LONG Failed;
    volatile LONG Skipped;
    CHAR Text[512]; /* of the first failure, or why the point was skipped */
    LIST_ENTRY Owned[CF_RANKS];
    KSPIN_LOCK OwnedLock;
    volatile LONG Stuck; /* something never ended: no orderly way out is left */
} CF_STATE;

static CF_STATE Cf;

static __inline PCSTR
CfFileName(PCSTR Path)
{
    PCSTR Name = Path;

    for (; *Path != 0; Path++) {
        if (*Path == '/' || *Path == '\\') {
            Name = Path + 1;
        }
    }
    return Name;
}

static __inline BOOLEAN
CfFail(PCSTR File, int Line, PCSTR What)
{
    if (InterlockedIncrement(&Cf.Failed) == 1) {
        (VOID)RtlStringCbPrintfA(Cf.Text, sizeof(Cf.Text), "%s:%d: %s", CfFileName(File), Line,
                                 What);
    }
    return FALSE;
}

static __inline BOOLEAN
CfEqual(PCSTR File, int Line, PCSTR What, LONGLONG Left, LONGLONG Right)
{
    if (Left == Right) {
        return TRUE;
    }
    if (InterlockedIncrement(&Cf.Failed) == 1) {
        (VOID)RtlStringCbPrintfA(Cf.Text, sizeof(Cf.Text), "%s:%d: %s: 0x%I64x, not 0x%I64x",
                                 CfFileName(File), Line, What, Left, Right);
    }
    return FALSE;
}

static __inline VOID
CfSkip(PCSTR Why)
{
    if (InterlockedIncrement(&Cf.Skipped) == 1) {
        (VOID)RtlStringCbCopyA(Cf.Text, sizeof(Cf.Text), Why);
    }
}

/* In any thread, at any IRQL up to DISPATCH_LEVEL. */
#define EXPECT(Condition) ((Condition) ? TRUE : CfFail(__FILE__, __LINE__, #Condition))
#define EXPECT_EQ(Left, Right) \
    CfEqual(__FILE__, __LINE__, #Left, (LONGLONG)(Left), (LONGLONG)(Right))
#define EXPECT_STATUS(Call, Status) \
    CfEqual(__FILE__, __LINE__, #Call, (LONGLONG)(ULONG)(Call), (LONGLONG)(ULONG)(Status))
#define EXPECT_ZERO(Memory, Size) EXPECT(CfIsFilled((Memory), (Size), 0))

/* In functions that return nothing. */
#define REQUIRE(Condition) \
    do { \
        if (!EXPECT(Condition)) { \
            return; \
        } \
    } while (0)
#define REQUIRE_STATUS(Call, Status) \
    do { \
        if (!EXPECT_STATUS(Call, Status)) { \
            return; \
        } \
    } while (0)
#define SKIP(Why) \
    do { \
        CfSkip(Why); \
        return; \
    } while (0)

/* A function that says so is not there: the point then counts as not covered. */
#define NEED_IMPLEMENTED(Status) \
    do { \
        if ((Status) == STATUS_NOT_IMPLEMENTED) { \
            SKIP("not implemented"); \
        } \
    } while (0)

static __inline BOOLEAN
CfIsFilled(const VOID *Memory, SIZE_T Size, UCHAR Byte)
{
    const UCHAR *Bytes = (const UCHAR *)Memory;
    SIZE_T i;

    for (i = 0; i < Size && Bytes[i] == Byte; i++) {
        continue;
    }
    return i == Size;
}

/* --- What a point owns ----------------------------------------------------------------------- */

typedef struct _CF_OWNED CF_OWNED, *PCF_OWNED;
typedef VOID CF_GIVE_BACK(PCF_OWNED Owned);

struct _CF_OWNED {
    LIST_ENTRY Link;
    CF_GIVE_BACK *GiveBack;
};

static __inline VOID
CfOwn(PCF_OWNED Owned, ULONG Rank, CF_GIVE_BACK *GiveBack)
{
    KIRQL Irql;

    Owned->GiveBack = GiveBack;
    KeAcquireSpinLock(&Cf.OwnedLock, &Irql);
    InsertHeadList(&Cf.Owned[Rank], &Owned->Link);
    KeReleaseSpinLock(&Cf.OwnedLock, Irql);
}

static __inline VOID
CfGiveBackAll(VOID)
{
    ULONG Rank;

    for (Rank = 0; Rank < CF_RANKS; Rank++) {
        while (!IsListEmpty(&Cf.Owned[Rank])) {
            PCF_OWNED Owned = CONTAINING_RECORD(RemoveHeadList(&Cf.Owned[Rank]), CF_OWNED, Link);

            Owned->GiveBack(Owned);
        }
    }
}

static __inline VOID
CfFreeOwned(PCF_OWNED Owned)
{
    ExFreePoolWithTag(Owned, CF_TAG);
}

/* Zeroed nonpaged memory that lives as long as the point. The fuss of a failed allocation is left out: it ends here. */
static __inline PVOID
CfAllocate(SIZE_T Size)
{
    PVOID Memory = ExAllocatePool2(POOL_FLAG_NON_PAGED, Size, CF_TAG);

    if (Memory == NULL) {
        KeBugCheckEx(MANUALLY_INITIATED_CRASH, Size, 0, 0, 0);
    }
    return Memory;
}

typedef struct DECLSPEC_ALIGN(16) _CF_MEMORY {
    CF_OWNED Owned;
} CF_MEMORY, *PCF_MEMORY;

static __inline PVOID
NewMemory(SIZE_T Size)
{
    PCF_MEMORY Memory = (PCF_MEMORY)CfAllocate(sizeof(*Memory) + Size);

    CfOwn(&Memory->Owned, CF_RANK_MEMORY, CfFreeOwned);
    return Memory + 1;
}

typedef struct _CF_MDL {
    CF_OWNED Owned;
    PMDL Mdl;
} CF_MDL, *PCF_MDL;

static __inline VOID
CfFreeMdl(PCF_OWNED Owned)
{
    PCF_MDL Mdl = CONTAINING_RECORD(Owned, CF_MDL, Owned);

    IoFreeMdl(Mdl->Mdl);
    ExFreePoolWithTag(Mdl, CF_TAG);
}

/* An MDL over nonpaged memory. */
static __inline PMDL
NewMdl(PVOID Memory, ULONG Size)
{
    PCF_MDL Mdl = (PCF_MDL)CfAllocate(sizeof(*Mdl));

    Mdl->Mdl = IoAllocateMdl(Memory, Size, FALSE, FALSE, NULL);
    if (Mdl->Mdl == NULL) {
        KeBugCheckEx(MANUALLY_INITIATED_CRASH, Size, 0, 0, 0);
    }
    MmBuildMdlForNonPagedPool(Mdl->Mdl);
    CfOwn(&Mdl->Owned, CF_RANK_MDLS, CfFreeMdl);
    return Mdl->Mdl;
}

/* A WSK_BUF with memory of its own; *Memory, if wanted, is that memory. */
static __inline WSK_BUF
NewBuffer(ULONG Size, PVOID *Memory)
{
    PVOID Bytes = NewMemory(Size != 0 ? Size : 1);
    WSK_BUF Buffer;

    Buffer.Mdl = NewMdl(Bytes, Size != 0 ? Size : 1);
    Buffer.Offset = 0;
    Buffer.Length = Size;
    if (Memory != NULL) {
        *Memory = Bytes;
    }
    return Buffer;
}

static __inline WSK_BUF
NewBufferOf(const VOID *Content, ULONG Size)
{
    PVOID Memory;
    WSK_BUF Buffer = NewBuffer(Size, &Memory);

    if (Size != 0) {
        RtlCopyMemory(Memory, Content, Size);
    }
    return Buffer;
}

/* --- Waiting --------------------------------------------------------------------------------- */

/* FALSE, and a failure of the point, when it takes for ever. PASSIVE_LEVEL. */
static __inline BOOLEAN
WaitFor(PVOID Object)
{
    LARGE_INTEGER Timeout;

    Timeout.QuadPart = -10000ll * CF_PATIENCE_MS;
    return EXPECT_STATUS(KeWaitForSingleObject(Object, Executive, KernelMode, FALSE, &Timeout),
                         STATUS_SUCCESS);
}

static __inline VOID
Pause(ULONG Milliseconds)
{
    LARGE_INTEGER Interval;

    Interval.QuadPart = -10000ll * Milliseconds;
    KeDelayExecutionThread(KernelMode, FALSE, &Interval);
}

/* --- Requests -------------------------------------------------------------------------------- */

/*
 * An IRP and what its completion routine saw. The idiom is one line per call:
 *
 *     Status = Finish(Request, Socket->Fn->WskBind(Socket->Socket, Address, 0, Use(Request)));
 *
 * Finish() also holds, for each call of each point, what is true of every IRP: a return other than STATUS_PENDING is
 * the final status of an IRP that is completed already, PendingReturned says which of the two it was, and the
 * completion routine runs once.
 */
typedef struct _REQUEST REQUEST, *PREQUEST;
typedef VOID REQUEST_HOOK(PREQUEST Request, PVOID Context);

struct _REQUEST {
    CF_OWNED Owned;
    PIRP Irp;
    KEVENT Completed;
    volatile LONG Completions;
    BOOLEAN InUse;
    NTSTATUS Returned;
    /* What the completion routine saw: */
    NTSTATUS Status;
    ULONG_PTR Information;
    BOOLEAN PendingReturned;
    KIRQL Irql;
    PKTHREAD Thread;
    PDEVICE_OBJECT DeviceObject;
    /* Runs in the completion routine, before anybody is woken. */
    REQUEST_HOOK *Hook;
    PVOID HookContext;
};

static IO_COMPLETION_ROUTINE CfCompleted;

static NTSTATUS
CfCompleted(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    PREQUEST Request = (PREQUEST)Context;

    InterlockedIncrement(&Request->Completions);
    Request->Status = Irp->IoStatus.Status;
    Request->Information = Irp->IoStatus.Information;
    Request->PendingReturned = Irp->PendingReturned;
    Request->Irql = KeGetCurrentIrql();
    Request->Thread = KeGetCurrentThread();
    Request->DeviceObject = DeviceObject;
    if (Request->Hook != NULL) {
        Request->Hook(Request, Request->HookContext);
    }
    KeSetEvent(&Request->Completed, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static __inline VOID
CfFreeRequest(PCF_OWNED Owned)
{
    PREQUEST Request = CONTAINING_RECORD(Owned, REQUEST, Owned);

    if (Request->InUse && KeReadStateEvent(&Request->Completed) == 0) {
        InterlockedIncrement(&Cf.Stuck); /* somebody may still write to it */
        return;
    }
    IoFreeIrp(Request->Irp);
    ExFreePoolWithTag(Request, CF_TAG);
}

static __inline PREQUEST
NewRequest(VOID)
{
    PREQUEST Request = (PREQUEST)CfAllocate(sizeof(*Request));

    Request->Irp = IoAllocateIrp(1, FALSE);
    if (Request->Irp == NULL) {
        KeBugCheckEx(MANUALLY_INITIATED_CRASH, 1, 0, 0, 0);
    }
    KeInitializeEvent(&Request->Completed, NotificationEvent, FALSE);
    CfOwn(&Request->Owned, CF_RANK_REQUESTS, CfFreeRequest);
    return Request;
}

/* The IRP, ready for a call. */
static __inline PIRP
Use(PREQUEST Request)
{
    if (Request->InUse) {
        IoReuseIrp(Request->Irp, STATUS_UNSUCCESSFUL);
    }
    KeClearEvent(&Request->Completed);
    Request->InUse = TRUE;
    InterlockedExchange(&Request->Completions, 0);
    Request->DeviceObject = (PDEVICE_OBJECT)(ULONG_PTR)1; /* which no routine is ever given */
    IoSetCompletionRoutine(Request->Irp, CfCompleted, Request, TRUE, TRUE, TRUE);
    return Request->Irp;
}

static __inline BOOLEAN
IsCompleted(PREQUEST Request)
{
    return KeReadStateEvent(&Request->Completed) != 0;
}

/* Waits for the completion of a call that returned this, and gives its final status. */
#define Finish(Request, Returned) CfFinish(__FILE__, __LINE__, (Request), (Returned))

static __inline NTSTATUS
CfFinish(PCSTR File, int Line, PREQUEST Request, NTSTATUS Returned)
{
    LARGE_INTEGER Timeout;

    Request->Returned = Returned;
    if (Returned != STATUS_PENDING && ReadAcquire(&Request->Completions) != 1) {
        CfFail(File, Line, "the call failed or succeeded at once, but its IRP was not completed");
    }
    Timeout.QuadPart = -10000ll * CF_PATIENCE_MS;
    if (KeWaitForSingleObject(&Request->Completed, Executive, KernelMode, FALSE, &Timeout) !=
        STATUS_SUCCESS) {
        CfFail(File, Line, "the IRP is not completed");
        return STATUS_TIMEOUT;
    }
    CfEqual(File, Line, "completions of the IRP", ReadAcquire(&Request->Completions), 1);
    CfEqual(File, Line, "PendingReturned", Request->PendingReturned, Returned == STATUS_PENDING);
    if (Returned != STATUS_PENDING) {
        CfEqual(File, Line, "IoStatus.Status", (ULONG)Request->Status, (ULONG)Returned);
    }
    return Request->Status;
}

/* --- Threads --------------------------------------------------------------------------------- */

typedef struct _WORKER {
    CF_OWNED Owned;
    PVOID Object;
    VOID (*Run)(PVOID Context);
    PVOID Context;
} WORKER, *PWORKER;

static KSTART_ROUTINE CfThread;

static VOID
CfThread(PVOID Context)
{
    PWORKER Thread = (PWORKER)Context;

    Thread->Run(Thread->Context);
    PsTerminateSystemThread(STATUS_SUCCESS);
}

static __inline VOID
CfJoinThread(PCF_OWNED Owned)
{
    PWORKER Thread = CONTAINING_RECORD(Owned, WORKER, Owned);

    if (WaitFor(Thread->Object)) {
        ObDereferenceObject(Thread->Object);
        ExFreePoolWithTag(Thread, CF_TAG);
    } else {
        InterlockedIncrement(&Cf.Stuck);
    }
}

/* WaitFor(Thread->Object) waits for its end, which the end of the point does in any case. */
static __inline PWORKER
NewWorker(VOID (*Run)(PVOID Context), PVOID Context)
{
    PWORKER Thread = (PWORKER)CfAllocate(sizeof(*Thread));
    HANDLE Handle;

    Thread->Run = Run;
    Thread->Context = Context;
    if (!NT_SUCCESS(PsCreateSystemThread(&Handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, CfThread,
                                         Thread))) {
        KeBugCheckEx(MANUALLY_INITIATED_CRASH, 2, 0, 0, 0);
    }
    ObReferenceObjectByHandle(Handle, THREAD_ALL_ACCESS, *PsThreadType, KernelMode, &Thread->Object,
                              NULL);
    ZwClose(Handle);
    CfOwn(&Thread->Owned, CF_RANK_WORKERS, CfJoinThread);
    return Thread;
}

/* --- Clients --------------------------------------------------------------------------------- */

/* A registration beside Cf.Registration, with the NPI captured. */
typedef struct _CLIENT {
    CF_OWNED Owned;
    WSK_REGISTRATION Registration;
    WSK_PROVIDER_NPI Npi;
    BOOLEAN Ended;
} CLIENT, *PCLIENT;

static const WSK_CLIENT_DISPATCH CfDispatch = { MAKE_WSK_VERSION(1, 0), 0, NULL };

static __inline VOID
EndClient(PCLIENT Client)
{
    if (!Client->Ended) {
        Client->Ended = TRUE;
        WskReleaseProviderNPI(&Client->Registration);
        WskDeregister(&Client->Registration);
    }
}

static __inline VOID
CfEndClient(PCF_OWNED Owned)
{
    PCLIENT Client = CONTAINING_RECORD(Owned, CLIENT, Owned);

    if (Cf.Stuck) {
        return;
    }
    EndClient(Client);
    ExFreePoolWithTag(Client, CF_TAG);
}

static __inline PCLIENT
NewClient(VOID)
{
    WSK_CLIENT_NPI ClientNpi = { NULL, &CfDispatch };
    PCLIENT Client = (PCLIENT)CfAllocate(sizeof(*Client));

    if (!EXPECT_STATUS(WskRegister(&ClientNpi, &Client->Registration), STATUS_SUCCESS)) {
        ExFreePoolWithTag(Client, CF_TAG);
        return NULL;
    }
    if (!EXPECT_STATUS(WskCaptureProviderNPI(&Client->Registration, WSK_INFINITE_WAIT,
                                             &Client->Npi),
                       STATUS_SUCCESS)) {
        WskDeregister(&Client->Registration);
        ExFreePoolWithTag(Client, CF_TAG);
        return NULL;
    }
    CfOwn(&Client->Owned, CF_RANK_CLIENTS, CfEndClient);
    return Client;
}

/* --- Points ---------------------------------------------------------------------------------- */

typedef VOID CF_POINT_FUNCTION(VOID);

typedef struct _CF_POINT {
    PCSTR Name;
    CF_POINT_FUNCTION *Run;
} CF_POINT;

#define POINT(Name) static VOID Point_##Name(VOID)
#define ENTRY(Name) { #Name, Point_##Name }

/* Closes a driver's file: its table of points, and DriverEntry. */
#define CONFORMANCE(...) \
    static const CF_POINT CfPoints[] = { __VA_ARGS__ }; \
    DRIVER_INITIALIZE DriverEntry; \
    NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath) \
    { \
        return CfMain(DriverObject, RegistryPath, CfPoints, RTL_NUMBER_OF(CfPoints)); \
    }

static __inline VOID
CfRunPoint(const CF_POINT *Point)
{
    Cf.Failed = 0;
    Cf.Skipped = 0;
    DbgPrint("conformance: begin %s\n", Point->Name);
    Point->Run();
    if (KeGetCurrentIrql() != PASSIVE_LEVEL) {
        KeBugCheckEx(IRQL_UNEXPECTED_VALUE, KeGetCurrentIrql(), 0, 0, 0);
    }
    CfGiveBackAll();
    if (Cf.Failed != 0) {
        DbgPrint("conformance: failed %s %s\n", Point->Name, Cf.Text);
    } else if (Cf.Skipped != 0) {
        DbgPrint("conformance: skipped %s %s\n", Point->Name, Cf.Text);
    } else {
        DbgPrint("conformance: passed %s\n", Point->Name);
    }
}

#define CF_NAMES_MAX 8192

static __inline VOID
CfReadParameter(PUNICODE_STRING RegistryPath, PCWSTR Name, PWSTR Buffer, USHORT Size)
{
    RTL_QUERY_REGISTRY_TABLE Table[3];
    UNICODE_STRING String;

    RtlZeroMemory(Table, sizeof(Table));
    RtlZeroMemory(Buffer, Size);
    String.Buffer = Buffer;
    String.Length = 0;
    String.MaximumLength = (USHORT)(Size - sizeof(WCHAR)); /* the last one stays a terminator */
    Table[0].Flags = RTL_QUERY_REGISTRY_SUBKEY;
    Table[0].Name = (PWSTR)L"Parameters";
    Table[1].Flags = RTL_QUERY_REGISTRY_DIRECT | RTL_QUERY_REGISTRY_TYPECHECK;
    Table[1].Name = (PWSTR)Name;
    Table[1].EntryContext = &String;
    Table[1].DefaultType = (REG_SZ << RTL_QUERY_REGISTRY_TYPECHECK_SHIFT) | REG_NONE;
    (VOID)RtlQueryRegistryValues(RTL_REGISTRY_ABSOLUTE, RegistryPath->Buffer, Table, NULL, NULL);
}

/* Whether the list of names, which is empty for all, has this one. */
static __inline BOOLEAN
CfIsWanted(PCWSTR List, PCSTR Name)
{
    PCSTR At = Name;

    if (*List == 0) {
        return TRUE;
    }
    for (;; List++) {
        if (*List == 0 || *List == L',' || *List == L' ') {
            if (At != NULL && *At == 0) {
                return TRUE;
            }
            if (*List == 0) {
                return FALSE;
            }
            At = Name;
        } else if (At != NULL) {
            At = *List == (WCHAR)(UCHAR)*At ? At + 1 : NULL;
        }
    }
}

static DRIVER_UNLOAD CfUnload;

static VOID
CfUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    if (Cf.Stuck == 0) {
        WskReleaseProviderNPI(&Cf.Registration);
        WskDeregister(&Cf.Registration);
    }
}

static __inline NTSTATUS
CfRegister(VOID)
{
    WSK_CLIENT_NPI ClientNpi = { NULL, &CfDispatch };
    NTSTATUS Status = WskRegister(&ClientNpi, &Cf.Registration);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = WskCaptureProviderNPI(&Cf.Registration, WSK_INFINITE_WAIT, &Cf.Npi);
    if (!NT_SUCCESS(Status)) {
        WskDeregister(&Cf.Registration);
    }
    return Status;
}

static __inline VOID
CfInitialize(VOID)
{
    ULONG Rank;

    for (Rank = 0; Rank < CF_RANKS; Rank++) {
        InitializeListHead(&Cf.Owned[Rank]);
    }
    KeInitializeSpinLock(&Cf.OwnedLock);
}

static __inline NTSTATUS
CfMain(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath, const CF_POINT *Points,
       ULONG Count)
{
    PWSTR Names = (PWSTR)CfAllocate(CF_NAMES_MAX);
    NTSTATUS Status;
    ULONG i;

    CfInitialize();
    Status = CfRegister();
    if (NT_SUCCESS(Status)) {
        DriverObject->DriverUnload = CfUnload;
        CfReadParameter(RegistryPath, L"points", Names, CF_NAMES_MAX);
        for (i = 0; i < Count; i++) {
            if (CfIsWanted(Names, Points[i].Name)) {
                CfRunPoint(&Points[i]);
            }
        }
    }
    ExFreePoolWithTag(Names, CF_TAG);
    return Status;
}
