/* SPDX-License-Identifier: MIT */
/*
 * Which destination to try first: the examples of RFC 6724, section 10.2, and the rules one by one.
 */
#include "address_list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include <ip2string.h>

static struct net_address address(const char *text)
{
    struct net_address result;
    const char *end;
    IN6_ADDR ip6;
    IN_ADDR ip4;

    memset(&result, 0, sizeof(result));
    if (strchr(text, ':')) {
        assert_int_equal(RtlIpv6StringToAddressA(text, &end, &ip6), 0);
        result.family = NET_IPV6;
        memcpy(result.ip, &ip6, 16);
    } else if (*text) {
        assert_int_equal(RtlIpv4StringToAddressA(text, TRUE, &end, &ip4), 0);
        result.family = NET_IPV4;
        memcpy(result.ip, &ip4, 4);
    }
    return result;
}

struct example {
    const char *better, *better_source;
    const char *worse, *worse_source;
};

/* Whatever the order in which they stand, the better one comes first. */
static const struct example examples[] = {
    /* rule 1: the other cannot be reached */
    { "192.0.2.1", "198.51.100.1", "2001:db8::1", "" },
    /* rule 2: matching scope */
    { "198.51.100.121", "198.51.100.117", "2001:db8:1::1", "fe80::1" },
    { "2001:db8:1::1", "2001:db8:1::2", "198.51.100.121", "169.254.13.78" },
    /* rule 5: matching label */
    { "2002:c633:6401::1", "2002:c633:6401::2", "2001:db8:1::1", "2002:c633:6401::2" },
    /* rule 6: precedence */
    { "2001:db8:1::1", "2001:db8:1::2", "10.1.2.3", "10.1.2.4" },
    { "2001:db8:1::1", "2001:db8:1::2", "2002:c633:6401::1", "2002:c633:6401::2" },
    /* rule 8: smaller scope */
    { "fe80::1", "fe80::2", "2001:db8:1::1", "2001:db8:1::2" },
    /* rule 9: longer matching prefix */
    { "2001:db8:1::1", "2001:db8:1::2", "2001:db8:3ffe::1", "2001:db8:3f44::2" },
};

static struct wsk_destination destination(const char *to, const char *source, size_t place)
{
    struct wsk_destination result = { .address = address(to), .place = place };

    result.source = address(source);
    return result;
}

static void test_examples(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        const struct example *example = &examples[i];

        for (size_t place = 0; place < 2; place++) {
            struct wsk_destination better =
                destination(example->better, example->better_source, place);
            struct wsk_destination worse =
                destination(example->worse, example->worse_source, 1 - place);

            if (wsk_destination_compare(&better, &worse) >= 0 ||
                wsk_destination_compare(&worse, &better) <= 0)
                fail_msg("example %zu: %s should come before %s", i, example->better, example->worse);
        }
    }
}

/* rule 3 */
static void test_deprecated_source(void **state)
{
    struct wsk_destination left = destination("2001:db8::1", "2001:db8::2", 0);
    struct wsk_destination right = destination("2001:db8::3", "2001:db8::2", 1);

    (void)state;
    left.source_deprecated = true;
    assert_true(wsk_destination_compare(&left, &right) > 0);
}

/* rule 10 */
static void test_equals_stay_in_order(void **state)
{
    struct wsk_destination left = destination("10.0.0.1", "10.9.9.9", 3);
    struct wsk_destination right = destination("10.0.0.2", "10.9.9.9", 4);

    (void)state;
    assert_true(wsk_destination_compare(&left, &right) < 0);
    assert_true(wsk_destination_compare(&right, &left) > 0);
    assert_int_equal(wsk_destination_compare(&left, &left), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_examples),
        cmocka_unit_test(test_deprecated_source),
        cmocka_unit_test(test_equals_stay_in_order),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
