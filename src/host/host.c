/* SPDX-License-Identifier: MIT */
/*
 * host.c - the embedding API; see openwsk/host.h. Thin: each storey is started, asked and stopped
 * here.
 */
#include "host_internal.h"

#include "nt.h"
#include "provider.h"
#include "verify.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

struct openwsk_driver {
    struct list link;
    struct nt_driver *nt;
    openwsk_entry *entry;
    struct load load;       /* handle NULL: linked into the program */
    bool running;           /* DriverEntry succeeded */
    bool entered;
    char name[256];
    char module[4096];      /* the loaded file that its code is part of */
};

/* Changed by openwsk_start() and openwsk_stop() alone. */
static struct {
    bool up;
    struct openwsk_config config;
    struct list drivers;
} host;

/* --- Where texts go ------------------------------------------------------------------------- */

static void debug_output(const char *text, size_t length)
{
    host.config.debug_output(host.config.context, text, length);
}

static void report(const char *text, size_t length)
{
    if (host.config.report)
        host.config.report(host.config.context, text, length);
    else
        os_print(true, text, length);
}

static void bug_check(unsigned stop_code)
{
    if (host.config.bug_check)
        host.config.bug_check(host.config.context, stop_code);
}

/* --- Life ----------------------------------------------------------------------------------- */

/* A caller compiled with an earlier header hands fewer members. */
static void take_config(const struct openwsk_config *config)
{
    size_t size = config ? config->size : 0;

    memset(&host.config, 0, sizeof(host.config));
    if (size)
        memcpy(&host.config, config, size < sizeof(host.config) ? size : sizeof(host.config));
    if (!host.config.unload_timeout_ms)
        host.config.unload_timeout_ms = OPENWSK_UNLOAD_TIMEOUT_MS;
}

/* Naming frames is slow, so only what is denied gets a stack. */
static void describe_stack(const struct vf_point *point, char *text, size_t size)
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < point->frame_count && used < size; i++) {
        char where[SYMBOL_TEXT_MAX];

        symbol_describe(point->frames[i], where, sizeof(where));
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? " < " : "", where);
    }
}

static void tell_point(const struct vf_point *point)
{
    char stack[4096];
    struct openwsk_point told = {
        .id = point->id, .function = point->function, .denied = point->failed,
    };

    if (point->failed) {
        describe_stack(point, stack, sizeof(stack));
        told.stack = stack;
    }
    host.config.point(host.config.context, &told);
}

static void ask_for_unload(const char *function, uint64_t number, const void *place)
{
    char where[SYMBOL_TEXT_MAX], at[SYMBOL_TEXT_MAX + 128];

    symbol_describe(place, where, sizeof(where));
    snprintf(at, sizeof(at), "call %" PRIu64 ", %s at %s", number, function, where);
    host.config.unload(host.config.context, at);
}

openwsk_status openwsk_verify(const char *option, const char *value, char *error, size_t size)
{
    char unread[256];

    if (host.up)
        return STATUS_INVALID_DEVICE_STATE;
    return vf_option(option, value ? value : "", error ? error : unread,
                     error ? size : sizeof(unread))
               ? STATUS_SUCCESS
               : STATUS_INVALID_PARAMETER;
}

void openwsk_sanitizer_error(void)
{
    nt_sanitizer_error();
}

void openwsk_low_resources(int on)
{
    vf_low_resources_suspend(!on);
}

openwsk_status openwsk_start(const struct openwsk_config *config)
{
    const struct vf_config verifier = {
        .report = report, .bug_check = bug_check, .visit_retained = wsk_retained_visit,
    };
    const struct wsk_config provider = { 0 };
    NTSTATUS status;

    if (host.up)
        return STATUS_INVALID_DEVICE_STATE;
    take_config(config);
    status = nt_start();
    if (!NT_SUCCESS(status))
        return status;
    nt_debug_output(host.config.debug_output ? debug_output : NULL);
    if (host.config.point)
        vf_points_tell(tell_point);
    if (host.config.unload)
        vf_unload_tell(ask_for_unload);
    vf_start(&verifier);
    status = wsk_start(&provider);
    if (!NT_SUCCESS(status))
        goto stop_executive;
    list_init(&host.drivers);
    host.up = true;
    return STATUS_SUCCESS;

stop_executive:
    vf_stop();
    nt_debug_output(NULL);
    nt_stop();
    return status;
}

size_t openwsk_stop(void)
{
    if (!host.up)
        return 0;
    while (!list_empty(&host.drivers))
        openwsk_driver_unload(container_of(host.drivers.next, struct openwsk_driver, link));
    nt_drain();
    vf_report_left_behind("the program", NULL);
    if (!vf_anything_alive()) {
        wsk_stop();
        nt_stop();
    }
    vf_stop();
    nt_debug_output(NULL);
    host.up = false;
    return vf_finding_count();
}

/* --- Drivers -------------------------------------------------------------------------------- */

/* "/some/where/echo.so" becomes "echo". */
static void name_from_path(const char *path, char *name, size_t size)
{
    const char *slash = strrchr(path, '/');
    char *dot;

    snprintf(name, size, "%s", slash ? slash + 1 : path);
    dot = strrchr(name, '.');
    if (dot && dot != name)
        *dot = '\0';
}

static struct openwsk_driver *driver_make(const char *name, openwsk_entry *entry)
{
    struct openwsk_driver *driver = os_allocate_zeroed(sizeof(*driver));
    NTSTATUS status = STATUS_INSUFFICIENT_RESOURCES;

    if (driver) {
        snprintf(driver->name, sizeof(driver->name), "%s", name);
        driver->entry = entry;
        symbol_module((const void *)(uintptr_t)entry, driver->module, sizeof(driver->module));
        status = nt_driver_create(driver->name, &driver->nt);
    }
    if (!NT_SUCCESS(status)) {
        vf_say("cannot load %s: %s", name, nt_status_name(status));
        os_free(driver);
        return NULL;
    }
    vf_driver_add((const void *)(uintptr_t)entry);
    list_push_back(&host.drivers, &driver->link);
    return driver;
}

struct openwsk_driver *openwsk_driver_load(const char *path)
{
    struct openwsk_driver *driver;
    struct load load;
    char name[256];

    if (!host.up || !host_load(path, &load))
        return NULL;
    name_from_path(path, name, sizeof(name));
    driver = driver_make(name, load.entry);
    if (driver)
        driver->load = load;
    else
        host_unload(&load);
    return driver;
}

struct openwsk_driver *openwsk_driver_from_entry(const char *name, openwsk_entry *entry)
{
    return host.up ? driver_make(name, entry) : NULL;
}

openwsk_status openwsk_driver_set_parameter(struct openwsk_driver *driver, const char *name,
                                            const char *value)
{
    return nt_driver_set_parameter(driver->nt, name, value);
}

openwsk_status openwsk_driver_start(struct openwsk_driver *driver)
{
    NTSTATUS status;

    if (driver->entered)
        return STATUS_INVALID_DEVICE_STATE;
    driver->entered = true;
    vf_unload_begin();
    status = nt_driver_enter(driver->nt, (PDRIVER_INITIALIZE)driver->entry);
    driver->running = NT_SUCCESS(status);
    return status;
}

static void call_unload(struct openwsk_driver *driver)
{
    struct watch watch = { .hang = host.config.hang, .context = host.config.context };

    host_watch_begin(&watch, driver->name, host.config.unload_timeout_ms * OS_NS_PER_MS);
    if (!driver->running)
        nt_drain();
    else if (!nt_driver_unload(driver->nt))
        vf_say("%s has no DriverUnload: Windows could not unload it", driver->name);
    host_watch_end(&watch);
}

size_t openwsk_driver_unload(struct openwsk_driver *driver)
{
    size_t before = vf_finding_count();
    size_t left;

    vf_unload_end();
    if (driver->entered)
        call_unload(driver);
    nt_block_trim(); /* while the driver's places have names */
    left = vf_report_left_behind(driver->name, driver->module);
    nt_driver_destroy(driver->nt);
    vf_driver_remove((const void *)(uintptr_t)driver->entry);
    if (!left)
        host_unload(&driver->load);
    list_remove(&driver->link);
    os_free(driver);
    return vf_finding_count() - before;
}

/* --- Devices -------------------------------------------------------------------------------- */

openwsk_status openwsk_device_control(const char *device, uint32_t control_code, const void *input,
                                      uint32_t input_size, void *output, uint32_t output_size,
                                      size_t *returned)
{
    const struct nt_device_request request = {
        .major_function = IRP_MJ_DEVICE_CONTROL, .control_code = control_code,
        .input = input, .input_size = input_size, .output = output, .output_size = output_size,
    };
    ULONG_PTR information = 0;
    NTSTATUS status = nt_device_call(device, &request, &information);

    if (returned)
        *returned = information;
    return status;
}

openwsk_status openwsk_device_request(const char *device, uint8_t major_function)
{
    const struct nt_device_request request = { .major_function = major_function };
    ULONG_PTR information = 0;

    return nt_device_call(device, &request, &information);
}

/* --- Findings, counters, words -------------------------------------------------------------- */

size_t openwsk_finding_count(void)
{
    return vf_finding_count();
}

void openwsk_findings(void (*visit)(void *context, const struct openwsk_finding *finding),
                      void *context)
{
    struct vf_found found;

    for (size_t i = 0; vf_found_at(i, &found); i++) {
        const struct openwsk_finding finding = {
            .rule = found.report.rule, .text = found.text, .times = found.times,
            .severity = (int)found.report.severity, .stacks = found.stacks,
        };

        visit(context, &finding);
    }
}

void openwsk_counters(void (*visit)(void *context, const char *name, const char *meaning,
                                    uint64_t value),
                      void *context)
{
    for (int point = 0; point < TRACE_POINT_COUNT; point++)
        visit(context, trace_name(point), trace_meaning(point), trace_total(point));
    vf_watermarks(visit, context);
}

const char *openwsk_status_name(openwsk_status status)
{
    return nt_status_name(status);
}

const char *openwsk_version(void)
{
    return OPENWSK_VERSION;
}
