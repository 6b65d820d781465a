/* SPDX-License-Identifier: MIT */
/* Cryptography next generation, as far as WSK clients take it from the kernel: random numbers. Other
 * algorithms are refused with STATUS_NOT_FOUND. */
#ifndef OPENWSK_KM_BCRYPT_H
#define OPENWSK_KM_BCRYPT_H

#include <ntdef.h>
#include <ntstatus.h>

typedef PVOID BCRYPT_HANDLE;
typedef PVOID BCRYPT_ALG_HANDLE;
typedef PVOID BCRYPT_KEY_HANDLE;
typedef PVOID BCRYPT_HASH_HANDLE;
typedef PVOID BCRYPT_SECRET_HANDLE;

#define BCRYPT_RNG_ALGORITHM L"RNG"
#define BCRYPT_SHA256_ALGORITHM L"SHA256"
#define BCRYPT_OBJECT_LENGTH L"ObjectLength"
#define MS_PRIMITIVE_PROVIDER L"Microsoft Primitive Provider"

#define BCRYPT_PROV_DISPATCH 0x00000001
#define BCRYPT_RNG_USE_ENTROPY_IN_BUFFER 0x00000001
#define BCRYPT_USE_SYSTEM_PREFERRED_RNG 0x00000002

/* Stands for an opened generator; needs no closing. */
#define BCRYPT_RNG_ALG_HANDLE ((BCRYPT_ALG_HANDLE)0x00000081)

OPENWSK_DECLARATIONS_BEGIN

/* PASSIVE_LEVEL. With BCRYPT_PROV_DISPATCH the handle may be used up to DISPATCH_LEVEL.
 * STATUS_NOT_FOUND for an algorithm that is not here. */
NTSTATUS NTAPI BCryptOpenAlgorithmProvider(_Out_ BCRYPT_ALG_HANDLE *phAlgorithm,
                                           _In_ PCWSTR pszAlgId, _In_opt_ PCWSTR pszImplementation,
                                           _In_ ULONG dwFlags);

/* PASSIVE_LEVEL. STATUS_INVALID_HANDLE for anything that was not opened; dwFlags is 0. */
NTSTATUS NTAPI BCryptCloseAlgorithmProvider(_Inout_ BCRYPT_ALG_HANDLE hAlgorithm,
                                            _In_ ULONG dwFlags);

/* <= DISPATCH_LEVEL. Fills the buffer with random bytes. The handle is NULL exactly when the flags
 * have BCRYPT_USE_SYSTEM_PREFERRED_RNG. */
NTSTATUS NTAPI BCryptGenRandom(_In_opt_ BCRYPT_ALG_HANDLE hAlgorithm, _Out_ PUCHAR pbBuffer,
                               _In_ ULONG cbBuffer, _In_ ULONG dwFlags);

OPENWSK_DECLARATIONS_END

#ifndef BCRYPT_SUCCESS
#define BCRYPT_SUCCESS(status) ((NTSTATUS)(status) >= 0)
#endif

#endif
