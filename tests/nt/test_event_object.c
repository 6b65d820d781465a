/* SPDX-License-Identifier: MIT */
#include "nt_test.h"

static UNICODE_STRING event_name = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\Openwsk");
static UNICODE_STRING other_case = RTL_CONSTANT_STRING(L"\\BaseNamedObjects\\OPENWSK");

static void test_named_event_is_shared(void **state)
{
    HANDLE first, second, third;
    PKEVENT event;

    (void)state;
    event = IoCreateNotificationEvent(&event_name, &first);
    assert_non_null(event);
    assert_int_equal(KeReadStateEvent(event), 1);
    assert_ptr_equal(IoCreateSynchronizationEvent(&other_case, &second), event);
    assert_int_equal(ZwClose(first), STATUS_SUCCESS);
    KeClearEvent(event);
    assert_int_equal(ZwClose(second), STATUS_SUCCESS);
    /* The name went with the last handle: this is another one. */
    event = IoCreateSynchronizationEvent(&event_name, &third);
    assert_int_equal(KeReadStateEvent(event), 1);
    assert_int_equal(poll_object(event), STATUS_SUCCESS);
    assert_int_equal(KeReadStateEvent(event), 0);
    assert_int_equal(ZwClose(third), STATUS_SUCCESS);
}

static void test_unnamed_events_differ(void **state)
{
    HANDLE first, second;
    PKEVENT event = IoCreateNotificationEvent(NULL, &first);

    (void)state;
    assert_ptr_not_equal(IoCreateNotificationEvent(NULL, &second), event);
    ZwClose(first);
    ZwClose(second);
}

static void test_handles(void **state)
{
    LARGE_INTEGER zero = { .QuadPart = 0 };
    OBJECT_ATTRIBUTES attributes;
    HANDLE handle, again;
    PKEVENT event;
    LONG before;

    (void)state;
    InitializeObjectAttributes(&attributes, &event_name, OBJ_KERNEL_HANDLE, NULL, NULL);
    assert_int_equal(ZwCreateEvent(&handle, EVENT_ALL_ACCESS, &attributes, SynchronizationEvent,
                                   FALSE),
                     STATUS_SUCCESS);
    assert_int_equal(ZwCreateEvent(&again, EVENT_ALL_ACCESS, &attributes, SynchronizationEvent,
                                   FALSE),
                     STATUS_OBJECT_NAME_COLLISION);
    attributes.Attributes |= OBJ_OPENIF;
    assert_int_equal(ZwCreateEvent(&again, EVENT_ALL_ACCESS, &attributes, SynchronizationEvent,
                                   FALSE),
                     STATUS_OBJECT_NAME_EXISTS);
    assert_int_equal(ZwWaitForSingleObject(handle, FALSE, &zero), STATUS_TIMEOUT);
    assert_int_equal(ZwSetEvent(again, &before), STATUS_SUCCESS);
    assert_int_equal(before, 0);
    assert_int_equal(ZwWaitForSingleObject(handle, FALSE, NULL), STATUS_SUCCESS);
    assert_int_equal(ObReferenceObjectByHandle(handle, 0, *ExEventObjectType, KernelMode, &event,
                                               NULL),
                     STATUS_SUCCESS);
    assert_int_equal(KeSetEvent(event, 0, FALSE), 0);
    ObDereferenceObject(event);
    assert_int_equal(ObReferenceObjectByHandle(handle, 0, *PsThreadType, KernelMode, &event, NULL),
                     STATUS_OBJECT_TYPE_MISMATCH);
    ZwClose(handle);
    ZwClose(again);
    assert_int_equal(ZwSetEvent(again, NULL), STATUS_INVALID_HANDLE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_named_event_is_shared),
        cmocka_unit_test(test_unnamed_events_differ),
        cmocka_unit_test(test_handles),
    };

    return cmocka_run_group_tests(tests, start_executive, stop_executive);
}
