/* SPDX-License-Identifier: MIT */
/* What an interface is called: index, LUID, GUID, name, alias; and masks. */
#include "netio_test.h"

static void test_luid_and_index(void **state)
{
    NET_IFINDEX index;
    NET_LUID luid;

    (void)state;
    assert_int_equal(ConvertInterfaceIndexToLuid(NETIO_ETHERNET, &luid), STATUS_SUCCESS);
    assert_int_equal(luid.Info.IfType, IF_TYPE_ETHERNET_CSMACD);
    assert_int_equal(luid.Info.NetLuidIndex, NETIO_ETHERNET);
    assert_int_equal(luid.Info.Reserved, 0);
    assert_int_equal(ConvertInterfaceLuidToIndex(&luid, &index), STATUS_SUCCESS);
    assert_int_equal(index, NETIO_ETHERNET);
    assert_int_equal(ConvertInterfaceIndexToLuid(NETIO_LOOPBACK, &luid), STATUS_SUCCESS);
    assert_int_equal(luid.Info.IfType, IF_TYPE_SOFTWARE_LOOPBACK);
}

static void test_every_type_has_its_number(void **state)
{
    static const struct {
        enum net_link_type type;
        unsigned number;
    } types[] = {
        { NET_LINK_OTHER, 1 },  { NET_LINK_ETHERNET, 6 }, { NET_LINK_LOOPBACK, 24 },
        { NET_LINK_PPP, 23 },   { NET_LINK_TUNNEL, 131 }, { NET_LINK_VIRTUAL, 53 },
    };
    NET_LUID luid;

    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(types); i++) {
        struct net_record link = route_script_link(100 + (uint32_t)i, "x", types[i].type);

        route_script_set(&link);
        assert_int_equal(ConvertInterfaceIndexToLuid(100 + (uint32_t)i, &luid), STATUS_SUCCESS);
        assert_int_equal(luid.Info.IfType, types[i].number);
    }
}

static void test_an_index_of_32_bits(void **state)
{
    struct net_record link = route_script_link(0x7abcdef0, "far", NET_LINK_ETHERNET);
    NET_IFINDEX index;
    NET_LUID luid;
    GUID guid;

    (void)state;
    route_script_set(&link);
    assert_int_equal(ConvertInterfaceIndexToLuid(0x7abcdef0, &luid), STATUS_SUCCESS);
    assert_int_equal(ConvertInterfaceLuidToIndex(&luid, &index), STATUS_SUCCESS);
    assert_int_equal(index, 0x7abcdef0);
    assert_int_equal(ConvertInterfaceLuidToGuid(&luid, &guid), STATUS_SUCCESS);
    luid.Value = 0;
    assert_int_equal(ConvertInterfaceGuidToLuid(&guid, &luid), STATUS_SUCCESS);
    assert_int_equal(ConvertInterfaceLuidToIndex(&luid, &index), STATUS_SUCCESS);
    assert_int_equal(index, 0x7abcdef0);
}

static void test_no_such_interface(void **state)
{
    NET_LUID luid = ethernet_luid();
    NET_IFINDEX index = 77;
    GUID guid = { 0 };
    WCHAR alias[8];

    (void)state;
    assert_int_equal(ConvertInterfaceIndexToLuid(99, &luid), STATUS_INVALID_PARAMETER);
    assert_int_equal(luid.Value, 0);
    assert_int_equal(ConvertInterfaceIndexToLuid(0, &luid), STATUS_INVALID_PARAMETER);
    assert_int_equal(ConvertInterfaceIndexToLuid(1, NULL), STATUS_INVALID_PARAMETER);
    luid = ethernet_luid();
    luid.Info.IfType = IF_TYPE_PPP;
    assert_int_equal(ConvertInterfaceLuidToIndex(&luid, &index), STATUS_INVALID_PARAMETER);
    assert_int_equal(index, 0);
    assert_int_equal(ConvertInterfaceLuidToGuid(&luid, &guid), STATUS_INVALID_PARAMETER);
    assert_int_equal(ConvertInterfaceLuidToAlias(&luid, alias, 8), STATUS_INVALID_PARAMETER);
    assert_int_equal(ConvertInterfaceLuidToIndex(NULL, &index), STATUS_INVALID_PARAMETER);
    assert_int_equal(ConvertInterfaceGuidToLuid(&guid, &luid), STATUS_INVALID_PARAMETER);
    assert_int_equal(ConvertInterfaceAliasToLuid(L"eth9", &luid), STATUS_INVALID_PARAMETER);
}

/* The same interface has the same GUID each time, another interface another. */
static void test_guid_is_stable(void **state)
{
    NET_LUID luid = ethernet_luid(), back, loopback;
    GUID first, second, other;

    (void)state;
    assert_int_equal(ConvertInterfaceLuidToGuid(&luid, &first), STATUS_SUCCESS);
    assert_int_equal(ConvertInterfaceLuidToGuid(&luid, &second), STATUS_SUCCESS);
    assert_memory_equal(&first, &second, sizeof(first));
    assert_int_equal(ConvertInterfaceGuidToLuid(&first, &back), STATUS_SUCCESS);
    assert_true(back.Value == luid.Value);
    assert_int_equal(ConvertInterfaceIndexToLuid(NETIO_LOOPBACK, &loopback), STATUS_SUCCESS);
    assert_int_equal(ConvertInterfaceLuidToGuid(&loopback, &other), STATUS_SUCCESS);
    assert_memory_not_equal(&first, &other, sizeof(first));
}

static void test_names(void **state)
{
    NET_LUID luid = ethernet_luid(), back;
    CHAR name[IF_NAMESIZE];
    WCHAR wide[IF_NAMESIZE];

    (void)state;
    assert_int_equal(ConvertInterfaceLuidToNameA(&luid, name, sizeof(name)), STATUS_SUCCESS);
    assert_string_equal(name, "ethernet_2");
    assert_int_equal(ConvertInterfaceNameToLuidA(name, &back), STATUS_SUCCESS);
    assert_true(back.Value == luid.Value);
    assert_int_equal(ConvertInterfaceLuidToNameW(&luid, wide, RTL_NUMBER_OF(wide)), STATUS_SUCCESS);
    assert_memory_equal(wide, L"ethernet_2", sizeof(L"ethernet_2"));
    assert_int_equal(ConvertInterfaceNameToLuidW(wide, &back), STATUS_SUCCESS);
    assert_true(back.Value == luid.Value);
    luid.Info.IfType = 53;
    assert_int_equal(ConvertInterfaceLuidToNameA(&luid, name, sizeof(name)), STATUS_SUCCESS);
    assert_string_equal(name, "iftype53_2");
    assert_int_equal(ConvertInterfaceNameToLuidA(name, &back), STATUS_SUCCESS);
    assert_true(back.Value == luid.Value);
}

/* Exactly enough room is enough, one less is not. */
static void test_room_for_names(void **state)
{
    NET_LUID luid = ethernet_luid();
    CHAR name[IF_NAMESIZE];
    WCHAR wide[IF_NAMESIZE];

    (void)state;
    assert_int_equal(ConvertInterfaceLuidToNameA(&luid, name, 11), STATUS_SUCCESS);
    assert_int_equal(ConvertInterfaceLuidToNameA(&luid, name, 10), STATUS_NO_MEMORY);
    assert_int_equal(ConvertInterfaceLuidToNameW(&luid, wide, 11), STATUS_SUCCESS);
    assert_int_equal(ConvertInterfaceLuidToNameW(&luid, wide, 10), STATUS_NO_MEMORY);
    assert_int_equal(ConvertInterfaceLuidToAlias(&luid, wide, 5), STATUS_SUCCESS);
    assert_int_equal(ConvertInterfaceLuidToAlias(&luid, wide, 4), STATUS_NO_MEMORY);
    assert_int_equal(ConvertInterfaceLuidToNameA(&luid, NULL, 11), STATUS_INVALID_PARAMETER);
    assert_int_equal(ConvertInterfaceLuidToNameW(NULL, wide, 11), STATUS_INVALID_PARAMETER);
}

static void test_bad_names(void **state)
{
    static const char *const bad[] = {
        "", "ethernet", "ethernet_", "_2", "ethernet_x", "ethernet_2x", "ethernet_-2", "ether_2",
        "iftype_2", "iftype70000_2", "iftype5x_2", "ethernet_99999999999",
        "a_name_of_which_the_part_before_the_number_is_far_too_long_2",
    };
    NET_LUID luid;

    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(bad); i++) {
        assert_int_equal(ConvertInterfaceNameToLuidA(bad[i], &luid), STATUS_OBJECT_NAME_INVALID);
        assert_true(luid.Value == 0);
    }
    assert_int_equal(ConvertInterfaceNameToLuidA(NULL, &luid), STATUS_OBJECT_NAME_INVALID);
    assert_int_equal(ConvertInterfaceNameToLuidA("ethernet_2", NULL), STATUS_INVALID_PARAMETER);
    assert_int_equal(ConvertInterfaceNameToLuidW(L"\x4e00_2", &luid), STATUS_OBJECT_NAME_INVALID);
}

static void test_aliases(void **state)
{
    WCHAR alias[IF_MAX_STRING_SIZE + 1];
    NET_LUID luid;

    (void)state;
    assert_int_equal(ConvertInterfaceAliasToLuid(L"eth0", &luid), STATUS_SUCCESS);
    assert_true(luid.Value == ethernet_luid().Value);
    assert_int_equal(ConvertInterfaceLuidToAlias(&luid, alias, RTL_NUMBER_OF(alias)),
                     STATUS_SUCCESS);
    assert_memory_equal(alias, L"eth0", sizeof(L"eth0"));
}

static void test_masks(void **state)
{
    ULONG mask;
    UINT8 length;

    (void)state;
    for (ULONG i = 0; i <= 32; i++) {
        assert_int_equal(ConvertLengthToIpv4Mask(i, &mask), STATUS_SUCCESS);
        assert_int_equal(ConvertIpv4MaskToLength(mask, &length), STATUS_SUCCESS);
        assert_int_equal(length, i);
    }
    ConvertLengthToIpv4Mask(20, &mask);
    assert_memory_equal(&mask, "\xff\xff\xf0\x00", 4);
    assert_int_equal(ConvertLengthToIpv4Mask(33, &mask), STATUS_INVALID_PARAMETER);
    assert_int_equal(ConvertLengthToIpv4Mask(3, NULL), STATUS_INVALID_PARAMETER);
    memcpy(&mask, "\xff\x00\xff\x00", 4);
    assert_int_equal(ConvertIpv4MaskToLength(mask, &length), STATUS_INVALID_PARAMETER);
    memcpy(&mask, "\x00\x00\x00\x01", 4);
    assert_int_equal(ConvertIpv4MaskToLength(mask, &length), STATUS_INVALID_PARAMETER);
    assert_int_equal(ConvertIpv4MaskToLength(mask, NULL), STATUS_INVALID_PARAMETER);
}

static void test_one_compartment(void **state)
{
    (void)state;
    assert_int_equal(GetCurrentThreadCompartmentId(), NET_IF_COMPARTMENT_ID_PRIMARY);
    assert_int_equal(SetCurrentThreadCompartmentId(NET_IF_COMPARTMENT_ID_PRIMARY), STATUS_SUCCESS);
    assert_int_equal(SetCurrentThreadCompartmentId(2), STATUS_NOT_FOUND);
    assert_int_equal(GetSessionCompartmentId(0), NET_IF_COMPARTMENT_ID_PRIMARY);
    assert_int_equal(SetSessionCompartmentId(0, 2), STATUS_NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        SCRIPTED(test_luid_and_index),
        SCRIPTED(test_every_type_has_its_number),
        SCRIPTED(test_an_index_of_32_bits),
        SCRIPTED(test_no_such_interface),
        SCRIPTED(test_guid_is_stable),
        SCRIPTED(test_names),
        SCRIPTED(test_room_for_names),
        SCRIPTED(test_bad_names),
        SCRIPTED(test_aliases),
        cmocka_unit_test(test_masks),
        cmocka_unit_test(test_one_compartment),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
