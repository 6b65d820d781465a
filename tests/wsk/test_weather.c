/* SPDX-License-Identifier: MIT */
/*
 * test_weather.c - a bad network between two sockets: what is sent is lost, doubled, delayed and
 * overtaken.
 *
 * The wire is scripted, and a model of it says what must arrive and in which order; by event and by
 * IRP. A seed makes the weather, and is printed when a run fails.
 */
#include "client.h"
#include "port_script.h"

#include "base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SEEDS 40u
#define STEPS 120
#define WIRE_MAX 512
#define ARRIVALS_MAX 4096

struct weather {
    struct client client;
    struct script *script;
    dgram sender, receiver;
    SOCKADDR_INET from, to;
    uint32_t seed, random;
    uint32_t sent;
    uint32_t wire[WIRE_MAX];        /* the model */
    size_t wire_count;
    struct script_datagram *late;   /* taken off the wire, to come back */
    uint32_t expected[ARRIVALS_MAX];
    size_t expected_count;
    uint32_t arrived[ARRIVALS_MAX];
    _Atomic size_t arrived_count;
};

static uint32_t draw(struct weather *w, uint32_t below)
{
    w->random = w->random * 1664525u + 1013904223u;
    return (w->random >> 8) % below;
}

/* --- What arrives ---------------------------------------------------------------------------- */

static void note_arrival(struct weather *w, uint32_t number)
{
    assert_true(w->arrived_count < ARRIVALS_MAX);
    w->arrived[w->arrived_count++] = number;
}

static NTSTATUS WSKAPI on_receive(PVOID context, ULONG flags, PWSK_DATAGRAM_INDICATION list)
{
    (void)flags;
    for (; list; list = list->Next) {
        uint32_t number;

        assert_int_equal(list->Buffer.Length, sizeof(number));
        memcpy(&number,
               (char *)MmGetSystemAddressForMdlSafe(list->Buffer.Mdl, NormalPagePriority) +
                   list->Buffer.Offset,
               sizeof(number));
        note_arrival(context, number);
    }
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH callbacks = { on_receive };

/* One request for each datagram that the model has delivered. */
static void receive_by_irp(struct weather *w)
{
    while (w->arrived_count < w->expected_count) {
        SOCKADDR_INET from;
        uint32_t number;
        size_t size = sizeof(number);

        assert_int_equal(dgram_receive(w->receiver, &number, &size, &from), STATUS_SUCCESS);
        assert_int_equal(size, sizeof(number));
        note_arrival(w, number);
    }
}

/* --- Weather --------------------------------------------------------------------------------- */

static void remove_oldest(struct weather *w, size_t count)
{
    w->wire_count -= count;
    memmove(w->wire, w->wire + count, w->wire_count * sizeof(w->wire[0]));
}

static void send_some(struct weather *w)
{
    for (uint32_t i = draw(w, 5); i && w->wire_count < WIRE_MAX / 2; i--) {
        w->wire[w->wire_count++] = ++w->sent;
        assert_int_equal(dgram_send(w->sender, &w->sent, sizeof(w->sent), &w->to),
                         STATUS_SUCCESS);
    }
}

static void deliver(struct weather *w, size_t count)
{
    assert_int_equal(script_deliver(w->script, count), count);
    memcpy(w->expected + w->expected_count, w->wire, count * sizeof(w->wire[0]));
    w->expected_count += count;
    remove_oldest(w, count);
}

static void lose(struct weather *w)
{
    assert_int_equal(script_drop(w->script, 1), 1);
    remove_oldest(w, 1);
}

static void repeat(struct weather *w)
{
    script_duplicate(w->script);
    memmove(w->wire + 1, w->wire, w->wire_count * sizeof(w->wire[0]));
    w->wire_count++;
}

static void overtake(struct weather *w)
{
    uint32_t first = w->wire[0];

    script_swap(w->script);
    w->wire[0] = w->wire[1];
    w->wire[1] = first;
}

/* Off the wire now, and behind everything else later. */
static void delay(struct weather *w)
{
    if (w->late) {
        script_inject(w->script, &w->late->from, &w->late->to, w->late->data, w->late->length);
        memcpy(&w->wire[w->wire_count++], w->late->data, sizeof(uint32_t));
        os_free(w->late);
        w->late = NULL;
    } else {
        w->late = script_take(w->script);
        remove_oldest(w, 1);
    }
}

static void step(struct weather *w)
{
    uint32_t kind = draw(w, 8);

    send_some(w);
    if (w->wire_count < 2)
        return;
    if (kind < 4)
        deliver(w, 1 + draw(w, (uint32_t)w->wire_count));
    else if (kind == 4)
        lose(w);
    else if (kind == 5)
        repeat(w);
    else if (kind == 6)
        overtake(w);
    else
        delay(w);
}

/* --- Runs ------------------------------------------------------------------------------------ */

static void begin(struct weather *w, uint32_t seed, const WSK_CLIENT_DATAGRAM_DISPATCH *events)
{
    memset(w, 0, sizeof(*w));
    w->seed = w->random = seed;
    w->script = script_create();
    script_automatic(w->script, false);
    client_start(&w->client, script_port(w->script));
    w->sender = dgram_bound(&w->client, AF_INET, NULL, NULL, &w->from);
    w->receiver = dgram_bound(&w->client, AF_INET, w, events, &w->to);
    if (events)
        assert_int_equal(dgram_event(w->receiver, WSK_EVENT_RECEIVE_FROM), STATUS_SUCCESS);
}

static void end(struct weather *w)
{
    os_free(w->late);
    script_drop(w->script, script_wire_count(w->script));
    dgram_close(w->sender);
    dgram_close(w->receiver);
    client_stop(&w->client);
    script_destroy(w->script);
}

static void compare(const struct weather *w)
{
    if (w->arrived_count != w->expected_count)
        fail_msg("seed %u: %zu arrived, not %zu", w->seed, (size_t)w->arrived_count,
                 w->expected_count);
    for (size_t i = 0; i < w->expected_count; i++)
        if (w->arrived[i] != w->expected[i])
            fail_msg("seed %u: %u instead of %u at %zu", w->seed, w->arrived[i], w->expected[i],
                     i);
}

static void run(uint32_t seed, const WSK_CLIENT_DATAGRAM_DISPATCH *events)
{
    static struct weather weather;

    begin(&weather, seed, events);
    for (int i = 0; i < STEPS; i++) {
        step(&weather);
        if (!events && draw(&weather, 3) == 0)
            receive_by_irp(&weather);
    }
    if (!events)
        receive_by_irp(&weather);
    script_settle(weather.script);
    compare(&weather);
    end(&weather);
}

static void test_by_event(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= SEEDS; seed++)
        run(seed, &callbacks);
}

static void test_by_irp(void **state)
{
    (void)state;
    for (uint32_t seed = 1; seed <= SEEDS; seed++)
        run(seed, NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_by_event),
        cmocka_unit_test(test_by_irp),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
