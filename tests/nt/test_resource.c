/* SPDX-License-Identifier: MIT */
#include "nt_test.h"

#define ROUNDS 5000

struct guarded {
    ERESOURCE resource;
    unsigned long first, second;
    _Atomic unsigned torn, inside;
    BOOLEAN got;
};

static int make(void **state)
{
    static struct guarded guarded;

    memset(&guarded, 0, sizeof(guarded));
    ExInitializeResourceLite(&guarded.resource);
    *state = &guarded;
    return 0;
}

static int drop(void **state)
{
    struct guarded *guarded = *state;

    return ExDeleteResourceLite(&guarded->resource) == STATUS_SUCCESS ? 0 : -1;
}

static void try_shared(void *context, unsigned index)
{
    struct guarded *guarded = context;

    (void)index;
    guarded->got = ExAcquireResourceSharedLite(&guarded->resource, FALSE);
    if (guarded->got)
        ExReleaseResourceLite(&guarded->resource);
}

static void try_exclusive(void *context, unsigned index)
{
    struct guarded *guarded = context;

    (void)index;
    guarded->got = ExAcquireResourceExclusiveLite(&guarded->resource, FALSE);
    if (guarded->got)
        ExReleaseResourceLite(&guarded->resource);
}

static void test_recursion_and_others(void **state)
{
    struct guarded *guarded = *state;
    PERESOURCE resource = &guarded->resource;

    assert_true(ExAcquireResourceExclusiveLite(resource, TRUE));
    assert_true(ExAcquireResourceExclusiveLite(resource, FALSE));
    assert_true(ExAcquireResourceSharedLite(resource, FALSE));
    assert_true(ExIsResourceAcquiredExclusiveLite(resource));
    assert_int_equal(ExIsResourceAcquiredSharedLite(resource), 3);
    crew_run(1, try_shared, guarded);
    assert_false(guarded->got);
    for (int i = 0; i < 3; i++)
        ExReleaseResourceLite(resource);
    assert_false(ExIsResourceAcquiredExclusiveLite(resource));
    assert_true(ExAcquireResourceSharedLite(resource, TRUE));
    assert_true(ExAcquireResourceSharedLite(resource, TRUE));
    assert_false(ExAcquireResourceExclusiveLite(resource, FALSE));
    crew_run(1, try_shared, guarded);
    assert_true(guarded->got);
    crew_run(1, try_exclusive, guarded);
    assert_false(guarded->got);
    ExReleaseResourceLite(resource);
    ExReleaseResourceLite(resource);
    crew_run(1, try_exclusive, guarded);
    assert_true(guarded->got);
}

static void read_or_write(void *context, unsigned index)
{
    struct guarded *guarded = context;

    for (int i = 0; i < ROUNDS; i++) {
        if (index < 2) {
            ExAcquireResourceExclusiveLite(&guarded->resource, TRUE);
            guarded->first++;
            guarded->second++;
        } else {
            ExAcquireResourceSharedLite(&guarded->resource, TRUE);
            if (guarded->first != guarded->second)
                guarded->torn++;
        }
        ExReleaseResourceLite(&guarded->resource);
    }
}

static void test_writers_exclude(void **state)
{
    struct guarded *guarded = *state;

    crew_run(5, read_or_write, guarded);
    assert_int_equal(guarded->torn, 0);
    assert_int_equal(guarded->first, 2 * ROUNDS);
}

static void meet_inside(void *context, unsigned index)
{
    struct guarded *guarded = context;

    (void)index;
    ExAcquireResourceSharedLite(&guarded->resource, TRUE);
    guarded->inside++;
    while (guarded->inside != 8)
        os_yield();
    ExReleaseResourceLite(&guarded->resource);
}

static void test_many_readers_share(void **state)
{
    crew_run(8, meet_inside, *state);
}

static void release_unheld(void)
{
    ERESOURCE resource;

    ExInitializeResourceLite(&resource);
    ExReleaseResourceLite(&resource);
}

static void test_mistakes_stop(void **state)
{
    (void)state;
    assert_bug_check(RESOURCE_NOT_OWNED, release_unheld);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_recursion_and_others, make, drop),
        cmocka_unit_test_setup_teardown(test_writers_exclude, make, drop),
        cmocka_unit_test_setup_teardown(test_many_readers_share, make, drop),
        cmocka_unit_test(test_mistakes_stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
