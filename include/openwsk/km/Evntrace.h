/* SPDX-License-Identifier: MIT */
/* Evntrace.h - evntrace.h under the spelling that some drivers use. */
#include "evntrace.h"
