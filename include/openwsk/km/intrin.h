/* SPDX-License-Identifier: MIT */
/* intrin.h - the Microsoft compiler's intrinsics; wdm.h has them anyway. */
#ifndef OPENWSK_KM_INTRIN_H
#define OPENWSK_KM_INTRIN_H

#include <wdm.h>

#endif
