/* SPDX-License-Identifier: MIT */
/* fltkernel.h - present because drivers take ntifs.h, and with it push locks, from it. There is no
 * filter manager here. */
#ifndef OPENWSK_KM_FLTKERNEL_H
#define OPENWSK_KM_FLTKERNEL_H

#include <ntifs.h>

#endif
