/* SPDX-License-Identifier: MIT */
/*
 * evntrace.h - event tracing; there is no session here and drivers' traces go through their own
 * headers.
 */
#ifndef OPENWSK_KM_EVNTRACE_H
#define OPENWSK_KM_EVNTRACE_H

#include "wdm.h"

typedef ULONG64 TRACEHANDLE, *PTRACEHANDLE;

#define TRACE_LEVEL_NONE 0
#define TRACE_LEVEL_CRITICAL 1
#define TRACE_LEVEL_FATAL 1
#define TRACE_LEVEL_ERROR 2
#define TRACE_LEVEL_WARNING 3
#define TRACE_LEVEL_INFORMATION 4
#define TRACE_LEVEL_VERBOSE 5

#endif
