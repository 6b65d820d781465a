/* SPDX-License-Identifier: MIT */
/*
 * status.c - the engine's errno values become the statuses that the pages of netioapi.h name. Those
 * write STATUS_NOT_ENOUGH_MEMORY and ERROR_OBJECT_ALREADY_EXISTS, which are no NT statuses: meant
 * are those that become these numbers in user mode.
 */
#include "netio.h"

#include <errno.h>

NTSTATUS netio_status(int error)
{
    switch (-error) {
    case 0:
        return STATUS_SUCCESS;
    case ENOMEM:
    case ENOBUFS:
        return STATUS_NO_MEMORY;
    case EMFILE:
    case ENFILE:
        return STATUS_INSUFFICIENT_RESOURCES;
    case EPERM:
    case EACCES:
        return STATUS_ACCESS_DENIED;
    case EEXIST:
        return STATUS_DUPLICATE_OBJECTID;
    case ENOENT:
    case ENODEV:
    case ENXIO:
        return STATUS_NOT_FOUND;
    case ENETUNREACH:
    case ENETDOWN:
        return STATUS_NETWORK_UNREACHABLE;
    case EHOSTUNREACH:
        return STATUS_HOST_UNREACHABLE;
    case EOPNOTSUPP:
    case EAFNOSUPPORT:
    case EPROTONOSUPPORT:
        return STATUS_NOT_SUPPORTED;
    case EINVAL:
    case ERANGE:
        return STATUS_INVALID_PARAMETER;
    default:
        return STATUS_UNSUCCESSFUL;
    }
}
