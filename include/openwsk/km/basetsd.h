/* SPDX-License-Identifier: MIT */
/*
 * basetsd.h - integers of fixed width and of pointer width.
 *
 * LONG is 32 bits. Everything of 64 bits is `long`, the type that int64_t, intptr_t and size_t have
 * here, so that pointers to them mix as they do in driver source.
 */
#ifndef OPENWSK_KM_BASETSD_H
#define OPENWSK_KM_BASETSD_H

#include "openwsk/compiler.h"

#define POINTER_64
#define POINTER_32
#define POINTER_SIGNED
#define POINTER_UNSIGNED
#define FIRMWARE_PTR
#define SPOINTER_32

typedef signed char INT8, *PINT8;
typedef signed short INT16, *PINT16;
typedef signed int INT32, *PINT32;
typedef signed long INT64, *PINT64;
typedef unsigned char UINT8, *PUINT8;
typedef unsigned short UINT16, *PUINT16;
typedef unsigned int UINT32, *PUINT32;
typedef unsigned long UINT64, *PUINT64;

typedef signed int LONG32, *PLONG32;
typedef unsigned int ULONG32, *PULONG32;
typedef unsigned int DWORD32, *PDWORD32;
typedef signed long LONG64, *PLONG64;
typedef unsigned long ULONG64, *PULONG64;
typedef unsigned long DWORD64, *PDWORD64;

typedef signed long INT_PTR, *PINT_PTR;
typedef unsigned long UINT_PTR, *PUINT_PTR;
typedef signed long LONG_PTR, *PLONG_PTR;
typedef unsigned long ULONG_PTR, *PULONG_PTR;
typedef unsigned long DWORD_PTR, *PDWORD_PTR;
typedef unsigned long HANDLE_PTR;
typedef unsigned int UHALF_PTR, *PUHALF_PTR;
typedef signed int HALF_PTR, *PHALF_PTR;

typedef size_t SIZE_T, *PSIZE_T;
typedef signed long SSIZE_T, *PSSIZE_T;

typedef ULONG_PTR KAFFINITY, *PKAFFINITY;

#define MAXUINT8 ((UINT8)~((UINT8)0))
#define MAXINT8 ((INT8)(MAXUINT8 >> 1))
#define MININT8 ((INT8)~MAXINT8)
#define MAXUINT16 ((UINT16)~((UINT16)0))
#define MAXINT16 ((INT16)(MAXUINT16 >> 1))
#define MININT16 ((INT16)~MAXINT16)
#define MAXUINT32 ((UINT32)~((UINT32)0))
#define MAXINT32 ((INT32)(MAXUINT32 >> 1))
#define MININT32 ((INT32)~MAXINT32)
#define MAXUINT64 ((UINT64)~((UINT64)0))
#define MAXINT64 ((INT64)(MAXUINT64 >> 1))
#define MININT64 ((INT64)~MAXINT64)
#define MAXULONG32 ((ULONG32)~((ULONG32)0))
#define MAXLONG32 ((LONG32)(MAXULONG32 >> 1))
#define MINLONG32 ((LONG32)~MAXLONG32)
#define MAXULONG64 ((ULONG64)~((ULONG64)0))
#define MAXLONG64 ((LONG64)(MAXULONG64 >> 1))
#define MINLONG64 ((LONG64)~MAXLONG64)
#define MAXULONG_PTR (~((ULONG_PTR)0))
#define MAXLONG_PTR ((LONG_PTR)(MAXULONG_PTR >> 1))
#define MINLONG_PTR (~MAXLONG_PTR)
#define MAXUINT_PTR (~((UINT_PTR)0))
#define MAXINT_PTR ((INT_PTR)(MAXUINT_PTR >> 1))
#define MININT_PTR (~MAXINT_PTR)
#define MAXSIZE_T ((SIZE_T)~((SIZE_T)0))
#define MAXSSIZE_T ((SSIZE_T)(MAXSIZE_T >> 1))
#define MINSSIZE_T (~MAXSSIZE_T)
#define MAXUHALF_PTR ((UHALF_PTR)~0)
#define MAXHALF_PTR ((HALF_PTR)(MAXUHALF_PTR >> 1))
#define MAXUINT ((UINT32)~((UINT32)0))
#define MAXINT ((INT32)(MAXUINT >> 1))
#define MININT ((INT32)~MAXINT)
#define MAXDWORD32 ((DWORD32)~((DWORD32)0))
#define MAXDWORD64 ((DWORD64)~((DWORD64)0))

#define ADDRESS_TAG_BIT 0x40000000000UL

#define HandleToULong(h) ((ULONG32)(ULONG_PTR)(h))
#define HandleToUlong(h) HandleToULong(h)
#define HandleToLong(h) ((LONG32)(LONG_PTR)(h))
#define ULongToHandle(v) ((void *)(ULONG_PTR)(ULONG32)(v))
#define UlongToHandle(v) ULongToHandle(v)
#define LongToHandle(v) ((void *)(LONG_PTR)(LONG32)(v))
#define PtrToUlong(p) ((ULONG32)(ULONG_PTR)(p))
#define PtrToULong(p) PtrToUlong(p)
#define PtrToUint(p) ((UINT32)(UINT_PTR)(p))
#define PtrToLong(p) ((LONG32)(LONG_PTR)(p))
#define PtrToInt(p) ((INT32)(INT_PTR)(p))
#define PtrToUshort(p) ((unsigned short)(ULONG_PTR)(p))
#define PtrToShort(p) ((short)(LONG_PTR)(p))
#define UlongToPtr(v) ((void *)(ULONG_PTR)(ULONG32)(v))
#define ULongToPtr(v) UlongToPtr(v)
#define UintToPtr(v) ((void *)(UINT_PTR)(UINT32)(v))
#define UIntToPtr(v) UintToPtr(v)
#define LongToPtr(v) ((void *)(LONG_PTR)(LONG32)(v))
#define IntToPtr(v) ((void *)(INT_PTR)(INT32)(v))

#endif
