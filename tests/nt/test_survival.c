/* SPDX-License-Identifier: MIT */
/*
 * test_survival.c - the executive survives the failure of each of its allocations and threads, once
 * and for good: what can fail says so as Windows does, what cannot fail works, and nothing is left.
 *
 * A life starts the executive, uses one part of it and stops. Life n meets the n-th failure; the
 * sweep ends with the first that meets none. The calling thread is an object and has entered a
 * __try before: a thread without memory for that is beyond help (nt/thread.c, nt/exception.c).
 */
#include "nt_test.h"

#include "failing.h"

#include "base.h"
#include "trace.h"

#include <bcrypt.h>
#include <netioddk.h>

/* A sweep ends long before. */
#define MOST 500u

static bool for_good;

/* Whether it worked; else it failed for the reason that there is. */
static bool worked(NTSTATUS status)
{
    if (NT_SUCCESS(status))
        return true;
    assert_true(status == STATUS_INSUFFICIENT_RESOURCES || status == STATUS_NO_MEMORY);
    return false;
}

static UNICODE_STRING text(PCWSTR of)
{
    UNICODE_STRING string;

    RtlInitUnicodeString(&string, of);
    return string;
}

static OBJECT_ATTRIBUTES attributes_of(PUNICODE_STRING name)
{
    OBJECT_ATTRIBUTES attributes;

    InitializeObjectAttributes(&attributes, name, OBJ_KERNEL_HANDLE | OBJ_CASE_INSENSITIVE, NULL,
                               NULL);
    return attributes;
}

/* --- Memory ---------------------------------------------------------------------------------- */

static void use_pool(void)
{
    PVOID small = ExAllocatePool2(POOL_FLAG_NON_PAGED, 100, 'tseT');
    PVOID large = ExAllocatePool2(POOL_FLAG_PAGED, 100000, 'tseT');
    PIRP irp = IoAllocateIrp(2, FALSE);
    static char buffer[10000];
    PMDL mdl = IoAllocateMdl(buffer, sizeof(buffer), FALSE, FALSE, NULL);

    if (mdl) {
        __try {
            MmProbeAndLockPages(mdl, KernelMode, IoWriteAccess);
            MmUnlockPages(mdl);
        } __except (EXCEPTION_EXECUTE_HANDLER) {
            assert_false(worked((NTSTATUS)GetExceptionCode()));
        }
        IoFreeMdl(mdl);
    }
    if (irp)
        IoFreeIrp(irp);
    if (small)
        ExFreePool(small);
    if (large)
        ExFreePool(large);
}

static void use_lookaside(void)
{
    LOOKASIDE_LIST_EX list;
    NPAGED_LOOKASIDE_LIST old;
    PVOID block;

    ExInitializeNPagedLookasideList(&old, NULL, NULL, 0, 64, 'tseT', 0);
    if ((block = ExAllocateFromNPagedLookasideList(&old)))
        ExFreeToNPagedLookasideList(&old, block);
    ExDeleteNPagedLookasideList(&old);
    if (!worked(ExInitializeLookasideListEx(&list, NULL, NULL, NonPagedPoolNx, 0, 64, 'tseT', 0)))
        return;
    if ((block = ExAllocateFromLookasideListEx(&list)))
        ExFreeToLookasideListEx(&list, block);
    ExDeleteLookasideListEx(&list);
}

static void use_strings(void)
{
    ANSI_STRING narrow;
    UNICODE_STRING wide;

    RtlInitAnsiString(&narrow, "some words");
    if (worked(RtlAnsiStringToUnicodeString(&wide, &narrow, TRUE))) {
        if (worked(RtlUnicodeStringToAnsiString(&narrow, &wide, TRUE)))
            RtlFreeAnsiString(&narrow);
        RtlFreeUnicodeString(&wide);
    }
}

/* --- Threads --------------------------------------------------------------------------------- */

static VOID count_dpc(PKDPC dpc, PVOID context, PVOID argument1, PVOID argument2)
{
    UNREFERENCED_PARAMETER(dpc);
    UNREFERENCED_PARAMETER(argument1);
    UNREFERENCED_PARAMETER(argument2);
    ++*(int *)context;
}

static void count_item(PVOID context)
{
    (void)KeGetCurrentThread();
    trace_count((enum trace_point)0);
    ++*(_Atomic int *)context;
}

/* Neither can fail to be queued. */
static void use_deferral(void)
{
    WORK_QUEUE_ITEM items[3];
    _Atomic int worked_on = 0;
    int called = 0;
    KTIMER timer;
    KDPC dpc;

    KeInitializeDpc(&dpc, count_dpc, &called);
    assert_true(KeInsertQueueDpc(&dpc, NULL, NULL));
    KeFlushQueuedDpcs();
    assert_int_equal(called, 1);
    KeInitializeTimer(&timer);
    KeSetTimer(&timer, relative_ms(1), &dpc);
    assert_int_equal(wait_for_object(&timer), STATUS_SUCCESS);
    KeFlushQueuedDpcs();
    assert_int_equal(called, 2);
    for (int i = 0; i < 3; i++) {
        ExInitializeWorkItem(&items[i], count_item, (void *)&worked_on);
        ExQueueWorkItem(&items[i], DelayedWorkQueue);
    }
    nt_drain();
    assert_int_equal(worked_on, 3);
}

static VOID run_thread(PVOID context)
{
    ++*(_Atomic int *)context;
}

static void use_threads(void)
{
    _Atomic int ran = 0;
    int expected = 0;

    for (int i = 0; i < 3; i++) {
        HANDLE handle;
        PVOID thread;

        if (!worked(PsCreateSystemThread(&handle, THREAD_ALL_ACCESS, NULL, NULL, NULL, run_thread,
                                         (PVOID)&ran)))
            continue;
        expected++;
        assert_int_equal(ObReferenceObjectByHandle(handle, SYNCHRONIZE, *PsThreadType, KernelMode,
                                                   &thread, NULL),
                         STATUS_SUCCESS);
        wait_for_object(thread);
        ObDereferenceObject(thread);
        assert_int_equal(ZwClose(handle), STATUS_SUCCESS);
    }
    assert_int_equal(ran, expected);
}

/* Four readers want a table of owners; a reader that may wait gets in once there is memory. */
static void read_resource(void *context, unsigned index)
{
    PERESOURCE resource = context;
    static _Atomic unsigned inside;

    UNREFERENCED_PARAMETER(index);
    failing_exempt(true);
    (void)KeGetCurrentThread();
    failing_exempt(false);
    if (ExAcquireResourceSharedLite(resource, !for_good)) {
        inside++;
        while (!for_good && inside % 4 != 0)
            os_yield();
        ExReleaseResourceLite(resource);
    }
}

static void use_resource(void)
{
    ERESOURCE resource;

    assert_int_equal(ExInitializeResourceLite(&resource), STATUS_SUCCESS);
    /* A writer needs no memory. */
    assert_true(ExAcquireResourceExclusiveLite(&resource, FALSE));
    assert_true(ExAcquireResourceExclusiveLite(&resource, FALSE));
    assert_true(ExAcquireResourceSharedLite(&resource, FALSE));
    for (int i = 0; i < 3; i++)
        ExReleaseResourceLite(&resource);
    failing_exempt(true);
    crew_run(4, read_resource, &resource);
    failing_exempt(false);
    assert_int_equal(ExIsResourceAcquiredSharedLite(&resource), 0);
    assert_int_equal(ExDeleteResourceLite(&resource), STATUS_SUCCESS);
}

/* --- Names ----------------------------------------------------------------------------------- */

static void use_events(void)
{
    UNICODE_STRING name = text(L"\\BaseNamedObjects\\survival");
    OBJECT_ATTRIBUTES attributes = attributes_of(&name);
    HANDLE handle;

    if (IoCreateNotificationEvent(&name, &handle))
        assert_int_equal(ZwClose(handle), STATUS_SUCCESS);
    if (worked(ZwCreateEvent(&handle, EVENT_ALL_ACCESS, &attributes, NotificationEvent, FALSE)))
        assert_int_equal(ZwClose(handle), STATUS_SUCCESS);
}

static void use_values(HANDLE key)
{
    UNICODE_STRING name = text(L"Value");
    ULONG value = 5, size;
    char buffer[256];

    if (worked(ZwSetValueKey(key, &name, 0, REG_DWORD, &value, sizeof(value))))
        worked(ZwQueryValueKey(key, &name, KeyValueFullInformation, buffer, sizeof(buffer), &size));
}

static void use_registry(void)
{
    UNICODE_STRING name = text(L"\\Registry\\Machine\\Software\\survival");
    UNICODE_STRING standard = text(L"\\Registry\\Machine\\Hardware\\DeviceMap");
    OBJECT_ATTRIBUTES attributes = attributes_of(&name), others = attributes_of(&standard);
    HANDLE key;

    if (worked(ZwCreateKey(&key, KEY_ALL_ACCESS, &attributes, 0, NULL, 0, NULL))) {
        use_values(key);
        assert_int_equal(ZwDeleteKey(key), STATUS_SUCCESS);
        assert_int_equal(ZwClose(key), STATUS_SUCCESS);
    }
    /* A failure on the way to the keys that are always there does not keep them away for good. */
    if (worked(ZwOpenKey(&key, KEY_READ, &others)))
        assert_int_equal(ZwClose(key), STATUS_SUCCESS);
}

/* --- Drivers and devices --------------------------------------------------------------------- */

static NTSTATUS answer(PDEVICE_OBJECT device, PIRP irp)
{
    UNREFERENCED_PARAMETER(device);
    irp->IoStatus.Status = STATUS_SUCCESS;
    irp->IoStatus.Information = 0;
    IoCompleteRequest(irp, IO_NO_INCREMENT);
    return STATUS_SUCCESS;
}

static void call_device(ULONG method)
{
    char in[100] = { 0 }, out[100];
    const struct nt_device_request request = {
        .major_function = IRP_MJ_DEVICE_CONTROL,
        .control_code = CTL_CODE(FILE_DEVICE_UNKNOWN, 0x800, method, FILE_ANY_ACCESS),
        .input = in, .input_size = sizeof(in), .output = out, .output_size = sizeof(out),
    };
    ULONG_PTR information;

    worked(nt_device_call("\\Device\\Survival", &request, &information));
}

static void use_device(PDEVICE_OBJECT device)
{
    UNICODE_STRING link = text(L"\\DosDevices\\Survival"), name = text(L"\\Device\\Survival");
    PIO_WORKITEM item = IoAllocateWorkItem(device);
    PFILE_OBJECT file;
    PDEVICE_OBJECT found;

    if (item)
        IoFreeWorkItem(item);
    if (worked(IoCreateSymbolicLink(&link, &name)))
        assert_int_equal(IoDeleteSymbolicLink(&link), STATUS_SUCCESS);
    if (worked(IoGetDeviceObjectPointer(&name, FILE_ALL_ACCESS, &file, &found)))
        ObDereferenceObject(file);
    call_device(METHOD_BUFFERED);
    call_device(METHOD_OUT_DIRECT);
}

static NTSTATUS enter(PDRIVER_OBJECT driver, PUNICODE_STRING path)
{
    UNICODE_STRING name = text(L"\\Device\\Survival");
    PDEVICE_OBJECT device;
    PVOID extension;

    UNREFERENCED_PARAMETER(path);
    for (int i = 0; i <= IRP_MJ_MAXIMUM_FUNCTION; i++)
        driver->MajorFunction[i] = answer;
    worked(IoAllocateDriverObjectExtension(driver, driver, 100, &extension));
    if (worked(IoCreateDevice(driver, 100, &name, FILE_DEVICE_UNKNOWN, 0, FALSE, &device))) {
        device->Flags &= ~(ULONG)DO_DEVICE_INITIALIZING;
        use_device(device);
        IoDeleteDevice(device);
    }
    return STATUS_SUCCESS;
}

static void use_driver(void)
{
    struct nt_driver *driver;

    if (!worked(nt_driver_create("survival", &driver)))
        return;
    worked(nt_driver_set_parameter(driver, "Text", "words"));
    worked(nt_driver_set_parameter(driver, "Number", "17"));
    assert_int_equal(nt_driver_enter(driver, enter), STATUS_SUCCESS);
    nt_driver_unload(driver);
    nt_driver_destroy(driver);
}

/* --- The rest -------------------------------------------------------------------------------- */

static void use_hash(void)
{
    BCRYPT_ALG_HANDLE algorithm;
    BCRYPT_HASH_HANDLE hash;
    UCHAR digest[32];

    if (!worked(BCryptOpenAlgorithmProvider(&algorithm, BCRYPT_SHA256_ALGORITHM, NULL, 0)))
        return;
    if (worked(BCryptCreateHash(algorithm, &hash, NULL, 0, NULL, 0, 0))) {
        assert_int_equal(BCryptFinishHash(hash, digest, sizeof(digest), 0), STATUS_SUCCESS);
        assert_int_equal(BCryptDestroyHash(hash), STATUS_SUCCESS);
    }
    BCryptCloseAlgorithmProvider(algorithm, 0);
}

static void use_words(void)
{
    static char many[2000];

    memset(many, 'w', sizeof(many) - 1);
    DbgPrint("%s", many);
}

static void be_silent(const char *words, size_t length)
{
    UNREFERENCED_PARAMETER(words);
    UNREFERENCED_PARAMETER(length);
}

/* --- Network modules ------------------------------------------------------------------------- */

static const NPIID npi = { 7, 2, 3, { 4 } };
static const NPI_MODULEID module_id = { sizeof(module_id), MIT_GUID, { { 7, 9, 9, { 9 } } } };
static int attached, detached;

static NTSTATUS provider_attach(HANDLE binding, PVOID context, PNPI_REGISTRATION_INSTANCE instance,
                                PVOID client, const VOID *dispatch, PVOID *own_context,
                                const VOID **own_dispatch)
{
    (void)binding, (void)context, (void)instance, (void)client, (void)dispatch;
    *own_context = &attached;
    *own_dispatch = &npi;
    return STATUS_SUCCESS;
}

static NTSTATUS provider_detach(PVOID context)
{
    (void)context;
    return STATUS_SUCCESS;
}

static NTSTATUS client_attach(HANDLE binding, PVOID context, PNPI_REGISTRATION_INSTANCE instance)
{
    PVOID provider;
    const VOID *dispatch;

    (void)instance;
    attached++;
    return NmrClientAttachProvider(binding, context, &npi, &provider, &dispatch);
}

static NTSTATUS client_detach(PVOID context)
{
    (void)context;
    detached++;
    return STATUS_SUCCESS;
}

/* A client that is registered has met the provider. */
static void use_modules(void)
{
    NPI_PROVIDER_CHARACTERISTICS provider = {
        0, sizeof(provider), provider_attach, provider_detach, NULL,
        { 0, sizeof(NPI_REGISTRATION_INSTANCE), &npi, &module_id, 0, NULL },
    };
    NPI_CLIENT_CHARACTERISTICS client = {
        0, sizeof(client), client_attach, client_detach, NULL,
        { 0, sizeof(NPI_REGISTRATION_INSTANCE), &npi, &module_id, 0, NULL },
    };
    HANDLE providing, using;

    attached = detached = 0;
    if (!worked(NmrRegisterProvider(&provider, NULL, &providing)))
        return;
    if (worked(NmrRegisterClient(&client, &client, &using))) {
        assert_int_equal(attached, 1);
        assert_int_equal(NmrDeregisterClient(using), STATUS_PENDING);
        assert_int_equal(NmrWaitForClientDeregisterComplete(using), STATUS_SUCCESS);
    }
    assert_int_equal(attached, detached);
    assert_int_equal(NmrDeregisterProvider(providing), STATUS_PENDING);
    assert_int_equal(NmrWaitForProviderDeregisterComplete(providing), STATUS_SUCCESS);
}

/* --- Lives ----------------------------------------------------------------------------------- */

static bool live(void (*use)(void), uint32_t at)
{
    bool met;

    failing_begin(FAILING_MEMORY, at, for_good, 0);
    if (worked(nt_start())) {
        use();
        nt_drain();
        nt_stop();
    }
    met = failing_end();
    for (int kind = 0; kind < LEDGER_KIND_COUNT; kind++)
        assert_int_equal(ledger_count(kind), 0);
    return met;
}

static void sweep(void (*use)(void))
{
    uint32_t at = 1;

    while (live(use, at)) {
        at++;
        assert_in_range(at, 1, MOST);
    }
    /* Two threads of the executive at the least. */
    assert_in_range(at, 4, MOST);
}

static void test_each(void **state)
{
    sweep(*(void (**)(void))*state);
}

static void test_each_for_good(void **state)
{
    for_good = true;
    sweep(*(void (**)(void))*state);
    for_good = false;
}

static int prepare(void **state)
{
    (void)state;
    (void)KeGetCurrentThread();
    __try {
        ExRaiseStatus(STATUS_SUCCESS);
    } __except (EXCEPTION_EXECUTE_HANDLER) {
    }
    nt_debug_output(be_silent);
    return 0;
}

#define LIVES(X) X(pool) X(lookaside) X(strings) X(deferral) X(threads) X(resource) X(events) \
    X(registry) X(driver) X(hash) X(words) X(modules)

#define X(name) static void (*life_##name)(void) = use_##name;
LIVES(X)
#undef X

int main(void)
{
    const struct CMUnitTest tests[] = {
#define X(name) \
        { "use_" #name " fails once", test_each, NULL, NULL, &life_##name }, \
        { "use_" #name " fails for good", test_each_for_good, NULL, NULL, &life_##name },
        LIVES(X)
#undef X
    };

    return cmocka_run_group_tests(tests, prepare, NULL);
}
