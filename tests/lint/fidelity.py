#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""fidelity.py LIBRARY [--write]: docs/FIDELITY.md says of each Windows function what it is here.

What is declared comes from the headers, what exists from the library, what is absent from the calls that say so in
the sources; what the functions of Winsock Kernel do, from the conformance suite, which wskrun beside the library runs
where its results are older than their sources. Only what is partial elsewhere, and why, is written by hand: PARTIAL
below. Without --write the document is compared with what it should be."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/conformance"))
sys.dont_write_bytecode = True
import run as conformance  # noqa: E402
KM = ROOT / "include/openwsk/km"
DOCUMENT = ROOT / "docs/FIDELITY.md"

# The headers that drivers include, in the order of the document.
HEADERS = ["ntifs.h", "wsk.h", "netioddk.h", "netioapi.h", "ip2string.h", "mstcpip.h", "ntstrsafe.h",
           "ntintsafe.h", "winternl.h", "bcrypt.h", "ndis.h"]

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
    "NtQuerySystemInformation": "`SystemBasicInformation`",
    "ZwQuerySystemInformation": "`SystemBasicInformation`",
    "KeSetEvent": "no priority boost; Wait is ignored",
    "GetIfEntry2": "link speed is unknown; no network GUID",
    "GetIfTable2": "link speed is unknown; no network GUID",
    "GetIpInterfaceEntry": "metric 0; settings that the host has not are 0",
    "GetIpInterfaceTable": "metric 0; settings that the host has not are 0",
    "GetIpNetEntry2": "reachability time is not known",
    "GetIpNetTable2": "reachability time is not known",
    "CreateUnicastIpAddressEntry": "not with SkipAsSource",
    "SetUnicastIpAddressEntry": "lifetimes; not the prefix length, not SkipAsSource",
    "SetIpForwardEntry2": "the metric",
    "GetIfStackTable": "from the host's lower links; no filters",
}

# Functions of dispatch tables and callbacks, which are pointers: the points that speak of each, as a pattern.
TABLES = [
    ("WSK_PROVIDER_DISPATCH", "WskSocket", r"SOCK-(?!19|20)"),
    ("WSK_PROVIDER_DISPATCH", "WskSocketConnect", r"SOCK-(19|20)"),
    ("WSK_PROVIDER_DISPATCH", "WskControlClient", r"CLI-"),
    ("WSK_PROVIDER_DISPATCH", "WskGetAddressInfo", r"NAME-(0[1-9]|1[015])"),
    ("WSK_PROVIDER_DISPATCH", "WskFreeAddressInfo", r"NAME-12"),
    ("WSK_PROVIDER_DISPATCH", "WskGetNameInfo", r"NAME-1[34]"),
    ("WSK_PROVIDER_BASIC_DISPATCH", "WskControlSocket", r"CTL-|EVT-|DGRAM-(FIX|MC)-|SEC-0[126]|EXT-"),
    ("WSK_PROVIDER_BASIC_DISPATCH", "WskCloseSocket", r"CLOSE-"),
    ("WSK_PROVIDER_DATAGRAM_DISPATCH", "WskBind", r"BIND-(0|1[0-2678])|SEC-0[345]"),
    ("WSK_PROVIDER_DATAGRAM_DISPATCH", "WskSendTo",
     r"DGRAM-(SEND-|CMSG-(0|1[01])|SEG-0[1-5])|BUF-(0|1[01])"),
    ("WSK_PROVIDER_DATAGRAM_DISPATCH", "WskReceiveFrom", r"DGRAM-(RECV-|CMSG-(1[2-9]|2)|SEG-13)"),
    ("WSK_PROVIDER_DATAGRAM_DISPATCH", "WskRelease", r"DGRAM-REL-"),
    ("WSK_PROVIDER_DATAGRAM_DISPATCH", "WskGetLocalAddress", r"BIND-1[345]"),
    ("WSK_PROVIDER_DATAGRAM_DISPATCH", "WskSendMessages", r"DGRAM-MSGS-|BUF-11"),
    ("WSK_CLIENT_DATAGRAM_DISPATCH", "WskReceiveFromEvent",
     r"DGRAM-(EVT-|CMSG-(1[2-9]|2)|SEG-(0[7-9]|1[0-2]))|BUF-1[234]"),
    ("WSK_PROVIDER_LISTEN_DISPATCH", "all", r"LISTEN-|INSPECT-"),
    ("WSK_PROVIDER_CONNECTION_DISPATCH", "all", r"CONN-"),
    ("WSK_PROVIDER_STREAM_DISPATCH", "all", r"STREAM-"),
]

# The same for functions that the headers declare.
POINTS = {
    "WskRegister": r"REG-(0[1-6]|1[67])|VER-0[15]",
    "WskCaptureProviderNPI": r"REG-(0[7-9]|1[0-5])|VER-0[267]",
    "WskReleaseProviderNPI": r"REG-1[14]",
    "WskQueryProviderCharacteristics": r"VER-0[34]",
    "WskDeregister": r"DEREG-",
    "NmrRegisterClient": r"NMR-0[1-5]",
    "NmrClientAttachProvider": r"NMR-04",
    "NmrDeregisterClient": r"NMR-(0[68]|09|10)",
    "NmrWaitForClientDeregisterComplete": r"NMR-0[67]",
    "NmrClientDetachProviderComplete": r"NMR-08",
}

CONTROLS = [
    ("SIO_WSK_SET_REMOTE_ADDRESS, SIO_WSK_SET_SENDTO_ADDRESS", "done"),
    ("SO_WSK_EVENT_CALLBACK", "done"),
    ("SO_BROADCAST, SO_RCVBUF, SO_SNDBUF, SO_TYPE, SO_ERROR", "done"),
    ("SO_REUSEADDR, SO_EXCLUSIVEADDRUSE", "done"),
    ("IP_PKTINFO, IP_RECVTOS, IP_ECN, IP_HOPLIMIT, IP_RECVIF, IP_RECVDSTADDR, IP_ORIGINAL_ARRIVAL_IF, IP_RECVERR "
     "and their IPv6 kin", "done"),
    ("IP_TOS, IP_TTL, IP_DONTFRAGMENT, IP_MTU_DISCOVER, IP_UNICAST_IF and their IPv6 kin", "done"),
    ("IP_MULTICAST_TTL, IP_MULTICAST_LOOP, IP_MULTICAST_IF and their IPv6 kin", "done"),
    ("IP_MTU, IPV6_MTU", "done, for a socket with a fixed address"),
    ("IPV6_V6ONLY, IP_RECEIVE_BROADCAST", "done"),
    ("IP_ADD_MEMBERSHIP to IPV6_LEAVE_GROUP, MCAST_JOIN_GROUP to MCAST_LEAVE_SOURCE_GROUP", "done"),
    ("UDP_SEND_MSG_SIZE, UDP_RECV_MAX_COALESCED_SIZE, UDP_NOCHECKSUM, UDP_CHECKSUM_COVERAGE", "done"),
    ("SIO_UDP_CONNRESET, SO_RANDOMIZE_PORT, SO_PORT_SCALABILITY, SO_REUSE_UNICASTPORT, SO_COMPARTMENT_ID, "
     "IPV6_PROTECTION_LEVEL", "partial: kept and read, without effect"),
    ("SIO_QUERY_RSS_SCALABILITY_INFO", "partial: says that there is none"),
    ("IP_USER_MTU, IPV6_USER_MTU", "absent"),
    ("SIO_ADDRESS_LIST_QUERY, _CHANGE and _SORT, SIO_ROUTING_INTERFACE_QUERY and _CHANGE", "done"),
    ("SO_WSK_SECURITY", "absent"),
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


def in_short(names):
    """REG-01 to REG-03, VER-02: neighbours together."""
    runs = []
    for name in names:
        section, number = name.rsplit("-", 1)
        if runs and runs[-1][0] == section and int(number) == runs[-1][2] + 1:
            runs[-1][2] += 1
        else:
            runs.append([section, int(number), int(number)])
    return ", ".join(f"{s}-{a:02}" + (f" to {b:02}" if b > a else "") for s, a, b in runs)


class Conformance:
    """The points and what became of them. A point that only this machine skipped has its test."""

    def __init__(self, library):
        folder = pathlib.Path(library).resolve().parent
        self.points, results = conformance.fresh_results(folder / "conformance", folder / "wskrun")
        self.verdicts = conformance.verdicts_by_point(self.points, results)
        for name, verdict in self.verdicts.items():
            if verdict == conformance.SKIPPED:
                self.verdicts[name] = conformance.PASSED

    def names(self, *verdicts):
        return [name for name, verdict in self.verdicts.items() if verdict in verdicts]

    def status(self, pattern):
        """(done, partial or absent; which points are open), from the points that match."""
        names = [name for name in self.points if re.match(pattern, name)]
        good = [name for name in names if self.verdicts[name] == conformance.PASSED]
        waiting = [name for name in names if self.verdicts[name] == conformance.WAITING]
        still_open = [name for name in names if name not in good and name not in waiting]
        if not still_open and not good:
            return "absent", "declared; sockets of the category are not made"
        if not good and all(self.verdicts[name] == conformance.FAILED for name in still_open):
            return "absent", "all points fail"
        if still_open:
            return "partial", f"{len(good)} of {len(good) + len(still_open)} points; open: " + \
                in_short(still_open)
        return "done", f"{len(good)} points"

    def table(self):
        yield "| section | passed | failed | not covered | waiting | total | of which inferred |"
        yield "|---|---|---|---|---|---|---|"
        sums = [0] * 6
        for section, counts, total, inferred in conformance.rows(self.points, self.verdicts):
            row = [counts[v] for v in (conformance.PASSED, conformance.FAILED,
                                       conformance.UNCOVERED, conformance.WAITING)]
            row += [total, inferred]
            sums = [a + b for a, b in zip(sums, row)]
            yield f"| {section} | " + " | ".join(map(str, row)) + " |"
        yield "| all | " + " | ".join(map(str, sums)) + " |"


def status(name, symbol, inline, library, missing, suite):
    if name in missing:
        return "absent", "says so once and fails"
    if not inline and symbol not in library:
        return "absent", "declared only: a driver that calls it does not link"
    if name in POINTS:
        return suite.status(POINTS[name])
    if name in PARTIAL:
        return "partial", PARTIAL[name]
    return "done", "in the header" if inline else ""


def functions(library, suite):
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
            (name, *status(name, symbol, inline, library, missing, suite)))
    return rows


def document(rows, suite):
    counts = {"done": 0, "partial": 0, "absent": 0}
    for table in rows.values():
        for _, state, _ in table:
            counts[state] += 1
    out = ["# Fidelity", "",
           "Each Windows function that the headers declare: done, partial or absent. "
           "Written by `tests/lint/fidelity.py` from the headers, the library, the sources and the conformance "
           "suite; `./dev lint` fails when it is not true.", "",
           f"Functions of the kernel: {counts['done']} done, {counts['partial']} partial, "
           f"{counts['absent']} absent.", "",
           "## Winsock Kernel: conformance", "",
           "What a provider must do, point by point, as `./dev conformance` finds it; "
           "`tests/conformance/points.tsv` lists the points. *Waiting* are those of sockets that are not made "
           "yet; *inferred* are those that no source states, which Windows is to be asked first.", ""]
    out += suite.table()
    failed, uncovered = suite.names(conformance.FAILED), suite.names(conformance.UNCOVERED)
    if failed:
        out += ["", f"Failed: {in_short(failed)}."]
    if uncovered:
        out += ["", f"Not covered: {in_short(uncovered)}."]
    out += ["", "## Winsock Kernel: dispatch tables", "", "| table | function | | |", "|---|---|---|---|"]
    for table, name, pattern in TABLES:
        state, note = suite.status(pattern)
        out.append(f"| {table} | `{name}` | {state} | {note} |")
    out += ["", "## Winsock Kernel: WskControlSocket", "", "| option or ioctl | |", "|---|---|"]
    out += [f"| {name} | {state} |" for name, state in CONTROLS]
    out += ["", "An option or ioctl that is not listed fails with `STATUS_NOT_SUPPORTED`.", ""]
    for file in sorted(rows):
        out += [f"## {file}", "", "| function | | |", "|---|---|---|"]
        out += [f"| `{name}` | {state} | {note} |" for name, state, note in sorted(rows[file])]
        out.append("")
    return "\n".join(out)


def main():
    suite = Conformance(sys.argv[1])
    text = document(functions(exported(sys.argv[1]), suite), suite)
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
