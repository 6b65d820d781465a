/* SPDX-License-Identifier: MIT */
/* wmistr.h - records of management instrumentation, which does not exist here. */
#ifndef OPENWSK_KM_WMISTR_H
#define OPENWSK_KM_WMISTR_H

#include "wdm.h"

#endif
