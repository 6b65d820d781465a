/* SPDX-License-Identifier: MIT */
/* ntddk.h - wdm.h and what legacy drivers see beyond it; the themes under openwsk/ hold both. */
#ifndef OPENWSK_KM_NTDDK_H
#define OPENWSK_KM_NTDDK_H

#define _NTDDK_

#include "wdm.h"

#endif
