/* SPDX-License-Identifier: MIT */
/*
 * test_cost.c - what the verifier costs, in things that can be counted: nothing stands between
 * driver and provider while it is off; while it is on, a send allocates one record and calls the
 * system for special pool only as often as special.h says. tests/bench/instructions.sh runs it with
 * the argument alone.
 */
#define _GNU_SOURCE
#include "client.h"
#include "nt.h"
#include "special.h"
#include "verify.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define SENDS 640u

static struct client client;
static _Atomic unsigned protections, allocations;

bool __real_os_protect(void *first, size_t size, enum os_memory memory);
bool __wrap_os_protect(void *first, size_t size, enum os_memory memory);
void *__real_os_allocate(size_t size);
void *__wrap_os_allocate(size_t size);

bool __wrap_os_protect(void *first, size_t size, enum os_memory memory)
{
    atomic_fetch_add(&protections, 1);
    return __real_os_protect(first, size, memory);
}

void *__wrap_os_allocate(size_t size)
{
    atomic_fetch_add(&allocations, 1);
    return __real_os_allocate(size);
}

/* --- Fixture --------------------------------------------------------------------------------- */

static void on_report(const char *text, size_t length)
{
    (void)text;
    (void)length;
}

static void begin(const char *rules)
{
    static const struct vf_config config = { .report = on_report };
    char error[128];

    assert_int_equal(nt_start(), STATUS_SUCCESS);
    assert_true(vf_option("verify", rules, error, sizeof(error)));
    vf_start(&config);
    client_start(&client, NULL);
}

static void end(void)
{
    client_stop(&client);
    vf_stop();
    nt_stop();
}

/* --- Off ------------------------------------------------------------------------------------- */

struct tables {
    const void *client, *socket;
};

static struct tables tables_now(void)
{
    SOCKADDR_INET address;
    dgram bound = dgram_bound(&client, AF_INET, NULL, NULL, &address);
    struct tables tables = { client.npi.Dispatch, bound.socket->Dispatch };

    dgram_close(bound);
    return tables;
}

static void test_off_leaves_the_providers_tables(void **state)
{
    struct tables own, off, on;

    (void)state;
    client_start(&client, NULL);
    assert_null(hook_table());
    own = tables_now();
    client_stop(&client);

    begin("off");
    assert_null(hook_table()->table);
    assert_null(hook_table()->event_begin);
    assert_null(hook_table()->event_end);
    assert_null(hook_table()->import_begin);
    assert_null(hook_table()->fail_allocation);
    assert_null(hook_table()->wait_begin);
    assert_null(hook_table()->wait_satisfied);
    assert_int_equal(atomic_load(&hook_rules), 0);
    off = tables_now();
    end();

    begin("on");
    on = tables_now();
    end();

    assert_ptr_equal(off.client, own.client);
    assert_ptr_equal(off.socket, own.socket);
    assert_ptr_not_equal(on.client, own.client);
    assert_ptr_not_equal(on.socket, own.socket);
}

/* --- On -------------------------------------------------------------------------------------- */

static UCHAR payload[64];

static void send_one(dgram from, PSOCKADDR to, struct call *call, WSK_BUF *buffer)
{
    PIRP irp = call_reuse(call);
    NTSTATUS status = from.d->WskSendTo(from.socket, buffer, 0, to, 0, NULL, irp);

    assert_int_equal(call_wait(call, status), STATUS_SUCCESS);
}

static void test_a_send_allocates_its_record_and_calls_the_system_for_nothing(void **state)
{
    SOCKADDR_INET to;
    dgram receiver, sender;
    struct call call;
    WSK_BUF buffer;
    unsigned before;

    (void)state;
    begin("on");
    receiver = dgram_bound(&client, AF_INET, NULL, NULL, &to);
    sender = dgram_bound(&client, AF_INET, NULL, NULL, NULL);
    call_init(&call);
    buffer = buffer_over(payload, sizeof(payload));
    for (unsigned i = 0; i < SENDS; i++)
        send_one(sender, (PSOCKADDR)&to, &call, &buffer);
    atomic_store(&protections, 0);
    before = atomic_load(&allocations);
    for (unsigned i = 0; i < SENDS; i++)
        send_one(sender, (PSOCKADDR)&to, &call, &buffer);
    assert_int_equal(atomic_load(&protections), 0);
    /* A few stacks and requests may still be new; two a send would be twice as many. */
    assert_in_range(atomic_load(&allocations) - before, SENDS, SENDS + SENDS / 8);
    buffer_free(&buffer);
    call_free(&call);
    dgram_close(sender);
    dgram_close(receiver);
    end();
}

/*
 * Each of the first few of a stack, then one in so many, takes one call and one more when it is
 * freed.
 */
static void test_fresh_blocks_call_the_system_now_and_then(void **state)
{
    unsigned most = 2 * (NT_SPECIAL_EACH + (SENDS + NT_SPECIAL_STEP - 1) / NT_SPECIAL_STEP);

    (void)state;
    begin("on");
    atomic_store(&protections, 0);
    for (unsigned i = 0; i < SENDS; i++) {
        PIRP irp = IoAllocateIrp(1, FALSE);

        assert_non_null(irp);
        IoFreeIrp(irp);
    }
    assert_in_range(atomic_load(&protections), 2, most);
    end();
}

/*
 * --- What tests/bench/instructions.sh counts ---------------------------------------------------
 */

#define ALONE 4000u

/* By their names callgrind knows them. */
#define COUNTED __attribute__((noinline))

COUNTED static void reused_send(dgram from, PSOCKADDR to, struct call *call, WSK_BUF *buffer)
{
    send_one(from, to, call, buffer);
}

/* The simplest driver: everything is made for one datagram, sent, waited for, freed. */
COUNTED static void fresh_send(dgram from, PSOCKADDR to)
{
    PUCHAR bytes = ExAllocatePool2(POOL_FLAG_NON_PAGED, sizeof(payload), 'tseT');
    struct call call;
    WSK_BUF buffer;

    assert_non_null(bytes);
    buffer = buffer_over(bytes, sizeof(payload));
    call_init(&call);
    send_one(from, to, &call, &buffer);
    call_free(&call);
    buffer_free(&buffer);
    ExFreePoolWithTag(bytes, 'tseT');
}

static void test_each_alone(void **state)
{
    SOCKADDR_INET to;
    dgram receiver, sender;
    struct call call;
    WSK_BUF buffer;

    (void)state;
    begin("on");
    receiver = dgram_bound(&client, AF_INET, NULL, NULL, &to);
    sender = dgram_bound(&client, AF_INET, NULL, NULL, NULL);
    call_init(&call);
    buffer = buffer_over(payload, sizeof(payload));
    for (unsigned i = 0; i < ALONE; i++) {
        reused_send(sender, (PSOCKADDR)&to, &call, &buffer);
        fresh_send(sender, (PSOCKADDR)&to);
    }
    buffer_free(&buffer);
    call_free(&call);
    dgram_close(sender);
    dgram_close(receiver);
    end();
}

int main(int count, char **arguments)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_off_leaves_the_providers_tables),
        cmocka_unit_test(test_a_send_allocates_its_record_and_calls_the_system_for_nothing),
        cmocka_unit_test(test_fresh_blocks_call_the_system_now_and_then),
    };
    const struct CMUnitTest alone[] = {
        cmocka_unit_test(test_each_alone),
    };

    if (count > 1 && !strcmp(arguments[1], "alone"))
        return cmocka_run_group_tests(alone, NULL, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
