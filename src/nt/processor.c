/* SPDX-License-Identifier: MIT */
/* processor.c - one group, one node, the processors that this process may use. */
#include "nt_internal.h"

#define GROUP_SIZE 64u

static ULONG count(void)
{
    ULONG processors = os_processor_count();

    return processors < GROUP_SIZE ? processors : GROUP_SIZE;
}

static KAFFINITY mask(void)
{
    return count() == GROUP_SIZE ? ~(KAFFINITY)0 : ((KAFFINITY)1 << count()) - 1;
}

/*
 * Below DISPATCH_LEVEL a thread may move at any time. At DISPATCH_LEVEL it may not on Windows, so the answer
 * stays the same until the level falls, wherever Linux runs the thread.
 */
static ULONG current(void)
{
    if (!nt_self.processor_known) {
        nt_self.processor = os_processor_current() % count();
        nt_self.processor_known = nt_irql() >= DISPATCH_LEVEL;
    }
    return nt_self.processor;
}

ULONG (KeQueryActiveProcessorCount)(PKAFFINITY active)
{
    if (active)
        *active = mask();
    return count();
}

ULONG (KeQueryActiveProcessorCountEx)(USHORT group)
{
    return group == 0 || group == ALL_PROCESSOR_GROUPS ? count() : 0;
}

ULONG (KeQueryMaximumProcessorCount)(VOID)
{
    return count();
}

ULONG (KeQueryMaximumProcessorCountEx)(USHORT group)
{
    return KeQueryActiveProcessorCountEx(group);
}

USHORT (KeQueryActiveGroupCount)(VOID)
{
    return 1;
}

USHORT (KeQueryMaximumGroupCount)(VOID)
{
    return 1;
}

KAFFINITY (KeQueryActiveProcessors)(VOID)
{
    return mask();
}

KAFFINITY (KeQueryGroupAffinity)(USHORT group)
{
    return group == 0 ? mask() : 0;
}

ULONG (KeGetCurrentProcessorNumberEx)(PPROCESSOR_NUMBER number)
{
    ULONG index = current();

    if (number)
        *number = (PROCESSOR_NUMBER){ .Number = (UCHAR)index };
    return index;
}

ULONG (KeGetCurrentProcessorNumber)(VOID)
{
    return current();
}

ULONG (KeGetCurrentProcessorIndex)(VOID)
{
    return current();
}

NTSTATUS (KeGetProcessorNumberFromIndex)(ULONG index, PPROCESSOR_NUMBER number)
{
    if (index >= count())
        return STATUS_INVALID_PARAMETER;
    *number = (PROCESSOR_NUMBER){ .Number = (UCHAR)index };
    return STATUS_SUCCESS;
}

ULONG (KeGetProcessorIndexFromNumber)(PPROCESSOR_NUMBER number)
{
    if (number->Group != 0 || number->Number >= count())
        return INVALID_PROCESSOR_INDEX;
    return number->Number;
}

/* --- Affinity: accepted, answered, and of no effect --------------------------------------------- */

void (KeSetSystemAffinityThread)(KAFFINITY affinity)
{
    (void)affinity;
}

KAFFINITY (KeSetSystemAffinityThreadEx)(KAFFINITY affinity)
{
    (void)affinity;
    return 0;
}

void (KeRevertToUserAffinityThread)(VOID)
{
}

void (KeRevertToUserAffinityThreadEx)(KAFFINITY affinity)
{
    (void)affinity;
}

void (KeSetSystemGroupAffinityThread)(PGROUP_AFFINITY affinity, PGROUP_AFFINITY before)
{
    (void)affinity;
    if (before)
        *before = (GROUP_AFFINITY){ .Mask = mask() };
}

void (KeRevertToUserGroupAffinityThread)(PGROUP_AFFINITY before)
{
    (void)before;
}

/* --- Nodes ------------------------------------------------------------------------------------ */

USHORT (KeQueryHighestNodeNumber)(VOID)
{
    return 0;
}

USHORT (KeGetCurrentNodeNumber)(VOID)
{
    return 0;
}

void (KeQueryNodeActiveAffinity)(USHORT node, PGROUP_AFFINITY affinity, PUSHORT processors)
{
    if (affinity)
        *affinity = (GROUP_AFFINITY){ .Mask = node == 0 ? mask() : 0 };
    if (processors)
        *processors = node == 0 ? (USHORT)count() : 0;
}
