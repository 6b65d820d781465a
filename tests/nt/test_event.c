/* SPDX-License-Identifier: MIT */
#include "nt_test.h"

#define ROUNDS 100000

static void test_state_table(void **state)
{
    static const struct {
        EVENT_TYPE type;
        LONG after_wait; /* state once a wait was satisfied */
    } cases[] = { { NotificationEvent, 1 }, { SynchronizationEvent, 0 } };

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        KEVENT event;

        KeInitializeEvent(&event, cases[i].type, FALSE);
        assert_int_equal(KeReadStateEvent(&event), 0);
        assert_int_equal(poll_object(&event), STATUS_TIMEOUT);
        assert_int_equal(KeSetEvent(&event, 0, FALSE), 0);
        assert_int_equal(KeSetEvent(&event, 0, FALSE), 1);
        assert_int_equal(poll_object(&event), STATUS_SUCCESS);
        assert_int_equal(KeReadStateEvent(&event), cases[i].after_wait);
        assert_int_equal(KeResetEvent(&event), cases[i].after_wait);
        assert_int_equal(KeResetEvent(&event), 0);
        KeInitializeEvent(&event, cases[i].type, TRUE);
        KeClearEvent(&event);
        assert_int_equal(KeReadStateEvent(&event), 0);
    }
}

static void test_layout(void **state)
{
    KEVENT event;

    (void)state;
    memset(&event, 0xAA, sizeof(event));
    KeInitializeEvent(&event, SynchronizationEvent, TRUE);
    assert_int_equal(*(UCHAR *)&event, 1);
    assert_int_equal(*(LONG *)((char *)&event + 4), 1);
    assert_ptr_equal(*(void **)((char *)&event + 8), (char *)&event + 8);
}

struct woken {
    KEVENT event;
    _Atomic unsigned awake;
};

static void wait_and_count(void *context, unsigned index)
{
    struct woken *woken = context;

    (void)index;
    wait_for_object(&woken->event);
    woken->awake++;
}

static void test_notification_wakes_all(void **state)
{
    struct woken woken = { 0 };
    struct crew crew;

    (void)state;
    KeInitializeEvent(&woken.event, NotificationEvent, FALSE);
    crew_start(&crew, 8, wait_and_count, &woken);
    await_waiters(&woken.event, 8);
    KeSetEvent(&woken.event, 0, FALSE);
    crew_join(&crew);
    assert_int_equal(woken.awake, 8);
    assert_int_equal(KeReadStateEvent(&woken.event), 1);
}

static void test_synchronization_wakes_one(void **state)
{
    struct woken woken = { 0 };
    struct crew crew;

    (void)state;
    KeInitializeEvent(&woken.event, SynchronizationEvent, FALSE);
    crew_start(&crew, 4, wait_and_count, &woken);
    await_waiters(&woken.event, 4);
    for (unsigned i = 1; i <= 4; i++) {
        assert_int_equal(KeSetEvent(&woken.event, 0, FALSE), 0);
        /* The signal went to a waiter, so nothing of it stays. */
        assert_int_equal(KeReadStateEvent(&woken.event), 0);
        assert_int_equal(waiters_of(&woken.event), 4 - i);
    }
    crew_join(&crew);
    assert_int_equal(woken.awake, 4);
}

static void test_pulse_leaves_nothing(void **state)
{
    struct woken woken = { 0 };
    struct crew crew;

    (void)state;
    KeInitializeEvent(&woken.event, NotificationEvent, FALSE);
    KePulseEvent(&woken.event, 0, FALSE);
    assert_int_equal(poll_object(&woken.event), STATUS_TIMEOUT);
    crew_start(&crew, 3, wait_and_count, &woken);
    await_waiters(&woken.event, 3);
    assert_int_equal(KePulseEvent(&woken.event, 0, FALSE), 0);
    crew_join(&crew);
    assert_int_equal(woken.awake, 3);
    assert_int_equal(KeReadStateEvent(&woken.event), 0);
}

/* --- Events that stand on the waiter's stack ----------------------------------------------- */

struct mailbox {
    _Atomic(PKEVENT) event;
};

static __attribute__((noinline)) void one_round(struct mailbox *box, EVENT_TYPE type)
{
    KEVENT event;

    KeInitializeEvent(&event, type, FALSE);
    box->event = &event;
    wait_for_object(&event);
    /* What a setter that still looks at the event would stumble over. */
    memset(&event, 0xDD, sizeof(event));
}

static void set_what_comes(void *context, unsigned index)
{
    struct mailbox *box = context;
    PKEVENT event;

    (void)index;
    for (int i = 0; i < ROUNDS;) {
        event = box->event;
        if (!event) {
            __builtin_ia32_pause();
            continue;
        }
        box->event = NULL;
        KeSetEvent(event, 0, FALSE);
        i++;
    }
}

static void test_setter_forgets_the_event(void **state)
{
    struct mailbox box = { NULL };
    struct crew crew;

    (void)state;
    crew_start(&crew, 1, set_what_comes, &box);
    for (int i = 0; i < ROUNDS; i++)
        one_round(&box, i % 2 ? NotificationEvent : SynchronizationEvent);
    crew_join(&crew);
}

/* --- Ping-pong: no signal is lost ---------------------------------------------------------- */

struct table_tennis {
    KEVENT ball[2];
};

static void play(void *context, unsigned index)
{
    struct table_tennis *game = context;

    for (int i = 0; i < ROUNDS / 4; i++) {
        wait_for_object(&game->ball[index]);
        KeSetEvent(&game->ball[1 - index], 0, FALSE);
    }
}

static void test_no_signal_is_lost(void **state)
{
    struct table_tennis game;

    (void)state;
    KeInitializeEvent(&game.ball[0], SynchronizationEvent, TRUE);
    KeInitializeEvent(&game.ball[1], SynchronizationEvent, FALSE);
    crew_run(2, play, &game);
    assert_int_equal(KeReadStateEvent(&game.ball[0]), 1);
    assert_int_equal(KeReadStateEvent(&game.ball[1]), 0);
}

/* --- Mistakes ------------------------------------------------------------------------------ */

static void set_above_dispatch(void)
{
    KEVENT event;
    KIRQL before;

    KeInitializeEvent(&event, NotificationEvent, FALSE);
    KeRaiseIrql(HIGH_LEVEL, &before);
    KeSetEvent(&event, 0, FALSE);
}

static void set_uninitialised(void)
{
    KEVENT event = { 0 };

    KeSetEvent(&event, 0, FALSE);
}

static void test_mistakes_stop(void **state)
{
    (void)state;
    assert_bug_check(IRQL_NOT_LESS_OR_EQUAL, set_above_dispatch);
    assert_bug_text("KeSetEvent was called at HIGH_LEVEL (15); its limit is DISPATCH_LEVEL (2).");
    assert_bug_check(KMODE_EXCEPTION_NOT_HANDLED, set_uninitialised);
    assert_bug_text("never initialised");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_state_table),
        cmocka_unit_test(test_layout),
        cmocka_unit_test(test_notification_wakes_all),
        cmocka_unit_test(test_synchronization_wakes_one),
        cmocka_unit_test(test_pulse_leaves_nothing),
        cmocka_unit_test(test_setter_forgets_the_event),
        cmocka_unit_test(test_no_signal_is_lost),
        cmocka_unit_test(test_mistakes_stop),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
