/* SPDX-License-Identifier: MIT */
/* test_registration.c - registration, capture, version negotiation, deregistration. */
#include "client.h"

#include "base.h"
#include "bug.h"
#include "crew.h"
#include "nt_internal.h"
#include "provider.h"
#include "provider_state.h"
#include "socket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define LONG_TIMEOUT_MS 100000u
#define SHORT_TIMEOUT_MS 30u

/* What a capture must not write when it fails. */
#define UNTOUCHED ((PVOID)(uintptr_t)0x5a5a5a5a)

static const WSK_CLIENT_DISPATCH version_1_0 = { MAKE_WSK_VERSION(1, 0), 0, NULL };

/* Not on a stack: the block must not move while it is registered. */
static WSK_REGISTRATION block, other_block;

static int setup(void **state)
{
    (void)state;
    memset(&block, 0, sizeof(block));
    memset(&other_block, 0, sizeof(other_block));
    provider_start(NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    provider_stop();
    return 0;
}

static NTSTATUS register_as(PWSK_REGISTRATION registration, const WSK_CLIENT_DISPATCH *dispatch)
{
    WSK_CLIENT_NPI npi = { NULL, dispatch };

    return WskRegister(&npi, registration);
}

static void register_1_0(PWSK_REGISTRATION registration)
{
    assert_int_equal(register_as(registration, &version_1_0), STATUS_SUCCESS);
}

static NTSTATUS capture(PWSK_REGISTRATION registration, ULONG timeout, PWSK_PROVIDER_NPI npi)
{
    *npi = (WSK_PROVIDER_NPI){ UNTOUCHED, UNTOUCHED };
    return WskCaptureProviderNPI(registration, timeout, npi);
}

/* REG-12: fails, and leaves the output as it was. */
static void expect_no_capture(PWSK_REGISTRATION registration, ULONG timeout, NTSTATUS status)
{
    WSK_PROVIDER_NPI npi;

    assert_int_equal(capture(registration, timeout, &npi), status);
    assert_ptr_equal(npi.Client, UNTOUCHED);
    assert_ptr_equal(npi.Dispatch, UNTOUCHED);
}

static struct client captured(PWSK_REGISTRATION registration)
{
    struct client client = { .registration = { 0 } };

    assert_int_equal(capture(registration, WSK_NO_WAIT, &client.npi), STATUS_SUCCESS);
    return client;
}

static struct wsk_client *inside(const WSK_PROVIDER_NPI *npi)
{
    return (struct wsk_client *)npi->Client;
}

/* --- Threads that wait ----------------------------------------------------------------------- */

static void await_waiters(PKEVENT event, unsigned expected)
{
    unsigned count;

    do {
        struct nt_signal signal;

        os_yield();
        count = 0;
        nt_signal_begin(&signal, &event->Header);
        for (LIST_ENTRY *link = event->Header.WaitListHead.Flink;
             link != &event->Header.WaitListHead; link = link->Flink)
            count++;
        nt_signal_end(&signal);
    } while (count != expected);
}

struct waiting {
    PWSK_REGISTRATION registration;
    ULONG timeout;
    WSK_PROVIDER_NPI npi[CREW_MAX];
    NTSTATUS status[CREW_MAX];
    struct crew crew;
};

static void capture_member(void *context, unsigned index)
{
    struct waiting *waiting = context;

    waiting->status[index] = capture(waiting->registration, waiting->timeout, &waiting->npi[index]);
}

/* Returns when all of them wait for the subsystem. */
static void start_waiting(struct waiting *waiting, PWSK_REGISTRATION registration, ULONG timeout,
                          unsigned count)
{
    waiting->registration = registration;
    waiting->timeout = timeout;
    crew_start(&waiting->crew, count, capture_member, waiting);
    await_waiters(wsk_ready_event(), count);
}

struct deregistering {
    PWSK_REGISTRATION registration;
    struct wsk_client *client;
    _Atomic uint32_t done;
    struct call *observed; /* an IRP that has to be completed before */
    bool observed_done;
    struct crew crew;
};

static void deregister_member(void *context, unsigned index)
{
    struct deregistering *self = context;

    (void)index;
    WskDeregister(self->registration);
    self->observed_done = self->observed && call_done(self->observed);
    atomic_store(&self->done, 1);
}

/* Returns when WskDeregister waits for whoever still uses the client. */
static void start_deregistering(struct deregistering *self, PWSK_REGISTRATION registration,
                                const WSK_PROVIDER_NPI *npi)
{
    self->registration = registration;
    self->client = inside(npi);
    atomic_store(&self->done, 0);
    crew_start(&self->crew, 1, deregister_member, self);
    await_waiters(&self->client->idle, 1);
}

static void expect_still_deregistering(struct deregistering *self)
{
    assert_int_equal(KeReadStateEvent(&self->client->idle), 0);
    assert_int_equal(atomic_load(&self->done), 0);
}

static void expect_deregistered(struct deregistering *self)
{
    crew_join(&self->crew);
    assert_int_equal(atomic_load(&self->done), 1);
}

/* --- Registration ---------------------------------------------------------------------------- */

static void REG_01_register(void **state)
{
    (void)state;
    register_1_0(&block);
    assert_int_equal(ledger_count(LEDGER_REGISTRATION), 1);
    WskDeregister(&block);
    assert_int_equal(ledger_count(LEDGER_REGISTRATION), 0);
}

static void REG_01_parameters(void **state)
{
    WSK_CLIENT_NPI npi = { NULL, NULL };

    (void)state;
    assert_int_equal(WskRegister(NULL, &block), STATUS_INVALID_PARAMETER);
    assert_int_equal(WskRegister(&npi, &block), STATUS_INVALID_PARAMETER);
    npi.Dispatch = &version_1_0;
    assert_int_equal(WskRegister(&npi, NULL), STATUS_INVALID_PARAMETER);
    assert_int_equal(ledger_count(LEDGER_REGISTRATION), 0);
}

static void REG_02_the_version_is_not_judged(void **state)
{
    static const WSK_CLIENT_DISPATCH strange = { MAKE_WSK_VERSION(99, 7), 0, NULL };

    (void)state;
    assert_int_equal(register_as(&block, &strange), STATUS_SUCCESS);
    WskDeregister(&block);
}

static void REG_03_registrations_are_independent(void **state)
{
    static WSK_REGISTRATION blocks[3];
    WSK_PROVIDER_NPI npis[3];

    (void)state;
    for (int i = 0; i < 3; i++) {
        register_1_0(&blocks[i]);
        assert_int_equal(capture(&blocks[i], WSK_NO_WAIT, &npis[i]), STATUS_SUCCESS);
    }
    assert_ptr_not_equal(npis[0].Client, npis[1].Client);
    assert_ptr_not_equal(npis[1].Client, npis[2].Client);
    WskReleaseProviderNPI(&blocks[1]);
    WskDeregister(&blocks[1]);
    expect_no_capture(&blocks[1], WSK_NO_WAIT, STATUS_DEVICE_NOT_READY);
    for (int i = 0; i < 3; i += 2) {
        struct client client = { .npi = npis[i] };

        dgram_close(dgram_bound(&client, AF_INET, NULL, NULL, NULL));
        WskReleaseProviderNPI(&blocks[i]);
        WskDeregister(&blocks[i]);
    }
}

static void register_from_this_frame(void)
{
    volatile WSK_CLIENT_NPI npi = { NULL, &version_1_0 };

    assert_int_equal(WskRegister((PWSK_CLIENT_NPI)&npi, &block), STATUS_SUCCESS);
    npi.ClientContext = UNTOUCHED;
    npi.Dispatch = UNTOUCHED;
}

static void REG_04_the_npi_may_die(void **state)
{
    WSK_PROVIDER_NPI npi;

    (void)state;
    register_from_this_frame();
    assert_int_equal(capture(&block, WSK_INFINITE_WAIT, &npi), STATUS_SUCCESS);
    dgram_close(dgram_open(&(struct client){ .npi = npi }, AF_INET, NULL, NULL));
    WskReleaseProviderNPI(&block);
    WskDeregister(&block);
}

/* --- Capture --------------------------------------------------------------------------------- */

static void REG_07_no_wait(void **state)
{
    WSK_PROVIDER_NPI npi;

    (void)state;
    register_1_0(&block);
    wsk_set_ready(false);
    expect_no_capture(&block, WSK_NO_WAIT, STATUS_DEVICE_NOT_READY);
    wsk_set_ready(true);
    assert_int_equal(capture(&block, WSK_NO_WAIT, &npi), STATUS_SUCCESS);
    WskReleaseProviderNPI(&block);
    WskDeregister(&block);
}

static void REG_08_infinite_wait(void **state)
{
    static struct waiting waiting;

    (void)state;
    register_1_0(&block);
    wsk_set_ready(false);
    start_waiting(&waiting, &block, WSK_INFINITE_WAIT, 4);
    wsk_set_ready(true);
    crew_join(&waiting.crew);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(waiting.status[i], STATUS_SUCCESS);
        assert_ptr_equal(waiting.npi[i].Client, waiting.npi[0].Client);
        WskReleaseProviderNPI(&block);
    }
    WskDeregister(&block);
}

static void REG_09_finite_wait_ends_with_readiness(void **state)
{
    static struct waiting waiting;

    (void)state;
    register_1_0(&block);
    wsk_set_ready(false);
    start_waiting(&waiting, &block, LONG_TIMEOUT_MS, 1);
    wsk_set_ready(true);
    crew_join(&waiting.crew);
    assert_int_equal(waiting.status[0], STATUS_SUCCESS);
    WskReleaseProviderNPI(&block);
    WskDeregister(&block);
}

static void REG_09_finite_wait_ends_with_time(void **state)
{
    uint64_t start;

    (void)state;
    register_1_0(&block);
    wsk_set_ready(false);
    start = os_clock_ns();
    expect_no_capture(&block, SHORT_TIMEOUT_MS, STATUS_DEVICE_NOT_READY);
    assert_true(os_clock_ns() - start >= SHORT_TIMEOUT_MS * OS_NS_PER_MS);
    WskDeregister(&block);
    wsk_set_ready(true);
}

/* A timeout of more than 2^31 ms is neither negative nor for ever. */
static void REG_09_longest_finite_wait(void **state)
{
    static struct waiting waiting;

    (void)state;
    register_1_0(&block);
    wsk_set_ready(false);
    start_waiting(&waiting, &block, WSK_INFINITE_WAIT - 1, 1);
    wsk_set_ready(true);
    crew_join(&waiting.crew);
    assert_int_equal(waiting.status[0], STATUS_SUCCESS);
    WskReleaseProviderNPI(&block);
    WskDeregister(&block);
}

static void REG_10_what_is_captured(void **state)
{
    WSK_PROVIDER_NPI npi;

    (void)state;
    register_1_0(&block);
    assert_int_equal(capture(&block, WSK_INFINITE_WAIT, &npi), STATUS_SUCCESS);
    assert_non_null(npi.Client);
    assert_non_null(npi.Dispatch);
    assert_true(npi.Dispatch->Version >= MAKE_WSK_VERSION(1, 0));
    assert_non_null(npi.Dispatch->WskSocket);
    assert_non_null(npi.Dispatch->WskSocketConnect);
    assert_non_null(npi.Dispatch->WskControlClient);
    assert_non_null(npi.Dispatch->WskGetAddressInfo);
    assert_non_null(npi.Dispatch->WskFreeAddressInfo);
    assert_non_null(npi.Dispatch->WskGetNameInfo);
    WskReleaseProviderNPI(&block);
    WskDeregister(&block);
}

static void REG_11_every_capture_counts(void **state)
{
    static struct deregistering self;
    WSK_PROVIDER_NPI npi;

    (void)state;
    register_1_0(&block);
    for (int i = 0; i < 3; i++)
        assert_int_equal(capture(&block, WSK_NO_WAIT, &npi), STATUS_SUCCESS);
    assert_int_equal(ledger_count(LEDGER_NPI), 1);
    start_deregistering(&self, &block, &npi);
    for (int i = 0; i < 3; i++) {
        expect_still_deregistering(&self);
        WskReleaseProviderNPI(&block);
    }
    expect_deregistered(&self);
    assert_int_equal(ledger_count(LEDGER_NPI), 0);
}

static void REG_12_a_failed_capture_takes_no_reference(void **state)
{
    static const WSK_CLIENT_DISPATCH too_new = { MAKE_WSK_VERSION(2, 0), 0, NULL };

    (void)state;
    assert_int_equal(register_as(&block, &too_new), STATUS_SUCCESS);
    expect_no_capture(&block, WSK_NO_WAIT, STATUS_NOINTERFACE);
    assert_int_equal(ledger_count(LEDGER_NPI), 0);
    WskDeregister(&block);
    register_1_0(&block);
    wsk_set_ready(false);
    expect_no_capture(&block, WSK_NO_WAIT, STATUS_DEVICE_NOT_READY);
    expect_no_capture(&block, 1, STATUS_DEVICE_NOT_READY);
    assert_int_equal(ledger_count(LEDGER_NPI), 0);
    WskDeregister(&block);
    wsk_set_ready(true);
}

static void REG_12_parameters(void **state)
{
    WSK_PROVIDER_NPI npi;

    (void)state;
    register_1_0(&block);
    assert_int_equal(WskCaptureProviderNPI(&block, WSK_NO_WAIT, NULL), STATUS_INVALID_PARAMETER);
    assert_int_equal(WskCaptureProviderNPI(NULL, WSK_NO_WAIT, &npi), STATUS_INVALID_PARAMETER);
    assert_int_equal(WskQueryProviderCharacteristics(&block, NULL), STATUS_INVALID_PARAMETER);
    WskDeregister(&block);
}

static void REG_13_dispatch_level(void **state)
{
    WSK_PROVIDER_CHARACTERISTICS range;
    WSK_PROVIDER_NPI npi;
    KIRQL irql;

    (void)state;
    register_1_0(&block);
    KeRaiseIrql(DISPATCH_LEVEL, &irql);
    assert_int_equal(capture(&block, WSK_NO_WAIT, &npi), STATUS_SUCCESS);
    assert_int_equal(WskQueryProviderCharacteristics(&block, &range), STATUS_SUCCESS);
    WskReleaseProviderNPI(&block);
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    KeLowerIrql(irql);
    WskDeregister(&block);
}

static void REG_14_sockets_outlive_the_capture(void **state)
{
    struct client client;
    SOCKADDR_INET local;
    char text[8];
    size_t size = sizeof(text);
    dgram socket;

    (void)state;
    register_1_0(&block);
    client = captured(&block);
    socket = dgram_bound(&client, AF_INET, NULL, NULL, &local);
    WskReleaseProviderNPI(&block);
    assert_int_equal(dgram_send(socket, "alive", 5, &local), STATUS_SUCCESS);
    assert_int_equal(dgram_receive(socket, text, &size, NULL), STATUS_SUCCESS);
    assert_int_equal(size, 5);
    dgram_close(socket);
    WskDeregister(&block);
}

static void REG_15_captures_of_one_registration_are_alike(void **state)
{
    WSK_PROVIDER_NPI first, second;

    (void)state;
    register_1_0(&block);
    assert_int_equal(capture(&block, WSK_NO_WAIT, &first), STATUS_SUCCESS);
    assert_int_equal(capture(&block, WSK_INFINITE_WAIT, &second), STATUS_SUCCESS);
    assert_ptr_equal(first.Client, second.Client);
    assert_ptr_equal(first.Dispatch, second.Dispatch);
    WskReleaseProviderNPI(&block);
    WskReleaseProviderNPI(&block);
    WskDeregister(&block);
}

static bool client_event_called;

static NTSTATUS WSKAPI client_event(PVOID context, ULONG event, PVOID information, SIZE_T length)
{
    (void)context;
    (void)event;
    (void)information;
    (void)length;
    client_event_called = true;
    return STATUS_NOT_IMPLEMENTED;
}

/* Nor does a value in the reserved member matter. */
static void REG_16_17_client_event_and_reserved_member(void **state)
{
    static const WSK_CLIENT_DISPATCH dispatch = { MAKE_WSK_VERSION(1, 0), 0xffff, client_event };
    struct client client;

    (void)state;
    assert_int_equal(register_as(&block, &dispatch), STATUS_SUCCESS);
    client = captured(&block);
    dgram_close(dgram_bound(&client, AF_INET6, NULL, NULL, NULL));
    WskReleaseProviderNPI(&block);
    WskDeregister(&block);
    assert_false(client_event_called);
}

/* --- Versions -------------------------------------------------------------------------------- */

static void VER_01_encoding(void **state)
{
    (void)state;
    assert_int_equal(MAKE_WSK_VERSION(1, 0), 0x0100);
    assert_int_equal(MAKE_WSK_VERSION(0x12, 0x34), 0x1234);
    assert_int_equal(WSK_MAJOR_VERSION(0x1234), 0x12);
    assert_int_equal(WSK_MINOR_VERSION(0x1234), 0x34);
}

/* At once: a wait of this length would outlast the test's time limit. */
static void VER_02_unsupported_at_once(void **state)
{
    static const USHORT versions[] = { 0x0000, 0x0001, 0x00ff, 0x0102, 0x01ff, 0x0200, 0xffff };
    static const ULONG timeouts[] = { WSK_NO_WAIT, 1, LONG_TIMEOUT_MS * 10, WSK_INFINITE_WAIT };

    (void)state;
    for (size_t v = 0; v < RTL_NUMBER_OF(versions); v++) {
        const WSK_CLIENT_DISPATCH dispatch = { versions[v], 0, NULL };

        assert_int_equal(register_as(&block, &dispatch), STATUS_SUCCESS);
        for (size_t t = 0; t < RTL_NUMBER_OF(timeouts); t++) {
            for (int ready = 0; ready < 2; ready++) {
                wsk_set_ready(ready != 0);
                expect_no_capture(&block, timeouts[t], STATUS_NOINTERFACE);
            }
        }
        WskDeregister(&block);
    }
}

static void VER_03_characteristics(void **state)
{
    WSK_PROVIDER_CHARACTERISTICS range = { 0, 0 };

    (void)state;
    register_1_0(&block);
    assert_int_equal(WskQueryProviderCharacteristics(&block, &range), STATUS_SUCCESS);
    assert_int_equal(range.LowestVersion, MAKE_WSK_VERSION(1, 0)); /* VER-07 */
    assert_int_equal(range.HighestVersion, MAKE_WSK_VERSION(1, 1));
    wsk_set_ready(false);
    range = (WSK_PROVIDER_CHARACTERISTICS){ 0xabcd, 0xabcd };
    assert_int_equal(WskQueryProviderCharacteristics(&block, &range), STATUS_DEVICE_NOT_READY);
    assert_int_equal(range.LowestVersion, 0xabcd);
    wsk_set_ready(true);
    assert_int_equal(ledger_count(LEDGER_NPI), 0);
    WskDeregister(&block); /* returns: the queries took no reference */
}

static void VER_04_05_ask_after_a_refusal_and_register_again(void **state)
{
    static const WSK_CLIENT_DISPATCH too_new = { MAKE_WSK_VERSION(3, 0), 0, NULL };
    WSK_PROVIDER_CHARACTERISTICS range = { 0, 0 };
    WSK_CLIENT_DISPATCH fitting = { 0, 0, NULL };
    WSK_PROVIDER_NPI npi;

    (void)state;
    assert_int_equal(register_as(&block, &too_new), STATUS_SUCCESS);
    expect_no_capture(&block, WSK_INFINITE_WAIT, STATUS_NOINTERFACE);
    assert_int_equal(WskQueryProviderCharacteristics(&block, &range), STATUS_SUCCESS);
    WskDeregister(&block);
    fitting.Version = range.HighestVersion;
    assert_int_equal(register_as(&block, &fitting), STATUS_SUCCESS);
    assert_int_equal(capture(&block, WSK_NO_WAIT, &npi), STATUS_SUCCESS);
    WskReleaseProviderNPI(&block);
    WskDeregister(&block);
}

static void VER_06_07_supported_versions(void **state)
{
    static const WSK_CLIENT_DISPATCH dispatches[] = {
        { MAKE_WSK_VERSION(1, 0), 0, NULL },
        { MAKE_WSK_VERSION(1, 1), 0, NULL },
    };
    WSK_PROVIDER_NPI npi;

    (void)state;
    for (int i = 0; i < 2; i++) {
        assert_int_equal(register_as(&block, &dispatches[i]), STATUS_SUCCESS);
        assert_int_equal(capture(&block, WSK_NO_WAIT, &npi), STATUS_SUCCESS);
        assert_int_equal(WSK_MAJOR_VERSION(npi.Dispatch->Version), 1);
        assert_true(npi.Dispatch->Version >= dispatches[i].Version);
        WskReleaseProviderNPI(&block);
        WskDeregister(&block);
    }
}

/* --- Deregistration -------------------------------------------------------------------------- */

static void DEREG_01_waits_for_the_capture(void **state)
{
    static struct deregistering self;
    WSK_PROVIDER_NPI npi;

    (void)state;
    register_1_0(&block);
    assert_int_equal(capture(&block, WSK_NO_WAIT, &npi), STATUS_SUCCESS);
    start_deregistering(&self, &block, &npi);
    expect_still_deregistering(&self);
    WskReleaseProviderNPI(&block);
    expect_deregistered(&self);
}

/* DEREG-02, DEREG-07: it neither cancels nor closes, and outlasts the close. */
static void DEREG_01_waits_for_sockets(void **state)
{
    static struct deregistering self;
    struct client client;
    struct call receive, close;
    char byte;
    WSK_BUF buffer = buffer_over(&byte, 1);
    dgram socket;
    NTSTATUS status;

    (void)state;
    register_1_0(&block);
    client = captured(&block);
    socket = dgram_bound(&client, AF_INET, NULL, NULL, NULL);
    WskReleaseProviderNPI(&block);
    call_init(&receive);
    call_init(&close);
    status = socket.d->WskReceiveFrom(socket.socket, &buffer, 0, NULL, NULL, NULL, NULL,
                                      IRP(&receive));
    assert_int_equal(status, STATUS_PENDING);
    self.observed = &close;
    start_deregistering(&self, &block, &client.npi);
    expect_still_deregistering(&self);
    assert_false(call_done(&receive));
    assert_int_equal(CALL(&close, socket.d->WskCloseSocket(socket.socket, IRP(&close))),
                     STATUS_SUCCESS);
    assert_int_equal(call_wait(&receive, status), STATUS_CANCELLED);
    expect_deregistered(&self);
    assert_true(self.observed_done);
    call_free(&receive);
    call_free(&close);
    buffer_free(&buffer);
}

static void DEREG_03_promptly_when_nothing_is_left(void **state)
{
    uint64_t start = os_clock_ns();

    (void)state;
    for (int i = 0; i < 5000; i++) {
        register_1_0(&block);
        WskDeregister(&block);
    }
    /* A sleep of a millisecond in there would show. */
    assert_true(os_clock_ns() - start < 5 * OS_NS_PER_S);
}

static void DEREG_04_no_capture_once_it_has_begun(void **state)
{
    static const ULONG timeouts[] = { WSK_NO_WAIT, LONG_TIMEOUT_MS, WSK_INFINITE_WAIT };
    static struct deregistering self;
    WSK_PROVIDER_CHARACTERISTICS range;
    WSK_PROVIDER_NPI npi;

    (void)state;
    register_1_0(&block);
    assert_int_equal(capture(&block, WSK_NO_WAIT, &npi), STATUS_SUCCESS);
    start_deregistering(&self, &block, &npi);
    for (size_t i = 0; i < RTL_NUMBER_OF(timeouts); i++)
        expect_no_capture(&block, timeouts[i], STATUS_DEVICE_NOT_READY);
    assert_int_equal(WskQueryProviderCharacteristics(&block, &range), STATUS_DEVICE_NOT_READY);
    WskReleaseProviderNPI(&block);
    expect_deregistered(&self);
}

static void DEREG_04_waiting_captures_are_woken(void **state)
{
    static const ULONG timeouts[] = { WSK_INFINITE_WAIT, LONG_TIMEOUT_MS };
    static struct waiting waiting;

    (void)state;
    for (int i = 0; i < 2; i++) {
        register_1_0(&block);
        wsk_set_ready(false);
        start_waiting(&waiting, &block, timeouts[i], 4);
        WskDeregister(&block);
        crew_join(&waiting.crew);
        for (int k = 0; k < 4; k++) {
            assert_int_equal(waiting.status[k], STATUS_DEVICE_NOT_READY);
            assert_ptr_equal(waiting.npi[k].Client, UNTOUCHED);
        }
        wsk_set_ready(true);
    }
}

/* Waiters of another registration are not disturbed. */
static void DEREG_04_only_its_own_waiters(void **state)
{
    static struct waiting mine, others;

    (void)state;
    register_1_0(&block);
    register_1_0(&other_block);
    wsk_set_ready(false);
    start_waiting(&others, &other_block, WSK_INFINITE_WAIT, 1);
    mine.registration = &block;
    mine.timeout = WSK_INFINITE_WAIT;
    crew_start(&mine.crew, 1, capture_member, &mine);
    await_waiters(wsk_ready_event(), 2);
    WskDeregister(&block);
    crew_join(&mine.crew);
    assert_int_equal(mine.status[0], STATUS_DEVICE_NOT_READY);
    await_waiters(wsk_ready_event(), 1);
    wsk_set_ready(true);
    crew_join(&others.crew);
    assert_int_equal(others.status[0], STATUS_SUCCESS);
    WskReleaseProviderNPI(&other_block);
    WskDeregister(&other_block);
}

static void DEREG_05_capture_on_a_deregistered_block(void **state)
{
    static const ULONG timeouts[] = { WSK_NO_WAIT, LONG_TIMEOUT_MS, WSK_INFINITE_WAIT };
    WSK_PROVIDER_CHARACTERISTICS range;

    (void)state;
    register_1_0(&block);
    WskDeregister(&block);
    for (size_t i = 0; i < RTL_NUMBER_OF(timeouts); i++)
        expect_no_capture(&block, timeouts[i], STATUS_DEVICE_NOT_READY);
    assert_int_equal(WskQueryProviderCharacteristics(&block, &range), STATUS_DEVICE_NOT_READY);
    /* Also when the client's memory serves another registration by now. */
    register_1_0(&other_block);
    expect_no_capture(&block, WSK_NO_WAIT, STATUS_DEVICE_NOT_READY);
    WskDeregister(&other_block);
}

/* --- DEREG-08: three threads, any order ------------------------------------------------------ */

enum step { RELEASE, CLOSE, DEREGISTER };

struct ending {
    const enum step *order;
    _Atomic uint32_t turn; /* whose step may begin */
    dgram socket;
};

static void take_step(struct ending *ending, enum step step)
{
    switch (step) {
    case RELEASE:
        WskReleaseProviderNPI(&block);
        break;
    case CLOSE:
        dgram_close(ending->socket);
        break;
    case DEREGISTER:
        WskDeregister(&block);
        break;
    }
}

static void ending_member(void *context, unsigned index)
{
    struct ending *ending = context;
    enum step step = ending->order[index];

    while (atomic_load(&ending->turn) != index)
        os_yield();
    /* The others cannot wait for a deregistration to return. */
    if (step == DEREGISTER)
        atomic_store(&ending->turn, index + 1);
    take_step(ending, step);
    if (step != DEREGISTER)
        atomic_store(&ending->turn, index + 1);
}

static void DEREG_08_three_threads_in_any_order(void **state)
{
    static const enum step orders[][3] = {
        { RELEASE, CLOSE, DEREGISTER }, { RELEASE, DEREGISTER, CLOSE },
        { CLOSE, RELEASE, DEREGISTER }, { CLOSE, DEREGISTER, RELEASE },
        { DEREGISTER, RELEASE, CLOSE }, { DEREGISTER, CLOSE, RELEASE },
    };

    (void)state;
    for (int round = 0; round < 60; round++) {
        struct ending ending = { .order = orders[round % 6] };
        struct client client;

        register_1_0(&block);
        client = captured(&block);
        ending.socket = dgram_bound(&client, AF_INET, NULL, NULL, NULL);
        crew_run(3, ending_member, &ending);
        assert_int_equal(ledger_count(LEDGER_REGISTRATION), 0);
        assert_int_equal(ledger_count(LEDGER_SOCKET), 0);
    }
}

/* Without turns, too: all at once. */
static void at_once_member(void *context, unsigned index)
{
    take_step(context, (enum step)index);
}

static void DEREG_08_three_threads_at_once(void **state)
{
    (void)state;
    for (int round = 0; round < 100; round++) {
        struct ending ending = { .order = NULL };
        struct client client;

        register_1_0(&block);
        client = captured(&block);
        ending.socket = dgram_open(&client, AF_INET6, NULL, NULL);
        crew_run(3, at_once_member, &ending);
        assert_int_equal(ledger_count(LEDGER_REGISTRATION), 0);
    }
}

/* Captures that come while the registration goes either succeed before or fail. */
static void capture_and_release_member(void *context, unsigned index)
{
    _Atomic uint32_t *failed = context;
    WSK_PROVIDER_NPI npi;

    if (index == 0) {
        WskDeregister(&block);
        return;
    }
    while (NT_SUCCESS(capture(&block, WSK_INFINITE_WAIT, &npi)))
        WskReleaseProviderNPI(&block);
    atomic_fetch_add(failed, 1);
}

static void DEREG_04_captures_meet_the_deregistration(void **state)
{
    (void)state;
    for (int round = 0; round < 100; round++) {
        _Atomic uint32_t failed = 0;

        register_1_0(&block);
        crew_run(4, capture_and_release_member, (void *)&failed);
        assert_int_equal(atomic_load(&failed), 3);
        assert_int_equal(ledger_count(LEDGER_NPI), 0);
    }
}

static void DEREG_09_register_the_same_memory_again(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        struct client client;

        register_1_0(&block);
        client = captured(&block);
        dgram_close(dgram_open(&client, i & 1 ? AF_INET : AF_INET6, NULL, NULL));
        WskReleaseProviderNPI(&block);
        WskDeregister(&block);
    }
}

static void DEREG_10_sockets_of_others_are_not_waited_for(void **state)
{
    struct client client;
    SOCKADDR_INET local;
    char text[8];
    size_t size = sizeof(text);
    dgram socket;

    (void)state;
    register_1_0(&block);
    register_1_0(&other_block);
    client = captured(&other_block);
    socket = dgram_bound(&client, AF_INET, NULL, NULL, &local);
    WskDeregister(&block);
    assert_int_equal(dgram_send(socket, "x", 1, &local), STATUS_SUCCESS);
    assert_int_equal(dgram_receive(socket, text, &size, NULL), STATUS_SUCCESS);
    dgram_close(socket);
    WskReleaseProviderNPI(&other_block);
    WskDeregister(&other_block);
}

/* --- Misuse ---------------------------------------------------------------------------------- */

static void misuse_setup(void)
{
    provider_start(NULL);
    register_1_0(&block);
}

static void raise_to(KIRQL level)
{
    KIRQL before;

    KeRaiseIrql(level, &before);
}

static void register_at_dispatch(void)
{
    provider_start(NULL);
    raise_to(DISPATCH_LEVEL);
    register_1_0(&block);
}

static void deregister_at_dispatch(void)
{
    misuse_setup();
    raise_to(DISPATCH_LEVEL);
    WskDeregister(&block);
}

static void capture_with_wait_at_dispatch(void)
{
    WSK_PROVIDER_NPI npi;

    misuse_setup();
    raise_to(DISPATCH_LEVEL);
    (void)!WskCaptureProviderNPI(&block, WSK_INFINITE_WAIT, &npi);
}

static void capture_with_finite_wait_at_dispatch(void)
{
    WSK_PROVIDER_NPI npi;

    misuse_setup();
    raise_to(DISPATCH_LEVEL);
    (void)!WskCaptureProviderNPI(&block, 1, &npi);
}

static void capture_above_dispatch(void)
{
    WSK_PROVIDER_NPI npi;

    misuse_setup();
    raise_to(HIGH_LEVEL);
    (void)!WskCaptureProviderNPI(&block, WSK_NO_WAIT, &npi);
}

static void release_above_dispatch(void)
{
    WSK_PROVIDER_NPI npi;

    misuse_setup();
    (void)!WskCaptureProviderNPI(&block, WSK_NO_WAIT, &npi);
    raise_to(HIGH_LEVEL);
    WskReleaseProviderNPI(&block);
}

static void query_above_dispatch(void)
{
    WSK_PROVIDER_CHARACTERISTICS range;

    misuse_setup();
    raise_to(HIGH_LEVEL);
    (void)!WskQueryProviderCharacteristics(&block, &range);
}

static void REG_13_wrong_irql_stops(void **state)
{
    static const struct {
        void (*fn)(void);
        const char *name;
    } rows[] = {
        { register_at_dispatch, "WskRegister" },
        { deregister_at_dispatch, "WskDeregister" },
        { capture_with_wait_at_dispatch, "WskCaptureProviderNPI" },
        { capture_with_finite_wait_at_dispatch, "WskCaptureProviderNPI" },
        { capture_above_dispatch, "WskCaptureProviderNPI" },
        { release_above_dispatch, "WskReleaseProviderNPI" },
        { query_above_dispatch, "WskQueryProviderCharacteristics" },
    };

    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(rows); i++) {
        assert_bug_check(IRQL_NOT_LESS_OR_EQUAL, rows[i].fn);
        assert_bug_text(rows[i].name);
    }
}

static void release_without_capture(void)
{
    misuse_setup();
    WskReleaseProviderNPI(&block);
}

static void release_twice(void)
{
    WSK_PROVIDER_NPI npi;

    misuse_setup();
    (void)!WskCaptureProviderNPI(&block, WSK_NO_WAIT, &npi);
    WskReleaseProviderNPI(&block);
    WskReleaseProviderNPI(&block);
}

/* The count is the registration's: a capture through another block does not help. */
static void release_through_another_block(void)
{
    WSK_PROVIDER_NPI npi;

    misuse_setup();
    register_1_0(&other_block);
    (void)!WskCaptureProviderNPI(&other_block, WSK_NO_WAIT, &npi);
    WskReleaseProviderNPI(&block);
}

static void release_after_deregistration(void)
{
    misuse_setup();
    WskDeregister(&block);
    WskReleaseProviderNPI(&block);
}

static void deregister_twice(void)
{
    misuse_setup();
    WskDeregister(&block);
    WskDeregister(&block);
}

static void register_twice(void)
{
    misuse_setup();
    register_1_0(&block);
}

static void wsk_v17_unbalanced_calls_stop(void **state)
{
    static void (*const rows[])(void) = {
        release_without_capture, release_twice,    release_through_another_block,
        release_after_deregistration, deregister_twice, register_twice,
    };

    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(rows); i++) {
        assert_bug_check(DRIVER_VERIFIER_DETECTED_VIOLATION, rows[i]);
        assert_bug_text("WSK-V17");
    }
}

/* What an unknown block contains. */
static int filling;

static void fill_unknown(void)
{
    provider_start(NULL);
    memset(&block, filling, sizeof(block));
}

static void capture_unknown(void)
{
    WSK_PROVIDER_NPI npi;

    fill_unknown();
    (void)!WskCaptureProviderNPI(&block, WSK_NO_WAIT, &npi);
}

static void query_unknown(void)
{
    WSK_PROVIDER_CHARACTERISTICS range;

    fill_unknown();
    (void)!WskQueryProviderCharacteristics(&block, &range);
}

static void release_unknown(void)
{
    fill_unknown();
    WskReleaseProviderNPI(&block);
}

static void deregister_unknown(void)
{
    fill_unknown();
    WskDeregister(&block);
}

static void wsk_v17_unknown_blocks_stop(void **state)
{
    static void (*const rows[])(void) = {
        capture_unknown, query_unknown, release_unknown, deregister_unknown,
    };
    static const int fillings[] = { 0x00, 0xcc, 0xff };

    (void)state;
    for (size_t f = 0; f < RTL_NUMBER_OF(fillings); f++) {
        filling = fillings[f];
        for (size_t i = 0; i < RTL_NUMBER_OF(rows); i++) {
            assert_bug_check(DRIVER_VERIFIER_DETECTED_VIOLATION, rows[i]);
            assert_bug_text("WSK-V17");
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(REG_01_register, setup, teardown),
        cmocka_unit_test_setup_teardown(REG_01_parameters, setup, teardown),
        cmocka_unit_test_setup_teardown(REG_02_the_version_is_not_judged, setup, teardown),
        cmocka_unit_test_setup_teardown(REG_03_registrations_are_independent, setup, teardown),
        cmocka_unit_test_setup_teardown(REG_04_the_npi_may_die, setup, teardown),
        cmocka_unit_test_setup_teardown(REG_07_no_wait, setup, teardown),
        cmocka_unit_test_setup_teardown(REG_08_infinite_wait, setup, teardown),
        cmocka_unit_test_setup_teardown(REG_09_finite_wait_ends_with_readiness, setup, teardown),
        cmocka_unit_test_setup_teardown(REG_09_finite_wait_ends_with_time, setup, teardown),
        cmocka_unit_test_setup_teardown(REG_09_longest_finite_wait, setup, teardown),
        cmocka_unit_test_setup_teardown(REG_10_what_is_captured, setup, teardown),
        cmocka_unit_test_setup_teardown(REG_11_every_capture_counts, setup, teardown),
        cmocka_unit_test_setup_teardown(REG_12_a_failed_capture_takes_no_reference, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(REG_12_parameters, setup, teardown),
        cmocka_unit_test_setup_teardown(REG_13_dispatch_level, setup, teardown),
        cmocka_unit_test_setup_teardown(REG_14_sockets_outlive_the_capture, setup, teardown),
        cmocka_unit_test_setup_teardown(REG_15_captures_of_one_registration_are_alike, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(REG_16_17_client_event_and_reserved_member, setup,
                                        teardown),
        cmocka_unit_test(VER_01_encoding),
        cmocka_unit_test_setup_teardown(VER_02_unsupported_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(VER_03_characteristics, setup, teardown),
        cmocka_unit_test_setup_teardown(VER_04_05_ask_after_a_refusal_and_register_again, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(VER_06_07_supported_versions, setup, teardown),
        cmocka_unit_test_setup_teardown(DEREG_01_waits_for_the_capture, setup, teardown),
        cmocka_unit_test_setup_teardown(DEREG_01_waits_for_sockets, setup, teardown),
        cmocka_unit_test_setup_teardown(DEREG_03_promptly_when_nothing_is_left, setup, teardown),
        cmocka_unit_test_setup_teardown(DEREG_04_no_capture_once_it_has_begun, setup, teardown),
        cmocka_unit_test_setup_teardown(DEREG_04_waiting_captures_are_woken, setup, teardown),
        cmocka_unit_test_setup_teardown(DEREG_04_only_its_own_waiters, setup, teardown),
        cmocka_unit_test_setup_teardown(DEREG_04_captures_meet_the_deregistration, setup, teardown),
        cmocka_unit_test_setup_teardown(DEREG_05_capture_on_a_deregistered_block, setup, teardown),
        cmocka_unit_test_setup_teardown(DEREG_08_three_threads_in_any_order, setup, teardown),
        cmocka_unit_test_setup_teardown(DEREG_08_three_threads_at_once, setup, teardown),
        cmocka_unit_test_setup_teardown(DEREG_09_register_the_same_memory_again, setup, teardown),
        cmocka_unit_test_setup_teardown(DEREG_10_sockets_of_others_are_not_waited_for, setup,
                                        teardown),
        cmocka_unit_test(REG_13_wrong_irql_stops),
        cmocka_unit_test(wsk_v17_unbalanced_calls_stop),
        cmocka_unit_test(wsk_v17_unknown_blocks_stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
