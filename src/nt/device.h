/* SPDX-License-Identifier: MIT */
/* device.h - devices, files and the requests that the I/O manager itself builds for them. */
#ifndef OPENWSK_NT_DEVICE_H
#define OPENWSK_NT_DEVICE_H

#include "nt_internal.h"

/* The private part of a device, which DeviceObjectExtension points at. */
struct _DEVOBJ_EXTENSION {
    struct ledger_entry ledger;
    PFILE_OBJECT host_file; /* stands for whoever calls nt_device_call */
    bool deleted;
};

struct device_request {
    UCHAR major_function;
    ULONG control_code;
    const void *input;
    ULONG input_size;
    void *output;
    ULONG output_size;
    PFILE_OBJECT file;
};

/*
 * An IRP whose next stack location carries the request, with buffers as the transfer type or the
 * device's flags say. It frees itself when it is completed; then *result is written and the event
 * set. NULL without memory. PASSIVE_LEVEL.
 */
PIRP nt_device_build(PDEVICE_OBJECT device, const struct device_request *request, PKEVENT event,
                     PIO_STATUS_BLOCK result, const void *place);

/* Builds, sends and waits. PASSIVE_LEVEL. */
NTSTATUS nt_device_send(PDEVICE_OBJECT device, const struct device_request *request,
                        ULONG_PTR *information, const void *place);

/* The device on top of those that are attached to this one. */
PDEVICE_OBJECT nt_device_top(PDEVICE_OBJECT device);

/* A file object for the device, without a word to its driver. NULL without memory. */
PFILE_OBJECT nt_file_create(PDEVICE_OBJECT device, const UNICODE_STRING *name);

#endif
