/* SPDX-License-Identifier: MIT */
/*
 * test_driver.c - how to test a driver: udp_echo.c is linked into this program, started, spoken
 * to over a real socket, and unloaded; whatever it leaves behind fails the test.
 *
 * The program sees the driver through openwsk/host.h, so that it can use the sockets of Linux.
 * examples/CMakeLists.txt shows how it is built; it runs under gdb, valgrind and the sanitizers
 * like any other program.
 */
#include <openwsk/host.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

/* The driver under test. */
openwsk_entry DriverEntry;

struct fixture {
    struct openwsk_driver *driver;
    struct sockaddr_in address; /* where the driver listens */
    int socket;
};

/* A port that nobody uses: the kernel has just handed it out. */
static struct sockaddr_in free_address(void)
{
    struct sockaddr_in address = { .sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    socklen_t size = sizeof(address);
    int probe = socket(AF_INET, SOCK_DGRAM, 0);

    assert_int_equal(bind(probe, (struct sockaddr *)&address, size), 0);
    assert_int_equal(getsockname(probe, (struct sockaddr *)&address, &size), 0);
    close(probe);
    return address;
}

static int set_up(void **state)
{
    static struct fixture fixture;
    char port[8];

    assert_int_equal(openwsk_start(NULL), 0);
    fixture.address = free_address();
    fixture.socket = socket(AF_INET, SOCK_DGRAM, 0);
    fixture.driver = openwsk_driver_from_entry("udp_echo", DriverEntry);
    assert_non_null(fixture.driver);
    snprintf(port, sizeof(port), "%u", ntohs(fixture.address.sin_port));
    openwsk_driver_set_parameter(fixture.driver, "address", "127.0.0.1");
    openwsk_driver_set_parameter(fixture.driver, "port", port);
    *state = &fixture;
    return 0;
}

/* Unloads the driver as well, and counts what it did wrong. */
static int tear_down(void **state)
{
    struct fixture *fixture = *state;

    close(fixture->socket);
    assert_int_equal(openwsk_stop(), 0);
    return 0;
}

static void test_a_datagram_comes_back(void **state)
{
    struct fixture *fixture = *state;
    struct sockaddr_in from;
    socklen_t from_size = sizeof(from);
    char answer[64];

    assert_int_equal(openwsk_driver_start(fixture->driver), 0);
    assert_int_equal(sendto(fixture->socket, "hello", 5, 0, (struct sockaddr *)&fixture->address,
                            sizeof(fixture->address)), 5);
    assert_int_equal(recvfrom(fixture->socket, answer, sizeof(answer), 0,
                              (struct sockaddr *)&from, &from_size), 5);
    assert_memory_equal(answer, "hello", 5);
    assert_int_equal(from.sin_port, fixture->address.sin_port);
}

static void test_an_empty_datagram_comes_back(void **state)
{
    struct fixture *fixture = *state;
    char answer[64];

    assert_int_equal(openwsk_driver_start(fixture->driver), 0);
    assert_int_equal(sendto(fixture->socket, "", 0, 0, (struct sockaddr *)&fixture->address,
                            sizeof(fixture->address)), 0);
    assert_int_equal(recv(fixture->socket, answer, sizeof(answer), 0), 0);
}

static void test_a_bad_address_is_refused(void **state)
{
    struct fixture *fixture = *state;
    openwsk_status status;

    openwsk_driver_set_parameter(fixture->driver, "address", "no address");
    status = openwsk_driver_start(fixture->driver);
    assert_string_equal(openwsk_status_name(status), "STATUS_INVALID_PARAMETER");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_datagram_comes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_an_empty_datagram_comes_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_a_bad_address_is_refused, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
