/* SPDX-License-Identifier: MIT */
/*
 * absent.c - functions that the headers declare but that do not exist here. Each says its name once
 * on standard error and reports failure: nothing pretends to have worked.
 */
#include "nt_internal.h"

#include <stdio.h>
#include <string.h>

#define NAMES_MAX 128

static _Atomic(const char *) names[NAMES_MAX];

/*
 * True for the first call with this name. More than NAMES_MAX different names are said each time.
 */
static bool first_time(const char *name)
{
    for (size_t i = 0; i < NAMES_MAX; i++) {
        const char *known = NULL;

        if (atomic_compare_exchange_strong(&names[i], &known, name))
            return true;
        if (strcmp(known, name) == 0)
            return false;
    }
    return true;
}

NTSTATUS nt_absent(const char *name)
{
    char line[128];
    int length;

    if (!first_time(name))
        return STATUS_NOT_IMPLEMENTED;
    length = snprintf(line, sizeof(line), "openwsk: %s is not implemented\n", name);
    if (length > 0)
        os_print(true, line, (size_t)length < sizeof(line) ? (size_t)length : sizeof(line) - 1);
    return STATUS_NOT_IMPLEMENTED;
}

/* --- The I/O manager -------------------------------------------------------------------------- */

VOID IoRegisterDriverReinitialization(PDRIVER_OBJECT driver, PDRIVER_REINITIALIZE routine,
                                      PVOID context)
{
    (void)driver;
    (void)routine;
    (void)context;
    nt_absent("IoRegisterDriverReinitialization");
}

NTSTATUS IoRegisterShutdownNotification(PDEVICE_OBJECT device)
{
    (void)device;
    return nt_absent("IoRegisterShutdownNotification");
}

VOID IoUnregisterShutdownNotification(PDEVICE_OBJECT device)
{
    (void)device;
    nt_absent("IoUnregisterShutdownNotification");
}

NTSTATUS IoRegisterPlugPlayNotification(IO_NOTIFICATION_EVENT_CATEGORY category, ULONG flags,
                                        PVOID data, PDRIVER_OBJECT driver,
                                        PDRIVER_NOTIFICATION_CALLBACK_ROUTINE callback,
                                        PVOID context, PVOID *entry)
{
    (void)category;
    (void)flags;
    (void)data;
    (void)driver;
    (void)callback;
    (void)context;
    *entry = NULL;
    return nt_absent("IoRegisterPlugPlayNotification");
}

NTSTATUS IoUnregisterPlugPlayNotification(PVOID entry)
{
    (void)entry;
    return nt_absent("IoUnregisterPlugPlayNotification");
}

NTSTATUS IoUnregisterPlugPlayNotificationEx(PVOID entry)
{
    (void)entry;
    return nt_absent("IoUnregisterPlugPlayNotificationEx");
}

/* --- Threads ---------------------------------------------------------------------------------- */

NTSTATUS ZwQueryInformationThread(HANDLE thread, THREADINFOCLASS class, PVOID information,
                                  ULONG length, PULONG result)
{
    (void)thread;
    (void)class;
    (void)information;
    (void)length;
    (void)result;
    return nt_absent("ZwQueryInformationThread");
}
