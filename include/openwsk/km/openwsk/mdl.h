/* SPDX-License-Identifier: MIT */
/* mdl.h - memory descriptor lists, and the few memory manager calls around them. */
#ifndef OPENWSK_KM_MDL_H
#define OPENWSK_KM_MDL_H

#include "fwd.h"

typedef ULONG_PTR PFN_NUMBER, *PPFN_NUMBER;

/* Followed by an array of page frame numbers, one for each page that the buffer touches. */
typedef struct _MDL {
    struct _MDL *Next;
    CSHORT Size;
    CSHORT MdlFlags;
    USHORT AllocationProcessorNumber;
    USHORT Reserved;
    struct _EPROCESS *Process;
    PVOID MappedSystemVa;
    PVOID StartVa;
    ULONG ByteCount;
    ULONG ByteOffset;
} MDL;

#define MDL_MAPPED_TO_SYSTEM_VA 0x0001
#define MDL_PAGES_LOCKED 0x0002
#define MDL_SOURCE_IS_NONPAGED_POOL 0x0004
#define MDL_ALLOCATED_FIXED_SIZE 0x0008
#define MDL_PARTIAL 0x0010
#define MDL_PARTIAL_HAS_BEEN_MAPPED 0x0020
#define MDL_IO_PAGE_READ 0x0040
#define MDL_WRITE_OPERATION 0x0080
#define MDL_LOCKED_PAGE_TABLES 0x0100
#define MDL_PARENT_MAPPED_SYSTEM_VA 0x0100
#define MDL_FREE_EXTRA_PTES 0x0200
#define MDL_DESCRIBES_AWE 0x0400
#define MDL_IO_SPACE 0x0800
#define MDL_NETWORK_HEADER 0x1000
#define MDL_MAPPING_CAN_FAIL 0x2000
#define MDL_PAGE_CONTENTS_INVARIANT 0x4000
#define MDL_ALLOCATED_MUST_SUCCEED 0x4000
#define MDL_INTERNAL 0x8000
#define MDL_MAPPING_FLAGS                                                                          \
    (MDL_MAPPED_TO_SYSTEM_VA | MDL_PAGES_LOCKED | MDL_SOURCE_IS_NONPAGED_POOL |                    \
     MDL_PARTIAL_HAS_BEEN_MAPPED | MDL_PARENT_MAPPED_SYSTEM_VA | MDL_IO_SPACE)

typedef enum _LOCK_OPERATION { IoReadAccess, IoWriteAccess, IoModifyAccess } LOCK_OPERATION;

typedef enum _MEMORY_CACHING_TYPE {
    MmNonCached = FALSE,
    MmCached = TRUE,
    MmWriteCombined = 2,
    MmHardwareCoherentCached = 3,
    MmNonCachedUnordered = 4,
    MmUSWCCached = 5,
    MmMaximumCacheType = 6,
    MmNotMapped = -1
} MEMORY_CACHING_TYPE;

typedef enum _MM_PAGE_PRIORITY {
    LowPagePriority = 0,
    NormalPagePriority = 16,
    HighPagePriority = 32
} MM_PAGE_PRIORITY;

#define MdlMappingNoWrite 0x80000000
#define MdlMappingNoExecute 0x40000000
#define MdlMappingWithGuardPtes 0x20000000

#define PAGE_ALIGN(va) ((PVOID)((ULONG_PTR)(va) & ~(ULONG_PTR)(PAGE_SIZE - 1)))
#define BYTE_OFFSET(va) ((ULONG)((LONG_PTR)(va) & (PAGE_SIZE - 1)))
#define BYTES_TO_PAGES(size) (((size) >> PAGE_SHIFT) + (((size) & (PAGE_SIZE - 1)) != 0))
#define ROUND_TO_PAGES(size) (((ULONG_PTR)(size) + PAGE_SIZE - 1) & ~(ULONG_PTR)(PAGE_SIZE - 1))
#define ADDRESS_AND_SIZE_TO_SPAN_PAGES(va, size)                                                   \
    ((ULONG)(((ULONG_PTR)BYTE_OFFSET(va) + (ULONG_PTR)(size) + (PAGE_SIZE - 1)) >> PAGE_SHIFT))
#define COMPUTE_PAGES_SPANNED(va, size) ADDRESS_AND_SIZE_TO_SPAN_PAGES(va, size)

#define MmGetMdlPfnArray(mdl) ((PPFN_NUMBER)((mdl) + 1))
#define MmGetMdlVirtualAddress(mdl) ((PVOID)((PCHAR)((mdl)->StartVa) + (mdl)->ByteOffset))
#define MmGetMdlByteCount(mdl) ((mdl)->ByteCount)
#define MmGetMdlByteOffset(mdl) ((mdl)->ByteOffset)
#define MmGetMdlBaseVa(mdl) ((mdl)->StartVa)

/* <= DISPATCH_LEVEL. A descriptor in the caller's memory, of MmSizeOfMdl bytes. */
#define MmInitializeMdl(mdl, va, length)                                                           \
    do {                                                                                           \
        (mdl)->Next = (PMDL)NULL;                                                                  \
        (mdl)->Size = (CSHORT)(sizeof(MDL) + sizeof(PFN_NUMBER) *                                  \
                                                 ADDRESS_AND_SIZE_TO_SPAN_PAGES((va), (length)));  \
        (mdl)->MdlFlags = 0;                                                                       \
        (mdl)->StartVa = PAGE_ALIGN(va);                                                           \
        (mdl)->ByteOffset = BYTE_OFFSET(va);                                                       \
        (mdl)->ByteCount = (ULONG)(length);                                                        \
    } while (0)
#define MmPrepareMdlForReuse(mdl)                                                                  \
    do {                                                                                           \
        if (((mdl)->MdlFlags & MDL_PARTIAL_HAS_BEEN_MAPPED) != 0) {                                \
            MmUnmapLockedPages((mdl)->MappedSystemVa, (mdl));                                      \
        }                                                                                          \
    } while (0)

OPENWSK_DECLARATIONS_BEGIN

/*
 * <= DISPATCH_LEVEL. NULL on failure; freed with IoFreeMdl. With an IRP, becomes its MDL or the
 * chain's last.
 */
PMDL IoAllocateMdl(PVOID VirtualAddress, ULONG Length, BOOLEAN SecondaryBuffer, BOOLEAN ChargeQuota,
                   PIRP Irp);
/* <= DISPATCH_LEVEL. This one, not the chain; its pages must be unlocked. */
VOID IoFreeMdl(PMDL Mdl);
/*
 * <= DISPATCH_LEVEL. Length 0: from VirtualAddress to the end of the source, which must outlive the
 * target.
 */
VOID IoBuildPartialMdl(PMDL SourceMdl, PMDL TargetMdl, PVOID VirtualAddress, ULONG Length);
/* <= DISPATCH_LEVEL. Nothing to undo afterwards. */
VOID MmBuildMdlForNonPagedPool(PMDL MemoryDescriptorList);
/* <= APC_LEVEL for pageable memory. Raises STATUS_ACCESS_VIOLATION; undone by MmUnlockPages. */
VOID MmProbeAndLockPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode,
                         LOCK_OPERATION Operation);
VOID MmUnlockPages(PMDL MemoryDescriptorList);
/* <= DISPATCH_LEVEL. The system address of a locked buffer, or NULL. */
PVOID MmMapLockedPagesSpecifyCache(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode,
                                   MEMORY_CACHING_TYPE CacheType, PVOID RequestedAddress,
                                   ULONG BugCheckOnFailure, ULONG Priority);
PVOID MmMapLockedPages(PMDL MemoryDescriptorList, KPROCESSOR_MODE AccessMode);
VOID MmUnmapLockedPages(PVOID BaseAddress, PMDL MemoryDescriptorList);
/* Any IRQL. Bytes that a descriptor of this buffer needs. */
SIZE_T MmSizeOfMdl(PVOID Base, SIZE_T Length);
/* PASSIVE_LEVEL. NULL on failure; free the pages, then the descriptor with ExFreePool. */
PMDL MmAllocatePagesForMdl(PHYSICAL_ADDRESS LowAddress, PHYSICAL_ADDRESS HighAddress,
                           PHYSICAL_ADDRESS SkipBytes, SIZE_T TotalBytes);
PMDL MmAllocatePagesForMdlEx(PHYSICAL_ADDRESS LowAddress, PHYSICAL_ADDRESS HighAddress,
                             PHYSICAL_ADDRESS SkipBytes, SIZE_T TotalBytes,
                             MEMORY_CACHING_TYPE CacheType, ULONG Flags);
VOID MmFreePagesFromMdl(PMDL MemoryDescriptorList);
/* <= DISPATCH_LEVEL. FALSE for memory that a read would fault on, at this moment. */
BOOLEAN MmIsAddressValid(PVOID VirtualAddress);
/* <= APC_LEVEL. Raise STATUS_ACCESS_VIOLATION or STATUS_DATATYPE_MISALIGNMENT. */
VOID ProbeForRead(const volatile VOID *Address, SIZE_T Length, ULONG Alignment);
VOID ProbeForWrite(volatile VOID *Address, SIZE_T Length, ULONG Alignment);
/* <= APC_LEVEL. Whether the verifier is attached, in general and to a driver. */
LOGICAL MmIsDriverVerifyingByAddress(PVOID AddressWithinSection);
LOGICAL MmIsDriverVerifying(PDRIVER_OBJECT DriverObject);
NTSTATUS MmIsVerifierEnabled(PULONG VerifierFlags);
/* PASSIVE_LEVEL. The address of an export of the kernel, or NULL. */
PVOID MmGetSystemRoutineAddress(PUNICODE_STRING SystemRoutineName);
/* <= APC_LEVEL. Nothing is pageable here: no effect. */
PVOID MmLockPagableDataSection(PVOID AddressWithinSection);
VOID MmUnlockPagableImageSection(PVOID ImageSectionHandle);
PVOID MmPageEntireDriver(PVOID AddressWithinSection);
VOID MmResetDriverPaging(PVOID AddressWithinSection);

/* <= DISPATCH_LEVEL. The buffer's first byte as the system sees it, or NULL. */
OPENWSK_INLINE PVOID MmGetSystemAddressForMdlSafe(PMDL Mdl, ULONG Priority)
{
    if (Mdl->MdlFlags & (MDL_MAPPED_TO_SYSTEM_VA | MDL_SOURCE_IS_NONPAGED_POOL))
        return Mdl->MappedSystemVa;
    return MmMapLockedPagesSpecifyCache(Mdl, KernelMode, MmCached, NULL, FALSE, Priority);
}

#define MmGetSystemAddressForMdl(mdl) MmGetSystemAddressForMdlSafe((mdl), HighPagePriority)
#define MmLockPagableCodeSection(address) MmLockPagableDataSection((PVOID)(address))
#define MmLockPageableCodeSection(address) MmLockPagableDataSection((PVOID)(address))

OPENWSK_DECLARATIONS_END

#endif
