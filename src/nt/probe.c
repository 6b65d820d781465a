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

/*
 * Others may change the byte meanwhile, so it is exchanged for what it is; an atomic "or" of zero
 * would do, but compilers make a load of it.
 */
UNSANITIZED static void touch(volatile UCHAR *byte, bool write)
{
    UCHAR value = __atomic_load_n(byte, __ATOMIC_RELAXED);

    while (write && !__atomic_compare_exchange_n(byte, &value, value, true, __ATOMIC_RELAXED,
                                                 __ATOMIC_RELAXED))
        continue;
}

/* Faults where a page is missing or, for `write`, read-only. */
UNSANITIZED static void touch_pages(uintptr_t first, uintptr_t last, bool write)
{
    uintptr_t page = first & ~(uintptr_t)(PAGE_SIZE - 1);

    touch((volatile UCHAR *)first, write);
    while (last - page >= PAGE_SIZE) {
        page += PAGE_SIZE;
        touch((volatile UCHAR *)page, write);
    }
}

bool nt_probe(const volatile void *address, size_t size, bool write)
{
    uintptr_t first = (uintptr_t)address;

    if (!size)
        return true;
    if (first + size - 1 < first)
        return false;
    nt_self.probing = true;
    __try {
        touch_pages(first, first + size - 1, write);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
        nt_self.probing = false;
        return false;
    }
    nt_self.probing = false;
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
