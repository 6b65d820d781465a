/* SPDX-License-Identifier: MIT */
/* test_avl.c - balanced trees: order, balance after every step, and addresses that stay. */
#include "nt_test.h"

#define ELEMENTS 600

struct element {
    unsigned key;
    unsigned value;
};

static unsigned live_nodes;

static RTL_GENERIC_COMPARE_RESULTS compare(PRTL_AVL_TABLE table, PVOID first, PVOID second)
{
    unsigned a = ((struct element *)first)->key;
    unsigned b = ((struct element *)second)->key;

    (void)table;
    return a < b ? GenericLessThan : a > b ? GenericGreaterThan : GenericEqual;
}

static PVOID allocate(PRTL_AVL_TABLE table, CLONG size)
{
    assert_int_equal(size, sizeof(RTL_BALANCED_LINKS) + sizeof(struct element));
    assert_int_equal(*(unsigned *)table->TableContext, 7);
    live_nodes++;
    return malloc(size);
}

static VOID release(PRTL_AVL_TABLE table, PVOID node)
{
    (void)table;
    live_nodes--;
    free(node);
}

static int checked_height(RTL_BALANCED_LINKS *node, RTL_BALANCED_LINKS *parent)
{
    int left, right;

    if (!node)
        return 0;
    assert_ptr_equal(node->Parent, parent);
    left = checked_height(node->LeftChild, node);
    right = checked_height(node->RightChild, node);
    assert_int_equal(node->Balance, right - left);
    assert_in_range(right - left + 1, 0, 2);
    return 1 + (left > right ? left : right);
}

static void check(RTL_AVL_TABLE *table, unsigned count)
{
    assert_int_equal(checked_height(table->BalancedRoot.RightChild, &table->BalancedRoot),
                     table->DepthOfTree);
    assert_int_equal(RtlNumberGenericTableElementsAvl(table), count);
    assert_int_equal(live_nodes, count);
    assert_int_equal(RtlIsGenericTableEmptyAvl(table), count == 0);
}

static void make(RTL_AVL_TABLE *table)
{
    static unsigned context = 7;

    live_nodes = 0;
    RtlInitializeGenericTableAvl(table, compare, allocate, release, &context);
}

/*
 * 1, 2, ..., and backwards, and all over: multiplication by a unit modulo a prime visits every
 * residue.
 */
static unsigned key_of(unsigned order, unsigned i)
{
    const unsigned prime = 601;

    return order == 0 ? i + 1 : order == 1 ? ELEMENTS - i : (i + 1) * 123 % prime;
}

static void stays_balanced(void **state)
{
    (void)state;
    for (unsigned in = 0; in < 3; in++) {
        for (unsigned out = 0; out < 3; out++) {
            RTL_AVL_TABLE table;
            PVOID addresses[ELEMENTS + 1];

            make(&table);
            for (unsigned i = 0; i < ELEMENTS; i++) {
                struct element element = { key_of(in, i), i };
                BOOLEAN is_new = FALSE;

                addresses[element.key] =
                    RtlInsertElementGenericTableAvl(&table, &element, sizeof(element), &is_new);
                assert_true(is_new);
                check(&table, i + 1);
            }
            for (unsigned i = 0; i < ELEMENTS; i++) {
                struct element element = { key_of(out, i), 0 };

                assert_ptr_equal(RtlLookupElementGenericTableAvl(&table, &element),
                                 addresses[element.key]);
                assert_true(RtlDeleteElementGenericTableAvl(&table, &element));
                assert_false(RtlDeleteElementGenericTableAvl(&table, &element));
                check(&table, ELEMENTS - i - 1);
            }
        }
    }
}

static void keeps_the_first_of_equals(void **state)
{
    RTL_AVL_TABLE table;
    struct element first = { 5, 1 };
    struct element second = { 5, 2 };
    BOOLEAN is_new;
    struct element *kept;
    TABLE_SEARCH_RESULT result;
    PVOID node;

    (void)state;
    make(&table);
    RtlInsertElementGenericTableAvl(&table, &first, sizeof(first), NULL);
    kept = RtlInsertElementGenericTableAvl(&table, &second, sizeof(second), &is_new);
    assert_false(is_new);
    assert_int_equal(kept->value, 1);
    assert_ptr_equal(RtlLookupElementGenericTableFullAvl(&table, &second, &node, &result), kept);
    assert_int_equal(result, TableFoundNode);
    second.key = 4;
    assert_null(RtlLookupElementGenericTableFullAvl(&table, &second, &node, &result));
    assert_int_equal(result, TableInsertAsLeft);
    RtlInsertElementGenericTableFullAvl(&table, &second, sizeof(second), &is_new, node, result);
    assert_true(is_new);
    check(&table, 2);
    RtlDeleteElementGenericTableAvl(&table, &first);
    RtlDeleteElementGenericTableAvl(&table, &second);
    check(&table, 0);
}

static void walks_in_order(void **state)
{
    RTL_AVL_TABLE table;
    struct element *element;
    unsigned next = 1;
    PVOID key = NULL;

    (void)state;
    make(&table);
    for (unsigned i = 0; i < ELEMENTS; i++) {
        struct element made = { key_of(2, i), 0 };

        RtlInsertElementGenericTableAvl(&table, &made, sizeof(made), NULL);
    }
    for (element = RtlEnumerateGenericTableAvl(&table, TRUE); element;
         element = RtlEnumerateGenericTableAvl(&table, FALSE))
        assert_int_equal(element->key, next++);
    assert_int_equal(next, ELEMENTS + 1);
    for (next = 1; (element = RtlEnumerateGenericTableWithoutSplayingAvl(&table, &key)) != NULL;)
        assert_int_equal(element->key, next++);
    assert_int_equal(next, ELEMENTS + 1);
    for (unsigned i = 0; i < ELEMENTS; i++)
        assert_int_equal(((struct element *)RtlGetElementGenericTableAvl(&table, i))->key, i + 1);
    assert_int_equal(((struct element *)RtlGetElementGenericTableAvl(&table, 3))->key, 4);
    assert_null(RtlGetElementGenericTableAvl(&table, ELEMENTS));
    /* The way drivers empty a table. */
    while ((element = RtlGetElementGenericTableAvl(&table, 0)) != NULL)
        assert_true(RtlDeleteElementGenericTableAvl(&table, element));
    check(&table, 0);
}

/* Deleting what the enumeration stands on does not lose the rest. */
static void deletes_while_walking(void **state)
{
    RTL_AVL_TABLE table;
    struct element *element;
    unsigned next = 1;

    (void)state;
    make(&table);
    for (unsigned i = 0; i < 50; i++) {
        struct element made = { i + 1, 0 };

        RtlInsertElementGenericTableAvl(&table, &made, sizeof(made), NULL);
    }
    for (element = RtlEnumerateGenericTableAvl(&table, TRUE); element;
         element = RtlEnumerateGenericTableAvl(&table, FALSE)) {
        struct element copy = *element;

        assert_int_equal(copy.key, next++);
        RtlDeleteElementGenericTableAvl(&table, &copy);
    }
    check(&table, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stays_balanced),
        cmocka_unit_test(keeps_the_first_of_equals),
        cmocka_unit_test(walks_in_order),
        cmocka_unit_test(deletes_while_walking),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
