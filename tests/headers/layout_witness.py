#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""layout_witness.py [CC]: compare our records and constants with an independent witness.

The witness is the DDK of MinGW-w64. Both sides compile the same list of entries (records.h, and
every constant that our headers define) to assembly, in which each value is the initialiser of an
object; nothing is run. An entry that the witness does not know is left out, and its name printed. A
difference is a failure, unless it is named below with its reason. Exit status: 0 the same, 1
differences, 77 no witness.
"""
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
KM = HERE.parent.parent / "include/openwsk/km"
WITNESS = "x86_64-w64-mingw32-gcc"
# NDIS has no group: the witness knows version 5, which had no NET_BUFFER. WSK has none either.
WITNESS_DDK = "/usr/share/mingw-w64/include/ddk"
OURS = ["-std=gnu17", "-fshort-wchar", "-fms-extensions", "-fno-strict-aliasing", f"-I{KM}"]
THEIRS = ["-std=gnu17", f"-I{WITNESS_DDK}", "-D_WIN32_WINNT=0x0A00", "-DNTDDI_VERSION=0x0A000000"]

# What each side includes for a group, where our constants of the group stand, and how many entries
# must have met their witness at least: a group that silently compares nothing is no test.
GROUPS = {
    "KERNEL": ("#include <ntifs.h>", "#include <ntifs.h>",
               ["ntdef.h", "basetsd.h", "ntifs.h", "wdm.h", "openwsk/*.h"], 1200),
    "NETWORK": ("#include <wsk.h>\n#include <netioapi.h>\n#include <mstcpip.h>\n"
                "#include <netiodef.h>",
                "#include <winsock2.h>\n#include <ws2ipdef.h>\n#include <ws2tcpip.h>\n"
                "#include <mswsock.h>\n#include <iphlpapi.h>\n#include <netioapi.h>\n"
                "#include <mstcpip.h>",
                ["ws2def.h", "ws2ipdef.h", "in6addr.h", "inaddr.h", "ifdef.h", "nldef.h",
                 "netioapi.h", "mstcpip.h", "ipifcons.h"], 900),
    "CRYPTO": ("#include <bcrypt.h>", "#include <windows.h>\n#include <bcrypt.h>", ["bcrypt.h"], 5),
    "STATUS": ("#include <ntstatus.h>\n#include <bugcodes.h>",
               "#define WIN32_NO_STATUS\n#include <windows.h>\n#undef WIN32_NO_STATUS\n"
               "#include <ntstatus.h>\n#include <bugcodes.h>", ["ntstatus.h", "bugcodes.h"], 400),
}

# Where the witness is older than the layout of today's Windows, or wrong, and how we know.
WAIT_BLOCK = "the witness has the order of Windows 7; Windows 8 moved the small members forward"
EXCEPTIONS = {
    "KWAIT_BLOCK.WaitType": WAIT_BLOCK,
    "KWAIT_BLOCK.BlockState": WAIT_BLOCK,
    "KWAIT_BLOCK.WaitKey": WAIT_BLOCK,
    "KWAIT_BLOCK.SpareLong": WAIT_BLOCK,
    "KWAIT_BLOCK.Thread": WAIT_BLOCK,
    "KWAIT_BLOCK.Object": WAIT_BLOCK,
    "PROCESSOR_RELATIONSHIP.Reserved": "Windows 10 took its first byte for EfficiencyClass",
    "sizeof DEVICE_OBJECT": "the kit aligns the record to 16 bytes, which the witness leaves out",
    "MaxThreadInfoClass": "the end of a list that grows with each release",
    "MAX_IF_TYPE": "the end of a list that grows with each release",
    "AF_MAX": "the end of a list that grows with each release",
    "PF_MAX": "the end of a list that grows with each release",
}


def constants(patterns):
    """Names of macros and enumerators that may be numbers; the compiler throws the others out."""
    names = []
    for pattern in patterns:
        for path in sorted(KM.glob(pattern)):
            text = path.read_text()
            text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
            names += re.findall(r"^#define ([A-Z]\w+) +[(0-9A-Z~-]", text, flags=re.M)
            for body in re.findall(r"\benum\b[^;{]*\{(.*?)\}", text, flags=re.S):
                names += re.findall(r"^\s*([A-Za-z]\w+)\s*(?:=[^,]*)?(?:,|$)", body, flags=re.M)
                names += re.findall(r",\s*([A-Za-z]\w+)", body)
    return sorted({name for name in names if not name.startswith("OPENWSK_")})


def records(group):
    text = (HERE / "records.h").read_text()
    match = re.search(rf"#ifdef RECORDS_{group}\n(.*?)#endif", text, flags=re.S)
    return match.group(1).split("\n")[:-1] if match else []


def entries(group):
    result = []
    for line in records(group):
        kind, arguments = re.fullmatch(r"(SIZE|AT)\((.*)\)", line).groups()
        if kind == "SIZE":
            result.append((f"sizeof {arguments}", f"sizeof({arguments})"))
        else:
            record, member = arguments.split(", ")
            result.append((f"{record}.{member}", f"__builtin_offsetof({record}, {member})"))
    result += [(name, f"({name})") for name in constants(GROUPS[group][2])]
    return result


def source(include, wanted):
    lines = [include]
    lines += [f"const long long mark{i} = (long long)({text});" for i, (_, text) in wanted]
    return "\n".join(lines) + "\n"


def numbers(assembly):
    """The initialisers, as either compiler writes them behind the object's label."""
    found = re.findall(r"^mark(\d+):\n\s*\.(quad|zero|space)\s+(-?\d+)", assembly, flags=re.M)
    return {int(i): int(value) if directive == "quad" else 0 for i, directive, value in found}


def values(compiler, flags, include, wanted, folder):
    """{index: value} of the entries that this compiler knows; the errors say which it does not."""
    path = folder / "entries.c"
    wanted = list(wanted)
    first = include.count("\n") + 2
    for _ in range(10):
        path.write_text(source(include, wanted))
        run = subprocess.run([compiler, *flags, "-w", "-O0", "-S", "-o", "-", str(path)],
                             capture_output=True, text=True)
        if run.returncode == 0:
            return numbers(run.stdout)
        # An error inside a macro of a header is followed by a note that names the entry's line.
        bad = {int(line) - first for line in re.findall(r"entries\.c:(\d+):", run.stderr)}
        kept = [entry for line, entry in enumerate(wanted) if line not in bad]
        if len(kept) == len(wanted):
            sys.exit(f"{compiler} fails on something that is no entry:\n{run.stderr[:2000]}")
        wanted = kept
    sys.exit(f"{compiler}: the errors never end")


def same(ours, theirs):
    """An unsigned and a signed 32-bit constant of the same bits are one number to a driver."""
    return ours == theirs or ((ours - theirs) % 2**32 == 0 and -2**31 <= min(ours, theirs) and
                              max(ours, theirs) < 2**32)


def compare(group, compiler, folder):
    our_include, their_include, _, least = GROUPS[group]
    wanted = list(enumerate(entries(group)))
    ours = values(compiler, OURS, our_include, wanted, folder)
    theirs = values(WITNESS, THEIRS, their_include, wanted, folder)
    problems = []
    unwitnessed = []
    compared = 0
    for index, (name, _) in wanted:
        if index not in ours:
            # Not a number on our side; a record must be one.
            if name.startswith("sizeof") or "." in name:
                problems.append(f"{name}: our headers do not compile it")
            continue
        if index not in theirs:
            unwitnessed.append(name)
            continue
        compared += 1
        if not same(ours[index], theirs[index]) and name not in EXCEPTIONS:
            problems.append(f"{name}: {ours[index]:#x}, the witness has {theirs[index]:#x}")
    print(f"{group}: {compared} compared, {len(unwitnessed)} without a witness")
    if unwitnessed:
        print("    " + " ".join(unwitnessed))
    if compared < least:
        problems.append(f"{group}: only {compared} entries met their witness, {least} are expected")
    return problems


def main():
    if not shutil.which(WITNESS):
        print(f"no {WITNESS}: skipped")
        return 77
    compiler = sys.argv[1] if len(sys.argv) > 1 else "gcc"
    problems = []
    with tempfile.TemporaryDirectory() as folder:
        for group in GROUPS:
            problems += compare(group, compiler, pathlib.Path(folder))
    for problem in problems:
        print(f"DIFFERENT {problem}")
    return 1 if problems else 0


sys.exit(main())
