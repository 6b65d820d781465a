/* SPDX-License-Identifier: MIT */
/*
 * rules.h - which rules are on, and the files that look after them. docs/VERIFIER.md describes
 * each.
 */
#ifndef OPENWSK_VERIFY_RULES_H
#define OPENWSK_VERIFY_RULES_H

#include "base.h"

#include <stdbool.h>
#include <stddef.h>

#define VF_RULE_LAST 30u

/*
 * "on", "off", or rules between commas: V5 or +V5 switches on, -V5 off. A list that begins with a
 * minus begins with all of them, any other with none. Before vf_start(), until vf_stop().
 */
bool vf_verify(const char *value, char *error, size_t size);

/* From vf_start() and vf_stop(), before the tables are chosen and after the last call. */
void vf_rules_start(struct hooks *hooks);
void vf_rules_stop(void);

#endif
