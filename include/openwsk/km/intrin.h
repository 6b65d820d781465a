/* SPDX-License-Identifier: MIT */
/*
 * intrin.h - the Microsoft compiler's intrinsics. The atomic ones stand in openwsk/interlocked.h.
 */
#ifndef OPENWSK_KM_INTRIN_H
#define OPENWSK_KM_INTRIN_H

#include "openwsk/interlocked.h"

#if defined(__x86_64__)
#include <emmintrin.h>

OPENWSK_INLINE VOID openwsk_cpuid(int registers[4], int leaf, int subleaf)
{
    __asm__ __volatile__("cpuid"
                         : "=a"(registers[0]), "=b"(registers[1]), "=c"(registers[2]),
                           "=d"(registers[3])
                         : "0"(leaf), "2"(subleaf));
}
#define __cpuid(registers, leaf) openwsk_cpuid((int *)(registers), (int)(leaf), 0)
#define __cpuidex(registers, leaf, subleaf)                                                        \
    openwsk_cpuid((int *)(registers), (int)(leaf), (int)(subleaf))

OPENWSK_INLINE ULONG64 openwsk_xgetbv(ULONG number)
{
    ULONG low, high;

    __asm__ __volatile__("xgetbv" : "=a"(low), "=d"(high) : "c"(number));
    return (ULONG64)high << 32 | low;
}
#define _xgetbv(number) openwsk_xgetbv(number)
#define __rdtsc() ((ULONG64)__builtin_ia32_rdtsc())
#define ReadTimeStampCounter() __rdtsc()
#define __faststorefence() MemoryBarrier()
#endif

OPENWSK_INLINE ULONG64 openwsk_umul128(ULONG64 a, ULONG64 b, ULONG64 *high)
{
    __extension__ unsigned __int128 product = (__extension__(unsigned __int128)a) * b;

    *high = (ULONG64)(product >> 64);
    return (ULONG64)product;
}

OPENWSK_INLINE ULONG64 openwsk_umulh(ULONG64 a, ULONG64 b)
{
    return (ULONG64)(((__extension__(unsigned __int128)a) * b) >> 64);
}
#define _umul128(a, b, high) openwsk_umul128((a), (b), (ULONG64 *)(high))
#define UnsignedMultiply128(a, b, high) _umul128(a, b, high)
#define __umulh(a, b) openwsk_umulh((a), (b))
#define UnsignedMultiplyHigh(a, b) __umulh(a, b)

OPENWSK_INLINE ULONG openwsk_rotl32(ULONG value, int shift)
{
    return value << (shift & 31) | value >> (-shift & 31);
}

OPENWSK_INLINE ULONG64 openwsk_rotl64(ULONG64 value, int shift)
{
    return value << (shift & 63) | value >> (-shift & 63);
}
#undef _rotl
#undef _rotr
#undef _rotl64
#undef _rotr64
#undef _lrotl
#undef _lrotr
#define _rotl(value, shift) openwsk_rotl32((value), (shift))
#define _rotr(value, shift) openwsk_rotl32((value), -(shift))
#define _rotl64(value, shift) openwsk_rotl64((value), (shift))
#define _rotr64(value, shift) openwsk_rotl64((value), -(shift))
#define _lrotl(value, shift) _rotl(value, shift)
#define _lrotr(value, shift) _rotr(value, shift)
#define RotateLeft32(value, shift) _rotl(value, shift)
#define RotateRight32(value, shift) _rotr(value, shift)
#define RotateLeft64(value, shift) _rotl64(value, shift)
#define RotateRight64(value, shift) _rotr64(value, shift)
#define __popcnt(value) ((ULONG)__builtin_popcount(value))
#define __popcnt64(value) ((ULONG64)__builtin_popcountl(value))

#endif
