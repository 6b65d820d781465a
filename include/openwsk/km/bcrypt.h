/* SPDX-License-Identifier: MIT */
/* Cryptography next generation, as far as WSK clients take it from the kernel: random numbers and
 * SHA-256. Other algorithms are refused with STATUS_NOT_FOUND.
 *
 * Protocol of a digest: BCryptOpenAlgorithmProvider; BCryptGetProperty of BCRYPT_OBJECT_LENGTH;
 * BCryptCreateHash with that much memory, or none; BCryptHashData any number of times;
 * BCryptFinishHash once; BCryptDestroyHash; BCryptCloseAlgorithmProvider. */
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
#define BCRYPT_HASH_LENGTH L"HashDigestLength"
#define BCRYPT_ALGORITHM_NAME L"AlgorithmName"
#define MS_PRIMITIVE_PROVIDER L"Microsoft Primitive Provider"

#define BCRYPT_PROV_DISPATCH 0x00000001
#define BCRYPT_ALG_HANDLE_HMAC_FLAG 0x00000008
#define BCRYPT_HASH_REUSABLE_FLAG 0x00000020
#define BCRYPT_RNG_USE_ENTROPY_IN_BUFFER 0x00000001
#define BCRYPT_USE_SYSTEM_PREFERRED_RNG 0x00000002

/* Stand for opened providers; need no closing. */
#define BCRYPT_SHA256_ALG_HANDLE ((BCRYPT_ALG_HANDLE)0x00000041)
#define BCRYPT_RNG_ALG_HANDLE ((BCRYPT_ALG_HANDLE)0x00000081)

#define BCRYPT_SUCCESS(status) ((NTSTATUS)(status) >= 0)

OPENWSK_DECLARATIONS_BEGIN

/* PASSIVE_LEVEL. With BCRYPT_PROV_DISPATCH the handle may be used up to DISPATCH_LEVEL.
 * STATUS_NOT_FOUND for an algorithm that is not here. */
NTSTATUS NTAPI BCryptOpenAlgorithmProvider(_Out_ BCRYPT_ALG_HANDLE *phAlgorithm,
                                           _In_ PCWSTR pszAlgId, _In_opt_ PCWSTR pszImplementation,
                                           _In_ ULONG dwFlags);

/* PASSIVE_LEVEL. STATUS_INVALID_HANDLE for anything that was not opened; dwFlags is 0. */
NTSTATUS NTAPI BCryptCloseAlgorithmProvider(_Inout_ BCRYPT_ALG_HANDLE hAlgorithm,
                                            _In_ ULONG dwFlags);

/* <= DISPATCH_LEVEL. A ULONG property of SHA-256. *pcbResult is its size; STATUS_BUFFER_TOO_SMALL,
 * STATUS_NOT_SUPPORTED for an unknown name. */
NTSTATUS NTAPI BCryptGetProperty(_In_ BCRYPT_HANDLE hObject, _In_ PCWSTR pszProperty,
                                 _Out_ PUCHAR pbOutput, _In_ ULONG cbOutput, _Out_ ULONG *pcbResult,
                                 _In_ ULONG dwFlags);

/* <= DISPATCH_LEVEL. Fills the buffer with random bytes. The handle is NULL exactly when the flags
 * have BCRYPT_USE_SYSTEM_PREFERRED_RNG. */
NTSTATUS NTAPI BCryptGenRandom(_In_opt_ BCRYPT_ALG_HANDLE hAlgorithm, _Out_ PUCHAR pbBuffer,
                               _In_ ULONG cbBuffer, _In_ ULONG dwFlags);

/* <= DISPATCH_LEVEL. The digest lives in the caller's memory, which stays the caller's, or when
 * that is NULL in pool. A secret (HMAC) is STATUS_NOT_SUPPORTED. */
NTSTATUS NTAPI BCryptCreateHash(_In_ BCRYPT_ALG_HANDLE hAlgorithm, _Out_ BCRYPT_HASH_HANDLE *phHash,
                                _Out_opt_ PUCHAR pbHashObject, _In_ ULONG cbHashObject,
                                _In_opt_ PUCHAR pbSecret, _In_ ULONG cbSecret, _In_ ULONG dwFlags);

/* <= DISPATCH_LEVEL. */
NTSTATUS NTAPI BCryptHashData(_Inout_ BCRYPT_HASH_HANDLE hHash, _In_ PUCHAR pbInput,
                              _In_ ULONG cbInput, _In_ ULONG dwFlags);

/* <= DISPATCH_LEVEL. cbOutput is 32. Afterwards the digest can only be destroyed. */
NTSTATUS NTAPI BCryptFinishHash(_Inout_ BCRYPT_HASH_HANDLE hHash, _Out_ PUCHAR pbOutput,
                                _In_ ULONG cbOutput, _In_ ULONG dwFlags);

/* <= DISPATCH_LEVEL. */
NTSTATUS NTAPI BCryptDestroyHash(_Inout_ BCRYPT_HASH_HANDLE hHash);

OPENWSK_DECLARATIONS_END

#endif
