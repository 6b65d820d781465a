/* SPDX-License-Identifier: MIT */
/*
 * test_stream.c - many datagrams close behind each other: each keeps its own IRP, status, bytes,
 * order and thread, however they travel. And runs that the kernel has joined, as a driver gets
 * them.
 */
#include "client.h"
#include "crew.h"
#include "peer.h"

#include "base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define FLIGHT 150
#define THREADS 2

static struct client client;
static struct peer peer;
static dgram sender;
static SOCKADDR_INET to;

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

static int open_pair(void **state)
{
    (void)state;
    peer_open(&peer, false);
    sender = dgram_bound(&client, AF_INET, NULL, NULL, NULL);
    to = loopback(AF_INET, peer.port);
    return 0;
}

static int close_pair(void **state)
{
    (void)state;
    dgram_close(sender);
    peer_close(&peer);
    return 0;
}

/* --- Sends in flight ------------------------------------------------------------------------- */

struct payload {
    unsigned thread;
    unsigned number;
};

struct flight {
    PIRP irp;
    struct payload payload;
    WSK_BUF buffer;
    NTSTATUS status;
    ULONG_PTR information;
    unsigned completions;
};

static struct {
    struct flight flights[THREADS][FLIGHT];
    KSEMAPHORE completed;
    _Atomic unsigned foreign;    /* completions of another request inside a call */
} air;

/* The request whose call is running in this thread. */
static _Thread_local struct flight *calling;

static NTSTATUS landed(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    struct flight *flight = context;

    (void)device;
    if (calling && calling != flight)
        atomic_fetch_add(&air.foreign, 1);
    flight->status = irp->IoStatus.Status;
    flight->information = irp->IoStatus.Information;
    flight->completions++;
    KeReleaseSemaphore(&air.completed, IO_NO_INCREMENT, 1, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static void prepare(void)
{
    memset(&air, 0, sizeof(air));
    KeInitializeSemaphore(&air.completed, 0, MAXLONG);
    for (unsigned t = 0; t < THREADS; t++)
        for (unsigned i = 0; i < FLIGHT; i++) {
            struct flight *flight = &air.flights[t][i];

            flight->irp = IoAllocateIrp(1, FALSE);
            assert_non_null(flight->irp);
            flight->payload = (struct payload){ t, i };
            flight->buffer = buffer_over(&flight->payload, sizeof(flight->payload));
        }
}

static void clear(void)
{
    for (unsigned t = 0; t < THREADS; t++)
        for (unsigned i = 0; i < FLIGHT; i++) {
            IoFreeIrp(air.flights[t][i].irp);
            buffer_free(&air.flights[t][i].buffer);
        }
}

static void take_off(struct flight *flight, const SOCKADDR_INET *destination)
{
    IoReuseIrp(flight->irp, STATUS_UNSUCCESSFUL);
    IoSetCompletionRoutine(flight->irp, landed, flight, TRUE, TRUE, TRUE);
    flight->completions = 0;
    calling = flight;
    sender.d->WskSendTo(sender.socket, &flight->buffer, 0, (PSOCKADDR)destination, 0, NULL,
                        flight->irp);
    calling = NULL;
}

static void wait_for(unsigned count)
{
    while (count--)
        assert_int_equal(KeWaitForSingleObject(&air.completed, Executive, KernelMode, FALSE, NULL),
                         STATUS_SUCCESS);
}

static void expect_each(unsigned threads, unsigned count)
{
    for (unsigned t = 0; t < threads; t++)
        for (unsigned i = 0; i < count; i++) {
            assert_int_equal(air.flights[t][i].completions, 1);
            assert_int_equal(air.flights[t][i].status, STATUS_SUCCESS);
            assert_int_equal(air.flights[t][i].information, sizeof(struct payload));
        }
}

/* What the peer got: all, and of each thread in its order. */
static void expect_in_order(unsigned threads, unsigned count)
{
    unsigned next[THREADS] = { 0 };

    for (unsigned i = 0; i < threads * count; i++) {
        struct payload payload;

        assert_int_equal(peer_receive(&peer, &payload, sizeof(payload), NULL), sizeof(payload));
        assert_true(payload.thread < threads);
        assert_int_equal(payload.number, next[payload.thread]);
        next[payload.thread]++;
    }
}

static void IRP_25_no_other_request_completes_inside_a_call(void **state)
{
    static const unsigned counts[] = { 1, 2, 3, 63, 64, 65, 127, 128, 129, FLIGHT };

    (void)state;
    prepare();
    for (unsigned round = 0; round < 40; round++) {
        unsigned count = counts[round % RTL_NUMBER_OF(counts)];

        for (unsigned i = 0; i < count; i++)
            take_off(&air.flights[0][i], &to);
        wait_for(count);
        expect_each(1, count);
        expect_in_order(1, count);
        assert_int_equal(air.foreign, 0);
    }
    clear();
}

static void send_many(void *context, unsigned index)
{
    (void)context;
    for (unsigned i = 0; i < FLIGHT / 2; i++)
        take_off(&air.flights[index][i], &to);
}

static void DGRAM_SEND_20_several_threads(void **state)
{
    (void)state;
    prepare();
    for (unsigned round = 0; round < 30; round++) {
        crew_run(THREADS, send_many, NULL);
        wait_for(THREADS * (FLIGHT / 2));
        expect_each(THREADS, FLIGHT / 2);
        expect_in_order(THREADS, FLIGHT / 2);
        assert_int_equal(air.foreign, 0);
    }
    clear();
}

/* One destination among many cannot be reached: its datagrams alone fail, wherever they stand. */
static void each_gets_its_own_status(void **state)
{
    SOCKADDR_INET nowhere = to;

    (void)state;
    nowhere.Ipv4.sin_addr.S_un.S_addr = 0xffffffff; /* broadcast, which nobody has allowed */
    prepare();
    for (unsigned at = 0; at < 100; at += 3) {
        unsigned next = 0;

        for (unsigned i = 0; i < 100; i++)
            take_off(&air.flights[0][i], i == at ? &nowhere : &to);
        wait_for(100);
        for (unsigned i = 0; i < 100; i++) {
            struct payload payload;

            assert_int_equal(air.flights[0][i].status,
                             i == at ? STATUS_ACCESS_DENIED : STATUS_SUCCESS);
            assert_int_equal(air.flights[0][i].information, i == at ? 0 : sizeof(payload));
            if (i == at)
                continue;
            assert_int_equal(peer_receive(&peer, &payload, sizeof(payload), NULL), sizeof(payload));
            next += next == at;
            assert_int_equal(payload.number, next++);
        }
    }
    clear();
}

/* Cancelled in the middle of a stream: sent with success, or not at all. */
static void DGRAM_SEND_21_cancel_in_a_stream(void **state)
{
    (void)state;
    prepare();
    for (unsigned round = 0; round < 30; round++) {
        unsigned sent = 0;

        for (unsigned i = 0; i < FLIGHT; i++) {
            take_off(&air.flights[0][i], &to);
            if (i % 7 == 6)
                IoCancelIrp(air.flights[0][i - 3].irp);
        }
        wait_for(FLIGHT);
        for (unsigned i = 0; i < FLIGHT; i++) {
            struct payload payload;

            assert_int_equal(air.flights[0][i].completions, 1);
            if (air.flights[0][i].status == STATUS_CANCELLED)
                continue;
            assert_int_equal(air.flights[0][i].status, STATUS_SUCCESS);
            assert_int_equal(peer_receive(&peer, &payload, sizeof(payload), NULL), sizeof(payload));
            assert_int_equal(payload.number, i);
            sent++;
        }
        assert_true(sent >= FLIGHT - FLIGHT / 7 - 1);
    }
    clear();
}

/* A lone datagram is done when the call returns: it left in this thread. */
static void a_lone_one_leaves_at_once(void **state)
{
    struct payload payload;

    (void)state;
    prepare();
    take_off(&air.flights[0][0], &to);
    assert_int_equal(air.flights[0][0].completions, 1);
    wait_for(1);
    assert_int_equal(peer_receive(&peer, &payload, sizeof(payload), NULL), sizeof(payload));
    clear();
}

/* --- Runs that arrive ------------------------------------------------------------------------ */

#define SEGMENT 100
#define BYTES 5950 /* 60 datagrams, the last one of 50 bytes */

static unsigned char run[BYTES];

struct listener {
    dgram socket;
    SOCKADDR_INET local;
    KSEMAPHORE arrived;           /* one per node */
    KSPIN_LOCK lock;              /* of the rest */
    unsigned char bytes[4 * BYTES];
    size_t used;
    size_t sizes[200];
    unsigned segments[200];       /* of UDP_COALESCED_INFO; 0: absent */
    unsigned nodes;
    NTSTATUS answer;
};

static unsigned segment_of(const WSK_DATAGRAM_INDICATION *node)
{
    PCMSGHDR item = node->ControlInfo;

    if (!item)
        return 0;
    assert_int_equal(item->cmsg_level, IPPROTO_UDP);
    assert_int_equal(item->cmsg_type, UDP_COALESCED_INFO);
    assert_int_equal(item->cmsg_len, sizeof(CMSGHDR) + sizeof(DWORD));
    return *(const DWORD *)(const void *)(item + 1);
}

static NTSTATUS WSKAPI received(PVOID context, ULONG flags, PWSK_DATAGRAM_INDICATION list)
{
    struct listener *listener = context;
    NTSTATUS answer;
    LONG count = 0;

    (void)flags;
    KeAcquireSpinLockAtDpcLevel(&listener->lock);
    for (; list; list = list->Next, count++) {
        const char *data = MmGetSystemAddressForMdlSafe(list->Buffer.Mdl, NormalPagePriority);

        assert_null(list->Buffer.Mdl->Next);
        memcpy(listener->bytes + listener->used, data + list->Buffer.Offset, list->Buffer.Length);
        listener->used += list->Buffer.Length;
        listener->segments[listener->nodes] = segment_of(list);
        listener->sizes[listener->nodes++] = list->Buffer.Length;
    }
    answer = listener->answer;
    KeReleaseSpinLockFromDpcLevel(&listener->lock);
    KeReleaseSemaphore(&listener->arrived, IO_NO_INCREMENT, count, FALSE);
    return answer;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH callbacks = { received };

static struct listener listener;

static int listen_for_runs(void **state)
{
    (void)state;
    for (size_t i = 0; i < BYTES; i++)
        run[i] = (unsigned char)(i * 7 + i / 256);
    memset(&listener, 0, sizeof(listener));
    KeInitializeSemaphore(&listener.arrived, 0, MAXLONG);
    KeInitializeSpinLock(&listener.lock);
    peer_open(&peer, false);
    listener.socket = dgram_bound(&client, AF_INET, &listener, &callbacks, &listener.local);
    return 0;
}

static int forget(void **state)
{
    (void)state;
    dgram_close(listener.socket);
    peer_close(&peer);
    return 0;
}

static void allow(ULONG size)
{
    struct call call;
    ULONG back = 77;
    SIZE_T written;

    call_init(&call);
    assert_int_equal(CALL(&call, listener.socket.d->WskControlSocket(
                                     listener.socket.socket, WskSetOption, UDP_RECV_MAX_COALESCED_SIZE,
                                     IPPROTO_UDP, sizeof(size), &size, 0, NULL, NULL, IRP(&call))),
                     STATUS_SUCCESS);
    assert_int_equal(CALL(&call, listener.socket.d->WskControlSocket(
                                     listener.socket.socket, WskGetOption, UDP_RECV_MAX_COALESCED_SIZE,
                                     IPPROTO_UDP, 0, NULL, sizeof(back), &back, &written, IRP(&call))),
                     STATUS_SUCCESS);
    assert_int_equal(back, size);
    call_free(&call);
}

static void wait_for_nodes(unsigned count)
{
    while (count--)
        KeWaitForSingleObject(&listener.arrived, Executive, KernelMode, FALSE, NULL);
}

static void begin_again(NTSTATUS answer)
{
    KIRQL irql;

    KeAcquireSpinLock(&listener.lock, &irql);
    listener.answer = answer;
    listener.nodes = 0;
    listener.used = 0;
    KeReleaseSpinLock(&listener.lock, irql);
}

static void listen_now(void)
{
    assert_int_equal(dgram_event(listener.socket, WSK_EVENT_RECEIVE_FROM), STATUS_SUCCESS);
}

static void DGRAM_SEG_07_the_event_gets_single_ones_by_default(void **state)
{
    (void)state;
    listen_now();
    peer_send_run(&peer, run, BYTES, SEGMENT, port_of(&listener.local));
    wait_for_nodes(60);
    assert_int_equal(listener.nodes, 60);
    for (unsigned i = 0; i < 60; i++) {
        assert_int_equal(listener.sizes[i], i < 59 ? SEGMENT : 50);
        assert_int_equal(listener.segments[i], 0);
    }
    assert_memory_equal(listener.bytes, run, BYTES);
}

static void DGRAM_SEG_08_a_joined_indication_says_its_size(void **state)
{
    (void)state;
    allow(65535);
    listen_now();
    peer_send_run(&peer, run, BYTES, SEGMENT, port_of(&listener.local));
    wait_for_nodes(1);
    assert_int_equal(listener.sizes[0], BYTES);
    assert_int_equal(listener.segments[0], SEGMENT);
    /* DGRAM-SEG-12 */
    peer_send(&peer, run, 70, port_of(&listener.local));
    wait_for_nodes(1);
    assert_int_equal(listener.sizes[1], 70);
    assert_int_equal(listener.segments[1], 0);
    assert_memory_equal(listener.bytes, run, BYTES);
}

/* At most the size that was allowed, and never a part of a datagram. */
static void DGRAM_SEG_07_at_most_the_size_allowed(void **state)
{
    static const struct { ULONG allowed; size_t each; } rows[] = {
        { 1, 100 }, { 99, 100 }, { 100, 100 }, { 199, 100 }, { 200, 200 }, { 1000, 1000 },
        { 1099, 1000 }, { 5949, 5900 }, { 5950, 5950 }, { 0xffffffff, 5950 },
    };

    (void)state;
    listen_now();
    for (size_t r = 0; r < RTL_NUMBER_OF(rows); r++) {
        unsigned nodes = (unsigned)((BYTES + rows[r].each - 1) / rows[r].each);

        begin_again(STATUS_SUCCESS);
        allow(rows[r].allowed);
        peer_send_run(&peer, run, BYTES, SEGMENT, port_of(&listener.local));
        wait_for_nodes(nodes);
        assert_int_equal(listener.nodes, nodes);
        assert_memory_equal(listener.bytes, run, BYTES);
        for (unsigned i = 0; i < nodes; i++) {
            size_t size = i + 1 < nodes ? rows[r].each : BYTES - rows[r].each * (nodes - 1);

            assert_int_equal(listener.sizes[i], size);
            assert_int_equal(listener.segments[i], size > SEGMENT ? SEGMENT : 0);
        }
    }
}

static void DGRAM_SEG_13_irps_get_single_ones(void **state)
{
    (void)state;
    allow(65535);
    peer_send_run(&peer, run, BYTES, SEGMENT, port_of(&listener.local));
    for (unsigned i = 0; i < 60; i++) {
        unsigned char bytes[2 * SEGMENT];
        size_t size = sizeof(bytes);

        assert_int_equal(dgram_receive(listener.socket, bytes, &size, NULL), STATUS_SUCCESS);
        assert_int_equal(size, i < 59 ? SEGMENT : 50);
        assert_memory_equal(bytes, run + i * SEGMENT, size);
    }
}

/* The first part of a run to IRPs, the rest to the event, in order. */
static void a_run_goes_to_both(void **state)
{
    (void)state;
    peer_send_run(&peer, run, BYTES, SEGMENT, port_of(&listener.local));
    for (unsigned i = 0; i < 10; i++) {
        unsigned char bytes[SEGMENT];
        size_t size = sizeof(bytes);

        assert_int_equal(dgram_receive(listener.socket, bytes, &size, NULL), STATUS_SUCCESS);
        assert_memory_equal(bytes, run + i * SEGMENT, size);
    }
    listen_now();
    wait_for_nodes(50);
    assert_memory_equal(listener.bytes, run + 10 * SEGMENT, BYTES - 10 * SEGMENT);
}

/* Refused, a run comes again when the event is on again, and IRPs may take of it. */
static void a_refused_run_stays(void **state)
{
    unsigned char bytes[SEGMENT];
    size_t size = sizeof(bytes);

    (void)state;
    allow(65535);
    begin_again(STATUS_DATA_NOT_ACCEPTED);
    listen_now();
    peer_send_run(&peer, run, BYTES, SEGMENT, port_of(&listener.local));
    wait_for_nodes(1);
    assert_int_equal(dgram_receive(listener.socket, bytes, &size, NULL), STATUS_SUCCESS);
    assert_memory_equal(bytes, run, SEGMENT);
    begin_again(STATUS_SUCCESS);
    listen_now();
    wait_for_nodes(1);
    assert_int_equal(listener.sizes[0], BYTES - SEGMENT);
    assert_int_equal(listener.segments[0], SEGMENT);
    assert_memory_equal(listener.bytes, run + SEGMENT, BYTES - SEGMENT);
}

#define SEND_TEST(test) cmocka_unit_test_setup_teardown(test, open_pair, close_pair)
#define RUN_TEST(test) cmocka_unit_test_setup_teardown(test, listen_for_runs, forget)

int main(void)
{
    const struct CMUnitTest tests[] = {
        SEND_TEST(IRP_25_no_other_request_completes_inside_a_call),
        SEND_TEST(DGRAM_SEND_20_several_threads),
        SEND_TEST(each_gets_its_own_status),
        SEND_TEST(DGRAM_SEND_21_cancel_in_a_stream),
        SEND_TEST(a_lone_one_leaves_at_once),
        RUN_TEST(DGRAM_SEG_07_the_event_gets_single_ones_by_default),
        RUN_TEST(DGRAM_SEG_08_a_joined_indication_says_its_size),
        RUN_TEST(DGRAM_SEG_07_at_most_the_size_allowed),
        RUN_TEST(DGRAM_SEG_13_irps_get_single_ones),
        RUN_TEST(a_run_goes_to_both),
        RUN_TEST(a_refused_run_stays),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
