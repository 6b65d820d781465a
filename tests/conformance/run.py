#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""run.py --wskrun PROGRAM [--build FOLDER] [FILE ...]: the conformance suite; README.md says how it works.

Runs the drivers of this folder with PROGRAM, prints a table by section, and writes a JSON file for each driver and a
JUnit file to FOLDER. --table FOLDER prints the table of what was written there before. --self-test shows that a
point that fails, crashes, hangs or is missing does not go unnoticed."""
import argparse
import concurrent.futures
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as xml

HERE = pathlib.Path(__file__).resolve().parent
CERTAINTIES = {"documented", "observed-by-tests", "used-by-clients", "inferred"}
WAITS = {"-", "listen", "inspect", "connection", "stream"}
PATIENCE = 120  # seconds for one run of a driver

NOT_THERE = "not implemented"  # a reason to skip that does not lie in the machine

PASSED, FAILED, SKIPPED, UNCOVERED, WAITING = "passed", "failed", "skipped", "not covered", "waiting"


# --- The list of points --------------------------------------------------------------------------

class Point:
    def __init__(self, name, certainty, waits, title):
        self.name, self.waits, self.title = name, waits, title
        self.certainty = set(certainty.split(","))
        self.section = name.rsplit("-", 1)[0]

    @property
    def inferred(self):
        return self.certainty == {"inferred"}


def read_points(path):
    """{name: Point} in the order of the file; ends the program when the file is not sound."""
    points, last = {}, {}
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        fields = line.split("\t")
        if len(fields) != 4:
            sys.exit(f"{path.name}:{number}: not four fields")
        point = Point(*fields)
        index = int(point.name.rsplit("-", 1)[1])
        if index != last.get(point.section, 0) + 1:
            sys.exit(f"{path.name}:{number}: {point.name} is out of order")
        if not point.certainty <= CERTAINTIES or point.waits not in WAITS or not point.title:
            sys.exit(f"{path.name}:{number}: certainty, category or title is wrong")
        last[point.section] = index
        points[point.name] = point
    return points


# --- The drivers ---------------------------------------------------------------------------------

def point_name(identifier):
    return identifier.replace("_", "-")


class Driver:
    """A source file: of many points, or, below ends/, one of which the process ends."""

    def __init__(self, path):
        text = path.read_text()
        self.path, self.name = path, path.stem
        self.identifiers = re.findall(r"^POINT\((\w+)\)", text, re.M)
        header = dict(re.findall(r"^ \* (Point|Exit|Says|Needs|Options|Arguments): (.*?)(?: \*/)?$", text, re.M))
        self.single = header.get("Point")
        self.exit = int(header.get("Exit", 0))
        self.says = header.get("Says", "")
        self.options = header.get("Options", "").split()
        self.arguments = header.get("Arguments", "").split()
        self.lonely = header.get("Needs", "") == "a network of its own"
        if self.single:
            self.name = "ends_" + self.name

    @property
    def points(self):
        return [self.single] if self.single else [point_name(i) for i in self.identifiers]


def find_drivers(folder):
    files = sorted(folder.glob("*.c")) + sorted(folder.glob("ends/*.c"))
    return [Driver(path) for path in files]


# --- One run -------------------------------------------------------------------------------------

class Run:
    """What a process of wskrun said, and how it ended."""

    def __init__(self, command, patience):
        self.hung = False
        self.start = time.monotonic()
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, text=True, errors="replace",
                                   start_new_session=True)
        try:
            self.out, self.err = process.communicate(timeout=patience)
        except subprocess.TimeoutExpired:
            self.hung = True
            os.killpg(process.pid, signal.SIGKILL)
            self.out, self.err = process.communicate()
        self.status = process.returncode
        self.seconds = time.monotonic() - self.start

    def how_it_ended(self):
        if self.hung:
            return "hung and was killed"
        lines = [line.strip() for line in self.err.splitlines() if line.strip()]
        telling = [line for mark in ("*** STOP", "rror:", "ERROR", "openwsk: ") for line in lines if mark in line]
        first = (telling or lines or ["and said nothing"])[0]
        return f"ended with status {self.status}: {first}"


def in_a_network_of_its_own(command):
    return ["unshare", "--user", "--map-root-user", "--net", sys.executable,
            str(HERE / "network.py"), *command]


def can_have_a_network():
    if not shutil.which("unshare"):
        return False
    return subprocess.run(in_a_network_of_its_own(["true"]), stdin=subprocess.DEVNULL, check=False,
                          capture_output=True).returncode == 0


def command_of(driver, options, wanted):
    # The drivers break rules on purpose: it is the provider that is asked here.
    command = [options.wskrun, "--once", "--verify=off", *driver.options]
    if options.cc:
        command += ["--cc", options.cc]
    command += [str(driver.path), "-I", str(HERE)]
    parameters = driver.arguments + ([f"points={','.join(wanted)}"] if wanted else [])
    if parameters:
        command += ["--", *parameters]
    return in_a_network_of_its_own(command) if driver.lonely else command


# --- Verdicts ------------------------------------------------------------------------------------

class Result:
    def __init__(self, point, verdict, text="", seconds=0.0):
        self.point, self.verdict, self.text, self.seconds = point, verdict, text, seconds


def read_verdicts(run):
    """({identifier: (verdict, text)}, the identifier that has begun and not ended)."""
    verdicts, begun = {}, None
    for verdict, identifier, text in re.findall(
            r"^conformance: (begin|passed|failed|skipped) (\w+) ?(.*)$", run.out, re.M):
        if verdict == "begin":
            begun = identifier
        else:
            verdicts[identifier] = (verdict, text)
            begun = None
    return verdicts, begun


def run_points(driver, options):
    """A point that takes the process with it costs its own verdict only: the others are run again without it."""
    left, results = list(driver.identifiers), []
    wanted = options.points and [i for i in left if point_name(i) in options.points]
    if wanted:
        left = wanted
    while left:
        run = Run(command_of(driver, options, left), options.patience)
        verdicts, begun = read_verdicts(run)
        for identifier in [i for i in left if i in verdicts]:
            results.append(Result(point_name(identifier), *verdicts[identifier]))
            left.remove(identifier)
        if begun in left:
            results.append(Result(point_name(begun), FAILED, run.how_it_ended()))
            left.remove(begun)
            continue
        for identifier in left:
            results.append(Result(point_name(identifier), FAILED, "no verdict: " + (
                run.how_it_ended() if run.status or run.hung else "not in the driver's table")))
        left = []
        if run.status != 0 and verdicts:
            results.append(Result(f"{driver.name}.c", FAILED, run.how_it_ended()))
    return results


def run_single(driver, options):
    run = Run(command_of(driver, options, []), options.patience)
    skipped = re.search(r"^conformance: skipped (.*)$", run.out, re.M)
    if skipped and run.status == 0:
        return [Result(driver.single, SKIPPED, skipped.group(1))]
    if run.hung or run.status != driver.exit:
        return [Result(driver.single, FAILED, f"{run.how_it_ended()}, not with status {driver.exit}")]
    if driver.says not in run.err and driver.says not in run.out:
        return [Result(driver.single, FAILED, f"does not say: {driver.says}")]
    return [Result(driver.single, PASSED)]


def run_driver(driver, options):
    start = time.monotonic()
    if driver.lonely and not options.network:
        results = [Result(name, SKIPPED, "no network of its own can be made") for name in driver.points]
    elif driver.single:
        results = run_single(driver, options)
    else:
        results = run_points(driver, options)
    for result in results:
        result.seconds = (time.monotonic() - start) / len(results)
    return results


# --- What is written -----------------------------------------------------------------------------

def write_json(folder, driver, results):
    folder.mkdir(parents=True, exist_ok=True)
    record = [{"point": r.point, "verdict": r.verdict, "text": r.text, "seconds": round(r.seconds, 3)}
              for r in results]
    (folder / f"{driver.name}.json").write_text(json.dumps(record, indent=1) + "\n")


def read_json(folder):
    """The results of every driver that is still there."""
    results = []
    for driver in find_drivers(HERE):
        path = folder / f"{driver.name}.json"
        if path.exists():
            results += [Result(r["point"], r["verdict"], r["text"], r["seconds"])
                        for r in json.loads(path.read_text())]
    return results


def is_fresh(path, driver, wskrun):
    """Whether what was written is the answer of this program and this source."""
    if not path.exists():
        return False
    library = pathlib.Path(wskrun).resolve().parent / "libopenwsk.so"
    sources = [driver.path, pathlib.Path(wskrun), library, *HERE.glob("*.h"), *HERE.glob("*.py")]
    return all(path.stat().st_mtime >= s.stat().st_mtime for s in sources if s.exists())


def fresh_results(folder, wskrun):
    """(points, results) of all drivers; runs those that have changed since they were last run."""
    options = argparse.Namespace(wskrun=str(wskrun), cc=None, build=folder, points=None,
                                 patience=PATIENCE)
    stale = [d for d in find_drivers(HERE) if not is_fresh(folder / f"{d.name}.json", d, wskrun)]
    options.network = any(d.lonely for d in stale) and can_have_a_network()
    run_all(stale, options, os.cpu_count())
    return read_points(HERE / "points.tsv"), read_json(folder)


def write_junit(path, results, title):
    suite = xml.Element("testsuite", name=title, tests=str(len(results)),
                        failures=str(sum(r.verdict == FAILED for r in results)),
                        skipped=str(sum(r.verdict == SKIPPED for r in results)))
    for result in results:
        case = xml.SubElement(suite, "testcase", classname=result.point.rsplit("-", 1)[0],
                              name=result.point, time=f"{result.seconds:.3f}")
        if result.verdict == FAILED:
            xml.SubElement(case, "failure", message=result.text)
        elif result.verdict == SKIPPED:
            xml.SubElement(case, "skipped", message=result.text)
    path.parent.mkdir(parents=True, exist_ok=True)
    xml.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)


# --- The table -----------------------------------------------------------------------------------

def verdicts_by_point(points, results):
    """{name: verdict}; of several tests of one point the worst counts."""
    worst = {FAILED: 0, SKIPPED: 1, PASSED: 2}
    verdicts = {}
    for result in results:
        if result.verdict == SKIPPED and result.text == NOT_THERE:
            continue
        before = verdicts.get(result.point)
        if before is None or worst[result.verdict] < worst[before]:
            verdicts[result.point] = result.verdict
    return {name: verdicts.get(name, WAITING if point.waits != "-" else UNCOVERED)
            for name, point in points.items()}


def rows(points, verdicts):
    """Yields (section, {verdict: count}, total, passed ones that are inferred)."""
    sections = dict.fromkeys(point.section for point in points.values())
    for section in sections:
        names = [name for name, point in points.items() if point.section == section]
        counts = {v: sum(verdicts[n] == v for n in names)
                  for v in (PASSED, FAILED, SKIPPED, UNCOVERED, WAITING)}
        yield section, counts, len(names), sum(points[n].inferred for n in names)


def print_table(points, results):
    verdicts = verdicts_by_point(points, results)
    line = "{:12} {:>7} {:>7} {:>8} {:>12} {:>8} {:>6} {:>9}"
    print(line.format("section", PASSED, FAILED, SKIPPED, UNCOVERED, WAITING, "total", "inferred"))
    sums, total, inferred = dict.fromkeys((PASSED, FAILED, SKIPPED, UNCOVERED, WAITING), 0), 0, 0
    for section, counts, size, guessed in rows(points, verdicts):
        print(line.format(section, *counts.values(), size, guessed))
        sums = {v: sums[v] + counts[v] for v in sums}
        total, inferred = total + size, inferred + guessed
    print(line.format("all", *sums.values(), total, inferred))


def print_failures(points, results):
    for result in sorted(results, key=lambda r: r.point):
        point = points.get(result.point)
        title = f" ({point.title}{'; inferred' if point.inferred else ''})" if point else ""
        if result.verdict in (FAILED, SKIPPED):
            print(f"{result.verdict:7} {result.point}{title}: {result.text}")


# --- Running all ---------------------------------------------------------------------------------

def check_names(points, drivers):
    unknown = [f"{d.path.name}: {name} is not in points.tsv" for d in drivers for name in d.points
               if name not in points]
    names = [name for d in drivers for name in d.points if not d.single]
    unknown += [f"{name} is written twice" for name in sorted({n for n in names if names.count(n) > 1})]
    return unknown


def run_all(drivers, options, jobs):
    results = []
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for driver, found in zip(drivers, pool.map(lambda d: run_driver(d, options), drivers)):
            results += found
            if options.build and not options.points:
                write_json(options.build, driver, found)
    return results


def choose_drivers(drivers, files):
    stems = [pathlib.Path(f).stem for f in files]
    chosen = [d for d in drivers if not stems or d.name in stems or d.path.stem in stems]
    if len({d.name for d in chosen}) < len(set(stems)):
        sys.exit("no such driver: " + ", ".join(files))
    return chosen


def parse():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", metavar="FILE", help="a driver; all if none is named")
    parser.add_argument("--wskrun", default="wskrun", help="the program that runs them")
    parser.add_argument("--cc", help="the compiler that it is to use")
    parser.add_argument("--build", type=pathlib.Path, help="where results are written")
    parser.add_argument("--points", type=lambda s: s.replace("_", "-").split(","),
                        help="these only, separated by commas")
    parser.add_argument("--patience", type=float, default=PATIENCE, help="seconds for one run")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--table", type=pathlib.Path, help="print what was written there")
    parser.add_argument("--list", action="store_true", help="print the drivers' names")
    parser.add_argument("--self-test", action="store_true")
    return parser.parse_args()


def main():
    options = parse()
    points = read_points(HERE / "points.tsv")
    drivers = find_drivers(HERE)
    wrong = check_names(points, drivers)
    if wrong:
        sys.exit("\n".join(wrong))
    if options.list:
        print("\n".join(d.name for d in drivers))
        return 0
    if options.self_test:
        return self_test(options)
    if options.table:
        results = read_json(options.table)
    else:
        chosen = choose_drivers(drivers, options.files)
        options.network = any(d.lonely for d in chosen) and can_have_a_network()
        results = run_all(chosen, options, options.jobs)
        if options.build:
            name = "conformance" if len(chosen) == len(drivers) else chosen[0].name
            write_junit(options.build / f"{name}.xml", results, "conformance")
    if not options.files:
        print_table(points, results)
    print_failures(points, results)
    failed = sum(r.verdict == FAILED for r in results)
    print(f"{len(results)} tests, {failed} failed")
    return 1 if failed or not results else 0


# --- Self-test -----------------------------------------------------------------------------------

DRIVER_OF_THE_SELF_TEST = """
#include "conformance.h"
POINT(T_01) { EXPECT_EQ(1, 1); }
POINT(T_02) { EXPECT_EQ(1, 2); EXPECT_EQ(3, 4); }
POINT(T_03) { KeBugCheckEx(MANUALLY_INITIATED_CRASH, 3, 0, 0, 0); }
POINT(T_04) { for (;;) { Pause(1000); } }
POINT(T_05) { SKIP("for a reason"); }
POINT(T_06) { EXPECT(TRUE); }
POINT(T_07) { PREQUEST Request = NewRequest(); Use(Request); IoSetNextIrpStackLocation(Request->Irp);
              IoCompleteRequest(Request->Irp, 0);
              Finish(Request, STATUS_PENDING); }
POINT(T_08) { EXPECT(TRUE); }
POINT(T_14) { NEED_IMPLEMENTED(STATUS_NOT_IMPLEMENTED); }
CONFORMANCE(ENTRY(T_01), ENTRY(T_02), ENTRY(T_03), ENTRY(T_04), ENTRY(T_05), ENTRY(T_07), ENTRY(T_08),
            ENTRY(T_14))
"""
LEAKY_DRIVER = """
#include "conformance.h"
POINT(T_09) { EXPECT(ExAllocatePool2(POOL_FLAG_NON_PAGED, 64, 'kaeL') != NULL); }
CONFORMANCE(ENTRY(T_09))
"""
SINGLE_DRIVER = """/*
 * Point: T-%02d
 * Exit: 5
 * Says: %s
 */
#include <wdm.h>
NTSTATUS DriverEntry(PDRIVER_OBJECT DriverObject, PUNICODE_STRING RegistryPath)
{
    KeBugCheckEx(MANUALLY_INITIATED_CRASH, 1, 2, 3, 4);
}
"""
EXPECTED = {
    "T-01": (PASSED, ""), "T-02": (FAILED, "driver.c:4: 1: 0x1, not 0x2"),
    "T-03": (FAILED, "MANUALLY_INITIATED_CRASH"), "T-04": (FAILED, "hung"),
    "T-05": (SKIPPED, "for a reason"), "T-06": (FAILED, "not in the driver's table"),
    "T-07": (FAILED, "PendingReturned"), "T-08": (PASSED, ""), "T-09": (PASSED, ""),
    "leaky.c": (FAILED, "WSK-V16"), "T-10": (PASSED, ""), "T-11": (FAILED, "does not say"),
    "T-14": (SKIPPED, NOT_THERE),
}


def self_test(options):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "ends").mkdir()
        (folder / "driver.c").write_text(DRIVER_OF_THE_SELF_TEST)
        (folder / "leaky.c").write_text(LEAKY_DRIVER)
        (folder / "ends/one.c").write_text(SINGLE_DRIVER % (10, "MANUALLY_INITIATED_CRASH"))
        (folder / "ends/two.c").write_text(SINGLE_DRIVER % (11, "something else"))
        points = {f"T-{i:02}": Point(f"T-{i:02}", "inferred", "listen" if i == 13 else "-", "title")
                  for i in range(1, 15)}
        drivers = find_drivers(folder)
        options.points, options.build, options.network, options.patience = None, None, False, 20
        results = run_all(drivers, options, options.jobs)
    bad = compare_self_test(points, results)
    if check_names(points, drivers) or not check_names({}, drivers):
        bad.append("check_names does not tell known points from unknown ones")
    print("\n".join(bad) if bad else "the conformance runner notices what it should")
    return 1 if bad else 0


def compare_self_test(points, results):
    bad = []
    found = {result.point: result for result in results}
    for name, (verdict, text) in EXPECTED.items():
        result = found.get(name)
        if result is None or result.verdict != verdict or text not in result.text:
            bad.append(f"{name}: {result and (result.verdict, result.text)}, not {(verdict, text)}")
    verdicts = verdicts_by_point(points, results)
    if [verdicts[f"T-{i}"] for i in (12, 13, 14)] != [UNCOVERED, WAITING, UNCOVERED]:
        bad.append("a point without a test, or without an implementation, is not told")
    if len(found) != len(EXPECTED):
        bad.append(f"unexpected: {sorted(set(found) - set(EXPECTED))}")
    return bad


if __name__ == "__main__":
    sys.exit(main())
