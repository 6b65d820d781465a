#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""network.py COMMAND...: runs COMMAND in a network namespace that its caller has made.

There is a loopback of 1500 bytes, and an Ethernet 198.51.100.0/24 and 2001:db8::/64 at whose other end somebody
listens but does not answer ARP. This host is 198.51.100.1, 2001:db8::1 and fe80::1 there, and multicasts and
limited broadcasts leave there unless somebody says otherwise. So what is sent to an address there stays in the
sender's socket buffer, until the keeper of this network is asked: an address as text ("198.51.100.2"), sent to
127.0.0.1 port 4000, lets everything through to that address, and each datagram's payload comes to whoever asked. A
second Ethernet, on which this host is 2001:db8:1::1, is there to be chosen or not. Nothing else can be reached from
here."""
import fcntl
import os
import signal
import socket
import struct
import sys

SIOCSIFFLAGS, SIOCSIFADDR, SIOCSIFNETMASK, SIOCSIFMTU = 0x8914, 0x8916, 0x891C, 0x8922
SIOCGIFHWADDR, SIOCSARP = 0x8927, 0x8955
IFF_UP, ATF_COM, ATF_PERM, ETH_P_IP = 1, 2, 4, 0x0800
NLM_F_REQUEST, NLM_F_ACK, NLM_F_EXCL, NLM_F_CREATE = 1, 4, 0x200, 0x400
RTM_NEWLINK, RTM_NEWADDR, RTM_NEWROUTE, RTM_SETNEIGHTBL = 16, 20, 24, 67
IFLA_IFNAME, IFLA_LINKINFO, IFLA_GSO_MAX_SEGS = 3, 18, 40
IFLA_INFO_KIND, IFLA_INFO_DATA, VETH_INFO_PEER = 1, 2, 1
IFA_ADDRESS, IFA_LOCAL, IFA_F_NODAD, RTA_DST, RTA_OIF, RTA_PRIORITY = 1, 2, 2, 1, 4, 6
RT_TABLE_MAIN, RT_TABLE_LOCAL, RTPROT_BOOT, RT_SCOPE_LINK, RTN_UNICAST, RTN_MULTICAST = 254, 255, 3, 253, 1, 5
NDTA_NAME, NDTA_PARMS, NDTPA_IFINDEX, NDTPA_MCAST_PROBES = 1, 6, 1, 10
KEEPER, ADDRESS, NETMASK = ("127.0.0.1", 4000), "198.51.100.1", "255.255.255.0"
IPV6_ADDRESSES = [("near", "2001:db8::1"), ("near", "fe80::1"), ("side", "2001:db8:1::1")]
NEAR_ROUTES = [("224.0.0.0", 4), ("255.255.255.255", 32)]


# --- Netlink -------------------------------------------------------------------------------------

def attribute(kind, data):
    return struct.pack("HH", 4 + len(data), kind) + data + b"\0" * (-len(data) % 4)


def netlink(kind, flags, payload):
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0) as link:
        link.send(struct.pack("IHHII", 16 + len(payload), kind, NLM_F_REQUEST | NLM_F_ACK | flags, 1, 0) +
                  payload)
        error = struct.unpack_from("i", link.recv(4096), 16)[0]
    if error:
        raise OSError(-error, os.strerror(-error))


def make_ethernet(name, far_name):
    peer = b"\0" * 16 + attribute(IFLA_IFNAME, far_name + b"\0")
    kind = attribute(IFLA_INFO_KIND, b"veth") + attribute(IFLA_INFO_DATA, attribute(VETH_INFO_PEER, peer))
    netlink(RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL,
            b"\0" * 16 + attribute(IFLA_IFNAME, name + b"\0") + attribute(IFLA_LINKINFO, kind))


def let_nothing_through_joined(index):
    """The far end is to see datagrams as a wire would carry them, not as one that the kernel has not cut yet."""
    netlink(RTM_NEWLINK, 0, struct.pack("BxHiII", 0, 0, index, 0, 0) +
            attribute(IFLA_GSO_MAX_SEGS, struct.pack("I", 1)))


def never_give_up_asking(index):
    parms = attribute(NDTPA_IFINDEX, struct.pack("I", index)) + \
        attribute(NDTPA_MCAST_PROBES, struct.pack("I", 100000))
    netlink(RTM_SETNEIGHTBL, 0, struct.pack("Bxxx", socket.AF_INET) +
            attribute(NDTA_NAME, b"arp_cache\0") + attribute(NDTA_PARMS, parms))


def add_ipv6_address(index, text):
    address = socket.inet_pton(socket.AF_INET6, text)
    netlink(RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL,
            struct.pack("BBBBI", socket.AF_INET6, 64, IFA_F_NODAD, 0, index) +
            attribute(IFA_LOCAL, address) + attribute(IFA_ADDRESS, address))


def add_link_route(index, text, bits):
    netlink(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL,
            struct.pack("BBBBBBBBI", socket.AF_INET, bits, 0, 0, RT_TABLE_MAIN, RTPROT_BOOT, RT_SCOPE_LINK,
                        RTN_UNICAST, 0) +
            attribute(RTA_DST, socket.inet_aton(text)) + attribute(RTA_OIF, struct.pack("I", index)))


def send_ipv6_groups_to(index):
    """Each link has such a route, with metric 256, and some only after a while."""
    netlink(RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL,
            struct.pack("BBBBBBBBI", socket.AF_INET6, 8, 0, 0, RT_TABLE_LOCAL, RTPROT_BOOT, 0,
                        RTN_MULTICAST, 0) +
            attribute(RTA_DST, socket.inet_pton(socket.AF_INET6, "ff00::")) +
            attribute(RTA_OIF, struct.pack("I", index)) + attribute(RTA_PRIORITY, struct.pack("I", 1)))


# --- Interfaces ----------------------------------------------------------------------------------

def sockaddr(address):
    return struct.pack("=HH4s8x", socket.AF_INET, 0, socket.inet_aton(address))


def set_up(any_socket, name, mtu=None, address=None):
    if mtu:
        fcntl.ioctl(any_socket, SIOCSIFMTU, struct.pack("16si20x", name, mtu))
    if address:
        fcntl.ioctl(any_socket, SIOCSIFADDR, struct.pack("16s16s8x", name, sockaddr(address)))
        fcntl.ioctl(any_socket, SIOCSIFNETMASK, struct.pack("16s16s8x", name, sockaddr(NETMASK)))
    fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh22x", name, IFF_UP))


def set_up_all():
    make_ethernet(b"near", b"far")
    make_ethernet(b"side", b"edge")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        set_up(any_socket, b"lo", mtu=1500)
        set_up(any_socket, b"near", address=ADDRESS)
        for name in [b"far", b"side", b"edge"]:
            set_up(any_socket, name)
    near = socket.if_nametoindex("near")
    for text, bits in NEAR_ROUTES:
        add_link_route(near, text, bits)
    if os.path.exists("/proc/net/if_inet6"):
        send_ipv6_groups_to(near)
        for name, text in IPV6_ADDRESSES:
            add_ipv6_address(socket.if_nametoindex(name), text)
    let_nothing_through_joined(near)
    never_give_up_asking(near)


# --- The keeper ----------------------------------------------------------------------------------

def let_through(keeper, address):
    """Says whose the address is: the other end's, which takes every frame."""
    hardware = fcntl.ioctl(keeper, SIOCGIFHWADDR, struct.pack("40s", b"far"))[18:24]
    fcntl.ioctl(keeper, SIOCSARP, struct.pack("16s", sockaddr(address)) +
                struct.pack("=H14s", 1, hardware) + struct.pack("i", ATF_COM | ATF_PERM) +
                struct.pack("=H14s", 0, b"") + b"near".ljust(16, b"\0"))


def keep(keeper, far):
    asker = None
    while True:
        if asker is None:
            request, asker = keeper.recvfrom(64)
            let_through(keeper, request.decode())
            wanted = socket.inet_aton(request.decode())
            keeper.sendto(b"open", asker)
            continue
        packet = far.recv(65536)
        if packet[9] == socket.IPPROTO_UDP and packet[16:20] == wanted:
            payload = packet[(packet[0] & 15) * 4 + 8:]
            keeper.sendto(payload, asker)
            if payload == b"last":
                asker = None


def start_keeper():
    keeper = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    keeper.bind(KEEPER)
    far = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_IP))
    far.bind(("far", ETH_P_IP))
    child = os.fork()
    if child == 0:
        keep(keeper, far)
    return child


def main():
    set_up_all()
    child = start_keeper()
    command = os.spawnvp(os.P_NOWAIT, sys.argv[1], sys.argv[1:])
    status = os.waitstatus_to_exitcode(os.waitpid(command, 0)[1])
    os.kill(child, signal.SIGKILL)
    return status if status >= 0 else 128 - status


if __name__ == "__main__":
    sys.exit(main())
