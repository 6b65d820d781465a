/* SPDX-License-Identifier: MIT */
/* bcrypt.h: random numbers and SHA-256. A provider handle is the pseudo handle of its algorithm, so
 * that opening allocates nothing and every handle works at every permitted IRQL. */
#include "nt_internal.h"
#include "sha256.h"

#include <bcrypt.h>

#define HASH_TAG 0x68536342 /* "BcSh" */
#define HASH_ALIVE 0x48736831

struct hash {
    ULONG alive;
    BOOLEAN owned; /* by us, not by the caller */
    BOOLEAN finished;
    struct sha256 sha;
};

static bool is_name(PCWSTR name, const char *expected)
{
    while (*expected != 0 && *name == (WCHAR)*expected)
        name++, expected++;
    return *expected == 0 && *name == 0;
}

static bool is_provider(BCRYPT_ALG_HANDLE handle)
{
    return handle == BCRYPT_RNG_ALG_HANDLE || handle == BCRYPT_SHA256_ALG_HANDLE;
}

NTSTATUS NTAPI BCryptOpenAlgorithmProvider(BCRYPT_ALG_HANDLE *phAlgorithm, PCWSTR pszAlgId,
                                           PCWSTR pszImplementation, ULONG dwFlags)
{
    (void)pszImplementation;
    if (phAlgorithm == NULL || pszAlgId == NULL)
        return STATUS_INVALID_PARAMETER;
    if ((dwFlags & ~BCRYPT_PROV_DISPATCH) != 0)
        return STATUS_NOT_SUPPORTED;
    if (hook_fail_call("BCryptOpenAlgorithmProvider", NT_CALLER()))
        return STATUS_NO_MEMORY;
    if (is_name(pszAlgId, "RNG"))
        *phAlgorithm = BCRYPT_RNG_ALG_HANDLE;
    else if (is_name(pszAlgId, "SHA256"))
        *phAlgorithm = BCRYPT_SHA256_ALG_HANDLE;
    else
        return STATUS_NOT_FOUND;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI BCryptCloseAlgorithmProvider(BCRYPT_ALG_HANDLE hAlgorithm, ULONG dwFlags)
{
    (void)dwFlags;
    return is_provider(hAlgorithm) ? STATUS_SUCCESS : STATUS_INVALID_HANDLE;
}

NTSTATUS NTAPI BCryptGenRandom(BCRYPT_ALG_HANDLE hAlgorithm, PUCHAR pbBuffer, ULONG cbBuffer,
                               ULONG dwFlags)
{
    BCRYPT_ALG_HANDLE expected =
        dwFlags & BCRYPT_USE_SYSTEM_PREFERRED_RNG ? NULL : BCRYPT_RNG_ALG_HANDLE;

    if (hAlgorithm != expected)
        return STATUS_INVALID_HANDLE;
    if (pbBuffer == NULL)
        return STATUS_INVALID_PARAMETER;
    os_random(pbBuffer, cbBuffer);
    return STATUS_SUCCESS;
}

/* --- Digests --------------------------------------------------------------------------------- */

static struct hash *find_hash(BCRYPT_HASH_HANDLE handle)
{
    struct hash *hash = handle;

    return hash != NULL && hash->alive == HASH_ALIVE ? hash : NULL;
}

NTSTATUS NTAPI BCryptGetProperty(BCRYPT_HANDLE hObject, PCWSTR pszProperty, PUCHAR pbOutput,
                                 ULONG cbOutput, ULONG *pcbResult, ULONG dwFlags)
{
    ULONG value;

    (void)dwFlags;
    if (hObject != BCRYPT_SHA256_ALG_HANDLE && (is_provider(hObject) || find_hash(hObject) == NULL))
        return STATUS_NOT_SUPPORTED;
    if (pszProperty == NULL || pcbResult == NULL)
        return STATUS_INVALID_PARAMETER;
    if (is_name(pszProperty, "ObjectLength"))
        value = sizeof(struct hash);
    else if (is_name(pszProperty, "HashDigestLength"))
        value = SHA256_DIGEST;
    else
        return STATUS_NOT_SUPPORTED;
    *pcbResult = sizeof(value);
    if (pbOutput == NULL)
        return STATUS_SUCCESS;
    if (cbOutput < sizeof(value))
        return STATUS_BUFFER_TOO_SMALL;
    RtlCopyMemory(pbOutput, &value, sizeof(value));
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI BCryptCreateHash(BCRYPT_ALG_HANDLE hAlgorithm, BCRYPT_HASH_HANDLE *phHash,
                                PUCHAR pbHashObject, ULONG cbHashObject, PUCHAR pbSecret,
                                ULONG cbSecret, ULONG dwFlags)
{
    struct hash *hash = (struct hash *)(PVOID)pbHashObject;

    if (hAlgorithm != BCRYPT_SHA256_ALG_HANDLE)
        return STATUS_INVALID_HANDLE;
    if (pbSecret != NULL || cbSecret != 0 || dwFlags != 0)
        return STATUS_NOT_SUPPORTED;
    if (phHash == NULL)
        return STATUS_INVALID_PARAMETER;
    if (hash != NULL && cbHashObject < sizeof(*hash))
        return STATUS_BUFFER_TOO_SMALL;
    if (hash == NULL)
        hash = nt_pool_allocate(sizeof(*hash), HASH_TAG, NT_CALLER());
    if (hash == NULL)
        return STATUS_INSUFFICIENT_RESOURCES;
    hash->alive = HASH_ALIVE;
    hash->owned = pbHashObject == NULL;
    hash->finished = FALSE;
    sha256_start(&hash->sha);
    *phHash = hash;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI BCryptHashData(BCRYPT_HASH_HANDLE hHash, PUCHAR pbInput, ULONG cbInput,
                              ULONG dwFlags)
{
    struct hash *hash = find_hash(hHash);

    (void)dwFlags;
    if (hash == NULL)
        return STATUS_INVALID_HANDLE;
    if (hash->finished || (pbInput == NULL && cbInput > 0))
        return STATUS_INVALID_PARAMETER;
    sha256_add(&hash->sha, pbInput, cbInput);
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI BCryptFinishHash(BCRYPT_HASH_HANDLE hHash, PUCHAR pbOutput, ULONG cbOutput,
                                ULONG dwFlags)
{
    struct hash *hash = find_hash(hHash);

    (void)dwFlags;
    if (hash == NULL)
        return STATUS_INVALID_HANDLE;
    if (hash->finished || pbOutput == NULL || cbOutput != SHA256_DIGEST)
        return STATUS_INVALID_PARAMETER;
    sha256_finish(&hash->sha, pbOutput);
    hash->finished = TRUE;
    return STATUS_SUCCESS;
}

NTSTATUS NTAPI BCryptDestroyHash(BCRYPT_HASH_HANDLE hHash)
{
    struct hash *hash = find_hash(hHash);

    if (hash == NULL)
        return STATUS_INVALID_HANDLE;
    hash->alive = 0;
    if (hash->owned)
        ExFreePoolWithTag(hash, HASH_TAG);
    return STATUS_SUCCESS;
}
