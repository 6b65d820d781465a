/* SPDX-License-Identifier: MIT */
/* sweep_options.c - the options of 'wskrun sweep'; docs/wskrun.1 describes them. */
#include "sweep.h"

#include <stdlib.h>

enum { KEY_JOBS = 'j', KEY_SHARD = 0x600, KEY_STATE, KEY_RUN_TIMEOUT, KEY_FRESH, KEY_NETWORK };

static const struct argp_option option_table[] = {
    { NULL, 0, NULL, 0, "The sweep:", 7 },
    { "jobs", KEY_JOBS, "N", 0, "Runs beside each other (one a processor)", 0 },
    { "shard", KEY_SHARD, "I/N", 0, "Only the I-th of N parts; 'merge' puts them together", 0 },
    { "state", KEY_STATE, "FILE", 0, "What is done, to go on from (DRIVER.sweep)", 0 },
    { "fresh", KEY_FRESH, NULL, 0, "Do not go on from the state file", 0 },
    { "run-timeout", KEY_RUN_TIMEOUT, "DURATION", 0, "Call a longer run a hang (60s)", 0 },
    { "share-network", KEY_NETWORK, NULL, 0, "Runs use this host's network, not one each", 0 },
    { 0 },
};

static void take_jobs(struct argp_state *state, struct sweep_options *options, const char *text)
{
    char *end;
    unsigned long jobs = strtoul(text, &end, 10);

    if (*text < '1' || *text > '9' || *end || jobs > 1000)
        argp_error(state, "'%s' is no number of jobs", text);
    options->jobs = (unsigned)jobs;
}

static void take_shard(struct argp_state *state, struct sweep_options *options, const char *text)
{
    char *end;
    unsigned long shard = strtoul(text, &end, 10), shards = 0;

    if (*end == '/')
        shards = strtoul(end + 1, &end, 10);
    if (*text < '1' || *text > '9' || *end || shard > shards || shards > 100000)
        argp_error(state, "'%s' is no shard: 3/16 is the third of sixteen", text);
    options->shard = (unsigned)shard;
    options->shards = (unsigned)shards;
}

static error_t take_option(int key, char *text, struct argp_state *state)
{
    struct sweep_options *options = state->input;

    switch (key) {
    case KEY_JOBS: take_jobs(state, options, text); break;
    case KEY_SHARD: take_shard(state, options, text); break;
    case KEY_STATE: options->state = text; break;
    case KEY_FRESH: options->fresh = true; break;
    case KEY_NETWORK: options->shared_network = true; break;
    case KEY_RUN_TIMEOUT:
        if (!duration_parse(text, &options->run_timeout_ns))
            argp_error(state, "'%s' is no duration", text);
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

const struct argp sweep_argp = { .options = option_table, .parser = take_option };
