/* SPDX-License-Identifier: MIT */
/* winioctl.h - device control codes under the name that user mode knows. */
#ifndef OPENWSK_KM_WINIOCTL_H
#define OPENWSK_KM_WINIOCTL_H

#include "wdm.h"

#endif
