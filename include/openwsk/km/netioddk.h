/* SPDX-License-Identifier: MIT */
/* The Network Module Registrar: how network modules find each other.
 *
 * Protocol of use for a client module:
 *   1. fill NPI_CLIENT_CHARACTERISTICS (Version 0, Length = its size, registration instance with
 *      Version 0 and Size = its size, NpiId = the interface wanted, ModuleId = oneself);
 *   2. NmrRegisterClient; for every provider of that interface the attach callback runs once;
 *   3. in the attach callback call NmrClientAttachProvider, or return STATUS_NOINTERFACE;
 *   4. NmrDeregisterClient, then NmrWaitForClientDeregisterComplete; in between the detach callback
 *      runs for every binding, and last of all the cleanup callback. */
#ifndef _NETIODDK_H_
#define _NETIODDK_H_

#include <ntdef.h>

OPENWSK_DECLARATIONS_BEGIN

/* The identity of a network programming interface; compared by value. */
typedef GUID NPIID;
typedef const NPIID *PNPIID;

typedef enum {
    MIT_GUID = 1,
    MIT_IF_LUID
} NPI_MODULEID_TYPE;

/* The identity of a module: a GUID, or the LUID of an interface. */
typedef struct _NPI_MODULEID {
    USHORT Length;
    NPI_MODULEID_TYPE Type;
    union {
        GUID Guid;
        LUID IfLuid;
    };
} NPI_MODULEID;
typedef const NPI_MODULEID *PNPI_MODULEID;

typedef struct _NPI_REGISTRATION_INSTANCE {
    USHORT Version;
    USHORT Size;
    PNPIID NpiId;
    PNPI_MODULEID ModuleId;
    ULONG Number;
    const void *NpiSpecificCharacteristics;
} NPI_REGISTRATION_INSTANCE;
typedef const NPI_REGISTRATION_INSTANCE *PNPI_REGISTRATION_INSTANCE;

/* Runs once per provider, at PASSIVE_LEVEL, possibly before NmrRegisterClient returns. Answer with
 * the status of NmrClientAttachProvider, or with STATUS_NOINTERFACE to decline the provider. */
typedef NTSTATUS(NTAPI NPI_CLIENT_ATTACH_PROVIDER_FN)(
    _In_ HANDLE NmrBindingHandle, _In_ PVOID ClientContext,
    _In_ PNPI_REGISTRATION_INSTANCE ProviderRegistrationInstance);
typedef NPI_CLIENT_ATTACH_PROVIDER_FN *PNPI_CLIENT_ATTACH_PROVIDER_FN;

/* Asks the client to let go of one provider; <= DISPATCH_LEVEL. STATUS_SUCCESS: no call into the
 * provider is in progress. STATUS_PENDING: NmrClientDetachProviderComplete follows. */
typedef NTSTATUS(NTAPI NPI_CLIENT_DETACH_PROVIDER_FN)(_In_ PVOID ClientBindingContext);
typedef NPI_CLIENT_DETACH_PROVIDER_FN *PNPI_CLIENT_DETACH_PROVIDER_FN;

/* The last call for a binding, after both sides are detached; <= DISPATCH_LEVEL. The client may
 * free its binding context here. May be NULL in the characteristics. */
typedef void(NTAPI NPI_CLIENT_CLEANUP_BINDING_CONTEXT_FN)(_In_ PVOID ClientBindingContext);
typedef NPI_CLIENT_CLEANUP_BINDING_CONTEXT_FN *PNPI_CLIENT_CLEANUP_BINDING_CONTEXT_FN;

/* The provider's side of an attachment; PASSIVE_LEVEL. Takes the client's context and dispatch
 * table, gives its own; both stay valid until the binding is cleaned up. STATUS_NOINTERFACE when
 * the client's characteristics do not suit. */
typedef NTSTATUS(NTAPI NPI_PROVIDER_ATTACH_CLIENT_FN)(
    _In_ HANDLE NmrBindingHandle, _In_ PVOID ProviderContext,
    _In_ PNPI_REGISTRATION_INSTANCE ClientRegistrationInstance, _In_ PVOID ClientBindingContext,
    _In_ const void *ClientDispatch, _Out_ PVOID *ProviderBindingContext,
    _Out_ const void **ProviderDispatch);
typedef NPI_PROVIDER_ATTACH_CLIENT_FN *PNPI_PROVIDER_ATTACH_CLIENT_FN;

/* Asks the provider to let go of one client; <= DISPATCH_LEVEL. STATUS_PENDING defers the end to
 * NmrProviderDetachClientComplete. */
typedef NTSTATUS(NTAPI NPI_PROVIDER_DETACH_CLIENT_FN)(_In_ PVOID ProviderBindingContext);
typedef NPI_PROVIDER_DETACH_CLIENT_FN *PNPI_PROVIDER_DETACH_CLIENT_FN;

/* The provider's last call for a binding; <= DISPATCH_LEVEL. May be NULL. */
typedef void(NTAPI NPI_PROVIDER_CLEANUP_BINDING_CONTEXT_FN)(_In_ PVOID ProviderBindingContext);
typedef NPI_PROVIDER_CLEANUP_BINDING_CONTEXT_FN *PNPI_PROVIDER_CLEANUP_BINDING_CONTEXT_FN;

/* Must stay in memory, unchanged, until deregistration has completed. */
typedef struct _NPI_CLIENT_CHARACTERISTICS {
    USHORT Version;
    USHORT Length;
    PNPI_CLIENT_ATTACH_PROVIDER_FN ClientAttachProvider;
    PNPI_CLIENT_DETACH_PROVIDER_FN ClientDetachProvider;
    PNPI_CLIENT_CLEANUP_BINDING_CONTEXT_FN ClientCleanupBindingContext;
    NPI_REGISTRATION_INSTANCE ClientRegistrationInstance;
} NPI_CLIENT_CHARACTERISTICS;
typedef const NPI_CLIENT_CHARACTERISTICS *PNPI_CLIENT_CHARACTERISTICS;

typedef struct _NPI_PROVIDER_CHARACTERISTICS {
    USHORT Version;
    USHORT Length;
    PNPI_PROVIDER_ATTACH_CLIENT_FN ProviderAttachClient;
    PNPI_PROVIDER_DETACH_CLIENT_FN ProviderDetachClient;
    PNPI_PROVIDER_CLEANUP_BINDING_CONTEXT_FN ProviderCleanupBindingContext;
    NPI_REGISTRATION_INSTANCE ProviderRegistrationInstance;
} NPI_PROVIDER_CHARACTERISTICS;
typedef const NPI_PROVIDER_CHARACTERISTICS *PNPI_PROVIDER_CHARACTERISTICS;

/* PASSIVE_LEVEL. Keeps a pointer to the characteristics. STATUS_SUCCESS, or
 * STATUS_INSUFFICIENT_RESOURCES; the handle is valid only on success. */
_Must_inspect_result_ _IRQL_requires_(PASSIVE_LEVEL) NTSTATUS NTAPI
NmrRegisterClient(_In_ PNPI_CLIENT_CHARACTERISTICS ClientCharacteristics, _In_ PVOID ClientContext,
                  _Out_ PHANDLE NmrClientHandle);

/* <= DISPATCH_LEVEL. Starts detaching from every provider and returns STATUS_PENDING. */
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS NTAPI
NmrDeregisterClient(_In_ HANDLE NmrClientHandle);

/* Below DISPATCH_LEVEL; blocks until the deregistration is over. STATUS_INVALID_PARAMETER for a
 * handle that is not being deregistered. */
_IRQL_requires_max_(APC_LEVEL) NTSTATUS NTAPI
NmrWaitForClientDeregisterComplete(_In_ HANDLE NmrClientHandle);

/* PASSIVE_LEVEL, from the attach callback only. On STATUS_SUCCESS the provider's context and
 * dispatch table are returned; STATUS_NOINTERFACE allows another try with another table. */
_Must_inspect_result_ _IRQL_requires_(PASSIVE_LEVEL) NTSTATUS NTAPI
NmrClientAttachProvider(_In_ HANDLE NmrBindingHandle, _In_ PVOID ClientBindingContext,
                        _In_ const void *ClientDispatch, _Out_ PVOID *ProviderBindingContext,
                        _Out_ const void **ProviderDispatch);

/* <= DISPATCH_LEVEL. Ends a detach that the client's callback answered with STATUS_PENDING. */
_IRQL_requires_max_(DISPATCH_LEVEL) void NTAPI
NmrClientDetachProviderComplete(_In_ HANDLE NmrBindingHandle);

/* PASSIVE_LEVEL. As NmrRegisterClient, for a provider. */
_Must_inspect_result_ _IRQL_requires_(PASSIVE_LEVEL) NTSTATUS NTAPI
NmrRegisterProvider(_In_ PNPI_PROVIDER_CHARACTERISTICS ProviderCharacteristics,
                    _In_ PVOID ProviderContext, _Out_ PHANDLE NmrProviderHandle);

/* <= DISPATCH_LEVEL. Starts detaching every client and returns STATUS_PENDING. */
_IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS NTAPI
NmrDeregisterProvider(_In_ HANDLE NmrProviderHandle);

/* Below DISPATCH_LEVEL; blocks until the provider's deregistration is over. */
_IRQL_requires_max_(APC_LEVEL) NTSTATUS NTAPI
NmrWaitForProviderDeregisterComplete(_In_ HANDLE NmrProviderHandle);

/* <= DISPATCH_LEVEL. Ends a detach that the provider's callback answered with STATUS_PENDING. */
_IRQL_requires_max_(DISPATCH_LEVEL) void NTAPI
NmrProviderDetachClientComplete(_In_ HANDLE NmrBindingHandle);

/* TRUE when both identify the same module. */
OPENWSK_INLINE BOOLEAN NmrIsEqualNpiModuleId(PNPI_MODULEID ModuleId1, PNPI_MODULEID ModuleId2)
{
    if (ModuleId1->Type != ModuleId2->Type)
        return 0;
    if (ModuleId1->Type == MIT_GUID)
        return (BOOLEAN)(__builtin_memcmp(&ModuleId1->Guid, &ModuleId2->Guid, sizeof(GUID)) == 0);
    if (ModuleId1->Type == MIT_IF_LUID)
        return (BOOLEAN)(__builtin_memcmp(&ModuleId1->IfLuid, &ModuleId2->IfLuid, sizeof(LUID)) ==
                         0);
    return 0;
}

OPENWSK_DECLARATIONS_END

#define OPENWSK_CHECK_NETIODDK
#include "openwsk/net_layout_check.h"

#endif
