/* SPDX-License-Identifier: MIT */
/*
 * os_linux.c - the operating system of real runs. The only file that makes threads or blocks on a
 * futex.
 */
#define _GNU_SOURCE
#include "os.h"

#include "assert_fatal.h"
#include "lock.h"

#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

struct os_thread {
    pthread_t handle;
    os_thread_fn *fn;
    void *argument;
    char name[16];
    _Atomic uint32_t references; /* the thread's own and its starter's */
};

struct exit_call {
    struct exit_call *next;
    os_thread_exit_fn *fn;
    void *value;
};

static pthread_once_t exit_key_once = PTHREAD_ONCE_INIT;
static pthread_key_t exit_key;
static _Thread_local uint32_t own_id;
static _Atomic uint32_t last_id;

/* --- Threads --------------------------------------------------------------------------------- */

static void thread_release(void *value)
{
    struct os_thread *thread = value;

    if (atomic_fetch_sub_explicit(&thread->references, 1, memory_order_acq_rel) == 1)
        free(thread);
}

static void *thread_main(void *value)
{
    struct os_thread *thread = value;

    pthread_setname_np(pthread_self(), thread->name);
    pthread_cleanup_push(thread_release, thread); /* also when it ends by os_thread_exit() */
    thread->fn(thread->argument);
    pthread_cleanup_pop(1);
    return NULL;
}

int os_thread_start(struct os_thread **out, const char *name, os_thread_fn *fn, void *argument)
{
    struct os_thread *thread = calloc(1, sizeof(*thread));
    sigset_t all, before;
    int error;

    if (!thread)
        return -ENOMEM;
    thread->fn = fn;
    thread->argument = argument;
    atomic_init(&thread->references, 2);
    snprintf(thread->name, sizeof(thread->name), "%s", name);
    *out = thread;
    /* Signals belong to the program's own threads; faults stay with the thread that makes them. */
    sigfillset(&all);
    sigdelset(&all, SIGSEGV);
    sigdelset(&all, SIGBUS);
    sigdelset(&all, SIGFPE);
    sigdelset(&all, SIGILL);
    sigdelset(&all, SIGTRAP);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    error = pthread_create(&thread->handle, NULL, thread_main, thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error) {
        free(thread);
        return -error;
    }
    return 0;
}

void os_thread_join(struct os_thread *thread)
{
    pthread_join(thread->handle, NULL);
    thread_release(thread);
}

void os_thread_detach(struct os_thread *thread)
{
    pthread_detach(thread->handle);
    thread_release(thread);
}

_Noreturn void os_thread_exit(void)
{
    pthread_exit(NULL);
}

uint32_t os_thread_id(void)
{
    if (own_id == 0)
        own_id = atomic_fetch_add_explicit(&last_id, 1, memory_order_relaxed) + 1;
    return own_id;
}

/* The stack grows no further than this by itself; asking again for each call would be slow. */
static _Thread_local uintptr_t stack_begin, stack_end;

static void find_stack(void)
{
    pthread_attr_t attributes;
    void *begin = NULL;
    size_t size = 0;

    if (pthread_getattr_np(pthread_self(), &attributes) != 0)
        return;
    pthread_attr_getstack(&attributes, &begin, &size);
    pthread_attr_destroy(&attributes);
    stack_begin = (uintptr_t)begin;
    stack_end = (uintptr_t)begin + size;
}

uintptr_t os_stack_end(void)
{
    if (!stack_end)
        find_stack();
    return stack_end;
}

uintptr_t os_stack_begin(void)
{
    if (!stack_end)
        find_stack();
    return stack_begin;
}

static void run_exit_calls(void *value)
{
    struct exit_call *call = value;

    while (call) {
        struct exit_call *next = call->next;

        call->fn(call->value);
        free(call);
        call = next;
    }
}

static void make_exit_key(void)
{
    BASE_REQUIRE(pthread_key_create(&exit_key, run_exit_calls) == 0);
}

int os_thread_on_exit(os_thread_exit_fn *fn, void *value)
{
    struct exit_call *call = malloc(sizeof(*call));
    int error;

    if (!call)
        return -ENOMEM;
    pthread_once(&exit_key_once, make_exit_key);
    call->fn = fn;
    call->value = value;
    call->next = pthread_getspecific(exit_key);
    error = pthread_setspecific(exit_key, call);
    if (error)
        free(call);
    return -error;
}

void os_yield(void)
{
    sched_yield();
}

unsigned os_processor_count(void)
{
    cpu_set_t set;

    /* What this process may use, which in a container is less than what the machine has. */
    if (sched_getaffinity(0, sizeof(set), &set) == 0)
        return (unsigned)CPU_COUNT(&set);
    return 1;
}

uint64_t os_memory_bytes(void)
{
    long pages = sysconf(_SC_PHYS_PAGES), size = sysconf(_SC_PAGESIZE);

    return pages > 0 && size > 0 ? (uint64_t)pages * (uint64_t)size : 0;
}

unsigned os_processor_current(void)
{
    int processor = sched_getcpu();

    return processor < 0 ? 0 : (unsigned)processor;
}

/* --- Blocking -------------------------------------------------------------------------------- */

static long futex(const void *word, int operation, uint32_t value, const struct timespec *deadline)
{
    return syscall(SYS_futex, word, operation | FUTEX_PRIVATE_FLAG, value, deadline, NULL,
                   FUTEX_BITSET_MATCH_ANY);
}

bool os_wait(_Atomic uint32_t *word, uint32_t expected, uint64_t deadline_ns)
{
    struct timespec deadline = {
        .tv_sec = (time_t)(deadline_ns / OS_NS_PER_S),
        .tv_nsec = (long)(deadline_ns % OS_NS_PER_S),
    };
    /*
     * The bitset form takes an absolute time on CLOCK_MONOTONIC, so that a restart does not stretch
     * it.
     */
    long result = futex(word, FUTEX_WAIT_BITSET, expected,
                        deadline_ns == OS_FOREVER ? NULL : &deadline);

    return !(result < 0 && errno == ETIMEDOUT);
}

void os_wake_one(_Atomic uint32_t *word)
{
    futex(word, FUTEX_WAKE, 1, NULL);
}

void os_wake_all(_Atomic uint32_t *word)
{
    futex(word, FUTEX_WAKE, INT32_MAX, NULL);
}

/* --- Clocks and chance ----------------------------------------------------------------------- */

static uint64_t read_clock(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * OS_NS_PER_S + (uint64_t)now.tv_nsec;
}

uint64_t os_clock_ns(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

uint64_t os_realtime_ns(void)
{
    return read_clock(CLOCK_REALTIME);
}

void os_random(void *buffer, size_t size)
{
    char *at = buffer;

    while (size) {
        ssize_t got = getrandom(at, size, 0);

        if (got < 0) {
            BASE_REQUIRE(errno == EINTR);
            continue;
        }
        at += got;
        size -= (size_t)got;
    }
}

/* --- Memory ---------------------------------------------------------------------------------- */

void *os_allocate(size_t size)
{
    return malloc(size);
}

void *os_allocate_zeroed(size_t size)
{
    return calloc(1, size);
}

void *os_allocate_aligned(size_t alignment, size_t size)
{
    void *memory;

    return posix_memalign(&memory, alignment, size) == 0 ? memory : NULL;
}

void *os_reserve(size_t size)
{
    void *first = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    return first == MAP_FAILED ? NULL : first;
}

/* Linux 6.13; older C libraries do not know them. */
#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102
#define MADV_GUARD_REMOVE 103
#endif

/*
 * A guard takes the pages away without a change of the mapping, so it costs a third of what taking
 * away the right to touch them does. The mapping beneath stays one to read and write. Kernels
 * without guards say EINVAL.
 */
static bool give_up(void *first, size_t size)
{
    if (madvise(first, size, MADV_GUARD_INSTALL) == 0) {
        (void)mprotect(first, size, PROT_READ | PROT_WRITE); /* or else when it is used again */
        return true;
    }
    if (mprotect(first, size, PROT_NONE) != 0)
        return false;
    madvise(first, size, MADV_DONTNEED);
    return true;
}

bool os_protect(void *first, size_t size, enum os_memory memory)
{
    switch (memory) {
    case OS_MEMORY_USE:
        return mprotect(first, size, PROT_READ | PROT_WRITE) == 0 &&
               (madvise(first, size, MADV_GUARD_REMOVE) == 0 || errno == EINVAL);
    case OS_MEMORY_GIVE_UP:
        return give_up(first, size);
    default:
        return mprotect(first, size, PROT_NONE) == 0;
    }
}

void os_free(void *memory)
{
    free(memory);
}

/* --- Diagnosis ------------------------------------------------------------------------------- */

void os_print(bool to_stderr, const char *text, size_t length)
{
    static struct base_lock lock;
    int descriptor = to_stderr ? STDERR_FILENO : STDOUT_FILENO;

    base_lock_acquire(&lock);
    while (length) {
        ssize_t written = write(descriptor, text, length);

        if (written < 0 && errno != EINTR && errno != EAGAIN)
            break;
        if (written > 0) {
            text += written;
            length -= (size_t)written;
        }
    }
    base_lock_release(&lock);
}

_Noreturn void base_fatal(const char *file, int line, const char *what)
{
    char text[512];
    int length = snprintf(text, sizeof(text), "openwsk: internal error at %s:%d: %s\n", file, line, what);

    if (length > 0)
        os_print(true, text, (size_t)length < sizeof(text) ? (size_t)length : sizeof(text) - 1);
    abort();
}
