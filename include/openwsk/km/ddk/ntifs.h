/* SPDX-License-Identifier: MIT */
/* ddk/ntifs.h - ntifs.h under the path that MinGW and Wine give it. */
#include "../ntifs.h"
