/* SPDX-License-Identifier: MIT */
/*
 * sanitizer.c - what AddressSanitizer finds in a driver's blocks is the verifier's to say; how
 * ThreadSanitizer ends.
 */
#include <openwsk/host.h>

/* The sanitizer calls this, if a program has it, before it prints. */
OPENWSK_API void __asan_on_error(void);

void __asan_on_error(void)
{
    openwsk_sanitizer_error();
}

/* ThreadSanitizer asks a program for its defaults, before it is up. */
OPENWSK_API const char *__tsan_default_options(void);

/*
 * At the end it waits for a race with the threads that are left, a second if not told otherwise.
 * wskrun has stopped the library by then, and sweeps end it a hundred times.
 */
__attribute__((no_sanitize("thread"))) const char *__tsan_default_options(void)
{
    return "atexit_sleep_ms=20";
}
