/* SPDX-License-Identifier: MIT */
/*
 * irp.c - I/O request packets: making, passing on, completing, cancelling.
 *
 * An IRP of IoAllocateIrp is a block of block.c, marked by a bit in AllocationFlags; the note of
 * that block is the stack location that the outermost call took, or 0 when nobody has the IRP. An
 * IRP in the caller's memory has nothing outside its IoSizeOfIrp bytes. Completion is one of the
 * two roads into a driver.
 *
 *     IoAllocateIrp -> (IoCallDriver | a WSK function: nt_irp_accept) -> IoCompleteRequest
 *         -> IoFreeIrp
 */
#include "block.h"
#include "nt_internal.h"

#include <string.h>

/* Not one of wdm.h's AllocationFlags. */
#define IRP_FROM_BLOCK 0x80

#define TAG_IRP 0x20707249u /* "Irp " */

/* The first parameter of DRIVER_VERIFIER_IOMANAGER_VIOLATION. */
enum io_violation {
    VIOLATION_FREE_TYPE = 0x01,
    VIOLATION_FREE_IN_USE = 0x02,
    VIOLATION_CALL_TYPE = 0x03,
    VIOLATION_STATUS = 0x06,
    VIOLATION_CANCEL_ROUTINE = 0x07
};

static KSPIN_LOCK cancel_lock;

/* Who has read this of an IRP knows that it is there, and with it the header in front. */
static bool from_block(const IRP *irp)
{
    return (irp->AllocationFlags & IRP_FROM_BLOCK) != 0;
}

static bool is_cancelled(const IRP *irp)
{
    return __atomic_load_n(&irp->Cancel, __ATOMIC_SEQ_CST) != FALSE;
}

static void initialise(PIRP irp, USHORT size, CCHAR stack_size)
{
    memset(irp, 0, size);
    irp->Type = IO_TYPE_IRP;
    irp->Size = size;
    irp->StackCount = stack_size;
    irp->CurrentLocation = (CHAR)(stack_size + 1);
    irp->ThreadListEntry.Flink = irp->ThreadListEntry.Blink = &irp->ThreadListEntry;
    irp->Tail.Overlay.CurrentStackLocation = (PIO_STACK_LOCATION)(irp + 1) + stack_size;
}

/* wdm.h: zeroes all PacketSize bytes, which may be more than the stack locations need. */
VOID IoInitializeIrp(PIRP irp, USHORT size, CCHAR stack_size)
{
    const void *place = NT_CALLER();

    nt_require_irql(DISPATCH_LEVEL, "IoInitializeIrp", place);
    if (size < IoSizeOfIrp(stack_size))
        NT_BUG_RULE(DRIVER_VERIFIER_DETECTED_VIOLATION, "WSK-V4", size, IoSizeOfIrp(stack_size),
                    irp, place,
                    "IoInitializeIrp got %u bytes for %d stack locations, which take %u", size,
                    stack_size, (unsigned)IoSizeOfIrp(stack_size));
    initialise(irp, size, stack_size);
}

PIRP nt_irp_allocate(CCHAR stack_size, const void *place)
{
    USHORT size = IoSizeOfIrp(stack_size);
    PIRP irp;

    if (stack_size < 0 || hook_fail_allocation(HOOK_IRP, size, place))
        return NULL;
    irp = nt_block_allocate(LEDGER_IRP, size, NT_BLOCK_ALIGNMENT, TAG_IRP, place);
    if (!irp)
        return NULL;
    initialise(irp, size, stack_size);
    irp->AllocationFlags = IRP_FROM_BLOCK;
    return irp;
}

PIRP IoAllocateIrp(CCHAR stack_size, BOOLEAN charge_quota)
{
    const void *place = NT_CALLER();

    (void)charge_quota;
    nt_require_irql(DISPATCH_LEVEL, "IoAllocateIrp", place);
    return nt_irp_allocate(stack_size, place);
}

PIRP IoAllocateIrpEx(PDEVICE_OBJECT device, CCHAR stack_size, BOOLEAN charge_quota)
{
    const void *place = NT_CALLER();

    (void)device;
    (void)charge_quota;
    nt_require_irql(DISPATCH_LEVEL, "IoAllocateIrpEx", place);
    return nt_irp_allocate(stack_size, place);
}

static _Noreturn void bad_free(enum io_violation violation, const IRP *irp, const char *why,
                               const void *place)
{
    char what[2 * SYMBOL_TEXT_MAX] = "";

    if (nt_block_state(irp) != NT_BLOCK_FOREIGN)
        nt_block_describe(irp, what, sizeof(what));
    NT_BUG_RULE(DRIVER_VERIFIER_IOMANAGER_VIOLATION, NULL, violation, irp, 0, place,
                "IoFreeIrp: %s%s%s", why, *what ? "; it is the " : "", what);
}

static _Noreturn void bad_double_free(const IRP *irp, const void *place)
{
    struct hook_stack stacks[HOOK_STACKS_MAX] = { 0 };
    char what[2 * SYMBOL_TEXT_MAX];

    nt_block_describe(irp, what, sizeof(what));
    nt_block_stacks(nt_block_of(irp), stacks);
    NT_BUG_STACKS(MULTIPLE_IRP_COMPLETE_REQUESTS, "WSK-V5", stacks, irp, 0, 0, place,
                  "IoFreeIrp: the IRP has been freed before; it is the %s", what);
}

void nt_irp_free(PIRP irp, const void *place)
{
    enum nt_block_state state = nt_block_state(irp);

    if (state == NT_BLOCK_FOREIGN || nt_block_of(irp)->entry.kind != LEDGER_IRP)
        bad_free(VIOLATION_FREE_TYPE, irp, "IoAllocateIrp did not make this IRP", place);
    if (state == NT_BLOCK_FREED)
        bad_double_free(irp, place);
    if (irp->Type != IO_TYPE_IRP)
        bad_free(VIOLATION_FREE_TYPE, irp, "this is no IRP any more", place);
    if (nt_block_of(irp)->note)
        bad_free(VIOLATION_FREE_IN_USE, irp,
                 "the IRP is still in the hands of whom it was passed to", place);
    if (!nt_block_free(irp, place))
        bad_double_free(irp, place);
}

VOID IoFreeIrp(PIRP irp)
{
    nt_require_irql(DISPATCH_LEVEL, "IoFreeIrp", NT_CALLER());
    nt_irp_free(irp, NT_CALLER());
}

VOID IoReuseIrp(PIRP irp, NTSTATUS status)
{
    UCHAR flags = irp->AllocationFlags;
    const void *place = NT_CALLER();

    nt_require_irql(DISPATCH_LEVEL, "IoReuseIrp", place);
    if (irp->Type != IO_TYPE_IRP || (from_block(irp) && nt_block_in_front(irp)->note))
        NT_BUG_RULE(MULTIPLE_IRP_COMPLETE_REQUESTS, "WSK-V1", irp, irp->CurrentLocation, 0, place,
                    "IoReuseIrp: the IRP is still in the hands of whom it was passed to");
    initialise(irp, irp->Size, irp->StackCount);
    irp->AllocationFlags = flags;
    if (from_block(irp))
        nt_block_in_front(irp)->used = false;
    irp->IoStatus.Status = status;
}

/* Nothing is ever attached to an IRP outside its own bytes. */
VOID IoCleanupIrp(PIRP irp)
{
    nt_require_irql(DISPATCH_LEVEL, "IoCleanupIrp", NT_CALLER());
    if (from_block(irp))
        NT_BUG_RULE(DRIVER_VERIFIER_IOMANAGER_VIOLATION, NULL, VIOLATION_FREE_TYPE, irp, 0,
                    NT_CALLER(),
                    "IoCleanupIrp is for IRPs of IoInitializeIrp; this one wants IoFreeIrp");
}

/* --- Passing on ------------------------------------------------------------------------------- */

/* Status, Cancel and the locations of a completed IRP are old. */
static void require_fresh(PIRP irp, const void *place)
{
    struct hook_stack stacks[HOOK_STACKS_MAX] = { 0 };

    if (!from_block(irp) || !nt_block_in_front(irp)->used)
        return;
    nt_block_stacks(nt_block_of(irp), stacks);
    NT_BUG_STACKS(DRIVER_VERIFIER_DETECTED_VIOLATION, "WSK-V1", stacks, 1, irp, 0, place,
                  "an IRP that has been completed is used again without IoReuseIrp");
}

static void take_location(PIRP irp, const void *place)
{
    if (irp->Type != IO_TYPE_IRP)
        NT_BUG_RULE(DRIVER_VERIFIER_IOMANAGER_VIOLATION, "WSK-V1", VIOLATION_CALL_TYPE, irp, 0,
                    place, "what was passed on is no IRP, or one that has been freed");
    if (irp->CurrentLocation <= 1)
        NT_BUG_RULE(NO_MORE_IRP_STACK_LOCATIONS, "WSK-V1", irp, irp->StackCount, 0, place,
                    "the IRP has no free stack location: it is already in flight, was not reused "
                    "after its last completion, or was made with too few");
    if (irp->CurrentLocation > irp->StackCount && hook_rule(1))
        require_fresh(irp, place);
    irp->CurrentLocation--;
    irp->Tail.Overlay.CurrentStackLocation--;
    if (from_block(irp) && !nt_block_in_front(irp)->note)
        nt_block_in_front(irp)->note = (uint16_t)irp->CurrentLocation;
}

void nt_irp_accept(PIRP irp)
{
    take_location(irp, NT_CALLER());
}

void nt_irp_pend_again(PIRP irp, PIO_COMPLETION_ROUTINE routine, PVOID context)
{
    IoSetCompletionRoutine(irp, routine, context, TRUE, TRUE, TRUE);
    if (from_block(irp))
        nt_block_in_front(irp)->used = false;
    take_location(irp, NT_CALLER());
    IoMarkIrpPending(irp);
}

static NTSTATUS call_driver(PDEVICE_OBJECT device, PIRP irp, const void *place)
{
    PIO_STACK_LOCATION location;
    KIRQL irql = KeGetCurrentIrql();
    UCHAR function;
    NTSTATUS status;

    nt_require_irql(DISPATCH_LEVEL, "IoCallDriver", place);
    take_location(irp, place);
    location = IoGetCurrentIrpStackLocation(irp);
    location->DeviceObject = device;
    function = location->MajorFunction;
    if (function > IRP_MJ_MAXIMUM_FUNCTION)
        NT_BUG_RULE(DRIVER_VERIFIER_IOMANAGER_VIOLATION, NULL, VIOLATION_CALL_TYPE, irp, function,
                    place, "IoCallDriver: there is no major function 0x%02X", function);
    status = device->DriverObject->MajorFunction[function](device, irp);
    if (KeGetCurrentIrql() != irql)
        NT_BUG_RULE(IRQL_UNEXPECTED_VALUE, "WSK-V19", KeGetCurrentIrql(), irql, device, place,
                    "a dispatch routine was called at IRQL %u and returned at IRQL %u", irql,
                    KeGetCurrentIrql());
    return status;
}

NTSTATUS IofCallDriver(PDEVICE_OBJECT device, PIRP irp)
{
    return call_driver(device, irp, NT_CALLER());
}

NTSTATUS IoSetCompletionRoutineEx(PDEVICE_OBJECT device, PIRP irp, PIO_COMPLETION_ROUTINE routine,
                                  PVOID context, BOOLEAN on_success, BOOLEAN on_error,
                                  BOOLEAN on_cancel)
{
    (void)device;
    IoSetCompletionRoutine(irp, routine, context, on_success, on_error, on_cancel);
    return STATUS_SUCCESS;
}

/* --- Completing ------------------------------------------------------------------------------- */

static void require_completable(PIRP irp, const void *place)
{
    PDRIVER_CANCEL routine;

    nt_require_irql(DISPATCH_LEVEL, "IoCompleteRequest", place);
    if (from_block(irp) && nt_block_state(irp) != NT_BLOCK_LIVE)
        bad_double_free(irp, place);
    if (irp->Type != IO_TYPE_IRP || irp->CurrentLocation > irp->StackCount + 1 ||
        (irp->CurrentLocation == irp->StackCount + 1 && !irp->UserIosb))
        NT_BUG_RULE(MULTIPLE_IRP_COMPLETE_REQUESTS, NULL, irp, irp->CurrentLocation,
                    irp->StackCount, place,
                    "the IRP has been completed before, or was never passed to anybody");
    if (irp->IoStatus.Status == STATUS_PENDING || irp->IoStatus.Status == -1)
        NT_BUG_RULE(DRIVER_VERIFIER_IOMANAGER_VIOLATION, NULL, VIOLATION_STATUS,
                    (ULONG)irp->IoStatus.Status, irp, place,
                    "an IRP was completed with the status %s",
                    nt_status_name(irp->IoStatus.Status));
    routine = __atomic_load_n(&irp->CancelRoutine, __ATOMIC_SEQ_CST);
    if (routine)
        NT_BUG_RULE(DRIVER_VERIFIER_IOMANAGER_VIOLATION, NULL, VIOLATION_CANCEL_ROUTINE, routine,
                    irp, place, "an IRP was completed while its cancel routine was still set");
}

static bool wants_call(const IRP *irp, UCHAR control)
{
    if (NT_SUCCESS(irp->IoStatus.Status) ? (control & SL_INVOKE_ON_SUCCESS)
                                         : (control & SL_INVOKE_ON_ERROR))
        return true;
    return (control & SL_INVOKE_ON_CANCEL) && is_cancelled(irp);
}

/*
 * What NT clears in a location that completion has left; the routine and its context stay readable.
 */
static void clear_location(PIO_STACK_LOCATION location)
{
    location->MinorFunction = 0;
    location->Flags = 0;
    location->Control &= SL_ERROR_RETURNED;
    location->Parameters.Others.Argument1 = NULL;
    location->Parameters.Others.Argument2 = NULL;
    location->Parameters.Others.Argument3 = NULL;
    location->FileObject = NULL;
}

static void require_not_freed(PIRP irp, PIO_COMPLETION_ROUTINE routine, const void *place)
{
    char what[2 * SYMBOL_TEXT_MAX];

    if (nt_block_state(irp) == NT_BLOCK_LIVE)
        return;
    nt_block_describe(irp, what, sizeof(what));
    NT_BUG_RULE(MULTIPLE_IRP_COMPLETE_REQUESTS, "WSK-V3", irp, routine, 0, place,
                "a completion routine freed its IRP but did not return "
                "STATUS_MORE_PROCESSING_REQUIRED; it is the %s",
                what);
}

/* The road into the driver: nothing of the IRP may be touched when this returns false. */
static bool call_routine(PIRP irp, PIO_STACK_LOCATION location, const void *place)
{
    PIO_COMPLETION_ROUTINE routine = location->CompletionRoutine;
    PDEVICE_OBJECT device = NULL;
    KIRQL irql = KeGetCurrentIrql();
    bool block = from_block(irp);
    NTSTATUS status;

    /*
     * The routine belongs to the driver above, so it gets that driver's device; who made the IRP
     * has none.
     */
    if (irp->CurrentLocation <= irp->StackCount)
        device = IoGetCurrentIrpStackLocation(irp)->DeviceObject;
    nt_self.in_routine++;
    status = routine(device, irp, location->Context);
    nt_self.in_routine--;
    if (KeGetCurrentIrql() != irql)
        NT_BUG_RULE(IRQL_UNEXPECTED_VALUE, "WSK-V19", KeGetCurrentIrql(), irql, routine, place,
                    "a completion routine was called at IRQL %u and returned at IRQL %u", irql,
                    KeGetCurrentIrql());
    if (status == STATUS_MORE_PROCESSING_REQUIRED)
        return false;
    if (block)
        require_not_freed(irp, routine, place);
    return true;
}

/* True when the walk left the topmost location, false when a routine keeps the IRP. */
static bool walk_up(PIRP irp, const void *place)
{
    while (irp->CurrentLocation <= irp->StackCount) {
        PIO_STACK_LOCATION location = IoGetCurrentIrpStackLocation(irp);
        UCHAR control = location->Control;

        irp->CurrentLocation++;
        irp->Tail.Overlay.CurrentStackLocation++;
        if (from_block(irp) && irp->CurrentLocation > nt_block_in_front(irp)->note)
            nt_block_in_front(irp)->note = 0;
        irp->PendingReturned = (control & SL_PENDING_RETURNED) != 0;
        clear_location(location);
        if (wants_call(irp, control)) {
            if (!call_routine(irp, location, place))
                return false;
        } else if (irp->PendingReturned && irp->CurrentLocation <= irp->StackCount) {
            IoMarkIrpPending(irp);
        }
    }
    return true;
}

static void free_mdls(PIRP irp, const void *place)
{
    PMDL mdl = irp->MdlAddress;

    irp->MdlAddress = NULL;
    while (mdl) {
        PMDL next = mdl->Next;

        if (mdl->MdlFlags & MDL_PAGES_LOCKED)
            MmUnlockPages(mdl);
        nt_mdl_free(mdl, place);
        mdl = next;
    }
}

/*
 * device_request.c left the size of the caller's buffer in the overlay, which such an IRP does not
 * use.
 */
static void copy_output(PIRP irp, const void *place)
{
    const ULONG copies = IRP_BUFFERED_IO | IRP_INPUT_OPERATION;

    if ((irp->Flags & copies) != copies || NT_ERROR(irp->IoStatus.Status))
        return;
    if (irp->IoStatus.Information > (ULONG_PTR)irp->Overlay.AllocationSize.QuadPart)
        NT_BUG(DRIVER_VERIFIER_IOMANAGER_VIOLATION, irp, irp->IoStatus.Information,
               irp->Overlay.AllocationSize.QuadPart, place,
               "an IRP was completed with Information %llu, but its output buffer has %llu bytes",
               (unsigned long long)irp->IoStatus.Information,
               (unsigned long long)irp->Overlay.AllocationSize.QuadPart);
    memcpy(irp->UserBuffer, irp->AssociatedIrp.SystemBuffer, irp->IoStatus.Information);
}

/*
 * wdm.h, IoBuildDeviceIoControlRequest: the I/O manager hands the result over and frees what it
 * made.
 */
static void finish_built_irp(PIRP irp, const void *place)
{
    PKEVENT event = irp->UserEvent;
    PIO_STATUS_BLOCK iosb = irp->UserIosb;
    IO_STATUS_BLOCK result = irp->IoStatus;

    copy_output(irp, place);
    if ((irp->Flags & IRP_DEALLOCATE_BUFFER) && irp->AssociatedIrp.SystemBuffer)
        nt_pool_free(irp->AssociatedIrp.SystemBuffer, 0, place);
    free_mdls(irp, place);
    if (from_block(irp))
        nt_irp_free(irp, place);
    *iosb = result;
    if (event)
        KeSetEvent(event, IO_NO_INCREMENT, FALSE);
}

static void complete(PIRP irp, const void *place)
{
    require_completable(irp, place);
    if (from_block(irp)) {
        nt_block_in_front(irp)->used = true;
        if (hook_rule(5))
            atomic_store_explicit(&nt_block_in_front(irp)->completed_stack, stack_take(place),
                                  memory_order_relaxed);
    }
    trace_count(trace_irp_completed);
    if (!walk_up(irp, place))
        return;
    irp->CurrentLocation++;
    if (!irp->UserIosb)
        NT_BUG_RULE(
            MULTIPLE_IRP_COMPLETE_REQUESTS, "WSK-V3", irp, 0, 0, place,
            "the completion routine of an IRP that the driver made itself must be called in "
            "every case and return STATUS_MORE_PROCESSING_REQUIRED");
    finish_built_irp(irp, place);
}

VOID IofCompleteRequest(PIRP irp, CCHAR boost)
{
    (void)boost;
    complete(irp, NT_CALLER());
}

/* --- Fetching --------------------------------------------------------------------------------- */

/* From the header of its block to its first stack location. */
void nt_irp_fetch(PIRP irp)
{
    base_fetch((const char *)irp - OS_CACHE_LINE,
               OS_CACHE_LINE + sizeof(*irp) + sizeof(IO_STACK_LOCATION));
}

void nt_irp_fetch_context(PIRP irp)
{
    base_fetch(IoGetCurrentIrpStackLocation(irp)->Context, 1);
}

/* --- Cancelling ------------------------------------------------------------------------------- */

VOID IoAcquireCancelSpinLock(PKIRQL irql)
{
    KeAcquireSpinLock(&cancel_lock, irql);
}

VOID IoReleaseCancelSpinLock(KIRQL irql)
{
    KeReleaseSpinLock(&cancel_lock, irql);
}

/* Whoever takes the routine out of the IRP, IoCancelIrp or the driver, completes it. */
BOOLEAN IoCancelIrp(PIRP irp)
{
    const void *place = NT_CALLER();
    PDEVICE_OBJECT device = NULL;
    PDRIVER_CANCEL routine;
    KIRQL irql;

    nt_require_irql(DISPATCH_LEVEL, "IoCancelIrp", place);
    IoAcquireCancelSpinLock(&irql);
    __atomic_store_n(&irp->Cancel, TRUE, __ATOMIC_SEQ_CST);
    routine = __atomic_exchange_n(&irp->CancelRoutine, (PDRIVER_CANCEL)NULL, __ATOMIC_SEQ_CST);
    if (!routine) {
        IoReleaseCancelSpinLock(irql);
        return FALSE;
    }
    if (irp->CurrentLocation > irp->StackCount + 1)
        NT_BUG_RULE(CANCEL_STATE_IN_COMPLETED_IRP, NULL, irp, routine, 0, place,
                    "an IRP that is complete still had a cancel routine");
    if (irp->CurrentLocation <= irp->StackCount)
        device = IoGetCurrentIrpStackLocation(irp)->DeviceObject;
    irp->CancelIrql = irql;
    trace_count(trace_irp_cancelled);
    routine(device, irp);
    if (KeGetCurrentIrql() != irql)
        NT_BUG_RULE(IRQL_UNEXPECTED_VALUE, "WSK-V19", KeGetCurrentIrql(), irql, routine, place,
                    "a cancel routine did not release the cancel spin lock to Irp->CancelIrql");
    return TRUE;
}

/* --- Who is where ----------------------------------------------------------------------------- */

void nt_routine_begin(void)
{
    nt_self.in_routine++;
}

void nt_routine_end(void)
{
    nt_self.in_routine--;
}

bool nt_in_entry(void)
{
    return nt_self.in_entry != 0;
}
