/* SPDX-License-Identifier: MIT */
/* command.h - the command line that compiles a driver. */
#ifndef OPENWSK_CLI_COMMAND_H
#define OPENWSK_CLI_COMMAND_H

#include "wskrun.h"

/* False after a message. `map` is the linker's version script, `object` what is made. */
bool command_make(struct words *command, const struct options *options, const char *map,
                  const char *object);

#endif
