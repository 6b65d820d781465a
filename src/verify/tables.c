/* SPDX-License-Identifier: MIT */
/*
 * tables.c - the tables of functions that a driver gets instead of the provider's, made from the
 * list in functions.h. Each entry notes who called, asks calls.c, calls the provider's entry, tells
 * calls.c.
 */
#include "calls.h"

#include "nt.h"

/* --- The list as data ----------------------------------------------------------------------- */

#define COMMA() ,
#define DESCRIBE(type, parameter, kind) { #parameter, kind }
#define COUNT_ONE(type, parameter, kind) +1
#define KIND_BIT(type, parameter, kind) | 1u << kind
#define NOTHING()

const struct vf_function vf_functions[VF_FUNCTION_COUNT] = {
#define X(function, text)                                                                          \
    [VF_ID_##function] = { .id = VF_ID_##function, .name = text,                                   \
                           .parameter_count = 0 VF_##function(COUNT_ONE, NOTHING),                 \
                           .kinds = 0 VF_##function(KIND_BIT, NOTHING),                            \
                           .parameters = { VF_##function(DESCRIBE, COMMA) } },
    VF_FUNCTIONS(X)
#undef X
};

/* --- The entries ---------------------------------------------------------------------------- */

#define DECLARE(type, parameter, kind) type parameter
#define NAME(type, parameter, kind) parameter
#define AS_WORD(type, parameter, kind) (uintptr_t)(parameter)

#define ENTRY(table, member, function)                                                             \
    static NTSTATUS WSKAPI table##_##member(VF_##function(DECLARE, COMMA))                         \
    {                                                                                              \
        const uintptr_t arguments[] = { VF_##function(AS_WORD, COMMA) };                           \
        struct vf_call own, *call;                                                                 \
                                                                                                   \
        call = vf_call_begin(&own, VF_ID_##function, arguments, NT_CALLER());                      \
        if (!call->decided)                                                                        \
            call->status = table##_own->member(VF_##function(NAME, COMMA));                        \
        return vf_call_end(call);                                                                  \
    }

/* An entry that the provider does not have stays absent. */
#define MEMBER(table, member, function)                                                            \
    table##_ours.member = table##_own->member ? table##_##member : NULL;

#define BASIC(X, table)                                                                            \
    X(table, WskControlSocket, WskControlSocket) X(table, WskCloseSocket, WskCloseSocket)

#define LISTEN(X, table)                                                                           \
    BASIC(X, table) X(table, WskBind, WskBind) X(table, WskAccept, WskAccept)                      \
    X(table, WskInspectComplete, WskInspectComplete)                                               \
    X(table, WskGetLocalAddress, WskGetLocalAddress)

#define DATAGRAM(X, table)                                                                         \
    BASIC(X, table) X(table, WskBind, WskBind) X(table, WskSendTo, WskSendTo)                      \
    X(table, WskReceiveFrom, WskReceiveFrom) X(table, WskRelease, WskReleaseDatagrams)             \
    X(table, WskGetLocalAddress, WskGetLocalAddress)                                               \
    X(table, WskSendMessages, WskSendMessages)

#define DATA(X, table)                                                                             \
    X(table, WskConnect, WskConnect) X(table, WskGetLocalAddress, WskGetLocalAddress)              \
    X(table, WskGetRemoteAddress, WskGetRemoteAddress) X(table, WskSend, WskSend)                  \
    X(table, WskReceive, WskReceive) X(table, WskDisconnect, WskDisconnect)                        \
    X(table, WskRelease, WskReleaseData) X(table, WskConnectEx, WskConnectEx)                      \
    X(table, WskSendEx, WskSendEx) X(table, WskReceiveEx, WskReceiveEx)

#define CONNECTION(X, table) BASIC(X, table) X(table, WskBind, WskBind) DATA(X, table)

#define STREAM(X, table)                                                                           \
    BASIC(X, table) X(table, WskBind, WskBind) X(table, WskAccept, WskAccept)                      \
    X(table, WskListen, WskListen) DATA(X, table)

#define CLIENT(X, table)                                                                           \
    X(table, WskSocket, WskSocket) X(table, WskSocketConnect, WskSocketConnect)                    \
    X(table, WskControlClient, WskControlClient)                                                   \
    X(table, WskGetAddressInfo, WskGetAddressInfo) X(table, WskGetNameInfo, WskGetNameInfo)

static const WSK_PROVIDER_DISPATCH *client_own;
static const WSK_PROVIDER_BASIC_DISPATCH *basic_own;
static const WSK_PROVIDER_LISTEN_DISPATCH *listen_own;
static const WSK_PROVIDER_DATAGRAM_DISPATCH *datagram_own;
static const WSK_PROVIDER_CONNECTION_DISPATCH *connection_own;
static const WSK_PROVIDER_STREAM_DISPATCH *stream_own;

static WSK_PROVIDER_DISPATCH client_ours;
static WSK_PROVIDER_BASIC_DISPATCH basic_ours;
static WSK_PROVIDER_LISTEN_DISPATCH listen_ours;
static WSK_PROVIDER_DATAGRAM_DISPATCH datagram_ours;
static WSK_PROVIDER_CONNECTION_DISPATCH connection_ours;
static WSK_PROVIDER_STREAM_DISPATCH stream_ours;

CLIENT(ENTRY, client)
BASIC(ENTRY, basic)
LISTEN(ENTRY, listen)
DATAGRAM(ENTRY, datagram)
CONNECTION(ENTRY, connection)
STREAM(ENTRY, stream)

/* The one that returns nothing. */
static VOID WSKAPI client_WskFreeAddressInfo(PWSK_CLIENT Client, PADDRINFOEXW AddrInfo)
{
    const uintptr_t arguments[] = { (uintptr_t)Client, (uintptr_t)AddrInfo };
    struct vf_call own, *call;

    call = vf_call_begin(&own, VF_ID_WskFreeAddressInfo, arguments, NT_CALLER());
    client_own->WskFreeAddressInfo(Client, AddrInfo);
    vf_call_end(call);
}

/* --- Choosing ------------------------------------------------------------------------------- */

/* Under the lock. */
static const void *make(enum hook_table_kind kind, const void *own)
{
    switch (kind) {
    case HOOK_TABLE_CLIENT:
        client_own = own;
        client_ours.Version = client_own->Version;
        CLIENT(MEMBER, client)
        MEMBER(client, WskFreeAddressInfo, WskFreeAddressInfo)
        return &client_ours;
    case HOOK_TABLE_BASIC:
        basic_own = own;
        BASIC(MEMBER, basic)
        return &basic_ours;
    case HOOK_TABLE_LISTEN:
        listen_own = own;
        LISTEN(MEMBER, listen)
        return &listen_ours;
    case HOOK_TABLE_DATAGRAM:
        datagram_own = own;
        DATAGRAM(MEMBER, datagram)
        return &datagram_ours;
    case HOOK_TABLE_CONNECTION:
        connection_own = own;
        CONNECTION(MEMBER, connection)
        return &connection_ours;
    case HOOK_TABLE_STREAM:
        stream_own = own;
        STREAM(MEMBER, stream)
        return &stream_ours;
    default:
        return own;
    }
}

/* Each is made once, so that an entry never sees its table change. */
const void *vf_choose_table(enum hook_table_kind kind, const void *table,
                            const struct hook_provider *provider)
{
    static struct base_lock lock;
    static const void *made[HOOK_TABLE_COUNT], *from[HOOK_TABLE_COUNT];
    const void *ours = table;

    base_lock_acquire(&lock);
    vf_provider_set(provider);
    if (!made[kind]) {
        made[kind] = make(kind, table);
        from[kind] = table;
    }
    if (from[kind] == table)
        ours = made[kind];
    base_lock_release(&lock);
    return ours;
}
