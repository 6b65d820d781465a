/* SPDX-License-Identifier: MIT */
/*
 * test_security.c - identifiers, lists and descriptors as drivers build them, and what they grant.
 */
#include "nt_test.h"

#include <ntifs.h>

#include <stdlib.h>

union sid {
    SID sid;
    UCHAR bytes[8 + 4 * SID_MAX_SUB_AUTHORITIES];
};

static PSID make_sid(union sid *room, UCHAR authority, UCHAR count, ULONG first, ULONG second)
{
    SID_IDENTIFIER_AUTHORITY identifier = { { 0, 0, 0, 0, 0, authority } };

    memset(room, 0xcc, sizeof(*room));
    assert_int_equal(RtlInitializeSid(room, &identifier, count), STATUS_SUCCESS);
    *RtlSubAuthoritySid(room, 0) = first;
    if (count > 1)
        *RtlSubAuthoritySid(room, 1) = second;
    return room;
}

static PSID system_sid(union sid *room)
{
    return make_sid(room, 5, 1, SECURITY_LOCAL_SYSTEM_RID, 0);
}

static PSID stranger_sid(union sid *room)
{
    return make_sid(room, 5, 2, SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_USERS);
}

/* --- Identifiers ----------------------------------------------------------------------------- */

static void test_sid(void **state)
{
    SID_IDENTIFIER_AUTHORITY identifier = { SECURITY_NT_AUTHORITY };
    union sid one, two, copy;

    (void)state;
    system_sid(&one);
    assert_int_equal(RtlLengthRequiredSid(1), 12);
    assert_int_equal(RtlLengthRequiredSid(15), 68);
    assert_int_equal(RtlLengthSid(&one), 12);
    assert_int_equal(*RtlSubAuthorityCountSid(&one), 1);
    assert_true(RtlValidSid(&one));
    assert_true(RtlEqualSid(&one, system_sid(&two)));
    assert_false(RtlEqualSid(&one, make_sid(&two, 5, 1, 19, 0)));
    assert_false(RtlEqualSid(&one, make_sid(&two, 1, 1, SECURITY_LOCAL_SYSTEM_RID, 0)));
    assert_false(RtlEqualSid(&one, stranger_sid(&two)));
    assert_int_equal(RtlCopySid(11, &copy, &one), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(RtlCopySid(12, &copy, &one), STATUS_SUCCESS);
    assert_true(RtlEqualSid(&copy, &one));
    assert_int_equal(RtlInitializeSid(&one, &identifier, 16), STATUS_INVALID_PARAMETER);
    one.sid.Revision = 2;
    assert_false(RtlValidSid(&one));
    two.sid.SubAuthorityCount = 16;
    assert_false(RtlValidSid(&two));
}

/* --- Lists ----------------------------------------------------------------------------------- */

static void test_acl(void **state)
{
    union sid sid;
    PACCESS_ALLOWED_ACE ace;
    PVOID at;
    PACL acl = malloc(8 + 2 * 20);

    (void)state;
    system_sid(&sid);
    assert_int_equal(RtlCreateAcl(acl, 7, ACL_REVISION), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(RtlCreateAcl(acl, 10, ACL_REVISION), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlCreateAcl(acl, 0x10000, ACL_REVISION), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlCreateAcl(acl, 48, 1), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlCreateAcl(acl, 48, ACL_REVISION), STATUS_SUCCESS);
    assert_int_equal(RtlGetAce(acl, 0, &at), STATUS_INVALID_PARAMETER);
    assert_int_equal(RtlAddAccessAllowedAce(acl, ACL_REVISION, GENERIC_READ, &sid), STATUS_SUCCESS);
    assert_int_equal(RtlAddAccessAllowedAce(acl, ACL_REVISION_DS, 1, &sid),
                     STATUS_REVISION_MISMATCH);
    assert_int_equal(RtlAddAccessAllowedAce(acl, ACL_REVISION, GENERIC_ALL, &sid), STATUS_SUCCESS);
    assert_int_equal(RtlAddAccessAllowedAce(acl, ACL_REVISION, 1, &sid),
                     STATUS_ALLOTTED_SPACE_EXCEEDED);
    assert_int_equal(acl->AceCount, 2);
    assert_int_equal(RtlGetAce(acl, 1, &at), STATUS_SUCCESS);
    ace = at;
    assert_int_equal(ace->Mask, GENERIC_ALL);
    assert_int_equal(ace->Header.AceSize, 20);
    assert_true(RtlEqualSid(&ace->SidStart, &sid));
    sid.sid.Revision = 0;
    assert_int_equal(RtlAddAccessAllowedAce(acl, ACL_REVISION, 1, &sid), STATUS_INVALID_SID);
    ace->Header.AceSize = 24; /* beyond the list */
    assert_int_equal(RtlAddAccessAllowedAce(acl, ACL_REVISION, 1, system_sid(&sid)),
                     STATUS_INVALID_ACL);
    assert_int_equal(RtlGetAce(acl, 1, &at), STATUS_INVALID_PARAMETER);
    free(acl);
}

/* --- Descriptors ----------------------------------------------------------------------------- */

static void test_descriptor(void **state)
{
    SECURITY_DESCRIPTOR descriptor;
    union sid owner, found_sid;
    BOOLEAN present = 7, defaulted = 7;
    PACL found = (PACL)&descriptor, list;
    UCHAR room[64];
    PSID sid;

    (void)state;
    memset(&descriptor, 0xcc, sizeof(descriptor));
    assert_int_equal(RtlCreateSecurityDescriptor(&descriptor, 2), STATUS_UNKNOWN_REVISION);
    assert_int_equal(RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION),
                     STATUS_SUCCESS);
    assert_true(RtlValidSecurityDescriptor(&descriptor));
    assert_int_equal(RtlLengthSecurityDescriptor(&descriptor), 20);
    assert_int_equal(RtlGetDaclSecurityDescriptor(&descriptor, &present, &found, &defaulted),
                     STATUS_SUCCESS);
    assert_false(present);
    assert_ptr_equal(found, &descriptor); /* untouched */
    list = (PACL)(void *)room;
    RtlCreateAcl(list, sizeof(room), ACL_REVISION);
    assert_int_equal(RtlSetDaclSecurityDescriptor(&descriptor, TRUE, list, TRUE), STATUS_SUCCESS);
    RtlGetDaclSecurityDescriptor(&descriptor, &present, &found, &defaulted);
    assert_true(present && defaulted && found == list);
    assert_int_equal(RtlLengthSecurityDescriptor(&descriptor), 20 + 64);
    assert_int_equal(RtlSetOwnerSecurityDescriptor(&descriptor, system_sid(&owner), FALSE),
                     STATUS_SUCCESS);
    assert_int_equal(RtlSetGroupSecurityDescriptor(&descriptor, stranger_sid(&found_sid), TRUE),
                     STATUS_SUCCESS);
    RtlGetGroupSecurityDescriptor(&descriptor, &sid, &defaulted);
    assert_true(defaulted && sid == &found_sid);
    assert_int_equal(RtlLengthSecurityDescriptor(&descriptor), 20 + 64 + 12 + 16);
    RtlSetDaclSecurityDescriptor(&descriptor, FALSE, list, TRUE);
    RtlGetDaclSecurityDescriptor(&descriptor, &present, &found, &defaulted);
    assert_false(present);
    assert_int_equal(RtlGetSaclSecurityDescriptor(&descriptor, &present, &found, &defaulted),
                     STATUS_SUCCESS);
    assert_false(present);
}

static void test_in_one_piece(void **state)
{
    SECURITY_DESCRIPTOR descriptor;
    SECURITY_DESCRIPTOR_RELATIVE *piece;
    union sid owner;
    UCHAR room[32];
    PACL list = (PACL)(void *)room, found;
    BOOLEAN present, defaulted;
    ULONG size = 0;
    PSID sid;

    (void)state;
    RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
    RtlCreateAcl(list, sizeof(room), ACL_REVISION);
    memset(room + sizeof(ACL), 0, sizeof(room) - sizeof(ACL));
    RtlAddAccessAllowedAce(list, ACL_REVISION, GENERIC_READ, system_sid(&owner));
    RtlSetDaclSecurityDescriptor(&descriptor, TRUE, list, FALSE);
    RtlSetOwnerSecurityDescriptor(&descriptor, &owner, FALSE);
    assert_int_equal(RtlAbsoluteToSelfRelativeSD(&descriptor, NULL, &size),
                     STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(size, 20 + 32 + 12);
    piece = malloc(size);
    assert_int_equal(RtlAbsoluteToSelfRelativeSD(&descriptor, piece, &size), STATUS_SUCCESS);
    memset(room, 0, sizeof(room));
    memset(&owner, 0, sizeof(owner));
    memset(&descriptor, 0, sizeof(descriptor));
    assert_true(piece->Control & SE_SELF_RELATIVE);
    assert_true(RtlValidSecurityDescriptor(piece));
    assert_int_equal(RtlLengthSecurityDescriptor(piece), size);
    RtlGetDaclSecurityDescriptor(piece, &present, &found, &defaulted);
    assert_true(present);
    assert_int_equal(found->AceCount, 1);
    RtlGetOwnerSecurityDescriptor(piece, &sid, &defaulted);
    assert_true(RtlEqualSid(sid, system_sid(&owner)));
    assert_int_equal(RtlAbsoluteToSelfRelativeSD(piece, &descriptor, &size),
                     STATUS_BAD_DESCRIPTOR_FORMAT);
    assert_int_equal(RtlSetDaclSecurityDescriptor(piece, FALSE, NULL, FALSE),
                     STATUS_INVALID_SECURITY_DESCR);
    assert_int_equal(RtlSetOwnerSecurityDescriptor(piece, NULL, FALSE),
                     STATUS_INVALID_SECURITY_DESCR);
    piece->Revision = 3;
    assert_false(RtlValidSecurityDescriptor(piece));
    free(piece);
}

static void test_what_is_no_descriptor(void **state)
{
    SECURITY_DESCRIPTOR descriptor;
    union sid owner;
    ACL list = { 9, 0, 8, 0, 0 };

    (void)state;
    assert_false(RtlValidSecurityDescriptor(NULL));
    RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
    RtlSetOwnerSecurityDescriptor(&descriptor, system_sid(&owner), FALSE);
    owner.sid.Revision = 0;
    assert_false(RtlValidSecurityDescriptor(&descriptor));
    owner.sid.Revision = SID_REVISION;
    RtlSetDaclSecurityDescriptor(&descriptor, TRUE, &list, FALSE);
    assert_false(RtlValidSecurityDescriptor(&descriptor));
    list.AclRevision = ACL_REVISION;
    assert_true(RtlValidSecurityDescriptor(&descriptor));
    list.AclSize = 4;
    assert_false(RtlValidSecurityDescriptor(&descriptor));
    list.AclSize = 8;
    list.AceCount = 1;
    assert_false(RtlValidSecurityDescriptor(&descriptor));
}

/* --- Access ---------------------------------------------------------------------------------- */

struct rule {
    UCHAR type, flags;
    ACCESS_MASK mask;
    bool stranger;
};

static bool grants(const struct rule *rules, size_t count, ACCESS_MASK wanted)
{
    SECURITY_DESCRIPTOR descriptor;
    _Alignas(8) UCHAR room[256];
    PACL list = (PACL)(void *)room;
    union sid sid;

    RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
    RtlCreateAcl(list, sizeof(room), ACL_REVISION);
    for (size_t i = 0; i < count; i++) {
        PVOID ace;

        RtlAddAccessAllowedAce(list, ACL_REVISION, rules[i].mask,
                               rules[i].stranger ? stranger_sid(&sid) : system_sid(&sid));
        RtlGetAce(list, (ULONG)i, &ace);
        ((PACE_HEADER)ace)->AceType = rules[i].type;
        ((PACE_HEADER)ace)->AceFlags = rules[i].flags;
    }
    RtlSetDaclSecurityDescriptor(&descriptor, TRUE, list, FALSE);
    return nt_security_grants(&descriptor, wanted);
}

static void test_access(void **state)
{
    const struct rule all = { ACCESS_ALLOWED_ACE_TYPE, 0, GENERIC_ALL, false };
    const struct rule read = { ACCESS_ALLOWED_ACE_TYPE, 0, GENERIC_READ, false };
    const struct rule write = { ACCESS_ALLOWED_ACE_TYPE, 0, FILE_WRITE_DATA, false };
    const struct rule others = { ACCESS_ALLOWED_ACE_TYPE, 0, GENERIC_ALL, true };
    const struct rule never = { ACCESS_DENIED_ACE_TYPE, 0, FILE_WRITE_DATA, false };
    const struct rule never_others = { ACCESS_DENIED_ACE_TYPE, 0, GENERIC_ALL, true };
    const struct rule inherited = { ACCESS_ALLOWED_ACE_TYPE, INHERIT_ONLY_ACE, GENERIC_ALL, false };
    const ACCESS_MASK both = FILE_READ_DATA | FILE_WRITE_DATA;

    (void)state;
    assert_false(grants(NULL, 0, both)); /* an empty list lets nobody in */
    assert_true(grants(&all, 1, both));
    assert_true(grants(&all, 1, GENERIC_READ | GENERIC_WRITE));
    assert_false(grants(&read, 1, both));
    assert_true(grants(&read, 1, FILE_READ_DATA));
    assert_true(grants((struct rule[]){ read, write }, 2, both));
    assert_false(grants(&others, 1, both));
    assert_false(grants(&inherited, 1, both));
    assert_false(grants((struct rule[]){ never, all }, 2, both));
    assert_true(grants((struct rule[]){ never, all }, 2, FILE_READ_DATA));
    assert_true(grants((struct rule[]){ all, never }, 2, both)); /* the first that says it */
    assert_true(grants((struct rule[]){ never_others, all }, 2, both));
}

static void test_no_list_lets_everybody_in(void **state)
{
    SECURITY_DESCRIPTOR descriptor;

    (void)state;
    RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
    assert_true(nt_security_grants(&descriptor, GENERIC_ALL));
    RtlSetDaclSecurityDescriptor(&descriptor, TRUE, NULL, FALSE);
    assert_true(nt_security_grants(&descriptor, GENERIC_ALL));
}

static void test_the_groups_of_the_system(void **state)
{
    static const struct {
        UCHAR authority, count;
        ULONG first, second;
        bool granted;
    } rows[] = {
        { 5, 1, SECURITY_LOCAL_SYSTEM_RID, 0, true },
        { 1, 1, SECURITY_WORLD_RID, 0, true },
        { 5, 1, SECURITY_AUTHENTICATED_USER_RID, 0, true },
        { 5, 2, SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_ADMINS, true },
        { 5, 2, SECURITY_BUILTIN_DOMAIN_RID, DOMAIN_ALIAS_RID_USERS, false },
        { 5, 1, 19, 0, false },
        { 1, 1, 1, 0, false },
    };

    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(rows); i++) {
        SECURITY_DESCRIPTOR descriptor;
        _Alignas(8) UCHAR room[64];
        union sid sid;

        RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
        RtlCreateAcl((PACL)(void *)room, sizeof(room), ACL_REVISION);
        make_sid(&sid, rows[i].authority, rows[i].count, rows[i].first, rows[i].second);
        RtlAddAccessAllowedAce((PACL)(void *)room, ACL_REVISION, GENERIC_ALL, &sid);
        RtlSetDaclSecurityDescriptor(&descriptor, TRUE, (PACL)(void *)room, FALSE);
        assert_int_equal(nt_security_grants(&descriptor, FILE_READ_DATA), rows[i].granted);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sid),
        cmocka_unit_test(test_acl),
        cmocka_unit_test(test_descriptor),
        cmocka_unit_test(test_in_one_piece),
        cmocka_unit_test(test_what_is_no_descriptor),
        cmocka_unit_test(test_access),
        cmocka_unit_test(test_no_list_lets_everybody_in),
        cmocka_unit_test(test_the_groups_of_the_system),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
