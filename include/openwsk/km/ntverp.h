/* SPDX-License-Identifier: MIT */
/* ntverp.h - the version of Windows that the library presents itself as (see RtlGetVersion). */
#ifndef OPENWSK_KM_NTVERP_H
#define OPENWSK_KM_NTVERP_H

#define VER_PRODUCTMAJORVERSION 10
#define VER_PRODUCTMINORVERSION 0
#define VER_PRODUCTBUILD 22621
#define VER_PRODUCTBUILD_QFE 1
#define VER_PRODUCTVERSION 10, 0, 22621, 1
#define VER_PRODUCTVERSION_W 0x0A00
#define VER_PRODUCTVERSION_DW (0x0A000000 | VER_PRODUCTBUILD)

#endif
