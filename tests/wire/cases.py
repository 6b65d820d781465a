# SPDX-License-Identifier: MIT
"""The cases of the wire tests. Each gets a Lab, and what a driver at A does is looked at where it leaves the wire."""
import ipaddress
import os
import socket
import struct
import subprocess
import sys

import lab as labs
import windows as w
from lab import (A4, A4_OTHER, A4_SECOND, A6, A6_OTHER, A6_SECOND, B4, B4_SECOND, B6, B6_SECOND, Failure, Lab, NoPlace,
                 Within, payload)
from packet import ICMP, ICMPV6, checksum, pseudo_sum

PORT_A, PORT_B = 5000, 6000
HEADERS = {4: 28, 6: 48}
BOTH = ((4, A4, B4), (6, A6, B6))


def equal(got, expected, what):
    if got != expected:
        raise Failure(f"{what}: {got!r}, not {expected!r}")


def from_to(source, to, port=PORT_B):
    return lambda p: (p.source, p.to, p.protocol) == (source, to, 17) and not p.offset and p.to_port == port


def nothing_before(tap, lab, unwanted, here=A4, there=B4):
    """A datagram of another program follows; what was wanted not to be there is not there before it."""
    mark = lab.socket(lab.a, here)
    mark.sendto(b"mark", (there, 9))
    port = mark.getsockname()[1]
    first = tap.next(lambda p: unwanted(p) or (p.protocol == 17 and not p.offset and p.from_port == port), "the mark")
    mark.close()
    if unwanted(first):
        raise Failure(f"on the wire: {first}")


# --- Payloads -------------------------------------------------------------------------------------


def sizes(mtu, version):
    room = mtu - HEADERS[version]
    return 0, 1, room - 1, room, room + 1, 3 * room, 20000, 65507 if version == 4 else 65527


def check_size(tap, a, b, source, to, size, mtu, version):
    data = a.sends(to, PORT_B, size, seed=size & 255)
    packets, seen = tap.datagram(source, to, PORT_B)
    equal(seen == data, True, f"payload of {size} bytes on the wire")
    equal(len(packets) > 1, size > mtu - HEADERS[version], f"{size} bytes in fragments at MTU {mtu}")
    equal(max(p.size for p in packets) <= mtu, True, f"no packet above {mtu}")
    equal([p.dont_fragment for p in packets if p.dont_fragment], [], "don't fragment")
    got = b.got().expect(data)
    equal((got.source, got.port, got.flags), (source, PORT_A, 0), "sender")


def payloads_at(lab, mtu):
    lab.set_mtu(mtu)
    driver_a, driver_b = lab.driver_at_a(), lab.driver_at_b()
    tap = lab.tap_at_b()
    for version, source, to in BOTH:
        lab.wait_for_path(source, to)
        a, b = driver_a.open(source, PORT_A), driver_b.open(to, PORT_B)
        for size in sizes(mtu, version):
            check_size(tap, a, b, source, to, size, mtu, version)


def case_payloads_1280(lab):
    payloads_at(lab, 1280)


def case_payloads_1500(lab):
    payloads_at(lab, 1500)


def case_payloads_9000(lab):
    payloads_at(lab, 9000)


def case_segments(lab):
    """UDP_SEND_MSG_SIZE, as an option and with a call, cuts one call into datagrams of that size."""
    driver_a, driver_b = lab.driver_at_a(), lab.driver_at_b()
    tap = lab.tap_at_b()
    for version, source, to in BOTH:
        a, b = driver_a.open(source, PORT_A), driver_b.open(to, PORT_B)
        item = w.cmsg(w.IPPROTO_UDP, w.UDP_SEND_MSG_SIZE, w.ulong(700))
        plans = [(5300, b"", [1000] * 5 + [300]), (3000, b"", [1000] * 3), (1000, b"", [1000]), (1, b"", [1]),
                 (1401, item, [700, 700, 1]), (64000, b"", [1000] * 64), (65000, b"", [1000] * 65)]
        a.set(w.IPPROTO_UDP, w.UDP_SEND_MSG_SIZE, w.ulong(1000))
        for size, control, expected in plans:
            data = a.sends(to, PORT_B, size, control=control)
            for length in expected:
                packets, seen = tap.datagram(source, to, PORT_B)
                equal(len(seen), length, f"IPv{version}: a segment of {size} bytes")
                equal(seen == data[:length], True, f"IPv{version}: its bytes")
                equal(len(packets), 1, "fragments")
                b.got().expect(data[:length])
                data = data[length:]
            equal(data, b"", "the rest")


def case_runs(lab):
    """What leaves in one trip through the stack, and arrives in one, is still one datagram after the other."""
    for space, link in ((lab.a, "left"), (lab.b, "right")):
        lab.offload(space, link, labs.SGSO, 1)
        lab.ip(space, f"link set {link} gso_max_segs 64")
    driver_a, driver_b = lab.driver_at_a(), lab.driver_at_b()
    tap = lab.tap_at_b()
    for version, source, to in BOTH:
        a, b = driver_a.open(source, PORT_A), driver_b.open(to, PORT_B)
        a.set(w.IPPROTO_UDP, w.UDP_SEND_MSG_SIZE, w.ulong(1000))
        data = a.sends(to, PORT_B, 20500)
        first = tap.next(from_to(source, to), "the run")
        equal(first.data == data[:len(first.data)] and len(first.data) > 1000, True, f"IPv{version}: many in one trip")
        for start in range(0, len(data), 1000):
            got = b.got().expect(data[start:start + 1000])
            equal((got.source, got.port), (source, PORT_A), "sender")


# --- What is in the headers -----------------------------------------------------------------------


def marks(version):
    """(level, option TOS, item ECN, option and item hops, reports)"""
    if version == 4:
        return (w.IPPROTO_IP, w.IP_TOS, w.IP_ECN, w.IP_TTL, w.IP_TTL,
                (w.IP_RECVTOS, w.IP_ECN, w.IP_HOPLIMIT, w.IP_PKTINFO))
    return (w.IPPROTO_IPV6, w.IPV6_TCLASS, w.IPV6_ECN, w.IPV6_UNICAST_HOPS, w.IPV6_HOPLIMIT,
            (w.IPV6_RECVTCLASS, w.IPV6_ECN, w.IPV6_HOPLIMIT, w.IPV6_PKTINFO))


def case_marks(lab):
    """TOS, ECN and hops: by option, by control data, and as the other side reports them."""
    driver_a, driver_b = lab.driver_at_a(), lab.driver_at_b()
    tap = lab.tap_at_b()
    index = struct.pack("<I", lab.index(lab.b, "right"))
    for version, source, to in BOTH:
        level, tos, ecn, hops, hops_item, reports = marks(version)
        a, b = driver_a.open(source, PORT_A), driver_b.open(to, PORT_B)
        for report in reports:
            b.set(level, report, w.ulong(1))
        number = lambda kind, value: w.cmsg(level, kind, w.ulong(value))
        plans = [(b"", 0, 64), ("options", 0xb8, 33), (number(ecn, 2), 0xba, 33), (number(tos, 0x28), 0x28, 33),
                 (number(hops_item, 7), 0xb8, 7),
                 (number(tos, 0x20) + number(ecn, 1) + number(hops_item, 200), 0x21, 200)]
        for control, tos_there, hops_there in plans:
            if control == "options":
                a.set(level, tos, w.ulong(0xb8))
                a.set(level, hops, w.ulong(33))
                control = b""
            a.sends(to, PORT_B, 10, control=control)
            packet = tap.next(from_to(source, to), "the datagram")
            equal((packet.tos, packet.hops), (tos_there, hops_there), f"IPv{version}: TOS and hops on the wire")
            control = b.got().control
            equal(control.get((level, tos)), w.ulong(tos_there), "the TOS that was reported")
            equal(control.get((level, ecn)), w.ulong(tos_there & 3), "the ECN that was reported")
            equal(control.get((level, hops_item)), w.ulong(hops_there), "the hops that were reported")
            equal(control.get((level, w.IP_PKTINFO)), ipaddress.ip_address(to).packed + index, "destination, interface")


def case_source(lab):
    """IP_PKTINFO chooses source address and interface."""
    driver = lab.driver_at_a()
    taps = lab.tap_at_b(), lab.tap_at_b("right2")
    left, left2 = lab.index(lab.a, "left"), lab.index(lab.a, "left2")
    for any_address, one, other, second, to, to_second in (
            ("0.0.0.0", A4, A4_OTHER, A4_SECOND, B4, B4_SECOND), ("::", A6, A6_OTHER, A6_SECOND, B6, B6_SECOND)):
        a = driver.open(any_address, PORT_A)
        plans = [(other, 0, to, other, 0), (one, 0, to, one, 0), (other, left, to, other, 0),
                 (any_address, left2, to_second, second, 1), (second, left2, to_second, second, 1),
                 # The source need not be of the interface that the route takes.
                 (second, 0, to, second, 0)]
        for source, index, target, expected, wire in plans:
            data = a.sends(target, PORT_B, 33, control=w.pktinfo(source, index))
            packets, seen = taps[wire].datagram(expected, target, PORT_B)
            equal(seen, data, f"payload from {source} by interface {index}")
        # Without it the stack chooses: the first address of the interface. (IPv6 prefers the latest.)
        if "." in to:
            a.sends(to, PORT_B, 33)
            taps[0].datagram(one, to, PORT_B)
        stranger = "10.77.0.66" if "." in to else "fd77::66"
        equal(a.send(to, PORT_B, 34, control=w.pktinfo(stranger)), ("INVALID_ADDRESS_COMPONENT", 0),
              "a source that is not local")
        nothing_before(taps[0], lab, lambda p: p.source == stranger)
        a.sends(to, PORT_B, 35, control=w.pktinfo(one))


def case_dont_fragment(lab):
    driver_a, driver_b = lab.driver_at_a(), lab.driver_at_b()
    tap = lab.tap_at_b()
    for version, source, to in BOTH:
        room = 1500 - HEADERS[version]
        option = ((w.IPPROTO_IP, w.IP_DONTFRAGMENT) if version == 4 else (w.IPPROTO_IPV6, w.IPV6_DONTFRAG))
        a, b = driver_a.open(source, PORT_A), driver_b.open(to, PORT_B)
        a.set(*option, w.ulong(1))
        data = a.sends(to, PORT_B, room)
        packets, _ = tap.datagram(source, to, PORT_B)
        equal([p.dont_fragment for p in packets], [version == 4], "don't fragment")
        b.got().expect(data)
        equal(a.send(to, PORT_B, room + 1), ("INVALID_BUFFER_SIZE", 0), "one byte more than fits")
        nothing_before(tap, lab, from_to(source, to))
        a.set(*option, w.ulong(0))
        data = a.sends(to, PORT_B, room + 1)
        packets, _ = tap.datagram(source, to, PORT_B)
        equal(len(packets), 2, "fragments")
        equal([p.dont_fragment for p in packets], [False, False], "don't fragment")
        b.got().expect(data)


def case_checksums(lab):
    """Sums as a network card without help of its own would send them."""
    lab.offload(lab.a, "left", labs.STXCSUM, 0)
    driver_a, driver_b = lab.driver_at_a(), lab.driver_at_b()
    tap = lab.tap_at_b()
    for version, source, to in BOTH:
        a, b = driver_a.open(source, PORT_A), driver_b.open(to, PORT_B)
        for size in (0, 1, 1400):
            data = a.sends(to, PORT_B, size)
            packet = tap.next(from_to(source, to), "the datagram")
            equal(checksum(packet.body, pseudo_sum(packet)), 0, "sum of the UDP header")
            if version == 4:
                equal(checksum(packet.header), 0, "sum of the IPv4 header")
            b.got().expect(data)
        # And where a card cannot sum, many datagrams of one call still go.
        a.set(w.IPPROTO_UDP, w.UDP_SEND_MSG_SIZE, w.ulong(500))
        data = a.sends(to, PORT_B, 1100)
        for part in (data[:500], data[500:1000], data[1000:]):
            packet = tap.next(from_to(source, to), "a segment")
            equal(packet.data, part, "a segment")
            equal(checksum(packet.body, pseudo_sum(packet)), 0, "its sum")
            b.got().expect(part)


# --- Errors of the network ------------------------------------------------------------------------


def still_works(lab, a, source, to):
    """What comes back on the same wire comes after the ICMP error."""
    peer = lab.socket(lab.b, to, PORT_B)
    peer.sendto(b"after", (source, PORT_A))
    a.got().expect(b"after")
    for _ in range(3):
        data = a.sends(to, PORT_B, 50)
        equal(peer.recv(100), data, "a later datagram")
    peer.close()


def case_port_unreachable(lab):
    """DGRAM-SEND-17: that nobody listens there disturbs no later send or receive."""
    driver = lab.driver_at_a()
    tap = lab.tap_at_a()
    for version, source, to in BOTH:
        a = driver.open(source, PORT_A)
        a.sends(to, PORT_B, 20)
        kind = (ICMP, b"\x03\x03") if version == 4 else (ICMPV6, b"\x01\x04")
        tap.next(lambda p: p.protocol == kind[0] and p.body[:2] == kind[1], "port unreachable")
        still_works(lab, a, source, to)


def case_reported_errors(lab):
    """With IP_RECVERR the same is reported: whom it concerns, what was sent, and why it did not arrive."""
    driver = lab.driver_at_a()
    for version, source, to in BOTH:
        level, protocol, kind, code = ((w.IPPROTO_IP, ICMP, 3, 3) if version == 4 else
                                       (w.IPPROTO_IPV6, ICMPV6, 1, 4))
        a = driver.open(source, PORT_A)
        a.set(level, w.IP_RECVERR, w.ulong(1))
        data = a.sends(to, PORT_B, 20)
        got = a.got().expect(data)
        equal((got.source, got.port, got.flags & w.MSG_ERRQUEUE), (to, PORT_B, w.MSG_ERRQUEUE), "whom it concerns")
        error = struct.unpack_from("<IIBB", got.control[level, w.IP_RECVERR])
        equal(error, (protocol, 0, kind, code), "why")
        still_works(lab, a, source, to)


def case_host_unreachable(lab):
    """The same of an error that a router sends."""
    driver = lab.driver_at_a()
    tap_b, tap_a = lab.tap_at_b(), lab.tap_at_a()
    for version, source, to in BOTH:
        a = driver.open(source, PORT_A)
        a.sends(to, PORT_B, 20)
        sent = tap_b.next(from_to(source, to), "the datagram")
        kind = (ICMP, b"\x03\x01") if version == 4 else (ICMPV6, b"\x01\x03")
        message = kind[1] + bytes(6) + sent.header + sent.body
        if version == 4:
            message = message[:2] + struct.pack(">H", checksum(message)) + message[4:]
        router = lab.socket(lab.b, to, kind=socket.SOCK_RAW, protocol=kind[0])
        router.sendto(message, (source, 0))
        tap_a.next(lambda p: p.protocol == kind[0] and p.body[:2] == kind[1], "host unreachable")
        router.close()
        still_works(lab, a, source, to)


def case_no_route(lab):
    """DGRAM-SEND-15"""
    driver = lab.driver_at_a()
    for version, source, to in BOTH:
        a = driver.open(source, PORT_A)
        for _ in range(2):
            equal(a.send("198.51.100.1" if version == 4 else "2001:db8::1", PORT_B, 5), ("NETWORK_UNREACHABLE", 0),
                  "a network without a route")
        still_works(lab, a, source, to)


def case_address_goes(lab):
    """An address that a socket is bound to disappears, and comes back."""
    driver = lab.driver_at_a()
    a = driver.open(A4_OTHER, PORT_A)
    still_works(lab, a, A4_OTHER, B4)
    tap = lab.tap_at_b()
    lab.ip_a(f"addr del {A4_OTHER}/24 dev left")
    equal(a.send(B4, PORT_B, 5), ("NETWORK_UNREACHABLE", 0), "a send from an address that is gone")
    nothing_before(tap, lab, lambda p: p.source == A4_OTHER)
    lab.ip_a(f"addr add {A4_OTHER}/24 dev left")
    lab.wait_for_path(A4_OTHER, B4)
    still_works(lab, a, A4_OTHER, B4)


def case_address_goes_ipv6(lab):
    """Linux sends on from such an IPv6 address, as a router would; what counts is that the socket works again."""
    driver = lab.driver_at_a()
    a = driver.open(A6_OTHER, PORT_A)
    still_works(lab, a, A6_OTHER, B6)
    lab.ip_a(f"addr del {A6_OTHER}/64 dev left")
    a.send(B6, PORT_B + 1, 5)
    lab.ip_a(f"addr add {A6_OTHER}/64 dev left nodad")
    lab.wait_for_path(A6_OTHER, B6)
    still_works(lab, a, A6_OTHER, B6)


def case_link_goes(lab):
    """A link goes down, which takes its routes (and IPv6 addresses) along, and comes up."""
    driver = lab.driver_at_a()
    sockets = [(driver.open(any_address, PORT_A), source, to)
               for any_address, source, to in (("0.0.0.0", A4, B4), ("::", A6, B6))]
    for a, source, to in sockets:
        still_works(lab, a, source, to)
    lab.ip_a("link set left down")
    for a, source, to in sockets:
        equal(a.send(to, PORT_B, 5), ("NETWORK_UNREACHABLE", 0), "a send while the link is down")
    lab.ip_a("link set left up", f"addr replace {A6}/64 dev left nodad")
    for a, source, to in sockets:
        lab.wait_for_path(source, to)
        still_works(lab, a, source, to)


# --- To many --------------------------------------------------------------------------------------


def case_multicast(lab):
    driver_a, driver_b = lab.driver_at_a(), lab.driver_at_b()
    tap = lab.tap_at_b()
    left, right = lab.index(lab.a, "left"), lab.index(lab.b, "right")
    for any_address, source, to, group, mac, level, interface, hops, join, leave in (
            ("0.0.0.0", A4, B4, "239.7.7.7", b"\x01\x00\x5e\x07\x07\x07", w.IPPROTO_IP,
             (w.IP_MULTICAST_IF, struct.pack(">I", left)), w.IP_MULTICAST_TTL, w.IP_ADD_MEMBERSHIP,
             w.IP_DROP_MEMBERSHIP),
            ("::", A6, B6, "ff15::7:7", b"\x33\x33\x00\x07\x00\x07", w.IPPROTO_IPV6,
             (w.IPV6_MULTICAST_IF, struct.pack("<I", left)), w.IPV6_MULTICAST_HOPS, w.IPV6_ADD_MEMBERSHIP,
             w.IPV6_DROP_MEMBERSHIP)):
        a, b = driver_a.open(source, PORT_A), driver_b.open(any_address, PORT_B)
        if level == w.IPPROTO_IP:
            membership = socket.inet_aton(group) + socket.inet_aton(to)
        else:
            membership = socket.inet_pton(socket.AF_INET6, group) + w.ulong(right)
        a.set(level, *interface)
        # Nobody has joined: the datagram passes by, and the unicast one behind it is the first to arrive.
        a.sends(group, PORT_B, 40)
        data = a.sends(to, PORT_B, 41)
        b.got().expect(data)
        b.set(level, join, membership)
        for ttl in (1, 9):
            a.set(level, hops, w.ulong(ttl))
            data = a.sends(group, PORT_B, 42 + ttl)
            packet = tap.next(lambda p: from_to(source, group)(p) and len(p.data) == 42 + ttl, "the datagram")
            equal((packet.mac, packet.hops), (mac, ttl), "address on the wire, and hops")
            got = b.got().expect(data)
            equal((got.source, got.port, got.flags), (source, PORT_A, w.MSG_MCAST), "what was indicated")
        b.set(level, leave, membership)
        a.sends(group, PORT_B, 60)
        data = a.sends(to, PORT_B, 61)
        equal(b.got().expect(data).flags, 0, "flags of a unicast datagram")


def case_broadcast(lab):
    driver_a, driver_b = lab.driver_at_a(), lab.driver_at_b()
    tap = lab.tap_at_b()
    a, b = driver_a.open(A4, PORT_A), driver_b.open("0.0.0.0", PORT_B)
    for to in ("10.77.0.255", "255.255.255.255"):
        a.set(w.SOL_SOCKET, w.SO_BROADCAST, w.ulong(0))
        equal(a.send(to, PORT_B, 9), ("ACCESS_DENIED", 0), "broadcast without SO_BROADCAST")
        nothing_before(tap, lab, from_to(A4, to))
        a.set(w.SOL_SOCKET, w.SO_BROADCAST, w.ulong(1))
        data = a.sends(to, PORT_B, 10)
        packet = tap.next(from_to(A4, to), "the broadcast")
        equal(packet.mac, b"\xff" * 6, "address on the wire")
        got = b.got().expect(data)
        equal((got.source, got.port, got.flags), (A4, PORT_A, w.MSG_BCAST), "what was indicated")


# --- Raw sockets ----------------------------------------------------------------------------------


def case_ping(lab):
    """examples/ping.c"""
    tap = lab.tap_at_b()
    # Of two IPv6 addresses the stack prefers the latest.
    for protocol, request, source, to in ((ICMP, 8, A4, B4), (ICMPV6, 128, A6_OTHER, B6)):
        with Within(lab.a):
            done = subprocess.run([os.environ["WSKRUN"], "--once", os.environ["PING"], "--", f"remote={to}", "count=2"],
                                  capture_output=True, text=True, timeout=labs.LIMIT)
        equal((done.returncode, done.stderr), (0, ""), "end of ping")
        equal([line.split(" after ")[0] for line in done.stdout.splitlines()],
              ["ping: answer 1", "ping: answer 2"], "what it says")
        for sequence in (1, 2):
            packet = tap.next(lambda p: (p.protocol, p.body[0], p.source) == (protocol, request, source), "a request")
            equal((packet.to, packet.body[4:8]), (to, struct.pack(">HH", 0x5753, sequence)), "request")
            equal(checksum(packet.body, 0 if protocol == ICMP else pseudo_sum(packet)), 0, "its sum")


def case_raw_protocol(lab):
    """Another protocol crosses the wire: its number, its bytes, fragments, and a header of the driver's own."""
    driver_a, driver_b = lab.driver_at_a(), lab.driver_at_b()
    tap = lab.tap_at_b()
    for version, source, to in BOTH:
        a, b = driver_a.open(source, protocol=253), driver_b.open(to, protocol=253)
        for size in (1, 1400, 5000):
            data = a.sends(to, 0, size)
            first = tap.next(lambda p: p.protocol == 253 and p.source == source and p.offset == 0, "the packet")
            equal(first.body == data[:len(first.body)], True, "its bytes")
            equal(first.more, size > 1480, "fragments")
            got = b.got()
            equal((got.source, got.port), (source, 0), "sender")
            equal(got.size, size + (20 if version == 4 else 0), "size, with the IPv4 header")
            if version == 6:
                got.expect(data)


def case_raw_header(lab):
    """IP_HDRINCL: what the driver writes into the header is on the wire."""
    driver = lab.driver_at_a()
    tap = lab.tap_at_b()
    a = driver.open(A4, protocol=253)
    a.set(w.IPPROTO_IP, 2, w.ulong(1))
    header = (struct.pack(">BBHHHBBH", 0x45, 0x1c, 60, 0x4321, 0, 99, 254, 0) + socket.inet_aton(A4_OTHER) +
              socket.inet_aton(B4))
    status, information = a.send(B4, 0, 60, head=header)
    equal((status, information), ("SUCCESS", 60), "send")
    packet = tap.next(lambda p: p.protocol == 254, "the packet")
    equal((packet.source, packet.tos, packet.hops, packet.ident), (A4_OTHER, 0x1c, 99, 0x4321), "header")
    equal(packet.body, payload(60)[20:], "its bytes")
    equal(checksum(packet.header), 0, "its sum")


# --- Running --------------------------------------------------------------------------------------


def names():
    return [name[5:] for name in globals() if name.startswith("case_")]


def run(name):
    lab = Lab()
    try:
        globals()["case_" + name](lab)
        lab.stop()
    except Failure as failure:
        for host in lab.hosts:
            host.process.kill()
            _, errors = host.process.communicate()
            sys.stderr.write(errors.decode())
        labs.fail_with(failure)
