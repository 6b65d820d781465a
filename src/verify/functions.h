/* SPDX-License-Identifier: MIT */
/*
 * functions.h - the one list of WSK functions and their parameters. The tables that a driver gets,
 * the lines of the trace and the names of injections come from it.
 *
 * VF_<function>(P, S) is the parameter list: P(type, name, kind) for each, S() between two. A kind
 * says how a value is shown.
 */
#ifndef OPENWSK_VERIFY_FUNCTIONS_H
#define OPENWSK_VERIFY_FUNCTIONS_H

#include <wsk.h>

#include <stdbool.h>
#include <stdint.h>

#define VF_PARAMETERS_MAX 12

enum vf_parameter_kind {
    VF_POINTER,
    VF_CLIENT,
    VF_SOCKET,
    VF_IRP,
    VF_NUMBER,        /* decimal */
    VF_FLAGS,         /* reserved: hexadecimal */
    VF_CATEGORY,      /* WSK_FLAG_*, by what has them */
    VF_SEND_FLAGS,
    VF_RECEIVE_FLAGS,
    VF_DISCONNECT_FLAGS,
    VF_EVENT_FLAGS,   /* and MSG_* */
    VF_NAME_FLAGS,    /* NI_* */
    VF_FAMILY,
    VF_TYPE,
    VF_PROTOCOL,
    VF_REQUEST_TYPE,
    VF_CONTROL_CODE,
    VF_CLIENT_CODE,
    VF_LEVEL,
    VF_ADDRESS,       /* in */
    VF_ADDRESS_OUT,
    VF_BUFFER,        /* PWSK_BUF */
    VF_BUFFER_LIST,
    VF_CONTROL_DATA,
    VF_INDICATIONS,   /* PWSK_DATAGRAM_INDICATION */
    VF_STRING,        /* PUNICODE_STRING */
    VF_CONTROL_LENGTH, /* of VF_CONTROL_DATA */
    VF_LATER,         /* a pointer to what is read or written until the completion */
    VF_CLIENT_NPI,    /* PWSK_CLIENT_NPI */
    VF_WAIT_TIMEOUT,  /* WSK_NO_WAIT ... */
};

/* --- Client-level functions ----------------------------------------------------------------- */

#define VF_WskSocket(P, S) \
    P(PWSK_CLIENT, Client, VF_CLIENT) S() P(ADDRESS_FAMILY, AddressFamily, VF_FAMILY) S() \
    P(USHORT, SocketType, VF_TYPE) S() P(ULONG, Protocol, VF_PROTOCOL) S() \
    P(ULONG, Flags, VF_CATEGORY) S() P(PVOID, SocketContext, VF_POINTER) S() \
    P(const VOID *, Dispatch, VF_POINTER) S() P(PEPROCESS, OwningProcess, VF_POINTER) S() \
    P(PETHREAD, OwningThread, VF_POINTER) S() \
    P(PSECURITY_DESCRIPTOR, SecurityDescriptor, VF_POINTER) S() P(PIRP, Irp, VF_IRP)

#define VF_WskSocketConnect(P, S) \
    P(PWSK_CLIENT, Client, VF_CLIENT) S() P(USHORT, SocketType, VF_TYPE) S() \
    P(ULONG, Protocol, VF_PROTOCOL) S() P(PSOCKADDR, LocalAddress, VF_ADDRESS) S() \
    P(PSOCKADDR, RemoteAddress, VF_ADDRESS) S() P(ULONG, Flags, VF_FLAGS) S() \
    P(PVOID, SocketContext, VF_POINTER) S() \
    P(const WSK_CLIENT_CONNECTION_DISPATCH *, Dispatch, VF_POINTER) S() \
    P(PEPROCESS, OwningProcess, VF_POINTER) S() P(PETHREAD, OwningThread, VF_POINTER) S() \
    P(PSECURITY_DESCRIPTOR, SecurityDescriptor, VF_POINTER) S() P(PIRP, Irp, VF_IRP)

#define VF_WskControlClient(P, S) \
    P(PWSK_CLIENT, Client, VF_CLIENT) S() P(ULONG, ControlCode, VF_CLIENT_CODE) S() \
    P(SIZE_T, InputSize, VF_NUMBER) S() P(PVOID, InputBuffer, VF_LATER) S() \
    P(SIZE_T, OutputSize, VF_NUMBER) S() P(PVOID, OutputBuffer, VF_LATER) S() \
    P(SIZE_T *, OutputSizeReturned, VF_LATER) S() P(PIRP, Irp, VF_IRP)

#define VF_WskGetAddressInfo(P, S) \
    P(PWSK_CLIENT, Client, VF_CLIENT) S() P(PUNICODE_STRING, NodeName, VF_STRING) S() \
    P(PUNICODE_STRING, ServiceName, VF_STRING) S() P(ULONG, NameSpace, VF_NUMBER) S() \
    P(GUID *, Provider, VF_POINTER) S() P(PADDRINFOEXW, Hints, VF_POINTER) S() \
    P(PADDRINFOEXW *, Result, VF_LATER) S() P(PEPROCESS, OwningProcess, VF_POINTER) S() \
    P(PETHREAD, OwningThread, VF_POINTER) S() P(PIRP, Irp, VF_IRP)

#define VF_WskFreeAddressInfo(P, S) \
    P(PWSK_CLIENT, Client, VF_CLIENT) S() P(PADDRINFOEXW, AddrInfo, VF_POINTER)

#define VF_WskGetNameInfo(P, S) \
    P(PWSK_CLIENT, Client, VF_CLIENT) S() P(PSOCKADDR, SockAddr, VF_ADDRESS) S() \
    P(ULONG, SockAddrLength, VF_NUMBER) S() P(PUNICODE_STRING, NodeName, VF_POINTER) S() \
    P(PUNICODE_STRING, ServiceName, VF_POINTER) S() P(ULONG, Flags, VF_NAME_FLAGS) S() \
    P(PEPROCESS, OwningProcess, VF_POINTER) S() P(PETHREAD, OwningThread, VF_POINTER) S() \
    P(PIRP, Irp, VF_IRP)

/* --- Functions of sockets ------------------------------------------------------------------- */

#define VF_WskControlSocket(P, S) \
    P(PWSK_SOCKET, Socket, VF_SOCKET) S() \
    P(WSK_CONTROL_SOCKET_TYPE, RequestType, VF_REQUEST_TYPE) S() \
    P(ULONG, ControlCode, VF_CONTROL_CODE) S() P(ULONG, Level, VF_LEVEL) S() \
    P(SIZE_T, InputSize, VF_NUMBER) S() P(PVOID, InputBuffer, VF_LATER) S() \
    P(SIZE_T, OutputSize, VF_NUMBER) S() P(PVOID, OutputBuffer, VF_LATER) S() \
    P(SIZE_T *, OutputSizeReturned, VF_LATER) S() P(PIRP, Irp, VF_IRP)

#define VF_WskCloseSocket(P, S) P(PWSK_SOCKET, Socket, VF_SOCKET) S() P(PIRP, Irp, VF_IRP)

#define VF_WskBind(P, S) \
    P(PWSK_SOCKET, Socket, VF_SOCKET) S() P(PSOCKADDR, LocalAddress, VF_ADDRESS) S() \
    P(ULONG, Flags, VF_FLAGS) S() P(PIRP, Irp, VF_IRP)

#define VF_WskGetLocalAddress(P, S) \
    P(PWSK_SOCKET, Socket, VF_SOCKET) S() P(PSOCKADDR, LocalAddress, VF_ADDRESS_OUT) S() \
    P(PIRP, Irp, VF_IRP)

#define VF_WskGetRemoteAddress(P, S) \
    P(PWSK_SOCKET, Socket, VF_SOCKET) S() P(PSOCKADDR, RemoteAddress, VF_ADDRESS_OUT) S() \
    P(PIRP, Irp, VF_IRP)

#define VF_WskSendTo(P, S) \
    P(PWSK_SOCKET, Socket, VF_SOCKET) S() P(PWSK_BUF, Buffer, VF_BUFFER) S() \
    P(ULONG, Flags, VF_FLAGS) S() P(PSOCKADDR, RemoteAddress, VF_ADDRESS) S() \
    P(ULONG, ControlInfoLength, VF_CONTROL_LENGTH) S() P(PCMSGHDR, ControlInfo, VF_CONTROL_DATA) S() \
    P(PIRP, Irp, VF_IRP)

#define VF_WskReceiveFrom(P, S) \
    P(PWSK_SOCKET, Socket, VF_SOCKET) S() P(PWSK_BUF, Buffer, VF_BUFFER) S() \
    P(ULONG, Flags, VF_FLAGS) S() P(PSOCKADDR, RemoteAddress, VF_ADDRESS_OUT) S() \
    P(PULONG, ControlLength, VF_LATER) S() P(PCMSGHDR, ControlInfo, VF_LATER) S() \
    P(PULONG, ControlFlags, VF_LATER) S() P(PIRP, Irp, VF_IRP)

#define VF_WskReleaseDatagrams(P, S) \
    P(PWSK_SOCKET, Socket, VF_SOCKET) S() \
    P(PWSK_DATAGRAM_INDICATION, DatagramIndication, VF_INDICATIONS)

#define VF_WskSendMessages(P, S) \
    P(PWSK_SOCKET, Socket, VF_SOCKET) S() P(PWSK_BUF_LIST, BufferList, VF_BUFFER_LIST) S() \
    P(ULONG, Flags, VF_FLAGS) S() P(PSOCKADDR, RemoteAddress, VF_ADDRESS) S() \
    P(ULONG, ControlInfoLength, VF_CONTROL_LENGTH) S() P(PCMSGHDR, ControlInfo, VF_CONTROL_DATA) S() \
    P(PIRP, Irp, VF_IRP)

#define VF_WskAccept(P, S) \
    P(PWSK_SOCKET, ListenSocket, VF_SOCKET) S() P(ULONG, Flags, VF_FLAGS) S() \
    P(PVOID, AcceptSocketContext, VF_POINTER) S() \
    P(const WSK_CLIENT_CONNECTION_DISPATCH *, AcceptSocketDispatch, VF_POINTER) S() \
    P(PSOCKADDR, LocalAddress, VF_ADDRESS_OUT) S() \
    P(PSOCKADDR, RemoteAddress, VF_ADDRESS_OUT) S() P(PIRP, Irp, VF_IRP)

#define VF_WskInspectComplete(P, S) \
    P(PWSK_SOCKET, ListenSocket, VF_SOCKET) S() P(PWSK_INSPECT_ID, InspectID, VF_POINTER) S() \
    P(WSK_INSPECT_ACTION, Action, VF_NUMBER) S() P(PIRP, Irp, VF_IRP)

#define VF_WskConnect(P, S) \
    P(PWSK_SOCKET, Socket, VF_SOCKET) S() P(PSOCKADDR, RemoteAddress, VF_ADDRESS) S() \
    P(ULONG, Flags, VF_FLAGS) S() P(PIRP, Irp, VF_IRP)

#define VF_BUFFER_FLAGS_IRP(P, S, KIND) \
    P(PWSK_SOCKET, Socket, VF_SOCKET) S() P(PWSK_BUF, Buffer, VF_BUFFER) S() \
    P(ULONG, Flags, KIND) S() P(PIRP, Irp, VF_IRP)

#define VF_WskSend(P, S) VF_BUFFER_FLAGS_IRP(P, S, VF_SEND_FLAGS)
#define VF_WskReceive(P, S) VF_BUFFER_FLAGS_IRP(P, S, VF_RECEIVE_FLAGS)
#define VF_WskDisconnect(P, S) VF_BUFFER_FLAGS_IRP(P, S, VF_DISCONNECT_FLAGS)

#define VF_WskReleaseData(P, S) \
    P(PWSK_SOCKET, Socket, VF_SOCKET) S() P(PWSK_DATA_INDICATION, DataIndication, VF_POINTER)

#define VF_WskConnectEx(P, S) \
    P(PWSK_SOCKET, Socket, VF_SOCKET) S() P(PSOCKADDR, RemoteAddress, VF_ADDRESS) S() \
    P(PWSK_BUF, Buffer, VF_BUFFER) S() P(ULONG, Flags, VF_FLAGS) S() P(PIRP, Irp, VF_IRP)

#define VF_WskSendEx(P, S) \
    P(PWSK_SOCKET, Socket, VF_SOCKET) S() P(PWSK_BUF, Buffer, VF_BUFFER) S() \
    P(ULONG, Flags, VF_SEND_FLAGS) S() P(ULONG, ControlInfoLength, VF_CONTROL_LENGTH) S() \
    P(PCMSGHDR, ControlInfo, VF_CONTROL_DATA) S() P(PIRP, Irp, VF_IRP)

#define VF_WskReceiveEx(P, S) \
    P(PWSK_SOCKET, Socket, VF_SOCKET) S() P(PWSK_BUF, Buffer, VF_BUFFER) S() \
    P(ULONG, Flags, VF_RECEIVE_FLAGS) S() P(PULONG, ControlInfoLength, VF_LATER) S() \
    P(PCMSGHDR, ControlInfo, VF_LATER) S() P(PULONG, ControlFlags, VF_LATER) S() \
    P(PIRP, Irp, VF_IRP)

#define VF_WskListen(P, S) P(PWSK_SOCKET, Socket, VF_SOCKET) S() P(PIRP, Irp, VF_IRP)

/* --- Functions that a driver imports -------------------------------------------------------- */

#define VF_WskRegister(P, S) \
    P(PWSK_CLIENT_NPI, WskClientNpi, VF_CLIENT_NPI) S() \
    P(PWSK_REGISTRATION, WskRegistration, VF_POINTER)

#define VF_WskDeregister(P, S) P(PWSK_REGISTRATION, WskRegistration, VF_POINTER)

#define VF_WskCaptureProviderNPI(P, S) \
    P(PWSK_REGISTRATION, WskRegistration, VF_POINTER) S() \
    P(ULONG, WaitTimeout, VF_WAIT_TIMEOUT) S() P(PWSK_PROVIDER_NPI, WskProviderNpi, VF_POINTER)

#define VF_WskReleaseProviderNPI(P, S) P(PWSK_REGISTRATION, WskRegistration, VF_POINTER)

#define VF_WskQueryProviderCharacteristics(P, S) \
    P(PWSK_REGISTRATION, WskRegistration, VF_POINTER) S() \
    P(PWSK_PROVIDER_CHARACTERISTICS, WskProviderCharacteristics, VF_POINTER)

/* --- The functions -------------------------------------------------------------------------- */

/* function, the name that the driver calls */
#define VF_FUNCTIONS(X) \
    X(WskSocket, "WskSocket") X(WskSocketConnect, "WskSocketConnect") \
    X(WskControlClient, "WskControlClient") X(WskGetAddressInfo, "WskGetAddressInfo") \
    X(WskFreeAddressInfo, "WskFreeAddressInfo") X(WskGetNameInfo, "WskGetNameInfo") \
    X(WskControlSocket, "WskControlSocket") X(WskCloseSocket, "WskCloseSocket") \
    X(WskBind, "WskBind") X(WskGetLocalAddress, "WskGetLocalAddress") \
    X(WskGetRemoteAddress, "WskGetRemoteAddress") X(WskSendTo, "WskSendTo") \
    X(WskReceiveFrom, "WskReceiveFrom") X(WskReleaseDatagrams, "WskRelease") \
    X(WskSendMessages, "WskSendMessages") X(WskAccept, "WskAccept") \
    X(WskInspectComplete, "WskInspectComplete") X(WskConnect, "WskConnect") \
    X(WskSend, "WskSend") X(WskReceive, "WskReceive") X(WskDisconnect, "WskDisconnect") \
    X(WskReleaseData, "WskRelease") X(WskConnectEx, "WskConnectEx") X(WskSendEx, "WskSendEx") \
    X(WskReceiveEx, "WskReceiveEx") X(WskListen, "WskListen") \
    X(WskRegister, "WskRegister") X(WskDeregister, "WskDeregister") \
    X(WskCaptureProviderNPI, "WskCaptureProviderNPI") \
    X(WskReleaseProviderNPI, "WskReleaseProviderNPI") \
    X(WskQueryProviderCharacteristics, "WskQueryProviderCharacteristics")

enum vf_function_id {
#define X(function, name) VF_ID_##function,
    VF_FUNCTIONS(X)
#undef X
    VF_FUNCTION_COUNT
};

/* From here on: those that a driver imports. They have neither an IRP nor a socket. */
#define VF_IMPORTS_BEGIN VF_ID_WskRegister

static inline bool vf_is_import(enum vf_function_id function)
{
    return function >= VF_IMPORTS_BEGIN;
}

static inline bool vf_returns_nothing(enum vf_function_id function)
{
    return function == VF_ID_WskFreeAddressInfo || function == VF_ID_WskDeregister ||
           function == VF_ID_WskReleaseProviderNPI;
}

_Static_assert(VF_WAIT_TIMEOUT < 32, "a word has a bit for each kind");

struct vf_parameter {
    const char *name;
    enum vf_parameter_kind kind;
};

struct vf_function {
    enum vf_function_id id;
    const char *name;
    size_t parameter_count;
    uint32_t kinds; /* 1 << VF_...: those that it has */
    struct vf_parameter parameters[VF_PARAMETERS_MAX]; /* socket or client first, the IRP last */
};

static inline bool vf_function_has(const struct vf_function *function, enum vf_parameter_kind kind)
{
    return function->kinds >> kind & 1;
}

/* By enum vf_function_id. */
extern const struct vf_function vf_functions[VF_FUNCTION_COUNT];

#endif
