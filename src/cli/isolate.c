/* SPDX-License-Identifier: MIT */
/*
 * isolate.c - see isolate.h. Without privileges it takes a user namespace, which some hosts forbid.
 */
#define _GNU_SOURCE
#include "isolate.h"

#include <net/if.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static bool raise_loopback(void)
{
    struct ifreq request = { .ifr_flags = IFF_UP | IFF_RUNNING };
    int file = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool raised;

    if (file < 0)
        return false;
    strcpy(request.ifr_name, "lo");
    raised = ioctl(file, SIOCSIFFLAGS, &request) == 0;
    close(file);
    return raised;
}

bool isolate(void)
{
    if (unshare(CLONE_NEWNET) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0)
        return false;
    return raise_loopback();
}

bool isolate_possible(void)
{
    int status = 1;
    pid_t child = fork();

    if (child == 0)
        _exit(isolate() ? 0 : 1);
    return child > 0 && waitpid(child, &status, 0) == child && WIFEXITED(status) &&
           WEXITSTATUS(status) == 0;
}
