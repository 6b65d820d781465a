/* SPDX-License-Identifier: MIT */
/* option.c - what the verifier can be asked for, by name; see verify.h. */
#include "verify.h"

#include "inject.h"
#include "low_resources.h"
#include "pcap.h"
#include "suppress.h"
#include "rules.h"
#include "tracer.h"

#include <stdio.h>
#include <string.h>

static const struct {
    const char *name;
    bool (*take)(const char *value, char *error, size_t size);
} options[] = {
    { "verify", vf_verify },
    { "trace", vf_trace_functions },
    { "trace-socket", vf_trace_sockets },
    { "trace-file", vf_trace_file },
    { "pcap", vf_pcap_file },
    { "suppressions", vf_suppressions_file },
    { "inject", vf_inject },
    { "force-pending", vf_force_pending },
    { "seed", vf_seed },
    { "low-resources", vf_low_resources_all },
    { "fail", vf_low_resources_one },
};

bool vf_option(const char *name, const char *value, char *error, size_t size)
{
    if (!HOOKS_BUILT && (strcmp(name, "verify") != 0 || strcmp(value, "off") != 0)) {
        snprintf(error, size, "this build has no verifier (OPENWSK_HOOKS=OFF): use --verify off");
        return false;
    }
    for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
        if (strcmp(options[i].name, name) == 0)
            return options[i].take(value, error, size);
    }
    snprintf(error, size, "the verifier has no option '%s'", name);
    return false;
}
