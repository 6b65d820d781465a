/* SPDX-License-Identifier: MIT */
/* words.c - see words.h. */
#include "words.h"

#include "calls.h"
#include "nt.h"

#include <openwsk/ntstatus_list.h>
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
};
static const struct name socket_options[] = {
    N(SO_WSK_EVENT_CALLBACK), N(SO_RCVBUF), N(SO_SNDBUF), N(SO_BROADCAST), N(SO_REUSEADDR),
    N(SO_EXCLUSIVEADDRUSE),
};
static const struct name ip_options[] = {
    N(IP_PKTINFO), N(IP_TTL), N(IP_TOS), N(IP_MULTICAST_TTL), N(IP_MULTICAST_LOOP),
    N(IP_MULTICAST_IF), N(IP_ADD_MEMBERSHIP), N(IP_DROP_MEMBERSHIP), N(IP_HDRINCL),
};
static const struct name ipv6_options[] = {
    N(IPV6_PKTINFO), N(IPV6_V6ONLY), N(IPV6_UNICAST_HOPS), N(IPV6_MULTICAST_HOPS),
    N(IPV6_MULTICAST_IF), N(IPV6_MULTICAST_LOOP), N(IPV6_ADD_MEMBERSHIP),
    N(IPV6_DROP_MEMBERSHIP), N(IPV6_HOPLIMIT),
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
    unsigned long long bytes = 0;
    size_t count = 0;

    for (; list; list = list->Next, count++)
        bytes += list->Buffer.Length;
    words_say(words, "{%zu datagrams, %llu bytes}", count, bytes);
}

size_t words_list_length(const WSK_DATAGRAM_INDICATION *list, size_t *bytes)
{
    size_t count = 0;

    *bytes = 0;
    for (; list; list = list->Next, count++)
        *bytes += list->Buffer.Length;
    return count;
}

static void say_indications(struct words *words, const WSK_DATAGRAM_INDICATION *list)
{
    size_t bytes, count = words_list_length(list, &bytes);

    if (list)
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
