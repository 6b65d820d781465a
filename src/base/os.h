/* SPDX-License-Identifier: MIT */
/*
 * os.h - the seam to the operating system: threads, blocking, clocks, randomness, memory.
 *
 * Everything above reaches them through these functions alone, so that a second implementation
 * (deterministic simulation) can decide who runs, what time it is and what chance says.
 * os_linux.c is the implementation for real runs.
 */
#ifndef OPENWSK_BASE_OS_H
#define OPENWSK_BASE_OS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A deadline on os_clock_ns() that never comes. */
#define OS_FOREVER UINT64_MAX

#define OS_NS_PER_MS 1000000ull
#define OS_NS_PER_S 1000000000ull

/* --- Threads --------------------------------------------------------------------------------- */

struct os_thread;

typedef void os_thread_fn(void *argument);

/* Starts a thread. `name` is cut to 15 characters. Returns 0 or a negative errno value. */
int os_thread_start(struct os_thread **out, const char *name, os_thread_fn *fn, void *argument);

/* Waits for the thread's end and frees its record. */
void os_thread_join(struct os_thread *thread);

/* Gives the record up; the thread frees what it holds when it ends. */
void os_thread_detach(struct os_thread *thread);

/* Ends the calling thread, which os_thread_start() must have made. */
_Noreturn void os_thread_exit(void);

/* A number no other live thread of the process has; never 0. */
uint32_t os_thread_id(void);

/* Runs `fn(value)` when the calling thread ends, for a value other than NULL. */
typedef void os_thread_exit_fn(void *value);
int os_thread_on_exit(os_thread_exit_fn *fn, void *value);

void os_yield(void);

/* The address behind the calling thread's stack, and its lowest. */
uintptr_t os_stack_end(void);
uintptr_t os_stack_begin(void);

unsigned os_processor_count(void);
unsigned os_processor_current(void);
uint64_t os_memory_bytes(void); /* of the whole machine */

/* --- Blocking -------------------------------------------------------------------------------- */

/*
 * Blocks while *word == expected, until a wake, the deadline, or spuriously. Returns false only
 * when the deadline has passed. The waker changes *word before it wakes, so no wake is lost.
 */
bool os_wait(_Atomic uint32_t *word, uint32_t expected, uint64_t deadline_ns);

/* These use the address only and never touch the memory, which may be gone already. */
void os_wake_one(_Atomic uint32_t *word);
void os_wake_all(_Atomic uint32_t *word);

/* --- Clocks and chance ----------------------------------------------------------------------- */

/* Monotonic nanoseconds. */
uint64_t os_clock_ns(void);

/* Nanoseconds since 1970-01-01 UTC. */
uint64_t os_realtime_ns(void);

void os_random(void *buffer, size_t size);

/* --- Memory ---------------------------------------------------------------------------------- */

/* What two processors do not share when each writes to its own. */
#define OS_CACHE_LINE 64

/* NULL when there is none. `alignment` is a power of two. */
void *os_allocate(size_t size);
void *os_allocate_zeroed(size_t size);
void *os_allocate_aligned(size_t alignment, size_t size);
void os_free(void *memory);

/* Addresses without memory, which nothing else gets. NULL when there are none. */
void *os_reserve(size_t size);

enum os_memory {
    OS_MEMORY_NONE,    /* a touch faults; the contents stay */
    OS_MEMORY_USE,     /* to read and write */
    OS_MEMORY_GIVE_UP  /* a touch faults; the contents are gone, zeroes come back */
};

/* Whole pages of what os_reserve() returned. */
bool os_protect(void *first, size_t size, enum os_memory memory);

/* --- Diagnosis ------------------------------------------------------------------------------- */

/* Writes the whole text to standard output or standard error; never interleaves two calls. */
void os_print(bool to_stderr, const char *text, size_t length);

#endif
