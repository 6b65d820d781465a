/* SPDX-License-Identifier: MIT */
/*
 * absent_netio.c - what netioapi.h and netioddk.h declare: interfaces, addresses and routes of the
 * host, and the module registrar. None of it exists here yet; a driver that names it loads, and is
 * told so when it calls.
 */
#include "nt_internal.h"

#include <netioapi.h>
#include <netioddk.h>

NTSTATUS CancelMibChangeNotify2(HANDLE notification_handle)
{
    (void)notification_handle;
    return nt_absent("CancelMibChangeNotify2");
}

NTSTATUS ConvertInterfaceAliasToLuid(const WCHAR *interface_alias, PNET_LUID interface_luid)
{
    (void)interface_alias;
    (void)interface_luid;
    return nt_absent("ConvertInterfaceAliasToLuid");
}

NTSTATUS ConvertInterfaceGuidToLuid(const GUID *interface_guid, PNET_LUID interface_luid)
{
    (void)interface_guid;
    (void)interface_luid;
    return nt_absent("ConvertInterfaceGuidToLuid");
}

NTSTATUS ConvertInterfaceIndexToLuid(NET_IFINDEX interface_index, PNET_LUID interface_luid)
{
    (void)interface_index;
    (void)interface_luid;
    return nt_absent("ConvertInterfaceIndexToLuid");
}

NTSTATUS ConvertInterfaceLuidToAlias(const NET_LUID *interface_luid, PWSTR interface_alias,
                                     SIZE_T length)
{
    (void)interface_luid;
    (void)interface_alias;
    (void)length;
    return nt_absent("ConvertInterfaceLuidToAlias");
}

NTSTATUS ConvertInterfaceLuidToGuid(const NET_LUID *interface_luid, GUID *interface_guid)
{
    (void)interface_luid;
    (void)interface_guid;
    return nt_absent("ConvertInterfaceLuidToGuid");
}

NTSTATUS ConvertInterfaceLuidToIndex(const NET_LUID *interface_luid, PNET_IFINDEX interface_index)
{
    (void)interface_luid;
    (void)interface_index;
    return nt_absent("ConvertInterfaceLuidToIndex");
}

NTSTATUS ConvertInterfaceLuidToNameA(const NET_LUID *interface_luid, PSTR interface_name,
                                     SIZE_T length)
{
    (void)interface_luid;
    (void)interface_name;
    (void)length;
    return nt_absent("ConvertInterfaceLuidToNameA");
}

NTSTATUS ConvertInterfaceLuidToNameW(const NET_LUID *interface_luid, PWSTR interface_name,
                                     SIZE_T length)
{
    (void)interface_luid;
    (void)interface_name;
    (void)length;
    return nt_absent("ConvertInterfaceLuidToNameW");
}

NTSTATUS ConvertInterfaceNameToLuidA(const CHAR *interface_name, NET_LUID *interface_luid)
{
    (void)interface_name;
    (void)interface_luid;
    return nt_absent("ConvertInterfaceNameToLuidA");
}

NTSTATUS ConvertInterfaceNameToLuidW(const WCHAR *interface_name, NET_LUID *interface_luid)
{
    (void)interface_name;
    (void)interface_luid;
    return nt_absent("ConvertInterfaceNameToLuidW");
}

NTSTATUS ConvertIpv4MaskToLength(ULONG mask, PUINT8 mask_length)
{
    (void)mask;
    (void)mask_length;
    return nt_absent("ConvertIpv4MaskToLength");
}

NTSTATUS ConvertLengthToIpv4Mask(ULONG mask_length, PULONG mask)
{
    (void)mask_length;
    (void)mask;
    return nt_absent("ConvertLengthToIpv4Mask");
}

NTSTATUS CreateAnycastIpAddressEntry(const MIB_ANYCASTIPADDRESS_ROW *row)
{
    (void)row;
    return nt_absent("CreateAnycastIpAddressEntry");
}

NTSTATUS CreateIpForwardEntry2(const MIB_IPFORWARD_ROW2 *row)
{
    (void)row;
    return nt_absent("CreateIpForwardEntry2");
}

NTSTATUS CreateIpNetEntry2(const MIB_IPNET_ROW2 *row)
{
    (void)row;
    return nt_absent("CreateIpNetEntry2");
}

NTSTATUS CreateUnicastIpAddressEntry(const MIB_UNICASTIPADDRESS_ROW *row)
{
    (void)row;
    return nt_absent("CreateUnicastIpAddressEntry");
}

NTSTATUS DeleteAnycastIpAddressEntry(const MIB_ANYCASTIPADDRESS_ROW *row)
{
    (void)row;
    return nt_absent("DeleteAnycastIpAddressEntry");
}

NTSTATUS DeleteIpForwardEntry2(const MIB_IPFORWARD_ROW2 *row)
{
    (void)row;
    return nt_absent("DeleteIpForwardEntry2");
}

NTSTATUS DeleteIpNetEntry2(const MIB_IPNET_ROW2 *row)
{
    (void)row;
    return nt_absent("DeleteIpNetEntry2");
}

NTSTATUS DeleteUnicastIpAddressEntry(const MIB_UNICASTIPADDRESS_ROW *row)
{
    (void)row;
    return nt_absent("DeleteUnicastIpAddressEntry");
}

void FreeMibTable(PVOID memory)
{
    (void)memory;
    nt_absent("FreeMibTable");
}

NTSTATUS GetAnycastIpAddressEntry(PMIB_ANYCASTIPADDRESS_ROW row)
{
    (void)row;
    return nt_absent("GetAnycastIpAddressEntry");
}

NTSTATUS GetAnycastIpAddressTable(ADDRESS_FAMILY family, PMIB_ANYCASTIPADDRESS_TABLE *table)
{
    (void)family;
    (void)table;
    return nt_absent("GetAnycastIpAddressTable");
}

NTSTATUS GetBestRoute2(NET_LUID *interface_luid, NET_IFINDEX interface_index,
                       const SOCKADDR_INET *source_address,
                       const SOCKADDR_INET *destination_address, ULONG address_sort_options,
                       PMIB_IPFORWARD_ROW2 best_route, SOCKADDR_INET *best_source_address)
{
    (void)interface_luid;
    (void)interface_index;
    (void)source_address;
    (void)destination_address;
    (void)address_sort_options;
    (void)best_route;
    (void)best_source_address;
    return nt_absent("GetBestRoute2");
}

NET_IF_COMPARTMENT_ID GetCurrentThreadCompartmentId(VOID)
{
    nt_absent("GetCurrentThreadCompartmentId");
    return 0;
}

NTSTATUS GetIfEntry2(PMIB_IF_ROW2 row)
{
    (void)row;
    return nt_absent("GetIfEntry2");
}

NTSTATUS GetIfEntry2Ex(MIB_IF_ENTRY_LEVEL level, PMIB_IF_ROW2 row)
{
    (void)level;
    (void)row;
    return nt_absent("GetIfEntry2Ex");
}

NTSTATUS GetIfStackTable(PMIB_IFSTACK_TABLE *table)
{
    (void)table;
    return nt_absent("GetIfStackTable");
}

NTSTATUS GetIfTable2(PMIB_IF_TABLE2 *table)
{
    (void)table;
    return nt_absent("GetIfTable2");
}

NTSTATUS GetIfTable2Ex(MIB_IF_TABLE_LEVEL level, PMIB_IF_TABLE2 *table)
{
    (void)level;
    (void)table;
    return nt_absent("GetIfTable2Ex");
}

NTSTATUS GetInvertedIfStackTable(PMIB_INVERTEDIFSTACK_TABLE *table)
{
    (void)table;
    return nt_absent("GetInvertedIfStackTable");
}

NTSTATUS GetIpForwardEntry2(PMIB_IPFORWARD_ROW2 row)
{
    (void)row;
    return nt_absent("GetIpForwardEntry2");
}

NTSTATUS GetIpForwardTable2(ADDRESS_FAMILY family, PMIB_IPFORWARD_TABLE2 *table)
{
    (void)family;
    (void)table;
    return nt_absent("GetIpForwardTable2");
}

NTSTATUS GetIpInterfaceEntry(PMIB_IPINTERFACE_ROW row)
{
    (void)row;
    return nt_absent("GetIpInterfaceEntry");
}

NTSTATUS GetIpInterfaceTable(ADDRESS_FAMILY family, PMIB_IPINTERFACE_TABLE *table)
{
    (void)family;
    (void)table;
    return nt_absent("GetIpInterfaceTable");
}

NTSTATUS GetIpNetEntry2(PMIB_IPNET_ROW2 row)
{
    (void)row;
    return nt_absent("GetIpNetEntry2");
}

NTSTATUS GetIpNetTable2(ADDRESS_FAMILY family, PMIB_IPNET_TABLE2 *table)
{
    (void)family;
    (void)table;
    return nt_absent("GetIpNetTable2");
}

NTSTATUS GetIpNetworkConnectionBandwidthEstimates(
    NET_IFINDEX interface_index, ADDRESS_FAMILY address_family,
    PMIB_IP_NETWORK_CONNECTION_BANDWIDTH_ESTIMATES bandwidth_estimates)
{
    (void)interface_index;
    (void)address_family;
    (void)bandwidth_estimates;
    return nt_absent("GetIpNetworkConnectionBandwidthEstimates");
}

NTSTATUS GetIpPathEntry(PMIB_IPPATH_ROW row)
{
    (void)row;
    return nt_absent("GetIpPathEntry");
}

NTSTATUS GetIpPathTable(ADDRESS_FAMILY family, PMIB_IPPATH_TABLE *table)
{
    (void)family;
    (void)table;
    return nt_absent("GetIpPathTable");
}

NTSTATUS GetMulticastIpAddressEntry(PMIB_MULTICASTIPADDRESS_ROW row)
{
    (void)row;
    return nt_absent("GetMulticastIpAddressEntry");
}

NTSTATUS GetMulticastIpAddressTable(ADDRESS_FAMILY family, PMIB_MULTICASTIPADDRESS_TABLE *table)
{
    (void)family;
    (void)table;
    return nt_absent("GetMulticastIpAddressTable");
}

NET_IF_COMPARTMENT_ID GetSessionCompartmentId(ULONG session_id)
{
    (void)session_id;
    nt_absent("GetSessionCompartmentId");
    return 0;
}

NTSTATUS GetUnicastIpAddressEntry(PMIB_UNICASTIPADDRESS_ROW row)
{
    (void)row;
    return nt_absent("GetUnicastIpAddressEntry");
}

NTSTATUS GetUnicastIpAddressTable(ADDRESS_FAMILY family, PMIB_UNICASTIPADDRESS_TABLE *table)
{
    (void)family;
    (void)table;
    return nt_absent("GetUnicastIpAddressTable");
}

void InitializeIpForwardEntry(PMIB_IPFORWARD_ROW2 row)
{
    (void)row;
    nt_absent("InitializeIpForwardEntry");
}

void InitializeIpInterfaceEntry(PMIB_IPINTERFACE_ROW row)
{
    (void)row;
    nt_absent("InitializeIpInterfaceEntry");
}

void InitializeUnicastIpAddressEntry(PMIB_UNICASTIPADDRESS_ROW row)
{
    (void)row;
    nt_absent("InitializeUnicastIpAddressEntry");
}

NTSTATUS NmrClientAttachProvider(HANDLE nmr_binding_handle, PVOID client_binding_context,
                                 const void *client_dispatch, PVOID *provider_binding_context,
                                 const void **provider_dispatch)
{
    (void)nmr_binding_handle;
    (void)client_binding_context;
    (void)client_dispatch;
    (void)provider_binding_context;
    (void)provider_dispatch;
    return nt_absent("NmrClientAttachProvider");
}

void NmrClientDetachProviderComplete(HANDLE nmr_binding_handle)
{
    (void)nmr_binding_handle;
    nt_absent("NmrClientDetachProviderComplete");
}

NTSTATUS NmrDeregisterClient(HANDLE nmr_client_handle)
{
    (void)nmr_client_handle;
    return nt_absent("NmrDeregisterClient");
}

NTSTATUS NmrDeregisterProvider(HANDLE nmr_provider_handle)
{
    (void)nmr_provider_handle;
    return nt_absent("NmrDeregisterProvider");
}

void NmrProviderDetachClientComplete(HANDLE nmr_binding_handle)
{
    (void)nmr_binding_handle;
    nt_absent("NmrProviderDetachClientComplete");
}

NTSTATUS NmrRegisterClient(PNPI_CLIENT_CHARACTERISTICS client_characteristics, PVOID client_context,
                           PHANDLE nmr_client_handle)
{
    (void)client_characteristics;
    (void)client_context;
    (void)nmr_client_handle;
    return nt_absent("NmrRegisterClient");
}

NTSTATUS NmrRegisterProvider(PNPI_PROVIDER_CHARACTERISTICS provider_characteristics,
                             PVOID provider_context, PHANDLE nmr_provider_handle)
{
    (void)provider_characteristics;
    (void)provider_context;
    (void)nmr_provider_handle;
    return nt_absent("NmrRegisterProvider");
}

NTSTATUS NmrWaitForClientDeregisterComplete(HANDLE nmr_client_handle)
{
    (void)nmr_client_handle;
    return nt_absent("NmrWaitForClientDeregisterComplete");
}

NTSTATUS NmrWaitForProviderDeregisterComplete(HANDLE nmr_provider_handle)
{
    (void)nmr_provider_handle;
    return nt_absent("NmrWaitForProviderDeregisterComplete");
}

NTSTATUS NotifyIpInterfaceChange(ADDRESS_FAMILY family, PIPINTERFACE_CHANGE_CALLBACK callback,
                                 PVOID caller_context, BOOLEAN initial_notification,
                                 HANDLE *notification_handle)
{
    (void)family;
    (void)callback;
    (void)caller_context;
    (void)initial_notification;
    (void)notification_handle;
    return nt_absent("NotifyIpInterfaceChange");
}

NTSTATUS NotifyRouteChange2(ADDRESS_FAMILY address_family, PIPFORWARD_CHANGE_CALLBACK callback,
                            PVOID caller_context, BOOLEAN initial_notification,
                            HANDLE *notification_handle)
{
    (void)address_family;
    (void)callback;
    (void)caller_context;
    (void)initial_notification;
    (void)notification_handle;
    return nt_absent("NotifyRouteChange2");
}

NTSTATUS NotifyStableUnicastIpAddressTable(ADDRESS_FAMILY family,
                                           PMIB_UNICASTIPADDRESS_TABLE *table,
                                           PSTABLE_UNICAST_IPADDRESS_TABLE_CALLBACK caller_callback,
                                           PVOID caller_context, HANDLE *notification_handle)
{
    (void)family;
    (void)table;
    (void)caller_callback;
    (void)caller_context;
    (void)notification_handle;
    return nt_absent("NotifyStableUnicastIpAddressTable");
}

NTSTATUS NotifyUnicastIpAddressChange(ADDRESS_FAMILY family,
                                      PUNICAST_IPADDRESS_CHANGE_CALLBACK callback,
                                      PVOID caller_context, BOOLEAN initial_notification,
                                      HANDLE *notification_handle)
{
    (void)family;
    (void)callback;
    (void)caller_context;
    (void)initial_notification;
    (void)notification_handle;
    return nt_absent("NotifyUnicastIpAddressChange");
}

NTSTATUS SetCurrentThreadCompartmentId(NET_IF_COMPARTMENT_ID compartment_id)
{
    (void)compartment_id;
    return nt_absent("SetCurrentThreadCompartmentId");
}

NTSTATUS SetIpForwardEntry2(const MIB_IPFORWARD_ROW2 *route)
{
    (void)route;
    return nt_absent("SetIpForwardEntry2");
}

NTSTATUS SetIpInterfaceEntry(PMIB_IPINTERFACE_ROW row)
{
    (void)row;
    return nt_absent("SetIpInterfaceEntry");
}

NTSTATUS SetIpNetEntry2(PMIB_IPNET_ROW2 row)
{
    (void)row;
    return nt_absent("SetIpNetEntry2");
}

NTSTATUS SetSessionCompartmentId(ULONG session_id, NET_IF_COMPARTMENT_ID compartment_id)
{
    (void)session_id;
    (void)compartment_id;
    return nt_absent("SetSessionCompartmentId");
}

NTSTATUS SetUnicastIpAddressEntry(const MIB_UNICASTIPADDRESS_ROW *row)
{
    (void)row;
    return nt_absent("SetUnicastIpAddressEntry");
}
