/* SPDX-License-Identifier: MIT */
/*
 * ntdef.h - the basic types of NT: integers, counted strings, lists, statuses, object attributes,
 * and the macros that everything else is written with.
 */
#ifndef OPENWSK_KM_NTDEF_H
#define OPENWSK_KM_NTDEF_H

#include "driverspecs.h"
#include "openwsk/compiler.h"
#include "basetsd.h"
#include "guiddef.h"
#include "sdkddkver.h"

/* --- Words ------------------------------------------------------------------------------------ */

#ifndef VOID
#define VOID void
#endif
#ifndef CONST
#define CONST const
#endif
#ifndef IN
#define IN
#endif
#ifndef OUT
#define OUT
#endif
#ifndef OPTIONAL
#define OPTIONAL
#endif
#ifndef FALSE
#define FALSE 0
#endif
#ifndef TRUE
#define TRUE 1
#endif

#define NTAPI
#define NTSYSAPI
#define NTSYSCALLAPI
#define NTKERNELAPI
#define NTHALAPI
#define NTOSAPI
#define FASTCALL
#define WINAPI
#define WINAPIV
#define CALLBACK
#define APIENTRY
#define STDMETHODCALLTYPE
#define DECLSPEC_IMPORT
#define DECLSPEC_EXPORT
#define DECLSPEC_NOVTABLE
#define DECLSPEC_GUARDNOCF
#define DECLSPEC_NORETURN __attribute__((__noreturn__))
#define DECLSPEC_NOTHROW
#define DECLSPEC_RESTRICT
#define DECLSPEC_DEPRECATED
#define DECLSPEC_DEPRECATED_DDK
#define DECLSPEC_SELECTANY __attribute__((__weak__))
#define DECLSPEC_ALIGN(n) __attribute__((__aligned__(n)))
#define DECLSPEC_CACHEALIGN DECLSPEC_ALIGN(SYSTEM_CACHE_ALIGNMENT_SIZE)
#define DECLSPEC_UUID(text)
#define DECLSPEC_CODE_SEG(section)
#define EXTERN_C_CONST extern const
#define UNALIGNED
#define UNALIGNED64
#define RESTRICTED_POINTER
#define POINTER_ALIGNMENT DECLSPEC_ALIGN(8)
#define DUMMYUNIONNAME
#define DUMMYUNIONNAME2
#define DUMMYUNIONNAME3
#define DUMMYUNIONNAME4
#define DUMMYUNIONNAME5
#define DUMMYUNIONNAME6
#define DUMMYUNIONNAME7
#define DUMMYUNIONNAME8
#define DUMMYUNIONNAME9
#define DUMMYSTRUCTNAME
#define DUMMYSTRUCTNAME2
#define DUMMYSTRUCTNAME3
#define DUMMYSTRUCTNAME4
#define DUMMYSTRUCTNAME5

#define SYSTEM_CACHE_ALIGNMENT_SIZE 64
#define MEMORY_ALLOCATION_ALIGNMENT 16
#define PROBE_ALIGNMENT(type) __alignof__(type)
#define MAX_NATURAL_ALIGNMENT sizeof(ULONGLONG)
#define TYPE_ALIGNMENT(type) __alignof__(type)

#define ANYSIZE_ARRAY 1
#define UNREFERENCED_PARAMETER(x) ((void)(x))
#define DBG_UNREFERENCED_PARAMETER(x) ((void)(x))
#define DBG_UNREFERENCED_LOCAL_VARIABLE(x) ((void)(x))
#define DEFAULT_UNREACHABLE default: __builtin_unreachable()

/* Not an array declaration, so that it may stand twice in one scope. */
#define C_ASSERT(condition) static_assert(condition, #condition)

#define FIELD_OFFSET(type, field) ((LONG)__builtin_offsetof(type, field))
#define UFIELD_OFFSET(type, field) ((ULONG)__builtin_offsetof(type, field))
#define FIELD_SIZE(type, field) (sizeof(((type *)0)->field))
#define CONTAINING_RECORD(address, type, field)                                                    \
    ((type *)((char *)(address) - __builtin_offsetof(type, field)))

#define RTL_NUMBER_OF_V1(array) (sizeof(array) / sizeof((array)[0]))
#define RTL_NUMBER_OF_V2(array) RTL_NUMBER_OF_V1(array)
#define RTL_NUMBER_OF(array) RTL_NUMBER_OF_V1(array)
#define RTL_NUMBER_OF_FIELD(type, field) (RTL_NUMBER_OF(RTL_FIELD_TYPE(type, field)))
#define ARRAYSIZE(array) RTL_NUMBER_OF_V1(array)
#define _ARRAYSIZE(array) RTL_NUMBER_OF_V1(array)
#ifndef _countof
#define _countof(array) RTL_NUMBER_OF_V1(array)
#endif

#define RTL_FIELD_TYPE(type, field) (((type *)0)->field)
#define RTL_FIELD_SIZE(type, field) (sizeof(((type *)0)->field))
#define RTL_SIZEOF_THROUGH_FIELD(type, field)                                                      \
    (__builtin_offsetof(type, field) + RTL_FIELD_SIZE(type, field))
#define RTL_CONTAINS_FIELD(record, size, field)                                                    \
    ((((PCHAR)(&(record)->field)) + sizeof((record)->field)) <= (((PCHAR)(record)) + (size)))
#define RTL_PADDING_BETWEEN_FIELDS(type, first, second)                                            \
    ((__builtin_offsetof(type, second) > __builtin_offsetof(type, first))                          \
         ? (__builtin_offsetof(type, second) - __builtin_offsetof(type, first) -                   \
            RTL_FIELD_SIZE(type, first))                                                           \
         : (__builtin_offsetof(type, first) - __builtin_offsetof(type, second) -                   \
            RTL_FIELD_SIZE(type, second)))
#define RTL_BITS_OF(value) (sizeof(value) * 8)
#define RTL_BITS_OF_FIELD(type, field) (RTL_BITS_OF(RTL_FIELD_TYPE(type, field)))

/* C clients use them in constant expressions; C++ libraries have members of these names. */
#ifndef NOMINMAX
#ifdef __cplusplus
extern "C++" {
template <typename A, typename B> constexpr auto min(A a, B b) -> decltype(a < b ? a : b)
{
    return a < b ? a : b;
}
template <typename A, typename B> constexpr auto max(A a, B b) -> decltype(a > b ? a : b)
{
    return a > b ? a : b;
}
}
#else
#ifndef min
#define min(a, b) (((a) < (b)) ? (a) : (b))
#endif
#ifndef max
#define max(a, b) (((a) > (b)) ? (a) : (b))
#endif
#endif
#endif
#ifndef __min
#define __min(a, b) (((a) < (b)) ? (a) : (b))
#endif
#ifndef __max
#define __max(a, b) (((a) > (b)) ? (a) : (b))
#endif

/* C++ wants operators for enumerations that are bit sets; C has them anyway. */
#ifdef __cplusplus
#define DEFINE_ENUM_FLAG_OPERATORS(type)                                                           \
    extern "C++" {                                                                                 \
    inline constexpr type operator|(type a, type b) { return (type)((unsigned)a | (unsigned)b); }  \
    inline constexpr type operator&(type a, type b) { return (type)((unsigned)a & (unsigned)b); }  \
    inline constexpr type operator^(type a, type b) { return (type)((unsigned)a ^ (unsigned)b); }  \
    inline constexpr type operator~(type a) { return (type)~(unsigned)a; }                         \
    inline type &operator|=(type &a, type b) { return a = a | b; }                                 \
    inline type &operator&=(type &a, type b) { return a = a & b; }                                 \
    inline type &operator^=(type &a, type b) { return a = a ^ b; }                                 \
    }
#else
#define DEFINE_ENUM_FLAG_OPERATORS(type)
#endif

#define DECLARE_HANDLE(name)                                                                       \
    struct name##__ {                                                                              \
        int unused;                                                                                \
    };                                                                                             \
    typedef struct name##__ *name

/* --- Integers and characters ------------------------------------------------------------------ */

typedef void *PVOID, **PPVOID;
typedef void *PVOID64;
typedef PVOID HANDLE, *PHANDLE;

typedef char CHAR, *PCHAR, *LPCH, *PCH, *LPSTR, *PSTR, *NPSTR, **PZPSTR;
typedef const char *LPCCH, *PCCH, *LPCSTR, *PCSTR, *PCSZ, **PZPCSTR;
typedef short SHORT, *PSHORT;
typedef int LONG, *PLONG;
typedef int INT, *PINT;
typedef unsigned char UCHAR, *PUCHAR;
typedef unsigned short USHORT, *PUSHORT;
typedef unsigned int ULONG, *PULONG;
typedef unsigned int UINT, *PUINT;
typedef long LONGLONG, *PLONGLONG;
typedef unsigned long ULONGLONG, *PULONGLONG, DWORDLONG, *PDWORDLONG;
typedef LONGLONG USN;
typedef UCHAR BOOLEAN, *PBOOLEAN;
typedef signed char SCHAR, *PSCHAR;
typedef char *PSZ;

typedef wchar_t WCHAR, *PWCHAR, *LPWCH, *PWCH, *LPWSTR, *PWSTR, *NWPSTR, **PZPWSTR;
typedef const WCHAR *LPCWCH, *PCWCH, *LPCWSTR, *PCWSTR, *LPCUWSTR, *PCUWSTR, *PCWCHAR, **PZPCWSTR;
typedef WCHAR *PZZWSTR, *PUNZWCH;
typedef const WCHAR *PCZZWSTR, *PCUNZWCH;
#define UNICODE_NULL ((WCHAR)0)
#define ANSI_NULL ((CHAR)0)
#define UNICODE_STRING_MAX_BYTES ((USHORT)65534)
#define UNICODE_STRING_MAX_CHARS 32767

#ifdef UNICODE
typedef WCHAR TCHAR, *PTCHAR, TBYTE, *PTBYTE;
typedef LPWSTR PTSTR, LPTSTR;
typedef LPCWSTR PCTSTR, LPCTSTR;
#define __TEXT(quote) L##quote
#else
typedef char TCHAR, *PTCHAR;
typedef unsigned char TBYTE, *PTBYTE;
typedef LPSTR PTSTR, LPTSTR;
typedef LPCSTR PCTSTR, LPCTSTR;
#define __TEXT(quote) quote
#endif
#define TEXT(quote) __TEXT(quote)

typedef char CCHAR, *PCCHAR;
typedef short CSHORT, *PCSHORT;
typedef ULONG CLONG, *PCLONG;
typedef ULONG LOGICAL, *PLOGICAL;
typedef ULONG LCID, *PLCID;
typedef USHORT LANGID;
typedef LONG NTSTATUS, *PNTSTATUS;
typedef LONG HRESULT;
typedef LONG KPRIORITY;
typedef ULONG ACCESS_MASK, *PACCESS_MASK;

#define MINCHAR 0x80
#define MAXCHAR 0x7f
#define MINSHORT 0x8000
#define MAXSHORT 0x7fff
#define MINLONG 0x80000000
#define MAXLONG 0x7fffffff
#define MAXUCHAR 0xff
#define MAXUSHORT 0xffff
#define MAXULONG 0xffffffff
#define MAXLONGLONG 0x7fffffffffffffffL
#define MINLONGLONG ((LONGLONG)~MAXLONGLONG)
#define MAXULONGLONG ((ULONGLONG)~((ULONGLONG)0))

#define MAKEUSHORT(low, high) ((USHORT)((UCHAR)(low) | ((USHORT)(UCHAR)(high)) << 8))
#define MAKEULONG(low, high) ((ULONG)((USHORT)(low) | ((ULONG)(USHORT)(high)) << 16))

/* --- Records ---------------------------------------------------------------------------------- */

typedef union _LARGE_INTEGER {
    struct {
        ULONG LowPart;
        LONG HighPart;
    };
    struct {
        ULONG LowPart;
        LONG HighPart;
    } u;
    LONGLONG QuadPart;
} LARGE_INTEGER, *PLARGE_INTEGER;

typedef union _ULARGE_INTEGER {
    struct {
        ULONG LowPart;
        ULONG HighPart;
    };
    struct {
        ULONG LowPart;
        ULONG HighPart;
    } u;
    ULONGLONG QuadPart;
} ULARGE_INTEGER, *PULARGE_INTEGER;

typedef LARGE_INTEGER PHYSICAL_ADDRESS, *PPHYSICAL_ADDRESS;

typedef union _QUAD {
    LONGLONG UseThisFieldToCopy;
    double DoNotUseThisField;
} QUAD, *PQUAD, UQUAD, *PUQUAD;

typedef struct _LUID {
    ULONG LowPart;
    LONG HighPart;
} LUID, *PLUID;

/* Counted text. Length and MaximumLength are in bytes; nothing says that a zero follows. */
typedef struct _STRING {
    USHORT Length;
    USHORT MaximumLength;
    PCHAR Buffer;
} STRING, *PSTRING, ANSI_STRING, *PANSI_STRING, OEM_STRING, *POEM_STRING, UTF8_STRING,
    *PUTF8_STRING;
typedef const STRING *PCSTRING, *PCANSI_STRING, *PCOEM_STRING, *PCUTF8_STRING;

typedef struct _CSTRING {
    USHORT Length;
    USHORT MaximumLength;
    const char *Buffer;
} CSTRING, *PCSTRING_DESCRIPTOR;

typedef struct _UNICODE_STRING {
    USHORT Length;
    USHORT MaximumLength;
    PWCH Buffer;
} UNICODE_STRING, *PUNICODE_STRING;
typedef const UNICODE_STRING *PCUNICODE_STRING;

#ifdef __cplusplus
extern "C++" {
template <typename T> constexpr T *openwsk_unconst(const T *text)
{
    return const_cast<T *>(text);
}
}
#else
#define openwsk_unconst(text) (text)
#endif
#define RTL_CONSTANT_STRING(text)                                                                  \
    {                                                                                              \
        sizeof(text) - sizeof((text)[0]), sizeof(text), openwsk_unconst(text)                      \
    }
#define DECLARE_CONST_UNICODE_STRING(name, text)                                                   \
    const WCHAR name##_buffer[] = text;                                                            \
    const UNICODE_STRING name = {sizeof(text) - sizeof((text)[0]), sizeof(text),                   \
                                 (PWCH)name##_buffer}
#define DECLARE_GLOBAL_CONST_UNICODE_STRING(name, text)                                            \
    extern const UNICODE_STRING name;                                                              \
    DECLSPEC_SELECTANY const UNICODE_STRING name = RTL_CONSTANT_STRING(text)
#define DECLARE_UNICODE_STRING_SIZE(name, characters)                                              \
    WCHAR name##_buffer[characters];                                                               \
    UNICODE_STRING name = {0, (characters) * sizeof(WCHAR), name##_buffer}

typedef struct _LIST_ENTRY {
    struct _LIST_ENTRY *Flink;
    struct _LIST_ENTRY *Blink;
} LIST_ENTRY, *PLIST_ENTRY, *RESTRICTED_POINTER PRLIST_ENTRY;

typedef struct _SINGLE_LIST_ENTRY {
    struct _SINGLE_LIST_ENTRY *Next;
} SINGLE_LIST_ENTRY, *PSINGLE_LIST_ENTRY;

typedef struct LIST_ENTRY32 {
    ULONG Flink;
    ULONG Blink;
} LIST_ENTRY32, *PLIST_ENTRY32;

typedef struct LIST_ENTRY64 {
    ULONGLONG Flink;
    ULONGLONG Blink;
} LIST_ENTRY64, *PLIST_ENTRY64;

typedef struct _PROCESSOR_NUMBER {
    USHORT Group;
    UCHAR Number;
    UCHAR Reserved;
} PROCESSOR_NUMBER, *PPROCESSOR_NUMBER;

typedef struct _GROUP_AFFINITY {
    KAFFINITY Mask;
    USHORT Group;
    USHORT Reserved[3];
} GROUP_AFFINITY, *PGROUP_AFFINITY;
typedef const GROUP_AFFINITY *PCGROUP_AFFINITY;

typedef enum _EVENT_TYPE { NotificationEvent, SynchronizationEvent } EVENT_TYPE;
typedef enum _TIMER_TYPE { NotificationTimer, SynchronizationTimer } TIMER_TYPE;
typedef enum _WAIT_TYPE { WaitAll, WaitAny, WaitNotification, WaitDequeue, WaitDpc } WAIT_TYPE;
typedef enum _NT_PRODUCT_TYPE {
    NtProductWinNt = 1,
    NtProductLanManNt,
    NtProductServer
} NT_PRODUCT_TYPE, *PNT_PRODUCT_TYPE;

/* --- Objects ---------------------------------------------------------------------------------- */

typedef struct _OBJECT_ATTRIBUTES {
    ULONG Length;
    HANDLE RootDirectory;
    PUNICODE_STRING ObjectName;
    ULONG Attributes;
    PVOID SecurityDescriptor;
    PVOID SecurityQualityOfService;
} OBJECT_ATTRIBUTES, *POBJECT_ATTRIBUTES;
typedef const OBJECT_ATTRIBUTES *PCOBJECT_ATTRIBUTES;

#define OBJ_INHERIT 0x00000002
#define OBJ_PERMANENT 0x00000010
#define OBJ_EXCLUSIVE 0x00000020
#define OBJ_CASE_INSENSITIVE 0x00000040
#define OBJ_OPENIF 0x00000080
#define OBJ_OPENLINK 0x00000100
#define OBJ_KERNEL_HANDLE 0x00000200
#define OBJ_FORCE_ACCESS_CHECK 0x00000400
#define OBJ_IGNORE_IMPERSONATED_DEVICEMAP 0x00000800
#define OBJ_DONT_REPARSE 0x00001000
#define OBJ_VALID_ATTRIBUTES 0x00001FF2

#define InitializeObjectAttributes(p, name, attributes, root, security)                            \
    do {                                                                                           \
        (p)->Length = sizeof(OBJECT_ATTRIBUTES);                                                   \
        (p)->RootDirectory = (root);                                                               \
        (p)->Attributes = (attributes);                                                            \
        (p)->ObjectName = (name);                                                                  \
        (p)->SecurityDescriptor = (security);                                                      \
        (p)->SecurityQualityOfService = NULL;                                                      \
    } while (0)
#define RTL_CONSTANT_OBJECT_ATTRIBUTES(name, attributes)                                           \
    {                                                                                              \
        sizeof(OBJECT_ATTRIBUTES), NULL, (PUNICODE_STRING)(name), (attributes), NULL, NULL         \
    }
#define RTL_INIT_OBJECT_ATTRIBUTES(name, attributes)                                               \
    RTL_CONSTANT_OBJECT_ATTRIBUTES(name, attributes)

/* --- Statuses: severity in the top two bits --------------------------------------------------- */

#define NT_SUCCESS(status) (((NTSTATUS)(status)) >= 0)
#define NT_INFORMATION(status) ((((ULONG)(status)) >> 30) == 1)
#define NT_WARNING(status) ((((ULONG)(status)) >> 30) == 2)
#define NT_ERROR(status) ((((ULONG)(status)) >> 30) == 3)
#define APPLICATION_ERROR_MASK 0x20000000
#define ERROR_SEVERITY_SUCCESS 0x00000000
#define ERROR_SEVERITY_INFORMATIONAL 0x40000000
#define ERROR_SEVERITY_WARNING 0x80000000
#define ERROR_SEVERITY_ERROR 0xC0000000

#ifndef SORT_DEFAULT
#define SORT_DEFAULT 0x0
#endif
#define MAKELANGID(primary, sub) ((((USHORT)(sub)) << 10) | (USHORT)(primary))
#define MAKELCID(language, sort)                                                                   \
    ((ULONG)((((ULONG)((USHORT)(sort))) << 16) | ((ULONG)((USHORT)(language)))))

/* 64-bit products of 32-bit factors. */
#define Int32x32To64(a, b) (((LONGLONG)((LONG)(a))) * ((LONGLONG)((LONG)(b))))
#define UInt32x32To64(a, b) (((ULONGLONG)((ULONG)(a))) * ((ULONGLONG)((ULONG)(b))))
#define Int64ShllMod32(v, n) (((ULONGLONG)(v)) << ((n)&31))
#define Int64ShraMod32(v, n) (((LONGLONG)(v)) >> ((n)&31))
#define Int64ShrlMod32(v, n) (((ULONGLONG)(v)) >> ((n)&31))

#endif
