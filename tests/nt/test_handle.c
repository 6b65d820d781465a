/* SPDX-License-Identifier: MIT */
#include "nt_test.h"

#define TAG 0x20676154 /* "Tag " */

#define HANDLES 100

static unsigned destroyed, closed;

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

static NTSTATUS reference(HANDLE handle, POBJECT_TYPE type, void **body)
{
    OBJECT_HANDLE_INFORMATION information;

    return ObReferenceObjectByHandleWithTag(handle, 0, type, KernelMode, TAG, body, &information);
}

static void test_handles_are_small_numbers(void **state)
{
    void *body = nt_object_create(&thing_type, 8);
    HANDLE handles[HANDLES];
    void *found;

    (void)state;
    for (int i = 0; i < HANDLES; i++) {
        assert_int_equal(nt_handle_create(body, NT_CALLER(), &handles[i]), STATUS_SUCCESS);
        assert_true((ULONG_PTR)handles[i] > 0 && (ULONG_PTR)handles[i] <= 4 * HANDLES);
        for (int j = 0; j < i; j++)
            assert_ptr_not_equal(handles[i], handles[j]);
    }
    assert_int_equal(ledger_count(LEDGER_HANDLE), HANDLES);
    assert_int_equal(reference(handles[7], NULL, &found), STATUS_SUCCESS);
    assert_ptr_equal(found, body);
    ObDereferenceObject(body);
    ObDereferenceObject(body);
    for (int i = 0; i < HANDLES; i++)
        assert_int_equal(ZwClose(handles[i]), STATUS_SUCCESS);
    assert_int_equal(closed, HANDLES);
    assert_int_equal(destroyed, 1);
    assert_int_equal(ledger_count(LEDGER_HANDLE), 0);
}

static void test_bad_handles(void **state)
{
    void *body = nt_object_create(&thing_type, 8);
    void *found = body;
    HANDLE handle;

    (void)state;
    assert_int_equal(nt_handle_create(body, NT_CALLER(), &handle), STATUS_SUCCESS);
    assert_int_equal(reference(NULL, NULL, &found), STATUS_INVALID_HANDLE);
    assert_null(found);
    assert_int_equal(reference((HANDLE)((ULONG_PTR)handle + 1), NULL, &found),
                     STATUS_INVALID_HANDLE);
    assert_int_equal(reference((HANDLE)((ULONG_PTR)handle + 4), NULL, &found),
                     STATUS_INVALID_HANDLE);
    assert_int_equal(reference(body, NULL, &found), STATUS_INVALID_HANDLE);
    assert_int_equal(reference((HANDLE)(LONG_PTR)-3, NULL, &found), STATUS_INVALID_HANDLE);
    assert_int_equal(reference(handle, &other_type, &found), STATUS_OBJECT_TYPE_MISMATCH);
    assert_int_equal(ZwWaitForSingleObject(handle, FALSE, NULL), STATUS_OBJECT_TYPE_MISMATCH);
    assert_int_equal(ZwClose(handle), STATUS_SUCCESS);
    assert_int_equal(ZwClose(handle), STATUS_INVALID_HANDLE);
    assert_int_equal(reference(handle, NULL, &found), STATUS_INVALID_HANDLE);
    ObDereferenceObject(body);
}

static void test_pseudo_handles(void **state)
{
    void *found;

    (void)state;
    assert_int_equal(reference(ZwCurrentThread(), *PsThreadType, &found), STATUS_SUCCESS);
    assert_ptr_equal(found, PsGetCurrentThread());
    ObDereferenceObject(found);
    assert_int_equal(reference(ZwCurrentProcess(), *PsProcessType, &found), STATUS_SUCCESS);
    assert_ptr_equal(found, PsGetCurrentProcess());
    ObDereferenceObject(found);
}

static void test_open_by_pointer(void **state)
{
    void *body = nt_object_create(&thing_type, 8);
    HANDLE handle;

    (void)state;
    assert_int_equal(ObOpenObjectByPointer(body, 0, NULL, 0, &other_type, KernelMode, &handle),
                     STATUS_OBJECT_TYPE_MISMATCH);
    assert_int_equal(ObOpenObjectByPointer(body, 0, NULL, 0, &thing_type, KernelMode, &handle),
                     STATUS_SUCCESS);
    assert_int_equal(ZwClose(handle), STATUS_SUCCESS);
    ObDereferenceObject(body);
}

static void open_and_close(void *context, unsigned index)
{
    HANDLE handle;

    (void)index;
    for (int i = 0; i < 5000; i++) {
        if (NT_SUCCESS(nt_handle_create(context, NT_CALLER(), &handle)))
            nt_handle_close(handle);
    }
}

static void test_threads_share_the_table(void **state)
{
    void *body = nt_object_create(&other_type, 8);

    (void)state;
    crew_run(4, open_and_close, body);
    assert_int_equal(nt_object_references(body), 1);
    ObDereferenceObject(body);
}

static void close_at_dispatch(void)
{
    KeRaiseIrqlToDpcLevel();
    ZwClose(NULL);
}

static void test_mistakes_stop(void **state)
{
    (void)state;
    assert_bug_check(IRQL_NOT_LESS_OR_EQUAL, close_at_dispatch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_handles_are_small_numbers),
        cmocka_unit_test(test_bad_handles),
        cmocka_unit_test(test_pseudo_handles),
        cmocka_unit_test(test_open_by_pointer),
        cmocka_unit_test(test_threads_share_the_table),
        cmocka_unit_test(test_mistakes_stop),
    };

    return cmocka_run_group_tests(tests, start_executive, stop_executive);
}
