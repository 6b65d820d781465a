/* SPDX-License-Identifier: MIT */
/*
 * bad_v30_length.c - counts only the data in cmsg_len, not the header.
 */
#include "bad.h"

static NTSTATUS
Sin(VOID)
{
    static CHAR Payload[4];
    WSK_BUF Buffer = { IoAllocateMdl(Payload, 4, FALSE, FALSE, NULL), 0, 4 };
    UCHAR Control[WSA_CMSG_SPACE(sizeof(INT))];
    PCMSGHDR Item = (PCMSGHDR)Control;
    WSK_REQUEST Request;
    NTSTATUS Status = Open(NULL, NULL);

    if (!NT_SUCCESS(Status) || !NT_SUCCESS(WskRequestAllocate(&Request))) {
        return STATUS_UNSUCCESSFUL;
    }
    MmBuildMdlForNonPagedPool(Buffer.Mdl);
    RtlZeroMemory(Control, sizeof(Control));
    Item->cmsg_len = sizeof(INT);
    Item->cmsg_level = IPPROTO_IP;
    Item->cmsg_type = IP_TOS;
    Status = Table()->WskSendTo(Socket, &Buffer, 0, (PSOCKADDR)&Local, sizeof(Control), Item, /* CAUGHT V30 FINDING */
                                Request.Irp);
    WskRequestWait(&Request, Status);
    IoFreeMdl(Buffer.Mdl);
    WskRequestFree(&Request);
    return STATUS_SUCCESS;
}
