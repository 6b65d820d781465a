/* SPDX-License-Identifier: MIT */
/*
 * fuzz_control_send.c - control data as a driver passes it: any bytes are understood or refused, and
 * what is understood the engine can put into words for the kernel.
 */
#include "fuzz.h"

#include "translate.h"

static void check_parsed(const struct net_control *parsed)
{
    MUST(!(parsed->present & ~(uint32_t)(NET_CONTROL_LOCAL | NET_CONTROL_TOS | NET_CONTROL_ECN |
                                         NET_CONTROL_HOPS | NET_CONTROL_SEGMENT)));
    if (parsed->present & NET_CONTROL_LOCAL)
        MUST(parsed->local.family == NET_IPV4 || parsed->local.family == NET_IPV6);
    if (!(parsed->present & (NET_CONTROL_TOS | NET_CONTROL_ECN)))
        MUST(parsed->tos == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader reader = { data, size };
    enum net_family family = take8(&reader) & 1 ? NET_IPV6 : NET_IPV4;
    struct net_control parsed;
    NTSTATUS status;
    uint8_t *bytes = take_rest(&reader, &size);

    status = wsk_control_data_parse(family, (const CMSGHDR *)(const void *)bytes, (ULONG)size,
                                    &parsed);
    MUST(status == STATUS_SUCCESS || status == STATUS_INVALID_PARAMETER ||
         status == STATUS_NOT_SUPPORTED);
    if (status == STATUS_SUCCESS)
        check_parsed(&parsed);
    free(bytes);
    return 0;
}
