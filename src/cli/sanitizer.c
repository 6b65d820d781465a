/* SPDX-License-Identifier: MIT */
/* sanitizer.c - what AddressSanitizer finds in a driver's blocks is the verifier's to say. */
#include <openwsk/host.h>

/* The sanitizer calls this, if a program has it, before it prints. */
OPENWSK_API void __asan_on_error(void);

void __asan_on_error(void)
{
    openwsk_sanitizer_error();
}
