/* SPDX-License-Identifier: MIT */
/*
 * test_echo.c - examples/udp_echo.c, loaded as a user loads it, against an ordinary UDP client.
 *
 * The client never has more datagrams under way than both sockets' buffers hold, so a datagram that
 * does not come back was lost by the driver or the library.
 */
#include <openwsk/host.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "../support/free_port.h"

#ifdef SANITIZED
#define DATAGRAMS 100000u
#else
#define DATAGRAMS 1000000u
#endif
#define WINDOW 32u
#define UNLOADS 1000

static int open_client(uint16_t port)
{
    struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(port),
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int client = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    assert_true(client >= 0);
    assert_int_equal(connect(client, (struct sockaddr *)&address, sizeof(address)), 0);
    return client;
}

static struct openwsk_driver *start_echo(uint16_t port)
{
    struct openwsk_driver *driver = openwsk_driver_load(DRIVER);
    char text[8];

    assert_non_null(driver);
    snprintf(text, sizeof(text), "%u", port);
    assert_int_equal(openwsk_driver_set_parameter(driver, "port", text), 0);
    assert_int_equal(openwsk_driver_set_parameter(driver, "address", "127.0.0.1"), 0);
    assert_int_equal(openwsk_driver_start(driver), 0);
    return driver;
}

/* 0 when nothing came within the time. */
static ssize_t receive(int client, void *data, size_t size, int timeout_ms)
{
    struct pollfd entry = { .fd = client, .events = POLLIN };

    if (poll(&entry, 1, timeout_ms) != 1)
        return 0;
    return recv(client, data, size, 0);
}

static void quiet(void *context, const char *text, size_t length)
{
    (void)context;
    (void)text;
    (void)length;
}

static const struct openwsk_config config = { .size = sizeof(config), .debug_output = quiet };

/* --- Every datagram comes back, in order ------------------------------------------------------ */

static void answers_every_datagram(void **state)
{
    uint16_t port = free_port(false);
    struct openwsk_driver *driver;
    uint32_t sent = 0, returned = 0;
    int client;

    (void)state;
    assert_int_equal(openwsk_start(&config), 0);
    driver = start_echo(port);
    client = open_client(port);
    while (returned < DATAGRAMS) {
        uint32_t number = UINT32_MAX;

        for (; sent < DATAGRAMS && sent - returned < WINDOW; sent++)
            assert_int_equal(send(client, &sent, sizeof(sent), 0), sizeof(sent));
        assert_int_equal(receive(client, &number, sizeof(number), 30000), sizeof(number));
        assert_int_equal(number, returned);
        returned++;
    }
    close(client);
    assert_int_equal(openwsk_driver_unload(driver), 0);
    assert_int_equal(openwsk_stop(), 0);
}

/* --- Unloading in the rain -------------------------------------------------------------------- */

struct rain {
    uint16_t port;
    atomic_bool over;
};

static void *rain_main(void *argument)
{
    struct rain *rain = argument;
    struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(rain->port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int client = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

    /* Most of it meets a closed port; that is the point. */
    while (!atomic_load(&rain->over))
        (void)sendto(client, "rain", 4, 0, (struct sockaddr *)&to, sizeof(to));
    close(client);
    return NULL;
}

/* Until it answers once, so that the unload meets a driver at work. */
static void wait_for_answer(int client)
{
    char data[8];

    do {
        (void)send(client, "drop", 4, 0);
    } while (receive(client, data, sizeof(data), 10) <= 0);
}

static void unloads_while_datagrams_pour_in(void **state)
{
    struct rain rain = { .port = free_port(false) };
    pthread_t thread;
    int client;

    (void)state;
    assert_int_equal(openwsk_start(&config), 0);
    client = open_client(rain.port);
    assert_int_equal(pthread_create(&thread, NULL, rain_main, &rain), 0);
    for (int i = 0; i < UNLOADS; i++) {
        struct openwsk_driver *driver = start_echo(rain.port);

        if (i % 2)
            wait_for_answer(client);
        assert_int_equal(openwsk_driver_unload(driver), 0);
    }
    atomic_store(&rain.over, true);
    pthread_join(thread, NULL);
    close(client);
    assert_int_equal(openwsk_stop(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_every_datagram),
        cmocka_unit_test(unloads_while_datagrams_pour_in),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
