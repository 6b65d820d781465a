/* SPDX-License-Identifier: MIT */
/*
 * command.c - which compiler, with which flags.
 *
 * The driver exports DriverEntry alone, so that its own send() or connect() stays its own, and is
 * linked against the library with no open ends, so that the linker names a missing import with
 * its file and line.
 */
#define _GNU_SOURCE
#include "command.h"

#include "build_config.h"

#include <openwsk/host.h>

#include <dlfcn.h>
#include <libgen.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PATH_BYTES (2 * PATH_MAX)

__attribute__((format(printf, 2, 3)))
static void add_format(struct words *command, const char *format, ...)
{
    char word[PATH_BYTES + 64];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(word, sizeof(word), format, arguments);
    va_end(arguments);
    words_add(command, word);
}

static void add_all(struct words *command, const char *const *words)
{
    while (*words)
        words_add(command, *words++);
}

/* --- The compiler --------------------------------------------------------------------------- */

static bool in_path(const char *program)
{
    const char *path = getenv("PATH");
    char *copy = strdup(path ? path : "/usr/local/bin:/usr/bin:/bin");
    char *rest = copy, *folder;
    bool found = false;

    while (!found && (folder = strsep(&rest, ":"))) {
        char file[PATH_BYTES];

        snprintf(file, sizeof(file), "%s/%s", folder, program);
        found = access(file, X_OK) == 0;
    }
    free(copy);
    return found;
}

/* A sanitizer's run time is in this process already, and it has to be the compiler's own. */
static const char *choose_compiler(const struct options *options)
{
    const char *environment = getenv("CC");

    if (options->compiler)
        return options->compiler;
    if (*SANITIZE)
        return SANITIZE_COMPILER;
    if (environment && *environment)
        return environment;
    return in_path("clang") ? "clang" : "gcc";
}

static bool is_clang(const char *compiler)
{
    char command[PATH_MAX], text[256];
    size_t length;
    FILE *pipe;

    snprintf(command, sizeof(command), "%s --version 2>/dev/null", compiler);
    pipe = popen(command, "re");
    if (!pipe)
        return false;
    length = fread(text, 1, sizeof(text) - 1, pipe);
    text[length] = '\0';
    pclose(pipe);
    return strstr(text, "clang") != NULL;
}

/* --- Places --------------------------------------------------------------------------------- */

static bool headers_at(const char *home, const char *way, char *folder, size_t size)
{
    char file[PATH_BYTES + 64];

    snprintf(folder, size, "%s/%s/openwsk/km", home, way);
    snprintf(file, sizeof(file), "%s/wsk.h", folder);
    return access(file, R_OK) == 0;
}

static bool find_headers(char *folder, size_t size)
{
    char program[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", program, sizeof(program) - 1);
    const char *home;

    program[length > 0 ? length : 0] = '\0';
    home = dirname(program);
    if (headers_at(home, BUILD_INCLUDE, folder, size) ||
        headers_at(home, INSTALLED_INCLUDE, folder, size))
        return true;
    fprintf(stderr, "wskrun: cannot find the headers of openwsk from %s\n", home);
    return false;
}

/* The library that this process uses, by its own file. */
static const char *library_path(void)
{
    static Dl_info info;
    bool known = dladdr((void *)(uintptr_t)openwsk_start, &info) && info.dli_fname;

    return known ? info.dli_fname : "-lopenwsk";
}

/* --- The command ---------------------------------------------------------------------------- */

static void add_flags(struct words *command, const struct options *options, bool clang)
{
    static const char *const flags[] = { DRIVER_FLAGS NULL };
    static const char *const clang_flags[] = { DRIVER_CLANG_FLAGS NULL };
    static const char *const sanitize_flags[] = { "-fsanitize=" SANITIZE,
                                                  "-fno-sanitize-recover=all", NULL };

    words_add(command, "-O2");
    add_all(command, flags);
    if (clang)
        add_all(command, clang_flags);
    if (*SANITIZE)
        add_all(command, sanitize_flags);
    if (options->compiler_flags.count)
        add_all(command, (const char *const *)options->compiler_flags.at);
}

/*
 * The source's own folder is on the path for <...> too, as in the kit's builds; our headers'
 * warnings are ours.
 */
static void add_includes(struct words *command, const char *driver, const char *headers)
{
    char source[PATH_MAX];

    snprintf(source, sizeof(source), "%s", driver);
    add_format(command, "-I%s", dirname(source));
    words_add(command, "-isystem");
    words_add(command, headers);
}

static void add_library(struct words *command, const char *map, bool clang)
{
    add_format(command, "-Wl,--version-script=%s", map);
    /* clang links its sanitizers' run time into the program alone; there the driver finds it. */
    if (!(*SANITIZE && clang))
        words_add(command, "-Wl,--no-undefined");
    words_add(command, library_path());
}

bool command_make(struct words *command, const struct options *options, const char *map,
                  const char *object)
{
    const char *compiler = choose_compiler(options);
    bool clang = is_clang(compiler);
    char headers[PATH_BYTES];

    if (!find_headers(headers, sizeof(headers)))
        return false;
    words_add_split(command, compiler);
    add_flags(command, options, clang);
    add_includes(command, options->driver, headers);
    words_add(command, "-shared");
    words_add(command, "-o");
    words_add(command, object);
    words_add(command, options->driver);
    add_library(command, map, clang);
    return true;
}
