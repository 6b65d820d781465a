/* SPDX-License-Identifier: MIT */
/* bad_syntax.c - does not compile. */
#include <ntddk.h>

int Nothing = ; /* HERE */
