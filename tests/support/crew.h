/* SPDX-License-Identifier: MIT */
/*
 * crew.h - several threads that do the same thing at the same time. Assertions belong in the
 * calling thread.
 */
#ifndef OPENWSK_TESTS_CREW_H
#define OPENWSK_TESTS_CREW_H

typedef void crew_fn(void *context, unsigned index);

#define CREW_MAX 16

struct crew {
    struct crew_member {
        struct os_thread *thread;
        struct crew *crew;
        unsigned index;
    } members[CREW_MAX];
    crew_fn *fn;
    void *context;
    unsigned count;
};

/* Starts `count` threads, numbered from 0; crew_join waits for their end. */
void crew_start(struct crew *crew, unsigned count, crew_fn *fn, void *context);
void crew_join(struct crew *crew);

void crew_run(unsigned count, crew_fn *fn, void *context);

#endif
