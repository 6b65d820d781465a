/* SPDX-License-Identifier: MIT */
/* verify_options.h - the options that concern the verifier and the reports. */
#ifndef OPENWSK_CLI_VERIFY_OPTIONS_H
#define OPENWSK_CLI_VERIFY_OPTIONS_H

#include "wskrun.h"

#include <argp.h>

/* Child parsers; their input is a struct verify_options. */
extern const struct argp verify_argp;
extern const struct argp report_argp; /* which reports are written */

#endif
