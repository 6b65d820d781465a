/* SPDX-License-Identifier: MIT */
/*
 * sharing.c - see sharing.h. The table: "Sharing Transport Addresses" of the public WSK
 * documentation.
 */
#include "sharing.h"

#include "descriptor.h"
#include "translate.h"

#include <string.h>

static struct base_lock lock;
static struct list bound = LIST_INITIALISER(bound);

/* --- The table ------------------------------------------------------------------------------- */

enum mode { MODE_NONE, MODE_REUSE, MODE_EXCLUSIVE };

#define OK STATUS_SUCCESS
#define INUSE STATUS_ADDRESS_ALREADY_EXISTS
#define DENIED STATUS_ACCESS_DENIED
/* The first socket's security descriptor decides (SEC-05); no status of a bind. */
#define CHECK STATUS_MORE_PROCESSING_REQUIRED

/* [mode of the second][it is specific][mode of the first][it is specific] */
static const NTSTATUS verdicts[3][2][3][2] = {
    [MODE_NONE] = {
        { { INUSE, OK }, { INUSE, OK }, { INUSE, OK } },
        { { CHECK, INUSE }, { CHECK, DENIED }, { DENIED, INUSE } },
    },
    [MODE_REUSE] = {
        { { DENIED, OK }, { OK, OK }, { DENIED, OK } },
        { { CHECK, DENIED }, { OK, OK }, { DENIED, DENIED } },
    },
    [MODE_EXCLUSIVE] = {
        { { INUSE, INUSE }, { INUSE, INUSE }, { INUSE, INUSE } },
        { { CHECK, INUSE }, { CHECK, INUSE }, { DENIED, INUSE } },
    },
};

/* --- Do two addresses meet? ------------------------------------------------------------------ */

static bool is_any(const struct net_address *address)
{
    static const uint8_t zero[16];

    return memcmp(address->ip, zero, sizeof(zero)) == 0;
}

/*
 * An address of a socket that also carries IPv4, as IPv4 sees it. False when it has no such side.
 */
static bool ipv4_side(const struct wsk_socket *socket, const struct net_address *address,
                      struct net_address *side)
{
    static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
    int v6only = 1;

    *side = *address;
    if (socket->family == NET_IPV4)
        return true;
    side->family = NET_IPV4;
    if (net_udp_get_option(socket->udp, NET_OPTION_V6ONLY, &v6only) != 0 || v6only)
        return false;
    if (is_any(address))
        return true;
    if (memcmp(address->ip, mapped, sizeof(mapped)) != 0)
        return false;
    memset(side->ip, 0, sizeof(side->ip));
    memcpy(side->ip, address->ip + 12, 4);
    return true;
}

/* Both sides in words of one family; false when they have no family in common. */
static bool common_family(const struct wsk_socket *second, struct net_address *asked,
                          const struct wsk_socket *first, struct net_address *taken)
{
    struct net_address a = *asked, b = *taken;

    if (second->family == first->family)
        return true;
    return ipv4_side(second, &a, asked) && ipv4_side(first, &b, taken);
}

static enum mode mode_of(struct wsk_socket *socket)
{
    if (atomic_load(&socket->exclusive_address))
        return MODE_EXCLUSIVE;
    return atomic_load(&socket->reuse_address) ? MODE_REUSE : MODE_NONE;
}

static NTSTATUS judge(struct wsk_socket *second, const struct net_address *address,
                      struct wsk_socket *first)
{
    struct net_address asked = *address, taken = first->local;
    NTSTATUS verdict;

    if (address->port == 0 || address->port != taken.port ||
        !common_family(second, &asked, first, &taken))
        return STATUS_SUCCESS;
    /* Two different specific addresses never conflict (SEC-04). */
    if (!is_any(&asked) && !is_any(&taken) &&
        (memcmp(asked.ip, taken.ip, sizeof(asked.ip)) != 0 || asked.scope != taken.scope))
        return STATUS_SUCCESS;
    verdict = verdicts[mode_of(second)][!is_any(&asked)][mode_of(first)][!is_any(&taken)];
    /* Every socket's security context is the System process's: there is no other. */
    if (verdict == CHECK)
        verdict = wsk_descriptor_shares(first->descriptor) ? OK : DENIED;
    return verdict;
}

static NTSTATUS judge_all(struct wsk_socket *second, const struct net_address *address)
{
    list_for_each(link, &bound) {
        struct wsk_socket *first = container_of(link, struct wsk_socket, bound_link);
        NTSTATUS status = judge(second, address, first);

        if (!NT_SUCCESS(status))
            return status;
    }
    return STATUS_SUCCESS;
}

/* --- The host's flag ------------------------------------------------------------------------- */

/* The host compares both sockets' flags at the moment of the second bind. */
static void let_host_share(struct wsk_socket *socket, uint16_t port, bool on)
{
    list_for_each(link, &bound) {
        struct wsk_socket *first = container_of(link, struct wsk_socket, bound_link);

        if (first->local.port == port && mode_of(first) != MODE_REUSE)
            net_udp_set_option(first->udp, NET_OPTION_REUSE_ADDRESS, on);
    }
    if (mode_of(socket) != MODE_REUSE)
        net_udp_set_option(socket->udp, NET_OPTION_REUSE_ADDRESS, on);
}

static bool port_is_ours(uint16_t port)
{
    list_for_each(link, &bound) {
        if (port && container_of(link, struct wsk_socket, bound_link)->local.port == port)
            return true;
    }
    return false;
}

static int bind_on_host(struct wsk_socket *socket, const struct net_address *address)
{
    bool share = port_is_ours(address->port);
    int error;

    if (mode_of(socket) == MODE_REUSE)
        net_udp_set_option(socket->udp, NET_OPTION_REUSE_ADDRESS, 1);
    if (share)
        let_host_share(socket, address->port, true);
    error = net_udp_bind(socket->udp, address);
    if (share)
        let_host_share(socket, address->port, false);
    if (!error)
        error = net_udp_local_address(socket->udp, &socket->local);
    return error;
}

NTSTATUS wsk_sharing_bind(struct wsk_socket *socket, const struct net_address *address)
{
    NTSTATUS status;

    base_lock_acquire(&lock);
    status = judge_all(socket, address);
    if (NT_SUCCESS(status))
        status = wsk_status_from_errno(bind_on_host(socket, address));
    if (NT_SUCCESS(status))
        list_push_back(&bound, &socket->bound_link);
    base_lock_release(&lock);
    return status;
}

void wsk_sharing_unbind(struct wsk_socket *socket)
{
    base_lock_acquire(&lock);
    list_remove(&socket->bound_link);
    base_lock_release(&lock);
}
