/* SPDX-License-Identifier: MIT */
/*
 * good_events.c - waits for events that older completions have set, and knows it: an event that says that there
 * is room for one more operation, and one that wakes a worker who then looks for himself.
 */
/* RUN --inject=WskGetLocalAddress:delay=20ms */
#include "bad.h"

#define SLOTS 2

typedef struct _WORK {
    KEVENT Room;
    KEVENT Wake;
    volatile LONG UnderWay;
    PIRP Irps[SLOTS];
} WORK;

static WORK Work;
static IO_COMPLETION_ROUTINE Completed;

static NTSTATUS
Completed(PDEVICE_OBJECT DeviceObject, PIRP Irp, PVOID Context)
{
    WORK *Own = Context;

    UNREFERENCED_PARAMETER(DeviceObject);
    UNREFERENCED_PARAMETER(Irp);
    KeSetEvent(&Own->Room, IO_NO_INCREMENT, FALSE);
    KeSetEvent(&Own->Wake, IO_NO_INCREMENT, FALSE);
    InterlockedDecrement(&Own->UnderWay);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static VOID
Ask(PIRP Irp)
{
    static SOCKADDR_INET Answers[SLOTS];

    InterlockedIncrement(&Work.UnderWay);
    IoReuseIrp(Irp, STATUS_SUCCESS);
    IoSetCompletionRoutine(Irp, Completed, &Work, TRUE, TRUE, TRUE);
    Table()->WskGetLocalAddress(Socket, (PSOCKADDR)&Answers[Irp == Work.Irps[1]], Irp);
}

/* When the count is down the routines are done with the events. */
static VOID
WaitForAll(VOID)
{
    LARGE_INTEGER Moment = { .QuadPart = -10000 };

    while (InterlockedCompareExchange(&Work.UnderWay, 0, 0) != 0) {
        KeDelayExecutionThread(KernelMode, FALSE, &Moment);
    }
}

/* The event was set when the last two ended; it says nothing of these. */
static VOID
WaitForRoom(VOID)
{
    for (ULONG Round = 0; Round < 3; Round++) {
        Ask(Work.Irps[0]);
        Ask(Work.Irps[1]);
        KeWaitForSingleObject(&Work.Room, Executive, KernelMode, FALSE, NULL);
        WaitForAll();
    }
}

/* Woken by what has been seen to already, and by others. */
static VOID
WorkWhenWoken(VOID)
{
    KeSetEvent(&Work.Wake, IO_NO_INCREMENT, FALSE);
    for (ULONG Round = 0; Round < 3; Round++) {
        Ask(Work.Irps[0]);
        KeWaitForSingleObject(&Work.Wake, Executive, KernelMode, FALSE, NULL);
        WaitForAll();
    }
}

static NTSTATUS
AllocateIrps(VOID)
{
    for (ULONG i = 0; i < SLOTS; i++) {
        Work.Irps[i] = IoAllocateIrp(1, FALSE);
        if (Work.Irps[i] == NULL) {
            return STATUS_INSUFFICIENT_RESOURCES;
        }
    }
    return STATUS_SUCCESS;
}

static VOID
FreeIrps(VOID)
{
    for (ULONG i = 0; i < SLOTS; i++) {
        if (Work.Irps[i] != NULL) {
            IoFreeIrp(Work.Irps[i]);
        }
    }
}

static NTSTATUS
Sin(VOID)
{
    NTSTATUS Status = Open(NULL, NULL);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = AllocateIrps();
    if (NT_SUCCESS(Status)) {
        KeInitializeEvent(&Work.Room, SynchronizationEvent, FALSE);
        KeInitializeEvent(&Work.Wake, SynchronizationEvent, TRUE);
        WaitForRoom();
        WorkWhenWoken();
    }
    Close();
    FreeIrps();
    return Status;
}
