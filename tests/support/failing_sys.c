/* SPDX-License-Identifier: MIT */
/* failing_sys.c - the engine's system calls, of which one fails; see failing.h. */
#define _GNU_SOURCE
#include "failing.h"
#include "sys.h"

#include <errno.h>
#include <stdatomic.h>

static _Atomic int descriptors;

static bool fails(void)
{
    return failing_now(FAILING_SYSTEM_CALLS);
}

static long failure(void)
{
    return -(long)failing_error();
}

#define PLAIN(name, parameters, arguments) \
    static long failing_##name parameters \
    { \
        return fails() ? failure() : net_sys_linux.name arguments; \
    }
PLAIN(bind, (int fd, const struct sockaddr *name, socklen_t length), (fd, name, length))
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

static long counted(long fd)
{
    if (fd >= 0)
        atomic_fetch_add(&descriptors, 1);
    return fd;
}

static long failing_socket(int domain, int type, int protocol)
{
    return fails() ? failure() : counted(net_sys_linux.socket(domain, type, protocol));
}

static long failing_epoll_create1(int flags)
{
    return fails() ? failure() : counted(net_sys_linux.epoll_create1(flags));
}

static long failing_eventfd2(unsigned value, int flags)
{
    return fails() ? failure() : counted(net_sys_linux.eventfd2(value, flags));
}

/* close(2): whatever it returns, the descriptor is gone. */
static long failing_close(int fd)
{
    if (net_sys_linux.close(fd) == 0)
        atomic_fetch_sub(&descriptors, 1);
    return fails() ? failure() : 0;
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

static struct net_sys failing;

void failing_sys_install(void)
{
    failing = net_sys_linux;
    failing.socket = failing_socket;
    failing.close = failing_close;
    failing.bind = failing_bind;
    failing.getsockname = failing_getsockname;
    failing.setsockopt = failing_setsockopt;
    failing.getsockopt = failing_getsockopt;
    failing.sendmsg = failing_sendmsg;
    failing.sendmmsg = failing_sendmmsg;
    failing.recvmmsg = failing_recvmmsg;
    failing.epoll_create1 = failing_epoll_create1;
    failing.epoll_ctl = failing_epoll_ctl;
    failing.epoll_pwait = failing_epoll_pwait;
    failing.eventfd2 = failing_eventfd2;
    failing.write = failing_write;
    net_sys = &failing;
}

void failing_sys_remove(void)
{
    net_sys = &net_sys_linux;
}

int failing_sys_descriptors(void)
{
    return atomic_load(&descriptors);
}
