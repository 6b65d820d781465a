/* SPDX-License-Identifier: MIT */
/*
 * fuzz_calls.c - sequences of WSK calls against a model of the sockets, over a scripted wire.
 *
 * The model knows what is on the wire, what waits in each socket and which requests are outstanding.
 * After every call the engine comes to rest, and then the two must agree: each status, each request
 * that is completed or still waits, each byte that arrived, in which order and from whom.
 */
#include "fuzz.h"

#include "client.h"
#include "port_script.h"

#include "base.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define SOCKETS 3
#define PORTS 3
#define FIRST_PORT 7001
#define REQUESTS 4
#define SENDS 3
#define NODES 3
#define QUEUE_MAX 64
#define BYTES_MAX 48
#define STEPS_MAX 60

struct letter {
    unsigned from, to;     /* ports, from 0 */
    ADDRESS_FAMILY family;
    size_t size;
    uint8_t bytes[BYTES_MAX];
};

struct queue {
    struct letter letters[QUEUE_MAX];
    size_t count;
};

struct waiting {
    struct call call;
    bool out;              /* issued, and not yet seen to be completed */
    WSK_BUF buffer;
    uint8_t bytes[BYTES_MAX];
    SOCKADDR_INET from;
    ULONG flags;
};

struct sending {
    struct call call;
    bool out;
    WSK_BUF_LIST nodes[NODES]; /* one for WskSendTo */
    uint8_t bytes[NODES][BYTES_MAX];
    size_t total, left;        /* bytes; letters that are not on the wire */
};

struct endpoint {
    dgram handle;          /* .socket NULL: not there */
    ADDRESS_FAMILY family;
    int port;              /* -1: not bound */
    int remote, sendto;    /* fixed addresses; -1: none */
    int last;              /* which of the two a NULL address means: 0 none, 1 remote, 2 sendto */
    bool event;
    bool refusing;         /* the event's answer */
    bool put_back;         /* what was refused may be among the inbox */
    ULONG segment;
    struct queue inbox;    /* what has come off the wire */
    struct queue arrived;  /* what the event brought */
    struct queue unsent;   /* what waits for room on the wire */
    struct sending sends[SENDS];
    unsigned send_order[SENDS], sending;
    struct waiting requests[REQUESTS];
    unsigned order[REQUESTS], waiting; /* outstanding requests, oldest first */
};

static struct client client;
static struct script *script;
static struct endpoint endpoints[SOCKETS];
static struct queue wire;
static size_t room_on_wire = SIZE_MAX;
static uint8_t serial;

/* --- Queues ---------------------------------------------------------------------------------- */

static void push(struct queue *queue, const struct letter *letter)
{
    MUST(queue->count < QUEUE_MAX);
    queue->letters[queue->count++] = *letter;
}

static struct letter pop(struct queue *queue)
{
    struct letter first = queue->letters[0];

    memmove(queue->letters, queue->letters + 1, --queue->count * sizeof(first));
    return first;
}

static SOCKADDR_INET address_of(ADDRESS_FAMILY family, unsigned port)
{
    return loopback(family, (USHORT)(FIRST_PORT + port));
}

/* --- What the event brings ------------------------------------------------------------------- */

static NTSTATUS WSKAPI on_receive(PVOID context, ULONG flags, PWSK_DATAGRAM_INDICATION list)
{
    struct endpoint *endpoint = context;

    if (endpoint->refusing)
        return STATUS_DATA_NOT_ACCEPTED;
    MUST(!(flags & ~(ULONG)WSK_FLAG_AT_DISPATCH_LEVEL));
    for (; list; list = list->Next) {
        const SOCKADDR_INET *from = (const SOCKADDR_INET *)list->RemoteAddress;
        struct letter letter = { .from = port_of(from) - FIRST_PORT, .size = list->Buffer.Length };

        MUST(letter.size <= BYTES_MAX);
        if (letter.size)
            memcpy(letter.bytes,
                   (char *)MmGetSystemAddressForMdlSafe(list->Buffer.Mdl, NormalPagePriority) +
                       list->Buffer.Offset,
                   letter.size);
        push(&endpoint->arrived, &letter);
    }
    return STATUS_SUCCESS;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH callbacks = { on_receive };

/* --- The model settles ----------------------------------------------------------------------- */

static struct endpoint *bound_to(ADDRESS_FAMILY family, unsigned port)
{
    for (int i = 0; i < SOCKETS; i++)
        if (endpoints[i].handle.socket && endpoints[i].family == family &&
            endpoints[i].port == (int)port)
            return &endpoints[i];
    return NULL;
}

static unsigned oldest_request(struct endpoint *endpoint)
{
    unsigned first = endpoint->order[0];

    memmove(endpoint->order, endpoint->order + 1, --endpoint->waiting * sizeof(first));
    return first;
}

static void end_request(struct waiting *request)
{
    request->out = false;
    call_free(&request->call);
    buffer_free(&request->buffer);
}

static void check_request(struct waiting *request, const struct letter *letter)
{
    SOCKADDR_INET from = address_of(letter->family, letter->from);
    size_t room = request->buffer.Length;
    size_t size = letter->size < room ? letter->size : room;

    MUST(call_done(&request->call));
    MUST(call_wait(&request->call, STATUS_PENDING) == STATUS_SUCCESS);
    MUST(request->call.information == size);
    MUST(memcmp(request->bytes, letter->bytes, size) == 0);
    MUST(request->flags == (size < letter->size ? MSG_TRUNC : 0));
    MUST(request->from.si_family == letter->family && port_of(&request->from) == port_of(&from));
    end_request(request);
}

static void check_event(struct endpoint *endpoint, const struct letter *letter)
{
    struct letter got;

    MUST(endpoint->arrived.count != 0);
    got = pop(&endpoint->arrived);
    MUST(got.size == letter->size && got.from == letter->from);
    MUST(memcmp(got.bytes, letter->bytes, letter->size) == 0);
}

static void end_send(struct endpoint *endpoint, unsigned place)
{
    struct sending *send = &endpoint->sends[endpoint->send_order[place]];

    send->out = false;
    call_free(&send->call);
    for (int i = 0; i < NODES; i++)
        buffer_free(&send->nodes[i].Buffer);
    endpoint->sending--;
    memmove(endpoint->send_order + place, endpoint->send_order + place + 1,
            (endpoint->sending - place) * sizeof(endpoint->send_order[0]));
}

/* In the order of the calls, as far as the wire has room; a call ends with its last datagram. */
static void settle_sends(struct endpoint *endpoint)
{
    while (endpoint->unsent.count && wire.count < room_on_wire) {
        struct sending *send = &endpoint->sends[endpoint->send_order[0]];
        struct letter letter = pop(&endpoint->unsent);

        push(&wire, &letter);
        if (--send->left)
            continue;
        MUST(call_done(&send->call));
        MUST(call_wait(&send->call, STATUS_PENDING) == STATUS_SUCCESS);
        MUST(send->call.information == send->total);
        end_send(endpoint, 0);
    }
    for (unsigned i = 0; i < endpoint->sending; i++)
        MUST(!call_done(&endpoint->sends[endpoint->send_order[i]].call));
}

/* A refused list stays where it is, and the event goes off. */
static bool refuses(struct endpoint *endpoint)
{
    if (!endpoint->refusing || endpoint->waiting)
        return false;
    endpoint->event = false;
    endpoint->put_back = true;
    return true;
}

/* A request before the event, the oldest of each, and nothing from strangers. */
static void settle_endpoint(struct endpoint *endpoint)
{
    settle_sends(endpoint);
    while (endpoint->inbox.count && (endpoint->waiting || endpoint->event)) {
        struct letter letter;

        if (refuses(endpoint))
            break;
        letter = pop(&endpoint->inbox);
        if (endpoint->remote >= 0 && (int)letter.from != endpoint->remote)
            continue;
        if (endpoint->waiting)
            check_request(&endpoint->requests[oldest_request(endpoint)], &letter);
        else
            check_event(endpoint, &letter);
    }
    MUST(endpoint->arrived.count == 0);
    if (!endpoint->inbox.count)
        endpoint->put_back = false;
    for (unsigned i = 0; i < endpoint->waiting; i++)
        MUST(!call_done(&endpoint->requests[endpoint->order[i]].call));
}

static void settle(void)
{
    script_settle(script);
    for (int i = 0; i < SOCKETS; i++)
        if (endpoints[i].handle.socket)
            settle_endpoint(&endpoints[i]);
    MUST(script_wire_count(script) == wire.count);
}

/* --- Calls ----------------------------------------------------------------------------------- */

static void do_open(struct reader *reader, struct endpoint *endpoint)
{
    if (endpoint->handle.socket)
        return;
    memset(endpoint, 0, sizeof(*endpoint));
    endpoint->family = take8(reader) & 1 ? AF_INET6 : AF_INET;
    endpoint->port = endpoint->remote = endpoint->sendto = -1;
    endpoint->handle = dgram_open(&client, endpoint->family, endpoint, &callbacks);
}

static void do_bind(struct reader *reader, struct endpoint *endpoint)
{
    unsigned port = take_below(reader, PORTS);
    SOCKADDR_INET address = address_of(endpoint->family, port);
    NTSTATUS expected = STATUS_SUCCESS;
    struct call call;

    if (endpoint->port >= 0)
        expected = STATUS_INVALID_DEVICE_STATE;
    else if (bound_to(endpoint->family, port))
        expected = STATUS_ADDRESS_ALREADY_EXISTS;
    call_init(&call);
    MUST(CALL(&call, endpoint->handle.d->WskBind(endpoint->handle.socket, (PSOCKADDR)&address, 0,
                                                 IRP(&call))) == expected);
    call_free(&call);
    if (expected == STATUS_SUCCESS)
        endpoint->port = (int)port;
}

static void do_close(struct endpoint *endpoint)
{
    dgram_close(endpoint->handle);
    for (unsigned i = 0; i < endpoint->waiting; i++) {
        struct waiting *request = &endpoint->requests[endpoint->order[i]];

        MUST(call_done(&request->call));
        MUST(call_wait(&request->call, STATUS_PENDING) == STATUS_CANCELLED);
        end_request(request);
    }
    while (endpoint->sending) {
        struct call *call = &endpoint->sends[endpoint->send_order[0]].call;

        MUST(call_done(call));
        MUST(call_wait(call, STATUS_PENDING) == STATUS_CANCELLED);
        end_send(endpoint, 0);
    }
    MUST(endpoint->arrived.count == 0);
    endpoint->handle.socket = NULL;
}

static void do_local_address(struct endpoint *endpoint)
{
    NTSTATUS expected = endpoint->port < 0 ? STATUS_INVALID_DEVICE_STATE : STATUS_SUCCESS;
    SOCKADDR_INET address;
    struct call call;

    call_init(&call);
    MUST(CALL(&call, endpoint->handle.d->WskGetLocalAddress(endpoint->handle.socket,
                                                            (PSOCKADDR)&address, IRP(&call))) ==
         expected);
    if (expected == STATUS_SUCCESS)
        MUST(port_of(&address) == FIRST_PORT + endpoint->port);
    call_free(&call);
}

/* Fixes an address, or clears it. */
static void do_fix(struct reader *reader, struct endpoint *endpoint)
{
    bool remote = take8(reader) & 1, clear = take8(reader) % 3 == 0;
    unsigned port = take_below(reader, PORTS);
    SOCKADDR_INET address = address_of(endpoint->family, port);
    int *fixed = remote ? &endpoint->remote : &endpoint->sendto;
    int other = remote ? endpoint->sendto : endpoint->remote;
    NTSTATUS expected = endpoint->port < 0 ? STATUS_INVALID_DEVICE_STATE : STATUS_SUCCESS;
    struct call call;

    /* Which of the refused a filter drops, and when, is the provider's choice. */
    if (remote && (endpoint->put_back || endpoint->refusing))
        return;
    call_init(&call);
    MUST(CALL(&call, endpoint->handle.d->WskControlSocket(
                         endpoint->handle.socket, WskIoctl,
                         remote ? SIO_WSK_SET_REMOTE_ADDRESS : SIO_WSK_SET_SENDTO_ADDRESS, 0,
                         clear ? 0 : sizeof(address), clear ? NULL : &address, 0, NULL, NULL,
                         IRP(&call))) == expected);
    call_free(&call);
    if (expected != STATUS_SUCCESS)
        return;
    *fixed = clear ? -1 : (int)port;
    if (!clear)
        endpoint->last = remote ? 1 : 2;
    else if (endpoint->last == (remote ? 1 : 2))
        endpoint->last = other < 0 ? 0 : remote ? 2 : 1;
}

static int destination(const struct endpoint *endpoint, int chosen)
{
    if (chosen >= 0)
        return chosen;
    if (endpoint->last == 0)
        return -1;
    return endpoint->last == 1 ? endpoint->remote : endpoint->sendto;
}

/* The letters that a send of these bytes puts on the wire. */
static size_t model_send(struct endpoint *endpoint, unsigned to, const uint8_t *bytes,
                         size_t size)
{
    size_t count = 0;

    do {
        struct letter letter = { .from = (unsigned)endpoint->port, .to = to,
                                 .family = endpoint->family };

        letter.size = endpoint->segment && endpoint->segment < size ? endpoint->segment : size;
        memcpy(letter.bytes, bytes, letter.size);
        push(&endpoint->unsent, &letter);
        bytes += letter.size;
        size -= letter.size;
        count++;
    } while (size);
    return count;
}

/* While one waits for the wire, whose turn it is afterwards would be chance. */
static bool somebody_waits(const struct endpoint *but)
{
    for (int i = 0; i < SOCKETS; i++)
        if (&endpoints[i] != but && endpoints[i].handle.socket && endpoints[i].unsent.count)
            return true;
    return false;
}

static void make_nodes(struct reader *reader, struct sending *send, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        size_t size = take_below(reader, BYTES_MAX / count + 1);

        memset(send->bytes[i], ++serial, size);
        send->nodes[i].Buffer = buffer_over(send->bytes[i], size);
        send->nodes[i].Next = i + 1 < count ? &send->nodes[i + 1] : NULL;
        send->total += size;
    }
}

static void issue_send(struct endpoint *endpoint, unsigned place, unsigned count, int chosen)
{
    SOCKADDR_INET address = address_of(endpoint->family, (unsigned)(chosen < 0 ? 0 : chosen));
    PSOCKADDR remote = chosen < 0 ? NULL : (PSOCKADDR)&address;
    struct sending *send = &endpoint->sends[place];
    const WSK_PROVIDER_DATAGRAM_DISPATCH *d = endpoint->handle.d;
    int to = destination(endpoint, chosen);
    NTSTATUS status, expected = STATUS_SUCCESS;

    if (count == 1)
        status = d->WskSendTo(endpoint->handle.socket, &send->nodes[0].Buffer, 0, remote, 0, NULL,
                              IRP(&send->call));
    else
        status = d->WskSendMessages(endpoint->handle.socket, send->nodes, 0, remote, 0, NULL,
                                    IRP(&send->call));
    if (endpoint->port < 0)
        expected = STATUS_INVALID_DEVICE_STATE;
    else if (to < 0)
        expected = STATUS_INVALID_PARAMETER;
    endpoint->send_order[endpoint->sending++] = place;
    if (expected != STATUS_SUCCESS) {
        MUST(call_wait(&send->call, status) == expected);
        end_send(endpoint, endpoint->sending - 1);
        return;
    }
    MUST(status == STATUS_PENDING);
    send->out = true;
    for (unsigned i = 0; i < count; i++)
        send->left += model_send(endpoint, (unsigned)to, send->bytes[i],
                                 send->nodes[i].Buffer.Length);
}

static void do_send(struct reader *reader, struct endpoint *endpoint)
{
    unsigned count = 1 + take_below(reader, 2) * take_below(reader, NODES);
    int chosen = (int)take_below(reader, PORTS + 1) - 1;
    unsigned place = 0;

    while (place < SENDS && endpoint->sends[place].out)
        place++;
    if (place == SENDS || somebody_waits(endpoint) ||
        wire.count + endpoint->unsent.count > QUEUE_MAX - BYTES_MAX - NODES)
        return;
    memset(&endpoint->sends[place], 0, sizeof(endpoint->sends[place]));
    call_init(&endpoint->sends[place].call);
    make_nodes(reader, &endpoint->sends[place], count);
    issue_send(endpoint, place, count, chosen);
}

/* What is not on the wire never gets there. */
static void do_cancel_send(struct reader *reader, struct endpoint *endpoint)
{
    unsigned which = endpoint->sending ? take_below(reader, endpoint->sending) : 0;
    struct sending *send = &endpoint->sends[endpoint->send_order[which]];
    size_t before = 0;

    if (!endpoint->sending)
        return;
    for (unsigned i = 0; i < which; i++)
        before += endpoint->sends[endpoint->send_order[i]].left;
    MUST(IoCancelIrp(send->call.irp));
    MUST(call_wait(&send->call, STATUS_PENDING) == STATUS_CANCELLED);
    endpoint->unsent.count -= send->left;
    memmove(endpoint->unsent.letters + before, endpoint->unsent.letters + before + send->left,
            (endpoint->unsent.count - before) * sizeof(struct letter));
    end_send(endpoint, which);
}

static void do_receive(struct reader *reader, struct endpoint *endpoint)
{
    size_t room = 1 + take_below(reader, BYTES_MAX);
    struct waiting *request;
    unsigned free_place = 0;
    NTSTATUS status;

    while (free_place < REQUESTS && endpoint->requests[free_place].out)
        free_place++;
    if (free_place == REQUESTS)
        return;
    request = &endpoint->requests[free_place];
    memset(request, 0, sizeof(*request));
    call_init(&request->call);
    request->buffer = buffer_over(request->bytes, room);
    status = endpoint->handle.d->WskReceiveFrom(endpoint->handle.socket, &request->buffer, 0,
                                                (PSOCKADDR)&request->from, NULL, NULL,
                                                &request->flags, IRP(&request->call));
    if (endpoint->port < 0) {
        MUST(call_wait(&request->call, status) == STATUS_INVALID_DEVICE_STATE);
        end_request(request);
        return;
    }
    MUST(status == STATUS_PENDING);
    request->out = true;
    endpoint->order[endpoint->waiting++] = free_place;
}

static void do_cancel(struct reader *reader, struct endpoint *endpoint)
{
    unsigned which = endpoint->waiting ? take_below(reader, endpoint->waiting) : 0;
    struct waiting *request = &endpoint->requests[endpoint->order[which]];

    if (!endpoint->waiting)
        return;
    MUST(IoCancelIrp(request->call.irp));
    MUST(call_wait(&request->call, STATUS_PENDING) == STATUS_CANCELLED);
    end_request(request);
    endpoint->waiting--;
    memmove(endpoint->order + which, endpoint->order + which + 1,
            (endpoint->waiting - which) * sizeof(endpoint->order[0]));
}

static void do_event(struct reader *reader, struct endpoint *endpoint)
{
    bool on = take8(reader) & 1;
    NTSTATUS status = dgram_event(endpoint->handle,
                                  WSK_EVENT_RECEIVE_FROM | (on ? 0 : WSK_EVENT_DISABLE));

    bool refused = on && endpoint->port < 0;

    MUST(status == (refused ? STATUS_INVALID_DEVICE_STATE : STATUS_SUCCESS));
    endpoint->event = on && !refused;
}

/* With a filter, which letters a refused list held would be chance. */
static void do_refuse(struct reader *reader, struct endpoint *endpoint)
{
    endpoint->refusing = (take8(reader) & 1) && endpoint->remote < 0;
}

static void do_segment(struct reader *reader, struct endpoint *endpoint)
{
    ULONG segment = take_below(reader, BYTES_MAX), back = ~segment;
    SIZE_T written = 0;

    MUST(endpoint->handle.d->WskControlSocket(endpoint->handle.socket, WskSetOption,
                                              UDP_SEND_MSG_SIZE, IPPROTO_UDP, sizeof(segment),
                                              &segment, 0, NULL, NULL, NULL) == STATUS_SUCCESS);
    MUST(endpoint->handle.d->WskControlSocket(endpoint->handle.socket, WskGetOption,
                                              UDP_SEND_MSG_SIZE, IPPROTO_UDP, 0, NULL,
                                              sizeof(back), &back, &written,
                                              NULL) == STATUS_SUCCESS);
    MUST(back == segment && written == sizeof(back));
    endpoint->segment = segment;
}

/* --- Any control operation ------------------------------------------------------------------- */

/* These are left to the calls above. */
static bool changes_the_model(ULONG type, ULONG level, ULONG code)
{
    if (type == WskIoctl)
        return code == SIO_WSK_SET_REMOTE_ADDRESS || code == SIO_WSK_SET_SENDTO_ADDRESS;
    if (type != WskSetOption)
        return false;
    return (level == IPPROTO_UDP && code == UDP_SEND_MSG_SIZE) ||
           (level == SOL_SOCKET && (code == SO_WSK_EVENT_CALLBACK || code == SO_REUSEADDR ||
                                    code == (ULONG)SO_EXCLUSIVEADDRUSE)) ||
           (level == IPPROTO_IPV6 && code == IPV6_V6ONLY);
}

static void do_control(struct reader *reader, struct endpoint *endpoint)
{
    static const ULONG levels[] = { SOL_SOCKET, IPPROTO_IP, IPPROTO_IPV6, IPPROTO_UDP,
                                    IPPROTO_TCP };
    static const ULONG vendors[] = { 0, _WSAIOW(IOC_WSK, 0), _WSAIOR(IOC_WSK, 0),
                                     _WSAIORW(IOC_WS2, 0) };
    ULONG type = take_below(reader, 3), level = levels[take_below(reader, 5)];
    ULONG code = take8(reader) & 1 ? take8(reader) : take16(reader);
    size_t input_size = take_below(reader, 33), output_size = take_below(reader, 33);
    uint8_t *input = malloc(33), *output = malloc(output_size + 1);
    SIZE_T written = 99;
    NTSTATUS status;

    MUST(input && output);
    if (type == WskIoctl)
        code = (code & 0xff) | vendors[code >> 8 & 3];
    take_bytes(reader, input, input_size);
    if (!changes_the_model(type, level, code)) {
        status = endpoint->handle.d->WskControlSocket(
            endpoint->handle.socket, (WSK_CONTROL_SOCKET_TYPE)type, code, level, input_size, input,
            output_size, output, &written, NULL);
        MUST(status != STATUS_PENDING && written <= output_size);
        MUST(type == WskGetOption || written == 0);
    }
    free(input);
    free(output);
}

/* --- The wire -------------------------------------------------------------------------------- */

static void do_deliver(void)
{
    struct endpoint *endpoint;
    struct letter letter;

    if (!wire.count)
        return;
    letter = pop(&wire);
    MUST(script_deliver(script, 1) == 1);
    endpoint = bound_to(letter.family, letter.to);
    if (endpoint && endpoint->inbox.count < QUEUE_MAX)
        push(&endpoint->inbox, &letter);
}

static void do_lose(void)
{
    if (!wire.count)
        return;
    pop(&wire);
    MUST(script_drop(script, 1) == 1);
}

static void do_room(struct reader *reader)
{
    unsigned room = take_below(reader, 8);

    room_on_wire = room < 4 ? room : SIZE_MAX;
    script_wire_capacity(script, room_on_wire);
}

/* --- One input ------------------------------------------------------------------------------- */

static void on_socket(struct reader *reader, struct endpoint *endpoint, unsigned kind)
{
    if (!endpoint->handle.socket) {
        do_open(reader, endpoint);
        return;
    }
    switch (kind) {
    case 0: do_bind(reader, endpoint); break;
    case 1: do_close(endpoint); break;
    case 2: do_local_address(endpoint); break;
    case 3: do_fix(reader, endpoint); break;
    case 4: case 5: case 6: do_send(reader, endpoint); break;
    case 7: case 8: do_receive(reader, endpoint); break;
    case 9: do_cancel(reader, endpoint); break;
    case 10: do_event(reader, endpoint); break;
    case 11: do_segment(reader, endpoint); break;
    case 12: do_refuse(reader, endpoint); break;
    case 13: do_cancel_send(reader, endpoint); break;
    default: do_control(reader, endpoint); break;
    }
}

static void step(struct reader *reader)
{
    unsigned kind = take_below(reader, 22);

    if (kind >= 17)
        do_deliver();
    else if (kind == 16)
        do_lose();
    else if (kind == 15)
        do_room(reader);
    else
        on_socket(reader, &endpoints[take_below(reader, SOCKETS)], kind);
    settle();
}

static void start(void)
{
    static bool running;

    if (running)
        return;
    running = true;
    script = script_create();
    script_automatic(script, false);
    client_start(&client, script_port(script));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader reader = { data, size };

    start();
    for (int i = 0; i < STEPS_MAX && reader.left; i++)
        step(&reader);
    for (int i = 0; i < SOCKETS; i++)
        if (endpoints[i].handle.socket)
            do_close(&endpoints[i]);
    script_drop(script, wire.count);
    script_wire_capacity(script, SIZE_MAX);
    room_on_wire = SIZE_MAX;
    wire.count = 0;
    serial = 0;
    MUST(ledger_count(LEDGER_SOCKET) == 0 && ledger_count(LEDGER_IRP) == 0 &&
         ledger_count(LEDGER_MDL) == 0);
    return 0;
}
