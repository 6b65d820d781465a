/* SPDX-License-Identifier: MIT */
/*
 * pcap.c - see pcap.h. The format: draft-ietf-opsawg-pcapng; a section header, one interface of link type RAW (an IP
 * packet without a link header), an enhanced packet block for each datagram.
 */
#include "pcap.h"

#include "calls.h"
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

#define HEADERS_MAX 48u
#define PAYLOAD_MAX 65507u

static FILE *file;
static struct base_lock lock;

/* Under the lock: it is too large for a stack. */
static UCHAR packet[HEADERS_MAX + PAYLOAD_MAX];

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

static size_t put_ipv4(size_t payload, const SOCKADDR_INET *from, const SOCKADDR_INET *to)
{
    UCHAR *ip = packet;

    memset(ip, 0, 20);
    ip[0] = 0x45;
    set_16(ip + 2, 28 + payload);
    ip[8] = 64;
    ip[9] = 17;
    memcpy(ip + 12, &from->Ipv4.sin_addr, 4);
    memcpy(ip + 16, &to->Ipv4.sin_addr, 4);
    set_16(ip + 10, fold(add_words(0, ip, 20)));
    return 20;
}

static size_t put_ipv6(size_t payload, const SOCKADDR_INET *from, const SOCKADDR_INET *to)
{
    UCHAR *ip = packet;

    memset(ip, 0, 40);
    ip[0] = 0x60;
    set_16(ip + 4, 8 + payload);
    ip[6] = 17;
    ip[7] = 64;
    memcpy(ip + 8, &from->Ipv6.sin6_addr, 16);
    memcpy(ip + 24, &to->Ipv6.sin6_addr, 16);
    return 40;
}

static size_t copy_data(const WSK_BUF *buffer, UCHAR *to, size_t most)
{
    size_t offset = buffer->Offset, left = buffer->Length < most ? buffer->Length : most;
    size_t done = 0;

    for (PMDL mdl = buffer->Mdl; mdl && left; mdl = mdl->Next, offset = 0) {
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

static void write_datagram(const WSK_BUF *buffer, size_t length, const SOCKADDR_INET *from,
                           const SOCKADDR_INET *to, const char *comment)
{
    bool six = from->si_family == AF_INET6;
    size_t headers = (six ? 40u : 20u) + 8u;
    WSK_BUF cut = *buffer;
    UCHAR *udp = packet + headers - 8;
    size_t payload;

    cut.Length = length;
    base_lock_acquire(&lock);
    payload = copy_data(&cut, packet + headers, PAYLOAD_MAX);
    if (six)
        put_ipv6(payload, from, to);
    else
        put_ipv4(payload, from, to);
    memcpy(udp, &from->Ipv4.sin_port, 2);
    memcpy(udp + 2, &to->Ipv4.sin_port, 2);
    set_16(udp + 4, 8 + payload);
    set_16(udp + 6, 0);
    set_checksum(udp, 8 + payload, packet + (six ? 8 : 12), six ? 32 : 8);
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

/* --- Fixed destinations: SIO_WSK_SET_REMOTE_ADDRESS, SIO_WSK_SET_SENDTO_ADDRESS ------------- */

#define FIXED_MAX 64u

static struct {
    uint32_t socket_number;
    SOCKADDR_INET address;
} fixed[FIXED_MAX];

static void note_fixed(const struct vf_call *call)
{
    ULONG code = (ULONG)call->arguments[2];
    const SOCKADDR *address = (const SOCKADDR *)call->arguments[5];

    if (call->arguments[1] != WskIoctl || !address || call->arguments[4] < sizeof(SOCKADDR_IN) ||
        (code != SIO_WSK_SET_REMOTE_ADDRESS && code != SIO_WSK_SET_SENDTO_ADDRESS))
        return;
    if (address->sa_family == AF_INET6 && call->arguments[4] < sizeof(SOCKADDR_IN6))
        return;
    base_lock_acquire(&lock);
    fixed[call->socket_number % FIXED_MAX].socket_number = call->socket_number;
    read_address(address, &fixed[call->socket_number % FIXED_MAX].address);
    base_lock_release(&lock);
}

static void read_fixed(uint32_t socket_number, SOCKADDR_INET *address)
{
    base_lock_acquire(&lock);
    if (fixed[socket_number % FIXED_MAX].socket_number == socket_number)
        *address = fixed[socket_number % FIXED_MAX].address;
    base_lock_release(&lock);
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

/* What is sent is written when the call is made: later the driver may have its memory back. */
static void write_send(const struct vf_call *call, const WSK_BUF *buffer)
{
    SOCKADDR_INET from, to;
    char comment[512];

    read_address((const SOCKADDR *)call->arguments[3], &to);
    if (!call->arguments[3])
        read_fixed(call->socket_number, &to);
    local_address(call->socket, &from, &to);
    match_family(&to, &from);
    comment_of_call(call, comment, sizeof(comment));
    write_datagram(buffer, buffer->Length, &from, &to, comment);
}

static void before(struct vf_call *call)
{
    if (call->function->id == VF_ID_WskSendTo && call->arguments[1]) {
        write_send(call, (const WSK_BUF *)call->arguments[1]);
    } else if (call->function->id == VF_ID_WskSendMessages) {
        for (const WSK_BUF_LIST *at = list_of(call); at; at = at->Next)
            write_send(call, &at->Buffer);
    } else if (call->function->id == VF_ID_WskControlSocket) {
        note_fixed(call);
    } else if (call->function->id == VF_ID_WskReceiveFrom && call->arguments[1]) {
        WSK_BUF *copy = os_allocate(sizeof(*copy));

        /* The driver's WSK_BUF may be gone at the completion. */
        if (copy)
            *copy = *(const WSK_BUF *)call->arguments[1];
        call->notes[own_notes] = copy;
    }
}

static void completed(struct vf_call *call)
{
    WSK_BUF *buffer = call->notes[own_notes];
    SOCKADDR_INET from, to;
    char comment[512];

    if (call->function->id != VF_ID_WskReceiveFrom || !buffer)
        return;
    if (NT_SUCCESS(call->result.Status)) {
        read_address((const SOCKADDR *)call->arguments[3], &from);
        local_address(call->socket, &to, &from);
        match_family(&from, &to);
        comment_of_call(call, comment, sizeof(comment));
        write_datagram(buffer, call->result.Information, &from, &to, comment);
    }
    call->notes[own_notes] = NULL;
    os_free(buffer);
}

static bool event_begin(struct hook_event *event)
{
    SOCKADDR_INET from, to;
    char comment[512];

    /* One behind its first byte: a return address is looked up before itself. */
    make_comment(comment, sizeof(comment), event->name, vf_socket_number(event->socket), 0,
                 (const char *)event->routine + 1);
    for (PWSK_DATAGRAM_INDICATION node = event->indication; node; node = node->Next) {
        read_address(node->RemoteAddress, &from);
        local_address(event->socket, &to, &from);
        write_datagram(&node->Buffer, node->Buffer.Length, &from, &to, comment);
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
        .before = before, .completed = completed, .event_begin = event_begin,
    };

    if (file)
        own_notes = vf_observe(&observer);
}

void vf_pcap_stop(void)
{
    if (file)
        fclose(file);
    file = NULL;
    memset(fixed, 0, sizeof(fixed));
}
