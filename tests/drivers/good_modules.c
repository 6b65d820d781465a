/* SPDX-License-Identifier: MIT */
/*
 * good_modules.c - a provider and a client of an interface of its own, which find each other through the network
 * module registrar; the provider hands out a digest over random bytes. It undoes what it has done whatever fails.
 */
/* DENIED NmrRegisterProvider NmrRegisterClient BCryptOpenAlgorithmProvider ExAllocatePool */
#include <ntddk.h>

#include <bcrypt.h>
#include <netioddk.h>

#define TAG 'ludM'
#define DIGEST 32

typedef NTSTATUS DIGEST_FN(PUCHAR Digest);

static const NPIID Interface = { 0x6f70656e, 1, 2, { 'd', 'i', 'g', 'e', 's', 't' } };
static const NPI_MODULEID Module = { sizeof(Module), MIT_GUID, { { 0x6f70656e, 3, 4, { 'g' } } } };
static HANDLE Provider, Client;

/* Of the client, while it is attached. */
static DIGEST_FN *const *Attached;

/* --- A digest -------------------------------------------------------------------------------- */

static NTSTATUS
Hash(BCRYPT_ALG_HANDLE Algorithm, PUCHAR Object, ULONG ObjectSize, PUCHAR Digest)
{
    UCHAR Random[16];
    BCRYPT_HASH_HANDLE Handle;
    NTSTATUS Status = BCryptGenRandom(NULL, Random, sizeof(Random), BCRYPT_USE_SYSTEM_PREFERRED_RNG);

    if (NT_SUCCESS(Status)) {
        Status = BCryptCreateHash(Algorithm, &Handle, Object, ObjectSize, NULL, 0, 0);
    }
    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = BCryptHashData(Handle, Random, sizeof(Random), 0);
    if (NT_SUCCESS(Status)) {
        Status = BCryptFinishHash(Handle, Digest, DIGEST, 0);
    }
    BCryptDestroyHash(Handle);
    return Status;
}

/* In memory of the driver's. */
static NTSTATUS
HashInOwnMemory(BCRYPT_ALG_HANDLE Algorithm, PUCHAR Digest)
{
    ULONG Size, Length;
    PUCHAR Object;
    NTSTATUS Status = BCryptGetProperty(Algorithm, BCRYPT_OBJECT_LENGTH, (PUCHAR)&Size,
                                        sizeof(Size), &Length, 0);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Object = ExAllocatePool2(POOL_FLAG_NON_PAGED, Size, TAG);
    if (Object == NULL) {
        return STATUS_INSUFFICIENT_RESOURCES;
    }
    Status = Hash(Algorithm, Object, Size, Digest);
    ExFreePoolWithTag(Object, TAG);
    return Status;
}

static NTSTATUS
MakeDigest(PUCHAR Digest)
{
    BCRYPT_ALG_HANDLE Algorithm;
    NTSTATUS Status = BCryptOpenAlgorithmProvider(&Algorithm, BCRYPT_SHA256_ALGORITHM, NULL, 0);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Status = Hash(Algorithm, NULL, 0, Digest);
    if (NT_SUCCESS(Status)) {
        Status = HashInOwnMemory(Algorithm, Digest);
    }
    BCryptCloseAlgorithmProvider(Algorithm, 0);
    return Status;
}

/* --- The provider ---------------------------------------------------------------------------- */

static DIGEST_FN *const ProviderDispatch = MakeDigest;

static NTSTATUS NTAPI
AttachClient(HANDLE Binding, PVOID Context, PNPI_REGISTRATION_INSTANCE Instance,
             PVOID ClientContext, const void *ClientDispatch, PVOID *ProviderContext,
             const void **Dispatch)
{
    UNREFERENCED_PARAMETER(Binding);
    UNREFERENCED_PARAMETER(Instance);
    UNREFERENCED_PARAMETER(ClientContext);
    UNREFERENCED_PARAMETER(ClientDispatch);
    *ProviderContext = Context;
    *Dispatch = &ProviderDispatch;
    return STATUS_SUCCESS;
}

/* Of either side: no call into the other is in progress when this one's driver unloads. */
static NTSTATUS NTAPI
Detach(PVOID Context)
{
    UNREFERENCED_PARAMETER(Context);
    return STATUS_SUCCESS;
}

static const NPI_PROVIDER_CHARACTERISTICS ProviderCharacteristics = {
    .Length = sizeof(ProviderCharacteristics),
    .ProviderAttachClient = AttachClient,
    .ProviderDetachClient = Detach,
    .ProviderRegistrationInstance = { 0, sizeof(NPI_REGISTRATION_INSTANCE), &Interface, &Module, 0, NULL },
};

/* --- The client ------------------------------------------------------------------------------ */

static NTSTATUS NTAPI
AttachProvider(HANDLE Binding, PVOID Context, PNPI_REGISTRATION_INSTANCE Instance)
{
    PVOID ProviderContext;
    const void *Dispatch;
    NTSTATUS Status = NmrClientAttachProvider(Binding, Context, NULL, &ProviderContext, &Dispatch);

    UNREFERENCED_PARAMETER(Instance);
    if (NT_SUCCESS(Status)) {
        Attached = Dispatch;
    }
    return Status;
}

static const NPI_CLIENT_CHARACTERISTICS ClientCharacteristics = {
    .Length = sizeof(ClientCharacteristics),
    .ClientAttachProvider = AttachProvider,
    .ClientDetachProvider = Detach,
    .ClientRegistrationInstance = { 0, sizeof(NPI_REGISTRATION_INSTANCE), &Interface, &Module, 0, NULL },
};

/* --- The driver ------------------------------------------------------------------------------ */

static VOID
Deregister(VOID)
{
    if (Client != NULL && NmrDeregisterClient(Client) == STATUS_PENDING) {
        NmrWaitForClientDeregisterComplete(Client);
    }
    if (Provider != NULL && NmrDeregisterProvider(Provider) == STATUS_PENDING) {
        NmrWaitForProviderDeregisterComplete(Provider);
    }
    Client = Provider = NULL;
}

static NTSTATUS
Register(VOID)
{
    HANDLE Handle;
    NTSTATUS Status = NmrRegisterProvider(&ProviderCharacteristics, NULL, &Handle);

    if (!NT_SUCCESS(Status)) {
        return Status;
    }
    Provider = Handle;
    Status = NmrRegisterClient(&ClientCharacteristics, NULL, &Handle);
    if (NT_SUCCESS(Status)) {
        Client = Handle;
    }
    return Status;
}

static VOID
DriverUnload(PDRIVER_OBJECT DriverObject)
{
    UNREFERENCED_PARAMETER(DriverObject);
    Deregister();
}

DRIVER_INITIALIZE DriverEntry;

NTSTATUS
DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    UCHAR Digest[DIGEST];
    NTSTATUS Status = Register();

    UNREFERENCED_PARAMETER(RegistryPath);
    DriverObject->DriverUnload = DriverUnload;
    if (NT_SUCCESS(Status)) {
        Status = Attached != NULL ? (*Attached)(Digest) : STATUS_NOINTERFACE;
    }
    if (!NT_SUCCESS(Status)) {
        Deregister();
    }
    return Status;
}
