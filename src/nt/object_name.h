/* SPDX-License-Identifier: MIT */
/*
 * object_name.h - names of devices and symbolic links: \Device\X, \??\X. \DosDevices\X, \GLOBAL??\X
 * and \\.\X are other ways to write \??\X. Case does not matter.
 */
#ifndef OPENWSK_NT_OBJECT_NAME_H
#define OPENWSK_NT_OBJECT_NAME_H

#include "nt_internal.h"

/* STATUS_OBJECT_NAME_COLLISION, STATUS_OBJECT_PATH_SYNTAX_BAD, STATUS_INSUFFICIENT_RESOURCES. */
NTSTATUS nt_name_device(const UNICODE_STRING *name, PDEVICE_OBJECT device);
NTSTATUS nt_name_link(const UNICODE_STRING *name, const UNICODE_STRING *target);

/* STATUS_OBJECT_NAME_NOT_FOUND. */
NTSTATUS nt_name_unlink(const UNICODE_STRING *name);

void nt_name_forget_device(PDEVICE_OBJECT device);

/*
 * The device, referenced; NULL when there is none of that name. What follows its name, from the
 * backslash on, is returned as part of `name` or, behind a link, of the link's target: at most
 * `rest`'s MaximumLength is copied.
 */
PDEVICE_OBJECT nt_name_find(const UNICODE_STRING *name, PUNICODE_STRING rest);

#endif
