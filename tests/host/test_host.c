/* SPDX-License-Identifier: MIT */
/* test_host.c - the embedding API, with drivers that are linked into the program. */
#include <openwsk/host.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define DriverEntry control_entry
#include "../drivers/good_control.c"
#undef DriverEntry

/* --- What the library calls ------------------------------------------------------------------ */

struct sink {
    char debug[4096];
    char report[4096];
};

static struct sink sink;

static void append(char *to, size_t size, const char *text, size_t length)
{
    size_t used = strlen(to);

    snprintf(to + used, size - used, "%.*s", (int)length, text);
}

static void on_debug(void *context, const char *text, size_t length)
{
    struct sink *into = context;

    append(into->debug, sizeof(into->debug), text, length);
}

static void on_report(void *context, const char *text, size_t length)
{
    struct sink *into = context;

    append(into->report, sizeof(into->report), text, length);
}

static int set_up(void **state)
{
    const struct openwsk_config config = {
        .size = sizeof(config), .context = &sink, .debug_output = on_debug, .report = on_report,
    };

    (void)state;
    memset(&sink, 0, sizeof(sink));
    return openwsk_start(&config);
}

/* --- Drivers --------------------------------------------------------------------------------- */

static int entered, unloaded;
static PVOID left;

static VOID count_unload(PDRIVER_OBJECT driver)
{
    (void)driver;
    unloaded++;
}

static NTSTATUS quiet_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    DbgPrint("%wZ", path);
    entered++;
    driver->DriverUnload = count_unload;
    return STATUS_SUCCESS;
}

static NTSTATUS leaking_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    (void)path;
    left = ExAllocatePool2(POOL_FLAG_NON_PAGED, 24, 'tfeL');
    driver->DriverUnload = count_unload;
    return STATUS_SUCCESS;
}

static NTSTATUS failing_entry(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    (void)path;
    driver->DriverUnload = count_unload;
    return STATUS_NO_SUCH_DEVICE;
}

/* --- Tests ----------------------------------------------------------------------------------- */

static void test_a_driver_is_entered_and_unloaded_once(void **state)
{
    struct openwsk_driver *driver = openwsk_driver_from_entry("quiet", quiet_entry);

    (void)state;
    entered = unloaded = 0;
    assert_non_null(driver);
    assert_int_equal(entered, 0);
    assert_int_equal(openwsk_driver_start(driver), 0);
    assert_int_equal(openwsk_driver_start(driver), STATUS_INVALID_DEVICE_STATE);
    assert_int_equal(entered, 1);
    assert_non_null(strstr(sink.debug, "\\Services\\quiet"));
    assert_int_equal(openwsk_driver_unload(driver), 0);
    assert_int_equal(unloaded, 1);
    assert_int_equal(openwsk_stop(), 0);
    assert_string_equal(sink.report, "");
}

static void test_stop_unloads_what_is_loaded(void **state)
{
    (void)state;
    unloaded = 0;
    for (int i = 0; i < 2; i++) {
        struct openwsk_driver *driver = openwsk_driver_from_entry(i ? "second" : "first", quiet_entry);

        assert_non_null(driver);
        assert_int_equal(openwsk_driver_start(driver), 0);
    }
    assert_int_equal(openwsk_stop(), 0);
    assert_int_equal(unloaded, 2);
}

static void test_a_failed_driver_is_not_unloaded(void **state)
{
    struct openwsk_driver *driver = openwsk_driver_from_entry("failing", failing_entry);

    (void)state;
    unloaded = 0;
    assert_string_equal(openwsk_status_name(openwsk_driver_start(driver)), "STATUS_NO_SUCH_DEVICE");
    assert_int_equal(openwsk_driver_unload(driver), 0);
    assert_int_equal(unloaded, 0);
    assert_int_equal(openwsk_stop(), 0);
}

static void see_finding(void *context, const struct openwsk_finding *finding)
{
    int *seen = context;

    assert_string_equal(finding->rule, "WSK-V16");
    assert_non_null(strstr(finding->text, "leaking left behind 1 pool block of 24 bytes, tag 'Left'"));
    assert_non_null(strstr(finding->text, "made at leaking_entry (test_host.c:"));
    assert_int_equal(finding->times, 1);
    ++*seen;
}

/* The unload reports it, the stop does not repeat it, and the next run does not inherit it. */
static void test_what_is_left_is_reported_once(void **state)
{
    struct openwsk_driver *driver = openwsk_driver_from_entry("leaking", leaking_entry);
    int seen = 0;

    (void)state;
    assert_int_equal(openwsk_driver_start(driver), 0);
    assert_int_equal(openwsk_driver_unload(driver), 1);
    assert_non_null(strstr(sink.report, "openwsk: WSK-V16: leaking left behind"));
    assert_int_equal(openwsk_stop(), 1);
    assert_int_equal(openwsk_finding_count(), 1);
    openwsk_findings(see_finding, &seen);
    assert_int_equal(seen, 1);

    assert_int_equal(openwsk_start(NULL), 0);
    assert_int_equal(openwsk_finding_count(), 0);
    ExFreePoolWithTag(left, 'tfeL');
    assert_int_equal(openwsk_stop(), 0);
}

static void test_what_the_program_leaves_is_found(void **state)
{
    PIRP irp = IoAllocateIrp(1, FALSE);

    (void)state;
    assert_int_equal(openwsk_stop(), 1);
    assert_non_null(strstr(sink.report, "the program left behind 1 IRP"));

    /* An IRP may be in flight, so the kernel stayed up; it comes down with the next run. */
    assert_int_equal(openwsk_start(NULL), 0);
    IoFreeIrp(irp);
    assert_int_equal(openwsk_stop(), 0);
}

static void test_device_control(void **state)
{
    struct openwsk_driver *driver = openwsk_driver_from_entry("control", control_entry);
    char answer[8] = "";
    size_t returned = 99;

    (void)state;
    assert_int_equal(openwsk_driver_start(driver), 0);
    assert_int_equal(openwsk_device_request("\\Device\\Control", IRP_MJ_CREATE), 0);
    assert_int_equal(openwsk_device_control("\\\\.\\Control", IOCTL_REVERSE, "abc", 3, answer,
                                            sizeof(answer), &returned), 0);
    assert_int_equal(returned, 3);
    assert_string_equal(answer, "cba");
    assert_int_equal(openwsk_device_control("\\Device\\Control", IOCTL_REVERSE, "abc", 3, answer, 2,
                                            NULL), STATUS_BUFFER_TOO_SMALL);
    assert_int_equal(openwsk_device_control("\\DosDevices\\Control", IOCTL_FAIL, NULL, 0, NULL, 0,
                                            NULL), STATUS_ACCESS_DENIED);
    assert_int_equal(openwsk_device_control("\\Device\\Control", IOCTL_LATER, NULL, 0, NULL, 0,
                                            NULL), 0);
    assert_int_equal(openwsk_device_request("\\Device\\Control", IRP_MJ_CLOSE), 0);
    assert_true(openwsk_device_request("\\Device\\Absent", IRP_MJ_CREATE) < 0);
    assert_int_equal(openwsk_stop(), 0);
    assert_true(openwsk_status_name(STATUS_SUCCESS) != NULL);
}

static void test_start_and_stop_pair_up(void **state)
{
    (void)state;
    assert_int_equal(openwsk_start(NULL), STATUS_INVALID_DEVICE_STATE);
    assert_int_equal(openwsk_stop(), 0);
    assert_int_equal(openwsk_stop(), 0);
    assert_null(openwsk_driver_from_entry("late", quiet_entry));
    assert_null(openwsk_driver_load("late.so"));
}

/* Reads nothing behind the size that the caller gave. */
static void test_an_older_caller_hands_less(void **state)
{
    struct openwsk_config config = { .size = offsetof(struct openwsk_config, report) };
    struct openwsk_driver *driver;

    (void)state;
    assert_int_equal(openwsk_stop(), 0);
    config.context = &sink;
    config.debug_output = on_debug;
    config.report = (void (*)(void *, const char *, size_t))(uintptr_t)1;
    assert_int_equal(openwsk_start(&config), 0);
    driver = openwsk_driver_from_entry("leaking", leaking_entry);
    assert_int_equal(openwsk_driver_start(driver), 0);
    ExFreePoolWithTag(left, 'tfeL');
    assert_int_equal(openwsk_stop(), 0);
}

static void count_counter(void *context, const char *name, const char *meaning, uint64_t value)
{
    (void)value;
    assert_true(*name && *meaning);
    ++*(int *)context;
}

static void test_counters_have_names(void **state)
{
    int count = 0;

    (void)state;
    openwsk_counters(count_counter, &count);
    assert_true(count > 10);
    assert_int_equal(openwsk_stop(), 0);
}

/* This program holds the library's objects, the driver asks for the shared library: two kernels. */
static void test_a_second_copy_is_refused(void **state)
{
    (void)state;
#ifdef SHARED_DRIVER
    assert_null(openwsk_driver_load(SHARED_DRIVER));
    assert_non_null(strstr(sink.report, "second copy"));
    assert_int_equal(openwsk_stop(), 0);
#else
    openwsk_stop();
    skip();
#endif
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup(name, set_up)
    const struct CMUnitTest tests[] = {
        TEST(test_a_driver_is_entered_and_unloaded_once),
        TEST(test_stop_unloads_what_is_loaded),
        TEST(test_a_failed_driver_is_not_unloaded),
        TEST(test_what_is_left_is_reported_once),
        TEST(test_what_the_program_leaves_is_found),
        TEST(test_device_control),
        TEST(test_start_and_stop_pair_up),
        TEST(test_an_older_caller_hands_less),
        TEST(test_counters_have_names),
        TEST(test_a_second_copy_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
