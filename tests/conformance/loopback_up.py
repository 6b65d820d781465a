#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""loopback_up.py COMMAND...: runs COMMAND in a new network namespace after its loopback has been brought up, as an
ordinary link of 1500 bytes. Whoever calls it makes the namespace."""
import fcntl
import os
import socket
import struct
import sys

SIOCSIFFLAGS, SIOCSIFMTU, IFF_UP = 0x8914, 0x8922, 1

with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
    fcntl.ioctl(any_socket, SIOCSIFMTU, struct.pack("16si20x", b"lo", 1500))
    fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", IFF_UP))
os.execvp(sys.argv[1], sys.argv[1:])
