/* SPDX-License-Identifier: MIT */
/* retained.h - how many datagram indications a driver retained, and how long: V27. */
#ifndef OPENWSK_VERIFY_RETAINED_H
#define OPENWSK_VERIFY_RETAINED_H

#include "hook.h"

/* The most at once, and the longest one was, or still is; since vf_retained_start(). Any thread. */
struct vf_retained_marks {
    uint64_t most, longest_ns;
};
struct vf_retained_marks vf_retained_marks(void);

void vf_retained_start(struct hooks *hooks);

#endif
