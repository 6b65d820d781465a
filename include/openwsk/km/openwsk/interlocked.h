/* SPDX-License-Identifier: MIT */
/*
 * interlocked.h - atomic operations and barriers.
 *
 * Macros over the compilers' atomic built-ins, so that they take whatever the pointer points to:
 * clients declare such words as LONG, ULONG, long and enumerations. All are full barriers, as they
 * are on x64 whatever the suffix says. What returns the new value and what the old one follows
 * wdm.h.
 */
#ifndef OPENWSK_KM_INTERLOCKED_H
#define OPENWSK_KM_INTERLOCKED_H

#include "../ntdef.h"

#define MemoryBarrier() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define KeMemoryBarrier() __atomic_thread_fence(__ATOMIC_SEQ_CST)
#define KeMemoryBarrierWithoutFence() _ReadWriteBarrier()
#define PreFetchCacheLine(level, address) __builtin_prefetch((const void *)(address))
#define PrefetchForWrite(address) __builtin_prefetch((const void *)(address), 1)
#define FastFence() MemoryBarrier()
#define LoadFence() __atomic_thread_fence(__ATOMIC_ACQUIRE)
#define StoreFence() __atomic_thread_fence(__ATOMIC_RELEASE)
#ifndef PF_TEMPORAL_LEVEL_1
#define PF_TEMPORAL_LEVEL_1 1
#define PF_NON_TEMPORAL_LEVEL_ALL 0
#endif

/* --- The operations --------------------------------------------------------------------------- */

#define OPENWSK_ATOMIC_ADD(p, v) __atomic_add_fetch((p), (v), __ATOMIC_SEQ_CST)
#define OPENWSK_ATOMIC_EXCHANGE_ADD(p, v) __atomic_fetch_add((p), (v), __ATOMIC_SEQ_CST)
#define OPENWSK_ATOMIC_AND(p, v) __atomic_fetch_and((p), (v), __ATOMIC_SEQ_CST)
#define OPENWSK_ATOMIC_OR(p, v) __atomic_fetch_or((p), (v), __ATOMIC_SEQ_CST)
#define OPENWSK_ATOMIC_XOR(p, v) __atomic_fetch_xor((p), (v), __ATOMIC_SEQ_CST)
#define OPENWSK_ATOMIC_EXCHANGE(p, v) __atomic_exchange_n((p), (v), __ATOMIC_SEQ_CST)
#define OPENWSK_ATOMIC_CAS(p, exchange, comparand)                                                 \
    __extension__({                                                                                \
        __typeof__(__atomic_load_n((p), __ATOMIC_RELAXED)) openwsk_seen = (comparand);             \
        (void)__atomic_compare_exchange_n((p), &openwsk_seen, (exchange), 0, __ATOMIC_SEQ_CST,     \
                                          __ATOMIC_SEQ_CST);                                       \
        openwsk_seen;                                                                              \
    })
#define OPENWSK_PTR(p) ((PVOID volatile *)(p))

/* Functions, so that a result nobody looks at is no warning. */
OPENWSK_INLINE PVOID openwsk_exchange_pointer(PVOID volatile *target, PVOID value)
{
    return __atomic_exchange_n(target, value, __ATOMIC_SEQ_CST);
}

OPENWSK_INLINE PVOID openwsk_cas_pointer(PVOID volatile *target, PVOID exchange, PVOID comparand)
{
    (void)__atomic_compare_exchange_n(target, &comparand, exchange, 0, __ATOMIC_SEQ_CST,
                                      __ATOMIC_SEQ_CST);
    return comparand;
}

/*
 * The bit string starts at the word; bit numbers may exceed its width. Returns the bit's old value.
 */
OPENWSK_INLINE UCHAR openwsk_bit_set(volatile LONG *word, LONG bit)
{
    LONG mask = (LONG)(1u << (bit & 31));

    return (OPENWSK_ATOMIC_OR(word + (bit >> 5), mask) & mask) != 0;
}

OPENWSK_INLINE UCHAR openwsk_bit_reset(volatile LONG *word, LONG bit)
{
    LONG mask = (LONG)(1u << (bit & 31));

    return (OPENWSK_ATOMIC_AND(word + (bit >> 5), ~mask) & mask) != 0;
}

OPENWSK_INLINE UCHAR openwsk_bit_complement(volatile LONG *word, LONG bit)
{
    LONG mask = (LONG)(1u << (bit & 31));

    return (OPENWSK_ATOMIC_XOR(word + (bit >> 5), mask) & mask) != 0;
}

OPENWSK_INLINE UCHAR openwsk_bit_set64(volatile LONG64 *word, LONG64 bit)
{
    LONG64 mask = (LONG64)(1ul << (bit & 63));

    return (OPENWSK_ATOMIC_OR(word + (bit >> 6), mask) & mask) != 0;
}

OPENWSK_INLINE UCHAR openwsk_bit_reset64(volatile LONG64 *word, LONG64 bit)
{
    LONG64 mask = (LONG64)(1ul << (bit & 63));

    return (OPENWSK_ATOMIC_AND(word + (bit >> 6), ~mask) & mask) != 0;
}

#define InterlockedIncrement(p) OPENWSK_ATOMIC_ADD(p, 1)
#define InterlockedIncrementAcquire(p) OPENWSK_ATOMIC_ADD(p, 1)
#define InterlockedIncrementRelease(p) OPENWSK_ATOMIC_ADD(p, 1)
#define InterlockedIncrementNoFence(p) OPENWSK_ATOMIC_ADD(p, 1)
#define InterlockedIncrement16(p) OPENWSK_ATOMIC_ADD(p, 1)
#define InterlockedIncrementAcquire16(p) OPENWSK_ATOMIC_ADD(p, 1)
#define InterlockedIncrementRelease16(p) OPENWSK_ATOMIC_ADD(p, 1)
#define InterlockedIncrementNoFence16(p) OPENWSK_ATOMIC_ADD(p, 1)
#define InterlockedIncrement64(p) OPENWSK_ATOMIC_ADD(p, 1)
#define InterlockedIncrementAcquire64(p) OPENWSK_ATOMIC_ADD(p, 1)
#define InterlockedIncrementRelease64(p) OPENWSK_ATOMIC_ADD(p, 1)
#define InterlockedIncrementNoFence64(p) OPENWSK_ATOMIC_ADD(p, 1)

#define InterlockedDecrement(p) OPENWSK_ATOMIC_ADD(p, -1)
#define InterlockedDecrementAcquire(p) OPENWSK_ATOMIC_ADD(p, -1)
#define InterlockedDecrementRelease(p) OPENWSK_ATOMIC_ADD(p, -1)
#define InterlockedDecrementNoFence(p) OPENWSK_ATOMIC_ADD(p, -1)
#define InterlockedDecrement16(p) OPENWSK_ATOMIC_ADD(p, -1)
#define InterlockedDecrementAcquire16(p) OPENWSK_ATOMIC_ADD(p, -1)
#define InterlockedDecrementRelease16(p) OPENWSK_ATOMIC_ADD(p, -1)
#define InterlockedDecrementNoFence16(p) OPENWSK_ATOMIC_ADD(p, -1)
#define InterlockedDecrement64(p) OPENWSK_ATOMIC_ADD(p, -1)
#define InterlockedDecrementAcquire64(p) OPENWSK_ATOMIC_ADD(p, -1)
#define InterlockedDecrementRelease64(p) OPENWSK_ATOMIC_ADD(p, -1)
#define InterlockedDecrementNoFence64(p) OPENWSK_ATOMIC_ADD(p, -1)

#define InterlockedAdd(p, v) OPENWSK_ATOMIC_ADD(p, v)
#define InterlockedAddAcquire(p, v) OPENWSK_ATOMIC_ADD(p, v)
#define InterlockedAddRelease(p, v) OPENWSK_ATOMIC_ADD(p, v)
#define InterlockedAddNoFence(p, v) OPENWSK_ATOMIC_ADD(p, v)
#define InterlockedAdd64(p, v) OPENWSK_ATOMIC_ADD(p, v)
#define InterlockedAddAcquire64(p, v) OPENWSK_ATOMIC_ADD(p, v)
#define InterlockedAddRelease64(p, v) OPENWSK_ATOMIC_ADD(p, v)
#define InterlockedAddNoFence64(p, v) OPENWSK_ATOMIC_ADD(p, v)

#define InterlockedExchangeAdd(p, v) OPENWSK_ATOMIC_EXCHANGE_ADD(p, v)
#define InterlockedExchangeAddAcquire(p, v) OPENWSK_ATOMIC_EXCHANGE_ADD(p, v)
#define InterlockedExchangeAddRelease(p, v) OPENWSK_ATOMIC_EXCHANGE_ADD(p, v)
#define InterlockedExchangeAddNoFence(p, v) OPENWSK_ATOMIC_EXCHANGE_ADD(p, v)
#define InterlockedExchangeAdd8(p, v) OPENWSK_ATOMIC_EXCHANGE_ADD(p, v)
#define InterlockedExchangeAddAcquire8(p, v) OPENWSK_ATOMIC_EXCHANGE_ADD(p, v)
#define InterlockedExchangeAddRelease8(p, v) OPENWSK_ATOMIC_EXCHANGE_ADD(p, v)
#define InterlockedExchangeAddNoFence8(p, v) OPENWSK_ATOMIC_EXCHANGE_ADD(p, v)
#define InterlockedExchangeAdd16(p, v) OPENWSK_ATOMIC_EXCHANGE_ADD(p, v)
#define InterlockedExchangeAddAcquire16(p, v) OPENWSK_ATOMIC_EXCHANGE_ADD(p, v)
#define InterlockedExchangeAddRelease16(p, v) OPENWSK_ATOMIC_EXCHANGE_ADD(p, v)
#define InterlockedExchangeAddNoFence16(p, v) OPENWSK_ATOMIC_EXCHANGE_ADD(p, v)
#define InterlockedExchangeAdd64(p, v) OPENWSK_ATOMIC_EXCHANGE_ADD(p, v)
#define InterlockedExchangeAddAcquire64(p, v) OPENWSK_ATOMIC_EXCHANGE_ADD(p, v)
#define InterlockedExchangeAddRelease64(p, v) OPENWSK_ATOMIC_EXCHANGE_ADD(p, v)
#define InterlockedExchangeAddNoFence64(p, v) OPENWSK_ATOMIC_EXCHANGE_ADD(p, v)

#define InterlockedExchange(p, v) OPENWSK_ATOMIC_EXCHANGE(p, v)
#define InterlockedExchangeAcquire(p, v) OPENWSK_ATOMIC_EXCHANGE(p, v)
#define InterlockedExchangeRelease(p, v) OPENWSK_ATOMIC_EXCHANGE(p, v)
#define InterlockedExchangeNoFence(p, v) OPENWSK_ATOMIC_EXCHANGE(p, v)
#define InterlockedExchange8(p, v) OPENWSK_ATOMIC_EXCHANGE(p, v)
#define InterlockedExchangeAcquire8(p, v) OPENWSK_ATOMIC_EXCHANGE(p, v)
#define InterlockedExchangeRelease8(p, v) OPENWSK_ATOMIC_EXCHANGE(p, v)
#define InterlockedExchangeNoFence8(p, v) OPENWSK_ATOMIC_EXCHANGE(p, v)
#define InterlockedExchange16(p, v) OPENWSK_ATOMIC_EXCHANGE(p, v)
#define InterlockedExchangeAcquire16(p, v) OPENWSK_ATOMIC_EXCHANGE(p, v)
#define InterlockedExchangeRelease16(p, v) OPENWSK_ATOMIC_EXCHANGE(p, v)
#define InterlockedExchangeNoFence16(p, v) OPENWSK_ATOMIC_EXCHANGE(p, v)
#define InterlockedExchange64(p, v) OPENWSK_ATOMIC_EXCHANGE(p, v)
#define InterlockedExchangeAcquire64(p, v) OPENWSK_ATOMIC_EXCHANGE(p, v)
#define InterlockedExchangeRelease64(p, v) OPENWSK_ATOMIC_EXCHANGE(p, v)
#define InterlockedExchangeNoFence64(p, v) OPENWSK_ATOMIC_EXCHANGE(p, v)

#define InterlockedCompareExchange(p, x, c) OPENWSK_ATOMIC_CAS(p, x, c)
#define InterlockedCompareExchangeAcquire(p, x, c) OPENWSK_ATOMIC_CAS(p, x, c)
#define InterlockedCompareExchangeRelease(p, x, c) OPENWSK_ATOMIC_CAS(p, x, c)
#define InterlockedCompareExchangeNoFence(p, x, c) OPENWSK_ATOMIC_CAS(p, x, c)
#define InterlockedCompareExchange8(p, x, c) OPENWSK_ATOMIC_CAS(p, x, c)
#define InterlockedCompareExchangeAcquire8(p, x, c) OPENWSK_ATOMIC_CAS(p, x, c)
#define InterlockedCompareExchangeRelease8(p, x, c) OPENWSK_ATOMIC_CAS(p, x, c)
#define InterlockedCompareExchangeNoFence8(p, x, c) OPENWSK_ATOMIC_CAS(p, x, c)
#define InterlockedCompareExchange16(p, x, c) OPENWSK_ATOMIC_CAS(p, x, c)
#define InterlockedCompareExchangeAcquire16(p, x, c) OPENWSK_ATOMIC_CAS(p, x, c)
#define InterlockedCompareExchangeRelease16(p, x, c) OPENWSK_ATOMIC_CAS(p, x, c)
#define InterlockedCompareExchangeNoFence16(p, x, c) OPENWSK_ATOMIC_CAS(p, x, c)
#define InterlockedCompareExchange64(p, x, c) OPENWSK_ATOMIC_CAS(p, x, c)
#define InterlockedCompareExchangeAcquire64(p, x, c) OPENWSK_ATOMIC_CAS(p, x, c)
#define InterlockedCompareExchangeRelease64(p, x, c) OPENWSK_ATOMIC_CAS(p, x, c)
#define InterlockedCompareExchangeNoFence64(p, x, c) OPENWSK_ATOMIC_CAS(p, x, c)

#define InterlockedAnd(p, v) OPENWSK_ATOMIC_AND(p, v)
#define InterlockedAndAcquire(p, v) OPENWSK_ATOMIC_AND(p, v)
#define InterlockedAndRelease(p, v) OPENWSK_ATOMIC_AND(p, v)
#define InterlockedAndNoFence(p, v) OPENWSK_ATOMIC_AND(p, v)
#define InterlockedAnd8(p, v) OPENWSK_ATOMIC_AND(p, v)
#define InterlockedAndAcquire8(p, v) OPENWSK_ATOMIC_AND(p, v)
#define InterlockedAndRelease8(p, v) OPENWSK_ATOMIC_AND(p, v)
#define InterlockedAndNoFence8(p, v) OPENWSK_ATOMIC_AND(p, v)
#define InterlockedAnd16(p, v) OPENWSK_ATOMIC_AND(p, v)
#define InterlockedAndAcquire16(p, v) OPENWSK_ATOMIC_AND(p, v)
#define InterlockedAndRelease16(p, v) OPENWSK_ATOMIC_AND(p, v)
#define InterlockedAndNoFence16(p, v) OPENWSK_ATOMIC_AND(p, v)
#define InterlockedAnd64(p, v) OPENWSK_ATOMIC_AND(p, v)
#define InterlockedAndAcquire64(p, v) OPENWSK_ATOMIC_AND(p, v)
#define InterlockedAndRelease64(p, v) OPENWSK_ATOMIC_AND(p, v)
#define InterlockedAndNoFence64(p, v) OPENWSK_ATOMIC_AND(p, v)

#define InterlockedOr(p, v) OPENWSK_ATOMIC_OR(p, v)
#define InterlockedOrAcquire(p, v) OPENWSK_ATOMIC_OR(p, v)
#define InterlockedOrRelease(p, v) OPENWSK_ATOMIC_OR(p, v)
#define InterlockedOrNoFence(p, v) OPENWSK_ATOMIC_OR(p, v)
#define InterlockedOr8(p, v) OPENWSK_ATOMIC_OR(p, v)
#define InterlockedOrAcquire8(p, v) OPENWSK_ATOMIC_OR(p, v)
#define InterlockedOrRelease8(p, v) OPENWSK_ATOMIC_OR(p, v)
#define InterlockedOrNoFence8(p, v) OPENWSK_ATOMIC_OR(p, v)
#define InterlockedOr16(p, v) OPENWSK_ATOMIC_OR(p, v)
#define InterlockedOrAcquire16(p, v) OPENWSK_ATOMIC_OR(p, v)
#define InterlockedOrRelease16(p, v) OPENWSK_ATOMIC_OR(p, v)
#define InterlockedOrNoFence16(p, v) OPENWSK_ATOMIC_OR(p, v)
#define InterlockedOr64(p, v) OPENWSK_ATOMIC_OR(p, v)
#define InterlockedOrAcquire64(p, v) OPENWSK_ATOMIC_OR(p, v)
#define InterlockedOrRelease64(p, v) OPENWSK_ATOMIC_OR(p, v)
#define InterlockedOrNoFence64(p, v) OPENWSK_ATOMIC_OR(p, v)

#define InterlockedXor(p, v) OPENWSK_ATOMIC_XOR(p, v)
#define InterlockedXorAcquire(p, v) OPENWSK_ATOMIC_XOR(p, v)
#define InterlockedXorRelease(p, v) OPENWSK_ATOMIC_XOR(p, v)
#define InterlockedXorNoFence(p, v) OPENWSK_ATOMIC_XOR(p, v)
#define InterlockedXor8(p, v) OPENWSK_ATOMIC_XOR(p, v)
#define InterlockedXorAcquire8(p, v) OPENWSK_ATOMIC_XOR(p, v)
#define InterlockedXorRelease8(p, v) OPENWSK_ATOMIC_XOR(p, v)
#define InterlockedXorNoFence8(p, v) OPENWSK_ATOMIC_XOR(p, v)
#define InterlockedXor16(p, v) OPENWSK_ATOMIC_XOR(p, v)
#define InterlockedXorAcquire16(p, v) OPENWSK_ATOMIC_XOR(p, v)
#define InterlockedXorRelease16(p, v) OPENWSK_ATOMIC_XOR(p, v)
#define InterlockedXorNoFence16(p, v) OPENWSK_ATOMIC_XOR(p, v)
#define InterlockedXor64(p, v) OPENWSK_ATOMIC_XOR(p, v)
#define InterlockedXorAcquire64(p, v) OPENWSK_ATOMIC_XOR(p, v)
#define InterlockedXorRelease64(p, v) OPENWSK_ATOMIC_XOR(p, v)
#define InterlockedXorNoFence64(p, v) OPENWSK_ATOMIC_XOR(p, v)

#define InterlockedBitTestAndSet(p, n) openwsk_bit_set((volatile LONG *)(p), (LONG)(n))
#define InterlockedBitTestAndSetAcquire(p, n) openwsk_bit_set((volatile LONG *)(p), (LONG)(n))
#define InterlockedBitTestAndSetRelease(p, n) openwsk_bit_set((volatile LONG *)(p), (LONG)(n))
#define InterlockedBitTestAndSetNoFence(p, n) openwsk_bit_set((volatile LONG *)(p), (LONG)(n))

#define InterlockedBitTestAndReset(p, n) openwsk_bit_reset((volatile LONG *)(p), (LONG)(n))
#define InterlockedBitTestAndResetAcquire(p, n) openwsk_bit_reset((volatile LONG *)(p), (LONG)(n))
#define InterlockedBitTestAndResetRelease(p, n) openwsk_bit_reset((volatile LONG *)(p), (LONG)(n))
#define InterlockedBitTestAndResetNoFence(p, n) openwsk_bit_reset((volatile LONG *)(p), (LONG)(n))

#define InterlockedBitTestAndComplement(p, n)                                                      \
    openwsk_bit_complement((volatile LONG *)(p), (LONG)(n))

#define InterlockedBitTestAndSet64(p, n) openwsk_bit_set64((volatile LONG64 *)(p), (LONG64)(n))
#define InterlockedBitTestAndSetAcquire64(p, n)                                                    \
    openwsk_bit_set64((volatile LONG64 *)(p), (LONG64)(n))
#define InterlockedBitTestAndSetRelease64(p, n)                                                    \
    openwsk_bit_set64((volatile LONG64 *)(p), (LONG64)(n))
#define InterlockedBitTestAndSetNoFence64(p, n)                                                    \
    openwsk_bit_set64((volatile LONG64 *)(p), (LONG64)(n))

#define InterlockedBitTestAndReset64(p, n) openwsk_bit_reset64((volatile LONG64 *)(p), (LONG64)(n))
#define InterlockedBitTestAndResetAcquire64(p, n)                                                  \
    openwsk_bit_reset64((volatile LONG64 *)(p), (LONG64)(n))
#define InterlockedBitTestAndResetRelease64(p, n)                                                  \
    openwsk_bit_reset64((volatile LONG64 *)(p), (LONG64)(n))
#define InterlockedBitTestAndResetNoFence64(p, n)                                                  \
    openwsk_bit_reset64((volatile LONG64 *)(p), (LONG64)(n))

#define InterlockedExchangePointer(p, v) openwsk_exchange_pointer(OPENWSK_PTR(p), (PVOID)(v))
#define InterlockedExchangePointerAcquire(p, v) openwsk_exchange_pointer(OPENWSK_PTR(p), (PVOID)(v))
#define InterlockedExchangePointerRelease(p, v) openwsk_exchange_pointer(OPENWSK_PTR(p), (PVOID)(v))
#define InterlockedExchangePointerNoFence(p, v) openwsk_exchange_pointer(OPENWSK_PTR(p), (PVOID)(v))

#define InterlockedCompareExchangePointer(p, x, c)                                                 \
    openwsk_cas_pointer(OPENWSK_PTR(p), (PVOID)(x), (PVOID)(c))
#define InterlockedCompareExchangePointerAcquire(p, x, c)                                          \
    openwsk_cas_pointer(OPENWSK_PTR(p), (PVOID)(x), (PVOID)(c))
#define InterlockedCompareExchangePointerRelease(p, x, c)                                          \
    openwsk_cas_pointer(OPENWSK_PTR(p), (PVOID)(x), (PVOID)(c))
#define InterlockedCompareExchangePointerNoFence(p, x, c)                                          \
    openwsk_cas_pointer(OPENWSK_PTR(p), (PVOID)(x), (PVOID)(c))

/*
 * Addition of a LARGE_INTEGER that a spin lock guards elsewhere; the lock is not needed. Old value.
 */
#define ExInterlockedAddLargeStatistic(p, v)                                                       \
    ((void)OPENWSK_ATOMIC_EXCHANGE_ADD(&(p)->QuadPart, (LONGLONG)(ULONG)(v)))
#define InterlockedExchangeAddSizeT(p, v) OPENWSK_ATOMIC_EXCHANGE_ADD(p, v)
#define InterlockedIncrementSizeT(p) OPENWSK_ATOMIC_ADD(p, 1)
#define InterlockedDecrementSizeT(p) OPENWSK_ATOMIC_ADD(p, -1)
#define InterlockedAddSizeT(p, v) OPENWSK_ATOMIC_ADD(p, v)

/* The intrinsics below them, which clang otherwise knows with 64-bit LONGs. */
#define _InterlockedIncrement(p) InterlockedIncrement(p)
#define _InterlockedIncrement16(p) InterlockedIncrement16(p)
#define _InterlockedIncrement64(p) InterlockedIncrement64(p)
#define _InterlockedDecrement(p) InterlockedDecrement(p)
#define _InterlockedDecrement16(p) InterlockedDecrement16(p)
#define _InterlockedDecrement64(p) InterlockedDecrement64(p)
#define _InterlockedAdd(p, v) InterlockedAdd(p, v)
#define _InterlockedAdd64(p, v) InterlockedAdd64(p, v)
#define _InterlockedExchangeAdd(p, v) InterlockedExchangeAdd(p, v)
#define _InterlockedExchangeAdd8(p, v) InterlockedExchangeAdd8(p, v)
#define _InterlockedExchangeAdd16(p, v) InterlockedExchangeAdd16(p, v)
#define _InterlockedExchangeAdd64(p, v) InterlockedExchangeAdd64(p, v)
#define _InterlockedExchange(p, v) InterlockedExchange(p, v)
#define _InterlockedExchange8(p, v) InterlockedExchange8(p, v)
#define _InterlockedExchange16(p, v) InterlockedExchange16(p, v)
#define _InterlockedExchange64(p, v) InterlockedExchange64(p, v)
#define _InterlockedCompareExchange(p, x, c) InterlockedCompareExchange(p, x, c)
#define _InterlockedCompareExchange8(p, x, c) InterlockedCompareExchange8(p, x, c)
#define _InterlockedCompareExchange16(p, x, c) InterlockedCompareExchange16(p, x, c)
#define _InterlockedCompareExchange64(p, x, c) InterlockedCompareExchange64(p, x, c)
#define _InterlockedAnd(p, v) InterlockedAnd(p, v)
#define _InterlockedAnd8(p, v) InterlockedAnd8(p, v)
#define _InterlockedAnd16(p, v) InterlockedAnd16(p, v)
#define _InterlockedAnd64(p, v) InterlockedAnd64(p, v)
#define _InterlockedOr(p, v) InterlockedOr(p, v)
#define _InterlockedOr8(p, v) InterlockedOr8(p, v)
#define _InterlockedOr16(p, v) InterlockedOr16(p, v)
#define _InterlockedOr64(p, v) InterlockedOr64(p, v)
#define _InterlockedXor(p, v) InterlockedXor(p, v)
#define _InterlockedXor8(p, v) InterlockedXor8(p, v)
#define _InterlockedXor16(p, v) InterlockedXor16(p, v)
#define _InterlockedXor64(p, v) InterlockedXor64(p, v)
#define _interlockedbittestandset(p, n) InterlockedBitTestAndSet(p, n)
#define _interlockedbittestandreset(p, n) InterlockedBitTestAndReset(p, n)
#define _interlockedbittestandcomplement(p, n) InterlockedBitTestAndComplement(p, n)
#define _interlockedbittestandset64(p, n) InterlockedBitTestAndSet64(p, n)
#define _interlockedbittestandreset64(p, n) InterlockedBitTestAndReset64(p, n)
#define _InterlockedExchangePointer(p, v) InterlockedExchangePointer(p, v)
#define _InterlockedCompareExchangePointer(p, x, c) InterlockedCompareExchangePointer(p, x, c)

/* --- Single loads and stores ------------------------------------------------------------------ */

#define ReadAcquire8(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define ReadNoFence8(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define ReadRaw8(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define WriteRelease8(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define WriteNoFence8(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define WriteRaw8(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define ReadAcquire16(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define ReadNoFence16(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define ReadRaw16(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define WriteRelease16(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define WriteNoFence16(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define WriteRaw16(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define ReadAcquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define ReadNoFence(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define ReadRaw(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define WriteRelease(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define WriteNoFence(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define WriteRaw(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define ReadAcquire64(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define ReadNoFence64(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define ReadRaw64(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define WriteRelease64(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define WriteNoFence64(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define WriteRaw64(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define ReadBooleanAcquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define ReadBooleanNoFence(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define ReadBooleanRaw(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define WriteBooleanRelease(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define WriteBooleanNoFence(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define WriteBooleanRaw(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define ReadUCharAcquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define ReadUCharNoFence(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define ReadUCharRaw(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define WriteUCharRelease(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define WriteUCharNoFence(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define WriteUCharRaw(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define ReadCharAcquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define ReadCharNoFence(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define ReadCharRaw(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define WriteCharRelease(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define WriteCharNoFence(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define WriteCharRaw(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define ReadShortAcquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define ReadShortNoFence(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define ReadShortRaw(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define WriteShortRelease(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define WriteShortNoFence(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define WriteShortRaw(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define ReadUShortAcquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define ReadUShortNoFence(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define ReadUShortRaw(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define WriteUShortRelease(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define WriteUShortNoFence(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define WriteUShortRaw(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define ReadULongAcquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define ReadULongNoFence(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define ReadULongRaw(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define WriteULongRelease(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define WriteULongNoFence(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define WriteULongRaw(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define ReadULong64Acquire(p) __atomic_load_n((p), __ATOMIC_ACQUIRE)
#define ReadULong64NoFence(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define ReadULong64Raw(p) __atomic_load_n((p), __ATOMIC_RELAXED)
#define WriteULong64Release(p, v) __atomic_store_n((p), (v), __ATOMIC_RELEASE)
#define WriteULong64NoFence(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)
#define WriteULong64Raw(p, v) __atomic_store_n((p), (v), __ATOMIC_RELAXED)

#define OPENWSK_CONST_PTR(p) ((PVOID const volatile *)(p))
#define ReadPointerAcquire(p) __atomic_load_n(OPENWSK_CONST_PTR(p), __ATOMIC_ACQUIRE)
#define ReadPointerNoFence(p) __atomic_load_n(OPENWSK_CONST_PTR(p), __ATOMIC_RELAXED)
#define ReadPointerRaw(p) __atomic_load_n(OPENWSK_CONST_PTR(p), __ATOMIC_RELAXED)

/* Functions, because a client wraps them and then gives the wrapper their name. */
OPENWSK_INLINE VOID WritePointerRelease(PVOID volatile *Destination, PVOID Value)
{
    __atomic_store_n(Destination, Value, __ATOMIC_RELEASE);
}

OPENWSK_INLINE VOID WritePointerNoFence(PVOID volatile *Destination, PVOID Value)
{
    __atomic_store_n(Destination, Value, __ATOMIC_RELAXED);
}

OPENWSK_INLINE VOID WritePointerRaw(PVOID volatile *Destination, PVOID Value)
{
    __atomic_store_n(Destination, Value, __ATOMIC_RELAXED);
}

/* --- Bits of a plain word --------------------------------------------------------------------- */

/* FALSE, and an index that says nothing, when no bit is set. */
OPENWSK_INLINE UCHAR openwsk_scan_forward(ULONG *index, ULONG64 mask)
{
    *index = mask ? (ULONG)__builtin_ctzl(mask) : 0;
    return mask != 0;
}

OPENWSK_INLINE UCHAR openwsk_scan_reverse(ULONG *index, ULONG64 mask)
{
    *index = mask ? 63 - (ULONG)__builtin_clzl(mask) : 0;
    return mask != 0;
}

#define BitScanForward(index, mask) openwsk_scan_forward((ULONG *)(index), (ULONG)(mask))
#define BitScanReverse(index, mask) openwsk_scan_reverse((ULONG *)(index), (ULONG)(mask))
#define BitScanForward64(index, mask) openwsk_scan_forward((ULONG *)(index), (ULONG64)(mask))
#define BitScanReverse64(index, mask) openwsk_scan_reverse((ULONG *)(index), (ULONG64)(mask))
#define _BitScanForward(index, mask) BitScanForward(index, mask)
#define _BitScanReverse(index, mask) BitScanReverse(index, mask)
#define _BitScanForward64(index, mask) BitScanForward64(index, mask)
#define _BitScanReverse64(index, mask) BitScanReverse64(index, mask)

OPENWSK_INLINE UCHAR openwsk_test_bit(const volatile LONG *word, LONG bit)
{
    return (UCHAR)(((ULONG)word[bit >> 5] >> (bit & 31)) & 1);
}

OPENWSK_INLINE UCHAR openwsk_test_bit64(const volatile LONG64 *word, LONG64 bit)
{
    return (UCHAR)(((ULONG64)word[bit >> 6] >> (bit & 63)) & 1);
}

#define BitTest(base, bit) openwsk_test_bit((const volatile LONG *)(base), (LONG)(bit))
#define BitTest64(base, bit) openwsk_test_bit64((const volatile LONG64 *)(base), (LONG64)(bit))
#define _bittest(base, bit) BitTest(base, bit)
#define _bittest64(base, bit) BitTest64(base, bit)

#define RtlUshortByteSwap(x) __builtin_bswap16((USHORT)(x))
#define RtlUlongByteSwap(x) __builtin_bswap32((ULONG)(x))
#define RtlUlonglongByteSwap(x) __builtin_bswap64((ULONGLONG)(x))

/* --- Lock-free stacks ------------------------------------------------------------------------- */

typedef struct DECLSPEC_ALIGN(16) _SLIST_ENTRY {
    struct _SLIST_ENTRY *Next;
} SLIST_ENTRY, *PSLIST_ENTRY;

typedef union DECLSPEC_ALIGN(16) _SLIST_HEADER {
    struct {
        ULONGLONG Alignment;
        ULONGLONG Region;
    };
    struct {
        ULONGLONG Depth : 16;
        ULONGLONG Sequence : 48;
        ULONGLONG Reserved : 4;
        ULONGLONG NextEntry : 60;
    } HeaderX64;
} SLIST_HEADER, *PSLIST_HEADER;

OPENWSK_DECLARATIONS_BEGIN

/* Any IRQL, any thread. Head and entries are 16-byte aligned and, on NT, never pageable. */
VOID InitializeSListHead(PSLIST_HEADER SListHead);
/* The former first entry: NULL says that the list was empty. */
PSLIST_ENTRY InterlockedPushEntrySList(PSLIST_HEADER SListHead, PSLIST_ENTRY SListEntry);
/* The entry taken, or NULL. */
PSLIST_ENTRY InterlockedPopEntrySList(PSLIST_HEADER SListHead);
/* Takes the whole chain, last pushed first, or NULL. */
PSLIST_ENTRY InterlockedFlushSList(PSLIST_HEADER SListHead);
USHORT QueryDepthSList(PSLIST_HEADER SListHead);
/* Any IRQL. The first entry, which stays in the list; NULL for an empty one. */
PSLIST_ENTRY FirstEntrySList(const SLIST_HEADER *SListHead);

OPENWSK_DECLARATIONS_END

#define ExInitializeSListHead(head) InitializeSListHead(head)
#define ExInterlockedPushEntrySList(head, entry, lock) InterlockedPushEntrySList((head), (entry))
#define ExInterlockedPopEntrySList(head, lock) InterlockedPopEntrySList(head)
#define ExInterlockedFlushSList(head) InterlockedFlushSList(head)
#define ExQueryDepthSList(head) QueryDepthSList(head)
#define RtlFirstEntrySList(head) FirstEntrySList(head)

#endif
