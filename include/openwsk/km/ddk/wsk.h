/* SPDX-License-Identifier: MIT */
/* ddk/wsk.h - wsk.h under the path that MinGW and Wine give it. */
#include "../wsk.h"
