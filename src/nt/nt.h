/* SPDX-License-Identifier: MIT */
/*
 * nt.h - the door of the executive. What drivers call stands in the headers under
 * include/openwsk/km; here stands what the provider, the verifier and the host need beyond that.
 */
#ifndef OPENWSK_NT_NT_H
#define OPENWSK_NT_NT_H

#include "hook.h"

#include <wdm.h>

#include <stdbool.h>
#include <stddef.h>

/* The address in the caller's code: where a driver's call came from. */
#define NT_CALLER() __builtin_return_address(0)

/* --- Life ------------------------------------------------------------------------------------ */

/*
 * Brings the executive up: fault handlers, and the threads of DPCs and work items, which cannot
 * fail to be queued later. STATUS_INSUFFICIENT_RESOURCES without them. Counted. PASSIVE_LEVEL.
 */
NTSTATUS nt_start(void);

/* Ends the executive's threads. All drivers are unloaded. */
void nt_stop(void);

/* Returns when no DPC is queued or running and no work item is queued or running. PASSIVE_LEVEL. */
void nt_drain(void);

/* --- Words ----------------------------------------------------------------------------------- */

/* "STATUS_PENDING"; for an unknown value its number. Never NULL. */
const char *nt_status_name(NTSTATUS status);

/* "IRQL_NOT_LESS_OR_EQUAL"; for an unknown value its number. */
const char *nt_bug_check_name(ULONG code);

/*
 * For functions that are declared but do not exist: says the name once on standard error and
 * returns STATUS_NOT_IMPLEMENTED. `name` is a literal. Any IRQL.
 */
NTSTATUS nt_absent(const char *name);

/* Where DbgPrint's text goes; NULL restores standard output. */
typedef void nt_debug_output_fn(const char *text, size_t length);
void nt_debug_output(nt_debug_output_fn *output);

/* The kernel's printf dialect; same result rules as C's vsnprintf. Any IRQL. */
int nt_format(char *buffer, size_t size, const char *format, va_list arguments);

/* --- Bug checks ------------------------------------------------------------------------------ */

struct nt_bug {
    ULONG code;
    const char *rule;     /* "WSK-V13", or NULL where Windows itself would have stopped */
    const char *sentence; /* what is wrong, in one sentence */
    ULONG_PTR parameters[4];
    struct hook_stack stacks[HOOK_STACKS_MAX]; /* up to the first without a label */
};

/* Prints stop code, parameters, rule and stack, calls the hook, then aborts. */
_Noreturn void nt_bug_check(const struct nt_bug *bug);

/*
 * Bug checks IRQL_NOT_LESS_OR_EQUAL when the thread's IRQL is above `highest`. `function` is the
 * name that the driver called. `place` comes from NT_CALLER().
 */
void nt_require_irql(KIRQL highest, const char *function, const void *place);

/* --- IRPs ------------------------------------------------------------------------------------ */

/*
 * Takes the next stack location for a call that accepts the IRP: what IoCallDriver does before it
 * enters a driver. Bug check NO_MORE_IRP_STACK_LOCATIONS when there is none left (an IRP that is in
 * flight has none). IRQL <= DISPATCH_LEVEL.
 */
void nt_irp_accept(PIRP irp);

/*
 * For an IRP that will be completed in a moment: asks for the memory that completing it touches,
 * and then, when that has come, for what the driver gave its completion routine as context. Neither
 * touches it. Any IRQL.
 */
void nt_irp_fetch(PIRP irp);
void nt_irp_fetch_context(PIRP irp);

/*
 * From within the completion routine that runs for the IRP, before it keeps the IRP: makes it
 * pending again at the location that the completion has just left, so that the next
 * IoCompleteRequest calls `routine` for it. IRQL <= DISPATCH_LEVEL.
 */
void nt_irp_pend_again(PIRP irp, PIO_COMPLETION_ROUTINE routine, PVOID context);

/* Around an event callback: the thread is in code that must not wait, whatever its IRQL. */
void nt_routine_begin(void);
void nt_routine_end(void);

/* Whether DriverEntry is on this thread's stack. */
bool nt_in_entry(void);

/* The live block of pool, IRP or MDL that the address lies in, where that is cheap to tell. */
bool nt_block_range(const void *address, uintptr_t *first, size_t *size, bool *paged);

/*
 * Empties the quarantine of freed blocks: a bug check when something wrote into one. Returns how
 * many there were.
 */
size_t nt_block_trim(void);

/*
 * While AddressSanitizer reports an error: a bug check in the words of WSK-V4, V5 or V22 when it is
 * about a driver's block or indication. Returns for all else.
 */
void nt_sanitizer_error(void);

/* Whether the memory is a block that was freed a short while ago; its stacks. */
bool nt_is_freed(const void *memory, struct hook_stack *stacks);

/*
 * The first byte of a page of which every touch is reported as the use of an indication that was
 * given back (WSK-V22). NULL when there is none.
 */
char *nt_trap_address(void);

/*
 * Memory that a driver may use until nt_lend_end(); what it does with it later is a bug check for
 * rule WSK-V22. It ends where an unmapped page begins, but for the alignment. `place` is in the
 * driver's code; `released_at`, too, or NULL when no call of the driver gave it back. NULL when
 * there is none: there is little of it. Any IRQL.
 */
void *nt_lend(size_t size, const void *place);
void nt_lend_end(void *memory, const void *released_at);

/* Whether that can be read without a fault. */
bool nt_readable(const void *memory, size_t size);

/* --- Waits ----------------------------------------------------------------------------------- */

/* A thread that sleeps in a wait, while rule V28 is on. */
struct nt_wait {
    uint32_t thread;
    const void *object;   /* the first, of several */
    uint64_t since_ns;
    uint32_t stack;
};

/* Under the list's lock: `visit` may not wait. Any thread. */
typedef void nt_wait_visit_fn(const struct nt_wait *wait, void *context);
void nt_wait_visit(nt_wait_visit_fn *visit, void *context);

/* --- Security -------------------------------------------------------------------------------- */

/*
 * Copies a valid descriptor into one piece of RtlLengthSecurityDescriptor() bytes, in one order of
 * its parts, so that equal descriptors become equal bytes. Any IRQL.
 */
void nt_security_copy(PSECURITY_DESCRIPTOR from, void *to);

/*
 * Whether a valid descriptor lets the System process have all of these rights, which may be generic
 * ones: then they are those of files. Without a DACL it does. Any IRQL.
 */
bool nt_security_grants(PSECURITY_DESCRIPTOR descriptor, ACCESS_MASK wanted);

/* --- Network modules ------------------------------------------------------------------------- */

/*
 * NmrRegisterProvider for a provider of the house, which the ledger does not show as a driver's.
 * Clients that are registered already are attached before the return. NmrDeregisterProvider takes
 * it back. PASSIVE_LEVEL.
 */
struct _NPI_PROVIDER_CHARACTERISTICS;
NTSTATUS nt_provider_register(const struct _NPI_PROVIDER_CHARACTERISTICS *provider, PVOID context,
                              PHANDLE handle);

/* --- Drivers --------------------------------------------------------------------------------- */

struct nt_driver;

/*
 * Makes a DRIVER_OBJECT called \Driver\<name> with the registry key
 * \Registry\Machine\System\CurrentControlSet\Services\<name>. PASSIVE_LEVEL.
 */
NTSTATUS nt_driver_create(const char *name, struct nt_driver **driver);

/* Calls DriverEntry on this thread and returns what it returned. */
NTSTATUS nt_driver_enter(struct nt_driver *driver, PDRIVER_INITIALIZE entry);

/* Calls DriverUnload, if there is one (false if not), and waits for DPCs and work items. */
bool nt_driver_unload(struct nt_driver *driver);

void nt_driver_destroy(struct nt_driver *driver);

PDRIVER_OBJECT nt_driver_object(struct nt_driver *driver);

/* --- Registry -------------------------------------------------------------------------------- */

/*
 * Sets a value below the driver's Parameters key: a number (decimal or 0x...) of 32 bits becomes
 * REG_DWORD, anything else REG_SZ. STATUS_INVALID_PARAMETER for an empty name.
 */
NTSTATUS nt_driver_set_parameter(struct nt_driver *driver, const char *name, const char *value);

/* --- Timers ---------------------------------------------------------------------------------- */

/*
 * Calls `visit` for every armed timer, with the place that armed it (NULL when that was not kept),
 * under the timers' lock: it may not set or cancel. IRQL <= DISPATCH_LEVEL.
 */
typedef void nt_timer_visit_fn(PKTIMER timer, const void *place, void *context);
void nt_timer_visit(nt_timer_visit_fn *visit, void *context);

/* --- Device control -------------------------------------------------------------------------- */

/*
 * Sends IRP_MJ_CREATE, _DEVICE_CONTROL or another function to the device whose name or symbolic
 * link this is, waits, and returns IoStatus. Buffers follow the control code's transfer type.
 * PASSIVE_LEVEL.
 */
struct nt_device_request {
    UCHAR major_function;
    ULONG control_code;
    const void *input;
    ULONG input_size;
    void *output;
    ULONG output_size;
};

NTSTATUS nt_device_call(const char *device_name, const struct nt_device_request *request,
                        ULONG_PTR *information);

#endif
