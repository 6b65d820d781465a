/* SPDX-License-Identifier: MIT */
/* Interfaces, addresses, routes and neighbours of the host.
 *
 * Protocol of use:
 *   - one entry: fill the key members of a row (for an interface its LUID, or its index), call
 *     Get...Entry; STATUS_NOT_FOUND when there is none;
 *   - all entries: Get...Table allocates a snapshot, FreeMibTable frees it;
 *   - changes: Notify... registers a callback and gives a handle, CancelMibChangeNotify2 ends it.
 * Everything here is for PASSIVE_LEVEL. Functions return an NTSTATUS; STATUS_INVALID_PARAMETER for
 * a NULL or contradictory argument. */
#ifndef _NETIOAPI_H_
#define _NETIOAPI_H_

#include <ntdef.h>
#include <ws2def.h>
#include <ws2ipdef.h>
#include <ifdef.h>
#include <nldef.h>
#include <ntddndis.h>

OPENWSK_DECLARATIONS_BEGIN

#ifndef ANY_SIZE
#define ANY_SIZE 1
#endif

#define NETIO_STATUS NTSTATUS
#define NETIO_SUCCESS(x) NT_SUCCESS(x)
#define NETIOAPI_API_ NTAPI
#define NETIOAPI_API NETIO_STATUS NETIOAPI_API_

#define IF_NAMESIZE NDIS_IF_MAX_STRING_SIZE
#define MIB_INVALID_TEREDO_PORT_NUMBER 0

typedef enum _MIB_NOTIFICATION_TYPE {
    MibParameterNotification,
    MibAddInstance,
    MibDeleteInstance,
    MibInitialNotification
} MIB_NOTIFICATION_TYPE, *PMIB_NOTIFICATION_TYPE;

typedef enum _MIB_IF_TABLE_LEVEL {
    MibIfTableNormal,
    MibIfTableRaw,
    MibIfTableNormalWithoutStatistics
} MIB_IF_TABLE_LEVEL, *PMIB_IF_TABLE_LEVEL;

typedef enum _MIB_IF_ENTRY_LEVEL {
    MibIfEntryNormal = 0,
    MibIfEntryNormalWithoutStatistics = 2
} MIB_IF_ENTRY_LEVEL, *PMIB_IF_ENTRY_LEVEL;

/* ---- Rows and tables ---- */

typedef struct _MIB_IF_ROW2 {
    NET_LUID InterfaceLuid;
    NET_IFINDEX InterfaceIndex;
    GUID InterfaceGuid;
    WCHAR Alias[IF_MAX_STRING_SIZE + 1];
    WCHAR Description[IF_MAX_STRING_SIZE + 1];
    ULONG PhysicalAddressLength;
    UCHAR PhysicalAddress[IF_MAX_PHYS_ADDRESS_LENGTH];
    UCHAR PermanentPhysicalAddress[IF_MAX_PHYS_ADDRESS_LENGTH];
    ULONG Mtu;
    IFTYPE Type;
    TUNNEL_TYPE TunnelType;
    NDIS_MEDIUM MediaType;
    NDIS_PHYSICAL_MEDIUM PhysicalMediumType;
    NET_IF_ACCESS_TYPE AccessType;
    NET_IF_DIRECTION_TYPE DirectionType;
    struct {
        BOOLEAN HardwareInterface : 1;
        BOOLEAN FilterInterface : 1;
        BOOLEAN ConnectorPresent : 1;
        BOOLEAN NotAuthenticated : 1;
        BOOLEAN NotMediaConnected : 1;
        BOOLEAN Paused : 1;
        BOOLEAN LowPower : 1;
        BOOLEAN EndPointInterface : 1;
    } InterfaceAndOperStatusFlags;
    IF_OPER_STATUS OperStatus;
    NET_IF_ADMIN_STATUS AdminStatus;
    NET_IF_MEDIA_CONNECT_STATE MediaConnectState;
    NET_IF_NETWORK_GUID NetworkGuid;
    NET_IF_CONNECTION_TYPE ConnectionType;
    ULONG64 TransmitLinkSpeed;
    ULONG64 ReceiveLinkSpeed;
    ULONG64 InOctets;
    ULONG64 InUcastPkts;
    ULONG64 InNUcastPkts;
    ULONG64 InDiscards;
    ULONG64 InErrors;
    ULONG64 InUnknownProtos;
    ULONG64 InUcastOctets;
    ULONG64 InMulticastOctets;
    ULONG64 InBroadcastOctets;
    ULONG64 OutOctets;
    ULONG64 OutUcastPkts;
    ULONG64 OutNUcastPkts;
    ULONG64 OutDiscards;
    ULONG64 OutErrors;
    ULONG64 OutUcastOctets;
    ULONG64 OutMulticastOctets;
    ULONG64 OutBroadcastOctets;
    ULONG64 OutQLen;
} MIB_IF_ROW2, *PMIB_IF_ROW2;

typedef struct _MIB_IF_TABLE2 {
    ULONG NumEntries;
    MIB_IF_ROW2 Table[ANY_SIZE];
} MIB_IF_TABLE2, *PMIB_IF_TABLE2;

/* One per interface and family. */
typedef struct _MIB_IPINTERFACE_ROW {
    ADDRESS_FAMILY Family;
    NET_LUID InterfaceLuid;
    NET_IFINDEX InterfaceIndex;
    ULONG MaxReassemblySize;
    ULONG64 InterfaceIdentifier;
    ULONG MinRouterAdvertisementInterval;
    ULONG MaxRouterAdvertisementInterval;
    BOOLEAN AdvertisingEnabled;
    BOOLEAN ForwardingEnabled;
    BOOLEAN WeakHostSend;
    BOOLEAN WeakHostReceive;
    BOOLEAN UseAutomaticMetric;
    BOOLEAN UseNeighborUnreachabilityDetection;
    BOOLEAN ManagedAddressConfigurationSupported;
    BOOLEAN OtherStatefulConfigurationSupported;
    BOOLEAN AdvertiseDefaultRoute;
    NL_ROUTER_DISCOVERY_BEHAVIOR RouterDiscoveryBehavior;
    ULONG DadTransmits;
    ULONG BaseReachableTime;
    ULONG RetransmitTime;
    ULONG PathMtuDiscoveryTimeout;
    NL_LINK_LOCAL_ADDRESS_BEHAVIOR LinkLocalAddressBehavior;
    ULONG LinkLocalAddressTimeout;
    ULONG ZoneIndices[ScopeLevelCount];
    ULONG SitePrefixLength;
    ULONG Metric;
    ULONG NlMtu;
    BOOLEAN Connected;
    BOOLEAN SupportsWakeUpPatterns;
    BOOLEAN SupportsNeighborDiscovery;
    BOOLEAN SupportsRouterDiscovery;
    ULONG ReachableTime;
    NL_INTERFACE_OFFLOAD_ROD TransmitOffload;
    NL_INTERFACE_OFFLOAD_ROD ReceiveOffload;
    BOOLEAN DisableDefaultRoutes;
} MIB_IPINTERFACE_ROW, *PMIB_IPINTERFACE_ROW;

typedef struct _MIB_IPINTERFACE_TABLE {
    ULONG NumEntries;
    MIB_IPINTERFACE_ROW Table[ANY_SIZE];
} MIB_IPINTERFACE_TABLE, *PMIB_IPINTERFACE_TABLE;

typedef struct _MIB_IFSTACK_ROW {
    NET_IFINDEX HigherLayerInterfaceIndex;
    NET_IFINDEX LowerLayerInterfaceIndex;
} MIB_IFSTACK_ROW, *PMIB_IFSTACK_ROW;

typedef struct _MIB_IFSTACK_TABLE {
    ULONG NumEntries;
    MIB_IFSTACK_ROW Table[ANY_SIZE];
} MIB_IFSTACK_TABLE, *PMIB_IFSTACK_TABLE;

typedef struct _MIB_INVERTEDIFSTACK_ROW {
    NET_IFINDEX LowerLayerInterfaceIndex;
    NET_IFINDEX HigherLayerInterfaceIndex;
} MIB_INVERTEDIFSTACK_ROW, *PMIB_INVERTEDIFSTACK_ROW;

typedef struct _MIB_INVERTEDIFSTACK_TABLE {
    ULONG NumEntries;
    MIB_INVERTEDIFSTACK_ROW Table[ANY_SIZE];
} MIB_INVERTEDIFSTACK_TABLE, *PMIB_INVERTEDIFSTACK_TABLE;

typedef struct _MIB_IP_NETWORK_CONNECTION_BANDWIDTH_ESTIMATES {
    NL_BANDWIDTH_INFORMATION InboundBandwidthInformation;
    NL_BANDWIDTH_INFORMATION OutboundBandwidthInformation;
} MIB_IP_NETWORK_CONNECTION_BANDWIDTH_ESTIMATES, *PMIB_IP_NETWORK_CONNECTION_BANDWIDTH_ESTIMATES;

typedef struct _MIB_UNICASTIPADDRESS_ROW {
    SOCKADDR_INET Address;
    NET_LUID InterfaceLuid;
    NET_IFINDEX InterfaceIndex;
    NL_PREFIX_ORIGIN PrefixOrigin;
    NL_SUFFIX_ORIGIN SuffixOrigin;
    ULONG ValidLifetime;
    ULONG PreferredLifetime;
    UINT8 OnLinkPrefixLength;
    BOOLEAN SkipAsSource;
    NL_DAD_STATE DadState;
    SCOPE_ID ScopeId;
    LARGE_INTEGER CreationTimeStamp;
} MIB_UNICASTIPADDRESS_ROW, *PMIB_UNICASTIPADDRESS_ROW;

typedef struct _MIB_UNICASTIPADDRESS_TABLE {
    ULONG NumEntries;
    MIB_UNICASTIPADDRESS_ROW Table[ANY_SIZE];
} MIB_UNICASTIPADDRESS_TABLE, *PMIB_UNICASTIPADDRESS_TABLE;

typedef struct _MIB_ANYCASTIPADDRESS_ROW {
    SOCKADDR_INET Address;
    NET_LUID InterfaceLuid;
    NET_IFINDEX InterfaceIndex;
    SCOPE_ID ScopeId;
} MIB_ANYCASTIPADDRESS_ROW, *PMIB_ANYCASTIPADDRESS_ROW;

typedef struct _MIB_ANYCASTIPADDRESS_TABLE {
    ULONG NumEntries;
    MIB_ANYCASTIPADDRESS_ROW Table[ANY_SIZE];
} MIB_ANYCASTIPADDRESS_TABLE, *PMIB_ANYCASTIPADDRESS_TABLE;

/* Here the index stands before the LUID. */
typedef struct _MIB_MULTICASTIPADDRESS_ROW {
    SOCKADDR_INET Address;
    NET_IFINDEX InterfaceIndex;
    NET_LUID InterfaceLuid;
    SCOPE_ID ScopeId;
} MIB_MULTICASTIPADDRESS_ROW, *PMIB_MULTICASTIPADDRESS_ROW;

typedef struct _MIB_MULTICASTIPADDRESS_TABLE {
    ULONG NumEntries;
    MIB_MULTICASTIPADDRESS_ROW Table[ANY_SIZE];
} MIB_MULTICASTIPADDRESS_TABLE, *PMIB_MULTICASTIPADDRESS_TABLE;

typedef struct _IP_ADDRESS_PREFIX {
    SOCKADDR_INET Prefix;
    UINT8 PrefixLength;
} IP_ADDRESS_PREFIX, *PIP_ADDRESS_PREFIX;

/* The metric of a route is to be added to that of its interface. */
typedef struct _MIB_IPFORWARD_ROW2 {
    NET_LUID InterfaceLuid;
    NET_IFINDEX InterfaceIndex;
    IP_ADDRESS_PREFIX DestinationPrefix;
    SOCKADDR_INET NextHop;
    UCHAR SitePrefixLength;
    ULONG ValidLifetime;
    ULONG PreferredLifetime;
    ULONG Metric;
    NL_ROUTE_PROTOCOL Protocol;
    BOOLEAN Loopback;
    BOOLEAN AutoconfigureAddress;
    BOOLEAN Publish;
    BOOLEAN Immortal;
    ULONG Age;
    NL_ROUTE_ORIGIN Origin;
} MIB_IPFORWARD_ROW2, *PMIB_IPFORWARD_ROW2;

typedef struct _MIB_IPFORWARD_TABLE2 {
    ULONG NumEntries;
    MIB_IPFORWARD_ROW2 Table[ANY_SIZE];
} MIB_IPFORWARD_TABLE2, *PMIB_IPFORWARD_TABLE2;

typedef struct _MIB_IPPATH_ROW {
    SOCKADDR_INET Source;
    SOCKADDR_INET Destination;
    NET_LUID InterfaceLuid;
    NET_IFINDEX InterfaceIndex;
    SOCKADDR_INET CurrentNextHop;
    ULONG PathMtu;
    ULONG RttMean;
    ULONG RttDeviation;
    union {
        ULONG LastReachable;
        ULONG LastUnreachable;
    };
    BOOLEAN IsReachable;
    ULONG64 LinkTransmitSpeed;
    ULONG64 LinkReceiveSpeed;
} MIB_IPPATH_ROW, *PMIB_IPPATH_ROW;

typedef struct _MIB_IPPATH_TABLE {
    ULONG NumEntries;
    MIB_IPPATH_ROW Table[ANY_SIZE];
} MIB_IPPATH_TABLE, *PMIB_IPPATH_TABLE;

typedef struct _MIB_IPNET_ROW2 {
    SOCKADDR_INET Address;
    NET_IFINDEX InterfaceIndex;
    NET_LUID InterfaceLuid;
    UCHAR PhysicalAddress[IF_MAX_PHYS_ADDRESS_LENGTH];
    ULONG PhysicalAddressLength;
    NL_NEIGHBOR_STATE State;
    union {
        struct {
            BOOLEAN IsRouter : 1;
            BOOLEAN IsUnreachable : 1;
        };
        UCHAR Flags;
    };
    union {
        ULONG LastReachable;
        ULONG LastUnreachable;
    } ReachabilityTime;
} MIB_IPNET_ROW2, *PMIB_IPNET_ROW2;

typedef struct _MIB_IPNET_TABLE2 {
    ULONG NumEntries;
    MIB_IPNET_ROW2 Table[ANY_SIZE];
} MIB_IPNET_TABLE2, *PMIB_IPNET_TABLE2;

/* ---- Change callbacks ----
 * Run at PASSIVE_LEVEL on a thread of the library. Row is valid for the duration of the call, holds
 * keys only (read the rest with Get...Entry), and is NULL for MibInitialNotification. A callback
 * must not cancel its own registration. */

typedef void(NETIOAPI_API_ *PIPINTERFACE_CHANGE_CALLBACK)(
    _In_ PVOID CallerContext, _In_opt_ PMIB_IPINTERFACE_ROW Row,
    _In_ MIB_NOTIFICATION_TYPE NotificationType);

typedef void(NETIOAPI_API_ *PUNICAST_IPADDRESS_CHANGE_CALLBACK)(
    _In_ PVOID CallerContext, _In_opt_ PMIB_UNICASTIPADDRESS_ROW Row,
    _In_ MIB_NOTIFICATION_TYPE NotificationType);

/* Called once, when no address is tentative any more; the callee frees the table. */
typedef void(NETIOAPI_API_ *PSTABLE_UNICAST_IPADDRESS_TABLE_CALLBACK)(
    _In_ PVOID CallerContext, _In_opt_ PMIB_UNICASTIPADDRESS_TABLE AddressTable);

typedef void(NETIOAPI_API_ *PIPFORWARD_CHANGE_CALLBACK)(
    _In_ PVOID CallerContext, _In_opt_ PMIB_IPFORWARD_ROW2 Row,
    _In_ MIB_NOTIFICATION_TYPE NotificationType);

typedef void(NETIOAPI_API_ *PTEREDO_PORT_CHANGE_CALLBACK)(
    _In_ PVOID CallerContext, _In_ USHORT Port, _In_ MIB_NOTIFICATION_TYPE NotificationType);

/* ---- Memory and registrations ---- */

/* Frees whatever a Get...Table function allocated; NULL is allowed. */
void NETIOAPI_API_ FreeMibTable(_In_ PVOID Memory);

/* Ends a registration. Waits for a callback in progress, so that none runs afterwards. */
NETIOAPI_API CancelMibChangeNotify2(_In_ HANDLE NotificationHandle);

/* ---- Interfaces ---- */

/* Key: InterfaceLuid, or InterfaceIndex when the LUID is zero. Fills the rest of the row. */
NETIOAPI_API GetIfEntry2(_Inout_ PMIB_IF_ROW2 Row);
NETIOAPI_API GetIfEntry2Ex(_In_ MIB_IF_ENTRY_LEVEL Level, _Inout_ PMIB_IF_ROW2 Row);

/* Snapshots of all interfaces, and of how they are stacked. */
NETIOAPI_API GetIfTable2(_Outptr_ PMIB_IF_TABLE2 *Table);
NETIOAPI_API GetIfTable2Ex(_In_ MIB_IF_TABLE_LEVEL Level, _Outptr_ PMIB_IF_TABLE2 *Table);
NETIOAPI_API GetIfStackTable(_Outptr_ PMIB_IFSTACK_TABLE *Table);
NETIOAPI_API GetInvertedIfStackTable(_Outptr_ PMIB_INVERTEDIFSTACK_TABLE *Table);

/* Key: Family and InterfaceLuid (or InterfaceIndex). */
NETIOAPI_API GetIpInterfaceEntry(_Inout_ PMIB_IPINTERFACE_ROW Row);
/* AF_UNSPEC gives both families. */
NETIOAPI_API GetIpInterfaceTable(_In_ ADDRESS_FAMILY Family,
                                 _Outptr_ PMIB_IPINTERFACE_TABLE *Table);
/* Fills a row with values that mean "unchanged", ready for SetIpInterfaceEntry. */
void NETIOAPI_API_ InitializeIpInterfaceEntry(_Inout_ PMIB_IPINTERFACE_ROW Row);
NETIOAPI_API SetIpInterfaceEntry(_Inout_ PMIB_IPINTERFACE_ROW Row);
/* With InitialNotification the callback also runs once at once. */
NETIOAPI_API NotifyIpInterfaceChange(_In_ ADDRESS_FAMILY Family,
                                     _In_ PIPINTERFACE_CHANGE_CALLBACK Callback,
                                     _In_opt_ PVOID CallerContext,
                                     _In_ BOOLEAN InitialNotification,
                                     _Inout_ HANDLE *NotificationHandle);
NETIOAPI_API
GetIpNetworkConnectionBandwidthEstimates(
    _In_ NET_IFINDEX InterfaceIndex, _In_ ADDRESS_FAMILY AddressFamily,
    _Out_ PMIB_IP_NETWORK_CONNECTION_BANDWIDTH_ESTIMATES BandwidthEstimates);

/* ---- Addresses ---- */

/* Key: Address and the interface. */
NETIOAPI_API GetUnicastIpAddressEntry(_Inout_ PMIB_UNICASTIPADDRESS_ROW Row);
NETIOAPI_API GetUnicastIpAddressTable(_In_ ADDRESS_FAMILY Family,
                                      _Outptr_ PMIB_UNICASTIPADDRESS_TABLE *Table);
void NETIOAPI_API_ InitializeUnicastIpAddressEntry(_Out_ PMIB_UNICASTIPADDRESS_ROW Row);
NETIOAPI_API CreateUnicastIpAddressEntry(_In_ const MIB_UNICASTIPADDRESS_ROW *Row);
NETIOAPI_API SetUnicastIpAddressEntry(_In_ const MIB_UNICASTIPADDRESS_ROW *Row);
NETIOAPI_API DeleteUnicastIpAddressEntry(_In_ const MIB_UNICASTIPADDRESS_ROW *Row);
NETIOAPI_API NotifyUnicastIpAddressChange(_In_ ADDRESS_FAMILY Family,
                                          _In_ PUNICAST_IPADDRESS_CHANGE_CALLBACK Callback,
                                          _In_opt_ PVOID CallerContext,
                                          _In_ BOOLEAN InitialNotification,
                                          _Inout_ HANDLE *NotificationHandle);
NETIOAPI_API
NotifyStableUnicastIpAddressTable(_In_ ADDRESS_FAMILY Family,
                                  _Inout_ PMIB_UNICASTIPADDRESS_TABLE *Table,
                                  _In_ PSTABLE_UNICAST_IPADDRESS_TABLE_CALLBACK CallerCallback,
                                  _In_ PVOID CallerContext, _Inout_ HANDLE *NotificationHandle);

NETIOAPI_API GetAnycastIpAddressEntry(_Inout_ PMIB_ANYCASTIPADDRESS_ROW Row);
NETIOAPI_API GetAnycastIpAddressTable(_In_ ADDRESS_FAMILY Family,
                                      _Outptr_ PMIB_ANYCASTIPADDRESS_TABLE *Table);
NETIOAPI_API CreateAnycastIpAddressEntry(_In_ const MIB_ANYCASTIPADDRESS_ROW *Row);
NETIOAPI_API DeleteAnycastIpAddressEntry(_In_ const MIB_ANYCASTIPADDRESS_ROW *Row);
NETIOAPI_API GetMulticastIpAddressEntry(_Inout_ PMIB_MULTICASTIPADDRESS_ROW Row);
NETIOAPI_API GetMulticastIpAddressTable(_In_ ADDRESS_FAMILY Family,
                                        _Outptr_ PMIB_MULTICASTIPADDRESS_TABLE *Table);

/* ---- Routes ---- */

/* The route that a datagram to DestinationAddress would take, out of the given interface if one is
 * given (LUID first, then index), and the source address it would get. */
NETIOAPI_API GetBestRoute2(_In_opt_ NET_LUID *InterfaceLuid, _In_ NET_IFINDEX InterfaceIndex,
                           _In_opt_ const SOCKADDR_INET *SourceAddress,
                           _In_ const SOCKADDR_INET *DestinationAddress,
                           _In_ ULONG AddressSortOptions, _Out_ PMIB_IPFORWARD_ROW2 BestRoute,
                           _Out_ SOCKADDR_INET *BestSourceAddress);
NETIOAPI_API GetIpForwardEntry2(_Inout_ PMIB_IPFORWARD_ROW2 Row);
NETIOAPI_API GetIpForwardTable2(_In_ ADDRESS_FAMILY Family, _Outptr_ PMIB_IPFORWARD_TABLE2 *Table);
void NETIOAPI_API_ InitializeIpForwardEntry(_Out_ PMIB_IPFORWARD_ROW2 Row);
NETIOAPI_API CreateIpForwardEntry2(_In_ const MIB_IPFORWARD_ROW2 *Row);
NETIOAPI_API SetIpForwardEntry2(_In_ const MIB_IPFORWARD_ROW2 *Route);
NETIOAPI_API DeleteIpForwardEntry2(_In_ const MIB_IPFORWARD_ROW2 *Row);
NETIOAPI_API NotifyRouteChange2(_In_ ADDRESS_FAMILY AddressFamily,
                                _In_ PIPFORWARD_CHANGE_CALLBACK Callback, _In_ PVOID CallerContext,
                                _In_ BOOLEAN InitialNotification,
                                _Inout_ HANDLE *NotificationHandle);

/* ---- Paths and neighbours ---- */

NETIOAPI_API FlushIpPathTable(_In_ ADDRESS_FAMILY Family);
NETIOAPI_API GetIpPathEntry(_Inout_ PMIB_IPPATH_ROW Row);
NETIOAPI_API GetIpPathTable(_In_ ADDRESS_FAMILY Family, _Outptr_ PMIB_IPPATH_TABLE *Table);

NETIOAPI_API GetIpNetEntry2(_Inout_ PMIB_IPNET_ROW2 Row);
NETIOAPI_API GetIpNetTable2(_In_ ADDRESS_FAMILY Family, _Outptr_ PMIB_IPNET_TABLE2 *Table);
NETIOAPI_API CreateIpNetEntry2(_In_ const MIB_IPNET_ROW2 *Row);
NETIOAPI_API SetIpNetEntry2(_In_ PMIB_IPNET_ROW2 Row);
NETIOAPI_API DeleteIpNetEntry2(_In_ const MIB_IPNET_ROW2 *Row);
NETIOAPI_API FlushIpNetTable2(_In_ ADDRESS_FAMILY Family, _In_ NET_IFINDEX InterfaceIndex);
NETIOAPI_API ResolveIpNetEntry2(_Inout_ PMIB_IPNET_ROW2 Row,
                                _In_opt_ const SOCKADDR_INET *SourceAddress);

/* ---- Conversions; lengths of names are in characters and count the NUL ---- */

NETIOAPI_API ConvertInterfaceNameToLuidA(_In_ const CHAR *InterfaceName,
                                         _Out_ NET_LUID *InterfaceLuid);
NETIOAPI_API ConvertInterfaceNameToLuidW(_In_ const WCHAR *InterfaceName,
                                         _Out_ NET_LUID *InterfaceLuid);
NETIOAPI_API ConvertInterfaceLuidToNameA(_In_ const NET_LUID *InterfaceLuid,
                                         _Out_ PSTR InterfaceName, _In_ SIZE_T Length);
NETIOAPI_API ConvertInterfaceLuidToNameW(_In_ const NET_LUID *InterfaceLuid,
                                         _Out_ PWSTR InterfaceName, _In_ SIZE_T Length);
NETIOAPI_API ConvertInterfaceLuidToIndex(_In_ const NET_LUID *InterfaceLuid,
                                         _Out_ PNET_IFINDEX InterfaceIndex);
NETIOAPI_API ConvertInterfaceIndexToLuid(_In_ NET_IFINDEX InterfaceIndex,
                                         _Out_ PNET_LUID InterfaceLuid);
NETIOAPI_API ConvertInterfaceLuidToAlias(_In_ const NET_LUID *InterfaceLuid,
                                         _Out_ PWSTR InterfaceAlias, _In_ SIZE_T Length);
NETIOAPI_API ConvertInterfaceAliasToLuid(_In_ const WCHAR *InterfaceAlias,
                                         _Out_ PNET_LUID InterfaceLuid);
NETIOAPI_API ConvertInterfaceLuidToGuid(_In_ const NET_LUID *InterfaceLuid,
                                        _Out_ GUID *InterfaceGuid);
NETIOAPI_API ConvertInterfaceGuidToLuid(_In_ const GUID *InterfaceGuid,
                                        _Out_ PNET_LUID InterfaceLuid);
NETIOAPI_API ConvertLengthToIpv4Mask(_In_ ULONG MaskLength, _Out_ PULONG Mask);
NETIOAPI_API ConvertIpv4MaskToLength(_In_ ULONG Mask, _Out_ PUINT8 MaskLength);

/* ---- Compartments: this host has one, the default ---- */

NET_IF_COMPARTMENT_ID NETIOAPI_API_ GetCurrentThreadCompartmentId(void);
NETIOAPI_API SetCurrentThreadCompartmentId(_In_ NET_IF_COMPARTMENT_ID CompartmentId);
NET_IF_COMPARTMENT_ID NETIOAPI_API_ GetSessionCompartmentId(_In_ ULONG SessionId);
NETIOAPI_API SetSessionCompartmentId(_In_ ULONG SessionId,
                                     _In_ NET_IF_COMPARTMENT_ID CompartmentId);

OPENWSK_DECLARATIONS_END

#define OPENWSK_CHECK_NETIOAPI
#include "openwsk/net_layout_check.h"

#endif
