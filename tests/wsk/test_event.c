/* SPDX-License-Identifier: MIT */
/* test_event.c - WskReceiveFromEvent, retained indications, WskRelease, enabling and disabling. */
#include "client.h"
#include "peer.h"

#include "base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define KEPT_MAX 4096

/* What the callback does, and what it saw. One per test, behind SocketContext. */
struct listener {
    dgram socket;
    SOCKADDR_INET local;
    NTSTATUS answer;              /* what the callback returns */
    bool release_in_callback;
    bool wait_for_go;             /* the callback does not return before `go` */
    KEVENT entered, go;
    KSPIN_LOCK lock;
    _Atomic unsigned calls;       /* the test reads it when only the wire says that it may */
    unsigned datagrams;
    ULONG flags;
    char text[64];                /* first bytes of all payloads, in order */
    PWSK_DATAGRAM_INDICATION kept[KEPT_MAX];
    unsigned kept_count;
    KSEMAPHORE arrived;           /* one per datagram */
    char control[128];
    ULONG control_length;
};

static struct client client;

static void look_at(struct listener *listener, PWSK_DATAGRAM_INDICATION node)
{
    PCHAR data = node->Buffer.Mdl ? MmGetSystemAddressForMdlSafe(node->Buffer.Mdl, NormalPagePriority)
                                  : NULL;

    if (node->Buffer.Length && listener->datagrams < sizeof(listener->text))
        listener->text[listener->datagrams] = data[node->Buffer.Offset];
    assert_non_null(node->RemoteAddress);
    if (node->ControlInfoLength) {
        listener->control_length = node->ControlInfoLength;
        memcpy(listener->control, node->ControlInfo, node->ControlInfoLength);
    }
    listener->datagrams++;
    if (listener->answer == STATUS_PENDING && !listener->release_in_callback)
        listener->kept[listener->kept_count++] = node;
}

static NTSTATUS WSKAPI received(PVOID context, ULONG flags, PWSK_DATAGRAM_INDICATION list)
{
    struct listener *listener = context;
    NTSTATUS answer;
    LONG count = 0;

    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    assert_true(flags & WSK_FLAG_AT_DISPATCH_LEVEL); /* DGRAM-EVT-04 */
    assert_non_null(list);
    KeAcquireSpinLockAtDpcLevel(&listener->lock);
    answer = listener->answer;
    listener->calls++;
    listener->flags = flags;
    for (PWSK_DATAGRAM_INDICATION node = list, next; node; node = next) {
        next = node->Next;
        look_at(listener, node);
        count++;
        if (listener->release_in_callback) {
            node->Next = NULL;
            assert_int_equal(listener->socket.d->WskRelease(listener->socket.socket, node),
                             STATUS_SUCCESS);
        } else if (answer == STATUS_PENDING) {
            node->Next = (PVOID)(uintptr_t)0xdead; /* DGRAM-EVT-09: the client's to use */
        }
    }
    KeReleaseSpinLockFromDpcLevel(&listener->lock);
    KeSetEvent(&listener->entered, IO_NO_INCREMENT, FALSE);
    /*
     * A test may hold the callback: real drivers must not, so the wait does not go through the
     * executive.
     */
    while (listener->wait_for_go && !KeReadStateEvent(&listener->go))
        os_yield();
    /* Last, because the test may close the socket now. */
    KeReleaseSemaphore(&listener->arrived, IO_NO_INCREMENT, count, FALSE);
    return answer;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH callbacks = { received };

static struct listener *listen_on(ADDRESS_FAMILY family)
{
    struct listener *listener = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*listener), 'netL');

    assert_non_null(listener);
    KeInitializeEvent(&listener->entered, NotificationEvent, FALSE);
    KeInitializeEvent(&listener->go, NotificationEvent, FALSE);
    KeInitializeSemaphore(&listener->arrived, 0, MAXLONG);
    KeInitializeSpinLock(&listener->lock);
    listener->socket = dgram_bound(&client, family, listener, &callbacks, &listener->local);
    return listener;
}

static void forget(struct listener *listener)
{
    dgram_close(listener->socket);
    ExFreePoolWithTag(listener, 'netL');
}

static void wait_for(struct listener *listener, unsigned datagrams)
{
    while (datagrams--)
        KeWaitForSingleObject(&listener->arrived, Executive, KernelMode, FALSE, NULL);
}

static int setup(void **state)
{
    (void)state;
    client_start(&client, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    client_stop(&client);
    return 0;
}

static void DGRAM_EVT_01_called_when_enabled(void **state)
{
    static const ADDRESS_FAMILY families[] = { AF_INET, AF_INET6 };

    (void)state;
    for (int f = 0; f < 2; f++) {
        struct listener *listener = listen_on(families[f]);
        struct peer peer;

        peer_open(&peer, f == 1);
        peer_send(&peer, "a", 1, port_of(&listener->local)); /* EVT-06: before enabling */
        assert_int_equal(dgram_event(listener->socket, WSK_EVENT_RECEIVE_FROM), STATUS_SUCCESS);
        assert_int_equal(dgram_event(listener->socket, WSK_EVENT_RECEIVE_FROM), STATUS_SUCCESS); /* 05 */
        peer_send(&peer, "b", 1, port_of(&listener->local));
        peer_send(&peer, "", 0, port_of(&listener->local));
        peer_send(&peer, "d", 1, port_of(&listener->local));
        wait_for(listener, 4);
        assert_memory_equal(listener->text, "ab\0d", 4);
        assert_int_equal(listener->flags & (MSG_MCAST | MSG_BCAST), 0);
        assert_int_equal(listener->control_length, 0); /* DGRAM-EVT-06 */
        peer_close(&peer);
        forget(listener);
    }
}

static void DGRAM_EVT_08_retained_until_released(void **state)
{
    struct listener *listener = listen_on(AF_INET);
    struct peer peer;

    (void)state;
    listener->answer = STATUS_PENDING;
    peer_open(&peer, false);
    assert_int_equal(dgram_event(listener->socket, WSK_EVENT_RECEIVE_FROM), STATUS_SUCCESS);
    for (int i = 0; i < 3000; i++) { /* DGRAM-EVT-22 */
        uint32_t number = (uint32_t)i;

        peer_send(&peer, &number, sizeof(number), port_of(&listener->local));
        wait_for(listener, 1);
    }
    /* Out of order, singly and in lists of our own making (DGRAM-REL-02). */
    for (uint32_t i = 0; i < 3000; i++) {
        uint32_t index = (i * 7) % 3000;
        PWSK_DATAGRAM_INDICATION node = listener->kept[index];
        uint32_t number;

        memcpy(&number, MmGetSystemAddressForMdlSafe(node->Buffer.Mdl, NormalPagePriority), 4);
        assert_int_equal(number, index);
        assert_int_equal(port_of((SOCKADDR_INET *)node->RemoteAddress), peer.port);
        node->Next = NULL;
        if (i % 2) {
            PWSK_DATAGRAM_INDICATION before = listener->kept[((i - 1) * 7) % 3000];

            node->Next = before;
            assert_int_equal(listener->socket.d->WskRelease(listener->socket.socket, node),
                             STATUS_SUCCESS);
        }
    }
    peer_close(&peer);
    forget(listener);
}

static void DGRAM_REL_bad_releases(void **state)
{
    struct listener *listener = listen_on(AF_INET);
    struct listener *other = listen_on(AF_INET);
    PWSK_DATAGRAM_INDICATION node;
    struct peer peer;

    (void)state;
    listener->answer = STATUS_PENDING;
    peer_open(&peer, false);
    dgram_event(listener->socket, WSK_EVENT_RECEIVE_FROM);
    peer_send(&peer, "x", 1, port_of(&listener->local));
    wait_for(listener, 1);
    node = listener->kept[0];
    node->Next = NULL;
    assert_int_equal(listener->socket.d->WskRelease(listener->socket.socket, NULL),
                     STATUS_INVALID_PARAMETER); /* REL-04 */
    assert_int_equal(other->socket.d->WskRelease(other->socket.socket, node),
                     STATUS_INVALID_PARAMETER); /* REL-06 */
    assert_int_equal(listener->socket.d->WskRelease(listener->socket.socket, node), STATUS_SUCCESS);
    peer_close(&peer);
    forget(listener);
    forget(other);
}

static void DGRAM_EVT_10_released_inside_the_callback(void **state)
{
    static const NTSTATUS answers[] = { STATUS_PENDING, STATUS_SUCCESS, STATUS_DATA_NOT_ACCEPTED };

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct listener *listener = listen_on(AF_INET);
        struct peer peer;

        listener->answer = answers[i];
        listener->release_in_callback = true;
        peer_open(&peer, false);
        dgram_event(listener->socket, WSK_EVENT_RECEIVE_FROM);
        peer_send(&peer, "x", 1, port_of(&listener->local));
        wait_for(listener, 1);
        peer_close(&peer);
        forget(listener);
    }
}

static void DGRAM_EVT_11_refused_datagrams_come_again(void **state)
{
    struct listener *listener = listen_on(AF_INET);
    struct peer peer;
    char text[4];
    size_t size = sizeof(text);

    (void)state;
    listener->answer = STATUS_DATA_NOT_ACCEPTED;
    peer_open(&peer, false);
    peer_send(&peer, "a", 1, port_of(&listener->local));
    dgram_event(listener->socket, WSK_EVENT_RECEIVE_FROM);
    wait_for(listener, 1);
    peer_send(&peer, "b", 1, port_of(&listener->local));
    /* DGRAM-EVT-13: the refused one is there for an IRP, and first. The event is off. */
    assert_int_equal(dgram_receive(listener->socket, text, &size, NULL), STATUS_SUCCESS);
    assert_int_equal(text[0], 'a');
    assert_int_equal(listener->calls, 1);
    listener->answer = STATUS_SUCCESS;
    dgram_event(listener->socket, WSK_EVENT_RECEIVE_FROM);
    wait_for(listener, 1);
    assert_int_equal(listener->text[1], 'b');
    peer_close(&peer);
    forget(listener);
}

static void DGRAM_EVT_14_any_other_answer_means_not_retained(void **state)
{
    struct listener *listener = listen_on(AF_INET);
    struct peer peer;

    (void)state;
    listener->answer = STATUS_DEVICE_NOT_READY;
    peer_open(&peer, false);
    dgram_event(listener->socket, WSK_EVENT_RECEIVE_FROM);
    peer_send(&peer, "a", 1, port_of(&listener->local));
    peer_send(&peer, "b", 1, port_of(&listener->local));
    wait_for(listener, 2);
    assert_memory_equal(listener->text, "ab", 2);
    peer_close(&peer);
    forget(listener);
}

static void DGRAM_RECV_20_irps_have_precedence(void **state)
{
    struct listener *listener = listen_on(AF_INET);
    dgram socket = listener->socket;
    struct peer peer;
    char text[4];
    WSK_BUF buffer = buffer_over(text, sizeof(text));
    struct call call;

    (void)state;
    peer_open(&peer, false);
    call_init(&call);
    socket.d->WskReceiveFrom(socket.socket, &buffer, 0, NULL, NULL, NULL, NULL, IRP(&call));
    dgram_event(socket, WSK_EVENT_RECEIVE_FROM);
    peer_send(&peer, "i", 1, port_of(&listener->local));
    assert_int_equal(call_wait(&call, STATUS_PENDING), STATUS_SUCCESS);
    assert_int_equal(text[0], 'i');
    assert_int_equal(listener->calls, 0);
    peer_send(&peer, "e", 1, port_of(&listener->local));
    wait_for(listener, 1);
    assert_int_equal(listener->text[0], 'e');
    call_free(&call);
    buffer_free(&buffer);
    peer_close(&peer);
    forget(listener);
}

static void DGRAM_EVT_23_no_callback_member(void **state)
{
    static const WSK_CLIENT_DATAGRAM_DISPATCH empty = { NULL };
    const WSK_CLIENT_DATAGRAM_DISPATCH *tables[] = { &empty, NULL };

    (void)state;
    for (int i = 0; i < 2; i++) {
        SOCKADDR_INET local;
        dgram socket = dgram_bound(&client, AF_INET, NULL, tables[i], &local);
        struct peer peer;
        char text[4];
        size_t size = sizeof(text);

        peer_open(&peer, false);
        assert_int_equal(dgram_event(socket, WSK_EVENT_RECEIVE_FROM), STATUS_SUCCESS);
        peer_send(&peer, "x", 1, port_of(&local));
        assert_int_equal(dgram_receive(socket, text, &size, NULL), STATUS_SUCCESS);
        peer_close(&peer);
        dgram_close(socket);
    }
}

static void EVT_08_disabled_at_once(void **state)
{
    struct listener *listener = listen_on(AF_INET);
    struct peer peer;
    char text[4];
    size_t size = sizeof(text);

    (void)state;
    peer_open(&peer, false);
    dgram_event(listener->socket, WSK_EVENT_RECEIVE_FROM);
    assert_int_equal(dgram_event(listener->socket, WSK_EVENT_RECEIVE_FROM | WSK_EVENT_DISABLE),
                     STATUS_SUCCESS);
    peer_send(&peer, "x", 1, port_of(&listener->local));
    assert_int_equal(dgram_receive(listener->socket, text, &size, NULL), STATUS_SUCCESS); /* EVT-12 */
    assert_int_equal(listener->calls, 0);
    peer_close(&peer);
    forget(listener);
}

static NTSTATUS disable(struct listener *listener, PIRP irp)
{
    WSK_EVENT_CALLBACK_CONTROL control = { (PNPIID)(uintptr_t)&NPI_WSK_INTERFACE_ID,
                                           WSK_EVENT_RECEIVE_FROM | WSK_EVENT_DISABLE };

    return listener->socket.d->WskControlSocket(listener->socket.socket, WskSetOption,
                                                SO_WSK_EVENT_CALLBACK, SOL_SOCKET, sizeof(control),
                                                &control, 0, NULL, NULL, irp);
}

static void EVT_09_disabling_while_the_callback_runs(void **state)
{
    struct listener *listener = listen_on(AF_INET);
    struct peer peer;
    struct call call;

    (void)state;
    listener->wait_for_go = true;
    peer_open(&peer, false);
    call_init(&call);
    dgram_event(listener->socket, WSK_EVENT_RECEIVE_FROM);
    peer_send(&peer, "x", 1, port_of(&listener->local));
    KeWaitForSingleObject(&listener->entered, Executive, KernelMode, FALSE, NULL);
    assert_int_equal(disable(listener, NULL), STATUS_EVENT_PENDING); /* EVT-10 */
    assert_int_equal(disable(listener, IRP(&call)), STATUS_PENDING);
    assert_false(call_done(&call));
    KeSetEvent(&listener->go, IO_NO_INCREMENT, FALSE);
    assert_int_equal(call_wait(&call, STATUS_PENDING), STATUS_SUCCESS);
    assert_int_equal(listener->calls, 1);
    call_free(&call);
    peer_close(&peer);
    forget(listener);
}

static void EVT_bad_controls(void **state)
{
    struct listener *listener = listen_on(AF_INET);
    dgram unbound = dgram_open(&client, AF_INET, listener, &callbacks);
    const ULONG bad[] = {
        0,
        WSK_EVENT_RECEIVE,
        WSK_EVENT_RECEIVE_FROM | WSK_EVENT_ACCEPT,
        WSK_EVENT_DISABLE,
        WSK_EVENT_DISABLE | WSK_EVENT_RECEIVE_FROM | WSK_EVENT_RECEIVE,
    };

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_int_equal(dgram_event(listener->socket, bad[i]), STATUS_INVALID_PARAMETER);
    assert_int_equal(dgram_event(unbound, WSK_EVENT_RECEIVE_FROM), STATUS_INVALID_DEVICE_STATE); /* 03 */
    dgram_close(unbound);
    forget(listener);
}

static void DGRAM_CMSG_with_events(void **state)
{
    struct listener *listener = listen_on(AF_INET6);
    struct peer peer;
    struct call call;
    ULONG on = 1;
    PCMSGHDR header;
    INT hops;

    (void)state;
    call_init(&call);
    assert_int_equal(CALL(&call, listener->socket.d->WskControlSocket(
                                     listener->socket.socket, WskSetOption, IPV6_PKTINFO, IPPROTO_IPV6,
                                     sizeof(on), &on, 0, NULL, NULL, IRP(&call))),
                     STATUS_SUCCESS);
    assert_int_equal(CALL(&call, listener->socket.d->WskControlSocket(
                                     listener->socket.socket, WskSetOption, IPV6_HOPLIMIT,
                                     IPPROTO_IPV6, sizeof(on), &on, 0, NULL, NULL, IRP(&call))),
                     STATUS_SUCCESS);
    call_free(&call);
    peer_open(&peer, true);
    dgram_event(listener->socket, WSK_EVENT_RECEIVE_FROM);
    peer_send(&peer, "x", 1, port_of(&listener->local));
    wait_for(listener, 1);
    assert_int_equal(listener->control_length,
                     WSA_CMSG_SPACE(sizeof(IN6_PKTINFO)) + WSA_CMSG_SPACE(sizeof(INT)));
    header = (PCMSGHDR)(PVOID)listener->control;
    assert_int_equal(header->cmsg_type, IPV6_PKTINFO);
    header = (PCMSGHDR)(PVOID)(listener->control + WSA_CMSG_SPACE(sizeof(IN6_PKTINFO)));
    assert_int_equal(header->cmsg_type, IPV6_HOPLIMIT);
    memcpy(&hops, header + 1, sizeof(hops));
    assert_in_range(hops, 1, 255);
    peer_close(&peer);
    forget(listener);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(DGRAM_EVT_01_called_when_enabled),
        cmocka_unit_test(DGRAM_EVT_08_retained_until_released),
        cmocka_unit_test(DGRAM_REL_bad_releases),
        cmocka_unit_test(DGRAM_EVT_10_released_inside_the_callback),
        cmocka_unit_test(DGRAM_EVT_11_refused_datagrams_come_again),
        cmocka_unit_test(DGRAM_EVT_14_any_other_answer_means_not_retained),
        cmocka_unit_test(DGRAM_RECV_20_irps_have_precedence),
        cmocka_unit_test(DGRAM_EVT_23_no_callback_member),
        cmocka_unit_test(EVT_08_disabled_at_once),
        cmocka_unit_test(EVT_09_disabling_while_the_callback_runs),
        cmocka_unit_test(EVT_bad_controls),
        cmocka_unit_test(DGRAM_CMSG_with_events),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
