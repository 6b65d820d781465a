/* SPDX-License-Identifier: MIT */
/*
 * fixture.h - an engine on the scripted network, for one test. Its sends are never a stream, so
 * that each leaves in its caller's thread unless something is queued before it.
 */
#ifndef OPENWSK_TESTS_NET_FIXTURE_H
#define OPENWSK_TESTS_NET_FIXTURE_H

#include "owner.h"
#include "port_script.h"

struct fixture {
    struct script *script;
    struct net_engine *engine;
};

static inline int fixture_start_loops(void **state, unsigned loops)
{
    struct fixture *fixture = calloc(1, sizeof(*fixture));
    struct net_engine_config config = { .loops = loops, .stream_gap_ns = NET_NO_STREAMS };

    if (!fixture)
        return -1;
    *state = fixture;
    fixture->script = script_create();
    config.port = script_port(fixture->script);
    return net_engine_start(&fixture->engine, &config);
}

static inline int fixture_start(void **state)
{
    return fixture_start_loops(state, 1);
}

/* Aborts when a test that failed has left endpoints open. */
static inline int fixture_stop(void **state)
{
    struct fixture *fixture = *state;

    net_engine_stop(fixture->engine);
    script_destroy(fixture->script);
    free(fixture);
    return 0;
}

#define FIXTURE_TEST(test) cmocka_unit_test_setup_teardown(test, fixture_start, fixture_stop)

#endif
