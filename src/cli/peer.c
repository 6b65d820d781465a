/* SPDX-License-Identifier: MIT */
/* peer.c - the command that talks to the driver while it runs, in the network of the run. */
#define _GNU_SOURCE
#include "wskrun.h"

#include <err.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static pid_t process; /* 0: none; also the number of its group */
static pthread_t waiter;

/*
 * Leaves it to peer_end() to take the process away, so that its group is nobody else's until then.
 */
static void *wait_for_end(void *unused)
{
    siginfo_t info;

    (void)unused;
    waitid(P_PID, (id_t)process, &info, WEXITED | WNOWAIT);
    stop_ask();
    return NULL;
}

/* The shell goes with this process, also when that is killed. */
static _Noreturn void become(const char *command)
{
    sigset_t none;

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    setpgid(0, 0);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
}

void peer_start(const char *command)
{
    process = fork();
    if (process < 0)
        err(EXIT_NOT_LOADED, "cannot start the peer");
    if (process == 0)
        become(command);
    setpgid(process, process); /* whoever of the two comes first */
    if (pthread_create(&waiter, NULL, wait_for_end, NULL) != 0) {
        peer_kill();
        errx(EXIT_NOT_LOADED, "cannot make a thread");
    }
}

void peer_kill(void)
{
    if (process)
        kill(-process, SIGKILL);
}

void peer_end(void)
{
    if (!process)
        return;
    peer_kill();
    pthread_join(waiter, NULL);
    waitpid(process, NULL, 0);
    process = 0;
}
