/* SPDX-License-Identifier: MIT */
/*
 * exception.c - structured exceptions: the stack of jump records behind __try, raising, and
 * hardware faults.
 *
 *   1. __try pushes a record, the end of its body pops it (openwsk_seh_push, _pop).
 *   2. A raise pops the top record, notes the exception, and jumps. There is one exception a thread
 *      at a time.
 *   3. Behind the body, __except asks _filter: it runs the handler or raises the exception again.
 *      __finally keeps a copy of the exception while its block runs, and raises it at the end.
 *
 * A fault arrives in a signal handler, which restores the signal mask (thread sanitizers block
 * everything there, whatever SA_NODEFER says) and raises like anybody else.
 */
#define _GNU_SOURCE
#include "exception.h"

#include "nt_internal.h"
#include "touch.h"

#include <signal.h>
#include <string.h>
#include <ucontext.h>

/* The deepest nesting of __try on one thread. */
#define SEH_DEPTH 64

struct seh_stack {
    unsigned depth;
    bool raised; /* between the jump and the __except or __finally that takes it */
    EXCEPTION_RECORD record;
    EXCEPTION_POINTERS pointers;
    jmp_buf targets[SEH_DEPTH];
};

/*
 * Made when a thread first enters a __try: thread-local storage of the library is static, and a
 * program that loads it late has little room for that.
 */
static _Thread_local struct seh_stack *own_stack;

/* Of threads that never entered one: what they raise ends the process. */
static struct seh_stack no_stack;

static void forget_stack(void *stack)
{
    own_stack = NULL;
    os_free(stack);
}

static struct seh_stack *make_stack(void)
{
    struct seh_stack *stack = os_allocate_zeroed(sizeof(*stack));

    if (!stack || os_thread_on_exit(forget_stack, stack) != 0)
        NT_BUG(PANIC_STACK_SWITCH, 0, 0, 0, 0, "there is no memory for the first __try of a thread");
    own_stack = stack;
    return stack;
}

static struct seh_stack *seh(void)
{
    return own_stack ? own_stack : &no_stack;
}

/* --- The records ------------------------------------------------------------------------------ */

jmp_buf *openwsk_seh_push(void)
{
    struct seh_stack *stack = own_stack ? own_stack : make_stack();

    if (stack->depth == SEH_DEPTH)
        NT_BUG(PANIC_STACK_SWITCH, stack->depth, 0, 0, 0,
               "more than %d __try blocks are nested on one thread", SEH_DEPTH);
    return &stack->targets[stack->depth++];
}

void openwsk_seh_pop(struct openwsk_seh_body *body)
{
    (void)body;
    seh()->depth--;
}

/* Whether a raise on this thread would be caught. */
static bool seh_covered(void)
{
    return seh()->depth > 0;
}

/* --- Raising ---------------------------------------------------------------------------------- */

/* ntddk.h, bug check 0x1E: status, address, and the first two pieces of information. */
static _Noreturn void seh_unhandled(const EXCEPTION_RECORD *record, const char *sentence)
{
    NT_BUG(KMODE_EXCEPTION_NOT_HANDLED, (ULONG_PTR)(LONG_PTR)record->ExceptionCode,
           record->ExceptionAddress, record->ExceptionInformation[0],
           record->ExceptionInformation[1], "%s: %s", nt_status_name(record->ExceptionCode),
           sentence);
}

/* Takes the exception that stands in the thread's record to the nearest __try. */
static _Noreturn void seh_jump(void)
{
    struct seh_stack *stack = seh();

    if (stack->depth == 0)
        seh_unhandled(&stack->record,
                      "an exception was raised that no __try of this thread handles");
    stack->raised = true;
    longjmp(stack->targets[--stack->depth], 1);
}

static _Noreturn void seh_raise(NTSTATUS status, const void *address, unsigned count,
                                const ULONG_PTR *information)
{
    EXCEPTION_RECORD *record = &seh()->record;

    memset(record, 0, sizeof(*record));
    record->ExceptionCode = status;
    record->ExceptionFlags = EXCEPTION_NONCONTINUABLE;
    record->ExceptionAddress = (PVOID)address;
    record->NumberParameters = count;
    for (unsigned i = 0; i < count; i++)
        record->ExceptionInformation[i] = information[i];
    seh_jump();
}

void ExRaiseStatus(NTSTATUS status)
{
    seh_raise(status, NT_CALLER(), 0, NULL);
}

void RtlRaiseStatus(NTSTATUS status)
{
    seh_raise(status, NT_CALLER(), 0, NULL);
}

void ExRaiseAccessViolation(void)
{
    seh_raise(STATUS_ACCESS_VIOLATION, NT_CALLER(), 0, NULL);
}

void ExRaiseDatatypeMisalignment(void)
{
    seh_raise(STATUS_DATATYPE_MISALIGNMENT, NT_CALLER(), 0, NULL);
}

void RtlRaiseException(PEXCEPTION_RECORD record)
{
    seh()->record = *record;
    if (!seh()->record.ExceptionAddress)
        seh()->record.ExceptionAddress = NT_CALLER();
    seh_jump();
}

/* --- Taking it -------------------------------------------------------------------------------- */

int openwsk_seh_filter(int disposition)
{
    struct seh_stack *stack = seh();

    stack->raised = false;
    if (disposition == EXCEPTION_CONTINUE_SEARCH)
        seh_jump();
    if (disposition < 0)
        seh_unhandled(&stack->record,
                      "a filter asked to continue, but execution cannot go back to the fault");
    return 1;
}

struct openwsk_seh_finally openwsk_seh_finally_begin(void)
{
    struct openwsk_seh_finally block = { .once = 1, .abnormal = seh()->raised };

    if (block.abnormal)
        block.record = seh()->record;
    seh()->raised = false;
    return block;
}

/* A block left by return or goto has ended the search, as on Windows: `once` is still set. */
void openwsk_seh_finally_end(struct openwsk_seh_finally *block)
{
    if (!block->abnormal || block->once)
        return;
    seh()->record = block->record;
    seh_jump();
}

NTSTATUS openwsk_seh_code(void)
{
    return seh()->record.ExceptionCode;
}

PEXCEPTION_POINTERS openwsk_seh_information(void)
{
    seh()->pointers.ExceptionRecord = &seh()->record;
    seh()->pointers.ContextRecord = NULL;
    return &seh()->pointers;
}

/* --- Hardware faults -------------------------------------------------------------------------- */

static const int fault_signals[] = { SIGSEGV, SIGBUS, SIGFPE };
#define FAULT_SIGNALS (sizeof(fault_signals) / sizeof(fault_signals[0]))

/* Written before our handlers are in place. */
static struct sigaction former[FAULT_SIGNALS];
static struct base_lock fault_lock = BASE_LOCK_INITIALISER;
static unsigned fault_users;

static NTSTATUS fault_status(int signal, int code)
{
    if (signal == SIGFPE)
        return code == FPE_INTDIV   ? STATUS_INTEGER_DIVIDE_BY_ZERO
               : code == FPE_INTOVF ? STATUS_INTEGER_OVERFLOW
               : code == FPE_FLTDIV ? STATUS_FLOAT_DIVIDE_BY_ZERO
                                    : STATUS_FLOAT_INVALID_OPERATION;
    if (signal == SIGBUS && code == BUS_ADRALN)
        return STATUS_DATATYPE_MISALIGNMENT;
    /* A page of a file that has shrunk since. */
    if (signal == SIGBUS)
        return STATUS_IN_PAGE_ERROR;
    return STATUS_ACCESS_VIOLATION;
}

static const void *fault_place(const ucontext_t *context)
{
#if defined(__x86_64__)
    return (const void *)(uintptr_t)context->uc_mcontext.gregs[REG_RIP];
#elif defined(__aarch64__)
    return (const void *)(uintptr_t)context->uc_mcontext.pc;
#else
    (void)context;
    return NULL;
#endif
}

/* wdm.h, EXCEPTION_RECORD: the first information of an access violation says 1 for a write. */
static ULONG_PTR fault_is_write(const ucontext_t *context)
{
#if defined(__x86_64__)
    return (context->uc_mcontext.gregs[REG_ERR] & 2) != 0;
#else
    (void)context;
    return 0;
#endif
}

static struct sigaction *former_of(int signal)
{
    size_t i = 0;

    while (fault_signals[i] != signal)
        i++;
    return &former[i];
}

/* To whoever was there before: a sanitizer, a crash handler. False when there was nobody. */
static bool fault_pass_on(int signal, siginfo_t *info, void *context)
{
    const struct sigaction *action = former_of(signal);

    if (action->sa_flags & SA_SIGINFO)
        action->sa_sigaction(signal, info, context);
    else if (action->sa_handler != SIG_DFL && action->sa_handler != SIG_IGN)
        action->sa_handler(signal);
    else
        return false;
    return true;
}

/* A signal that was sent, no fault of this thread, does what it would have done without us. */
static void fault_sent(int signal)
{
    if (former_of(signal)->sa_handler == SIG_IGN)
        return;
    sigaction(signal, former_of(signal), NULL);
    raise(signal);
}

static void fault_handler(int signal, siginfo_t *info, void *context)
{
    bool fault = info->si_code > 0;
    ULONG_PTR information[2] = { fault_is_write(context), (ULONG_PTR)info->si_addr };

    /*
     * What Windows stops for even inside a __try. One behind the instruction, as a return address.
     */
    if (fault && signal != SIGFPE &&
        nt_touch_fault(info->si_addr, information[0], (const char *)fault_place(context) + 1))
        return;
    if (!(fault && seh_covered()) && fault_pass_on(signal, info, context))
        return;
    if (!fault) {
        fault_sent(signal);
        return;
    }
    /* Without a __try this is the stop that Windows makes of it; a fault on the way is the end. */
    if (!seh_covered())
        sigaction(signal, &(struct sigaction){ .sa_handler = SIG_DFL }, NULL);
    /* The jump leaves the handler for good: the mask of the fault's place comes back by hand. */
    pthread_sigmask(SIG_SETMASK, &((const ucontext_t *)context)->uc_sigmask, NULL);
    seh_raise(fault_status(signal, info->si_code), fault_place(context), signal == SIGFPE ? 0 : 2,
              information);
}

static void faults_give_back(size_t count)
{
    while (count-- > 0)
        sigaction(fault_signals[count], &former[count], NULL);
}

static NTSTATUS faults_take(void)
{
    struct sigaction action = { .sa_sigaction = fault_handler,
                                .sa_flags = SA_SIGINFO | SA_NODEFER };

    sigemptyset(&action.sa_mask);
    for (size_t i = 0; i < FAULT_SIGNALS; i++) {
        if (sigaction(fault_signals[i], &action, &former[i]) != 0) {
            faults_give_back(i);
            return STATUS_UNSUCCESSFUL;
        }
    }
    return STATUS_SUCCESS;
}

NTSTATUS nt_seh_start(void)
{
    NTSTATUS status = STATUS_SUCCESS;

    base_lock_acquire(&fault_lock);
    if (fault_users == 0)
        status = faults_take();
    if (NT_SUCCESS(status))
        fault_users++;
    base_lock_release(&fault_lock);
    return status;
}

void nt_seh_stop(void)
{
    base_lock_acquire(&fault_lock);
    BASE_REQUIRE(fault_users > 0);
    if (--fault_users == 0)
        faults_give_back(FAULT_SIGNALS);
    base_lock_release(&fault_lock);
}
