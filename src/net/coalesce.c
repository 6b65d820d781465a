/* SPDX-License-Identifier: MIT */
/* coalesce.c - see coalesce.h. */
#include "coalesce.h"

#include "address.h"

#include <string.h>

size_t net_payload_limit(const struct net_address *to)
{
    if (to->family == NET_IPV4 || net_address_is_mapped(to))
        return NET_UDP_PAYLOAD_MAX_IPV4;
    return NET_UDP_PAYLOAD_MAX_IPV6;
}

/* Neither structure has padding. */
static bool same_way(const struct net_envelope *a, const struct net_envelope *b)
{
    if (a == b)
        return true;
    if (memcmp(&a->to, &b->to, sizeof(a->to)) != 0 || a->control.present != b->control.present)
        return false;
    return !a->control.present || memcmp(&a->control, &b->control, sizeof(a->control)) == 0;
}

unsigned net_run_length(const struct net_send *const *sends, const size_t *lengths,
                        unsigned count)
{
    size_t size = lengths[0], total = size, limit = net_payload_limit(&sends[0]->envelope->to);
    uint32_t slices = sends[0]->slice_count;
    unsigned i = 1;

    /* Whoever gives a segment size has the kernel cut each send for itself. */
    if (size == 0 || (sends[0]->envelope->control.present & NET_CONTROL_SEGMENT))
        return 1;
    if (count > NET_RUN_MAX)
        count = NET_RUN_MAX;
    for (; i < count && lengths[i - 1] == size; i++) {
        total += lengths[i];
        slices += sends[i]->slice_count;
        if (lengths[i] == 0 || lengths[i] > size || total > limit ||
            slices > NET_RUN_SLICES_MAX || !same_way(sends[i]->envelope, sends[0]->envelope))
            break;
    }
    return i;
}

unsigned net_run_slices(const struct net_send *const *sends, unsigned count,
                        struct net_slice *slices)
{
    unsigned used = 0;

    for (unsigned i = 0; i < count; i++) {
        for (uint32_t j = 0; j < sends[i]->slice_count; j++) {
            const struct net_slice *slice = &sends[i]->slices[j];
            struct net_slice *last = used ? &slices[used - 1] : NULL;

            if (!slice->length)
                continue;
            if (last && (char *)last->base + last->length == slice->base)
                last->length += slice->length;
            else
                slices[used++] = *slice;
        }
    }
    return used;
}
