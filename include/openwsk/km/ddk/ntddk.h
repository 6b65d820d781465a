/* SPDX-License-Identifier: MIT */
/* ddk/ntddk.h - ntddk.h under the path that MinGW and Wine give it. */
#include "../ntddk.h"
