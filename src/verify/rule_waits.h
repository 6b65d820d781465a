/* SPDX-License-Identifier: MIT */
/* rule_waits.h - which operation a wait is for: V28, V29. */
#ifndef OPENWSK_VERIFY_RULE_WAITS_H
#define OPENWSK_VERIFY_RULE_WAITS_H

#include "calls.h"

void vf_waits_start(struct hooks *hooks);

/*
 * Whether who waits for the object waits for the operation with that routine and context: " for "
 * or ", perhaps for "; NULL: no.
 */
const char *vf_waits_for(const void *object, PIO_COMPLETION_ROUTINE routine, const void *context);

#endif
