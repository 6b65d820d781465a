/* SPDX-License-Identifier: MIT */
/* wskrun.c - load a driver, run it, report. A rendering of openwsk/host.h as a command. */
#include "colour.h"
#include "isolate.h"
#include "record.h"
#include "sweep.h"

#include <openwsk/host.h>

#include <err.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct options options;
static _Atomic unsigned loads;

/*
 * At which call an injection has the driver unloaded, this time or another; empty: at none. A bug
 * check may come on one thread while another has reached the call.
 */
static pthread_mutex_t unload_lock = PTHREAD_MUTEX_INITIALIZER;
static char unloaded_at[1024];

/* Findings may be muted; the reason why a driver cannot be loaded may not. */
static bool loaded;

__attribute__((format(printf, 2, 3)))
static void say(bool condition, const char *format, ...)
{
    va_list arguments;

    if (!condition)
        return;
    fputs("wskrun: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputc('\n', stderr);
}

static void say_unload(const char *command)
{
    pthread_mutex_lock(&unload_lock);
    say(*unloaded_at, "unloaded in %s; repeat: %s", unloaded_at, command);
    pthread_mutex_unlock(&unload_lock);
}

/* What was found goes into the reports that were asked for, and to the sweep. */
static void write_reports(enum exit_status status)
{
    struct report report = { .driver = options.driver, .exit_status = (int)status,
                             .counters = options.counters };
    char *command = command_again(&options, NULL);
    struct report_case *run = report_case_add(&report, "run", options.driver, command);

    if (status != EXIT_CLEAN && !options.quiet)
        say_unload(command);
    findings_take(run);
    report_write(&report, &options.verify);
    record_end(run, (int)status);
    report_free(&report);
    free(command);
}

/* Ends the process where it stands: other threads may be anywhere. */
static _Noreturn void leave(enum exit_status status)
{
    peer_kill();
    write_reports(status);
    compile_remove();
    _exit(status);
}

/* --- What the library calls ----------------------------------------------------------------- */

static void on_report(void *context, const char *text, size_t length)
{
    (void)context;
    if (!(loaded && options.quiet))
        say_report(text, length);
}

static void on_bug_check(void *context, unsigned stop_code)
{
    (void)context;
    (void)stop_code;
    leave(EXIT_BUG_CHECK);
}

static void on_hang(void *context)
{
    (void)context;
    leave(EXIT_HANG);
}

static void on_unload(void *context, const char *at)
{
    (void)context;
    pthread_mutex_lock(&unload_lock);
    snprintf(unloaded_at, sizeof(unloaded_at), "load %u, %s", loads, at);
    say(options.verbose, "unloading in %s", unloaded_at);
    pthread_mutex_unlock(&unload_lock);
    stop_ask();
}

/* --- Loading -------------------------------------------------------------------------------- */

static bool ends_with(const char *text, const char *ending)
{
    size_t length = strlen(text), ending_length = strlen(ending);

    return length > ending_length && strcmp(text + length - ending_length, ending) == 0;
}

const char *driver_object(const struct options *of)
{
    if (ends_with(of->driver, ".c"))
        return compile_driver(of);
    if (ends_with(of->driver, ".so"))
        return of->driver;
    if (ends_with(of->driver, ".sys"))
        say(true, "%s: compiled Windows drivers cannot be run yet; give the C file", of->driver);
    else
        say(true, "%s: neither a C file (.c) nor a shared object (.so)", of->driver);
    return NULL;
}

static bool set_parameter(struct openwsk_driver *driver, const char *parameter)
{
    const char *equals = strchr(parameter, '=');
    char *name = strndup(parameter, (size_t)(equals - parameter));
    openwsk_status status = openwsk_driver_set_parameter(driver, name, equals + 1);

    say(status < 0, "cannot set %s: %s", name, openwsk_status_name(status));
    free(name);
    return status >= 0;
}

static struct openwsk_driver *load(const char *object)
{
    struct openwsk_driver *driver;

    if (!object)
        return NULL;
    driver = openwsk_driver_load(object);
    for (size_t i = 0; driver && i < options.parameters.count; i++) {
        if (set_parameter(driver, options.parameters.at[i]))
            continue;
        openwsk_driver_unload(driver);
        driver = NULL;
    }
    loaded = driver != NULL;
    return driver;
}

/* --- Running -------------------------------------------------------------------------------- */

static enum exit_status run(struct openwsk_driver *driver)
{
    openwsk_status status;
    bool failed;

    loads++;
    stop_loading();
    say(options.verbose, "calling DriverEntry");
    status = openwsk_driver_start(driver);
    failed = status < 0;
    say(failed, "DriverEntry failed: %s (0x%08" PRIX32 ")", openwsk_status_name(status),
        (uint32_t)status);
    if (!failed && !options.once) {
        say(options.verbose, "running");
        if (options.verify.peer)
            peer_start(options.verify.peer);
        stop_wait(options.run_ns);
        peer_end();
    }
    say(options.verbose && !failed, "unloading");
    stop_unloading();
    openwsk_driver_unload(driver);
    return failed ? EXIT_ENTRY_FAILED : EXIT_CLEAN;
}

static void print_counter(void *context, const char *name, const char *meaning, uint64_t value)
{
    (void)context;
    if (value || options.verbose)
        fprintf(stderr, "%12" PRIu64 "  %-22s %s\n", value, name, meaning);
}

/* Loads, runs and unloads, as often as asked for, or until it fails. */
static enum exit_status run_times(void)
{
    const char *object = driver_object(&options);
    enum exit_status result = EXIT_NOT_LOADED;
    unsigned times = options.verify.repeat ? options.verify.repeat : 1;

    while (object && times--) {
        struct openwsk_driver *driver = load(object);

        result = driver ? run(driver) : EXIT_NOT_LOADED;
        if (result != EXIT_CLEAN || openwsk_finding_count() || stop_asked())
            break;
    }
    return result;
}

static enum exit_status start_and_run(void)
{
    const struct openwsk_config config = {
        .size = sizeof(config),
        .report = on_report,
        .bug_check = on_bug_check,
        .hang = on_hang,
        .point = options.verify.record ? record_point : NULL,
        .unload = on_unload,
        .unload_timeout_ms = (unsigned)(options.unload_timeout_ns / 1000000),
    };
    openwsk_status status = openwsk_start(&config);
    enum exit_status result;
    size_t findings;

    if (status < 0) {
        say(true, "the library does not start: %s", openwsk_status_name(status));
        return EXIT_NOT_LOADED;
    }
    result = run_times();
    findings = openwsk_stop();
    if (options.counters)
        openwsk_counters(print_counter, NULL);
    say(options.verbose, "%zu finding%s", findings, findings == 1 ? "" : "s");
    if (result == EXIT_CLEAN && findings)
        result = EXIT_FINDINGS;
    /* What was left behind may still run, and needs what a usual exit would tear down. */
    if (findings)
        leave(result);
    return result;
}

static int run_main(void)
{
    enum exit_status status;

    if (options.verify.isolate && !isolate())
        errx(EXIT_NOT_LOADED, "this host gives no network of its own");
    if (options.verify.record)
        record_open(options.verify.record);
    stop_install();
    status = start_and_run();
    write_reports(status);
    compile_remove();
    return (int)status;
}

/* A subcommand's own name takes the program's place. */
static int sweep(int count, char **arguments)
{
    struct sweep_options sweeping = {
        .run_timeout_ns = SWEEP_RUN_TIMEOUT_MS * 1000000,
    };

    arguments[0] = "wskrun sweep";
    options_parse(&options, &sweeping, count, arguments);
    return sweep_main(&options, &sweeping);
}

int main(int count, char **arguments)
{
    int status;

    if (count > 1 && strcmp(arguments[1], "sweep") == 0) {
        status = sweep(count - 1, arguments + 1);
    } else if (count > 1 && strcmp(arguments[1], "merge") == 0) {
        arguments[1] = "wskrun merge";
        status = merge_main(count - 1, arguments + 1);
    } else {
        options_parse(&options, NULL, count, arguments);
        status = run_main();
    }
    words_free(&options.parameters);
    words_free(&options.compiler_flags);
    words_free(&options.verify.words);
    return status;
}
