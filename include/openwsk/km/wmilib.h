/* SPDX-License-Identifier: MIT */
/* wmilib.h - helpers of management instrumentation, which does not exist here. */
#ifndef OPENWSK_KM_WMILIB_H
#define OPENWSK_KM_WMILIB_H

#include "wdm.h"

#endif
