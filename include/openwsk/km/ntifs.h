/* SPDX-License-Identifier: MIT */
/*
 * ntifs.h - ntddk.h and what file systems see beyond it: here security contexts and tokens by name,
 * as far as drivers of other kinds take them from this header.
 */
#ifndef OPENWSK_KM_NTIFS_H
#define OPENWSK_KM_NTIFS_H

#define _NTIFS_

#include "ntddk.h"

OPENWSK_DECLARATIONS_BEGIN

typedef PVOID PACCESS_TOKEN;
typedef struct _SECURITY_SUBJECT_CONTEXT {
    PACCESS_TOKEN ClientToken;
    ULONG ImpersonationLevel;
    PACCESS_TOKEN PrimaryToken;
    PVOID ProcessAuditId;
} SECURITY_SUBJECT_CONTEXT, *PSECURITY_SUBJECT_CONTEXT;

typedef struct _GENERIC_MAPPING {
    ACCESS_MASK GenericRead;
    ACCESS_MASK GenericWrite;
    ACCESS_MASK GenericExecute;
    ACCESS_MASK GenericAll;
} GENERIC_MAPPING, *PGENERIC_MAPPING;

/* --- Descriptors, lists and identifiers: see openwsk/security.h for what they are ------------ */

/* Each pointer may be NULL where its part is absent. STATUS_UNKNOWN_REVISION. */
NTSTATUS NTAPI
RtlGetDaclSecurityDescriptor(_In_ PSECURITY_DESCRIPTOR SecurityDescriptor,
                             _Out_ PBOOLEAN DaclPresent, _Out_ PACL *Dacl,
                             _Out_ PBOOLEAN DaclDefaulted);
NTSTATUS NTAPI
RtlGetSaclSecurityDescriptor(_In_ PSECURITY_DESCRIPTOR SecurityDescriptor,
                             _Out_ PBOOLEAN SaclPresent, _Out_ PACL *Sacl,
                             _Out_ PBOOLEAN SaclDefaulted);
NTSTATUS NTAPI
RtlGetOwnerSecurityDescriptor(_In_ PSECURITY_DESCRIPTOR SecurityDescriptor, _Out_ PSID *Owner,
                              _Out_ PBOOLEAN OwnerDefaulted);
NTSTATUS NTAPI
RtlGetGroupSecurityDescriptor(_In_ PSECURITY_DESCRIPTOR SecurityDescriptor, _Out_ PSID *Group,
                              _Out_ PBOOLEAN GroupDefaulted);

/*
 * The descriptor is absolute and keeps the pointer. STATUS_INVALID_SECURITY_DESCR for a relative
 * one.
 */
NTSTATUS NTAPI
RtlSetOwnerSecurityDescriptor(_Inout_ PSECURITY_DESCRIPTOR SecurityDescriptor, _In_opt_ PSID Owner,
                              _In_opt_ BOOLEAN OwnerDefaulted);
NTSTATUS NTAPI
RtlSetGroupSecurityDescriptor(_Inout_ PSECURITY_DESCRIPTOR SecurityDescriptor, _In_opt_ PSID Group,
                              _In_opt_ BOOLEAN GroupDefaulted);

/*
 * Copies an absolute descriptor into one piece. STATUS_BUFFER_TOO_SMALL with the size needed in
 * *BufferLength; STATUS_BAD_DESCRIPTOR_FORMAT when it is in one piece already.
 */
NTSTATUS NTAPI
RtlAbsoluteToSelfRelativeSD(_In_ PSECURITY_DESCRIPTOR AbsoluteSecurityDescriptor,
                            _Out_ PSECURITY_DESCRIPTOR SelfRelativeSecurityDescriptor,
                            _Inout_ PULONG BufferLength);

/* AclLength: the whole room, a multiple of 4. STATUS_BUFFER_TOO_SMALL, STATUS_INVALID_PARAMETER. */
NTSTATUS NTAPI
RtlCreateAcl(_Out_ PACL Acl, _In_ ULONG AclLength, _In_ ULONG AclRevision);

/*
 * STATUS_ALLOTTED_SPACE_EXCEEDED, STATUS_INVALID_SID, STATUS_INVALID_ACL, STATUS_REVISION_MISMATCH.
 */
NTSTATUS NTAPI
RtlAddAccessAllowedAce(_Inout_ PACL Acl, _In_ ULONG AceRevision, _In_ ACCESS_MASK AccessMask,
                       _In_ PSID Sid);
NTSTATUS NTAPI
RtlGetAce(_In_ PACL Acl, _In_ ULONG AceIndex, _Out_ PVOID *Ace);

BOOLEAN NTAPI RtlValidSid(_In_ PSID Sid);
BOOLEAN NTAPI RtlEqualSid(_In_ PSID Sid1, _In_ PSID Sid2);
ULONG NTAPI RtlLengthRequiredSid(_In_ ULONG SubAuthorityCount);
ULONG NTAPI RtlLengthSid(_In_ PSID Sid);

/* STATUS_INVALID_PARAMETER for more than SID_MAX_SUB_AUTHORITIES. */
NTSTATUS NTAPI RtlInitializeSid(_Out_ PSID Sid, _In_ PSID_IDENTIFIER_AUTHORITY IdentifierAuthority,
                                _In_ UCHAR SubAuthorityCount);
PULONG NTAPI RtlSubAuthoritySid(_In_ PSID Sid, _In_ ULONG SubAuthority);
PUCHAR NTAPI RtlSubAuthorityCountSid(_In_ PSID Sid);

/* STATUS_BUFFER_TOO_SMALL. */
NTSTATUS NTAPI RtlCopySid(_In_ ULONG DestinationSidLength, _Out_ PSID DestinationSid,
                          _In_ PSID SourceSid);

OPENWSK_DECLARATIONS_END

#endif
