/* SPDX-License-Identifier: MIT */
/* words.h - values of WSK in words, for people who read traces and reports. */
#ifndef OPENWSK_VERIFY_WORDS_H
#define OPENWSK_VERIFY_WORDS_H

#include "functions.h"

#include <stdbool.h>
#include <stddef.h>

/* Text that grows up to its end and is cut there. */
struct words {
    char *text;
    size_t size;
    size_t length;
};

__attribute__((format(printf, 2, 3))) void words_say(struct words *words, const char *format, ...);

/* "127.0.0.1:80", "[::1]:80", "NULL". */
void words_address(struct words *words, const SOCKADDR *address);

/* A version of WSK as drivers write it: "MAKE_WSK_VERSION(1, 0)". */
void words_version(struct words *words, USHORT version);

/* A parameter as the driver handed it. */
void words_argument(struct words *words, enum vf_parameter_kind kind, uintptr_t value);

/* The whole list, "Name=value, ...". The option's name depends on more than one of them. */
void words_arguments(struct words *words, const struct vf_function *function,
                     const uintptr_t *arguments);

/* Bytes of a list, and its number of elements; 0 for one that leads in a circle. */
size_t words_list_length(const WSK_DATAGRAM_INDICATION *list, size_t *bytes);

/* The value of "STATUS_..." or of a number; false when there is no such status. */
bool words_status(const char *text, NTSTATUS *status);

/* "10ms" and its like, as wskrun takes them; false for anything else. */
bool words_duration(const char *text, uint64_t *nanoseconds);

#endif
