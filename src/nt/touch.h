/* SPDX-License-Identifier: MIT */
/* touch.h - the last words about memory that was used where it may not be, whoever noticed it. */
#ifndef OPENWSK_NT_TOUCH_H
#define OPENWSK_NT_TOUCH_H

#include "block.h"

/* Of a block, from its header or a copy of that. */
_Noreturn void nt_touched_block(const struct nt_block *block, bool freed, const void *address,
                                bool write, const void *place);

/* Of an indication that was given back (WSK-V22). */
_Noreturn void nt_touched_indication(const void *address, bool write, const void *place);

/*
 * From the fault handler: does not return when the fault is a driver's sin. True: go on, the page
 * is there now. False: the address is none of ours. `place` is where the fault happened, one behind
 * the instruction.
 */
bool nt_touch_fault(const void *address, bool write, const void *place);

/* From start to stop, what AddressSanitizer finds in such memory is said in these words, too. */
void nt_touch_start(void);
void nt_touch_stop(void);

#endif
