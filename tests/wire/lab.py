# SPDX-License-Identifier: MIT
"""Two hosts and the wires between them.

A has the wires `left` (10.77.0.1 and .11, fd77::1 and ::11) and `left2` (10.78.0.1, fd78::1); B has their other ends,
`right` and `right2`, with 2 instead of 1. Everything is waited for with a time limit, nothing by sleeping."""
import ctypes
import fcntl
import os
import select
import signal
import socket
import struct
import subprocess
import sys
import time

import windows
from packet import Packet

LIMIT = 30  # seconds that anything may take on a loaded machine
CLONE_NEWNET = 0x40000000
PACKET_OUTGOING = 4
SIOCETHTOOL, STXCSUM, SGSO = 0x8946, 0x17, 0x24

A4, A6, B4, B6 = "10.77.0.1", "fd77::1", "10.77.0.2", "fd77::2"
A4_OTHER, A6_OTHER = "10.77.0.11", "fd77::11"
A4_SECOND, A6_SECOND, B4_SECOND, B6_SECOND = "10.78.0.1", "fd78::1", "10.78.0.2", "fd78::2"

libc = ctypes.CDLL(None, use_errno=True)


class NoPlace(Exception):
    """The machine cannot do what the test needs."""


class Failure(Exception):
    pass


def check(call):
    if call != 0:
        raise NoPlace(os.strerror(ctypes.get_errno()))


class Within:
    """With this, the process is in the namespace."""

    def __init__(self, space):
        self.space = space

    def __enter__(self):
        self.before = os.open("/proc/self/ns/net", os.O_RDONLY)
        check(libc.setns(self.space, CLONE_NEWNET))

    def __exit__(self, *error):
        check(libc.setns(self.before, CLONE_NEWNET))
        os.close(self.before)


def ready(descriptor, deadline, what):
    if not select.select([descriptor], [], [], max(0, deadline - time.monotonic()))[0]:
        raise Failure(f"waited in vain for {what}")


# --- The hosts and their wires --------------------------------------------------------------------


class Lab:
    def __init__(self):
        self.a = os.open("/proc/self/ns/net", os.O_RDONLY)
        check(libc.unshare(CLONE_NEWNET))
        self.b = os.open("/proc/self/ns/net", os.O_RDONLY)
        check(libc.setns(self.a, CLONE_NEWNET))
        self.hosts = []
        # Two ends of one index look like a card's own link to the kernel, which then is a second late to see them up.
        for index, end, other in ((11, "left", "right"), (12, "left2", "right2")):
            try:
                self.ip_a(f"link add {end} index {index} type veth peer name {other} index {index + 10} "
                          f"netns /proc/self/fd/{self.b}")
            except Failure as reason:
                raise NoPlace(f"no veth: {reason}")
        self.raise_link(self.a, "left", A4, A6, A4_OTHER, A6_OTHER)
        self.raise_link(self.a, "left2", A4_SECOND, A6_SECOND)
        self.raise_link(self.b, "right", B4, B6)
        self.raise_link(self.b, "right2", B4_SECOND, B6_SECOND)
        for space, link in ((self.a, "left"), (self.a, "left2"), (self.b, "right"), (self.b, "right2")):
            self.offload(space, link, SGSO, 0)  # a wire shows what a network card would send
            self.ip(space, f"link set {link} gso_max_segs 1")  # UDP_SEGMENT has a flag of its own
        self.wait_until_up()

    def ip(self, space, *commands):
        with Within(space):
            done = subprocess.run(["ip", "-batch", "-"], input="\n".join(commands) + "\n", text=True,
                                  stderr=subprocess.PIPE, pass_fds=[self.b])
        if done.returncode:
            raise Failure(f"ip: {'; '.join(commands)}: {done.stderr.strip()}")

    def ip_a(self, *commands):
        self.ip(self.a, *commands)

    def ip_b(self, *commands):
        self.ip(self.b, *commands)

    def raise_link(self, space, link, *addresses):
        # Nobody else talks on this wire: addresses need no check for duplicates, and none is made up.
        self.ip(space, "link set lo up", f"link set {link} addrgenmode none",
                *(f"addr add {a}/24 brd + dev {link}" if "." in a else f"addr add {a}/64 dev {link} nodad"
                  for a in addresses),
                f"link set {link} up")

    def offload(self, space, link, command, value):
        """Switches an offload by an ethtool ioctl."""
        request = ctypes.create_string_buffer(struct.pack("=II", command, value))
        name = struct.pack("16sP", link.encode(), ctypes.addressof(request))
        with Within(space), socket.socket() as any_socket:
            fcntl.ioctl(any_socket, SIOCETHTOOL, name + bytes(16))

    def set_mtu(self, mtu):
        self.ip_a(f"link set left mtu {mtu}")
        self.ip_b(f"link set right mtu {mtu}")

    def index(self, space, link):
        with Within(space):
            return socket.if_nametoindex(link)

    def wait_until_up(self):
        for here, there in ((A4, B4), (A6, B6), (A4_SECOND, B4_SECOND), (A6_SECOND, B6_SECOND)):
            self.wait_for_path(here, there)

    def wait_for_path(self, here, there):
        """A datagram is repeated, both ways, until it arrives: links come up, neighbours are found."""
        near, far = self.socket(self.a, here), self.socket(self.b, there)
        self.until_arrives(near, far)
        self.until_arrives(far, near)
        near.close()
        far.close()

    def until_arrives(self, outbox, inbox):
        to = inbox.getsockname()
        deadline = time.monotonic() + LIMIT
        while not select.select([inbox], [], [], 0.02)[0]:
            try:
                outbox.sendto(b"up?", to)
            except OSError:
                pass  # not yet
            if time.monotonic() > deadline:
                raise Failure(f"no path from {outbox.getsockname()[0]} to {to[0]}")
        # Those that waited for the neighbour are not to meet a closed port: the answers are rationed.
        outbox.sendto(b"last", to)
        while inbox.recv(10) != b"last":
            pass

    def socket(self, space, address, port=0, kind=socket.SOCK_DGRAM, protocol=0):
        """An ordinary socket, as any other program on that host would have one."""
        family = socket.AF_INET if "." in address else socket.AF_INET6
        with Within(space):
            opened = socket.socket(family, kind, protocol)
        opened.bind((address, port))
        opened.settimeout(LIMIT)
        return opened

    def tap_at_b(self, link="right"):
        return Tap(self.b, link)

    def tap_at_a(self, link="left"):
        return Tap(self.a, link)

    def driver_at_a(self):
        return self.driver(self.a)

    def driver_at_b(self):
        return self.driver(self.b)

    def driver(self, space):
        host = Host(space)
        self.hosts.append(host)
        return host

    def stop(self):
        for host in self.hosts:
            host.stop()


class Tap:
    """What arrives at one end of a wire, from now on."""

    def __init__(self, space, link):
        with Within(space):
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
            self.socket.bind((link, 3))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)

    def next(self, wanted, what, limit=LIMIT):
        deadline = time.monotonic() + limit
        seen = []
        while True:
            try:
                ready(self.socket, deadline, what)
            except Failure as failure:
                raise Failure(f"{failure}; seen: {seen[-8:]}")
            frame, address = self.socket.recvfrom(1 << 17)
            packet = Packet(frame)
            if address[2] != PACKET_OUTGOING and packet.version:
                if wanted(packet):
                    return packet
                seen.append(packet)

    def datagram(self, source, to, port):
        """The packets of the next UDP datagram to the port, and its payload, put together."""
        first = self.next(lambda p: (p.source, p.to, p.protocol, p.offset) == (source, to, 17, 0) and
                          p.to_port == port, f"a datagram to port {port}")
        packets = [first]
        while packets[-1].more:
            packets.append(self.next(lambda p: (p.ident, p.protocol, p.source) == (first.ident, 17, source) and
                                     p.offset > 0, f"a fragment of {first}"))
        body = b"".join(p.body for p in packets)
        for packet, offset in zip(packets, (sum(len(p.body) for p in packets[:i]) for i in range(len(packets)))):
            if packet.offset != offset:
                raise Failure(f"fragments out of place: {packets}")
        return packets, body[8:]


# --- Drivers --------------------------------------------------------------------------------------


def payload(size, seed=1):
    """What wire_host.c sends."""
    return bytes((seed + i * 13 + (i >> 8) * 5) & 255 for i in range(size))


def fnv(data):
    value = 2166136261
    for byte in data:
        value = (value ^ byte) * 16777619 & 0xffffffff
    return value


class Got:
    """A datagram that a driver received."""

    def __init__(self, words):
        self.slot, self.size, self.hash = int(words[0]), int(words[1]), int(words[2], 16)
        self.source, self.port = windows.from_sockaddr(bytes.fromhex(words[3]))
        self.flags = int(words[4], 16)
        self.control = windows.from_cmsgs(bytes.fromhex(words[5][1:]))

    def expect(self, data):
        if (self.size, self.hash) != (len(data), fnv(data)):
            raise Failure(f"received {self.size} bytes {self.hash:08x}, not {len(data)} bytes {fnv(data):08x}")
        return self


class Lines:
    """The lines of a pipe, each with a time limit."""

    def __init__(self, pipe):
        self.pipe, self.rest = pipe.fileno(), b""

    def next(self, what):
        deadline = time.monotonic() + LIMIT
        while b"\n" not in self.rest:
            ready(self.pipe, deadline, what)
            more = os.read(self.pipe, 65536)
            if not more:
                raise Failure(f"the driver ended before {what}")
            self.rest += more
        line, self.rest = self.rest.split(b"\n", 1)
        return line.decode()


class Host:
    """wskrun with wire_host.c, in a namespace."""

    OPEN, BIND, CLOSE, SET, IOCTL, SEND, EVENT = range(7)

    def __init__(self, space):
        self.orders = socket.socket()  # replaced below, in the namespace
        self.orders.close()
        with Within(space):
            self.orders = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.process = subprocess.Popen([os.environ["WSKRUN"], os.environ["WIRE_HOST"]],
                                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.lines = Lines(self.process.stdout)
        self.inbox, self.slots = [], 0
        line = self.lines.next("a driver that is ready")
        if line != "ready 00000000":
            raise Failure(f"the driver says: {line}")

    def order(self, operation, slot, numbers=(0, 0, 0), address=b"", data=b"", length=None):
        command = struct.pack("<6I28s256s", operation, slot, *numbers,
                              len(data) if length is None else length, address, data)
        self.orders.sendto(command, ("127.0.0.1", 7000))
        while True:
            words = self.lines.next("the end of a command").split()
            if words[0] == "done":
                return windows.status_name(int(words[1], 16)), int(words[2])
            self.inbox.append(Got(words[1:]))

    def must(self, *command, **named):
        status, information = self.order(*command, **named)
        if status != "SUCCESS":
            raise Failure(f"command {command}: {status}")
        return information

    def open(self, address, port=0, protocol=None):
        """A socket of the address's family, bound to it, receiving by event; raw with a protocol."""
        slot = self.slots
        self.slots += 1
        family = windows.AF_INET if "." in address else windows.AF_INET6
        kind = (windows.SOCK_DGRAM, windows.IPPROTO_UDP) if protocol is None else (windows.SOCK_RAW, protocol)
        self.must(self.OPEN, slot, (family, *kind))
        self.must(self.BIND, slot, address=windows.sockaddr(address, port))
        self.must(self.EVENT, slot)
        return Socket(self, slot, port)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        _, errors = self.process.communicate(timeout=LIMIT)
        if self.process.returncode or errors:
            raise Failure(f"wskrun ended with {self.process.returncode}: {errors.decode()}")


class Socket:
    def __init__(self, host, slot, port):
        self.host, self.slot, self.port = host, slot, port

    def set(self, level, name, data):
        self.host.must(Host.SET, self.slot, (level, name, 0), data=data)

    def send(self, to, port, size, seed=1, control=b"", head=b""):
        """(status, information)"""
        return self.host.order(Host.SEND, self.slot, (size, seed, len(head)), windows.sockaddr(to, port),
                               control + head, len(control))

    def sends(self, to, port, size, **more):
        """Sends, and it must succeed; the payload."""
        status, information = self.send(to, port, size, **more)
        if (status, information) != ("SUCCESS", size):
            raise Failure(f"send of {size} bytes to {to}: {status}, {information}")
        return payload(size, more.get("seed", 1))

    def got(self):
        """The next datagram that this socket received."""
        while True:
            for i, each in enumerate(self.host.inbox):
                if each.slot == self.slot:
                    return self.host.inbox.pop(i)
            words = self.host.lines.next("a datagram").split()
            self.host.inbox.append(Got(words[1:]))

    def close(self):
        self.host.must(Host.CLOSE, self.slot)


def fail_with(error):
    sys.exit(f"FAIL: {error}")
