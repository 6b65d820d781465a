/* SPDX-License-Identifier: MIT */
/* test_sharing.c - the 36 cases of two binds to one port, and what other programs see. */
#include "client.h"
#include "peer.h"

#include "base.h"

#include <ntifs.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static struct client client;

static int setup(void **state)
{
    (void)state;
    client_start(&client, NULL);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    client_stop(&client);
    return 0;
}

static NTSTATUS set_option(dgram socket, ULONG option)
{
    ULONG on = 1;
    struct call call;
    NTSTATUS status;

    call_init(&call);
    status = CALL(&call, socket.d->WskControlSocket(socket.socket, WskSetOption, option, SOL_SOCKET,
                                                    sizeof(on), &on, 0, NULL, NULL, IRP(&call)));
    call_free(&call);
    return status;
}

static NTSTATUS bind_to(dgram socket, const SOCKADDR_INET *address)
{
    struct call call;
    NTSTATUS status;

    call_init(&call);
    status = CALL(&call, socket.d->WskBind(socket.socket, (PSOCKADDR)(uintptr_t)address, 0, IRP(&call)));
    call_free(&call);
    return status;
}

/* The kinds of the documentation's table, in its order. */
enum kind { NONE_W, NONE_S, REUSE_W, REUSE_S, EXCL_W, EXCL_S, KINDS };

static dgram of_kind(ADDRESS_FAMILY family, enum kind kind, USHORT port, SOCKADDR_INET *address)
{
    dgram socket = dgram_open(&client, family, NULL, NULL);

    if (kind == REUSE_W || kind == REUSE_S)
        assert_int_equal(set_option(socket, SO_REUSEADDR), STATUS_SUCCESS);
    if (kind == EXCL_W || kind == EXCL_S)
        assert_int_equal(set_option(socket, SO_EXCLUSIVEADDRUSE), STATUS_SUCCESS);
    *address = loopback(family, port);
    if (kind % 2 == 0)
        memset((char *)address + 4, 0, sizeof(*address) - 4); /* wildcard */
    return socket;
}

/* I in use, D denied, + both may be bound, C the first one's security descriptor decides. */
static const char *const table[KINDS] = {
    /* first:    none W, S   reuse W, S   excl W, S */
    [NONE_W]  = "I+I+I+",
    [NONE_S]  = "CICDDI",
    [REUSE_W] = "D+++D+",
    [REUSE_S] = "CD++DD",
    [EXCL_W]  = "IIIIII",
    [EXCL_S]  = "CICIDI",
};

static NTSTATUS expected(enum kind second, enum kind first, bool shares)
{
    switch (table[second][first]) {
    case 'C':
        return shares ? STATUS_SUCCESS : STATUS_ACCESS_DENIED;
    case 'I':
        return STATUS_ADDRESS_ALREADY_EXISTS;
    case 'D':
        return STATUS_ACCESS_DENIED;
    default:
        return STATUS_SUCCESS;
    }
}

/* A descriptor that lets everybody share, or one that lets nobody; NULL mask: none is set. */
static void set_descriptor(dgram socket, const ACCESS_MASK *mask)
{
    SID everybody = { SID_REVISION, 1, { SECURITY_WORLD_SID_AUTHORITY }, { SECURITY_WORLD_RID } };
    _Alignas(8) UCHAR room[64];
    SECURITY_DESCRIPTOR descriptor;
    PSECURITY_DESCRIPTOR pointer = &descriptor;
    struct call call;

    if (!mask)
        return;
    RtlCreateSecurityDescriptor(&descriptor, SECURITY_DESCRIPTOR_REVISION);
    RtlCreateAcl((PACL)(void *)room, sizeof(room), ACL_REVISION);
    RtlAddAccessAllowedAce((PACL)(void *)room, ACL_REVISION, *mask, &everybody);
    RtlSetDaclSecurityDescriptor(&descriptor, TRUE, (PACL)(void *)room, FALSE);
    assert_int_equal(client.npi.Dispatch->WskControlClient(client.npi.Client, WSK_CACHE_SD,
                                                           sizeof(pointer), &pointer,
                                                           sizeof(pointer), &pointer, NULL, NULL),
                     STATUS_SUCCESS);
    call_init(&call);
    assert_int_equal(CALL(&call, socket.d->WskControlSocket(socket.socket, WskSetOption,
                                                            SO_WSK_SECURITY, SOL_SOCKET,
                                                            sizeof(pointer), &pointer, 0, NULL,
                                                            NULL, IRP(&call))),
                     STATUS_SUCCESS);
    call_free(&call);
    /* CLI-21: the socket has its own reference now. */
    assert_int_equal(client.npi.Dispatch->WskControlClient(client.npi.Client, WSK_RELEASE_SD,
                                                           sizeof(pointer), &pointer, 0, NULL, NULL,
                                                           NULL),
                     STATUS_SUCCESS);
}

static void check_table(const ACCESS_MASK *mask, bool shares)
{
    static const ADDRESS_FAMILY families[] = { AF_INET, AF_INET6 };

    for (int i = 0; i < 2 * KINDS * KINDS; i++) {
        enum kind first_kind = i % KINDS, second_kind = i / KINDS % KINDS;
        ADDRESS_FAMILY family = families[i / KINDS / KINDS];
        USHORT port = peer_free_port(family == AF_INET6);
        SOCKADDR_INET first_address, second_address;
        dgram first = of_kind(family, first_kind, port, &first_address);
        dgram second = of_kind(family, second_kind, port, &second_address);
        NTSTATUS status;

        set_descriptor(first, mask);
        assert_int_equal(bind_to(first, &first_address), STATUS_SUCCESS);
        status = bind_to(second, &second_address);
        if (status != expected(second_kind, first_kind, shares))
            fail_msg("second %d, first %d, family %d: %08x", second_kind, first_kind, family,
                     (unsigned)status);
        /* Once the first is closed nothing is in the way. */
        dgram_close(first);
        if (!NT_SUCCESS(status))
            assert_int_equal(bind_to(second, &second_address), STATUS_SUCCESS);
        dgram_close(second);
    }
}

static void SEC_03_table(void **state)
{
    (void)state;
    check_table(NULL, false);
}

static void SEC_05_the_first_descriptor_decides(void **state)
{
    static const ACCESS_MASK all = GENERIC_ALL, some = GENERIC_READ;

    (void)state;
    check_table(&all, true);
    check_table(&some, false);
}

static void SEC_04_two_specific_addresses(void **state)
{
    USHORT port = peer_free_port(false);
    SOCKADDR_INET one = loopback(AF_INET, port), two = one;
    dgram first = dgram_open(&client, AF_INET, NULL, NULL);
    dgram second = dgram_open(&client, AF_INET, NULL, NULL);

    (void)state;
    ((UCHAR *)&two.Ipv4.sin_addr)[3] = 2; /* 127.0.0.2 */
    assert_int_equal(set_option(first, SO_EXCLUSIVEADDRUSE), STATUS_SUCCESS);
    assert_int_equal(bind_to(first, &one), STATUS_SUCCESS);
    assert_int_equal(bind_to(second, &two), STATUS_SUCCESS);
    dgram_close(first);
    dgram_close(second);
}

static void SEC_02_reuse_and_exclusive(void **state)
{
    dgram socket = dgram_open(&client, AF_INET, NULL, NULL);

    (void)state;
    assert_int_equal(set_option(socket, SO_REUSEADDR), STATUS_SUCCESS);
    assert_int_equal(set_option(socket, SO_EXCLUSIVEADDRUSE), STATUS_INVALID_PARAMETER);
    dgram_close(socket);
}

/* Sharing inside the process opens no door for others. */
static void other_programs_still_conflict(void **state)
{
    struct peer peer;
    SOCKADDR_INET specific, wildcard;
    dgram first, second;

    (void)state;
    peer_open(&peer, false);
    first = of_kind(AF_INET, NONE_S, peer.port, &specific);
    second = of_kind(AF_INET, NONE_W, peer.port, &wildcard);
    assert_int_equal(bind_to(first, &specific), STATUS_ADDRESS_ALREADY_EXISTS);
    assert_int_equal(bind_to(second, &wildcard), STATUS_ADDRESS_ALREADY_EXISTS);
    peer_close(&peer);
    assert_int_equal(bind_to(first, &specific), STATUS_SUCCESS);
    assert_int_equal(bind_to(second, &wildcard), STATUS_SUCCESS);
    assert_false(peer_can_bind(false, peer.port));
    dgram_close(first);
    dgram_close(second);
    assert_true(peer_can_bind(false, peer.port));
}

/* BIND-16: a V6ONLY socket leaves IPv4 alone, one that is not competes for it. */
static void BIND_16_dual_stack_competes(void **state)
{
    ULONG off = 0;
    USHORT port = peer_free_port(false);
    SOCKADDR_INET address4, address6;
    dgram v4 = of_kind(AF_INET, NONE_W, port, &address4);
    dgram only = of_kind(AF_INET6, NONE_W, port, &address6);
    dgram dual = of_kind(AF_INET6, NONE_W, port, &address6);
    struct call call;

    (void)state;
    call_init(&call);
    assert_int_equal(CALL(&call, dual.d->WskControlSocket(dual.socket, WskSetOption, IPV6_V6ONLY,
                                                          IPPROTO_IPV6, sizeof(off), &off, 0, NULL,
                                                          NULL, IRP(&call))),
                     STATUS_SUCCESS);
    call_free(&call);
    assert_int_equal(bind_to(v4, &address4), STATUS_SUCCESS);
    assert_int_equal(bind_to(dual, &address6), STATUS_ADDRESS_ALREADY_EXISTS);
    assert_int_equal(bind_to(only, &address6), STATUS_SUCCESS);
    dgram_close(v4);
    dgram_close(only);
    assert_int_equal(bind_to(dual, &address6), STATUS_SUCCESS);
    dgram_close(dual);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(SEC_03_table),
        cmocka_unit_test(SEC_05_the_first_descriptor_decides),
        cmocka_unit_test(SEC_04_two_specific_addresses),
        cmocka_unit_test(SEC_02_reuse_and_exclusive),
        cmocka_unit_test(other_programs_still_conflict),
        cmocka_unit_test(BIND_16_dual_stack_competes),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
