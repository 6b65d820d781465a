/* SPDX-License-Identifier: MIT */
/*
 * wdm.h - the kernel interface that every driver sees. The substance lives by theme under openwsk/.
 * May stand before, behind or beside ntddk.h and ntifs.h.
 */
#ifndef OPENWSK_KM_WDM_H
#define OPENWSK_KM_WDM_H

/* The kit's own guards, which some drivers test. */
#define _WDMDDK_
#define _NTDEF_

#include "minwindef.h"
#include "ntstatus.h"
#include "bugcodes.h"
#include "excpt.h"
#include "openwsk/crt.h"
#include "openwsk/dbg.h"
#include "openwsk/ex.h"
#include "openwsk/interlocked.h"
#include "openwsk/io.h"
#include "openwsk/irp.h"
#include "openwsk/ke.h"
#include "openwsk/list.h"
#include "openwsk/mdl.h"
#include "openwsk/ps.h"
#include "openwsk/rtl.h"
#include "openwsk/security.h"
#include "openwsk/zw.h"

/*
 * A pageable routine at DISPATCH_LEVEL would fault one day: in checked builds it does at once, in
 * free ones the verifier sees it (WSK-V20).
 */
#if defined(DBG) && DBG
#define PAGED_ASSERT(expression) NT_ASSERT(expression)
#define PAGED_CODE()                                                                               \
    (openwsk_paged_code(),                                                                         \
     NT_ASSERTMSG("pageable code at raised IRQL", KeGetCurrentIrql() <= APC_LEVEL))
#else
#define PAGED_ASSERT(expression) ((void)0)
#define PAGED_CODE() openwsk_paged_code()
#endif
#define PAGED_CODE_LOCKED() ((void)0)

/* #pragma alloc_text has no meaning here; drivers guard it with this name. */
#define ALLOC_PRAGMA 1
#define ALLOC_DATA_PRAGMA 1
#define INIT_SECTION(name)

#include "openwsk/layout_check.h"

#endif
