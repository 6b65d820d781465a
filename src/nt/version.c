/* SPDX-License-Identifier: MIT */
/* version.c - which Windows this is, and what its processor can. */
#include "nt_internal.h"

#include <string.h>

/*
 * Windows Server 2025. Drivers switch features by the build number: 20348, Server 2022, is one
 * where some leave out what works here.
 */
#define VERSION_MAJOR 10
#define VERSION_MINOR 0
#define VERSION_BUILD 26100
#define VERSION_NTDDI NTDDI_WIN11_GE
#define PLATFORM_NT 2
#define PRODUCT_SERVER NtProductServer

NTSTATUS RtlGetVersion(PRTL_OSVERSIONINFOW information)
{
    PRTL_OSVERSIONINFOEXW extended = (PRTL_OSVERSIONINFOEXW)information;

    nt_require_irql(PASSIVE_LEVEL, "RtlGetVersion", NT_CALLER());
    information->dwMajorVersion = VERSION_MAJOR;
    information->dwMinorVersion = VERSION_MINOR;
    information->dwBuildNumber = VERSION_BUILD;
    information->dwPlatformId = PLATFORM_NT;
    memset(information->szCSDVersion, 0, sizeof(information->szCSDVersion));
    if (information->dwOSVersionInfoSize >= sizeof(*extended)) {
        extended->wServicePackMajor = extended->wServicePackMinor = 0;
        extended->wSuiteMask = 0;
        extended->wProductType = PRODUCT_SERVER;
        extended->wReserved = 0;
    }
    return STATUS_SUCCESS;
}

/* FALSE: this is no checked build. */
BOOLEAN PsGetVersion(PULONG major, PULONG minor, PULONG build, PUNICODE_STRING service_pack)
{
    if (major)
        *major = VERSION_MAJOR;
    if (minor)
        *minor = VERSION_MINOR;
    if (build)
        *build = VERSION_BUILD;
    if (service_pack)
        RtlInitUnicodeString(service_pack, NULL);
    return FALSE;
}

BOOLEAN RtlIsNtDdiVersionAvailable(ULONG version)
{
    return version <= VERSION_NTDDI;
}

/* The condition for the n-th bit of the type mask stands in bits 3n to 3n + 2. */
static bool holds(ULONG have, ULONG want, ULONG type, ULONGLONG conditions)
{
    ULONG condition = (ULONG)(conditions >> (3 * __builtin_ctz(type))) & 7;

    switch (condition) {
    case VER_EQUAL: return have == want;
    case 2: return have > want;
    case VER_GREATER_EQUAL: return have >= want;
    case 4: return have < want;
    case 5: return have <= want;
    default: return false;
    }
}

/*
 * wdm.h: a minor version counts only where the major ones are equal, the build only where both are.
 */
NTSTATUS RtlVerifyVersionInfo(PRTL_OSVERSIONINFOEXW wanted, ULONG types, ULONGLONG conditions)
{
    const struct {
        ULONG type;
        ULONG have;
        ULONG want;
    } parts[] = {
        { VER_MAJORVERSION, VERSION_MAJOR, wanted->dwMajorVersion },
        { VER_MINORVERSION, VERSION_MINOR, wanted->dwMinorVersion },
        { VER_BUILDNUMBER, VERSION_BUILD, wanted->dwBuildNumber },
    };

    if (!types || (types & ~(ULONG)(VER_MAJORVERSION | VER_MINORVERSION | VER_BUILDNUMBER)))
        return STATUS_INVALID_PARAMETER;
    for (size_t i = 0; i < RTL_NUMBER_OF(parts); i++) {
        if (!(types & parts[i].type))
            continue;
        if (!holds(parts[i].have, parts[i].want, parts[i].type, conditions))
            return STATUS_REVISION_MISMATCH;
        if (parts[i].have != parts[i].want)
            return STATUS_SUCCESS;
    }
    return STATUS_SUCCESS;
}

BOOLEAN ExVerifySuite(ULONG suite)
{
    (void)suite;
    return FALSE;
}

ULONG64 RtlGetEnabledExtendedFeatures(ULONG64 mask)
{
    ULONG64 have = 0;

#if defined(__x86_64__)
    have = XSTATE_MASK_LEGACY;
    if (__builtin_cpu_supports("avx"))
        have |= XSTATE_MASK_AVX;
    if (__builtin_cpu_supports("avx512f"))
        have |= XSTATE_MASK_AVX512;
#endif
    return have & mask;
}
