/* SPDX-License-Identifier: MIT */
#include "nt_test.h"

#define ROUNDS 2000

static void test_life(void **state)
{
    EX_RUNDOWN_REF reference;

    (void)state;
    ExInitializeRundownProtection(&reference);
    assert_true(ExAcquireRundownProtection(&reference));
    assert_true(ExAcquireRundownProtectionEx(&reference, 3));
    assert_int_equal(reference.Count, 8);
    ExReleaseRundownProtectionEx(&reference, 3);
    ExReleaseRundownProtection(&reference);
    ExWaitForRundownProtectionRelease(&reference);
    assert_false(ExAcquireRundownProtection(&reference));
    assert_int_equal(reference.Count, 1);
    /* Again is harmless. */
    ExWaitForRundownProtectionRelease(&reference);
    ExRundownCompleted(&reference);
    ExReInitializeRundownProtection(&reference);
    assert_true(ExAcquireRundownProtection(&reference));
    ExReleaseRundownProtection(&reference);
}

struct shared {
    EX_RUNDOWN_REF reference;
    _Atomic bool alive;
    _Atomic unsigned used_dead;
    _Atomic unsigned refused;
};

static void use_until_refused(void *context, unsigned index)
{
    struct shared *shared = context;

    (void)index;
    while (ExAcquireRundownProtection(&shared->reference)) {
        if (!shared->alive)
            shared->used_dead++;
        ExReleaseRundownProtection(&shared->reference);
    }
    shared->refused++;
}

static void test_nobody_inside_after_the_wait(void **state)
{
    unsigned rounds = ROUNDS / 10;

    (void)state;
    for (unsigned i = 0; i < rounds; i++) {
        struct shared shared = { .alive = true };
        struct crew crew;

        ExInitializeRundownProtection(&shared.reference);
        crew_start(&crew, 3, use_until_refused, &shared);
        ExWaitForRundownProtectionRelease(&shared.reference);
        shared.alive = false;
        crew_join(&crew);
        assert_int_equal(shared.used_dead, 0);
        assert_int_equal(shared.refused, 3);
    }
}

/* The protected object stands on the waiter's stack; its last user releases from another thread. */
struct handover {
    _Atomic(PEX_RUNDOWN_REF) reference;
};

static __attribute__((noinline)) void one_round(struct handover *handover)
{
    EX_RUNDOWN_REF reference;

    ExInitializeRundownProtection(&reference);
    ExAcquireRundownProtection(&reference);
    handover->reference = &reference;
    ExWaitForRundownProtectionRelease(&reference);
    memset(&reference, 0xDD, sizeof(reference));
}

static void release_what_comes(void *context, unsigned index)
{
    struct handover *handover = context;

    (void)index;
    for (int i = 0; i < ROUNDS * 10;) {
        PEX_RUNDOWN_REF reference = handover->reference;

        if (!reference) {
            __builtin_ia32_pause();
            continue;
        }
        handover->reference = NULL;
        ExReleaseRundownProtection(reference);
        i++;
    }
}

static void test_release_forgets_the_reference(void **state)
{
    struct handover handover = { NULL };
    struct crew crew;

    (void)state;
    crew_start(&crew, 1, release_what_comes, &handover);
    for (int i = 0; i < ROUNDS * 10; i++)
        one_round(&handover);
    crew_join(&crew);
}

static void release_unheld(void)
{
    EX_RUNDOWN_REF reference;

    ExInitializeRundownProtection(&reference);
    ExReleaseRundownProtection(&reference);
}

static void wait_at_dispatch(void)
{
    EX_RUNDOWN_REF reference;

    ExInitializeRundownProtection(&reference);
    KeRaiseIrqlToDpcLevel();
    ExWaitForRundownProtectionRelease(&reference);
}

static void test_mistakes_stop(void **state)
{
    (void)state;
    assert_bug_check(REFERENCE_BY_POINTER, release_unheld);
    assert_bug_check(IRQL_NOT_LESS_OR_EQUAL, wait_at_dispatch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_life),
        cmocka_unit_test(test_nobody_inside_after_the_wait),
        cmocka_unit_test(test_release_forgets_the_reference),
        cmocka_unit_test(test_mistakes_stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
