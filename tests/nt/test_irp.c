/* SPDX-License-Identifier: MIT */
/*
 * test_irp.c - IRPs: the walk of completion, cancelling against completing, and every way to get it
 * wrong.
 */
#include "nt_test.h"

#define STACK_MAX 4

/* --- The completion walk ---------------------------------------------------------------------- */

struct call {
    PDEVICE_OBJECT device;
    unsigned level; /* 0 is the owner of the IRP */
    BOOLEAN pending;
    NTSTATUS status;
};

static struct call calls[STACK_MAX + 1];
static unsigned call_count;
static unsigned stop_at; /* this level returns STATUS_MORE_PROCESSING_REQUIRED */
static DEVICE_OBJECT devices[STACK_MAX];

static NTSTATUS note_call(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    unsigned level = (unsigned)(uintptr_t)context;

    calls[call_count++] =
        (struct call){ device, level, irp->PendingReturned, irp->IoStatus.Status };
    if (irp->PendingReturned && level != 0)
        IoMarkIrpPending(irp);
    return level == stop_at ? STATUS_MORE_PROCESSING_REQUIRED : STATUS_SUCCESS;
}

/* What a driver does that passes an IRP on, without a device behind it. */
static void pass_on(PIRP irp, unsigned level, UCHAR control)
{
    PIO_STACK_LOCATION next = IoGetNextIrpStackLocation(irp);

    if (control)
        IoSetCompletionRoutine(irp, note_call, (PVOID)(uintptr_t)level,
                               control & SL_INVOKE_ON_SUCCESS, control & SL_INVOKE_ON_ERROR,
                               control & SL_INVOKE_ON_CANCEL);
    else
        next->Control = 0;
    nt_irp_accept(irp);
    IoGetCurrentIrpStackLocation(irp)->DeviceObject = &devices[level];
}

#define ALL (SL_INVOKE_ON_SUCCESS | SL_INVOKE_ON_ERROR | SL_INVOKE_ON_CANCEL)

static PIRP start(unsigned depth, UCHAR inner_control)
{
    PIRP irp = IoAllocateIrp((CCHAR)depth, FALSE);

    call_count = 0;
    stop_at = 0;
    assert_non_null(irp);
    for (unsigned level = 0; level < depth; level++)
        pass_on(irp, level, level == 0 ? ALL : inner_control);
    return irp;
}

static void complete(PIRP irp, NTSTATUS status)
{
    irp->IoStatus.Status = status;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
}

static void is_laid_out_as_made(void **state)
{
    (void)state;
    for (CCHAR depth = 1; depth <= STACK_MAX; depth++) {
        PIRP irp = IoAllocateIrp(depth, FALSE);

        assert_int_equal(irp->Type, IO_TYPE_IRP);
        assert_int_equal(irp->Size, IoSizeOfIrp(depth));
        assert_int_equal(irp->StackCount, depth);
        assert_int_equal(irp->CurrentLocation, depth + 1);
        assert_ptr_equal(IoGetCurrentIrpStackLocation(irp), (PIO_STACK_LOCATION)(irp + 1) + depth);
        assert_true(IsListEmpty(&irp->ThreadListEntry));
        assert_int_equal(ledger_count(LEDGER_IRP), 1);
        IoFreeIrp(irp);
    }
}

static void walks_every_location(void **state)
{
    (void)state;
    for (unsigned depth = 1; depth <= STACK_MAX; depth++) {
        PIRP irp = start(depth, ALL);

        complete(irp, STATUS_SUCCESS);
        assert_int_equal(call_count, depth);
        for (unsigned i = 0; i < depth; i++) {
            unsigned level = depth - 1 - i;

            assert_int_equal(calls[i].level, level);
            assert_ptr_equal(calls[i].device, level ? &devices[level - 1] : NULL);
            assert_false(calls[i].pending);
        }
        assert_int_equal(irp->CurrentLocation, (int)depth + 1);
        IoFreeIrp(irp);
    }
}

static void honours_the_invoke_flags(void **state)
{
    (void)state;
    for (unsigned flags = 0; flags < 8; flags++) {
        for (unsigned outcome = 0; outcome < 4; outcome++) {
            UCHAR control = (UCHAR)((flags & 1 ? SL_INVOKE_ON_SUCCESS : 0) |
                                    (flags & 2 ? SL_INVOKE_ON_ERROR : 0) |
                                    (flags & 4 ? SL_INVOKE_ON_CANCEL : 0));
            bool success = outcome & 1;
            bool cancelled = outcome & 2;
            bool expected =
                (success && (flags & 1)) || (!success && (flags & 2)) || (cancelled && (flags & 4));
            PIRP irp = start(2, control);

            if (cancelled)
                assert_false(IoCancelIrp(irp));
            complete(irp, success ? STATUS_SUCCESS : STATUS_CANCELLED);
            assert_int_equal(call_count, expected ? 2 : 1);
            assert_int_equal(calls[call_count - 1].level, 0);
            IoFreeIrp(irp);
        }
    }
}

/* Which location marked the IRP pending, and whether the routine above it hands that on. */
static void propagates_pending(void **state)
{
    (void)state;
    for (unsigned with_routines = 0; with_routines < 2; with_routines++) {
        for (unsigned mark = 0; mark < 2; mark++) {
            PIRP irp = start(3, with_routines ? ALL : 0);

            if (mark)
                IoMarkIrpPending(irp);
            complete(irp, STATUS_SUCCESS);
            assert_int_equal(call_count, with_routines ? 3 : 1);
            for (unsigned i = 0; i < call_count; i++)
                assert_int_equal(calls[i].pending, mark);
            IoFreeIrp(irp);
        }
    }
}

static void clears_what_it_leaves(void **state)
{
    PIRP irp = IoAllocateIrp(1, FALSE);
    PIO_STACK_LOCATION location = IoGetNextIrpStackLocation(irp);

    (void)state;
    call_count = 0;
    stop_at = 0;
    location->MajorFunction = IRP_MJ_DEVICE_CONTROL;
    location->MinorFunction = 3;
    location->Flags = 9;
    location->Parameters.Others.Argument1 = location;
    location->Parameters.Others.Argument3 = location;
    location->FileObject = (PFILE_OBJECT)location;
    pass_on(irp, 0, ALL);
    complete(irp, STATUS_SUCCESS);
    assert_int_equal(location->MajorFunction, IRP_MJ_DEVICE_CONTROL);
    assert_int_equal(location->MinorFunction, 0);
    assert_int_equal(location->Flags, 0);
    assert_int_equal(location->Control, 0);
    assert_null(location->Parameters.Others.Argument1);
    assert_null(location->Parameters.Others.Argument3);
    assert_null(location->FileObject);
    IoFreeIrp(irp);
}

/* A driver in the middle keeps the IRP and lets it go on later. */
static void stops_and_goes_on(void **state)
{
    PIRP irp = start(3, ALL);

    (void)state;
    stop_at = 1;
    complete(irp, STATUS_SUCCESS);
    assert_int_equal(call_count, 2);
    assert_int_equal(irp->CurrentLocation, 3);
    stop_at = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    assert_int_equal(call_count, 3);
    assert_int_equal(calls[2].level, 0);
    IoFreeIrp(irp);
}

static NTSTATUS free_in_routine(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    assert_null(device);
    *(bool *)context = true;
    IoFreeIrp(irp);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static void may_be_freed_inside_its_routine(void **state)
{
    PIRP irp = IoAllocateIrp(1, FALSE);
    bool called = false;

    (void)state;
    IoSetCompletionRoutine(irp, free_in_routine, &called, TRUE, TRUE, TRUE);
    nt_irp_accept(irp);
    complete(irp, STATUS_SUCCESS);
    assert_true(called);
    assert_int_equal(ledger_count(LEDGER_IRP), 0);
}

#define REUSES 5

static NTSTATUS reuse_in_routine(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    unsigned *rounds = context;

    assert_null(device);
    IoReuseIrp(irp, STATUS_UNSUCCESSFUL);
    assert_int_equal(irp->IoStatus.Status, STATUS_UNSUCCESSFUL);
    assert_int_equal(irp->CurrentLocation, 2);
    assert_false(irp->Cancel);
    if (++*rounds < REUSES) {
        IoSetCompletionRoutine(irp, reuse_in_routine, context, TRUE, TRUE, TRUE);
        nt_irp_accept(irp);
        IoMarkIrpPending(irp);
        complete(irp, STATUS_SUCCESS);
    }
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static void may_be_reused_inside_its_routine(void **state)
{
    PIRP irp = IoAllocateIrp(1, FALSE);
    unsigned rounds = 0;

    (void)state;
    IoSetCompletionRoutine(irp, reuse_in_routine, &rounds, TRUE, TRUE, TRUE);
    nt_irp_accept(irp);
    complete(irp, STATUS_SUCCESS);
    assert_int_equal(rounds, REUSES);
    IoFreeIrp(irp);
}

/* Clients keep IRPs on their stack, and throw them away without a word. */
static void lives_in_the_callers_memory(void **state)
{
    struct {
        IRP irp;
        IO_STACK_LOCATION location;
        uint64_t behind;
    } mine;

    (void)state;
    for (int round = 0; round < 3; round++) {
        memset(&mine, 0xA5, sizeof(mine));
        IoInitializeIrp(&mine.irp, IoSizeOfIrp(1), 1);
        assert_int_equal(mine.behind, 0xA5A5A5A5A5A5A5A5ull);
        assert_int_equal(mine.irp.AllocationFlags, 0);
        call_count = 0;
        stop_at = 0;
        pass_on(&mine.irp, 0, ALL);
        complete(&mine.irp, STATUS_SUCCESS);
        assert_int_equal(call_count, 1);
        IoReuseIrp(&mine.irp, STATUS_SUCCESS);
        pass_on(&mine.irp, 0, ALL);
        complete(&mine.irp, STATUS_UNSUCCESSFUL);
        assert_int_equal(calls[1].status, STATUS_UNSUCCESSFUL);
        IoCleanupIrp(&mine.irp);
        assert_int_equal(mine.behind, 0xA5A5A5A5A5A5A5A5ull);
    }
    assert_int_equal(ledger_count(LEDGER_IRP), 0);
}

/* A driver that gives itself a location frees the IRP while it stands there. */
static NTSTATUS free_from_own_location(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    assert_ptr_equal(device, &devices[1]);
    assert_int_equal(irp->CurrentLocation, 2);
    *(bool *)context = true;
    IoFreeIrp(irp);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static void owner_may_have_a_location(void **state)
{
    PIRP irp = IoAllocateIrp(2, FALSE);
    bool called = false;

    (void)state;
    IoSetNextIrpStackLocation(irp);
    IoGetCurrentIrpStackLocation(irp)->DeviceObject = &devices[1];
    IoSetCompletionRoutine(irp, free_from_own_location, &called, TRUE, TRUE, TRUE);
    nt_irp_accept(irp);
    complete(irp, STATUS_SUCCESS);
    assert_true(called);
}

static bool fail_irps(enum hook_allocation kind, size_t size, const void *place)
{
    (void)place;
    return kind == HOOK_IRP && size == IoSizeOfIrp(1);
}

static void fails_when_the_verifier_says(void **state)
{
    static const struct hooks hooks = { .fail_allocation = fail_irps };
    PIRP irp;

    (void)state;
    atomic_store(&base_hooks, &hooks);
    assert_null(IoAllocateIrp(1, FALSE));
    irp = IoAllocateIrp(2, FALSE);
    atomic_store(&base_hooks, NULL);
    assert_non_null(irp);
    IoFreeIrp(irp);
}

/* --- Drivers below ---------------------------------------------------------------------------- */

static NTSTATUS dispatch_bottom(PDEVICE_OBJECT device, PIRP irp)
{
    assert_ptr_equal(IoGetCurrentIrpStackLocation(irp)->DeviceObject, device);
    complete(irp, STATUS_SUCCESS);
    return STATUS_SUCCESS;
}

static NTSTATUS dispatch_middle(PDEVICE_OBJECT device, PIRP irp)
{
    IoCopyCurrentIrpStackLocationToNext(irp);
    IoSetCompletionRoutine(irp, note_call, (PVOID)1, TRUE, TRUE, TRUE);
    return IoCallDriver(device->NextDevice, irp);
}

static void goes_down_a_stack_of_drivers(void **state)
{
    static DRIVER_OBJECT bottom_driver, middle_driver;
    static DEVICE_OBJECT bottom, middle;
    PIRP irp = IoAllocateIrp(2, FALSE);

    (void)state;
    bottom_driver.MajorFunction[IRP_MJ_READ] = dispatch_bottom;
    middle_driver.MajorFunction[IRP_MJ_READ] = dispatch_middle;
    bottom.DriverObject = &bottom_driver;
    middle.DriverObject = &middle_driver;
    middle.NextDevice = &bottom;
    call_count = 0;
    stop_at = 0;
    IoGetNextIrpStackLocation(irp)->MajorFunction = IRP_MJ_READ;
    assert_int_equal(IoSetCompletionRoutineEx(&middle, irp, note_call, (PVOID)0, TRUE, TRUE, TRUE),
                     STATUS_SUCCESS);
    assert_int_equal(IoCallDriver(&middle, irp), STATUS_SUCCESS);
    assert_int_equal(call_count, 2);
    assert_ptr_equal(calls[0].device, &middle);
    assert_null(calls[1].device);
    IoFreeIrp(irp);
}

/* --- Cancelling ------------------------------------------------------------------------------- */

static unsigned cancel_calls;
static PDEVICE_OBJECT cancel_device;

static void cancel_routine(PDEVICE_OBJECT device, PIRP irp)
{
    cancel_calls++;
    cancel_device = device;
    assert_int_equal(KeGetCurrentIrql(), DISPATCH_LEVEL);
    assert_true(irp->Cancel);
    IoReleaseCancelSpinLock(irp->CancelIrql);
    complete(irp, STATUS_CANCELLED);
}

static void calls_the_cancel_routine_once(void **state)
{
    PIRP irp = start(1, 0);
    uint64_t before = trace_total(trace_irp_cancelled);

    (void)state;
    cancel_calls = 0;
    assert_null(IoSetCancelRoutine(irp, cancel_routine));
    assert_true(IoCancelIrp(irp));
    assert_int_equal(KeGetCurrentIrql(), PASSIVE_LEVEL);
    assert_int_equal(cancel_calls, 1);
    assert_ptr_equal(cancel_device, &devices[0]);
    assert_int_equal(calls[0].status, STATUS_CANCELLED);
    assert_int_equal(trace_total(trace_irp_cancelled), before + 1);
    assert_false(IoCancelIrp(irp));
    assert_int_equal(cancel_calls, 1);
    IoFreeIrp(irp);
}

#define RACES 100000

/*
 * One thread cancels while the other completes. Both may use the IRP until both are done, so it is
 * recycled only then: `turn` is odd while a race is on.
 */
struct race {
    PIRP irp;
    _Atomic uint32_t turn;
    _Atomic uint32_t done;
    _Atomic uint32_t completions;
    _Atomic uint32_t cancelled;
};

static struct race race;

/*
 * Looks for a while before it sleeps, so that the two meet closely; yielding alone takes minutes
 * beside others.
 */
static void wait_for_value(_Atomic uint32_t *word, uint32_t value)
{
    uint32_t seen = atomic_load(word);

    for (int looks = 0; seen != value; looks++) {
        if (looks < 200)
            __builtin_ia32_pause();
        else
            os_wait(word, seen, OS_FOREVER);
        seen = atomic_load(word);
    }
}

static void tell(_Atomic uint32_t *word, uint32_t value)
{
    atomic_store(word, value);
    os_wake_all(word);
}

static NTSTATUS race_completed(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    (void)device;
    (void)context;
    atomic_fetch_add(&race.completions, 1);
    if (irp->IoStatus.Status == STATUS_CANCELLED)
        atomic_fetch_add(&race.cancelled, 1);
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static void race_cancel_routine(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    IoReleaseCancelSpinLock(irp->CancelIrql);
    complete(irp, STATUS_CANCELLED);
}

static void canceller(void *context, unsigned index)
{
    (void)context;
    (void)index;
    for (uint32_t round = 1; round <= RACES; round++) {
        wait_for_value(&race.turn, round);
        IoCancelIrp(race.irp);
        tell(&race.done, round);
    }
}

static void one_of_cancel_and_completion_wins(void **state)
{
    struct crew crew;

    (void)state;
    race.irp = IoAllocateIrp(1, FALSE);
    crew_start(&crew, 1, canceller, NULL);
    for (uint32_t round = 1; round <= RACES; round++) {
        IoSetCompletionRoutine(race.irp, race_completed, NULL, TRUE, TRUE, TRUE);
        nt_irp_accept(race.irp);
        IoSetCancelRoutine(race.irp, race_cancel_routine);
        tell(&race.turn, round);
        if (IoSetCancelRoutine(race.irp, NULL))
            complete(race.irp, STATUS_SUCCESS);
        wait_for_value(&race.done, round);
        assert_int_equal(atomic_load(&race.completions), round);
        IoReuseIrp(race.irp, STATUS_SUCCESS);
    }
    crew_join(&crew);
    IoFreeIrp(race.irp);
    assert_true(atomic_load(&race.cancelled) <= RACES);
}

/* --- Wrong calls ------------------------------------------------------------------------------ */

static void accept_twice(void)
{
    PIRP irp = IoAllocateIrp(1, FALSE);

    nt_irp_accept(irp);
    nt_irp_accept(irp);
}

static void free_twice(void)
{
    PIRP irp = IoAllocateIrp(1, FALSE);

    IoFreeIrp(irp);
    IoFreeIrp(irp);
}

static void free_in_flight(void)
{
    PIRP irp = IoAllocateIrp(1, FALSE);

    nt_irp_accept(irp);
    IoFreeIrp(irp);
}

static void free_foreign(void)
{
    struct {
        uint64_t front[8];
        IRP irp;
        IO_STACK_LOCATION location;
    } mine = { 0 };

    IoInitializeIrp(&mine.irp, IoSizeOfIrp(1), 1);
    IoFreeIrp(&mine.irp);
}

static void reuse_in_flight(void)
{
    PIRP irp = IoAllocateIrp(1, FALSE);

    nt_irp_accept(irp);
    IoReuseIrp(irp, STATUS_SUCCESS);
}

static void complete_twice(void)
{
    PIRP irp = start(1, 0);

    complete(irp, STATUS_SUCCESS);
    complete(irp, STATUS_SUCCESS);
}

static void complete_nobodys(void)
{
    complete(IoAllocateIrp(1, FALSE), STATUS_SUCCESS);
}

static void complete_pending(void)
{
    complete(start(1, 0), STATUS_PENDING);
}

static void complete_cancellable(void)
{
    PIRP irp = start(1, 0);

    IoSetCancelRoutine(irp, cancel_routine);
    complete(irp, STATUS_SUCCESS);
}

static void complete_above_dispatch(void)
{
    PIRP irp = start(1, 0);

    KfRaiseIrql(DISPATCH_LEVEL + 1);
    complete(irp, STATUS_SUCCESS);
}

static void run_off_the_top(void)
{
    PIRP irp = start(1, 0);

    stop_at = 1;
    complete(irp, STATUS_SUCCESS);
}

static void run_off_without_routine(void)
{
    PIRP irp = IoAllocateIrp(1, FALSE);

    nt_irp_accept(irp);
    complete(irp, STATUS_SUCCESS);
}

static NTSTATUS free_and_go_on(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    (void)device;
    (void)context;
    IoFreeIrp(irp);
    return STATUS_SUCCESS;
}

static void free_but_go_on(void)
{
    PIRP irp = IoAllocateIrp(1, FALSE);

    IoSetCompletionRoutine(irp, free_and_go_on, NULL, TRUE, TRUE, TRUE);
    nt_irp_accept(irp);
    complete(irp, STATUS_SUCCESS);
}

static NTSTATUS raise_in_routine(PDEVICE_OBJECT device, PIRP irp, PVOID context)
{
    (void)device;
    (void)irp;
    (void)context;
    KeRaiseIrqlToDpcLevel();
    return STATUS_MORE_PROCESSING_REQUIRED;
}

static void return_at_other_irql(void)
{
    PIRP irp = IoAllocateIrp(1, FALSE);

    IoSetCompletionRoutine(irp, raise_in_routine, NULL, TRUE, TRUE, TRUE);
    nt_irp_accept(irp);
    complete(irp, STATUS_SUCCESS);
}

static void keep_cancel_lock(PDEVICE_OBJECT device, PIRP irp)
{
    (void)device;
    (void)irp;
}

static void cancel_without_release(void)
{
    PIRP irp = start(1, 0);

    IoSetCancelRoutine(irp, keep_cancel_lock);
    IoCancelIrp(irp);
}

static void initialise_too_small(void)
{
    struct {
        IRP irp;
        IO_STACK_LOCATION location;
    } mine;

    IoInitializeIrp(&mine.irp, IoSizeOfIrp(1), 2);
}

static void cleanup_of_allocated(void)
{
    IoCleanupIrp(IoAllocateIrp(1, FALSE));
}

static void call_with_garbage(void)
{
    static IRP irp;

    nt_irp_accept(&irp);
}

static void stops_on_wrong_calls(void **state)
{
    (void)state;
    assert_bug_check(NO_MORE_IRP_STACK_LOCATIONS, accept_twice);
    assert_bug_text("WSK-V1");
    assert_bug_check(MULTIPLE_IRP_COMPLETE_REQUESTS, free_twice);
    assert_bug_text("allocated at free_twice");
    assert_bug_text("freed at free_twice");
    assert_bug_check(DRIVER_VERIFIER_IOMANAGER_VIOLATION, free_in_flight);
    assert_bug_text("still in the hands");
    assert_bug_check(DRIVER_VERIFIER_IOMANAGER_VIOLATION, free_foreign);
    assert_bug_text("IoAllocateIrp did not make this IRP");
    assert_bug_check(MULTIPLE_IRP_COMPLETE_REQUESTS, reuse_in_flight);
    assert_bug_text("WSK-V1");
    assert_bug_check(MULTIPLE_IRP_COMPLETE_REQUESTS, complete_twice);
    assert_bug_text("completed before");
    assert_bug_check(MULTIPLE_IRP_COMPLETE_REQUESTS, complete_nobodys);
    assert_bug_check(DRIVER_VERIFIER_IOMANAGER_VIOLATION, complete_pending);
    assert_bug_text("STATUS_PENDING");
    assert_bug_check(DRIVER_VERIFIER_IOMANAGER_VIOLATION, complete_cancellable);
    assert_bug_text("cancel routine");
    assert_bug_check(IRQL_NOT_LESS_OR_EQUAL, complete_above_dispatch);
    assert_bug_check(MULTIPLE_IRP_COMPLETE_REQUESTS, run_off_the_top);
    assert_bug_text("WSK-V3");
    assert_bug_check(MULTIPLE_IRP_COMPLETE_REQUESTS, run_off_without_routine);
    assert_bug_text("WSK-V3");
    assert_bug_check(MULTIPLE_IRP_COMPLETE_REQUESTS, free_but_go_on);
    assert_bug_text("did not return STATUS_MORE_PROCESSING_REQUIRED");
    assert_bug_check(IRQL_UNEXPECTED_VALUE, return_at_other_irql);
    assert_bug_check(IRQL_UNEXPECTED_VALUE, cancel_without_release);
    assert_bug_check(DRIVER_VERIFIER_DETECTED_VIOLATION, initialise_too_small);
    assert_bug_text("WSK-V4");
    assert_bug_check(DRIVER_VERIFIER_IOMANAGER_VIOLATION, cleanup_of_allocated);
    assert_bug_check(DRIVER_VERIFIER_IOMANAGER_VIOLATION, call_with_garbage);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(is_laid_out_as_made),
        cmocka_unit_test(walks_every_location),
        cmocka_unit_test(honours_the_invoke_flags),
        cmocka_unit_test(propagates_pending),
        cmocka_unit_test(clears_what_it_leaves),
        cmocka_unit_test(stops_and_goes_on),
        cmocka_unit_test(may_be_freed_inside_its_routine),
        cmocka_unit_test(may_be_reused_inside_its_routine),
        cmocka_unit_test(lives_in_the_callers_memory),
        cmocka_unit_test(owner_may_have_a_location),
        cmocka_unit_test(fails_when_the_verifier_says),
        cmocka_unit_test(goes_down_a_stack_of_drivers),
        cmocka_unit_test(calls_the_cancel_routine_once),
        cmocka_unit_test(one_of_cancel_and_completion_wins),
        cmocka_unit_test(stops_on_wrong_calls),
    };

    return cmocka_run_group_tests(tests, start_executive, stop_executive);
}
