/* SPDX-License-Identifier: MIT */
/* security_acl.c - security identifiers and access control lists. */
#include "nt_internal.h"

#include "acl.h"

#include <string.h>

/* --- Identifiers ----------------------------------------------------------------------------- */

ULONG RtlLengthRequiredSid(ULONG count)
{
    return (ULONG)(FIELD_OFFSET(SID, SubAuthority) + count * sizeof(ULONG));
}

ULONG RtlLengthSid(PSID sid)
{
    return RtlLengthRequiredSid(((const SID *)sid)->SubAuthorityCount);
}

BOOLEAN RtlValidSid(PSID handle)
{
    const SID *sid = handle;

    return sid && sid->Revision == SID_REVISION &&
           sid->SubAuthorityCount <= SID_MAX_SUB_AUTHORITIES;
}

BOOLEAN RtlEqualSid(PSID first, PSID second)
{
    return RtlLengthSid(first) == RtlLengthSid(second) &&
           memcmp(first, second, RtlLengthSid(first)) == 0;
}

NTSTATUS RtlInitializeSid(PSID handle, PSID_IDENTIFIER_AUTHORITY authority, UCHAR count)
{
    SID *sid = handle;

    if (count > SID_MAX_SUB_AUTHORITIES)
        return STATUS_INVALID_PARAMETER;
    sid->Revision = SID_REVISION;
    sid->SubAuthorityCount = count;
    sid->IdentifierAuthority = *authority;
    return STATUS_SUCCESS;
}

PULONG RtlSubAuthoritySid(PSID sid, ULONG number)
{
    return ((SID *)sid)->SubAuthority + number;
}

PUCHAR RtlSubAuthorityCountSid(PSID sid)
{
    return &((SID *)sid)->SubAuthorityCount;
}

NTSTATUS RtlCopySid(ULONG room, PSID to, PSID from)
{
    if (room < RtlLengthSid(from))
        return STATUS_BUFFER_TOO_SMALL;
    memcpy(to, from, RtlLengthSid(from));
    return STATUS_SUCCESS;
}

/* --- Lists ----------------------------------------------------------------------------------- */

static bool is_acl_revision(ULONG revision)
{
    return revision >= ACL_REVISION && revision <= ACL_REVISION_DS;
}

/* The entry behind `offset`, or NULL when it does not lie in the list. */
static ACE_HEADER *ace_at(const ACL *acl, ULONG offset)
{
    ACE_HEADER *ace = (ACE_HEADER *)(uintptr_t)((const char *)acl + offset);

    if (offset + sizeof(*ace) > acl->AclSize || ace->AceSize < sizeof(*ace) ||
        ace->AceSize % sizeof(ULONG) || offset + ace->AceSize > acl->AclSize)
        return NULL;
    return ace;
}

static bool names_somebody(const ACE_HEADER *ace)
{
    return ace->AceType == ACCESS_ALLOWED_ACE_TYPE || ace->AceType == ACCESS_DENIED_ACE_TYPE;
}

static bool sid_fits(const ACE_HEADER *ace)
{
    const ULONG before = FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart);
    PSID sid = (PSID)(uintptr_t)((const char *)ace + before);

    return ace->AceSize >= before + RtlLengthRequiredSid(0) && RtlValidSid(sid) &&
           ace->AceSize >= before + RtlLengthSid(sid);
}

/* Where the next entry would go; 0 when the list is broken. */
static ULONG acl_end(const ACL *acl)
{
    ULONG offset = sizeof(*acl);

    for (ULONG i = 0; i < acl->AceCount; i++) {
        const ACE_HEADER *ace = ace_at(acl, offset);

        if (!ace)
            return 0;
        offset += ace->AceSize;
    }
    return offset;
}

bool nt_acl_is_valid(const ACL *acl)
{
    ULONG offset = sizeof(*acl);

    if (!is_acl_revision(acl->AclRevision) || acl->AclSize < sizeof(*acl) ||
        acl->AclSize % sizeof(ULONG) || !acl_end(acl))
        return false;
    for (ULONG i = 0; i < acl->AceCount; i++) {
        const ACE_HEADER *ace = ace_at(acl, offset);

        if (names_somebody(ace) && !sid_fits(ace))
            return false;
        offset += ace->AceSize;
    }
    return true;
}

NTSTATUS RtlCreateAcl(PACL acl, ULONG length, ULONG revision)
{
    if (length < sizeof(*acl))
        return STATUS_BUFFER_TOO_SMALL;
    if (!is_acl_revision(revision) || length > MAXUSHORT || length % sizeof(ULONG))
        return STATUS_INVALID_PARAMETER;
    memset(acl, 0, sizeof(*acl));
    acl->AclRevision = (UCHAR)revision;
    acl->AclSize = (USHORT)length;
    return STATUS_SUCCESS;
}

NTSTATUS RtlAddAccessAllowedAce(PACL acl, ULONG revision, ACCESS_MASK mask, PSID sid)
{
    const ULONG before = FIELD_OFFSET(ACCESS_ALLOWED_ACE, SidStart);
    ACCESS_ALLOWED_ACE *ace;
    ULONG end, size;

    if (!RtlValidSid(sid))
        return STATUS_INVALID_SID;
    if (!is_acl_revision(revision) || revision > acl->AclRevision)
        return STATUS_REVISION_MISMATCH;
    end = acl_end(acl);
    if (!end)
        return STATUS_INVALID_ACL;
    size = before + RtlLengthSid(sid);
    if (end + size > acl->AclSize)
        return STATUS_ALLOTTED_SPACE_EXCEEDED;
    ace = (ACCESS_ALLOWED_ACE *)(void *)((char *)acl + end);
    ace->Header = (ACE_HEADER){ ACCESS_ALLOWED_ACE_TYPE, 0, (USHORT)size };
    ace->Mask = mask;
    memcpy(&ace->SidStart, sid, RtlLengthSid(sid));
    acl->AceCount++;
    return STATUS_SUCCESS;
}

NTSTATUS RtlGetAce(PACL acl, ULONG number, PVOID *out)
{
    ULONG offset = sizeof(*acl);

    if (!is_acl_revision(acl->AclRevision) || number >= acl->AceCount)
        return STATUS_INVALID_PARAMETER;
    for (ULONG i = 0;; i++) {
        ACE_HEADER *ace = ace_at(acl, offset);

        if (!ace)
            return STATUS_INVALID_PARAMETER;
        *out = ace;
        if (i == number)
            return STATUS_SUCCESS;
        offset += ace->AceSize;
    }
}
