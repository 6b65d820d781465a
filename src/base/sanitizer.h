/* SPDX-License-Identifier: MIT */
/*
 * sanitizer.h - what AddressSanitizer has found, for who can say more about it.
 *
 * The process decides whether the sanitizer is there: a program may be built with it and the
 * library not. Without it the functions do nothing.
 */
#ifndef OPENWSK_BASE_SANITIZER_H
#define OPENWSK_BASE_SANITIZER_H

#include <stdbool.h>

struct sanitizer_error {
    const void *address; /* what was touched */
    const void *place;   /* a return address in the code that did it */
    bool write;
    bool poisoned;       /* marked as not to be used, but no heap memory that was freed */
};

/* What the sanitizer reports at the moment. False: nothing. */
bool sanitizer_error(struct sanitizer_error *error);

/*
 * `place`, unless it is the sanitizer's own code (ThreadSanitizer's, too), which copies and
 * compares for others: then the place that called it.
 */
const void *sanitizer_place(const void *place);

/*
 * `listener` is called at the end of each report of the sanitizer, before it ends the process.
 * NULL: nobody.
 */
void sanitizer_listen(void (*listener)(void));

#endif
