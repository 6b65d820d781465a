/* SPDX-License-Identifier: MIT */
/*
 * winternl.h - what the documentation of user mode tells of NT: types, and facts about the system.
 */
#ifndef OPENWSK_KM_WINTERNL_H
#define OPENWSK_KM_WINTERNL_H

#include "wdm.h"

OPENWSK_DECLARATIONS_BEGIN

typedef enum _SYSTEM_INFORMATION_CLASS {
    SystemBasicInformation = 0,
} SYSTEM_INFORMATION_CLASS;

typedef struct _SYSTEM_BASIC_INFORMATION {
    UCHAR Reserved1[24];
    PVOID Reserved2[4];
    CCHAR NumberOfProcessors;
} SYSTEM_BASIC_INFORMATION, *PSYSTEM_BASIC_INFORMATION;

/*
 * PASSIVE_LEVEL. Only SystemBasicInformation: the processors, the page size, the memory of the host
 * in pages. STATUS_INVALID_INFO_CLASS for another class, STATUS_INFO_LENGTH_MISMATCH when the
 * length is not exactly the structure's. *ReturnLength, if wanted, is the structure's length in
 * either case. Source: NtQuerySystemInformation of winternl.h; drivers declare the reserved members
 * themselves.
 */
NTSTATUS NtQuerySystemInformation(SYSTEM_INFORMATION_CLASS SystemInformationClass,
                                  PVOID SystemInformation, ULONG SystemInformationLength,
                                  PULONG ReturnLength);
NTSTATUS ZwQuerySystemInformation(SYSTEM_INFORMATION_CLASS SystemInformationClass,
                                  PVOID SystemInformation, ULONG SystemInformationLength,
                                  PULONG ReturnLength);

OPENWSK_DECLARATIONS_END

#endif
