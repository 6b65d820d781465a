/* SPDX-License-Identifier: MIT */
/* client.c - see client.h. */
#include "client.h"

#include "base.h"
#include "nt.h"
#include "provider.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const WSK_CLIENT_DISPATCH client_dispatch = { MAKE_WSK_VERSION(1, 0), 0, NULL };

/* --- Life ------------------------------------------------------------------------------------ */

void provider_start(const struct net_port *port)
{
    const struct wsk_config config = { .loops = 2, .port = port };

    assert_int_equal(nt_start(), STATUS_SUCCESS);
    assert_int_equal(wsk_start(&config), STATUS_SUCCESS);
}

void provider_stop(void)
{
    nt_drain();
    wsk_stop();
    nt_stop();
    assert_nothing_left();
}

void client_start(struct client *client, const struct net_port *port)
{
    WSK_CLIENT_NPI npi = { NULL, &client_dispatch };

    provider_start(port);
    assert_int_equal(WskRegister(&npi, &client->registration), STATUS_SUCCESS);
    assert_int_equal(WskCaptureProviderNPI(&client->registration, WSK_INFINITE_WAIT, &client->npi),
                     STATUS_SUCCESS);
}

void client_stop(struct client *client)
{
    WskReleaseProviderNPI(&client->registration);
    WskDeregister(&client->registration);
    provider_stop();
}

void assert_nothing_left(void)
{
    for (int kind = 0; kind < LEDGER_KIND_COUNT; kind++) {
        size_t count = ledger_count((enum ledger_kind)kind);

        if (count)
            fail_msg("%zu %s left", count, ledger_kind_name((enum ledger_kind)kind, count));
    }
}

/* --- One IRP --------------------------------------------------------------------------------- */

static NTSTATUS completed(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    struct call *call = context;

    assert_null(device);
    call->status = irp->IoStatus.Status;
    call->information = irp->IoStatus.Information;
    call->pending_returned = irp->PendingReturned;
    call->irql = KeGetCurrentIrql();
    call->completions++;
    KeSetEvent(&call->completed, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

void call_init(struct call *call)
{
    memset(call, 0, sizeof(*call));
    KeInitializeEvent(&call->completed, NotificationEvent, FALSE);
    call->irp = IoAllocateIrp(1, FALSE);
    assert_non_null(call->irp);
}

void call_free(struct call *call)
{
    IoFreeIrp(call->irp);
}

PIRP call_reuse(struct call *call)
{
    /* Values that no function leaves behind, so that one which is not written shows. */
    IoReuseIrp(call->irp, (NTSTATUS)0xdeadbeef);
    call->irp->IoStatus.Information = 0xdeadbeef;
    call->completions = 0;
    KeClearEvent(&call->completed);
    IoSetCompletionRoutine(call->irp, completed, call, TRUE, TRUE, TRUE);
    return call->irp;
}

NTSTATUS call_wait(struct call *call, NTSTATUS returned)
{
    if (returned != STATUS_PENDING)
        assert_true(call_done(call)); /* IRP-03: completed before the return */
    KeWaitForSingleObject(&call->completed, Executive, KernelMode, FALSE, NULL);
    assert_int_equal(call->completions, 1);
    assert_int_equal(call->pending_returned, returned == STATUS_PENDING); /* IRP-06 */
    if (returned != STATUS_PENDING)
        assert_int_equal(call->status, returned);
    if (!NT_SUCCESS(call->status))
        assert_int_equal(call->information, 0); /* IRP-15 */
    return call->status;
}

bool call_done(struct call *call)
{
    return KeReadStateEvent(&call->completed) != 0;
}

/* --- Sockets --------------------------------------------------------------------------------- */

SOCKADDR_INET loopback(ADDRESS_FAMILY family, USHORT port)
{
    SOCKADDR_INET address;

    memset(&address, 0, sizeof(address));
    address.si_family = family;
    address.Ipv4.sin_port = RtlUshortByteSwap(port);
    if (family == AF_INET)
        memcpy(&address.Ipv4.sin_addr, "\x7f\0\0\1", 4);
    else
        ((UCHAR *)&address.Ipv6.sin6_addr)[15] = 1;
    return address;
}

USHORT port_of(const SOCKADDR_INET *address)
{
    return RtlUshortByteSwap(address->Ipv4.sin_port);
}

dgram dgram_open(struct client *client, ADDRESS_FAMILY family, PVOID context,
                 const WSK_CLIENT_DATAGRAM_DISPATCH *callbacks)
{
    struct call call;
    dgram opened;

    call_init(&call);
    assert_int_equal(CALL(&call, client->npi.Dispatch->WskSocket(
                                     client->npi.Client, family, SOCK_DGRAM, IPPROTO_UDP,
                                     WSK_FLAG_DATAGRAM_SOCKET, context, callbacks, NULL, NULL, NULL,
                                     IRP(&call))),
                     STATUS_SUCCESS);
    opened.socket = (PWSK_SOCKET)call.information;
    opened.d = (PWSK_PROVIDER_DATAGRAM_DISPATCH)opened.socket->Dispatch;
    call_free(&call);
    return opened;
}

dgram dgram_bound(struct client *client, ADDRESS_FAMILY family, PVOID context,
                  const WSK_CLIENT_DATAGRAM_DISPATCH *callbacks, SOCKADDR_INET *local)
{
    SOCKADDR_INET address = loopback(family, 0);
    dgram opened = dgram_open(client, family, context, callbacks);
    struct call call;

    call_init(&call);
    assert_int_equal(CALL(&call, opened.d->WskBind(opened.socket, (PSOCKADDR)&address, 0, IRP(&call))),
                     STATUS_SUCCESS);
    assert_int_equal(CALL(&call, opened.d->WskGetLocalAddress(opened.socket, (PSOCKADDR)&address,
                                                              IRP(&call))),
                     STATUS_SUCCESS);
    if (local)
        *local = address;
    call_free(&call);
    return opened;
}

void dgram_close(dgram socket)
{
    struct call call;

    call_init(&call);
    assert_int_equal(CALL(&call, socket.d->WskCloseSocket(socket.socket, IRP(&call))), STATUS_SUCCESS);
    assert_int_equal(call.information, 0);
    call_free(&call);
}

NTSTATUS dgram_send(dgram socket, const void *data, size_t size, const SOCKADDR_INET *to)
{
    WSK_BUF buffer = buffer_over((void *)(uintptr_t)data, size);
    struct call call;
    NTSTATUS status;

    call_init(&call);
    status = CALL(&call, socket.d->WskSendTo(socket.socket, &buffer, 0, (PSOCKADDR)(uintptr_t)to, 0,
                                             NULL, IRP(&call)));
    if (NT_SUCCESS(status))
        assert_int_equal(call.information, size);
    call_free(&call);
    buffer_free(&buffer);
    return status;
}

NTSTATUS dgram_receive(dgram socket, void *data, size_t *size, SOCKADDR_INET *from)
{
    WSK_BUF buffer = buffer_over(data, *size);
    struct call call;
    NTSTATUS status;

    call_init(&call);
    status = CALL(&call, socket.d->WskReceiveFrom(socket.socket, &buffer, 0, (PSOCKADDR)from, NULL, NULL,
                                                  NULL, IRP(&call)));
    *size = call.information;
    call_free(&call);
    buffer_free(&buffer);
    return status;
}

NTSTATUS dgram_event(dgram socket, ULONG mask)
{
    WSK_EVENT_CALLBACK_CONTROL control = { (PNPIID)(uintptr_t)&NPI_WSK_INTERFACE_ID, mask };
    struct call call;
    NTSTATUS status;

    if (!(mask & WSK_EVENT_DISABLE))
        return socket.d->WskControlSocket(socket.socket, WskSetOption, SO_WSK_EVENT_CALLBACK,
                                          SOL_SOCKET, sizeof(control), &control, 0, NULL, NULL, NULL);
    call_init(&call);
    status = CALL(&call, socket.d->WskControlSocket(socket.socket, WskSetOption,
                                                    SO_WSK_EVENT_CALLBACK, SOL_SOCKET,
                                                    sizeof(control), &control, 0, NULL, NULL,
                                                    IRP(&call)));
    call_free(&call);
    return status;
}

/* --- Buffers --------------------------------------------------------------------------------- */

WSK_BUF buffer_over(void *memory, size_t size)
{
    WSK_BUF buffer = { NULL, 0, size };

    if (size) {
        buffer.Mdl = IoAllocateMdl(memory, (ULONG)size, FALSE, FALSE, NULL);
        assert_non_null(buffer.Mdl);
        MmBuildMdlForNonPagedPool(buffer.Mdl);
    }
    return buffer;
}

void buffer_free(WSK_BUF *buffer)
{
    while (buffer->Mdl) {
        PMDL next = buffer->Mdl->Next;

        IoFreeMdl(buffer->Mdl);
        buffer->Mdl = next;
    }
}
