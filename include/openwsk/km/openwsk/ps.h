/* SPDX-License-Identifier: MIT */
/* ps.h - threads, processes, containers, and the object manager's references and handles. */
#ifndef OPENWSK_KM_PS_H
#define OPENWSK_KM_PS_H

#include "ke.h"

typedef struct _OBJECT_HANDLE_INFORMATION {
    ULONG HandleAttributes;
    ACCESS_MASK GrantedAccess;
} OBJECT_HANDLE_INFORMATION, *POBJECT_HANDLE_INFORMATION;

typedef enum _THREADINFOCLASS {
    ThreadBasicInformation,
    ThreadTimes,
    ThreadPriority,
    ThreadBasePriority,
    ThreadAffinityMask,
    ThreadImpersonationToken,
    ThreadDescriptorTableEntry,
    ThreadEnableAlignmentFaultFixup,
    ThreadEventPair_Reusable,
    ThreadQuerySetWin32StartAddress,
    ThreadZeroTlsCell,
    ThreadPerformanceCount,
    ThreadAmILastThread,
    ThreadIdealProcessor,
    ThreadPriorityBoost,
    ThreadSetTlsArrayAddress,
    ThreadIsIoPending,
    ThreadHideFromDebugger,
    ThreadBreakOnTermination,
    ThreadSwitchLegacyState,
    ThreadIsTerminated,
    ThreadLastSystemCall,
    ThreadIoPriority,
    ThreadCycleTime,
    ThreadPagePriority,
    ThreadActualBasePriority,
    ThreadTebInformation,
    ThreadCSwitchMon,
    ThreadCSwitchPmu,
    ThreadWow64Context,
    ThreadGroupInformation,
    ThreadUmsInformation,
    ThreadCounterProfiling,
    ThreadIdealProcessorEx,
    ThreadCpuAccountingInformation,
    ThreadSuspendCount,
    ThreadActualGroupAffinity = 41,
    ThreadNameInformation = 38,
    MaxThreadInfoClass = 60
} THREADINFOCLASS;

OPENWSK_DECLARATIONS_BEGIN

extern POBJECT_TYPE *PsThreadType;
extern POBJECT_TYPE *PsProcessType;
extern POBJECT_TYPE *ExEventObjectType;
extern POBJECT_TYPE *ExSemaphoreObjectType;
extern PEPROCESS PsInitialSystemProcess;

/* --- Threads and processes -------------------------------------------------------------------- */

/*
 * PASSIVE_LEVEL. Starts StartRoutine at PASSIVE_LEVEL; the caller closes the handle. Returning ends
 * the thread.
 */
NTSTATUS PsCreateSystemThread(PHANDLE ThreadHandle, ULONG DesiredAccess,
                              POBJECT_ATTRIBUTES ObjectAttributes, HANDLE ProcessHandle,
                              PCLIENT_ID ClientId, PKSTART_ROUTINE StartRoutine,
                              PVOID StartContext);
/* PASSIVE_LEVEL, in a system thread. Signals the thread object and does not return. */
NTSTATUS PsTerminateSystemThread(NTSTATUS ExitStatus);
/* Any IRQL. */
PETHREAD PsGetCurrentThread(VOID);
HANDLE PsGetCurrentThreadId(VOID);
PEPROCESS PsGetCurrentProcess(VOID);
HANDLE PsGetCurrentProcessId(VOID);
HANDLE PsGetThreadId(PETHREAD Thread);
HANDLE PsGetProcessId(PEPROCESS Process);
BOOLEAN PsIsSystemThread(PETHREAD Thread);
BOOLEAN PsIsThreadTerminating(PETHREAD Thread);
NTSTATUS PsGetThreadExitStatus(PETHREAD Thread);
/* PASSIVE_LEVEL. */
BOOLEAN PsGetVersion(PULONG MajorVersion, PULONG MinorVersion, PULONG BuildNumber,
                     PUNICODE_STRING CSDVersion);

/* --- Containers: the host is the only one ----------------------------------------------------- */

#define SILO_MONITOR_REGISTRATION_VERSION 1

/* <= DISPATCH_LEVEL. */
PESILO PsGetCurrentSilo(VOID);
PESILO PsGetCurrentServerSilo(VOID);
PESILO PsGetHostSilo(VOID);
PESILO PsGetThreadServerSilo(PETHREAD Thread);
BOOLEAN PsIsHostSilo(PESILO Silo);
BOOLEAN PsIsCurrentThreadInServerSilo(VOID);
/* In pairs. */
PESILO PsAttachSiloToCurrentThread(PESILO Silo);
VOID PsDetachSiloFromCurrentThread(PESILO PreviousSilo);

/* --- Objects ---------------------------------------------------------------------------------- */

/*
 * PASSIVE_LEVEL. A reference that the caller drops. STATUS_INVALID_HANDLE,
 * STATUS_OBJECT_TYPE_MISMATCH.
 */
NTSTATUS ObReferenceObjectByHandle(HANDLE Handle, ACCESS_MASK DesiredAccess,
                                   POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode,
                                   PVOID *Object, POBJECT_HANDLE_INFORMATION HandleInformation);
NTSTATUS ObReferenceObjectByHandleWithTag(HANDLE Handle, ACCESS_MASK DesiredAccess,
                                          POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode,
                                          ULONG Tag, PVOID *Object,
                                          POBJECT_HANDLE_INFORMATION HandleInformation);
NTSTATUS ObReferenceObjectByPointer(PVOID Object, ACCESS_MASK DesiredAccess,
                                    POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode);
NTSTATUS ObOpenObjectByPointer(PVOID Object, ULONG HandleAttributes,
                               PACCESS_STATE PassedAccessState, ACCESS_MASK DesiredAccess,
                               POBJECT_TYPE ObjectType, KPROCESSOR_MODE AccessMode, PHANDLE Handle);
/* <= DISPATCH_LEVEL. The new count; the last dereference deletes the object. */
LONG_PTR ObfReferenceObject(PVOID Object);
LONG_PTR ObfReferenceObjectWithTag(PVOID Object, ULONG Tag);
LONG_PTR ObfDereferenceObject(PVOID Object);
LONG_PTR ObfDereferenceObjectWithTag(PVOID Object, ULONG Tag);
VOID ObDereferenceObjectDeferDelete(PVOID Object);

#define ObReferenceObject(object) ObfReferenceObject(object)
#define ObReferenceObjectWithTag(object, tag) ObfReferenceObjectWithTag((object), (tag))
#define ObDereferenceObject(object) ObfDereferenceObject(object)
#define ObDereferenceObjectWithTag(object, tag) ObfDereferenceObjectWithTag((object), (tag))

/* Clients pass a PETHREAD * where the prototype wants a PVOID *. */
#define ObReferenceObjectByHandle(handle, access, type, mode, object, information)                 \
    (ObReferenceObjectByHandle)((handle), (access), (type), (mode), (PVOID *)(object),             \
                                (information))
#define ObReferenceObjectByHandleWithTag(handle, access, type, mode, tag, object, information)     \
    (ObReferenceObjectByHandleWithTag)((handle), (access), (type), (mode), (tag),                  \
                                       (PVOID *)(object), (information))

OPENWSK_DECLARATIONS_END

#endif
