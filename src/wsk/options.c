/* SPDX-License-Identifier: MIT */
/*
 * options.c - getting and setting the options of option_table.c.
 *
 * Sizes: options are a ULONG; a BOOLEAN of one byte is accepted for the yes-or-no ones, as
 * user-mode programs pass it.
 */
#include "membership.h"
#include "option_table.h"
#include "translate.h"

#include <ws2ipdef.h>

/*
 * The engine's name of an option, with the half of a dual-stack socket that the level speaks for.
 */
static int engine_option(const struct wsk_socket *socket, const struct wsk_option *option)
{
    bool other_half = option->level == IPPROTO_IP && socket->family == NET_IPV6;

    return (int)option->target | (other_half ? NET_OPTION_IPV4 : 0);
}

/* --- Set ------------------------------------------------------------------------------------- */

static NTSTATUS read_value(const struct wsk_option *option, const void *input, SIZE_T size,
                           ULONG *value)
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

static bool wanted(uint32_t reports, uint32_t report)
{
    return (reports & (report | WSK_REPORT_OF_IPV6(report))) != 0;
}

/* The engine reports traffic class, hops and errors only when somebody wants them. */
static int tell_engine(struct wsk_socket *socket, const struct wsk_option *option,
                       uint32_t reports)
{
    uint32_t report = option->target;

    if (wanted(report, WSK_REPORT_TOS | WSK_REPORT_ECN))
        return net_udp_set_option(socket->udp, NET_OPTION_RECEIVE_TOS,
                                  wanted(reports, WSK_REPORT_TOS | WSK_REPORT_ECN));
    if (wanted(report, WSK_REPORT_HOPS))
        return net_udp_set_option(socket->udp, NET_OPTION_RECEIVE_HOPS,
                                  wanted(reports, WSK_REPORT_HOPS));
    if (wanted(report, WSK_REPORT_ERRORS)) {
        struct wsk_option errors = *option;

        errors.target = NET_OPTION_RECEIVE_ERRORS;
        return net_udp_set_option(socket->udp, engine_option(socket, &errors),
                                  (reports & report) != 0);
    }
    return 0;
}

/*
 * Some reports share one option of the engine: the lock keeps them from setting it in the wrong
 * order.
 */
static NTSTATUS apply_report(struct wsk_socket *socket, const struct wsk_option *option, bool on)
{
    uint32_t reports;
    int error;

    base_lock_acquire(&socket->lock);
    reports = atomic_load(&socket->reports);
    reports = on ? reports | option->target : reports & ~option->target;
    error = tell_engine(socket, option, reports);
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

static NTSTATUS apply_engine(struct wsk_socket *socket, const struct wsk_option *option, ULONG value)
{
    return wsk_status_from_errno(
        net_udp_set_option(socket->udp, engine_option(socket, option), (int)value));
}

/* ws2ipdef.h: 0.x.x.x in network byte order is an index. */
static bool is_index(ULONG value)
{
    return RtlUlongByteSwap(value) >> 24 == 0;
}

static NTSTATUS apply_index(struct wsk_socket *socket, const struct wsk_option *option, ULONG value)
{
    if (!is_index(value))
        return STATUS_INVALID_PARAMETER;
    return apply_engine(socket, option, RtlUlongByteSwap(value));
}

static NTSTATUS apply_multicast_from(struct wsk_socket *socket, const struct wsk_option *option,
                                     ULONG value)
{
    struct net_address local = { .family = NET_IPV4 };
    NTSTATUS status;

    if (is_index(value)) {
        status = apply_index(socket, option, value);
    } else {
        memcpy(local.ip, &value, sizeof(value));
        status = wsk_status_from_errno(net_udp_multicast_from(socket->udp, &local));
    }
    if (NT_SUCCESS(status))
        atomic_store(&socket->multicast_from, is_index(value) ? 0 : value);
    return status;
}

static NTSTATUS apply(struct wsk_socket *socket, const struct wsk_option *option, ULONG value)
{
    switch (option->kind) {
    case KIND_ENGINE:
        return apply_engine(socket, option, value);
    case KIND_NEGATED:
        return apply_engine(socket, option, !value);
    case KIND_INDEX:
        return apply_index(socket, option, value);
    case KIND_MULTICAST_FROM:
        return apply_multicast_from(socket, option, value);
    case KIND_REPORT:
        return apply_report(socket, option, value != 0);
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
    case KIND_BROADCASTS:
        atomic_store(&socket->refuse_broadcast, !value);
        return STATUS_SUCCESS;
    case KIND_STORED:
        atomic_store(&socket->stored[option->target], value);
        return STATUS_SUCCESS;
    case KIND_NONE:
        return STATUS_SUCCESS;
    default:
        return STATUS_NOT_SUPPORTED;
    }
}

NTSTATUS wsk_option_set(struct wsk_socket *socket, ULONG level, ULONG name, const void *input,
                        SIZE_T size)
{
    const struct wsk_option *option;
    ULONG value;
    NTSTATUS status;

    if (wsk_membership_known(socket, level, name))
        return wsk_membership_set(socket, level, name, input, size);
    option = wsk_option_find(socket, level, name);
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

static NTSTATUS engine_value(struct wsk_socket *socket, const struct wsk_option *option,
                             ULONG *value)
{
    int number = 0;
    int error = net_udp_get_option(socket->udp, engine_option(socket, option), &number);

    *value = (ULONG)number;
    return wsk_status_from_errno(error);
}

/* Of a socket that has a fixed address; Windows wants a connected one. */
static NTSTATUS path_mtu(struct wsk_socket *socket, ULONG *value)
{
    struct wsk_peer peer = { 0 };
    int number = 0;
    int error;

    base_lock_acquire(&socket->lock);
    if (socket->last_set)
        peer = *socket->last_set;
    base_lock_release(&socket->lock);
    if (!peer.set)
        return STATUS_INVALID_DEVICE_STATE;
    error = net_udp_path_mtu(socket->udp, &peer.address, &number);
    *value = (ULONG)number;
    return wsk_status_from_errno(error);
}

static NTSTATUS byte_swapped(struct wsk_socket *socket, const struct wsk_option *option,
                             ULONG *value)
{
    NTSTATUS status = engine_value(socket, option, value);

    *value = RtlUlongByteSwap(*value);
    return status;
}

static NTSTATUS current_value(struct wsk_socket *socket, const struct wsk_option *option,
                              ULONG *value)
{
    NTSTATUS status = STATUS_SUCCESS;

    *value = 0;
    switch (option->kind) {
    case KIND_ENGINE:
        return engine_value(socket, option, value);
    case KIND_NEGATED:
        status = engine_value(socket, option, value);
        *value = !*value;
        return status;
    case KIND_MULTICAST_FROM:
        *value = atomic_load(&socket->multicast_from);
        return *value ? STATUS_SUCCESS : byte_swapped(socket, option, value);
    case KIND_INDEX:
        return byte_swapped(socket, option, value);
    case KIND_REPORT:
        *value = (atomic_load(&socket->reports) & option->target) != 0;
        break;
    case KIND_REUSE:
        *value = atomic_load(&socket->reuse_address);
        break;
    case KIND_EXCLUSIVE:
        *value = atomic_load(&socket->exclusive_address);
        break;
    case KIND_SEGMENT:
        *value = atomic_load(&socket->send_segment);
        break;
    case KIND_COALESCED:
        *value = atomic_load(&socket->receive_coalesced);
        break;
    case KIND_BROADCASTS:
        *value = !atomic_load(&socket->refuse_broadcast);
        break;
    case KIND_PATH_MTU:
        return path_mtu(socket, value);
    case KIND_STORED:
        *value = atomic_load(&socket->stored[option->target]);
        break;
    case KIND_TYPE:
        *value = socket->type;
        break;
    case KIND_NONE:
        break;
    }
    return status;
}

NTSTATUS wsk_option_get(struct wsk_socket *socket, ULONG level, ULONG name, void *output, SIZE_T size,
                        SIZE_T *written)
{
    const struct wsk_option *option = wsk_option_find(socket, level, name);
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
