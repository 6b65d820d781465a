/* SPDX-License-Identifier: MIT */
/*
 * port_rtnetlink.c - the real host behind the seam of route.h: netlink sockets, through sys.h.
 *
 * Each question opens a socket of its own, so that no answer of another question is in its way.
 */
#define _GNU_SOURCE
#include "rtnl.h"
#include "sys.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/eventfd.h>

/* Dumps that the kernel says were disturbed by a change are asked for again, this often. */
#define DUMP_TRIES 32u

/* Room for bursts of changes; the kernel may grant less. */
#define WATCH_BUFFER_BYTES (1 << 20)

#ifndef NETLINK_GET_STRICT_CHK
#define NETLINK_GET_STRICT_CHK 12
#endif

/* --- Sockets --------------------------------------------------------------------------------- */

struct channel {
    int fd;
    uint32_t port;
    uint32_t sequence;
    void *answer;  /* RTNL_ANSWER_BYTES */
};

static void channel_close(struct channel *channel)
{
    net_sys->close(channel->fd);
    os_free(channel->answer);
}

static int channel_bind(struct channel *channel, uint32_t groups)
{
    struct sockaddr_nl name = { .nl_family = AF_NETLINK, .nl_groups = groups };
    socklen_t length = sizeof(name);
    long result = net_sys->bind(channel->fd, (struct sockaddr *)&name, length);

    if (result == 0)
        result = net_sys->getsockname(channel->fd, (struct sockaddr *)&name, &length);
    channel->port = name.nl_pid;
    return (int)result;
}

static int channel_open(struct channel *channel, uint32_t groups)
{
    long result;

    memset(channel, 0, sizeof(*channel));
    channel->answer = os_allocate(RTNL_ANSWER_BYTES);
    if (!channel->answer)
        return -ENOMEM;
    result = net_sys->socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (result < 0) {
        os_free(channel->answer);
        return (int)result;
    }
    channel->fd = (int)result;
    result = channel_bind(channel, groups);
    if (result < 0)
        channel_close(channel);
    return (int)result;
}

static int channel_send(struct channel *channel, struct nlmsghdr *message)
{
    struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
    struct iovec iov = { message, message->nlmsg_len };
    struct msghdr header = {
        .msg_name = &kernel, .msg_namelen = sizeof(kernel), .msg_iov = &iov, .msg_iovlen = 1,
    };
    long result;

    message->nlmsg_seq = ++channel->sequence;
    do {
        result = net_sys->sendmsg(channel->fd, &header, 0);
    } while (result == -EINTR);
    return result < 0 ? (int)result : 0;
}

/*
 * The length of what the kernel sent, 0 for what somebody else sent; blocks unless `flags` say so.
 */
static long channel_receive(struct channel *channel, int flags)
{
    struct sockaddr_nl name = { 0 };
    struct iovec iov = { channel->answer, RTNL_ANSWER_BYTES };
    struct mmsghdr message = {
        .msg_hdr = { .msg_name = &name, .msg_namelen = sizeof(name), .msg_iov = &iov,
                     .msg_iovlen = 1 },
    };
    long result;

    do {
        result = net_sys->recvmmsg(channel->fd, &message, 1, flags, NULL);
    } while (result == -EINTR);
    if (result < 0)
        return result;
    if (message.msg_hdr.msg_flags & MSG_TRUNC)
        return -ENOBUFS;
    return name.nl_pid == 0 ? (long)message.msg_len : 0;
}

/* Runs `callback` over the answer to the last request. 0 or a negative errno value. */
static int channel_answer(struct channel *channel, mnl_cb_t callback, void *context)
{
    for (;;) {
        long length = channel_receive(channel, 0);
        int result;

        if (length < 0)
            return (int)length;
        if (length == 0)
            continue;
        errno = 0;
        result = mnl_cb_run(channel->answer, (size_t)length, channel->sequence, channel->port,
                            callback, context);
        if (result < 0)
            return errno ? -errno : -EPROTO;
        if (result == MNL_CB_STOP)
            return 0;
    }
}

/* --- Questions ------------------------------------------------------------------------------- */

struct dump {
    struct net_records *out;
    int error;
};

static int take_record(const struct nlmsghdr *message, void *context)
{
    struct dump *dump = context;
    bool removed;

    dump->error = rtnl_decode(message, dump->out, &removed);
    return dump->error ? MNL_CB_STOP : MNL_CB_OK;
}

static int dump_once(enum net_record_kind kind, enum net_family family, struct net_records *out)
{
    _Alignas(struct nlmsghdr) char bytes[RTNL_REQUEST_BYTES];
    struct dump dump = { .out = out };
    struct channel channel;
    int one = 1;
    int error = channel_open(&channel, 0);

    if (error)
        return error;
    /* Kernels before 4.20 do not know it, and answer without it as well. */
    net_sys->setsockopt(channel.fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof(one));
    error = channel_send(&channel, rtnl_encode_dump(bytes, kind, family));
    if (!error)
        error = channel_answer(&channel, take_record, &dump);
    channel_close(&channel);
    return error ? error : dump.error;
}

static int dump(enum net_record_kind kind, enum net_family family, struct net_records *out)
{
    size_t before = out->count;
    int error = -EINTR;

    for (unsigned i = 0; i < DUMP_TRIES && (error == -EINTR || error == -ENOBUFS); i++) {
        out->count = before;
        error = dump_once(kind, family, out);
    }
    /* IPv4 has no anycast addresses here, and older kernels do not list its groups. */
    if (error == -EOPNOTSUPP && (kind == NET_RECORD_MULTICAST || kind == NET_RECORD_ANYCAST))
        error = 0;
    return error;
}

struct found {
    struct net_route *route;
    struct net_address *source;
    int error;
};

static int take_route(const struct nlmsghdr *message, void *context)
{
    struct found *found = context;

    found->error = rtnl_decode_found(message, found->route, found->source);
    return MNL_CB_STOP;
}

static int ask(struct nlmsghdr *request, mnl_cb_t callback, void *context)
{
    struct channel channel;
    int error = channel_open(&channel, 0);

    if (error)
        return error;
    error = channel_send(&channel, request);
    if (!error)
        error = channel_answer(&channel, callback, context);
    channel_close(&channel);
    return error;
}

static int find_route(const struct net_route_query *query, bool match, struct net_route *route,
                      struct net_address *source)
{
    _Alignas(struct nlmsghdr) char bytes[RTNL_REQUEST_BYTES];
    struct found found = { .route = route, .source = source };
    int error = ask(rtnl_encode_find(bytes, query, match), take_route, &found);

    return error ? error : found.error;
}

/* What the packet does is one answer, which entry of the table makes it do so another. */
static int find(const struct net_route_query *query, struct net_route *route,
                struct net_address *source)
{
    struct net_address unused;
    struct net_route entry;
    int error = find_route(query, false, route, source);

    if (error || find_route(query, true, &entry, &unused) != 0)
        return error;
    route->destination = entry.destination;
    route->prefix_length = entry.prefix_length;
    route->metric = entry.metric;
    route->protocol = entry.protocol;
    return 0;
}

static int take_link(const struct nlmsghdr *message, void *context)
{
    struct dump *dump = context;
    bool removed;

    dump->error = rtnl_decode(message, dump->out, &removed);
    return MNL_CB_STOP;
}

static int find_link(uint32_t index, struct net_link *link)
{
    _Alignas(struct nlmsghdr) char bytes[RTNL_REQUEST_BYTES];
    struct net_records records = { 0 };
    struct dump dump = { .out = &records };
    int error;

    /* The kernel takes an index as a signed number, and 0 for a question by name. */
    if (index == 0 || index > INT32_MAX)
        return -ENODEV;
    error = ask(rtnl_encode_link(bytes, index), take_link, &dump);
    if (!error)
        error = dump.error;
    if (!error && records.count == 0)
        error = -ENODEV;
    if (!error)
        *link = records.at[0].link;
    net_records_free(&records);
    return error;
}

/* --- Changes --------------------------------------------------------------------------------- */

static int take_nothing(const struct nlmsghdr *message, void *context)
{
    (void)message;
    (void)context;
    return MNL_CB_OK;
}

static int change(enum net_change change, const struct net_record *record)
{
    _Alignas(struct nlmsghdr) char bytes[RTNL_REQUEST_BYTES];
    struct nlmsghdr *request = rtnl_encode_change(bytes, change, record);
    int error;

    if (!request)
        return -EOPNOTSUPP;
    error = ask(request, take_nothing, NULL);
    return error == -ESRCH || error == -EADDRNOTAVAIL ? -ENOENT : error;
}

/* --- The watch ------------------------------------------------------------------------------- */

struct net_route_source {
    struct channel channel;
    int wake_fd;
    int epoll_fd;
};

static int arm(struct net_route_source *source, int fd)
{
    struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

    return (int)net_sys->epoll_ctl(source->epoll_fd, EPOLL_CTL_ADD, fd, &event);
}

static int arm_both(struct net_route_source *source)
{
    int error = arm(source, source->channel.fd);

    return error ? error : arm(source, source->wake_fd);
}

static int source_open(struct net_route_source **out)
{
    const uint32_t groups = RTMGRP_LINK | RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR |
                            RTMGRP_IPV4_ROUTE | RTMGRP_IPV6_ROUTE | RTMGRP_IPV6_IFINFO;
    struct net_route_source *source = os_allocate_zeroed(sizeof(*source));
    int size = WATCH_BUFFER_BYTES;
    int error;

    if (!source)
        return -ENOMEM;
    error = channel_open(&source->channel, groups);
    if (error)
        goto free_source;
    net_sys->setsockopt(source->channel.fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
    error = source->wake_fd = (int)net_sys->eventfd2(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (error < 0)
        goto close_channel;
    error = source->epoll_fd = (int)net_sys->epoll_create1(EPOLL_CLOEXEC);
    if (error < 0)
        goto close_wake;
    error = arm_both(source);
    if (error)
        goto close_epoll;
    *out = source;
    return 0;

close_epoll:
    net_sys->close(source->epoll_fd);
close_wake:
    net_sys->close(source->wake_fd);
close_channel:
    channel_close(&source->channel);
free_source:
    os_free(source);
    return error;
}

struct relay {
    net_route_event_fn *event;
    void *context;
    int error;
};

/*
 * What one family of a link does is told in a message that lacks the rest: the link is asked for.
 */
static int relay_family(const struct ifinfomsg *info, struct relay *relay)
{
    struct net_record record;

    memset(&record, 0, sizeof(record));
    record.kind = NET_RECORD_LINK;
    if (info->ifi_family == AF_INET6 && find_link((uint32_t)info->ifi_index, &record.link) == 0)
        relay->event(relay->context, &record, false);
    return MNL_CB_OK;
}

static int relay_message(const struct nlmsghdr *message, void *context)
{
    const struct ifinfomsg *info = mnl_nlmsg_get_payload(message);
    struct net_records records = { 0 };
    struct relay *relay = context;
    bool removed;

    if (message->nlmsg_type == RTM_NEWLINK && mnl_nlmsg_get_payload_len(message) >= sizeof(*info) &&
        info->ifi_family != AF_UNSPEC)
        return relay_family(info, relay);
    if (rtnl_decode(message, &records, &removed) != 0)
        relay->error = -ENOBUFS;
    for (size_t i = 0; i < records.count; i++)
        relay->event(relay->context, &records.at[i], removed);
    net_records_free(&records);
    return MNL_CB_OK;
}

static int read_messages(struct net_route_source *source, struct relay *relay)
{
    long length;

    while ((length = channel_receive(&source->channel, MSG_DONTWAIT)) >= 0) {
        if (length && mnl_cb_run(source->channel.answer, (size_t)length, 0, 0, relay_message,
                                 relay) < 0)
            return -ENOBUFS;
        if (relay->error)
            return relay->error;
    }
    return length == -EAGAIN ? 0 : -ENOBUFS;
}

static int source_wait(struct net_route_source *source, net_route_event_fn *event, void *context)
{
    struct relay relay = { .event = event, .context = context };
    struct epoll_event ready;

    net_sys->epoll_pwait(source->epoll_fd, &ready, 1, -1, NULL, 0);
    return read_messages(source, &relay);
}

static void source_wake(struct net_route_source *source)
{
    const uint64_t one = 1;

    net_sys->write(source->wake_fd, &one, sizeof(one));
}

static void source_close(struct net_route_source *source)
{
    net_sys->close(source->epoll_fd);
    net_sys->close(source->wake_fd);
    channel_close(&source->channel);
    os_free(source);
}

const struct net_route_port net_route_rtnetlink = {
    .dump = dump,
    .link = find_link,
    .find = find,
    .change = change,
    .open = source_open,
    .wait = source_wait,
    .wake = source_wake,
    .close = source_close,
};
