/* SPDX-License-Identifier: MIT */
/*
 * specstrings.h - source annotations of the first generation (__in, __out_ecount, ...); they
 * vanish.
 *
 * Some of these words are parameter names inside C++ standard libraries, and they are no reserved
 * names to a driver's own headers either. So the C headers that drivers use come first, and C++
 * gets the bare words only on demand (OPENWSK_LEGACY_ANNOTATIONS).
 */
#ifndef OPENWSK_KM_SPECSTRINGS_H
#define OPENWSK_KM_SPECSTRINGS_H

#include <ctype.h>
#include <limits.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

#include "sal.h"

#if !defined(__cplusplus) || defined(OPENWSK_LEGACY_ANNOTATIONS)
#define __in
#define __in_opt
#define __inout
#define __inout_opt
#define __out
#define __out_opt
#define __deref_in
#define __deref_out
#define __deref_out_opt
#define __deref_opt_out
#define __deref_opt_out_opt
#define __deref_inout
#define __deref_inout_opt
#define __in_z
#define __in_z_opt
#define __out_z
#define __inout_z
#define __nullterminated
#define __nullnullterminated
#define __reserved
#define __checkReturn
#define __callback
#define __format_string
#define __notnull
#define __maybenull
#define __null
#define __valid
#define __notvalid
#define __readonly
#define __notreadonly
#define __maybereadonly
#define __pre
#define __post
#define __deref
#define __override
#define __fallthrough
#endif

#define __in_ecount(...)
#define __in_bcount(...)
#define __in_ecount_opt(...)
#define __in_bcount_opt(...)
#define __in_ecount_z(...)
#define __in_ecount_z_opt(...)
#define __in_bcount_z(...)
#define __in_xcount(...)
#define __in_range(...)
#define __in_data_source(...)
#define __out_ecount(...)
#define __out_bcount(...)
#define __out_ecount_opt(...)
#define __out_bcount_opt(...)
#define __out_ecount_part(...)
#define __out_bcount_part(...)
#define __out_ecount_part_opt(...)
#define __out_bcount_part_opt(...)
#define __out_ecount_full(...)
#define __out_bcount_full(...)
#define __out_ecount_full_opt(...)
#define __out_bcount_full_opt(...)
#define __out_ecount_z(...)
#define __out_bcount_z(...)
#define __out_ecount_z_opt(...)
#define __out_xcount(...)
#define __out_range(...)
#define __out_data_source(...)
#define __inout_ecount(...)
#define __inout_bcount(...)
#define __inout_ecount_opt(...)
#define __inout_bcount_opt(...)
#define __inout_ecount_part(...)
#define __inout_bcount_part(...)
#define __inout_ecount_full(...)
#define __inout_bcount_full(...)
#define __inout_bcount_part_opt(...)
#define __inout_ecount_z(...)
#define __deref_out_ecount(...)
#define __deref_out_bcount(...)
#define __deref_out_ecount_opt(...)
#define __deref_out_bcount_opt(...)
#define __deref_opt_out_bcount(...)
#define __deref_opt_out_ecount(...)
#define __deref_out_bcount_part(...)
#define __deref_out_bcount_full(...)
#define __deref_out_range(...)
#define __deref_inout_bcount(...)
#define __deref_inout_ecount(...)
#define __ecount(...)
#define __bcount(...)
#define __xcount(...)
#define __field_ecount(...)
#define __field_bcount(...)
#define __field_ecount_opt(...)
#define __field_bcount_opt(...)
#define __field_range(...)
#define __field_data_source(...)
#define __field_ecount_part(...)
#define __field_bcount_part(...)
#define __field_nullterminated_count(...)
#define __struct_bcount(...)
#define __struct_xcount(...)
#define __range(...)
#define __success(...)
#define __typefix(...)
#define __control_entrypoint(...)
#define __data_entrypoint(...)
#define __kernel_entry_point(...)
#define __blocksOn(...)
#define __elem_readableTo(...)
#define __byte_readableTo(...)
#define __elem_writableTo(...)
#define __byte_writableTo(...)
#define __readableTo(...)
#define __writableTo(...)
#define __allowed(...)
#define __assume_bound(...)
#define __precond(...)
#define __postcond(...)
#define __exceptthat(...)
#define __inner_blocksOn(...)
#define __transfer(...)

#endif
