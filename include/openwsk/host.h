/* SPDX-License-Identifier: MIT */
/*
 * host.h - the embedding API: run kernel drivers inside a program or a unit test.
 *
 *  1. openwsk_start() brings the kernel up.
 *  2. openwsk_driver_load() takes a driver from a shared object; openwsk_driver_from_entry()
 *     takes one that is linked into the program.
 *  3. openwsk_driver_set_parameter() fills in what the driver reads from its Parameters key.
 *  4. openwsk_driver_start() calls DriverEntry.
 *  5. openwsk_driver_unload() calls DriverUnload and reports what the driver left behind.
 *  6. openwsk_stop() takes the kernel down and returns how many findings there were.
 *
 * There is one kernel in a process. Several drivers may be loaded; each is used by one thread at
 * a time. After openwsk_start() a program may as well include the kernel's headers and call the
 * kernel API from main(), whose thread then is at PASSIVE_LEVEL like any other. All functions
 * here are for PASSIVE_LEVEL.
 *
 * The header needs no special compiler flags and knows neither the kernel's headers nor the
 * host's sockets, so that a test program can include it next to either.
 *
 * A program links the shared library if it loads drivers from shared objects. The static library
 * is for drivers that are linked into the program.
 */
#ifndef OPENWSK_HOST_H
#define OPENWSK_HOST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OPENWSK_API __attribute__((__visibility__("default")))

/* How many milliseconds openwsk_driver_unload() gives a driver when the configuration says 0. */
#define OPENWSK_UNLOAD_TIMEOUT_MS 30000u

/* What kernel functions return: negative values are errors, 0 is success. */
typedef int32_t openwsk_status;

/* --- Life ----------------------------------------------------------------------------------- */

/* A call of a driver that may be denied, told apart by the driver's part of the stack. */
struct openwsk_point {
    uint64_t id;           /* the same in each run of the same driver file */
    const char *function;  /* what the driver called */
    const char *stack;     /* "SendOne (echo.c:42) < Start (echo.c:80)"; NULL unless denied */
    int denied;
};

/* All members may be 0. The texts are not terminated and end with a line feed where a line ends. */
struct openwsk_config {
    size_t size;  /* sizeof(struct openwsk_config) */
    void *context; /* handed to every function below */

    /* What drivers print. Any thread. NULL: standard output. */
    void (*debug_output)(void *context, const char *text, size_t length);

    /* Findings and load errors, a line or more. Any thread. NULL: standard error. */
    void (*report)(void *context, const char *text, size_t length);

    /*
     * A bug check has been reported. When this returns, or is NULL, the process aborts. Any
     * thread.
     */
    void (*bug_check)(void *context, unsigned stop_code);

    /*
     * DriverUnload has not returned in time; what is pending has been reported. As above, on a
     * thread of its own.
     */
    void (*hang)(void *context);

    unsigned unload_timeout_ms; /* 0: OPENWSK_UNLOAD_TIMEOUT_MS */

    /*
     * A place of a driver that asks for memory or calls WSK is met for the first time, or is denied
     * by the option "fail" or "low-resources". Any thread, any IRQL. NULL: nobody is told.
     */
    void (*point)(void *context, const struct openwsk_point *point);

    /*
     * The injection "unload" asks that the driver be unloaded, once each time that it is loaded;
     * `at` says at which call: "call 7, WskSendTo at SendOne (echo.c:42)". The driver is inside
     * that call, on this thread, so another thread unloads, when DriverEntry has returned. Any
     * thread, any IRQL. NULL: nobody is asked.
     */
    void (*unload)(void *context, const char *at);
};

/* `config` may be NULL. An error when it is already up. */
OPENWSK_API openwsk_status openwsk_start(const struct openwsk_config *config);

/*
 * Unloads what is still loaded, reports what is left and returns the number of findings since
 * openwsk_start(). Where something is left that runs on the kernel's threads, these stay, so that
 * nothing is pulled from under it; the kernel may be started again in either case.
 */
OPENWSK_API size_t openwsk_stop(void);

/* --- The verifier --------------------------------------------------------------------------- */

/*
 * Before openwsk_start(), until openwsk_stop(): switches something of the verifier on. `option` and
 * `value` are wskrun's, without dashes: ("inject", "WskBind:status=STATUS_ACCESS_DENIED:when=1"),
 * ("force-pending", ""), ("seed", "7"), ("low-resources", ""), ("trace", "WskSend*"). An error,
 * with a sentence in `error`, for what there is not.
 */
OPENWSK_API openwsk_status openwsk_verify(const char *option, const char *value, char *error,
                                          size_t size);

/*
 * Between on == 0 and the next other value the option "low-resources" denies nothing. Any thread.
 */
OPENWSK_API void openwsk_low_resources(int on);

/*
 * For a program that is built with AddressSanitizer, to be called from its __asan_on_error(): when
 * the error is about a driver's pool, IRP, MDL or indication, it becomes a bug check with the rule
 * and the block's stacks, and does not return. The library looks by itself when the sanitizer has
 * printed its report; this is to be earlier.
 */
OPENWSK_API void openwsk_sanitizer_error(void);

/* --- Drivers -------------------------------------------------------------------------------- */

struct openwsk_driver;

/* The kernel's own tags, so that DriverEntry needs no cast where its headers are included. */
struct _DRIVER_OBJECT;
struct _UNICODE_STRING;
typedef openwsk_status openwsk_entry(struct _DRIVER_OBJECT *driver,
                                     struct _UNICODE_STRING *registry_path);

/*
 * Loads a shared object that exports DriverEntry. The driver's name is the file's name without
 * its ending. NULL after a report of the reason: unreadable, imports that do not exist (each with
 * its place), no DriverEntry.
 */
OPENWSK_API struct openwsk_driver *openwsk_driver_load(const char *path);

/* A driver that is part of the program. NULL after a report of the reason. */
OPENWSK_API struct openwsk_driver *openwsk_driver_from_entry(const char *name,
                                                             openwsk_entry *entry);

/*
 * Sets a value below the driver's Parameters key: a number of 32 bits (decimal or 0x...) becomes
 * a REG_DWORD, anything else a REG_SZ. Before openwsk_driver_start().
 */
OPENWSK_API openwsk_status openwsk_driver_set_parameter(struct openwsk_driver *driver,
                                                        const char *name, const char *value);

/* Calls DriverEntry, once, on the calling thread, and returns what it returned. */
OPENWSK_API openwsk_status openwsk_driver_start(struct openwsk_driver *driver);

/*
 * Calls DriverUnload, if DriverEntry succeeded, waits for the driver's DPCs and work items,
 * reports what the driver left behind, gives the driver up and returns the number of findings of
 * this unload. A shared object that left something behind stays mapped: what it left may still
 * call it.
 */
OPENWSK_API size_t openwsk_driver_unload(struct openwsk_driver *driver);

/* --- Devices -------------------------------------------------------------------------------- */

/*
 * Sends a device control request to the device of that name or symbolic link ("\\Device\\Echo",
 * "\\\\.\\Echo") and waits. The buffers follow the control code's transfer type. `returned` gets
 * the driver's IoStatus.Information and may be NULL.
 */
OPENWSK_API openwsk_status openwsk_device_control(const char *device, uint32_t control_code,
                                                  const void *input, uint32_t input_size,
                                                  void *output, uint32_t output_size,
                                                  size_t *returned);

/*
 * Sends a request without buffers: what the I/O manager sends for open (0x00), cleanup (0x12),
 * close (0x02).
 */
OPENWSK_API openwsk_status openwsk_device_request(const char *device, uint8_t major_function);

/* --- Findings, counters, words -------------------------------------------------------------- */

struct openwsk_finding {
    const char *rule;  /* "WSK-V16" */
    const char *text;  /* one sentence, with the place in the driver's source */
    uint64_t times;    /* how often it was met; it is reported once */
    int severity;      /* OPENWSK_NOTE ... */
    const char *stacks; /* "made: SendOne (echo.c:42) < Start (echo.c:80)", one a line; or "" */
};

/* Said, but no reason to fail; counted; the last words of a bug check. */
#define OPENWSK_NOTE 0
#define OPENWSK_FINDING 1
#define OPENWSK_STOP 2

/* How many different findings there are since openwsk_start(); still valid after openwsk_stop(). */
OPENWSK_API size_t openwsk_finding_count(void);

/* Calls `visit` for each of them, oldest first. The texts live until the next openwsk_start(). */
OPENWSK_API void openwsk_findings(void (*visit)(void *context,
                                                const struct openwsk_finding *finding),
                                  void *context);

/* Calls `visit` for each counter of the library, since the process began. */
OPENWSK_API void openwsk_counters(void (*visit)(void *context, const char *name,
                                                const char *meaning, uint64_t value),
                                  void *context);

/* "STATUS_SUCCESS"; for an unknown value its number. */
OPENWSK_API const char *openwsk_status_name(openwsk_status status);

/* "0.1.0" */
OPENWSK_API const char *openwsk_version(void);

#ifdef __cplusplus
}
#endif

#endif
