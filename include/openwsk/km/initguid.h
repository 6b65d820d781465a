/* SPDX-License-Identifier: MIT */
/* initguid.h - from here on DEFINE_GUID defines, with storage that the linker folds into one. */
#ifndef INITGUID
#define INITGUID
#endif

#include "guiddef.h"
