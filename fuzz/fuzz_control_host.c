/* SPDX-License-Identifier: MIT */
/*
 * fuzz_control_host.c - the engine's side of control data: messages from the kernel, however broken,
 * and the kernel's words for anything that a driver may ask for.
 */
#include "fuzz.h"

#include "address.h"
#include "control.h"

#define EVERYTHING                                                                                \
    (NET_CONTROL_LOCAL | NET_CONTROL_TOS | NET_CONTROL_ECN | NET_CONTROL_HOPS |                   \
     NET_CONTROL_SEGMENT)

static void check_decoded(const struct net_control *control, uint32_t flags)
{
    MUST(!(control->present & ~(uint32_t)EVERYTHING));
    MUST(flags == 0 || flags == NET_DATAGRAM_MULTICAST || flags == NET_DATAGRAM_BROADCAST);
    if (control->present & NET_CONTROL_LOCAL)
        MUST(control->local.family == NET_IPV4 || control->local.family == NET_IPV6);
    if (control->local.family == NET_IPV6)
        MUST(!net_address_is_mapped(&control->local));
}

static void decode_any(struct reader *reader)
{
    struct net_control control;
    uint32_t flags;
    size_t size;
    uint8_t *bytes = take_rest(reader, &size);

    net_control_decode(bytes, size, &control, &flags);
    check_decoded(&control, flags);
    free(bytes);
}

static void read_address(struct reader *reader, struct net_address *address)
{
    memset(address, 0, sizeof(*address));
    address->family = take8(reader) & 1 ? NET_IPV6 : NET_IPV4;
    address->port = take16(reader);
    address->scope = take8(reader);
    take_bytes(reader, address->ip, address->family == NET_IPV4 ? 4 : 16);
    if (address->family == NET_IPV6 && take8(reader) & 1)
        *address = net_address_mapped(&(struct net_address){ .family = NET_IPV4 });
}

/* What is encoded is well formed, and says the numbers again when it is read. */
static void encode_any(struct reader *reader)
{
    struct net_control control = { .present = take8(reader) & EVERYTHING }, back;
    size_t room = take_below(reader, NET_CONTROL_BYTES_MAX + 1);
    uint8_t *bytes = malloc(room ? room : 1);
    struct net_address to;
    uint32_t flags;
    int used;

    MUST(bytes != NULL);
    control.interface_index = take8(reader);
    control.tos = take8(reader);
    control.hops = take8(reader);
    control.segment = take16(reader);
    read_address(reader, &control.local);
    read_address(reader, &to);
    used = net_control_encode(&control, &to, take8(reader), bytes, room);
    if (used > 0) {
        MUST((size_t)used <= room);
        net_control_decode(bytes, (size_t)used, &back, &flags);
        check_decoded(&back, flags);
        if (control.present & NET_CONTROL_HOPS)
            MUST((back.present & NET_CONTROL_HOPS) && back.hops == control.hops);
        if (control.present & NET_CONTROL_TOS)
            MUST((back.present & NET_CONTROL_TOS) && back.tos == control.tos);
    }
    free(bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader reader = { data, size };

    if (take8(&reader) & 1)
        encode_any(&reader);
    else
        decode_any(&reader);
    return 0;
}
