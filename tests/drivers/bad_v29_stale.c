/* SPDX-License-Identifier: MIT */
/*
 * bad_v29_stale.c - uses a notification event for call after call and never clears it: the second
 * wait is over before the call is.
 */
/* RUN --inject=WskGetLocalAddress:delay=20ms */
#include "bad.h"

static NTSTATUS
Sin(VOID)
{
    static KEVENT Completed;
    NTSTATUS Status = Open(NULL, NULL);
    PIRP Irp = IoAllocateIrp(1, FALSE);
    BOOLEAN Early;

    if (!NT_SUCCESS(Status) || Irp == NULL) {
        return STATUS_UNSUCCESSFUL;
    }
    KeInitializeEvent(&Completed, NotificationEvent, FALSE);
    for (ULONG i = 0; i < 2; i++) {
        IoReuseIrp(Irp, STATUS_SUCCESS);
        IoSetCompletionRoutine(Irp, WskRequestCompleted, &Completed, TRUE, TRUE, TRUE);
        Table()->WskGetLocalAddress(Socket, (PSOCKADDR)&Local, Irp);
        KeWaitForSingleObject(&Completed, Executive, KernelMode, FALSE, NULL); /* CAUGHT V29 FINDING */
    }
    Early = TRUE;
    UNREFERENCED_PARAMETER(Early);
    Close();
    IoFreeIrp(Irp);
    return STATUS_SUCCESS;
}
