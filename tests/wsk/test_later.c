/* SPDX-License-Identifier: MIT */
/*
 * test_later.c - sends that wait for room, on a scripted network whose wire is full when the test
 * says so.
 */
#include "client.h"
#include "port_script.h"

#include "base.h"
#include "crew.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MESSAGES_MAX 200

static struct script *script;
static struct client client;
static dgram sender;
static SOCKADDR_INET to;

static int setup(void **state)
{
    (void)state;
    script = script_create();
    script_automatic(script, false);
    client_start(&client, script_port(script));
    sender = dgram_bound(&client, AF_INET, NULL, NULL, NULL);
    to = loopback(AF_INET, 4321);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    script_drop(script, script_wire_count(script));
    client_stop(&client);
    script_destroy(script);
    return 0;
}

/* The oldest datagram of the wire carries this number. */
static void expect_number(uint32_t number)
{
    struct script_datagram *datagram = script_take(script);
    uint32_t found;

    assert_non_null(datagram);
    assert_int_equal(datagram->length, sizeof(found));
    memcpy(&found, datagram->data, sizeof(found));
    assert_int_equal(found, number);
    os_free(datagram);
}

/* --- One send -------------------------------------------------------------------------------- */

struct outgoing {
    struct call call;
    uint32_t number;
    WSK_BUF buffer;
};

static void start(struct outgoing *outgoing, uint32_t number)
{
    SOCKADDR_INET address = to;
    WSK_BUF argument;

    outgoing->number = number;
    outgoing->buffer = argument = buffer_over(&outgoing->number, sizeof(outgoing->number));
    call_init(&outgoing->call);
    assert_int_equal(sender.d->WskSendTo(sender.socket, &argument, 0, (PSOCKADDR)&address, 0, NULL,
                                         IRP(&outgoing->call)),
                     STATUS_PENDING);
    /* What the caller may use again at once (DGRAM-SEND-10). */
    memset(&argument, 0xff, sizeof(argument));
    memset(&address, 0xff, sizeof(address));
}

static NTSTATUS finish(struct outgoing *outgoing)
{
    NTSTATUS status = call_wait(&outgoing->call, STATUS_PENDING);

    if (NT_SUCCESS(status))
        assert_int_equal(outgoing->call.information, sizeof(outgoing->number));
    call_free(&outgoing->call);
    buffer_free(&outgoing->buffer);
    return status;
}

static void DGRAM_SEND_18_waits_for_room(void **state)
{
    struct outgoing outgoing[5];

    (void)state;
    script_wire_capacity(script, 2);
    for (uint32_t i = 0; i < 5; i++)
        start(&outgoing[i], i);
    assert_true(call_done(&outgoing[1].call));
    script_settle(script);
    assert_false(call_done(&outgoing[2].call));
    for (uint32_t i = 0; i < 5; i++) {
        expect_number(i); /* DGRAM-SEND-19: in the order of the calls */
        script_settle(script);
    }
    for (int i = 0; i < 5; i++) {
        assert_int_equal(outgoing[i].call.irql, i < 2 ? PASSIVE_LEVEL : DISPATCH_LEVEL);
        assert_int_equal(finish(&outgoing[i]), STATUS_SUCCESS);
    }
    dgram_close(sender);
}

static void DGRAM_SEND_21_cancelled_is_not_sent_later(void **state)
{
    struct outgoing outgoing[4];

    (void)state;
    script_wire_capacity(script, 1);
    for (uint32_t i = 0; i < 4; i++)
        start(&outgoing[i], i);
    script_settle(script);
    assert_true(IoCancelIrp(outgoing[2].call.irp));
    assert_int_equal(finish(&outgoing[2]), STATUS_CANCELLED);
    assert_false(IoCancelIrp(outgoing[0].call.irp)); /* it had gone: the real status */
    expect_number(0);
    script_settle(script);
    expect_number(1);
    script_settle(script);
    expect_number(3);
    for (int i = 0; i < 4; i++) {
        if (i != 2)
            assert_int_equal(finish(&outgoing[i]), STATUS_SUCCESS);
    }
    dgram_close(sender);
}

static void CLOSE_03_cancels_queued_sends(void **state)
{
    struct outgoing outgoing[4];

    (void)state;
    script_wire_capacity(script, 1);
    for (uint32_t i = 0; i < 4; i++)
        start(&outgoing[i], i);
    script_settle(script);
    dgram_close(sender);
    assert_int_equal(finish(&outgoing[0]), STATUS_SUCCESS);
    for (int i = 1; i < 4; i++) {
        assert_true(call_done(&outgoing[i].call));
        assert_int_equal(finish(&outgoing[i]), STATUS_CANCELLED);
    }
    assert_int_equal(script_wire_count(script), 1);
}

static bool fail_requests(enum hook_allocation kind, size_t size, const void *place)
{
    (void)size;
    (void)place;
    return kind == HOOK_REQUEST;
}

static void no_memory_for_the_request(void **state)
{
    static const struct hooks hooks = { .fail_allocation = fail_requests };
    struct outgoing first;
    uint32_t number = 1;

    (void)state;
    script_wire_capacity(script, 1);
    start(&first, 0);
    atomic_store(&base_hooks, &hooks);
    assert_int_equal(dgram_send(sender, &number, sizeof(number), &to), STATUS_INSUFFICIENT_RESOURCES);
    atomic_store(&base_hooks, NULL);
    assert_int_equal(finish(&first), STATUS_SUCCESS);
    dgram_close(sender);
}

/* --- A list ---------------------------------------------------------------------------------- */

struct list_call {
    struct call call;
    uint32_t numbers[MESSAGES_MAX];
    WSK_BUF_LIST nodes[MESSAGES_MAX];
    unsigned count;
};

static void start_list(struct list_call *list, unsigned count)
{
    list->count = count;
    for (uint32_t i = 0; i < count; i++) {
        list->numbers[i] = i;
        list->nodes[i].Buffer = buffer_over(&list->numbers[i], sizeof(list->numbers[i]));
        list->nodes[i].Next = i + 1 < count ? &list->nodes[i + 1] : NULL;
    }
    call_init(&list->call);
    assert_int_equal(sender.d->WskSendMessages(sender.socket, list->nodes, 0, (PSOCKADDR)&to, 0, NULL,
                                               IRP(&list->call)),
                     STATUS_PENDING);
}

static NTSTATUS finish_list(struct list_call *list)
{
    NTSTATUS status = call_wait(&list->call, STATUS_PENDING);

    if (NT_SUCCESS(status))
        assert_int_equal(list->call.information, list->count * sizeof(list->numbers[0]));
    call_free(&list->call);
    for (unsigned i = 0; i < list->count; i++)
        buffer_free(&list->nodes[i].Buffer);
    return status;
}

/*
 * Around the engine's batch of 64, with the wire full after every k: which went, and in which
 * order.
 */
static void DGRAM_MSGS_03_completes_after_the_last(void **state)
{
    static const unsigned counts[] = { 1, 2, 63, 64, 65, 127, 128, 129, 192 };
    static const size_t rooms[] = { 1, 5, 63, 64, 65 };
    static struct list_call list;

    (void)state;
    for (size_t r = 0; r < sizeof(rooms) / sizeof(rooms[0]); r++) {
        script_wire_capacity(script, rooms[r]);
        for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++) {
            start_list(&list, counts[c]);
            for (uint32_t i = 0; i < counts[c]; i++) {
                /* One that waits for more room than there is has not completed (DGRAM-MSGS-03). */
                if (i == 0 && counts[c] > rooms[r])
                    assert_false(call_done(&list.call));
                expect_number(i);
                script_settle(script);
            }
            assert_int_equal(finish_list(&list), STATUS_SUCCESS);
            assert_int_equal(script_wire_count(script), 0);
        }
    }
    dgram_close(sender);
}

static void DGRAM_MSGS_06_failure_in_the_middle(void **state)
{
    static struct list_call list;

    (void)state;
    /* The third of five fails at once; of the next list the third fails after it had to wait. */
    script_fail(script, SCRIPT_SEND, 3, 1, EACCES);
    start_list(&list, 5);
    assert_int_equal(finish_list(&list), STATUS_ACCESS_DENIED);
    for (uint32_t i = 0; i < 5; i++) {
        if (i != 2)
            expect_number(i);
    }
    script_wire_capacity(script, 1);
    start_list(&list, 5);
    script_settle(script);
    expect_number(0);
    script_settle(script);
    script_fail(script, SCRIPT_SEND, 1, 1, EACCES);
    for (uint32_t i = 1; i < 5; i++) {
        if (i == 2)
            continue;
        expect_number(i);
        script_settle(script);
    }
    assert_int_equal(finish_list(&list), STATUS_ACCESS_DENIED);
    dgram_close(sender);
}

static void cancel_of_a_list_that_is_half_sent(void **state)
{
    static struct list_call list;

    (void)state;
    script_wire_capacity(script, 2);
    start_list(&list, 5);
    script_settle(script);
    assert_true(IoCancelIrp(list.call.irp));
    assert_int_equal(finish_list(&list), STATUS_CANCELLED);
    expect_number(0);
    expect_number(1);
    script_settle(script);
    assert_int_equal(script_wire_count(script), 0);
    dgram_close(sender);
}

/* --- Cancel against the drain ----------------------------------------------------------------- */

#define RACE_ROUNDS 5000

struct race {
    _Atomic uint32_t round;
    _Atomic uint32_t done;
    PIRP irp;
};

/* Two threads: one makes room, the other cancels. */
static void race_member(void *context, unsigned index)
{
    struct race *race = context;

    for (uint32_t i = 1; i <= RACE_ROUNDS; i++) {
        while (atomic_load(&race->round) < i)
            os_wait(&race->round, i - 1, OS_FOREVER);
        if (index == 0)
            script_drop(script, 1);
        else
            IoCancelIrp(race->irp);
        atomic_fetch_add(&race->done, 1);
        os_wake_all(&race->done);
    }
}

static void cancel_against_the_drain(void **state)
{
    struct race race = { 0 };
    struct crew crew;
    unsigned sent = 0, cancelled = 0;

    (void)state;
    script_wire_capacity(script, 1);
    crew_start(&crew, 2, race_member, &race);
    for (uint32_t i = 1; i <= RACE_ROUNDS; i++) {
        struct outgoing first, second;
        NTSTATUS status;

        start(&first, 0);
        start(&second, i);
        /* In a stream the loop sends the first one, too; before that there is nothing to drop. */
        script_settle(script);
        race.irp = second.call.irp;
        atomic_store(&race.round, i);
        os_wake_all(&race.round);
        for (uint32_t done = atomic_load(&race.done); done < 2 * i; done = atomic_load(&race.done))
            os_wait(&race.done, done, OS_FOREVER);
        assert_int_equal(finish(&first), STATUS_SUCCESS);
        status = finish(&second);
        script_settle(script);
        /* On the wire exactly when the driver was told so. */
        assert_int_equal(script_wire_count(script), NT_SUCCESS(status));
        if (NT_SUCCESS(status))
            expect_number(i);
        sent += NT_SUCCESS(status);
        cancelled += status == STATUS_CANCELLED;
    }
    crew_join(&crew);
    assert_int_equal(sent + cancelled, RACE_ROUNDS);
    print_message("%u sent, %u cancelled\n", sent, cancelled);
    dgram_close(sender);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(DGRAM_SEND_18_waits_for_room),
        TEST(DGRAM_SEND_21_cancelled_is_not_sent_later),
        TEST(CLOSE_03_cancels_queued_sends),
        TEST(no_memory_for_the_request),
        TEST(DGRAM_MSGS_03_completes_after_the_last),
        TEST(DGRAM_MSGS_06_failure_in_the_middle),
        TEST(cancel_of_a_list_that_is_half_sent),
        TEST(cancel_against_the_drain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
