/* SPDX-License-Identifier: MIT */
/*
 * test_sys.c - every system call of the real network's port fails once, and then for good.
 *
 * A run opens, binds, sends, receives and closes. Run n fails the n-th call; the sweep ends with
 * the first run that has fewer calls. Whatever fails: nothing hangs, nothing leaks, and after a
 * single failure what was sent arrives.
 */
#define _GNU_SOURCE
#include "owner.h"
#include "sys.h"

static _Atomic uint32_t calls;
static _Atomic uint32_t fail_at;      /* 0: never */
static _Atomic uint32_t fail_for_good;
static _Atomic uint32_t error_now;
static _Atomic uint32_t met;
static _Atomic int32_t descriptors;

static bool fails(void)
{
    uint32_t call = atomic_fetch_add(&calls, 1) + 1, at = atomic_load(&fail_at);
    bool failing = at && (call == at || (call > at && atomic_load(&fail_for_good)));

    if (failing)
        atomic_store(&met, 1);
    return failing;
}

static long failure(void)
{
    return -(long)atomic_load(&error_now);
}

/* The entries that need no special treatment. */
#define PLAIN(name, parameters, arguments) \
    static long failing_##name parameters \
    { \
        return fails() ? failure() : net_sys_linux.name arguments; \
    }
PLAIN(bind, (int fd, const struct sockaddr *name, socklen_t length), (fd, name, length))
PLAIN(connect, (int fd, const struct sockaddr *name, socklen_t length), (fd, name, length))
PLAIN(getsockname, (int fd, struct sockaddr *name, socklen_t *length), (fd, name, length))
PLAIN(setsockopt, (int fd, int level, int option, const void *value, socklen_t length),
      (fd, level, option, value, length))
PLAIN(getsockopt, (int fd, int level, int option, void *value, socklen_t *length),
      (fd, level, option, value, length))
PLAIN(sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags))
PLAIN(sendmmsg, (int fd, struct mmsghdr *messages, unsigned count, int flags),
      (fd, messages, count, flags))
PLAIN(recvmmsg, (int fd, struct mmsghdr *messages, unsigned count, int flags, void *timeout),
      (fd, messages, count, flags, timeout))
PLAIN(epoll_ctl, (int epoll, int operation, int fd, struct epoll_event *event),
      (epoll, operation, fd, event))
PLAIN(epoll_pwait, (int epoll, struct epoll_event *events, int count, int timeout,
                    const void *mask, size_t size),
      (epoll, events, count, timeout, mask, size))

static long count_descriptor(long fd)
{
    if (fd >= 0)
        atomic_fetch_add(&descriptors, 1);
    return fd;
}

static long failing_socket(int domain, int type, int protocol)
{
    return fails() ? failure() : count_descriptor(net_sys_linux.socket(domain, type, protocol));
}

static long failing_epoll_create1(int flags)
{
    return fails() ? failure() : count_descriptor(net_sys_linux.epoll_create1(flags));
}

static long failing_eventfd2(unsigned value, int flags)
{
    return fails() ? failure() : count_descriptor(net_sys_linux.eventfd2(value, flags));
}

/* close(2): whatever it returns, the descriptor is gone. */
static long failing_close(int fd)
{
    long result = net_sys_linux.close(fd);

    if (result == 0)
        atomic_fetch_sub(&descriptors, 1);
    return fails() ? failure() : result;
}

/* eventfd(2): on a valid descriptor a signal is all that can come between, and it comes once. */
static long failing_write(int fd, const void *bytes, size_t length)
{
    static _Thread_local bool interrupted;

    if (fails() && !interrupted) {
        interrupted = true;
        return -EINTR;
    }
    interrupted = false;
    return net_sys_linux.write(fd, bytes, length);
}

static const struct net_sys failing_sys = {
#define X(name, parameters, arguments) .name = failing_##name,
    NET_SYS_CALLS(X)
#undef X
};

/* --- One run --------------------------------------------------------------------------------- */

struct run {
    struct net_engine *engine;
    struct owner from, to;
    struct parcel direct, queued[70];
    bool sent;
};

static int open_one(struct run *run, struct owner *owner)
{
    struct net_address address = loopback(NET_IPV4);
    int error;

    memset(owner, 0, sizeof(*owner));
    owner->end = &owner->first;
    owner->room = 1000;
    error = net_udp_open(run->engine, NET_IPV4, &owner_events, owner, &owner->udp);
    if (error) {
        owner->udp = NULL;
        return error;
    }
    error = net_udp_bind(owner->udp, &address);
    if (!error)
        error = net_udp_local_address(owner->udp, &owner->address);
    return error;
}

static void send_all(struct run *run)
{
    int error;

    parcel_fill(&run->direct, 1000, &run->to.address);
    error = net_udp_send_now(run->from.udp, &run->direct.send);
    if (error == -EAGAIN)
        net_udp_send_later(run->from.udp, &run->direct.send);
    else
        parcel_done(&run->direct.send, error);
    for (uint32_t i = 0; i < COUNT_OF(run->queued); i++) {
        parcel_fill(&run->queued[i], i, &run->to.address);
        net_udp_send_later(run->from.udp, &run->queued[i].send);
    }
    run->sent = true;
}

/* After a single failure everything is done, and what was sent arrives. */
static void wait_for_all(struct run *run)
{
    uint32_t sent;

    owner_wait(&run->direct.done, 1);
    sent = run->direct.error == 0;
    for (size_t i = 0; i < COUNT_OF(run->queued); i++) {
        owner_wait(&run->queued[i].done, 1);
        sent += run->queued[i].error == 0;
    }
    assert_in_range(sent, COUNT_OF(run->queued), COUNT_OF(run->queued) + 1);
    owner_wait(&run->to.received, sent);
}

static void use(struct run *run)
{
    int value;

    if (open_one(run, &run->from) || open_one(run, &run->to))
        return;
    net_udp_set_option(run->from.udp, NET_OPTION_TOS, 4);
    net_udp_get_option(run->from.udp, NET_OPTION_BROADCAST, &value);
    net_udp_receive_wanted(run->to.udp);
    send_all(run);
    if (!atomic_load(&fail_for_good))
        wait_for_all(run);
}

static void close_one(struct owner *owner)
{
    if (owner->udp)
        owner_close(owner);
}

static void run_once(void)
{
    static struct run run;
    struct net_engine_config config = { .loops = 1 };

    memset(&run, 0, sizeof(run));
    if (net_engine_start(&run.engine, &config) == 0) {
        use(&run);
        close_one(&run.from);
        close_one(&run.to);
        net_engine_stop(run.engine);
    }
    if (run.sent)
        for (size_t i = 0; i < COUNT_OF(run.queued); i++)
            assert_int_equal(run.queued[i].done, 1);
    assert_int_equal(descriptors, 0);
}

static uint32_t sweep(bool for_good, int error)
{
    uint32_t nth = 0;

    net_sys = &failing_sys;
    atomic_store(&error_now, (uint32_t)error);
    atomic_store(&fail_for_good, for_good);
    do {
        atomic_store(&calls, 0);
        atomic_store(&met, 0);
        atomic_store(&fail_at, ++nth);
        run_once();
    } while (atomic_load(&met));
    net_sys = &net_sys_linux;
    return nth;
}

static void test_each_call_fails_once(void **state)
{
    static const int errors[] = { ENOMEM, EIO, EINTR, ENOBUFS };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(errors); i++)
        assert_in_range(sweep(false, errors[i]), 30, 10000);
}

static void test_each_call_and_all_after_it_fail(void **state)
{
    static const int errors[] = { ENOMEM, EIO, ENOBUFS };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(errors); i++)
        assert_in_range(sweep(true, errors[i]), 30, 10000);
}

/* --- A full socket buffer -------------------------------------------------------------------- */

static _Atomic uint32_t refusals;     /* EAGAINs still to come */
static _Atomic uint32_t short_count;  /* longest batch that one call takes */

static bool refuse(void)
{
    uint32_t left = atomic_load(&refusals);

    if (left == 0)
        return false;
    atomic_store(&refusals, left - 1);
    return true;
}

static long full_sendmsg(int fd, const struct msghdr *message, int flags)
{
    return refuse() ? -EAGAIN : net_sys_linux.sendmsg(fd, message, flags);
}

static long full_sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
    uint32_t limit = atomic_load(&short_count);

    return refuse() ? -EAGAIN
                    : net_sys_linux.sendmmsg(fd, messages, count < limit ? count : limit, flags);
}

#define DRAINED 150u

/* Epoll has to be armed, to report, and to be disarmed; one datagram of the batch is malformed. */
static void drain_with(uint32_t refused, uint32_t limit, uint32_t malformed)
{
    static struct parcel parcels[DRAINED];
    struct net_engine_config config = { .loops = 1 };
    struct net_engine *engine;
    struct owner a, b;

    assert_int_equal(net_engine_start(&engine, &config), 0);
    owner_open_bound(&a, engine, NET_IPV4);
    owner_open_bound(&b, engine, NET_IPV4);
    owner_add_room(&b, DRAINED);
    atomic_store(&refusals, refused);
    atomic_store(&short_count, limit);
    for (uint32_t i = 0; i < DRAINED; i++) {
        parcel_fill(&parcels[i], i, &b.address);
        if (i == malformed)
            parcels[i].envelope.control.present = NET_CONTROL_HOPS;
        net_udp_send_later(a.udp, &parcels[i].send);
    }
    for (uint32_t i = 0; i < DRAINED; i++) {
        owner_wait(&parcels[i].done, 1);
        assert_int_equal(parcels[i].error, i == malformed ? -EINVAL : 0);
    }
    owner_wait(&b.received, DRAINED - 1);
    for (uint32_t i = 0; i < DRAINED; i++) {
        if (i != malformed) {
            struct net_datagram *datagram = owner_take(&b);

            assert_int_equal(number_in(datagram), i);
            net_datagram_release(datagram);
        }
    }
    owner_close(&a);
    owner_close(&b);
    net_engine_stop(engine);
}

static void test_full_buffer(void **state)
{
    static const uint32_t malformed[] = { 0, 1, 62, 63, 64, 65, 127, 128, DRAINED - 1 };
    struct net_sys sys = net_sys_linux;

    (void)state;
    sys.sendmsg = full_sendmsg;
    sys.sendmmsg = full_sendmmsg;
    net_sys = &sys;
    for (size_t i = 0; i < COUNT_OF(malformed); i++) {
        drain_with(0, 64, malformed[i]);
        drain_with(1, 64, malformed[i]);
        drain_with(10, 7, malformed[i]);
    }
    net_sys = &net_sys_linux;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_each_call_fails_once),
        cmocka_unit_test(test_each_call_and_all_after_it_fail),
        cmocka_unit_test(test_full_buffer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
