/* SPDX-License-Identifier: MIT */
#include "base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { OBJECTS = 100 };

static void distinct_and_recycled(void **state)
{
    struct slab slab;
    unsigned char *objects[OBJECTS];

    (void)state;
    slab_init(&slab, 40, 16);
    for (int i = 0; i < OBJECTS; i++) {
        objects[i] = slab_allocate(&slab);
        assert_non_null(objects[i]);
        assert_int_equal((uintptr_t)objects[i] % OS_CACHE_LINE, 0);
        memset(objects[i], i, 40);
    }
    for (int i = 0; i < OBJECTS; i++) {
        assert_int_equal(objects[i][0], i);
        assert_int_equal(objects[i][39], i);
    }
    /* A freed object keeps its bytes, and is the last to be used again. */
    slab_free(&slab, objects[7]);
    assert_int_equal(objects[7][20], 7);
    assert_true(slab_allocate(&slab) != objects[7]);
    for (int i = 0; i < OBJECTS; i++) {
        if (i != 7)
            slab_free(&slab, objects[i]);
    }
    assert_int_equal(slab.in_use, 1);
    slab.in_use = 0; /* the one that was not kept */
    slab_destroy(&slab);
}

static void owns_only_its_objects(void **state)
{
    struct slab slab;
    char *object;

    (void)state;
    slab_init(&slab, 64, 4);
    assert_false(slab_owns(&slab, &slab));
    object = slab_allocate(&slab);
    assert_true(slab_owns(&slab, object));
    assert_false(slab_owns(&slab, object + 1));
    assert_false(slab_owns(&slab, NULL));
    slab_free(&slab, object);
    assert_true(slab_owns(&slab, object));
    slab_destroy(&slab);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(distinct_and_recycled),
        cmocka_unit_test(owns_only_its_objects),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
