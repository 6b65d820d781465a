/* SPDX-License-Identifier: MIT */
/* Winsock Kernel: the sockets interface of Windows drivers.
 *
 * Every function that takes an IRP completes that IRP exactly once, also on error, and returns the
 * final status or STATUS_PENDING; the completion routine may run before the function returns. One
 * stack location is enough. WSK_BUF headers, remote addresses and control data are copied before
 * the function returns; the memory that MDLs describe, and every output buffer, belong to the
 * operation until the IRP is completed.
 *
 * A socket whose functions return STATUS_FILE_FORCED_CLOSED, or whose event callback receives a
 * NULL indication, is dead: close it. Unless a comment says otherwise, functions and callbacks of
 * this header run at IRQL <= DISPATCH_LEVEL, and callbacks must not wait for other WSK requests. */
#ifndef _WSK_
#define _WSK_

#include <sdkddkver.h>
#include <wdm.h>
#include <netioddk.h>
#include <ws2def.h>
#include <ws2ipdef.h>
#include <mswsockdef.h>
#include <mstcpip.h>
#include <ip2string.h>

OPENWSK_DECLARATIONS_BEGIN

#define WSKAPI NTAPI

/* The interface that WSK clients ask the registrar for. An object, so that its address can be
 * taken; a driver that defines its own copy under this name is welcome. Compare it by value. */
extern const NPIID NPI_WSK_INTERFACE_ID;

/* ---- Versions: major in the high byte, minor in the low one ---- */

#define MAKE_WSK_VERSION(Mj, Mn) ((USHORT)((Mj) << 8) | (USHORT)((Mn) & 0xff))
#define WSK_MAJOR_VERSION(V) ((UCHAR)((V) >> 8))
#define WSK_MINOR_VERSION(V) ((UCHAR)(V))

/* ---- Flags ---- */

/* WaitTimeout of WskCaptureProviderNPI, besides any number of milliseconds. */
#define WSK_NO_WAIT 0
#define WSK_INFINITE_WAIT 0xffffffff

/* Flags of WskSocket: the category, which selects the dispatch tables of both sides. */
#define WSK_FLAG_BASIC_SOCKET 0x00000000
#define WSK_FLAG_LISTEN_SOCKET 0x00000001
#define WSK_FLAG_CONNECTION_SOCKET 0x00000002
#define WSK_FLAG_DATAGRAM_SOCKET 0x00000004
#define WSK_FLAG_STREAM_SOCKET 0x00000008

/* WskDisconnect, and told by WskDisconnectEvent. */
#define WSK_FLAG_ABORTIVE 0x00000001
/* Told by receive events. */
#define WSK_FLAG_RELEASE_ASAP 0x00000002
#define WSK_FLAG_ENTIRE_MESSAGE 0x00000004
#define WSK_FLAG_AT_DISPATCH_LEVEL 0x00000008
/* WskSend. */
#define WSK_FLAG_OOB 0x00000001
#define WSK_FLAG_NODELAY 0x00000002
/* WskReceive. */
#define WSK_FLAG_WAITALL 0x00000002
#define WSK_FLAG_DRAIN 0x00000004

/* ---- Control codes of WskControlClient ---- */

#define WSK_TRANSPORT_LIST_QUERY 2
#define WSK_TRANSPORT_LIST_CHANGE 3
#define WSK_CACHE_SD 4
#define WSK_RELEASE_SD 5
#define WSK_TDI_DEVICENAME_MAPPING 6
#define WSK_SET_STATIC_EVENT_CALLBACKS 7
#define WSK_TDI_BEHAVIOR 8

#define WSK_TDI_BEHAVIOR_BYPASS_TDI 0x00000001

/* ---- Socket options and ioctls that only WSK has ---- */

/* Level SOL_SOCKET. SO_WSK_SECURITY: PSECURITY_DESCRIPTOR. SO_WSK_EVENT_CALLBACK:
 * WSK_EVENT_CALLBACK_CONTROL; disabling waits for running callbacks (STATUS_EVENT_PENDING when it
 * cannot and there is no IRP). */
#define SO_WSK_SECURITY (WSK_SO_BASE + 1)
#define SO_WSK_EVENT_CALLBACK (WSK_SO_BASE + 2)

#define WSK_EVENT_SEND_BACKLOG 0x00000010
#define WSK_EVENT_RECEIVE 0x00000040
#define WSK_EVENT_DISCONNECT 0x00000080
#define WSK_EVENT_RECEIVE_FROM 0x00000100
#define WSK_EVENT_ACCEPT 0x00000200
#define WSK_EVENT_DISABLE 0x80000000

/* Datagram sockets; input a SOCKADDR. Fixes the peer in both directions: other senders' datagrams
 * are dropped, and WskSendTo may be given no address. A NULL input ends it. */
#define SIO_WSK_SET_REMOTE_ADDRESS _WSAIOW(IOC_WSK, 1)
/* Exchange of dispatch tables for an extension interface. */
#define SIO_WSK_REGISTER_EXTENSION _WSAIORW(IOC_WSK, 2)
/* Connection-oriented sockets; output a SIZE_T. */
#define SIO_WSK_QUERY_IDEAL_SEND_BACKLOG _WSAIOR(IOC_WSK, 3)
/* Connection-oriented sockets; output a SIZE_T, the bytes received but not yet read. */
#define SIO_WSK_QUERY_RECEIVE_BACKLOG _WSAIOR(IOC_WSK, 4)
/* Accepted sockets; output the WSK_INSPECT_ID under which they were inspected. */
#define SIO_WSK_QUERY_INSPECT_ID _WSAIOR(IOC_WSK, 5)
/* Datagram sockets; input a SOCKADDR. Fixes the destination only; anybody may still send. */
#define SIO_WSK_SET_SENDTO_ADDRESS _WSAIOW(IOC_WSK, 6)
#define SIO_WSK_SET_TCP_SILENT_MODE _WSAIO(IOC_WSK, 7)

typedef enum {
    WskSetOption,
    WskGetOption,
    WskIoctl,
    WskControlMax
} WSK_CONTROL_SOCKET_TYPE, *PWSK_CONTROL_SOCKET_TYPE;

typedef enum {
    WskInspectReject,
    WskInspectAccept,
    WskInspectPend,
    WskInspectMax
} WSK_INSPECT_ACTION, *PWSK_INSPECT_ACTION;

/* ---- Objects ---- */

/* The provider's object for one registered client; opaque, passed to client-level functions. */
typedef PVOID PWSK_CLIENT;

/* The visible part of a socket. Dispatch points to the WSK_PROVIDER_*_DISPATCH of its category. */
typedef struct _WSK_SOCKET {
    const void *Dispatch;
} WSK_SOCKET, *PWSK_SOCKET;

/* ---- Data ---- */

/* Length bytes, starting Offset bytes into the memory that the MDL chain describes. Offset lies
 * within the first MDL; the chain may be longer than the data. */
typedef struct _WSK_BUF {
    PMDL Mdl;
    ULONG Offset;
    SIZE_T Length;
} WSK_BUF, *PWSK_BUF;

/* One datagram per element, for WskSendMessages. */
#if NTDDI_VERSION >= 0x06020000
typedef struct _WSK_BUF_LIST {
    struct _WSK_BUF_LIST *Next;
    WSK_BUF Buffer;
} WSK_BUF_LIST, *PWSK_BUF_LIST;
#endif

/* Received stream data, valid until WskRelease when the callback returned STATUS_PENDING. */
typedef struct _WSK_DATA_INDICATION {
    struct _WSK_DATA_INDICATION *Next;
    WSK_BUF Buffer;
} WSK_DATA_INDICATION, *PWSK_DATA_INDICATION;

/* One received datagram. Each element may be released alone, in any order and from any thread;
 * while a client keeps one, Next is the client's to write. */
typedef struct _WSK_DATAGRAM_INDICATION {
    struct _WSK_DATAGRAM_INDICATION *Next;
    WSK_BUF Buffer;
    PCMSGHDR ControlInfo;
    ULONG ControlInfoLength;
    PSOCKADDR RemoteAddress;
} WSK_DATAGRAM_INDICATION, *PWSK_DATAGRAM_INDICATION;

/* Names an incoming connection request while it is inspected; copy it by value. */
typedef struct _WSK_INSPECT_ID {
    ULONG_PTR Key;
    ULONG SerialNumber;
} WSK_INSPECT_ID, *PWSK_INSPECT_ID;

/* An element of the list that WSK_TRANSPORT_LIST_QUERY returns. */
typedef struct _WSK_TRANSPORT {
    USHORT Version;
    USHORT SocketType;
    ULONG Protocol;
    ADDRESS_FAMILY AddressFamily;
    GUID ProviderId;
} WSK_TRANSPORT, *PWSK_TRANSPORT;

typedef struct _WSK_TDI_MAP {
    USHORT SocketType;
    ADDRESS_FAMILY AddressFamily;
    ULONG Protocol;
    PCWSTR TdiDeviceName;
} WSK_TDI_MAP, *PWSK_TDI_MAP;

typedef struct _WSK_TDI_MAP_INFO {
    const ULONG ElementCount;
    const WSK_TDI_MAP *Map;
} WSK_TDI_MAP_INFO, *PWSK_TDI_MAP_INFO;

/* Input of SO_WSK_EVENT_CALLBACK and WSK_SET_STATIC_EVENT_CALLBACKS. EventMask is WSK_EVENT_*;
 * with WSK_EVENT_DISABLE the other bits are switched off instead of on. */
typedef struct _WSK_EVENT_CALLBACK_CONTROL {
    PNPIID NpiId;
    ULONG EventMask;
} WSK_EVENT_CALLBACK_CONTROL, *PWSK_EVENT_CALLBACK_CONTROL;

typedef struct _WSK_EXTENSION_CONTROL_IN {
    PNPIID NpiId;
    PVOID ClientContext;
    const void *ClientDispatch;
} WSK_EXTENSION_CONTROL_IN, *PWSK_EXTENSION_CONTROL_IN;

typedef struct _WSK_EXTENSION_CONTROL_OUT {
    PVOID ProviderContext;
    const void *ProviderDispatch;
} WSK_EXTENSION_CONTROL_OUT, *PWSK_EXTENSION_CONTROL_OUT;

/* ---- Callbacks that the client supplies ---- */

/* Tells of something that concerns no particular socket. No event is defined, so it is never
 * called; a client that has one returns STATUS_NOT_IMPLEMENTED. */
typedef _Must_inspect_result_ _IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS(
    WSKAPI *PFN_WSK_CLIENT_EVENT)(_In_opt_ PVOID ClientContext, _In_ ULONG EventType,
                                  _In_opt_ PVOID Information, _In_ SIZE_T InformationLength);

/* A connection was accepted on a listening socket. STATUS_SUCCESS takes it over, after storing the
 * new socket's context and callback table (both may be NULL); STATUS_REQUEST_NOT_ACCEPTED refuses
 * it. The addresses are gone on return. AcceptSocket NULL: the listening socket is dead. */
struct _WSK_CLIENT_CONNECTION_DISPATCH;
typedef _Must_inspect_result_ _IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS(
    WSKAPI *PFN_WSK_ACCEPT_EVENT)(
    _In_opt_ PVOID SocketContext, _In_ ULONG Flags, _In_ PSOCKADDR LocalAddress,
    _In_ PSOCKADDR RemoteAddress, _In_opt_ PWSK_SOCKET AcceptSocket,
    _Outptr_result_maybenull_ PVOID *AcceptSocketContext,
    _Outptr_result_maybenull_ const struct _WSK_CLIENT_CONNECTION_DISPATCH **AcceptSocketDispatch);

/* A connection request arrived on a listening socket in conditional-accept mode. The answer is the
 * verdict; WskInspectPend postpones it until WskInspectComplete, for which the client copies
 * *InspectID (and the addresses, if needed) now. InspectID NULL: the listening socket is dead. */
typedef _Must_inspect_result_ _IRQL_requires_max_(DISPATCH_LEVEL) WSK_INSPECT_ACTION(
    WSKAPI *PFN_WSK_INSPECT_EVENT)(_In_opt_ PVOID SocketContext, _In_ PSOCKADDR LocalAddress,
                                   _In_ PSOCKADDR RemoteAddress,
                                   _In_opt_ PWSK_INSPECT_ID InspectID);

/* A request that was pended or accepted went away before it became a connection; end the
 * inspection. Returns STATUS_SUCCESS. */
typedef _Must_inspect_result_ _IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS(
    WSKAPI *PFN_WSK_ABORT_EVENT)(_In_opt_ PVOID SocketContext, _In_ PWSK_INSPECT_ID InspectID);

/* Datagrams arrived; Flags may hold MSG_BCAST or MSG_MCAST besides WSK_FLAG_*. STATUS_SUCCESS: done
 * with the list. STATUS_PENDING: the client keeps it and calls WskRelease later.
 * STATUS_DATA_NOT_ACCEPTED: they stay buffered and the event turns itself off until enabled again
 * (a statically enabled event stays on). DataIndication NULL: the socket is dead. */
typedef _Must_inspect_result_ _IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS(
    WSKAPI *PFN_WSK_RECEIVE_FROM_EVENT)(_In_opt_ PVOID SocketContext, _In_ ULONG Flags,
                                        _In_opt_ PWSK_DATAGRAM_INDICATION DataIndication);

/* Stream data arrived; calls for one socket never overlap. STATUS_SUCCESS: consumed, or the part
 * stored in *BytesAccepted; STATUS_PENDING: all kept until WskRelease; STATUS_DATA_NOT_ACCEPTED:
 * nothing consumed. After a partial or refused delivery the next one waits for a WskReceive (zero
 * length will do). DataIndication NULL: socket dead. */
typedef _Must_inspect_result_ _IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS(
    WSKAPI *PFN_WSK_RECEIVE_EVENT)(_In_opt_ PVOID SocketContext, _In_ ULONG Flags,
                                   _In_opt_ PWSK_DATA_INDICATION DataIndication,
                                   _In_ SIZE_T BytesIndicated, _Inout_ SIZE_T *BytesAccepted);

/* The peer ended its half, gracefully or (WSK_FLAG_ABORTIVE) by reset. After a graceful end
 * sending still works. Returns STATUS_SUCCESS. */
typedef _Must_inspect_result_ _IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS(
    WSKAPI *PFN_WSK_DISCONNECT_EVENT)(_In_opt_ PVOID SocketContext, _In_ ULONG Flags);

/* The number of bytes worth keeping outstanding in sends changed. Returns STATUS_SUCCESS. */
typedef _Must_inspect_result_ _IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS(
    WSKAPI *PFN_WSK_SEND_BACKLOG_EVENT)(_In_opt_ PVOID SocketContext, _In_ SIZE_T IdealBacklogSize);

/* Callback tables. They must stay in memory while a socket (or registration) uses them; an entry
 * that is never enabled may be NULL. */
typedef struct _WSK_CLIENT_DISPATCH {
    USHORT Version;
    USHORT Reserved;
    PFN_WSK_CLIENT_EVENT WskClientEvent;
} WSK_CLIENT_DISPATCH, *PWSK_CLIENT_DISPATCH;

typedef struct _WSK_CLIENT_LISTEN_DISPATCH {
    PFN_WSK_ACCEPT_EVENT WskAcceptEvent;
    PFN_WSK_INSPECT_EVENT WskInspectEvent;
    PFN_WSK_ABORT_EVENT WskAbortEvent;
} WSK_CLIENT_LISTEN_DISPATCH, *PWSK_CLIENT_LISTEN_DISPATCH;

typedef struct _WSK_CLIENT_DATAGRAM_DISPATCH {
    PFN_WSK_RECEIVE_FROM_EVENT WskReceiveFromEvent;
} WSK_CLIENT_DATAGRAM_DISPATCH, *PWSK_CLIENT_DATAGRAM_DISPATCH;

typedef struct _WSK_CLIENT_CONNECTION_DISPATCH {
    PFN_WSK_RECEIVE_EVENT WskReceiveEvent;
    PFN_WSK_DISCONNECT_EVENT WskDisconnectEvent;
    PFN_WSK_SEND_BACKLOG_EVENT WskSendBacklogEvent;
} WSK_CLIENT_CONNECTION_DISPATCH, *PWSK_CLIENT_CONNECTION_DISPATCH;

/* A stream socket becomes a listener or a connection later, so it brings both tables. */
#if NTDDI_VERSION >= 0x0A000003
typedef struct _WSK_CLIENT_STREAM_DISPATCH {
    const WSK_CLIENT_LISTEN_DISPATCH *Listen;
    const WSK_CLIENT_CONNECTION_DISPATCH *Connect;
} WSK_CLIENT_STREAM_DISPATCH, *PWSK_CLIENT_STREAM_DISPATCH;
#endif

/* ---- Client-level functions ---- */

/* Creates a socket of the category in Flags. The IRP's Information is the PWSK_SOCKET. The context
 * is handed to callbacks; Dispatch is the WSK_CLIENT_*_DISPATCH of the category, or NULL. The
 * process, thread and security descriptor (a cached one, see WSK_CACHE_SD) may be NULL. */
typedef _Must_inspect_result_ _IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS(WSKAPI *PFN_WSK_SOCKET)(
    _In_ PWSK_CLIENT Client, _In_ ADDRESS_FAMILY AddressFamily, _In_ USHORT SocketType,
    _In_ ULONG Protocol, _In_ ULONG Flags, _In_opt_ PVOID SocketContext,
    _In_opt_ const void *Dispatch, _In_opt_ PEPROCESS OwningProcess, _In_opt_ PETHREAD OwningThread,
    _In_opt_ PSECURITY_DESCRIPTOR SecurityDescriptor, _Inout_ PIRP Irp);

/* WskSocket, WskBind and WskConnect of a connection-oriented socket in one request. Flags is 0. On
 * success the IRP's Information is the connected PWSK_SOCKET; on failure nothing remains. */
typedef _Must_inspect_result_ _IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS(
    WSKAPI *PFN_WSK_SOCKET_CONNECT)(
    _In_ PWSK_CLIENT Client, _In_ USHORT SocketType, _In_ ULONG Protocol,
    _In_ PSOCKADDR LocalAddress, _In_ PSOCKADDR RemoteAddress, _Reserved_ ULONG Flags,
    _In_opt_ PVOID SocketContext, _In_opt_ const WSK_CLIENT_CONNECTION_DISPATCH *Dispatch,
    _In_opt_ PEPROCESS OwningProcess, _In_opt_ PETHREAD OwningThread,
    _In_opt_ PSECURITY_DESCRIPTOR SecurityDescriptor, _Inout_ PIRP Irp);

/* Control codes WSK_*. All but WSK_TRANSPORT_LIST_CHANGE are synchronous and take no IRP.
 * STATUS_BUFFER_OVERFLOW with *OutputSizeReturned set to the room needed when the output does not
 * fit. */
typedef _Must_inspect_result_ _IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS(
    WSKAPI *PFN_WSK_CONTROL_CLIENT)(
    _In_ PWSK_CLIENT Client, _In_ ULONG ControlCode, _In_ SIZE_T InputSize,
    _In_reads_bytes_opt_(InputSize) PVOID InputBuffer, _In_ SIZE_T OutputSize,
    _Out_writes_bytes_opt_(OutputSize) PVOID OutputBuffer, _Out_opt_ SIZE_T *OutputSizeReturned,
    _Inout_opt_ PIRP Irp);

#if NTDDI_VERSION >= 0x06010000

/* Resolves a host and a service name, of which at least one is given. PASSIVE_LEVEL. The strings
 * are copied. *Result is valid after a successful completion and is freed with WskFreeAddressInfo.
 * A name that does not exist: STATUS_NOT_FOUND (older systems: STATUS_NO_MATCH). */
typedef _Must_inspect_result_ _IRQL_requires_(PASSIVE_LEVEL) NTSTATUS(
    WSKAPI *PFN_WSK_GET_ADDRESS_INFO)(
    _In_ PWSK_CLIENT Client, _In_opt_ PUNICODE_STRING NodeName,
    _In_opt_ PUNICODE_STRING ServiceName, _In_opt_ ULONG NameSpace, _In_opt_ GUID *Provider,
    _In_opt_ PADDRINFOEXW Hints, _Outptr_ PADDRINFOEXW *Result, _In_opt_ PEPROCESS OwningProcess,
    _In_opt_ PETHREAD OwningThread, _Inout_ PIRP Irp);

/* Frees the whole list that WskGetAddressInfo returned. PASSIVE_LEVEL. */
typedef _IRQL_requires_(PASSIVE_LEVEL) void(WSKAPI *PFN_WSK_FREE_ADDRESS_INFO)(
    _In_ PWSK_CLIENT Client, _In_ PADDRINFOEXW AddrInfo);

/* The names of an address and a port, as NI_* asks. PASSIVE_LEVEL. The caller's strings provide the
 * room (MaximumLength) and get Length; they and their buffers stay valid until completion. */
typedef _Must_inspect_result_ _IRQL_requires_(PASSIVE_LEVEL) NTSTATUS(
    WSKAPI *PFN_WSK_GET_NAME_INFO)(
    _In_ PWSK_CLIENT Client, _In_ PSOCKADDR SockAddr, _In_ ULONG SockAddrLength,
    _Out_opt_ PUNICODE_STRING NodeName, _Out_opt_ PUNICODE_STRING ServiceName, _In_ ULONG Flags,
    _In_opt_ PEPROCESS OwningProcess, _In_opt_ PETHREAD OwningThread, _Inout_ PIRP Irp);

#endif

/* ---- Functions of every socket ---- */

/* Sets or gets a socket option, or performs an ioctl (Level is ignored then). Whether the IRP is
 * required, optional or forbidden depends on the operation. With an IRP the number of output bytes
 * is its Information; without one it is *OutputSizeReturned. SIO_ADDRESS_LIST_*: PASSIVE_LEVEL. */
typedef _Must_inspect_result_ _IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS(
    WSKAPI *PFN_WSK_CONTROL_SOCKET)(
    _In_ PWSK_SOCKET Socket, _In_ WSK_CONTROL_SOCKET_TYPE RequestType, _In_ ULONG ControlCode,
    _In_ ULONG Level, _In_ SIZE_T InputSize, _In_reads_bytes_opt_(InputSize) PVOID InputBuffer,
    _In_ SIZE_T OutputSize, _Out_writes_bytes_opt_(OutputSize) PVOID OutputBuffer,
    _Out_opt_ SIZE_T *OutputSizeReturned, _Inout_opt_ PIRP Irp);

/* Ends the socket: no other function may be called on it afterwards. Outstanding requests are
 * completed, and running callbacks return, before the IRP is completed. Retained indications must
 * have been released first. Cannot fail. */
typedef _Must_inspect_result_ _IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS(
    WSKAPI *PFN_WSK_CLOSE_SOCKET)(_In_ PWSK_SOCKET Socket, _Inout_ PIRP Irp);

/* Gives the socket a local address, once; a listening socket also starts to listen. Port 0 and the
 * wildcard address leave the choice to the transport. STATUS_ADDRESS_ALREADY_EXISTS when taken. */
typedef _Must_inspect_result_ _IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS(WSKAPI *PFN_WSK_BIND)(
    _In_ PWSK_SOCKET Socket, _In_ PSOCKADDR LocalAddress, _Reserved_ ULONG Flags,
    _Inout_ PIRP Irp);

/* Stores the address that the socket is bound to; the buffer (non-paged) is the operation's until
 * completion. STATUS_INVALID_DEVICE_STATE before a bind. */
typedef _Must_inspect_result_ _IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS(
    WSKAPI *PFN_WSK_GET_LOCAL_ADDRESS)(_In_ PWSK_SOCKET Socket, _Out_ PSOCKADDR LocalAddress,
                                       _Inout_ PIRP Irp);

/* Stores the peer's address of a connected socket; rules as for WskGetLocalAddress. */
typedef _Must_inspect_result_ _IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS(
    WSKAPI *PFN_WSK_GET_REMOTE_ADDRESS)(_In_ PWSK_SOCKET Socket, _Out_ PSOCKADDR RemoteAddress,
                                        _Inout_ PIRP Irp);

/* ---- Functions of listening sockets ---- */

/* Takes the next connection; pends until there is one. The IRP's Information is the PWSK_SOCKET
 * of the accepted connection. The address buffers (non-paged, or NULL) are filled on completion. */
typedef _Must_inspect_result_ _IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS(WSKAPI *PFN_WSK_ACCEPT)(
    _In_ PWSK_SOCKET ListenSocket, _Reserved_ ULONG Flags, _In_opt_ PVOID AcceptSocketContext,
    _In_opt_ const WSK_CLIENT_CONNECTION_DISPATCH *AcceptSocketDispatch,
    _Out_opt_ PSOCKADDR LocalAddress, _Out_opt_ PSOCKADDR RemoteAddress, _Inout_ PIRP Irp);

/* The verdict on a request whose inspection was pended: accept or reject. A request that was
 * aborted meanwhile makes no connection. */
typedef _Must_inspect_result_ _IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS(
    WSKAPI *PFN_WSK_INSPECT_COMPLETE)(_In_ PWSK_SOCKET ListenSocket,
                                      _In_ PWSK_INSPECT_ID InspectID,
                                      _In_ WSK_INSPECT_ACTION Action, _Inout_ PIRP Irp);

/* ---- Functions of datagram sockets ---- */

/* Sends one datagram. The address may be NULL when a fixed remote or destination address is set.
 * Control data: see CMSGHDR. The IRP's Information is the number of bytes sent. */
typedef _Must_inspect_result_ _IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS(WSKAPI *PFN_WSK_SEND_TO)(
    _In_ PWSK_SOCKET Socket, _In_ PWSK_BUF Buffer, _Reserved_ ULONG Flags,
    _In_opt_ PSOCKADDR RemoteAddress, _In_ ULONG ControlInfoLength,
    _In_reads_bytes_opt_(ControlInfoLength) PCMSGHDR ControlInfo, _Inout_ PIRP Irp);

/* Receives one datagram. Truncation is told by MSG_TRUNC in *ControlFlags. *ControlLength is the
 * room at ControlInfo before, and the length of the control data after. All outputs may be NULL;
 * they are the operation's until completion. */
typedef _Must_inspect_result_ _IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS(
    WSKAPI *PFN_WSK_RECEIVE_FROM)(_In_ PWSK_SOCKET Socket, _In_ PWSK_BUF Buffer,
                                  _Reserved_ ULONG Flags, _Out_opt_ PSOCKADDR RemoteAddress,
                                  _Inout_opt_ PULONG ControlLength,
                                  _Out_writes_bytes_opt_(*ControlLength) PCMSGHDR ControlInfo,
                                  _Out_opt_ PULONG ControlFlags, _Inout_ PIRP Irp);

/* Gives back a list of datagrams that WskReceiveFromEvent kept; completes inline. */
typedef _Must_inspect_result_ _IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS(
    WSKAPI *PFN_WSK_RELEASE_DATAGRAM_INDICATION_LIST)(
    _In_ PWSK_SOCKET Socket, _In_ PWSK_DATAGRAM_INDICATION DatagramIndication);

#if NTDDI_VERSION >= 0x06020000

/* WskSendTo for a list of datagrams, with one address and one set of control data for all of them,
 * and one IRP. The list's elements are copied; the MDLs stay the caller's. */
typedef _Must_inspect_result_ _IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS(
    WSKAPI *PFN_WSK_SEND_MESSAGES)(_In_ PWSK_SOCKET Socket, _In_ PWSK_BUF_LIST BufferList,
                                   _Reserved_ ULONG Flags, _In_opt_ PSOCKADDR RemoteAddress,
                                   _In_ ULONG ControlInfoLength,
                                   _In_reads_bytes_opt_(ControlInfoLength) PCMSGHDR ControlInfo,
                                   _Inout_ PIRP Irp);

#endif

/* ---- Functions of connection-oriented and stream sockets ---- */

/* Connects a bound socket. Completes STATUS_CONNECTION_REFUSED, STATUS_HOST_UNREACHABLE and their
 * like when the peer cannot be reached. */
typedef _Must_inspect_result_ _IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS(WSKAPI *PFN_WSK_CONNECT)(
    _In_ PWSK_SOCKET Socket, _In_ PSOCKADDR RemoteAddress, _Reserved_ ULONG Flags,
    _Inout_ PIRP Irp);

/* Sends; completes when the transport took all of the data, in the order of the calls. Flags:
 * WSK_FLAG_NODELAY. The IRP's Information is the number of bytes sent. */
typedef _Must_inspect_result_ _IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS(WSKAPI *PFN_WSK_SEND)(
    _In_ PWSK_SOCKET Socket, _In_ PWSK_BUF Buffer, _In_ ULONG Flags, _Inout_ PIRP Irp);

/* Receives what is there, at least one byte; with WSK_FLAG_WAITALL the whole buffer. Success with
 * Information 0 is the peer's graceful end. WSK_FLAG_DRAIN discards instead of storing. */
typedef _Must_inspect_result_ _IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS(WSKAPI *PFN_WSK_RECEIVE)(
    _In_ PWSK_SOCKET Socket, _In_ PWSK_BUF Buffer, _In_ ULONG Flags, _Inout_ PIRP Irp);

/* Ends sending, gracefully after an optional last buffer, or by reset (WSK_FLAG_ABORTIVE, without a
 * buffer). The socket must still be closed. */
typedef _Must_inspect_result_ _IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS(
    WSKAPI *PFN_WSK_DISCONNECT)(_In_ PWSK_SOCKET Socket, _In_opt_ PWSK_BUF Buffer,
                                _In_ ULONG Flags, _Inout_ PIRP Irp);

/* Gives back a list of stream data that WskReceiveEvent kept; completes inline. */
typedef _Must_inspect_result_ _IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS(
    WSKAPI *PFN_WSK_RELEASE_DATA_INDICATION_LIST)(_In_ PWSK_SOCKET Socket,
                                                  _In_ PWSK_DATA_INDICATION DataIndication);

/* WskConnect that also sends a first buffer of up to 65535 bytes (STATUS_BUFFER_OVERFLOW beyond),
 * in the SYN if TCP_FASTOPEN is set. Non-zero Flags: STATUS_INVALID_PARAMETER. */
typedef _Must_inspect_result_ _IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS(
    WSKAPI *PFN_WSK_CONNECT_EX)(_In_ PWSK_SOCKET Socket, _In_ PSOCKADDR RemoteAddress,
                                _In_opt_ PWSK_BUF Buffer, _Reserved_ ULONG Flags,
                                _Inout_ PIRP Irp);

/* WskSend with control data. Documented as reserved for the system. */
typedef _Must_inspect_result_ _IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS(WSKAPI *PFN_WSK_SEND_EX)(
    _In_ PWSK_SOCKET Socket, _In_ PWSK_BUF Buffer, _In_ ULONG Flags, _In_ ULONG ControlInfoLength,
    _In_reads_bytes_opt_(ControlInfoLength) PCMSGHDR ControlInfo, _Inout_ PIRP Irp);

/* WskReceive with control data. Documented as reserved for the system. */
typedef _Must_inspect_result_ _IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS(
    WSKAPI *PFN_WSK_RECEIVE_EX)(_In_ PWSK_SOCKET Socket, _In_ PWSK_BUF Buffer, _In_ ULONG Flags,
                                _Inout_opt_ PULONG ControlInfoLength,
                                _Out_writes_bytes_opt_(*ControlInfoLength) PCMSGHDR ControlInfo,
                                _Reserved_ PULONG ControlFlags, _Inout_ PIRP Irp);

/* Makes a bound stream socket a listener; from then on it knows no connection functions. */
typedef _Must_inspect_result_ _IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS(WSKAPI *PFN_WSK_LISTEN)(
    _In_ PWSK_SOCKET Socket, _Inout_ PIRP Irp);

/* ---- Dispatch tables of the provider ----
 *
 * Every socket table begins with the basic one. C code sees its entries directly and through the
 * member Basic; C++, which has no unnamed member of a named type, through Basic alone. */

typedef struct _WSK_PROVIDER_BASIC_DISPATCH {
    PFN_WSK_CONTROL_SOCKET WskControlSocket;
    PFN_WSK_CLOSE_SOCKET WskCloseSocket;
} WSK_PROVIDER_BASIC_DISPATCH, *PWSK_PROVIDER_BASIC_DISPATCH;

#ifdef __cplusplus
#define OPENWSK_BASIC_DISPATCH WSK_PROVIDER_BASIC_DISPATCH Basic
#else
#define OPENWSK_BASIC_DISPATCH                                                                     \
    union {                                                                                        \
        WSK_PROVIDER_BASIC_DISPATCH Basic;                                                         \
        struct {                                                                                   \
            PFN_WSK_CONTROL_SOCKET WskControlSocket;                                               \
            PFN_WSK_CLOSE_SOCKET WskCloseSocket;                                                   \
        };                                                                                         \
    }
#endif

typedef struct _WSK_PROVIDER_LISTEN_DISPATCH {
    OPENWSK_BASIC_DISPATCH;
    PFN_WSK_BIND WskBind;
    PFN_WSK_ACCEPT WskAccept;
    PFN_WSK_INSPECT_COMPLETE WskInspectComplete;
    PFN_WSK_GET_LOCAL_ADDRESS WskGetLocalAddress;
} WSK_PROVIDER_LISTEN_DISPATCH, *PWSK_PROVIDER_LISTEN_DISPATCH;

typedef struct _WSK_PROVIDER_DATAGRAM_DISPATCH {
    OPENWSK_BASIC_DISPATCH;
    PFN_WSK_BIND WskBind;
    PFN_WSK_SEND_TO WskSendTo;
    PFN_WSK_RECEIVE_FROM WskReceiveFrom;
    PFN_WSK_RELEASE_DATAGRAM_INDICATION_LIST WskRelease;
    PFN_WSK_GET_LOCAL_ADDRESS WskGetLocalAddress;
#if NTDDI_VERSION >= 0x06020000
    PFN_WSK_SEND_MESSAGES WskSendMessages;
#endif
} WSK_PROVIDER_DATAGRAM_DISPATCH, *PWSK_PROVIDER_DATAGRAM_DISPATCH;

typedef struct _WSK_PROVIDER_CONNECTION_DISPATCH {
    OPENWSK_BASIC_DISPATCH;
    PFN_WSK_BIND WskBind;
    PFN_WSK_CONNECT WskConnect;
    PFN_WSK_GET_LOCAL_ADDRESS WskGetLocalAddress;
    PFN_WSK_GET_REMOTE_ADDRESS WskGetRemoteAddress;
    PFN_WSK_SEND WskSend;
    PFN_WSK_RECEIVE WskReceive;
    PFN_WSK_DISCONNECT WskDisconnect;
    PFN_WSK_RELEASE_DATA_INDICATION_LIST WskRelease;
    PFN_WSK_CONNECT_EX WskConnectEx;
    PFN_WSK_SEND_EX WskSendEx;
    PFN_WSK_RECEIVE_EX WskReceiveEx;
} WSK_PROVIDER_CONNECTION_DISPATCH, *PWSK_PROVIDER_CONNECTION_DISPATCH;

#if NTDDI_VERSION >= 0x0A000003
typedef struct _WSK_PROVIDER_STREAM_DISPATCH {
    OPENWSK_BASIC_DISPATCH;
    PFN_WSK_BIND WskBind;
    PFN_WSK_ACCEPT WskAccept;
    PFN_WSK_CONNECT WskConnect;
    PFN_WSK_LISTEN WskListen;
    PFN_WSK_SEND WskSend;
    PFN_WSK_RECEIVE WskReceive;
    PFN_WSK_DISCONNECT WskDisconnect;
    PFN_WSK_RELEASE_DATA_INDICATION_LIST WskRelease;
    PFN_WSK_GET_LOCAL_ADDRESS WskGetLocalAddress;
    PFN_WSK_GET_REMOTE_ADDRESS WskGetRemoteAddress;
    PFN_WSK_CONNECT_EX WskConnectEx;
    PFN_WSK_SEND_EX WskSendEx;
    PFN_WSK_RECEIVE_EX WskReceiveEx;
} WSK_PROVIDER_STREAM_DISPATCH, *PWSK_PROVIDER_STREAM_DISPATCH;
#endif

/* The run-time table is always the full one, whatever NTDDI_VERSION the driver was compiled for. */
typedef struct _WSK_PROVIDER_DISPATCH {
    USHORT Version;
    USHORT Reserved;
    PFN_WSK_SOCKET WskSocket;
    PFN_WSK_SOCKET_CONNECT WskSocketConnect;
    PFN_WSK_CONTROL_CLIENT WskControlClient;
#if NTDDI_VERSION >= 0x06010000
    PFN_WSK_GET_ADDRESS_INFO WskGetAddressInfo;
    PFN_WSK_FREE_ADDRESS_INFO WskFreeAddressInfo;
    PFN_WSK_GET_NAME_INFO WskGetNameInfo;
#endif
} WSK_PROVIDER_DISPATCH, *PWSK_PROVIDER_DISPATCH;

/* ---- Registration ---- */

typedef struct _WSK_CLIENT_NPI {
    PVOID ClientContext;
    const WSK_CLIENT_DISPATCH *Dispatch;
} WSK_CLIENT_NPI, *PWSK_CLIENT_NPI;

typedef struct _WSK_PROVIDER_NPI {
    PWSK_CLIENT Client;
    const WSK_PROVIDER_DISPATCH *Dispatch;
} WSK_PROVIDER_NPI, *PWSK_PROVIDER_NPI;

typedef struct _WSK_PROVIDER_CHARACTERISTICS {
    USHORT HighestVersion;
    USHORT LowestVersion;
} WSK_PROVIDER_CHARACTERISTICS, *PWSK_PROVIDER_CHARACTERISTICS;

/* The client's storage, the library's content; it must not move between register and deregister. */
typedef struct _WSK_REGISTRATION {
    ULONGLONG ReservedRegistrationState;
    PVOID ReservedRegistrationContext;
    KSPIN_LOCK ReservedRegistrationLock;
} WSK_REGISTRATION, *PWSK_REGISTRATION;

/* Protocol of use:
 *   1. WskRegister, with a WSK_CLIENT_DISPATCH that names the version wanted (1.0).
 *   2. WskCaptureProviderNPI gives Client and Dispatch; the capture is a reference.
 *   3. Optionally Dispatch->WskControlClient: which transports exist, which events every new socket
 *      starts with.
 *   4. Dispatch->WskSocket. Allocate an IRP of one stack location, set a completion routine that
 *      returns STATUS_MORE_PROCESSING_REQUIRED, call; the socket is IoStatus.Information. The same
 *      ceremony surrounds every further call.
 *   5. Socket->Dispatch is the table of the socket's category. WskControlSocket sets options,
 *      mostly before the bind; WskBind gives it an address.
 *   6. Send: describe the data with an MDL and a WSK_BUF; WskSendTo, or WskConnect and WskSend.
 *      Receive: WskReceiveFrom or WskReceive, or enable the event callback (SO_WSK_EVENT_CALLBACK)
 *      and give retained indications back with WskRelease.
 *   7. WskCloseSocket, and wait for its IRP. Free what the callbacks used only then.
 *   8. WskReleaseProviderNPI once for every capture, then WskDeregister. */

/* PASSIVE_LEVEL, never blocks. Copies the two pointers of the NPI; the dispatch table stays the
 * caller's and must live until WskDeregister. STATUS_SUCCESS, or an error after which nothing is
 * registered. The version is judged later, by the capture. */
_Must_inspect_result_ _IRQL_requires_(PASSIVE_LEVEL) NTSTATUS
WskRegister(_In_ PWSK_CLIENT_NPI WskClientNpi, _Out_ PWSK_REGISTRATION WskRegistration);

/* PASSIVE_LEVEL, or <= DISPATCH_LEVEL with WSK_NO_WAIT. Waits up to WaitTimeout milliseconds for
 * the provider. STATUS_NOINTERFACE: the version is not supported; STATUS_DEVICE_NOT_READY: not up
 * in time, or deregistered meanwhile. Each success needs one WskReleaseProviderNPI. */
_Must_inspect_result_ _IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS
WskCaptureProviderNPI(_In_ PWSK_REGISTRATION WskRegistration, _In_ ULONG WaitTimeout,
                      _Out_ PWSK_PROVIDER_NPI WskProviderNpi);

/* <= DISPATCH_LEVEL. Gives one capture back; its Client and Dispatch are no longer to be used, but
 * open sockets go on working. */
_IRQL_requires_max_(DISPATCH_LEVEL) void
WskReleaseProviderNPI(_In_ PWSK_REGISTRATION WskRegistration);

/* <= DISPATCH_LEVEL. The range of versions that a capture may ask for. STATUS_SUCCESS or
 * STATUS_DEVICE_NOT_READY; takes no reference. */
_Must_inspect_result_ _IRQL_requires_max_(DISPATCH_LEVEL) NTSTATUS
WskQueryProviderCharacteristics(_In_ PWSK_REGISTRATION WskRegistration,
                                _Out_ PWSK_PROVIDER_CHARACTERISTICS WskProviderCharacteristics);

/* PASSIVE_LEVEL. Blocks until every capture is released, every client-level call has returned and
 * completed, and every socket of this registration is closed. Wakes waiting captures. */
_IRQL_requires_(PASSIVE_LEVEL) void WskDeregister(_In_ PWSK_REGISTRATION WskRegistration);

OPENWSK_DECLARATIONS_END

#define OPENWSK_CHECK_WSK
#include "openwsk/net_layout_check.h"

#endif
