/* SPDX-License-Identifier: MIT */
/* low_resources.h - within the verifier: which points of a driver are denied; see verify.h. */
#ifndef OPENWSK_VERIFY_LOW_RESOURCES_H
#define OPENWSK_VERIFY_LOW_RESOURCES_H

#include "base.h"
#include "verify.h"

/* The innermost frame of this thread that is in a driver, or NULL. */
const void *vf_driver_frame(void);

/*
 * Every point is denied once, when it is first met while that is not suspended. Before vf_start().
 */
bool vf_low_resources_all(const char *unused, char *error, size_t size);

/* One point is denied once: its identifier, hexadecimal. Before vf_start(). */
bool vf_low_resources_one(const char *id, char *error, size_t size);

bool vf_low_resources_on(void);

/* Whether this call of the driver is to fail. */
bool vf_low_resources(const char *function, const void *place);

void vf_low_resources_start(struct hooks *hooks);
void vf_low_resources_stop(void);

#endif
