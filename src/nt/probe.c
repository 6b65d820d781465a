/* SPDX-License-Identifier: MIT */
/*
 * probe.c - whether memory can be read and written, and the memory manager's calls around paging,
 * which does not exist here.
 */
#include "nt_internal.h"

#include <openwsk/seh.h>

/*
 * The sanitizers must not look where these touch: the page may lie outside every object, and its
 * bytes may belong to other threads.
 */
#define UNSANITIZED __attribute__((no_sanitize("address", "thread", "undefined"), noinline))

UNSANITIZED static void touch(volatile UCHAR *byte, bool write)
{
    if (write)
        __atomic_fetch_or((UCHAR *)byte, 0, __ATOMIC_RELAXED);
    else
        (void)__atomic_load_n((UCHAR *)byte, __ATOMIC_RELAXED);
}

/* Faults where a page is missing or, for `write`, read-only. */
UNSANITIZED static void touch_pages(PUCHAR first, PUCHAR last, bool write)
{
    for (PUCHAR at = first; at <= last; at = (PUCHAR)PAGE_ALIGN(at) + PAGE_SIZE)
        touch(at, write);
}

bool nt_probe(const volatile void *address, size_t size, bool write)
{
    PUCHAR first = (PUCHAR)address;

    if (!size)
        return true;
    if ((uintptr_t)first + size - 1 < (uintptr_t)first)
        return false;
    __try {
        touch_pages(first, first + size - 1, write);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        return false;
    }
    return true;
}

static void probe_or_raise(const volatile void *address, SIZE_T size, ULONG alignment, bool write)
{
    if (!size)
        return;
    if (alignment > 1 && (uintptr_t)address % alignment != 0)
        ExRaiseDatatypeMisalignment();
    if (!nt_probe(address, size, write))
        ExRaiseAccessViolation();
}

VOID ProbeForRead(const volatile VOID *address, SIZE_T size, ULONG alignment)
{
    nt_require_irql(APC_LEVEL, "ProbeForRead", NT_CALLER());
    probe_or_raise(address, size, alignment, false);
}

VOID ProbeForWrite(volatile VOID *address, SIZE_T size, ULONG alignment)
{
    nt_require_irql(APC_LEVEL, "ProbeForWrite", NT_CALLER());
    probe_or_raise(address, size, alignment, true);
}

BOOLEAN MmIsAddressValid(PVOID address)
{
    return nt_probe(address, 1, false);
}

/* --- Nothing is paged out --------------------------------------------------------------------- */

PVOID MmLockPagableDataSection(PVOID address)
{
    return address;
}

VOID MmUnlockPagableImageSection(PVOID section)
{
    (void)section;
}

PVOID MmPageEntireDriver(PVOID address)
{
    return address;
}

VOID MmResetDriverPaging(PVOID address)
{
    (void)address;
}

/* --- Driver Verifier, as drivers ask for it: not there ---------------------------------------- */

LOGICAL MmIsDriverVerifyingByAddress(PVOID address)
{
    (void)address;
    return FALSE;
}

LOGICAL MmIsDriverVerifying(PDRIVER_OBJECT driver)
{
    (void)driver;
    return FALSE;
}

NTSTATUS MmIsVerifierEnabled(PULONG flags)
{
    *flags = 0;
    return STATUS_NOT_SUPPORTED;
}

/*
 * NULL is what a driver gets that asks an older Windows for a newer function, so it has another
 * way.
 */
PVOID MmGetSystemRoutineAddress(PUNICODE_STRING name)
{
    (void)name;
    nt_require_irql(PASSIVE_LEVEL, "MmGetSystemRoutineAddress", NT_CALLER());
    nt_absent("MmGetSystemRoutineAddress");
    return NULL;
}

PMDL MmAllocatePagesForMdl(PHYSICAL_ADDRESS low, PHYSICAL_ADDRESS high, PHYSICAL_ADDRESS skip,
                           SIZE_T size)
{
    (void)low;
    (void)high;
    (void)skip;
    (void)size;
    nt_absent("MmAllocatePagesForMdl");
    return NULL;
}

PMDL MmAllocatePagesForMdlEx(PHYSICAL_ADDRESS low, PHYSICAL_ADDRESS high, PHYSICAL_ADDRESS skip,
                             SIZE_T size, MEMORY_CACHING_TYPE cache, ULONG flags)
{
    (void)low;
    (void)high;
    (void)skip;
    (void)size;
    (void)cache;
    (void)flags;
    nt_absent("MmAllocatePagesForMdlEx");
    return NULL;
}

VOID MmFreePagesFromMdl(PMDL mdl)
{
    (void)mdl;
    nt_absent("MmFreePagesFromMdl");
}
