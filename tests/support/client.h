/* SPDX-License-Identifier: MIT */
/*
 * client.h - a WSK client for tests: what a driver would write around each call, with the contract
 * of IRPs checked on every one of them.
 *
 *  1. client_start() brings the executive and the provider up, registers and captures.
 *  2. call_init() makes an IRP; CALL() issues a function and waits for the completion.
 *  3. client_stop() takes everything down and asserts that nothing is left in the ledger.
 */
#ifndef OPENWSK_TESTS_CLIENT_H
#define OPENWSK_TESTS_CLIENT_H

#include <wdm.h>
#include <wsk.h>
#include <ws2ipdef.h>

#include <stdbool.h>

struct net_port;

struct client {
    WSK_REGISTRATION registration;
    WSK_PROVIDER_NPI npi;
};

/* `port` NULL is the real network. */
void client_start(struct client *client, const struct net_port *port);
void client_stop(struct client *client);

/* Only the executive and the provider, without a registration. */
void provider_start(const struct net_port *port);
void provider_stop(void);

/* Fails unless the ledger is empty. */
void assert_nothing_left(void);

/* --- One IRP --------------------------------------------------------------------------------- */

struct call {
    PIRP irp;
    KEVENT completed;
    unsigned completions;      /* how often the routine ran since call_reuse() */
    NTSTATUS status;           /* as the routine saw them */
    ULONG_PTR information;
    BOOLEAN pending_returned;
    KIRQL irql;
};

void call_init(struct call *call);
void call_free(struct call *call);

/* Makes the IRP ready for another function; CALL() does it. */
PIRP call_reuse(struct call *call);

/*
 * Waits for the completion of a function that returned `returned`, asserts that flag, return value
 * and completion agree, and gives the final status.
 */
NTSTATUS call_wait(struct call *call, NTSTATUS returned);

/* CALL(&call, d->WskBind(socket, address, 0, IRP(&call))) */
#define IRP(call) call_reuse(call)
#define CALL(call, expression) call_wait((call), (expression))

/* Whether the routine has run; does not wait. */
bool call_done(struct call *call);

/* --- Sockets --------------------------------------------------------------------------------- */

typedef struct {
    PWSK_SOCKET socket;
    PWSK_PROVIDER_DATAGRAM_DISPATCH d;
} dgram;

dgram dgram_open(struct client *client, ADDRESS_FAMILY family, PVOID context,
                 const WSK_CLIENT_DATAGRAM_DISPATCH *callbacks);

/* Opened and bound to the loopback address, any port; *local gets the address. */
dgram dgram_bound(struct client *client, ADDRESS_FAMILY family, PVOID context,
                  const WSK_CLIENT_DATAGRAM_DISPATCH *callbacks, SOCKADDR_INET *local);
void dgram_close(dgram socket);

/* One send, waited for. */
NTSTATUS dgram_send(dgram socket, const void *data, size_t size, const SOCKADDR_INET *to);

/* One receive, waited for; *size is capacity in, bytes out. */
NTSTATUS dgram_receive(dgram socket, void *data, size_t *size, SOCKADDR_INET *from);

NTSTATUS dgram_event(dgram socket, ULONG mask);

SOCKADDR_INET loopback(ADDRESS_FAMILY family, USHORT port);
USHORT port_of(const SOCKADDR_INET *address);

/* --- Buffers --------------------------------------------------------------------------------- */

/* An MDL over memory of the caller's, wrapped in a WSK_BUF. */
WSK_BUF buffer_over(void *memory, size_t size);
void buffer_free(WSK_BUF *buffer);

#endif
