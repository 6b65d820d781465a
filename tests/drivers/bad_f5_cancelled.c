/* SPDX-License-Identifier: MIT */
/*
 * bad_f5_cancelled.c - takes each receive that ends for one that received: it ends the text where it says that it ends,
 * and writes in front of its block when nothing came. That a send fails it overlooks, for datagrams get lost anyway.
 */
/* INJECT --inject=WskReceiveFrom:cancel:delay=1ms --inject=WskSendTo:status=STATUS_UNSUCCESSFUL */
#include "bad.h"

#define ROOM 64

static PCHAR Text;

static NTSTATUS
Receive(PWSK_REQUEST Request, PMDL Mdl)
{
    WSK_BUF Buffer = { Mdl, 0, ROOM };
    ULONG_PTR Length = 0;
    NTSTATUS Status = Table()->WskReceiveFrom(Socket, &Buffer, 0, NULL, NULL, NULL, NULL,
                                              Request->Irp);

    SendToSelf();
    WskRequestWaitInformation(Request, Status, &Length);
    Text[Length - 1] = 0;
    return STATUS_SUCCESS;
}

static NTSTATUS
Sin(VOID)
{
    WSK_REQUEST Request;
    NTSTATUS Status = Open(NULL, NULL);
    PMDL Mdl;

    Text = ExAllocatePool2(POOL_FLAG_NON_PAGED, ROOM, 'txeT');
    if (!NT_SUCCESS(Status) || Text == NULL || !NT_SUCCESS(WskRequestAllocate(&Request))) {
        return STATUS_UNSUCCESSFUL;
    }
    Mdl = IoAllocateMdl(Text, ROOM, FALSE, FALSE, NULL);
    MmBuildMdlForNonPagedPool(Mdl);
    Receive(&Request, Mdl);
    IoFreeMdl(Mdl);
    WskRequestFree(&Request);
    ExFreePoolWithTag(Text, 'txeT'); /* CAUGHT V5 STOP */
    return STATUS_SUCCESS;
}
