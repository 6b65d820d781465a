/* SPDX-License-Identifier: MIT */
/* upcase.h - case mapping of single UTF-16 units, the same in every locale. */
#ifndef OPENWSK_NT_UPCASE_H
#define OPENWSK_NT_UPCASE_H

#include "nt_internal.h"

WCHAR nt_upcase(WCHAR unit);
WCHAR nt_downcase(WCHAR unit);

/* Negative, zero, positive. Counts are in units. */
int nt_compare_text(const WCHAR *a, size_t a_count, const WCHAR *b, size_t b_count, bool fold_case);

#endif
