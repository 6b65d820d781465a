/* SPDX-License-Identifier: MIT */
/* system_information.c - facts about the machine as a whole. */
#include "nt_internal.h"

#include <string.h>
#include <winternl.h>

#define ALLOCATION_GRANULARITY 0x10000u
#define LOWEST_USER_ADDRESS 0x10000u
#define HIGHEST_USER_ADDRESS 0x7FFFFFFEFFFFu

/* What the documentation calls reserved is as drivers declare it. */
struct basic {
    ULONG reserved;
    ULONG timer_resolution;
    ULONG page_size;
    ULONG pages;
    ULONG lowest_page;
    ULONG highest_page;
    ULONG granularity;
    ULONG_PTR lowest_address;
    ULONG_PTR highest_address;
    ULONG_PTR processors;
    CCHAR processor_count;
};

_Static_assert(sizeof(struct basic) == sizeof(SYSTEM_BASIC_INFORMATION), "one structure");
_Static_assert(offsetof(struct basic, processor_count) ==
                   offsetof(SYSTEM_BASIC_INFORMATION, NumberOfProcessors), "one structure");

static void describe(struct basic *basic)
{
    uint64_t pages = os_memory_bytes() / PAGE_SIZE;

    memset(basic, 0, sizeof(*basic));
    basic->timer_resolution = KeQueryTimeIncrement();
    basic->page_size = PAGE_SIZE;
    basic->pages = pages < MAXULONG ? (ULONG)pages : MAXULONG;
    basic->lowest_page = 1;
    basic->highest_page = basic->pages;
    basic->granularity = ALLOCATION_GRANULARITY;
    basic->lowest_address = LOWEST_USER_ADDRESS;
    basic->highest_address = HIGHEST_USER_ADDRESS;
    basic->processors = KeQueryActiveProcessors();
    basic->processor_count = (CCHAR)KeQueryActiveProcessorCount(NULL);
}

static NTSTATUS query(SYSTEM_INFORMATION_CLASS class, PVOID information, ULONG length,
                      PULONG needed)
{
    if (class != SystemBasicInformation)
        return STATUS_INVALID_INFO_CLASS;
    if (needed)
        *needed = sizeof(struct basic);
    if (length != sizeof(struct basic))
        return STATUS_INFO_LENGTH_MISMATCH;
    describe(information);
    return STATUS_SUCCESS;
}

NTSTATUS NtQuerySystemInformation(SYSTEM_INFORMATION_CLASS class, PVOID information, ULONG length,
                                  PULONG needed)
{
    nt_require_irql(PASSIVE_LEVEL, "NtQuerySystemInformation", NT_CALLER());
    return query(class, information, length, needed);
}

NTSTATUS ZwQuerySystemInformation(SYSTEM_INFORMATION_CLASS class, PVOID information, ULONG length,
                                  PULONG needed)
{
    nt_require_irql(PASSIVE_LEVEL, "ZwQuerySystemInformation", NT_CALLER());
    return query(class, information, length, needed);
}
