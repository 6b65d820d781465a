/* SPDX-License-Identifier: MIT */
/* Microsoft-specific socket ioctls that kernel clients may use; wsk.h includes it. */
#ifndef _MSWSOCKDEF_
#define _MSWSOCKDEF_

#include <ws2def.h>

/* Whether an ICMP port-unreachable makes the next receive of a UDP socket fail (BOOLEAN). */
#ifndef SIO_UDP_CONNRESET
#define SIO_UDP_CONNRESET _WSAIOW(IOC_VENDOR, 12)
#endif
/* The same for ICMP network-unreachable (BOOLEAN). */
#define SIO_UDP_NETRESET _WSAIOW(IOC_VENDOR, 15)

#define SIO_BSP_HANDLE _WSAIOR(IOC_WS2, 27)
#define SIO_BSP_HANDLE_SELECT _WSAIOR(IOC_WS2, 28)
#define SIO_BSP_HANDLE_POLL _WSAIOR(IOC_WS2, 29)
#define SIO_BASE_HANDLE _WSAIOR(IOC_WS2, 34)

#define SIO_SET_COMPATIBILITY_MODE _WSAIOW(IOC_VENDOR, 300)

typedef enum _WSA_COMPATIBILITY_BEHAVIOR_ID {
    WsaBehaviorAll = 0,
    WsaBehaviorReceiveBuffering,
    WsaBehaviorAutoTuning
} WSA_COMPATIBILITY_BEHAVIOR_ID, *PWSA_COMPATIBILITY_BEHAVIOR_ID;

typedef struct _WSA_COMPATIBILITY_MODE {
    WSA_COMPATIBILITY_BEHAVIOR_ID BehaviorId;
    ULONG TargetOsVersion;
} WSA_COMPATIBILITY_MODE, *PWSA_COMPATIBILITY_MODE;

#define OPENWSK_CHECK_MSWSOCKDEF
#include "openwsk/net_layout_check.h"

#endif
