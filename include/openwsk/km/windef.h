/* SPDX-License-Identifier: MIT */
/* windef.h - what minwindef.h has; the rest of the original concerns windows on a screen. */
#ifndef OPENWSK_KM_WINDEF_H
#define OPENWSK_KM_WINDEF_H

#include "minwindef.h"

#endif
