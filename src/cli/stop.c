/* SPDX-License-Identifier: MIT */
/*
 * stop.c - the end of a run, on request. The library's threads take no signals, so the handler
 * runs on the main thread, wherever that is: waiting here, or inside the driver.
 */
#define _GNU_SOURCE
#include "wskrun.h"

#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S 1000000000ull

static volatile sig_atomic_t asked;
static volatile sig_atomic_t unloading;

static _Noreturn void abort_run(void)
{
    static const char words[] = "wskrun: aborted; the driver was not unloaded\n";
    ssize_t written = write(STDERR_FILENO, words, sizeof(words) - 1);

    (void)written;
    compile_remove();
    _exit(EXIT_HANG);
}

static void on_signal(int number)
{
    (void)number;
    if (asked || unloading)
        abort_run();
    asked = 1;
}

static void stop_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
}

void stop_install(void)
{
    struct sigaction action = { .sa_handler = on_signal, .sa_flags = SA_RESTART };

    stop_signals(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static uint64_t now_ns(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
}

/*
 * The signals come through only while ppoll() sleeps, so none falls between the question and the
 * sleep.
 */
void stop_wait(uint64_t nanoseconds)
{
    uint64_t end = nanoseconds == UINT64_MAX ? UINT64_MAX : now_ns() + nanoseconds;
    sigset_t signals, before;

    stop_signals(&signals);
    sigprocmask(SIG_BLOCK, &signals, &before);
    while (!asked) {
        uint64_t now = now_ns();
        uint64_t left = end > now ? end - now : 0;
        struct timespec time = { .tv_sec = (time_t)(left / NS_PER_S),
                                 .tv_nsec = (long)(left % NS_PER_S) };

        if (left == 0)
            break;
        ppoll(NULL, 0, end == UINT64_MAX ? NULL : &time, &before);
    }
    sigprocmask(SIG_SETMASK, &before, NULL);
}

void stop_unloading(void)
{
    unloading = 1;
}
