/* SPDX-License-Identifier: MIT */
/*
 * retained.c - who holds datagram indications. A socket counts them and nothing more, for the
 * sake of speed; so the report names the callback that kept them, not each datagram.
 */
#include "nt.h"
#include "provider.h"
#include "socket.h"

struct visit {
    wsk_retained_visit_fn *visit;
    void *context;
};

/* Under the ledger's lock, which keeps the socket alive. */
static void visit_socket(const struct ledger_entry *entry, void *context)
{
    const struct wsk_socket *socket = container_of(entry, struct wsk_socket, ledger);
    const struct visit *visit = context;
    const WSK_CLIENT_DATAGRAM_DISPATCH *callbacks = socket->callbacks;
    uint32_t count = atomic_load(&socket->retained);

    /* Places are return addresses; this one shall lie inside the callback, too. */
    if (count && callbacks)
        visit->visit(count, (const char *)(uintptr_t)callbacks->WskReceiveFromEvent + 1,
                     visit->context);
}

void wsk_retained_visit(wsk_retained_visit_fn *visit, void *context)
{
    struct visit each = { visit, context };

    ledger_visit(LEDGER_SOCKET, visit_socket, &each);
}
