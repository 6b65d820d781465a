/* SPDX-License-Identifier: MIT */
/* ddk/wdm.h - wdm.h under the path that MinGW and Wine give it. */
#include "../wdm.h"
