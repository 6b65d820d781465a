/* SPDX-License-Identifier: MIT */
/*
 * base.h - the door of the lowest storey: what an operating system gives, and small tools that know
 * neither Windows nor Linux sockets. Includes nothing of the project.
 */
#ifndef OPENWSK_BASE_BASE_H
#define OPENWSK_BASE_BASE_H

#include "assert_fatal.h"
#include "fetch.h"
#include "hook.h"
#include "ledger.h"
#include "list.h"
#include "lock.h"
#include "os.h"
#include "sanitizer.h"
#include "slab.h"
#include "stack.h"
#include "symbol.h"
#include "task.h"
#include "trace.h"

#endif
