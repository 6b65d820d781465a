/* SPDX-License-Identifier: MIT */
#include "nt_test.h"

#define ROUNDS 20000

static void test_counts(void **state)
{
    KSEMAPHORE semaphore;

    (void)state;
    KeInitializeSemaphore(&semaphore, 1, 3);
    assert_int_equal(KeReleaseSemaphore(&semaphore, 0, 2, FALSE), 1);
    assert_int_equal(KeReadStateSemaphore(&semaphore), 3);
    for (int i = 0; i < 3; i++)
        assert_int_equal(poll_object(&semaphore), STATUS_SUCCESS);
    assert_int_equal(poll_object(&semaphore), STATUS_TIMEOUT);
    assert_int_equal(KeReadStateSemaphore(&semaphore), 0);
}

struct shop {
    KSEMAPHORE goods;
    _Atomic unsigned bought;
};

static void produce_or_consume(void *context, unsigned index)
{
    struct shop *shop = context;

    for (int i = 0; i < ROUNDS; i++) {
        if (index % 2) {
            KeReleaseSemaphore(&shop->goods, 0, 1, FALSE);
        } else {
            wait_for_object(&shop->goods);
            shop->bought++;
        }
    }
}

static void test_each_unit_goes_once(void **state)
{
    struct shop shop = { 0 };

    (void)state;
    KeInitializeSemaphore(&shop.goods, 0, MAXLONG);
    crew_run(4, produce_or_consume, &shop);
    assert_int_equal(shop.bought, 2 * ROUNDS);
    assert_int_equal(KeReadStateSemaphore(&shop.goods), 0);
}

static void buy_one(void *context, unsigned index)
{
    struct shop *shop = context;

    (void)index;
    wait_for_object(&shop->goods);
    shop->bought++;
}

static void test_release_of_several_wakes_as_many(void **state)
{
    struct shop shop = { 0 };
    struct crew crew;

    (void)state;
    KeInitializeSemaphore(&shop.goods, 0, 10);
    crew_start(&crew, 5, buy_one, &shop);
    await_waiters(&shop.goods, 5);
    KeReleaseSemaphore(&shop.goods, 0, 3, FALSE);
    await_waiters(&shop.goods, 2);
    KeReleaseSemaphore(&shop.goods, 0, 4, FALSE);
    crew_join(&crew);
    assert_int_equal(shop.bought, 5);
    assert_int_equal(KeReadStateSemaphore(&shop.goods), 2);
}

static void exceed_limit(void)
{
    KSEMAPHORE semaphore;

    KeInitializeSemaphore(&semaphore, 2, 2);
    KeReleaseSemaphore(&semaphore, 0, 1, FALSE);
}

/* The status is raised, and nobody catches it here. */
static void test_limit_is_raised(void **state)
{
    (void)state;
    assert_bug_check(KMODE_EXCEPTION_NOT_HANDLED, exceed_limit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_counts),
        cmocka_unit_test(test_each_unit_goes_once),
        cmocka_unit_test(test_release_of_several_wakes_as_many),
        cmocka_unit_test(test_limit_is_raised),
    };

    return cmocka_run_group_tests(tests, start_executive, stop_executive);
}
