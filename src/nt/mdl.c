/* SPDX-License-Identifier: MIT */
/*
 * mdl.c - memory descriptor lists.
 *
 * There is one address space and nothing is paged out, so an MDL's system address is the virtual
 * address that it describes, and its page numbers are that address's pages; still every step sets
 * the flags that Windows sets, and is checked against them. An MDL of IoAllocateMdl is a block of
 * block.c. Which MDLs have locked pages stands in a table here, because an MDL in the caller's
 * memory has no room for it.
 *
 *     IoAllocateMdl -> MmProbeAndLockPages | MmBuildMdlForNonPagedPool -> use -> MmUnlockPages
 *         -> IoFreeMdl
 */
#include "block.h"
#include "nt_internal.h"
#include "special.h"

#include <string.h>

#define TAG_MDL 0x206C644Du /* "Mdl " */

/* Windows takes MDLs of up to this many pages from a lookaside list and marks them so. */
#define FIXED_SIZE_PAGES 23

#define LENGTH_MAX (0x80000000u - PAGE_SIZE)

/* Above this many pages Size, which has 16 bits, cannot tell how many page numbers fit. */
#define COUNTABLE_PAGES ((0x7FFF - sizeof(MDL)) / sizeof(PFN_NUMBER))

#define LOCKED_BUCKETS 64

/* The first parameter of PROCESS_HAS_LOCKED_PAGES. */
#define UNLOCK_OF_UNLOCKED 0x01

struct locked_pages {
    struct ledger_entry entry;
    struct list link;
    PMDL mdl;
    uint32_t life; /* nt_special_pin() */
};

struct bucket {
    struct base_lock lock;
    struct list entries;
};

static struct bucket locked_buckets[LOCKED_BUCKETS];

/* A number first: the range of an MDL may be any, also one that begins at NULL. */
static PUCHAR address_of(const MDL *mdl)
{
    return (PUCHAR)((uintptr_t)mdl->StartVa + mdl->ByteOffset);
}

static size_t span_of(const MDL *mdl)
{
    return ADDRESS_AND_SIZE_TO_SPAN_PAGES(address_of(mdl), mdl->ByteCount);
}

static void fill_page_numbers(PMDL mdl)
{
    PPFN_NUMBER numbers = MmGetMdlPfnArray(mdl);
    PFN_NUMBER first = (uintptr_t)mdl->StartVa >> PAGE_SHIFT;
    size_t count = span_of(mdl);

    for (size_t i = 0; i < count; i++)
        numbers[i] = first + i;
}

/* Page numbers that do not fit would be written into whatever follows the MDL. */
static void require_slots(const MDL *mdl, size_t pages, const char *function, const void *place)
{
    size_t slots = ((size_t)(USHORT)mdl->Size - sizeof(MDL)) / sizeof(PFN_NUMBER);

    if (pages > COUNTABLE_PAGES || pages <= slots)
        return;
    NT_BUG_RULE(DRIVER_VERIFIER_DETECTED_VIOLATION, "WSK-V6", mdl, pages, slots, place,
                "%s: the MDL has room for %zu pages, but the buffer spans %zu", function, slots,
                pages);
}

SIZE_T MmSizeOfMdl(PVOID base, SIZE_T length)
{
    return sizeof(MDL) + sizeof(PFN_NUMBER) * ADDRESS_AND_SIZE_TO_SPAN_PAGES(base, length);
}

static void forget_part(struct nt_block *part)
{
    if (!part->source)
        return;
    if (nt_block_state(part->source) == NT_BLOCK_LIVE)
        atomic_fetch_sub(&nt_block_of(part->source)->parts, 1);
    part->source = NULL;
}

/* The header of an MDL that the caller owns; NULL where the MDL is no block. */
static struct nt_block *block_of(const MDL *mdl)
{
    struct nt_block copy;

    if (!nt_block_around(mdl, &copy) || copy.entry.object != mdl || copy.entry.kind != LEDGER_MDL)
        return NULL;
    return nt_block_of(mdl);
}

/* A part points into the pages of its source. */
static void note_part(PMDL source, PMDL target)
{
    struct nt_block *whole, *part;

    if (!hook_rule(6))
        return;
    whole = block_of(source);
    part = block_of(target);
    if (!whole || !part)
        return;
    forget_part(part);
    part->source = source;
    atomic_fetch_add(&whole->parts, 1);
}

static void require_no_parts(const MDL *mdl, const void *place)
{
    struct nt_block *block = nt_block_of(mdl);
    struct hook_stack stacks[HOOK_STACKS_MAX] = { 0 };

    if (!atomic_load(&block->parts) || !hook_rule(6))
        return;
    nt_block_stacks(block, stacks);
    NT_BUG_STACKS(DRIVER_VERIFIER_DETECTED_VIOLATION, "WSK-V6", stacks, 6, mdl,
                  atomic_load(&block->parts), place,
                  "IoFreeMdl: a partial MDL of IoBuildPartialMdl still describes pages of this one");
}

/* An MDL is built over what was freed. */
static void require_not_freed(const MDL *mdl, const char *function, const void *place)
{
    struct hook_stack stacks[HOOK_STACKS_MAX] = { 0 };

    if (!hook_rule(6) || !nt_is_freed(address_of(mdl), stacks))
        return;
    NT_BUG_STACKS(DRIVER_VERIFIER_DETECTED_VIOLATION, "WSK-V6", stacks, 6, mdl, address_of(mdl),
                  place, "%s: the MDL describes memory that was freed", function);
}

static void require_inside(const MDL *mdl, const char *function, const void *place)
{
    struct hook_stack stacks[HOOK_STACKS_MAX] = { 0 };
    struct nt_block block;
    const char *first;

    if (!(hook_rule(6) || hook_rule(20)) || !nt_block_around(address_of(mdl), &block))
        return;
    first = block.entry.object;
    nt_block_stacks(&block, stacks);
    if (hook_rule(6) && ((const char *)address_of(mdl) < first ||
                         (const char *)address_of(mdl) + mdl->ByteCount > first + block.entry.size))
        NT_BUG_STACKS(DRIVER_VERIFIER_DETECTED_VIOLATION, "WSK-V6", stacks, 6, mdl, first, place,
                      "%s: the MDL describes %u bytes from byte %lld of a %s of %llu bytes",
                      function, mdl->ByteCount, (long long)((const char *)address_of(mdl) - first),
                      ledger_kind_name((enum ledger_kind)block.entry.kind, 1),
                      (unsigned long long)block.entry.size);
    if (hook_rule(20) && block.paged && mdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL)
        NT_BUG_STACKS(DRIVER_VERIFIER_DETECTED_VIOLATION, "WSK-V20", stacks, 20, mdl, first, place,
                      "%s: the memory is paged pool, whose pages may be taken away at any time",
                      function);
}

/* --- Making and freeing ----------------------------------------------------------------------- */

static void attach(PMDL mdl, PIRP irp, bool secondary)
{
    PMDL *link = &irp->MdlAddress;

    while (secondary && *link)
        link = &(*link)->Next;
    *link = mdl;
}

PMDL IoAllocateMdl(PVOID address, ULONG length, BOOLEAN secondary, BOOLEAN charge_quota, PIRP irp)
{
    const void *place = NT_CALLER();
    size_t size = MmSizeOfMdl(address, length);
    PMDL mdl;

    (void)charge_quota;
    nt_require_irql(DISPATCH_LEVEL, "IoAllocateMdl", place);
    if (length > LENGTH_MAX || hook_fail_allocation(HOOK_MDL, size, place))
        return NULL;
    mdl = nt_block_allocate(LEDGER_MDL, size, NT_BLOCK_ALIGNMENT, TAG_MDL, place);
    if (!mdl)
        return NULL;
    memset(mdl, 0, sizeof(*mdl));
    MmInitializeMdl(mdl, address, length);
    if (ADDRESS_AND_SIZE_TO_SPAN_PAGES(address, length) <= FIXED_SIZE_PAGES)
        mdl->MdlFlags |= MDL_ALLOCATED_FIXED_SIZE;
    if (irp)
        attach(mdl, irp, secondary);
    return mdl;
}

static _Noreturn void bad_free(const MDL *mdl, const char *why, const char *rule, const void *place)
{
    char what[2 * SYMBOL_TEXT_MAX] = "";

    if (nt_block_state(mdl) != NT_BLOCK_FOREIGN)
        nt_block_describe(mdl, what, sizeof(what));
    NT_BUG_RULE(DRIVER_VERIFIER_DETECTED_VIOLATION, rule, 0x10, mdl, 0, place, "IoFreeMdl: %s%s%s",
                why, *what ? "; it is the " : "", what);
}

static struct bucket *bucket_of(const MDL *mdl)
{
    uintptr_t address = (uintptr_t)mdl;

    return &locked_buckets[(address >> 4 ^ address >> 10) % LOCKED_BUCKETS];
}

static struct bucket *lock_bucket(const MDL *mdl)
{
    struct bucket *bucket = bucket_of(mdl);

    base_lock_acquire(&bucket->lock);
    if (!bucket->entries.next)
        list_init(&bucket->entries);
    return bucket;
}

static struct locked_pages *take_locked(const MDL *mdl)
{
    struct bucket *bucket = lock_bucket(mdl);
    struct locked_pages *found = NULL;

    list_for_each(link, &bucket->entries) {
        struct locked_pages *locked = container_of(link, struct locked_pages, link);

        if (locked->mdl == mdl) {
            found = locked;
            list_remove(link);
            break;
        }
    }
    base_lock_release(&bucket->lock);
    return found;
}

/*
 * The pages stay locked for ever, as on Windows: the ledger keeps telling where they were locked,
 * although the record belongs to no MDL any more.
 */
static void report_still_locked(const MDL *mdl, const void *place)
{
    struct locked_pages *locked = take_locked(mdl);

    hook_finding("WSK-V9", "an MDL was freed while its pages were locked", place);
    if (locked)
        locked->mdl = NULL;
}

void nt_mdl_free(PMDL mdl, const void *place)
{
    enum nt_block_state state = nt_block_state(mdl);

    if (state == NT_BLOCK_FOREIGN || nt_block_of(mdl)->entry.kind != LEDGER_MDL)
        bad_free(mdl, "IoAllocateMdl did not make this MDL", NULL, place);
    if (state == NT_BLOCK_FREED)
        bad_free(mdl, "the MDL has been freed before", "WSK-V5", place);
    require_no_parts(mdl, place);
    forget_part(nt_block_of(mdl));
    if (mdl->MdlFlags & MDL_PARTIAL_HAS_BEEN_MAPPED)
        MmUnmapLockedPages(mdl->MappedSystemVa, mdl);
    if ((mdl->MdlFlags & MDL_PAGES_LOCKED) && !(mdl->MdlFlags & MDL_PARTIAL))
        report_still_locked(mdl, place);
    if (!nt_block_free(mdl, place))
        bad_free(mdl, "two threads freed the MDL at once", "WSK-V5", place);
}

VOID IoFreeMdl(PMDL mdl)
{
    nt_require_irql(DISPATCH_LEVEL, "IoFreeMdl", NT_CALLER());
    nt_mdl_free(mdl, NT_CALLER());
}

/* --- Describing ------------------------------------------------------------------------------- */

VOID MmBuildMdlForNonPagedPool(PMDL mdl)
{
    const void *place = NT_CALLER();

    nt_require_irql(DISPATCH_LEVEL, "MmBuildMdlForNonPagedPool", place);
    if (mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_PARTIAL))
        hook_finding("WSK-V9", "MmBuildMdlForNonPagedPool got an MDL that has pages already",
                     place);
    require_slots(mdl, span_of(mdl), "MmBuildMdlForNonPagedPool", place);
    require_not_freed(mdl, "MmBuildMdlForNonPagedPool", place);
    mdl->Process = NULL;
    mdl->MappedSystemVa = address_of(mdl);
    mdl->MdlFlags |= MDL_SOURCE_IS_NONPAGED_POOL;
    require_inside(mdl, "MmBuildMdlForNonPagedPool", place);
    fill_page_numbers(mdl);
}

/* wdm.h, IoBuildPartialMdl: a length of zero means all that follows in the source. */
VOID IoBuildPartialMdl(PMDL source, PMDL target, PVOID address, ULONG length)
{
    const void *place = NT_CALLER();
    const CSHORT kept = MDL_ALLOCATED_FIXED_SIZE;
    const CSHORT inherited =
        MDL_SOURCE_IS_NONPAGED_POOL | MDL_MAPPED_TO_SYSTEM_VA | MDL_IO_PAGE_READ | MDL_IO_SPACE;
    size_t offset = (size_t)((PUCHAR)address - address_of(source));

    nt_require_irql(DISPATCH_LEVEL, "IoBuildPartialMdl", place);
    if (offset <= source->ByteCount && length == 0)
        length = source->ByteCount - (ULONG)offset;
    if (offset > source->ByteCount || length > source->ByteCount - offset)
        NT_BUG_RULE(
            DRIVER_VERIFIER_DETECTED_VIOLATION, "WSK-V6", source, target, address, place,
            "IoBuildPartialMdl: the range [%p, +%u) is not inside the source MDL's [%p, +%u)",
            address, length, (void *)address_of(source), source->ByteCount);
    target->StartVa = PAGE_ALIGN(address);
    target->ByteOffset = BYTE_OFFSET(address);
    target->ByteCount = length;
    require_slots(target, span_of(target), "IoBuildPartialMdl", place);
    target->Process = source->Process;
    target->MappedSystemVa = (PVOID)((ULONG_PTR)source->MappedSystemVa + offset);
    target->MdlFlags =
        (CSHORT)((target->MdlFlags & kept) | (source->MdlFlags & inherited) | MDL_PARTIAL);
    fill_page_numbers(target);
    note_part(source, target);
}

/* --- Locking ---------------------------------------------------------------------------------- */

static void record_locked(PMDL mdl, struct locked_pages *locked, const void *place)
{
    struct bucket *bucket = lock_bucket(mdl);

    locked->mdl = mdl;
    list_push_front(&bucket->entries, &locked->link);
    base_lock_release(&bucket->lock);
    locked->entry.size = mdl->ByteCount;
    locked->entry.tag = 0;
    ledger_add(&locked->entry, LEDGER_LOCKED_PAGES, mdl, place);
}

/* STATUS_ACCESS_VIOLATION for memory that is none. */
static NTSTATUS lock_pages(PMDL mdl, LOCK_OPERATION operation, const char *function,
                           const void *place)
{
    const CSHORT unfit =
        MDL_PAGES_LOCKED | MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL | MDL_PARTIAL;
    struct locked_pages *locked;

    nt_require_irql(DISPATCH_LEVEL, function, place);
    if (mdl->MdlFlags & unfit)
        NT_BUG_RULE(DRIVER_VERIFIER_DETECTED_VIOLATION, "WSK-V9", mdl, (USHORT)mdl->MdlFlags, 0,
                    place, "%s: the MDL's pages are %s", function,
                    mdl->MdlFlags & MDL_PAGES_LOCKED ? "locked already"
                                                     : "nonpaged pool or another MDL's");
    require_slots(mdl, span_of(mdl), function, place);
    require_not_freed(mdl, function, place);
    if (!nt_probe(address_of(mdl), mdl->ByteCount, operation != IoReadAccess))
        return STATUS_ACCESS_VIOLATION;
    locked = os_allocate(sizeof(*locked));
    if (!locked)
        return STATUS_INSUFFICIENT_RESOURCES;
    require_inside(mdl, function, place);
    locked->life = mdl->ByteCount ? nt_special_pin(address_of(mdl)) : 0;
    fill_page_numbers(mdl);
    mdl->Process = NULL;
    mdl->MdlFlags |= MDL_PAGES_LOCKED;
    if (operation != IoReadAccess)
        mdl->MdlFlags |= MDL_WRITE_OPERATION;
    record_locked(mdl, locked, place);
    return STATUS_SUCCESS;
}

bool nt_mdl_lock(PMDL mdl, LOCK_OPERATION operation)
{
    NTSTATUS status = lock_pages(mdl, operation, "MmProbeAndLockPages", NT_CALLER());

    if (status == STATUS_ACCESS_VIOLATION)
        ExRaiseStatus(status);
    return NT_SUCCESS(status);
}

VOID MmProbeAndLockPages(PMDL mdl, KPROCESSOR_MODE mode, LOCK_OPERATION operation)
{
    NTSTATUS status = lock_pages(mdl, operation, "MmProbeAndLockPages", NT_CALLER());

    (void)mode;
    if (!NT_SUCCESS(status))
        ExRaiseStatus(status);
}

VOID MmUnlockPages(PMDL mdl)
{
    const void *place = NT_CALLER();
    struct locked_pages *locked;

    nt_require_irql(DISPATCH_LEVEL, "MmUnlockPages", place);
    if (!(mdl->MdlFlags & MDL_PAGES_LOCKED))
        NT_BUG_RULE(
            PROCESS_HAS_LOCKED_PAGES, "WSK-V9", UNLOCK_OF_UNLOCKED, mdl,
            ledger_count(LEDGER_LOCKED_PAGES), place, "MmUnlockPages: the MDL's pages are %s",
            mdl->MdlFlags & MDL_PARTIAL ? "another MDL's, of which this one is a part"
            : mdl->MdlFlags & MDL_SOURCE_IS_NONPAGED_POOL ? "nonpaged pool, which is never unlocked"
                                                          : "not locked");
    if (mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA)
        MmUnmapLockedPages(mdl->MappedSystemVa, mdl);
    locked = take_locked(mdl);
    mdl->MdlFlags &= (CSHORT)~(MDL_PAGES_LOCKED | MDL_WRITE_OPERATION);
    if (!locked)
        return;
    nt_special_unpin(address_of(mdl), locked->life);
    ledger_remove(&locked->entry);
    os_free(locked);
}

/* --- Mapping ---------------------------------------------------------------------------------- */

static PVOID map(PMDL mdl, BOOLEAN stop_on_failure, const char *function, const void *place)
{
    if (!(mdl->MdlFlags & (MDL_PAGES_LOCKED | MDL_PARTIAL | MDL_SOURCE_IS_NONPAGED_POOL)))
        NT_BUG_RULE(
            DRIVER_VERIFIER_DETECTED_VIOLATION, "WSK-V9", mdl, (USHORT)mdl->MdlFlags, 0, place,
            "%s: the MDL has no pages: it is neither locked nor built for nonpaged pool", function);
    if (mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL))
        NT_BUG_RULE(DRIVER_VERIFIER_DETECTED_VIOLATION, "WSK-V9", mdl, (USHORT)mdl->MdlFlags, 0,
                    place, "%s: the MDL has a system address already", function);
    if (!stop_on_failure && hook_fail_allocation(HOOK_MDL, mdl->ByteCount, place))
        return NULL;
    mdl->MappedSystemVa = address_of(mdl);
    mdl->MdlFlags |= MDL_MAPPED_TO_SYSTEM_VA;
    if (mdl->MdlFlags & MDL_PARTIAL)
        mdl->MdlFlags |= MDL_PARTIAL_HAS_BEEN_MAPPED;
    return mdl->MappedSystemVa;
}

PVOID MmMapLockedPagesSpecifyCache(PMDL mdl, KPROCESSOR_MODE mode, MEMORY_CACHING_TYPE cache,
                                   PVOID address, ULONG stop_on_failure, ULONG priority)
{
    const void *place = NT_CALLER();

    (void)cache;
    (void)address;
    (void)priority;
    nt_require_irql(mode == KernelMode ? DISPATCH_LEVEL : APC_LEVEL, "MmMapLockedPagesSpecifyCache",
                    place);
    if (mode != KernelMode)
        return address_of(mdl);
    return map(mdl, stop_on_failure != 0, "MmMapLockedPagesSpecifyCache", place);
}

/* wdm.h: the older form stops where the newer returns NULL. */
PVOID MmMapLockedPages(PMDL mdl, KPROCESSOR_MODE mode)
{
    nt_require_irql(DISPATCH_LEVEL, "MmMapLockedPages", NT_CALLER());
    return mode == KernelMode ? map(mdl, TRUE, "MmMapLockedPages", NT_CALLER()) : address_of(mdl);
}

VOID MmUnmapLockedPages(PVOID address, PMDL mdl)
{
    const void *place = NT_CALLER();

    nt_require_irql(DISPATCH_LEVEL, "MmUnmapLockedPages", place);
    if (!(mdl->MdlFlags & MDL_MAPPED_TO_SYSTEM_VA) || address != mdl->MappedSystemVa)
        NT_BUG_RULE(DRIVER_VERIFIER_DETECTED_VIOLATION, "WSK-V9", mdl, (USHORT)mdl->MdlFlags,
                    address, place, "MmUnmapLockedPages: the MDL is not mapped at %p", address);
    mdl->MdlFlags &= (CSHORT)~(MDL_MAPPED_TO_SYSTEM_VA | MDL_PARTIAL_HAS_BEEN_MAPPED);
}
