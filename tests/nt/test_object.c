/* SPDX-License-Identifier: MIT */
#include "nt_test.h"

#define TAG 0x20676154 /* "Tag " */

#define ROUNDS 10000

static _Atomic unsigned destroyed, closed;

static void on_destroy(void *body)
{
    (void)body;
    destroyed++;
}

static void on_close(void *body)
{
    (void)body;
    closed++;
}

static struct _OBJECT_TYPE thing_type = {
    .name = "thing", .destroy = on_destroy, .close = on_close,
};
static struct _OBJECT_TYPE other_type = { .name = "other" };

static int reset(void **state)
{
    (void)state;
    destroyed = closed = 0;
    return 0;
}

static void test_last_reference_destroys(void **state)
{
    char *body = nt_object_create(&thing_type, 100);

    (void)state;
    assert_int_equal((uintptr_t)body % 16, 0);
    for (int i = 0; i < 100; i++)
        assert_int_equal(body[i], 0);
    assert_int_equal(ObReferenceObject(body), 2);
    assert_int_equal(ObReferenceObjectWithTag(body, TAG), 3);
    assert_int_equal(ObDereferenceObjectWithTag(body, TAG), 2);
    assert_int_equal(ObDereferenceObject(body), 1);
    assert_int_equal(destroyed, 0);
    ObDereferenceObjectDeferDelete(body);
    assert_int_equal(destroyed, 1);
}

static void reference_a_lot(void *context, unsigned index)
{
    (void)index;
    for (int i = 0; i < ROUNDS; i++) {
        ObReferenceObject(context);
        ObDereferenceObject(context);
    }
    ObDereferenceObject(context);
}

static void test_threads_count_right(void **state)
{
    void *body = nt_object_create(&thing_type, 1);

    (void)state;
    for (int i = 0; i < 3; i++)
        ObReferenceObject(body);
    crew_run(4, reference_a_lot, body);
    assert_int_equal(destroyed, 1);
}

static void test_by_pointer_checks_type(void **state)
{
    void *body = nt_object_create(&thing_type, 1);

    (void)state;
    assert_int_equal(ObReferenceObjectByPointer(body, 0, &other_type, KernelMode),
                     STATUS_OBJECT_TYPE_MISMATCH);
    assert_int_equal(ObReferenceObjectByPointer(body, 0, &thing_type, KernelMode), STATUS_SUCCESS);
    assert_int_equal(ObDereferenceObject(body), 1);
    ObDereferenceObject(body);
}

static void reference_no_object(void)
{
    KEVENT storage[4];

    memset(storage, 0, sizeof(storage));
    ObReferenceObject(&storage[2]);
}

static void dereference_null(void)
{
    ObDereferenceObject(NULL);
}

static void dereference_too_often(void)
{
    ObDereferenceObject(PsInitialSystemProcess);
    ObDereferenceObject(PsInitialSystemProcess);
}

static void test_mistakes_stop(void **state)
{
    (void)state;
    assert_bug_check(REFERENCE_BY_POINTER, reference_no_object);
    assert_bug_check(REFERENCE_BY_POINTER, dereference_null);
    assert_bug_check(REFERENCE_BY_POINTER, dereference_too_often);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(test_last_reference_destroys, reset),
        cmocka_unit_test_setup(test_threads_count_right, reset),
        cmocka_unit_test_setup(test_by_pointer_checks_type, reset),
        cmocka_unit_test(test_mistakes_stop),
    };

    return cmocka_run_group_tests(tests, start_executive, stop_executive);
}
