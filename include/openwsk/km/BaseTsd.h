/* SPDX-License-Identifier: MIT */
/* BaseTsd.h - basetsd.h under the spelling of the kit; Windows does not tell them apart. */
#include "basetsd.h"
