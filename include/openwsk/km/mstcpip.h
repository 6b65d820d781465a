/* SPDX-License-Identifier: MIT */
/* Microsoft's additions for TCP/IP: vendor ioctls with their structures, and helpers for IPv4
 * addresses and for socket addresses of either family. */
#ifndef _MSTCPIP_
#define _MSTCPIP_

#include <ws2def.h>
#include <ws2ipdef.h>
#include <ip2string.h>

OPENWSK_DECLARATIONS_BEGIN

/* ---- Ioctls ---- */

#define SIO_RCVALL _WSAIOW(IOC_VENDOR, 1)
#define SIO_RCVALL_MCAST _WSAIOW(IOC_VENDOR, 2)
#define SIO_RCVALL_IGMPMCAST _WSAIOW(IOC_VENDOR, 3)
#define SIO_KEEPALIVE_VALS _WSAIOW(IOC_VENDOR, 4)
#define SIO_ABSORB_RTRALERT _WSAIOW(IOC_VENDOR, 5)
#define SIO_UCAST_IF _WSAIOW(IOC_VENDOR, 6)
#define SIO_LIMIT_BROADCASTS _WSAIOW(IOC_VENDOR, 7)
#define SIO_INDEX_BIND _WSAIOW(IOC_VENDOR, 8)
#define SIO_INDEX_MCASTIF _WSAIOW(IOC_VENDOR, 9)
#define SIO_INDEX_ADD_MCAST _WSAIOW(IOC_VENDOR, 10)
#define SIO_INDEX_DEL_MCAST _WSAIOW(IOC_VENDOR, 11)
#define SIO_RCVALL_MCAST_IF _WSAIOW(IOC_VENDOR, 13)
#define SIO_RCVALL_IF _WSAIOW(IOC_VENDOR, 14)
#define SIO_LOOPBACK_FAST_PATH _WSAIOW(IOC_VENDOR, 16)
#define SIO_TCP_INITIAL_RTO _WSAIOW(IOC_VENDOR, 17)
#define SIO_APPLY_TRANSPORT_SETTING _WSAIOW(IOC_VENDOR, 19)
#define SIO_QUERY_TRANSPORT_SETTING _WSAIOW(IOC_VENDOR, 20)
#define SIO_CPU_AFFINITY _WSAIOW(IOC_VENDOR, 21)
#define SIO_TCP_SET_ICW _WSAIOW(IOC_VENDOR, 22)
#define SIO_TCP_SET_ACK_FREQUENCY _WSAIOW(IOC_VENDOR, 23)
#define SIO_SET_PRIORITY_HINT _WSAIOW(IOC_VENDOR, 24)
#define SIO_PRIORITY_HINT SIO_SET_PRIORITY_HINT
#define SIO_TCP_INFO _WSAIORW(IOC_VENDOR, 39)
#define SIO_ACQUIRE_PORT_RESERVATION _WSAIOW(IOC_VENDOR, 100)
#define SIO_RELEASE_PORT_RESERVATION _WSAIOW(IOC_VENDOR, 101)
#define SIO_ASSOCIATE_PORT_RESERVATION _WSAIOW(IOC_VENDOR, 102)
#define SIO_SET_SECURITY _WSAIOW(IOC_VENDOR, 200)
#define SIO_QUERY_SECURITY _WSAIORW(IOC_VENDOR, 201)
#define SIO_SET_PEER_TARGET_NAME _WSAIOW(IOC_VENDOR, 202)
#define SIO_DELETE_PEER_TARGET_NAME _WSAIOW(IOC_VENDOR, 203)
#define SIO_QUERY_WFP_ALE_ENDPOINT_HANDLE _WSAIOR(IOC_VENDOR, 205)
#define SIO_QUERY_RSS_SCALABILITY_INFO _WSAIOR(IOC_VENDOR, 210)
#define SIO_QUERY_WFP_CONNECTION_REDIRECT_RECORDS _WSAIOW(IOC_VENDOR, 220)
#define SIO_QUERY_WFP_CONNECTION_REDIRECT_CONTEXT _WSAIOW(IOC_VENDOR, 221)
#define SIO_SET_WFP_CONNECTION_REDIRECT_RECORDS _WSAIOW(IOC_VENDOR, 222)
#define SIO_SOCKET_USAGE_NOTIFICATION _WSAIOW(IOC_VENDOR, 204)

struct tcp_keepalive {
    ULONG onoff;
    ULONG keepalivetime;
    ULONG keepaliveinterval;
};

typedef struct _RSS_SCALABILITY_INFO {
    BOOLEAN RssEnabled;
} RSS_SCALABILITY_INFO, *PRSS_SCALABILITY_INFO;

typedef enum {
    RCVALL_OFF = 0,
    RCVALL_ON = 1,
    RCVALL_SOCKETLEVELONLY = 2,
    RCVALL_IPLEVEL = 3
} RCVALL_VALUE, *PRCVALL_VALUE;

#define RCVALL_MAX RCVALL_IPLEVEL

typedef struct {
    RCVALL_VALUE Mode;
    ULONG Interface;
} RCVALL_IF, *PRCVALL_IF;

#define TCP_INITIAL_RTO_UNSPECIFIED_RTT ((USHORT)-1)
#define TCP_INITIAL_RTO_UNSPECIFIED_MAX_SYN_RETRANSMISSIONS ((UCHAR)-1)
#define TCP_INITIAL_RTO_DEFAULT_RTT 0
#define TCP_INITIAL_RTO_DEFAULT_MAX_SYN_RETRANSMISSIONS 0
#define TCP_INITIAL_RTO_NO_SYN_RETRANSMISSIONS ((UCHAR)-2)

typedef struct _TCP_INITIAL_RTO_PARAMETERS {
    USHORT Rtt;
    UCHAR MaxSynRetransmissions;
} TCP_INITIAL_RTO_PARAMETERS, *PTCP_INITIAL_RTO_PARAMETERS;

typedef enum _TCP_ICW_LEVEL {
    TCP_ICW_LEVEL_DEFAULT = 0,
    TCP_ICW_LEVEL_HIGH = 1,
    TCP_ICW_LEVEL_VERY_HIGH = 2,
    TCP_ICW_LEVEL_AGGRESSIVE = 3,
    TCP_ICW_LEVEL_EXPERIMENTAL = 4,
    TCP_ICW_LEVEL_COMPAT = 254,
    TCP_ICW_LEVEL_MAX = 255
} TCP_ICW_LEVEL, *PTCP_ICW_LEVEL;

typedef struct _TCP_ICW_PARAMETERS {
    TCP_ICW_LEVEL Level;
} TCP_ICW_PARAMETERS, *PTCP_ICW_PARAMETERS;

typedef struct _TCP_ACK_FREQUENCY_PARAMETERS {
    UCHAR TcpDelayedAckFrequency;
} TCP_ACK_FREQUENCY_PARAMETERS, *PTCP_ACK_FREQUENCY_PARAMETERS;

typedef enum {
    SocketPriorityHintVeryLow = 0,
    SocketPriorityHintLow,
    SocketPriorityHintNormal,
    SocketMaximumPriorityHintType
} SOCKET_PRIORITY_HINT, *PSOCKET_PRIORITY_HINT;

typedef struct _PRIORITY_STATUS {
    SOCKET_PRIORITY_HINT Sender;
    SOCKET_PRIORITY_HINT Receiver;
} PRIORITY_STATUS, *PPRIORITY_STATUS;

typedef enum _TCPSTATE {
    TCPSTATE_CLOSED,
    TCPSTATE_LISTEN,
    TCPSTATE_SYN_SENT,
    TCPSTATE_SYN_RCVD,
    TCPSTATE_ESTABLISHED,
    TCPSTATE_FIN_WAIT_1,
    TCPSTATE_FIN_WAIT_2,
    TCPSTATE_CLOSE_WAIT,
    TCPSTATE_CLOSING,
    TCPSTATE_LAST_ACK,
    TCPSTATE_TIME_WAIT,
    TCPSTATE_MAX
} TCPSTATE;

/* Output of SIO_TCP_INFO; the input is the ULONG version, 0 or 1. */
typedef struct _TCP_INFO_v0 {
    TCPSTATE State;
    ULONG Mss;
    ULONG64 ConnectionTimeMs;
    BOOLEAN TimestampsEnabled;
    ULONG RttUs;
    ULONG MinRttUs;
    ULONG BytesInFlight;
    ULONG Cwnd;
    ULONG SndWnd;
    ULONG RcvWnd;
    ULONG RcvBuf;
    ULONG64 BytesOut;
    ULONG64 BytesIn;
    ULONG BytesReordered;
    ULONG BytesRetrans;
    ULONG FastRetrans;
    ULONG DupAcksIn;
    ULONG TimeoutEpisodes;
    UCHAR SynRetrans;
} TCP_INFO_v0, *PTCP_INFO_v0;

typedef struct _TCP_INFO_v1 {
    TCPSTATE State;
    ULONG Mss;
    ULONG64 ConnectionTimeMs;
    BOOLEAN TimestampsEnabled;
    ULONG RttUs;
    ULONG MinRttUs;
    ULONG BytesInFlight;
    ULONG Cwnd;
    ULONG SndWnd;
    ULONG RcvWnd;
    ULONG RcvBuf;
    ULONG64 BytesOut;
    ULONG64 BytesIn;
    ULONG BytesReordered;
    ULONG BytesRetrans;
    ULONG FastRetrans;
    ULONG DupAcksIn;
    ULONG TimeoutEpisodes;
    UCHAR SynRetrans;
    ULONG SndLimTransRwin;
    ULONG SndLimTimeRwin;
    ULONG64 SndLimBytesRwin;
    ULONG SndLimTransCwnd;
    ULONG SndLimTimeCwnd;
    ULONG64 SndLimBytesCwnd;
    ULONG SndLimTransSnd;
    ULONG SndLimTimeSnd;
    ULONG64 SndLimBytesSnd;
} TCP_INFO_v1, *PTCP_INFO_v1;

/* StartPort is in network byte order. */
typedef struct _INET_PORT_RANGE {
    USHORT StartPort;
    USHORT NumberOfPorts;
} INET_PORT_RANGE, *PINET_PORT_RANGE;
typedef struct _INET_PORT_RANGE INET_PORT_RESERVATION, *PINET_PORT_RESERVATION;

typedef struct {
    ULONG64 Token;
} INET_PORT_RESERVATION_TOKEN, *PINET_PORT_RESERVATION_TOKEN;

#define INVALID_PORT_RESERVATION_TOKEN ((ULONG64)0)

typedef struct {
#ifdef __cplusplus
    INET_PORT_RESERVATION Reservation;
    INET_PORT_RESERVATION_TOKEN Token;
#else
    struct {
        USHORT StartPort;
        USHORT NumberOfPorts;
    };
    struct {
        ULONG64 Token;
    };
#endif
} INET_PORT_RESERVATION_INSTANCE, *PINET_PORT_RESERVATION_INSTANCE;

typedef struct {
    ULONG OwningPid;
} INET_PORT_RESERVATION_INFORMATION, *PINET_PORT_RESERVATION_INFORMATION;

/* ---- IPv4 addresses ----
 * Arguments are in network byte order, so the first octet is the low byte. The UNALIGNED forms
 * take an address inside a packet. */

OPENWSK_INLINE BOOLEAN IN4_UNALIGNED_ADDR_EQUAL(const IN_ADDR *a, const IN_ADDR *b)
{
    return (BOOLEAN)(__builtin_memcmp(a, b, sizeof(*a)) == 0);
}

OPENWSK_INLINE BOOLEAN IN4_ADDR_EQUAL(const IN_ADDR *a, const IN_ADDR *b)
{
    return (BOOLEAN)(a->s_addr == b->s_addr);
}

OPENWSK_INLINE BOOLEAN IN4_IS_ADDR_UNSPECIFIED(const IN_ADDR *a)
{
    return (BOOLEAN)(a->s_addr == 0);
}

OPENWSK_INLINE BOOLEAN IN4_IS_UNALIGNED_ADDR_UNSPECIFIED(const IN_ADDR *a)
{
    ULONG value;

    __builtin_memcpy(&value, a, sizeof(value));
    return (BOOLEAN)(value == 0);
}

/* 127.0.0.0/8 */
OPENWSK_INLINE BOOLEAN IN4_IS_ADDR_LOOPBACK(const IN_ADDR *a)
{
    return (BOOLEAN)(*(const UCHAR *)a == 0x7f);
}

OPENWSK_INLINE BOOLEAN IN4_IS_UNALIGNED_ADDR_LOOPBACK(const IN_ADDR *a)
{
    return (BOOLEAN)(*(const UCHAR *)a == 0x7f);
}

OPENWSK_INLINE BOOLEAN IN4_IS_ADDR_BROADCAST(const IN_ADDR *a)
{
    return (BOOLEAN)(a->s_addr == 0xffffffff);
}

/* 224.0.0.0/4 */
OPENWSK_INLINE BOOLEAN IN4_IS_ADDR_MULTICAST(const IN_ADDR *a)
{
    return (BOOLEAN)((a->s_addr & 0x000000f0) == 0x000000e0);
}

/* 169.254.0.0/16 */
OPENWSK_INLINE BOOLEAN IN4_IS_ADDR_LINKLOCAL(const IN_ADDR *a)
{
    return (BOOLEAN)((a->s_addr & 0x0000ffff) == 0x0000fea9);
}

/* IPv4 has no such range; here for symmetry with IPv6. */
OPENWSK_INLINE BOOLEAN IN4_IS_ADDR_SITELOCAL(const IN_ADDR *a)
{
    (void)a;
    return 0;
}

/* 10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16 */
OPENWSK_INLINE BOOLEAN IN4_IS_ADDR_RFC1918(const IN_ADDR *a)
{
    return (BOOLEAN)((a->s_addr & 0x000000ff) == 0x0000000a ||
                     (a->s_addr & 0x0000f0ff) == 0x000010ac ||
                     (a->s_addr & 0x0000ffff) == 0x0000a8c0);
}

/* 224.0.0.0/24 */
OPENWSK_INLINE BOOLEAN IN4_IS_ADDR_MC_LINKLOCAL(const IN_ADDR *a)
{
    return (BOOLEAN)((a->s_addr & 0x00ffffff) == 0x000000e0);
}

/* 239.255.0.0/16 */
OPENWSK_INLINE BOOLEAN IN4_IS_ADDR_MC_ADMINLOCAL(const IN_ADDR *a)
{
    return (BOOLEAN)((a->s_addr & 0x0000ffff) == 0x0000ffef);
}

/* 239.192.0.0/14 */
OPENWSK_INLINE BOOLEAN IN4_IS_ADDR_MC_SITELOCAL(const IN_ADDR *a)
{
    return (BOOLEAN)((a->s_addr & 0x0000fcff) == 0x0000c0ef);
}

OPENWSK_INLINE void IN4ADDR_SETANY(PSOCKADDR_IN a)
{
    __builtin_memset(a, 0, sizeof(*a));
    a->sin_family = AF_INET;
}

OPENWSK_INLINE void IN4ADDR_SETLOOPBACK(PSOCKADDR_IN a)
{
    IN4ADDR_SETANY(a);
    a->sin_addr.s_addr = 0x0100007f;
}

OPENWSK_INLINE BOOLEAN IN4ADDR_ISANY(const SOCKADDR_IN *a)
{
    return IN4_IS_ADDR_UNSPECIFIED(&a->sin_addr);
}

OPENWSK_INLINE BOOLEAN IN4ADDR_ISUNSPECIFIED(const SOCKADDR_IN *a)
{
    return IN4_IS_ADDR_UNSPECIFIED(&a->sin_addr);
}

OPENWSK_INLINE BOOLEAN IN4ADDR_ISLOOPBACK(const SOCKADDR_IN *a)
{
    return IN4_IS_ADDR_LOOPBACK(&a->sin_addr);
}

/* The ports do not matter. */
OPENWSK_INLINE BOOLEAN IN4ADDR_ISEQUAL(const SOCKADDR_IN *a, const SOCKADDR_IN *b)
{
    return IN4_ADDR_EQUAL(&a->sin_addr, &b->sin_addr);
}

OPENWSK_INLINE void IN4ADDR_SETSOCKADDR(PSOCKADDR_IN a, const IN_ADDR *addr, USHORT port)
{
    IN4ADDR_SETANY(a);
    a->sin_port = port;
    a->sin_addr = *addr;
}

/* ---- IPv6 and IPv4 inside IPv6 ---- */

OPENWSK_INLINE const UCHAR *IN6_GET_ADDR_V4MAPPED(const IN6_ADDR *a)
{
    return a->u.Byte + 12;
}

OPENWSK_INLINE const UCHAR *IN6_GET_ADDR_V4COMPAT(const IN6_ADDR *a)
{
    return a->u.Byte + 12;
}

OPENWSK_INLINE void IN6_SET_ADDR_V4MAPPED(PIN6_ADDR a6, const IN_ADDR *a4)
{
    __builtin_memset(a6, 0, sizeof(*a6));
    a6->u.Byte[10] = 0xff;
    a6->u.Byte[11] = 0xff;
    __builtin_memcpy(a6->u.Byte + 12, a4, sizeof(*a4));
}

OPENWSK_INLINE void IN6_SET_ADDR_V4COMPAT(PIN6_ADDR a6, const IN_ADDR *a4)
{
    __builtin_memset(a6, 0, sizeof(*a6));
    __builtin_memcpy(a6->u.Byte + 12, a4, sizeof(*a4));
}

/* ff02::1:ff00:0/104 with the last 24 bits of the address */
OPENWSK_INLINE void IN6_SET_ADDR_SOLICITEDNODE(PIN6_ADDR multicast, const IN6_ADDR *unicast)
{
    __builtin_memset(multicast, 0, sizeof(*multicast));
    multicast->u.Byte[0] = 0xff;
    multicast->u.Byte[1] = 0x02;
    multicast->u.Byte[11] = 0x01;
    multicast->u.Byte[12] = 0xff;
    __builtin_memcpy(multicast->u.Byte + 13, unicast->u.Byte + 13, 3);
}

OPENWSK_INLINE BOOLEAN IN6ADDR_ISV4MAPPED(const SOCKADDR_IN6 *a)
{
    return IN6_IS_ADDR_V4MAPPED(&a->sin6_addr);
}

OPENWSK_INLINE void IN6ADDR_SETSOCKADDR(PSOCKADDR_IN6 a, const IN6_ADDR *addr, SCOPE_ID scope,
                                        USHORT port)
{
    a->sin6_family = AF_INET6;
    a->sin6_port = port;
    a->sin6_flowinfo = 0;
    a->sin6_addr = *addr;
    a->sin6_scope_struct = scope;
}

OPENWSK_INLINE void IN6ADDR_SETV4MAPPED(PSOCKADDR_IN6 a6, const IN_ADDR *a4, SCOPE_ID scope,
                                        USHORT port)
{
    a6->sin6_family = AF_INET6;
    a6->sin6_port = port;
    a6->sin6_flowinfo = 0;
    IN6_SET_ADDR_V4MAPPED(&a6->sin6_addr, a4);
    a6->sin6_scope_struct = scope;
}

/* ---- Addresses of either family; the family must be AF_INET or AF_INET6 ---- */

OPENWSK_INLINE BOOLEAN INET_ADDR_EQUAL(ADDRESS_FAMILY af, const void *a, const void *b)
{
    return (BOOLEAN)(__builtin_memcmp(a, b, af == AF_INET6 ? sizeof(IN6_ADDR) : sizeof(IN_ADDR)) ==
                     0);
}

OPENWSK_INLINE BOOLEAN INET_UNALIGNED_ADDR_EQUAL(ADDRESS_FAMILY af, const void *a, const void *b)
{
    return INET_ADDR_EQUAL(af, a, b);
}

OPENWSK_INLINE BOOLEAN INET_IS_ADDR_UNSPECIFIED(ADDRESS_FAMILY af, const void *a)
{
    return af == AF_INET6 ? IN6_IS_ADDR_UNSPECIFIED((const IN6_ADDR *)a)
                          : IN4_IS_ADDR_UNSPECIFIED((const IN_ADDR *)a);
}

OPENWSK_INLINE BOOLEAN INET_IS_ADDR_LOOPBACK(ADDRESS_FAMILY af, const void *a)
{
    return af == AF_INET6 ? IN6_IS_ADDR_LOOPBACK((const IN6_ADDR *)a)
                          : IN4_IS_ADDR_LOOPBACK((const IN_ADDR *)a);
}

OPENWSK_INLINE BOOLEAN INET_IS_ADDR_MULTICAST(ADDRESS_FAMILY af, const void *a)
{
    return af == AF_INET6 ? IN6_IS_ADDR_MULTICAST((const IN6_ADDR *)a)
                          : IN4_IS_ADDR_MULTICAST((const IN_ADDR *)a);
}

OPENWSK_INLINE BOOLEAN INET_IS_ADDR_LINKLOCAL(ADDRESS_FAMILY af, const void *a)
{
    return af == AF_INET6 ? IN6_IS_ADDR_LINKLOCAL((const IN6_ADDR *)a)
                          : IN4_IS_ADDR_LINKLOCAL((const IN_ADDR *)a);
}

OPENWSK_INLINE SIZE_T INET_ADDR_LENGTH(ADDRESS_FAMILY af)
{
    return af == AF_INET6 ? sizeof(IN6_ADDR) : sizeof(IN_ADDR);
}

OPENWSK_INLINE SIZE_T INET_SOCKADDR_LENGTH(ADDRESS_FAMILY af)
{
    return af == AF_INET6 ? sizeof(SOCKADDR_IN6) : sizeof(SOCKADDR_IN);
}

/* Sets the wildcard address of the family that the structure already names. */
OPENWSK_INLINE void INETADDR_SETANY(PSOCKADDR a)
{
    if (a->sa_family == AF_INET6)
        IN6ADDR_SETANY((PSOCKADDR_IN6)(PVOID)a);
    else
        IN4ADDR_SETANY((PSOCKADDR_IN)(PVOID)a);
}

OPENWSK_INLINE void INETADDR_SETLOOPBACK(PSOCKADDR a)
{
    if (a->sa_family == AF_INET6)
        IN6ADDR_SETLOOPBACK((PSOCKADDR_IN6)(PVOID)a);
    else
        IN4ADDR_SETLOOPBACK((PSOCKADDR_IN)(PVOID)a);
}

OPENWSK_INLINE BOOLEAN INETADDR_ISANY(const SOCKADDR *a)
{
    return a->sa_family == AF_INET6 ? IN6ADDR_ISANY((const SOCKADDR_IN6 *)(const void *)a)
                                    : IN4ADDR_ISANY((const SOCKADDR_IN *)(const void *)a);
}

OPENWSK_INLINE BOOLEAN INETADDR_ISUNSPECIFIED(const SOCKADDR *a)
{
    return a->sa_family == AF_INET6 ? IN6ADDR_ISUNSPECIFIED((const SOCKADDR_IN6 *)(const void *)a)
                                    : IN4ADDR_ISUNSPECIFIED((const SOCKADDR_IN *)(const void *)a);
}

OPENWSK_INLINE BOOLEAN INETADDR_ISLOOPBACK(const SOCKADDR *a)
{
    return a->sa_family == AF_INET6 ? IN6ADDR_ISLOOPBACK((const SOCKADDR_IN6 *)(const void *)a)
                                    : IN4ADDR_ISLOOPBACK((const SOCKADDR_IN *)(const void *)a);
}

OPENWSK_INLINE BOOLEAN INETADDR_ISV4MAPPED(const SOCKADDR *a)
{
    return (BOOLEAN)(a->sa_family == AF_INET6 &&
                     IN6ADDR_ISV4MAPPED((const SOCKADDR_IN6 *)(const void *)a));
}

/* Family and address (and scope) agree; the ports do not matter. */
OPENWSK_INLINE BOOLEAN INETADDR_ISEQUAL(const SOCKADDR *a, const SOCKADDR *b)
{
    if (a->sa_family != b->sa_family)
        return 0;
    if (a->sa_family == AF_INET6)
        return IN6ADDR_ISEQUAL((const SOCKADDR_IN6 *)(const void *)a,
                               (const SOCKADDR_IN6 *)(const void *)b);
    return IN4ADDR_ISEQUAL((const SOCKADDR_IN *)(const void *)a,
                           (const SOCKADDR_IN *)(const void *)b);
}

OPENWSK_INLINE void INETADDR_SETSOCKADDR(ADDRESS_FAMILY af, PSOCKADDR a, const void *addr,
                                         SCOPE_ID scope, USHORT port)
{
    if (af == AF_INET6)
        IN6ADDR_SETSOCKADDR((PSOCKADDR_IN6)(PVOID)a, (const IN6_ADDR *)addr, scope, port);
    else
        IN4ADDR_SETSOCKADDR((PSOCKADDR_IN)(PVOID)a, (const IN_ADDR *)addr, port);
}

OPENWSK_INLINE PUCHAR INETADDR_ADDRESS(const SOCKADDR *a)
{
    SIZE_T offset = a->sa_family == AF_INET6 ? __builtin_offsetof(SOCKADDR_IN6, sin6_addr)
                                             : __builtin_offsetof(SOCKADDR_IN, sin_addr);

    return (PUCHAR)(ULONG_PTR)a + offset;
}

OPENWSK_INLINE void INETADDR_SET_ADDRESS(PSOCKADDR a, const UCHAR *address)
{
    __builtin_memcpy(INETADDR_ADDRESS(a), address, INET_ADDR_LENGTH(a->sa_family));
}

/* In network byte order; the field has the same place in both families. */
OPENWSK_INLINE USHORT INETADDR_PORT(const SOCKADDR *a)
{
    return ((const SOCKADDR_IN *)(const void *)a)->sin_port;
}

OPENWSK_INLINE void INETADDR_SET_PORT(PSOCKADDR a, USHORT port)
{
    ((PSOCKADDR_IN)(PVOID)a)->sin_port = port;
}

OPENWSK_INLINE SCOPE_ID INETADDR_SCOPE_ID(const SOCKADDR *a)
{
    SCOPE_ID none = SCOPEID_UNSPECIFIED_INIT;

    return a->sa_family == AF_INET6
               ? ((const SOCKADDR_IN6 *)(const void *)a)->sin6_scope_struct
               : none;
}

OPENWSK_DECLARATIONS_END

#define OPENWSK_CHECK_MSTCPIP
#include "openwsk/net_layout_check.h"

#endif
