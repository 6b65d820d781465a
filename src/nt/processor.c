/* SPDX-License-Identifier: MIT */
/* processor.c - one group, one node, the processors that this process may use. */
#include "nt_internal.h"

#include <string.h>

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
 * Below DISPATCH_LEVEL a thread may move at any time. At DISPATCH_LEVEL it may not on Windows, so
 * the answer stays the same until the level falls, wherever Linux runs the thread.
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

/* --- Affinity: accepted, answered, and of no effect ---------------------------------------- */

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

/* --- Nodes --------------------------------------------------------------------------------- */

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

/* --- Topology ------------------------------------------------------------------------------ */

static ULONG fill_node(PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX record)
{
    record->NumaNode.GroupCount = 1;
    record->NumaNode.GroupMask.Mask = mask();
    return FIELD_OFFSET(SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX, NumaNode) +
           sizeof(record->NumaNode);
}

static ULONG fill_group(PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX record)
{
    record->Group.MaximumGroupCount = 1;
    record->Group.ActiveGroupCount = 1;
    record->Group.GroupInfo[0].MaximumProcessorCount = (UCHAR)count();
    record->Group.GroupInfo[0].ActiveProcessorCount = (UCHAR)count();
    record->Group.GroupInfo[0].ActiveProcessorMask = mask();
    return FIELD_OFFSET(SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX, Group) + sizeof(record->Group);
}

/* A package holds all processors, a core the one that was asked for (or all). */
static ULONG fill_processor(PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX record,
                            const PROCESSOR_NUMBER *one)
{
    record->Processor.GroupCount = 1;
    record->Processor.GroupMask[0].Mask = one ? (KAFFINITY)1 << one->Number : mask();
    return FIELD_OFFSET(SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX, Processor) +
           sizeof(record->Processor);
}

NTSTATUS (KeQueryLogicalProcessorRelationship)(PPROCESSOR_NUMBER number,
                                               LOGICAL_PROCESSOR_RELATIONSHIP type,
                                               PSYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX information,
                                               PULONG length)
{
    SYSTEM_LOGICAL_PROCESSOR_INFORMATION_EX record = { .Relationship = type };

    nt_require_irql(DISPATCH_LEVEL, "KeQueryLogicalProcessorRelationship", NT_CALLER());
    if (number && (number->Group != 0 || number->Number >= count()))
        return STATUS_INVALID_PARAMETER;
    if (type == RelationNumaNode || type == RelationNumaNodeEx)
        record.Size = fill_node(&record);
    else if (type == RelationGroup)
        record.Size = fill_group(&record);
    else if (type == RelationProcessorPackage || type == RelationProcessorDie)
        record.Size = fill_processor(&record, NULL);
    else if (type == RelationProcessorCore && number)
        record.Size = fill_processor(&record, number);
    else
        return STATUS_NOT_SUPPORTED;
    if (!information || *length < record.Size) {
        *length = record.Size;
        return STATUS_INFO_LENGTH_MISMATCH;
    }
    memcpy(information, &record, record.Size);
    *length = record.Size;
    return STATUS_SUCCESS;
}

/* Processors stay as they are, so the callback runs for the present ones or never. */
PVOID (KeRegisterProcessorChangeCallback)(PPROCESSOR_CALLBACK_FUNCTION callback, PVOID context,
                                          ULONG flags)
{
    static const char registered;

    nt_require_irql(PASSIVE_LEVEL, "KeRegisterProcessorChangeCallback", NT_CALLER());
    if (!(flags & KE_PROCESSOR_CHANGE_ADD_EXISTING))
        return (PVOID)(uintptr_t)&registered;
    for (int state = KeProcessorAddStartNotify; state <= KeProcessorAddCompleteNotify; state++) {
        for (ULONG i = 0; i < count(); i++) {
            KE_PROCESSOR_CHANGE_NOTIFY_CONTEXT change = {
                .State = state, .NtNumber = i, .ProcNumber = { .Number = (UCHAR)i },
            };
            NTSTATUS status = STATUS_SUCCESS;

            callback(context, &change, &status);
            if (!NT_SUCCESS(status))
                return NULL;
        }
    }
    return (PVOID)(uintptr_t)&registered;
}

void (KeDeregisterProcessorChangeCallback)(PVOID handle)
{
    (void)handle;
}

/* --- Registers: a driver is an ordinary thread and may use them all ------------------------ */

NTSTATUS (KeSaveExtendedProcessorState)(ULONG64 features, PXSTATE_SAVE save)
{
    (void)features, (void)save;
    return STATUS_SUCCESS;
}

void (KeRestoreExtendedProcessorState)(PXSTATE_SAVE save)
{
    (void)save;
}

NTSTATUS (KeSaveFloatingPointState)(PKFLOATING_SAVE save)
{
    (void)save;
    return STATUS_SUCCESS;
}

NTSTATUS (KeRestoreFloatingPointState)(PKFLOATING_SAVE save)
{
    (void)save;
    return STATUS_SUCCESS;
}
