/* SPDX-License-Identifier: MIT */
/*
 * bad_v27_retained.c - piles up the indications that it is given, and gives none back for a long time.
 */
/* COUNTS most_retained 5 5 */
/* COUNTS oldest_retained_us 50000 */
/* COUNTS most_calls 1 */
#include "bad.h"

#define COUNT 5

static PWSK_DATAGRAM_INDICATION Kept[COUNT];
static volatile LONG Lists, Datagrams;

static NTSTATUS WSKAPI
Receive(PVOID SocketContext, ULONG Flags, PWSK_DATAGRAM_INDICATION DataIndication)
{
    UNREFERENCED_PARAMETER(SocketContext);
    UNREFERENCED_PARAMETER(Flags);
    Kept[Lists++] = DataIndication;
    for (; DataIndication != NULL; DataIndication = DataIndication->Next) {
        Datagrams++;
    }
    if (Datagrams == COUNT) {
        KeSetEvent(&Received, IO_NO_INCREMENT, FALSE);
    }
    return STATUS_PENDING;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH Callbacks = { Receive };

static NTSTATUS
Sin(VOID)
{
    LARGE_INTEGER Long = { .QuadPart = -50 * 10000 };
    NTSTATUS Status = Open(NULL, &Callbacks);

    KeInitializeEvent(&Received, NotificationEvent, FALSE);
    if (NT_SUCCESS(Status)) {
        Status = SwitchEvent(WSK_EVENT_RECEIVE_FROM);
    }
    for (ULONG i = 0; NT_SUCCESS(Status) && i < COUNT; i++) {
        Status = SendToSelf();
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    KeWaitForSingleObject(&Received, Executive, KernelMode, FALSE, NULL);
    EndEvents();
    KeDelayExecutionThread(KernelMode, FALSE, &Long);
    for (LONG i = 0; i < Lists; i++) {
        Table()->WskRelease(Socket, Kept[i]);
    }
    return STATUS_SUCCESS;
}
