#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""caught.py --wskrun PROGRAM DRIVER.c...: whether the verifier says of each driver what its source says.

A line with /* CAUGHT V7 FINDING */ is where rule V7 is broken; how is one of

    FINDING   the report names rule and line; exit status 1
    NOTE      the same, but nobody fails for it: exit status 0
    STOP      a bug check with the rule, whose first frame is that line; exit status 5
    HANG      the call of that line is named as stuck: its operation is pending, or it has not returned; exit status 4

With ASAN behind it, only under AddressSanitizer (--asan), with PLAIN only without. A driver that says nothing
for the build at hand is skipped: exit status 77.

A line with /* STACK made */ stands in a stack of that report which is labelled so. Where
a wait stands with /* WAITS WskSendTo */, a hang says that it is for that function. /* COUNTS name 5 9 */: that counter is at least 5 and
at most 9 (without a second number: it has no limit) in the text and in the JSON report, or in what
a hang says of it. /* RUN words */ are further options of wskrun; it runs
with --once unless --for is among them. A driver without such a line is a good one: it ends with 0
and nothing is reported.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

CAUGHT = re.compile(r"/\* CAUGHT V(\d+) (FINDING|NOTE|STOP|HANG)(?: (ASAN|PLAIN))? \*/")
STACK = re.compile(r"/\* STACK (\w+) \*/")
WAITS = re.compile(r"/\* WAITS (\w+) \*/")
COUNTS = re.compile(r"/\* COUNTS (\w+) (\d+)(?: (\d+))? \*/")
RUN = re.compile(r"/\* RUN (.*?) \*/")
SANITIZER = re.compile(r"Sanitizer|runtime error")
STATUS = {"FINDING": 1, "NOTE": 0, "STOP": 5, "HANG": 4, None: 0}


class Driver:
    def __init__(self, path, asan):
        self.path = pathlib.Path(path)
        self.rule = self.how = self.line = None
        self.stacks, self.waits = [], []
        self.skipped = False
        self.compiled = None
        text = self.path.read_text()
        for number, line in enumerate(text.splitlines(), 1):
            found = CAUGHT.search(line)
            if found and found[3] == ("PLAIN" if asan else "ASAN"):
                self.skipped = True
            elif found:
                self.rule, self.how, self.line = f"WSK-V{found[1]}", found[2], number
            found = STACK.search(line)
            if found:
                self.stacks.append((found[1], f"({self.path.name}:{number})"))
            found = WAITS.search(line)
            if found:
                self.waits.append((found[1], f"({self.path.name}:{number})"))
        self.skipped = self.skipped and not self.rule
        run = RUN.search(text)
        self.options = run[1].split() if run else []
        self.counts = [(name, int(least), int(most or 2**64 - 1))
                       for name, least, most in COUNTS.findall(text)]

    def place(self):
        return f"({self.path.name}:{self.line})"


def run(driver, program, extra, environment=None):
    if not driver.counts:
        return run_with(driver, program, extra, environment)
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "report.json"
        done = run_with(driver, program, [*extra, "--counters", f"--json={path}"], environment)
        driver.json = json.loads(path.read_text()) if path.exists() else {}
    return done


def run_with(driver, program, extra, environment):
    include = driver.path.resolve().parent.parent.parent / "examples"
    options = [*driver.options, *extra]
    length = [] if any(word.startswith("--for=") for word in options) else ["--once"]
    command = [program, *length, *options, "-I", str(include), str(driver.compiled or driver.path)]
    return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL,
                          timeout=100, check=False, errors="replace",
                          env={**os.environ, **(environment or {})})


def names_the_place(driver, report):
    """The rule and the line, where that kind of report has them."""
    lines = report.splitlines()
    place = re.escape(driver.place())
    if driver.how == "STOP":
        at = next((i for i, line in enumerate(lines) if line.startswith(f"    {driver.rule}: ")), None)
        if at is None:
            return False
        frames = [line for line in lines[at + 1:] if line.startswith("        ")]
        return bool(frames) and driver.place() in frames[0]
    if driver.how == "HANG":
        return any(re.match(rf"openwsk: {driver.rule}: (pending|inside): .*(submitted|called) at \w+ {place}", line)
                   for line in lines)
    note = "note: " if driver.how == "NOTE" else ""
    return any(re.match(rf"openwsk: {driver.rule}: {note}.*, (made )?at \w+ {place}$", line)
               for line in lines)


def missing_stack(driver, report):
    for label, place in driver.stacks:
        if not re.search(rf"^openwsk: {driver.rule}:     {label}: .*{re.escape(place)}", report, re.M):
            return f"has no stack '{label}' with {place}"
    return None


def missing_wait(driver, report):
    for function, place in driver.waits:
        if not re.search(rf"^openwsk: WSK-V28: thread \d+ waits .*for {function} .*{re.escape(place)}",
                         report, re.M):
            return f"has no wait for {function} at {place}"
    return None


def wrong_count(driver, report):
    for name, least, most in driver.counts:
        values = [driver.json.get("counters", {}).get(name, -1)]
        if driver.how == "HANG":
            values += [int(value) for value in
                       re.findall(rf"^openwsk: WSK-V27: {name}: (\d+)", report, re.M)] or [-1]
        else:
            values += [int(value) for value in re.findall(rf"^ *(\d+)  {name} ", report, re.M)] or [-1]
        if not all(least <= value <= most for value in values):
            return f"{name} is {values}, not from {least} to {most}"
    return None


def wrong_with(driver, done):
    if done.returncode != STATUS[driver.how]:
        return f"exit status {done.returncode}, not {STATUS[driver.how]}"
    if SANITIZER.search(done.stderr):
        return "a sanitizer has spoken"
    if driver.rule and not names_the_place(driver, done.stderr):
        return f"does not say {driver.rule} at {driver.place()}"
    if not driver.rule and "WSK-V" in done.stderr:
        return "a good driver is reported"
    return missing_stack(driver, done.stderr) or missing_wait(driver, done.stderr) \
        or wrong_count(driver, done.stderr)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--wskrun", required=True)
    parser.add_argument("--option", action="append", default=[])
    parser.add_argument("--asan", action="store_true")
    parser.add_argument("drivers", nargs="+")
    options = parser.parse_args()
    failed, skipped = 0, 0
    for path in options.drivers:
        driver = Driver(path, options.asan)
        if driver.skipped:
            skipped += 1
            continue
        done = run(driver, options.wskrun, options.option)
        wrong = wrong_with(driver, done)
        if wrong:
            failed += 1
            print(f"{driver.path.name}: {wrong}\n{done.stdout}{done.stderr}", flush=True)
    return 1 if failed else 77 if skipped == len(options.drivers) else 0


if __name__ == "__main__":
    os.environ.setdefault("TMPDIR", "/tmp")
    sys.exit(main())
