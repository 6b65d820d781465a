#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""injected.py --wskrun PROGRAM DRIVER.c...: drivers that work until something happens to them, and those that always do.

A line with /* INJECT words */ is options of wskrun under which the driver must be caught, each such line in a run of its
own; without them it ends with 0 and nothing is said. What is caught, and where, is written as caught.py has it, and as

    /* CAUGHT CRASH */   an access violation, whose first frame of the driver is that line; exit status 5. A
                         sanitizer may come first, if it names the line
    /* CAUGHT STUCK */   the unload does not return, and a thread waits at that line; exit status 4

A driver that is caught by a leak or a finding may also fail in its DriverEntry. With --good the drivers are good
ones: each has a run with each of the injections below, which it may answer by failing in its DriverEntry, and by nothing
else.
"""
import argparse
import re
import sys
import tempfile

import caught

INJECT = re.compile(r"/\* INJECT (.*?) \*/")
MARK = re.compile(r"/\* CAUGHT (CRASH|STUCK) \*/")
KEPT = re.compile(r"^wskrun: the driver is (.*)$", re.M)
ENTRY_FAILED = 6
CRASH = "STATUS_ACCESS_VIOLATION"

GOOD = [
    "--force-pending --seed=1",
    "--force-pending --seed=2",
    "--force-pending --seed=3",
    "--low-resources",
    "--inject=Wsk*:pend:delay=1ms",
    "--inject=Wsk*:elsewhere",
    "--inject=Wsk*:dispatch",
    "--inject=Wsk*:past-close:delay=1ms",
    "--inject=WskS*,WskR*,WskG*:pend:cancel:delay=1ms",
    "--inject=WskBind:status=STATUS_ADDRESS_ALREADY_EXISTS",
    "--inject=WskSocket:status=STATUS_INSUFFICIENT_RESOURCES:pend",
    "--inject=WskSendTo:status=STATUS_NETWORK_UNREACHABLE:when=2+2",
    "--inject=WskRegister:status=STATUS_INSUFFICIENT_RESOURCES",
    "--inject=WskCaptureProviderNPI:status=STATUS_NOINTERFACE",
    "--inject=WskRegister,WskCapture*,WskRelease*,WskDeregister:stall=1ms",
    "--inject=WskGetAddressInfo:status=STATUS_NOT_FOUND",
    "--inject=WskSendTo:break:when=2",
    "--inject=WskReceiveFrom:break",
    "--inject=WskReceiveFromEvent:break",
    "--inject=WskSendTo:delay=5ms",
    "--inject=WskReceiveFromEvent:stall=2ms",
    "--inject=WskReceiveFromEvent:drop",
    "--inject=WskReceiveFromEvent:split=4 --inject=WskReceiveFromEvent:merge=8",
    "--inject=WskReceiveFromEvent:limit=1",
    "--inject=WskReceiveFromEvent,WskReceiveFrom:control=drop",
    "--inject=WskReceiveFromEvent,WskReceiveFrom:control=add",
    "--for=300ms --inject=*:unload=100 --repeat=3",
    "--for=300ms --inject=WskReceiveFrom*:unload=10:stall=1ms --repeat=3",
    "--for=300ms --inject=WskSend*:unload=20 --inject=Wsk*:pend:delay=1ms --repeat=3 --seed=2",
    "--for=300ms --inject=*:unload=50 --force-pending --repeat=3 --seed=3",
]


class Driver(caught.Driver):
    def __init__(self, path, asan):
        super().__init__(path, asan)
        text = self.path.read_text()
        self.injections = INJECT.findall(text)
        for number, line in enumerate(text.splitlines(), 1):
            found = MARK.search(line)
            if found:
                self.rule, self.how, self.line = found[1], found[1], number


def first_frame_of(driver, lines):
    """The innermost frame that is the driver's own, behind the line that says what has happened."""
    words = CRASH if driver.how == "CRASH" else driver.rule
    at = next((i for i, line in enumerate(lines) if line.startswith(f"    {words}: ")), None)
    if at is None:
        return None
    frames = (line for line in lines[at + 1:] if line.startswith("        "))
    return next((frame for frame in frames if f"({driver.path.name}:" in frame), None)


def names_the_place(driver, report):
    lines = report.splitlines()
    if driver.how in ("STOP", "CRASH"):
        return driver.place() in (first_frame_of(driver, lines) or "")
    if driver.how == "STUCK":
        place = re.escape(driver.place())
        return any(re.match(rf"openwsk: WSK-V28: thread \d+ .*{place}", line) for line in lines)
    return caught.names_the_place(driver, report)


def sanitizer_names_crash(driver, done):
    place = re.escape(f"{driver.path.name}:{driver.line}")
    report = rf"{place}:\d+: runtime error: .* null pointer|SUMMARY: AddressSanitizer: SEGV .*{place}\b"
    return driver.how == "CRASH" and re.search(report, done.stderr)


def wrong_with_caught(driver, done):
    if sanitizer_names_crash(driver, done):
        return None
    status = {"CRASH": 5, "STUCK": 4}.get(driver.how) or caught.STATUS[driver.how]
    allowed = (1, ENTRY_FAILED) if driver.how == "FINDING" else (status,)
    if done.returncode not in allowed:
        return f"exit status {done.returncode}, not {status}"
    if caught.SANITIZER.search(done.stderr):
        return "a sanitizer has spoken"
    if not names_the_place(driver, done.stderr):
        return f"does not say {driver.rule} at {driver.place()}"
    return caught.missing_stack(driver, done.stderr) or caught.missing_wait(driver, done.stderr)


def wrong_with_clean(done, allowed):
    if done.returncode not in allowed:
        return f"exit status {done.returncode}"
    if caught.SANITIZER.search(done.stderr):
        return "a sanitizer has spoken"
    if "WSK-V" in done.stderr:
        return "something is reported"
    return None


def run_undisturbed(driver, program, extra, folder):
    """Compiles the driver into the folder; the runs that follow take what this one has made."""
    done = caught.run(driver, program, [*extra, "--keep"], {"TMPDIR": folder})
    kept = KEPT.search(done.stderr)
    driver.compiled = kept and kept[1]
    return done


def check_bad(driver, program, extra, folder):
    if not driver.injections or not driver.rule:
        yield "", "does not say what is injected, or what is caught", None
        return
    done = run_undisturbed(driver, program, extra, folder)
    yield "nothing", wrong_with_clean(done, (0,)), done
    for words in driver.injections:
        done = caught.run(driver, program, [*extra, *words.split()])
        yield words, wrong_with_caught(driver, done), done


def check_good(driver, program, extra, folder):
    done = run_undisturbed(driver, program, extra, folder)
    yield "nothing", wrong_with_clean(done, (0, ENTRY_FAILED)), done
    for words in GOOD:
        done = caught.run(driver, program, [*extra, *words.split()])
        yield words, wrong_with_clean(done, (0, ENTRY_FAILED)), done


def check(driver, options):
    """Prints what is wrong, and counts it."""
    failed = 0
    kind = check_good if options.good else check_bad
    with tempfile.TemporaryDirectory() as folder:
        for words, wrong, done in kind(driver, options.wskrun, options.option, folder):
            if not wrong:
                continue
            failed += 1
            print(f"{driver.path.name}, injected: {words}: {wrong}", flush=True)
            if done:
                print(f"{done.stdout}{done.stderr}", flush=True)
    return failed


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--wskrun", required=True)
    parser.add_argument("--option", action="append", default=[])
    parser.add_argument("--asan", action="store_true")
    parser.add_argument("--good", action="store_true")
    parser.add_argument("drivers", nargs="+")
    options = parser.parse_args()
    failed, skipped = 0, 0
    for path in options.drivers:
        driver = Driver(path, options.asan)
        if driver.skipped:
            skipped += 1
            continue
        failed += check(driver, options)
    return 1 if failed else 77 if skipped == len(options.drivers) else 0


if __name__ == "__main__":
    sys.exit(main())
