/* SPDX-License-Identifier: MIT */
/*
 * options.c - socket options: a table from Windows' (level, option) to what the engine or the socket keeps.
 *
 * Sizes: options are a ULONG; a BOOLEAN of one byte is accepted for the yes-or-no ones, as user-mode
 * programs pass it.
 */
#include "membership.h"
#include "translate.h"

#include <mswsockdef.h>
#include <ws2ipdef.h>

enum option_kind {
    KIND_ENGINE,  /* the engine has it */
    KIND_REPORT,  /* a WSK_REPORT_* bit: control data with each datagram */
    KIND_INDEX,   /* the engine has it, as an index; here it is in network byte order, 0.x.x.x */
    KIND_REUSE,
    KIND_EXCLUSIVE,
    KIND_SEGMENT, /* UDP_SEND_MSG_SIZE */
    KIND_COALESCED, /* UDP_RECV_MAX_COALESCED_SIZE */
    KIND_TYPE,
    KIND_NONE,    /* accepted, always 0 */
};

enum option_when { ANY_TIME, BEFORE_BIND, READ_ONLY };

struct option {
    ULONG level;
    ULONG name;
    enum option_kind kind;
    uint32_t target;         /* enum net_option or WSK_REPORT_* */
    enum option_when when;
    bool boolean;
    ULONG lowest, highest;   /* of what may be set */
    unsigned families;       /* FAMILY_* */
};

#define FAMILY_4 1u
#define FAMILY_6 2u
#define FAMILY_ANY (FAMILY_4 | FAMILY_6)
#define YES_NO true, 0, 0xffffffffu
#define RANGE(lowest, highest) false, lowest, highest
#define INT_MAXIMUM 0x7fffffffu

static const struct option options[] = {
    { SOL_SOCKET, SO_BROADCAST, KIND_ENGINE, NET_OPTION_BROADCAST, ANY_TIME, YES_NO, FAMILY_ANY },
    { SOL_SOCKET, SO_RCVBUF, KIND_ENGINE, NET_OPTION_RECEIVE_BUFFER, ANY_TIME,
      RANGE(0, INT_MAXIMUM), FAMILY_ANY },
    { SOL_SOCKET, SO_SNDBUF, KIND_ENGINE, NET_OPTION_SEND_BUFFER, ANY_TIME, RANGE(0, INT_MAXIMUM),
      FAMILY_ANY },
    { SOL_SOCKET, SO_REUSEADDR, KIND_REUSE, 0, BEFORE_BIND, YES_NO, FAMILY_ANY },
    { SOL_SOCKET, SO_EXCLUSIVEADDRUSE, KIND_EXCLUSIVE, 0, BEFORE_BIND, YES_NO, FAMILY_ANY },
    { SOL_SOCKET, SO_TYPE, KIND_TYPE, 0, READ_ONLY, RANGE(0, 0), FAMILY_ANY },
    { SOL_SOCKET, SO_ERROR, KIND_NONE, 0, READ_ONLY, RANGE(0, 0), FAMILY_ANY },
    { IPPROTO_IP, IP_PKTINFO, KIND_REPORT, WSK_REPORT_PKTINFO, ANY_TIME, YES_NO, FAMILY_ANY },
    { IPPROTO_IP, IP_RECVTOS, KIND_REPORT, WSK_REPORT_TOS, ANY_TIME, YES_NO, FAMILY_ANY },
    { IPPROTO_IP, IP_ECN, KIND_REPORT, WSK_REPORT_ECN, ANY_TIME, YES_NO, FAMILY_ANY },
    { IPPROTO_IP, IP_HOPLIMIT, KIND_REPORT, WSK_REPORT_HOPS, ANY_TIME, YES_NO, FAMILY_ANY },
    { IPPROTO_IP, IP_TOS, KIND_ENGINE, NET_OPTION_TOS, ANY_TIME, RANGE(0, 255), FAMILY_4 },
    { IPPROTO_IP, IP_TTL, KIND_ENGINE, NET_OPTION_HOPS, ANY_TIME, RANGE(1, 255), FAMILY_4 },
    { IPPROTO_IP, IP_DONTFRAGMENT, KIND_ENGINE, NET_OPTION_DONT_FRAGMENT, ANY_TIME, YES_NO, FAMILY_4 },
    { IPPROTO_IP, IP_MULTICAST_TTL, KIND_ENGINE, NET_OPTION_MULTICAST_HOPS, ANY_TIME, RANGE(0, 255),
      FAMILY_4 },
    { IPPROTO_IP, IP_MULTICAST_LOOP, KIND_ENGINE, NET_OPTION_MULTICAST_LOOP, ANY_TIME, YES_NO,
      FAMILY_4 },
    { IPPROTO_IP, IP_MULTICAST_IF, KIND_INDEX, NET_OPTION_MULTICAST_INTERFACE, ANY_TIME,
      RANGE(0, 0xffffffffu), FAMILY_4 },
    { IPPROTO_IP, IP_UNICAST_IF, KIND_INDEX, NET_OPTION_UNICAST_INTERFACE, ANY_TIME,
      RANGE(0, 0xffffffffu), FAMILY_4 },
    { IPPROTO_IPV6, IPV6_V6ONLY, KIND_ENGINE, NET_OPTION_V6ONLY, BEFORE_BIND, YES_NO, FAMILY_6 },
    { IPPROTO_IPV6, IPV6_PKTINFO, KIND_REPORT, WSK_REPORT_PKTINFO6, ANY_TIME, YES_NO, FAMILY_6 },
    { IPPROTO_IPV6, IPV6_RECVTCLASS, KIND_REPORT, WSK_REPORT_TOS, ANY_TIME, YES_NO, FAMILY_6 },
    { IPPROTO_IPV6, IPV6_ECN, KIND_REPORT, WSK_REPORT_ECN, ANY_TIME, YES_NO, FAMILY_6 },
    { IPPROTO_IPV6, IPV6_HOPLIMIT, KIND_REPORT, WSK_REPORT_HOPS, ANY_TIME, YES_NO, FAMILY_6 },
    { IPPROTO_IPV6, IPV6_TCLASS, KIND_ENGINE, NET_OPTION_TOS, ANY_TIME, RANGE(0, 255), FAMILY_6 },
    { IPPROTO_IPV6, IPV6_UNICAST_HOPS, KIND_ENGINE, NET_OPTION_HOPS, ANY_TIME, RANGE(1, 255),
      FAMILY_6 },
    { IPPROTO_IPV6, IPV6_DONTFRAG, KIND_ENGINE, NET_OPTION_DONT_FRAGMENT, ANY_TIME, YES_NO, FAMILY_6 },
    { IPPROTO_IPV6, IPV6_MULTICAST_HOPS, KIND_ENGINE, NET_OPTION_MULTICAST_HOPS, ANY_TIME,
      RANGE(0, 255), FAMILY_6 },
    { IPPROTO_IPV6, IPV6_MULTICAST_LOOP, KIND_ENGINE, NET_OPTION_MULTICAST_LOOP, ANY_TIME, YES_NO,
      FAMILY_6 },
    { IPPROTO_IPV6, IPV6_MULTICAST_IF, KIND_ENGINE, NET_OPTION_MULTICAST_INTERFACE, ANY_TIME,
      RANGE(0, INT_MAXIMUM), FAMILY_6 },
    { IPPROTO_UDP, UDP_SEND_MSG_SIZE, KIND_SEGMENT, 0, ANY_TIME, RANGE(0, 0xffffffffu), FAMILY_ANY },
    { IPPROTO_UDP, UDP_RECV_MAX_COALESCED_SIZE, KIND_COALESCED, 0, ANY_TIME, RANGE(0, 0xffffffffu),
      FAMILY_ANY },
    { IPPROTO_IPV6, IPV6_UNICAST_IF, KIND_ENGINE, NET_OPTION_UNICAST_INTERFACE, ANY_TIME,
      RANGE(0, INT_MAXIMUM), FAMILY_6 },
    { IPPROTO_IP, IP_HDRINCL, KIND_ENGINE, NET_OPTION_HEADER_INCLUDED, ANY_TIME, YES_NO, FAMILY_4 },
    { IPPROTO_IPV6, IPV6_HDRINCL, KIND_ENGINE, NET_OPTION_HEADER_INCLUDED, ANY_TIME, YES_NO,
      FAMILY_6 },
    { IPPROTO_IPV6, IPV6_CHECKSUM, KIND_ENGINE, NET_OPTION_CHECKSUM, ANY_TIME,
      RANGE(0, 0xffffffffu), FAMILY_6 },
    { SOL_SOCKET, SO_KEEPALIVE, KIND_ENGINE, NET_OPTION_KEEPALIVE, ANY_TIME, YES_NO, FAMILY_ANY },
    { IPPROTO_TCP, TCP_KEEPIDLE, KIND_ENGINE, NET_OPTION_KEEPALIVE_IDLE, ANY_TIME,
      RANGE(1, INT_MAXIMUM), FAMILY_ANY },
    { IPPROTO_TCP, TCP_KEEPINTVL, KIND_ENGINE, NET_OPTION_KEEPALIVE_INTERVAL, ANY_TIME,
      RANGE(1, INT_MAXIMUM), FAMILY_ANY },
    { IPPROTO_TCP, TCP_KEEPCNT, KIND_ENGINE, NET_OPTION_KEEPALIVE_COUNT, ANY_TIME,
      RANGE(1, INT_MAXIMUM), FAMILY_ANY },
    { IPPROTO_TCP, TCP_NODELAY, KIND_ENGINE, NET_OPTION_NODELAY, ANY_TIME, YES_NO, FAMILY_ANY },
};

static const struct option *find(const struct wsk_socket *socket, ULONG level, ULONG name)
{
    unsigned family = socket->family == NET_IPV6 ? FAMILY_6 : FAMILY_4;

    for (size_t i = 0; i < RTL_NUMBER_OF(options); i++) {
        const struct option *option = &options[i];

        if (option->level == level && option->name == name && (option->families & family) &&
            (level != IPPROTO_UDP || socket->type == SOCK_DGRAM))
            return option;
    }
    trace_count(trace_refuse_unsupported);
    return NULL;
}

/* --- Set ------------------------------------------------------------------------------------- */

static NTSTATUS read_value(const struct option *option, const void *input, SIZE_T size, ULONG *value)
{
    if (input && size >= sizeof(ULONG)) {
        memcpy(value, input, sizeof(ULONG));
    } else if (input && size == 1 && option->boolean) {
        *value = *(const UCHAR *)input;
    } else {
        return STATUS_INVALID_PARAMETER;
    }
    if (option->boolean)
        *value = *value != 0;
    return *value < option->lowest || *value > option->highest ? STATUS_INVALID_PARAMETER
                                                               : STATUS_SUCCESS;
}

/* The engine reports traffic class and hops only when somebody wants them. */
static int tell_engine(struct wsk_socket *socket, uint32_t report, uint32_t reports)
{
    const uint32_t traffic_class = WSK_REPORT_TOS | WSK_REPORT_ECN;

    if (report & traffic_class)
        return net_udp_set_option(socket->udp, NET_OPTION_RECEIVE_TOS,
                                  (reports & traffic_class) != 0);
    if (report & WSK_REPORT_HOPS)
        return net_udp_set_option(socket->udp, NET_OPTION_RECEIVE_HOPS,
                                  (reports & WSK_REPORT_HOPS) != 0);
    return 0;
}

/* Two reports share one option of the engine: the lock keeps them from setting it in the wrong order. */
static NTSTATUS apply_report(struct wsk_socket *socket, uint32_t report, bool on)
{
    uint32_t reports;
    int error;

    base_lock_acquire(&socket->lock);
    reports = atomic_load(&socket->reports);
    reports = on ? reports | report : reports & ~report;
    error = tell_engine(socket, report, reports);
    if (!error)
        atomic_store(&socket->reports, reports);
    base_lock_release(&socket->lock);
    return wsk_status_from_errno(error);
}

/* Sharing and excluding at once contradict each other (SEC-02). */
static NTSTATUS choose_sharing(_Atomic uint32_t *chosen, _Atomic uint32_t *other, ULONG value)
{
    if (value && atomic_load(other))
        return STATUS_INVALID_PARAMETER;
    atomic_store(chosen, value);
    return STATUS_SUCCESS;
}

static NTSTATUS apply(struct wsk_socket *socket, const struct option *option, ULONG value)
{
    switch (option->kind) {
    case KIND_ENGINE:
        return wsk_status_from_errno(
            net_udp_set_option(socket->udp, (enum net_option)option->target, (int)value));
    case KIND_INDEX:
        value = RtlUlongByteSwap(value);
        /* IP_MULTICAST_IF also takes a local address; no driver is known that passes one. */
        if (value >> 24)
            return STATUS_NOT_SUPPORTED;
        return wsk_status_from_errno(
            net_udp_set_option(socket->udp, (enum net_option)option->target, (int)value));
    case KIND_REPORT:
        return apply_report(socket, option->target, value != 0);
    case KIND_REUSE:
        return choose_sharing(&socket->reuse_address, &socket->exclusive_address, value);
    case KIND_EXCLUSIVE:
        return choose_sharing(&socket->exclusive_address, &socket->reuse_address, value);
    case KIND_SEGMENT:
        atomic_store(&socket->send_segment, value);
        return STATUS_SUCCESS;
    case KIND_COALESCED:
        atomic_store(&socket->receive_coalesced, value);
        return STATUS_SUCCESS;
    default:
        return STATUS_NOT_SUPPORTED;
    }
}

NTSTATUS wsk_option_set(struct wsk_socket *socket, ULONG level, ULONG name, const void *input,
                        SIZE_T size)
{
    const struct option *option;
    ULONG value;
    NTSTATUS status;

    if (wsk_membership_known(socket, level, name))
        return wsk_membership_set(socket, level, name, input, size);
    option = find(socket, level, name);
    if (!option || option->when == READ_ONLY)
        return STATUS_NOT_SUPPORTED;
    status = read_value(option, input, size, &value);
    if (!NT_SUCCESS(status))
        return status;
    if (option->when == BEFORE_BIND && atomic_load(&socket->bound) != WSK_UNBOUND)
        return STATUS_INVALID_DEVICE_STATE;
    return apply(socket, option, value);
}

/* --- Get ------------------------------------------------------------------------------------- */

static NTSTATUS current_value(struct wsk_socket *socket, const struct option *option, ULONG *value)
{
    int number = 0;
    int error = 0;

    switch (option->kind) {
    case KIND_ENGINE:
        error = net_udp_get_option(socket->udp, (enum net_option)option->target, &number);
        break;
    case KIND_INDEX:
        error = net_udp_get_option(socket->udp, (enum net_option)option->target, &number);
        number = (int)RtlUlongByteSwap((ULONG)number);
        break;
    case KIND_REPORT:
        number = (atomic_load(&socket->reports) & option->target) != 0;
        break;
    case KIND_REUSE:
        number = (int)atomic_load(&socket->reuse_address);
        break;
    case KIND_EXCLUSIVE:
        number = (int)atomic_load(&socket->exclusive_address);
        break;
    case KIND_SEGMENT:
        number = (int)atomic_load(&socket->send_segment);
        break;
    case KIND_COALESCED:
        number = (int)atomic_load(&socket->receive_coalesced);
        break;
    case KIND_TYPE:
        number = socket->type;
        break;
    case KIND_NONE:
        break;
    }
    *value = (ULONG)number;
    return wsk_status_from_errno(error);
}

NTSTATUS wsk_option_get(struct wsk_socket *socket, ULONG level, ULONG name, void *output, SIZE_T size,
                        SIZE_T *written)
{
    const struct option *option = find(socket, level, name);
    ULONG value;
    NTSTATUS status;

    if (!option)
        return STATUS_NOT_SUPPORTED;
    if (!output || size < sizeof(ULONG))
        return STATUS_BUFFER_TOO_SMALL;
    status = current_value(socket, option, &value);
    if (!NT_SUCCESS(status))
        return status;
    memcpy(output, &value, sizeof(value));
    *written = sizeof(value);
    return STATUS_SUCCESS;
}
