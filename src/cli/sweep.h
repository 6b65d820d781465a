/* SPDX-License-Identifier: MIT */
/*
 * sweep.h - a driver is run again and again, and each time one more of its calls is denied.
 *
 *  1. The undisturbed run tells the points: calls that allocate or that are WSK's, by the driver's stack.
 *  2. Each point is denied once in a run of its own. A run may meet points that no run has met before, since the
 *     driver's error path calls, too; they wait in line.
 *  3. It ends when every point has had its run. What is done is in the state file, so that a sweep goes on
 *     where it stopped.
 *
 * A sweep in shards: every shard makes the undisturbed run, and takes the points of it that are its
 * by number; points that are first met while one of its points is denied are its own, too. So the
 * shards together have denied what the whole sweep denies, some of it twice.
 */
#ifndef OPENWSK_CLI_SWEEP_H
#define OPENWSK_CLI_SWEEP_H

#include "report.h"

#include <argp.h>

/* What a run of a sweep gets when nothing else is asked for. */
#define SWEEP_RUN_MS 100ull
#define SWEEP_PEER_MS 5000ull /* with a peer, which usually ends before */
#define SWEEP_UNLOAD_TIMEOUT_MS 5000ull
#define SWEEP_RUN_TIMEOUT_MS 60000ull

#define SWEEP_UNDISTURBED 0 /* the identifier of the run that denies nothing */

struct sweep_options {
    unsigned jobs;            /* 0: a processor each */
    unsigned shard, shards;   /* 1-based; 0 of 0: all */
    const char *state;        /* NULL: DRIVER's name with .sweep, here */
    uint64_t run_timeout_ns;
    bool fresh;
    bool shared_network;
};

struct outcome {
    struct outcome *next;
    char *rule;
    enum level level;
    uint64_t times;
    char *text;
    char *stacks;             /* as in report.h; NULL: none */
};

struct sweep_point {
    uint64_t id;
    char *function;
    char *stack;              /* NULL until it was denied */
    bool undisturbed;         /* met in the undisturbed run */
    bool running;
    bool done;
    unsigned tries;
    struct outcome *outcomes, **end;
};

struct sweep {
    char *driver;
    char *tail;               /* of the command that repeats a run, behind --fail */
    char key[64];             /* of driver and options: what a state file has to match */
    struct sweep_point *points; /* [0] is the undisturbed run */
    size_t count, room;
    unsigned shard, shards;
    int file;                 /* the state, or -1 */
};

/* --- sweep_state.c --------------------------------------------------------------------------- */

/* The point, made when it is not there; `*added` may be NULL. */
struct sweep_point *sweep_point(struct sweep *sweep, uint64_t id, const char *function, bool *added);
void sweep_outcome_add(struct sweep_point *point, const char *rule, enum level level,
                       uint64_t times, const char *text);

/* The stacks of the outcome that was added last, as line_add_lines() has them. */
void sweep_outcome_stacks(struct sweep_point *point, char *stacks);
void sweep_free(struct sweep *sweep);

/* Whether this shard denies the point. */
bool sweep_is_mine(const struct sweep *sweep, const struct sweep_point *point);

/*
 * Reads a state file into the sweep. False when there is none, or it is of something else: `why`
 * then says what, or is empty. A line that was cut short by a kill does not count.
 */
bool sweep_read(struct sweep *sweep, const char *path, char *why, size_t size);
#define SWEEP_OTHER "is of another " /* how `why` begins for a good state of something else */

/* Makes or goes on with the state file. Ends the program when it cannot. */
void sweep_open(struct sweep *sweep, const char *path, bool go_on);

/*
 * Appends a run: the points it met first and, when the point is done, its problems; in one write.
 */
void sweep_write(struct sweep *sweep, const struct sweep_point *point, const uint64_t *met,
                 size_t met_count);

/* --- sweep_report.c -------------------------------------------------------------------------- */

/*
 * Cases in the order of their identifiers, so that one sweep and its merged shards read the same.
 */
void sweep_report(struct sweep *sweep, struct report *report);

/* The text, and the exit status that it means. */
int sweep_say(struct sweep *sweep, const struct report *report);

/* --- sweep.c, merge.c ------------------------------------------------------------------------ */

extern const struct argp sweep_argp; /* input: struct sweep_options */

int sweep_main(const struct options *options, const struct sweep_options *sweeping);
int merge_main(int count, char **arguments);

#endif
