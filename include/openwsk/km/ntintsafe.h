/* SPDX-License-Identifier: MIT */
/* Arithmetic and conversions that tell when the result does not fit: STATUS_INTEGER_OVERFLOW, and
 * the largest value of the unsigned type (or -1) in the result, else STATUS_SUCCESS. Any IRQL. */
#ifndef OPENWSK_KM_NTINTSAFE_H
#define OPENWSK_KM_NTINTSAFE_H

#include <ntdef.h>
#include <ntstatus.h>

#ifdef __cplusplus
extern "C" {
#endif

#define OPENWSK_SAFE_OPERATION(name, type, builtin)                                                \
    OPENWSK_INLINE NTSTATUS name(type Left, type Right, type *Result)                              \
    {                                                                                              \
        if (!builtin(Left, Right, Result))                                                         \
            return STATUS_SUCCESS;                                                                 \
        *Result = (type)-1;                                                                        \
        return STATUS_INTEGER_OVERFLOW;                                                            \
    }

#define OPENWSK_SAFE_ARITHMETIC(Name, type)                                                        \
    OPENWSK_SAFE_OPERATION(Rtl##Name##Add, type, __builtin_add_overflow)                           \
    OPENWSK_SAFE_OPERATION(Rtl##Name##Sub, type, __builtin_sub_overflow)                           \
    OPENWSK_SAFE_OPERATION(Rtl##Name##Mult, type, __builtin_mul_overflow)

OPENWSK_SAFE_ARITHMETIC(UInt8, UINT8)
OPENWSK_SAFE_ARITHMETIC(UShort, USHORT)
OPENWSK_SAFE_ARITHMETIC(UInt, UINT32)
OPENWSK_SAFE_ARITHMETIC(ULong, ULONG)
OPENWSK_SAFE_ARITHMETIC(ULongLong, ULONGLONG)
OPENWSK_SAFE_ARITHMETIC(ULong64, ULONG64)
OPENWSK_SAFE_ARITHMETIC(ULongPtr, ULONG_PTR)
OPENWSK_SAFE_ARITHMETIC(SizeT, SIZE_T)
OPENWSK_SAFE_ARITHMETIC(SIZET, SIZE_T)
OPENWSK_SAFE_ARITHMETIC(Int, INT32)
OPENWSK_SAFE_ARITHMETIC(Long, LONG)
OPENWSK_SAFE_ARITHMETIC(LongLong, LONGLONG)

/* Adding zero through the checked built-in is the range check, for every pair of signs. */
#define OPENWSK_SAFE_CONVERSION(name, from, to)                                                    \
    OPENWSK_INLINE NTSTATUS name(from Operand, to *Result)                                         \
    {                                                                                              \
        if (!__builtin_add_overflow(Operand, (from)0, Result))                                     \
            return STATUS_SUCCESS;                                                                 \
        *Result = (to)-1;                                                                          \
        return STATUS_INTEGER_OVERFLOW;                                                            \
    }

OPENWSK_SAFE_CONVERSION(RtlUShortToUChar, USHORT, UCHAR)
OPENWSK_SAFE_CONVERSION(RtlUShortToUInt8, USHORT, UINT8)
OPENWSK_SAFE_CONVERSION(RtlUIntToUShort, UINT32, USHORT)
OPENWSK_SAFE_CONVERSION(RtlUIntToInt, UINT32, INT32)
OPENWSK_SAFE_CONVERSION(RtlIntToUInt, INT32, UINT32)
OPENWSK_SAFE_CONVERSION(RtlIntToUShort, INT32, USHORT)
OPENWSK_SAFE_CONVERSION(RtlULongToUChar, ULONG, UCHAR)
OPENWSK_SAFE_CONVERSION(RtlULongToUInt8, ULONG, UINT8)
OPENWSK_SAFE_CONVERSION(RtlULongToUShort, ULONG, USHORT)
OPENWSK_SAFE_CONVERSION(RtlULongToLong, ULONG, LONG)
OPENWSK_SAFE_CONVERSION(RtlULongToInt, ULONG, INT32)
OPENWSK_SAFE_CONVERSION(RtlLongToULong, LONG, ULONG)
OPENWSK_SAFE_CONVERSION(RtlLongToUShort, LONG, USHORT)
OPENWSK_SAFE_CONVERSION(RtlULongLongToULong, ULONGLONG, ULONG)
OPENWSK_SAFE_CONVERSION(RtlULongLongToUShort, ULONGLONG, USHORT)
OPENWSK_SAFE_CONVERSION(RtlULongLongToLong, ULONGLONG, LONG)
OPENWSK_SAFE_CONVERSION(RtlULongLongToLongLong, ULONGLONG, LONGLONG)
OPENWSK_SAFE_CONVERSION(RtlULong64ToULong, ULONG64, ULONG)
OPENWSK_SAFE_CONVERSION(RtlLongLongToULong, LONGLONG, ULONG)
OPENWSK_SAFE_CONVERSION(RtlLongLongToLong, LONGLONG, LONG)
OPENWSK_SAFE_CONVERSION(RtlLongLongToULongLong, LONGLONG, ULONGLONG)
OPENWSK_SAFE_CONVERSION(RtlULongPtrToULong, ULONG_PTR, ULONG)
OPENWSK_SAFE_CONVERSION(RtlSizeTToULong, SIZE_T, ULONG)
OPENWSK_SAFE_CONVERSION(RtlSizeTToUShort, SIZE_T, USHORT)
OPENWSK_SAFE_CONVERSION(RtlSizeTToUInt, SIZE_T, UINT32)
OPENWSK_SAFE_CONVERSION(RtlSizeTToLong, SIZE_T, LONG)
OPENWSK_SAFE_CONVERSION(RtlSIZETToULong, SIZE_T, ULONG)
OPENWSK_SAFE_CONVERSION(RtlSIZETToUShort, SIZE_T, USHORT)

#ifdef __cplusplus
}
#endif

#endif
