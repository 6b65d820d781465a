/* SPDX-License-Identifier: MIT */
/* wdmguid.h - identifiers of plug and play events; io.h declares those that exist. */
#ifndef OPENWSK_KM_WDMGUID_H
#define OPENWSK_KM_WDMGUID_H

#include "wdm.h"

#endif
