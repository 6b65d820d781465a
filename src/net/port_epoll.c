/* SPDX-License-Identifier: MIT */
/*
 * port_epoll.c - the real network: sockets, an epoll instance for each loop, and an eventfd that
 * wakes it.
 *
 * The eventfd is edge-triggered like the sockets: each write is a new edge, so nobody needs to read
 * it.
 */
#define _GNU_SOURCE
#include "address.h"
#include "coalesce.h"
#include "control.h"
#include "linux_socket.h"
#include "port.h"
#include "sys.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/uio.h>

#define WAIT_ENTRIES_MAX 64

/* When the wait itself fails the loop still runs its tasks, and asks again after this time. */
#define FAILED_WAIT_NS (10 * OS_NS_PER_MS)

/*
 * Calls of one kind that a signal may interrupt in a row before the endpoint waits like for a full
 * buffer.
 */
#define INTERRUPTIONS_MAX 16

struct rx_scratch {
    struct mmsghdr messages[NET_RX_BATCH];
    union net_sockaddr names[NET_RX_BATCH];
    _Alignas(struct cmsghdr) uint8_t controls[NET_RX_BATCH][NET_CONTROL_BYTES_MAX];
};

struct net_port_loop {
    int epoll;
    int event;
    _Atomic uint32_t arms;      /* see epoll_arm() */
    struct rx_scratch rx;
};

struct net_port_udp {
    int fd;
    enum net_family family;
    struct net_port_loop *loop; /* NULL until armed */
    struct linux_remembered remembered;
    _Atomic bool errors_wanted; /* NET_OPTION_RECEIVE_ERRORS has been on */
};

/* A slice is handed to the kernel as it is. */
_Static_assert(sizeof(struct net_slice) == sizeof(struct iovec) &&
               offsetof(struct net_slice, base) == offsetof(struct iovec, iov_base) &&
               offsetof(struct net_slice, length) == offsetof(struct iovec, iov_len),
               "struct net_slice is not laid out like struct iovec");

/* --- Loops ----------------------------------------------------------------------------------- */

static int watch_event(struct net_port_loop *loop)
{
    struct epoll_event event = { .events = EPOLLIN | EPOLLET };

    return (int)net_sys->epoll_ctl(loop->epoll, EPOLL_CTL_ADD, loop->event, &event);
}

static int open_descriptors(struct net_port_loop *loop)
{
    int error;

    loop->epoll = (int)net_sys->epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll < 0)
        return loop->epoll;
    error = loop->event = (int)net_sys->eventfd2(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (error < 0)
        goto close_epoll;
    error = watch_event(loop);
    if (error < 0)
        goto close_event;
    return 0;

close_event:
    net_sys->close(loop->event);
close_epoll:
    net_sys->close(loop->epoll);
    return error;
}

static int epoll_loop_open(const struct net_port *port, struct net_port_loop **out)
{
    struct net_port_loop *loop = os_allocate_zeroed(sizeof(*loop));
    int error;

    (void)port;
    if (!loop)
        return -ENOMEM;
    error = open_descriptors(loop);
    if (error) {
        os_free(loop);
        return error;
    }
    *out = loop;
    return 0;
}

static void epoll_loop_close(struct net_port_loop *loop)
{
    net_sys->close(loop->event);
    net_sys->close(loop->epoll);
    os_free(loop);
}

/* Rounded up, so that a short time does not become a busy loop. */
static int milliseconds(uint64_t ns)
{
    uint64_t ms = ns / OS_NS_PER_MS + (ns % OS_NS_PER_MS != 0);

    if (ns == OS_FOREVER)
        return -1;
    return ms > INT_MAX ? INT_MAX : (int)ms;
}

static void note(struct net_port_ready *ready, const struct epoll_event *event)
{
    ready->owner = event->data.ptr;
    ready->events = 0;
    /* A receive call takes a latched error away. */
    if (event->events & (EPOLLIN | EPOLLERR | EPOLLHUP))
        ready->events |= NET_PORT_READABLE;
    if (event->events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
        ready->events |= NET_PORT_WRITABLE;
}

static void pause_instead(uint64_t timeout_ns)
{
    uint64_t until = os_clock_ns() + (timeout_ns < FAILED_WAIT_NS ? timeout_ns : FAILED_WAIT_NS);
    _Atomic uint32_t nobody_wakes = 0;

    while (os_wait(&nobody_wakes, 0, until))
        ;
}

static int epoll_port_wait(struct net_port_loop *loop, struct net_port_ready *ready,
                           unsigned count, uint64_t timeout_ns)
{
    struct epoll_event events[WAIT_ENTRIES_MAX];
    int limit = count < WAIT_ENTRIES_MAX ? (int)count : WAIT_ENTRIES_MAX;
    int got = (int)net_sys->epoll_pwait(loop->epoll, events, limit, milliseconds(timeout_ns),
                                        NULL, 0);
    int filled = 0;

    atomic_load_explicit(&loop->arms, memory_order_acquire);
    if (got < 0 && got != -EINTR)
        pause_instead(timeout_ns);
    for (int i = 0; i < got; i++)
        if (events[i].data.ptr)
            note(&ready[filled++], &events[i]);
    return filled;
}

/* -EAGAIN means that the counter is full: then the loop is awake or about to be. */
static void epoll_wake(struct net_port_loop *loop)
{
    uint64_t one = 1;
    long result;

    do {
        result = net_sys->write(loop->event, &one, sizeof(one));
    } while (result == -EINTR);
}

/* --- Life of a socket ------------------------------------------------------------------------ */

static int epoll_open(const struct net_port *port, const struct net_transport *transport,
                      struct net_port_udp **out)
{
    struct net_port_udp *udp = os_allocate_zeroed(sizeof(*udp));
    int error;

    (void)port;
    if (!udp)
        return -ENOMEM;
    udp->family = transport->family;
    udp->remembered.receive_buffer = udp->remembered.send_buffer = -1;
    udp->remembered.v6only = transport->family == NET_IPV6;
    udp->fd = linux_open(transport);
    if (udp->fd < 0) {
        error = udp->fd;
        os_free(udp);
        return error;
    }
    *out = udp;
    return 0;
}

/*
 * Closing alone would leave the registration alive while a child process still has the descriptor.
 */
static void epoll_close(struct net_port_udp *udp)
{
    struct epoll_event unused = { 0 };

    if (udp->loop)
        net_sys->epoll_ctl(udp->loop->epoll, EPOLL_CTL_DEL, udp->fd, &unused);
    net_sys->close(udp->fd);
    os_free(udp);
}

/*
 * The kernel shows the loop an endpoint only after this call, so what was written before is ready
 * to be read; `arms` says the same in the language's words.
 */
static int epoll_arm(struct net_port_udp *udp, struct net_port_loop *loop, void *owner,
                     uint32_t events)
{
    struct epoll_event event = { .events = EPOLLET, .data.ptr = owner };
    bool first = !udp->loop;
    int error;

    if (events & NET_PORT_READABLE)
        event.events |= EPOLLIN;
    if (events & NET_PORT_WRITABLE)
        event.events |= EPOLLOUT;
    udp->loop = loop;
    atomic_fetch_add_explicit(&loop->arms, 1, memory_order_release);
    error = (int)net_sys->epoll_ctl(loop->epoll, first ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, udp->fd,
                                    &event);
    if (error && first)
        udp->loop = NULL;
    return error;
}

static int epoll_bind(struct net_port_udp *udp, const struct net_address *address)
{
    union net_sockaddr name;
    socklen_t length = net_address_encode(address, &name);

    if (length == 0)
        return -EAFNOSUPPORT;
    return (int)net_sys->bind(udp->fd, &name.any, length);
}

static int epoll_local_address(struct net_port_udp *udp, struct net_address *address)
{
    union net_sockaddr name;
    socklen_t length = sizeof(name);
    int error = (int)net_sys->getsockname(udp->fd, &name.any, &length);

    if (error)
        return error;
    return net_address_decode(&name.any, length, address) ? 0 : -EAFNOSUPPORT;
}

static int epoll_set_option(struct net_port_udp *udp, int option, int value)
{
    if (option == NET_OPTION_RECEIVE_ERRORS && value)
        atomic_store_explicit(&udp->errors_wanted, true, memory_order_relaxed);
    return linux_set_option(udp->fd, udp->family, &udp->remembered, option, value);
}

static int epoll_get_option(struct net_port_udp *udp, int option, int *value)
{
    return linux_get_option(udp->fd, udp->family, &udp->remembered, option, value);
}

static int epoll_path_mtu(struct net_port_udp *udp, const struct net_address *to, int *mtu)
{
    return linux_path_mtu(udp->family, to, mtu);
}

static int epoll_multicast_from(struct net_port_udp *udp, const struct net_address *local)
{
    int error = linux_multicast_from(udp->fd, local);
    struct linux_half *half = udp->family == NET_IPV4 ? &udp->remembered.own
                                                      : &udp->remembered.ipv4;

    if (!error)
        atomic_store_explicit(&half->multicast_interface, 0, memory_order_relaxed);
    return error;
}

static int epoll_membership(struct net_port_udp *udp, const struct net_membership *membership)
{
    return linux_membership(udp->fd, membership);
}

/* --- Send ------------------------------------------------------------------------------------ */

struct tx_scratch {
    union net_sockaddr name;
    _Alignas(struct cmsghdr) uint8_t control[NET_CONTROL_BYTES_MAX];
};

static uint8_t tos_towards(const struct net_port_udp *udp, const struct net_address *to)
{
    bool other = udp->family == NET_IPV6 && net_address_is_mapped(to);
    const struct linux_half *half = other ? &udp->remembered.ipv4 : &udp->remembered.own;

    return (uint8_t)atomic_load_explicit(&half->tos, memory_order_relaxed);
}

static int describe(const struct net_port_udp *udp, const struct net_send *send,
                    struct msghdr *message, struct tx_scratch *scratch)
{
    const struct net_envelope *envelope = send->envelope;
    int control = 0;

    memset(message, 0, sizeof(*message));
    message->msg_namelen = net_address_encode(&envelope->to, &scratch->name);
    message->msg_name = &scratch->name;
    message->msg_iov = (struct iovec *)(void *)send->slices;
    message->msg_iovlen = send->slice_count;
    if (envelope->control.present)
        control = net_control_encode(&envelope->control, &envelope->to,
                                     tos_towards(udp, &envelope->to),
                                     scratch->control, sizeof(scratch->control));
    if (control > 0) {
        message->msg_control = scratch->control;
        message->msg_controllen = (size_t)control;
    }
    return control < 0 ? control : 0;
}

/* Asked of a socket of its own: binding fails for an address that the machine does not have. */
static bool is_local(const struct net_address *address)
{
    struct net_address plain = net_address_unmapped(address);
    union net_sockaddr name;
    socklen_t length;
    long fd, error;

    plain.port = 0;
    length = net_address_encode(&plain, &name);
    if (length == 0)
        return true;
    fd = net_sys->socket(name.any.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP);
    if (fd < 0)
        return true;
    error = net_sys->bind((int)fd, &name.any, length);
    net_sys->close((int)fd);
    return error != -EADDRNOTAVAIL;
}

/*
 * For a source address that the machine does not have the kernel says EINVAL (IPv6), or ENETUNREACH
 * (IPv4), which may also mean that there is no route. Apart from segmentation nothing else that
 * passed the checks above gives EINVAL.
 */
static int name_error(const struct net_send *send, int error)
{
    const struct net_control *control = &send->envelope->control;
    const struct net_address *source = &control->local;

    if (!(control->present & NET_CONTROL_LOCAL) || net_address_is_any(source))
        return error;
    if (error == -EINVAL && (control->present & NET_CONTROL_SEGMENT))
        return error;
    if (error == -EINVAL || (error == -ENETUNREACH && !is_local(source)))
        return -EADDRNOTAVAIL;
    return error;
}

/*
 * While errors are reported, a call may tell of an earlier datagram's error instead of doing its
 * work. The storey above tries again for what can only be that; a size error it takes at its word,
 * so that one is tried again here. The error is in the queue as well: nothing is lost.
 */
static bool may_be_latched(const struct net_port_udp *udp, long error)
{
    return error == -EMSGSIZE &&
           atomic_load_explicit(&udp->remembered.reports_errors, memory_order_relaxed);
}

static long send_message(const struct net_port_udp *udp, const struct msghdr *message)
{
    long sent = net_sys->sendmsg(udp->fd, message, MSG_DONTWAIT | MSG_NOSIGNAL);

    if (may_be_latched(udp, sent))
        sent = net_sys->sendmsg(udp->fd, message, MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent;
}

static int send_single(struct net_port_udp *udp, const struct net_send *send)
{
    struct tx_scratch scratch;
    struct msghdr message;
    int error = describe(udp, send, &message, &scratch);
    int tries = 0;
    long sent;

    if (error)
        return error;
    do {
        sent = send_message(udp, &message);
    } while (sent == -EINTR && ++tries < INTERRUPTIONS_MAX);
    if (sent == -EINTR)
        return -ENOBUFS;
    return sent < 0 ? name_error(send, (int)sent) : 1;
}

/* One message for all: the kernel cuts it into datagrams again (udp(7), UDP_SEGMENT). */
static int epoll_send_run(struct net_port_udp *udp, const struct net_send *const *batch,
                          unsigned count)
{
    struct net_slice slices[NET_RUN_SLICES_MAX];
    struct net_envelope envelope = *batch[0]->envelope;
    struct net_send run = { .slices = slices, .envelope = &envelope };
    int sent;

    envelope.control.present |= NET_CONTROL_SEGMENT;
    envelope.control.segment = 0;
    for (uint32_t i = 0; i < batch[0]->slice_count; i++)
        envelope.control.segment =
            (uint16_t)(envelope.control.segment + batch[0]->slices[i].length);
    run.slice_count = net_run_slices(batch, count, slices);
    sent = send_single(udp, &run);
    return sent < 0 ? sent : 0;
}

#define TX_MESSAGES_MAX 64u

/*
 * As many as can be described; the first that cannot stops the batch and gets its error in its own
 * call.
 */
static int epoll_send(struct net_port_udp *udp, const struct net_send *const *batch,
                      unsigned count)
{
    struct mmsghdr messages[TX_MESSAGES_MAX];
    struct tx_scratch scratch[TX_MESSAGES_MAX];
    unsigned described = 0;
    int sent;

    if (count == 1)
        return send_single(udp, batch[0]);
    while (described < count && described < TX_MESSAGES_MAX &&
           describe(udp, batch[described], &messages[described].msg_hdr,
                    &scratch[described]) == 0)
        described++;
    if (described < 2)
        return send_single(udp, batch[0]);
    sent = (int)net_sys->sendmmsg(udp->fd, messages, described, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (may_be_latched(udp, sent))
        return send_single(udp, batch[0]);
    if (sent == -EINTR)
        return -ENOBUFS;
    return sent < 0 ? name_error(batch[0], sent) : sent;
}

/* --- Receive --------------------------------------------------------------------------------- */

static void offer(struct rx_scratch *rx, unsigned i, struct net_port_receive *place)
{
    rx->messages[i].msg_hdr = (struct msghdr){
        .msg_name = &rx->names[i],
        .msg_namelen = sizeof(rx->names[i]),
        .msg_iov = (struct iovec *)(void *)place->slices,
        .msg_iovlen = place->slices[1].length ? 2 : 1,
        .msg_control = rx->controls[i],
        .msg_controllen = sizeof(rx->controls[i]),
    };
}

static void accept_message(const struct rx_scratch *rx, unsigned i,
                           struct net_port_receive *place)
{
    const struct msghdr *message = &rx->messages[i].msg_hdr;
    struct net_datagram *datagram = place->datagram;

    datagram->length = rx->messages[i].msg_len;
    place->truncated = message->msg_flags & MSG_TRUNC;
    place->control_lost = message->msg_flags & MSG_CTRUNC;
    net_address_decode(&rx->names[i].any, message->msg_namelen, &datagram->source);
    net_control_decode(rx->controls[i], message->msg_controllen, &datagram->control,
                       &datagram->flags);
}

/* Errors wait in a queue of their own, and are looked for when no datagram is left. */
static int receive_error(struct net_port_udp *udp, struct net_port_receive *place, int otherwise)
{
    if (!atomic_load_explicit(&udp->remembered.reports_errors, memory_order_relaxed) ||
        linux_receive_error(udp->fd, place) < 0)
        return otherwise;
    return 1;
}

/*
 * The call returns early for want of datagrams, or for an error that the next call will tell: an
 * unconnected socket has none, unless it asked for them.
 */
static int epoll_receive(struct net_port_udp *udp, struct net_port_receive *batch, unsigned count,
                         bool *empty)
{
    struct rx_scratch *rx = &udp->loop->rx;
    int got;

    for (unsigned i = 0; i < count; i++)
        offer(rx, i, &batch[i]);
    got = (int)net_sys->recvmmsg(udp->fd, rx->messages, count, MSG_DONTWAIT, NULL);
    if (got == -EINTR)
        return -ENOBUFS;
    for (int i = 0; i < got; i++)
        accept_message(rx, (unsigned)i, &batch[i]);
    if (got < 0) {
        *empty = false;
        return receive_error(udp, &batch[0], got);
    }
    *empty = got < (int)count &&
             !atomic_load_explicit(&udp->remembered.reports_errors, memory_order_relaxed);
    return got;
}

const struct net_port net_port_epoll = {
    .loop_open = epoll_loop_open,
    .loop_close = epoll_loop_close,
    .wait = epoll_port_wait,
    .wake = epoll_wake,
    .open = epoll_open,
    .close = epoll_close,
    .arm = epoll_arm,
    .bind = epoll_bind,
    .local_address = epoll_local_address,
    .set_option = epoll_set_option,
    .get_option = epoll_get_option,
    .path_mtu = epoll_path_mtu,
    .membership = epoll_membership,
    .multicast_from = epoll_multicast_from,
    .send = epoll_send,
    .send_run = epoll_send_run,
    .receive = epoll_receive,
};
