/* SPDX-License-Identifier: MIT */
/* test_words.c - what traces say of flags, options and control codes. */
#include "words.h"

#include <wdm.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <ws2ipdef.h>

#include <cmocka.h>

static void says(enum vf_parameter_kind kind, uintptr_t value, const char *expected)
{
    char text[256] = "";
    struct words words = { .text = text, .size = sizeof(text) };

    words_argument(&words, kind, value);
    assert_string_equal(text, expected);
}

static void flags_have_names(void **state)
{
    (void)state;
    says(VF_CATEGORY, WSK_FLAG_BASIC_SOCKET, "WSK_FLAG_BASIC_SOCKET");
    says(VF_CATEGORY, WSK_FLAG_DATAGRAM_SOCKET, "WSK_FLAG_DATAGRAM_SOCKET");
    says(VF_EVENT_FLAGS, 0, "0");
    says(VF_EVENT_FLAGS, WSK_FLAG_AT_DISPATCH_LEVEL | MSG_MCAST,
         "WSK_FLAG_AT_DISPATCH_LEVEL|MSG_MCAST");
    says(VF_SEND_FLAGS, WSK_FLAG_NODELAY, "WSK_FLAG_NODELAY");
    says(VF_RECEIVE_FLAGS, WSK_FLAG_WAITALL, "WSK_FLAG_WAITALL");
    says(VF_DISCONNECT_FLAGS, WSK_FLAG_ABORTIVE, "WSK_FLAG_ABORTIVE");
    says(VF_NAME_FLAGS, NI_NUMERICHOST | NI_DGRAM, "NI_NUMERICHOST|NI_DGRAM");
}

static void flags_without_a_name_stay_numbers(void **state)
{
    (void)state;
    says(VF_FLAGS, 0x10, "0x10");
    says(VF_CATEGORY, WSK_FLAG_DATAGRAM_SOCKET | 0x40, "WSK_FLAG_DATAGRAM_SOCKET|0x40");
    says(VF_EVENT_FLAGS, 0x80000000, "0x80000000");
}

static void versions_and_timeouts_are_what_drivers_write(void **state)
{
    const WSK_CLIENT_DISPATCH dispatch = { MAKE_WSK_VERSION(1, 3), 0, NULL };
    WSK_CLIENT_NPI npi = { NULL, &dispatch };

    (void)state;
    says(VF_WAIT_TIMEOUT, WSK_NO_WAIT, "WSK_NO_WAIT");
    says(VF_WAIT_TIMEOUT, WSK_INFINITE_WAIT, "WSK_INFINITE_WAIT");
    says(VF_WAIT_TIMEOUT, 100000, "100000");
    says(VF_CLIENT_NPI, (uintptr_t)&npi, "{NULL, MAKE_WSK_VERSION(1, 3)}");
    npi = (WSK_CLIENT_NPI){ (PVOID)(uintptr_t)0x1234, NULL };
    says(VF_CLIENT_NPI, (uintptr_t)&npi, "{0x1234, NULL}");
    says(VF_CLIENT_NPI, 0, "NULL");
}

static void lists_have_a_length_unless_they_are_circles(void **state)
{
    WSK_BUF_LIST buffers[2] = { { &buffers[1], { NULL, 0, 5 } }, { NULL, { NULL, 0, 2 } } };
    WSK_DATAGRAM_INDICATION received[2] = { { .Next = &received[1], .Buffer = { NULL, 0, 3 } },
                                            { .Buffer = { NULL, 0, 4 } } };

    (void)state;
    says(VF_BUFFER_LIST, (uintptr_t)buffers, "{2 datagrams, 7 bytes}");
    says(VF_INDICATIONS, (uintptr_t)received, "{2 datagrams, 7 bytes}");
    says(VF_INDICATIONS, (uintptr_t)&received[1], "{1 datagram, 4 bytes}");
    says(VF_INDICATIONS, 0, "NULL");
    for (int i = 0; i < 2; i++) {
        buffers[1].Next = &buffers[i];
        received[1].Next = &received[i];
        says(VF_BUFFER_LIST, (uintptr_t)buffers, "{a circle}");
        says(VF_INDICATIONS, (uintptr_t)received, "{a circle}");
    }
}

static void names_option(WSK_CONTROL_SOCKET_TYPE type, ULONG code, ULONG level, const char *expected)
{
    const uintptr_t arguments[VF_PARAMETERS_MAX] = { 0, type, code, level };
    const struct vf_function *function = &vf_functions[VF_ID_WskControlSocket];
    char text[512] = "";
    struct words words = { .text = text, .size = sizeof(text) };

    words_arguments(&words, function, arguments);
    if (!strstr(text, expected))
        fail_msg("'%s' is not in '%s'", expected, text);
}

static void options_are_named_by_their_level(void **state)
{
    (void)state;
    names_option(WskSetOption, SO_RCVBUF, SOL_SOCKET, "ControlCode=SO_RCVBUF, Level=SOL_SOCKET,");
    names_option(WskGetOption, 2, IPPROTO_UDP, "ControlCode=UDP_SEND_MSG_SIZE, Level=IPPROTO_UDP,");
    names_option(WskGetOption, 2, IPPROTO_IP, "ControlCode=IP_HDRINCL, Level=IPPROTO_IP,");
    names_option(WskSetOption, 27, IPPROTO_IPV6, "ControlCode=IPV6_V6ONLY, Level=IPPROTO_IPV6,");
    names_option(WskSetOption, 1, IPPROTO_TCP, "ControlCode=TCP_NODELAY, Level=IPPROTO_TCP,");
    names_option(WskIoctl, SIO_WSK_SET_SENDTO_ADDRESS, 0, "ControlCode=SIO_WSK_SET_SENDTO_ADDRESS,");
    names_option(WskSetOption, 4711, 99, "ControlCode=4711, Level=99,");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(flags_have_names),
        cmocka_unit_test(flags_without_a_name_stay_numbers),
        cmocka_unit_test(versions_and_timeouts_are_what_drivers_write),
        cmocka_unit_test(lists_have_a_length_unless_they_are_circles),
        cmocka_unit_test(options_are_named_by_their_level),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
