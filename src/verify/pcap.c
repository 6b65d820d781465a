/* SPDX-License-Identifier: MIT */
/*
 * pcap.c - see pcap.h. The format: draft-ietf-opsawg-pcapng; a section header, one interface of
 * link type RAW (an IP packet without a link header), an enhanced packet block for each datagram.
 */
#include "pcap.h"

#include "calls.h"
#include "circle.h"
#include "nt.h"
#include "words.h"

#include <ws2ipdef.h>

#include <stdio.h>
#include <string.h>

#define BLOCK_SECTION 0x0A0D0D0Au
#define BLOCK_INTERFACE 1u
#define BLOCK_PACKET 6u
#define BYTE_ORDER_MAGIC 0x1A2B3C4Du
#define LINK_RAW 101u
#define OPTION_END 0u
#define OPTION_COMMENT 1u
#define OPTION_RESOLUTION 9u
#define NANOSECONDS 9u

#define IPV4_HEADER 20u
#define IPV6_HEADER 40u
#define UDP_HEADER 8u
#define PACKET_MAX 65535u

static FILE *file;
static struct base_lock lock;

/* Under the lock: it is too large for a stack. */
static UCHAR packet[PACKET_MAX];

/* --- Blocks --------------------------------------------------------------------------------- */

static void put_32(ULONG value)
{
    fwrite(&value, sizeof(value), 1, file);
}

static void put_16(USHORT value)
{
    fwrite(&value, sizeof(value), 1, file);
}

static size_t padded(size_t size)
{
    return (size + 3) & ~(size_t)3;
}

static void put_padded(const void *data, size_t size)
{
    static const UCHAR zeros[4];

    fwrite(data, 1, size, file);
    fwrite(zeros, 1, padded(size) - size, file);
}

static void put_section(void)
{
    const ULONG length = 28;

    put_32(BLOCK_SECTION);
    put_32(length);
    put_32(BYTE_ORDER_MAGIC);
    put_16(1);
    put_16(0);
    put_32(0xffffffff); /* of unknown length, 64 bits */
    put_32(0xffffffff);
    put_32(length);
}

static void put_interface(void)
{
    const ULONG length = 32;
    const UCHAR resolution = NANOSECONDS;

    put_32(BLOCK_INTERFACE);
    put_32(length);
    put_16(LINK_RAW);
    put_16(0);
    put_32(0);
    put_16(OPTION_RESOLUTION);
    put_16(1);
    put_padded(&resolution, 1);
    put_32(OPTION_END);
    put_32(length);
}

static void put_packet(size_t size, const char *comment)
{
    uint64_t now = os_realtime_ns();
    size_t comment_size = strlen(comment);
    ULONG length = (ULONG)(28 + padded(size) + 4 + padded(comment_size) + 4 + 4);

    put_32(BLOCK_PACKET);
    put_32(length);
    put_32(0);
    put_32((ULONG)(now >> 32));
    put_32((ULONG)now);
    put_32((ULONG)size);
    put_32((ULONG)size);
    put_padded(packet, size);
    put_16(OPTION_COMMENT);
    put_16((USHORT)comment_size);
    put_padded(comment, comment_size);
    put_32(OPTION_END);
    put_32(length);
    fflush(file);
}

/* --- Headers -------------------------------------------------------------------------------- */

static void set_16(UCHAR *at, size_t value)
{
    at[0] = (UCHAR)(value >> 8);
    at[1] = (UCHAR)value;
}

static ULONG add_words(ULONG sum, const UCHAR *data, size_t size)
{
    for (size_t i = 0; i < size; i++)
        sum += i & 1 ? data[i] : (ULONG)data[i] << 8;
    return sum;
}

static USHORT fold(ULONG sum)
{
    while (sum >> 16)
        sum = (sum & 0xffff) + (sum >> 16);
    return (USHORT)~sum;
}

/* RFC 768: an UDP checksum of zero is written as all ones. */
static void set_checksum(UCHAR *udp, size_t length, const UCHAR *addresses, size_t addresses_size)
{
    USHORT sum = fold(add_words(add_words((ULONG)length + 17, addresses, addresses_size), udp,
                                length));

    set_16(udp + 6, sum ? sum : 0xffff);
}

/* What is written besides the data. */
struct envelope {
    SOCKADDR_INET from, to;
    unsigned raw;       /* the protocol; 0: UDP */
    bool whole;         /* the data begins with the IP header */
};

static bool is_ipv6(const struct envelope *envelope)
{
    return envelope->from.si_family == AF_INET6;
}

static void put_ipv4(size_t after, UCHAR protocol, const struct envelope *envelope)
{
    UCHAR *ip = packet;

    memset(ip, 0, IPV4_HEADER);
    ip[0] = 0x45;
    set_16(ip + 2, IPV4_HEADER + after);
    ip[8] = 64;
    ip[9] = protocol;
    memcpy(ip + 12, &envelope->from.Ipv4.sin_addr, 4);
    memcpy(ip + 16, &envelope->to.Ipv4.sin_addr, 4);
    set_16(ip + 10, fold(add_words(0, ip, IPV4_HEADER)));
}

static void put_ipv6(size_t after, UCHAR protocol, const struct envelope *envelope)
{
    UCHAR *ip = packet;

    memset(ip, 0, IPV6_HEADER);
    ip[0] = 0x60;
    set_16(ip + 4, after);
    ip[6] = protocol;
    ip[7] = 64;
    memcpy(ip + 8, &envelope->from.Ipv6.sin6_addr, 16);
    memcpy(ip + 24, &envelope->to.Ipv6.sin6_addr, 16);
}

static size_t ip_header_size(const struct envelope *envelope)
{
    if (envelope->whole)
        return 0;
    return is_ipv6(envelope) ? IPV6_HEADER : IPV4_HEADER;
}

/* In front of `payload` bytes that are there already. */
static void put_headers(const struct envelope *envelope, size_t payload)
{
    UCHAR protocol = (UCHAR)(envelope->raw ? envelope->raw : IPPROTO_UDP);
    size_t after = payload + (envelope->raw ? 0 : UDP_HEADER);
    UCHAR *udp = packet + ip_header_size(envelope);

    if (envelope->whole)
        return;
    if (is_ipv6(envelope))
        put_ipv6(after, protocol, envelope);
    else
        put_ipv4(after, protocol, envelope);
    if (envelope->raw)
        return;
    memcpy(udp, &envelope->from.Ipv4.sin_port, 2);
    memcpy(udp + 2, &envelope->to.Ipv4.sin_port, 2);
    set_16(udp + 4, after);
    set_16(udp + 6, 0);
    set_checksum(udp, after, is_ipv6(envelope) ? packet + 8 : packet + 12,
                 is_ipv6(envelope) ? 32 : 8);
}

static size_t copy_data(const WSK_BUF *buffer, UCHAR *to, size_t most)
{
    size_t offset = buffer->Offset, left = buffer->Length < most ? buffer->Length : most;
    struct circle circle = { NULL, 0 };
    size_t done = 0;

    for (PMDL mdl = buffer->Mdl; mdl && left && !circle_closes(&circle, mdl);
         mdl = mdl->Next, offset = 0) {
        size_t here = mdl->ByteCount > offset ? mdl->ByteCount - offset : 0;
        const UCHAR *at = MmGetSystemAddressForMdlSafe(mdl, NormalPagePriority);

        if (!at)
            break;
        here = here < left ? here : left;
        memcpy(to + done, at + offset, here);
        done += here;
        left -= here;
    }
    return done;
}

static void write_datagram(const WSK_BUF *buffer, size_t length, const struct envelope *envelope,
                           const char *comment)
{
    size_t headers = ip_header_size(envelope) + (envelope->raw ? 0 : UDP_HEADER);
    WSK_BUF cut = *buffer;
    size_t payload;

    cut.Length = length;
    base_lock_acquire(&lock);
    payload = copy_data(&cut, packet + headers, PACKET_MAX - headers);
    put_headers(envelope, payload);
    put_packet(headers + payload, comment);
    base_lock_release(&lock);
}

/* --- Who talks to whom ---------------------------------------------------------------------- */

static unsigned own_notes;

static void read_address(const SOCKADDR *address, SOCKADDR_INET *copy)
{
    memset(copy, 0, sizeof(*copy));
    if (!address)
        return;
    if (address->sa_family == AF_INET)
        memcpy(copy, address, sizeof(copy->Ipv4));
    else if (address->sa_family == AF_INET6)
        memcpy(copy, address, sizeof(copy->Ipv6));
}

/* An address that is not known stays zero, in the family of the other one. */
static void local_address(void *socket, SOCKADDR_INET *local, const SOCKADDR_INET *other)
{
    memset(local, 0, sizeof(*local));
    if (!vf_provider()->local_address(socket, local))
        local->si_family = other->si_family ? other->si_family : AF_INET;
}

static void match_family(SOCKADDR_INET *address, const SOCKADDR_INET *other)
{
    if (!address->si_family)
        address->si_family = other->si_family;
}

/* "echo: WskSendTo socket#1 irp#1, at Send (echo.c:42)" */
static void make_comment(char *text, size_t size, const char *function, uint32_t socket_number,
                         uint32_t irp_number, const void *place)
{
    struct words words = { .text = text, .size = size };
    char where[SYMBOL_TEXT_MAX], module[512];
    const char *slash;

    symbol_module(place, module, sizeof(module));
    symbol_describe(place, where, sizeof(where));
    slash = strrchr(module, '/');
    slash = slash ? slash + 1 : module;
    words_say(&words, "%.*s: %s socket#%u", (int)strcspn(slash, "."), slash, function,
              socket_number);
    if (irp_number)
        words_say(&words, " irp#%u", irp_number);
    words_say(&words, ", at %s", where);
}

static void comment_of_call(const struct vf_call *call, char *text, size_t size)
{
    make_comment(text, size, call->function->name, call->socket_number, vf_irp_number(call->irp),
                 call->place);
}

static const WSK_BUF_LIST *list_of(const struct vf_call *call)
{
    return (const WSK_BUF_LIST *)call->arguments[1];
}

/* The socket is held, or its event is running. What IPv4 receives begins with the IP header. */
static void note_raw(void *socket, struct envelope *envelope)
{
    SOCKADDR_INET local;

    envelope->raw = vf_provider()->raw_protocol(socket);
    local_address(socket, &local, &envelope->from);
    envelope->whole = envelope->raw && local.si_family == AF_INET;
}

/* What is sent is written when the call is made: later the driver may have its memory back. */
static void write_send(const struct vf_call *call, const WSK_BUF *buffer)
{
    struct envelope envelope = { .raw = 0 };
    char comment[512];

    if (!vf_provider()->hold_socket(call->socket))
        return;
    envelope.raw = vf_provider()->raw_protocol(call->socket);
    envelope.whole = envelope.raw && vf_provider()->header_included(call->socket);
    read_address((const SOCKADDR *)call->arguments[3], &envelope.to);
    if (!call->arguments[3])
        vf_provider()->remote_address(call->socket, false, &envelope.to);
    local_address(call->socket, &envelope.from, &envelope.to);
    match_family(&envelope.to, &envelope.from);
    vf_provider()->leave_socket(call->socket);
    comment_of_call(call, comment, sizeof(comment));
    write_datagram(buffer, buffer->Length, &envelope, comment);
}

/*
 * Of a WskReceiveFrom until it completes: by then the driver's WSK_BUF may be gone, and the socket
 * closing.
 */
struct receive {
    WSK_BUF buffer;
    struct envelope envelope;
};

static void note_receive(struct vf_call *call)
{
    struct receive *receive = NULL;

    if (call->irp && vf_provider()->hold_socket(call->socket)) {
        receive = os_allocate_zeroed(sizeof(*receive));
        if (receive) {
            receive->buffer = *(const WSK_BUF *)call->arguments[1];
            note_raw(call->socket, &receive->envelope);
            vf_provider()->remote_address(call->socket, true, &receive->envelope.from);
        }
        vf_provider()->leave_socket(call->socket);
    }
    call->notes[own_notes] = receive;
}

static void before(struct vf_call *call)
{
    struct circle circle = { NULL, 0 };

    if (!call->arguments[1])
        return;
    if (call->function->id == VF_ID_WskSendTo) {
        write_send(call, (const WSK_BUF *)call->arguments[1]);
    } else if (call->function->id == VF_ID_WskSendMessages) {
        for (const WSK_BUF_LIST *at = list_of(call); at && !circle_closes(&circle, at); at = at->Next)
            write_send(call, &at->Buffer);
    } else if (call->function->id == VF_ID_WskReceiveFrom) {
        note_receive(call);
    }
}

static void forget_receive(struct vf_call *call)
{
    if (call->function->id != VF_ID_WskReceiveFrom)
        return;
    os_free(call->notes[own_notes]);
    call->notes[own_notes] = NULL;
}

static void completed(struct vf_call *call)
{
    struct receive *receive = call->notes[own_notes];
    struct envelope *envelope;
    char comment[512];

    if (call->function->id != VF_ID_WskReceiveFrom || !receive)
        return;
    envelope = &receive->envelope;
    if (NT_SUCCESS(call->result.Status)) {
        if (call->arguments[3])
            read_address((const SOCKADDR *)call->arguments[3], &envelope->from);
        local_address(call->socket, &envelope->to, &envelope->from);
        match_family(&envelope->from, &envelope->to);
        comment_of_call(call, comment, sizeof(comment));
        write_datagram(&receive->buffer, call->result.Information, envelope, comment);
    }
    forget_receive(call);
}

/* An IRP that is not watched has no completed(). */
static void after(struct vf_call *call)
{
    if (!call->watched)
        forget_receive(call);
}

static bool event_begin(struct hook_event *event)
{
    struct envelope envelope;
    char comment[512];

    /* One behind its first byte: a return address is looked up before itself. */
    make_comment(comment, sizeof(comment), event->name, vf_socket_number(event->socket), 0,
                 (const char *)event->routine + 1);
    for (PWSK_DATAGRAM_INDICATION node = event->indication; node; node = node->Next) {
        read_address(node->RemoteAddress, &envelope.from);
        note_raw(event->socket, &envelope);
        local_address(event->socket, &envelope.to, &envelope.from);
        write_datagram(&node->Buffer, node->Buffer.Length, &envelope, comment);
    }
    return true;
}

/* --- Start and stop ------------------------------------------------------------------------- */

bool vf_pcap_file(const char *path, char *error, size_t size)
{
    vf_pcap_stop();
    file = fopen(path, "we");
    if (!file) {
        snprintf(error, size, "cannot write to %s", path);
        return false;
    }
    put_section();
    put_interface();
    return true;
}

void vf_pcap_start(void)
{
    static const struct vf_observer observer = {
        .asks_numbers = true, .before = before, .completed = completed, .after = after,
        .event_begin = event_begin,
    };

    if (file)
        own_notes = vf_observe(&observer);
}

void vf_pcap_stop(void)
{
    if (file)
        fclose(file);
    file = NULL;
}
