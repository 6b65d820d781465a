/* SPDX-License-Identifier: MIT */
/*
 * stop.c - the end of a run, on request. A thread of its own takes the signals, so that a driver
 * may hang where it likes, and so that nothing here has to be written for a signal handler.
 */
#define _GNU_SOURCE
#include "wskrun.h"

#include <err.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#define NS_PER_S 1000000000ull

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed;
static bool asked; /* by a signal */
static bool over;  /* this load */
static bool unloading;

static _Noreturn void abort_run(void)
{
    fprintf(stderr, "wskrun: aborted; the driver is not unloaded\n");
    peer_kill();
    compile_remove();
    _exit(EXIT_HANG);
}

static void stop_signals(sigset_t *set)
{
    sigemptyset(set);
    sigaddset(set, SIGINT);
    sigaddset(set, SIGTERM);
}

static void *take_signals(void *unused)
{
    sigset_t signals;
    int number;

    (void)unused;
    stop_signals(&signals);
    while (sigwait(&signals, &number) == 0) {
        pthread_mutex_lock(&lock);
        if (asked || unloading)
            abort_run();
        asked = true;
        pthread_cond_broadcast(&changed);
        pthread_mutex_unlock(&lock);
    }
    return NULL;
}

/* Every thread of the process is made later and inherits the mask. */
void stop_install(void)
{
    pthread_condattr_t attributes;
    sigset_t signals;
    pthread_t thread;

    stop_signals(&signals);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&changed, &attributes);
    pthread_condattr_destroy(&attributes);
    if (pthread_create(&thread, NULL, take_signals, NULL) != 0)
        errx(EXIT_NOT_LOADED, "cannot make a thread");
    pthread_detach(thread);
}

void stop_ask(void)
{
    pthread_mutex_lock(&lock);
    over = true;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&lock);
}

void stop_loading(void)
{
    pthread_mutex_lock(&lock);
    over = unloading = false;
    pthread_mutex_unlock(&lock);
}

bool stop_asked(void)
{
    bool was;

    pthread_mutex_lock(&lock);
    was = asked;
    pthread_mutex_unlock(&lock);
    return was;
}

static struct timespec from_now(uint64_t nanoseconds)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC, &time);
    nanoseconds += (uint64_t)time.tv_nsec;
    time.tv_sec += (time_t)(nanoseconds / NS_PER_S);
    time.tv_nsec = (long)(nanoseconds % NS_PER_S);
    return time;
}

void stop_wait(uint64_t nanoseconds)
{
    bool forever = nanoseconds == UINT64_MAX;
    struct timespec end = from_now(forever ? 0 : nanoseconds);
    int error = 0;

    pthread_mutex_lock(&lock);
    while (!asked && !over && error == 0) {
        if (forever)
            pthread_cond_wait(&changed, &lock);
        else
            error = pthread_cond_timedwait(&changed, &lock, &end);
    }
    pthread_mutex_unlock(&lock);
}

void stop_unloading(void)
{
    pthread_mutex_lock(&lock);
    unloading = true;
    pthread_mutex_unlock(&lock);
}
