/* SPDX-License-Identifier: MIT */
/* winbase.h - functions of user mode, of which none exist here; the types do. */
#ifndef OPENWSK_KM_WINBASE_H
#define OPENWSK_KM_WINBASE_H

#include "wdm.h"

#endif
