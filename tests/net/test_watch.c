/* SPDX-License-Identifier: MIT */
/* The watch on the host's network: against a host in memory, then against the kernel. */
#include "base.h"
#include "interfaces.h"
#include "route_script.h"
#include "sys.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define HEARD_MAX 512u
#define WAIT_NS (60 * OS_NS_PER_S)

struct heard {
    bool was, now;
    struct net_record record; /* now, or was for what is gone */
};

struct listener {
    struct net_watch watch;
    struct base_lock lock;
    _Atomic uint32_t count;
    struct heard heard[HEARD_MAX];
    void (*also)(struct listener *listener);
};

static void listen_to(struct net_watch *watch, const struct net_record *was,
                      const struct net_record *now)
{
    struct listener *listener = container_of(watch, struct listener, watch);
    uint32_t count = atomic_load(&listener->count);

    if (listener->also)
        listener->also(listener);
    base_lock_acquire(&listener->lock);
    if (count < HEARD_MAX) {
        listener->heard[count] = (struct heard){ .was = was != NULL, .now = now != NULL };
        memcpy(&listener->heard[count].record, now ? now : was, sizeof(*now));
    }
    base_lock_release(&listener->lock);
    atomic_store(&listener->count, count + 1);
    os_wake_all(&listener->count);
}

static void begin(struct listener *listener, uint32_t kinds)
{
    memset(listener, 0, sizeof(*listener));
    listener->watch.kinds = kinds;
    listener->watch.changed = listen_to;
    assert_int_equal(net_watch_start(&listener->watch), 0);
}

/* Waits for the n-th thing heard, counted from 0. */
static struct heard hear(struct listener *listener, uint32_t number)
{
    uint64_t deadline = os_clock_ns() + WAIT_NS;
    struct heard heard;
    uint32_t count;

    while ((count = atomic_load(&listener->count)) <= number) {
        if (!os_wait(&listener->count, count, deadline))
            fail_msg("nothing was heard");
    }
    base_lock_acquire(&listener->lock);
    heard = listener->heard[number];
    base_lock_release(&listener->lock);
    return heard;
}

#define assert_heard(heard, before, after) \
    do { \
        assert_int_equal((heard).was, (before)); \
        assert_int_equal((heard).now, (after)); \
    } while (0)

static const uint8_t ip_1[] = { 192, 0, 2, 1 }, ip_2[] = { 192, 0, 2, 2 }, ip_3[] = { 192, 0, 2, 3 };

static int begin_script(void **state)
{
    (void)state;
    route_script_begin();
    return 0;
}

static int end_script(void **state)
{
    (void)state;
    route_script_end();
    return 0;
}

/* --- A host in memory ------------------------------------------------------------------------ */

static void test_added_changed_removed(void **state)
{
    struct net_record old = route_script_address(1, NET_IPV4, ip_1, 24);
    struct net_record record = route_script_address(1, NET_IPV4, ip_2, 24);
    struct listener listener;
    struct heard heard;

    (void)state;
    route_script_set(&old);
    begin(&listener, NET_WATCH_ADDRESSES);
    route_script_set(&record);
    heard = hear(&listener, 0);
    assert_heard(heard, false, true);
    assert_memory_equal(heard.record.local.address.ip, ip_2, 4);
    record.local.flags = NET_ADDRESS_DEPRECATED;
    route_script_set(&record);
    assert_heard(hear(&listener, 1), true, true);
    route_script_remove(&record);
    assert_heard(hear(&listener, 2), true, false);
    route_script_remove(&old);
    heard = hear(&listener, 3);
    assert_heard(heard, true, false);
    assert_memory_equal(heard.record.local.address.ip, ip_1, 4);
    net_watch_stop(&listener.watch);
    assert_int_equal(route_script_open(), 0);
}

/* What is said twice, and counters, are no change. */
static void test_no_change_is_not_told(void **state)
{
    struct net_record link = route_script_link(3, "a", NET_LINK_ETHERNET);
    struct listener listener;

    (void)state;
    route_script_set(&link);
    begin(&listener, NET_WATCH_LINKS);
    route_script_set(&link);
    link.link.counters.rx_bytes = 1000;
    route_script_set(&link);
    link.link.mtu = 1400;
    route_script_set(&link);
    assert_int_equal(hear(&listener, 0).record.link.mtu, 1400);
    net_watch_stop(&listener.watch);
    assert_int_equal(atomic_load(&listener.count), 1);
}

static void test_only_what_was_asked_for(void **state)
{
    struct net_record link = route_script_link(3, "a", NET_LINK_ETHERNET);
    struct net_record record = route_script_address(3, NET_IPV4, ip_1, 24);
    struct listener links, addresses;

    (void)state;
    begin(&links, NET_WATCH_LINKS);
    begin(&addresses, NET_WATCH_ADDRESSES);
    route_script_set(&record);
    route_script_set(&link);
    assert_int_equal(hear(&links, 0).record.kind, NET_RECORD_LINK);
    assert_int_equal(hear(&addresses, 0).record.kind, NET_RECORD_ADDRESS);
    net_watch_stop(&links.watch);
    net_watch_stop(&addresses.watch);
    assert_int_equal(atomic_load(&links.count) + atomic_load(&addresses.count), 2);
}

/* Messages were lost: the difference to before is told, each once. */
static void test_loss_is_made_good(void **state)
{
    struct net_record stays = route_script_address(1, NET_IPV4, ip_1, 24);
    struct net_record goes = route_script_address(1, NET_IPV4, ip_2, 24);
    struct net_record comes = route_script_address(1, NET_IPV4, ip_3, 24);
    struct listener listener;
    unsigned came = 0, went = 0, changed = 0;

    (void)state;
    route_script_set(&stays);
    route_script_set(&goes);
    begin(&listener, NET_WATCH_ADDRESSES);
    route_script_remove_quietly(&goes);
    route_script_set_quietly(&comes);
    stays.local.flags = NET_ADDRESS_DEPRECATED;
    route_script_set_quietly(&stays);
    route_script_lose();
    hear(&listener, 2);
    net_watch_stop(&listener.watch);
    assert_int_equal(atomic_load(&listener.count), 3);
    for (unsigned i = 0; i < 3; i++) {
        came += !listener.heard[i].was;
        went += !listener.heard[i].now;
        changed += listener.heard[i].was && listener.heard[i].now;
    }
    assert_int_equal(came, 1);
    assert_int_equal(went, 1);
    assert_int_equal(changed, 1);
}

/* A snapshot that fails is taken again with the next message. */
static void test_a_failed_snapshot_is_repeated(void **state)
{
    struct net_record record = route_script_address(1, NET_IPV4, ip_1, 24);
    struct net_record other = route_script_address(1, NET_IPV4, ip_2, 24);
    struct listener listener;

    (void)state;
    begin(&listener, NET_WATCH_ADDRESSES);
    route_script_set_quietly(&record);
    route_script_fail(-ENOMEM);
    route_script_lose();
    route_script_set(&other);
    hear(&listener, 0);
    route_script_fail(0);
    route_script_remove(&other);
    for (uint32_t i = 1; i < 3; i++) {
        struct heard heard = hear(&listener, i);

        assert_true(heard.was != heard.now);
    }
    net_watch_stop(&listener.watch);
    assert_int_equal(atomic_load(&listener.count), 3);
}

/* The kernel says nothing of IPv4 routes that go with their link. */
static void test_routes_go_with_their_link(void **state)
{
    struct net_record link = route_script_link(3, "a", NET_LINK_ETHERNET);
    struct net_record route = route_script_route(3, NET_IPV4, ip_1, 24);
    struct listener listener;
    struct heard heard;

    (void)state;
    route_script_set(&link);
    route_script_set(&route);
    begin(&listener, NET_WATCH_ROUTES);
    route_script_remove_quietly(&route);
    link.link.flags &= ~NET_LINK_ENABLED;
    route_script_set(&link);
    heard = hear(&listener, 0);
    assert_heard(heard, true, false);
    assert_int_equal(heard.record.kind, NET_RECORD_ROUTE);
    net_watch_stop(&listener.watch);
}

static void test_many(void **state)
{
    struct listener listener;

    (void)state;
    begin(&listener, NET_WATCH_ADDRESSES);
    for (unsigned i = 0; i < 200; i++) {
        const uint8_t ip[] = { 10, 0, (uint8_t)(i * 7), (uint8_t)(i * 31) };
        struct net_record record = route_script_address(1 + i % 3, NET_IPV4, ip, 24);

        route_script_set(&record);
        if (i % 2)
            route_script_remove(&record);
    }
    hear(&listener, 299);
    route_script_lose();
    net_watch_stop(&listener.watch);
    assert_int_equal(atomic_load(&listener.count), 300);
}

static void test_failures_leave_nothing(void **state)
{
    struct net_watch watch = { .kinds = NET_WATCH_ADDRESSES, .changed = listen_to };

    (void)state;
    route_script_fail(-ENOMEM);
    assert_int_equal(net_watch_start(&watch), -ENOMEM);
    assert_int_equal(route_script_open(), 0);
}

/* --- Stopping -------------------------------------------------------------------------------- */

static struct {
    _Atomic uint32_t entered, released, stopped;
    struct listener listener;
} slow;

static void linger(struct listener *listener)
{
    (void)listener;
    atomic_store(&slow.entered, 1);
    os_wake_all(&slow.entered);
    while (!atomic_load(&slow.released))
        os_wait(&slow.released, 0, OS_FOREVER);
}

static void stop_slow(void *argument)
{
    (void)argument;
    net_watch_stop(&slow.listener.watch);
    atomic_store(&slow.stopped, atomic_load(&slow.listener.count));
}

/* The stop does not return before the call that runs has returned: then it has counted. */
static void test_stop_waits_for_the_call(void **state)
{
    struct net_record record = route_script_address(1, NET_IPV4, ip_1, 24);
    struct os_thread *thread;

    (void)state;
    begin(&slow.listener, NET_WATCH_ADDRESSES);
    slow.listener.also = linger;
    route_script_set(&record);
    while (!atomic_load(&slow.entered))
        os_wait(&slow.entered, 0, OS_FOREVER);
    assert_int_equal(os_thread_start(&thread, "stop", stop_slow, NULL), 0);
    for (int i = 0; i < 100; i++)
        os_yield();
    assert_int_equal(atomic_load(&slow.stopped), 0);
    atomic_store(&slow.released, 1);
    os_wake_all(&slow.released);
    os_thread_join(thread);
    assert_int_equal(atomic_load(&slow.stopped), 1);
    assert_int_equal(route_script_open(), 0);
}

static struct listener other;

static void stop_other(struct listener *listener)
{
    if (other.watch.watcher)
        net_watch_stop(&other.watch);
    memset(&other, 0, sizeof(other));
    listener->also = NULL;
}

static void test_a_call_may_stop_another(void **state)
{
    struct net_record record = route_script_address(1, NET_IPV4, ip_1, 24);
    struct listener listener;

    (void)state;
    begin(&listener, NET_WATCH_ADDRESSES);
    begin(&other, NET_WATCH_ADDRESSES);
    listener.also = stop_other;
    route_script_set(&record);
    hear(&listener, 0);
    route_script_remove(&record);
    hear(&listener, 1);
    assert_int_equal(atomic_load(&other.count), 0);
    net_watch_stop(&listener.watch);
}

/* --- The kernel ------------------------------------------------------------------------------ */

/* Waits until something is heard for which the predicate holds. */
static void hear_of(struct listener *listener, bool was, bool now,
                    bool (*holds)(const struct net_record *record))
{
    for (uint32_t i = 0;; i++) {
        struct heard heard = hear(listener, i);

        if (heard.was == was && heard.now == now && holds(&heard.record))
            return;
    }
}

static bool is_t0(const struct net_record *record)
{
    return record->kind == NET_RECORD_LINK && strcmp(record->link.name, "t0") == 0;
}

static bool is_t0_up(const struct net_record *record)
{
    return is_t0(record) && (record->link.flags & NET_LINK_ENABLED);
}

static bool is_address_1(const struct net_record *record)
{
    return record->kind == NET_RECORD_ADDRESS &&
           memcmp(record->local.address.ip, ip_1, 4) == 0;
}

static bool is_ipv6_address(const struct net_record *record)
{
    static const uint8_t ip[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 5 };

    return record->kind == NET_RECORD_ADDRESS && memcmp(record->local.address.ip, ip, 16) == 0;
}

static bool is_route(const struct net_record *record)
{
    static const uint8_t ip[16] = { 203, 0, 113 };

    return record->kind == NET_RECORD_ROUTE &&
           memcmp(record->route.destination.ip, ip, 16) == 0;
}

static void test_the_kernel(void **state)
{
    struct listener listener;

    (void)state;
    begin(&listener, NET_WATCH_LINKS | NET_WATCH_ADDRESSES | NET_WATCH_ROUTES);
    interfaces_add("t0");
    hear_of(&listener, false, true, is_t0);
    interfaces_up("t0");
    hear_of(&listener, true, true, is_t0_up);
    interfaces_add_ipv4("t0", "192.0.2.1", 24);
    hear_of(&listener, false, true, is_address_1);
    interfaces_add_ipv6("t0", "2001:db8::5", 64);
    hear_of(&listener, false, true, is_ipv6_address);
    interfaces_add_route("t0", "203.0.113.0", 25, "192.0.2.7");
    hear_of(&listener, false, true, is_route);
    interfaces_remove_ipv6("t0", "2001:db8::5", 64);
    hear_of(&listener, true, false, is_ipv6_address);
    interfaces_down("t0");
    hear_of(&listener, true, false, is_route);
    interfaces_remove("t0");
    hear_of(&listener, true, false, is_address_1);
    hear_of(&listener, true, false, is_t0);
    net_watch_stop(&listener.watch);
}

/*
 * Each call that opening a watch makes fails once: the error comes out, and no descriptor is left.
 */
static struct net_sys table;
static unsigned calls, fail_at;

static bool fails(void)
{
    return ++calls == fail_at;
}

static long failing_socket(int domain, int type, int protocol)
{
    return fails() ? -EMFILE : net_sys_linux.socket(domain, type, protocol);
}

static long failing_bind(int fd, const struct sockaddr *name, socklen_t length)
{
    return fails() ? -ENOMEM : net_sys_linux.bind(fd, name, length);
}

static long failing_eventfd2(unsigned value, int flags)
{
    return fails() ? -EMFILE : net_sys_linux.eventfd2(value, flags);
}

static long failing_epoll_create1(int flags)
{
    return fails() ? -EMFILE : net_sys_linux.epoll_create1(flags);
}

static long failing_epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event)
{
    return fails() ? -ENOSPC : net_sys_linux.epoll_ctl(epoll, operation, fd, event);
}

static long next_descriptor(void)
{
    long fd = net_sys_linux.eventfd2(0, 0);

    net_sys_linux.close((int)fd);
    return fd;
}

static void test_every_call_may_fail(void **state)
{
    struct net_watch watch = { .kinds = NET_WATCH_ADDRESSES, .changed = listen_to };
    long before = next_descriptor();
    int error = -1;

    (void)state;
    table = net_sys_linux;
    table.socket = failing_socket;
    table.bind = failing_bind;
    table.eventfd2 = failing_eventfd2;
    table.epoll_create1 = failing_epoll_create1;
    table.epoll_ctl = failing_epoll_ctl;
    net_sys = &table;
    for (fail_at = 1; error != 0 && fail_at < 100; fail_at++) {
        calls = 0;
        error = net_watch_start(&watch);
        if (error)
            assert_int_equal(next_descriptor(), before);
    }
    assert_int_equal(error, 0);
    assert_true(fail_at > 8);
    net_watch_stop(&watch);
    net_sys = &net_sys_linux;
    assert_int_equal(next_descriptor(), before);
}

static void test_watch_after_watch(void **state)
{
    struct listener listener;

    (void)state;
    for (int i = 0; i < 20; i++) {
        begin(&listener, NET_WATCH_LINKS);
        net_watch_stop(&listener.watch);
    }
}

#define SCRIPTED(test) cmocka_unit_test_setup_teardown(test, begin_script, end_script)

int main(void)
{
    const struct CMUnitTest scripted[] = {
        SCRIPTED(test_added_changed_removed),
        SCRIPTED(test_no_change_is_not_told),
        SCRIPTED(test_only_what_was_asked_for),
        SCRIPTED(test_loss_is_made_good),
        SCRIPTED(test_a_failed_snapshot_is_repeated),
        SCRIPTED(test_routes_go_with_their_link),
        SCRIPTED(test_many),
        SCRIPTED(test_failures_leave_nothing),
        SCRIPTED(test_stop_waits_for_the_call),
        SCRIPTED(test_a_call_may_stop_another),
    };
    const struct CMUnitTest real[] = {
        cmocka_unit_test(test_the_kernel),
        cmocka_unit_test(test_watch_after_watch),
        cmocka_unit_test(test_every_call_may_fail),
    };
    bool own = interfaces_own();
    int failed = cmocka_run_group_tests(scripted, NULL, NULL);

    if (!own || failed)
        return failed ? failed : INTERFACES_SKIP;
    return cmocka_run_group_tests(real, NULL, NULL);
}
