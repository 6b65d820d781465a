/* SPDX-License-Identifier: MIT */
/*
 * wskrun.h - what the files of the command share. It knows the library through openwsk/host.h
 * alone.
 */
#ifndef OPENWSK_CLI_WSKRUN_H
#define OPENWSK_CLI_WSKRUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Part of the interface: docs/wskrun.1 lists them. */
enum exit_status {
    EXIT_CLEAN = 0,
    EXIT_FINDINGS = 1,
    EXIT_USAGE = 2,
    EXIT_NOT_LOADED = 3,
    EXIT_HANG = 4,
    EXIT_BUG_CHECK = 5,
    EXIT_ENTRY_FAILED = 6,
};

/* --- words.c: a growing, NULL-terminated list of words -------------------------------------- */

struct words {
    char **at;
    size_t count;
    size_t room;
};

/* Copies the word. Ends the program when there is no memory. */
void words_add(struct words *words, const char *word);

/* Adds what stands between blanks. */
void words_add_split(struct words *words, const char *text);
void words_free(struct words *words);

/* --- options.c ------------------------------------------------------------------------------ */

/* verify_options.c: what was asked of the verifier and of the reports. */
struct verify_options {
    struct words words;   /* those of the verifier, as they were given */
    const char *json;     /* files, or NULL */
    const char *junit;
    const char *sarif;
    const char *record;   /* a sweep's own */
    bool isolate;         /* also */
    unsigned repeat;      /* 0: once */
    const char *peer;     /* a command line, or NULL */
};

struct sweep_options;

struct options {
    struct verify_options verify;
    struct sweep_options *sweeping; /* NULL: a plain run */
    const char *driver;
    struct words parameters;      /* name=value */
    struct words compiler_flags;
    const char *compiler;         /* NULL: chosen */
    bool once;
    bool keep;
    bool quiet;
    bool verbose;
    bool counters;
    uint64_t run_ns;              /* UINT64_MAX: until a signal */
    uint64_t unload_timeout_ns;
};

/*
 * Ends the program with EXIT_USAGE after usage text when something is wrong. `sweeping` is NULL but
 * for 'wskrun sweep'.
 */
void options_parse(struct options *options, struct sweep_options *sweeping, int count,
                   char **arguments);

/* "10s", "500ms", "2m", "1h", "250us"; a fraction is allowed. False if it is none of these. */
bool duration_parse(const char *text, uint64_t *nanoseconds);

/* --- compile.c ------------------------------------------------------------------------------ */

/*
 * Compiles options->driver into a shared object in a folder of its own, which compile_remove()
 * takes away. NULL after the compiler's own diagnostics. The path lives as long as the program.
 */
const char *compile_driver(const struct options *options);

/* Any thread. */
void compile_remove(void);

/* --- wskrun.c ------------------------------------------------------------------------------- */

/* The shared object of the driver, compiled first where need be. NULL after a message. */
const char *driver_object(const struct options *options);

/* --- stop.c --------------------------------------------------------------------------------- */

/* SIGINT and SIGTERM ask for the end; asked again, or during an unload, they abort. */
void stop_install(void);

/* The peer has ended, or an injection wants the end: stop_wait() returns. Any thread. */
void stop_ask(void);

/* A load begins, which has an end of its own. */
void stop_loading(void);

/* Whether a signal has asked for the end: no further load. */
bool stop_asked(void);

/* Returns when asked to stop, or after that time. */
void stop_wait(uint64_t nanoseconds);

/* The unload begins. */
void stop_unloading(void);

/* --- peer.c --------------------------------------------------------------------------------- */

/* Starts the command line in a process group of its own; stop_wait() returns when it ends. */
void peer_start(const char *command);

/* Kills what is left of the group, and waits for it. Nothing when there is none. */
void peer_end(void);

/* From whatever thread ends the process at once. */
void peer_kill(void);

#endif
