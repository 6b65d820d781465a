#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check_pcapng.py FILE: prints the comment of each packet, after a look at the blocks around them."""
import struct
import sys


def options(data):
    while data:
        code, length = struct.unpack_from("<HH", data)
        if code == 0:
            return
        yield code, data[4:4 + length]
        data = data[4 + (length + 3) // 4 * 4:]


def main():
    with open(sys.argv[1], "rb") as file:
        data = file.read()
    kinds = []
    while data:
        kind, length = struct.unpack_from("<II", data)
        assert length % 4 == 0 and struct.unpack_from("<I", data, length - 4)[0] == length, "length"
        kinds.append(kind)
        if kind == 6:
            size = struct.unpack_from("<I", data, 20)[0]
            for code, value in options(data[28 + (size + 3) // 4 * 4:length - 4]):
                if code == 1:
                    print(value.decode())
        data = data[length:]
    assert kinds[:2] == [0x0A0D0D0A, 1] and set(kinds[2:]) == {6}, kinds


main()
