/* SPDX-License-Identifier: MIT */
/*
 * dbg.h - debugger output and assertions.
 *
 * The format is the kernel's (%wZ, %I64x, %lu of 32 bits), never the C library's. DbgPrint and its
 * relations are macros over the functions, because drivers' own logging macros leave an empty
 * argument behind a comma.
 */
#ifndef OPENWSK_KM_DBG_H
#define OPENWSK_KM_DBG_H

#include "fwd.h"

#define DPFLTR_SYSTEM_ID 0
#define DPFLTR_IHVVIDEO_ID 78
#define DPFLTR_IHVAUDIO_ID 79
#define DPFLTR_IHVNETWORK_ID 80
#define DPFLTR_IHVSTREAMING_ID 81
#define DPFLTR_IHVBUS_ID 82
#define DPFLTR_IHVDRIVER_ID 77
#define DPFLTR_TCPIP_ID 30
#define DPFLTR_NETAPI_ID 36
#define DPFLTR_TCPIP6_ID 86
#define DPFLTR_NDIS_ID 120
#define DPFLTR_DEFAULT_ID 101
#define DPFLTR_ERROR_LEVEL 0
#define DPFLTR_WARNING_LEVEL 1
#define DPFLTR_TRACE_LEVEL 2
#define DPFLTR_INFO_LEVEL 3
#define DPFLTR_MASK 0x80000000

OPENWSK_DECLARATIONS_BEGIN

/* Any IRQL (wide strings: PASSIVE_LEVEL). At most 512 bytes a call. STATUS_SUCCESS. */
ULONG DbgPrint(PCSTR Format, ...);
/* Level 0 to 31 is a bit number, above it a mask; printed if the component's filter has it. */
ULONG DbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, ...);
ULONG vDbgPrintEx(ULONG ComponentId, ULONG Level, PCCH Format, va_list Arguments);
ULONG vDbgPrintExWithPrefix(PCCH Prefix, ULONG ComponentId, ULONG Level, PCCH Format,
                            va_list Arguments);
/* TRUE: this component's level is shown. */
NTSTATUS DbgQueryDebugFilterState(ULONG ComponentId, ULONG Level);
NTSTATUS DbgSetDebugFilterState(ULONG ComponentId, ULONG Level, BOOLEAN State);
/* Any IRQL. A debugger stops here; without one the process ends. */
VOID DbgBreakPoint(VOID);
VOID DbgBreakPointWithStatus(ULONG Status);
/* Any IRQL. Prints the assertion and ends the process. */
VOID RtlAssert(PVOID FailedAssertion, PVOID FileName, ULONG LineNumber, PSTR Message);
VOID openwsk_assertion_failed(PCSTR Expression, PCSTR File, ULONG Line, PCSTR Message);
/* Any IRQL. Ends the process above APC_LEVEL while rule WSK-V20 is on. */
VOID openwsk_paged_code(VOID);

OPENWSK_DECLARATIONS_END

#define DbgPrint(Format, ...) (DbgPrint)(Format __VA_OPT__(, ) __VA_ARGS__)
#define DbgPrintEx(ComponentId, Level, Format, ...)                                                \
    (DbgPrintEx)((ComponentId), (Level), Format __VA_OPT__(, ) __VA_ARGS__)

#define DbgRaiseAssertionFailure() openwsk_assertion_failed("", __FILE__, __LINE__, NULL)

/*
 * NT_ASSERT and ASSERT evaluate their expression in checked builds alone; NT_VERIFY and
 * NT_FRE_ASSERT always.
 */
#define OPENWSK_CHECK(expression, message)                                                         \
    ((void)((!(expression))                                                                        \
                ? (openwsk_assertion_failed(#expression, __FILE__, __LINE__, (message)), 0)        \
                : 1))

#define NT_FRE_ASSERT(expression) OPENWSK_CHECK(expression, NULL)
#define NT_FRE_ASSERTMSG(message, expression) OPENWSK_CHECK(expression, message)

#if defined(DBG) && DBG
#define KdPrint(arguments) DbgPrint arguments
#define KdPrintEx(arguments) DbgPrintEx arguments
#define vKdPrintEx(arguments) vDbgPrintEx arguments
#define KdBreakPoint() DbgBreakPoint()
#define NT_ASSERT(expression) OPENWSK_CHECK(expression, NULL)
#define NT_ASSERTMSG(message, expression) OPENWSK_CHECK(expression, message)
#define NT_ASSERTMSGW(message, expression) OPENWSK_CHECK(expression, NULL)
#define NT_VERIFY(expression) OPENWSK_CHECK(expression, NULL)
#define ASSERT(expression) OPENWSK_CHECK(expression, NULL)
#define ASSERTMSG(message, expression) OPENWSK_CHECK(expression, message)
#define RTL_SOFT_ASSERT(expression) OPENWSK_CHECK(expression, NULL)
#define RTL_VERIFY(expression) OPENWSK_CHECK(expression, NULL)
#else
#define KdPrint(arguments)
#define KdPrintEx(arguments)
#define vKdPrintEx(arguments)
#define KdBreakPoint()
#define NT_ASSERT(expression) ((void)0)
#define NT_ASSERTMSG(message, expression) ((void)0)
#define NT_ASSERTMSGW(message, expression) ((void)0)
#define NT_VERIFY(expression) ((void)(expression))
#define ASSERT(expression) ((void)0)
#define ASSERTMSG(message, expression) ((void)0)
#define RTL_SOFT_ASSERT(expression) ((void)0)
#define RTL_VERIFY(expression) ((void)(expression))
#endif
#define NT_ASSERT_ASSUME(expression) NT_ASSERT(expression)
#define NT_ANALYSIS_ASSUME(expression) ((void)0)

#define KD_DEBUGGER_ENABLED FALSE
#define KD_DEBUGGER_NOT_PRESENT TRUE
#define KdRefreshDebuggerNotPresent() TRUE
#define KdDebuggerEnabled FALSE
#define KdDebuggerNotPresent TRUE

#define DBG_STATUS_CONTROL_C 1

#endif
