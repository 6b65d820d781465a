/* SPDX-License-Identifier: MIT */
/* sys_linux.c - the table of sys.h filled with the kernel's own calls. */
#define _GNU_SOURCE
#include "sys.h"

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

static long result_of(long result)
{
    return result < 0 ? -errno : result;
}

/* Puts the number in front of the arguments: CALL(number, (a, b)) is syscall(number, a, b). */
#define UNWRAP(...) __VA_ARGS__
#define CALL(number, arguments) syscall(number, UNWRAP arguments)

#define X(name, parameters, arguments) \
    static long call_##name parameters \
    { \
        return result_of(CALL(SYS_##name, arguments)); \
    }
NET_SYS_CALLS(X)
#undef X

const struct net_sys net_sys_linux = {
#define X(name, parameters, arguments) .name = call_##name,
    NET_SYS_CALLS(X)
#undef X
};

const struct net_sys *net_sys = &net_sys_linux;
