# SPDX-License-Identifier: MIT
"""What crosses from Python to a driver, in Windows' numbers and layouts."""
import ipaddress
import struct

AF_INET, AF_INET6 = 2, 23
SOCK_DGRAM, SOCK_RAW = 2, 3
IPPROTO_IP, IPPROTO_ICMP, IPPROTO_UDP, IPPROTO_IPV6, IPPROTO_ICMPV6 = 0, 1, 17, 41, 58

SOL_SOCKET = 0xffff
SO_BROADCAST = 0x20
IP_TOS, IP_TTL, IP_ECN, IP_HOPLIMIT, IP_PKTINFO, IP_RECVTOS = 3, 4, 50, 21, 19, 40
IP_MULTICAST_IF, IP_MULTICAST_TTL, IP_ADD_MEMBERSHIP, IP_DROP_MEMBERSHIP = 9, 10, 12, 13
IP_DONTFRAGMENT = 14
IPV6_UNICAST_HOPS, IPV6_TCLASS, IPV6_ECN, IPV6_HOPLIMIT, IPV6_PKTINFO = 4, 39, 50, 21, 19
IPV6_RECVTCLASS, IPV6_MULTICAST_IF, IPV6_MULTICAST_HOPS = 40, 9, 10
IPV6_ADD_MEMBERSHIP, IPV6_DROP_MEMBERSHIP, IPV6_DONTFRAG = 12, 13, 14
IP_RECVERR = IPV6_RECVERR = 75
UDP_SEND_MSG_SIZE = 2
MSG_BCAST, MSG_MCAST, MSG_ERRQUEUE = 0x400, 0x800, 0x1000

STATUSES = {
    0x00000000: "SUCCESS",
    0xC000000D: "INVALID_PARAMETER",
    0xC0000022: "ACCESS_DENIED",
    0xC0000206: "INVALID_BUFFER_SIZE",
    0xC0000207: "INVALID_ADDRESS_COMPONENT",
    0xC000023C: "NETWORK_UNREACHABLE",
    0xC000023D: "HOST_UNREACHABLE",
}


def status_name(number):
    return STATUSES.get(number, f"{number:08x}")


def ulong(value):
    return struct.pack("<I", value)


def sockaddr(address, port=0, scope=0):
    ip = ipaddress.ip_address(address)
    if ip.version == 4:
        return struct.pack("<H", AF_INET) + struct.pack(">H", port) + ip.packed + bytes(8)
    return (struct.pack("<H", AF_INET6) + struct.pack(">H", port) + ulong(0) + ip.packed +
            ulong(scope))


def from_sockaddr(data):
    """(address, port)"""
    port, = struct.unpack_from(">H", data, 2)
    packed = data[4:8] if len(data) == 16 else data[8:24]
    return str(ipaddress.ip_address(packed)), port


def cmsg(level, kind, data):
    """One WSK control message, with the room that WSA_CMSG_SPACE counts."""
    message = struct.pack("<Qii", 16 + len(data), level, kind) + data
    return message + bytes(-len(message) % 8)


def from_cmsgs(data):
    """{(level, type): data}"""
    found = {}
    while len(data) >= 16:
        length, level, kind = struct.unpack_from("<Qii", data)
        found[level, kind] = data[16:length]
        data = data[(length + 7) // 8 * 8:]
    return found


def pktinfo(address, index=0):
    ip = ipaddress.ip_address(address)
    if ip.version == 4:
        return cmsg(IPPROTO_IP, IP_PKTINFO, ip.packed + ulong(index))
    return cmsg(IPPROTO_IPV6, IPV6_PKTINFO, ip.packed + ulong(index))
