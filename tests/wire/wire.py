#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""wire.py CASE: one case of cases.py, between two hosts of its own; `wire.py list` prints the cases.

The hosts are network namespaces, which live as long as this process: they are reached through descriptors and have no
name. The process is the first of a process namespace that dies with its parent, so nothing outlives a test, however it
ends. Root needs no more; others need user namespaces. Exit status 77: this machine has no place for the test, and why.
"""
import os
import shutil
import subprocess
import sys

SKIP = 77
sys.dont_write_bytecode = True  # nothing is left in the sources


def skip(why):
    print(f"SKIP: {why}")
    sys.exit(SKIP)


def enter(case):
    """Runs the case again inside new namespaces."""
    for tool in ("unshare", "ip"):
        if not shutil.which(tool):
            skip(f"no program '{tool}'")
    user = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    spaces = ["unshare", *user, "--net", "--pid", "--fork", "--kill-child"]
    probe = subprocess.run([*spaces, "true"], stderr=subprocess.PIPE, text=True)
    if probe.returncode:
        skip(f"no namespaces here: {probe.stderr.strip()}")
    # The leak sanitizer looks for its threads in /proc, which is that of the outer process namespace.
    os.environ["ASAN_OPTIONS"] = f"{os.environ.get('ASAN_OPTIONS', '')}:detect_leaks=0"
    # Whoever kills this process, a test's time limit say, kills the one that holds all others.
    sys.stdout.flush()
    os.execvp(spaces[0], [*spaces, sys.executable, __file__, case, "inside"])


def main():
    import cases
    name = sys.argv[1] if len(sys.argv) > 1 else "list"
    if name == "list":
        print("\n".join(cases.names()))
    elif name not in cases.names():
        sys.exit(f"no case '{name}'")
    elif sys.argv[2:] == ["inside"]:
        try:
            cases.run(name)
        except cases.NoPlace as reason:
            skip(reason)
    else:
        enter(name)


if __name__ == "__main__":
    main()
