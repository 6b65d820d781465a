/* SPDX-License-Identifier: MIT */
/*
 * seh.h - structured exceptions: __try, __except, __finally, __leave.
 *
 * How it works: every __try pushes a jump record on a stack that belongs to the thread; leaving the
 * body in any way pops it again. A raise, or a hardware fault, pops the top record and jumps to it;
 * what stands behind the body then decides. __except(f) evaluates f and runs its block, or raises
 * again to the next record. __finally runs its block and raises again.
 *
 *     __try { MmProbeAndLockPages(Mdl, KernelMode, IoWriteAccess); } __except
 *     (EXCEPTION_EXECUTE_HANDLER) { Status = GetExceptionCode(); }
 *
 * break, continue, goto and return out of a body and out of a handler do what they say; __leave
 * too, from any depth of loops. The limits:
 *   - a __finally block runs when the body ends, by __leave, and by an exception; not when return,
 *     goto, break or continue leave the body, and it may not itself contain a break or continue of
 *     an outer loop;
 *   - a local variable that the body changes and the handler reads after an exception must be
 *     volatile;
 *   - a filter runs when the frames below it are gone, so EXCEPTION_CONTINUE_EXECUTION cannot be
 *     honoured: it is the stop KMODE_EXCEPTION_NOT_HANDLED;
 *   - __try needs braces of its own when it is the branch of an if.
 */
#ifndef OPENWSK_KM_SEH_H
#define OPENWSK_KM_SEH_H

#include <setjmp.h>

#include "../ntdef.h"

#if defined(__cplusplus) && defined(__has_include)
#if __has_include(<bits/exception_defines.h>)
#include <bits/exception_defines.h>
#endif
#endif
#undef __try
#undef __except
#undef __finally
#undef __leave

#define EXCEPTION_EXECUTE_HANDLER 1
#define EXCEPTION_CONTINUE_SEARCH 0
#define EXCEPTION_CONTINUE_EXECUTION (-1)

#define EXCEPTION_NONCONTINUABLE 0x1
#define EXCEPTION_MAXIMUM_PARAMETERS 15

struct _CONTEXT;

typedef struct _EXCEPTION_RECORD {
    NTSTATUS ExceptionCode;
    ULONG ExceptionFlags;
    struct _EXCEPTION_RECORD *ExceptionRecord;
    PVOID ExceptionAddress;
    ULONG NumberParameters;
    ULONG_PTR ExceptionInformation[EXCEPTION_MAXIMUM_PARAMETERS];
} EXCEPTION_RECORD, *PEXCEPTION_RECORD;

/* There is no saved processor state: ContextRecord is NULL. */
typedef struct _EXCEPTION_POINTERS {
    PEXCEPTION_RECORD ExceptionRecord;
    struct _CONTEXT *ContextRecord;
} EXCEPTION_POINTERS, *PEXCEPTION_POINTERS;

typedef enum _EXCEPTION_DISPOSITION {
    ExceptionContinueExecution,
    ExceptionContinueSearch,
    ExceptionNestedException,
    ExceptionCollidedUnwind
} EXCEPTION_DISPOSITION;

/* Lives in the body of a __try; its end pops the record. */
struct openwsk_seh_body {
    unsigned char live;
};

/* Lives around a __finally block; its end raises again what led there. */
struct openwsk_seh_finally {
    unsigned char once;
    unsigned char abnormal;
    EXCEPTION_RECORD record;
};

OPENWSK_DECLARATIONS_BEGIN

/* Any IRQL. A new record on top of this thread's stack; the stop code on overflow. */
jmp_buf *openwsk_seh_push(void);
/* Pops the top record (the cleanup of a body). */
void openwsk_seh_pop(struct openwsk_seh_body *body);
/* Non-zero: run the handler. Raises again on EXCEPTION_CONTINUE_SEARCH and does not return then. */
int openwsk_seh_filter(int disposition);
/* Enters a __finally block, which learns whether an exception led there. */
struct openwsk_seh_finally openwsk_seh_finally_begin(void);
/* Raises again, if an exception led there (the cleanup of a __finally block). */
void openwsk_seh_finally_end(struct openwsk_seh_finally *block);
/* The exception that this thread handles, or handled last. */
NTSTATUS openwsk_seh_code(void);
PEXCEPTION_POINTERS openwsk_seh_information(void);

/*
 * Any IRQL. They raise to the nearest __try of this thread and never return; without one they are a
 * stop.
 */
DECLSPEC_NORETURN VOID ExRaiseStatus(NTSTATUS Status);
DECLSPEC_NORETURN VOID ExRaiseAccessViolation(VOID);
DECLSPEC_NORETURN VOID ExRaiseDatatypeMisalignment(VOID);
DECLSPEC_NORETURN VOID RtlRaiseStatus(NTSTATUS Status);
/* Returns never either: no exception here can be continued. The record is copied. */
DECLSPEC_NORETURN VOID RtlRaiseException(PEXCEPTION_RECORD ExceptionRecord);

OPENWSK_DECLARATIONS_END

/*
 * The braces that __try opens are closed by __except or __finally. The body is a statement of an
 * ordinary block, not of a loop, so that break in it belongs to the client's loop.
 */
#define OPENWSK_SEH_PASTE_(a, b) a##b
#define OPENWSK_SEH_PASTE(a, b) OPENWSK_SEH_PASTE_(a, b)
#define __try                                                                                      \
    if (setjmp(*openwsk_seh_push()) == 0) {                                                        \
        __label__ openwsk_seh_leave;                                                               \
        struct openwsk_seh_body OPENWSK_SEH_PASTE(openwsk_seh_scope_, __COUNTER__)                 \
            __attribute__((__cleanup__(openwsk_seh_pop), __unused__)) = {1};

#define OPENWSK_SEH_BODY_END                                                                       \
    openwsk_seh_leave:                                                                             \
        __attribute__((__unused__));                                                               \
    }

#define __except(filter) OPENWSK_SEH_BODY_END else if (openwsk_seh_filter(filter))

#define __finally                                                                                  \
    OPENWSK_SEH_BODY_END                                                                           \
    for (struct openwsk_seh_finally openwsk_seh_final                                              \
             __attribute__((__cleanup__(openwsk_seh_finally_end))) = openwsk_seh_finally_begin();  \
         openwsk_seh_final.once; openwsk_seh_final.once = 0)

#define __leave goto openwsk_seh_leave

#define GetExceptionCode() ((ULONG)openwsk_seh_code())
#define GetExceptionInformation() openwsk_seh_information()
#define exception_code() GetExceptionCode()
#define exception_info() GetExceptionInformation()
#define _exception_code() GetExceptionCode()
#define _exception_info() GetExceptionInformation()
#define AbnormalTermination() ((int)openwsk_seh_final.abnormal)
#define _abnormal_termination() AbnormalTermination()
#define abnormal_termination() AbnormalTermination()

/* The kit defines these for C; here a driver asks, since they are ordinary words elsewhere. */
#if defined(OPENWSK_LOWERCASE_SEH) && !defined(__cplusplus)
#define try __try
#define except __except
#define finally __finally
#define leave __leave
#endif

#endif
