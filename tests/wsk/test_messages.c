/* SPDX-License-Identifier: MIT */
/* test_messages.c - WskSendMessages and segmentation, heard by an ordinary socket. */
#include "client.h"
#include "peer.h"

#include "base.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define NODES_MAX 400

static struct client client;
static struct peer peer;
static dgram sender;
static SOCKADDR_INET to;

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

static int open_pair(void **state)
{
    (void)state;
    peer_open(&peer, false);
    sender = dgram_bound(&client, AF_INET, NULL, NULL, NULL);
    to = loopback(AF_INET, peer.port);
    return 0;
}

static int close_pair(void **state)
{
    (void)state;
    dgram_close(sender);
    peer_close(&peer);
    return 0;
}

static void expect(const void *data, size_t size)
{
    static unsigned char received[70000];

    assert_int_equal(peer_receive(&peer, received, sizeof(received), NULL), (long)size);
    assert_memory_equal(received, data, size);
}

/* The peer's next datagram is this one: nothing came before it. */
static void expect_nothing_more(void)
{
    assert_int_equal(dgram_send(sender, "marker", 6, &to), STATUS_SUCCESS);
    expect("marker", 6);
}

static NTSTATUS send_list(PWSK_BUF_LIST list, PCMSGHDR control, ULONG length, ULONG_PTR *information)
{
    struct call call;
    NTSTATUS status;

    call_init(&call);
    status = CALL(&call, sender.d->WskSendMessages(sender.socket, list, 0, (PSOCKADDR)&to, length, control,
                                                   IRP(&call)));
    *information = call.information;
    call_free(&call);
    return status;
}

static void DGRAM_MSGS_01_a_datagram_per_node(void **state)
{
    static uint32_t numbers[NODES_MAX];
    static WSK_BUF_LIST nodes[NODES_MAX];
    ULONG_PTR information;

    (void)state;
    for (uint32_t i = 0; i < NODES_MAX; i++) {
        numbers[i] = i;
        nodes[i].Buffer = buffer_over(&numbers[i], sizeof(numbers[i]));
        nodes[i].Next = i + 1 < NODES_MAX ? &nodes[i + 1] : NULL;
    }
    /*
     * MSGS-07: several hundred, whatever the host takes in one call. In parts, so that the peer's
     * buffer holds.
     */
    for (uint32_t i = 0; i < NODES_MAX; i += 100) {
        nodes[i + 99].Next = NULL;
        assert_int_equal(send_list(&nodes[i], NULL, 0, &information), STATUS_SUCCESS);
        assert_int_equal(information, 100 * sizeof(numbers[0])); /* MSGS-02 */
        for (uint32_t j = i; j < i + 100; j++)
            expect(&j, sizeof(j));
    }
    for (uint32_t i = 0; i < NODES_MAX; i++)
        buffer_free(&nodes[i].Buffer);
}

static void DGRAM_MSGS_08_bad_lists_send_nothing(void **state)
{
    char text[8] = "12345678";
    WSK_BUF good = buffer_over(text, sizeof(text));
    WSK_BUF_LIST second = { NULL, { good.Mdl, 0, 9 } };
    WSK_BUF_LIST first = { &second, good };
    ULONG_PTR information;

    (void)state;
    assert_int_equal(send_list(NULL, NULL, 0, &information), STATUS_INVALID_PARAMETER);
    assert_int_equal(send_list(&first, NULL, 0, &information), STATUS_INVALID_PARAMETER);
    expect_nothing_more();
    buffer_free(&good);
}

static MDL mdl_of(char *memory, ULONG count, PMDL next)
{
    return (MDL){ .Next = next, .Size = sizeof(MDL), .MdlFlags = MDL_SOURCE_IS_NONPAGED_POOL,
                  .MappedSystemVa = memory, .ByteCount = count };
}

static void test_a_list_in_a_circle_sends_nothing(void **state)
{
    char text[8] = "12345678";
    WSK_BUF good = buffer_over(text, sizeof(text));
    WSK_BUF_LIST nodes[3] = { { &nodes[1], good }, { &nodes[2], good }, { NULL, good } };
    ULONG_PTR information;

    (void)state;
    for (int i = 0; i < 3; i++) {
        nodes[2].Next = &nodes[i];
        assert_int_equal(send_list(nodes, NULL, 0, &information), STATUS_INVALID_PARAMETER);
    }
    nodes[0] = (WSK_BUF_LIST){ &nodes[0], { NULL, 0, 0 } }; /* empty datagrams without an end */
    assert_int_equal(send_list(nodes, NULL, 0, &information), STATUS_INVALID_PARAMETER);
    expect_nothing_more();
    buffer_free(&good);
}

static NTSTATUS receive_into(WSK_BUF *buffer)
{
    struct call call;
    NTSTATUS status;

    call_init(&call);
    status = CALL(&call, sender.d->WskReceiveFrom(sender.socket, buffer, 0, NULL, NULL, NULL, NULL,
                                                  IRP(&call)));
    call_free(&call);
    return status;
}

/* Whatever its MDLs hold: what a round does not have, none has. */
static void test_a_chain_in_a_circle_sends_nothing(void **state)
{
    static const ULONG counts[][2] = { { 0, 0 }, { 0, 4 }, { 4, 0 } };
    char text[4] = "abcd";
    MDL first, second;
    ULONG_PTR information;

    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(counts); i++) {
        WSK_BUF_LIST node = { NULL, { &first, 0, 4 + 1000 } };

        second = mdl_of(text, counts[i][1], &first);
        first = mdl_of(text, counts[i][0], &second);
        assert_int_equal(send_list(&node, NULL, 0, &information), STATUS_INVALID_PARAMETER);
        assert_int_equal(receive_into(&node.Buffer), STATUS_INVALID_PARAMETER);
        node.Buffer.Length = SIZE_MAX;
        assert_int_equal(send_list(&node, NULL, 0, &information), STATUS_INVALID_PARAMETER);
    }
    expect_nothing_more();
}

static void test_a_chain_in_a_circle_is_not_followed_behind_the_length(void **state)
{
    char text[6] = "abcdef";
    MDL second = mdl_of(text + 4, 2, NULL), first = mdl_of(text, 4, &second);
    WSK_BUF_LIST node = { NULL, { &first, 1, 5 } };
    ULONG_PTR information;

    (void)state;
    second.Next = &first;
    assert_int_equal(send_list(&node, NULL, 0, &information), STATUS_SUCCESS);
    expect("bcdef", 5);
}

/* DGRAM-SEG-01, -02, -03: each node is cut on its own; an empty node is an empty datagram. */
static void DGRAM_SEG_01_nodes_are_cut(void **state)
{
    char text[] = "aaaabbbbcc" "ddddeeee" "f";
    WSK_BUF_LIST nodes[4];
    struct {
        _Alignas(8) CMSGHDR header;
        DWORD size;
        DWORD padding;
    } control = { { WSA_CMSG_LEN(sizeof(DWORD)), IPPROTO_UDP, UDP_SEND_MSG_SIZE }, 4, 0 };
    ULONG_PTR information;

    (void)state;
    nodes[0] = (WSK_BUF_LIST){ &nodes[1], buffer_over(text, 10) };
    nodes[1] = (WSK_BUF_LIST){ &nodes[2], buffer_over(text + 10, 8) };
    nodes[2] = (WSK_BUF_LIST){ &nodes[3], { NULL, 0, 0 } };
    nodes[3] = (WSK_BUF_LIST){ NULL, buffer_over(text + 18, 1) };
    assert_int_equal(send_list(nodes, &control.header, sizeof(control), &information), STATUS_SUCCESS);
    assert_int_equal(information, 19);
    expect("aaaa", 4);
    expect("bbbb", 4);
    expect("cc", 2);
    expect("dddd", 4);
    expect("eeee", 4);
    expect("", 0);
    expect("f", 1);
    expect_nothing_more();
    for (int i = 0; i < 4; i++)
        buffer_free(&nodes[i].Buffer);
}

static NTSTATUS set_segment(ULONG size)
{
    struct call call;
    NTSTATUS status;

    call_init(&call);
    status = CALL(&call, sender.d->WskControlSocket(sender.socket, WskSetOption, UDP_SEND_MSG_SIZE,
                                                    IPPROTO_UDP, sizeof(size), &size, 0, NULL, NULL,
                                                    IRP(&call)));
    call_free(&call);
    return status;
}

/*
 * DGRAM-SEG-04, -05: 64 KB in one buffer, over a chain whose seams are not those of the segments.
 */
static void DGRAM_SEG_05_option_and_seams(void **state)
{
    static unsigned char payload[60000];
    WSK_BUF_LIST node = { NULL, { NULL, 3, sizeof(payload) - 3 } };
    ULONG_PTR information;

    (void)state;
    for (size_t i = 0; i < sizeof(payload); i++)
        payload[i] = (unsigned char)(i * 31 + i / 251);
    for (size_t at = sizeof(payload); at > 0; at -= 1500) {
        WSK_BUF piece = buffer_over(payload + at - 1500, 1500);

        piece.Mdl->Next = node.Buffer.Mdl;
        node.Buffer.Mdl = piece.Mdl;
    }
    assert_int_equal(set_segment(1111), STATUS_SUCCESS);
    assert_int_equal(send_list(&node, NULL, 0, &information), STATUS_SUCCESS);
    assert_int_equal(information, sizeof(payload) - 3);
    for (size_t at = 3; at < sizeof(payload); at += 1111)
        expect(payload + at, sizeof(payload) - at < 1111 ? sizeof(payload) - at : 1111);
    assert_int_equal(set_segment(0), STATUS_SUCCESS);
    buffer_free(&node.Buffer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(DGRAM_MSGS_01_a_datagram_per_node, open_pair, close_pair),
        cmocka_unit_test_setup_teardown(DGRAM_MSGS_08_bad_lists_send_nothing, open_pair, close_pair),
        cmocka_unit_test_setup_teardown(test_a_list_in_a_circle_sends_nothing, open_pair, close_pair),
        cmocka_unit_test_setup_teardown(test_a_chain_in_a_circle_sends_nothing, open_pair, close_pair),
        cmocka_unit_test_setup_teardown(test_a_chain_in_a_circle_is_not_followed_behind_the_length,
                                        open_pair, close_pair),
        cmocka_unit_test_setup_teardown(DGRAM_SEG_01_nodes_are_cut, open_pair, close_pair),
        cmocka_unit_test_setup_teardown(DGRAM_SEG_05_option_and_seams, open_pair, close_pair),
    };

    return cmocka_run_group_tests(tests, setup, teardown);
}
