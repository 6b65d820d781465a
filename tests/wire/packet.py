# SPDX-License-Identifier: MIT
"""Frames as a wire carries them: Ethernet, IPv4 and IPv6 with fragments, UDP, ICMP."""
import ipaddress
import struct

ETH_P_IP, ETH_P_IPV6 = 0x0800, 0x86dd
UDP, ICMP, ICMPV6, FRAGMENT = 17, 1, 58, 44


class Packet:
    """version, mac (destination), source, to, tos, hops, protocol, size (of the IP packet), dont_fragment, ident,
    offset, more, body (behind the IP headers). UDP that is no later fragment: from_port, to_port, data."""

    def __init__(self, frame):
        self.mac = frame[:6]
        kind, = struct.unpack_from(">H", frame, 12)
        self.ident = self.offset = 0
        self.more = self.dont_fragment = False
        self.version = {ETH_P_IP: 4, ETH_P_IPV6: 6}.get(kind, 0)
        if self.version == 4:
            self._read_ipv4(frame[14:])
        elif self.version == 6:
            self._read_ipv6(frame[14:])
        else:
            self.protocol, self.body = -1, b""
        if self.protocol == UDP and self.offset == 0 and len(self.body) >= 8:
            self.from_port, self.to_port = struct.unpack_from(">HH", self.body)
            self.data = self.body[8:]

    def _read_ipv4(self, data):
        (start, self.tos, self.size, self.ident, fragment, self.hops, self.protocol, self.sum,
         source, to) = struct.unpack_from(">BBHHHBBH4s4s", data)
        self.source, self.to = (str(ipaddress.IPv4Address(a)) for a in (source, to))
        self.dont_fragment, self.more = bool(fragment & 0x4000), bool(fragment & 0x2000)
        self.offset = (fragment & 0x1fff) * 8
        self.header = data[:(start & 15) * 4]
        self.body = data[(start & 15) * 4:self.size]

    def _read_ipv6(self, data):
        first, size, self.protocol, self.hops, source, to = struct.unpack_from(">IHBB16s16s", data)
        self.tos, self.size = first >> 20 & 255, size + 40
        self.source, self.to = (str(ipaddress.IPv6Address(a)) for a in (source, to))
        self.header = data[:40]
        self.body = data[40:self.size]
        if self.protocol == FRAGMENT:
            self.protocol, _, where, self.ident = struct.unpack_from(">BBHI", self.body)
            self.offset, self.more = where & 0xfff8, bool(where & 1)
            self.body = self.body[8:]

    @property
    def is_fragment(self):
        return self.more or self.offset > 0

    def __repr__(self):
        if self.version == 0:
            return "no IP"
        return (f"IPv{self.version} {self.source} -> {self.to} protocol {self.protocol} size {self.size} "
                f"offset {self.offset}{'+' if self.more else ''} tos {self.tos:#x} hops {self.hops}")


def checksum(data, total=0):
    """RFC 1071; 0 over data that carries its own sum."""
    data = data + bytes(len(data) % 2)
    total += sum(struct.unpack(f">{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def pseudo_sum(packet):
    """Of the pseudo header of UDP and ICMPv6."""
    ends = b"".join(ipaddress.ip_address(a).packed for a in (packet.source, packet.to))
    return sum(struct.unpack(f">{len(ends) // 2}H", ends)) + packet.protocol + len(packet.body)
