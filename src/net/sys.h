/* SPDX-License-Identifier: MIT */
/*
 * sys.h - every system call of the transport engine, in a table that a test can replace.
 *
 * 1. A test copies net_sys_linux, puts its own functions into the copy and points net_sys at it
 *    before an engine starts; it points net_sys back after the engine has stopped.
 * 2. Each entry returns what the kernel returned: 0 or more, or a negative errno value. errno is
 *    untouched by contract, so nobody may read it.
 *
 * The calls do not go through the C library's socket functions: drivers define functions of their
 * own with names like `send` and `connect`.
 */
#ifndef OPENWSK_NET_SYS_H
#define OPENWSK_NET_SYS_H

#include <stddef.h>
#include <sys/epoll.h>
#include <sys/socket.h>

struct mmsghdr; /* needs _GNU_SOURCE for its members */

/* the kernel's name, parameters, arguments */
#define NET_SYS_CALLS(X) \
    X(socket, (int domain, int type, int protocol), (domain, type, protocol)) \
    X(close, (int fd), (fd)) \
    X(bind, (int fd, const struct sockaddr *name, socklen_t length), (fd, name, length)) \
    X(connect, (int fd, const struct sockaddr *name, socklen_t length), (fd, name, length)) \
    X(getsockname, (int fd, struct sockaddr *name, socklen_t *length), (fd, name, length)) \
    X(setsockopt, (int fd, int level, int option, const void *value, socklen_t length), \
      (fd, level, option, value, length)) \
    X(getsockopt, (int fd, int level, int option, void *value, socklen_t *length), \
      (fd, level, option, value, length)) \
    X(sendmsg, (int fd, const struct msghdr *message, int flags), (fd, message, flags)) \
    X(sendmmsg, (int fd, struct mmsghdr *messages, unsigned count, int flags), \
      (fd, messages, count, flags)) \
    X(recvmmsg, (int fd, struct mmsghdr *messages, unsigned count, int flags, void *timeout), \
      (fd, messages, count, flags, timeout)) \
    X(epoll_create1, (int flags), (flags)) \
    X(epoll_ctl, (int epoll, int operation, int fd, struct epoll_event *event), \
      (epoll, operation, fd, event)) \
    X(epoll_pwait, (int epoll, struct epoll_event *events, int count, int timeout_ms, \
                    const void *mask, size_t mask_size), \
      (epoll, events, count, timeout_ms, mask, mask_size)) \
    X(eventfd2, (unsigned value, int flags), (value, flags)) \
    X(write, (int fd, const void *bytes, size_t length), (fd, bytes, length))

struct net_sys {
#define X(name, parameters, arguments) long (*name) parameters;
    NET_SYS_CALLS(X)
#undef X
};

extern const struct net_sys net_sys_linux;
extern const struct net_sys *net_sys;

#endif
