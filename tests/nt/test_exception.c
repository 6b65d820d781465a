/* SPDX-License-Identifier: MIT */
#include "nt_test.h"

#include <signal.h>
#include <sys/mman.h>

#include <openwsk/seh.h>

/*
 * cmocka puts its own handlers for faults around each test and each fixture, so a test about faults
 * starts the executive itself.
 */

/* Locals that a body changes and a test reads afterwards are volatile: see openwsk/seh.h. */

static void raise_deep(unsigned frames, NTSTATUS status)
{
    if (frames > 0)
        raise_deep(frames - 1, status);
    else if (!NT_SUCCESS(status))
        ExRaiseStatus(status);
}

static void test_body_without_exception(void **state)
{
    volatile int body = 0, handler = 0;

    (void)state;
    __try {
        body++;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        handler++;
    }
    assert_int_equal(body, 1);
    assert_int_equal(handler, 0);
}

static void test_raise_reaches_the_handler(void **state)
{
    volatile ULONG code = 0;

    (void)state;
    __try {
        raise_deep(5, STATUS_NO_MEMORY);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        code = GetExceptionCode();
    }
    assert_int_equal((NTSTATUS)code, STATUS_NO_MEMORY);
}

static int filter_of(NTSTATUS wanted, PEXCEPTION_POINTERS pointers)
{
    return pointers->ExceptionRecord->ExceptionCode == wanted ? EXCEPTION_EXECUTE_HANDLER
                                                              : EXCEPTION_CONTINUE_SEARCH;
}

static void test_filter_passes_outwards(void **state)
{
    volatile int inner = 0, outer = 0;

    (void)state;
    __try {
        __try {
            ExRaiseStatus(STATUS_CANCELLED);
        } __except (filter_of(STATUS_TIMEOUT, GetExceptionInformation())) {
            inner++;
        }
        inner += 10;
    } __except (filter_of(STATUS_CANCELLED, GetExceptionInformation())) {
        outer++;
    }
    assert_int_equal(inner, 0);
    assert_int_equal(outer, 1);
}

static void test_each_way_of_raising(void **state)
{
    EXCEPTION_RECORD record = { .ExceptionCode = STATUS_TIMEOUT, .NumberParameters = 1,
                                .ExceptionInformation = { 77 } };
    volatile NTSTATUS seen[5];
    volatile ULONG_PTR information = 0;

    (void)state;
    for (volatile int i = 0; i < 5; i++) {
        __try {
            if (i == 0)
                ExRaiseStatus(STATUS_RETRY);
            if (i == 1)
                RtlRaiseStatus(STATUS_RETRY);
            if (i == 2)
                ExRaiseAccessViolation();
            if (i == 3)
                ExRaiseDatatypeMisalignment();
            RtlRaiseException(&record);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            seen[i] = (NTSTATUS)GetExceptionCode();
            information = GetExceptionInformation()->ExceptionRecord->ExceptionInformation[0];
        }
    }
    assert_int_equal(seen[0], STATUS_RETRY);
    assert_int_equal(seen[1], STATUS_RETRY);
    assert_int_equal(seen[2], STATUS_ACCESS_VIOLATION);
    assert_int_equal(seen[3], STATUS_DATATYPE_MISALIGNMENT);
    assert_int_equal(seen[4], STATUS_TIMEOUT);
    assert_int_equal(information, 77);
}

static int leave_by_return(void)
{
    __try {
        return 7;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return 8;
    }
    return 9;
}

/* More rounds than there are records, so that one that is not popped is found. */
static void test_every_exit_pops_its_record(void **state)
{
    volatile int handled = 0;

    (void)state;
    for (volatile int i = 0; i < 300; i++) {
        __try {
            if (i % 4 == 0)
                continue;
            if (i % 4 == 1)
                goto next;
            if (i % 4 == 2)
                __leave;
            ExRaiseStatus(STATUS_RETRY);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            handled++;
        }
    next:
        assert_int_equal(leave_by_return(), 7);
    }
    assert_int_equal(handled, 75);
}

static void test_break_and_leave_bind_to_the_right_loop(void **state)
{
    volatile int rounds = 0, inner = 0, after = 0;

    (void)state;
    for (;;) {
        rounds++;
        __try {
            for (int i = 0; i < 10; i++) {
                inner++;
                if (i == 2)
                    __leave;
            }
            after++;
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            after++;
        }
        __try {
            if (rounds == 2)
                break;
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            after++;
        }
    }
    assert_int_equal(rounds, 2);
    assert_int_equal(inner, 6);
    assert_int_equal(after, 0);
}

static void test_handler_may_break_and_try_again(void **state)
{
    volatile int attempts = 0;

    (void)state;
    while (TRUE) {
        __try {
            attempts++;
            ExRaiseStatus(STATUS_RETRY);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            if (attempts < 5)
                continue;
            break;
        }
    }
    assert_int_equal(attempts, 5);
}

static void test_finally_runs_on_each_path(void **state)
{
    volatile int normal = 0, left = 0, raised = 0, caught = 0;

    (void)state;
    __try {
        normal += 1;
    } __finally {
        normal += AbnormalTermination() ? 100 : 10;
    }
    __try {
        if (normal)
            __leave;
        left += 1;
    } __finally {
        left += AbnormalTermination() ? 100 : 10;
    }
    __try {
        __try {
            ExRaiseStatus(STATUS_RETRY);
        } __finally {
            raised += AbnormalTermination() ? 100 : 10;
        }
        raised += 1000;
    } __except (GetExceptionCode() == (ULONG)STATUS_RETRY ? EXCEPTION_EXECUTE_HANDLER
                                                          : EXCEPTION_CONTINUE_SEARCH) {
        caught++;
    }
    assert_int_equal(normal, 11);
    assert_int_equal(left, 10);
    assert_int_equal(raised, 100);
    assert_int_equal(caught, 1);
}

/* The block's own exception is handled inside it and does not replace the one on its way out. */
static void test_finally_keeps_its_exception(void **state)
{
    volatile NTSTATUS inner = 0, outer = 0;

    (void)state;
    __try {
        __try {
            ExRaiseStatus(STATUS_CANCELLED);
        } __finally {
            __try {
                ExRaiseStatus(STATUS_TIMEOUT);
            } __except (EXCEPTION_EXECUTE_HANDLER) {
                inner = (NTSTATUS)GetExceptionCode();
            }
        }
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        outer = (NTSTATUS)GetExceptionCode();
    }
    assert_int_equal(inner, STATUS_TIMEOUT);
    assert_int_equal(outer, STATUS_CANCELLED);
}

static int swallow(volatile int *ran)
{
    __try {
        ExRaiseStatus(STATUS_CANCELLED);
    } __finally {
        (*ran)++;
        return 3;
    }
    return 4;
}

static void test_return_from_finally_ends_the_search(void **state)
{
    volatile int ran = 0, result = 0;

    (void)state;
    __try {
        result = swallow(&ran);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        result = -1;
    }
    assert_int_equal(result, 3);
    assert_int_equal(ran, 1);
}

/* A page that nobody may touch: unlike NULL, no sanitizer checks it beforehand. */
static volatile int *forbidden_page(void)
{
    void *page = mmap(NULL, PAGE_SIZE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    assert_ptr_not_equal(page, MAP_FAILED);
    return page;
}

static void test_fault_becomes_an_access_violation(void **state)
{
    volatile int *page = forbidden_page();
    volatile int reads = 0, writes = 0;
    volatile ULONG_PTR kind = 9, address = 0;

    assert_int_equal(start_executive(state), 0);
    for (volatile int i = 0; i < 100; i++) {
        __try {
            (void)page[3];
        } __except (filter_of(STATUS_ACCESS_VIOLATION, GetExceptionInformation())) {
            reads++;
        }
    }
    __try {
        page[5] = 1;
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        kind = GetExceptionInformation()->ExceptionRecord->ExceptionInformation[0];
        address = GetExceptionInformation()->ExceptionRecord->ExceptionInformation[1];
        writes++;
    }
    munmap((void *)(uintptr_t)page, PAGE_SIZE);
    assert_int_equal(stop_executive(state), 0);
    assert_int_equal(reads, 100);
    assert_int_equal(writes, 1);
    assert_int_equal(address, (ULONG_PTR)(page + 5));
#if defined(__x86_64__)
    assert_int_equal(kind, 1);
#endif
}

static void fault_in_crew(void *context, unsigned index)
{
    volatile int *page = forbidden_page();
    unsigned *counts = context;
    volatile unsigned caught = 0;

    for (volatile int i = 0; i < 200; i++) {
        __try {
            if (i % 2)
                page[0] = 1;
            ExRaiseStatus(STATUS_RETRY);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            NTSTATUS wanted = i % 2 ? STATUS_ACCESS_VIOLATION : STATUS_RETRY;

            caught += (NTSTATUS)GetExceptionCode() == wanted;
        }
    }
    counts[index] = caught;
    munmap((void *)(uintptr_t)page, PAGE_SIZE);
}

static void test_threads_have_their_own_records(void **state)
{
    unsigned caught[4] = { 0 };

    assert_int_equal(start_executive(state), 0);
    crew_run(4, fault_in_crew, caught);
    assert_int_equal(stop_executive(state), 0);
    for (int i = 0; i < 4; i++)
        assert_int_equal(caught[i], 200);
}

static volatile sig_atomic_t former_calls;

static void former_handler(int signal)
{
    (void)signal;
    former_calls++;
}

/* Only faults are exceptions; a signal that was sent goes to whoever was there before. */
static void test_sent_signal_goes_to_the_former_handler(void **state)
{
    struct sigaction action = { .sa_handler = former_handler }, before, after;
    volatile int caught = 0;

    sigaction(SIGFPE, &action, &before);
    assert_int_equal(start_executive(state), 0);
    former_calls = 0;
    __try {
        raise(SIGFPE);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        caught++;
    }
    assert_int_equal(stop_executive(state), 0);
    sigaction(SIGFPE, NULL, &after);
    sigaction(SIGFPE, &before, NULL);
    assert_int_equal(former_calls, 1);
    assert_int_equal(caught, 0);
    assert_ptr_equal(after.sa_handler, former_handler);
}

static void raise_without_try(void)
{
    ExRaiseStatus(STATUS_INVALID_PARAMETER);
}

static void pass_out_of_the_last(void)
{
    __try {
        ExRaiseStatus(STATUS_INVALID_PARAMETER);
    } __except (EXCEPTION_CONTINUE_SEARCH) {
        exit(0);
    }
}

static void ask_to_continue(void)
{
    __try {
        ExRaiseStatus(STATUS_INVALID_PARAMETER);
    } __except (EXCEPTION_CONTINUE_EXECUTION) {
        exit(0);
    }
}

static void test_unhandled_is_a_stop(void **state)
{
    (void)state;
    assert_bug_check(KMODE_EXCEPTION_NOT_HANDLED, raise_without_try);
    assert_bug_text("STATUS_INVALID_PARAMETER");
    assert_bug_check(KMODE_EXCEPTION_NOT_HANDLED, pass_out_of_the_last);
    assert_bug_check(KMODE_EXCEPTION_NOT_HANDLED, ask_to_continue);
    assert_bug_text("continue");
}

#if defined(__SANITIZE_THREAD__)
#define THREAD_SANITIZER 1
#elif defined(__has_feature)
#define THREAD_SANITIZER __has_feature(thread_sanitizer)
#else
#define THREAD_SANITIZER 0
#endif

/* Where nobody was before, it is our stop. */
static void fault_without_try(void)
{
    signal(SIGSEGV, SIG_DFL);
    start_executive(NULL);
    *forbidden_page() = 1;
}

static void test_unhandled_fault_is_a_stop(void **state)
{
    (void)state;
    /* A thread sanitizer ends a process that allocates in a signal handler, as last words do. */
    if (THREAD_SANITIZER)
        skip();
    assert_bug_check(KMODE_EXCEPTION_NOT_HANDLED, fault_without_try);
    assert_bug_text("STATUS_ACCESS_VIOLATION");
}

static void nest(unsigned depth)
{
    __try {
        if (depth > 0)
            nest(depth - 1);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        exit(0);
    }
}

static void nest_too_deep(void)
{
    nest(64);
}

static void test_depth_has_a_limit(void **state)
{
    (void)state;
    nest(63);
    assert_bug_check(PANIC_STACK_SWITCH, nest_too_deep);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_body_without_exception),
        cmocka_unit_test(test_raise_reaches_the_handler),
        cmocka_unit_test(test_filter_passes_outwards),
        cmocka_unit_test(test_each_way_of_raising),
        cmocka_unit_test(test_every_exit_pops_its_record),
        cmocka_unit_test(test_break_and_leave_bind_to_the_right_loop),
        cmocka_unit_test(test_handler_may_break_and_try_again),
        cmocka_unit_test(test_finally_runs_on_each_path),
        cmocka_unit_test(test_finally_keeps_its_exception),
        cmocka_unit_test(test_return_from_finally_ends_the_search),
        cmocka_unit_test(test_fault_becomes_an_access_violation),
        cmocka_unit_test(test_threads_have_their_own_records),
        cmocka_unit_test(test_sent_signal_goes_to_the_former_handler),
        cmocka_unit_test(test_unhandled_is_a_stop),
        cmocka_unit_test(test_unhandled_fault_is_a_stop),
        cmocka_unit_test(test_depth_has_a_limit),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
