/* SPDX-License-Identifier: MIT */
/*
 * compile.c - a driver's C file becomes a shared object in a folder that lasts as long as the
 * run.
 */
#define _GNU_SOURCE
#include "command.h"

#include "build_config.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Set before the driver's first thread; removed once, by whoever ends the process. */
static struct {
    char folder[PATH_MAX];
    char object[PATH_MAX];
    char map[PATH_MAX];
    atomic_bool exists;
} output;

/* --- The folder ----------------------------------------------------------------------------- */

static bool fits(int length)
{
    return length >= 0 && length < PATH_MAX;
}

/* "/some/where/echo.c" gives "echo.so": the file's name is the driver's. */
static bool name_files(const char *source)
{
    const char *slash = strrchr(source, '/');
    const char *name = slash ? slash + 1 : source;
    int stem = (int)strlen(name) - 2;

    return fits(snprintf(output.map, PATH_MAX, "%s/driver.map", output.folder)) &&
           fits(snprintf(output.object, PATH_MAX, "%s/%.*s.so", output.folder, stem, name));
}

static bool write_map(void)
{
    FILE *file = fopen(output.map, "w");
    bool written;

    if (!file)
        return false;
    written = fputs(DRIVER_MAP "\n", file) >= 0;
    return fclose(file) == 0 && written;
}

static bool make_folder(const char *source)
{
    const char *parent = getenv("TMPDIR");

    if (!fits(snprintf(output.folder, PATH_MAX, "%s/wskrun-XXXXXX",
                       parent && *parent ? parent : "/tmp")) ||
        !mkdtemp(output.folder)) {
        fprintf(stderr, "wskrun: cannot make the folder %s: %s\n", output.folder, strerror(errno));
        return false;
    }
    atomic_store(&output.exists, true);
    if (name_files(source) && write_map())
        return true;
    fprintf(stderr, "wskrun: cannot write to %s: %s\n", output.folder, strerror(errno));
    return false;
}

void compile_remove(void)
{
    if (!atomic_exchange(&output.exists, false))
        return;
    unlink(output.object);
    unlink(output.map);
    rmdir(output.folder);
}

/* --- Running the compiler ------------------------------------------------------------------- */

static void print_command(const struct words *command)
{
    fprintf(stderr, "wskrun:");
    for (size_t i = 0; i < command->count; i++)
        fprintf(stderr, " %s", command->at[i]);
    fprintf(stderr, "\n");
}

/* The signals that this program blocks reach the compiler. */
static int spawn(char **arguments, pid_t *child)
{
    posix_spawnattr_t attributes;
    sigset_t none;
    int error;

    sigemptyset(&none);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigmask(&attributes, &none);
    error = posix_spawnp(child, arguments[0], NULL, &attributes, arguments, environ);
    posix_spawnattr_destroy(&attributes);
    return error;
}

static bool run(char **arguments)
{
    int status = 0;
    pid_t child;
    int error = spawn(arguments, &child);

    if (error) {
        fprintf(stderr, "wskrun: cannot run %s: %s\n", arguments[0], strerror(error));
        return false;
    }
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            return false;
    }
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

const char *compile_driver(const struct options *options)
{
    struct words command = { 0 };
    bool made = make_folder(options->driver) &&
                command_make(&command, options, output.map, output.object);

    if (made && options->verbose)
        print_command(&command);
    made = made && run(command.at);
    words_free(&command);
    if (made && options->keep) {
        /* Kept means forgotten by compile_remove(). */
        fprintf(stderr, "wskrun: the driver is %s\n", output.object);
        atomic_store(&output.exists, false);
    }
    return made ? output.object : NULL;
}
