#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""fidelity.py LIBRARY [--write]: docs/FIDELITY.md says of each Windows function what it is here.

What is declared comes from the headers, what exists from the library, what is absent from the calls that say so in
the sources. Only what is partial, and why, is written by hand: PARTIAL below. Without --write the document is compared
with what it should be."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
KM = ROOT / "include/openwsk/km"
DOCUMENT = ROOT / "docs/FIDELITY.md"

# The headers that drivers include, in the order of the document.
HEADERS = ["ntifs.h", "wsk.h", "netioddk.h", "netioapi.h", "ip2string.h", "mstcpip.h", "ntstrsafe.h",
           "ntintsafe.h", "bcrypt.h", "ndis.h"]

# name: what is missing, or differs from Windows.
PARTIAL = {
    "IoAllocateIrp": "quota is not charged",
    "IoAllocateIrpEx": "quota is not charged; the device is not looked at",
    "KeSetPriorityThread": "remembered, without effect on the host",
    "KeSetBasePriorityThread": "remembered, without effect on the host",
    "MmProbeAndLockPages": "probes; nothing is pinned, for nothing is paged out",
    "MmMapLockedPagesSpecifyCache": "the address is the buffer's own; cache type ignored",
    "ExAllocatePool2": "quota, NUMA and special pool flags ignored",
    "ExAllocatePool3": "extended parameters ignored",
    "KeSetTargetProcessorDpc": "all DPCs run on one thread",
    "KeSetImportanceDpc": "all DPCs run on one thread, in order",
    "ZwSetInformationThread": "accepted, without effect on the host",
    "KeSetEvent": "no priority boost; Wait is ignored",
}

# Functions of dispatch tables and callbacks: they are pointers, so no list can be read from the library.
TABLES = [
    ("WSK_PROVIDER_DISPATCH", "WskSocket", "partial", "datagram and basic UDP sockets"),
    ("WSK_PROVIDER_DISPATCH", "WskSocketConnect", "absent", ""),
    ("WSK_PROVIDER_DISPATCH", "WskControlClient", "partial",
     "transport list query, static callbacks, TDI behaviour; list change and cached descriptors are absent"),
    ("WSK_PROVIDER_DISPATCH", "WskGetAddressInfo", "absent", ""),
    ("WSK_PROVIDER_DISPATCH", "WskFreeAddressInfo", "absent", ""),
    ("WSK_PROVIDER_DISPATCH", "WskGetNameInfo", "absent", ""),
    ("WSK_PROVIDER_BASIC_DISPATCH", "WskControlSocket", "partial", "see the options below"),
    ("WSK_PROVIDER_BASIC_DISPATCH", "WskCloseSocket", "done", ""),
    ("WSK_PROVIDER_DATAGRAM_DISPATCH", "WskBind", "done",
     "sharing by the documented table; without security descriptors, so CHECK denies"),
    ("WSK_PROVIDER_DATAGRAM_DISPATCH", "WskSendTo", "done",
     "control data: PKTINFO, TOS/TCLASS, ECN, hop limit, UDP_SEND_MSG_SIZE"),
    ("WSK_PROVIDER_DATAGRAM_DISPATCH", "WskReceiveFrom", "done", ""),
    ("WSK_PROVIDER_DATAGRAM_DISPATCH", "WskRelease", "done", ""),
    ("WSK_PROVIDER_DATAGRAM_DISPATCH", "WskGetLocalAddress", "done", ""),
    ("WSK_PROVIDER_DATAGRAM_DISPATCH", "WskSendMessages", "done", ""),
    ("WSK_CLIENT_DATAGRAM_DISPATCH", "WskReceiveFromEvent", "done", ""),
    ("WSK_PROVIDER_LISTEN_DISPATCH", "all", "absent", "declared; sockets of the category are not made"),
    ("WSK_PROVIDER_CONNECTION_DISPATCH", "all", "absent", "declared; sockets of the category are not made"),
    ("WSK_PROVIDER_STREAM_DISPATCH", "all", "absent", "declared; sockets of the category are not made"),
]

CONTROLS = [
    ("SIO_WSK_SET_REMOTE_ADDRESS, SIO_WSK_SET_SENDTO_ADDRESS", "done"),
    ("SO_WSK_EVENT_CALLBACK", "done"),
    ("SO_BROADCAST, SO_RCVBUF, SO_SNDBUF, SO_TYPE, SO_ERROR", "done"),
    ("SO_REUSEADDR, SO_EXCLUSIVEADDRUSE", "done"),
    ("IP_PKTINFO, IP_RECVTOS, IP_ECN, IP_HOPLIMIT and their IPv6 kin", "done"),
    ("IP_TOS, IP_TTL, IP_DONTFRAGMENT, IP_MULTICAST_TTL, IP_MULTICAST_LOOP and their IPv6 kin", "done"),
    ("IPV6_V6ONLY, IPV6_MULTICAST_IF, IPV6_UNICAST_IF", "done"),
    ("IP_ADD_MEMBERSHIP to IPV6_LEAVE_GROUP, MCAST_JOIN_GROUP to MCAST_LEAVE_SOURCE_GROUP", "done"),
    ("IP_UNICAST_IF", "done"),
    ("IP_MULTICAST_IF", "partial: an interface index, not yet a local address"),
    ("IP_BLOCK_SOURCE, MCAST_BLOCK_SOURCE and their reverse", "absent"),
    ("UDP_SEND_MSG_SIZE", "done"),
    ("UDP_RECV_MAX_COALESCED_SIZE, IP_RECVERR", "absent"),
    ("SO_WSK_SECURITY, SIO_ADDRESS_LIST_*, SIO_ROUTING_INTERFACE_*", "absent"),
]


def preprocessed(header):
    command = ["gcc", "-E", "-std=gnu17", "-fshort-wchar", "-fms-extensions", f"-I{KM}", "-x", "c", "-"]
    return subprocess.run(command, input=f"#include <{header}>\n", check=True, capture_output=True,
                          text=True).stdout


def declarations(header):
    """Yields (file, name, symbol, inline) of each function at file scope."""
    file, text, depth = "", [], 0
    for line in preprocessed(header).splitlines():
        marker = re.match(r'# \d+ "([^"]+)"', line)
        if marker:
            file = marker.group(1)
            continue
        for piece in re.split(r"([{};])", line):
            if piece == "{":
                if depth == 0:
                    yield from named(file, " ".join(text), True)
                    text = []
                depth += 1
            elif piece == "}":
                depth -= 1
            elif piece == ";":
                if depth == 0:
                    yield from named(file, " ".join(text), False)
                    text = []
            elif depth == 0:
                text.append(piece)


def named(file, text, inline):
    if not file.startswith(str(KM)) or re.match(r"\s*(typedef|struct|union|enum|_Static_assert)\b", text):
        return
    label = re.search(r'__asm__\s*\(\s*"(\w+)"', text)
    text = re.sub(r"__attribute__\s*\(\(.*?\)\)", " ", text)
    found = re.search(r"\b([A-Za-z_]\w*)\s*\)?\s*\(", text)
    if found and "=" not in text.split("(")[0]:
        # The C run time's names are renamed, so that they never meet the host's.
        yield file, found.group(1), label.group(1) if label else found.group(1), inline


def exported(library):
    listing = subprocess.run(["nm", "-D", "--defined-only", "--format=posix", library], check=True,
                             capture_output=True, text=True).stdout
    return {line.split()[0].split("@")[0] for line in listing.splitlines()}


def absent():
    names = set()
    for path in (ROOT / "src").rglob("*.c"):
        names.update(re.findall(r'nt_absent\("(\w+)"\)', path.read_text()))
    return names


def status(name, symbol, inline, library, missing):
    if name in missing:
        return "absent", "says so once and fails"
    if not inline and symbol not in library:
        return "absent", "declared only: a driver that calls it does not link"
    if name in PARTIAL:
        return "partial", PARTIAL[name]
    return "done", "in the header" if inline else ""


def functions(library):
    """{file: [(name, status, note)]}, each function under the header file that declares it."""
    missing, seen, rows = absent(), {}, {}
    for header in HEADERS:
        for file, name, symbol, inline in declarations(header):
            known = seen.get(name)
            if known is None or (inline and not known[2]):
                seen[name] = (file, symbol, inline)
    for name, (file, symbol, inline) in seen.items():
        if name.startswith(("openwsk_", "Openwsk", "_Static", "__")):
            continue
        rows.setdefault(str(pathlib.Path(file).relative_to(KM)), []).append(
            (name, *status(name, symbol, inline, library, missing)))
    return rows


def document(rows):
    counts = {"done": 0, "partial": 0, "absent": 0}
    for table in rows.values():
        for _, state, _ in table:
            counts[state] += 1
    out = ["# Fidelity", "",
           "Each Windows function that the headers declare: done, partial or absent. "
           "Written by `tests/lint/fidelity.py` from the headers, the library and the sources; "
           "`./dev lint` fails when it is not true.", "",
           f"Functions of the kernel: {counts['done']} done, {counts['partial']} partial, "
           f"{counts['absent']} absent.", "",
           "## Winsock Kernel: dispatch tables", "", "| table | function | | |", "|---|---|---|---|"]
    out += [f"| {table} | `{name}` | {state} | {note} |" for table, name, state, note in TABLES]
    out += ["", "## Winsock Kernel: WskControlSocket", "", "| option or ioctl | |", "|---|---|"]
    out += [f"| {name} | {state} |" for name, state in CONTROLS]
    out += ["", "An option or ioctl that is not listed fails with `STATUS_NOT_SUPPORTED`.", ""]
    for file in sorted(rows):
        out += [f"## {file}", "", "| function | | |", "|---|---|---|"]
        out += [f"| `{name}` | {state} | {note} |" for name, state, note in sorted(rows[file])]
        out.append("")
    return "\n".join(out)


def main():
    text = document(functions(exported(sys.argv[1])))
    if "--write" in sys.argv:
        DOCUMENT.write_text(text)
        return 0
    if not DOCUMENT.exists() or DOCUMENT.read_text() != text:
        print("docs/FIDELITY.md is not true: write it with tests/lint/fidelity.py LIBRARY --write")
        return 1
    print("docs/FIDELITY.md is true")
    return 0


if __name__ == "__main__":
    sys.exit(main())
