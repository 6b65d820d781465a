/* SPDX-License-Identifier: MIT */
/* test_circle.c - lists that end, and lists that lead back to each of their nodes. */
#include "circle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#define MOST 70u

static struct node {
    struct node *next;
} nodes[MOST];

static struct node *list_of(unsigned count, struct node *last)
{
    for (unsigned i = 0; i < count; i++)
        nodes[i].next = i + 1 < count ? &nodes[i + 1] : last;
    return count ? nodes : NULL;
}

static void test_lists_that_end(void **state)
{
    (void)state;
    for (unsigned count = 0; count <= MOST; count++) {
        struct circle circle = { NULL, 0 };

        for (struct node *node = list_of(count, NULL); node; node = node->next)
            assert_false(circle_closes(&circle, node));
        assert_int_equal(circle.count, count);
    }
}

static void test_circles(void **state)
{
    (void)state;
    for (unsigned count = 1; count <= MOST; count++) {
        for (unsigned back = 0; back < count; back++) {
            struct node *node = list_of(count, &nodes[back]);
            struct circle circle = { NULL, 0 };

            while (!circle_closes(&circle, node))
                node = node->next;
            assert_in_range(circle.count, count, 4 * count);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_lists_that_end),
        cmocka_unit_test(test_circles),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
