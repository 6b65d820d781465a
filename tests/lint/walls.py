#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The walls of the house that the include path cannot hold.

    walls.py ROOT        checks the sources below ROOT, prints each breach, exits 1 if there is one
    walls.py --self-test builds a small house with one sin a file and shows that each is seen
"""
import pathlib
import re
import sys
import tempfile

# storey: (storeys whose small headers may be included, doors of other storeys)
STOREYS = {
    "base": ((), ()),
    "nt": (("base",), ()),
    "net": (("base",), ()),
    "wsk": (("base",), ("nt.h", "net.h", "route.h", "resolve.h")),
    "netio": (("base",), ("nt.h", "net.h", "route.h")),
    "verify": (("base",), ("nt.h",)),
    "host": (("base",), ("nt.h", "provider.h", "verify.h")),
    "cli": ((), ("build_config.h",)),
}
# These speak Windows, or must not depend on what they run on; base and net speak Linux.
WINDOWS_STOREYS = ("nt", "wsk", "netio", "verify")
LINUX_STOREYS = ("base", "net")

# The files behind which the operating system lies.
RIM = {"src/base/os_linux.c", "src/net/port_epoll.c", "src/net/sys_linux.c"}

# Declarations of Linux sockets, with addresses and options that clash with Windows' own.
SOCKET_HEADER = re.compile(
    r"^(sys/(socket|un|epoll|select|poll)|netinet/.*|arpa/.*|net/.*|netdb|poll|"
    r"linux/(in|in6|ip|ipv6|udp|tcp|socket|net|if.*|netlink|rtnetlink))\.h$")

# Threads, clocks, chance and blocking, which belong to the seam.
OS_CALLS = re.compile(
    r"(?<![\w.>])(pthread_(?!sigmask)\w+|thrd_\w+|mtx_\w+|cnd_\w+|sem_(?:wait|timedwait|post|init)|clone|fork|"
    r"u?sleep|(?:clock_)?nanosleep|clock_gettime|gettimeofday|timespec_get|time|clock|times|"
    r"s?rand(?:_r|om)?|[dlm]rand48|getrandom|getentropy|arc4random\w*|futex|syscall|"
    r"p?poll|p?select|epoll_\w+|sched_yield|pause|sigwait\w*|sigtimedwait)\s*\(")

# Only where the header stands: without it, these are names of the file's own functions.
SOCKET_CALLS = re.compile(
    r"(?<![\w.>])(send|sendto|sendm?msg|recv|recvfrom|recvm?msg|accept4?|connect|bind)\s*\(")

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.M)
NOISE = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def without_comments_and_strings(text):
    """The same lines, so that line numbers stay true."""
    return NOISE.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def sources(folder):
    return sorted(path for path in folder.rglob("*") if path.suffix in (".c", ".h"))


class House:
    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.km = self.root / "include/openwsk/km"
        self.breaches = []

    def complain(self, path, text, position, what):
        line = text.count("\n", 0, position) + 1
        self.breaches.append(f"{path.relative_to(self.root)}:{line}: {what}")

    def headers_of(self, storey):
        return {path.name for path in (self.root / "src" / storey).glob("*.h")}

    def is_windows_header(self, name):
        return (self.km / name).is_file()

    # --- Storeys -----------------------------------------------------------------------------

    def check_quoted(self, storey, path, text, match):
        lower, doors = STOREYS[storey]
        name = match.group(2)
        allowed = self.headers_of(storey).union(doors, *(self.headers_of(s) for s in lower))
        if name not in allowed:
            self.complain(path, text, match.start(), f"{storey} may not include \"{name}\"")

    def check_angled(self, storey, path, text, match):
        name = match.group(2)
        if storey in WINDOWS_STOREYS and SOCKET_HEADER.match(name):
            self.complain(path, text, match.start(), f"Linux sockets <{name}> in {storey}")
        if storey in LINUX_STOREYS + ("cli",) and self.is_windows_header(name):
            self.complain(path, text, match.start(), f"Windows header <{name}> in {storey}")
        if name.startswith("openwsk/") and storey not in ("host", "cli") \
                and not self.is_windows_header(name):
            self.complain(path, text, match.start(), f"{storey} may not include <{name}>")

    def check_calls(self, path, text):
        if str(path.relative_to(self.root)) in RIM:
            return
        bare = without_comments_and_strings(text)
        calls = list(OS_CALLS.finditer(bare))
        if any(SOCKET_HEADER.match(match.group(2)) for match in INCLUDE.finditer(text)):
            calls += SOCKET_CALLS.finditer(bare)
        for match in calls:
            self.complain(path, text, match.start(),
                          f"{match.group(1)}() outside the seam to the operating system")

    def check_storey(self, storey):
        for path in sources(self.root / "src" / storey):
            text = path.read_text()
            for match in INCLUDE.finditer(text):
                check = self.check_quoted if match.group(1) == '"' else self.check_angled
                check(storey, path, text, match)
            # The command is a program like any other; it stands outside the simulation.
            if storey != "cli":
                self.check_calls(path, text)

    # --- What drivers see ----------------------------------------------------------------------

    def check_driver_side(self, folder):
        """Windows headers and drivers: no Linux sockets, nothing from src/."""
        inside = {path.name for storey in STOREYS for path in (self.root / "src" / storey).glob("*.h")}
        for path in sources(folder):
            text = path.read_text()
            names = [match.group(2) for match in INCLUDE.finditer(text)]
            program = "openwsk/host.h" in names
            for match in INCLUDE.finditer(text):
                name = match.group(2)
                if SOCKET_HEADER.match(name) and not program:
                    self.complain(path, text, match.start(), f"Linux sockets <{name}> for a driver")
                if match.group(1) == '"' and name in inside and not (path.parent / name).exists():
                    self.complain(path, text, match.start(), f"\"{name}\" is inside the house")

    def check(self):
        for storey in STOREYS:
            self.check_storey(storey)
        for folder in ("include/openwsk/km", "examples", "tests/drivers"):
            self.check_driver_side(self.root / folder)
        return self.breaches


# --- The check must be seen to bite --------------------------------------------------------------

SINS = {
    "src/base/up.c": ('#include "nt.h"', 'base may not include "nt.h"'),
    "src/base/windows.c": ("#include <wdm.h>", "Windows header <wdm.h> in base"),
    "src/nt/sideways.c": ('#include "net.h"', 'nt may not include "net.h"'),
    "src/nt/sockets.c": ("#include <sys/socket.h>", "Linux sockets <sys/socket.h> in nt"),
    "src/nt/host.c": ("#include <openwsk/host.h>", "nt may not include <openwsk/host.h>"),
    "src/nt/thread.c": ("int f(void) { return pthread_create(0, 0, 0, 0); }",
                        "pthread_create() outside"),
    "src/nt/clock.c": ("int f(void) { return clock_gettime(1, 0); }", "clock_gettime() outside"),
    "src/net/sideways.c": ('#include "nt.h"', 'net may not include "nt.h"'),
    "src/net/windows.c": ("#include <wsk.h>", "Windows header <wsk.h> in net"),
    "src/net/random.c": ("void f(void) { getrandom(0, 0, 0); }", "getrandom() outside"),
    "src/net/blocks.c": ("#include <sys/socket.h>\nvoid f(void) { recvmmsg(0, 0, 0, 0, 0); }",
                         "recvmmsg() outside"),
    "src/wsk/inside.c": ('#include "nt_internal.h"', 'wsk may not include "nt_internal.h"'),
    "src/wsk/verify.c": ('#include "verify.h"', 'wsk may not include "verify.h"'),
    "src/wsk/sockets.c": ("#include <netinet/in.h>", "Linux sockets <netinet/in.h> in wsk"),
    "src/netio/sideways.c": ('#include "provider.h"', 'netio may not include "provider.h"'),
    "src/netio/sockets.c": ("#include <sys/socket.h>", "Linux sockets <sys/socket.h> in netio"),
    "src/verify/net.c": ('#include "net.h"', 'verify may not include "net.h"'),
    "src/host/sleeps.c": ("void f(void) { usleep(1); }", "usleep() outside"),
    "src/cli/inside.c": ('#include "base.h"', 'cli may not include "base.h"'),
    "include/openwsk/km/posix.h": ("#include <arpa/inet.h>", "Linux sockets <arpa/inet.h>"),
    "tests/drivers/inside.c": ('#include "net.h"', '"net.h" is inside the house'),
    "examples/posix.c": ("#include <sys/socket.h>", "Linux sockets <sys/socket.h> for a driver"),
}
VIRTUES = {
    "src/base/base.h": "",
    "src/base/os_linux.c": "#include <pthread.h>\nint f(void) { return pthread_create(0, 0, 0, 0); }",
    "src/nt/nt.h": "#include <wdm.h>\n",
    "src/nt/nt_internal.h": "",
    "src/nt/fine.c": '#include "base.h"\n/* sleep(1) */ const char *s = "recv(1)"; static int accept(int);\n'
                     "void h(struct o *o) { o->send(1); o->table.poll(2); KeConnect(3); accept(4); }\n",
    "src/net/net.h": '#include "base.h"\n',
    "src/net/sys_linux.c": "#include <sys/socket.h>\nvoid f(void) { recvmmsg(0, 0, 0, 0, 0); }",
    "src/net/route.h": '#include "net.h"\n',
    "src/netio/fine.c": '#include "base.h"\n#include "nt.h"\n#include "route.h"\n#include <wsk.h>\n',
    "src/wsk/provider.h": "",
    "src/wsk/fine.c": '#include "base.h"\n#include "nt.h"\n#include "net.h"\n#include <wsk.h>\n',
    "src/verify/verify.h": "",
    "src/host/fine.c": '#include "provider.h"\n#include "verify.h"\n#include <openwsk/host.h>\n',
    "src/cli/fine.c": "#include <openwsk/host.h>\nvoid f(void) { ppoll(0, 0, 0, 0); }\n",
    "include/openwsk/km/wdm.h": "",
    "include/openwsk/km/wsk.h": "",
    "examples/test_program.c": "#include <openwsk/host.h>\n#include <sys/socket.h>\n",
    "examples/driver.c": "#include <wdm.h>\n#include <string.h>\n",
}


def self_test():
    failures = []
    with tempfile.TemporaryDirectory() as folder:
        root = pathlib.Path(folder)
        for name, text in [*VIRTUES.items(), *((name, sin) for name, (sin, _) in SINS.items())]:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(text + "\n")
        breaches = House(root).check()
        for name, (_, words) in SINS.items():
            if not any(breach.startswith(name + ":") and words in breach for breach in breaches):
                failures.append(f"not seen: {name}: {words}")
        failures += [f"wrongly seen: {breach}" for breach in breaches
                     if breach.split(":")[0] not in SINS]
    print("\n".join(failures) or f"{len(SINS)} sins seen")
    return 1 if failures else 0


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    breaches = House(sys.argv[1]).check()
    print("\n".join(breaches) or "the walls stand")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())
