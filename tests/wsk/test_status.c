/* SPDX-License-Identifier: MIT */
/* test_status.c - what the engine's errno values become. */
#include "translate.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

static const struct {
    int error;
    NTSTATUS status;
} table[] = {
    { 0, STATUS_SUCCESS },
    { EADDRINUSE, STATUS_ADDRESS_ALREADY_EXISTS },
    { EADDRNOTAVAIL, STATUS_INVALID_ADDRESS_COMPONENT },
    { EAFNOSUPPORT, STATUS_INVALID_ADDRESS_COMPONENT },
    { EACCES, STATUS_ACCESS_DENIED },
    { EPERM, STATUS_ACCESS_DENIED },
    { EMSGSIZE, STATUS_INVALID_BUFFER_SIZE },
    { ENETUNREACH, STATUS_NETWORK_UNREACHABLE },
    { ENETDOWN, STATUS_NETWORK_UNREACHABLE },
    { EHOSTUNREACH, STATUS_HOST_UNREACHABLE },
    { EHOSTDOWN, STATUS_HOST_UNREACHABLE },
    { ECONNREFUSED, STATUS_CONNECTION_REFUSED },
    { ECONNRESET, STATUS_CONNECTION_RESET },
    { ECONNABORTED, STATUS_CONNECTION_ABORTED },
    { EPIPE, STATUS_CONNECTION_DISCONNECTED },
    { ETIMEDOUT, STATUS_IO_TIMEOUT },
    { ENOBUFS, STATUS_INSUFFICIENT_RESOURCES },
    { ENOMEM, STATUS_INSUFFICIENT_RESOURCES },
    { EMFILE, STATUS_INSUFFICIENT_RESOURCES },
    { ENFILE, STATUS_INSUFFICIENT_RESOURCES },
    { ENOTCONN, STATUS_INVALID_DEVICE_STATE },
    { EINVAL, STATUS_INVALID_PARAMETER },
    { EOPNOTSUPP, STATUS_NOT_SUPPORTED },
    { ENOPROTOOPT, STATUS_NOT_SUPPORTED },
    { ECANCELED, STATUS_CANCELLED },
};

static void test_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < RTL_NUMBER_OF(table); i++) {
        NTSTATUS status = wsk_status_from_errno(-table[i].error);

        if (status != table[i].status)
            fail_msg("errno %d became 0x%08x, not 0x%08x", table[i].error, (unsigned)status,
                     (unsigned)table[i].status);
    }
}

/* A driver asks NT_SUCCESS, and waits when it sees STATUS_PENDING. */
static void test_no_error_looks_like_success(void **state)
{
    (void)state;
    for (int error = 1; error < 4096; error++)
        assert_false(NT_SUCCESS(wsk_status_from_errno(-error)));
}

static void test_unknown_errors_are_unsuccessful(void **state)
{
    (void)state;
    assert_int_equal(wsk_status_from_errno(-4095), STATUS_UNSUCCESSFUL);
    /* A positive number is no error of the engine's: the sign counts. */
    assert_int_equal(wsk_status_from_errno(EADDRINUSE), STATUS_UNSUCCESSFUL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_table),
        cmocka_unit_test(test_no_error_looks_like_success),
        cmocka_unit_test(test_unknown_errors_are_unsuccessful),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
