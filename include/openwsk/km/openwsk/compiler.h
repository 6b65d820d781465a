/* SPDX-License-Identifier: MIT */
/*
 * compiler.h - the words of the Microsoft compiler that driver source uses, said to gcc and clang.
 *
 * clang knows some of them as keywords or built-ins under -fms-extensions, with the widths of
 * LLP64. A macro of the same name wins over both, so everything here is a macro. Include no system
 * header after this one that was not included before it: the words __try and __in live in some C++
 * libraries.
 */
#ifndef OPENWSK_KM_COMPILER_H
#define OPENWSK_KM_COMPILER_H

#include <stddef.h>
#include <stdint.h>

#if __SIZEOF_WCHAR_T__ != 2
#error "Windows source needs 16-bit wide characters: compile with -fshort-wchar"
#endif
#if __SIZEOF_POINTER__ != 8 || __SIZEOF_LONG__ != 8
#error "openwsk is for LP64 hosts"
#endif

/* --- Architecture: what the Microsoft compiler and the kit's build files predefine ------------ */

/*
 * _WIN32 is defined for drivers by their flags only: headers of Linux take it for Windows itself.
 */
#ifndef _WIN64
#define _WIN64 1
#endif
#ifndef _KERNEL_MODE
#define _KERNEL_MODE 1
#endif
#if defined(__x86_64__)
#ifndef _AMD64_
#define _AMD64_ 1
#endif
#ifndef _M_AMD64
#define _M_AMD64 100
#endif
#ifndef _M_X64
#define _M_X64 100
#endif
#elif defined(__aarch64__)
#ifndef _ARM64_
#define _ARM64_ 1
#endif
#ifndef _M_ARM64
#define _M_ARM64 1
#endif
#endif

/* --- Linkage ---------------------------------------------------------------------------------- */

#ifdef __cplusplus
#define EXTERN_C extern "C"
#define EXTERN_C_START extern "C" {
#define EXTERN_C_END }
#else
#define EXTERN_C extern
#define EXTERN_C_START
#define EXTERN_C_END
#endif

/* Around what the library defines: visible across shared objects even under -fvisibility=hidden. */
#define OPENWSK_DECLARATIONS_BEGIN _Pragma("GCC visibility push(default)") EXTERN_C_START
#define OPENWSK_DECLARATIONS_END EXTERN_C_END _Pragma("GCC visibility pop")

/* --- Calling conventions and pointer sizes: there is one of each ------------------------------ */

#define __cdecl
#define __stdcall
#define __fastcall
#define __vectorcall
#define __thiscall
#define _cdecl
#define _stdcall
#define _fastcall
#define __ptr32
#define __ptr64
#define __sptr
#define __uptr
#define __w64
#define __unaligned
#define _unaligned

/* --- Integer keywords: one family with int64_t and size_t, so that pointers to them mix ------- */

#define __int8 char
#define __int16 short
#define __int32 int
#define __int64 long
#define _int64 long

/* --- __declspec(word): the word, pasted onto a prefix, is the name of an attribute or nothing - */

#define __declspec(x) __attribute__((OPENWSK_DECLSPEC_##x))
#define _declspec(x) __attribute__((OPENWSK_DECLSPEC_##x))
#define OPENWSK_DECLSPEC_align(n) __aligned__(n)
#define OPENWSK_DECLSPEC_allocate(section)
#define OPENWSK_DECLSPEC_allocator
#define OPENWSK_DECLSPEC_code_seg(section)
#define OPENWSK_DECLSPEC_deprecated __deprecated__
#define OPENWSK_DECLSPEC_dllexport
#define OPENWSK_DECLSPEC_dllimport
#define OPENWSK_DECLSPEC_empty_bases
#define OPENWSK_DECLSPEC_guard(word)
#define OPENWSK_DECLSPEC_noalias
#define OPENWSK_DECLSPEC_noinline __noinline__
#define OPENWSK_DECLSPEC_noreturn __noreturn__
#define OPENWSK_DECLSPEC_nothrow
#define OPENWSK_DECLSPEC_novtable
#define OPENWSK_DECLSPEC_no_sanitize_address
#define OPENWSK_DECLSPEC_restrict
#define OPENWSK_DECLSPEC_safebuffers
#define OPENWSK_DECLSPEC_selectany __weak__
#define OPENWSK_DECLSPEC_spectre(word)
#define OPENWSK_DECLSPEC_strict_gs_check
#define OPENWSK_DECLSPEC_uuid(text)

/* No `static`: clients write their own linkage in front. */
#define __forceinline __inline__ __attribute__((__always_inline__))
#define _inline __inline__
#define __inline __inline__
#ifndef FORCEINLINE
#define FORCEINLINE __forceinline
#endif
#define CFORCEINLINE __forceinline
#define DECLSPEC_NOINLINE __attribute__((__noinline__))

/*
 * What these headers themselves use for the bodies they hold. Not static: a driver's own C99 inline
 * functions may call them, and a static function there is a warning. No body is ever emitted.
 */
#ifdef __cplusplus
#define OPENWSK_INLINE inline __attribute__((__always_inline__))
#else
#define OPENWSK_INLINE extern __inline__ __attribute__((__always_inline__, __gnu_inline__))
#endif

#if !defined(__cplusplus) && !defined(static_assert)
#define static_assert _Static_assert
#endif

/* Any IRQL. The stop KERNEL_SECURITY_CHECK_FAILURE with one of the FAST_FAIL_... numbers. */
OPENWSK_DECLARATIONS_BEGIN
__attribute__((__noreturn__)) void openwsk_fast_fail(unsigned code);
OPENWSK_DECLARATIONS_END
#define __fastfail(code) openwsk_fast_fail((unsigned)(code))

/* --- Intrinsics without a library behind them ------------------------------------------------- */

#ifndef __pragma
#define __pragma(...)
#endif
#define __annotation(...) ((void)0)
#define __assume(condition) ((void)0)
#if defined(__x86_64__)
#define __debugbreak() __asm__ __volatile__("int3")
#elif defined(__aarch64__)
#define __debugbreak() __asm__ __volatile__("brk #0xf000")
#else
#define __debugbreak() __builtin_trap()
#endif
#define __nop() __asm__ __volatile__("nop")
#define _ReadWriteBarrier() __asm__ __volatile__("" ::: "memory")
#define _ReadBarrier() _ReadWriteBarrier()
#define _WriteBarrier() _ReadWriteBarrier()
#define _ReturnAddress() __builtin_return_address(0)
#define _AddressOfReturnAddress() ((void *)((char *)__builtin_frame_address(0) + sizeof(void *)))

/*
 * Usable as a call, whose arguments are not evaluated, and bare. clang knows the bare form by
 * itself.
 */
OPENWSK_INLINE int openwsk_noop(void)
{
    return 0;
}
#define __noop(...) openwsk_noop()
#if !(defined(__clang__) && defined(__has_builtin))
enum openwsk_noop_bare { __noop };
#elif !__has_builtin(__noop)
enum openwsk_noop_bare { __noop };
#endif

#define _byteswap_ushort(x) __builtin_bswap16(x)
#define _byteswap_ulong(x) __builtin_bswap32(x)
#define _byteswap_uint64(x) __builtin_bswap64(x)

#if defined(__x86_64__)
#define YieldProcessor() __builtin_ia32_pause()
#elif defined(__aarch64__)
#define YieldProcessor() __asm__ __volatile__("yield")
#else
#define YieldProcessor() _ReadWriteBarrier()
#endif

#endif
