/* SPDX-License-Identifier: MIT */
/* words.c - see words.h. */
#include "words.h"

#include "calls.h"
#include "circle.h"
#include "nt.h"

#include <openwsk/ntstatus_list.h>
#include <mstcpip.h>
#include <mswsockdef.h>
#include <ws2ipdef.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void words_say(struct words *words, const char *format, ...)
{
    size_t room = words->size - words->length;
    va_list arguments;
    int length;

    va_start(arguments, format);
    length = vsnprintf(words->text + words->length, room, format, arguments);
    va_end(arguments);
    if (length > 0)
        words->length += (size_t)length < room ? (size_t)length : room - 1;
}

/* --- Numbers with names --------------------------------------------------------------------- */

struct name {
    ULONG value;
    const char *name;
};

#define N(name) { (ULONG)(name), #name }

static const struct name families[] = { N(AF_UNSPEC), N(AF_INET), N(AF_INET6) };
static const struct name types[] = { N(SOCK_STREAM), N(SOCK_DGRAM), N(SOCK_RAW) };
static const struct name protocols[] = { N(IPPROTO_IP), N(IPPROTO_ICMP), N(IPPROTO_TCP),
                                         N(IPPROTO_UDP), N(IPPROTO_ICMPV6) };
static const struct name requests[] = { N(WskSetOption), N(WskGetOption), N(WskIoctl) };
static const struct name levels[] = { N(SOL_SOCKET), N(IPPROTO_IP), N(IPPROTO_IPV6),
                                      N(IPPROTO_UDP), N(IPPROTO_TCP) };
static const struct name client_codes[] = {
    N(WSK_TRANSPORT_LIST_QUERY), N(WSK_TRANSPORT_LIST_CHANGE), N(WSK_CACHE_SD), N(WSK_RELEASE_SD),
    N(WSK_SET_STATIC_EVENT_CALLBACKS), N(WSK_TDI_DEVICENAME_MAPPING), N(WSK_TDI_BEHAVIOR),
};
static const struct name ioctls[] = {
    N(SIO_WSK_SET_REMOTE_ADDRESS), N(SIO_WSK_SET_SENDTO_ADDRESS), N(SIO_WSK_REGISTER_EXTENSION),
    N(SIO_WSK_QUERY_IDEAL_SEND_BACKLOG), N(SIO_WSK_QUERY_RECEIVE_BACKLOG),
    N(SIO_WSK_QUERY_INSPECT_ID), N(SIO_WSK_SET_TCP_SILENT_MODE), N(SIO_ADDRESS_LIST_QUERY),
    N(SIO_ADDRESS_LIST_CHANGE), N(SIO_ADDRESS_LIST_SORT), N(SIO_ROUTING_INTERFACE_QUERY),
    N(SIO_ROUTING_INTERFACE_CHANGE), N(SIO_UDP_CONNRESET), N(SIO_UDP_NETRESET), N(SIO_RCVALL),
    N(SIO_KEEPALIVE_VALS), N(SIO_TCP_INITIAL_RTO), N(SIO_LOOPBACK_FAST_PATH),
    N(SIO_CPU_AFFINITY), N(SIO_QUERY_RSS_PROCESSOR_INFO),
    N(SIO_QUERY_WFP_CONNECTION_REDIRECT_RECORDS), N(SIO_QUERY_WFP_CONNECTION_REDIRECT_CONTEXT),
    N(SIO_SET_WFP_CONNECTION_REDIRECT_RECORDS),
};
static const struct name socket_options[] = {
    N(SO_WSK_EVENT_CALLBACK), N(SO_WSK_SECURITY), N(SO_RCVBUF), N(SO_SNDBUF), N(SO_BROADCAST),
    N(SO_REUSEADDR), N(SO_EXCLUSIVEADDRUSE), N(SO_KEEPALIVE), N(SO_LINGER), N(SO_DONTLINGER),
    N(SO_OOBINLINE), N(SO_DONTROUTE), N(SO_ACCEPTCONN), N(SO_RCVTIMEO), N(SO_SNDTIMEO),
    N(SO_RCVLOWAT), N(SO_SNDLOWAT), N(SO_ERROR), N(SO_TYPE), N(SO_MAX_MSG_SIZE),
    N(SO_CONDITIONAL_ACCEPT), N(SO_PAUSE_ACCEPT), N(SO_COMPARTMENT_ID), N(SO_RANDOMIZE_PORT),
    N(SO_PORT_SCALABILITY), N(SO_REUSE_UNICASTPORT), N(SO_REUSE_MULTICASTPORT),
    N(SO_ORIGINAL_DST),
};
static const struct name ip_options[] = {
    N(IP_OPTIONS), N(IP_HDRINCL), N(IP_TOS), N(IP_TTL), N(IP_MULTICAST_IF), N(IP_MULTICAST_TTL),
    N(IP_MULTICAST_LOOP), N(IP_ADD_MEMBERSHIP), N(IP_DROP_MEMBERSHIP), N(IP_DONTFRAGMENT),
    N(IP_ADD_SOURCE_MEMBERSHIP), N(IP_DROP_SOURCE_MEMBERSHIP), N(IP_BLOCK_SOURCE),
    N(IP_UNBLOCK_SOURCE), N(IP_PKTINFO), N(IP_RECVTTL), N(IP_RECEIVE_BROADCAST), N(IP_RECVIF),
    N(IP_RECVDSTADDR), N(IP_IFLIST), N(IP_ADD_IFLIST), N(IP_DEL_IFLIST), N(IP_UNICAST_IF),
    N(IP_GET_IFLIST), N(IP_RECVTOS), N(IP_ORIGINAL_ARRIVAL_IF), N(IP_RECVECN), N(IP_PKTINFO_EX),
    N(IP_WFP_REDIRECT_RECORDS), N(IP_WFP_REDIRECT_CONTEXT), N(IP_MTU_DISCOVER), N(IP_MTU),
    N(IP_RECVERR), N(IP_USER_MTU),
};
static const struct name ipv6_options[] = {
    N(IPV6_HOPOPTS), N(IPV6_HDRINCL), N(IPV6_UNICAST_HOPS), N(IPV6_MULTICAST_IF),
    N(IPV6_MULTICAST_HOPS), N(IPV6_MULTICAST_LOOP), N(IPV6_ADD_MEMBERSHIP),
    N(IPV6_DROP_MEMBERSHIP), N(IPV6_DONTFRAG), N(IPV6_PKTINFO), N(IPV6_HOPLIMIT),
    N(IPV6_PROTECTION_LEVEL), N(IPV6_RECVIF), N(IPV6_RECVDSTADDR), N(IPV6_CHECKSUM),
    N(IPV6_V6ONLY), N(IPV6_IFLIST), N(IPV6_ADD_IFLIST), N(IPV6_DEL_IFLIST), N(IPV6_UNICAST_IF),
    N(IPV6_RTHDR), N(IPV6_GET_IFLIST), N(IPV6_RECVRTHDR), N(IPV6_RECVTCLASS), N(IPV6_RECVECN),
    N(IPV6_PKTINFO_EX), N(IPV6_MTU_DISCOVER), N(IPV6_MTU), N(IPV6_RECVERR), N(IPV6_USER_MTU),
};
static const struct name udp_options[] = {
    N(UDP_NOCHECKSUM), N(UDP_SEND_MSG_SIZE), N(UDP_RECV_MAX_COALESCED_SIZE),
    N(UDP_CHECKSUM_COVERAGE),
};
static const struct name tcp_options[] = {
    N(TCP_NODELAY), N(TCP_EXPEDITED_1122), N(TCP_KEEPALIVE), N(TCP_MAXSEG), N(TCP_MAXRT),
    N(TCP_NOSYNRETRIES), N(TCP_TIMESTAMPS), N(TCP_CONGESTION_ALGORITHM), N(TCP_DELAY_FIN_ACK),
    N(TCP_MAXRTMS), N(TCP_FASTOPEN), N(TCP_KEEPCNT), N(TCP_KEEPINTVL),
    N(TCP_FAIL_CONNECT_ON_ICMP_ERROR),
};

/* Flags: what has the value 0 stands for none. */
static const struct name categories[] = {
    N(WSK_FLAG_BASIC_SOCKET), N(WSK_FLAG_LISTEN_SOCKET), N(WSK_FLAG_CONNECTION_SOCKET),
    N(WSK_FLAG_DATAGRAM_SOCKET), N(WSK_FLAG_STREAM_SOCKET),
};
static const struct name send_flags[] = { N(WSK_FLAG_OOB), N(WSK_FLAG_NODELAY) };
static const struct name receive_flags[] = { N(WSK_FLAG_WAITALL), N(WSK_FLAG_DRAIN) };
static const struct name disconnect_flags[] = { N(WSK_FLAG_ABORTIVE) };
static const struct name event_flags[] = {
    N(WSK_FLAG_RELEASE_ASAP), N(WSK_FLAG_ENTIRE_MESSAGE), N(WSK_FLAG_AT_DISPATCH_LEVEL),
    N(MSG_TRUNC), N(MSG_CTRUNC), N(MSG_BCAST), N(MSG_MCAST), N(MSG_ERRQUEUE),
};
static const struct name name_flags[] = {
    N(NI_NOFQDN), N(NI_NUMERICHOST), N(NI_NAMEREQD), N(NI_NUMERICSERV), N(NI_DGRAM),
};

static void say_name(struct words *words, const struct name *names, size_t count, ULONG value)
{
    for (size_t i = 0; i < count; i++) {
        if (names[i].value == value) {
            words_say(words, "%s", names[i].name);
            return;
        }
    }
    words_say(words, value > 0xffff ? "0x%X" : "%u", value);
}

#define SAY_NAME(words, names, value)                                                              \
    say_name((words), (names), sizeof(names) / sizeof(*(names)), (ULONG)(value))

/* "A|B|0x40": what has no name is left in hexadecimal. */
static void say_flags(struct words *words, const struct name *names, size_t count, ULONG value)
{
    const char *between = "";

    if (!value && !names[0].value) {
        words_say(words, "%s", names[0].name);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        if (!(value & names[i].value))
            continue;
        words_say(words, "%s%s", between, names[i].name);
        value &= ~names[i].value;
        between = "|";
    }
    if (value || !*between)
        words_say(words, value ? "%s0x%X" : "%s%u", between, value);
}

#define SAY_FLAGS(words, names, value)                                                             \
    say_flags((words), (names), sizeof(names) / sizeof(*(names)), (ULONG)(value))

static void say_control_code(struct words *words, const uintptr_t *arguments)
{
    ULONG type = (ULONG)arguments[1], code = (ULONG)arguments[2], level = (ULONG)arguments[3];

    if (type == WskIoctl)
        SAY_NAME(words, ioctls, code);
    else if (level == SOL_SOCKET)
        SAY_NAME(words, socket_options, code);
    else if (level == IPPROTO_IP)
        SAY_NAME(words, ip_options, code);
    else if (level == IPPROTO_IPV6)
        SAY_NAME(words, ipv6_options, code);
    else if (level == IPPROTO_UDP)
        SAY_NAME(words, udp_options, code);
    else if (level == IPPROTO_TCP)
        SAY_NAME(words, tcp_options, code);
    else
        words_say(words, "%u", code);
}

/* --- Structures ----------------------------------------------------------------------------- */

void words_address(struct words *words, const SOCKADDR *address)
{
    const SOCKADDR_INET *inet = (const SOCKADDR_INET *)address;
    CHAR text[80];
    ULONG size = sizeof(text);

    if (!address) {
        words_say(words, "NULL");
    } else if (inet->si_family == AF_INET) {
        const UCHAR *at = (const UCHAR *)&inet->Ipv4.sin_addr;

        words_say(words, "%u.%u.%u.%u:%u", at[0], at[1], at[2], at[3],
                  RtlUshortByteSwap(inet->Ipv4.sin_port));
    } else if (inet->si_family == AF_INET6 &&
               NT_SUCCESS(RtlIpv6AddressToStringExA(&inet->Ipv6.sin6_addr,
                                                    inet->Ipv6.sin6_scope_id, 0, text, &size))) {
        words_say(words, "[%s]:%u", text, RtlUshortByteSwap(inet->Ipv6.sin6_port));
    } else {
        words_say(words, "{family %u}", inet->si_family);
    }
}

static void say_buffer(struct words *words, const WSK_BUF *buffer)
{
    if (!buffer)
        words_say(words, "NULL");
    else
        words_say(words, "{%p, %u, %llu}", (void *)buffer->Mdl, buffer->Offset,
                  (unsigned long long)buffer->Length);
}

static void say_buffer_list(struct words *words, const WSK_BUF_LIST *list)
{
    struct circle circle = { NULL, 0 };
    unsigned long long bytes = 0;

    for (; list && !circle_closes(&circle, list); list = list->Next)
        bytes += list->Buffer.Length;
    if (list)
        words_say(words, "{a circle}");
    else
        words_say(words, "{%zu datagrams, %llu bytes}", circle.count, bytes);
}

size_t words_list_length(const WSK_DATAGRAM_INDICATION *list, size_t *bytes)
{
    struct circle circle = { NULL, 0 };

    *bytes = 0;
    for (; list && !circle_closes(&circle, list); list = list->Next)
        *bytes += list->Buffer.Length;
    return list ? 0 : circle.count;
}

static void say_indications(struct words *words, const WSK_DATAGRAM_INDICATION *list)
{
    size_t bytes, count = words_list_length(list, &bytes);

    if (list && !count)
        words_say(words, "{a circle}");
    else if (list)
        words_say(words, "{%zu datagram%s, %zu bytes}", count, count == 1 ? "" : "s", bytes);
    else
        words_say(words, "NULL");
}

static void say_string(struct words *words, const UNICODE_STRING *string)
{
    if (!string) {
        words_say(words, "NULL");
        return;
    }
    words_say(words, "\"");
    for (USHORT i = 0; i < string->Length / sizeof(WCHAR); i++)
        words_say(words, string->Buffer[i] < 0x7f && string->Buffer[i] >= ' ' ? "%c" : "\\u%04x",
                  string->Buffer[i]);
    words_say(words, "\"");
}

static void say_pointer(struct words *words, uintptr_t value)
{
    if (value)
        words_say(words, "%p", (void *)value);
    else
        words_say(words, "NULL");
}

static void say_timeout(struct words *words, ULONG milliseconds)
{
    if (milliseconds == WSK_NO_WAIT)
        words_say(words, "WSK_NO_WAIT");
    else if (milliseconds == WSK_INFINITE_WAIT)
        words_say(words, "WSK_INFINITE_WAIT");
    else
        words_say(words, "%u", milliseconds);
}

void words_version(struct words *words, USHORT version)
{
    words_say(words, "MAKE_WSK_VERSION(%u, %u)", WSK_MAJOR_VERSION(version),
              WSK_MINOR_VERSION(version));
}

static void say_client_npi(struct words *words, const WSK_CLIENT_NPI *npi)
{
    if (!npi) {
        words_say(words, "NULL");
        return;
    }
    words_say(words, "{");
    say_pointer(words, (uintptr_t)npi->ClientContext);
    words_say(words, ", ");
    if (npi->Dispatch)
        words_version(words, npi->Dispatch->Version);
    else
        words_say(words, "NULL");
    words_say(words, "}");
}

static void say_thing(struct words *words, const char *kind, uint32_t number, uintptr_t value)
{
    if (number)
        words_say(words, "%s#%u", kind, number);
    else
        say_pointer(words, value);
}

void words_argument(struct words *words, enum vf_parameter_kind kind, uintptr_t value)
{
    switch (kind) {
    case VF_SOCKET:
        say_thing(words, "socket", vf_socket_number((const void *)value), value);
        break;
    case VF_IRP:
        say_thing(words, "irp", value ? vf_irp_number((const void *)value) : 0, value);
        break;
    case VF_NUMBER:
    case VF_CONTROL_LENGTH: words_say(words, "%llu", (unsigned long long)value); break;
    case VF_FLAGS: words_say(words, value ? "0x%llX" : "%llu", (unsigned long long)value); break;
    case VF_CATEGORY: SAY_FLAGS(words, categories, value); break;
    case VF_SEND_FLAGS: SAY_FLAGS(words, send_flags, value); break;
    case VF_RECEIVE_FLAGS: SAY_FLAGS(words, receive_flags, value); break;
    case VF_DISCONNECT_FLAGS: SAY_FLAGS(words, disconnect_flags, value); break;
    case VF_EVENT_FLAGS: SAY_FLAGS(words, event_flags, value); break;
    case VF_NAME_FLAGS: SAY_FLAGS(words, name_flags, value); break;
    case VF_FAMILY: SAY_NAME(words, families, value); break;
    case VF_TYPE: SAY_NAME(words, types, value); break;
    case VF_PROTOCOL: SAY_NAME(words, protocols, value); break;
    case VF_REQUEST_TYPE: SAY_NAME(words, requests, value); break;
    case VF_CLIENT_CODE: SAY_NAME(words, client_codes, value); break;
    case VF_LEVEL: SAY_NAME(words, levels, value); break;
    case VF_ADDRESS: words_address(words, (const SOCKADDR *)value); break;
    case VF_BUFFER: say_buffer(words, (const WSK_BUF *)value); break;
    case VF_BUFFER_LIST: say_buffer_list(words, (const WSK_BUF_LIST *)value); break;
    case VF_INDICATIONS:
        say_indications(words, (const WSK_DATAGRAM_INDICATION *)value);
        break;
    case VF_CLIENT_NPI: say_client_npi(words, (const WSK_CLIENT_NPI *)value); break;
    case VF_WAIT_TIMEOUT: say_timeout(words, (ULONG)value); break;
    case VF_STRING: say_string(words, (const UNICODE_STRING *)value); break;
    default: say_pointer(words, value); break;
    }
}

void words_arguments(struct words *words, const struct vf_function *function,
                     const uintptr_t *arguments)
{
    for (size_t i = 0; i < function->parameter_count; i++) {
        const struct vf_parameter *parameter = &function->parameters[i];

        words_say(words, "%s%s=", i ? ", " : "", parameter->name);
        if (parameter->kind == VF_CONTROL_CODE)
            say_control_code(words, arguments);
        else
            words_argument(words, parameter->kind, arguments[i]);
    }
}

/* --- From words ----------------------------------------------------------------------------- */

bool words_status(const char *text, NTSTATUS *status)
{
    static const struct name statuses[] = {
#define X(name, value) { (ULONG)(value), #name },
        OPENWSK_NTSTATUS_LIST(X)
#undef X
    };
    char *end;

    for (size_t i = 0; i < sizeof(statuses) / sizeof(*statuses); i++) {
        if (strcmp(statuses[i].name, text) == 0) {
            *status = (NTSTATUS)statuses[i].value;
            return true;
        }
    }
    if (text[0] != '0' || text[1] != 'x')
        return false;
    *status = (NTSTATUS)strtoul(text, &end, 16);
    return end != text + 2 && !*end;
}

bool words_duration(const char *text, uint64_t *nanoseconds)
{
    static const struct { const char *name; uint64_t nanoseconds; } units[] = {
        { "us", 1000 }, { "ms", OS_NS_PER_MS }, { "s", OS_NS_PER_S }, { "m", 60 * OS_NS_PER_S },
    };
    char *end;
    unsigned long long value = strtoull(text, &end, 10);

    if (*text < '0' || *text > '9' || value > 1000000)
        return false;
    for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
        if (strcmp(units[i].name, end) == 0) {
            *nanoseconds = value * units[i].nanoseconds;
            return true;
        }
    }
    return false;
}
