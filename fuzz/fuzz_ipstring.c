/* SPDX-License-Identifier: MIT */
/*
 * fuzz_ipstring.c - IP addresses from any text: narrow and wide text are read alike, what the C
 * library takes is taken and means the same, and an address survives the way to text and back.
 */
#include "fuzz.h"

#include <ip2string.h>
#include <ntstatus.h>
#include <ws2def.h>
#include <ws2ipdef.h>

#define HOST_AF_INET 2
#define HOST_AF_INET6 10

/* Of the C library, whose header has another idea of a socket address. */
int inet_pton(int family, const char *text, void *address);

struct text {
    char *narrow;
    WCHAR *wide;
    size_t length;
};

/* Both end at the last byte of their memory. */
static struct text make_text(const uint8_t *data, size_t size)
{
    struct text text = { malloc(size + 1), malloc((size + 1) * sizeof(WCHAR)), size };

    MUST(text.narrow && text.wide);
    for (size_t i = 0; i < size; i++) {
        text.narrow[i] = (char)data[i];
        text.wide[i] = data[i];
    }
    text.narrow[size] = 0;
    text.wide[size] = 0;
    return text;
}

static void check_ipv4(const struct text *text, BOOLEAN strict)
{
    struct in_addr narrow = { 0 }, wide = { 0 }, host, back;
    PCSTR end;
    PCWSTR wide_end;
    CHAR written[16];
    NTSTATUS status = RtlIpv4StringToAddressA(text->narrow, strict, &end, &narrow);

    MUST(RtlIpv4StringToAddressW(text->wide, strict, &wide_end, &wide) == status);
    MUST(end - text->narrow == wide_end - text->wide);
    MUST(end >= text->narrow && end <= text->narrow + text->length);
    if (inet_pton(HOST_AF_INET, text->narrow, &host) == 1)
        MUST(status == STATUS_SUCCESS && *end == 0 && memcmp(&host, &narrow, sizeof(host)) == 0);
    if (status != STATUS_SUCCESS)
        return;
    MUST(memcmp(&narrow, &wide, sizeof(wide)) == 0);
    MUST(*RtlIpv4AddressToStringA(&narrow, written) == 0);
    MUST(RtlIpv4StringToAddressA(written, TRUE, &end, &back) == STATUS_SUCCESS && *end == 0);
    MUST(memcmp(&back, &narrow, sizeof(back)) == 0);
}

static void check_ipv6(const struct text *text)
{
    struct in6_addr narrow, wide, host, back;
    /* Some failures leave the terminator alone. */
    PCSTR end = text->narrow;
    PCWSTR wide_end = text->wide;
    CHAR written[46];
    NTSTATUS status = RtlIpv6StringToAddressA(text->narrow, &end, &narrow);

    MUST(RtlIpv6StringToAddressW(text->wide, &wide_end, &wide) == status);
    MUST(end - text->narrow == wide_end - text->wide);
    MUST(end >= text->narrow && end <= text->narrow + text->length);
    if (inet_pton(HOST_AF_INET6, text->narrow, &host) == 1)
        MUST(status == STATUS_SUCCESS && *end == 0 && memcmp(&host, &narrow, sizeof(host)) == 0);
    if (status != STATUS_SUCCESS)
        return;
    MUST(memcmp(&narrow, &wide, sizeof(wide)) == 0);
    MUST(*RtlIpv6AddressToStringA(&narrow, written) == 0);
    MUST(RtlIpv6StringToAddressA(written, &end, &back) == STATUS_SUCCESS && *end == 0);
    MUST(memcmp(&back, &narrow, sizeof(back)) == 0);
}

/* With scope and port. */
static void check_whole(const struct text *text, BOOLEAN strict)
{
    struct in6_addr narrow, wide;
    ULONG scope = 0, wide_scope = 0;
    USHORT port = 0, wide_port = 0;
    struct in_addr four, wide_four;

    MUST(RtlIpv6StringToAddressExA(text->narrow, &narrow, &scope, &port) ==
         RtlIpv6StringToAddressExW(text->wide, &wide, &wide_scope, &wide_port));
    MUST(scope == wide_scope && port == wide_port);
    port = wide_port = 0;
    MUST(RtlIpv4StringToAddressExA(text->narrow, strict, &four, &port) ==
         RtlIpv4StringToAddressExW(text->wide, strict, &wide_four, &wide_port));
    MUST(port == wide_port);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct reader reader = { data, size };
    BOOLEAN strict = take8(&reader) & 1;
    struct text text = make_text(reader.at, reader.left);

    check_ipv4(&text, strict);
    check_ipv6(&text);
    check_whole(&text, strict);
    free(text.narrow);
    free(text.wide);
    return 0;
}
