/* SPDX-License-Identifier: MIT */
/*
 * test_rule_waits.c - which operation a wait is for, told from who has signalled its object; and
 * that a wait which a signal older than the operation satisfies is found (WSK-V29), while a clever
 * driver's is not.
 */
#include "rule_waits.h"

#include "client.h"
#include "flight.h"
#include "nt.h"
#include "verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* --- Fixture --------------------------------------------------------------------------------- */

static struct client client;
static dgram receiver;

static void on_report(const char *text, size_t length)
{
    (void)text;
    (void)length;
}

static void begin(const char *rules)
{
    static const struct vf_config config = { .report = on_report };
    char error[128];

    assert_int_equal(nt_start(), STATUS_SUCCESS);
    assert_true(vf_option("verify", rules, error, sizeof(error)));
    vf_start(&config);
    client_start(&client, NULL);
    receiver = dgram_bound(&client, AF_INET, NULL, NULL, NULL);
}

static int set_up(void **state)
{
    (void)state;
    begin("V28,V29");
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    dgram_close(receiver);
    client_stop(&client);
    vf_stop();
    nt_stop();
    return 0;
}

static size_t found_stale(void)
{
    const char *rule, *text;
    uint64_t times;
    size_t count = vf_finding_count();

    for (size_t i = 0; i < count; i++) {
        assert_true(vf_finding_at(i, &rule, &text, &times));
        assert_string_equal(rule, "WSK-V29");
        assert_non_null(strstr(text, "WskReceiveFrom"));
    }
    return count;
}

/* --- Operations ------------------------------------------------------------------------------ */

/*
 * A receive that pends until it is cancelled: nobody sends. Its event stands somewhere behind its
 * context.
 */
struct operation {
    PIRP irp;
    WSK_BUF buffer;
    UCHAR memory[16];
    UCHAR before[40];
    KEVENT done;
};

static NTSTATUS sets_its_own(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    struct operation *operation = context;

    (void)device;
    (void)irp;
    KeSetEvent(&operation->done, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static NTSTATUS sets_its_context(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    (void)device;
    (void)irp;
    KeSetEvent(context, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static KEVENT shared;

static NTSTATUS sets_the_shared_one(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    (void)device;
    (void)irp;
    (void)context;
    KeSetEvent(&shared, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static KEVENT *meant;

static NTSTATUS sets_the_one_meant(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    (void)device;
    (void)irp;
    (void)context;
    KeSetEvent(meant, IO_NO_INCREMENT, FALSE);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static void make(struct operation *operation)
{
    memset(operation, 0, sizeof(*operation));
    operation->irp = IoAllocateIrp(1, FALSE);
    assert_non_null(operation->irp);
    operation->buffer = buffer_over(operation->memory, sizeof(operation->memory));
    KeInitializeEvent(&operation->done, NotificationEvent, FALSE);
}

static void unmake(struct operation *operation)
{
    buffer_free(&operation->buffer);
    IoFreeIrp(operation->irp);
}

__attribute__((noinline)) static void submit(struct operation *operation, PIO_COMPLETION_ROUTINE routine, void *context)
{
    IoReuseIrp(operation->irp, STATUS_UNSUCCESSFUL);
    IoSetCompletionRoutine(operation->irp, routine, context, TRUE, TRUE, TRUE);
    assert_int_equal(receiver.d->WskReceiveFrom(receiver.socket, &operation->buffer, 0, NULL, NULL,
                                                NULL, NULL, operation->irp),
                     STATUS_PENDING);
}

static NTSTATUS wait_event(KEVENT *event)
{
    return KeWaitForSingleObject(event, Executive, KernelMode, FALSE, NULL);
}

static NTSTATUS poll_event(KEVENT *event)
{
    LARGE_INTEGER zero = { .QuadPart = 0 };

    return KeWaitForSingleObject(event, Executive, KernelMode, FALSE, &zero);
}

/* Until the verifier has seen the end of them all. */
static void await_none_under_way(void)
{
    while (vf_flight_any())
        os_yield();
}

/* Cancels and waits; the event stays set. */
static void end(struct operation *operation, KEVENT *event, bool last)
{
    KeClearEvent(event);
    IoCancelIrp(operation->irp);
    assert_int_equal(wait_event(event), STATUS_SUCCESS);
    if (last)
        await_none_under_way();
}

/* One life of the operation, so that the verifier has seen who signals the event. */
static void learn(struct operation *operation, PIO_COMPLETION_ROUTINE routine, void *context,
                  KEVENT *event)
{
    submit(operation, routine, context);
    end(operation, event, true);
    assert_int_equal(found_stale(), 0);
}

/* --- Stale events ---------------------------------------------------------------------------- */

static void test_an_event_that_is_the_context(void **state)
{
    struct operation operation;

    (void)state;
    make(&operation);
    learn(&operation, sets_its_context, &operation.done, &operation.done);
    submit(&operation, sets_its_context, &operation.done);
    wait_event(&operation.done);
    assert_int_equal(found_stale(), 1);
    end(&operation, &operation.done, true);
    assert_int_equal(found_stale(), 1);
    unmake(&operation);
}

static void test_an_event_behind_the_context(void **state)
{
    struct operation operation;

    (void)state;
    make(&operation);
    learn(&operation, sets_its_own, &operation, &operation.done);
    submit(&operation, sets_its_own, &operation);
    wait_event(&operation.done);
    assert_int_equal(found_stale(), 1);
    end(&operation, &operation.done, true);
    unmake(&operation);
}

static void test_an_event_that_the_routine_knows(void **state)
{
    struct operation operation;

    (void)state;
    make(&operation);
    KeInitializeEvent(&shared, NotificationEvent, FALSE);
    learn(&operation, sets_the_shared_one, NULL, &shared);
    submit(&operation, sets_the_shared_one, NULL);
    wait_event(&shared);
    assert_int_equal(found_stale(), 1);
    end(&operation, &shared, true);
    unmake(&operation);
}

/* Nobody has seen who sets it, but it is the operation's alone to set. */
static void test_a_context_that_was_never_set_by_a_routine(void **state)
{
    struct operation operation;

    (void)state;
    make(&operation);
    KeSetEvent(&operation.done, IO_NO_INCREMENT, FALSE);
    submit(&operation, sets_its_context, &operation.done);
    wait_event(&operation.done);
    assert_int_equal(found_stale(), 1);
    end(&operation, &operation.done, true);
    unmake(&operation);
}

static void test_the_finding_has_its_stacks(void **state)
{
    struct operation operation;
    struct vf_found found;

    (void)state;
    make(&operation);
    learn(&operation, sets_its_own, &operation, &operation.done);
    submit(&operation, sets_its_own, &operation);
    wait_event(&operation.done);
    assert_true(vf_found_at(0, &found));
    assert_non_null(strstr(found.text, "a wait for WskReceiveFrom on socket 1, IRP "));
    assert_null(strstr(found.text, "since"));
    if (!strstr(found.stacks, "submitted: submit (test_rule_waits.c:") ||
        !strstr(found.stacks, "signalled: sets_its_own (test_rule_waits.c:"))
        fail_msg("%s", found.stacks);
    end(&operation, &operation.done, true);
    unmake(&operation);
}

/* --- What is right ---------------------------------------------------------------------------- */

static void test_an_event_that_was_cleared(void **state)
{
    struct operation operation;

    (void)state;
    make(&operation);
    for (unsigned i = 0; i < 3; i++) {
        KeClearEvent(&operation.done);
        learn(&operation, sets_its_own, &operation, &operation.done);
    }
    unmake(&operation);
}

/* It cannot be left from an earlier call. */
static void test_a_signal_that_is_younger_than_the_call(void **state)
{
    struct operation operation;

    (void)state;
    make(&operation);
    submit(&operation, sets_its_context, &operation.done);
    KeSetEvent(&operation.done, IO_NO_INCREMENT, FALSE);
    wait_event(&operation.done);
    assert_int_equal(found_stale(), 0);
    end(&operation, &operation.done, true);
    unmake(&operation);
}

/* The signal was the operation's own, and came before anybody waited. */
static void test_a_signal_of_the_operation_itself(void **state)
{
    struct operation operation;

    (void)state;
    make(&operation);
    submit(&operation, sets_its_own, &operation);
    IoCancelIrp(operation.irp);
    while (!KeReadStateEvent(&operation.done))
        os_yield();
    wait_event(&operation.done);
    assert_int_equal(found_stale(), 0);
    await_none_under_way();
    unmake(&operation);
}

/* Of two that are under way the first to end may be meant. */
static void test_two_operations_with_one_event(void **state)
{
    struct operation first, second;

    (void)state;
    make(&first);
    make(&second);
    KeInitializeEvent(&shared, NotificationEvent, FALSE);
    /*
     * Until nobody looks any more whether a routine has company, which would excuse what follows,
     * too.
     */
    for (unsigned i = 0; i < 20; i++) {
        KeClearEvent(&shared);
        learn(&first, sets_the_shared_one, NULL, &shared);
    }
    submit(&first, sets_the_shared_one, NULL);
    submit(&second, sets_the_shared_one, NULL);
    wait_event(&shared);
    assert_int_equal(found_stale(), 0);
    /* Who once had two may count on older signals also with one. */
    end(&first, &shared, false);
    end(&second, &shared, true);
    submit(&first, sets_the_shared_one, NULL);
    wait_event(&shared);
    assert_int_equal(found_stale(), 0);
    end(&first, &shared, true);
    unmake(&first);
    unmake(&second);
}

/* The first has ended before the second began, but both have an IRP: either may be waited for. */
static void test_two_operations_one_after_the_other(void **state)
{
    struct operation first, second;

    (void)state;
    make(&first);
    make(&second);
    KeInitializeEvent(&shared, NotificationEvent, FALSE);
    learn(&first, sets_the_shared_one, NULL, &shared);
    submit(&second, sets_the_shared_one, NULL);
    wait_event(&shared);
    assert_int_equal(found_stale(), 0);
    end(&second, &shared, true);
    unmake(&first);
    unmake(&second);
}

/* An IRP for each call: the one that is gone was not meant to be waited for. */
static void test_an_irp_for_each_operation(void **state)
{
    struct operation first, second;

    (void)state;
    make(&first);
    make(&second);
    KeInitializeEvent(&shared, NotificationEvent, FALSE);
    learn(&first, sets_the_shared_one, NULL, &shared);
    unmake(&first);
    submit(&second, sets_the_shared_one, NULL);
    wait_event(&shared);
    assert_int_equal(found_stale(), 1);
    end(&second, &shared, true);
    unmake(&second);
}

/* A routine whose operation has company signals for whichever of them. */
static void test_a_routine_that_signals_for_several(void **state)
{
    struct operation first, second;

    (void)state;
    make(&first);
    make(&second);
    KeInitializeEvent(&shared, NotificationEvent, FALSE);
    submit(&first, sets_the_shared_one, NULL);
    submit(&second, sets_the_shared_one, NULL);
    IoCancelIrp(first.irp);
    wait_event(&shared);
    IoCancelIrp(second.irp);
    await_none_under_way();
    submit(&first, sets_the_shared_one, NULL);
    wait_event(&shared);
    assert_int_equal(found_stale(), 0);
    end(&first, &shared, true);
    unmake(&first);
    unmake(&second);
}

/* Somebody else wakes by it, too. */
static void test_an_event_that_others_set(void **state)
{
    struct operation operation;

    (void)state;
    make(&operation);
    learn(&operation, sets_its_own, &operation, &operation.done);
    KeSetEvent(&operation.done, IO_NO_INCREMENT, FALSE);
    submit(&operation, sets_its_own, &operation);
    wait_event(&operation.done);
    assert_int_equal(found_stale(), 0);
    end(&operation, &operation.done, true);
    unmake(&operation);
}

/* Two routines set it, each for another purpose. */
static void test_an_event_of_two_routines(void **state)
{
    struct operation operation;

    (void)state;
    make(&operation);
    learn(&operation, sets_its_own, &operation, &operation.done);
    learn(&operation, sets_its_context, &operation.done, &operation.done);
    submit(&operation, sets_its_context, &operation.done);
    wait_event(&operation.done);
    assert_int_equal(found_stale(), 0);
    end(&operation, &operation.done, true);
    unmake(&operation);
}

static void test_an_event_of_nobody_under_way(void **state)
{
    struct operation operation, other;

    (void)state;
    make(&operation);
    make(&other);
    learn(&operation, sets_its_own, &operation, &operation.done);
    /* The other has an event of its own, at the same place behind its own context. */
    submit(&other, sets_its_own, &other);
    wait_event(&operation.done);
    assert_int_equal(found_stale(), 0);
    end(&other, &other.done, true);
    unmake(&operation);
    unmake(&other);
}

static void test_a_poll_that_finds_nothing(void **state)
{
    struct operation operation;

    (void)state;
    make(&operation);
    learn(&operation, sets_its_own, &operation, &operation.done);
    KeClearEvent(&operation.done);
    submit(&operation, sets_its_own, &operation);
    assert_int_equal(poll_event(&operation.done), STATUS_TIMEOUT);
    assert_int_equal(found_stale(), 0);
    end(&operation, &operation.done, true);
    unmake(&operation);
}

static void test_without_the_rule_nothing_is_found(void **state)
{
    struct operation operation;

    begin("V28");
    make(&operation);
    learn(&operation, sets_its_own, &operation, &operation.done);
    submit(&operation, sets_its_own, &operation);
    wait_event(&operation.done);
    assert_int_equal(found_stale(), 0);
    end(&operation, &operation.done, true);
    unmake(&operation);
    tear_down(state);
}

/*
 * What was learned in one run says nothing in the next, in which the address is another object's.
 */
static void test_the_next_run_knows_nothing(void **state)
{
    static struct operation operation;

    begin("V28,V29");
    make(&operation);
    learn(&operation, sets_its_own, &operation, &operation.done);
    assert_non_null(vf_waits_for(&operation.done, sets_its_own, &operation));
    unmake(&operation);
    tear_down(state);
    begin("V28,V29");
    assert_null(vf_waits_for(&operation.done, sets_its_own, &operation));
    tear_down(state);
}

/* --- What a hang is told to wait for ---------------------------------------------------------- */

static void test_what_a_wait_is_for(void **state)
{
    struct operation *operation = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(*operation), 'tiaW');
    struct operation other;

    (void)state;
    assert_non_null(operation);
    make(operation);
    make(&other);
    /* An object that is the context; one in the same block; any other. */
    assert_string_equal(vf_waits_for(&other.done, sets_its_context, &other.done), " for ");
    assert_string_equal(vf_waits_for(&operation->done, sets_its_own, operation), ", perhaps for ");
    assert_null(vf_waits_for(&operation->done, sets_its_own, &other));
    assert_null(vf_waits_for(&other.done, sets_its_own, &other));
    assert_null(vf_waits_for(&other.done, sets_its_own, NULL));
    /* Seen once, it is certain, for that routine and that context alone. */
    learn(operation, sets_its_own, operation, &operation->done);
    assert_string_equal(vf_waits_for(&operation->done, sets_its_own, operation), " for ");
    assert_null(vf_waits_for(&operation->done, sets_its_own, &other));
    assert_string_equal(vf_waits_for(&operation->done, sets_its_context, operation),
                        ", perhaps for ");
    unmake(&other);
    unmake(operation);
    ExFreePoolWithTag(operation, 'tiaW');
}

/* A routine that signals what it knows by itself does so whatever its context. */
static void test_an_object_apart_from_the_context(void **state)
{
    struct operation operation;

    (void)state;
    make(&operation);
    KeInitializeEvent(&shared, NotificationEvent, FALSE);
    learn(&operation, sets_the_shared_one, NULL, &shared);
    assert_string_equal(vf_waits_for(&shared, sets_the_shared_one, NULL), " for ");
    assert_string_equal(vf_waits_for(&shared, sets_the_shared_one, &operation), " for ");
    assert_null(vf_waits_for(&shared, sets_its_own, NULL));
    unmake(&operation);
}

/* One that signals the same object from different distances does not find it by its context. */
static void test_an_object_at_two_distances(void **state)
{
    static struct {
        UCHAR contexts[64];
        KEVENT event;
    } block;
    struct operation operation;

    (void)state;
    make(&operation);
    meant = &block.event;
    KeInitializeEvent(&block.event, NotificationEvent, FALSE);
    for (unsigned i = 0; i < 2; i++)
        learn(&operation, sets_the_one_meant, &block.contexts[8 * i], &block.event);
    assert_string_equal(vf_waits_for(&block.event, sets_the_one_meant, &block.contexts[16]), " for ");
    unmake(&operation);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        TEST(test_an_event_that_is_the_context),
        TEST(test_an_event_behind_the_context),
        TEST(test_an_event_that_the_routine_knows),
        TEST(test_a_context_that_was_never_set_by_a_routine),
        TEST(test_the_finding_has_its_stacks),
        TEST(test_an_event_that_was_cleared),
        TEST(test_a_signal_that_is_younger_than_the_call),
        TEST(test_a_signal_of_the_operation_itself),
        TEST(test_two_operations_with_one_event),
        TEST(test_two_operations_one_after_the_other),
        TEST(test_an_irp_for_each_operation),
        TEST(test_a_routine_that_signals_for_several),
        TEST(test_an_event_that_others_set),
        TEST(test_an_event_of_two_routines),
        TEST(test_an_event_of_nobody_under_way),
        TEST(test_a_poll_that_finds_nothing),
        cmocka_unit_test(test_without_the_rule_nothing_is_found),
        cmocka_unit_test(test_the_next_run_knows_nothing),
        TEST(test_what_a_wait_is_for),
        TEST(test_an_object_apart_from_the_context),
        TEST(test_an_object_at_two_distances),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
