/* SPDX-License-Identifier: MIT */
/* wdf.h - present for drivers that include it without using the framework, which does not exist
 * here. */
#ifndef OPENWSK_KM_WDF_H
#define OPENWSK_KM_WDF_H

#include <wdm.h>

#endif
