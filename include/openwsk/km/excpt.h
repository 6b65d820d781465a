/* SPDX-License-Identifier: MIT */
/* excpt.h - structured exceptions under the name that the C runtime gives them. */
#ifndef OPENWSK_KM_EXCPT_H
#define OPENWSK_KM_EXCPT_H

#include "openwsk/seh.h"

#endif
