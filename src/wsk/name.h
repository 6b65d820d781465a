/* SPDX-License-Identifier: MIT */
/*
 * name.h - WskGetAddressInfo, WskFreeAddressInfo and WskGetNameInfo: calls in name.c, words and
 * lists in name_translate.c.
 */
#ifndef OPENWSK_WSK_NAME_H
#define OPENWSK_WSK_NAME_H

#include "resolve.h"

#include <wsk.h>

NTSTATUS WSKAPI wsk_get_address_info(PWSK_CLIENT client, PUNICODE_STRING node,
                                     PUNICODE_STRING service, ULONG name_space, GUID *provider,
                                     PADDRINFOEXW hints, PADDRINFOEXW *result, PEPROCESS process,
                                     PETHREAD thread, PIRP irp);
VOID WSKAPI wsk_free_address_info(PWSK_CLIENT client, PADDRINFOEXW info);
NTSTATUS WSKAPI wsk_get_name_info(PWSK_CLIENT client, PSOCKADDR address, ULONG length,
                                  PUNICODE_STRING node, PUNICODE_STRING service, ULONG flags,
                                  PEPROCESS process, PETHREAD thread, PIRP irp);

/* --- name_translate.c ------------------------------------------------------------------------ */

/*
 * Sets flags, family, type and protocol of the question from hints, which may be NULL.
 * STATUS_NOT_SUPPORTED for a family, type or flag that there is not.
 */
NTSTATUS wsk_name_read_hints(const ADDRINFOEXW *hints, struct net_question *question);

/* The same from WskGetNameInfo's address and flags. STATUS_INVALID_PARAMETER. */
NTSTATUS wsk_name_read_address(const SOCKADDR *address, ULONG length, ULONG flags,
                               struct net_question *question);

/*
 * UTF-8 of a counted string, to be freed with os_free(); *text NULL when the string is absent or
 * empty. STATUS_INVALID_PARAMETER for what is no text.
 */
NTSTATUS wsk_name_read_text(const UNICODE_STRING *string, char **text);

/*
 * Writes text and a terminator that Length does not count. STATUS_BUFFER_TOO_SMALL: nothing is
 * written.
 */
NTSTATUS wsk_name_write_text(const char *text, PUNICODE_STRING string);

/* Whether wsk_name_write_text() would succeed. */
bool wsk_name_fits(const char *text, const UNICODE_STRING *string);

/* From the engine's answer; `place` is the driver's call. NULL when there is no memory. */
PADDRINFOEXW wsk_name_list_create(const struct net_question *question,
                                  const struct net_answer *answer, const void *place);

/* Stops the process for what is no list of ours, or was freed. */
void wsk_name_list_free(PADDRINFOEXW list);

/* From 0 or a negative errno value of resolve.h. */
NTSTATUS wsk_name_status(int error);

#endif
