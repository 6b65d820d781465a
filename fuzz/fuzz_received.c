/* SPDX-License-Identifier: MIT */
/*
 * fuzz_received.c - datagrams of any size with any control data, as a port may report them, to a
 * driver that keeps some and gives them back in any order, takes others by request, and looks at
 * every byte and item that it is shown.
 */
#include "fuzz.h"

#include "client.h"
#include "port_script.h"

#include "base.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#define KEPT_MAX 16
#define STEPS_MAX 24
#define PORT 7001

static struct client client;
static struct script *script;
static struct reader input;      /* the loop reads while the test waits in script_settle() */
static int (*script_receive)(struct net_port_udp *udp, struct net_port_receive *batch,
                             unsigned count, bool *empty);

static ADDRESS_FAMILY family;
static dgram receiver;
static PWSK_DATAGRAM_INDICATION kept[KEPT_MAX];
static unsigned kept_count;
static uint8_t touched;

/* --- The port -------------------------------------------------------------------------------- */

static size_t any_length(size_t room)
{
    static const size_t edges[] = { 0, 1, 2047, 2048, 2049, 4096, 65507, 65527 };
    size_t length = take8(&input) & 1 ? edges[take8(&input) % 8] : take16(&input);

    return length < room ? length : room;
}

static void fill(struct net_port_receive *place)
{
    struct net_datagram *datagram = place->datagram;
    struct net_control *control = &datagram->control;
    bool ipv6 = family == AF_INET6;

    memset(datagram->upper, 0xa5, sizeof(datagram->upper));
    datagram->length = any_length(place->slices[0].length + place->slices[1].length);
    datagram->flags = take8(&input) & (NET_DATAGRAM_MULTICAST | NET_DATAGRAM_BROADCAST |
                                       NET_DATAGRAM_ERROR);
    datagram->icmp = (struct net_icmp){ .family = ipv6 ? NET_IPV6 : NET_IPV4,
                                        .type = take8(&input), .mtu = take16(&input) };
    datagram->source = (struct net_address){ .family = ipv6 ? NET_IPV6 : NET_IPV4,
                                             .port = take16(&input), .scope = take8(&input) };
    take_bytes(&input, datagram->source.ip, ipv6 ? 16 : 4);
    memset(control, 0, sizeof(*control));
    control->present = take8(&input) | NET_CONTROL_LOCAL;
    if (take8(&input) == 1)
        control->present = 0;
    control->interface_index = take32(&input);
    control->local.family = ipv6 && take8(&input) & 1 ? NET_IPV6 : NET_IPV4;
    take_bytes(&input, control->local.ip, 16);
    control->tos = take8(&input);
    control->hops = take8(&input);
    control->segment = take8(&input) & 1 ? take16(&input) : take8(&input);
    place->truncated = take8(&input) == 1;
    place->control_lost = take8(&input) == 1;
}

/* What the script has is the occasion; what is reported comes from the input. */
static int receive(struct net_port_udp *udp, struct net_port_receive *batch, unsigned count,
                   bool *empty)
{
    int got = script_receive(udp, batch, count, empty);
    unsigned reported = 1 + take8(&input) % 4;

    if (got < 0)
        return got;
    if (reported > count)
        reported = count;
    for (unsigned i = 0; i < reported; i++)
        fill(&batch[i]);
    return (int)reported;
}

/* --- The driver ------------------------------------------------------------------------------ */

static void touch(const WSK_BUF *buffer)
{
    SIZE_T left = buffer->Length, offset = buffer->Offset;

    for (PMDL mdl = buffer->Mdl; mdl && left; mdl = mdl->Next, offset = 0) {
        const uint8_t *bytes = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);
        SIZE_T size = MmGetMdlByteCount(mdl) - offset;

        size = size < left ? size : left;
        for (SIZE_T i = 0; i < size; i += 61)
            touched ^= bytes[offset + i];
        touched ^= bytes[offset + size - 1];
        left -= size;
    }
    MUST(left == 0);
}

static void walk_control(const uint8_t *bytes, SIZE_T size)
{
    while (size) {
        CMSGHDR header;

        MUST(size >= sizeof(header));
        memcpy(&header, bytes, sizeof(header));
        MUST(header.cmsg_len > sizeof(header) && header.cmsg_len <= size);
        for (SIZE_T i = sizeof(header); i < header.cmsg_len; i++)
            touched ^= bytes[i];
        header.cmsg_len = (header.cmsg_len + 7) & ~(SIZE_T)7;
        MUST(header.cmsg_len <= size);
        bytes += header.cmsg_len;
        size -= header.cmsg_len;
    }
}

static void look_at(PWSK_DATAGRAM_INDICATION list)
{
    for (; list; list = list->Next) {
        MUST(list->RemoteAddress->sa_family == family);
        touch(&list->Buffer);
        walk_control((const uint8_t *)list->ControlInfo, list->ControlInfoLength);
    }
}

static NTSTATUS WSKAPI on_receive(PVOID context, ULONG flags, PWSK_DATAGRAM_INDICATION list)
{
    unsigned choice = take8(&input) % 4;

    (void)context;
    (void)flags;
    look_at(list);
    if (choice == 0)
        return STATUS_DATA_NOT_ACCEPTED;
    if (choice == 1 || kept_count == KEPT_MAX)
        return STATUS_SUCCESS;
    kept[kept_count++] = list;
    return STATUS_PENDING;
}

static const WSK_CLIENT_DATAGRAM_DISPATCH callbacks = { on_receive };

static void give_back(unsigned which)
{
    PWSK_DATAGRAM_INDICATION list = kept[which];

    kept[which] = kept[--kept_count];
    look_at(list);
    MUST(receiver.d->WskRelease(receiver.socket, list) == STATUS_SUCCESS);
}

/* A request into a chain of two MDLs, with room for control data that may be too small. */
static void take_by_request(void)
{
    static uint8_t bytes[70000];
    size_t first = 1 + take16(&input) % 3000, second = take16(&input);
    ULONG room = take8(&input) % 160, length = room, flags = 0;
    uint8_t *control = malloc(room + 1);
    WSK_BUF buffer = buffer_over(bytes, first);
    SOCKADDR_INET from;
    struct call call;
    NTSTATUS status;

    MUST(control != NULL);
    if (second)
        buffer.Mdl->Next = buffer_over(bytes + first, second).Mdl;
    buffer.Length += second;
    call_init(&call);
    status = receiver.d->WskReceiveFrom(receiver.socket, &buffer, 0, (PSOCKADDR)&from, &length,
                                        (PCMSGHDR)control, &flags, IRP(&call));
    script_settle(script);
    if (!call_done(&call))
        IoCancelIrp(call.irp);
    status = call_wait(&call, status);
    MUST(status == STATUS_SUCCESS || status == STATUS_CANCELLED);
    if (status == STATUS_SUCCESS) {
        MUST(call.information <= buffer.Length && length <= room);
        MUST(!(flags & ~(ULONG)(MSG_TRUNC | MSG_CTRUNC | MSG_MCAST | MSG_BCAST |
                                  MSG_ERRQUEUE)));
        walk_control(control, length);
    }
    call_free(&call);
    buffer_free(&buffer);
    free(control);
}

static void set_reports(void)
{
    static const struct {
        ULONG level, name;
    } reports[] = {
        { IPPROTO_IP, IP_PKTINFO }, { IPPROTO_IPV6, IPV6_PKTINFO }, { IPPROTO_IP, IP_RECVTOS },
        { IPPROTO_IP, IP_ECN }, { IPPROTO_IP, IP_HOPLIMIT }, { IPPROTO_IPV6, IPV6_RECVTCLASS },
        { IPPROTO_IPV6, IPV6_ECN }, { IPPROTO_IPV6, IPV6_HOPLIMIT }, { IPPROTO_IP, IP_RECVERR },
        { IPPROTO_IPV6, IPV6_RECVERR }, { IPPROTO_IP, IP_RECVIF }, { IPPROTO_IPV6, IPV6_RECVIF },
        { IPPROTO_UDP, UDP_RECV_MAX_COALESCED_SIZE },
    };
    uint16_t on = take16(&input);

    for (size_t i = 0; i < RTL_NUMBER_OF(reports); i++) {
        ULONG value = on >> i & 1 ? 0xffff : 0;

        receiver.d->WskControlSocket(receiver.socket, WskSetOption, reports[i].name,
                                     reports[i].level, sizeof(value), &value, 0, NULL, NULL, NULL);
    }
}

static void send_one(void)
{
    struct net_address to = { .family = family == AF_INET ? NET_IPV4 : NET_IPV6,
                              .port = (uint16_t)(PORT << 8 | PORT >> 8) };
    struct net_address from = to;

    if (family == AF_INET)
        memcpy(to.ip, "\x7f\0\0\1", 4);
    else
        to.ip[15] = 1;
    from = to;
    from.port = 1;
    script_inject(script, &from, &to, "x", 1);
}

/* --- One input ------------------------------------------------------------------------------- */

static void step(void)
{
    switch (take8(&input) % 6) {
    case 0:
        set_reports();
        break;
    case 1:
        dgram_event(receiver, WSK_EVENT_RECEIVE_FROM | (take8(&input) & 1 ? 0 : WSK_EVENT_DISABLE));
        break;
    case 2:
        take_by_request();
        break;
    case 3:
        if (kept_count)
            give_back(take8(&input) % kept_count);
        break;
    default:
        send_one();
        break;
    }
    script_settle(script);
}

static void start(void)
{
    static bool running;

    if (running)
        return;
    running = true;
    script = script_create();
    client_start(&client, script_port(script));
    script_receive = script_port(script)->receive;
    ((struct net_port *)(uintptr_t)script_port(script))->receive = receive;
}

static void open_receiver(void)
{
    SOCKADDR_INET address;
    struct call call;

    family = take8(&input) & 1 ? AF_INET6 : AF_INET;
    address = loopback(family, PORT);
    receiver = dgram_open(&client, family, NULL, &callbacks);
    call_init(&call);
    MUST(CALL(&call, receiver.d->WskBind(receiver.socket, (PSOCKADDR)&address, 0, IRP(&call))) ==
         STATUS_SUCCESS);
    call_free(&call);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    start();
    input = (struct reader){ data, size };
    open_receiver();
    for (int i = 0; i < STEPS_MAX && input.left; i++)
        step();
    while (kept_count)
        give_back(kept_count - 1);
    dgram_close(receiver);
    MUST(ledger_count(LEDGER_SOCKET) == 0 && ledger_count(LEDGER_INDICATION) == 0 &&
         ledger_count(LEDGER_MDL) == 0);
    return 0;
}
