/* SPDX-License-Identifier: MIT */
/* minwindef.h - the type names of user mode that kernel source uses as well. */
#ifndef OPENWSK_KM_MINWINDEF_H
#define OPENWSK_KM_MINWINDEF_H

#include "ntdef.h"

#ifndef NULL
#define NULL 0
#endif
#define MAX_PATH 260
#define FAR
#define far
#define NEAR
#define near
#define PASCAL
#define pascal
#define CDECL

typedef unsigned int DWORD, *PDWORD, *LPDWORD;
typedef int BOOL, *PBOOL, *LPBOOL;
typedef unsigned char BYTE, *PBYTE, *LPBYTE;
typedef unsigned short WORD, *PWORD, *LPWORD;
typedef float FLOAT, *PFLOAT;
typedef int *LPINT;
typedef int *LPLONG;
typedef void *LPVOID;
typedef const void *LPCVOID;
typedef UINT_PTR WPARAM;
typedef LONG_PTR LPARAM;
typedef LONG_PTR LRESULT;
typedef WORD ATOM;

DECLARE_HANDLE(HKEY);
DECLARE_HANDLE(HINSTANCE);
typedef HKEY *PHKEY;
typedef HINSTANCE HMODULE;

typedef struct _FILETIME {
    DWORD dwLowDateTime;
    DWORD dwHighDateTime;
} FILETIME, *PFILETIME, *LPFILETIME;

#define MAXDWORD 0xffffffff
#define MAKEWORD(low, high)                                                                        \
    ((WORD)(((BYTE)(((DWORD_PTR)(low)) & 0xff)) | ((WORD)((BYTE)(((DWORD_PTR)(high)) & 0xff)))     \
                                                      << 8))
#define MAKELONG(low, high)                                                                        \
    ((LONG)(((WORD)(((DWORD_PTR)(low)) & 0xffff)) |                                                \
            ((DWORD)((WORD)(((DWORD_PTR)(high)) & 0xffff))) << 16))
#define LOWORD(v) ((WORD)(((DWORD_PTR)(v)) & 0xffff))
#define HIWORD(v) ((WORD)((((DWORD_PTR)(v)) >> 16) & 0xffff))
#define LOBYTE(v) ((BYTE)(((DWORD_PTR)(v)) & 0xff))
#define HIBYTE(v) ((BYTE)((((DWORD_PTR)(v)) >> 8) & 0xff))

#endif
