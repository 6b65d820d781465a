/* SPDX-License-Identifier: MIT */
/*
 * nmr.c - the network module registrar: it pairs clients and providers of an interface, and takes
 * the pairs apart.
 *
 * A module is a registered client or provider. A binding is a client and a provider of one
 * interface that were shown to each other, whether they attached or not, so that no pair is shown
 * twice:
 *
 *  1. Whoever registers second makes the binding and calls the client, which may attach.
 *  2. Whoever deregisters detaches each binding: both sides are called, and each finishes its half
 *     at once or later.
 *  3. The last half runs the cleanup functions; the last binding of a deregistering module ends
 *     its deregistration.
 *
 * No lock is held while a module is called.
 */
#include "nt_internal.h"

#include <netioddk.h>

#include <string.h>

struct module {
    struct list link;
    const NPI_CLIENT_CHARACTERISTICS *client;     /* one of the two */
    const NPI_PROVIDER_CHARACTERISTICS *provider;
    const NPI_REGISTRATION_INSTANCE *instance;    /* in it */
    PVOID context;
    unsigned bindings;   /* that are not over */
    bool deregistering;
    bool listed;         /* in the ledger */
    KEVENT done;
    struct ledger_entry ledger;
};

enum binding_state { ATTACHING, BOUND, DETACHING, DECLINED };

struct binding {
    struct list link;
    struct module *client, *provider;
    enum binding_state state;
    bool attached;                     /* the provider has taken the client */
    bool client_failed;                /* and then the client gave up: it is not called again */
    bool client_done, provider_done;   /* while detaching: whose half is over */
    unsigned halves;                   /* left, and one for whoever calls the two */
    PVOID client_context, provider_context;
};

static struct base_lock lock;
static struct list modules = LIST_INITIALISER(modules);
static struct list bindings = LIST_INITIALISER(bindings);

static _Noreturn void stop(const char *function, const void *handle, const char *what)
{
    NT_BUG(DRIVER_VERIFIER_DETECTED_VIOLATION, handle, 0, 0, 0, "%s: %s", function, what);
}

/* --- Lists, under the lock ------------------------------------------------------------------- */

static struct module *find_module(HANDLE handle, bool client)
{
    list_for_each(link, &modules) {
        struct module *module = container_of(link, struct module, link);

        if (module == handle && (module->client != NULL) == client)
            return module;
    }
    return NULL;
}

static struct binding *find_binding(HANDLE handle)
{
    list_for_each(link, &bindings) {
        if (container_of(link, struct binding, link) == handle)
            return handle;
    }
    return NULL;
}

static bool were_shown(const struct module *one, const struct module *other)
{
    list_for_each(link, &bindings) {
        const struct binding *binding = container_of(link, struct binding, link);

        if ((binding->client == one && binding->provider == other) ||
            (binding->client == other && binding->provider == one))
            return true;
    }
    return false;
}

static bool are_for_each_other(const struct module *one, const struct module *other)
{
    return (one->client != NULL) != (other->client != NULL) && !other->deregistering &&
           memcmp(one->instance->NpiId, other->instance->NpiId, sizeof(NPIID)) == 0;
}

/* NULL when there is none left, or no memory for it. */
static struct binding *bind_next(struct module *module, bool *no_memory)
{
    list_for_each(link, &modules) {
        struct module *other = container_of(link, struct module, link);
        struct binding *binding;

        if (!are_for_each_other(module, other) || were_shown(module, other))
            continue;
        binding = os_allocate_zeroed(sizeof(*binding));
        *no_memory = !binding;
        if (!binding)
            return NULL;
        binding->client = module->client ? module : other;
        binding->provider = module->client ? other : module;
        binding->client->bindings++;
        binding->provider->bindings++;
        list_push_back(&bindings, &binding->link);
        return binding;
    }
    return NULL;
}

/* Whether that was what the module's deregistration waited for. */
static bool drop_binding(struct module *module)
{
    return --module->bindings == 0 && module->deregistering;
}

/* --- Taking apart ---------------------------------------------------------------------------- */

static void end_binding(struct binding *binding)
{
    struct module *client = binding->client, *provider = binding->provider;
    bool client_over, provider_over;

    base_lock_acquire(&lock);
    list_remove(&binding->link);
    client_over = drop_binding(client);
    provider_over = drop_binding(provider);
    base_lock_release(&lock);
    os_free(binding);
    if (client_over)
        KeSetEvent(&client->done, IO_NO_INCREMENT, FALSE);
    if (provider_over)
        KeSetEvent(&provider->done, IO_NO_INCREMENT, FALSE);
}

/* A pair that came apart because the client gave up stays known, so that it is not shown again. */
static bool keep_as_declined(struct binding *binding)
{
    bool keep;

    base_lock_acquire(&lock);
    keep = binding->client_failed && !binding->client->deregistering &&
           !binding->provider->deregistering;
    if (keep) {
        binding->state = DECLINED;
        binding->attached = false;
    }
    base_lock_release(&lock);
    return keep;
}

static void clean_up(struct binding *binding)
{
    const NPI_CLIENT_CHARACTERISTICS *client = binding->client->client;
    const NPI_PROVIDER_CHARACTERISTICS *provider = binding->provider->provider;

    if (client->ClientCleanupBindingContext && !binding->client_failed)
        client->ClientCleanupBindingContext(binding->client_context);
    if (provider->ProviderCleanupBindingContext)
        provider->ProviderCleanupBindingContext(binding->provider_context);
    if (!keep_as_declined(binding))
        end_binding(binding);
}

/* Drops one of the three that hold the binding; the last one out cleans up. */
static void drop_half(struct binding *binding)
{
    bool last;

    base_lock_acquire(&lock);
    last = --binding->halves == 0;
    base_lock_release(&lock);
    if (last)
        clean_up(binding);
}

static void half_done(struct binding *binding, bool *done, const char *function)
{
    bool twice;

    base_lock_acquire(&lock);
    twice = *done;
    *done = true;
    base_lock_release(&lock);
    if (twice)
        stop(function, binding, "this half of the detachment had been completed before");
    drop_half(binding);
}

/* The binding's state became DETACHING in the caller's hands. */
static void detach(struct binding *binding)
{
    const NPI_CLIENT_CHARACTERISTICS *client = binding->client->client;
    const NPI_PROVIDER_CHARACTERISTICS *provider = binding->provider->provider;

    if (!binding->client_failed &&
        client->ClientDetachProvider(binding->client_context) != STATUS_PENDING)
        half_done(binding, &binding->client_done, "ClientDetachProvider");
    if (provider->ProviderDetachClient(binding->provider_context) != STATUS_PENDING)
        half_done(binding, &binding->provider_done, "ProviderDetachClient");
    drop_half(binding);
}

/* Under the lock. */
static void begin_detach(struct binding *binding, bool client_failed)
{
    binding->state = DETACHING;
    binding->halves = client_failed ? 2 : 3;
    binding->client_failed = client_failed;
    binding->client_done = client_failed;
}

/* A binding of the module that can be detached now. */
static struct binding *next_to_detach(struct module *module)
{
    struct binding *found = NULL;

    base_lock_acquire(&lock);
    list_for_each(link, &bindings) {
        struct binding *binding = container_of(link, struct binding, link);

        if ((binding->client == module || binding->provider == module) &&
            (binding->state == BOUND || binding->state == DECLINED)) {
            found = binding;
            break;
        }
    }
    if (found && found->state == BOUND)
        begin_detach(found, false);
    else if (found)
        found->state = DETACHING;
    base_lock_release(&lock);
    return found;
}

/* --- Putting together ------------------------------------------------------------------------ */

static void show(struct binding *binding)
{
    struct module *client = binding->client;
    NTSTATUS status = client->client->ClientAttachProvider(binding, client->context,
                                                           binding->provider->instance);
    bool bound, leave, part;

    base_lock_acquire(&lock);
    bound = binding->attached && NT_SUCCESS(status);
    binding->state = bound ? BOUND : DECLINED;
    /* A module that wanted to go meanwhile left this binding to us. */
    leave = client->deregistering || binding->provider->deregistering;
    part = binding->attached && (leave || !bound);
    if (part)
        begin_detach(binding, !bound);
    else if (leave)
        binding->state = DETACHING;
    base_lock_release(&lock);
    if (part)
        detach(binding);
    else if (leave)
        end_binding(binding);
}

static struct module *create_module(const NPI_REGISTRATION_INSTANCE *instance, PVOID context)
{
    struct module *module = os_allocate_zeroed(sizeof(*module));

    if (!module)
        return NULL;
    module->instance = instance;
    module->context = context;
    KeInitializeEvent(&module->done, NotificationEvent, FALSE);
    return module;
}

/*
 * From here on others may find it. `place` NULL: the house's own. False when it could not be shown
 * to all.
 */
static bool publish(struct module *module, const void *place)
{
    bool over, no_memory = false;
    struct binding *binding;

    module->listed = place != NULL;
    module->bindings = 1; /* a deregistration from within an attach callback ends after this */
    if (place)
        ledger_add(&module->ledger, LEDGER_MODULE, module, place);
    base_lock_acquire(&lock);
    list_push_back(&modules, &module->link);
    while (!module->deregistering && (binding = bind_next(module, &no_memory)) != NULL) {
        base_lock_release(&lock);
        show(binding);
        base_lock_acquire(&lock);
    }
    over = drop_binding(module);
    base_lock_release(&lock);
    if (over)
        KeSetEvent(&module->done, IO_NO_INCREMENT, FALSE);
    return !no_memory;
}

static NTSTATUS deregister(HANDLE handle, bool client);
static NTSTATUS wait_for(HANDLE handle, bool client);

/* A registration that would miss somebody is none; unless its callback ended it itself. */
static NTSTATUS withdraw(HANDLE *handle, bool client)
{
    if (deregister(*handle, client) != STATUS_PENDING)
        return STATUS_SUCCESS;
    wait_for(*handle, client);
    *handle = NULL;
    return STATUS_INSUFFICIENT_RESOURCES;
}

static bool is_instance(const NPI_REGISTRATION_INSTANCE *instance)
{
    return instance->Version == 0 && instance->Size == sizeof(*instance) && instance->NpiId;
}

NTSTATUS NmrRegisterClient(PNPI_CLIENT_CHARACTERISTICS client, PVOID context, PHANDLE handle)
{
    struct module *module;

    nt_require_irql(PASSIVE_LEVEL, "NmrRegisterClient", NT_CALLER());
    if (hook_fail_call("NmrRegisterClient", NT_CALLER()))
        return STATUS_INSUFFICIENT_RESOURCES;
    if (!client || !handle || client->Version != 0 || client->Length != sizeof(*client) ||
        !client->ClientAttachProvider || !client->ClientDetachProvider ||
        !is_instance(&client->ClientRegistrationInstance))
        return STATUS_INVALID_PARAMETER;
    module = create_module(&client->ClientRegistrationInstance, context);
    if (!module)
        return STATUS_INSUFFICIENT_RESOURCES;
    module->client = client;
    *handle = module;
    return publish(module, NT_CALLER()) ? STATUS_SUCCESS : withdraw(handle, true);
}

static NTSTATUS register_provider(PNPI_PROVIDER_CHARACTERISTICS provider, PVOID context,
                                  PHANDLE handle, const void *place)
{
    struct module *module;

    if (!provider || !handle || provider->Version != 0 || provider->Length != sizeof(*provider) ||
        !provider->ProviderAttachClient || !provider->ProviderDetachClient ||
        !is_instance(&provider->ProviderRegistrationInstance))
        return STATUS_INVALID_PARAMETER;
    module = create_module(&provider->ProviderRegistrationInstance, context);
    if (!module)
        return STATUS_INSUFFICIENT_RESOURCES;
    module->provider = provider;
    *handle = module;
    return publish(module, place) ? STATUS_SUCCESS : withdraw(handle, false);
}

NTSTATUS NmrRegisterProvider(PNPI_PROVIDER_CHARACTERISTICS provider, PVOID context, PHANDLE handle)
{
    nt_require_irql(PASSIVE_LEVEL, "NmrRegisterProvider", NT_CALLER());
    if (hook_fail_call("NmrRegisterProvider", NT_CALLER()))
        return STATUS_INSUFFICIENT_RESOURCES;
    return register_provider(provider, context, handle, NT_CALLER());
}

NTSTATUS nt_provider_register(const struct _NPI_PROVIDER_CHARACTERISTICS *provider, PVOID context,
                              PHANDLE handle)
{
    return register_provider(provider, context, handle, NULL);
}

NTSTATUS NmrClientAttachProvider(HANDLE handle, PVOID client_context, const void *client_dispatch,
                                 PVOID *provider_context, const void **provider_dispatch)
{
    const NPI_PROVIDER_CHARACTERISTICS *provider;
    struct binding *binding;
    NTSTATUS status;

    nt_require_irql(PASSIVE_LEVEL, "NmrClientAttachProvider", NT_CALLER());
    base_lock_acquire(&lock);
    binding = find_binding(handle);
    if (binding && (binding->state != ATTACHING || binding->attached))
        binding = NULL;
    base_lock_release(&lock);
    if (!binding || !provider_context || !provider_dispatch)
        return STATUS_INVALID_PARAMETER;
    provider = binding->provider->provider;
    status = provider->ProviderAttachClient(handle, binding->provider->context,
                                            binding->client->instance, client_context,
                                            client_dispatch, provider_context, provider_dispatch);
    if (!NT_SUCCESS(status))
        return status;
    binding->client_context = client_context;
    binding->provider_context = *provider_context;
    binding->attached = true;
    return status;
}

/* --- Going ----------------------------------------------------------------------------------- */

static NTSTATUS deregister(HANDLE handle, bool client)
{
    struct module *module;
    struct binding *binding;
    bool over;

    base_lock_acquire(&lock);
    module = find_module(handle, client);
    if (!module || module->deregistering) {
        base_lock_release(&lock);
        return STATUS_INVALID_PARAMETER;
    }
    module->deregistering = true;
    module->bindings++; /* so that the end comes after the last of these */
    base_lock_release(&lock);
    while ((binding = next_to_detach(module)) != NULL) {
        if (binding->attached)
            detach(binding);
        else
            end_binding(binding);
    }
    base_lock_acquire(&lock);
    over = drop_binding(module);
    base_lock_release(&lock);
    if (over)
        KeSetEvent(&module->done, IO_NO_INCREMENT, FALSE);
    return STATUS_PENDING;
}

static NTSTATUS wait_for(HANDLE handle, bool client)
{
    struct module *module;

    base_lock_acquire(&lock);
    module = find_module(handle, client);
    if (module && !module->deregistering)
        module = NULL;
    if (module)
        list_remove(&module->link);
    base_lock_release(&lock);
    if (!module)
        return STATUS_INVALID_PARAMETER;
    KeWaitForSingleObject(&module->done, Executive, KernelMode, FALSE, NULL);
    if (module->listed)
        ledger_remove(&module->ledger);
    os_free(module);
    return STATUS_SUCCESS;
}

NTSTATUS NmrDeregisterClient(HANDLE handle)
{
    nt_require_irql(DISPATCH_LEVEL, "NmrDeregisterClient", NT_CALLER());
    return deregister(handle, true);
}

NTSTATUS NmrDeregisterProvider(HANDLE handle)
{
    nt_require_irql(DISPATCH_LEVEL, "NmrDeregisterProvider", NT_CALLER());
    return deregister(handle, false);
}

NTSTATUS NmrWaitForClientDeregisterComplete(HANDLE handle)
{
    nt_require_irql(APC_LEVEL, "NmrWaitForClientDeregisterComplete", NT_CALLER());
    return wait_for(handle, true);
}

NTSTATUS NmrWaitForProviderDeregisterComplete(HANDLE handle)
{
    nt_require_irql(APC_LEVEL, "NmrWaitForProviderDeregisterComplete", NT_CALLER());
    return wait_for(handle, false);
}

static struct binding *require_detaching(HANDLE handle, const char *function)
{
    struct binding *binding;

    base_lock_acquire(&lock);
    binding = find_binding(handle);
    if (binding && binding->state != DETACHING)
        binding = NULL;
    base_lock_release(&lock);
    if (!binding)
        stop(function, handle, "the handle is of no binding that is being detached");
    return binding;
}

void NmrClientDetachProviderComplete(HANDLE handle)
{
    struct binding *binding;

    nt_require_irql(DISPATCH_LEVEL, "NmrClientDetachProviderComplete", NT_CALLER());
    binding = require_detaching(handle, "NmrClientDetachProviderComplete");
    half_done(binding, &binding->client_done, "NmrClientDetachProviderComplete");
}

void NmrProviderDetachClientComplete(HANDLE handle)
{
    struct binding *binding;

    nt_require_irql(DISPATCH_LEVEL, "NmrProviderDetachClientComplete", NT_CALLER());
    binding = require_detaching(handle, "NmrProviderDetachClientComplete");
    half_done(binding, &binding->provider_done, "NmrProviderDetachClientComplete");
}
