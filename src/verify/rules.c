/* SPDX-License-Identifier: MIT */
/* rules.c - see rules.h. */
#include "rules.h"

#include "flight.h"
#include "rule_calls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Bits 1 to VF_RULE_LAST. */
#define ALL ((uint32_t)(((uint64_t)1 << (VF_RULE_LAST + 1)) - 2))

static uint32_t chosen;

/* Reads "V5", "-v5", "WSK-V5"; moves behind it. */
static bool take_rule(const char **text, uint32_t *rules)
{
    bool off = **text == '-';
    unsigned long number;
    char *end;

    if (**text == '-' || **text == '+')
        ++*text;
    if (strncmp(*text, "WSK-", 4) == 0)
        *text += 4;
    if ((**text != 'V' && **text != 'v') || (*text)[1] < '0' || (*text)[1] > '9')
        return false;
    number = strtoul(*text + 1, &end, 10);
    if (number < 1 || number > VF_RULE_LAST || (*end && *end != ','))
        return false;
    *rules = off ? *rules & ~(1u << number) : *rules | 1u << number;
    *text = *end ? end + 1 : end;
    return true;
}

bool vf_verify(const char *value, char *error, size_t size)
{
    uint32_t rules = *value == '-' ? ALL : 0;

    if (strcmp(value, "on") == 0 || strcmp(value, "off") == 0) {
        chosen = value[1] == 'n' ? ALL : 0;
        return true;
    }
    if (!*value) {
        snprintf(error, size, "which rules? on, off, or a list such as V5,V7 or -V14");
        return false;
    }
    while (*value) {
        if (!take_rule(&value, &rules)) {
            snprintf(error, size, "'%s' does not begin with a rule, V1 to V%u", value,
                     VF_RULE_LAST);
            return false;
        }
    }
    chosen = rules;
    return true;
}

void vf_rules_start(struct hooks *hooks)
{
    if (chosen) {
        vf_flight_start(hooks);
        vf_rule_calls_start();
    }
    atomic_store(&hook_rules, chosen);
}

void vf_rules_stop(void)
{
    if (chosen)
        vf_flight_stop();
    if (atomic_exchange(&hook_rules, 0))
        vf_rule_calls_stop();
    chosen = 0;
}
