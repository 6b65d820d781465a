/* SPDX-License-Identifier: MIT */
/* leak.h - within the verifier: where a run begins, for leak.c. */
#ifndef OPENWSK_VERIFY_LEAK_H
#define OPENWSK_VERIFY_LEAK_H

#include "verify.h"

/* What is alive now is nobody's fault from here on. */
void vf_leak_begin(const struct vf_config *config);

#endif
