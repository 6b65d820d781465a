/* SPDX-License-Identifier: MIT */
/* port_script.c - see port_script.h. One lock for the whole network; loops block on their word. */
#include "port_script.h"

#include "address.h"

#include <errno.h>
#include <string.h>

#define FIRST_EPHEMERAL_PORT 49152u

struct fault {
    unsigned calls;      /* so far */
    unsigned first;      /* 0: none planned */
    unsigned count;
    int error;
};

struct script {
    struct net_port port;
    struct base_lock lock;
    struct list loops;
    struct list endpoints;       /* newest last */
    struct list wire;
    size_t wire_count;
    size_t wire_capacity;
    size_t queue_capacity;
    bool automatic;
    bool no_ipv6;
    unsigned send_limit;
    unsigned receive_limit;
    unsigned run_limit;
    uint16_t next_port;
    uint64_t now;
    struct fault faults[SCRIPT_CALLS];
    _Atomic uint32_t settled;    /* changes when a loop goes to sleep */
};

struct net_port_loop {
    struct list link;
    struct script *script;
    _Atomic uint32_t word;       /* changes when the loop has to look again */
    bool woken;
    bool asleep;
    uint64_t deadline;
};

struct joined {
    struct list link;
    struct net_address group;
    struct net_address source;   /* family 0: any */
};

struct net_port_udp {
    struct list link;
    struct script *script;
    enum net_family family;
    struct net_address bound;    /* port 0: not bound */
    struct net_port_loop *loop;
    void *owner;
    uint32_t armed;
    uint32_t pending;
    bool blocked;                /* got -EAGAIN from send */
    struct list queue;           /* script_datagram */
    size_t queued;
    struct list groups;
    int options[2][NET_OPTION_COUNT]; /* the second: the IPv4 half of an IPv6 endpoint */
};

/* --- Small things, under the lock ------------------------------------------------------------ */

static void lock(struct script *script)
{
    base_lock_acquire(&script->lock);
}

static void unlock(struct script *script)
{
    base_lock_release(&script->lock);
}

static bool fails_now(const struct fault *fault, unsigned call)
{
    return fault->first && call >= fault->first && call - fault->first < fault->count;
}

/* Counts one call; 0 or the planned error. */
static int count_call(struct script *script, enum script_call call)
{
    struct fault *fault = &script->faults[call];

    fault->calls++;
    return fails_now(fault, fault->calls) ? -fault->error : 0;
}

static void kick(struct net_port_loop *loop)
{
    atomic_fetch_add(&loop->word, 1);
    os_wake_all(&loop->word);
}

static void report(struct net_port_udp *udp, uint32_t events)
{
    events &= udp->armed;
    if (!events)
        return;
    udp->pending |= events;
    kick(udp->loop);
}

static struct script_datagram *make_datagram(size_t length)
{
    struct script_datagram *datagram = os_allocate_zeroed(sizeof(*datagram) + length);

    BASE_REQUIRE(datagram != NULL);
    list_init(&datagram->link);
    datagram->length = length;
    return datagram;
}

static struct script_datagram *copy_datagram(const struct script_datagram *from)
{
    struct script_datagram *datagram = make_datagram(from->length);

    memcpy(datagram, from, sizeof(*from) + from->length);
    list_init(&datagram->link);
    return datagram;
}

static struct script_datagram *oldest(struct list *list)
{
    return list_empty(list) ? NULL : container_of(list->next, struct script_datagram, link);
}

static void free_datagrams(struct list *list)
{
    struct list *link;

    while ((link = list_pop_front(list)))
        os_free(container_of(link, struct script_datagram, link));
}

/* --- Delivery -------------------------------------------------------------------------------- */

static bool is_broadcast(const struct net_address *address)
{
    return address->family == NET_IPV4 && address->ip[3] == 255;
}

static bool same_ip(const struct net_address *a, const struct net_address *b)
{
    return a->family == b->family && memcmp(a->ip, b->ip, sizeof(a->ip)) == 0;
}

static bool has_joined(const struct net_port_udp *udp, const struct script_datagram *datagram)
{
    list_for_each(link, &udp->groups) {
        const struct joined *joined = container_of(link, struct joined, link);

        if (same_ip(&joined->group, &datagram->to) &&
            (joined->source.family == NET_UNSPECIFIED ||
             same_ip(&joined->source, &datagram->from)))
            return true;
    }
    return false;
}

/* 0: not for this endpoint; more is a closer match. */
static int match(const struct net_port_udp *udp, const struct script_datagram *datagram)
{
    struct net_address bound = net_address_unmapped(&udp->bound);
    bool any = net_address_is_any(&bound);
    bool many = is_broadcast(&datagram->to) || net_address_is_multicast(&datagram->to);

    if (udp->bound.port == 0 || udp->bound.port != datagram->to.port)
        return 0;
    if (udp->family == NET_IPV4 && datagram->to.family != NET_IPV4)
        return 0;
    if (udp->family == NET_IPV6 && datagram->to.family == NET_IPV4 &&
        udp->options[0][NET_OPTION_V6ONLY])
        return 0;
    if (net_address_is_multicast(&datagram->to) && !has_joined(udp, datagram))
        return 0;
    if (any)
        return 1;
    return same_ip(&bound, &datagram->to) || (many && bound.family == datagram->to.family) ? 2 : 0;
}

static void enqueue(struct net_port_udp *udp, struct script_datagram *datagram)
{
    if (udp->queued >= udp->script->queue_capacity) {
        os_free(datagram);
        return;
    }
    list_push_back(&udp->queue, &datagram->link);
    udp->queued++;
    report(udp, NET_PORT_READABLE);
}

static void deliver_to_all(struct script *script, const struct script_datagram *datagram)
{
    list_for_each(link, &script->endpoints) {
        struct net_port_udp *udp = container_of(link, struct net_port_udp, link);

        if (match(udp, datagram))
            enqueue(udp, copy_datagram(datagram));
    }
}

static void deliver_to_best(struct script *script, const struct script_datagram *datagram)
{
    struct net_port_udp *best = NULL;
    int best_match = 0;

    list_for_each(link, &script->endpoints) {
        struct net_port_udp *udp = container_of(link, struct net_port_udp, link);
        int this_match = match(udp, datagram);

        if (this_match && this_match >= best_match) {
            best = udp;
            best_match = this_match;
        }
    }
    if (best)
        enqueue(best, copy_datagram(datagram));
}

static void report_space(struct script *script)
{
    if (script->wire_count >= script->wire_capacity)
        return;
    list_for_each(link, &script->endpoints) {
        struct net_port_udp *udp = container_of(link, struct net_port_udp, link);

        if (udp->blocked) {
            udp->blocked = false;
            report(udp, NET_PORT_WRITABLE);
        }
    }
}

static struct script_datagram *off_the_wire(struct script *script)
{
    struct script_datagram *datagram = oldest(&script->wire);

    if (datagram) {
        list_remove(&datagram->link);
        script->wire_count--;
        report_space(script);
    }
    return datagram;
}

static bool deliver_oldest(struct script *script)
{
    struct script_datagram *datagram = off_the_wire(script);

    if (!datagram)
        return false;
    if (is_broadcast(&datagram->to) || net_address_is_multicast(&datagram->to))
        deliver_to_all(script, datagram);
    else
        deliver_to_best(script, datagram);
    os_free(datagram);
    return true;
}

static void onto_the_wire(struct script *script, struct script_datagram *datagram)
{
    list_push_back(&script->wire, &datagram->link);
    script->wire_count++;
    while (script->automatic && deliver_oldest(script))
        ;
}

/* --- Port: loops ----------------------------------------------------------------------------- */

static int port_loop_open(const struct net_port *port, struct net_port_loop **out)
{
    struct script *script = container_of(port, struct script, port);
    struct net_port_loop *loop = os_allocate_zeroed(sizeof(*loop));
    int error;

    BASE_REQUIRE(loop != NULL);
    lock(script);
    error = count_call(script, SCRIPT_LOOP_OPEN);
    if (!error) {
        loop->script = script;
        loop->deadline = OS_FOREVER;
        list_push_back(&script->loops, &loop->link);
    }
    unlock(script);
    if (error)
        os_free(loop);
    else
        *out = loop;
    return error;
}

static void port_loop_close(struct net_port_loop *loop)
{
    struct script *script = loop->script;

    lock(script);
    list_remove(&loop->link);
    unlock(script);
    os_free(loop);
}

static unsigned collect(struct net_port_loop *loop, struct net_port_ready *ready, unsigned count)
{
    unsigned filled = 0;

    list_for_each(link, &loop->script->endpoints) {
        struct net_port_udp *udp = container_of(link, struct net_port_udp, link);

        if (udp->loop != loop || !udp->pending || filled == count)
            continue;
        ready[filled].owner = udp->owner;
        ready[filled++].events = udp->pending;
        udp->pending = 0;
    }
    return filled;
}

static bool has_reports(const struct net_port_loop *loop)
{
    list_for_each(link, &loop->script->endpoints) {
        const struct net_port_udp *udp = container_of(link, struct net_port_udp, link);

        if (udp->loop == loop && udp->pending)
            return true;
    }
    return false;
}

static bool must_return(const struct net_port_loop *loop)
{
    return loop->woken || loop->deadline <= loop->script->now || has_reports(loop);
}

static void sleep_until_kicked(struct net_port_loop *loop)
{
    struct script *script = loop->script;
    uint32_t word = atomic_load(&loop->word);

    loop->asleep = true;
    atomic_fetch_add(&script->settled, 1);
    os_wake_all(&script->settled);
    unlock(script);
    os_wait(&loop->word, word, OS_FOREVER);
    lock(script);
    loop->asleep = false;
}

static int port_wait(struct net_port_loop *loop, struct net_port_ready *ready, unsigned count,
                     uint64_t timeout_ns)
{
    struct script *script = loop->script;
    int result;

    lock(script);
    loop->deadline = timeout_ns == OS_FOREVER ? OS_FOREVER : script->now + timeout_ns;
    result = count_call(script, SCRIPT_WAIT);
    while (!result && !must_return(loop))
        sleep_until_kicked(loop);
    loop->woken = false;
    if (!result)
        result = (int)collect(loop, ready, count);
    unlock(script);
    return result;
}

static void port_wake(struct net_port_loop *loop)
{
    struct script *script = loop->script;

    lock(script);
    loop->woken = true;
    kick(loop);
    unlock(script);
}

/* --- Port: endpoints ------------------------------------------------------------------------- */

static int port_open(const struct net_port *port, const struct net_transport *transport,
                     struct net_port_udp **out)
{
    struct script *script = container_of(port, struct script, port);
    struct net_port_udp *udp = os_allocate_zeroed(sizeof(*udp));
    int error;

    BASE_REQUIRE(udp != NULL);
    udp->script = script;
    udp->family = transport->family;
    udp->bound.family = (uint16_t)transport->family;
    udp->options[0][NET_OPTION_V6ONLY] = transport->family == NET_IPV6;
    udp->options[0][NET_OPTION_CHECKSUM] = -1;
    udp->options[0][NET_OPTION_RECEIVE_BUFFER] = udp->options[0][NET_OPTION_SEND_BUFFER] = 65536;
    udp->options[0][NET_OPTION_HOPS] = 64;
    udp->options[0][NET_OPTION_MULTICAST_HOPS] = 1;
    udp->options[0][NET_OPTION_MULTICAST_LOOP] = 1;
    list_init(&udp->queue);
    list_init(&udp->groups);
    lock(script);
    error = count_call(script, SCRIPT_OPEN);
    if (!error && transport->kind == NET_RAW)
        error = -EPROTONOSUPPORT;
    if (!error && transport->family == NET_IPV6 && script->no_ipv6)
        error = -EAFNOSUPPORT;
    if (!error)
        list_push_back(&script->endpoints, &udp->link);
    unlock(script);
    if (error)
        os_free(udp);
    else
        *out = udp;
    return error;
}

static void port_close(struct net_port_udp *udp)
{
    struct script *script = udp->script;
    struct list *link;

    lock(script);
    list_remove(&udp->link);
    unlock(script);
    free_datagrams(&udp->queue);
    while ((link = list_pop_front(&udp->groups)))
        os_free(container_of(link, struct joined, link));
    os_free(udp);
}

static int port_arm(struct net_port_udp *udp, struct net_port_loop *loop, void *owner,
                    uint32_t events)
{
    struct script *script = udp->script;
    int error;

    lock(script);
    error = count_call(script, SCRIPT_ARM);
    if (!error) {
        udp->loop = loop;
        udp->owner = owner;
        udp->armed = events;
        if (!list_empty(&udp->queue))
            report(udp, NET_PORT_READABLE);
        if (!udp->blocked || script->wire_count < script->wire_capacity)
            report(udp, NET_PORT_WRITABLE);
    }
    unlock(script);
    return error;
}

static bool taken(struct script *script, const struct net_port_udp *udp,
                  const struct net_address *address)
{
    list_for_each(link, &script->endpoints) {
        const struct net_port_udp *other = container_of(link, struct net_port_udp, link);
        bool any = net_address_is_any(&other->bound) || net_address_is_any(address);

        if (other->bound.port == address->port && other->family == udp->family &&
            (any || same_ip(&other->bound, address)) &&
            !(other->options[0][NET_OPTION_REUSE_ADDRESS] && udp->options[0][NET_OPTION_REUSE_ADDRESS]))
            return true;
    }
    return false;
}

static uint16_t to_network(uint16_t port)
{
    return (uint16_t)(port << 8 | port >> 8);
}

static int bind_locked(struct net_port_udp *udp, const struct net_address *address)
{
    struct net_address bound = *address;
    int error = count_call(udp->script, SCRIPT_BIND);

    if (error)
        return error;
    if (udp->bound.port)
        return -EINVAL;
    if (bound.port == 0)
        bound.port = to_network((uint16_t)(FIRST_EPHEMERAL_PORT + udp->script->next_port++));
    if (taken(udp->script, udp, &bound))
        return -EADDRINUSE;
    udp->bound = bound;
    return 0;
}

static int port_bind(struct net_port_udp *udp, const struct net_address *address)
{
    int error;

    lock(udp->script);
    error = bind_locked(udp, address);
    unlock(udp->script);
    return error;
}

static int port_local_address(struct net_port_udp *udp, struct net_address *address)
{
    int error;

    lock(udp->script);
    error = count_call(udp->script, SCRIPT_LOCAL_ADDRESS);
    *address = udp->bound;
    unlock(udp->script);
    return error;
}

static int *option_place(struct net_port_udp *udp, int option)
{
    return &udp->options[(option & NET_OPTION_IPV4) != 0][option & ~NET_OPTION_IPV4];
}

static int port_set_option(struct net_port_udp *udp, int option, int value)
{
    int error;

    lock(udp->script);
    error = count_call(udp->script, SCRIPT_OPTION);
    if (!error)
        *option_place(udp, option) = value;
    unlock(udp->script);
    return error;
}

static int port_get_option(struct net_port_udp *udp, int option, int *value)
{
    int error;

    lock(udp->script);
    error = count_call(udp->script, SCRIPT_OPTION);
    *value = *option_place(udp, option);
    unlock(udp->script);
    return error;
}

/* Every path is an Ethernet. */
static int port_path_mtu(struct net_port_udp *udp, const struct net_address *to, int *mtu)
{
    (void)udp, (void)to;
    *mtu = 1500;
    return 0;
}

static struct joined *find_joined(struct net_port_udp *udp, const struct joined *like)
{
    list_for_each(link, &udp->groups) {
        struct joined *joined = container_of(link, struct joined, link);

        if (same_ip(&joined->group, &like->group) && same_ip(&joined->source, &like->source))
            return joined;
    }
    return NULL;
}

static int change_membership(struct net_port_udp *udp, const struct joined *like,
                             enum net_membership_action action)
{
    struct joined *joined = find_joined(udp, like);

    if (action == NET_BLOCK || action == NET_UNBLOCK)
        return -ENOPROTOOPT;
    if (action == NET_LEAVE) {
        if (!joined)
            return -EADDRNOTAVAIL;
        list_remove(&joined->link);
        os_free(joined);
        return 0;
    }
    if (joined)
        return -EADDRINUSE;
    joined = os_allocate(sizeof(*joined));
    BASE_REQUIRE(joined != NULL);
    *joined = *like;
    list_push_back(&udp->groups, &joined->link);
    return 0;
}

static int port_membership(struct net_port_udp *udp, const struct net_membership *membership)
{
    struct joined like = { .group = net_address_unmapped(&membership->group) };
    int error;

    if (membership->source)
        like.source = net_address_unmapped(membership->source);
    lock(udp->script);
    error = count_call(udp->script, SCRIPT_MEMBERSHIP);
    if (!error)
        error = change_membership(udp, &like, membership->action);
    unlock(udp->script);
    return error;
}

/* There is one interface, and 127.0.0.1 is its address. */
static int port_multicast_from(struct net_port_udp *udp, const struct net_address *local)
{
    (void)udp;
    return memcmp(local->ip, (uint8_t[]){ 127, 0, 0, 1 }, 4) == 0 ? 0 : -EADDRNOTAVAIL;
}

/* --- Port: send ------------------------------------------------------------------------------ */

static struct net_address source_of(const struct net_port_udp *udp, const struct net_send *send,
                                    const struct net_address *to)
{
    struct net_address from = net_address_unmapped(&udp->bound);

    if ((send->envelope->control.present & NET_CONTROL_LOCAL) && !net_address_is_any(&send->envelope->control.local))
        from = net_address_unmapped(&send->envelope->control.local);
    from.family = to->family;
    if (net_address_is_any(&from)) {
        memset(from.ip, 0, sizeof(from.ip));
        if (to->family == NET_IPV4)
            memcpy(from.ip, (uint8_t[]){ 127, 0, 0, 1 }, 4);
        else
            from.ip[15] = 1;
    }
    from.port = udp->bound.port;
    return from;
}

static void fill_control(const struct net_port_udp *udp, const struct net_send *send,
                         struct script_datagram *datagram)
{
    struct net_control *control = &datagram->control;
    bool multicast = net_address_is_multicast(&datagram->to);
    uint8_t tos = (uint8_t)udp->options[0][NET_OPTION_TOS];

    *control = send->envelope->control;
    if (control->present & NET_CONTROL_TOS)
        tos = control->tos;
    else if (control->present & NET_CONTROL_ECN)
        tos = (uint8_t)((tos & ~3u) | (control->tos & 3u));
    control->tos = tos;
    if (!(control->present & NET_CONTROL_HOPS))
        control->hops = (uint8_t)udp->options[0][multicast ? NET_OPTION_MULTICAST_HOPS
                                                        : NET_OPTION_HOPS];
    control->present |= NET_CONTROL_TOS | NET_CONTROL_HOPS;
}

static struct script_datagram *build(const struct net_port_udp *udp, const struct net_send *send)
{
    struct script_datagram *datagram;
    size_t length = 0;

    for (uint32_t i = 0; i < send->slice_count; i++)
        length += send->slices[i].length;
    datagram = make_datagram(length);
    length = 0;
    for (uint32_t i = 0; i < send->slice_count; i++) {
        if (send->slices[i].length)
            memcpy(datagram->data + length, send->slices[i].base, send->slices[i].length);
        length += send->slices[i].length;
    }
    datagram->to = net_address_unmapped(&send->envelope->to);
    datagram->from = source_of(udp, send, &datagram->to);
    fill_control(udp, send, datagram);
    return datagram;
}

static int send_one(struct net_port_udp *udp, const struct net_send *send)
{
    struct script *script = udp->script;
    int error = count_call(script, SCRIPT_SEND);
    struct net_address any = { .family = (uint16_t)udp->family };

    if (error)
        return error;
    if (script->wire_count >= script->wire_capacity) {
        udp->blocked = true;
        return -EAGAIN;
    }
    if (is_broadcast(&send->envelope->to) && !udp->options[0][NET_OPTION_BROADCAST])
        return -EACCES;
    if (!udp->bound.port) {
        any.port = to_network((uint16_t)(FIRST_EPHEMERAL_PORT + script->next_port++));
        udp->bound = any;
    }
    onto_the_wire(script, build(udp, send));
    return 0;
}

/* The next datagram would fail: as in the kernel it keeps its error for the call it is first in. */
static bool next_would_fail(const struct script *script)
{
    const struct fault *fault = &script->faults[SCRIPT_SEND];

    return fails_now(fault, fault->calls + 1) || script->wire_count >= script->wire_capacity;
}

static int port_send(struct net_port_udp *udp, const struct net_send *const *batch,
                     unsigned count)
{
    struct script *script = udp->script;
    unsigned sent = 0;
    int error = 0;

    lock(script);
    if (script->send_limit && count > script->send_limit)
        count = script->send_limit;
    while (sent < count && !error && !(sent && next_would_fail(script))) {
        error = send_one(udp, batch[sent]);
        if (!error)
            sent++;
    }
    unlock(script);
    return sent ? (int)sent : error;
}

static int check_run(struct net_port_udp *udp, unsigned count)
{
    struct script *script = udp->script;
    const struct fault *fault = &script->faults[SCRIPT_SEND];
    int error = count_call(script, SCRIPT_RUN);

    if (error)
        return error;
    if (script->wire_count >= script->wire_capacity) {
        udp->blocked = true;
        return -EAGAIN;
    }
    for (unsigned i = 1; i <= count; i++)
        if (fails_now(fault, fault->calls + i))
            return -fault->error;
    return 0;
}

/* As the kernel: with the first byte accepted all of it is. */
static int port_send_run(struct net_port_udp *udp, const struct net_send *const *batch,
                         unsigned count)
{
    struct script *script = udp->script;
    size_t capacity;
    int error;

    lock(script);
    error = check_run(udp, count);
    capacity = script->wire_capacity;
    script->wire_capacity = SIZE_MAX;
    for (unsigned i = 0; i < count && !error; i++)
        BASE_REQUIRE(send_one(udp, batch[i]) == 0);
    script->wire_capacity = capacity;
    unlock(script);
    return error;
}

/* --- Port: receive --------------------------------------------------------------------------- */

static void copy_payload(const struct script_datagram *from, struct net_port_receive *place)
{
    size_t first = from->length < place->slices[0].length ? from->length : place->slices[0].length;
    size_t rest = from->length - first;
    size_t second = rest < place->slices[1].length ? rest : place->slices[1].length;

    memcpy(place->slices[0].base, from->data, first);
    if (second)
        memcpy(place->slices[1].base, from->data + first, second);
    place->datagram->length = first + second;
    place->truncated = second < rest;
    place->control_lost = false;
}

static void copy_control(const struct net_port_udp *udp, const struct script_datagram *from,
                         struct net_datagram *to)
{
    struct net_control *control = &to->control;

    memset(control, 0, sizeof(*control));
    control->present = NET_CONTROL_LOCAL;
    control->local = from->to;
    control->local.port = 0;
    control->interface_index = 1;
    if (udp->options[0][NET_OPTION_RECEIVE_TOS]) {
        control->present |= NET_CONTROL_TOS;
        control->tos = from->control.tos;
    }
    if (udp->options[0][NET_OPTION_RECEIVE_HOPS]) {
        control->present |= NET_CONTROL_HOPS;
        control->hops = from->control.hops;
    }
}

static bool same_flow(const struct script_datagram *a, const struct script_datagram *b)
{
    return memcmp(&a->from, &b->from, sizeof(a->from)) == 0 &&
           memcmp(&a->to, &b->to, sizeof(a->to)) == 0 && a->control.tos == b->control.tos &&
           a->control.hops == b->control.hops;
}

/* How many from the oldest on form a run, and how long they are together. */
static unsigned run_of(const struct net_port_udp *udp, size_t *total)
{
    const struct script_datagram *first = oldest((struct list *)&udp->queue);
    unsigned count = 0;
    size_t previous = first->length;

    *total = 0;
    list_for_each(link, &udp->queue) {
        const struct script_datagram *each = container_of(link, struct script_datagram, link);

        if (count && (count == udp->script->run_limit || previous < first->length ||
                      each->length > first->length || each->length == 0 ||
                      *total + each->length > NET_UDP_PAYLOAD_MAX_IPV4 || !same_flow(first, each)))
            break;
        previous = each->length;
        *total += each->length;
        count++;
        if (!udp->script->run_limit || first->length == 0)
            break;
    }
    return count;
}

/* Makes one datagram of them, in their place; its segment size, or 0. */
static uint16_t join_oldest(struct net_port_udp *udp)
{
    size_t total, at = 0, segment = oldest(&udp->queue)->length;
    unsigned count = run_of(udp, &total);
    struct script_datagram *joined;

    if (count < 2)
        return 0;
    joined = make_datagram(total);
    memcpy(joined, oldest(&udp->queue), sizeof(*joined));
    joined->length = total;
    list_init(&joined->link);
    while (count--) {
        struct script_datagram *each = oldest(&udp->queue);

        memcpy(joined->data + at, each->data, each->length);
        at += each->length;
        list_remove(&each->link);
        udp->queued--;
        os_free(each);
    }
    list_push_front(&udp->queue, &joined->link);
    udp->queued++;
    return (uint16_t)segment;
}

static void receive_one(struct net_port_udp *udp, struct net_port_receive *place)
{
    uint16_t segment = join_oldest(udp);
    struct script_datagram *from = oldest(&udp->queue);
    struct net_datagram *to = place->datagram;

    list_remove(&from->link);
    udp->queued--;
    copy_payload(from, place);
    copy_control(udp, from, to);
    if (segment) {
        to->control.present |= NET_CONTROL_SEGMENT;
        to->control.segment = segment;
    }
    to->source = udp->family == NET_IPV6 ? net_address_mapped(&from->from) : from->from;
    to->flags = 0;
    if (net_address_is_multicast(&from->to))
        to->flags = NET_DATAGRAM_MULTICAST;
    else if (is_broadcast(&from->to))
        to->flags = NET_DATAGRAM_BROADCAST;
    os_free(from);
}

static int port_receive(struct net_port_udp *udp, struct net_port_receive *batch, unsigned count,
                        bool *empty)
{
    struct script *script = udp->script;
    unsigned got = 0;
    int error;

    lock(script);
    error = count_call(script, SCRIPT_RECEIVE);
    if (script->receive_limit && count > script->receive_limit)
        count = script->receive_limit;
    while (!error && got < count && !list_empty(&udp->queue))
        receive_one(udp, &batch[got++]);
    *empty = list_empty(&udp->queue);
    unlock(script);
    if (error)
        return error;
    return got ? (int)got : -EAGAIN;
}

/* --- The test's side ------------------------------------------------------------------------- */

static const struct net_port script_verbs = {
    .loop_open = port_loop_open,
    .loop_close = port_loop_close,
    .wait = port_wait,
    .wake = port_wake,
    .open = port_open,
    .close = port_close,
    .arm = port_arm,
    .bind = port_bind,
    .local_address = port_local_address,
    .set_option = port_set_option,
    .get_option = port_get_option,
    .path_mtu = port_path_mtu,
    .membership = port_membership,
    .multicast_from = port_multicast_from,
    .send = port_send,
    .receive = port_receive,
};

struct script *script_create(void)
{
    struct script *script = os_allocate_zeroed(sizeof(*script));

    BASE_REQUIRE(script != NULL);
    script->port = script_verbs;
    list_init(&script->loops);
    list_init(&script->endpoints);
    list_init(&script->wire);
    script->wire_capacity = script->queue_capacity = SIZE_MAX;
    script->automatic = true;
    return script;
}

void script_destroy(struct script *script)
{
    BASE_REQUIRE(list_empty(&script->endpoints) && list_empty(&script->loops));
    free_datagrams(&script->wire);
    os_free(script);
}

const struct net_port *script_port(struct script *script)
{
    return &script->port;
}

void script_automatic(struct script *script, bool on)
{
    lock(script);
    script->automatic = on;
    while (on && deliver_oldest(script))
        ;
    unlock(script);
}

void script_offload(struct script *script, bool on, unsigned run)
{
    lock(script);
    script->port.send_run = on ? port_send_run : NULL;
    script->run_limit = run;
    unlock(script);
}

size_t script_wire_count(struct script *script)
{
    size_t count;

    lock(script);
    count = script->wire_count;
    unlock(script);
    return count;
}

size_t script_deliver(struct script *script, size_t count)
{
    size_t delivered = 0;

    lock(script);
    while (delivered < count && deliver_oldest(script))
        delivered++;
    unlock(script);
    return delivered;
}

size_t script_drop(struct script *script, size_t count)
{
    size_t dropped = 0;
    struct script_datagram *datagram;

    lock(script);
    while (dropped < count && (datagram = off_the_wire(script))) {
        os_free(datagram);
        dropped++;
    }
    unlock(script);
    return dropped;
}

void script_duplicate(struct script *script)
{
    struct script_datagram *datagram;

    lock(script);
    datagram = oldest(&script->wire);
    BASE_REQUIRE(datagram != NULL);
    list_push_front(&datagram->link, &copy_datagram(datagram)->link);
    script->wire_count++;
    unlock(script);
}

void script_swap(struct script *script)
{
    struct script_datagram *datagram;

    lock(script);
    datagram = oldest(&script->wire);
    BASE_REQUIRE(datagram != NULL && datagram->link.next != &script->wire);
    struct list *second = datagram->link.next;
    list_remove(&datagram->link);
    list_push_front(second, &datagram->link);
    unlock(script);
}

struct script_datagram *script_take(struct script *script)
{
    struct script_datagram *datagram;

    lock(script);
    datagram = off_the_wire(script);
    unlock(script);
    return datagram;
}

void script_inject(struct script *script, const struct net_address *from,
                   const struct net_address *to, const void *data, size_t length)
{
    struct script_datagram *datagram = make_datagram(length);

    datagram->from = net_address_unmapped(from);
    datagram->to = net_address_unmapped(to);
    datagram->control.hops = 64;
    datagram->control.present = NET_CONTROL_TOS | NET_CONTROL_HOPS;
    if (length)
        memcpy(datagram->data, data, length);
    lock(script);
    onto_the_wire(script, datagram);
    unlock(script);
}

void script_fail(struct script *script, enum script_call call, unsigned nth, unsigned count,
                 int error)
{
    struct fault *fault = &script->faults[call];

    lock(script);
    fault->first = nth ? fault->calls + nth : 0;
    fault->count = count;
    fault->error = error;
    unlock(script);
}

unsigned script_calls(struct script *script, enum script_call call)
{
    unsigned calls;

    lock(script);
    calls = script->faults[call].calls;
    unlock(script);
    return calls;
}

void script_ipv6(struct script *script, bool on)
{
    lock(script);
    script->no_ipv6 = !on;
    unlock(script);
}

void script_limit_send(struct script *script, unsigned count)
{
    lock(script);
    script->send_limit = count;
    unlock(script);
}

void script_limit_receive(struct script *script, unsigned count)
{
    lock(script);
    script->receive_limit = count;
    unlock(script);
}

void script_wire_capacity(struct script *script, size_t count)
{
    lock(script);
    script->wire_capacity = count;
    report_space(script);
    unlock(script);
}

void script_queue_capacity(struct script *script, size_t count)
{
    lock(script);
    script->queue_capacity = count;
    unlock(script);
}

static bool all_asleep(struct script *script)
{
    list_for_each(link, &script->loops) {
        const struct net_port_loop *loop = container_of(link, struct net_port_loop, link);

        if (!loop->asleep || must_return(loop))
            return false;
    }
    return true;
}

void script_settle(struct script *script)
{
    for (;;) {
        uint32_t settled = atomic_load(&script->settled);
        bool done;

        lock(script);
        done = all_asleep(script);
        unlock(script);
        if (done)
            return;
        os_wait(&script->settled, settled, OS_FOREVER);
    }
}

void script_advance(struct script *script, uint64_t ns)
{
    lock(script);
    script->now += ns;
    list_for_each(link, &script->loops)
        kick(container_of(link, struct net_port_loop, link));
    unlock(script);
}
