/* SPDX-License-Identifier: MIT */
/*
 * security.c - security descriptors, absolute and in one piece, and what they let the System
 * process do.
 *
 * There is one process and one security context: the System's, in the groups that it is in on
 * Windows.
 */
#include "nt_internal.h"

#include "acl.h"

#include <string.h>

/* --- Parts ----------------------------------------------------------------------------------- */

/* A descriptor's parts, wherever they are. Absent ones are NULL. */
struct parts {
    PSID owner, group;
    PACL sacl, dacl;
};

static const void *at_offset(const SECURITY_DESCRIPTOR_RELATIVE *descriptor, ULONG offset)
{
    return offset ? (const char *)descriptor + offset : NULL;
}

static struct parts parts_of(PSECURITY_DESCRIPTOR handle)
{
    const SECURITY_DESCRIPTOR *absolute = handle;
    const SECURITY_DESCRIPTOR_RELATIVE *relative = handle;
    struct parts parts;

    if (absolute->Control & SE_SELF_RELATIVE) {
        parts.owner = (PSID)(uintptr_t)at_offset(relative, relative->Owner);
        parts.group = (PSID)(uintptr_t)at_offset(relative, relative->Group);
        parts.sacl = (PACL)(uintptr_t)at_offset(relative, relative->Sacl);
        parts.dacl = (PACL)(uintptr_t)at_offset(relative, relative->Dacl);
    } else {
        parts = (struct parts){ absolute->Owner, absolute->Group, absolute->Sacl, absolute->Dacl };
    }
    if (!(absolute->Control & SE_SACL_PRESENT))
        parts.sacl = NULL;
    if (!(absolute->Control & SE_DACL_PRESENT))
        parts.dacl = NULL;
    return parts;
}

static bool is_revision(PSECURITY_DESCRIPTOR descriptor)
{
    return ((const SECURITY_DESCRIPTOR *)descriptor)->Revision == SECURITY_DESCRIPTOR_REVISION;
}

static SECURITY_DESCRIPTOR_CONTROL control_of(PSECURITY_DESCRIPTOR descriptor)
{
    return ((const SECURITY_DESCRIPTOR *)descriptor)->Control;
}

static ULONG round_up(ULONG size)
{
    return (size + 3) & ~3u;
}

static ULONG sid_size(PSID sid)
{
    return sid ? round_up(RtlLengthSid(sid)) : 0;
}

static ULONG acl_size(const ACL *acl)
{
    return acl ? round_up(acl->AclSize) : 0;
}

/* --- Making ---------------------------------------------------------------------------------- */

NTSTATUS RtlCreateSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, ULONG revision)
{
    if (revision != SECURITY_DESCRIPTOR_REVISION)
        return STATUS_UNKNOWN_REVISION;
    memset(descriptor, 0, sizeof(SECURITY_DESCRIPTOR));
    ((SECURITY_DESCRIPTOR *)descriptor)->Revision = SECURITY_DESCRIPTOR_REVISION;
    return STATUS_SUCCESS;
}

/* STATUS_SUCCESS when parts may be hung into it. */
static NTSTATUS require_absolute(PSECURITY_DESCRIPTOR descriptor)
{
    if (!is_revision(descriptor))
        return STATUS_UNKNOWN_REVISION;
    return control_of(descriptor) & SE_SELF_RELATIVE ? STATUS_INVALID_SECURITY_DESCR
                                                     : STATUS_SUCCESS;
}

static void set_bit(SECURITY_DESCRIPTOR *descriptor, SECURITY_DESCRIPTOR_CONTROL bit, bool on)
{
    descriptor->Control =
        (SECURITY_DESCRIPTOR_CONTROL)(on ? descriptor->Control | bit : descriptor->Control & ~bit);
}

NTSTATUS RtlSetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR handle, BOOLEAN present, PACL dacl,
                                      BOOLEAN defaulted)
{
    SECURITY_DESCRIPTOR *descriptor = handle;
    NTSTATUS status = require_absolute(handle);

    if (!NT_SUCCESS(status))
        return status;
    set_bit(descriptor, SE_DACL_PRESENT, present);
    set_bit(descriptor, SE_DACL_DEFAULTED, present && defaulted);
    descriptor->Dacl = present ? dacl : NULL;
    return STATUS_SUCCESS;
}

NTSTATUS RtlSetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR handle, PSID owner, BOOLEAN defaulted)
{
    SECURITY_DESCRIPTOR *descriptor = handle;
    NTSTATUS status = require_absolute(handle);

    if (!NT_SUCCESS(status))
        return status;
    descriptor->Owner = owner;
    set_bit(descriptor, SE_OWNER_DEFAULTED, defaulted);
    return STATUS_SUCCESS;
}

NTSTATUS RtlSetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR handle, PSID group, BOOLEAN defaulted)
{
    SECURITY_DESCRIPTOR *descriptor = handle;
    NTSTATUS status = require_absolute(handle);

    if (!NT_SUCCESS(status))
        return status;
    descriptor->Group = group;
    set_bit(descriptor, SE_GROUP_DEFAULTED, defaulted);
    return STATUS_SUCCESS;
}

/* --- Reading --------------------------------------------------------------------------------- */

static NTSTATUS get_acl(PSECURITY_DESCRIPTOR descriptor, SECURITY_DESCRIPTOR_CONTROL present_bit,
                        SECURITY_DESCRIPTOR_CONTROL defaulted_bit, PACL acl, PBOOLEAN present,
                        PACL *out, PBOOLEAN defaulted)
{
    if (!is_revision(descriptor))
        return STATUS_UNKNOWN_REVISION;
    *present = (control_of(descriptor) & present_bit) != 0;
    if (!*present)
        return STATUS_SUCCESS; /* the others stay as they are, as documented */
    *out = acl;
    *defaulted = (control_of(descriptor) & defaulted_bit) != 0;
    return STATUS_SUCCESS;
}

NTSTATUS RtlGetDaclSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, PBOOLEAN present, PACL *dacl,
                                      PBOOLEAN defaulted)
{
    return get_acl(descriptor, SE_DACL_PRESENT, SE_DACL_DEFAULTED, parts_of(descriptor).dacl,
                   present, dacl, defaulted);
}

NTSTATUS RtlGetSaclSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, PBOOLEAN present, PACL *sacl,
                                      PBOOLEAN defaulted)
{
    return get_acl(descriptor, SE_SACL_PRESENT, SE_SACL_DEFAULTED, parts_of(descriptor).sacl,
                   present, sacl, defaulted);
}

NTSTATUS RtlGetOwnerSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, PSID *owner,
                                       PBOOLEAN defaulted)
{
    if (!is_revision(descriptor))
        return STATUS_UNKNOWN_REVISION;
    *owner = parts_of(descriptor).owner;
    *defaulted = (control_of(descriptor) & SE_OWNER_DEFAULTED) != 0;
    return STATUS_SUCCESS;
}

NTSTATUS RtlGetGroupSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor, PSID *group,
                                       PBOOLEAN defaulted)
{
    if (!is_revision(descriptor))
        return STATUS_UNKNOWN_REVISION;
    *group = parts_of(descriptor).group;
    *defaulted = (control_of(descriptor) & SE_GROUP_DEFAULTED) != 0;
    return STATUS_SUCCESS;
}

BOOLEAN RtlValidSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor)
{
    struct parts parts;

    if (!descriptor || !is_revision(descriptor))
        return FALSE;
    parts = parts_of(descriptor);
    return (!parts.owner || RtlValidSid(parts.owner)) &&
           (!parts.group || RtlValidSid(parts.group)) &&
           (!parts.dacl || nt_acl_is_valid(parts.dacl)) &&
           (!parts.sacl || nt_acl_is_valid(parts.sacl));
}

ULONG RtlLengthSecurityDescriptor(PSECURITY_DESCRIPTOR descriptor)
{
    struct parts parts = parts_of(descriptor);

    return (ULONG)sizeof(SECURITY_DESCRIPTOR_RELATIVE) + sid_size(parts.owner) +
           sid_size(parts.group) + acl_size(parts.sacl) + acl_size(parts.dacl);
}

/* --- In one piece ---------------------------------------------------------------------------- */

/* Appends a part and gives its offset; 0 for one that is absent. */
static ULONG append(SECURITY_DESCRIPTOR_RELATIVE *to, ULONG *end, const void *part, ULONG size,
                    ULONG room)
{
    ULONG offset = *end;

    if (!part)
        return 0;
    memset((char *)to + offset, 0, room);
    memcpy((char *)to + offset, part, size);
    *end += room;
    return offset;
}

static void copy_in_one_piece(PSECURITY_DESCRIPTOR from, SECURITY_DESCRIPTOR_RELATIVE *to)
{
    struct parts parts = parts_of(from);
    ULONG end = sizeof(*to);

    memset(to, 0, sizeof(*to));
    to->Revision = SECURITY_DESCRIPTOR_REVISION;
    to->Control = control_of(from) | SE_SELF_RELATIVE;
    to->Sacl = append(to, &end, parts.sacl, parts.sacl ? parts.sacl->AclSize : 0,
                      acl_size(parts.sacl));
    to->Dacl = append(to, &end, parts.dacl, parts.dacl ? parts.dacl->AclSize : 0,
                      acl_size(parts.dacl));
    to->Owner = append(to, &end, parts.owner, parts.owner ? RtlLengthSid(parts.owner) : 0,
                       sid_size(parts.owner));
    to->Group = append(to, &end, parts.group, parts.group ? RtlLengthSid(parts.group) : 0,
                       sid_size(parts.group));
}

NTSTATUS RtlAbsoluteToSelfRelativeSD(PSECURITY_DESCRIPTOR from, PSECURITY_DESCRIPTOR to,
                                     PULONG length)
{
    ULONG room = *length;

    if (control_of(from) & SE_SELF_RELATIVE)
        return STATUS_BAD_DESCRIPTOR_FORMAT;
    *length = RtlLengthSecurityDescriptor(from);
    if (room < *length)
        return STATUS_BUFFER_TOO_SMALL;
    copy_in_one_piece(from, to);
    return STATUS_SUCCESS;
}

void nt_security_copy(PSECURITY_DESCRIPTOR from, void *to)
{
    copy_in_one_piece(from, to);
}

/* --- Access ---------------------------------------------------------------------------------- */

struct known_sid {
    UCHAR count;
    UCHAR authority;
    ULONG values[2];
};

/* LocalSystem, Administrators, Everyone, Authenticated Users. */
static const struct known_sid system_context[] = {
    { 1, 5, { SECURITY_LOCAL_SYSTEM_RID } },
    { 2, 5, { SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ADMINS } },
    { 1, 1, { SECURITY_WORLD_RID } },
    { 1, 5, { SECURITY_AUTHENTICATED_USER_RID } },
};

static bool is_in_context(const SID *sid)
{
    for (size_t i = 0; i < RTL_NUMBER_OF(system_context); i++) {
        const struct known_sid *known = &system_context[i];
        const UCHAR authority[6] = { 0, 0, 0, 0, 0, known->authority };

        if (sid->SubAuthorityCount == known->count &&
            memcmp(&sid->IdentifierAuthority, authority, sizeof(authority)) == 0 &&
            memcmp(sid->SubAuthority, known->values, known->count * sizeof(ULONG)) == 0)
            return true;
    }
    return false;
}

static ACCESS_MASK map_generic(ACCESS_MASK mask)
{
    if (mask & GENERIC_READ)
        mask |= FILE_GENERIC_READ;
    if (mask & GENERIC_WRITE)
        mask |= FILE_GENERIC_WRITE;
    if (mask & GENERIC_EXECUTE)
        mask |= FILE_GENERIC_EXECUTE;
    if (mask & GENERIC_ALL)
        mask |= FILE_ALL_ACCESS;
    return mask;
}

/* In the list's order, the first entry that names a right decides it. */
static bool acl_grants(PACL acl, ACCESS_MASK wanted)
{
    for (ULONG i = 0; i < acl->AceCount && wanted; i++) {
        ACCESS_ALLOWED_ACE *ace;
        PVOID at;

        if (!NT_SUCCESS(RtlGetAce(acl, i, &at)))
            return false;
        ace = at;
        if ((ace->Header.AceFlags & INHERIT_ONLY_ACE) || !is_in_context((SID *)&ace->SidStart))
            continue;
        if (ace->Header.AceType == ACCESS_DENIED_ACE_TYPE && (map_generic(ace->Mask) & wanted))
            return false;
        if (ace->Header.AceType == ACCESS_ALLOWED_ACE_TYPE)
            wanted &= ~map_generic(ace->Mask);
    }
    return !wanted;
}

bool nt_security_grants(PSECURITY_DESCRIPTOR descriptor, ACCESS_MASK wanted)
{
    PACL dacl = parts_of(descriptor).dacl;

    return !dacl || acl_grants(dacl, map_generic(wanted) & ~(GENERIC_READ | GENERIC_WRITE |
                                                             GENERIC_EXECUTE | GENERIC_ALL));
}
