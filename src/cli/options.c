/* SPDX-License-Identifier: MIT */
/* options.c - the command line; docs/wskrun.1 describes it. */
#include "sweep.h"
#include "verify_options.h"

#include <openwsk/host.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NS_PER_MS 1000000ull

enum { KEY_ONCE = 256, KEY_FOR, KEY_CC, KEY_CFLAGS, KEY_KEEP, KEY_COUNTERS, KEY_TIMEOUT };

static const struct argp_option option_table[] = {
    { NULL, 0, NULL, 0, "How long:", 1 },
    { "once", KEY_ONCE, NULL, 0, "Unload as soon as DriverEntry has succeeded", 0 },
    { "for", KEY_FOR, "DURATION", 0, "Unload after DURATION (10s, 500ms, 2m)", 0 },
    { "unload-timeout", KEY_TIMEOUT, "DURATION", 0,
      "Call it a hang when the unload takes longer (30s)", 0 },
    { NULL, 0, NULL, 0, "Compiling a .c file:", 2 },
    { "cc", KEY_CC, "COMPILER", 0, "Compile with COMPILER ($CC, else clang, else gcc)", 0 },
    { "cflags", KEY_CFLAGS, "FLAGS", 0, "Hand FLAGS, split at blanks, to the compiler", 0 },
    { NULL, 'I', "DIRECTORY", 0, "Look there for headers", 0 },
    { NULL, 'D', "NAME[=VALUE]", 0, "Define a macro", 0 },
    { "keep", KEY_KEEP, NULL, 0, "Keep the compiled driver and say where it is", 0 },
    { NULL, 0, NULL, 0, "What is printed:", 3 },
    { "quiet", 'q', NULL, 0, "No findings; the exit status tells", 0 },
    { "verbose", 'v', NULL, 0, "Say each step", 0 },
    { "counters", KEY_COUNTERS, NULL, 0, "Print the library's counters at the end", 0 },
    { 0 },
};

/* --- Durations ------------------------------------------------------------------------------ */

static bool unit_of(const char *text, double *nanoseconds)
{
    static const struct { const char *name; double nanoseconds; } units[] = {
        { "us", 1e3 }, { "ms", 1e6 }, { "s", 1e9 }, { "m", 60e9 }, { "h", 3600e9 },
    };

    for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++) {
        if (strcmp(text, units[i].name) == 0) {
            *nanoseconds = units[i].nanoseconds;
            return true;
        }
    }
    return false;
}

bool duration_parse(const char *text, uint64_t *nanoseconds)
{
    char *end;
    double value, unit;

    /* strtod would take blanks, signs, "inf" and hexadecimal numbers as well. */
    if (*text < '0' || *text > '9' || strchr(text, 'x'))
        return false;
    value = strtod(text, &end);
    if (!unit_of(end, &unit) || value * unit >= 1e18)
        return false;
    *nanoseconds = (uint64_t)(value * unit);
    return true;
}

/* --- Arguments ------------------------------------------------------------------------------ */

static void take_duration(struct argp_state *state, const char *text, uint64_t *nanoseconds)
{
    if (!duration_parse(text, nanoseconds))
        argp_error(state, "'%s' is no duration: a number and one of us, ms, s, m, h", text);
}

static void add_compiler_flag(struct options *options, const char *flag, const char *value)
{
    words_add(&options->compiler_flags, flag);
    words_add(&options->compiler_flags, value);
}

static void take_argument(struct argp_state *state, struct options *options, char *text)
{
    const char *equals = strchr(text, '=');

    if (!options->driver)
        options->driver = text;
    else if (equals && equals != text)
        words_add(&options->parameters, text);
    else
        argp_error(state, "'%s' is no parameter: name=value", text);
}

static void hand_down(struct argp_state *state, struct options *options)
{
    state->child_inputs[0] = state->child_inputs[1] = &options->verify;
    if (options->sweeping)
        state->child_inputs[2] = options->sweeping;
}

static error_t take_option(int key, char *text, struct argp_state *state)
{
    struct options *options = state->input;

    switch (key) {
    case ARGP_KEY_INIT: hand_down(state, options); break;
    case KEY_ONCE: options->once = true; break;
    case KEY_FOR: take_duration(state, text, &options->run_ns); break;
    case KEY_TIMEOUT: take_duration(state, text, &options->unload_timeout_ns); break;
    case KEY_CC: options->compiler = text; break;
    case KEY_CFLAGS: words_add_split(&options->compiler_flags, text); break;
    case 'I': add_compiler_flag(options, "-I", text); break;
    case 'D': add_compiler_flag(options, "-D", text); break;
    case KEY_KEEP: options->keep = true; break;
    case 'q': options->quiet = true; break;
    case 'v': options->verbose = true; break;
    case KEY_COUNTERS: options->counters = true; break;
    case ARGP_KEY_ARG: take_argument(state, options, text); break;
    case ARGP_KEY_NO_ARGS: argp_error(state, "which driver?"); break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static void check(const struct options *options)
{
    /* The host's limit is in milliseconds of 32 bits, and 0 would mean its own default. */
    if (options->unload_timeout_ns < NS_PER_MS ||
        options->unload_timeout_ns / NS_PER_MS > UINT32_MAX) {
        fprintf(stderr, "wskrun: --unload-timeout is too short or too long\n");
        exit(EXIT_USAGE);
    }
    if (options->once && options->run_ns != UINT64_MAX) {
        fprintf(stderr, "wskrun: --once and --for exclude each other\n");
        exit(EXIT_USAGE);
    }
}

static void check_peer(const struct options *options)
{
    if (!options->verify.peer || !options->once)
        return;
    fprintf(stderr, "wskrun: --once and --peer exclude each other: the peer decides how long it is\n");
    exit(EXIT_USAGE);
}

static void print_version(FILE *stream, struct argp_state *state)
{
    (void)state;
    fprintf(stream, "wskrun (openwsk) %s\n", openwsk_version());
}

static const struct argp_child run_children[] = {
    { &verify_argp, 0, NULL, 0 }, { &report_argp, 0, NULL, 0 }, { 0 },
};

static const struct argp run_parser = {
    .children = run_children,
    .options = option_table,
    .parser = take_option,
    .args_doc = "DRIVER [-- NAME=VALUE...]\nsweep OPTIONS... DRIVER [-- NAME=VALUE...]\nmerge FILE...",
    .doc = "Runs a Windows kernel driver that uses Winsock Kernel as a Linux process.\v"
           "DRIVER is a C file, which is compiled on the spot, or a shared object that exports "
           "DriverEntry. NAME=VALUE become values of the driver's Parameters key.\n\n"
           "Exit status: 0 clean, 1 findings or leaks, 2 usage, 3 cannot load, 4 hang, "
           "5 bug check, 6 DriverEntry failed.",
};

static const struct argp_child sweep_children[] = {
    { &verify_argp, 0, NULL, 0 }, { &report_argp, 0, NULL, 0 }, { &sweep_argp, 0, NULL, 0 }, { 0 },
};

static const struct argp sweep_parser = {
    .children = sweep_children,
    .options = option_table,
    .parser = take_option,
    .args_doc = "DRIVER [-- NAME=VALUE...]",
    .doc = "Runs a driver again and again, and denies it another of its calls each time.\v"
           "Exit status: 0 clean, 1 findings or leaks or unfinished, 2 usage, 3 cannot load, "
           "4 hang, 5 bug check or crash.",
};

void options_parse(struct options *options, struct sweep_options *sweeping, int count,
                   char **arguments)
{
    *options = (struct options){
        .run_ns = UINT64_MAX,
        .unload_timeout_ns = (sweeping ? SWEEP_UNLOAD_TIMEOUT_MS : OPENWSK_UNLOAD_TIMEOUT_MS) *
                             NS_PER_MS,
        .sweeping = sweeping,
    };
    argp_err_exit_status = EXIT_USAGE;
    argp_program_version_hook = print_version;
    openwsk_verify("verify", "on", NULL, 0);
    argp_parse(sweeping ? &sweep_parser : &run_parser, count, arguments, 0, NULL, options);
    if (sweeping && !options->once && options->run_ns == UINT64_MAX)
        options->run_ns = (options->verify.peer ? SWEEP_PEER_MS : SWEEP_RUN_MS) * NS_PER_MS;
    check(options);
    check_peer(options);
}
