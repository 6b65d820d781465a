/* SPDX-License-Identifier: MIT */
/* winternl.h - NT types under the name that user mode knows. */
#ifndef OPENWSK_KM_WINTERNL_H
#define OPENWSK_KM_WINTERNL_H

#include "wdm.h"

#endif
