/* SPDX-License-Identifier: MIT */
/* IP addresses to text and back. All functions are pure: any IRQL, no allocation. The Ex variants
 * also carry a port, in network byte order (0 means none), and for IPv6 a zone, in host byte order;
 * with both an IPv6 address is written [addr%zone]:port. */
#ifndef _IP2STRING_H_
#define _IP2STRING_H_

#include <ntdef.h>
#include <inaddr.h>
#include <in6addr.h>

OPENWSK_DECLARATIONS_BEGIN

/* Writes at most 16 (IPv4) or 46 (IPv6) characters and returns a pointer to the terminating NUL,
 * so that output can be appended. */
PSTR NTAPI RtlIpv4AddressToStringA(_In_ const struct in_addr *Addr, _Out_ PSTR S);
PWSTR NTAPI RtlIpv4AddressToStringW(_In_ const struct in_addr *Addr, _Out_ PWSTR S);
PSTR NTAPI RtlIpv6AddressToStringA(_In_ const struct in6_addr *Addr, _Out_ PSTR S);
PWSTR NTAPI RtlIpv6AddressToStringW(_In_ const struct in6_addr *Addr, _Out_ PWSTR S);

/* *AddressStringLength is the room in characters, and afterwards the length written, both counting
 * the NUL. STATUS_INVALID_PARAMETER when it does not fit (the length needed is stored) or a pointer
 * is NULL. INET_ADDRSTRLEN and INET6_ADDRSTRLEN always suffice. */
NTSTATUS NTAPI RtlIpv4AddressToStringExA(_In_ const struct in_addr *Address, _In_ USHORT Port,
                                         _Out_ PSTR AddressString,
                                         _Inout_ PULONG AddressStringLength);
NTSTATUS NTAPI RtlIpv4AddressToStringExW(_In_ const struct in_addr *Address, _In_ USHORT Port,
                                         _Out_ PWSTR AddressString,
                                         _Inout_ PULONG AddressStringLength);
NTSTATUS NTAPI RtlIpv6AddressToStringExA(_In_ const struct in6_addr *Address, _In_ ULONG ScopeId,
                                         _In_ USHORT Port, _Out_ PSTR AddressString,
                                         _Inout_ PULONG AddressStringLength);
NTSTATUS NTAPI RtlIpv6AddressToStringExW(_In_ const struct in6_addr *Address, _In_ ULONG ScopeId,
                                         _In_ USHORT Port, _Out_ PWSTR AddressString,
                                         _Inout_ PULONG AddressStringLength);

/* Parses the longest prefix that is an address and stores where it stopped; what follows is not
 * judged. Strict: four decimal numbers. Otherwise one to four numbers, each decimal, octal (leading
 * 0) or hexadecimal (leading 0x), the last filling the remaining bytes. STATUS_SUCCESS or
 * STATUS_INVALID_PARAMETER. */
NTSTATUS NTAPI RtlIpv4StringToAddressA(_In_ PCSTR S, _In_ BOOLEAN Strict, _Out_ PCSTR *Terminator,
                                       _Out_ struct in_addr *Addr);
NTSTATUS NTAPI RtlIpv4StringToAddressW(_In_ PCWSTR S, _In_ BOOLEAN Strict,
                                       _Out_ PCWSTR *Terminator, _Out_ struct in_addr *Addr);
NTSTATUS NTAPI RtlIpv6StringToAddressA(_In_ PCSTR S, _Out_ PCSTR *Terminator,
                                       _Out_ struct in6_addr *Addr);
NTSTATUS NTAPI RtlIpv6StringToAddressW(_In_ PCWSTR S, _Out_ PCWSTR *Terminator,
                                       _Out_ struct in6_addr *Addr);

/* Parses the whole string, with an optional :port (IPv6: brackets then) and %zone; absent ones are
 * stored as 0. STATUS_SUCCESS or STATUS_INVALID_PARAMETER. */
NTSTATUS NTAPI RtlIpv4StringToAddressExA(_In_ PCSTR AddressString, _In_ BOOLEAN Strict,
                                         _Out_ struct in_addr *Address, _Out_ PUSHORT Port);
NTSTATUS NTAPI RtlIpv4StringToAddressExW(_In_ PCWSTR AddressString, _In_ BOOLEAN Strict,
                                         _Out_ struct in_addr *Address, _Out_ PUSHORT Port);
NTSTATUS NTAPI RtlIpv6StringToAddressExA(_In_ PCSTR AddressString, _Out_ struct in6_addr *Address,
                                         _Out_ PULONG ScopeId, _Out_ PUSHORT Port);
NTSTATUS NTAPI RtlIpv6StringToAddressExW(_In_ PCWSTR AddressString, _Out_ struct in6_addr *Address,
                                         _Out_ PULONG ScopeId, _Out_ PUSHORT Port);

#ifdef UNICODE
#define RtlIpv4AddressToString RtlIpv4AddressToStringW
#define RtlIpv4AddressToStringEx RtlIpv4AddressToStringExW
#define RtlIpv4StringToAddress RtlIpv4StringToAddressW
#define RtlIpv4StringToAddressEx RtlIpv4StringToAddressExW
#define RtlIpv6AddressToString RtlIpv6AddressToStringW
#define RtlIpv6AddressToStringEx RtlIpv6AddressToStringExW
#define RtlIpv6StringToAddress RtlIpv6StringToAddressW
#define RtlIpv6StringToAddressEx RtlIpv6StringToAddressExW
#else
#define RtlIpv4AddressToString RtlIpv4AddressToStringA
#define RtlIpv4AddressToStringEx RtlIpv4AddressToStringExA
#define RtlIpv4StringToAddress RtlIpv4StringToAddressA
#define RtlIpv4StringToAddressEx RtlIpv4StringToAddressExA
#define RtlIpv6AddressToString RtlIpv6AddressToStringA
#define RtlIpv6AddressToStringEx RtlIpv6AddressToStringExA
#define RtlIpv6StringToAddress RtlIpv6StringToAddressA
#define RtlIpv6StringToAddressEx RtlIpv6StringToAddressExA
#endif

OPENWSK_DECLARATIONS_END

#endif
