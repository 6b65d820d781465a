#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""check_report.py KIND FILE [WORD...]: the report is what its format wants, and holds each of the words.

SARIF is held here against what the specification demands of the objects that are written, and no others: required
members, closed sets of words, forms of URIs, numbers from one. check_schema.py holds it against the public schema,
where that is at hand.
"""
import json
import re
import sys
import xml.etree.ElementTree as ElementTree


def fail(text):
    sys.exit(f"{sys.argv[2]}: {text}")


def need(condition, text):
    if not condition:
        fail(text)


def members(value, what, required, optional=()):
    need(isinstance(value, dict), f"{what} is no object")
    need(set(required) <= set(value), f"{what} lacks {set(required) - set(value)}")
    unknown = set(value) - set(required) - set(optional)
    need(not unknown, f"{what} has {unknown}")


def check_json(text):
    report = json.loads(text)
    members(report, "report", ["tool", "version", "driver", "exit_status", "cases", "findings"])
    need(isinstance(report["exit_status"], int), "exit_status is no number")
    for finding in report["findings"]:
        members(finding, "finding", ["rule", "level", "text", "times", "case", "case_name", "command"],
                ["file", "line", "stacks"])
        for stack in finding.get("stacks", []):
            members(stack, "stack", ["label", "frames"])
            need(stack["frames"] and all(isinstance(frame, str) for frame in stack["frames"]), "frames")
        need(finding["level"] in ("note", "warning", "error"), "level")
        need(finding["times"] >= 1, "times")
        need(finding["command"].startswith("wskrun"), "command")


def check_junit(text):
    suites = ElementTree.fromstring(text)
    need(suites.tag == "testsuites", "root")
    for suite in suites:
        cases = suite.findall("testcase")
        need(len(cases) == int(suite.get("tests")), "tests does not count the cases")
        failed = [case for case in cases if case.find("failure") is not None]
        need(len(failed) == int(suite.get("failures")), "failures does not count the failures")
        for case in cases:
            need(case.get("name") and case.get("classname"), "a case without name")
        for failure in suite.iter("failure"):
            need(failure.get("type") and failure.get("message"), "a failure without words")


def check_location(location):
    members(location, "location", ["physicalLocation"])
    check_physical(location["physicalLocation"])


def check_stack(stack):
    members(stack, "stack", ["frames"], ["message"])
    need(stack["frames"], "a stack without frames")
    for frame in stack["frames"]:
        members(frame, "frame", ["location"])
        members(frame["location"], "frame.location", ["logicalLocations"], ["physicalLocation"])
        for logical in frame["location"]["logicalLocations"]:
            members(logical, "logicalLocation", ["name"])
        if "physicalLocation" in frame["location"]:
            check_physical(frame["location"]["physicalLocation"])


def check_uri(uri):
    """A reference of RFC 3986: a path here, without a scheme, since a first segment with a colon would be one."""
    need(isinstance(uri, str) and re.fullmatch(r"([A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-F]{2})+", uri), "uri is no URI")
    need(":" not in uri.split("/")[0], "uri has a scheme")


def check_message(message, what):
    members(message, what, ["text"])
    need(isinstance(message["text"], str) and message["text"], f"{what} says nothing")


def check_rule(rule):
    members(rule, "rule", ["id", "shortDescription", "fullDescription", "help"])
    need(isinstance(rule["id"], str) and rule["id"], "a rule without a name")
    for part in ("shortDescription", "fullDescription", "help"):
        check_message(rule[part], f"rule.{part}")


def check_physical(physical):
    members(physical, "physicalLocation", ["artifactLocation", "region"])
    members(physical["artifactLocation"], "artifactLocation", ["uri"])
    check_uri(physical["artifactLocation"]["uri"])
    members(physical["region"], "region", ["startLine"])
    need(isinstance(physical["region"]["startLine"], int) and physical["region"]["startLine"] >= 1,
         "startLine")


def check_result(result, rules):
    members(result, "result", ["ruleId", "level", "message"],
            ["locations", "partialFingerprints", "properties", "stacks"])
    need(result["ruleId"] in rules, "a rule that is not described")
    need(result["level"] in ("none", "note", "warning", "error"), "level")
    check_message(result["message"], "message")
    for location in result.get("locations", []):
        check_location(location)
    for stack in result.get("stacks", []):
        check_stack(stack)
    for value in result.get("partialFingerprints", {}).values():
        need(isinstance(value, str), "a fingerprint that is no string")


def check_sarif(text):
    log = json.loads(text)
    members(log, "log", ["version", "runs"], ["$schema"])
    need(log["version"] == "2.1.0", "version")
    need(log.get("$schema", "https:").startswith("https:"), "$schema is no absolute URI")
    for run in log["runs"]:
        members(run, "run", ["tool", "results"], ["invocations"])
        members(run["tool"], "tool", ["driver"])
        driver = run["tool"]["driver"]
        members(driver, "tool.driver", ["name"], ["version", "rules", "informationUri"])
        for rule in driver["rules"]:
            check_rule(rule)
        ids = [rule["id"] for rule in driver["rules"]]
        need(len(ids) == len(set(ids)), "a rule is described twice")
        for invocation in run["invocations"]:
            members(invocation, "invocation", ["executionSuccessful"], ["exitCode"])
            need(isinstance(invocation["executionSuccessful"], bool), "executionSuccessful")
            need(type(invocation.get("exitCode", 0)) is int, "exitCode")
        for result in run["results"]:
            check_result(result, ids)


def main():
    with open(sys.argv[2], encoding="utf-8") as file:
        text = file.read()
    {"json": check_json, "junit": check_junit, "sarif": check_sarif}[sys.argv[1]](text)
    for word in sys.argv[3:]:
        need(word in text, f"does not say {word}")


main()
