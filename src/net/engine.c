/* SPDX-License-Identifier: MIT */
/* engine.c - starting and stopping the loops. */
#include "engine.h"

#include <errno.h>

static void stop_loops(struct net_engine *engine, unsigned count)
{
    while (count)
        net_loop_stop(&engine->loops[--count]);
}

int net_engine_start(struct net_engine **out, const struct net_engine_config *config)
{
    unsigned count = config && config->loops ? config->loops : os_processor_count();
    struct net_engine *engine =
        os_allocate_zeroed(sizeof(*engine) + count * sizeof(engine->loops[0]));
    int error = 0;

    if (!engine)
        return -ENOMEM;
    engine->port = config && config->port ? config->port : &net_port_epoll;
    engine->loop_count = count;
    engine->stream_gap_ns = NET_STREAM_GAP_NS;
    if (config && config->stream_gap_ns)
        engine->stream_gap_ns = config->stream_gap_ns;
    for (unsigned i = 0; i < count; i++) {
        error = net_loop_start(&engine->loops[i], engine->port, i);
        if (error) {
            stop_loops(engine, i);
            os_free(engine);
            return error;
        }
    }
    *out = engine;
    return 0;
}

void net_engine_stop(struct net_engine *engine)
{
    BASE_REQUIRE(atomic_load_explicit(&engine->endpoints, memory_order_acquire) == 0);
    stop_loops(engine, engine->loop_count);
    os_free(engine);
}

bool net_engine_supports(struct net_engine *engine, enum net_family family)
{
    const struct net_transport transport = { .family = family };
    struct net_port_udp *probe;

    if (engine->port->open(engine->port, &transport, &probe) != 0)
        return false;
    engine->port->close(probe);
    return true;
}
