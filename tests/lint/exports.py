#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""exports.py LIBRARY INCLUDE: everything the library exports is declared in a public header, and nothing that
carries a storey's prefix gets out."""
import pathlib
import re
import subprocess
import sys

INTERNAL = re.compile(r"^(nt|wsk|net|vf|base|os|ledger|trace|symbol|hook|slab|host)_")


def exported(library):
    listing = subprocess.run(["nm", "-D", "--defined-only", "--format=posix", library], check=True,
                             capture_output=True, text=True).stdout
    return {line.split()[0].split("@")[0] for line in listing.splitlines()}


def declared(include):
    words = set()
    for path in pathlib.Path(include).rglob("*.h"):
        words.update(re.findall(r"\w+", path.read_text()))
    return words


def main():
    library, include = sys.argv[1:]
    names = exported(library)
    public = declared(include)
    problems = [f"{name} is internal" for name in sorted(names) if INTERNAL.match(name)]
    problems += [f"{name} is in no public header" for name in sorted(names - public)
                 if not INTERNAL.match(name)]
    # An empty or half-empty table would pass unseen.
    for name in ("openwsk_start", "IoAllocateIrp", "WskRegister"):
        if name not in names:
            problems.append(f"{name} is not exported")
    print("\n".join(problems) or f"{len(names)} exported functions and objects, all declared")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
